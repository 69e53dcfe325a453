"""Errors in the reader's language: every one has its words, one line each, in which paths and commands stay what they are."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from assistant import console, errors, messages, reasons
from assistant.console import Face
from assistant.errors import (
    ArticleError,
    AssistantError,
    BadModelOutput,
    BudgetSpent,
    ConfigurationError,
    DiskFull,
    EmptyLibrary,
    LibraryDamaged,
    LibraryLocked,
    LibraryMismatch,
    LibraryNotWritable,
    LibraryTooNew,
    ModelCut,
    ModelRejected,
    ModelUnavailable,
    NoLibrary,
    Notice,
    PromptError,
    QuestionError,
    UnknownArticle,
    VectorsUnavailable,
)
from assistant.types import LibraryStatus
from assistant.ui import asking, strings

PACKAGE = Path(errors.__file__).parent
BASES = {"AssistantError", "LibraryError", "ModelError"}
RAISED = {name for name in errors.__all__ if name not in ("ArticleError",)} | {
    "PageGone",
    "_Unprintable",
    "_unavailable",
    "_bad",
    "lap",
    "progress",
}
SAID_ELSEWHERE = {"BadRequest", "Busy"}  # to programs
OMITTED = {"reason", "kind"}  # what another program said, in English
NAMES = re.compile(r"UTF-8|MCP|JSON|PDF|Word|YAML|OCR|\btext\b|\.txt")
SET_APART = re.compile("\u2068[^\u2068\u2069]*\u2069")

# -- the words --------------------------------------------------------------------------------------------------------


def calls(names: set[str]) -> Iterator[tuple[str, ast.expr]]:
    """Where in the package, and with what as the words, errors and notices are made."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if called in names:
                    words = next((part for part in node.args if isinstance(part, ast.Constant | ast.JoinedStr)), node.args[0])
                    yield f"{file.name}:{node.lineno}", words


# Looked for once, when nothing else runs yet: CPython 3.11 fails to parse where another thread is at it too.
MADE = list(calls(RAISED))
TEMPLATES = {words.value: place for place, words in MADE if isinstance(words, ast.Constant) and words.value}
CONSTANTS = {
    node.value
    for file in PACKAGE.rglob("*.py")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}
FIELDS = {field.name.replace("_", " ") for field in dataclasses.fields(LibraryStatus)}  # as `sanad status` names them


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


def test_every_message_has_its_words() -> None:
    """None is put together before it can be said otherwise, none lacks its words, and no words are left of any that are gone."""
    assert [place for place, words in MADE if isinstance(words, ast.JoinedStr)] == []
    assert {words: place for words, place in TEMPLATES.items() if words not in messages.table()} == {}
    assert len(TEMPLATES) > 100
    assert messages.table().keys() - CONSTANTS - FIELDS == set()
    assert FIELDS - messages.table().keys() == set()


@pytest.mark.parametrize("language", ["fa", "ar"])
@pytest.mark.parametrize("template", sorted(messages.table()))
def test_words_say_the_same_in_their_own_script(template: str, language: str) -> None:
    """They fill in what the English ones do, but for what others said, and hold no English outside of commands and names."""
    words = messages.table()[template][language]
    assert placeholders(template) - OMITTED <= placeholders(words) <= placeholders(template)
    assert set(re.findall(r"\{\w+(:[^}]*)\}", words)) <= set(re.findall(r"\{\w+(?:!r)?(:[^}]*)\}", template))
    ours = NAMES.sub("", re.sub(r"`[^`]*`|\{[^}]*\}", "", words))
    assert not re.search("[A-Za-z\n]", ours), words
    assert not set("یکپچژگ" if language == "ar" else "يكةى") & set(words), "letters of the other language"
    assert not re.search(r"(?:^|\s)ن?می\s|\sها(?:ی|یی)?(?:\s|$)", words), "a ZWNJ belongs there"
    assert words.count("`") % 2 == 0
    for code in re.findall(r"`(sanad [^`]*|#? ?\$\$?)`", template):
        assert f"`{code}`" in words


@pytest.mark.parametrize("kind", ["reason", "note"])
def test_every_reason_has_its_words(kind: str) -> None:
    """Each code of a reason or a note has them in three languages, on the page and elsewhere."""
    codes = reasons._REASONS if kind == "reason" else reasons._NOTES
    assert set(codes) == set(reasons._words()[kind])
    assert {f"collection.{kind}.{code}" for code in codes} <= strings.table().keys()


# -- each error -------------------------------------------------------------------------------------------------------

PLACE = Path("/srv/اخبار/library")
FOLDER = {"folder": PLACE}
EXAMPLES: dict[type[AssistantError], tuple[AssistantError, tuple[str, ...]]] = {
    NoLibrary: (
        NoLibrary("There is no library in {folder}; make one with `sanad ingest PATH` (or `sanad ingest --seeds`).", **FOLDER),
        (str(PLACE), "`sanad ingest PATH`", "`sanad ingest --seeds`"),
    ),
    EmptyLibrary: (
        EmptyLibrary("The library in {folder} holds no article yet; add some with `sanad ingest PATH`.", **FOLDER),
        (str(PLACE), "`sanad ingest PATH`"),
    ),
    UnknownArticle: (
        UnknownArticle("No article has the id {id!r}; `sanad articles` lists them.", id="abcd"),
        ("abcd", "`sanad articles`"),
    ),
    LibraryLocked: (
        LibraryLocked(
            "The library in {folder} is {who}; wait for it, or stop it.",
            **FOLDER,
            who=Notice(
                "being changed by process {process} ({doing}, since {since})", process="4711", doing="ingest", since="10:05"
            ),
        ),
        (str(PLACE), "4711", "ingest", "10:05"),
    ),
    DiskFull: (
        DiskFull("The disk holding {folder} is full; free some space and run the same command again.", **FOLDER),
        (str(PLACE),),
    ),
    LibraryNotWritable: (
        LibraryNotWritable(
            "The folder {folder} cannot be opened or written ({reason}); allow it, or choose another --library.",
            **FOLDER,
            reason="Permission denied",
        ),
        (str(PLACE), "--library"),
    ),
    LibraryMismatch: (
        LibraryMismatch(
            "The model called {model} gives other vectors than when the library was made; run `sanad rebuild --embed` to embed the"
            " library anew, or set the model it was made with.",
            model="embedded-1",
        ),
        ("embedded-1", "`sanad rebuild --embed`"),
    ),
    LibraryTooNew: (
        LibraryTooNew(
            "{path} has format {version} and this version reads up to {known}; update Sanad. The file was not touched.",
            path=PLACE / "library.db",
            version=2,
            known=1,
        ),
        (str(PLACE / "library.db"),),
    ),
    LibraryDamaged: (
        LibraryDamaged(
            "{path} is damaged ({reason}); see `sanad doctor`, and bring back a backup of it.",
            path=PLACE / "library.db",
            reason="database disk image is malformed",
        ),
        (str(PLACE / "library.db"), "`sanad doctor`"),
    ),
    VectorsUnavailable: (
        VectorsUnavailable(
            "The vector server {url} is silent; start it (`chroma run`), or check SANAD_VECTORS__URL.", url="http://127.0.0.1:8000"
        ),
        ("http://127.0.0.1:8000", "`chroma run`", "SANAD_VECTORS__URL"),
    ),
    ModelUnavailable: (
        ModelUnavailable(
            "{place} refuses the connection; {way_out}.",
            place="127.0.0.1:9",
            way_out=Notice("check that the server runs and {variable}", variable="SANAD_LLM__BASE_URL"),
        ),
        ("127.0.0.1:9", "SANAD_LLM__BASE_URL"),
    ),
    ModelRejected: (
        ModelRejected(
            "{place} refuses the key; set the right one ({keys}).",
            place="api.example",
            keys=Notice("{own} or OPENAI_API_KEY", own="SANAD_LLM__API_KEY"),
        ),
        ("api.example", "SANAD_LLM__API_KEY", "OPENAI_API_KEY"),
    ),
    BadModelOutput: (
        BadModelOutput(
            "{model} answered with nothing{why}.",
            model="gpt-x",
            why=Notice(": {reason} stopped it", reason=Notice("the length limit")),
        ),
        ("gpt-x",),
    ),
    ModelCut: (ModelCut("{model} was stopped after {most:,} characters.", model="gpt-x", most=100_000), ("gpt-x",)),
    BudgetSpent: (
        BudgetSpent("The question used up its {seconds:g} seconds (SANAD_LLM__TIMEOUT).", seconds=300.0),
        ("SANAD_LLM__TIMEOUT",),
    ),
    QuestionError: (
        QuestionError('The question is empty; write what you want to know: sanad ask "…"'),
        ('sanad ask "…"',),
    ),
    ConfigurationError: (
        ConfigurationError(
            "{name} ({origin}) is not a setting; did you mean {nearest}?", name="SANAD_X", origin=".env", nearest="Y"
        ),
        ("SANAD_X", ".env"),
    ),
    PromptError: (
        PromptError("The prompt {path} leaves out: {names}.", path=PLACE / "answer.md", names="$question"),
        (str(PLACE / "answer.md"), "$question"),
    ),
    ArticleError: (ArticleError(PLACE / "a.pdf", "the PDF is encrypted; save a copy that is not"), (str(PLACE / "a.pdf"), "PDF")),
}
LOCALES = {"fa": "fa_IR.UTF-8", "ar": "ar_EG.UTF-8", "en": "en_GB.UTF-8"}


def failing(error: Exception) -> Face:
    @click.group(cls=Face)
    def face() -> None:
        """A face with one command that fails."""

    @face.command()
    def fail() -> None:
        raise error

    return face


def test_every_class_has_an_example() -> None:
    """Nothing that can be raised is left out below."""
    assert {kind.__name__ for kind in EXAMPLES} == set(errors.__all__) - BASES - {"Notice"}


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_an_error_is_one_line_in_the_language_of_the_reader(
    kind: type[AssistantError],
    language: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It names what is wrong and the way out; of English there are only commands and names, each set apart."""
    error, named = EXAMPLES[kind]
    monkeypatch.setattr(sys, "argv", ["sanad", "fail"])
    monkeypatch.setenv("LC_ALL", LOCALES[language])
    assert console.run(failing(error), name="sanad") == kind.exit_code
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert printed.out == ""
    assert [name for name in named if name not in line] == []
    assert "Traceback" not in line
    if language == "en":
        assert line == f"sanad: {error}"
        return
    assert line.startswith("سند: ")
    ours = SET_APART.sub("", line)
    assert not re.search("[\u2068\u2069]", ours)
    assert not re.search("[A-Za-z]", NAMES.sub("", ours)), line
    assert len(re.findall("[\u0600-\u06ff]", ours)) > 15


def test_numbers_are_in_the_digits_of_the_language() -> None:
    """Counts are; what is a name, such as a process or a port, is not."""
    error = QuestionError(
        "The question has {length:,} characters; the limit is {limit:,}. Ask in fewer words.", length=5_000, limit=4_000
    )
    assert messages.told(error, "fa") == "پرسش ۵٬۰۰۰ نویسه دارد و سقف آن ۴٬۰۰۰ است. با واژه‌های کمتر بپرسید."
    assert "٥٬٠٠٠" in messages.told(error, "ar")
    assert "4711" in messages.told(EXAMPLES[LibraryLocked][0], "fa")


@pytest.mark.parametrize("language", ["fr", "und", ""])
def test_other_languages_get_english(language: str) -> None:
    """So does an error that was made without words of ours."""
    error = EXAMPLES[NoLibrary][0]
    assert messages.told(error, language) == str(error)
    assert messages.told(NoLibrary("something else"), "fa") == "something else"


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize(
    "name", ["a\nb", "a\x1b[31m", "\u202ea", "\u2068a", "a\u2069\u2069b", "`a` {b} $c", "a\udcff", "\u2068a\u2069"]
)
def test_a_name_cannot_play_tricks(name: str, language: str) -> None:
    """Whatever a file is called, the line stays one, acts on no terminal, and sets apart as much as it takes back."""
    for error in (
        NoLibrary("There is no library at {path}; make one with `sanad ingest PATH`.", path=name),
        ArticleError(name, "is empty"),
    ):
        line = messages.told(error, language)
        assert line.encode()
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067]", line)
        assert SET_APART.sub("", line).count("\u2068") == SET_APART.sub("", line).count("\u2069") == 0
        assert (line.count("\u2068") > 0) == (language != "en")


# -- whose language ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "common", "spoken"),
    [
        ({"LANG": "fa_IR.UTF-8"}, {}, "fa"),
        ({"LANG": "ar"}, {}, "ar"),
        ({"LANG": "de_DE.UTF-8"}, {}, "en"),
        ({"LANG": "far_ER.UTF-8"}, {}, "en"),
        ({"LANG": "fa_IR", "LC_MESSAGES": "en_GB"}, {}, "en"),
        ({"LANG": "en_GB", "LC_MESSAGES": "en_GB", "LC_ALL": "ar_EG"}, {}, "ar"),
        ({"LANG": "fa_IR", "LC_ALL": ""}, {}, "fa"),
        ({"LANG": "fa_IR"}, {"question": "Who came to Tehran?"}, "en"),
        ({"LANG": "en_GB"}, {"question": "چه کسی به تهران رفت؟"}, "fa"),
        ({"LANG": "en_GB"}, {"question": "من الذي وصل إلى طهران أمس؟"}, "ar"),
        ({"LANG": "en_GB"}, {"question": "من الذي وصل إلى طهران أمس؟", "language": "fa"}, "fa"),
    ],
)
def test_whose_language(variables: dict[str, str], common: dict[str, str], spoken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was chosen comes before that of the question, and that before the one of the locale."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert console.language(console.Common(**common)) == spoken  # type: ignore[arg-type]


MISWRITTEN = [
    (["ask", "--langauge", "x"], "سند: گزینه‌ای به نام \u2068--langauge\u2069 نیست. آیا منظورتان \u2068--language\u2069 بود؟"),
    (["nope"], "سند: فرمانی به نام \u2068nope\u2069 نیست."),
    (["show"], "سند: \u2068ID\u2069 داده نشده است."),
    (["search", "--limit", "0", "x"], "سند: \u2068--limit\u2069: عددی از ۱ تا ۱۰۰ می‌خواهد."),
    (["ask", "--since", "soon", "x"], "سند: \u2068--since\u2069: \u2068soon\u2069 روز نیست؛"),
    (["ask", "--language", "persian", "x"], "سند: \u2068--language\u2069: \u2068persian\u2069 کد زبان نیست؛"),
    (["status", "--offline=yes"], "سند: \u2068--offline\u2069 مقداری نمی‌گیرد."),
    (["status", "a", "b"], "سند: این زیادی است: \u2068a b\u2069."),
    (["articles", "--since", "2016-12-18", "--until", "2016-12-17"], "سند: روز \u2068`--since`\u2069"),
    (["ingest"], "سند: چیزی برای افزودن نیست؛"),
]


@pytest.mark.parametrize(
    ("arguments", "variables", "begins"),
    [
        (["ask", "چه کسی به تهران رفت؟"], {}, "سند: در"),
        (["ask", "من الذي وصل إلى طهران أمس؟"], {}, "سند: لا توجد"),
        (["ask", "چه کسی به تهران رفت؟", "--language", "en"], {}, "sanad: There is no library"),
        (["search", "چه کسی به تهران رفت؟"], {}, "سند: در"),
        (["ask", "Who went to Tehran?"], {"SANAD_LANGUAGE": "ar"}, "سند: لا توجد"),
        (["status"], {"SANAD_LANGUAGE": "fa"}, "سند: در"),
        (["status"], {"LC_ALL": "ar_EG.UTF-8"}, "سند: لا توجد"),
        (["status"], {}, "sanad: There is no library"),
        (["ask", " "], {"LANG": "fa_IR.UTF-8"}, "سند: پرسش خالی است"),
        (["ingest", "/no/such"], {"LANG": "fa_IR.UTF-8"}, "سند: \u2068/no/such\u2069: چنین پرونده"),
        (["ingest", "/no/such"], {"LANG": "ar_EG.UTF-8"}, "سند: \u2068/no/such\u2069: لا يوجد"),
        (["status"], {"LANG": "fa_IR.UTF-8", "SANAD_LIMIT": "1"}, "سند: \u2068SANAD_LIMIT\u2069"),
        *((arguments, {"LANG": "fa_IR.UTF-8"}, begins) for arguments, begins in MISWRITTEN),
    ],
)
def test_a_command_speaks_the_language_of_its_reader(
    arguments: list[str],
    variables: dict[str, str],
    begins: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`ask` and `search` that of the question, the others that of the locale, all of them the one that is set."""
    from assistant.cli import sanad

    monkeypatch.setattr(sys, "argv", ["sanad", "--library", str(tmp_path / "none"), *arguments])
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert console.run(sanad, name="sanad") in (2, 3)
    printed = capsys.readouterr()
    assert printed.err.startswith(begins)
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(("arguments", "begins"), MISWRITTEN)
@pytest.mark.parametrize("spoken", ["fa", "ar"])
def test_what_is_miswritten_is_said_in_no_other_language(
    arguments: list[str], begins: str, spoken: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No word of click's is left, and a program is told too, though `--json` comes after what cannot be read."""
    from assistant.cli import sanad

    monkeypatch.setattr(sys, "argv", ["sanad", *arguments, "--json"])
    monkeypatch.setenv("LC_ALL", f"{spoken}.UTF-8")
    assert console.run(sanad, name="sanad") == 2
    printed = capsys.readouterr()
    assert not re.search("[A-Za-z]", SET_APART.sub("", printed.err))
    error = json.loads(printed.out)["error"]
    assert (error["kind"], error["exit"], printed.err) == ("UsageError", 2, f"سند: {error['message']}\n")


def test_what_was_skipped_is_said_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Which file of a folder was no article, and why."""
    from assistant.cli import sanad

    (tmp_path / "a.txt").write_bytes(b"\x00\x01\x02bad")
    monkeypatch.setattr(sys, "argv", ["sanad", "--library", str(tmp_path / "none"), "ingest", str(tmp_path / "a.txt")])
    monkeypatch.setenv("LC_ALL", "fa_IR.UTF-8")
    assert console.run(sanad, name="sanad") == 10
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("کنار گذاشته شد: ")
    assert f"\u2068{tmp_path / 'a.txt'}\u2069" in line
    assert not re.search("[A-Za-z]", NAMES.sub("", SET_APART.sub("", line)))


def test_a_program_is_told_in_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json the error is on standard output too, in the form it has over HTTP; its kind is the same in every language."""
    from assistant.cli import sanad

    monkeypatch.setenv("LC_ALL", "fa_IR.UTF-8")
    monkeypatch.setattr(sys, "argv", ["sanad", "--library", str(tmp_path / "none"), "articles", "--json"])
    assert console.run(sanad, name="sanad") == 3
    printed = capsys.readouterr()
    error = json.loads(printed.out)["error"]
    assert (error["kind"], error["exit"]) == ("NoLibrary", 3)
    assert printed.err == f"سند: {error['message']}\n"


@pytest.mark.parametrize("language", ["fa", "ar"])
def test_the_readme_shows_what_is_said(language: str) -> None:
    """Its example of an error is one."""
    words = "There is no library in {folder}; make one with `sanad ingest PATH` (or `sanad ingest --seeds`)."
    line = f"سند: {messages.told(NoLibrary(words, folder='/home/sara/news'), language)}"
    assert line in (PACKAGE.parent / f"README.{language}.md").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("language", LOCALES)
def test_the_page_says_the_same(language: str) -> None:
    """Who is on this machine is told by the page what the command line would say; others no path."""
    error = EXAMPLES[NoLibrary][0]
    here = asking.explained(error, language, detailed=True)
    elsewhere = asking.explained(error, language)
    assert here["detail"] == messages.told(error, language)
    assert str(PLACE) not in json.dumps(elsewhere, ensure_ascii=False)
    assert (elsewhere["kind"], elsewhere["exit"]) == ("NoLibrary", 3)
