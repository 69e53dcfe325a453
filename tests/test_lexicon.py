"""The lexicon that ships, and how words are looked up in it and in a user's own."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from assistant import lexicon as module
from assistant.errors import ConfigurationError
from assistant.lexicon import LANGUAGES, SHIPPED, Lexicon
from assistant.text import is_stop_word, stem, words

MERGE = Path(__file__).parent.parent / "scripts" / "merge_lexicon.py"


@pytest.fixture(scope="module")
def shipped() -> Lexicon:
    return Lexicon.open()


@pytest.fixture(scope="module")
def rows() -> list[dict[str, list[str]]]:
    lines = [line for line in SHIPPED.read_text("utf-8").splitlines() if not line.startswith("#")]
    return [dict(zip(LANGUAGES, (cell.split("|") for cell in line.split("\t")), strict=True)) for line in lines]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lexicon of a few rows in place of the shipped one."""
    path = tmp_path / "lexicon.tsv"
    path.write_text(
        "\ufeff# English, Persian, Arabic\n"
        "minister\tوزیر|وزرا\tوزير|وزراء\n"
        "foreign minister\tوزیر خارجه\tوزير الخارجية\n"
        "revolution\tانقلاب\tثورة\n"
        "coup\tکودتا\tانقلاب\n"
        "visit|trip\tبازدید\tزار|زيارة\n"
        "ministry\tوزارت\tوزارة\n"
        "travel|trip\tسفر\tسفر\n"
        "\n"
        "ceasefire|cease-fire\tآتش‌بس\tهدنة\n"
        "say|said\tگفت|می‌گوید\tقال\n"
        "media\tرسانه‌ها\tوسائل إعلام\n",
        "utf-8",
    )
    monkeypatch.setattr(module, "SHIPPED", path)
    return path


def found(lexicon: Lexicon, text: str, language: str) -> list[tuple[str, list[str]]]:
    """Each match as its words and the English headwords of its entries."""
    spoken = words(text)
    return [
        (
            " ".join(spoken[match.start : match.start + match.length]),
            [" ".join(entry.spellings["en"][0]) for entry in match.entries],
        )
        for match in lexicon.match(spoken, language)
    ]


# -- the file that ships ----------------------------------------------------------------------------------------------


def test_every_shipped_row_has_three_cells_of_distinct_alternatives(rows: list[dict[str, list[str]]]) -> None:
    """No cell is empty, no alternative folds to nothing, and none is there twice in another spelling."""
    bad = []
    for row in rows:
        for texts in row.values():
            folded = [tuple(words(text)) for text in texts]
            if () in folded or len(set(folded)) < len(folded) or texts != [text.strip() for text in texts]:
                bad.append(texts)
    assert (bad, len(rows) > 10_000) == ([], True)


@pytest.mark.parametrize(
    ("language", "foreign"),
    [
        ("en", set("ابتدرسمنوي") | set("ABCDEFGHIJKLMNOPQRSTUVWXYZ’")),
        ("fa", set("يكىةأإٱـ") | set("abcdefghijklmnopqrstuvwxyz")),
        ("ar", set("پچژگکیۀ\u200cـ") | set("abcdefghijklmnopqrstuvwxyz")),
    ],
)
def test_each_shipped_cell_is_in_the_letters_of_its_language(
    rows: list[dict[str, list[str]]], language: str, foreign: set[str]
) -> None:
    """Persian has no ي ك ة أ إ, Arabic no پ چ ژ گ ک ی, English is lower-case Latin."""
    assert [text for row in rows for text in row[language] if foreign & set(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_row_is_found_by_one_of_its_alternatives(
    shipped: Lexicon, rows: list[dict[str, list[str]]], language: str
) -> None:
    """In each language, looking up an alternative of a row gives that row."""
    lost = []
    for rank, row in enumerate(rows):
        if not any(rank in shipped.concept_ids(words(text), language) for text in row[language]):
            lost.append(row[language])
    assert lost == []


def test_no_two_shipped_rows_are_the_same_concept(rows: list[dict[str, list[str]]]) -> None:
    """Rows of one English headword share no Persian and no Arabic alternative: they are different senses."""
    seen: defaultdict[tuple[str, ...], list[dict[str, list[str]]]] = defaultdict(list)
    doubles = []
    for row in rows:
        headword = tuple(words(row["en"][0]))
        for other in seen[headword]:
            for language in ("fa", "ar"):
                if {tuple(words(text)) for text in row[language]} & {tuple(words(text)) for text in other[language]}:
                    doubles.append((row["en"], other["en"]))
        seen[headword].append(row)
    assert doubles == []


def test_shipped_senses_of_one_english_word_stay_apart(shipped: Lexicon) -> None:
    """A strike that is an attack and a strike of workers are two entries of «strike»."""
    (match,) = shipped.match(["strike"], "en")
    persian = [{phrase[0] for phrase in entry.spellings["fa"]} for entry in match.entries]
    assert [("حمله" in words, "اعتصاب" in words) for words in persian if words & {"حمله", "اعتصاب"}] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("question", "language", "expected"),
    [
        ("Where did the foreign minister of Iran go?", "en", {"foreign minister", "iran"}),
        ("وزیر خارجه ایران کجا رفت؟", "fa", {"foreign minister", "iran"}),
        ("إلى أين ذهب وزير الخارجية الإيراني؟", "ar", {"foreign minister", "iran"}),
        ("پوتین در مسکو با رئیس جمهور سوریه دیدار کرد", "fa", {"putin", "moscow", "president", "syria", "meet"}),
    ],
)
def test_the_same_question_names_the_same_concepts_in_each_language(
    shipped: Lexicon, question: str, language: str, expected: set[str]
) -> None:
    """News words are known in English, Persian and Arabic."""
    heads = {head for _, entries in found(shipped, question, language) for head in entries}
    assert expected - heads == set()


def test_frequent_shipped_concepts_come_before_rare_ones(shipped: Lexicon) -> None:
    """Rank is a background frequency: government and war are far above cardamom and asthma."""
    ranks = {word: shipped.concept_ids([word], "en")[0] for word in ("government", "war", "cardamom", "asthma")}
    assert max(ranks["government"], ranks["war"]) < 500 < 5_000 < min(ranks["cardamom"], ranks["asthma"])


# -- looking up -------------------------------------------------------------------------------------------------------


def test_the_longest_phrase_wins_from_the_left(small: Path) -> None:
    """«وزیر خارجه» is the foreign minister, «وزیر» alone a minister, whatever stands around them."""
    assert found(Lexicon.open(), "وزیر خارجه و وزیر دیگر", "fa") == [
        ("وزیر خارجه", ["foreign minister"]),
        ("وزیر", ["minister"]),
    ]


def test_matches_say_where_they_are_in_the_words_given(small: Path) -> None:
    """Start and length count the words of the list, and the entries carry every spelling."""
    (match,) = Lexicon.open().match(["the", "foreign", "ministers", "met"], "en")
    (entry,) = match.entries
    assert (match.start, match.length, entry.rank, dict(entry.spellings)) == (
        1,
        2,
        1,
        {"en": (("foreign", "minister"),), "fa": (("وزیر", "خارجه"),), "ar": (("وزیر", "الخارجیه"),)},
    )


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("انقلاب", "fa", ["revolution"]),
        ("انقلاب", "ar", ["coup"]),
        ("انقلاب", "en", []),
        ("انقلاب", "ur", []),
        ("انقلاب", "und", []),
        ("Revolutions", "en", ["revolution"]),
        ("coup", "fa", []),
    ],
)
def test_each_cell_applies_to_its_own_language_only(small: Path, text: str, language: str, expected: list[str]) -> None:
    """A Persian word is looked up among the Persian cells, an Arabic one among the Arabic; other languages know nothing."""
    assert [head for _, heads in found(Lexicon.open(), text, language) for head in heads] == expected


def test_an_ambiguous_word_gives_every_concept_most_frequent_first(small: Path) -> None:
    """A trip is a visit or a travel, in the order of the file."""
    assert found(Lexicon.open(), "trips", "en") == [("trips", ["visit", "travel"])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("زار", ["visit"]), ("الزيارة", ["visit"]), ("وزارة", ["ministry"]), ("والوزارة", ["ministry"])],
)
def test_a_word_spelled_out_in_a_row_is_not_taken_for_another_of_its_stem(small: Path, text: str, expected: list[str]) -> None:
    """«زار» (he visited) has the light stem of «وزارة» (ministry); the row that writes it so is the one that is meant."""
    assert {stem(word) for word in words("زار وزارة")} == {"زار"}
    assert [head for _, heads in found(Lexicon.open(), text, "ar") for head in heads] == expected


@pytest.mark.parametrize("text", ["بوزير الخارجية", "لوزير الخارجية", "فوزير الخارجية", "كوزير الخارجية", "ووزير الخارجية"])
def test_one_letter_arabic_words_do_not_hide_a_concept(small: Path, text: str) -> None:
    """«لوزير الخارجية» (to the foreign minister) names the foreign minister."""
    assert [heads for _, heads in found(Lexicon.open(), text, "ar")] == [["foreign minister"]]


@pytest.mark.parametrize("text", ["آتش‌بس", "آتش بس", "اتشبس"])
def test_a_persian_compound_is_known_with_and_without_its_joiner(small: Path, text: str) -> None:
    """A ZWNJ may be written, be a space, or be dropped."""
    assert [heads for _, heads in found(Lexicon.open(), text, "fa")] == [["ceasefire"]]


def test_a_persian_ending_is_not_a_word_of_its_own(small: Path) -> None:
    """«رسانه‌ها» (media) is not spelled «رسانه ها» as well, nor «می‌گوید» «می گوید»: endings and «می» are no compounds."""
    entries = [match.entries[0] for match in Lexicon.open().match(["رسانه", "میگوید"], "fa")]
    assert [entry.spellings["fa"] for entry in entries] == [(("رسانهها",),), (("میگوید",),)]


def test_a_single_stop_word_is_no_concept(small: Path) -> None:
    """«گفت» is in a row, but it is a stop word and is not looked up alone; the row is found by its other word."""
    assert is_stop_word("گفت")
    assert found(Lexicon.open(), "گفت می‌گوید", "fa") == [("میگوید", ["say"])]


def test_speech_verbs_are_marked_general(small: Path) -> None:
    """Concepts that stand in any article are marked, others are not."""
    lexicon = Lexicon.open()
    assert {lexicon.entry(rank).spellings["en"][0][0]: lexicon.entry(rank).general for rank in range(len(lexicon))} == {
        "minister": False,
        "foreign": False,
        "revolution": False,
        "coup": False,
        "visit": False,
        "ministry": False,
        "travel": False,
        "ceasefire": False,
        "say": True,
        "media": False,
    }


def test_concept_ids_are_the_ranks_of_the_matches(small: Path) -> None:
    """In order of appearance, every entry of an ambiguous word."""
    lexicon = Lexicon.open()
    spoken = words("The trip of the foreign minister before the coup")
    assert lexicon.concept_ids(spoken, "en") == [4, 6, 1, 3]
    assert lexicon.concept_ids(spoken, "en") == [entry.rank for match in lexicon.match(spoken, "en") for entry in match.entries]


@pytest.mark.parametrize(
    ("text", "language", "into", "expected"),
    [
        ("foreign minister", "en", "fa", "وزیر خارجه"),
        ("foreign minister", "en", "ar", "وزير الخارجية"),
        ("ceasefire", "en", "fa", "آتش‌بس"),
        ("وزرا", "fa", "en", "minister"),
        ("انقلاب", "ar", "fa", "کودتا"),
        ("minister", "en", "tr", None),
        ("minister of war", "en", "fa", None),
        ("banana", "en", "fa", None),
        ("", "en", "fa", None),
    ],
)
def test_a_gloss_is_the_headword_as_a_person_writes_it(
    small: Path, text: str, language: str, into: str, expected: str | None
) -> None:
    """Unfolded, from the most frequent concept; None when the whole phrase is not known."""
    assert Lexicon.open().gloss(words(text), language, into) == expected


# -- a user's own rows ------------------------------------------------------------------------------------------------


def test_a_users_rows_are_looked_up_like_ours(small: Path, tmp_path: Path) -> None:
    """A TSV of the user's adds concepts after the shipped ones; a cell may be empty if two are not."""
    own = tmp_path / "own.tsv"
    own.write_text("# mine\nsadr city|al-sadr city\tشهرک صدر\t\nrevolution\tخیزش\tانتفاضة\r\n", "utf-8")
    lexicon = Lexicon.open(extra=[own])
    assert (len(lexicon), found(lexicon, "در شهرک صدر خیزش", "fa")) == (12, [("شهرک صدر", ["sadr city"]), ("خیزش", ["revolution"])])
    assert found(lexicon, "revolution", "en") == [("revolution", ["revolution", "revolution"])]
    assert lexicon.gloss(["sadr", "city"], "en", "ar") is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"# ok\n\nwar\tjang\n", ":3: a row is three cells (English, Persian, Arabic) separated by tabs; this one has 2."),
        ("war\tجنگ\tحرب\tx\n".encode(), ":1: a row is three cells (English, Persian, Arabic) separated by tabs; this one has 4."),
        (b"war\t|\t ... \n", ":1: a row says one thing in at least two languages; this one has words in fewer."),
        (b"war\t\xff\xfe\tx\n", ":1: this line is not UTF-8; save the file as UTF-8."),
    ],
)
def test_a_broken_row_is_named_by_file_and_line(tmp_path: Path, content: bytes, message: str) -> None:
    """The error says which line of which file, and what a row looks like."""
    own = tmp_path / "own.tsv"
    own.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        Lexicon.open(extra=[own])
    assert str(caught.value) == f"{own}{message}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error names the file and the way out."""
    missing = tmp_path / "gone.tsv"
    with pytest.raises(ConfigurationError) as caught:
        Lexicon.open(extra=[missing])
    assert str(caught.value) == f"The lexicon {missing} cannot be read (No such file or directory); put it back, or take it away."


# -- the compiled cache -----------------------------------------------------------------------------------------------


def test_the_compiled_form_is_kept_and_used(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second opening reads the cache: it answers the same without compiling."""
    cache = tmp_path / "kept" / "lexicon.json"
    first = found(Lexicon.open(cache), "the foreign minister's trip", "en")
    monkeypatch.setattr(module, "_compile", lambda rows: pytest.fail("compiled again"))
    assert found(Lexicon.open(cache), "the foreign minister's trip", "en") == first
    assert [path.name for path in cache.parent.iterdir()] == ["lexicon.json"]


def test_the_cache_follows_its_inputs(small: Path, tmp_path: Path) -> None:
    """A changed shipped file, and a user's file added, changed or taken away, are seen at the next opening."""
    cache, own = tmp_path / "lexicon.json", tmp_path / "own.tsv"
    own.write_text("drone\tپهپاد\tمسيرة\n", "utf-8")
    sizes = [len(Lexicon.open(cache)), len(Lexicon.open(cache, [own]))]
    own.write_text("drone\tپهپاد\tمسيرة\nmissile\tموشک\tصاروخ\n", "utf-8")
    sizes += [len(Lexicon.open(cache, [own])), len(Lexicon.open(cache))]
    small.write_text("drone\tپهپاد\tمسيرة\n", "utf-8")
    assert [*sizes, len(Lexicon.open(cache))] == [10, 11, 12, 10, 1]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b'{"digest": "x"}', b'{"digest": 1, "rows": 2}'])
def test_a_damaged_cache_is_made_again(small: Path, tmp_path: Path, content: bytes) -> None:
    """Whatever the file holds, the lexicon opens and the cache is good afterwards."""
    cache = tmp_path / "lexicon.json"
    cache.write_bytes(content)
    assert (len(Lexicon.open(cache)), len(json.loads(cache.read_bytes())["rows"])) == (10, 10)


def test_a_cache_that_cannot_be_written_is_done_without(small: Path, tmp_path: Path) -> None:
    """A file in the place of its folder, or a folder in its own place, costs nothing but time and leaves nothing behind."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    before = sorted(os.listdir(tmp_path))
    opened = [len(Lexicon.open(tmp_path / "file" / "cache.json")), len(Lexicon.open(tmp_path / "folder"))]
    assert (opened, sorted(os.listdir(tmp_path))) == ([10, 10], before)


# -- merging ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def merge() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("merge_lexicon", MERGE)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded  # dataclasses look their module up
    spec.loader.exec_module(loaded)
    yield loaded
    del sys.modules[spec.name]


def merged(merge: ModuleType, folder: Path, **files: str) -> list[str]:
    for name, content in files.items():
        (folder / f"{name}.tsv").write_text(content, "utf-8")
    merge.main([str(folder), "--out", str(folder / "out" / "lexicon.tsv")])
    return (folder / "out" / "lexicon.tsv").read_text("utf-8").splitlines()[1:]


def test_rows_of_one_concept_are_joined_and_senses_kept_apart(merge: ModuleType, tmp_path: Path) -> None:
    """A shared English headword and a shared translation make one row, alternatives in order and once; English alone does not."""
    assert merged(
        merge,
        tmp_path,
        security="strike|air strike\tحمله\tضربة\n",
        general="attack|strike\tحمله|یورش\tهجوم\nstrike\tاعتصاب\tإضراب\nstrike action|strike\tاعتصاب‌ها\tاضراب|الإضراب\n",
    ) == [
        "strike|strike action\tاعتصاب|اعتصاب‌ها\tإضراب|الإضراب",
        "attack|strike|air strike\tحمله|یورش\tهجوم|ضربة",
    ]


def test_narrower_concepts_do_not_chain_wider_ones(merge: ModuleType, tmp_path: Path) -> None:
    """Arrest and prison both share words with prisoner and detainee, and stay three concepts."""
    rows = merged(
        merge,
        tmp_path,
        politics="arrest|detainee\tبازداشت|بازداشتی\tاعتقال\nprison|inmate\tزندان|زندانی\tسجن\n",
        security="prisoner|inmate|detainee\tزندانی|بازداشتی\tسجين\n",
    )
    assert {row.split("\t")[0] for row in rows} == {"arrest|detainee", "prison|inmate", "prisoner|inmate|detainee"}


def test_letters_are_mended_and_plain_spellings_preferred(merge: ModuleType, tmp_path: Path) -> None:
    """Each cell gets its language's letters, single spaces and lower case; spellings that fold alike are one."""
    assert merged(merge, tmp_path, names="Mbappé|mbappe| \tأمباپه‌ي|امباپهی\tمـبابی|مبابي\n") == ["mbappe\tامباپه‌ی\tمبابي"]


def test_files_are_interleaved_by_rank_and_topic(merge: ModuleType, tmp_path: Path) -> None:
    """The first rows of every file come before the late rows of any; topics that fill the news come first."""
    general = "".join(f"general{n}x\tعام{n}x\tعام{n}y\n" for n in range(60))
    science = "".join(f"science{n}x\tعلم{n}x\tعلم{n}y\n" for n in range(3))
    heads = [row.split("\t")[0] for row in merged(merge, tmp_path, general=general, names="iran\tایران\tإيران\n", science=science)]
    assert (heads[0], heads.index("iran") < heads.index("general20x"), heads.index("iran") < heads.index("science0x")) == (
        "general0x",
        True,
        True,
    )
    assert [head for head in heads if head.startswith("general")] == [f"general{n}x" for n in range(60)]


def test_a_cell_of_nothing_but_stop_words_gets_one_that_can_be_found(merge: ModuleType, tmp_path: Path) -> None:
    """Persian «یک» (one) is never looked up, so its row is given further words."""
    assert merged(merge, tmp_path, general="one\tیک\tواحد\n") == ["one\tیک|یکی|یگانه\tواحد"]


@pytest.mark.parametrize(
    ("files", "message"),
    [({}, "no .tsv file with rows in it"), ({"general": "war\tجنگ\n"}, "has 2 cells; a row is English, Persian and Arabic")],
)
def test_merging_stops_with_a_reason(merge: ModuleType, tmp_path: Path, files: dict[str, str], message: str) -> None:
    """An empty folder, or a row without three cells, ends the script with a message."""
    with pytest.raises(SystemExit, match=message):
        merged(merge, tmp_path, **files)


def test_a_stop_word_stands_for_itself_alone(shipped: Lexicon) -> None:
    """«كان أول» (was the first) is not the «كانون الأول» of December, though their stems are one."""
    assert [match.length for match in shipped.match(words("من كان أول رئيس"), "ar") if match.length > 1] == []
    assert [match.length for match in shipped.match(words("في كانون الأول"), "ar")] == [2]
