"""What went wrong, or was done, in the reader's language: our words besides those of answers, in Persian and Arabic too.

The English words are the templates in the code, and `data/errors.toml` has the others by them. A path, a command or a name inside a
line from right to left is set apart by isolates. Elsewhere such things get a line of their own (see `rendering`), but an error is
one line, and without isolates the slash that begins a path would stand at its end.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from assistant import guard, reasons, wording
from assistant.errors import ArticleError, AssistantError, Notice

__all__ = ["table", "told"]

FILE = Path(__file__).with_name("data") / "errors.toml"
_APART = re.compile(f"{wording.FIRST_STRONG}([^{wording.FIRST_STRONG}{wording.END}]*){wording.END}")
_MARKS = str.maketrans({",": "٬", ".": "٫"})  # between thousands, and before decimals


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """The words of each English template, by language."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def told(said: AssistantError | str, language: str) -> str:
    """An error, or a notice, as one line in `language`; in English where it is no language of ours, or has no words."""
    ours = wording.frame_language(language)
    if isinstance(said, ArticleError):
        return f"{_apart(str(said.notice.values['place']), ours)}: {reasons.worded(said.reason, ours)}"
    notice = said.notice if isinstance(said, AssistantError) else said
    if not isinstance(notice, Notice):
        return _line(notice)
    words = table().get(notice.template, {}) if ours != "en" else {}
    if ours in words:
        return _filled(words[ours], notice.values, ours)
    return _line(str(notice)) if notice.values else _told_before(str(notice))


def _filled(words: str, values: Mapping[str, object], language: str) -> str:
    """`words` with `values` in them, which are set apart, as commands are."""
    shown, inside = "", False
    for literal, name, form, _ in string.Formatter().parse(words):
        for number, piece in enumerate(literal.split("`")):
            if number:
                shown += "`" + wording.END if inside else wording.FIRST_STRONG + "`"
                inside = not inside
            shown += piece
        if name is not None:
            value = _value(values[name], form or "", language)
            shown += _line(str(values[name])) if inside else value
    return shown


def _value(value: object, form: str, language: str) -> str:
    """Numbers in the digits of the language, words of ours in it, all else set apart."""
    if isinstance(value, Notice | AssistantError):
        return told(value, language)
    if isinstance(value, int | float):
        return wording.digits(format(value, form), language).translate(_MARKS)
    return _apart(str(value), language)


def _apart(text: str, language: str) -> str:
    shown = _line(text)
    return wording.apart(shown) if shown and language != "en" else shown


def _line(text: str) -> str:
    """`text` as one line without what acts on a terminal: names of files may hold anything, even bytes that are no text."""
    return re.sub(r"\s*[\n\t]\s*", " ", guard.plain(text.encode("utf-8", "replace").decode("utf-8")))


def _told_before(text: str) -> str:
    """A line that may have been told already, by the page: what it sets apart stays so."""
    pieces = enumerate(_APART.split(text))
    return "".join(wording.apart(_line(piece)) if number % 2 else _line(piece) for number, piece in pieces)
