"""How much of a question a piece of text speaks of: the measure behind choosing sentences and behind refusing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.text import is_stop_word, ngrams, stem, stem_variants, words
from assistant.types import Concept, Weighted

__all__ = ["Reading", "covered", "likeness", "read", "together"]

SLOP = 2  # words that may stand between those of a phrase («وزیر امور خارجه» for «وزیر خارجه»)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as its stems (in order without stop words, and as a set) and the n-grams of its words."""

    language: str
    stems: tuple[str, ...]
    known: frozenset[str]
    grams: frozenset[str]


def read(text: str, language: str) -> Reading:
    """`text` ready to be compared with concepts."""
    content = [word for word in words(text) if not is_stop_word(word)]
    stems = tuple(stem(word) for word in content)
    return Reading(language, stems, frozenset(stems), frozenset(gram for word in content for gram in ngrams(word)))


def together(readings: Sequence[Reading]) -> Reading:
    """Readings of neighbouring texts (at least one) as one."""
    return Reading(
        readings[0].language,
        tuple(found for reading in readings for found in reading.stems),
        frozenset().union(*(reading.known for reading in readings)),
        frozenset().union(*(reading.grams for reading in readings)),
    )


def covered(concepts: Sequence[Weighted], reading: Reading) -> float:
    """The share of the question's weight that the text speaks of, 0 to 1.

    Half of it counts concepts found by stem, phrase, translation or sound; half counts shared n-grams, which find the
    forms of a word that no stemmer unites. A concept found in translation has no n-grams to share and counts whole.
    """
    total = sum(item.weight for item in concepts)
    if total <= 0:
        return 0.0
    return sum(item.weight * _presence(item.concept, reading) for item in concepts) / total


def _presence(concept: Concept, reading: Reading) -> float:
    found = likeness(concept, reading)
    shared = _gram_share(concept, reading)
    return (found + (shared or found)) / 2


def likeness(concept: Concept, reading: Reading) -> float:
    """1 when a spelling of the concept stands in the text, less when it was found by sound only, 0 when it does not."""
    best = 0.0
    for language in ("", reading.language):
        for spelling in concept.spellings.get(language, ()):
            value = concept.likeness.get(spelling, 1.0)
            if value > best and _stands(spelling, reading):
                best = value
    return best


def _gram_share(concept: Concept, reading: Reading) -> float:
    grams = {gram for word in concept.text.split() for gram in ngrams(word)}
    return len(grams & reading.grams) / len(grams) if grams else 0.0


def _stands(spelling: Sequence[str], reading: Reading) -> bool:
    first, *rest = [word for word in spelling if not is_stop_word(word)] or [""]
    firsts = stem_variants(first, reading.language)
    if not rest:
        return any(form in reading.known for form in firsts)
    wanted = [stem(word) for word in rest]
    starts = [index for index, value in enumerate(reading.stems) if value in firsts]
    return any(all(part in reading.stems[start : start + len(wanted) + 1 + SLOP] for part in wanted) for start in starts)
