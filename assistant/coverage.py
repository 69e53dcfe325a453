"""How much of a question a piece of text speaks of: the measure behind choosing sentences and behind refusing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assistant.text import is_stop_word, ngrams, stem, stem_variants, words
from assistant.types import Concept

__all__ = ["Reading", "Sought", "read"]

SLOP = 2  # words that may stand between those of a phrase («وزیر امور خارجه» for «وزیر خارجه»)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the words and the stems it has without stop words, in order, each kept as one line: half a kilobyte a sentence.

    The words are padded as those are that n-grams are made of: a text has an n-gram where the line holds it.
    """

    language: str
    padded: str
    stemmed: str

    @property
    def stems(self) -> list[str]:
        """The stems in order."""
        return self.stemmed.split()

    @property
    def known(self) -> frozenset[str]:
        """The stems that are there."""
        return frozenset(self.stems)


def read(text: str, language: str) -> Reading:
    """`text` ready to be compared with concepts."""
    content = [word for word in words(text) if not is_stop_word(word)]
    return Reading(language, f"_{'_ _'.join(content)}_" if content else "", " ".join(map(stem, content)))


class Sought:
    """Concepts made ready to be looked for in many texts."""

    def __init__(self, concepts: Sequence[Concept]) -> None:
        self._concepts = concepts
        self._grams = [frozenset(gram for word in concept.text.split() for gram in ngrams(word)) for concept in concepts]
        self._forms: dict[str, Mapping[str, Sequence[_Form]]] = {}

    def found(self, reading: Reading) -> tuple[float, ...]:
        """Per concept 1 when a spelling of it stands in the text, less when it was found by sound only, 0 when it does not."""
        if reading.language not in self._forms:
            self._forms[reading.language] = _by_first_stem(self._concepts, reading.language)
        forms, stems = self._forms[reading.language], reading.stems
        best = [0.0] * len(self._concepts)
        for place, value in enumerate(stems):
            for form in forms.get(value, ()):
                if form.likeness > best[form.concept] and form.goes_on(stems, place):
                    best[form.concept] = form.likeness
        return tuple(best)

    def letters(self, reading: Reading, found: Sequence[float]) -> tuple[float, ...]:
        """Per concept the share of its n-grams that the text has; a concept that has none to share there counts as `found`."""
        padded = reading.padded
        shares = (len([gram for gram in grams if gram in padded]) / len(grams) if grams else 0.0 for grams in self._grams)
        return tuple(share or value for share, value in zip(shares, found, strict=True))


class _Form(NamedTuple):
    """A spelling of the concept at a place of the question as stems: what closely follows its first one."""

    concept: int
    rest: tuple[str, ...]
    likeness: float

    def goes_on(self, stems: Sequence[str], start: int) -> bool:
        if not self.rest:
            return True
        near = stems[start : start + len(self.rest) + 1 + SLOP]
        return all(part in near for part in self.rest)


def _by_first_stem(concepts: Sequence[Concept], language: str) -> dict[str, list[_Form]]:
    """The spellings of all concepts that hold in texts of `language`, by the stems that they may begin with."""
    found: dict[str, list[_Form]] = {}
    for place, concept in enumerate(concepts):
        for first, rest, likeness in _spellings(concept, language):
            form = _Form(place, tuple(map(stem, rest)), likeness)
            for start in stem_variants(first, language):
                found.setdefault(start, []).append(form)
    return found


def _spellings(concept: Concept, language: str) -> Iterator[tuple[str, list[str], float]]:
    """The first word with content of each spelling in `language`, the others, and how alike it sounds."""
    for code in ("", language):
        for spelling in concept.spellings.get(code, ()):
            content = [word for word in spelling if not is_stop_word(word)]
            if content:
                yield content[0], content[1:], concept.likeness.get(spelling, 1.0)
