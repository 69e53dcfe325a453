"""The terms of the full-text index: how words and the spellings of a concept are written in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from assistant.text import is_stop_word, ngrams, stem, stem_variants
from assistant.types import Concept

__all__ = ["Phrase", "grams", "language_tag", "phrases", "term"]

LANGUAGES = ("fa", "ar", "en")


class Phrase(NamedTuple):
    """A spelling of a concept as index terms, side by side, with its likeness and its words."""

    terms: tuple[str, ...]
    likeness: float
    words: tuple[str, ...]


def phrases(concept: Concept) -> list[Phrase]:
    """The concept's spellings as index terms; a spelling without a language stands for every one."""
    found: dict[tuple[str, ...], Phrase] = {}
    for language, spellings in concept.spellings.items():
        for spelling in spellings:
            content = [word for word in spelling if not is_stop_word(word)]
            if not content:
                continue
            likeness = concept.likeness.get(spelling, 1.0)
            for code in (language,) if language else (*LANGUAGES, "other"):
                rest = [term(word, code) for word in content[1:]]
                for form in stem_variants(content[0], code):
                    terms = (f"{code}:{form}", *rest)
                    if terms not in found or found[terms].likeness < likeness:
                        found[terms] = Phrase(terms, likeness, spelling)
    return list(found.values())


def term(word: str, tag: str) -> str:
    """A word of a text as it is indexed: its stem, led by the tag of the text's language."""
    return f"{tag}:{stem(word)}"


def language_tag(language: str) -> str:
    """What stands for a language in the index."""
    return language if language in LANGUAGES else "other"


def grams(spoken: Iterable[str]) -> frozenset[str]:
    """The n-grams of some words."""
    return frozenset(gram for word in spoken for gram in ngrams(word))
