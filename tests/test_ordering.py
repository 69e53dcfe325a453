"""The order of the hits: days, twins, variety."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.ordering import grouped, on_the_day, varied
from assistant.types import DateReading, Hit, Passage, Source

REPORT = "ارتش سوریه شرق حلب را محاصره کرد و غیرنظامیان از شهر خارج شدند، خبرگزاری‌ها گزارش دادند."
DAY = DateReading("۱۱ دی ۱۳۹۵", date(2016, 12, 31), date(2016, 12, 31))


def hit(article: str, score: float, text: str = REPORT, published: date | None = None, start: int = 0) -> Hit:
    source = Source(article, language="fa", published=published)
    return Hit(Passage(f"{article}-{start}", source, text, start, start + len(text)), score)


def order(hits: list[Hit]) -> list[str]:
    return [found.passage.source.article_id for found in hits]


@pytest.mark.parametrize(
    ("text", "published", "expected"),
    [
        ("نشست در ۱۱ دی ۱۳۹۵ برگزار شد.", None, ["b", "a"]),
        ("The talks were held on 31 December 2016.", None, ["b", "a"]),
        ("نشست برگزار شد.", date(2016, 12, 31), ["b", "a"]),
        ("نشست برگزار شد.", date(2017, 1, 1), ["b", "a"]),
        ("نشست برگزار شد.", date(2017, 1, 2), ["a", "b"]),
        ("نشست در دی ۱۳۹۵ برگزار شد.", None, ["a", "b"]),
    ],
)
def test_the_day_asked_for_comes_first_among_equals(text: str, published: date | None, expected: list[str]) -> None:
    """In any calendar, by the text or the day of publication and the next; a whole month is not that day."""
    hits = [hit("a", 1.0), hit("b", 0.95, text, published)]
    assert order(on_the_day(hits, [DAY])) == expected


def test_a_day_does_not_outweigh_what_is_said() -> None:
    """It is a preference, not a filter."""
    hits = [hit("a", 1.0), hit("b", 0.8, published=date(2016, 12, 31))]
    assert order(on_the_day(hits, [DAY])) == ["a", "b"]
    assert on_the_day(hits, []) == hits
    assert on_the_day([], [DAY]) == []


def test_the_same_report_takes_one_place() -> None:
    """Another outlet's print of it becomes a twin; what is different, or of the same article, stays."""
    hits = [hit("a", 1.0), hit("b", 0.9, f"تهران: {REPORT}"), hit("c", 0.8, "نشست در وین برگزار شد."), hit("a", 0.7, start=200)]
    found = grouped(hits, limit=3)
    assert [(one.passage.id, [twin.id for twin in one.twins]) for one in found] == [("a-0", ["b-0"]), ("c-0", []), ("a-200", [])]


def test_twins_beyond_the_limit_are_not_looked_for() -> None:
    """The first passage without a place ends the search."""
    hits = [hit("a", 1.0), hit("c", 0.9, "نشست در وین برگزار شد."), hit("b", 0.8)]
    assert grouped(hits, limit=1) == [hits[0]]


def test_texts_without_words_are_nobodys_twins() -> None:
    """Two empty texts say nothing in common."""
    assert len(grouped([hit("a", 1.0, "…"), hit("b", 0.9, "!")], limit=5)) == 2


def test_after_two_of_one_article_another_gets_its_turn() -> None:
    """While another is left; the order is kept otherwise."""
    hits = [hit("a", 4.0, start=1), hit("a", 3.0, start=2), hit("a", 2.0, start=3), hit("b", 1.0), hit("a", 0.5, start=4)]
    assert order(varied(hits)) == ["a", "a", "b", "a", "a"]
