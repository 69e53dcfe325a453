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

import numpy as np

from assistant.language import detect
from assistant.lexicon import Lexicon
from assistant.names import skeletons
from assistant.protocols import Vectors
from assistant.text import content_words, ngrams, stem

__all__ = ["EmbeddedEmbedder"]

DIMENSION = 1024
STEM, GRAM, CONCEPT, SOUND = 1.0, 0.35, 1.2, 0.4  # chosen on the development sets, see docs/decisions.md
COMMONEST = 5_000  # lexicon rows ranked beyond this are as telling as a name


class EmbeddedEmbedder:
    """An `Embedder` that needs nothing but the lexicon. The same text gives the same vector on every machine."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._word_features: dict[str, list[tuple[str, float]]] = {}

    @property
    def name(self) -> str:
        return "embedded-1"

    @property
    def dimension(self) -> int:
        return DIMENSION

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, shape (len(texts), 1024), unit length; a text without any word gives the first axis."""
        vectors: Vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            for feature, weight in self._features(text).items():
                place, sign = _place(feature)
                vectors[row, place] += sign * weight
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors[norms[:, 0] == 0, 0] = 1.0
        norms[norms == 0] = 1.0
        vectors /= norms
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """The vector of a question, shape (1024,)."""
        vector: Vectors = self.embed([text])[0]
        return vector

    def _features(self, text: str) -> dict[str, float]:
        """Each feature with its weight, damped by how often it occurs (1 + log tf)."""
        spoken = content_words(text)
        language = detect(text)
        counts: Counter[str] = Counter()
        weights: dict[str, float] = {}
        for feature, weight in self._weighted(spoken, language):
            counts[feature] += 1
            weights[feature] = weight
        return {feature: weights[feature] * (1 + math.log(count)) for feature, count in counts.items()}

    def _weighted(self, spoken: Sequence[str], language: str) -> Iterable[tuple[str, float]]:
        for word in spoken:
            if word not in self._word_features:
                self._word_features[word] = list(_spelling_features(word))
            yield from self._word_features[word]
        for rank in self._lexicon.concept_ids(spoken, language):
            yield f"c{rank}", CONCEPT * min(1.0, 0.3 + 0.7 * math.log1p(rank) / math.log1p(COMMONEST))


def _spelling_features(word: str) -> Iterable[tuple[str, float]]:
    yield f"s{stem(word)}", STEM
    grams = ngrams(word)
    for gram in grams:
        yield f"g{gram}", GRAM
    for skeleton in skeletons(word):
        if len(skeleton) > 1:
            yield f"n{skeleton}", SOUND


def _place(feature: str) -> tuple[int, float]:
    code = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
    return code % DIMENSION, 1.0 if code & 0x8000_0000 else -1.0
