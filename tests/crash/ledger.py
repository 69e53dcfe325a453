"""What a process was going to do and what it did, on the disk before and after, so that a kill loses none of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

__all__ = ["Ledger", "Live", "Model", "Step"]

Step: TypeAlias = Mapping[str, Any]  # {"do": "ingest", "pieces": [[number, version], …]}; see `World`
Live: TypeAlias = Mapping[int, int]  # the version that is out of each article, by its number


@dataclass(frozen=True)
class Model:
    """What there must be: the articles of the library, of each export, and of each library made from one."""

    live: Live = field(default_factory=dict)
    exports: Mapping[str, Live] = field(default_factory=dict)
    imports: Mapping[str, Live] = field(default_factory=dict)

    def after(self, step: Step) -> Model:
        """What there must be once `step` was acknowledged."""
        match step["do"]:
            case "ingest":
                return replace(self, live={**self.live, **dict(step["pieces"])})
            case "remove" | "prune":
                return replace(
                    self, live={number: version for number, version in self.live.items() if number not in step["numbers"]}
                )
            case "export":
                return replace(self, exports={**self.exports, step["name"]: self.live})
            case "import":
                return replace(self, imports={**self.imports, step["name"]: self.exports[step["name"]]})
            case _:
                return self

    def during(self, step: Step | None) -> dict[int, set[int | None]]:
        """What may be seen of each article while `step` is under way: as before it or as after it; None for not at all."""
        later = self if step is None else self.after(step)
        return {number: {self.live.get(number), later.live.get(number)} for number in self.live.keys() | later.live.keys()}


class Ledger:
    """A file of lines `TRY number step`, `ACK number` and, of what was cut off and given up, `NOT number`.

    Each is on the disk before anything else is done.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def attempt(self, step: Step) -> int:
        """Write down that `step` is going to be done; its number."""
        number = len(self._lines())
        self._append(f"TRY {number} {json.dumps(step)}")
        return number

    def acknowledge(self, number: int) -> None:
        """Write down that it was done."""
        self._append(f"ACK {number}")

    def settle(self, *, done: bool = True) -> None:
        """Write down what has become of the step that was cut off: it was done again, or is not going to be."""
        number = next(int(line.split()[1]) for line in reversed(self._lines()) if line.startswith("TRY"))
        self._append(f"{'ACK' if done else 'NOT'} {number}")

    def _append(self, line: str) -> None:
        file = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            os.fsync(file)
            os.write(file, f"{line}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)

    def _lines(self) -> list[str]:
        return self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []

    def read(self) -> tuple[Model, int, Step | None]:
        """What must be there, how many steps were acknowledged, and the one that was not."""
        model, acknowledged, pending = Model(), 0, dict[int, Step]()
        for line in self._lines():
            kind, number, *rest = line.split(" ", 2)
            if kind == "TRY":
                pending[int(number)] = json.loads(rest[0])
            elif kind == "NOT":
                pending.pop(int(number))
            else:
                model, acknowledged = model.after(pending.pop(int(number))), acknowledged + 1
        if len(pending) > 1:
            raise ValueError(f"{self._path} has more than one step under way")
        return model, acknowledged, next(iter(pending.values()), None)

    def written(self) -> set[tuple[int, int]]:
        """Number and version of everything that was ever going to be taken in."""
        steps = (json.loads(line.split(" ", 2)[2]) for line in self._lines() if line.startswith("TRY"))
        return {(number, version) for step in steps for number, version in step.get("pieces", ())}
