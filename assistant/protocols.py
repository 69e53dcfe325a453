"""The seams: what a part needs of another, so that either side can be exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedder", "Vectors"]

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
