"""Refusal: answered or refused, where the articles do and do not hold the answer."""

from __future__ import annotations

from enum import StrEnum

from assistant.types import Answer, Status
from evals.gold import Question

__all__ = ["Outcome", "answered", "outcome", "score"]


class Outcome(StrEnum):
    """What was done, and whether there was something to answer; `open` questions may be refused or put right."""

    ANSWERED = "answered"
    REFUSED_WRONGLY = "refused wrongly"
    ANSWERED_WRONGLY = "answered wrongly"
    REFUSED = "refused"
    OPEN_ANSWERED = "open, answered"
    OPEN_REFUSED = "open, refused"


def answered(answer: Answer) -> bool:
    """Whether the answer states anything from the articles; a greeting in return states nothing."""
    return answer.status is not Status.NOT_FOUND and bool(answer.statements)


def outcome(question: Question, answer: Answer) -> Outcome:
    """Which of the outcomes `answer` is."""
    done = answered(answer)
    if question.role == "premise" or (question.role == "hostile" and not question.vital):
        return Outcome.OPEN_ANSWERED if done else Outcome.OPEN_REFUSED
    if question.answerable:
        return Outcome.ANSWERED if done else Outcome.REFUSED_WRONGLY
    return Outcome.ANSWERED_WRONGLY if done else Outcome.REFUSED


def score(question: Question, answer: Answer) -> float | None:
    """1 for answering what is answerable and refusing what is not, else 0; None where either may be right."""
    found = outcome(question, answer)
    if found in (Outcome.OPEN_ANSWERED, Outcome.OPEN_REFUSED):
        return None
    return float(found in (Outcome.ANSWERED, Outcome.REFUSED))
