"""Budgets: requests and seconds of one question, counted where they are spent."""

from __future__ import annotations

import pytest

from assistant.budget import Budget
from assistant.errors import BudgetSpent


class Clock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_defaults() -> None:
    """A question may cost 8 requests and 300 seconds, and a server may be silent for 60."""
    budget = Budget()
    assert (budget.requests, budget.seconds, budget.idle, budget.used, budget.tokens_in, budget.tokens_out) == (8, 300, 60, 0, 0, 0)


def test_seconds_run_down() -> None:
    """What remains is counted from the start and is never below 0."""
    clock = Clock()
    budget = Budget(seconds=10, clock=clock)
    seen = [budget.remaining]
    for now in (103.0, 110.0, 200.0):
        clock.now = now
        seen.append(budget.remaining)
    assert seen == [10.0, 7.0, 0.0, 0.0]


def test_spending_requests() -> None:
    """Each request is counted and told its seconds; the one too many is refused, names its setting, and is not counted."""
    clock = Clock()
    budget = Budget(requests=2, seconds=10, clock=clock)
    first = budget.spend()
    clock.now += 4
    second = budget.spend()
    with pytest.raises(BudgetSpent, match=r"^The question used up its 2 requests to the model \(SANAD_LLM__MAX_REQUESTS\)\.$"):
        budget.spend()
    assert (first, second, budget.used) == (10.0, 6.0, 2)


def test_time_is_up() -> None:
    """After the last second no request may be made, and the message names the setting."""
    clock = Clock()
    budget = Budget(seconds=2.5, clock=clock)
    clock.now += 2.5
    with pytest.raises(BudgetSpent, match=r"^The question used up its 2\.5 seconds \(SANAD_LLM__TIMEOUT\)\.$"):
        budget.spend()
    assert budget.used == 0


def test_cancelling() -> None:
    """A cancelled question may make no further request."""
    budget = Budget()
    budget.cancel()
    with pytest.raises(BudgetSpent, match=r"^The question was cancelled\.$"):
        budget.spend()
    assert (budget.used, budget.cancelled.is_set()) == (0, True)


def test_tokens_add_up() -> None:
    """The tokens of every request are added."""
    budget = Budget()
    budget.count(100, 20)
    budget.count(5, 1)
    assert (budget.tokens_in, budget.tokens_out) == (105, 21)


def test_two_budgets_share_nothing() -> None:
    """One question's cancellation does not touch another's."""
    one, other = Budget(), Budget()
    one.cancel()
    assert other.spend() > 0
