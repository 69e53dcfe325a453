"""The seams: what a part needs of another, so that either side can be exchanged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from assistant.budget import Budget
from assistant.types import Filters, Message

__all__ = ["ChatModel", "Embedder", "VectorSearch", "Vectors"]

Vectors: TypeAlias = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors whose cosine says how alike they are.

    `name` identifies the model; two embedders of one name give the same vectors. `dimension` is the length of a vector.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension), unit length, finite, in the order of `texts`."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """The vector of one question, shape (dimension,), unit length."""
        ...


class ChatModel(Protocol):
    """Writes text from messages. `name` is the model's, `window` its context in tokens, `host` who gets to see the messages."""

    @property
    def name(self) -> str: ...

    @property
    def window(self) -> int: ...

    @property
    def host(self) -> str | None: ...

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        """The pieces of the model's text as they come; closing the iterator aborts the request.

        Requests, seconds and tokens are counted in `budget`. Raises `ModelUnavailable` (out of reach or overloaded, after the
        retries), `ModelRejected` (key, model, quota), `BadModelOutput` (nothing usable came), `BudgetSpent`, and, after the
        pieces that did come, `ModelCut`.
        """
        ...


class VectorSearch(Protocol):
    """Finds the passages whose vectors are nearest to one."""

    def search(self, vector: Vectors, *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """The ids and cosine similarities (-1 to 1) of the `limit` nearest passages, best first."""
        ...
