"""The order of the hits: asked-for days first, the same text once, no article three times in a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from itertools import islice

from assistant import dates
from assistant.text import words
from assistant.types import DateReading, Hit, Passage

__all__ = ["LOOKED_AT", "grouped", "on_the_day", "varied"]

LOOKED_AT = 16  # hits whose text is read for days; a passage further behind has too little else to say
ON_THE_DAY = 0.1  # of the best score, for a hit that speaks of the day asked for or was published then
PRINTED = timedelta(days=1)  # news of a day is also printed on the next
SHINGLE = 3  # words
KEPT = 100  # passages whose shingles are remembered, 30 kB each: the hits of a question, for the next one about them
TWINS = 0.8  # share of common shingles from which two passages are one report; at 0.6 different texts on one thing are taken for it


def on_the_day(hits: Sequence[Hit], readings: Sequence[DateReading]) -> list[Hit]:
    """`hits`, best first, those that speak of a day the question names, or were published then, a little further up."""
    if not readings or not hits:
        return list(hits)
    extra = ON_THE_DAY * hits[0].score
    near = [replace(hit, score=hit.score + extra) if _is_of(hit.passage, readings) else hit for hit in hits[:LOOKED_AT]]
    return sorted([*near, *hits[LOOKED_AT:]], key=lambda hit: (-hit.score, hit.passage.id))


def _is_of(passage: Passage, readings: Sequence[DateReading]) -> bool:
    published = passage.source.published
    if published and any(reading.since <= published <= reading.until + PRINTED for reading in readings):
        return True
    mentions = dates.find(passage.text, reference=published, language=passage.source.language)
    return any(
        reading.since <= mention.since and mention.until <= reading.until
        for mention in mentions
        if mention.since and mention.until
        for reading in readings
    )


def grouped(hits: Iterable[Hit], *, limit: int) -> list[Hit]:
    """The first `limit` hits that say something of their own; the same report in another article becomes a twin of the first."""
    kept: list[Hit] = []
    for hit in hits:
        first = next((place for place, other in enumerate(kept) if _are_twins(hit.passage, other.passage)), None)
        if first is not None:
            kept[first] = replace(kept[first], twins=(*kept[first].twins, hit.passage))
        elif len(kept) < limit:
            kept.append(hit)
        else:
            break
    return kept


def _are_twins(one: Passage, other: Passage) -> bool:
    if one.source.article_id == other.source.article_id:
        return False
    first, second = _shingles(one.text), _shingles(other.text)
    if not min(len(first), len(second)) >= TWINS * max(len(first), len(second)):
        return False
    # A twin lacks a quarter of them at most, so that of any more than a quarter one is there: most pairs end here.
    if second.isdisjoint(islice(first, 1 + len(first) // 4)):
        return False
    common = len(first & second)
    return common >= TWINS * (len(first) + len(second) - common) if first and second else False


@lru_cache(maxsize=KEPT)
def _shingles(text: str) -> frozenset[str]:
    """The runs of three folded words; all the words of a shorter text."""
    spoken = words(text)
    if len(spoken) <= SHINGLE:
        return frozenset((" ".join(spoken),) if spoken else ())
    return frozenset(map(" ".join, zip(*(spoken[start:] for start in range(SHINGLE)), strict=False)))


def varied(hits: Sequence[Hit]) -> list[Hit]:
    """The same hits, with never more than two of one article in a row while another is left."""
    waiting = list(hits)
    ordered: list[Hit] = []
    while waiting:
        place = 0
        if len(ordered) >= 2:
            crowded, before = (hit.passage.source.article_id for hit in ordered[-2:])
            if crowded == before:
                place = next((at for at, hit in enumerate(waiting) if hit.passage.source.article_id != crowded), 0)
        ordered.append(waiting.pop(place))
    return ordered
