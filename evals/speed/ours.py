"""Sanad, as it is used: articles taken in, searched, asked, made anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from assistant.embedding import EmbeddedEmbedder
from assistant.lexicon import Lexicon
from assistant.pipeline import Assistant
from assistant.protocols import Embedder
from assistant.understanding import understand
from evals.speed.sums import WordSums

__all__ = ["LIMIT", "Ours", "command"]

LIMIT = 10  # hits


class Ours:
    """One library in `folder`; what is taken in gets its vectors from the word sums in `table`, where one is named."""

    def __init__(self, folder: str, lexicon: str, table: str = "") -> None:
        self._folder = Path(folder)
        self._lexicon = Lexicon.open(Path(lexicon))
        embedder = EmbeddedEmbedder(self._lexicon)
        self._embedder: Embedder = WordSums(Path(table), embedder) if table else embedder
        self._reader: Assistant | None = None
        self._rounds: Sequence[Sequence[str]] = ()

    def take(self, feed: str) -> int:
        """How many passages were made of a feed."""
        with self._assistant() as assistant:
            return assistant.ingest([feed]).passages

    def again(self, feed: str) -> int:
        """How many articles of a feed were there already."""
        with self._assistant() as assistant:
            return assistant.ingest([feed]).unchanged

    def rebuild(self) -> int:
        """How many passages the new indexes hold."""
        with self._assistant() as assistant:
            return assistant.rebuild()

    def open(self, rounds: Sequence[Sequence[str]]) -> int:
        """Get ready to answer rounds of questions; how many passages there are."""
        self._rounds, self._reader = rounds, self._assistant()
        return self._reader.status().passages

    def search(self, number: int) -> int:
        """How many hits the questions of a round have in all."""
        assert self._reader is not None
        return sum(len(self._reader.search(question, limit=LIMIT)) for question in self._rounds[number])

    def understand(self, number: int) -> int:
        """How many concepts the questions have: the part of a search before anything is looked for."""
        today = date(2024, 1, 1)
        return sum(len(understand(question, lexicon=self._lexicon, today=today).concepts) for question in self._rounds[number])

    def ask(self, number: int) -> int:
        """How many statements the answers have in all."""
        assert self._reader is not None
        return sum(len(self._reader.ask(question).statements) for question in self._rounds[number])

    def close(self) -> None:
        """Let go of the library."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _assistant(self) -> Assistant:
        return Assistant(self._folder, lexicon=self._lexicon, embedder=self._embedder)

    def disk(self) -> int:
        """Bytes of the truth, the full text and the vectors."""
        return sum(file.stat().st_size for file in self._folder.rglob("*") if file.is_file())


def command(folder: Path, question: str) -> tuple[str, list[str]]:
    """What answers one question in a fresh process: the module that is run, and its arguments."""
    return "assistant", ["--library", str(folder), "ask", question]
