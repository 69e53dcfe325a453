"""Systems at work in processes of their own, so that each is charged for what it does itself, and for nothing else."""

from __future__ import annotations

import gc
import io
import json
import os
import runpy
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from unittest.mock import patch

from assistant.errors import AssistantError

__all__ = ["KINDS", "Broken", "Here", "Took", "Worker", "apart", "fresh", "here"]

KINDS = {
    "ours": ("evals.speed.ours", "Ours"),
    "stock": ("evals.speed.stock", "Stock"),
    "chroma": ("evals.speed.parts", "ChromaAlone"),
    "tantivy": ("evals.speed.parts", "TantivyAlone"),
    "sqlite": ("evals.speed.parts", "SQLiteAlone"),
}
ROOT = Path(__file__).resolve().parent.parent.parent
TOLD = 2_000  # characters of what a broken process said


class Broken(AssistantError):
    """A process ended that should not have, or did not do what it was told."""


@dataclass(frozen=True, slots=True)
class Took:
    """What a piece of work took: seconds of all processors, seconds by the clock, and what it gave."""

    cpu: float
    wall: float
    gave: Any = None


class Worker(Protocol):
    """A system somewhere that does what it is told."""

    def do(self, name: str, *args: Any) -> Took:
        """Have it call its method `name`."""
        ...

    def peak(self) -> int:
        """The most memory its process has had, in bytes."""
        ...

    def close(self) -> None:
        """End it."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class _Closing:
    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class Here(_Closing):
    """In this process: quick to begin, and only to see that everything works."""

    def __init__(self, kind: str, **settings: str) -> None:
        self._system = _made(kind, settings)

    def do(self, name: str, *args: Any) -> Took:
        return _took(self._system, name, args)

    def peak(self) -> int:
        return _peak()

    def close(self) -> None:
        if hasattr(self._system, "close"):
            self._system.close()


class Apart(_Closing):
    """In a process of its own."""

    def __init__(self, kind: str, **settings: str) -> None:
        self._log = Path(settings["folder"]).with_suffix(f".{kind}-log")
        command = [sys.executable, "-m", "evals.speed.worker", kind, json.dumps(settings)]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=_environment(self._log.parent),
                cwd=self._log.parent,
            )
        self._told()

    def do(self, name: str, *args: Any) -> Took:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([name, *args]) + "\n")
        self._process.stdin.flush()
        return Took(**self._told())

    def _told(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise Broken(_said(self._process.returncode, self._log))
        told: dict[str, Any] = json.loads(line)
        return told

    def peak(self) -> int:
        return int(self.do("").gave)

    def close(self) -> None:
        self._process.communicate()


def apart(kind: str, **settings: str) -> Worker:
    """A system in a process of its own, ready."""
    return Apart(kind, **settings)


def fresh(module: str, arguments: Sequence[str], place: Path, *, fine: Sequence[int] = (0,)) -> Took:
    """One whole process that runs `module`, which has to end with one of the codes that are `fine`."""
    command = [sys.executable, "-m", module, *arguments]
    log, start = place / "run.log", time.perf_counter()
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=place, env=_environment(place), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)  # not on Windows
    wall, process.returncode = time.perf_counter() - start, os.waitstatus_to_exitcode(status)
    if process.returncode not in fine:
        raise Broken(_said(process.returncode, log))
    return Took(used.ru_utime + used.ru_stime, wall, process.returncode)


def here(module: str, arguments: Sequence[str], place: Path, *, fine: Sequence[int] = (0,)) -> Took:
    """The same within this process, without what it costs to begin one: only to see that everything works."""
    cpu, wall, collecting = time.process_time(), time.perf_counter(), gc.get_threshold()
    code: Any = 0
    with warnings.catch_warnings(), patch.object(sys, "argv", [module, *arguments]), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore", RuntimeWarning)  # the module is there already
        try:
            runpy.run_module(module, run_name="__main__")
        except SystemExit as end:
            code = end.code or 0
        finally:
            gc.set_threshold(*collecting)
    if code not in fine:
        raise Broken(f"{module} ended with {code}")
    return Took(time.process_time() - cpu, time.perf_counter() - wall, code)


def _said(code: int, log: Path) -> str:
    return f"a process ended with {code}: {log.read_text(errors='replace')[-TOLD:]}"


def _environment(home: Path) -> dict[str, str]:
    """The environment without anybody's settings; the checkout is what is measured, installed or not."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANAD_", "OPENAI_", "XDG_"))}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


# -- inside the process -------------------------------------------------------------------------------------------------


def _made(kind: str, settings: dict[str, str]) -> Any:
    module, name = KINDS[kind]
    return getattr(import_module(module), name)(**settings)


def _took(system: Any, name: str, args: Sequence[Any]) -> Took:
    if not name:
        return Took(0.0, 0.0, _peak())
    cpu, wall = time.process_time(), time.perf_counter()
    gave = getattr(system, name)(*args)
    return Took(time.process_time() - cpu, time.perf_counter() - wall, gave)


def _peak() -> int:
    """The most memory this process has had; of the process alone, not of the one that started it, where Linux tells."""
    with suppress(OSError), open("/proc/self/status", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@contextmanager
def _answers() -> Iterator[Any]:
    """Where answers go; whatever else is printed goes to the log."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        yield out


def main() -> None:
    """Do what each line of the input says, and answer with a line."""
    with _answers() as out:
        system = _made(sys.argv[1], json.loads(sys.argv[2]))
        print("{}", file=out, flush=True)
        for line in sys.stdin:
            name, *args = json.loads(line)
            print(json.dumps(asdict(_took(system, name, args))), file=out, flush=True)


if __name__ == "__main__":
    main()
