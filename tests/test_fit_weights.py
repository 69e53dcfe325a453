"""The script that finds the weights of sentence choice and of the confidence."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.choosing import Traits
from assistant.judging import Signs
from scripts import fit_weights


def question(right: int, group: str) -> fit_weights.Asked:
    """Three sentences of which the one that holds the answer names most of the question; `letters` tells nothing."""
    rows = np.zeros((3, len(Traits._fields)))
    rows[:, Traits._fields.index("words")] = [0.8 if place == right else 0.3 for place in range(3)]
    rows[:, Traits._fields.index("letters")] = [0.2, 0.4, 0.3]
    return fit_weights.Asked(rows, np.arange(3) == right, np.arange(3) < 2, "set", "across" if right == 2 else "within", group)


QUESTIONS = [question(number % 3, f"article {number}") for number in range(30)]


def test_the_trait_that_tells_gets_the_weight() -> None:
    """What the right sentences have in common is weighed; what they have not stays near nothing."""
    names = [field for name in Traits._fields for field in ((name, f"{name} across") if name in fit_weights.SPLIT else (name,))]
    weights = dict(zip((*names, "across"), fit_weights.fit_choice(QUESTIONS), strict=True))
    assert weights["words"] > 5 * abs(weights["letters"])
    assert weights["words across"] > 5 * abs(weights["letters across"])
    assert weights["day"] == pytest.approx(0.0)
    assert weights["across"] == pytest.approx(0.0, abs=0.5)


def test_what_is_held_out_is_measured_by_set() -> None:
    """The share of questions whose answer is in the best sentence, and in any of three, with weights of other articles."""
    assert fit_weights.held_out_choice(QUESTIONS) == {"set, within": (1.0, 1.0), "set, across": (1.0, 1.0)}


def rows(size: int) -> list[fit_weights.Weighed]:
    """Own questions with much evidence, others with little, of many articles."""
    return [
        fit_weights.Weighed(
            Signs(evidence + number / 50, 0.0, 0.5, 1.0, 0.5, 0.0, 0.0, float(np.log1p(size))),
            own,
            "set",
            size,
            f"{size} {number}",
        )
        for own, evidence in ((True, 3.0), (False, 1.0))
        for number in range(20)
    ]


def test_confidence_rests_on_the_sign_that_tells(capsys: pytest.CaptureFixture[str]) -> None:
    """Own questions end above the floor at every size, the others below."""
    every = [row for size in fit_weights.SIZES for row in rows(size)]
    weights = dict(zip((*Signs._fields, "base"), fit_weights.fit_confidence(every), strict=True))
    assert weights["evidence"] > 1
    assert weights["crowd"] == pytest.approx(0.0, abs=0.05)
    fit_weights.show_confidence(every)
    cells = capsys.readouterr().out.splitlines()[-1].split()
    assert cells[3::4] == ["1.00;"] * len(fit_weights.SIZES)


def test_questions_of_one_article_are_never_parted() -> None:
    """Its fold depends on the article's name alone."""
    assert fit_weights.fold_of("a") == fit_weights.fold_of("a")
    assert {fit_weights.fold_of(f"article {number}") for number in range(50)} == set(range(fit_weights.FOLDS))
