"""Prompts: files with two sections whose placeholders are checked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.errors import PromptError
from assistant.prompts import PLACEHOLDERS, Prompts
from assistant.resources import data_folder
from assistant.types import Message


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(data_folder("prompts"), tmp_path / "prompts"))


def test_every_prompt_loads_with_its_digest() -> None:
    """The five files are there, and the digest changes with the text and with nothing else."""
    prompts = Prompts()
    assert {len(prompts[name].digest) for name in PLACEHOLDERS} == {12}
    assert Prompts()["answer"].digest == prompts["answer"].digest
    assert len({prompts[name].digest for name in PLACEHOLDERS}) == len(PLACEHOLDERS)


def test_values_are_filled_in_and_never_read_as_templates(folder: Path) -> None:
    """A dollar sign in a question stays a dollar sign."""
    (folder / "translate.md").write_text("# system\nInto $languages, for $$5.\n\n# user\nQ: $question\n", encoding="utf-8")
    messages = Prompts(folder)["translate"].messages(languages="fa", question="$languages cost $5?")
    assert messages == [Message("system", "Into fa, for $5."), Message("user", "Q: $languages cost $5?")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("# system\n$languages\n# user\n$question $mark\n", r"names unknown placeholders: \$mark"),
        ("# system\nx\n# user\n$question\n", r"leaves out: \$languages"),
        ("# user\n$question $languages\n", "needs a `# system` section"),
        ("# system\n$languages costs 5 $\n# user\n$question\n", "begins no placeholder"),
    ],
)
def test_a_prompt_that_does_not_fit_is_refused(folder: Path, text: str, complaint: str) -> None:
    """The file and what is wrong with it are named when the prompts are loaded, not in the middle of an answer."""
    (folder / "translate.md").write_text(text, encoding="utf-8")
    with pytest.raises(PromptError, match=complaint) as caught:
        Prompts(folder)
    assert "translate.md" in str(caught.value)


def test_a_missing_prompt_is_refused(folder: Path) -> None:
    """A prompt that is not there is named."""
    (folder / "repair.md").unlink()
    with pytest.raises(PromptError, match=r"repair\.md cannot be read"):
        Prompts(folder)
