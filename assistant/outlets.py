"""Whether a question names an outlet ("according to Radio France"), which stands with an article and not in its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from assistant.names import same_name
from assistant.text import is_stop_word, stem, words
from assistant.types import Concept, Hit

__all__ = ["named", "preferred"]

PREFERENCE = 0.1  # of the best score, for a passage of the outlet that the question names; as for a day
LEAST = 3  # letters of a name that is compared by sound
# What outlets call themselves beside their names.
_COMMON = frozenset(
    words(
        "خبرگزاری روزنامه شبکه سایت پایگاه خبری تحلیلی فارسی عربی انگلیسی نیوز وكالة أنباء للأنباء الأنباء صحيفة قناة شبكة موقع"
        " جريدة فريق التحرير news agency newspaper daily channel network website persian farsi arabic english online"
    )
)


def named(publishers: Iterable[str | None], concepts: Sequence[Concept]) -> dict[str | None, frozenset[int]]:
    """By publisher: which of the concepts name it; none where they leave a word of its name out."""
    written = _Written(concepts)
    return {publisher: _named(publisher, written) if publisher and concepts else frozenset() for publisher in set(publishers)}


def preferred(hits: Sequence[Hit], concepts: Sequence[Concept]) -> list[Hit]:
    """`hits`, best first, those of an outlet that the question names a little further up."""
    naming = named((hit.passage.source.publisher for hit in hits), concepts)
    asked = {publisher for publisher, places in naming.items() if places}
    if not asked:
        return list(hits)
    extra = PREFERENCE * hits[0].score
    raised = [replace(hit, score=hit.score + extra) if hit.passage.source.publisher in asked else hit for hit in hits]
    return sorted(raised, key=lambda hit: (-hit.score, hit.passage.id))


class _Written:
    """The concepts as the words they may be written with, each with the places of the concepts that it is a word of."""

    def __init__(self, concepts: Sequence[Concept]) -> None:
        self._stems: dict[str, int] = {}
        self._joined: dict[str, int] = {}  # the places as the bits of a number: a question has some two hundred spellings
        for place, concept in enumerate(concepts):
            for phrases in concept.spellings.values():
                for spelling in phrases:
                    joined = "".join(spelling)
                    self._joined[joined] = self._joined.get(joined, 0) | 1 << place
                    for word in spelling:
                        self._stems.setdefault(stem(word), place)
        self._firsts = {joined[:1] for joined in self._joined}
        self._known: dict[str, frozenset[int]] = {}
        # What the lexicon knows is known in every language; what it does not may be another script's spelling.
        unknown = [concept.text if set(concept.spellings) == {""} or concept.likeness else "" for concept in concepts]
        self._unknown = [(place, text) for place, text in enumerate(unknown) if len(text) >= LEAST]

    def naming(self, word: str) -> frozenset[int]:
        """The concepts of which `word` is a word, or the one and the next that are written together in it."""
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._naming(word)
        return known

    def _naming(self, word: str) -> frozenset[int]:
        spelled = self._stems.get(stem(word))
        if len(word) >= LEAST:
            unknown = [(place, text) for place, text in self._unknown if spelled is None or place < spelled]
            spelled = next((place for place, text in unknown if same_name(text, word)), spelled)
        if spelled is not None:
            return frozenset((spelled,))
        return self._together(word)

    def _together(self, word: str) -> frozenset[int]:
        """The first concept, and the next, of which one is written in `word` up to some letter and the other from there on."""
        if self._firsts.isdisjoint((word[:1], "")):
            return frozenset()
        found = 0
        for cut in range(len(word) + 1):
            heads = self._joined.get(word[:cut])
            if heads:
                found |= heads & self._joined.get(word[cut:], 0) >> 1
        first = (found & -found).bit_length() - 1
        return frozenset((first, first + 1)) if found else frozenset()


def _named(publisher: str, written: _Written) -> frozenset[int]:
    own = _own_words(publisher)
    together = written.naming("".join(own))
    if together:
        return together
    found = list[frozenset[int]]()
    for word in own:
        naming = written.naming(word)
        if not naming:
            return naming
        found.append(naming)
    return frozenset().union(*found)


@lru_cache(maxsize=2_000)
def _own_words(publisher: str) -> tuple[str, ...]:
    spoken = [word for word in words(publisher) if not is_stop_word(word)]
    return tuple(word for word in spoken if word not in _COMMON) or tuple(spoken)
