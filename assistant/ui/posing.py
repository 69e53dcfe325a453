"""What a browser sends along with a question, read with care: everything in it may have been changed on the way."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from assistant.errors import NoLibrary, UnknownArticle
from assistant.pipeline import Assistant
from assistant.types import Article, Filters
from assistant.ui import asking, strings

__all__ = ["Posed", "Restored", "Shelf", "filters", "read", "sent"]

_TurnName = Annotated[str, Field(pattern="^[0-9a-z]{8,32}$")]


class Restored(BaseModel):
    """The turns that a browser kept, and the language of its interface."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", strict=True)

    history: list[str] = Field(default_factory=list)
    ui: str = "en"

    @property
    def interface(self) -> str:
        return strings.interface_language(self.ui)


class Posed(Restored):
    """A question on the page: its turn, the turn whose place it takes, and the question as any program would put it."""

    turn: _TurnName
    replaces: _TurnName | None = None
    asked: dict[str, Any]


Kind = TypeVar("Kind", bound=Restored)


def read(kind: type[Kind], body: object) -> Kind:
    """`body`, which came from a browser, as a `kind`. Raises BadRequest."""
    try:
        return kind.model_validate(body)
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_context=False, include_input=False)[0]
        raise asking.BadRequest(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from exc


async def sent(request: Request) -> object:
    """The JSON that was sent. Only what says that it is JSON is read: a form of another site cannot say so. Raises BadRequest."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise asking.BadRequest("the body should be JSON, and its content type application/json")
    try:
        return await request.json()
    except (ValueError, RecursionError) as exc:
        raise asking.BadRequest("the body is not JSON") from exc


def filters(asked: asking.Question) -> Filters:
    """Which articles may answer. Raises BadRequest."""
    given = asked.filters
    if given.since and given.until and given.since > given.until:
        raise asking.BadRequest("filters: since is a later day than until")
    return Filters(given.languages, given.publishers, (), given.since, given.until)


class Shelf:
    """The articles one answer needs, each fetched once; what is not there is None."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._known: dict[str, Article | None] = {}

    def __call__(self, name: str) -> Article | None:
        """The article of exactly that id."""
        if name not in self._known:
            self._known[name] = self._fetched(name)
        return self._known[name]

    def _fetched(self, name: str) -> Article | None:
        try:
            found = self._assistant.article(name)
        except (UnknownArticle, NoLibrary):
            return None
        return found if found.source.article_id == name else None
