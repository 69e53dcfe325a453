"""Fact recall: which of the gold facts an answer says."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.text import sentences
from assistant.types import Answer
from evals.gold import Fact, Question
from evals.matching import says_any
from evals.scorers.shown import Unit, units

__all__ = ["Facts", "said_in", "score"]


@dataclass(frozen=True, slots=True)
class Facts:
    """The shares of vital facts and of all facts that the answer says, None where there are none; `found` fact by fact.

    `shown` is the share of vital facts that stand in what the answer says or in its quotes.
    """

    vital: float | None
    all: float | None
    shown: float | None
    found: tuple[bool, ...]


def score(question: Question, answer: Answer) -> Facts:
    """The facts of `question` in `answer`: in its statements, and, where it only quotes, in its quotes.

    A fact counts where one sentence says it without what denies it, and who must be named with it is.
    """
    found = _found(question, units(answer))
    shown = _found(question, units(answer, quotes=True))
    return Facts(_vital(question, found), _share(found), _vital(question, shown), found)


def said_in(fact: Fact, text: str) -> bool:
    """Whether some sentence of `text`, or all of it, says the fact and nothing that denies it."""
    parts = [text[start:end] for start, end in sentences(text)] or [text]
    return any(_told(fact, part) for part in parts) or (len(parts) > 1 and _told(fact, text))


def _found(question: Question, shown: tuple[Unit, ...]) -> tuple[bool, ...]:
    return tuple(any(_says(unit, fact) for unit in shown) for fact in question.facts)


def _says(unit: Unit, fact: Fact) -> bool:
    if fact.by and not says_any(fact.by, unit.whole):
        return False
    return any(_told(fact, sentence) for sentence in unit.sentences)


def _told(fact: Fact, sentence: str) -> bool:
    return says_any(fact.any, sentence) and not says_any(fact.negated, sentence)


def _vital(question: Question, found: tuple[bool, ...]) -> float | None:
    return _share(tuple(there for fact, there in zip(question.facts, found, strict=True) if fact.vital))


def _share(found: tuple[bool, ...]) -> float | None:
    return sum(found) / len(found) if found else None
