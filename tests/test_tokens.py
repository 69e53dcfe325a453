"""Tokens: counted offline, whatever the model is called."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import tokens


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-4o-mini", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("llama3.1:8b", "o200k_base"),
        ("", "o200k_base"),
        ("text-davinci-003", "o200k_base"),
    ],
)
def test_an_encoding_that_is_not_at_hand_is_never_asked_for(model: str, encoding: str) -> None:
    """Unknown models, and known ones whose file would have to be fetched, are counted as `o200k_base` does."""
    assert tokens.encoding_name(model) == encoding
    assert tokens.count("سلام دنیا", model) > 0


@given(st.text(max_size=200))
def test_any_text_can_be_counted(text: str) -> None:
    """Special tokens, broken characters and emptiness included."""
    assert 0 <= tokens.count(text) <= 4 * len(text) + 1


def test_a_special_token_in_an_article_is_text() -> None:
    """«<|endoftext|>» ends nothing."""
    assert tokens.count("<|endoftext|>") > 1


def test_counting_leaves_the_environment_alone_and_imports_no_llama_index() -> None:
    """The folder of encodings is found without importing the package it belongs to, the variable is put back."""
    code = (
        "import os, sys; os.environ['TIKTOKEN_CACHE_DIR'] = 'mine'\n"
        "from assistant.tokens import count\n"
        "assert count('hello world') == 2\n"
        "assert os.environ['TIKTOKEN_CACHE_DIR'] == 'mine'\n"
        "assert 'llama_index.core' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tokens.count("x")
    assert "TIKTOKEN_CACHE_DIR" not in os.environ


def test_missing_encodings_are_an_error_and_no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where llama-index-core has no files, it is said so."""
    monkeypatch.setattr(tokens, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="install sanad again"):
        tokens._cache()
