"""Filters: a question asked of some articles is answered from those alone."""

from __future__ import annotations

from assistant.types import Answer
from evals.gold import Question

__all__ = ["score"]


def score(question: Question, answer: Answer) -> float | None:
    """1 when every article cited or named as near is one that was asked; None where all articles were."""
    if question.filters is None:
        return None
    shown = [*(citation.source for citation in answer.citations), *answer.nearest]
    return float(all(source.language in question.filters.languages for source in shown))
