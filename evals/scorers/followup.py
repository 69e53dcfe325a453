"""Follow-ups: the question was understood with what was said before it."""

from __future__ import annotations

from assistant.types import Answer
from evals.gold import Question
from evals.scorers import facts

__all__ = ["score"]


def score(question: Question, answer: Answer) -> float | None:
    """1 when a question that leans on a history got all its vital facts, else 0; None for questions that lean on nothing."""
    if not question.history or not question.vital:
        return None
    return float(facts.score(question, answer).vital == 1.0)
