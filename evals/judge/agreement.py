"""How far a judge agrees with people: hand labels of statements beside quotes, and what it says of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.lexicon import Lexicon
from assistant.support import unsupported_names
from assistant.types import Article
from evals.gold import GoldError
from evals.judge.grading import Grader, Verdict
from evals.scorers.support import strays
from evals.statistics import kappa

__all__ = ["LABELS", "Agreement", "Label", "agreement", "by_model", "by_rule", "load"]

FILE = Path(__file__).resolve().parent / "labels.jsonl"
LABELS = (Verdict.SUPPORTED, Verdict.PARTIAL, Verdict.NOT)


@dataclass(frozen=True, slots=True)
class Label:
    """A statement beside a quote of an article, and what a person says: supported, partial, not."""

    id: str
    language: str
    statement: str
    article: str
    quote: str
    label: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often judge and people say the same, raw and beyond chance, and beyond chance on supported against the rest."""

    name: str
    n: int
    failed: int
    raw: float | None
    kappa: float | None
    kappa_of_two: float | None
    confusion: dict[str, int]


def load(file: Path = FILE) -> list[Label]:
    """The labels in `file`. Raises `GoldError` when it cannot be used."""
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [Label(**{**row, "label": Verdict(row["label"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise GoldError(f"{file} holds no labels that can be used: {exc}") from exc


def misplaced(labels: Sequence[Label], articles: dict[str, Article]) -> list[str]:
    """The labels whose quote does not stand in their article, by file name."""
    return [label.id for label in labels if label.article not in articles or label.quote not in articles[label.article].text]


def by_model(grader: Grader) -> Callable[[Label], Verdict]:
    """The verdict of a model on a label's statement."""
    return lambda label: grader.grade(label.quote, [label.statement], language=label.language)[0]


def by_rule(lexicon: Lexicon) -> Callable[[Label], Verdict]:
    """The verdict of the rules that need no model: not supported when a number, a day or a name is not in the quote."""

    def told(label: Label) -> Verdict:
        missing = strays(label.statement, [label.quote])
        missing += unsupported_names(label.statement, label.language, [label.quote], lexicon)
        return Verdict.NOT if missing else Verdict.SUPPORTED

    return told


def agreement(name: str, labels: Sequence[Label], told: Sequence[Verdict]) -> Agreement:
    """How the verdicts `told` agree with `labels`; those the judge failed to give are left out and counted."""
    pairs = [(str(label.label), str(verdict)) for label, verdict in zip(labels, told, strict=True) if verdict is not Verdict.FAILED]
    people, judge = [one for one, _ in pairs], [other for _, other in pairs]
    two = [[str(value == Verdict.SUPPORTED) for value in values] for values in (people, judge)]
    return Agreement(
        name=name,
        n=len(pairs),
        failed=len(labels) - len(pairs),
        raw=sum(one == other for one, other in pairs) / len(pairs) if pairs else None,
        kappa=kappa(people, judge) if pairs else None,
        kappa_of_two=kappa(two[0], two[1]) if pairs else None,
        confusion={f"{one} / {other}": times for (one, other), times in sorted(Counter(pairs).items())},
    )
