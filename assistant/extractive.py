"""Hits become a draft without a model: the sentences that speak most of the question, verbatim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant import wording
from assistant.choosing import Choice, ranked
from assistant.lexicon import Lexicon, LexiconMatch
from assistant.speakers import points_back
from assistant.text import sentences, word_spans, words
from assistant.types import Claim, Closeness, Draft, Hit, Mode, Quotation, Retrieval, Span

__all__ = ["compose"]

QUOTES = 3  # one sentence holds the answer to two questions of three, three sentences to nine of ten
FURTHER = 0.01  # of the best one's chance; a sentence further behind distracts more often than it helps
ELSEWHERE = 0.14  # of the best one's chance, from which the third quote goes to another article
CLOSE = 0.65  # chance from which a quote is called close: nine of ten such quotes hold the answer, across languages eight
SAME = 0.9  # share of common stems above which two sentences say the same
GLOSSED = 6  # key words explained under a quote in another language
LEAST_WORDS = 4
LONGEST = 600  # characters of a quote with the sentence before it
_PARAGRAPHS = re.compile(r"\n\s*\n\s*\n")  # what lies further apart belongs together no more


def compose(retrieval: Retrieval, *, lexicon: Lexicon) -> Draft:
    """Up to three sentences of the hits as claims that quote themselves, best first."""
    query = retrieval.query
    ranking = ranked(query.question, query.language, retrieval.concepts, retrieval.hits)
    claims = (
        replace(_claim(choice, span, retrieval, lexicon), closeness=_closeness(choice, ranking, retrieval))
        for choice, span in _choose(ranking, retrieval)
    )
    return Draft(tuple(claims), Mode.EXTRACTIVE)


def _choose(ranking: Sequence[Choice], retrieval: Retrieval) -> list[tuple[Choice, Span]]:
    """The best sentence and up to two more that say something else, each with what is quoted."""
    hits = retrieval.hits
    left = [choice for choice in ranking if len(words(_text(choice, hits))) >= LEAST_WORDS]
    chosen: list[Choice] = []
    spans: list[Span] = []
    while left and len(chosen) < QUOTES:
        choice = _next(left, chosen, hits)
        spans.append(_span(choice, chosen, hits))
        chosen.append(choice)
        left = [
            other
            for other in left
            if other.chance >= FURTHER * chosen[0].chance
            and not any(_alike(other, one) for one in chosen)
            and not any(_covers(hits, one, span, other) for one, span in zip(chosen, spans, strict=True))
        ]
    return list(zip(chosen, spans, strict=True))


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
    """The best that is left; as the last quote, one of another article if it is nearly as good."""
    articles = {_article(choice, hits) for choice in chosen}
    if len(chosen) == QUOTES - 1 and len(articles) == 1:
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


def _closeness(choice: Choice, ranking: Sequence[Choice], retrieval: Retrieval) -> Closeness:
    """In words, how likely the sentence answers; what is said in the same words elsewhere counts for it."""
    chance = retrieval.coverage * sum(other.chance for other in ranking if _alike(choice, other))
    return Closeness.CLOSE if chance >= CLOSE else Closeness.POSSIBLE


def _claim(choice: Choice, span: Span, retrieval: Retrieval, lexicon: Lexicon) -> Claim:
    hit = choice.place.hit
    passage = retrieval.hits[hit].passage
    text, source = passage.text[span.start : span.end], passage.source
    language = retrieval.query.answer_language
    return Claim(
        text=text,
        quotations=(Quotation(hit, text),),
        frame=wording.frame(source, language),
        note=_note(text, source.language, language, lexicon),
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
