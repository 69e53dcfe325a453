"""Who may touch a library now: many who ask, or one who changes it; held by the operating system, so it ends with its process."""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from filelock import ReadWriteLock, Timeout

from assistant.errors import DiskFull, LibraryDamaged, LibraryError, LibraryLocked, LibraryNotWritable

__all__ = ["LibraryLock"]

# Of filelock's locks only `ReadWriteLock` has a shared mode, and it is not taken away by other handles of its process, as
# bare POSIX record locks are. Taking and releasing it costs 0.7 ms in a folder that is ours alone, and three times that
# elsewhere, hence the folder. It stays when the lock is released: removing a lock file is a race.
_PLACE = "lock"
_DATABASE = "library.db"  # asking must leave nothing in a folder that holds no library

_Mode = Literal["shared", "exclusive"]


def _now() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class _Owner:
    """Who holds the lock, as the note beside it says."""

    process: int
    doing: str
    since: datetime
    mode: _Mode

    def __str__(self) -> str:
        done = "changed" if self.mode == "exclusive" else "used"
        who = "this process" if self.process == os.getpid() else f"process {self.process}"
        since = self.since.astimezone()
        day = "" if since.date() == _now().date() else f"{since:%Y-%m-%d} "
        return f"being {done} by {who} ({self.doing}, since {day}{since:%H:%M})"


class LibraryLock:
    """The lock of the library in `folder`; whoever cannot have it within `wait` seconds gets `LibraryLocked`.

    A thread that holds it may take it again in the same mode, and shared while it holds it exclusively. Any thread may
    let go of it.
    """

    def __init__(self, folder: Path, *, wait: float = 5.0, now: Callable[[], datetime] = _now) -> None:
        self._folder = folder
        self._place = folder / _PLACE
        self._wait = wait
        self._now = now
        self._held: dict[int, _Mode] = {}  # by thread

    @contextmanager
    def shared(self, doing: str = "asking") -> Iterator[None]:
        """Hold off those who change the library. Where there is none, or nothing can be written, there is nothing to hold."""
        if threading.get_ident() in self._held or not self._is_library():
            yield
            return
        try:
            lock = self._acquire("shared")
        except (LibraryNotWritable, DiskFull):
            yield
            return
        with self._holding(lock, "shared", doing):
            yield

    @contextmanager
    def exclusive(self, doing: str) -> Iterator[None]:
        """Hold off everybody else; the folder is made when missing. A thread that only holds it shared must let go first."""
        held = self._held.get(threading.get_ident())
        if held == "shared":
            raise RuntimeError("a shared lock cannot become exclusive: two who try would wait for each other")
        if held == "exclusive":
            yield
            return
        with self._holding(self._acquire("exclusive"), "exclusive", doing):
            yield

    def _is_library(self) -> bool:
        return self._place.exists() or (self._folder / _DATABASE).exists()

    def _acquire(self, mode: _Mode) -> ReadWriteLock:
        """The lock, held in `mode`. Each holding has its own object: one object does not part the threads of a process."""
        file = self._place / "held"
        try:
            for folder in (self._folder, self._place):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = ReadWriteLock(file, is_singleton=False)
            if mode == "shared":
                lock.acquire_read(self._wait)
            else:
                lock.acquire_write(self._wait)
        except Timeout as exc:
            raise LibraryLocked(self._in_the_way()) from exc
        except OSError as exc:
            raise self._refusal(exc) from exc
        except RuntimeError:
            raise
        except Exception as exc:  # whatever SQLite makes of a file that is no lock; its errors belong to the catalogue
            raise LibraryDamaged(f"{file} is not a lock ({exc}); delete it and try again.") from exc
        return lock

    @contextmanager
    def _holding(self, lock: ReadWriteLock, mode: _Mode, doing: str) -> Iterator[None]:
        thread = threading.get_ident()
        note = self._place / f"by-{os.getpid()}-{id(lock):x}"
        try:
            self._held[thread] = mode
            self._sweep(mode)
            self._note(note, _Owner(os.getpid(), doing, self._now(), mode))
            yield
        finally:
            self._held.pop(thread, None)
            with suppress(OSError):
                note.unlink(missing_ok=True)
            lock.close()  # unlike `release`, from whichever thread: a web server moves generators between its threads

    # -- notes -------------------------------------------------------------------------------------------------------

    def _note(self, path: Path, owner: _Owner) -> None:
        with suppress(OSError):  # a courtesy to others: work goes on without it
            path.write_text(json.dumps(asdict(owner), default=str), encoding="utf-8")

    def _notes(self) -> dict[Path, _Owner | None]:
        """Every note, with its owner where it can be read."""
        return {path: _read(path) for path in sorted(self._place.glob("by-*"))}

    def _sweep(self, mode: _Mode) -> None:
        """Remove what killed owners left: beside an exclusive owner there is no other, beside a shared one no exclusive one."""
        for path, owner in self._notes().items():
            if mode == "exclusive" or (owner and owner.mode == "exclusive"):
                with suppress(OSError):
                    path.unlink()

    def _in_the_way(self) -> str:
        """What to tell those who could not have the lock; one who changes the library comes before those who ask."""
        owners = sorted(str(owner) for owner in self._notes().values() if owner and _alive(owner.process))
        who = owners[0] if owners else "in use by another process"
        return f"The library in {self._folder} is {who}; wait for it, or stop it."

    def _refusal(self, exc: OSError) -> LibraryError:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            return DiskFull(f"The disk holding {self._folder} is full; free some space and run the same command again.")
        return LibraryNotWritable(
            f"The folder {self._folder} cannot be written ({exc.strerror or exc}); allow it, or choose another --library."
        )


def _read(note: Path) -> _Owner | None:
    with suppress(OSError, ValueError, TypeError, LookupError):
        said = json.loads(note.read_text(encoding="utf-8"))
        doing = "".join(filter(str.isprintable, said["doing"]))  # it will be shown on a terminal
        since = datetime.fromisoformat(said["since"])
        return _Owner(int(said["process"]), doing, since, "exclusive" if said["mode"] == "exclusive" else "shared")
    return None


def _alive(process: int) -> bool:
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
