"""Questions that come as JSON: read with care, answered a few at a time, told piece by piece in the form every program gets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import AssistantError
from assistant.messages import told
from assistant.pipeline import AnswerStream, Assistant
from assistant.rendering import to_dict
from assistant.types import Filters, Turn
from assistant.ui import strings
from assistant.understanding import LONGEST_QUESTION, language_of

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["AT_ONCE", "WAITING", "BadRequest", "Busy", "Desk", "Question", "Wanted", "explained", "filters", "read", "sent"]

# Questions answered at once. Each keeps a thread, which with a model mostly waits for it to write, and without one computes
# for some tenths of a second. With more, two cores would not answer anybody sooner; with less, a few slow models would block
# everybody.
AT_ONCE = 8
WAITING = 64  # questions that may wait for their turn; whoever comes then is told so
REMEMBERED = 12  # turns a follow-up may lean on
FAULT = 70
_log = logging.getLogger(__name__)

T = TypeVar("T")
Event: TypeAlias = dict[str, object]
_Code = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
_Name = Annotated[str, Field(min_length=1, max_length=200)]


class BadRequest(AssistantError):
    """What was sent is not what is read there."""


class Busy(AssistantError):
    """Too many questions are waiting."""

    exit_code = 4


# -- what is asked ----------------------------------------------------------------------------------------------------


class _Read(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")


class _Filters(_Read):
    languages: tuple[_Code, ...] = Field(default=(), max_length=50)
    publishers: tuple[_Name, ...] = Field(default=(), max_length=50)
    articles: tuple[_Name, ...] = Field(default=(), max_length=100)
    since: date | None = None
    until: date | None = None


class _Turn(_Read):
    question: str
    answer: str = ""

    def cut(self) -> Turn:
        """As much of the turn as helps to understand the next question."""
        return Turn(self.question[:LONGEST_QUESTION], self.answer[:LONGEST_QUESTION])


class Wanted(_Read):
    """What passages are searched for."""

    question: str  # its length is checked where every question's is
    filters: _Filters = _Filters()
    limit: int = Field(default=10, ge=1, le=100, strict=True)


class Question(_Read):
    """A question with all that goes with it."""

    question: str
    history: tuple[_Turn, ...] = ()
    filters: _Filters = _Filters()
    language: _Code | None = None
    translate_quotes: bool = Field(default=False, strict=True)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The latest turns of the conversation."""
        return tuple(turn.cut() for turn in self.history[-REMEMBERED:])


Kind = TypeVar("Kind", bound=BaseModel)


async def sent(request: Request) -> object:
    """The JSON that was sent. Only what says that it is JSON is read: a form of another site cannot say so. Raises BadRequest."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("the body should be JSON, and its content type application/json")
    try:
        return await request.json()
    except (ValueError, RecursionError) as exc:
        raise BadRequest("the body is not JSON") from exc


def read(kind: type[Kind], body: object) -> Kind:
    """`body`, as it came, as a `kind`. Raises BadRequest that names the first thing that is wrong."""
    try:
        return kind.model_validate(body)
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"])) or "the body"
        raise BadRequest(f"{place}: {fault['msg']}") from exc


def filters(asked: Question | Wanted, assistant: Assistant) -> Filters:
    """Which articles may answer, with whole ids. Raises BadRequest, UnknownArticle."""
    given = asked.filters
    if given.since and given.until and given.since > given.until:
        raise BadRequest("filters: since is a later day than until")
    articles = tuple(assistant.article(name).source.article_id for name in given.articles)
    return Filters(given.languages, given.publishers, articles, given.since, given.until)


# -- how it is answered -----------------------------------------------------------------------------------------------


class Desk:
    """Answers several at once, and lets a bounded number wait: none of them ever touches another's answer."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        # Threads of our own: those of Gradio and of the event loop serve others, and are fewer than questions may come.
        self._threads = ThreadPoolExecutor(2 * AT_ONCE, thread_name_prefix="question")

    def close(self) -> None:
        """Let go of the threads; those at work end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def answer(self, asked: Question) -> Event:
        """The whole answer."""
        async with self._turn():
            stream = await self._away(lambda: self._stream(asked))
            try:
                return to_dict(await self._away(stream.complete))
            finally:
                stream.close()

    async def events(self, asked: Question, *, detailed: bool = False) -> AsyncIterator[Event]:
        """The language, each statement once it is verified, the answer; or, at any point, an error, which is the last.

        Closing this iterator stops the question, and the model that is at it.
        """
        language = asked.language or self.assistant.language or language_of(asked.question[:LONGEST_QUESTION])
        try:
            async with self._turn():
                stream = await self._away(lambda: self._stream(asked))
                try:
                    yield {"language": stream.language}
                    while (statement := await self._away(lambda: next(stream, None))) is not None:
                        yield {"statement": to_dict(statement)}
                    yield {"answer": to_dict(stream.answer)}
                finally:
                    stream.close()
        except Exception as exc:
            yield {"error": explained(exc, language, detailed=detailed)}

    async def search(self, wanted: Wanted) -> list[Event]:
        """The passages that speak most of a question."""

        def found() -> list[Event]:
            hits = self.assistant.search(wanted.question, filters=filters(wanted, self.assistant), limit=wanted.limit)
            return [to_dict(hit) for hit in hits]

        async with self._turn():
            return await self._away(found)

    async def article(self, article_id: str) -> Event:
        """One article, by its id or the beginning of it."""

        def looked_up() -> Event:
            found = self.assistant.article(article_id)
            return {**to_dict(found), "location": found.location.replace("\\", "/").rpartition("/")[2]}  # the folder is ours

        async with self._turn():
            return await self._away(looked_up)

    async def look(self, at: Callable[[], T]) -> T:
        """What `at` gives, called where it holds nobody up."""
        async with self._turn():
            return await self._away(at)

    def _stream(self, asked: Question) -> AnswerStream:
        return self.assistant.stream(
            asked.question,
            asked.turns,
            filters=filters(asked, self.assistant),
            language=asked.language,
            translate_quotes=asked.translate_quotes,
        )

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """A place among those that are answered, waited for if need be. Raises Busy."""
        if self._free.locked() and self._waiting >= WAITING:
            raise Busy("Too many questions are waiting; ask again in a moment.")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()

    async def _away(self, work: Callable[[], T]) -> T:
        """What `work` gives, done in a thread; whoever stops waiting for it does not wait for its end."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


# -- what went wrong --------------------------------------------------------------------------------------------------


def explained(exc: Exception, language: str, *, detailed: bool = False) -> Event:
    """An error for a program: its class, one line for a person in `language`, the exit code it has on the command line.

    `detailed` adds the line the command line would print, which may name folders of this machine.
    """
    if not isinstance(exc, AssistantError):
        _log.error("A fault of Sanad's own", exc_info=exc)
    kind = type(exc).__name__
    words: Mapping[str, object] = strings.table()
    keys = (f"chat.error.{kind}", f"server.error.{kind}", "chat.error.Other")
    message = strings.text(next(key for key in keys if key in words), language)
    if isinstance(exc, BadRequest):
        message = f"{message} ({exc})"
    said: Event = {"kind": kind, "message": message, "exit": exc.exit_code if isinstance(exc, AssistantError) else FAULT}
    return {**said, "detail": told(exc, language) if isinstance(exc, AssistantError) else str(exc)} if detailed else said
