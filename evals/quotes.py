"""How often the quoted sentences hold the answer, and how well questions without one are refused, per outside set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant import extractive
from assistant.lexicon import Lexicon
from assistant.text import fold
from evals.outside import Bench, Question, Set
from evals.statistics import Estimate, estimate

__all__ = ["KEPT", "Quoted", "Quoting", "Refusing", "measure", "quoted", "refusals"]

PASSAGES = 8
KEPT = 0.95  # share of the answerable questions that a threshold must keep


@dataclass(frozen=True, slots=True)
class Quoted:
    """A question, the article it is about, and whether its answer stands in the first quote and in any of those shown."""

    id: str
    group: str
    pair: str
    first: bool
    any: bool

    @property
    def figures(self) -> dict[str, float]:
        """What is measured of it."""
        return {"first": float(self.first), "any": float(self.any)}


@dataclass(frozen=True, slots=True)
class Quoting:
    """The share of questions whose answer stands in the first quote, and in any of the quotes shown."""

    name: str
    first: Estimate
    any: Estimate


@dataclass(frozen=True, slots=True)
class Refusing:
    """The share of answerable questions kept and of unanswerable ones refused, with the coverages both rest on, in floors: 1 is
    just enough.

    `refused_at_95` are the unanswerable ones that are refused when all floors are raised or lowered together until 95 % of the
    answerable ones are kept.
    """

    name: str
    kept: float
    refused: float
    answerable: tuple[float, ...]
    unanswerable: tuple[float, ...]

    @property
    def refused_at_95(self) -> float:
        """How well coverage tells the two apart, wherever the floors lie."""
        dropped = int((1 - KEPT) * len(self.answerable) + 1e-9)
        threshold = sorted(self.answerable)[dropped]
        return sum(coverage < threshold for coverage in self.unanswerable) / len(self.unanswerable)


def measure(questions: Set, *, lexicon: Lexicon) -> Quoting:
    """Quoting on one set whose answers are strings of its passages."""
    return quoting(questions.name, quoted(questions, lexicon=lexicon))


def quoting(name: str, rows: Sequence[Quoted]) -> Quoting:
    """The figures of `rows`."""
    groups = [row.group for row in rows]
    return Quoting(name, estimate([float(row.first) for row in rows], groups), estimate([float(row.any) for row in rows], groups))


def quoted(questions: Set, *, lexicon: Lexicon) -> list[Quoted]:
    """Each question of a set that has an answer, with whether it was quoted."""
    asked = [question for question in questions.questions if question.answers]
    with Bench.over(questions.passages, lexicon=lexicon) as bench:
        found = [(question, *_holding(bench, question)) for question in asked]
    return [Quoted(question.id, question.group, questions.pair(question), first, some) for question, first, some in found]


def pairs(name: str, rows: Sequence[Quoted]) -> list[Quoting]:
    """The figures of each pair of languages in `rows`; none where there is but one."""
    named = sorted({row.pair for row in rows})
    return [quoting(f"{name} {pair}", [row for row in rows if row.pair == pair]) for pair in named] if len(named) > 1 else []


def refusals(answerable: Set, unanswerable: Sequence[Question], *, lexicon: Lexicon) -> Refusing:
    """How well the floor separates the set's own questions from `unanswerable` ones asked of the same passages."""
    with Bench.over(answerable.passages, lexicon=lexicon) as bench:
        own = [bench.retrieve(question.text, limit=PASSAGES) for question in answerable.questions]
        other = [bench.retrieve(question.text, limit=PASSAGES) for question in unanswerable]
    return Refusing(
        answerable.name,
        sum(found.enough for found in own) / len(own),
        sum(not found.enough for found in other) / len(other),
        tuple(found.coverage / found.floor for found in own),
        tuple(found.coverage / found.floor for found in other),
    )


def _holding(bench: Bench, question: Question) -> tuple[bool, bool]:
    retrieval = bench.retrieve(question.text, limit=PASSAGES)
    quotes = [fold(claim.text) for claim in extractive.compose(retrieval, lexicon=bench.lexicon).claims]
    answers = [fold(answer).strip(" .،,؛") for answer in question.answers]
    holding = [any(answer in quote for answer in answers) for quote in quotes]
    return bool(holding and holding[0]), any(holding)
