"""One reader for each format: a file in, the text and the values it states out, as they stand there.

What is wrong with a whole file is raised as ArticleError; what is wrong with one record is yielded, and the others go on.
"""

from __future__ import annotations

import codecs
import json
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import regex

from assistant.errors import ArticleError
from assistant.metadata import Layer, name
from assistant.text import clean
from assistant.types import Skipped

__all__ = ["FORMATS", "MEGABYTE", "Record", "known_values", "most_bytes", "records", "shown"]

MEGABYTE = 1024 * 1024
_MOST_BYTES = 10 * MEGABYTE  # of a file, and of one line of a .jsonl file
_MOST_UNPACKED = 50 * MEGABYTE
_MOST_MARKUP = 20 * MEGABYTE  # of that; the rest is pictures
_MOST_FRONT_MATTER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One text as it came, the values its place states, its own id if it has one, its 1-based line in a .jsonl file."""

    text: str
    layer: Layer
    id: str | None = None
    line: int | None = None


def records(path: Path) -> Iterator[Record | Skipped]:
    """The records of one file of a known format: one, but for .jsonl. Raises ArticleError when the file cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ArticleError(shown(path), "is not a regular file")
        yield from _READERS[path.suffix.lower()](path)
    except OSError as error:
        raise ArticleError(shown(path), f"cannot be read: {(error.strerror or 'input error').lower()}") from error
    except RecursionError as error:
        raise ArticleError(shown(path), "is nested too deeply") from error


def most_bytes(path: Path) -> int | None:
    """How large a file of that name may be; None where that is told of its lines alone."""
    return None if path.suffix.lower() == ".jsonl" else _MOST_BYTES


def shown(path: Path) -> str:
    """The path as text that can be printed and stored, whatever bytes the file system holds."""
    return clean(path.as_posix().encode("utf-8", "replace").decode("utf-8"))


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ArticleError(shown(path), f"is larger than {_MOST_BYTES // MEGABYTE} MB; split it")
    if not data:
        raise ArticleError(shown(path), "is empty")
    return data


# -- plain text -------------------------------------------------------------------------------------------------------

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _decoded(data: bytes, path: Path) -> str:
    """The characters of UTF-8, or of UTF-16 with its mark; older encodings are not guessed, for a wrong guess looks like text."""
    encoding = "utf-16" if data.startswith(_UTF16) else "utf-8"
    try:
        if encoding == "utf-8" and b"\0" in data:
            raise ArticleError(shown(path), "is a binary file, not text")
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ArticleError(shown(path), f"byte {error.start} is not {encoding.upper()}; save it as UTF-8") from error
    if "\0" in text:
        raise ArticleError(shown(path), "is a binary file, not text")
    return text.removeprefix("\ufeff")


def _text_file(path: Path) -> Iterator[Record]:
    yield Record(_decoded(_bytes(path), path), Layer("text", {}))


# -- Markdown ---------------------------------------------------------------------------------------------------------

_FRONT = regex.compile(r"---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", regex.DOTALL | regex.MULTILINE)
_COMMENT = regex.compile(r"<!--.*?-->", regex.DOTALL)


def _markdown_file(path: Path) -> Iterator[Record]:
    text = _decoded(_bytes(path), path).replace("\r\n", "\n")
    found = _FRONT.match(text)
    values = _front_matter(found["yaml"], path) if found else {}
    body = text[found.end() :] if found else text
    yield Record(_without_comments(body), Layer("front matter", known_values(values)), _id(values))


def _without_comments(text: str) -> str:
    """`text` without what stands between `<!--` and `-->`; where that never comes, nothing is looked for."""
    end = text.rfind("-->") + 3
    return _COMMENT.sub("", text[:end]) + text[end:] if end > 2 else text


def _front_matter(written: str, path: Path) -> Mapping[str, object]:
    import yaml

    class Plain(yaml.SafeLoader):
        """The safe loader with dates as they are written: a Persian «1395-02-31» is a day, but not one YAML knows."""

    Plain.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    if len(written) > _MOST_FRONT_MATTER:
        raise ArticleError(shown(path), "the front matter is too long")
    try:
        values = yaml.load(written, Loader=Plain)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark is not None else None
        raise ArticleError(shown(path), "the front matter is not YAML; mend it or remove it", line=line) from error
    except RecursionError:
        raise
    except Exception as error:  # the loader stumbles over odd values in many ways
        raise ArticleError(shown(path), "the front matter holds a value that cannot be read; put it in quotes") from error
    if not isinstance(values, dict | None):
        raise ArticleError(shown(path), "the front matter is not made of «key: value» lines; mend it or remove it")
    return values or {}


# -- JSON lines -------------------------------------------------------------------------------------------------------


def _jsonl_file(path: Path) -> Iterator[Record | Skipped]:
    with path.open("rb") as file:
        yield from _jsonl(_utf8(file, path), path)


def _utf8(file: IO[bytes], path: Path) -> IO[bytes]:
    """The file at its first record, in UTF-8."""
    start = file.read(8192)
    if not start:
        raise ArticleError(shown(path), "is empty")
    if start.startswith(_UTF16):
        return BytesIO(_decoded(_bytes(path), path).encode("utf-8", "surrogatepass"))
    if b"\0" in start:
        raise ArticleError(shown(path), "is a binary file, not text")
    file.seek(3 if start.startswith(codecs.BOM_UTF8) else 0)
    return file


def _jsonl(file: IO[bytes], path: Path) -> Iterator[Record | Skipped]:
    number, found = 0, False
    while line := file.readline(_MOST_BYTES + 1):
        number += 1
        if len(line) > _MOST_BYTES:
            while line and not line.endswith(b"\n"):
                line = file.readline(MEGABYTE)
            yield Skipped(shown(path), f"is larger than {_MOST_BYTES // MEGABYTE} MB", number)
        elif line.strip():
            try:
                yield _record(line, path, number)
            except ArticleError as error:
                yield Skipped(shown(path), error.reason, number)
        else:
            continue
        found = True
    if not found:
        raise ArticleError(shown(path), "holds only white space")


def _record(line: bytes, path: Path, number: int) -> Record:
    """The record on one line; raises ArticleError when it is none."""
    try:
        values = json.loads(_decoded(line.rstrip(b"\r\n"), path))
    except RecursionError as error:
        raise ArticleError(shown(path), "is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ArticleError(shown(path), f"is broken JSON at character {error.pos + 1}") from error
    except ValueError as error:
        raise ArticleError(shown(path), "holds a number that is too long") from error
    if not isinstance(values, dict):
        raise ArticleError(shown(path), 'is not a JSON object; each line must be one, {"text": …}')
    text = values.get("text")
    if not isinstance(text, str):
        raise ArticleError(shown(path), 'has no "text"')
    return Record(text, Layer("record", known_values(values)), _id(values), number)


# -- other formats ----------------------------------------------------------------------------------------------------

_DECLARED = regex.compile(rb"<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_-]{3,20})", regex.IGNORECASE)
_OLDER = regex.compile(r"(?:windows-|cp|iso-8859-|koi8|gb|big5|shift|euc)[\w-]*", regex.IGNORECASE)


def _html_file(path: Path) -> Iterator[Record]:
    from assistant.language import detect
    from assistant.webpage import read_page

    html = _page_text(_bytes(path), path)
    page = _parsed(path, "a web page", lambda: read_page(html, shown(path)))
    values = dict(page.values)
    # Templates name the language of the site; the article's own letters are the better witness.
    if detect(page.text) not in {"und", str(values.get("language", "")).strip().lower()[:2]}:
        values.pop("language", None)
    yield Record(page.text, Layer("HTML metadata", values))


def _page_text(data: bytes, path: Path) -> str:
    """The page's characters; an older encoding is believed where the page itself declares it."""
    declared = _DECLARED.search(data[:4096])
    encoding = declared[1].decode("ascii") if declared else ""
    try:
        return _decoded(data, path)
    except ArticleError:
        if b"\0" in data or not _OLDER.fullmatch(encoding):
            raise
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise ArticleError(shown(path), f"the page says it is {encoding}, but it is not; save it as UTF-8") from error


def _pdf_file(path: Path) -> Iterator[Record]:
    from assistant.pdf import pdf_text

    data = _bytes(path)
    yield Record(_parsed(path, "a PDF", lambda: pdf_text(data, shown(path))), Layer("PDF", {}))


def _docx_file(path: Path) -> Iterator[Record]:
    data = _bytes(path)
    yield Record(_parsed(path, "a Word document", lambda: _docx_text(data, path)), Layer("Word document", {}))


# Runs that a reader sees: not those deleted or moved away under tracked changes, nor text boxes (stored twice).
_RUNS = ".//w:r[not(ancestor::w:del or ancestor::w:moveFrom or ancestor::w:txbxContent)]"


def _docx_text(data: bytes, path: Path) -> str:
    import docx
    from docx.oxml.ns import qn
    from docx.text.run import Run

    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
    for most, counted in (
        (_MOST_UNPACKED, entries),
        (_MOST_MARKUP, [entry for entry in entries if entry.filename.endswith((".xml", ".rels"))]),
    ):
        if sum(entry.file_size for entry in counted) > most:
            raise ArticleError(shown(path), f"unpacks to more than {most // MEGABYTE} MB")
    document = docx.Document(BytesIO(data))
    lines = []
    for paragraph in document.element.body.iter(qn("w:p")):
        runs = [Run(run, document) for run in paragraph.xpath(_RUNS)]
        lines.append("".join(run.text for run in runs if not run.font.hidden))
    return "\n".join(lines)


def _parsed(path: Path, kind: str, parse: Callable[[], Any]) -> Any:
    """What a library's parser gives; whatever it stumbles over means that the file is not of that kind."""
    try:
        return parse()
    except (ArticleError, MemoryError):
        raise
    except RecursionError as error:
        raise ArticleError(shown(path), "is nested too deeply") from error
    except Exception as error:  # parsers of foreign files raise anything
        raise ArticleError(shown(path), f"cannot be read as {kind}; it is damaged, or another format by that name") from error


# -- values -----------------------------------------------------------------------------------------------------------

_KEYS = {
    "title": ("title",),
    "publisher": ("publisher", "source"),
    "published": ("published", "date"),
    "language": ("language", "lang"),
    "url": ("url",),
}


def known_values(values: Mapping[Any, object]) -> dict[str, object]:
    """The values by our names for them; a source that is an address is the url."""
    known = {field: values[key] for field, keys in _KEYS.items() for key in reversed(keys) if values.get(key) not in (None, "")}
    source = values.get("source")
    return {"url": source, **known} if isinstance(source, str) and source.startswith(("http://", "https://")) else known


def _id(values: Mapping[Any, object]) -> str | None:
    return name(values.get("id"))


_READERS: Mapping[str, Callable[[Path], Iterator[Record | Skipped]]] = {
    ".txt": _text_file,
    ".md": _markdown_file,
    ".jsonl": _jsonl_file,
    ".html": _html_file,
    ".htm": _html_file,
    ".pdf": _pdf_file,
    ".docx": _docx_file,
}
FORMATS = tuple(_READERS)
