"""What a browser sends along with a question, read with care: everything in it may have been changed on the way."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import NoLibrary, UnknownArticle
from assistant.pipeline import Assistant
from assistant.types import Article
from assistant.ui import strings

__all__ = ["Posed", "Restored", "Shelf"]

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
