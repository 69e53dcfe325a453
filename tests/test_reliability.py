"""The promises of `docs/reliability.md`: each has a row, and each test that is named there is one that runs."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from assistant.settings import load
from assistant.vectors import CONNECT

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = {cells[0].strip(): cells[1:] for line in PAGE.splitlines() if len(cells := line.strip("|").split("|")) == 5}
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))


@cache
def named_in(file: str) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize(("file", "name"), NAMED, ids="::".join)
def test_what_is_named_is_there(file: str, name: str) -> None:
    """A test that was renamed or taken away takes its promise along."""
    assert name in named_in(file)


def test_every_promise_has_a_row() -> None:
    """R1 to R20, each said in words and shown by something."""
    promises = [name for name in ROWS if re.fullmatch(r"R\d+", name)]
    assert promises == [f"R{number}" for number in range(1, 21)]
    assert [name for name in promises if not ROWS[name][0].strip()] == []
    assert [name for name in promises if "::" not in ROWS[name][1] and ".md" not in ROWS[name][1]] == []


def test_nobody_waits_longer_than_was_promised() -> None:
    """Ten seconds for a vector server that hangs, some for a library that somebody else changes, a minute of a model's silence."""
    settings = load()
    assert settings.vectors.timeout + CONNECT <= 10
    assert settings.lock_wait <= 5
    assert (settings.llm.idle, settings.llm.timeout, settings.llm.max_requests) == (60, 300, 8)
