"""What each sentence of the hits holds of the question: the numbers behind choosing quotes and behind refusing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

from assistant import outlets
from assistant.coverage import Reading, Sought, read
from assistant.text import sentences
from assistant.types import Hit, Span, Weighted

__all__ = ["Place", "around", "outlets_of", "places", "share"]

KEPT = 1_000  # passages that are remembered as they were read, ten kilobytes each


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence of the passage of hit number `hit`.

    Per concept of the question, `found` says how surely it is named there (by stem, phrase, translation or sound) and
    `letters` which share of its n-grams the sentence has; what is found in translation has none to share and counts as found.
    """

    hit: int
    span: Span
    reading: Reading
    found: tuple[float, ...]
    letters: tuple[float, ...]

    @property
    def presence(self) -> tuple[float, ...]:
        """How far each concept is there, by both measures: n-grams find the forms of a word that no stemmer unites."""
        return tuple((found + letters) / 2 for found, letters in zip(self.found, self.letters, strict=True))


def places(concepts: Sequence[Weighted], hits: Sequence[Hit]) -> list[Place]:
    """Every sentence of the hits, in order. An outlet that the question names is there in every sentence of its articles."""
    sought = Sought([item.concept for item in concepts])
    known = outlets_of(concepts, hits)
    listed = []
    for number, hit in enumerate(hits):
        outlet = known[hit.passage.source.publisher]
        for span, reading in _readings(hit.passage.text, hit.passage.source.language):
            found = sought.found(reading)
            letters = sought.letters(reading, found)
            listed.append(Place(number, span, reading, _with(found, outlet), _with(letters, outlet)))
    return listed


def outlets_of(concepts: Sequence[Weighted], hits: Sequence[Hit]) -> dict[str | None, frozenset[int]]:
    """By publisher of the hits: which concepts name it."""
    return outlets.named((hit.passage.source.publisher for hit in hits), [item.concept for item in concepts])


def _with(values: tuple[float, ...], outlet: frozenset[int]) -> tuple[float, ...]:
    return tuple(1.0 if place in outlet else value for place, value in enumerate(values)) if outlet else values


def around(listed: Sequence[Place], index: int) -> range:
    """The indexes of a sentence with the one before and the one after it in its passage."""
    first, last = (
        near if 0 <= near < len(listed) and listed[near].hit == listed[index].hit else index for near in (index - 1, index + 1)
    )
    return range(first, last + 1)


def share(weights: Sequence[float], values: Sequence[float]) -> float:
    """The mean of `values` by `weights`, 0 without any weight."""
    total = sum(weights)
    return sum(map(mul, weights, values)) / total if total > 0 else 0.0


@lru_cache(maxsize=KEPT)
def _readings(text: str, language: str) -> tuple[tuple[Span, Reading], ...]:
    """The sentences of a passage, read. Retrieving and quoting both look at them, and so may the next question."""
    return tuple((span, read(text[span.start : span.end], language)) for span in sentences(text))
