"""Web pages, PDFs and Word documents are read in a process of their own: what makes a parser crash, hang or fill the memory there
harms nobody else.

The process is the same Python with the same readers. It is told a path a line, and answers a line of JSON each.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assistant import readers
from assistant.errors import ArticleError
from assistant.metadata import Layer
from assistant.readers import MEGABYTE, Record, shown
from assistant.types import Skipped

__all__ = ["Apart"]

FORMATS = frozenset({".html", ".htm", ".pdf", ".docx"})  # others are read by code of ours, or by parsers that cannot do harm
# The largest files that are no attack take a third of these.
SECONDS = 30  # of the processor for one file
MEMORY = 1_500  # megabytes of addresses for the process
PATIENCE = 300  # seconds on the clock, should the machine be busy, or know no limit for the processor
SECRETS = ("SANAD_", "OPENAI_")  # what such variables hold is none of its business

SLOW = "takes more than {} seconds to read; save its text as .txt"
LARGE = f"takes more than {MEMORY} MB of memory to read; save its text as .txt"
CRASHED = "makes its parser crash; save its text as .txt"


class Apart:
    """Reads files of every format, those of `FORMATS` in another process, which starts with the first of them.

    A context manager: the process is gone when it ends. One file may cost `seconds` of the processor.
    """

    def __init__(self, *, seconds: int = SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def records(self, path: Path) -> Iterator[Record | Skipped]:
        """The records of one file, as `readers.records` gives them. Raises ArticleError."""
        # A program that was made into one file is no Python that could be started.
        if path.suffix.lower() in FORMATS and sys.executable and not hasattr(sys, "frozen"):
            yield self._record(path)
        else:
            yield from readers.records(path)

    def _record(self, path: Path) -> Record:
        told = self._asked(path)
        if told is None:
            raise ArticleError(shown(path), self._why())
        if "reason" in told:
            raise ArticleError(shown(path), told["reason"], line=told["line"])
        return Record(told["text"], Layer(told["origin"], told["values"]))

    def _asked(self, path: Path) -> Mapping[str, Any] | None:
        """What the process says of the file; None when it ended over it."""
        if self._process is None:
            self._process = _started(self._seconds)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        patience = threading.Timer(PATIENCE, process.kill)
        patience.start()
        try:
            process.stdin.write(_line({"path": os.fspath(path)}))
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            return None
        finally:
            patience.cancel()
        try:
            return _read(answer) if answer.endswith(b"\n") else None
        except ValueError:  # somebody has taken over its voice
            process.terminate()
            return None

    def _why(self) -> str:
        """Why the process ended; the next file gets another."""
        process, self._process = self._process, None
        assert process is not None
        code = _closed(process)
        if code == EXHAUSTED:
            return LARGE
        return SLOW.format(self._seconds) if code in _TOO_SLOW else CRASHED

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            _closed(self._process)
            self._process = None


EXHAUSTED = 77  # how the process ends when the memory is used up
_TOO_SLOW = tuple(-getattr(signal, name) for name in ("SIGXCPU", "SIGKILL") if hasattr(signal, name)) or (1,)


def _started(seconds: int) -> subprocess.Popen[bytes]:
    """The process. It imports what this one does, and nothing that lies in the working directory."""
    home = str(Path(__file__).resolve().parent.parent)
    code = f"import sys; sys.path.insert(0, {home!r}); from assistant.apart import serve; serve({seconds})"
    known = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=known,
    )


def _closed(process: subprocess.Popen[bytes]) -> int:
    """The exit code, once the process has ended and its pipes are closed."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()
    return process.wait()


def _line(told: Mapping[str, object]) -> bytes:
    # Paths and pages hold lone surrogates at times; JSON alone would make six letters of each character.
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _read(line: bytes) -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads(line.decode("utf-8", "surrogatepass"))
    return told


# -- in the process ---------------------------------------------------------------------------------------------------


def serve(seconds: int) -> None:
    """Answer what comes on standard input until it ends, within the limits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever it works for is interrupted, and ends it
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a parser that prints says nothing to us
    _limit_memory()
    for line in sys.stdin.buffer:
        _limit_time(seconds)
        try:
            answer = _line(_told(Path(_read(line)["path"])))
        except MemoryError:
            os._exit(EXHAUSTED)
        answers.write(answer)
        answers.flush()


def _told(path: Path) -> Mapping[str, object]:
    try:
        (record,) = readers.records(path)
    except ArticleError as error:
        return {"reason": str(error.reason), "line": error.line}
    assert isinstance(record, Record)
    return {"text": record.text, "origin": record.layer.origin, "values": record.layer.values}


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limits, other systems not all of them
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY * MEGABYTE, MEMORY * MEGABYTE))


def _limit_time(seconds: int) -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, hard))
