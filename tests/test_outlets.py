"""Outlets that a question names."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.lexicon import Lexicon
from assistant.outlets import named, preferred
from assistant.types import Concept, Hit, Passage, Source
from assistant.understanding import understand

LEXICON = Lexicon.open()


def concepts(question: str) -> tuple[Concept, ...]:
    return understand(question, lexicon=LEXICON, today=date(2020, 1, 1)).concepts


def asked(publisher: str | None, question: str) -> set[str]:
    found = concepts(question)
    return {found[place].text for place in named([publisher], found)[publisher]}


@pytest.mark.parametrize(
    ("publisher", "question", "expected"),
    [
        ("رادیوفرانسه", "روایت رادیو فرانسه از حلب چیست؟", {"رادیو", "فرانسه"}),
        ("رادیو فرانسه", "روایت رادیوفرانسه از حلب چیست؟", {"رادیوفرانسه"}),
        ("رادیوفرانسه", "According to Radio France, who came?", {"radio", "france"}),
        ("رادیوفرانسه", "من زار حلب بحسب إذاعة فرنسا؟", {"اذاعه", "فرنسا"}),
        ("پرس تیوی فارسی", "پرس تیوی درباره حلب چه گفت؟", {"پرس", "تیوی"}),
        ("آران نیوز", "What does Aran News say about Aleppo?", {"aran"}),
        ("رادیوفرانسه", "What did France say about Aleppo?", set()),
        ("پرس تیوی فارسی", "متن فارسی حلب", set()),
        (None, "حلب", set()),
    ],
)
def test_an_outlet_is_named_when_its_whole_name_is(publisher: str | None, question: str, expected: set[str]) -> None:
    """Together or apart, in any script; half of a name, or what outlets call themselves besides, is no name."""
    assert asked(publisher, question) == expected


def hit(name: str, publisher: str | None, score: float) -> Hit:
    return Hit(Passage(name, Source(name, language="fa", publisher=publisher), "متن", 0, 3), score)


def test_hits_of_the_outlet_asked_for_come_a_little_further_up() -> None:
    """A tenth of the best score is added; a far better passage of another outlet stays first."""
    hits = [hit("a", None, 1.0), hit("b", "ایسنا", 0.95), hit("c", "رادیوفرانسه", 0.93), hit("d", "رادیوفرانسه", 0.5)]
    raised = preferred(hits, concepts("روایت رادیو فرانسه"))
    assert [(found.passage.id, round(found.score, 2)) for found in raised] == [("c", 1.03), ("a", 1.0), ("b", 0.95), ("d", 0.6)]
    assert preferred(hits, concepts("روایت حلب")) == hits
    assert preferred([], concepts("رادیو فرانسه")) == []
