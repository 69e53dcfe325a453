"""One request to a server, in a thread of its own, so that whoever waits for it can stop waiting at any moment."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from assistant.budget import Budget
from assistant.errors import BudgetSpent

__all__ = ["DeadlinePassed", "Exchange", "pause", "watch"]

# How often a wait looks up: resolving a name, and on Windows any read, cannot be interrupted otherwise.
LOOK = 0.1

T = TypeVar("T")


class DeadlinePassed(Exception):
    """The seconds of the question ran out while an answer was awaited."""


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


class Exchange(Generic[T]):
    """What `produce` yields, produced in a thread; `abandon` ends it and breaks its connection off.

    A read that blocks cannot be called back, but its socket can be shut down under it: that is what `watch` keeps hold of.
    """

    def __init__(self, produce: Callable[[], Iterator[T]]) -> None:
        self._produce = produce
        self._outcomes: SimpleQueue[_Item[T] | _End] = SimpleQueue()
        self._abandoned = threading.Event()
        self._socket: socket.socket | None = None
        # A daemon: the program may end while a name is still being resolved.
        threading.Thread(target=self._run, name="sanad-request", daemon=True).start()

    def items(self, budget: Budget) -> Iterator[T]:
        """The items as they come. Raises what `produce` raised, `DeadlinePassed`, and `BudgetSpent` once cancelled."""
        while True:
            check(budget)
            try:
                outcome = self._outcomes.get(timeout=min(LOOK, budget.remaining + 0.001))
            except Empty:
                continue
            if isinstance(outcome, _Item):
                yield outcome.value
            elif outcome.error is None:
                return
            else:
                raise outcome.error

    def abandon(self) -> None:
        """Break the request off if it still runs."""
        self._abandoned.set()
        self._break()

    def _run(self) -> None:
        _running.exchange = self
        end = _End()
        try:
            for item in self._produce():
                if self._abandoned.is_set():
                    break
                self._outcomes.put(_Item(item))
        except BaseException as exc:  # it belongs to whoever waits
            end = _End(exc)
        # From here on the connection may serve another request.
        self._socket = None
        self._outcomes.put(end)

    def traced(self, event: str, details: Mapping[str, Any]) -> None:
        """Told by the HTTP client of each step of the request: the newest connection is kept in hand."""
        stream: Any = details.get("return_value")
        if event.endswith(".complete") and hasattr(stream, "get_extra_info"):
            self._socket = stream.get_extra_info("socket")
        if self._abandoned.is_set():
            self._break()

    def _break(self) -> None:
        connection = self._socket
        if connection is not None:
            with suppress(OSError):  # it may be closed already
                # Of the plain socket even where TLS wraps it: no farewell is sent, the read just ends.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


_running = threading.local()


def watch(request: Any) -> None:
    """An event hook for an HTTP client: lets the exchange that makes `request` hold its connection in hand."""
    exchange: Exchange[Any] | None = getattr(_running, "exchange", None)
    if exchange is not None:
        request.extensions = {**request.extensions, "trace": exchange.traced}


def check(budget: Budget) -> None:
    """Raises when the question was cancelled or its time is up."""
    if budget.cancelled.is_set():
        raise BudgetSpent("The question was cancelled.")
    if budget.remaining <= 0:
        raise DeadlinePassed


def pause(seconds: float, budget: Budget) -> None:
    """Waits, and ends early with an error when the question is cancelled or its time is up."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        check(budget)
        budget.cancelled.wait(min(LOOK, left))
