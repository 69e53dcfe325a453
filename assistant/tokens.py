"""Counting tokens offline, with the encoding files that come inside llama-index-core."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["count", "encoding_name"]

# The encodings whose files are at hand; any other would be fetched from the network, which never happens here.
_AT_HAND = ("o200k_base", "cl100k_base")
_VARIABLE = "TIKTOKEN_CACHE_DIR"


def count(text: str, model: str = "") -> int:
    """How many tokens `text` is for `model`; a model that is not known counts as `o200k_base` does."""
    # What looks like a special token in an article is text like any other.
    return len(_encoding(encoding_name(model)).encode(text, disallowed_special=()))


@lru_cache(maxsize=64)
def encoding_name(model: str) -> str:
    """The encoding of `model` when its file is at hand, else `o200k_base`."""
    from tiktoken.model import encoding_name_for_model

    try:
        name = encoding_name_for_model(model)
    except KeyError:
        return _AT_HAND[0]
    return name if name in _AT_HAND else _AT_HAND[0]


@lru_cache(maxsize=len(_AT_HAND))
def _encoding(name: str) -> Any:
    import tiktoken

    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = str(_cache())
    try:
        return tiktoken.get_encoding(name)
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before


def _cache() -> Path:
    """llama-index-core's folder of encoding files, found without importing it (which takes over a second)."""
    spec = find_spec("llama_index")
    for place in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(place) / "core" / "_static" / "tiktoken_cache"
        if folder.is_dir():
            return folder
    raise FileNotFoundError("the encoding files of llama-index-core are missing; install sanad again")
