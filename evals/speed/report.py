"""A run of the speed measurements as it is kept and as it is told."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from evals.gold import GoldError
from evals.results import commit
from evals.speed.ratios import Row, Wanted
from evals.statistics import Estimate

__all__ = ["FOLDER", "FORMAT", "HEAD", "Figures", "cells", "figure", "kept_as", "load", "machine"]

FORMAT = 1
FOLDER = Path(__file__).parent / "results"
HEAD = ("", "passages", "unit", "ours", "beside", "theirs", "ours / theirs, 95 %", "by the clock", "wanted", "")
LIBRARIES = ("chromadb", "tantivy", "llama-index-core", "llama-index-vector-stores-chroma", "llama-index-retrievers-bm25", "numpy")


@dataclass(frozen=True, slots=True)
class Figures:
    """The rows of one run, and what shaped them."""

    commit: str
    when: str
    seconds: float
    machine: Mapping[str, Any]
    rows: tuple[Row, ...]
    format: int = FORMAT

    @property
    def missed(self) -> list[Row]:
        """The rows of which something else was wanted."""
        return [row for row in self.rows if row.missed]


def machine() -> dict[str, Any]:
    """What measured: no names, only what speed depends on."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def kept_as() -> Path:
    """The file that keeps the run of the commit checked out."""
    name = commit()
    return FOLDER / f"{name[:7]}{'+' if name.endswith('+') else ''}.json"


def load(file: Path) -> Figures:
    """The run kept in `file`. Raises `GoldError` when it is none."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["format"] != FORMAT:
            raise GoldError(f"{file} has the format {kept['format']}; this version reads {FORMAT}. Run it again.")
        return Figures(**{**kept, "rows": tuple(_row(row) for row in kept["rows"])})
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise GoldError(f"{file} is not a run that `python -m evals speed --json` kept: {exc}") from exc


def _row(kept: Mapping[str, Any]) -> Row:
    made = {name: Estimate(**kept[name]) if kept[name] else None for name in ("ratio", "clock")}
    return Row(**{**kept, **made, "wanted": Wanted(**kept["wanted"]) if kept["wanted"] else None})


def cells(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """The cells of a table under `HEAD`; what is said of the row before is not said again."""
    told: list[tuple[str, ...]] = []
    before = ("", "")
    for row in rows:
        what, size = row.what, f"{row.passages:,}"
        shown = ("" if what == before[0] else what, "" if (what, size) == before else size)
        before = (what, size)
        told.append(
            (
                *shown,
                row.unit,
                figure(row.ours),
                row.beside,
                "" if row.theirs is None else figure(row.theirs),
                _spread(row.ratio),
                "" if row.clock is None else figure(row.clock.mean),
                "" if row.wanted is None else str(row.wanted),
                _verdict(row),
            )
        )
    return told


def _verdict(row: Row) -> str:
    if row.wanted is None:
        return ""
    return "MISSED" if row.missed else "kept"


def _spread(found: Estimate | None) -> str:
    return "" if found is None else f"{figure(found.mean)} [{figure(found.low)}, {figure(found.high)}]"


def figure(value: float) -> str:
    """A number with three digits that matter."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
