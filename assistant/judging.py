"""Whether the hits speak of what is asked: a few signs, weighed into one confidence, and the floor it must reach.

The weights and floors come from `scripts/fit_weights.py confidence`; what they were fitted on and what they reach stands in
docs/decisions.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from assistant.asking import Kind, holds, kinds
from assistant.evidence import Place, around, places, share
from assistant.types import Hit, Weighted

__all__ = ["Judgement", "Signs", "judge", "signs"]

CLEARLY = 0.6  # presence from which a concept counts as named in a sentence
ABSENT_NAME = 4.0  # taken off the sum of the signs when the collection never names somebody the question names
FARTHEST = 700.0  # from which on a float holds no power of e: a question may repeat one word five hundred times


class Signs(NamedTuple):
    """What tells a question the hits speak of from one they do not.

    `evidence` is the weight of what the best sentence and its neighbours say of the question, `missing` the weight of what the
    best sentence lacks; both are in tens. `letters` is the largest share of the question's n-grams in one sentence, `match` the
    logarithm of the best full-text score by the question's weight, `agreement` is 1 where both legs put the same passage first.
    `unnamed` says that a name of the question is not there, `unfit` that no day is where it asks when, or no number where it
    asks how many. `crowd` is the logarithm of the number of passages: the more there are, the more is alike by chance.
    """

    evidence: float
    missing: float
    letters: float
    match: float
    agreement: float
    unnamed: float
    unfit: float
    crowd: float


class _Scale(NamedTuple):
    """The weight of each sign, what is added to their sum, and the least confidence that is enough."""

    weights: Signs
    base: float
    floor: float


WITHIN = _Scale(Signs(3.31, -1.12, 2.03, 2.67, 3.62, -1.30, -1.15, -0.30), -5.10, 0.63)
ACROSS = _Scale(Signs(2.88, -0.52, 1.82, 0.68, 1.42, -0.67, -1.16, -0.10), -2.46, 0.50)


class Judgement(NamedTuple):
    """How surely the hits speak of the question (0 to 1), and the floor from which that is enough."""

    confidence: float
    floor: float

    @property
    def enough(self) -> bool:
        return self.confidence >= self.floor


def judge(
    question: str,
    language: str,
    concepts: Sequence[Weighted],
    hits: Sequence[Hit],
    *,
    matches: Mapping[str, float],
    passages: int,
    absent_name: bool = False,
) -> Judgement:
    """The judgement of the hits in the question's `language` or of the others, whichever is further above its floor.

    `matches` has the full-text score of passages by the question's weight; `passages` is how many the collection has;
    `absent_name` says that the question names somebody whom none of them names.
    """
    own = [hit for hit in hits if hit.passage.source.language == language]
    others = [hit for hit in hits if hit.passage.source.language != language]
    judgements = [Judgement(0.0, WITHIN.floor)]
    for scale, part in ((WITHIN, own), (ACROSS, others)):
        found = signs(question, concepts, part, matches=matches, passages=passages)
        if found is not None:
            judgements.append(Judgement(_confidence(scale, found, scale.base - absent_name * ABSENT_NAME), scale.floor))
    return max(judgements, key=lambda one: one.confidence / one.floor)


def _confidence(scale: _Scale, found: Signs, base: float) -> float:
    """The logistic function of the weighed signs."""
    against = -base - sum(weight * sign for weight, sign in zip(scale.weights, found, strict=True))
    return 1 / (1 + math.exp(min(against, FARTHEST)))


def signs(
    question: str,
    concepts: Sequence[Weighted],
    hits: Sequence[Hit],
    *,
    matches: Mapping[str, float],
    passages: int,
) -> Signs | None:
    """The signs of the hits for the question; None where there is nothing to weigh."""
    weights = [item.weight for item in concepts]
    listed = places(concepts, hits)
    if not listed or sum(weights) <= 0:
        return None
    present = [place.presence for place in listed]
    windows = [_together([present[near] for near in around(listed, at)]) for at in range(len(listed))]
    best = max(range(len(listed)), key=lambda at: share(weights, windows[at]))
    sentence = max(present, key=lambda values: share(weights, values))
    return Signs(
        evidence=sum(weight * value for weight, value in zip(weights, windows[best], strict=True)) / 10,
        missing=sum(weight for weight, value in zip(weights, sentence, strict=True) if value <= CLEARLY) / 10,
        letters=max(share(weights, place.letters) for place in listed),
        match=math.log1p(max(matches.get(hit.passage.id, 0.0) for hit in hits)),
        agreement=_agreement(hits),
        unnamed=max((1 - value for item, value in zip(concepts, windows[best], strict=True) if item.concept.named), default=0.0),
        unfit=float(_lacks_what_is_asked_for(question, [listed[near] for near in around(listed, best)], hits)),
        crowd=math.log1p(passages),
    )


def _together(present: Sequence[Sequence[float]]) -> list[float]:
    """What neighbouring sentences hold of each concept."""
    return [max(values) for values in zip(*present, strict=True)]


def _agreement(hits: Sequence[Hit]) -> float:
    """1 when one passage came first in both legs, less for later places; full text counts alone where no vectors were searched."""
    legs = 2 if any(hit.dense_rank for hit in hits) else 1
    return max(sum(1 / rank for rank in (hit.lexical_rank, hit.dense_rank)[:legs] if rank) for hit in hits) / legs


def _lacks_what_is_asked_for(question: str, window: Sequence[Place], hits: Sequence[Hit]) -> bool:
    asked = kinds(question) & {Kind.DAY, Kind.NUMBER}
    if not asked:
        return False
    passages = [hits[place.hit].passage for place in window]
    texts = [passage.text[place.span.start : place.span.end] for passage, place in zip(passages, window, strict=True)]
    return any(not any(holds(kind, text, passages[0].source.language) for text in texts) for kind in asked)
