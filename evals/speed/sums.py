"""Vectors that cost next to nothing: a text's is the sum of its words' own, so that taking texts in is what is measured."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from assistant.protocols import Embedder, Vectors
from evals.speed.news import words

__all__ = ["WordSums"]

SHORT = 400  # characters; questions, and the sentences by which a library knows its model, are embedded as always
_AT_ONCE = 2_000  # words


class WordSums:
    """An `Embedder` under the name of another: it comes near to its vectors (a cosine of 0.8 to 0.95) at a twentieth of the cost.

    Every system is given the same one. `make` writes its table of words.
    """

    def __init__(self, table: Path, embedder: Embedder) -> None:
        self._embedder = embedder
        kept = np.load(table)
        self._ends, self._places, self._weights = kept["ends"], kept["places"], kept["weights"]
        self._numbers = {word: number for number, word in enumerate(json.loads(str(kept["words"])))}

    @staticmethod
    def make(table: Path, vocabulary: Sequence[str], embedder: Embedder) -> None:
        """Embed each word by itself, and keep that."""
        counts, places, weights = [], [], []
        for start in range(0, len(vocabulary), _AT_ONCE):
            vectors = embedder.embed(vocabulary[start : start + _AT_ONCE])
            rows, columns = np.nonzero(vectors)
            counts.append(np.bincount(rows, minlength=len(vectors)))
            places.append(columns.astype(np.int32))
            weights.append(vectors[rows, columns])
        np.savez(
            table,
            words=np.array(json.dumps(vocabulary, ensure_ascii=False)),
            ends=np.cumsum(np.concatenate([[0], *counts])),
            places=np.concatenate(places),
            weights=np.concatenate(weights),
        )

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector a text, of unit length."""
        found = [self._embedder.embed_query(text) if len(text) < SHORT else self._sum(words(text)) for text in texts]
        return np.array(found, dtype=np.float32).reshape(len(texts), self.dimension)

    def embed_query(self, text: str) -> Vectors:
        """The vector of a question, as the other embedder gives it."""
        return self._embedder.embed_query(text)

    def _sum(self, spoken: Iterable[str]) -> Vectors:
        counts = Counter(map(self._numbers.get, spoken))
        counts.pop(None, None)
        numbers = np.fromiter(counts, np.int64)
        damped = 1 + np.log(np.fromiter(counts.values(), np.int64))
        starts, ends = self._ends[numbers], self._ends[numbers + 1]
        # One word's places after the other's; taken at once, in half the time of a slice a word.
        after = np.cumsum(ends - starts)
        which = np.arange(after[-1]) + np.repeat(ends - after, ends - starts)
        found = np.bincount(self._places[which], self._weights[which] * np.repeat(damped, ends - starts), self.dimension)
        return np.asarray(found / np.linalg.norm(found), dtype=np.float32)
