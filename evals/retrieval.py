"""How often the right passage is among the first hits, per outside set."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.lexicon import Lexicon
from evals.outside import Bench, Set
from evals.statistics import Estimate, estimate

__all__ = ["Recall", "measure"]

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall at 1 and 5 over the questions of one set."""

    name: str
    at_1: Estimate
    at_5: Estimate


def measure(questions: Set, *, lexicon: Lexicon, dense: bool = True) -> Recall:
    """Recall on one set; a hit is any passage the set names."""
    with Bench.over(questions.passages, lexicon=lexicon, dense=dense) as bench:
        ranks = [_rank(bench, question.text, question.passages) for question in questions.questions]
    articles = [next(iter(question.passages)).rsplit("-p", 1)[0] for question in questions.questions]
    return Recall(
        questions.name,
        estimate([float(rank <= 1) for rank in ranks], articles),
        estimate([float(rank <= 5) for rank in ranks], articles),
    )


def _rank(bench: Bench, question: str, gold: frozenset[str]) -> int:
    hits = bench.retrieve(question, limit=DEPTH).hits
    return next((rank for rank, hit in enumerate(hits, start=1) if hit.passage.id in gold), DEPTH + 1)
