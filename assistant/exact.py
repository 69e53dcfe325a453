"""Search without a vector index: the question's vector is compared with every passage's, as the catalogue keeps them."""

from __future__ import annotations

import heapq

import numpy as np

from assistant.catalogue import Catalogue
from assistant.protocols import Vectors
from assistant.types import Filters

__all__ = ["ExactSearch"]

BLOCK = 400_000  # numbers compared at a time; for more, numpy wakes threads, whose waiting costs more than their work


class ExactSearch:
    """Cosine search over the truth itself: finds what the index would find and misses nothing, in time that grows with the library.

    One block of vectors is in memory at a time, less than 2 MB.
    """

    def __init__(self, catalogue: Catalogue, model: str) -> None:
        self._catalogue = catalogue
        self._model = model

    def search(self, vector: Vectors, *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """The ids and cosine similarities (-1 to 1) of the `limit` nearest passages, best first."""
        best: list[tuple[float, str]] = []
        for ids, matrix in self._catalogue.vectors_of_passages(self._model, filters, batch=max(1, BLOCK // vector.size)):
            likeness = matrix @ vector
            top = np.argpartition(likeness, -limit)[-limit:] if len(ids) > limit else np.arange(len(ids))
            best = heapq.nlargest(limit, [*best, *((float(likeness[place]), ids[place]) for place in top)])
        return [(name, score) for score, name in best]
