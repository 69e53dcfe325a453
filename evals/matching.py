"""Whether a text says something, in whatever spelling, digits or calendar: how gold forms are looked for in answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from assistant import dates, numbers
from assistant.dates import DateMention
from assistant.numbers import NumberMention
from assistant.text import Word, word_spans, words

__all__ = ["says", "says_any"]

# What may be written together with a word without making it another one; never «ن», «نمی» or «بی», which deny it.
_PREFIXES = frozenset(words("و ف ب ل ك ال وال بال فال كال لل ولل وب ول"))
_SUFFIXES = frozenset(words("ها های هایی هایش هایشان ی یی ای ان ش شان م مان را اش اند ه هم هما نا ين ون ات ا s es"))
_SHORT = 3  # letters; a shorter word with an ending is usually another word
_YEAR = 1_000  # from here on a number in a date is its year


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text without blanks, numbers as their values; where words begin and end in it, and its dates and bare numbers."""

    joined: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    days: tuple[DateMention, ...]
    values: frozenset[str]
    is_day: bool
    is_value: bool


def says_any(forms: Iterable[str], text: str) -> bool:
    """Whether `text` says one of `forms`."""
    return any(says(form, text) for form in forms)


def says(form: str, text: str) -> bool:
    """Whether `text` says `form`: the same words but for spelling, joints and endings; the same day; the same number."""
    wanted, shown = _read(form), _read(text)
    if not wanted.joined:
        return False
    if wanted.is_value:
        return not wanted.values.isdisjoint(shown.values)
    if wanted.is_day and any(_same_day(wanted.days[0], day) for day in shown.days):
        return True
    return any(_stands(wanted.joined, shown))


def _stands(wanted: str, shown: _Reading) -> Iterator[bool]:
    """For each place of `wanted` in `shown`, whether it begins and ends as words do there."""
    place = shown.joined.find(wanted)
    while place >= 0:
        yield _begins(place, shown) and _ends(place + len(wanted), len(wanted), shown)
        place = shown.joined.find(wanted, place + 1)


def _begins(place: int, shown: _Reading) -> bool:
    start = max(start for start in shown.starts if start <= place)
    return start == place or shown.joined[start:place] in _PREFIXES


def _ends(place: int, length: int, shown: _Reading) -> bool:
    end = min(end for end in shown.ends if end >= place)
    return end == place or (length >= _SHORT and shown.joined[place:end] in _SUFFIXES)


def _same_day(wanted: DateMention, shown: DateMention) -> bool:
    """Whether `shown` says all that `wanted` says: a day needs a day, a year a year; a weekday beside a day does not matter."""
    for field in ("year", "month", "day", "weekday"):
        if field == "weekday" and _has(wanted, "day"):
            continue
        if _has(wanted, field) and not _has(shown, field):
            return False
    return dates.same_or_within(wanted, shown)


def _has(mention: DateMention, field: str) -> bool:
    return any(getattr(part, field) is not None for part in mention.parts)


# -- reading ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4_000)
def _read(text: str) -> _Reading:
    days = tuple(dates.find(text, reference=None))
    figures = [figure for figure in numbers.find(text) if not figure.weak]
    spans = word_spans(text)
    tokens = list(_tokens(spans, figures))
    ends = tuple(accumulate(len(token) for token in tokens))
    return _Reading(
        joined="".join(tokens),
        starts=(0, *ends[:-1]),
        ends=ends,
        days=days,
        values=frozenset(_value(figure) for figure in figures if _bare(figure, days)),
        is_day=len(days) == 1 and _covers((days[0].start, days[0].end), spans),
        is_value=len(figures) == 1 and not days and _covers((figures[0].start, figures[0].end), spans),
    )


def _tokens(spans: Iterable[Word], figures: Iterable[NumberMention]) -> Iterator[str]:
    """The words, each number as one token of its value."""
    left = sorted(figures, key=lambda figure: figure.start)
    told: NumberMention | None = None
    for word in spans:
        inside = next((figure for figure in left if figure.start < word.end and word.start < figure.end), None)
        if inside is None:
            yield word.text
        elif inside is not told:
            yield _value(inside)
        told = inside


def _value(figure: NumberMention) -> str:
    """A value so written that it is part of no other: `#2 week#` of a dual."""
    kind = "" if figure.kind == "cardinal" else figure.kind[0]
    return f"#{figure.value}{kind}{figure.unit}#"


def _bare(figure: NumberMention, days: Iterable[DateMention]) -> bool:
    """Whether the number counts something, or is a year: the 20 of «20 December» is nothing else."""
    dated = any(day.start < figure.end and figure.start < day.end for day in days)
    return not dated or figure.value >= _YEAR


def _covers(span: tuple[int, int], spoken: Iterable[Word]) -> bool:
    return all(span[0] <= word.start and word.end <= span[1] for word in spoken)
