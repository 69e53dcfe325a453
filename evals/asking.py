"""Asking the gold: libraries that go away, answers with what was found for them, failures of a model told apart."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.budget import Budget
from assistant.embedding import EmbeddedEmbedder
from assistant.errors import ModelError
from assistant.lexicon import Lexicon
from assistant.models import budget_from, prices_from
from assistant.pipeline import Assistant
from assistant.protocols import ChatModel
from assistant.resources import data_folder
from assistant.settings import Settings
from assistant.types import Answer, Filters, Message, Query, Retrieval
from evals.gold import Question
from evals.record import Keyed

__all__ = ["TODAY", "Asked", "Engine", "Observed"]

TODAY = date(2026, 11, 1)  # models are told the day, so that a recording of them holds for one day alone


class Watched:
    """A chat model whose failures are noted: the product goes around them, a measurement must not."""

    def __init__(self, chat: ChatModel) -> None:
        self._chat = chat
        self.failures: list[str] = []

    @property
    def name(self) -> str:
        return self._chat.name

    @property
    def window(self) -> int:
        return self._chat.window

    @property
    def host(self) -> str | None:
        return self._chat.host

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        """As the model's own."""
        try:
            yield from self._chat.stream(messages, budget=budget)
        except ModelError as exc:
            self.failures.append(f"{type(exc).__name__}: {exc}")
            raise


class Observed(Assistant):
    """An assistant that keeps what was found for the last question."""

    found: Retrieval | None = None

    def _search(self, query: Query) -> Retrieval:
        self.found = super()._search(query)
        return self.found


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, what was found for it, the seconds it took; or why there is none to score."""

    answer: Answer | None
    found: Retrieval | None
    seconds: float
    failure: str = ""


@dataclass(slots=True)
class Engine:
    """What answers: the settings and, unless it only quotes, a chat model. `planted` is where hostile articles lie."""

    settings: Settings
    lexicon: Lexicon
    chat: ChatModel | None = None
    planted: dict[str, Path] = field(default_factory=dict)

    @contextmanager
    def library(self, planted: str | None = None) -> Iterator[Observed]:
        """An assistant over the seeds, and over one planted article if named, in a folder that goes away."""
        sources: list[str | Path] = [data_folder("seeds")]
        if planted is not None:
            sources.append(self.planted[planted])
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder, self.open(Path(folder) / "library") as assistant:
            assistant.ingest(sources)
            yield assistant

    def open(self, folder: Path) -> Observed:
        """An assistant over the library in `folder`."""
        return Observed(
            folder,
            lexicon=self.lexicon,
            embedder=EmbeddedEmbedder(self.lexicon),
            passages=self.settings.passages,
            chat=Watched(self.chat) if self.chat is not None else None,
            prices=prices_from(self.settings),
            limits=partial(budget_from, self.settings),
            today=lambda: TODAY,
        )

    def ask(self, assistant: Observed, question: Question, *, turn: int = 0) -> Asked:
        """The answer to `question`, with its history and its filters; `turn` counts repetitions."""
        if isinstance(self.chat, Keyed):
            self.chat.turn = turn
        watched = assistant._chat if isinstance(assistant._chat, Watched) else None
        if watched is not None:
            watched.failures.clear()
        assistant.found = None
        filters = Filters(languages=question.filters.languages) if question.filters else None
        started = time.perf_counter()
        try:
            answer = assistant.ask(question.question, question.history, filters=filters)
        except Exception as exc:  # whatever it is, there is nothing to score, and the other questions are still to be asked
            return Asked(None, assistant.found, time.perf_counter() - started, f"{type(exc).__name__}: {exc}")
        took = time.perf_counter() - started
        failure = "; ".join(watched.failures) if watched is not None else ""
        return Asked(None if failure else answer, assistant.found, took, failure)
