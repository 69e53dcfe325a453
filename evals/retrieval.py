"""How often the right passage is among the first hits, per set and per pair of languages; beside stock parts, if asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from assistant.lexicon import Lexicon
from evals import stock
from evals.outside import Bench, Question, Set
from evals.statistics import Estimate, estimate

__all__ = ["DEPTH", "OURS", "SYSTEMS", "Ranked", "Recall", "measure", "ranks"]

DEPTH = 10
Search = Callable[[str], Sequence[str]]
OURS = "sanad"
SYSTEMS = (OURS, "sanad, no vectors", "vectors alone", stock.NAME)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question, the article it is about, and the rank of the first right passage; 0 when it is not among the first ten."""

    id: str
    group: str
    pair: str
    rank: int

    @property
    def figures(self) -> dict[str, float]:
        """What is measured of it."""
        return {
            "at 1": float(self.rank == 1),
            "at 5": float(1 <= self.rank <= 5),
            "MRR@10": 1 / self.rank if self.rank else 0.0,
        }


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall at 1 and 5 and the mean reciprocal rank over the questions of one set, or of one pair of languages in it."""

    name: str
    at_1: Estimate
    at_5: Estimate
    mrr: Estimate


def measure(questions: Set, *, lexicon: Lexicon, dense: bool = True) -> Recall:
    """Recall on one set; a hit is any passage the set names."""
    return recall(questions.name, ranks(questions, lexicon=lexicon, system=OURS if dense else SYSTEMS[1]))


def recall(name: str, rows: Sequence[Ranked]) -> Recall:
    """The figures of `rows`."""
    groups = [row.group for row in rows]
    at_1, at_5, mrr = (estimate([row.figures[figure] for row in rows], groups) for figure in ("at 1", "at 5", "MRR@10"))
    return Recall(name, at_1, at_5, mrr)


def pairs(name: str, rows: Sequence[Ranked]) -> list[Recall]:
    """The figures of each pair of languages in `rows`; none where there is but one."""
    named = sorted({row.pair for row in rows})
    return [recall(f"{name} {pair}", [row for row in rows if row.pair == pair]) for pair in named] if len(named) > 1 else []


def ranks(questions: Set, *, lexicon: Lexicon, system: str = OURS) -> list[Ranked]:
    """Each question of a set with the rank its passage got from one of the `SYSTEMS`."""
    with _searching(questions, lexicon, system) as search:
        found = [(question, _rank(question, search(question.text))) for question in questions.questions]
    return [Ranked(question.id, question.group, questions.pair(question), rank) for question, rank in found]


@contextmanager
def _searching(questions: Set, lexicon: Lexicon, system: str) -> Iterator[Search]:
    if system == SYSTEMS[2]:
        yield stock.dense(questions.passages, lexicon, limit=DEPTH)
    elif system == SYSTEMS[3]:
        with stock.bm25(questions.passages, limit=DEPTH) as search:
            yield search
    else:
        with Bench.over(questions.passages, lexicon=lexicon, dense=system == OURS) as bench:
            yield lambda text: [hit.passage.id for hit in bench.retrieve(text, limit=DEPTH).hits]


def _rank(question: Question, found: Sequence[str]) -> int:
    return next((place for place, name in enumerate(found[:DEPTH], start=1) if name in question.passages), 0)
