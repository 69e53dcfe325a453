"""The words of the page in Persian, Arabic and English: one table, read from `strings/*.toml`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import reasons, wording

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["LANGUAGES", "interface_language", "preferred", "script", "table", "text"]

LANGUAGES = ("fa", "ar", "en")
FOLDER = Path(__file__).with_name("strings")


@cache
def table() -> dict[str, Mapping[str, str]]:
    """Every key, such as "chat.send", with its words by language; the first part of a key is its file's name.

    Why a file was skipped is said elsewhere too; those words come from `reasons`.
    """
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        found |= dict(_flat(tomllib.loads(file.read_text(encoding="utf-8")), file.stem))
    return found | dict(_flat(tomllib.loads(reasons.FILE.read_text(encoding="utf-8")), "collection"))


def _flat(tree: Mapping[str, object], prefix: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    for name, branch in tree.items():
        if not isinstance(branch, Mapping):
            raise ValueError(f"{prefix}.{name} is no table of languages")
        if any(isinstance(leaf, str) for leaf in branch.values()):
            yield f"{prefix}.{name}", branch
        else:
            yield from _flat(branch, f"{prefix}.{name}")


def text(key: str, language: str, **values: str | int) -> str:
    """The words of `key` in `language` (another than ours gets the English ones), numbers among `values` in its digits."""
    shown = {name: wording.digits(value, language) if isinstance(value, int) else value for name, value in values.items()}
    return table()[key][wording.frame_language(language)].format(**shown)


def interface_language(wanted: object) -> str:
    """The language of the interface that a browser asks for; English when it is none of ours."""
    return wanted if isinstance(wanted, str) and wanted in LANGUAGES else "en"


def preferred(request: Request) -> str:
    """The code of the language that a program or a browser would like to read most."""
    return request.headers.get("accept-language", "en")[:2].lower()


@cache
def script() -> str:
    """JavaScript that sets `window.sanadStrings`, by language and key. Safe inside a page and as a file."""
    words = {language: {key: cells[language] for key, cells in table().items()} for language in LANGUAGES}
    listed = json.dumps(words, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f"window.sanadStrings={listed};\n"
