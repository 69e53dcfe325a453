"""Whether a question names an outlet ("according to Radio France"), which stands with an article and not in its text."""

from __future__ import annotations

from collections.abc import Sequence
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


def named(publisher: str | None, concepts: Sequence[Concept]) -> frozenset[int]:
    """Which of the concepts name `publisher`; none where they leave a word of its name out."""
    return _named(publisher, _Written(concepts)) if publisher and concepts else frozenset()


def preferred(hits: Sequence[Hit], concepts: Sequence[Concept]) -> list[Hit]:
    """`hits`, best first, those of an outlet that the question names a little further up."""
    publishers = {hit.passage.source.publisher for hit in hits} - {None}
    written = _Written(concepts)
    asked = {publisher for publisher in publishers if publisher and _named(publisher, written)}
    if not asked:
        return list(hits)
    extra = PREFERENCE * hits[0].score
    raised = [replace(hit, score=hit.score + extra) if hit.passage.source.publisher in asked else hit for hit in hits]
    return sorted(raised, key=lambda hit: (-hit.score, hit.passage.id))


class _Written:
    """The concepts as the words they may be written with."""

    def __init__(self, concepts: Sequence[Concept]) -> None:
        every = [{spelling for phrases in concept.spellings.values() for spelling in phrases} for concept in concepts]
        self.stems = [{stem(word) for spelling in spellings for word in spelling} for spellings in every]
        self.joined = [{"".join(spelling) for spelling in spellings} for spellings in every]
        # What the lexicon knows is known in every language; what it does not may be another script's spelling.
        self.unknown = [concept.text if set(concept.spellings) == {""} or concept.likeness else "" for concept in concepts]

    def naming(self, word: str) -> frozenset[int]:
        """The concepts of which `word` is a word, or the one and the next that are written together in it."""
        for place, (stems, unknown) in enumerate(zip(self.stems, self.unknown, strict=True)):
            if stem(word) in stems or (min(len(unknown), len(word)) >= LEAST and same_name(unknown, word)):
                return frozenset((place,))
        for place in range(len(self.joined) - 1):
            heads = (head for head in self.joined[place] if word.startswith(head))
            if any(word[len(head) :] in self.joined[place + 1] for head in heads):
                return frozenset((place, place + 1))
        return frozenset()


def _named(publisher: str, written: _Written) -> frozenset[int]:
    own = _own_words(publisher)
    together = written.naming("".join(own))
    if together:
        return together
    found = [written.naming(word) for word in own]
    return frozenset().union(*found) if found and all(found) else frozenset()


@lru_cache(maxsize=2_000)
def _own_words(publisher: str) -> tuple[str, ...]:
    spoken = [word for word in words(publisher) if not is_stop_word(word)]
    return tuple(word for word in spoken if word not in _COMMON) or tuple(spoken)
