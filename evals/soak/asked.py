"""One question put to an assistant, as whoever checks it wants to know it: what was said, and when."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from assistant.pipeline import Assistant
from assistant.types import Answer, Filters, Status

__all__ = ["Asked", "Cited", "ask", "look"]

LIMIT = 40  # hits looked at; the longest article of the feed has ten passages
ANSWERED = str(Status.ANSWERED)


@dataclass(frozen=True, slots=True)
class Cited:
    """A quote: `start` to `end` of the article of that id."""

    article: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question about the story `key` gave between `began` and `ended`.

    `beside` are the ids of other articles that the answer names. `found` are the passages of a search, each with its
    article's id; None where an answer was asked for. `error` is what was raised instead.
    """

    question: str
    key: str
    began: float
    ended: float
    status: str = ""
    cited: tuple[Cited, ...] = ()
    beside: tuple[str, ...] = ()
    found: tuple[tuple[str, Cited], ...] | None = None
    error: str = ""

    def to_json(self) -> str:
        """The same on one line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> Asked:
        """What `to_json` wrote."""
        said: dict[str, Any] = json.loads(line)
        cited = tuple(Cited(**one) for one in said.pop("cited"))
        found = said.pop("found")
        passages = None if found is None else tuple((name, Cited(**one)) for name, one in found)
        return cls(**{**said, "cited": cited, "beside": tuple(said["beside"]), "found": passages})


def ask(assistant: Assistant, question: str, key: str, now: Callable[[], float] = time.monotonic) -> Asked:
    """The answer to `question`, or the error it ended with."""
    began = now()
    try:
        answer = assistant.ask(question)
    except Exception as exc:  # whatever it is: none is promised
        return Asked(question, key, began, now(), error=_told(exc))
    ended = now()
    cited = tuple(Cited(one.source.article_id, one.start, one.end, one.quote) for one in answer.citations)
    return Asked(question, key, began, ended, str(answer.status), cited, _beside(answer))


def look(
    assistant: Assistant, question: str, key: str, *, versions: tuple[str, ...], now: Callable[[], float] = time.monotonic
) -> Asked:
    """The passages that speak most of `question`, or the error it ended with.

    Only the `versions` of its story are looked at: of a hundred articles with like names, single passages would be left out.
    """
    began = now()
    try:
        hits = assistant.search(question, filters=Filters(articles=versions), limit=LIMIT)
    except Exception as exc:
        return Asked(question, key, began, now(), error=_told(exc))
    ended = now()
    passages = [passage for hit in hits for passage in (hit.passage, *hit.twins)]
    found = tuple((one.id, Cited(one.source.article_id, one.start, one.end, one.text)) for one in passages)
    return Asked(question, key, began, ended, found=found)


def _beside(answer: Answer) -> tuple[str, ...]:
    sources = [*answer.nearest, *(source for one in answer.citations for source in one.also)]
    return tuple(source.article_id for source in sources)


def _told(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"
