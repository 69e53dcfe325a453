"""README: what it shows runs, what it names exists."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.cli import sanad
from assistant.console import Common
from assistant.errors import AssistantError

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> Iterator[list[str]]:
    """The words after `sanad` of every command shown."""
    for block in blocks("sh"):
        for part in re.split(r"\n|&&", block):
            words = shlex.split(part, comments=True)
            if words and Path(words[0]).name == "sanad":
                yield words[1:]


def test_the_python_example_runs() -> None:
    """From top to bottom, beside the seeds, with no key and no network; what it asserts holds."""
    shutil.copytree(ROOT / "seeds", "seeds")
    (code,) = blocks("python")
    names: dict[str, object] = {"__name__": "readme"}
    exec(compile(code, "README.md", "exec", dont_inherit=True), names)
    assert str(names["answer"]).count("قاهره") >= 1


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_a_command_shown_is_understood(words: list[str]) -> None:
    """Each command line shown is one that the command line accepts."""
    name, *rest = words
    context = sanad.commands[name].make_context(name, rest, obj=Common())
    assert context.params


def test_every_command_is_shown() -> None:
    """No command is left out."""
    assert {words[0] for words in commands()} == set(sanad.commands)


def errors(kind: type[AssistantError] = AssistantError) -> Iterator[type[AssistantError]]:
    """Our errors, all the way down."""
    yield kind
    for child in kind.__subclasses__():
        yield from errors(child)


def test_exit_codes() -> None:
    """The table lists the exit codes that `--help` lists, and every code an error of ours has."""
    table = [int(code) for code in re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)]
    help_page = CliRunner().invoke(sanad, ["--help"], obj=Common()).output
    listed = sorted(int(code) for code in re.findall(r"(?<= )(\d+)  [a-z]", help_page))
    assert table == listed
    assert {kind.exit_code for kind in errors()} <= set(table)


def test_links_lead_somewhere() -> None:
    """Every file that is linked to is there."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link.partition("#")[0]).exists()] == []
