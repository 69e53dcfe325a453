"""Where cited places contradict one another on a day or a number: told to the reader, never decided for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

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
    return [found for pair in combinations(citations, 2) for found in _between(*pair)][:MOST]


def _between(first: Citation, second: Citation) -> Iterator[Difference]:
    if first.quote == second.quote or not _same_matter(first, second):
        return
    for read in (_days, _numbers):
        one, other = read(first), read(second)
        # With several values in a quote it is open which belongs to what; only the plain case is told.
        if len(one) == len(other) == 1 and one.keys().isdisjoint(other):
            yield Difference(first, next(iter(one.values())), second, next(iter(other.values())))


def _same_matter(first: Citation, second: Citation) -> bool:
    one, other = _stems(first), _stems(second)
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
