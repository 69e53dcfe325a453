"""Hits become a draft without a model: the sentences that speak most of the question, verbatim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant import coverage, dates, numbers, wording
from assistant.coverage import Reading
from assistant.lexicon import Lexicon, LexiconMatch
from assistant.text import sentences, word_spans, words
from assistant.types import Claim, Draft, Hit, Mode, Query, Quotation, Retrieval

__all__ = ["compose"]

QUOTES = 3  # one sentence holds the answer 64-81 % of the time, three 82-92 %
PASSAGE_WEIGHT = 0.8  # of the passage's own score beside the sentence's coverage; flat from 0.6 to 1.0
TYPE_WEIGHT = 0.2  # of a date for "when", a number for "how many"
SECOND_BEST = 0.6  # of the best sentence's score; below it a further quote distracts
SAME = 0.9  # share of common stems above which two sentences say the same
GLOSSED = 6  # key words explained under a quote in another language
LEAST_WORDS = 4


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: int
    text: str
    start: int
    article: str
    reading: Reading
    score: float


def compose(retrieval: Retrieval, *, lexicon: Lexicon) -> Draft:
    """Up to three sentences of the hits as claims that quote themselves, best first."""
    chosen = _choose(_candidates(retrieval))
    return Draft(tuple(_claim(candidate, retrieval, lexicon) for candidate in chosen), Mode.EXTRACTIVE)


def _candidates(retrieval: Retrieval) -> list[_Candidate]:
    top = max((hit.score for hit in retrieval.hits), default=0.0) or 1.0
    wanted = _wanted(retrieval.query)
    found: dict[tuple[str, int], _Candidate] = {}
    for index, hit in enumerate(retrieval.hits):
        for candidate in _sentences_of(index, hit, retrieval, PASSAGE_WEIGHT * hit.score / top, wanted):
            key = (candidate.article, candidate.start)
            if key not in found or candidate.score > found[key].score:
                found[key] = candidate
    return sorted(found.values(), key=lambda candidate: (-candidate.score, candidate.hit, candidate.start))


def _sentences_of(index: int, hit: Hit, retrieval: Retrieval, base: float, wanted: str) -> list[_Candidate]:
    passage = hit.passage
    candidates = []
    for span in sentences(passage.text):
        text = passage.text[span.start : span.end]
        if len(words(text)) < LEAST_WORDS:
            continue
        reading = coverage.read(text, passage.source.language)
        score = base + 2 * coverage.covered(retrieval.concepts, reading)
        score += TYPE_WEIGHT * _has(wanted, text, passage.source.language)
        candidates.append(_Candidate(index, text, passage.start + span.start, passage.source.article_id, reading, score))
    return candidates


def _choose(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The best sentence and up to two more from other places, the last from another article when one qualifies."""
    if not candidates:
        return []
    chosen = [candidates[0]]
    near = [candidate for candidate in candidates[1:] if candidate.score >= SECOND_BEST * candidates[0].score]
    while near and len(chosen) < QUOTES:
        fresh = [candidate for candidate in near if not any(_alike(candidate.reading, other.reading) for other in chosen)]
        articles = {candidate.article for candidate in chosen}
        elsewhere = [candidate for candidate in fresh if candidate.article not in articles]
        pool = elsewhere if len(chosen) == QUOTES - 1 and elsewhere and len(articles) == 1 else fresh
        if not pool:
            break
        chosen.append(pool[0])
        near = [candidate for candidate in fresh if candidate is not pool[0]]
    return chosen


def _alike(one: Reading, other: Reading) -> bool:
    return len(one.known & other.known) >= SAME * min(len(one.known), len(other.known))


def _claim(candidate: _Candidate, retrieval: Retrieval, lexicon: Lexicon) -> Claim:
    source = retrieval.hits[candidate.hit].passage.source
    language = retrieval.query.answer_language
    return Claim(
        text=candidate.text,
        quotations=(Quotation(candidate.hit, candidate.text),),
        frame=wording.frame(source, language),
        note=_note(candidate.text, source.language, language, lexicon),
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


def _wanted(query: Query) -> Literal["day", "number", ""]:
    """What kind of thing the question asks for, where its words say so."""
    asked = f" {' '.join(words(query.question))} "
    if any(f" {mark} " in asked for mark in _WHEN):
        return "day"
    return "number" if any(f" {mark} " in asked for mark in _HOW_MANY) else ""


def _has(wanted: str, text: str, language: str) -> bool:
    if wanted == "day":
        return bool(dates.find(text, reference=None, language=language))
    return wanted == "number" and any(not mention.weak for mention in numbers.find(text, language))


def _folded(marks: str) -> tuple[str, ...]:
    return tuple(" ".join(words(mark)) for mark in marks.split("|"))


_WHEN = _folded(
    "کی|چه زمان|چه زمانی|چه وقت|چه تاریخی|چه سالی|چه روزی|متی|متى|تاريخ|أي عام|أي سنة|أي يوم|when|what date|what day|which day"
    "|what year"
)
_HOW_MANY = _folded("چند|چقدر|چه تعداد|تعداد|چندمین|كم|عدد|how many|how much|what number")
