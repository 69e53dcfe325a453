"""The judgement whether the hits speak of what is asked."""

from __future__ import annotations

import math

import pytest

from assistant import judging
from assistant.judging import Signs, judge, signs
from assistant.types import Concept, Hit, Passage, Source, Weighted

OIL = Weighted(Concept("نفت", {"": (("نفت",),)}), 4.0)
VIENNA = Weighted(Concept("vienna", {"en": (("vienna",),), "fa": (("وین",),)}, named=True), 6.0)
TEXT = "قیمت نفت در نشست وین بالا رفت. هوا آفتابی است."


def hit(text: str = TEXT, language: str = "fa", *, lexical: int | None = 1, dense: int | None = 1) -> Hit:
    return Hit(Passage(language, Source(language, language=language), text, 0, len(text)), 1.0, dense, lexical)


def found(question: str = "نفت وین", *hits: Hit, concepts: tuple[Weighted, ...] = (OIL, VIENNA)) -> Signs | None:
    return signs(question, concepts, hits or (hit(),), matches={"fa": 1.0}, passages=9)


def test_signs_say_what_is_there_and_what_is_not() -> None:
    """All of the question in one sentence, first in both legs, in a collection of nine passages."""
    assert found() == pytest.approx(Signs(1.0, 0.0, 1.0, math.log(2), 1.0, 0.0, 0.0, math.log(10)))
    poor = found("نفت وین", hit("قیمت نفت بالا رفت.", lexical=2, dense=4))
    assert poor == pytest.approx(Signs(0.4, 0.6, 0.4, math.log(2), 0.375, 1.0, 0.0, math.log(10)))


def test_full_text_alone_agrees_with_itself() -> None:
    """Where no vectors were searched their leg is not held against the hit."""
    alone = found("نفت", hit(dense=None))
    assert alone is not None
    assert alone.agreement == 1.0


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("کی قیمت نفت بالا رفت؟", TEXT, 1.0),
        ("کی قیمت نفت بالا رفت؟", f"{TEXT} در ۲۸ آذر ۱۳۹۵ بود.", 1.0),
        ("کی قیمت نفت بالا رفت؟", "قیمت نفت در وین ۲۸ آذر ۱۳۹۵ بالا رفت.", 0.0),
        ("قیمت نفت چند دلار شد؟", "نفت به ۵۰ دلار رسید.", 0.0),
        ("چرا قیمت نفت بالا رفت؟", TEXT, 0.0),
    ],
)
def test_a_day_or_a_number_that_is_asked_for_must_be_near(question: str, text: str, expected: float) -> None:
    """In the best sentence or beside it; reasons are told in too many ways to be missed."""
    seen = found(question, hit(text))
    assert seen is not None
    assert seen.unfit == expected


def test_nothing_to_weigh_has_no_signs() -> None:
    """No hit, or no concept of any weight: the lowest confidence, which is not enough."""
    assert signs("x", [], [hit()], matches={}, passages=1) is None
    assert signs("x", [OIL], [], matches={}, passages=1) is None
    judgement = judge("x", "fa", [OIL], [], matches={}, passages=1)
    assert (judgement.confidence, judgement.enough) == (0.0, False)


def test_what_answers_is_enough_and_what_does_not_is_not() -> None:
    """The floors lie between a passage with the whole question and one with hardly anything of it."""
    good = judge("نفت وین", "fa", [OIL, VIENNA], [hit()], matches={"fa": 2.0}, passages=9)
    bad = judge("نفت وین", "fa", [OIL, VIENNA], [hit("هوا آفتابی است.")], matches={"fa": 0.1}, passages=9)
    assert (good.enough, bad.enough) == (True, False)
    assert (good.floor, bad.floor) == (judging.WITHIN.floor, judging.WITHIN.floor)


def test_hits_in_another_language_have_a_scale_of_their_own() -> None:
    """A question in English is judged by the Persian hits alone when there are no others."""
    across = judge("oil Vienna", "en", [VIENNA], [hit()], matches={"fa": 2.0}, passages=9)
    assert across.floor == judging.ACROSS.floor


def test_a_name_the_collection_lacks_takes_confidence_off() -> None:
    """However much else of the question is there."""
    weighed = judge("نفت وین", "fa", [OIL, VIENNA], [hit()], matches={"fa": 2.0}, passages=9)
    missing = judge("نفت وین", "fa", [OIL, VIENNA], [hit()], matches={"fa": 2.0}, passages=9, absent_name=True)
    odds = [one.confidence / (1 - one.confidence) for one in (weighed, missing)]
    assert math.log(odds[0] / odds[1]) == pytest.approx(judging.ABSENT_NAME)


def test_more_of_everything_is_never_less_confidence() -> None:
    """Each sign pushes the way its name says, within a language and across."""
    up = {"evidence", "letters", "match", "agreement"}
    for scale in (judging.WITHIN, judging.ACROSS):
        for name, weight in scale.weights._asdict().items():
            assert (weight > 0) == (name in up), name


def test_a_passage_more_in_the_collection_hardly_matters() -> None:
    """A crowd of passages makes chance likenesses likelier, and the judgement stricter."""
    few, many = (judge("نفت", "fa", [OIL], [hit()], matches={"fa": 1.0}, passages=n) for n in (1, 5_000))
    assert few.confidence > many.confidence
