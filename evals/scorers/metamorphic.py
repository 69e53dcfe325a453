"""Metamorphic stability: the same question put another way gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.types import Answer, Citation
from evals.gold import Question
from evals.scorers import facts
from evals.scorers.refusal import answered

__all__ = ["Stability", "score"]


@dataclass(frozen=True, slots=True)
class Stability:
    """`stable`: 1 when both are refused, or both answered with the same facts. `overlap`: the share of citations in common."""

    stable: float | None
    overlap: float | None


def score(question: Question, answer: Answer, base: Answer | None) -> Stability:
    """The answer to a metamorphic `question` beside that to its base; None for other questions."""
    if base is None:
        return Stability(None, None)
    alike = answered(answer) == answered(base)
    same = facts.score(question, answer).found == facts.score(question, base).found
    return Stability(float(alike and same), _overlap(answer.citations, base.citations) if alike else 0.0)


def _overlap(ours: tuple[Citation, ...], theirs: tuple[Citation, ...]) -> float:
    """Citations that touch one of the other answer, over all."""
    if not ours and not theirs:
        return 1.0
    shared = sum(any(_touch(one, other) for other in theirs) for one in ours)
    shared += sum(any(_touch(one, other) for other in ours) for one in theirs)
    return shared / (len(ours) + len(theirs))


def _touch(one: Citation, other: Citation) -> bool:
    same = one.source.article_id == other.source.article_id
    return same and one.start < other.end and other.start < one.end
