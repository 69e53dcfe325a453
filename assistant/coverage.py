"""How much of a question a piece of text speaks of: the measure behind choosing sentences and behind refusing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.text import is_stop_word, ngrams, stem, stem_variants, words
from assistant.types import Concept

__all__ = ["Reading", "Sought", "read"]

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


class Sought:
    """Concepts made ready to be looked for in many texts."""

    def __init__(self, concepts: Sequence[Concept]) -> None:
        self._concepts = concepts
        self._grams = [frozenset(gram for word in concept.text.split() for gram in ngrams(word)) for concept in concepts]
        self._forms: dict[str, list[list[_Form]]] = {}

    def found(self, reading: Reading) -> tuple[float, ...]:
        """Per concept 1 when a spelling of it stands in the text, less when it was found by sound only, 0 when it does not."""
        if reading.language not in self._forms:
            self._forms[reading.language] = [_forms(concept, reading.language) for concept in self._concepts]
        return tuple(
            next((form.likeness for form in forms if form.stands_in(reading)), 0.0) for forms in self._forms[reading.language]
        )

    def letters(self, reading: Reading, found: Sequence[float]) -> tuple[float, ...]:
        """Per concept the share of its n-grams that the text has; a concept that has none to share there counts as `found`."""
        shares = (len(grams & reading.grams) / len(grams) if grams else 0.0 for grams in self._grams)
        return tuple(share or value for share, value in zip(shares, found, strict=True))


@dataclass(frozen=True, slots=True)
class _Form:
    """A spelling as stems: one of `firsts`, with the `rest` close behind it."""

    firsts: frozenset[str]
    rest: tuple[str, ...]
    likeness: float

    def stands_in(self, reading: Reading) -> bool:
        if self.firsts.isdisjoint(reading.known):
            return False
        if not self.rest:
            return True
        near = len(self.rest) + 1 + SLOP
        starts = (index for index, value in enumerate(reading.stems) if value in self.firsts)
        return any(all(part in reading.stems[start : start + near] for part in self.rest) for start in starts)


def _forms(concept: Concept, language: str) -> list[_Form]:
    """The spellings of a concept that hold in texts of `language`, the surest first."""
    found = []
    for code in ("", language):
        for spelling in concept.spellings.get(code, ()):
            first, *rest = [word for word in spelling if not is_stop_word(word)] or [""]
            firsts = frozenset(stem_variants(first, language))
            found.append(_Form(firsts, tuple(stem(word) for word in rest), concept.likeness.get(spelling, 1.0)))
    return sorted(found, key=lambda form: -form.likeness)
