"""A soak as figures and as tables: what was asked, how long it took, which promise was broken."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evals.soak.checking import KINDS
from evals.soak.run import Outcome
from evals.soak.sampling import FEW, SHARE, Quarters, quarters

if TYPE_CHECKING:
    from evals.soak.reading import Reading

__all__ = ["broken", "figures", "per_cent", "reading_figures", "reading_rows", "rows"]

SHARES = (0.5, 0.95, 0.99)
_CHANGED = {
    "added": "articles added",
    "changed": "articles changed",
    "removed": "articles removed",
    "brought again": "articles brought again",
    "rebuilt": "rebuilds",
}
CHANGES = tuple(_CHANGED)


def per_cent(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies; 0 without any."""
    if not values:
        return 0.0
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def held(outcome: Outcome) -> dict[str, Quarters]:
    """Memory in MB, open files and threads by quarter; nothing where the system does not tell."""
    found = {
        "memory, MB": quarters([one.megabytes for one in outcome.held]),
        "open files": quarters([float(one.files) for one in outcome.held]),
        "threads": quarters([float(one.threads) for one in outcome.held]),
    }
    return {name: means for name, means in found.items() if means is not None}


def broken(outcome: Outcome, *, memory: float = SHARE, files: float = FEW) -> list[str]:
    """The promises that were not kept: memory within that share of what it was, files and threads within that many."""
    said = [f"{outcome.faults[kind]} {name}" for kind, name in KINDS.items() if outcome.faults[kind]]
    for name, means in held(outcome).items():
        is_flat = means.is_flat(memory) if name.startswith("memory") else means.is_flat(0.0, files)
        if not is_flat:
            said.append(f"{name}: {means.means[1]:.0f} in the second quarter, {means.means[3]:.0f} in the last")
    return said


def rows(outcome: Outcome) -> list[tuple[str, str]]:
    """The figures, line by line."""
    asked = len(outcome.latency)
    return [
        ("minutes", f"{outcome.seconds / 60:.1f}"),
        ("passages", str(outcome.passages)),
        ("questions, one process", f"{asked}, {asked / max(outcome.seconds, 1e-9):.1f} a second"),
        ("questions, another process", str(len(outcome.elsewhere))),
        ("searches", str(outcome.searches)),
        ("answer, p50 / p95 / p99", _times(outcome.latency)),
        ("the same, another process", _times(outcome.elsewhere)),
        *((_CHANGED[name], str(outcome.done[name])) for name in CHANGES),
        *((name, str(outcome.faults[kind])) for kind, name in KINDS.items()),
        *((f"{name}, by quarter", " ".join(f"{mean:.0f}" for mean in means.means)) for name, means in held(outcome).items()),
        ("processor seconds", f"{outcome.processor:.0f}"),
    ]


def reading_rows(found: Reading) -> list[tuple[str, ...]]:
    """Answers beside an ingestion and around it."""
    rate = f"{found.passages / max(found.seconds, 1e-9):.0f} a second"
    lines = [("before and after", found.idle), (f"while {found.passages} passages come in, {rate}", found.busy)]
    shown = [(name, str(len(values)), *(_time(values, share) for share in SHARES)) for name, values in lines]
    ratios = [per_cent(found.busy, share) / max(per_cent(found.idle, share), 1e-9) for share in SHARES]
    return [*shown, ("times as long", "", *(f"{ratio:.1f}" for ratio in ratios))]


def reading_figures(found: Reading) -> dict[str, Any]:
    """The same for a file."""
    return {
        "passages": found.passages,
        "seconds": round(found.seconds, 1),
        "idle": _percentiles(found.idle),
        "busy": _percentiles(found.busy),
        "ratio": round(found.ratio, 2),
        "faults": {kind: found.faults[kind] for kind in KINDS},
    }


def _time(values: Sequence[float], share: float) -> str:
    return f"{1000 * per_cent(values, share):.0f}"


def _times(values: Sequence[float]) -> str:
    return " / ".join(_time(values, share) for share in SHARES) + " ms"


def figures(outcome: Outcome) -> dict[str, Any]:
    """The same for a file."""
    return {
        "seconds": round(outcome.seconds, 1),
        "passages": outcome.passages,
        "questions": len(outcome.latency),
        "per_second": round(len(outcome.latency) / max(outcome.seconds, 1e-9), 2),
        "latency": _percentiles(outcome.latency),
        "elsewhere": {"questions": len(outcome.elsewhere), "latency": _percentiles(outcome.elsewhere)},
        "searches": outcome.searches,
        "answered": outcome.answered,
        "changes": {name: outcome.done[name] for name in CHANGES},
        "faults": {kind: outcome.faults[kind] for kind in KINDS},
        "told": [fault._asdict() for fault in outcome.told],
        "held": {name: [round(mean, 1) for mean in means.means] for name, means in held(outcome).items()},
        "processor": round(outcome.processor, 1),
        "interrupted": outcome.interrupted,
        "broken": broken(outcome),
    }


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    found = {f"p{100 * share:.0f}": round(per_cent(values, share), 4) for share in SHARES}
    return found | {"mean": round(statistics.fmean(values), 4) if values else 0.0}
