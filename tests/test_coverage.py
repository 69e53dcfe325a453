"""Coverage: what of a question a text speaks of."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.coverage import Sought, read
from assistant.text import is_stop_word, ngrams, stem, words
from assistant.types import Concept


def word(text: str) -> Concept:
    return Concept(text, {"": ((text,),)})


def found(concept: Concept, text: str, language: str) -> float:
    return Sought([concept]).found(read(text, language))[0]


ENVOY = Concept("envoy", {"en": (("envoy",),), "fa": (("نماینده",), ("فرستاده",)), "ar": (("مبعوث",),)})
MINISTER = Concept("وزیر خارجه", {"fa": (("وزیر", "خارجه"),)})


@pytest.mark.parametrize(
    ("concept", "text", "language", "expected"),
    [
        (ENVOY, "فرستادۀ پوتین به تهران رفت", "fa", 1.0),
        (ENVOY, "المبعوث الروسي وصل", "ar", 1.0),
        (ENVOY, "نماینده", "ar", 0.0),
        (MINISTER, "وزیر امور خارجه ایران", "fa", 1.0),
        (MINISTER, "وزیر ایران و خارجه دیگران", "fa", 1.0),
        (MINISTER, "وزیر کشور و دفاع و نیرو و خارجه", "fa", 0.0),
        (MINISTER, "خارجه از وزیر", "fa", 0.0),
        (word("تهران"), "في تهران", "ar", 1.0),
        (Concept("x", {"": (("است",),)}), "این است", "fa", 0.0),
    ],
)
def test_a_concept_is_found_in_the_spellings_of_the_texts_language(
    concept: Concept, text: str, language: str, expected: float
) -> None:
    """Translations count where their language is spoken; phrases allow a word or two between; stop words prove nothing."""
    assert found(concept, text, language) == expected


def test_a_name_found_by_sound_counts_by_its_likeness() -> None:
    """A doubtful name covers less than a sure one, and the surest spelling decides."""
    doubtful = Concept("lavrentiev", {"fa": (("لاور",), ("لاورنتیف",))}, likeness={("لاورنتیف",): 0.8, ("لاور",): 0.5})
    assert [found(doubtful, text, "fa") for text in ("لاور و لاورنتیف", "لاور", "پوتین")] == [0.8, 0.5, 0.0]


def test_letters_find_the_forms_of_a_word() -> None:
    """The share of its n-grams; a translation has none to share and counts as found, as does what is nowhere."""
    reading = read("نماینده پوتین", "fa")
    sought = Sought([word("نمایندگان"), word("پوتین"), ENVOY, word("oil")])
    forms, whole, translated, nowhere = sought.letters(reading, sought.found(reading))
    assert 0 < forms < 1
    assert (whole, translated, nowhere) == (1.0, 1.0, 0.0)


@given(st.text(max_size=40), st.lists(st.text(min_size=1, max_size=8), max_size=4))
def test_what_is_found_stays_between_nothing_and_all(text: str, names: list[str]) -> None:
    """Whatever the text and the question, one number for each concept."""
    sought, reading = Sought([word(name) for name in names]), read(text, "fa")
    shares = (*sought.found(reading), *sought.letters(reading, sought.found(reading)))
    assert len(shares) == 2 * len(names)
    assert all(0.0 <= share <= 1.0 for share in shares)


SPOKEN = st.text(alphabet="abشه _'.۱", max_size=30)


@given(SPOKEN, SPOKEN)
@example("شاه ابه", "ه__ا ه_ا")
def test_a_text_is_known_by_its_stems_and_shares_the_letters_that_its_words_have(text: str, asked: str) -> None:
    """No n-gram is found across two words of the text, nor in the marks between them, and none that a word has is missed."""
    reading, sought = read(text, "fa"), Sought([Concept(asked, {})])
    content = [word for word in words(text) if not is_stop_word(word)]
    wanted = {gram for word in asked.split() for gram in ngrams(word)}
    shared = wanted & {gram for word in content for gram in ngrams(word)}
    assert reading.stems == [stem(word) for word in content]
    assert sought.letters(reading, [0.0]) == ((len(shared) / len(wanted),) if wanted else (0.0,))
