"""Two runs side by side: paired differences with their intervals, and the questions that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean

from evals.gold import GoldError
from evals.results import Row, Run
from evals.statistics import Estimate, difference

__all__ = ["COMPARED", "Comparison", "Difference", "compare"]

COMPARED = ("right", "vital", "shown", "recall", "retrieved", "precision", "refusal", "supported", "valid", "language", "seconds")


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric over the questions both runs scored: its mean in each, and the difference of the second to the first."""

    metric: str
    cell: str
    first: float
    second: float
    gap: Estimate

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out no difference at all."""
        return self.gap.low > 0 or self.gap.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences, `better` and `worse` questions by how right they were, and how many questions could not be compared."""

    differences: tuple[Difference, ...]
    better: tuple[str, ...]
    worse: tuple[str, ...]
    left_out: int


def compare(first: Run, second: Run) -> Comparison:
    """`second` beside `first`, over the questions that are the same in both. Raises `GoldError` when there are none."""
    ours, theirs = _by_id(first), _by_id(second)
    shared = [name for name in ours if name in theirs and ours[name][0].digest == theirs[name][0].digest]
    if not shared:
        raise GoldError("the two runs have no question in common")
    cells = {"all": shared}
    for name in shared:
        cells.setdefault(ours[name][0].language, []).append(name)
    found = [
        _difference(metric, cell, {name: (ours[name], theirs[name]) for name in names})
        for metric in COMPARED
        for cell, names in cells.items()
        if cell == "all" or metric in ("right", "vital")
    ]
    changed = {name: _mean(theirs[name], "right") - _mean(ours[name], "right") for name in shared}
    return Comparison(
        tuple(gap for gap in found if gap is not None),
        better=tuple(name for name, gap in changed.items() if gap > 0),
        worse=tuple(name for name, gap in changed.items() if gap < 0),
        left_out=len(set(ours) | set(theirs)) - len(shared),
    )


def _by_id(run: Run) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in run.scored:
        found[row.id].append(row)
    return found


def _difference(metric: str, cell: str, pairs: Mapping[str, tuple[list[Row], list[Row]]]) -> Difference | None:
    both = {name: pair for name, pair in pairs.items() if all(_has(rows, metric) for rows in pair)}
    if not both:
        return None
    ours = [_mean(first, metric) for first, _ in both.values()]
    theirs = [_mean(second, metric) for _, second in both.values()]
    gap = difference(theirs, ours, [first[0].group for first, _ in both.values()])
    return Difference(metric, cell, mean(ours), mean(theirs), gap)


def _has(rows: list[Row], metric: str) -> bool:
    return any(row.scores.get(metric) is not None for row in rows)


def _mean(rows: list[Row], metric: str) -> float:
    return mean(value for row in rows if (value := row.scores.get(metric)) is not None)
