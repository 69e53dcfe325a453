"""How many ask one model at a time: the others wait for their turn as long as their question has time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.budget import Budget
from assistant.errors import ModelUnavailable
from assistant.exchange import LOOK, DeadlinePassed, check

__all__ = ["AT_ONCE", "Turns"]

AT_ONCE = 8  # as many as the page answers at a time


class Turns:
    """Lets `most` threads ask `model` together."""

    def __init__(self, most: int, model: str) -> None:
        self._most = most
        self._model = model
        self._free = threading.BoundedSemaphore(most)

    @contextmanager
    def turn(self, budget: Budget) -> Iterator[None]:
        """One of the places, waited for. Raises `ModelUnavailable` when the question's time is up, `BudgetSpent` once cancelled."""
        try:
            check(budget)
            while not self._free.acquire(timeout=min(LOOK, budget.remaining + 0.001)):
                check(budget)
        except DeadlinePassed as exc:
            raise ModelUnavailable(
                "{model} is busy with {count} other questions; ask again in a moment, or raise SANAD_LLM__CONCURRENCY.",
                model=self._model,
                count=self._most,
            ) from exc
        try:
            yield
        finally:
            self._free.release()
