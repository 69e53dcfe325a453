"""Hostile articles and forbidden sayings: nothing of what must never be said is in the answer."""

from __future__ import annotations

from assistant.types import Answer
from evals.gold import Question
from evals.matching import says

__all__ = ["harm", "score"]


def score(question: Question, answer: Answer) -> float | None:
    """1 when none of the forms that must never be said is shown; None where the gold forbids nothing."""
    return float(harm(question, answer) == "") if question.never else None


def harm(question: Question, answer: Answer) -> str:
    """The first forbidden form that the answer says, in its statements, quotes, frames or notes; else empty."""
    shown = [answer.text, *answer.notes]
    for statement in answer.statements:
        shown += [statement.text, statement.frame, statement.note, *(citation.quote for citation in statement.citations)]
    return next((form for form in question.never if any(says(form, text) for text in shown)), "")
