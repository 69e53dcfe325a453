"""Baselines of the question sets: what each question got, kept, and later runs beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from evals.gate import TOLERATED
from evals.gold import GoldError
from evals.statistics import Estimate, difference

__all__ = ["FORMAT", "Kept", "beside", "keep", "load", "regressions"]

FORMAT = 1
Kept: TypeAlias = Mapping[str, Mapping[str, Mapping[str, float]]]  # set, question, figure


class Measured(Protocol):
    """What was measured of one question."""

    @property
    def id(self) -> str: ...

    @property
    def group(self) -> str: ...

    @property
    def figures(self) -> dict[str, float]: ...


def beside(kept: Kept, measured: Mapping[str, Sequence[Measured]]) -> dict[tuple[str, str], Estimate]:
    """For each set and figure, the paired difference of what was `measured` to what was `kept`.

    Raises `GoldError` when a set or a question of it is new or gone.
    """
    found = {}
    for name, rows in measured.items():
        if name not in kept:
            raise GoldError(f"the baseline knows no set {name}; make it anew with --accept")
        if strange := {row.id for row in rows} ^ kept[name].keys():
            raise GoldError(f"{len(strange)} questions of {name} are new or gone, {min(strange)} the first; make the baseline anew")
        for figure in rows[0].figures:
            theirs = [kept[name][row.id][figure] for row in rows]
            gap = difference([row.figures[figure] for row in rows], theirs, [row.group for row in rows], within=False)
            found[(name, figure)] = gap
    return found


def regressions(gaps: Mapping[tuple[str, str], Estimate]) -> list[str]:
    """The figures that are surely worse by more than a point."""
    return [f"{name}, {figure}: {gap}" for (name, figure), gap in gaps.items() if gap.high < TOLERATED]


def keep(file: Path, measured: Mapping[str, Sequence[Measured]]) -> None:
    """Make what was `measured` the baseline in `file`, beside the sets it holds already."""
    kept = dict(load(file)) if file.exists() else {}
    kept |= {
        name: {row.id: {key: round(value, 4) for key, value in row.figures.items()} for row in rows}
        for name, rows in measured.items()
    }
    sets = ",\n".join(f" {json.dumps(name)}: {{\n{_lines(rows)}\n }}" for name, rows in sorted(kept.items()))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'{{"format": {FORMAT}, "sets": {{\n{sets}\n}}}}\n', encoding="utf-8")


def _lines(rows: Mapping[str, Mapping[str, float]]) -> str:
    return ",\n".join(f"  {json.dumps(name)}: {json.dumps(figures)}" for name, figures in sorted(rows.items()))


def load(file: Path) -> Kept:
    """The baseline in `file`. Raises `GoldError` when there is none."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["format"] != FORMAT:
            raise GoldError(f"{file} has the format {kept['format']}; make it anew with --accept")
        sets: Kept = kept["sets"]
        return sets
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise GoldError(f"{file} is no baseline ({exc}); make one with --accept") from exc
