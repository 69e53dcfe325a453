"""Means with honest intervals: questions about one article are not independent, so articles are resampled, not questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Estimate", "estimate"]

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


def estimate(values: Sequence[float], groups: Sequence[str]) -> Estimate:
    """The mean of `values` (at least one); `groups` names the article each belongs to."""
    by_group: dict[str, list[float]] = defaultdict(list)
    for value, group in zip(values, groups, strict=True):
        by_group[group].append(value)
    sums = np.array([sum(found) for found in by_group.values()])
    sizes = np.array([len(found) for found in by_group.values()])
    drawn = np.random.default_rng(SEED).integers(0, len(sums), size=(RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(np.mean(values)), float(low), float(high), len(values))
