"""Why a file did not become an article, and what was noted, as a code with values: the page says it in its visitor's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

__all__ = ["Coded", "note_code", "reason_code"]

Coded: TypeAlias = tuple[str | None, Mapping[str, str]]

# Each code has its words as "collection.reason.CODE" in the page's strings. A reason without one is shown in English.
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
    "no_article": r"no article was found on the page; .+",
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
