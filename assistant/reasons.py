"""Why a file did not become an article, and what was noted, as a code with values, to be said in the reader's language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

from assistant import guard, wording

__all__ = ["FILE", "Coded", "note_code", "reason_code", "worded"]

FILE = Path(__file__).with_name("data") / "reasons.toml"

Coded: TypeAlias = tuple[str | None, Mapping[str, str]]

# Each code has its words in `data/reasons.toml`. A reason without one is shown in English.
_REASONS = {
    "format": r"its format is not known; save it as one of (?P<formats>.+)",
    "large": r"is larger than (?P<megabytes>\d+) MB(?:; split it)?",
    "empty": r"is empty|holds only white space|holds no letters|it holds no sentence to quote",
    "long": r"its text is longer than (?P<megabytes>\d+) MB; split it",
    "taken": r"another text came from a file of this name; replace it, or keep both",
    "same_id": r"the id (?P<id>.+) is that of line (?P<first>\d+); give each record its own",
    "encoding": r"byte \d+ is not \S+; save it as UTF-8|the page says it is .+, but it is not; save it as UTF-8",
    "binary": r"is a binary file, not text",
    "unreadable": r"cannot be read: .+|is not a regular file",
    "nested": r"is nested too deeply",
    "front_matter": r"the front matter .+",
    "json": r"is broken JSON at character (?P<character>\d+)",
    "record": r'holds a number that is too long|is not a JSON object; each line must be one, .+|has no "text"',
    "unpacked": r"unpacks to more than (?P<megabytes>\d+) MB",
    "damaged_pdf": r"cannot be read as a PDF; it is damaged, or another format by that name",
    "damaged_page": r"cannot be read as a web page; it is damaged, or another format by that name|holds no web page",
    "damaged_document": r"cannot be read as a Word document; it is damaged, or another format by that name",
    "pdf_locked": r"the PDF is encrypted; .+|the PDF is protected by a password; .+",
    "pdf_pictures": r"the PDF holds no text, only pictures; .+",
    "pdf_letters": r"the PDF does not say which letters its glyphs are; .+|the order of the PDF's letters cannot be told; .+",
    "too_much": r"the PDF is too large to be an article; .+|the page is too large to be an article; .+",
    "heavy": r"takes more than \d+ (?:seconds|MB of memory) to read; .+|makes its parser crash; .+",
    "no_article": r"no article was found on the page; .+",
    "missing": r"there is no such file or folder; check the spelling",
    "outside": r"is a link that leads out of the folder; name what it leads to instead",
    "taken_id": r"another document has the id (?P<id>.+); give each its own",
    "sources": r'is not TOML: .+; mend or remove it|\[".*"\] .+',
}
_NOTES = {
    "same_text": r"(?P<name>.+) has the same text as an article already there \((?P<id>\w+)\)",
    "kept": r"(?P<name>.+) was skipped; the article it gave earlier is kept",
}


def reason_code(reason: str) -> Coded:
    """The code of a reason for skipping a file, and the values its words need; None for a reason without a code."""
    return _coded(reason, _REASONS)


def note_code(note: str) -> Coded:
    """The same for a note in the report of an ingestion."""
    return _coded(note, _NOTES)


def _coded(text: str, patterns: Mapping[str, str]) -> Coded:
    for code, pattern in patterns.items():
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return code, {name: value for name, value in found.groupdict().items() if value is not None}
    return None, {}


def worded(text: str, language: str) -> str:
    """A reason or a note in `language`; in English where it has no words, or the language is none of ours."""
    ours = wording.frame_language(language)
    for kind, (code, values) in (("reason", reason_code(text)), ("note", note_code(text))):
        if code is not None and ours != "en":
            return _words()[kind][code][ours].format(**{name: _shown(value, ours) for name, value in values.items()})
    return guard.plain(text)


def _shown(value: str, language: str) -> str:
    return wording.digits(value, language) if value.isdecimal() else wording.apart(guard.plain(value))


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    found: Mapping[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return found
