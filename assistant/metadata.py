"""What is known of an article besides its text, each value with the place it comes from; what nobody says stays unknown."""

from __future__ import annotations

import reprlib
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import regex

from assistant.errors import ArticleError
from assistant.language import detect
from assistant.text import clean, digits_to_ascii, paragraphs
from assistant.types import Span

__all__ = ["SOURCES", "Facts", "Layer", "gather", "load_sources", "name", "with_headline"]

SOURCES = "sources.toml"


@dataclass(frozen=True, slots=True)
class Layer:
    """Values as one place gives them, by field (title, publisher, published, language, url), and the name of that place.

    `words` holds, per field, the words of the article that the value rests on.
    """

    origin: str
    values: Mapping[str, object]
    words: Mapping[str, str] = field(default_factory=dict)

    def origin_of(self, field: str) -> str:
        return f"{self.origin}: «{self.words[field]}»" if field in self.words else self.origin


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known, as `Source` holds it."""

    title: str | None
    publisher: str | None
    url: str | None
    published: date | None
    language: str
    origins: Mapping[str, str]


Value: TypeAlias = str | date | None


def gather(layers: Sequence[Layer], text: str) -> Facts:
    """The facts about `text`: for each field the first layer that gives a readable value; the language is detected if none does."""
    found: dict[str, Value] = {}
    origins: dict[str, str] = {}
    for known, read in _READERS.items():
        for layer in layers:
            given = layer.values.get(known)
            if given is None or given == "":
                continue
            if (value := read(given)) is not None:
                found[known], origins[known] = value, layer.origin_of(known)
                break
            origins.setdefault(known, f"unreadable: {_brief(given)}")
    if found.get("language") is None:
        found["language"], origins["language"] = detect(text), "detected"
    title, publisher, url, language = (_string(found.get(known)) for known in ("title", "publisher", "url", "language"))
    published = found.get("published")
    return Facts(title, publisher, url, published if isinstance(published, date) else None, language or "und", origins)


def with_headline(facts: Facts, text: str, marked: Sequence[Span]) -> Facts:
    """The facts with the first line of the article as title, where nothing else gives one and the line looks like a headline."""
    headline = None if facts.title else _first_line(text, marked)
    return replace(facts, title=headline, origins={**facts.origins, "title": "text: first line"}) if headline else facts


def _string(value: Value) -> str | None:
    return value if isinstance(value, str) else None


# -- values -----------------------------------------------------------------------------------------------------------

_LONGEST = 500  # characters of a title or a name


def name(given: object) -> str | None:
    """A title or a name in one line, without characters that must never be shown."""
    written = _written(given)
    line = " ".join(clean(written[: 10 * _LONGEST]).split()) if written else ""
    return line if 0 < len(line) <= _LONGEST else None


def _written(given: object) -> str | None:
    """A string, or a number that was written without quotes, as it was written."""
    if isinstance(given, int) and not isinstance(given, bool) and given.bit_length() <= 64:
        return str(given)
    return given if isinstance(given, str) else None


def _publisher(given: object) -> str | None:
    """An outlet's name; an address or a file path, which other programs keep under the same key, is none."""
    line = name(given)
    return None if line is None or "://" in line or "\\" in line or line.startswith(("/", "./", "../")) else line


_ISO = regex.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]\s*\d{1,2}:\d{2}.*)?")
_COMPACT = regex.compile(r"(\d{4})()(\d{2})(\d{2})(?:T\d{4,6}.*)?")
_MAIL = regex.compile(r"(?:[A-Za-z]{3},\s*)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})(?:\s.*)?")  # Sun, 18 Dec 2016 10:00:00 GMT
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
# Years of the Persian calendar, 1871 to 2042. Those after them would be days to come, or years of the lunar calendar.
_JALALI = range(1250, 1421)
_GREGORIAN = range(1600, 2200)


def _day(given: object) -> date | None:
    """The day a date means, as written in its own time zone, Gregorian or Persian."""
    if isinstance(given, date):  # a datetime is one
        return _gregorian(given.year, given.month, given.day)
    written = digits_to_ascii(clean(_written(given) or "")).strip()
    if found := _ISO.fullmatch(written) or _COMPACT.fullmatch(written):
        return _gregorian(int(found[1]), int(found[3]), int(found[4]))
    if (found := _MAIL.fullmatch(written)) and found[2].lower() in _MONTHS:
        return _gregorian(int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))
    return None


def _gregorian(year: int, month: int, day: int) -> date | None:
    from persiantools.jdatetime import JalaliDate

    try:
        if year in _JALALI:
            return date.fromordinal(JalaliDate(year, month, day).to_gregorian().toordinal())  # type: ignore[no-untyped-call]
        return date(year, month, day) if year in _GREGORIAN else None
    except ValueError:
        return None


_CODE = regex.compile(r"([a-z]{2,3})(?:[-_][a-z0-9_-]*)?")
_CODES = {"fas": "fa", "per": "fa", "ara": "ar", "eng": "en", "persian": "fa", "farsi": "fa", "arabic": "ar", "english": "en"}
_CODES |= {"فارسی": "fa", "العربية": "ar", "عربي": "ar", "عربی": "ar"}


def _language(given: object) -> str | None:
    if not isinstance(given, str):
        return None
    written = clean(given).strip().lower()
    if written in _CODES:
        return _CODES[written]
    found = _CODE.fullmatch(written)
    return _CODES.get(found[1], found[1]) if found and found[1] != "und" else None


def _url(given: object) -> str | None:
    if not isinstance(given, str):
        return None
    url = given.strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    plain = len(url) <= 2_000 and clean(url) == url and not regex.search(r"[\s<>\"]", url)
    return url if plain and parts.scheme in {"http", "https"} and parts.hostname else None


_READERS: Mapping[str, Callable[[object], Value]] = {
    "title": name,
    "publisher": _publisher,
    "url": _url,
    "published": _day,
    "language": _language,
}


def _brief(given: object) -> str:
    """What was given, short enough to be shown."""
    try:
        written = given if isinstance(given, str) else str(given) if isinstance(given, date | Exception) else reprlib.repr(given)
    except ValueError:  # a number of very many digits
        written = "a number"
    line = " ".join(clean(written[:200]).split())
    return line if len(line) <= 60 else f"{line[:59]}…"


# -- the text itself --------------------------------------------------------------------------------------------------

_HEADLINE = 200
_HEADING_MARK = regex.compile(r"#{1,6}\s+")
# Headlines ask and exclaim, but they do not end in a full stop.
_SENTENCE_END = regex.compile(r"[.۔。…:؛;،,][\"'»”’\)\]]*$")


def _first_line(text: str, marked: Sequence[Span]) -> str | None:
    """The first line that belongs to the article, if it looks like a headline."""
    furniture = {span.start for span in marked}
    for line in paragraphs(text):
        if line.start in furniture:
            continue
        headline = _HEADING_MARK.sub("", text[line.start : line.end], count=1)
        fits = len(headline) <= _HEADLINE and any(map(str.isalpha, headline)) and not _SENTENCE_END.search(headline)
        return name(headline) if fits else None
    return None


# -- sources.toml -----------------------------------------------------------------------------------------------------


_MOST_SOURCES = 2**20  # bytes; it tells of some thousands of files


def load_sources(folder: Path) -> Mapping[str, Layer]:
    """What `sources.toml` in `folder` says, by file name; nothing when there is none. A broken one raises ArticleError."""
    path = folder / SOURCES
    try:
        size = path.stat().st_size
    except OSError:
        return {}  # none there, or in a folder that cannot be looked into; its files will say so
    if size > _MOST_SOURCES:
        raise ArticleError(path.as_posix(), f"is larger than {_MOST_SOURCES // 2**20} MB")
    try:
        tables = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ArticleError(path.as_posix(), f"cannot be read: {(error.strerror or 'input error').lower()}") from error
    except UnicodeDecodeError as error:
        raise ArticleError(path.as_posix(), f"byte {error.start} is not UTF-8; save it as UTF-8") from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError; so is a number of too many digits
        raise ArticleError(path.as_posix(), f"is not TOML: {_brief(error)}; mend or remove it") from error
    return {unicodedata.normalize("NFC", file): _checked(path, file, table) for file, table in tables.items()}


def _checked(path: Path, file: str, table: object) -> Layer:
    def refuse(reason: str) -> ArticleError:
        return ArticleError(path.as_posix(), f'["{_brief(file)}"] {reason}')

    if not isinstance(table, dict):
        raise refuse("is not a table of an article's values")
    quoted = table.get("words", {})
    if not isinstance(quoted, dict) or not all(isinstance(value, str) for value in quoted.values()):
        raise refuse("words must give, for each value, the words of the article it rests on")
    for key in [*table, *quoted]:
        if key != "words" and key not in _READERS:
            raise refuse(f"has an unknown key, {_brief(key)}; known are {', '.join(_READERS)} and words")
    for key, value in table.items():
        if key != "words" and _READERS[key](value) is None:
            raise refuse(f"{key} cannot be read: {_brief(value)}")
    return Layer(SOURCES, table, quoted)
