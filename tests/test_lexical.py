"""The full-text index: concepts, languages, filters, names by sound."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant import lexical
from assistant.errors import LibraryDamaged
from assistant.lexical import LexicalIndex, Sounding
from assistant.text import fold
from assistant.types import Concept, Filters, Passage, Source

NOBODY = Filters()


def passage(text: str, article: str, language: str = "fa", **known: object) -> Passage:
    return Passage(f"{article}-0", Source(article, language=language, **known), text, 0, len(text))  # type: ignore[arg-type]


def word(text: str, **options: object) -> Concept:
    return Concept(fold(text), {"": ((fold(text),),)}, **options)  # type: ignore[arg-type]


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    made = LexicalIndex(tmp_path / "lexical", create=True)
    made.add(
        [
            passage("انقلاب در ایران پیروز شد و شاه رفت", "fa1", publisher="ایسنا", published=date(2016, 12, 18)),
            passage("فشل انقلاب عسكري في تركيا أمس", "ar1", "ar", publisher="سانا", published=date(2016, 7, 16)),
            passage("The revolution of 1979 changed Iran", "en1", "en"),
            passage("نماینده پوتین، لاورنتیف، به تهران رفت", "fa2", publisher="پرس تی‌وی"),
        ]
    )
    made.commit()
    return made


def found(index: LexicalIndex, *concepts: Concept, filters: Filters = NOBODY) -> list[str]:
    return [name for name, _ in index.search(concepts, filters=filters, limit=10)]


def test_a_word_is_found_in_any_form(index: LexicalIndex) -> None:
    """Endings, clitics and letters of the other keyboard do not hide a word."""
    assert found(index, word("نمايندگان"))[0] == "fa2-0"
    assert found(index, word("العسكريه"))[0] == "ar1-0"


def test_a_spelling_counts_only_in_its_language(index: LexicalIndex) -> None:
    """«انقلاب» means a coup in Arabic: looked for as the Persian word, it is not found there by its stem."""
    persian = Concept("revolution", {"fa": (("انقلاب",),), "en": (("revolution",),)})
    assert set(found(index, persian)) == {"fa1-0", "en1-0"}


def test_a_concept_weighs_the_same_in_every_language(index: LexicalIndex) -> None:
    """One clause a concept: the language with the rarer spelling does not win by it."""
    concept = Concept("revolution", {"fa": (("انقلاب",),), "en": (("revolution",),)})
    scores = dict(index.search([concept], filters=NOBODY, limit=10))
    assert scores["fa1-0"] == pytest.approx(scores["en1-0"], rel=0.9)
    assert index.frequency(concept) == 2


def test_a_phrase_needs_its_words_together(index: LexicalIndex) -> None:
    """A multi-word spelling is found where its words stand side by side, one word between them allowed."""
    assert found(index, Concept("x", {"fa": (("نماینده", "پوتین"),)})) == ["fa2-0"]
    assert found(index, Concept("x", {"fa": (("نماینده", "تهران"),)})) == []


def test_a_doubtful_name_weighs_less(index: LexicalIndex) -> None:
    """A spelling found by sound counts by its likeness."""
    sure = Concept("x", {"fa": (("لاورنتیف",),)})
    doubtful = Concept("x", {"fa": (("لاورنتیف",),)}, likeness={("لاورنتیف",): 0.5})
    assert index.search([doubtful], filters=NOBODY, limit=1)[0][1] == pytest.approx(
        index.search([sure], filters=NOBODY, limit=1)[0][1] / 2
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(languages=("ar",)), {"ar1-0"}),
        (Filters(publishers=("ایسنا",)), {"fa1-0"}),
        (Filters(publishers=("پرس تيوي",)), {"fa2-0"}),
        (Filters(articles=("en1", "fa1")), {"en1-0", "fa1-0"}),
        (Filters(since=date(2016, 12, 18)), {"fa1-0"}),
        (Filters(until=date(2016, 7, 16)), {"ar1-0"}),
        (Filters(since=date(2016, 7, 16), until=date(2016, 12, 18)), {"ar1-0", "fa1-0"}),
        (Filters(languages=("he",)), set()),
    ],
)
def test_filters_restrict_and_add_nothing_to_the_score(index: LexicalIndex, filters: Filters, expected: set[str]) -> None:
    """Language, outlet (in any spelling), article and day; an unknown day is outside every range."""
    everything = [word("انقلاب"), word("revolution"), word("پوتین")]
    unfiltered = dict(index.search(everything, filters=NOBODY, limit=10))
    assert {name: pytest.approx(unfiltered[name]) for name in expected} == dict(index.search(everything, filters=filters, limit=10))


def test_words_are_found_by_sound(index: LexicalIndex) -> None:
    """The words of the collection that sound like a name, each with its articles' language and how alike they sound."""
    assert index.sounding("lavrentiev") == {Sounding("لاورنتیف", "fa"): pytest.approx(0.89, abs=0.01)}
    assert index.sounding("xyzzy") == {}


def test_a_word_that_stands_there_is_not_sought_by_sound(index: LexicalIndex) -> None:
    """Where a language has the word itself, words that merely sound like it would only stand in its way."""
    assert Sounding("لاورنتیف", "fa") not in index.sounding("لاورنتیف")
    assert Sounding("لاورنتیف", "fa") in index.sounding("لافرنتیف")


def test_what_is_remembered_of_questions_stays_little(index: LexicalIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much was asked, and whatever was forgotten since, the same words are found and counted the same."""
    names = ["lavrentiev", "putin", "iran", "tehran", "xyzzy"]
    before = [(index.sounding(name), index.frequency(word(name))) for name in names]
    index.reload()
    monkeypatch.setattr(lexical, "KEPT", 2)
    monkeypatch.setattr(lexical, "ASKED", 2)
    monkeypatch.setattr(lexical, "COUNTED", 3)
    assert [(index.sounding(name), index.frequency(word(name))) for name in names] == before
    assert (len(index._sounding) <= 2, len(index._counts) <= 3, len(index._spelled) <= 2) == (True, True, True)


def test_what_is_remembered_of_a_word_is_of_that_word_alone(index: LexicalIndex) -> None:
    """The same word may be asked for again with another weight, other spellings or another likeness, and gets its own score."""
    spellings = {"en": (("revolution",),)}
    asked = [
        Concept("revolution", spellings),
        Concept("revolution", spellings, weight=0.5),
        Concept("revolution", {**spellings, "fa": (("انقلاب",),)}),
        Concept("revolution", spellings, likeness={("revolution",): 0.5}),
    ]
    fresh = [index.search([one], filters=NOBODY, limit=10) for one in asked if index.reload() is None]
    assert [index.search([one], filters=NOBODY, limit=10) for one in asked] == fresh
    assert len({str(hits) for hits in fresh}) == len(asked)


@pytest.mark.parametrize("text", ["revolution", "انقلاب"])
def test_what_stands_nearly_everywhere_tells_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Of a word that is found by its stem, n-grams that most passages have add nothing; a misspelt word is found by them alone."""
    index = LexicalIndex(tmp_path / "lexical", create=True)
    longer, language = ("revolutionary", "en") if text.isascii() else ("انقلابیون", "fa")
    index.add([passage(text, "a", language), *(passage(longer, f"b{number}", language) for number in range(9))])
    index.commit()
    assert len(found(index, word(text))) == 10
    monkeypatch.setattr(lexical, "FEW", 0)
    assert found(index, word(text)) == ["a-0"]
    misspelt = word(text[:-1] + "q")
    assert len(found(index, misspelt)) == 10
    translated = Concept(fold(longer[:-1]), {language: ((fold(longer[:-1]),),), "ar": ((fold("ثورة"),),)})
    index.add([passage("ثورة", "c", "ar")])
    index.delete(["b0", "b1"])  # deleted passages still count where n-grams are counted
    index.commit()
    assert len(found(index, misspelt)) == 8
    assert len(found(index, translated)) == 9


def test_what_is_remembered_of_texts_stays_little(index: LexicalIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of more texts than are remembered are found like any other, and no more than that are kept."""
    monkeypatch.setattr(lexical, "WORDS", 3)
    monkeypatch.setattr(lexical, "_MEMORY", lexical._Memory())
    index.add([passage("نفت ایران گران شد", "fa3"), passage("Oil prices rose, oil prices fell", "en2", "en")])
    index.commit()
    assert [found(index, word(one)) for one in ("نفت", "prices", "fell")] == [["fa3-0"], ["en2-0"], ["en2-0"]]
    assert 0 < len(lexical._MEMORY) <= 3


def test_adding_again_replaces(index: LexicalIndex) -> None:
    """A passage has one entry, whatever was there before under its id."""
    index.add([passage("متن دیگری درباره نفت", "fa1")])
    index.commit()
    assert index.count() == 4
    assert found(index, word("نفت")) == ["fa1-0"]


def test_a_text_of_stop_words_is_held_and_found_by_none_of_them(index: LexicalIndex) -> None:
    """Every passage of the catalogue has its entry, also one that says nothing."""
    index.add([passage("The and of", "en2", "en"), passage("!", "en3", "en")])
    index.commit()
    assert index.count() == 6
    assert found(index, word("the"), word("and"), filters=Filters(articles=("en2", "en3"))) == []


def test_a_word_is_filed_under_the_language_of_each_text(index: LexicalIndex) -> None:
    """What is remembered of a word of one text serves those in other languages, and every text has it as its own."""
    index.add([passage("Putin", "en2", "en"), passage("Putin, Putin", "fa3"), passage("Putin", "ru1", "ru")])
    index.commit()
    heard = {Sounding("putin", "en"), Sounding("putin", "fa"), Sounding("putin", "other")}
    assert {sound for sound in index.sounding(fold("پوتین")) if sound.word.isascii()} == heard
    assert [found(index, Concept("putin", {tag: (("putin",),)}))[:1] for tag in ("en", "fa", "other")] == [
        ["en2-0"],
        ["fa3-0"],
        ["ru1-0"],
    ]


def test_deleting_leaves_nothing_to_find(index: LexicalIndex) -> None:
    """A deleted article is in no result."""
    index.delete(["fa2"])
    index.commit()
    assert index.count() == 3
    assert found(index, word("پوتین")) == []


def test_nothing_is_found_for_nothing(index: LexicalIndex) -> None:
    """No concept, or none that the collection knows, gives no hit."""
    assert found(index) == []
    assert found(index, word("qqqq")) == []


def test_what_a_killed_commit_left_is_in_nobodys_way(index: LexicalIndex, tmp_path: Path) -> None:
    """tantivy writes which passages are deleted, and only then that it did so; killed in between, the same can be done again."""
    written = tmp_path / "lexical" / "meta.json"
    before = written.read_bytes()
    index.delete(["fa1"])
    index.commit()
    written.write_bytes(before)
    again = LexicalIndex(tmp_path / "lexical")
    assert again.count() == 4
    again.delete(["fa1"])
    again.commit()
    assert again.count() == 3


def test_another_reader_sees_commits_after_reloading(index: LexicalIndex, tmp_path: Path) -> None:
    """Reopening is not needed to follow a writer."""
    reader = LexicalIndex(tmp_path / "lexical")
    index.delete(["fa1"])
    index.commit()
    reader.reload()
    assert reader.count() == 3


def test_a_missing_or_broken_index_says_what_to_do(tmp_path: Path) -> None:
    """Neither is taken for an empty index."""
    with pytest.raises(LibraryDamaged, match="sanad rebuild"):
        LexicalIndex(tmp_path / "nowhere")
    LexicalIndex(tmp_path / "lexical", create=True)
    (tmp_path / "lexical" / "meta.json").write_text("{")
    with pytest.raises(LibraryDamaged, match="sanad rebuild"):
        LexicalIndex(tmp_path / "lexical")
