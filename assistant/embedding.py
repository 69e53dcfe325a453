"""The embedded embedding: vectors from hashed features of the text itself, with no model, key or download.

Feature hashing (Weinberger et al., 2009): every stem, padded character 4-gram, lexicon concept and consonant skeleton of a
text adds its weight, with a sign, at a hashed place of the vector. Lexicon concepts and skeletons are the same number in
Persian, Arabic and English, which is what lets a question in one language be near a passage in another.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assistant.language import detect
from assistant.lexicon import Lexicon
from assistant.names import skeletons
from assistant.protocols import Vectors
from assistant.text import content_words, ngrams, stem

__all__ = ["DIMENSION", "NAME", "EmbeddedEmbedder"]

NAME = "embedded-2"  # a library remembers it: whatever changes the vectors changes the name
DIMENSION = 496  # two vectors to a page of the catalogue's file; more were not better, see docs/decisions.md
STEM, GRAM, CONCEPT, SOUND = 1.0, 0.25, 2.4, 0.6  # chosen on the development sets
LEAST = 0.3  # what the commonest word weighs of a name
COMMONEST = 5_000  # lexicon rows ranked beyond this are as telling as a name
KEPT = 50_000  # words remembered with their features, a third of a kilobyte each

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio

Features: TypeAlias = tuple[NDArray[np.uint32], NDArray[np.float64]]  # hashed, and what each weighs


class EmbeddedEmbedder:
    """An `Embedder` that needs nothing but the lexicon. The same text gives the same vector on every machine."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._spelled = lru_cache(maxsize=KEPT)(self._looked_up)

    @property
    def name(self) -> str:
        return NAME

    @property
    def dimension(self) -> int:
        return DIMENSION

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, shape (len(texts), 496), unit length; a text without any word gives the first axis."""
        vectors: Vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._sum(text)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors[norms[:, 0] == 0, 0] = 1.0
        norms[norms == 0] = 1.0
        vectors /= norms
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """The vector of a question, shape (496,)."""
        vector: Vectors = self.embed([text])[0]
        return vector

    def _sum(self, text: str) -> NDArray[np.float64]:
        """The features of a text at their places, each damped by how often it occurs (1 + log tf)."""
        spoken, language = content_words(text), detect(text)
        if not spoken:
            return np.zeros(DIMENSION)
        said, meant = Counter(spoken), Counter(self._lexicon.concept_ids(spoken, language))
        found = [*(self._spelled(word, language) for word in said), *map(_concept, meant)]
        codes, weights = (np.concatenate(part) for part in zip(*found, strict=True))
        times = np.repeat([*said.values(), *meant.values()], [len(part) for part, _ in found])
        features, which = np.unique(codes, return_inverse=True)
        often = np.bincount(which, times)
        damped = np.bincount(which, times * weights) / often * (1 + np.log(often))
        placed = np.bincount(features % DIMENSION, np.where(features >> 31, damped, -damped), DIMENSION)
        return placed.astype(np.float64)

    def _looked_up(self, word: str, language: str) -> Features:
        """What a word gives by how it is written and sounds: less, the commoner it is."""
        known = self._lexicon.concept_ids([word], language)
        return _hashed(_spelling_features(word), _telling(min(known)) if known else 1.0)


def _telling(rank: int) -> float:
    """How much a concept of that rank says of a text."""
    return min(1.0, LEAST + (1 - LEAST) * math.log1p(rank) / math.log1p(COMMONEST))


def _spelling_features(word: str) -> Iterable[tuple[str, float]]:
    yield f"s{stem(word)}", STEM
    for gram in ngrams(word):
        yield f"g{gram}", GRAM
    for skeleton in skeletons(word):
        if len(skeleton) > 1:
            yield f"n{skeleton}", SOUND


@lru_cache(maxsize=KEPT)
def _concept(rank: int) -> Features:
    return _hashed([(f"c{rank}", CONCEPT)], _telling(rank))


def _hashed(features: Iterable[tuple[str, float]], factor: float) -> Features:
    names, weights = zip(*features, strict=True)
    sums = np.array([zlib.crc32(name.encode("utf-8", "surrogatepass")) for name in names], np.uint64)
    # Checksums of words that differ in a letter differ in a pattern; multiplied, their high bits do not (Knuth).
    return (sums * _GOLDEN >> np.uint64(32)).astype(np.uint32), factor * np.array(weights)
