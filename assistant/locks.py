"""Who may touch a library now: many who ask, or one who changes it; held by the operating system, so it ends with its process."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from filelock import ReadWriteLock, Timeout

from assistant.door import Door
from assistant.errors import DiskFull, LibraryDamaged, LibraryError, LibraryLocked, LibraryNotWritable, Notice
from assistant.workshop import alive

__all__ = ["LibraryLock"]

# Of filelock's locks only `ReadWriteLock` has a shared mode, and it is not taken away by other handles of its process, as
# bare POSIX record locks are. Taking and releasing it costs 0.5 ms in a folder that is ours alone, and three times that
# elsewhere, hence the folder. It stays when the lock is released: removing a lock file is a race.
_PLACE = "lock"
_DATABASE = "library.db"  # asking must leave nothing in a folder that holds no library

# Where several ask all the time, there is no moment at which nobody does: of 20 changes three never had their turn within
# five seconds (measured, 8 threads). So who waits to change something says so in a note, and who wants to ask lets him go
# first; not for long, as those who have it already may need others to go on.
_WANTED = "wants-"
_GIVE_WAY = 2.0  # seconds
_LOOK = 0.01  # seconds between two looks
_TRY = 0.2  # seconds for which one waits for the lock before it looks whether it may come in beside its holder

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

    @property
    def told(self) -> Notice:
        """What the owner is doing with the library, and since when."""
        since = self.since.astimezone()
        day = "" if since.date() == _now().date() else f"{since:%Y-%m-%d} "
        told = {"process": str(self.process), "doing": self.doing, "since": f"{day}{since:%H:%M}"}
        match self.mode, self.process == os.getpid():
            case "exclusive", False:
                return Notice("being changed by process {process} ({doing}, since {since})", **told)
            case "exclusive", True:
                return Notice("being changed by this process ({doing}, since {since})", **told)
            case _, False:
                return Notice("being used by process {process} ({doing}, since {since})", **told)
            case _:
                return Notice("being used by this process ({doing}, since {since})", **told)


class LibraryLock:
    """The lock of the library in `folder`; whoever cannot have it within `wait` seconds gets `LibraryLocked`.

    A thread that holds it may take it again in the same mode, and shared while it holds it exclusively. Any thread may
    let go of it. One that changes the library may let other threads with the same lock `come_in` beside it; other processes, and
    other locks, wait.
    """

    def __init__(self, folder: Path, *, wait: float = 5.0, now: Callable[[], datetime] = _now) -> None:
        self._folder = folder
        self._place = folder / _PLACE
        self._wait = wait
        self._now = now
        self._held: dict[int, _Mode] = {}  # by thread
        self._spare: dict[tuple[int, str], list[ReadWriteLock]] = {}  # let go of, to be taken again
        self._door = Door()

    @contextmanager
    def shared(self, doing: str = "asking", *, beside: bool = False) -> Iterator[None]:
        """Hold off those who change the library. Where there is none, or nothing can be written, there is nothing to hold.

        With `beside`, one may come in while another thread changes it, when that lets others `come_in`.
        """
        with ExitStack() as stack:
            if threading.get_ident() not in self._held and self._is_library():
                with suppress(LibraryNotWritable, DiskFull):
                    self._enter(stack, doing, beside=beside)
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
        with self._holding(*self._acquire("exclusive", self._wait), "exclusive", doing), self._own_door().kept():
            yield

    def come_in(self) -> AbstractContextManager[bool]:
        """Within `exclusive`: for a block, let threads in that use this object and want no more than to be `beside` us.

        It ends when they have left. They must see nothing of what is done meanwhile. It tells whether anybody may be expected:
        somebody has asked for it since the last time.
        """
        if self._held.get(threading.get_ident()) != "exclusive":
            raise RuntimeError("nobody can be let in by one who does not hold the lock exclusively")
        return self._own_door().open()

    def _own_door(self) -> Door:
        if self._door.process != os.getpid():
            self._door = Door()
        return self._door

    def _enter(self, stack: ExitStack, doing: str, *, beside: bool) -> None:
        """Hold the lock shared until `stack` ends, or be beside a thread of ours that holds it exclusively."""
        began, door, me = time.monotonic(), self._own_door(), object()
        stack.callback(door.leave, me)
        while True:
            took = time.monotonic() - began
            left = max(0.0, self._wait - took)
            if beside and door.enter(me, left):
                stack.enter_context(self._known_to_hold("shared"))
                return
            if took < min(_GIVE_WAY, self._wait) and any(map(_is_new, self._wanted())):
                time.sleep(_LOOK)
                continue
            try:
                held = self._acquire("shared", min(left, _TRY) if beside else left)
            except LibraryLocked:
                if time.monotonic() - began >= self._wait:
                    raise
            else:
                stack.enter_context(self._holding(*held, "shared", doing))
                return

    def _is_library(self) -> bool:
        return self._place.exists() or (self._folder / _DATABASE).exists()

    def _acquire(self, mode: _Mode, wait: float) -> tuple[ReadWriteLock, list[ReadWriteLock]]:
        """The lock, held in `mode` within `wait` seconds, and where it goes afterwards.

        Each holding has its own object: one object does not part the threads of a process.
        """
        file = self._place / "held"
        try:
            if not self._place.is_dir():
                for folder in (self._folder, self._place):
                    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            spare = self._spares()
            try:
                lock = spare.pop()
            except IndexError:
                lock = ReadWriteLock(file, is_singleton=False)
            if mode == "shared":
                lock.acquire_read(wait)
            else:
                self._acquire_write(lock, wait)
        except Timeout as exc:
            raise self._in_the_way() from exc
        except OSError as exc:
            raise self._refusal(exc) from exc
        except RuntimeError:
            raise
        except Exception as exc:  # whatever SQLite makes of a file that is no lock; its errors belong to the catalogue
            raise LibraryDamaged("{file} is not a lock ({reason}); delete it and try again.", file=file, reason=str(exc)) from exc
        return lock, spare

    def _spares(self) -> list[ReadWriteLock]:
        """The objects that nobody holds, of this process and for the file that is meant now.

        They keep no file open, but making one opens it once more, half of what taking the lock costs. One that was made before a
        fork is of no use in the child, and one that was made for a folder knows it by where its links led then.
        """
        key = os.getpid(), os.path.realpath(self._place)
        spare = self._spare.get(key)
        if spare is None:
            spare = list[ReadWriteLock]()
            self._spare = {key: spare}
        return spare

    def _acquire_write(self, lock: ReadWriteLock, wait: float) -> None:
        try:
            lock.acquire_write(0)
        except Timeout:
            note = self._place / f"{_WANTED}{os.getpid()}-{id(lock):x}"
            try:
                with suppress(OSError):
                    note.touch()
                lock.acquire_write(wait)
            finally:
                with suppress(OSError):
                    note.unlink(missing_ok=True)

    def _wanted(self) -> list[Path]:
        return self._named(_WANTED)

    def _named(self, *beginnings: str) -> list[Path]:
        """The notes whose names begin so, in order. `glob` costs five times as much."""
        with suppress(OSError):
            return [self._place / name for name in sorted(os.listdir(self._place)) if name.startswith(beginnings)]
        return []

    @contextmanager
    def _holding(self, lock: ReadWriteLock, spare: list[ReadWriteLock], mode: _Mode, doing: str) -> Iterator[None]:
        note = self._place / f"by-{os.getpid()}-{id(lock):x}"
        try:
            self._sweep(mode)
            self._note(note, _Owner(os.getpid(), doing, self._now(), mode))
            with self._known_to_hold(mode):
                yield
        finally:
            with suppress(OSError):
                note.unlink(missing_ok=True)
            lock.release(force=True)  # from whichever thread: a web server moves generators between its threads
            spare.append(lock)

    @contextmanager
    def _known_to_hold(self, mode: _Mode) -> Iterator[None]:
        thread = threading.get_ident()
        self._held[thread] = mode
        try:
            yield
        finally:
            self._held.pop(thread, None)

    # -- notes -------------------------------------------------------------------------------------------------------

    def _note(self, path: Path, owner: _Owner) -> None:
        with suppress(OSError):  # a courtesy to others: work goes on without it
            said = {"process": owner.process, "doing": owner.doing, "since": str(owner.since), "mode": owner.mode}
            path.write_text(json.dumps(said), encoding="utf-8")

    def _notes(self) -> dict[Path, _Owner | None]:
        """Every note, with its owner where it can be read."""
        return {path: _read(path) for path in self._named("by-")}

    def _sweep(self, mode: _Mode) -> None:
        """Remove what killed owners left: beside an exclusive owner there is no other, beside a shared one no exclusive one."""
        for path in self._named("by-", _WANTED):
            if path.name.startswith(_WANTED):
                left = not _is_new(path)
            else:
                left = mode == "exclusive" or ((owner := _read(path)) is not None and owner.mode == "exclusive")
            if left:
                with suppress(OSError):
                    path.unlink()

    def _in_the_way(self) -> LibraryLocked:
        """What to tell those who could not have the lock; one who changes the library comes before those who ask."""
        owners = sorted(owner.told for owner in self._notes().values() if owner and alive(owner.process))
        who = owners[0] if owners else Notice("in use by another process")
        return LibraryLocked("The library in {folder} is {who}; wait for it, or stop it.", folder=self._folder, who=who)

    def _refusal(self, exc: OSError) -> LibraryError:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            return DiskFull.of(self._folder)
        return LibraryNotWritable(
            "The folder {folder} cannot be written ({reason}); allow it, or choose another --library.",
            folder=self._folder,
            reason=str(exc.strerror or exc),
        )


def _read(note: Path) -> _Owner | None:
    with suppress(OSError, ValueError, TypeError, LookupError):
        said = json.loads(note.read_text(encoding="utf-8"))
        doing = "".join(filter(str.isprintable, said["doing"]))  # it will be shown on a terminal
        since = datetime.fromisoformat(said["since"])
        return _Owner(int(said["process"]), doing, since, "exclusive" if said["mode"] == "exclusive" else "shared")
    return None


def _is_new(note: Path) -> bool:
    """Whether somebody wrote it so lately that he may still be waiting, not having been killed meanwhile."""
    try:
        return time.time() - note.stat().st_mtime < _GIVE_WAY
    except OSError:
        return False
