"""Choosing: the sentence that answers, by its traits."""

from __future__ import annotations

import pytest

from assistant.choosing import Traits, leading, ranked, traits
from assistant.types import Concept, Hit, Passage, Source, Weighted


def word(text: str, weight: float = 1.0) -> Weighted:
    return Weighted(Concept(text, {"": ((text,),)}), weight)


def hit(text: str, *, language: str = "fa", title: str | None = None, score: float = 1.0, article: str = "a") -> Hit:
    return Hit(Passage(f"{article}-0", Source(article, title=title, language=language), text, 0, len(text)), score)


def described(question: str, text: str, *words: Weighted, **known: object) -> list[Traits]:
    return [found for _, found in traits(question, words, [hit(text, **known)])]  # type: ignore[arg-type]


SHAH, CROWN = word("شاه"), word("تاج", 3.0)


def test_traits_say_what_a_sentence_and_what_is_near_it_hold() -> None:
    """Its share of the question, what the sentence before adds, what the title adds."""
    first, second = described("شاه تاج", "شاه به تهران رفت. او تاج را گذاشت.", SHAH, CROWN, title="شاه ایران")
    assert first == Traits(1.0, 0.25, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert second == Traits(1.0, 0.75, 0.75, 0.25, 0.25, 0.0, 0.0, 0.0)


def test_nothing_is_borrowed_from_another_passage() -> None:
    """The sentence before is one of the same passage."""
    hits = [hit("شاه به تهران رفت.", article="a"), hit("او تاج را گذاشت.", article="b", score=0.5)]
    assert [(found.passage, found.before) for _, found in traits("شاه تاج", [SHAH, CROWN], hits)] == [(1.0, 0.0), (0.5, 0.0)]


@pytest.mark.parametrize(
    ("question", "text", "trait"),
    [
        ("شاه کی تاج گذاشت؟", "شاه در ۱۳۰۵ تاج گذاشت.", "day"),
        ("شاه چند تاج داشت؟", "شاه سه تاج داشت.", "number"),
        ("چرا شاه تاج گذاشت؟", "شاه به دلیل جشن تاج گذاشت.", "reason"),
    ],
)
def test_what_is_asked_for_counts_only_where_it_is_asked_for(question: str, text: str, trait: str) -> None:
    """A year answers when; for a question that asks for none it is no merit."""
    [asked] = described(question, text, SHAH)
    [unasked] = described("شاه", text, SHAH)
    assert (getattr(asked, trait), getattr(unasked, trait)) == (1.0, 0.0)


def test_chances_add_up_and_fall() -> None:
    """The best sentence comes first; the chances of all are one whole."""
    text = "شاه تاج را گذاشت. هوا آفتابی بود. شاه به تهران رفت."
    choices = ranked("شاه تاج", "fa", [SHAH, CROWN], [hit(text)])
    chances = [choice.chance for choice in choices]
    assert [choice.place.span.start for choice in choices] == [0, text.index("شاه به"), text.index("هوا")]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) == pytest.approx(1.0)


def test_no_hit_has_no_sentences() -> None:
    """Nothing to choose from."""
    assert ranked("شاه", "fa", [SHAH], []) == []


def test_the_readers_language_is_not_crowded_out() -> None:
    """Of two sentences with the whole question, the one in the question's language comes first."""
    both = Weighted(Concept("شاه", {"fa": (("شاه",),), "ar": (("ملک",),)}), 1.0)
    hits = [hit("جاء الملك إلى طهران.", language="ar", article="b"), hit("شاه به تهران آمد.")]
    assert [choice.place.hit for choice in ranked("شاه", "fa", [both], hits)] == [1, 0]
    assert [choice.place.hit for choice in ranked("الملك", "ar", [both], hits)] == [0, 1]


def test_another_language_is_not_pushed_aside() -> None:
    """Of two sentences that name the same part of a question, the one of the better passage comes first, whatever its language."""
    asked = [Weighted(Concept(fa, {"fa": ((fa,),), "ar": ((ar,),)}), 1.0) for fa, ar in (("شاه", "ملک"), ("تاج", "تیجان"))]
    hits = [hit("وصل الملك إلى طهران.", language="ar", article="b"), hit("شاه به تهران آمد.", score=0.8)]
    assert [choice.place.hit for choice in ranked("شاه تاج", "fa", asked, hits)] == [0, 1]


def test_of_two_questions_each_is_led_by_its_own_words() -> None:
    """What only the other names counts for less; what both name, or neither, counts whole."""
    first, second = "شاه کی تاج گذاشت", "ملکه کی تاج گذاشت"
    asked = [SHAH, word("ملکه"), CROWN, word("تهران")]
    assert [item.weight for item in leading(first, (first, second), asked)] == [1.0, 0.3, 3.0, 1.0]
    assert leading(first, (first,), asked) == asked
