"""Which sentences of the hits answer the question best: a few traits of each, weighed into one score.

The weights come from `scripts/fit_weights.py choice`; what they were fitted on and what they reach stands in docs/decisions.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from assistant.asking import Kind, holds, kinds
from assistant.coverage import Sought, read
from assistant.evidence import Place, places, share
from assistant.text import words
from assistant.types import Hit, Weighted

__all__ = ["Choice", "Traits", "leading", "ranked", "traits"]


class Traits(NamedTuple):
    """What speaks for a sentence.

    `passage` is the score of its passage by the best one's; `words` and `letters` the shares of the question's weight that it
    names and whose n-grams it has; `before` what only the sentence before names (of which it goes on to speak as "he" or "this"),
    `titled` what only the article's title does; `day`, `number` and `reason` are 1 where the question asks for such a thing and
    the sentence holds one.
    """

    passage: float
    words: float
    letters: float
    before: float
    titled: float
    day: float
    number: float
    reason: float


WITHIN = Traits(6.32, 4.31, 4.85, 2.21, 5.99, 1.75, 1.93, 1.22)
# Where the sentence is in another language than the question. The weights were fitted together, on mixed collections too, so that
# all sentences stand on one scale: what is named in translation counts for more, as some of a question has none there.
ACROSS = WITHIN._replace(words=9.33, letters=3.89)
BASE = 0.51  # added across
NAMED = WITHIN.words + WITHIN.letters  # the most that naming counts: with all of the question, the reader's language goes first
ASIDE = 0.3  # of its weight is left to what only another of the questions asked at once names


@dataclass(frozen=True, slots=True)
class Choice:
    """A sentence with its chance to be the one that answers, if one does; the chances of all candidates add up to 1."""

    place: Place
    chance: float


def ranked(question: str, language: str, concepts: Sequence[Weighted], hits: Sequence[Hit]) -> list[Choice]:
    """The sentences of the hits, best first, for a question in `language`."""
    scored = [(_score(found, within=_is_own(place, language)), place) for place, found in traits(question, concepts, hits)]
    scored.sort(key=lambda item: (-item[0], not _is_own(item[1], language), item[1].hit, item[1].span.start))
    if not scored:
        return []
    best = scored[0][0]
    powers = [math.exp(score - best) for score, _ in scored]
    return [Choice(place, power / sum(powers)) for power, (_, place) in zip(powers, scored, strict=True)]


def leading(part: str, asked: Sequence[str], concepts: Sequence[Weighted]) -> list[Weighted]:
    """The concepts for `part`, one of the questions `asked` at once: what only the others name counts for less."""
    own, others = set(words(part)), set(words(" ".join(other for other in asked if other != part)))
    return [replace(item, weight=item.weight * ASIDE) if _spoken(item) <= others - own else item for item in concepts]


def _spoken(item: Weighted) -> set[str]:
    return set(item.concept.text.split())


def _is_own(place: Place, language: str) -> bool:
    return place.reading.language == language


def _score(found: Traits, *, within: bool) -> float:
    weights = WITHIN if within else ACROSS
    named = weights.words * found.words + weights.letters * found.letters + (0.0 if within else BASE)
    rest = found._replace(words=0.0, letters=0.0)
    return min(named, NAMED) + sum(weight * trait for weight, trait in zip(weights, rest, strict=True))


def traits(question: str, concepts: Sequence[Weighted], hits: Sequence[Hit]) -> list[tuple[Place, Traits]]:
    """Every sentence of the hits, in order, with its traits."""
    weights = [item.weight for item in concepts]
    asked = kinds(question)
    best = max((hit.score for hit in hits), default=0.0) or 1.0
    titles = _titles(concepts, hits)
    listed = places(concepts, hits)
    described = []
    for previous, place in zip([None, *listed], listed, strict=False):
        hit = hits[place.hit]
        text = hit.passage.text[place.span.start : place.span.end]
        fits = {kind: float(holds(kind, text, place.reading.language)) for kind in asked}
        near = previous.presence if previous is not None and previous.hit == place.hit else ()
        found = Traits(
            passage=hit.score / best,
            words=share(weights, place.found),
            letters=share(weights, place.letters),
            before=_beyond(weights, place, near),
            titled=_beyond(weights, place, titles[hit.passage.source.article_id]),
            day=fits.get(Kind.DAY, 0.0),
            number=fits.get(Kind.NUMBER, 0.0),
            reason=fits.get(Kind.REASON, 0.0),
        )
        described.append((place, found))
    return described


def _titles(concepts: Sequence[Weighted], hits: Sequence[Hit]) -> dict[str, tuple[float, ...]]:
    """By article: which concepts its title names."""
    sought = Sought([item.concept for item in concepts])
    sources = {hit.passage.source.article_id: hit.passage.source for hit in hits}
    return {name: sought.found(read(source.title or "", source.language)) for name, source in sources.items()}


def _beyond(weights: Sequence[float], place: Place, other: Sequence[float]) -> float:
    """The share of the question's weight that `other` holds and the sentence does not."""
    return share(weights, [max(0.0, there - here) for there, here in zip(other, place.presence, strict=True)]) if other else 0.0
