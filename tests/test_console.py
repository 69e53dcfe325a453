"""Console: what is printed cannot harm a terminal, and every end of a command has its line and its exit code."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable

import click
import pytest

from assistant import console
from assistant.console import Common, Face
from assistant.errors import AssistantError, LibraryDamaged, LibraryLocked, NoLibrary, QuestionError

# What moves the cursor, hides or reorders text: C0 and C1 controls, bidi overrides, tags.
HARMFUL = "\x1b[31m\x07\x9b31m\x85\u202e\u2066\U000e0041\x00"


def face(action: Callable[[], object]) -> Face:
    """Commands of which `go` does `action`."""

    @click.group(cls=Face)
    def group() -> None:
        """A group."""

    @group.command()
    def go() -> object:
        """Go."""
        return action()

    return group


def ended(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object], *arguments: str) -> int:
    """The exit code of a run in which `go` does `action`."""
    monkeypatch.setattr(sys, "argv", ["thing", *(arguments or ["go"])])
    return console.run(face(action), name="thing")


def fail(exc: BaseException) -> Callable[[], object]:
    """An action that raises `exc`."""

    def action() -> object:
        raise exc

    return action


@pytest.mark.parametrize("text", ["plain", "two\nlines", "سلام", "نیم‌فاصله", "caf\u00e9", "日本語", "😀"])
def test_words_pass_unchanged(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Letters of every script, line breaks and the zero-width non-joiner are printed as they are."""
    console.out(text)
    assert capsys.readouterr() == (f"{text}\n", "")


def test_harmful_characters_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """No escape, control, bidi override or tag reaches either stream."""
    console.out(f"a{HARMFUL}b")
    console.tell(f"c{HARMFUL}d", "en")
    printed = "".join(capsys.readouterr())
    assert [character for character in printed if character in HARMFUL.replace("[31m", "").replace("31m", "")] == []


def test_bytes_that_are_no_text_are_printed_as_a_mark(capsys: pytest.CaptureFixture[str]) -> None:
    """A file name that is not UTF-8 is shown with a question mark instead of ending the run."""
    console.tell("a\udcffb", "en")
    assert capsys.readouterr().err == "a?b\n"


def test_a_message_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Line breaks inside a title or a file name do not break the line."""
    console.tell("one \n\t two\n", "en")
    assert capsys.readouterr().err == "one two\n"


@pytest.mark.parametrize(("value", "code"), [(None, 0), (0, 0), (1, 1), (10, 10)])
def test_a_command_decides_its_exit_code(value: int | None, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command returns is the exit code, nothing counts as success."""
    assert ended(monkeypatch, lambda: value) == code


@pytest.mark.parametrize(
    "exc", [NoLibrary("none"), LibraryLocked("held"), LibraryDamaged("broken"), QuestionError("empty"), AssistantError("odd")]
)
def test_our_errors_are_one_line(exc: AssistantError, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An error of ours is its message, after our name, with its own exit code."""
    assert ended(monkeypatch, fail(exc)) == exc.exit_code
    assert capsys.readouterr() == ("", f"sanad: {exc}\n")


def test_a_fault_of_ours_is_told_apart(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An error nobody foresaw is one line too, and its exit code is not that of «not in the articles»."""
    assert ended(monkeypatch, fail(KeyError("x"))) == 70
    assert capsys.readouterr() == ("", "sanad: KeyError: 'x'; this is a fault of Sanad's own, --debug shows where\n")


def test_debug_shows_where_an_error_came_from(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With --debug the traceback stands before the line; the exit code stays."""
    assert ended(monkeypatch, fail(NoLibrary("none")), "go", "--debug") == 3
    printed = capsys.readouterr().err.splitlines()
    assert (printed[0], printed[-1]) == ("Traceback (most recent call last):", "sanad: none")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["go", "--wrong"], "no such option as '--wrong'. See `thing go --help`."),
        (["go", "--libary", "x"], "no such option as '--libary' (did you mean --library?). See `thing go --help`."),
        (["gone"], "no such command as 'gone' (did you mean go?). See `thing --help`."),
        (["go", "on", "on"], "too much was given: on on. See `thing go --help`."),
        (["go", "--library"], "'--library' wants a value. See `thing go --help`."),
        (["go", "--debug=yes"], "'--debug' takes no value. See `thing go --help`."),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage names what is wrong and where to look it up, and exits 2."""
    assert ended(monkeypatch, lambda: 0, *arguments) == 2
    assert capsys.readouterr() == ("", f"sanad: {message}\n")


def test_an_interrupt_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C exits 130 and says what it means for the work."""
    assert ended(monkeypatch, fail(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "sanad: interrupted; nothing is lost, the same command again goes on from here\n")


def test_an_interrupt_on_a_terminal_begins_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A terminal shows ^C where the cursor is; the message does not stick to it."""

    def interrupted() -> object:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        raise KeyboardInterrupt

    assert ended(monkeypatch, interrupted) == 130
    assert capsys.readouterr().err.startswith("\nsanad: interrupted")


def test_nobody_reading_on_is_no_error(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """When the reader of the output has gone, the command ends without a word; later output goes nowhere."""
    kept = os.dup(1)
    try:
        assert ended(monkeypatch, fail(BrokenPipeError())) == 0
        print("lost")
        sys.stdout.flush()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert capfd.readouterr() == ("", "")


def test_output_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A full disk behind standard output is said, with the exit code of a full disk."""

    def full(*_: object, err: bool = False, **__: object) -> None:
        if not err:
            raise OSError(28, "No space left on device")
        sys.stderr.write(f"{_[0]}\n")

    monkeypatch.setattr(click, "echo", full)
    assert ended(monkeypatch, lambda: console.out("x")) == 5
    assert capsys.readouterr().err == "sanad: Standard output cannot be written (No space left on device); send it elsewhere.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--library", "a", "--offline", "--debug", "go"],
        ["go", "--library", "a", "--offline", "--debug"],
        ["--library", "b", "--offline", "go", "--library", "a", "--debug"],
    ],
)
def test_common_options_stand_before_or_after_the_command(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """--library, --offline and --debug mean the same on either side; the one nearer to the end counts."""
    found: list[Common] = []
    assert ended(monkeypatch, lambda: found.append(click.get_current_context().obj), *arguments) == 0
    assert found == [Common(library="a", offline=True, debug=True)]


def test_nothing_said_leaves_the_settings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the common options nothing overrides what is set elsewhere."""
    found: list[Common] = []
    assert ended(monkeypatch, lambda: found.append(click.get_current_context().obj)) == 0
    assert found == [Common(library=None, offline=None, debug=False)]


@pytest.mark.parametrize(
    ("terminal", "variables", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour(terminal: bool, variables: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colour is for terminals whose user has not declined it."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert console.colourful() is expected


@pytest.mark.parametrize(("columns", "expected"), [("80", 80), ("60", 60), ("200", 100)])
def test_width(columns: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is as wide as the terminal, but never too wide to read."""
    monkeypatch.setenv("COLUMNS", columns)
    assert console.width() == expected


def test_no_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody looks, progress prints nothing."""
    with console.progress() as progress:
        progress("reading", 1, 2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([(1, 2)], "1/2"),
        ([(1, 2), (2, 2)], "2/2"),
        ([(1, 1)], "1/?"),  # one file of many records, counted as one
        ([(1, 2), (2, 2), (3, 3)], "3/?"),
    ],
)
def test_a_bar_on_a_terminal(
    steps: list[tuple[int, int]], shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bar on standard error says what is done, and of how much as far as that is known; standard output stays free of it."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with console.progress() as progress:
        for done, total in steps:
            progress("reading", done, total)
    printed = capsys.readouterr()
    assert (printed.out, "reading" in printed.err, re.findall(r"\d/[\d?]", printed.err)[-1]) == ("", True, shown)


@pytest.mark.parametrize(("spoken", "word"), [("fa", "افزودن"), ("ar", "إضافة"), ("en", "ingesting"), ("fr", "ingesting")])
def test_the_word_beside_a_bar(spoken: str, word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It says in the reader's language what is being done."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with console.progress(spoken=spoken) as progress:
        progress("ingesting", 1, 2)
    assert word in capsys.readouterr().err


def test_no_bar_when_none_is_wanted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A run for a program shows no bar, even on a terminal."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with console.progress(shown=False) as progress:
        progress("reading", 1, 2)
    assert capsys.readouterr() == ("", "")
