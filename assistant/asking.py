"""What kind of thing a question asks for, where its words say so, and whether a text holds such a thing."""

from __future__ import annotations

import re
from enum import StrEnum

from assistant import dates, numbers
from assistant.text import words

__all__ = ["Kind", "holds", "kinds"]


class Kind(StrEnum):
    """What an answer must hold: a day or a year, a number, a reason."""

    DAY = "day"
    NUMBER = "number"
    REASON = "reason"


def kinds(question: str) -> frozenset[Kind]:
    """The kinds of things the question asks for; none where its words do not tell («کدام شهر»)."""
    spoken = f" {' '.join(words(question))} "
    return frozenset(kind for kind, marks in _ASKED.items() if any(mark in spoken for mark in marks))


def holds(kind: Kind, text: str, language: str) -> bool:
    """Whether `text` holds a thing of that kind."""
    if kind is Kind.DAY:
        return any(_YEAR.fullmatch(word) for word in words(text)) or bool(dates.find(text, reference=None, language=language))
    if kind is Kind.NUMBER:
        return any(not mention.weak for mention in numbers.find(text, language))
    spoken = f" {' '.join(words(text))} "
    return any(mark in spoken for mark in _REASONS)


_YEAR = re.compile(r"1\d{3}|20\d{2}")  # of any calendar


def _spaced(marks: str) -> tuple[str, ...]:
    """Each of the wordings as it stands among folded words."""
    return tuple(f" {' '.join(words(mark))} " for mark in marks.split("|"))


_ASKED = {
    Kind.DAY: _spaced(
        "کی|چه زمان|چه زمانی|چه وقت|چه تاریخی|چه سالی|چه سال|چه ماهی|چه روزی|کدام سال|تاریخ|متى|متی|تاريخ|أي عام|أي سنة|أي يوم"
        "|when|what date|what day|which day|what year|which year"
    ),
    Kind.NUMBER: _spaced(
        "چند|چقدر|چه تعداد|تعداد|چندمین|چه میزان|چه اندازه|چه مدت|كم|عدد"
        "|how many|how much|how long|how old|how far|what number|what percentage"
    ),
    Kind.REASON: _spaced("چرا|علت|دلیل|لماذا|سبب|why|reason|cause"),
}
_REASONS = _spaced(
    "زیرا|چون|چرا که|به دلیل|به علت|به خاطر|به سبب|از این رو|باعث|علت|دلیل|ناشی از|لأن|لأنه|لأنها|بسبب|نتيجة|حيث|من أجل|سبب"
    "|because|due to|since|caused by|owing to|as a result|therefore"
)
