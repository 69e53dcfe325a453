"""The gate: a run beside the committed baseline, question by question; what is surely worse does not pass."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from evals.gold import GoldError
from evals.results import FORMAT, Row, Run
from evals.statistics import Estimate, difference

__all__ = ["BASELINE", "TOLERATED", "Baseline", "Verdict", "accept", "check", "load", "save"]

BASELINE = Path(__file__).resolve().parent / "baselines" / "extractive.json"
TOLERATED = -0.01  # a difference whose whole interval lies below it is a regression
COMPARABLE = 0.8  # share of the baseline's questions that must still be the same
MUST_PASS = 2  # of each kind and language, chosen when a baseline is made


@dataclass(frozen=True, slots=True)
class Baseline:
    """What each question got when the baseline was made: its digest and how right it was; and which must never fail."""

    commit: str
    when: str
    mode: str
    fingerprint: str
    must_pass: tuple[str, ...]
    rows: Mapping[str, tuple[str, str, str, float]]  # id: digest, language, group, right


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found. `failures` fail it, `warnings` do not; `better` and `worse` name questions that changed."""

    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    differences: Mapping[str, Estimate]
    better: tuple[str, ...]
    worse: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


def accept(run: Run, must_pass: Sequence[str] = ()) -> Baseline:
    """A baseline made of `run`. Without `must_pass`, the first questions of each kind and language that are right must pass."""
    if any(row.unscored for row in run.rows):
        raise GoldError("a run with unscored questions is no baseline; run it again")
    right = _right(run.rows)
    rows = {row.id: (row.digest, row.language, row.group, right[row.id]) for row in run.rows}
    chosen = tuple(must_pass) or tuple(_first_right(run.rows, right))
    return Baseline(run.commit, run.when, run.mode, run.fingerprint, chosen, rows)


def check(run: Run, baseline: Baseline) -> Verdict:
    """`run` beside `baseline`. Raises `GoldError` when they cannot be compared."""
    right = _right(run.rows)
    _comparable(run, baseline, right)
    digests = {row.id: row.digest for row in run.rows}
    shared = [name for name, (digest, *_) in baseline.rows.items() if digest == digests[name]]
    if len(shared) < max(1, COMPARABLE * len(baseline.rows)):
        raise GoldError(f"only {len(shared)} of {len(baseline.rows)} questions are as the baseline knows them; make it anew")
    found = _differences(shared, right, baseline)
    failures = [f"{name}: {_points(gap)}, surely worse than the baseline" for name, gap in found.items() if gap.high < TOLERATED]
    broken = [name for name in baseline.must_pass if name in shared and right[name] < baseline.rows[name][3]]
    failures += [f"{name} must pass, and got {right[name]:.2f}" for name in broken]
    failures += [f"{row.id}: {problem}" for row in run.rows if (problem := _invalid(row))]
    warnings = [f"{name}: {_points(gap)}" for name, gap in found.items() if gap.mean < 0 and gap.high >= TOLERATED]
    return Verdict(
        tuple(failures),
        tuple(warnings),
        found,
        better=tuple(name for name in shared if right[name] > baseline.rows[name][3]),
        worse=tuple(name for name in shared if right[name] < baseline.rows[name][3]),
    )


def _invalid(row: Row) -> str:
    """Which citation of the row does not hold."""
    valid = row.scores.get("valid")
    if valid is None or valid == 1.0:
        return ""
    return next((remark for remark in row.remarks if remark.startswith("citation ")), "a citation does not hold")


def _comparable(run: Run, baseline: Baseline, right: Mapping[str, float]) -> None:
    """Raises where a comparison would say nothing: another kind of run, questions unscored, gone or changed."""
    if run.mode != baseline.mode:
        raise GoldError(f"the baseline is of {baseline.mode} answers, the run of {run.mode} ones")
    if unscored := [row for row in run.rows if row.unscored]:
        raise GoldError(f"{len(unscored)} questions have no score, {unscored[0].id} the first: {unscored[0].unscored}")
    if gone := [name for name in baseline.rows if name not in right]:
        raise GoldError(f"{len(gone)} questions of the baseline were not asked, {gone[0]} the first; questions are never dropped")


def _right(rows: Iterable[Row]) -> dict[str, float]:
    """How right each question was, over its repetitions."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        found[row.id].append(row.scores.get("right") or 0.0)
    return {name: round(mean(values), 4) for name, values in found.items()}


def _first_right(rows: Sequence[Row], right: Mapping[str, float]) -> list[str]:
    cells: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        if right[row.id] == 1.0 and row.split == "dev" and row.id not in cells[(row.language, row.kind)]:
            cells[(row.language, row.kind)].append(row.id)
    return sorted(name for names in cells.values() for name in names[:MUST_PASS])


def _differences(shared: Sequence[str], right: Mapping[str, float], baseline: Baseline) -> dict[str, Estimate]:
    """The paired difference of all questions and of those of each language."""
    cells: dict[str, list[str]] = {"all": list(shared)}
    for name in shared:
        cells.setdefault(baseline.rows[name][1], []).append(name)
    return {
        cell: difference(
            [right[name] for name in names],
            [baseline.rows[name][3] for name in names],
            [baseline.rows[name][2] for name in names],
        )
        for cell, names in cells.items()
        if names
    }


def _points(gap: Estimate) -> str:
    return f"{100 * gap.mean:+.1f} points [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}] over {gap.n} questions"


# -- files ------------------------------------------------------------------------------------------------------------


def save(baseline: Baseline, file: Path) -> None:
    """Write `baseline` as JSON, a question a line, so that a change of it can be read."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "commit": baseline.commit,
        "when": baseline.when,
        "mode": baseline.mode,
        "fingerprint": baseline.fingerprint,
        "must_pass": list(baseline.must_pass),
    }
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}" for name, row in sorted(baseline.rows.items()))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(head, indent=1)[:-2] + f',\n "rows": {{\n{rows}\n}}}}\n', encoding="utf-8")


def load(file: Path = BASELINE) -> Baseline:
    """The baseline kept in `file`. Raises `GoldError` when there is none."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["format"] != FORMAT:
            raise GoldError(f"{file} has the format {kept['format']}; make it anew with `python -m evals gate --accept`")
        rows = {name: (str(row[0]), str(row[1]), str(row[2]), float(row[3])) for name, row in kept["rows"].items()}
        return Baseline(kept["commit"], kept["when"], kept["mode"], kept["fingerprint"], tuple(kept["must_pass"]), rows)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as exc:
        raise GoldError(f"{file} is no baseline ({exc}); make one with `python -m evals gate --accept`") from exc
