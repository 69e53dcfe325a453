"""A door: a thread that has something to itself lets others of its process in for a while, and is alone again when it shuts it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Door"]


class Door:
    """One thread `keeps` it, shut at first, and may hold it `open` for others, who `enter` and `leave`."""

    def __init__(self) -> None:
        self.process = os.getpid()  # in a fork there is nobody behind it
        self._changed = threading.Condition()  # guards what follows
        self._kept = False
        self._open = False
        self._asked = False
        self._inside: set[object] = set()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep it for this block."""
        self._kept = True
        try:
            yield
        finally:
            try:
                self._shut()
            finally:
                with self._changed:
                    self._kept = False
                    self._changed.notify_all()

    @contextmanager
    def open(self) -> Iterator[bool]:
        """Hold it open for this block, which ends when all have left; whether anybody has come to it since the last time."""
        try:
            with self._changed:
                asked, self._asked, self._open = self._asked, False, True
                self._changed.notify_all()
            yield asked
        finally:
            self._shut()

    def _shut(self) -> None:
        """Let nobody in, and wait for those who are; Ctrl-C must not take away what they look at, and is passed on afterwards."""
        interrupted: BaseException | None = None
        while True:
            try:
                with self._changed:
                    self._open = False
                    self._changed.wait_for(lambda: not self._inside)
                break
            except BaseException as exc:
                interrupted = exc
        if interrupted is not None:
            raise interrupted

    def enter(self, who: object, wait: float) -> bool:
        """Whether `who` came in: for up to `wait` seconds it stands before the door as long as that is kept and shut."""
        with self._changed:
            self._asked = True
            self._changed.wait_for(lambda: self._open or not self._kept, wait)
            if self._open:
                self._inside.add(who)
            return self._open

    def leave(self, who: object) -> None:
        """Go out, if `who` is inside."""
        with self._changed:
            self._inside.discard(who)
            self._changed.notify_all()
