"""Hits become a draft without a model: the sentences that speak most of the question, verbatim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant import wording
from assistant.asking import parts
from assistant.choosing import Choice, leading, ranked
from assistant.lexicon import Lexicon, LexiconMatch
from assistant.speakers import points_back
from assistant.text import sentences, word_spans, words
from assistant.types import Claim, Closeness, Draft, Hit, Mode, Quotation, Retrieval, Span

__all__ = ["compose"]

QUOTES = 5  # at most; how many come is decided by what each is worth, see docs/decisions.md
WORTH = 0.02  # chance to be the one that answers, from which a further quote is worth reading
EACH = 2  # quotes of each question where several are asked at once
TOGETHER = 3  # questions at once that are looked at; further ones are listened to no more
THIRD = 3
ELSEWHERE = 0.14  # of the best one's chance, from which the third quote goes to another article
CLOSE = 0.65  # chance from which a quote is called close: nine of ten such quotes hold the answer, across languages eight
SAME = 0.9  # share of common stems above which two sentences say the same
GLOSSED = 6  # key words explained under a quote in another language
LEAST_WORDS = 4
LONGEST = 600  # characters of a quote with the sentence before it
_PARAGRAPHS = re.compile(r"\n\s*\n\s*\n")  # what lies further apart belongs together no more


def compose(retrieval: Retrieval, *, lexicon: Lexicon) -> Draft:
    """The sentences of the hits that are worth reading as claims that quote themselves, best first; of each question asked."""
    query = retrieval.query
    asked = parts(query.question, query.language)[:TOGETHER]
    most = QUOTES if len(asked) == 1 else EACH
    chosen: list[_Quoted] = []
    for part in asked:
        concepts = leading(part, asked, retrieval.concepts)
        ranking = ranked(part, query.language, concepts, retrieval.hits)
        chosen += _choose(ranking, chosen, retrieval.hits, most=most)
    return Draft(tuple(_claim(one, retrieval, lexicon) for one in chosen), Mode.EXTRACTIVE)


class _Quoted(NamedTuple):
    """A sentence, what is quoted with it, and how likely it answers: what is said in the same words elsewhere counts for it."""

    choice: Choice
    span: Span
    chance: float


def _choose(ranking: Sequence[Choice], before: Sequence[_Quoted], hits: Sequence[Hit], *, most: int) -> list[_Quoted]:
    """The best sentence that says something else than those quoted `before`, and further ones while they are worth it."""
    left = [choice for choice in ranking if len(words(_text(choice, hits))) >= LEAST_WORDS]
    own: list[_Quoted] = []
    while len(own) < most:
        quoted = [*before, *own]
        left = [
            other
            for other in left
            if (other.chance >= WORTH or not own)
            and not any(_alike(other, one.choice) for one in quoted)
            and not any(_covers(hits, one.choice, one.span, other) for one in quoted)
        ]
        if not left:
            break
        choice = _next(left, [one.choice for one in own], hits)
        chance = sum(other.chance for other in ranking if _alike(choice, other))
        own.append(_Quoted(choice, _span(choice, [one.choice for one in quoted], hits), chance))
    return own


def _span(choice: Choice, chosen: Sequence[Choice], hits: Sequence[Hit]) -> Span:
    """The sentence, with the one before where only that one says who speaks."""
    passage, own = hits[choice.place.hit].passage, choice.place.span
    if not points_back(_text(choice, hits), passage.source.language):
        return own
    before = next((span for span in reversed(sentences(passage.text)) if span.end <= own.start), None)
    if before is None or own.end - before.start > LONGEST or _PARAGRAPHS.search(passage.text, before.end, own.start):
        return own
    both = Span(before.start, own.end)
    named = not points_back(passage.text[before.start : before.end], passage.source.language)
    return both if named and not any(_covers(hits, choice, both, other) for other in chosen) else own


def _covers(hits: Sequence[Hit], one: Choice, span: Span, other: Choice) -> bool:
    """Whether the quote `span` of the passage of `one` holds the sentence of `other`, of the same article."""
    quoted = hits[one.place.hit].passage.text[span.start : span.end]
    return _article(one, hits) == _article(other, hits) and _text(other, hits) in quoted


def _next(left: Sequence[Choice], chosen: Sequence[Choice], hits: Sequence[Hit]) -> Choice:
    """The best that is left; as the third quote, one of another article if it is nearly as good."""
    articles = {_article(choice, hits) for choice in chosen}
    if len(chosen) == THIRD - 1 and len(articles) == 1:
        near = (choice for choice in left if choice.chance >= ELSEWHERE * chosen[0].chance)
        return next((choice for choice in near if _article(choice, hits) not in articles), left[0])
    return left[0]


def _article(choice: Choice, hits: Sequence[Hit]) -> str:
    return hits[choice.place.hit].passage.source.article_id


def _text(choice: Choice, hits: Sequence[Hit]) -> str:
    return hits[choice.place.hit].passage.text[choice.place.span.start : choice.place.span.end]


def _alike(one: Choice, other: Choice) -> bool:
    known, others = one.place.reading.known, other.place.reading.known
    return len(known & others) >= SAME * min(len(known), len(others))


def _claim(one: _Quoted, retrieval: Retrieval, lexicon: Lexicon) -> Claim:
    hit, span = one.choice.place.hit, one.span
    passage = retrieval.hits[hit].passage
    text, source = passage.text[span.start : span.end], passage.source
    language = retrieval.query.answer_language
    return Claim(
        text=text,
        quotations=(Quotation(hit, text),),
        frame=wording.frame(source, language),
        note=_note(text, source.language, language, lexicon),
        closeness=Closeness.CLOSE if retrieval.coverage * one.chance >= CLOSE else Closeness.POSSIBLE,
    )


def _note(quote: str, spoken: str, language: str, lexicon: Lexicon) -> str:
    """For a quote in another language: which one it is, and what its key words mean."""
    into = wording.frame_language(language)
    if spoken in (into, language):
        return ""
    parts = [wording.quoted_language_note(spoken, language)]
    pairs = _glosses(quote, spoken, into, lexicon)
    if pairs:
        parts.append(wording.gloss_line(pairs, language))
    return " ".join(parts)


def _glosses(quote: str, language: str, into: str, lexicon: Lexicon) -> list[tuple[str, str]]:
    """The words of a quote that the lexicon surely knows, as they are written, with their meaning; phrases before words."""
    spans = word_spans(quote)
    spoken = [word.text for word in spans]
    sure = [match for match in lexicon.match(spoken, language) if _is_sure(match, spoken, language)]
    telling = sorted(sure, key=lambda match: (-match.length, match.entries[0].rank))[:GLOSSED]
    pairs: dict[str, str] = {}
    for match in sorted(telling, key=lambda match: match.start):
        last = match.start + match.length
        meaning = lexicon.gloss(spoken[match.start : last], language, into)
        if meaning:
            pairs[quote[spans[match.start].start : spans[last - 1].end]] = meaning
    return list(pairs.items())


def _is_sure(match: LexiconMatch, spoken: Sequence[str], language: str) -> bool:
    """One meaning only, and spelled as the lexicon has it: a stem may belong to another word altogether."""
    phrase = tuple(spoken[match.start : match.start + match.length])
    return len(match.entries) == 1 and not match.entries[0].general and phrase in match.entries[0].spellings[language]
