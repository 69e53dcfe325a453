"""Which sentences of the hits answer the question best: a few traits of each, weighed into one score.

The weights come from `scripts/fit_weights.py choice`; what they were fitted on and what they reach stands in docs/decisions.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assistant.asking import Kind, holds, kinds
from assistant.coverage import Sought, read
from assistant.evidence import Place, places, share
from assistant.types import Hit, Weighted

__all__ = ["Choice", "Traits", "ranked", "traits"]


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


WITHIN = Traits(6.78, 3.72, 4.95, 2.05, 5.36, 2.24, 2.22, 1.64)
ACROSS = Traits(4.92, 13.01, 4.18, 3.19, 0.0, 0.12, 0.80, 1.92)  # where the sentence is in another language than the question
# Brings scores across languages onto the scale of those within one: a sentence that has all of the question counts the same.
EVEN = (WITHIN.words + WITHIN.letters) / (ACROSS.words + ACROSS.letters)


@dataclass(frozen=True, slots=True)
class Choice:
    """A sentence with its chance to be the one that answers, if one does; the chances of all candidates add up to 1."""

    place: Place
    chance: float


def ranked(question: str, language: str, concepts: Sequence[Weighted], hits: Sequence[Hit]) -> list[Choice]:
    """The sentences of the hits, best first, for a question in `language`."""
    scored = sorted(
        ((_score(found, within=place.reading.language == language), place) for place, found in traits(question, concepts, hits)),
        key=lambda item: (-item[0], item[1].hit, item[1].span.start),
    )
    if not scored:
        return []
    best, first = scored[0]
    scale = 1.0 if first.reading.language == language else EVEN  # the one under which the weights were fitted
    powers = [math.exp((score - best) / scale) for score, _ in scored]
    return [Choice(place, power / sum(powers)) for power, (_, place) in zip(powers, scored, strict=True)]


def _score(found: Traits, *, within: bool) -> float:
    total = sum(weight * trait for weight, trait in zip(WITHIN if within else ACROSS, found, strict=True))
    return total if within else EVEN * total


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
