"""How often the quoted sentences hold the answer, and how well questions without one are refused, per outside set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant import extractive
from assistant.lexicon import Lexicon
from assistant.text import fold
from evals.outside import Bench, Question, Set
from evals.statistics import Estimate, estimate

__all__ = ["Quoting", "Refusing", "measure", "refusals"]

PASSAGES = 8


@dataclass(frozen=True, slots=True)
class Quoting:
    """The share of questions whose answer stands in the first quote, and in any of the quotes shown."""

    name: str
    first: Estimate
    any: Estimate


@dataclass(frozen=True, slots=True)
class Refusing:
    """The share of answerable questions kept and of unanswerable ones refused, with the coverages both rest on."""

    name: str
    kept: float
    refused: float
    answerable: tuple[float, ...]
    unanswerable: tuple[float, ...]


def measure(questions: Set, *, lexicon: Lexicon) -> Quoting:
    """Quoting on one set whose answers are strings of its passages."""
    asked = [question for question in questions.questions if question.answers]
    with Bench.over(questions.passages, lexicon=lexicon) as bench:
        found = [_holding(bench, question) for question in asked]
    articles = [next(iter(question.passages)).rsplit("-p", 1)[0] for question in asked]
    return Quoting(
        questions.name,
        estimate([float(first) for first, _ in found], articles),
        estimate([float(some) for _, some in found], articles),
    )


def refusals(answerable: Set, unanswerable: Sequence[Question], *, lexicon: Lexicon) -> Refusing:
    """How well the floor separates the set's own questions from `unanswerable` ones asked of the same passages."""
    with Bench.over(answerable.passages, lexicon=lexicon) as bench:
        own = [bench.retrieve(question.text, limit=PASSAGES) for question in answerable.questions]
        other = [bench.retrieve(question.text, limit=PASSAGES) for question in unanswerable]
    return Refusing(
        answerable.name,
        sum(found.enough for found in own) / len(own),
        sum(not found.enough for found in other) / len(other),
        tuple(found.coverage for found in own),
        tuple(found.coverage for found in other),
    )


def _holding(bench: Bench, question: Question) -> tuple[bool, bool]:
    retrieval = bench.retrieve(question.text, limit=PASSAGES)
    quotes = [fold(claim.text) for claim in extractive.compose(retrieval, lexicon=bench.lexicon).claims]
    answers = [fold(answer).strip(" .،,؛") for answer in question.answers]
    holding = [any(answer in quote for answer in answers) for quote in quotes]
    return bool(holding and holding[0]), any(holding)
