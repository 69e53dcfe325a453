"""Coverage: how much of a question a text speaks of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.coverage import covered, likeness, read
from assistant.types import Concept, Weighted


def word(text: str) -> Concept:
    return Concept(text, {"": ((text,),)})


ENVOY = Concept("envoy", {"en": (("envoy",),), "fa": (("نماینده",), ("فرستاده",)), "ar": (("مبعوث",),)})
MINISTER = Concept("وزیر خارجه", {"fa": (("وزیر", "خارجه"),)})


@pytest.mark.parametrize(
    ("concept", "text", "language", "expected"),
    [
        (ENVOY, "فرستادۀ پوتین به تهران رفت", "fa", 1.0),
        (ENVOY, "المبعوث الروسي وصل", "ar", 1.0),
        (ENVOY, "نماینده", "ar", 0.0),
        (MINISTER, "وزیر امور خارجه ایران", "fa", 1.0),
        (MINISTER, "خارجه از وزیر", "fa", 0.0),
        (word("تهران"), "في تهران", "ar", 1.0),
        (Concept("x", {"": (("است",),)}), "این است", "fa", 0.0),
    ],
)
def test_a_concept_is_found_in_the_spellings_of_the_texts_language(
    concept: Concept, text: str, language: str, expected: float
) -> None:
    """Translations count where their language is spoken; phrases allow a word or two between; stop words prove nothing."""
    assert likeness(concept, read(text, language)) == expected


def test_a_name_found_by_sound_counts_by_its_likeness() -> None:
    """A doubtful name covers less than a sure one, and the surest spelling decides."""
    doubtful = Concept("lavrentiev", {"fa": (("لاورنتیف",), ("لاور",))}, likeness={("لاورنتیف",): 0.8, ("لاور",): 0.5})
    assert likeness(doubtful, read("لاور و لاورنتیف", "fa")) == 0.8


def test_coverage_is_the_share_of_the_weight() -> None:
    """A weightier concept counts for more; a translated one counts whole, an own word by its letters too."""
    text = read("نماینده پوتین", "fa")
    assert covered([Weighted(ENVOY, 3.0), Weighted(word("oil"), 1.0)], text) == pytest.approx(0.75)
    half = covered([Weighted(word("نمایندگان"), 1.0)], text)
    assert 0 < half < 1


def test_no_weight_is_no_coverage() -> None:
    """A question without telling words is covered by nothing."""
    assert covered([], read("هر متنی", "fa")) == 0.0
    assert covered([Weighted(ENVOY, 0.0)], read("envoy", "en")) == 0.0


@given(st.text(max_size=40), st.lists(st.tuples(st.text(min_size=1, max_size=8), st.floats(0, 10)), max_size=4))
def test_coverage_stays_between_nothing_and_all(text: str, concepts: list[tuple[str, float]]) -> None:
    """Whatever the text and the question."""
    weighted = [Weighted(word(name), weight) for name, weight in concepts]
    assert 0.0 <= covered(weighted, read(text, "fa")) <= 1.0 + 1e-9
