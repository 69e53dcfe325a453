import json
import re
import string
from pathlib import Path

import pytest

from assistant.ui import strings

KEYS = sorted(strings.table())
SPELT = ("zero", "one", "two")  # plural forms in which some languages have a word and others a number
ASSETS = Path(strings.__file__).with_name("assets")


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


@pytest.mark.parametrize("key", KEYS)
def test_every_word_is_there_in_three_languages(key: str) -> None:
    """No cell is missing or empty, all fill in the same, and each is in its own script."""
    cells = strings.table()[key]
    assert set(cells) == set(strings.LANGUAGES)
    assert all(words.strip() for words in cells.values())
    if key.rpartition(".")[2] not in SPELT:
        assert len({frozenset(placeholders(words)) for words in cells.values()}) == 1
    assert not set("یکپچژگ") & set(cells["ar"]), "letters that Arabic does not have"
    assert not set("يكةى") & set(cells["fa"]), "letters that Persian does not have"
    assert not re.search("[\u0600-\u06ff]", cells["en"])


@pytest.mark.parametrize("key", [key for key in KEYS if key.startswith("chat.")])
def test_persian_prefixes_and_plurals_are_joined_by_a_zwnj(key: str) -> None:
    """«می‌شود» and «مقاله‌ها», never with a space or closed up."""
    persian = strings.table()[key]["fa"]
    assert not re.search(r"(?:^|\s)ن?می\s|\sها(?:ی|یی)?(?:\s|$)|[هد]ها\b(?<!آنها)", persian), persian


def test_the_script_holds_every_word_by_language_and_can_stand_in_a_page() -> None:
    """`window.sanadStrings[language][key]`; nothing in it can end a script element."""
    script = strings.script()
    assert "<" not in script
    held = json.loads(script.removeprefix("window.sanadStrings=").removesuffix(";\n"))
    assert held == {language: {key: cells[language] for key, cells in strings.table().items()} for language in strings.LANGUAGES}


@pytest.mark.parametrize(
    ("language", "words"),
    [("fa", "در حال افزودن: ۱ از ۱۲"), ("ar", "جارٍ الإضافة: ١ من ١٢"), ("en", "Adding: 1 of 12"), ("fr", "Adding: 1 of 12")],
)
def test_numbers_come_in_the_digits_of_the_language(language: str, words: str) -> None:
    """Another language than ours gets the English words."""
    assert strings.text("chat.seeds-progress", language, done=1, total=12) == words


@pytest.mark.parametrize(
    ("wanted", "given"), [("fa", "fa"), ("ar", "ar"), ("en", "en"), ("fr", "en"), (None, "en"), (["fa"], "en")]
)
def test_the_interface_is_in_a_language_of_ours(wanted: object, given: str) -> None:
    """Whatever a browser asks for, there are words for it."""
    assert strings.interface_language(wanted) == given


def test_every_word_the_scripts_ask_for_exists() -> None:
    """A key that is misspelt in a script would show itself as a key on the page."""
    source = "\n".join(file.read_text(encoding="utf-8") for file in sorted(ASSETS.glob("*.js")))
    asked = set(re.findall(r"\bt\('([\w.-]+)'", source)) | set(re.findall(r"tool\('([\w-]+)'", source))
    assert asked
    assert {f"chat.{key}" for key in asked} <= set(KEYS)


# Keys that the scripts put together: their beginning stands there, or the words before them.
MADE_UP = re.compile(
    r"chat\.(nav-|filters-|answer-language-|exact|folded|error\.)"
    r"|collection\.(count|found|order|heading|reason|note|error|reader)\.|collection\.(replace|keep)-name"
    r"|server\.error\.|suggestions\."
)


def test_no_word_is_left_over() -> None:
    """What nobody asks for any more is not translated either."""
    scripts = "\n".join(file.read_text(encoding="utf-8") for file in sorted(ASSETS.glob("*.js")))
    code = "\n".join(file.read_text(encoding="utf-8") for file in sorted(ASSETS.parent.glob("*.py")))
    asked = {key for key in KEYS if f"'{key.partition('.')[2]}'" in scripts or f'"{key}"' in code}
    assert {key for key in KEYS if not MADE_UP.match(key)} - asked == set()


def test_every_error_of_ours_is_worded() -> None:
    """What can go wrong while answering has a line of its own; others share one."""
    wanted = (
        "NoLibrary EmptyLibrary LibraryLocked LibraryMismatch LibraryTooNew LibraryDamaged DiskFull LibraryNotWritable"
        " ModelRejected ModelUnavailable BadModelOutput BudgetSpent QuestionError ConfigurationError Lost Busy Other"
    )
    assert {f"chat.error.{name}" for name in wanted.split()} <= set(KEYS)


def test_a_file_that_is_no_table_of_languages_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stray value is found when the words are loaded, not when somebody looks for them."""
    (tmp_path / "x.toml").write_text('stray = "word"\n', encoding="utf-8")
    monkeypatch.setattr(strings, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"x\.stray is no table"):
        strings.table.__wrapped__()
