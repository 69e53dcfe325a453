"""What a file is known by: its bytes, with all else that shapes the articles read from it, so that none is read twice."""

from __future__ import annotations

import hashlib
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from assistant._version import __version__
from assistant.types import Article, Skipped

__all__ = ["READING", "File", "fingerprint"]

READING = 1  # raised whenever the same bytes may be read as other articles: otherwise cleaned, other furniture, other values
_BLOCK = 2**20
_ALWAYS = ("regex", "persiantools")  # distributions whose versions have a say in what is read
_PARSERS = {
    ".md": ("PyYAML",),
    ".html": ("trafilatura", "lxml", "justext"),
    ".htm": ("trafilatura", "lxml", "justext"),
    ".pdf": ("pypdf",),
    ".docx": ("python-docx", "lxml"),
}


@dataclass(frozen=True, slots=True)
class File:
    """A file that was found and not yet read. `place` is where its articles are located: there, or at `place#key`.

    `fingerprint` is None where none can be had: reading will say why.
    """

    place: str
    fingerprint: Callable[[], bytes | None]
    read: Callable[[], Iterator[Article | Skipped]]


def fingerprint(path: Path, place: str, told: Iterable[object] = (), *, most: int | None = None) -> bytes | None:
    """A digest of the file's bytes, its `place`, what else was `told` of it, and the code that reads it.

    None for what cannot be opened, is no regular file, or has more than `most` bytes. Size and time of change are no part of
    it: exports rewrite a file within the second, and copying one changes nothing.
    """
    known = hashlib.sha256(repr((_made_by(path.suffix.lower()), place, *told)).encode("utf-8", "backslashreplace"))
    with suppress(OSError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and (most is None or found.st_size <= most):
            with path.open("rb", buffering=0) as file:
                while block := file.read(_BLOCK):
                    known.update(block)
            return known.digest()[:16]
    return None


@cache
def _made_by(suffix: str) -> tuple[object, ...]:
    """The code that reads files of a format: ours, and what it is built on."""
    parsers = (*_ALWAYS, *_PARSERS.get(suffix, ()))
    return (READING, __version__, unicodedata.unidata_version, *map(_version, parsers))


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # in a program that was made into one file
        return ""
