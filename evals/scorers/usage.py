"""What an answer took: seconds, requests, tokens, cost."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.types import Answer

__all__ = ["Usage", "score"]


@dataclass(frozen=True, slots=True)
class Usage:
    """`seconds` by the clock, whatever the trace says; `cost` in the currency of the prices, None when none are set."""

    seconds: float
    requests: int
    tokens_in: int
    tokens_out: int
    cost: float | None


def score(answer: Answer, *, seconds: float) -> Usage:
    """The usage of an answer that took `seconds`."""
    trace = answer.trace
    return Usage(round(seconds, 4), trace.requests, trace.tokens_in, trace.tokens_out, trace.cost)
