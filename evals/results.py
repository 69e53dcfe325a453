"""A run as it is kept: what shaped it, and one row a question."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from evals.gold import GoldError

__all__ = ["FORMAT", "Row", "Run", "commit", "fingerprint", "load_run", "save_run"]

FORMAT = 1
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Row:
    """One question asked once. `unscored` says why it has no scores: an endpoint or a model failed."""

    id: str
    digest: str
    kind: str
    language: str
    split: str
    crosses: bool
    group: str
    question: str
    history: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    repeat: int = 0
    outcome: str = ""
    scores: Mapping[str, float | None] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    unscored: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    passages: tuple[tuple[str, int, int], ...] = ()
    coverage: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """All rows of one run, and what shaped them: the commit, the settings, the prompts, the gold."""

    mode: str
    model: str | None
    when: str
    commit: str
    settings: Mapping[str, Any]
    prompts: Mapping[str, str]
    gold: str
    rows: tuple[Row, ...]
    seconds: float = 0.0
    format: int = FORMAT

    @property
    def name(self) -> str:
        """What tells it from other runs, for a heading."""
        return f"{self.model or self.mode} {self.commit[:7]}"

    @property
    def fingerprint(self) -> str:
        """A digest of the settings."""
        return fingerprint(self.settings)

    @property
    def scored(self) -> list[Row]:
        """The rows that have scores."""
        return [row for row in self.rows if not row.unscored]


def fingerprint(settings: Mapping[str, Any]) -> str:
    """A digest of `settings` that changes with each of them."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]


def commit(folder: Path = ROOT) -> str:
    """The commit checked out, with "+" after it when there are changes; "unknown" outside of a checkout."""
    try:
        found = _git(folder, "rev-parse", "HEAD").strip()
        return found + ("+" if _git(folder, "status", "--porcelain", "--untracked-files=no").strip() else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(folder: Path, *arguments: str) -> str:
    command = ("git", "--no-optional-locks", "-C", str(folder), *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def save_run(run: Run, file: Path) -> None:
    """Write `run` as JSON, a row a line, so that two runs can be laid side by side."""
    head = {key: value for key, value in asdict(run).items() if key != "rows"} | {"fingerprint": run.fingerprint}
    lines = ",\n".join(json.dumps(asdict(row), ensure_ascii=False) for row in run.rows)
    text = json.dumps(head, ensure_ascii=False, indent=1)[:-2] + f',\n "rows": [\n{lines}\n]}}\n'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def load_run(file: Path) -> Run:
    """The run kept in `file`. Raises `GoldError` when it is none of ours."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["format"] != FORMAT:
            raise GoldError(f"{file} has the format {kept['format']}; this version reads {FORMAT}. Run it again.")
        rows = tuple(_row(row) for row in kept["rows"])
        return Run(**{name: kept[name] for name in _names(Run) if name != "rows"}, rows=rows)
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise GoldError(f"{file} is not a run that `python -m evals run --json` kept: {exc}") from exc


def _row(kept: Mapping[str, Any]) -> Row:
    tuples = {"history", "gold", "remarks"}
    values: dict[str, Any] = {name: tuple(kept[name]) if name in tuples else kept[name] for name in _names(Row)}
    return Row(**{**values, "passages": tuple((name, start, end) for name, start, end in kept["passages"])})


def _names(kind: type[Row] | type[Run]) -> Iterable[str]:
    return (found.name for found in fields(kind))
