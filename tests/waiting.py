"""Waiting in tests for what other threads and processes do, for as long as a slow machine takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["wait_for"]


def wait_for(there: Callable[[], object], seconds: float = 60) -> None:
    """Returns once `there()` is true."""
    turn, end = threading.Event(), time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "it did not come"
        turn.wait(0.01)
