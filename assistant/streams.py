"""An answer that comes statement by statement, whoever sends it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from assistant.types import Answer, Statement

__all__ = ["StatementStream"]


class StatementStream(ABC):
    """Iterates over the statements of an answer; `answer` is the whole once they are through. `language` is that of the answer."""

    def __init__(self, language: str = "") -> None:
        self.language = language
        self._answer: Answer | None = None

    def __iter__(self) -> Iterator[Statement]:
        return self

    @abstractmethod
    def __next__(self) -> Statement: ...

    @abstractmethod
    def close(self) -> None:
        """Stop here."""

    def complete(self) -> Answer:
        """The whole answer, once the statements that are still to come have come."""
        for _ in self:
            pass
        return self.answer

    @property
    def answer(self) -> Answer:
        """The whole answer. Raises `RuntimeError` before the last statement has come."""
        if self._answer is None:
            raise RuntimeError("the answer is not complete: iterate over the stream first")
        return self._answer
