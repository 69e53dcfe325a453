"""What the page asks for beside answers, in plain JSON: its first view, questions to go on with, the reading of a day, votes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from assistant import dates, wording
from assistant.errors import NoLibrary
from assistant.pipeline import Assistant
from assistant.types import LibraryStatus, Source, Status
from assistant.ui import feedback, strings, suggestions
from assistant.ui.asking import read, sent
from assistant.ui.history import Exchange, Key, unseal
from assistant.ui.posing import Restored, Shelf

__all__ = ["router"]

LONGEST_DAY = 60  # characters of a day that somebody types
RELATED = 8  # passages looked at for articles that speak of the same

_Interface = Annotated[str, Query(max_length=8)]


class Voted(Restored):
    """A vote on the last of the turns that come with it."""

    vote: Literal["like", "dislike"]
    include_text: bool = False


def router(assistant: Assistant) -> APIRouter:
    """The routes under `/api/chat`."""
    made = APIRouter(prefix="/api/chat")
    beside = _Beside(assistant, Key.of(assistant.folder))

    @made.get("/first")
    async def first(ui: _Interface = "en") -> dict[str, Any]:
        return await asyncio.to_thread(beside.first, strings.interface_language(ui))

    @made.post("/next")
    async def following(request: Request) -> dict[str, Any]:
        wanted = read(Restored, await sent(request))
        return {"questions": await asyncio.to_thread(beside.following, wanted)}

    @made.get("/day")
    async def day(text: Annotated[str, Query(max_length=LONGEST_DAY)], ui: _Interface = "en") -> dict[str, Any]:
        return _day(text, strings.interface_language(ui))

    @made.post("/vote")
    async def vote(request: Request) -> Response:
        return Response(status_code=await asyncio.to_thread(beside.vote, read(Voted, await sent(request))))

    return made


class _Beside:
    def __init__(self, assistant: Assistant, key: Key) -> None:
        self._assistant = assistant
        self._key = key
        self._firsts = lru_cache(maxsize=32)(self._first_questions)

    def first(self, language: str) -> dict[str, Any]:
        """What the collection holds, in words and for the filters, and what one could ask it."""
        try:
            status = self._assistant.status()
        except NoLibrary:
            return {"articles": 0, "languages": {}, "publishers": {}, "dated": False, "intro": "", "questions": []}
        return {
            "articles": status.articles,
            "languages": dict(status.languages),
            "publishers": dict(status.publishers),
            "dated": status.first_day is not None,
            "intro": _intro(status, language),
            "questions": list(self._firsts(language, _state(status))) if status.articles else [],
        }

    def _first_questions(self, language: str, state: object) -> tuple[str, ...]:
        """The first questions of a library in this `state`, which is what they are remembered by."""
        return tuple(suggestions.first(self._assistant.articles(), language, finds=self._finds))

    def following(self, wanted: Restored) -> list[str]:
        """Questions that go on from the last turn, in the language of its answer where that is one of ours."""
        past = self._unsealed(wanted)
        if not past:
            return []
        answer, asked = past[-1].answer, [exchange.question for exchange in past]
        language = answer.language if answer.language in strings.LANGUAGES else wanted.interface
        near = [hit.passage.source for hit in self._assistant.search(answer.question, limit=RELATED)]
        sources = self._assistant.articles()
        return suggestions.following(answer, asked, sources, language, near=_distinct(near), finds=self._finds)

    def vote(self, voted: Voted) -> int:
        """Writes the vote down; what HTTP says of it."""
        past = self._unsealed(voted)
        if not past:
            return 422
        now = datetime.now(UTC)
        try:
            noted = feedback.note(self._assistant.folder, voted.vote, past[-1], include_text=voted.include_text, now=now)
        except OSError:
            return 507
        return 204 if noted else 507

    def _unsealed(self, wanted: Restored) -> list[Exchange]:
        return unseal(wanted.history, self._key(), Shelf(self._assistant))

    def _finds(self, question: str, article: str) -> bool:
        """Whether `question` finds something. Where a model would write the answer, which costs, it is only searched for."""
        if self._assistant.model is None:
            return self._assistant.ask(question).status is not Status.NOT_FOUND
        return any(hit.passage.source.article_id == article for hit in self._assistant.search(question, limit=3))


def _distinct(sources: list[Source]) -> list[Source]:
    return list({source.article_id: source for source in sources}.values())


def _state(status: LibraryStatus) -> tuple[object, ...]:
    """What changes when articles come or go."""
    return (status.created, status.articles, status.passages, status.first_day, status.last_day, tuple(status.publishers))


def _intro(status: LibraryStatus, language: str) -> str:
    """The collection in a sentence or two: its size, outlets and days."""
    greeting = wording.phrases(language).small_talk["greeting"]
    told = wording.small_talk(
        "greeting",
        articles=status.articles,
        publishers=tuple(status.publishers),
        first=status.first_day,
        last=status.last_day,
        language=language,
    )
    return told.removeprefix(greeting).strip()


def _day(text: str, language: str) -> dict[str, Any]:
    """The one day that `text` names, whatever its calendar and digits, and that day in words; None when it names no day."""
    found = dates.find(text, reference=None)
    if len(found) != 1 or found[0].since is None or found[0].since != found[0].until:
        return {"day": None, "words": ""}
    return {"day": found[0].since.isoformat(), "words": wording.both_calendars(found[0].since, language)}
