"""Differences: what cited places contradict one another on."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.differences import Difference, differences
from assistant.types import Citation, Match, Source


def cite(number: int, quote: str, language: str = "fa", published: date | None = None) -> Citation:
    return Citation(number, Source(f"a{number}", language=language, published=published), quote, 0, len(quote), Match.EXACT)


@pytest.mark.parametrize(
    ("first", "second", "language", "one", "other"),
    [
        (
            "نشست وزرای خارجه ایران و ترکیه در 27 دسامبر است",
            "نشست وزرای خارجه ایران و ترکیه در ۳۰ آذر است",
            "fa",
            "27 دسامبر",
            "۳۰ آذر",
        ),
        ("در انفجار حلب ۱۵ نفر کشته شدند", "12 نفر در انفجار حلب کشته شدند", "fa", "۱۵", "12"),
        ("قتل 12 شخصا في انفجار حلب", "قتل خمسة عشر شخصا في انفجار حلب", "ar", "12", "خمسة عشر"),
        ("The blast in Aleppo killed 12 people", "The blast in Aleppo killed fifteen people", "en", "12", "fifteen"),
    ],
)
def test_two_accounts_of_one_matter_that_differ(first: str, second: str, language: str, one: str, other: str) -> None:
    """A day or a number that differs is told with the words of each quote."""
    citations = [cite(1, first, language), cite(2, second, language)]
    assert differences(citations) == [Difference(citations[0], one, citations[1], other)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("در انفجار حلب ۱۲ نفر کشته شدند", "12 نفر در انفجار حلب کشته شدند"),
        ("در انفجار حلب ۱۲ نفر کشته شدند", "در انفجار حلب دوازده نفر کشته شدند"),
        ("نشست وزرا در 20 دسامبر 2016 است", "نشست وزرا در ۳۰ آذر ۱۳۹۵ است"),
        ("در انفجار حلب ۱۲ نفر کشته شدند", "قیمت نفت ۱۵ درصد بالا رفت"),
        ("در انفجار حلب ۱۲ نفر کشته و ۳۰ نفر زخمی شدند", "در انفجار حلب ۱۵ نفر کشته شدند"),
        ("در انفجار حلب ۱۲ نفر کشته شدند", "در انفجار حلب ۱۲ نفر کشته شدند"),
        ("در انفجار حلب کشته شدند", "در انفجار حلب ۱۵ نفر کشته شدند"),
    ],
)
def test_what_agrees_or_speaks_of_something_else_is_no_difference(first: str, second: str) -> None:
    """The same value in words, digits or another calendar; another matter; several values; none: nothing is told."""
    assert differences([cite(1, first), cite(2, second)]) == []


def test_no_more_than_two_are_told() -> None:
    """A long list of differences is no longer read."""
    many = [cite(number, f"در انفجار حلب {10 + number} نفر کشته شدند") for number in range(1, 6)]
    assert len(differences(many)) == 2
