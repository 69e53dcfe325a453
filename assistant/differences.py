"""Where cited places contradict one another on a day or a number: told to the reader, never decided for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice

from assistant import dates, numbers
from assistant.text import is_stop_word, stem, words
from assistant.types import Citation

__all__ = ["Difference", "differences"]

SAME_MATTER = 0.5  # share of common stems from which two quotes speak of the same thing
MOST = 2  # differences told; a longer list is no longer read


@dataclass(frozen=True, slots=True)
class Difference:
    """Two citations of one matter and the expressions in which they differ, as written in the quotes."""

    first: Citation
    one: str
    second: Citation
    other: str


def differences(citations: Sequence[Citation]) -> list[Difference]:
    """The days and numbers on which quotes that speak of the same thing differ, in the order of the citations."""
    pairs = combinations([_Read(citation) for citation in citations], 2)
    return list(islice((found for pair in pairs for found in _between(*pair)), MOST))


class _Read:
    """A citation and what its quote holds, each read once and when it is asked for: one is compared with many."""

    def __init__(self, citation: Citation) -> None:
        self.citation = citation

    @cached_property
    def stems(self) -> set[str]:
        return _stems(self.citation)

    @cached_property
    def days(self) -> dict[object, str]:
        return _days(self.citation)

    @cached_property
    def numbers(self) -> dict[object, str]:
        return _numbers(self.citation)


def _between(first: _Read, second: _Read) -> Iterator[Difference]:
    if first.citation.quote == second.citation.quote or not _same_matter(first, second):
        return
    for one, other in ((first.days, second.days), (first.numbers, second.numbers)):
        # With several values in a quote it is open which belongs to what; only the plain case is told.
        if len(one) == len(other) == 1 and one.keys().isdisjoint(other):
            yield Difference(first.citation, next(iter(one.values())), second.citation, next(iter(other.values())))


def _same_matter(first: _Read, second: _Read) -> bool:
    one, other = first.stems, second.stems
    return bool(one and other) and len(one & other) >= SAME_MATTER * min(len(one), len(other))


def _stems(citation: Citation) -> set[str]:
    return {stem(word) for word in words(citation.quote) if not is_stop_word(word) and not word.isdigit()}


def _days(citation: Citation) -> dict[object, str]:
    found = dates.find(citation.quote, reference=citation.source.published, language=citation.source.language)
    return {_day(mention): citation.quote[mention.start : mention.end] for mention in found if _day(mention) is not None}


def _day(mention: dates.DateMention) -> object:
    """What a mention says as far as days can be compared: the day itself, or day and month where the year is not known."""
    if mention.since is not None:
        return mention.since if mention.since == mention.until else None
    part = mention.parts[0]
    return (part.calendar, part.month, part.day) if part.month and part.day else None


def _numbers(citation: Citation) -> dict[object, str]:
    days = dates.find(citation.quote, reference=citation.source.published, language=citation.source.language)
    found = [mention for mention in numbers.find(citation.quote, citation.source.language) if not mention.weak]
    outside = [mention for mention in found if not any(day.start < mention.end and mention.start < day.end for day in days)]
    return {mention.value: citation.quote[mention.start : mention.end] for mention in outside}
