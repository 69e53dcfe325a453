"""Gold questions, answers and articles made by hand, for the tests of the evals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.types import Answer, Article, Citation, Match, Mode, Source, Span, Statement, Status, Trace
from evals import gold
from evals.gold import Question

__all__ = ["ARTICLES", "NAMES", "answer", "article", "cite", "lines", "question", "refusal", "said"]


def question(**parts: Any) -> Question:
    """A question of kind fact in Persian, but for what is given."""
    plain = {"id": "fa-fact-01", "question": "چه شد؟", "language": "fa", "kind": "fact", "split": "dev"}
    return gold.parse(json.dumps({**plain, **parts}, ensure_ascii=False))


def fact(*forms: str, **more: Any) -> dict[str, Any]:
    """A fact with these forms."""
    return {"any": list(forms), **more}


def lines(file: Path, *questions: Question | dict[str, Any]) -> Path:
    """`file` with a question a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        q.model_dump_json(by_alias=True, exclude={"base_kind"}) if isinstance(q, Question) else json.dumps(q, ensure_ascii=False)
        for q in questions
    ]
    file.write_text("".join(row + "\n" for row in rows), encoding="utf-8")
    return file


def article(name: str, text: str, *, language: str = "fa", boilerplate: Sequence[Span] = (), **about: Any) -> Article:
    """An article whose id is its name."""
    return Article(Source(name, language=language, **about), text, f"{name}.txt", tuple(boilerplate))


ARTICLES = {
    "one": article(
        "one",
        "علی شمخانی روز یکشنبه 18 دسامبر با لاورنتیاف در تهران دیدار کرد. او 3 ساعت در تهران ماند.\nلینک‌ها",
        publisher="ایسنا",
    ),
    "two": article("two", "زار لافرنتييف دمشق قبل أسبوعين. قال بوتين إن موسكو تدعم الحل السياسي.", language="ar", publisher="سانا"),
}
NAMES = {name: f"{name}.txt" for name in ARTICLES}


def cite(name: str, quote: str, number: int = 1) -> Citation:
    """A citation of `quote` where it stands in the article."""
    start = ARTICLES[name].text.index(quote)
    return Citation(number, ARTICLES[name].source, quote, start, start + len(quote), Match.EXACT)


def said(text: str, *citations: Citation, frame: str = "", note: str = "") -> Statement:
    """A statement with its citations."""
    return Statement(text, citations, frame, note)


def answer(*statements: Statement, language: str = "fa", mode: Mode = Mode.EXTRACTIVE, **more: Any) -> Answer:
    """An answer of these statements; its text holds no more than they do."""
    cited = tuple({c.number: c for statement in statements for c in statement.citations}.values())
    text = "\n\n".join(f"{statement.frame} «{statement.text}»".strip() for statement in statements)
    given = Answer("چه شد؟", Status.ANSWERED, mode, language, text, statements, cited, trace=Trace())
    return replace(given, **more)


def refusal(text: str = "پاسخ این پرسش در مقاله‌ها نیست.", language: str = "fa") -> Answer:
    """A refusal."""
    return Answer("چه شد؟", Status.NOT_FOUND, Mode.EXTRACTIVE, language, text)
