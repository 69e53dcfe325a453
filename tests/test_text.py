"""Text: what is shown, what is searched for, and the map between them."""

from __future__ import annotations

import itertools
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.text import (
    _COMMON,
    Folded,
    Word,
    clean,
    content_words,
    digits_to_ascii,
    fold,
    fold_with_map,
    ngrams,
    paragraphs,
    sentences,
    stem,
    stem_variants,
    word_spans,
    words,
)
from assistant.types import Span

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))

# Arabic script with its marks and joiners, dodges, Latin with accents, Cyrillic, CJK, emoji, controls and broken surrogates.
SCRIPTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("ابپتسشکكگیيىئءأإآةهۀۂؤ\u200c\u200d\u0640\u064b\u0651\u0654.،؛؟«» \n"),
        st.sampled_from("aBcÉéßİıñ'’ 12۳٤.!?"),
        st.sampled_from("БбЁёйЙ北京大学。ねこ한글ไทย😀👩\u200d👩🇮🇷"),
        st.sampled_from("\x00\x1b\u202e\u2066\ufeff\ufffe\ud800\U000e0041ﷲﻻﭖ"),
        st.characters(),
    ),
    max_size=120,
)


@given(SCRIPTS)
def test_folding_with_its_map_is_the_same_folding(text: str) -> None:
    """The map never changes what folding gives, and every folded character knows a raw one, in order."""
    folded = fold_with_map(text)
    assert folded.text == fold(text)
    assert len(folded.origins) == len(folded.text)
    assert list(folded.origins) == sorted(folded.origins)
    assert all(0 <= origin < len(text) for origin in folded.origins)


@given(SCRIPTS)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    """Words are stable: folding what was folded gives the same words."""
    assert words(fold(text)) == words(text)


@given(SCRIPTS)
def test_cleaning_is_final(text: str) -> None:
    """Clean text is NFC, holds no character that must never be shown, and cleaning it again changes nothing."""
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in cleaned)
    assert not any(unicodedata.category(c) == "Cs" or 0x2066 <= ord(c) <= 0x206F or 0x202A <= ord(c) <= 0x202E for c in cleaned)


@given(SCRIPTS)
def test_cleaning_keeps_every_joiner(text: str) -> None:
    """ZWNJ and ZWJ are letters of Persian and of emoji; none is lost."""
    assert clean(text).count("\u200c") == text.count("\u200c")
    assert clean(text).count("\u200d") == text.count("\u200d")


@given(SCRIPTS)
def test_word_spans_are_the_words_where_they_stand(text: str) -> None:
    """Each word has a raw range; ranges go forward and share at most one character (½ alone gives two words)."""
    found = word_spans(text)
    assert [word.text for word in found] == words(text)
    assert all(before.end - 1 <= after.start for before, after in itertools.pairwise(found))
    assert all(0 <= word.start < word.end <= len(text) for word in found)


def test_words_of_common_characters_are_those_beside_any_other() -> None:
    """A text whose every character is common, and so is read by number, has the words it would have beside a rarer one."""
    for character in _COMMON:
        written = f"ab{character}می{character}"
        assert [*words(written), "ж"] == words(f"{written} ж")


@given(SCRIPTS)
def test_sentences_hold_everything_that_is_not_white_space(text: str) -> None:
    """Sentences go forward without overlap, are never empty, never cross a line, and leave out nothing but white space."""
    spans = sentences(text)
    kept: set[int] = set()
    for span in spans:
        assert span.start < span.end
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        assert "\n" not in text[span.start : span.end]
        assert not kept.intersection(range(span.start, span.end))
        kept.update(range(span.start, span.end))
    assert all(character.isspace() for index, character in enumerate(text) if index not in kept)
    assert spans == sorted(spans)


@pytest.mark.parametrize(
    ("variants", "folded"),
    [
        (["علي", "علی", "على"], "علی"),
        (["كتاب", "کتاب"], "کتاب"),
        (["می\u200cشود", "میشود"], "میشود"),
        (["أحمد", "احمد", "آحمد"], "احمد"),
        (["الخـ.ـارجـ.ـية", "الخارجية", "الخارجیه"], "الخارجیه"),
        (["هـ.ـامة", "هــامة", "هامّة"], "هامه"),
        (["فرستادۀ", "فرستادهٔ", "فرستاده"], "فرستاده"),
        (["۱۲۳", "١٢٣", "123", "１２３"], "123"),
        (["Café", "café", "CAFE"], "cafe"),
        (["ﻻ", "لا"], "لا"),
        (["Ёлка", "елка"], "елка"),
        (["Straße", "STRASSE"], "strasse"),
    ],
)
def test_spellings_of_one_word_fold_to_one(variants: list[str], folded: str) -> None:
    """Spellings that readers hold to be the same become equal."""
    assert {fold(variant) for variant in variants} == {folded}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("آتش\u200cبس در حلب.", ["اتشبس", "در", "حلب"]),
        ("Mamlouk's first trip", ["mamlouk", "first", "trip"]),
        ("وزير الخـ.ـارجـ.ـية", ["وزیر", "الخارجیه"]),
        ("北京 2016", ["北", "京", "2016"]),
        ("пять слов", ["пять", "слов"]),
        ("…!?", []),
        ("", []),
    ],
)
def test_words_of_every_script(text: str, expected: list[str]) -> None:
    """Words are folded runs of letters and digits; scripts without spaces give one word a character."""
    assert words(text) == expected


def test_a_word_knows_the_raw_characters_it_came_from() -> None:
    """The dodged spelling is found by the plain word and sliced as it stands."""
    text = "مباحثات هـ.ـامة في طهران"
    assert word_spans(text)[1] == Word("هامه", 8, 15)
    assert text[8:15] == "هـ.ـامة"


def test_a_raw_range_needs_characters() -> None:
    """An empty folded range has no raw characters to point at."""
    assert Folded("ab", (0, 3)).raw(0, 2) == Span(0, 4)
    with pytest.raises(ValueError, match="empty range"):
        Folded("ab", (0, 3)).raw(1, 1)


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        (["visit", "visits", "visited", "visiting"], "visit"),
        (["vote", "votes", "voted", "voting"], "vot"),
        (["policy", "policies"], "policy"),
        (["stop", "stopped", "stopping"], "stop"),
        (["سیاست", "سیاستها", "سیاستهای", "سیاستی"], "سیاست"),
        (["روسیه", "الروسیه", "والروسیه"], "روس"),
        (["وفد", "وفدا", "الوفد"], "وفد"),
        (["کشور", "کشورها", "کشورهایشان"], "کشور"),
    ],
)
def test_forms_of_one_word_share_a_stem(forms: list[str], expected: str) -> None:
    """Endings and clitics do not hide a word."""
    assert {stem(word) for form in forms for word in words(form)} == {expected}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("news", "new"),
        ("talks", "talk"),
        ("aids", "aid"),
        ("goods", "good"),
        ("سودان", "سود"),
        ("الرياض", "رياضي"),
        ("امارات", "امار"),
        ("طالبان", "طالب"),
        ("الجزایر", "جزایر"),
        ("المان", "مان"),
        ("species", "specy"),
    ],
)
def test_unrelated_words_keep_their_own_stems(one: str, other: str) -> None:
    """The stemmer does not make a word into another one."""
    assert stem(fold(one)) != stem(fold(other))


@pytest.mark.parametrize(
    ("word", "language", "expected"),
    [
        ("قیاده", "ar", ("قیاد", "بقیاد", "لقیاد", "فقیاد", "کقیاد")),
        ("قیاده", "fa", ("قیاد",)),
        ("الوفد", "ar", ("وفد",)),
        ("من", "ar", ("من",)),
    ],
)
def test_arabic_words_are_looked_for_with_what_is_written_onto_them(word: str, language: str, expected: tuple[str, ...]) -> None:
    """«بقيادة» answers a question about «قيادة»; Persian, words with an article and short words have one form."""
    assert stem_variants(word, language) == expected


def test_content_words_leave_out_what_says_nothing() -> None:
    """Question words and particles of the three languages go; a question made of nothing else keeps its words."""
    assert content_words("نماینده پوتین با چه کسی دیدار کرد؟") == ["نماینده", "پوتین", "دیدار"]
    assert content_words("من قاد الوفد؟") == ["قاد", "الوفد"]
    assert content_words("Who is it?") == ["who", "is", "it"]


def test_ngrams_are_padded() -> None:
    """Beginnings and ends of words count; a short word is its own n-gram."""
    assert ngrams("حلب") == ("_حلب", "حلب_")
    assert ngrams("تا") == ("_تا_",)
    assert ngrams("ا") == ("_ا_",)


def test_digits_of_every_script_become_ascii_and_nothing_else_changes() -> None:
    """Digits are unified, letters are left as typed."""
    assert digits_to_ascii("۲۷ دسامبر ٢٠١٦ é") == "27 دسامبر 2016 é"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("رفت. آمد و دید؟ نه اصلا این نبود!", ["رفت. آمد و دید؟", "نه اصلا این نبود!"]),
        ("ما به او گفتیم م. احمدی آمد. بعد همه با هم رفتیم.", ["ما به او گفتیم م. احمدی آمد.", "بعد همه با هم رفتیم."]),
        ("Mr. Smith met the U.S. envoy. They talked at length.", ["Mr. Smith met the U.S. envoy.", "They talked at length."]),
        ("گام نهایی خواهد بود.لینکهای قابلیت دسترسی اینجا", ["گام نهایی خواهد بود.", "لینکهای قابلیت دسترسی اینجا"]),
        ("It grew by 3.5 percent in May. Then it fell again.", ["It grew by 3.5 percent in May.", "Then it fell again."]),
        (
            "مسـ.ـاعد وزير الخـ.ـارجية حضر اللقاء. ثم غادر المدينة مساء.",
            ["مسـ.ـاعد وزير الخـ.ـارجية حضر اللقاء.", "ثم غادر المدينة مساء."],
        ),
        ("او گفت: «صلح نزدیک است.» سپس سکوت کرد و رفت.", ["او گفت: «صلح نزدیک است.»", "سپس سکوت کرد و رفت."]),
        ("第一句话很长。第二句话也很长。", ["第一句话很长。", "第二句话也很长。"]),
        ("She agreed to it at once. Share this", ["She agreed to it at once. Share this"]),
        ("She agreed to it at once. Yes! Nobody else had asked.", ["She agreed to it at once. Yes!", "Nobody else had asked."]),
        ("Yes! No! Perhaps, she said. Nobody else had asked.", ["Yes! No! Perhaps, she said.", "Nobody else had asked."]),
        ("Title line\nBody sentence one here.", ["Title line", "Body sentence one here."]),
        ("وصل الوفد الروسي؛ ثم التقى الوزير هناك", ["وصل الوفد الروسي؛", "ثم التقى الوزير هناك"]),
        (" \n\t ", []),
    ],
)
def test_sentences_end_where_readers_end_them(text: str, expected: list[str]) -> None:
    """Marks of each script end a sentence; initials, abbreviations, decimals and dodges do not; short pieces join."""
    assert [text[span.start : span.end] for span in sentences(text)] == expected


def test_a_text_without_full_stops_is_cut_at_clauses() -> None:
    """No sentence grows without bound, and the cut falls after a clause mark."""
    text = "یک جملهٔ بسیار دراز که پایان ندارد، " * 100
    spans = sentences(text)
    assert max(span.end - span.start for span in spans) <= 1_200
    assert all(text[span.end - 1] == "،" for span in spans)


def test_a_text_without_spaces_is_cut_all_the_same() -> None:
    """Even one endless word is bounded."""
    assert [span.end - span.start for span in sentences("ا" * 3_000)] == [1_200, 1_200, 600]


def test_paragraphs_are_lines_that_hold_something() -> None:
    """Blank lines are not paragraphs."""
    assert paragraphs("  یک \n\n دو ") == [Span(2, 4), Span(8, 10)]


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
def test_the_seeds_are_kept_as_they_came(path: Path) -> None:
    """Cleaning changes nothing in the five articles but a byte-order mark and line ends."""
    raw = path.read_text(encoding="utf-8-sig")
    assert clean(raw) == raw
