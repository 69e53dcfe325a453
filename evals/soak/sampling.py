"""What the process holds, second by second: memory, open files, threads; and whether that stays as it is."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

__all__ = ["FEW", "SHARE", "Held", "Quarters", "held", "quarters"]

SHARE = 0.1  # by which the last quarter may differ from the second; the first is for warming up
FEW = 3  # files or threads more or less are none
_PROCESS = Path("/proc/self")
_PAGE = 4096 if not hasattr(os, "sysconf") else os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds at one moment."""

    megabytes: float
    files: int
    threads: int


@dataclass(frozen=True, slots=True)
class Quarters:
    """The mean of each quarter of the run."""

    means: tuple[float, float, float, float]

    def growth(self) -> float:
        """From the second quarter to the last, as a share of the second."""
        second, last = self.means[1], self.means[3]
        return last / second - 1 if second else 0.0

    def is_flat(self, share: float = SHARE, few: float = 0.0) -> bool:
        """Whether the last quarter is within that share of the second, or within that much of it."""
        second, last = self.means[1], self.means[3]
        return abs(last - second) <= max(share * second, few)


def held() -> Held | None:
    """What this process holds now; None where there is no /proc to tell."""
    try:
        pages = int((_PROCESS / "statm").read_text().split()[1])
        files, threads = len(os.listdir(_PROCESS / "fd")), len(os.listdir(_PROCESS / "task"))
    except (OSError, ValueError, IndexError):
        return None
    return Held(pages * _PAGE / 2**20, files, threads)


def quarters(values: Sequence[float]) -> Quarters | None:
    """The means of the quarters; None for fewer than four values."""
    if len(values) < 4:
        return None
    marks = [round(len(values) * quarter / 4) for quarter in range(5)]
    first, second, third, last = (statistics.fmean(values[a:b]) for a, b in pairwise(marks))
    return Quarters((first, second, third, last))
