"""Means with honest intervals: questions about one article are not independent, so articles are resampled, not questions alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate", "difference", "estimate", "kappa"]

RESAMPLES = 2_000
SEED = 20_161_218


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % interval by bootstrap over groups, from `n` values."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def estimate(values: Sequence[float], groups: Sequence[str], *, within: bool = False) -> Estimate:
    """The mean of `values` (at least one); `groups` names the article each belongs to.

    With `within`, the questions of each drawn article are drawn anew too: for a few articles with many questions each, where
    drawing articles alone has little to choose from.
    """
    means = _means(values, groups, within=within)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(np.mean(values)), float(low), float(high), len(values))


def difference(ours: Sequence[float], theirs: Sequence[float], groups: Sequence[str], *, within: bool = True) -> Estimate:
    """The mean of `ours` minus `theirs`, paired question by question."""
    return estimate([one - other for one, other in zip(ours, theirs, strict=True)], groups, within=within)


def _means(values: Sequence[float], groups: Sequence[str], *, within: bool) -> NDArray[np.float64]:
    by_group: dict[str, list[float]] = defaultdict(list)
    for value, group in zip(values, groups, strict=True):
        by_group[group].append(value)
    random = np.random.default_rng(SEED)
    sizes = np.array([len(found) for found in by_group.values()])
    drawn = random.integers(0, len(sizes), size=(RESAMPLES, len(sizes)))
    if not within:
        sums = np.array([sum(found) for found in by_group.values()])
        return np.asarray(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), dtype=np.float64)
    totals = np.zeros(drawn.shape)
    for index, found in enumerate(by_group.values()):
        places = drawn == index
        again = random.integers(0, len(found), size=(int(places.sum()), len(found)))
        totals[places] = np.array(found)[again].sum(axis=1)
    return np.asarray(totals.sum(axis=1) / sizes[drawn].sum(axis=1), dtype=np.float64)


def kappa(ours: Sequence[str], theirs: Sequence[str]) -> float:
    """Cohen's kappa of two judges over the same cases: 1 is full agreement, 0 what chance would give."""
    total = len(ours)
    agreed = sum(one == other for one, other in zip(ours, theirs, strict=True)) / total
    chance = sum((ours.count(label) / total) * (theirs.count(label) / total) for label in {*ours, *theirs})
    return 1.0 if chance == 1 else (agreed - chance) / (1 - chance)
