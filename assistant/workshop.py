"""Folders to work in: nothing of them stays, not even of a process that was killed at its work."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["alive", "sweep", "workshop"]

_PREFIX = ".sanad-"


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """A folder to work in, on the same disk as `folder`, which is made when missing; nothing of it stays."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep(folder)
    place = Path(tempfile.mkdtemp(prefix=f"{_prefix()}{os.getpid()}-", dir=folder))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove from `folder` what killed processes left of their workshops there: it may be a copy of a whole library."""
    begin = _prefix()
    for place in folder.glob(f"{begin}*"):
        process, _, _ = place.name.removeprefix(begin).partition("-")
        if process.isdecimal() and not alive(int(process)):
            shutil.rmtree(place, ignore_errors=True)


def alive(process: int) -> bool:
    """Whether there is such a process; on Windows always, as asking for it there would end it."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _prefix() -> str:
    """How names of workshops begin where processes have the same numbers as here: on this machine, and in this container."""
    there = ""
    with suppress(OSError):
        there = os.readlink("/proc/self/ns/pid")
    return f"{_PREFIX}{hashlib.sha256(f'{platform.node()} {there}'.encode()).hexdigest()[:8]}-"
