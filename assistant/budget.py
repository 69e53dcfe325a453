"""What one question may cost: requests and seconds, shared by everything that asks a model on its behalf."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from assistant.errors import BudgetSpent

__all__ = ["Budget"]


@dataclass(slots=True)
class Budget:
    """The limits of one question and what has been used of them.

    `requests` is how many HTTP requests may be made in all, `seconds` how long they may take together, `idle` how long a
    server may send nothing. `cancel` makes every further step raise.
    """

    requests: int = 8
    seconds: float = 300.0
    idle: float = 60.0
    clock: Callable[[], float] = time.monotonic
    used: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    started: float = field(default=0.0)
    cancelled: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.seconds - (self.clock() - self.started))

    def spend(self) -> float:
        """Count one request; the seconds it may take. Raises `BudgetSpent` when none is left, or time is up."""
        if self.cancelled.is_set():
            raise BudgetSpent("The question was cancelled.")
        if self.used >= self.requests:
            raise BudgetSpent(
                "The question used up its {requests} requests to the model (SANAD_LLM__MAX_REQUESTS).", requests=self.requests
            )
        if self.remaining <= 0:
            raise BudgetSpent("The question used up its {seconds:g} seconds (SANAD_LLM__TIMEOUT).", seconds=self.seconds)
        self.used += 1
        return self.remaining

    def count(self, tokens_in: int, tokens_out: int) -> None:
        """Add the tokens of one request."""
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out

    def cancel(self) -> None:
        """Stop spending; a request under way is aborted by closing its stream."""
        self.cancelled.set()
