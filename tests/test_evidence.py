"""Evidence: what each sentence of the hits holds of the question."""

from __future__ import annotations

import pytest

from assistant.evidence import around, places, share
from assistant.types import Concept, Hit, Passage, Source, Weighted

OIL = Weighted(Concept("نفت", {"": (("نفت",),)}), 2.0)
VIENNA = Weighted(Concept("vienna", {"en": (("vienna",),), "fa": (("وین",),)}), 1.0)


def hit(name: str, text: str, language: str = "fa") -> Hit:
    return Hit(Passage(name, Source(name, language=language), text, 0, len(text)), 1.0)


HITS = (hit("a", "قیمت نفت بالا رفت. نشست در وین بود. هوا آفتابی است."), hit("b", "Oil rose in Vienna today.", "en"))


def test_every_sentence_says_which_concepts_it_holds() -> None:
    """By its own spelling or a translation, with the shared letters; a translation has none and counts as found."""
    listed = places([OIL, VIENNA], HITS)
    assert [(place.hit, place.found, place.letters) for place in listed] == [
        (0, (1.0, 0.0), (1.0, 0.0)),
        (0, (0.0, 1.0), (0.0, 1.0)),
        (0, (0.0, 0.0), (0.0, 0.0)),
        (1, (0.0, 1.0), (0.0, 1.0)),
    ]
    assert [HITS[place.hit].passage.text[slice(*place.span)] for place in listed][1] == "نشست در وین بود."
    assert listed[1].presence == (0.0, 1.0)


def test_neighbours_are_of_the_same_passage() -> None:
    """A sentence at the edge of its passage has one neighbour, or none."""
    listed = places([OIL], HITS)
    assert [list(around(listed, at)) for at in range(4)] == [[0, 1], [0, 1, 2], [1, 2], [3]]


def test_a_share_is_a_mean_by_weight() -> None:
    """No weight has no share."""
    assert share([2.0, 1.0], [1.0, 0.5]) == pytest.approx(2.5 / 3)
    assert share([0.0], [1.0]) == 0.0
