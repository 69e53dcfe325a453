"""How one system's cost stands to another's, with an interval, and whether that is what was wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evals.statistics import RESAMPLES, SEED, Estimate

__all__ = ["Row", "Wanted", "ratio"]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Estimate:
    """The sum of `ours` to the sum of `theirs`, measured in pairs, with its 95 % interval by bootstrap over the pairs."""
    one, other = np.array(ours, dtype=float), np.array(theirs, dtype=float)
    if one.shape != other.shape or not len(one) or not other.all():
        raise ValueError(f"{len(one)} measurements of ours and {len(other)} of theirs, some of them zero, give no ratio")
    drawn = np.random.default_rng(SEED).integers(0, len(one), size=(RESAMPLES, len(one)))
    low, high = np.quantile(one[drawn].sum(axis=1) / other[drawn].sum(axis=1), [0.025, 0.975])
    return Estimate(float(one.sum() / other.sum()), float(low), float(high), len(one))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a figure is to be: at most, or at least, so much."""

    bound: Literal["at most", "at least"]
    value: float

    def kept(self, figure: float) -> bool:
        """Whether `figure` is what was wanted."""
        return figure <= self.value if self.bound == "at most" else figure >= self.value

    def __str__(self) -> str:
        return f"{'≤' if self.bound == 'at most' else '≥'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: our figure at so many passages, beside the figure of something else, and how they stand.

    Where nothing stands beside it, what is wanted is said of our figure itself.
    """

    what: str
    passages: int
    unit: str
    ours: float
    beside: str = ""
    theirs: float | None = None
    ratio: Estimate | None = None
    clock: Estimate | None = None  # the ratio by the clock
    wanted: Wanted | None = None

    @property
    def missed(self) -> bool:
        """Whether something else was wanted."""
        return self.wanted is not None and not self.wanted.kept(self.ours if self.ratio is None else self.ratio.mean)

    @property
    def name(self) -> str:
        """What it is, on one line."""
        return f"{self.what} at {self.passages:,} passages" + (f", beside {self.beside}" if self.beside else "")
