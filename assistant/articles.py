"""Files, folders and LlamaIndex documents in, articles out; what does not become one says why."""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count as numbers
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from assistant.apart import Apart
from assistant.boilerplate import boilerplate
from assistant.errors import ArticleError
from assistant.fingerprints import File, fingerprint
from assistant.metadata import SOURCES, Layer, gather, load_sources, name, with_headline
from assistant.readers import FORMATS, MEGABYTE, Record, known_values, most_bytes, shown
from assistant.text import clean
from assistant.types import Article, Skipped, Source

__all__ = ["TAKEN", "Files", "SameName", "from_documents", "read", "sent"]

SameName: TypeAlias = Literal["replace", "keep", "skip"]
Located: TypeAlias = Callable[[Sequence[str]], Mapping[str, str]]  # which articles stand at which of these locations

TAKEN = "another text came from a file of this name; replace it, or keep both"

_MOST_TEXT = 2 * MEGABYTE  # in UTF-8


def read(paths: Sequence[str | Path] | str | Path) -> Iterator[Article | Skipped]:
    """The articles in these files and folders, in sorted order within a folder, and what was skipped.

    Raises ArticleError at once, before anything is read, when a path does not exist or a `sources.toml` is broken.
    """
    files = Files(paths)
    return (item for found in files for item in ([found] if isinstance(found, Skipped) else found.read()))


class Files:
    """The files under these paths, in sorted order within a folder, and what was skipped; `len` tells how many in all.

    Raises ArticleError at once, before anything is read, when a path does not exist or a `sources.toml` is broken. A file must
    be read before the next one is asked for.
    """

    def __init__(self, paths: Sequence[str | Path] | str | Path) -> None:
        named = [paths] if isinstance(paths, (str, Path)) else paths
        roots = [_existing(path) for path in named]
        self._found = list(_once(item for root in roots for item in _files(root)))
        folders = dict.fromkeys(item.parent for item in self._found if isinstance(item, Path))
        self._notes = {folder: load_sources(folder) for folder in folders}

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[File | Skipped]:
        with Apart() as apart:
            yield from (item if isinstance(item, Skipped) else self._file(item, apart) for item in self._found)

    def _file(self, path: Path, apart: Apart) -> File:
        place, note = shown(path), self._notes[path.parent].get(unicodedata.normalize("NFC", path.name))
        told = () if note is None else (sorted(note.values.items()), sorted(note.words.items()))
        return File(
            place,
            partial(fingerprint, path, place, told, most=most_bytes(path)),
            partial(_articles, path, note, apart),
        )


def from_documents(documents: Iterable[object]) -> Iterator[Article | Skipped]:
    """The articles in LlamaIndex `Document`s, or anything with their `text`, `metadata` and `id_`."""
    taken: set[str] = set()
    for document in documents:
        text, given = _document_text(document), getattr(document, "metadata", None)
        values = given if isinstance(given, Mapping) else {}
        key = name(getattr(document, "id_", None) or getattr(document, "doc_id", None))
        location = f"document:{key or hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"
        place = name(values.get("file_path")) or location
        if location in taken:
            yield Skipped(place, f"another document has the id {key}; give each its own")
            continue
        taken.add(location)
        record = Record(text, Layer("document metadata", known_values(values)), None if _is_random(key) else key)
        yield _made(record, location, place, None)


def _document_text(document: object) -> str:
    text = getattr(document, "text", None)
    if not isinstance(text, str) and callable(get := getattr(document, "get_content", None)):
        text = get()
    return text if isinstance(text, str) else ""


def _is_random(key: str | None) -> bool:
    """Whether the id is one that LlamaIndex makes up anew whenever a document is loaded; it says nothing about the text."""
    try:
        return uuid.UUID(key).version == 4
    except (ValueError, TypeError):
        return False


# -- files ------------------------------------------------------------------------------------------------------------


def _existing(path: str | Path) -> Path:
    absolute = Path(os.path.abspath(path))
    try:
        if not os.fspath(path):
            raise FileNotFoundError
        absolute.stat()
    except PermissionError:
        return absolute  # it may be there; reading it will say what is wrong
    except (OSError, ValueError) as error:
        raise ArticleError(shown(Path(path)), "there is no such file or folder; check the spelling") from error
    return absolute


def _files(root: Path) -> Iterator[Path | Skipped]:
    """The files to be read under a path: of a folder those of known formats, sorted; a file itself, or why it is none."""
    if not os.path.isdir(root):
        reason = _not_ours(root)
        yield Skipped(shown(root), reason) if reason else root
        return
    pending: list[Path | os.DirEntry[str]] = [root]
    while pending:
        found = pending.pop()
        path = Path(found)
        if found is not root and found.is_symlink() and not _is_inside(path, root):
            if not _not_ours(path):
                yield Skipped(shown(path), "is a link that leads out of the folder; name what it leads to instead")
        elif _is_folder(found):
            # What a link leads to inside the folder is read where it is.
            if found is root or not found.is_symlink():
                try:
                    pending += _inside(path)
                except OSError as error:
                    yield Skipped(shown(path), f"cannot be read: {(error.strerror or 'input error').lower()}")
        elif not _not_ours(path):
            yield path


def _is_folder(found: Path | os.DirEntry[str]) -> bool:
    try:
        return found.is_dir()
    except OSError:  # a link that leads nowhere
        return False


def _inside(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder and is not hidden, the last first."""
    with os.scandir(folder) as entries:
        return sorted(
            (one for one in entries if not one.name.startswith(".")), key=lambda one: os.path.normcase(one.name), reverse=True
        )


def _is_inside(path: Path, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _not_ours(path: Path) -> str | None:
    """Why a file by that name is not read, if it is not."""
    if path.name == SOURCES:
        return f"{SOURCES} describes the articles beside it and is not one"
    if path.suffix.lower() not in FORMATS:
        return f"its format is not known; save it as one of {', '.join(FORMATS)}"
    return None


def _once(items: Iterable[Path | Skipped]) -> Iterator[Path | Skipped]:
    """The items without those that were named before, in whatever way."""
    seen: set[str] = set()
    folders: dict[str, str] = {}  # where each really is
    for item in items:
        folder, file = os.path.split(item if isinstance(item, Path) else item.path)
        key = os.path.join(folder, file)
        if os.path.islink(key):
            key = os.path.realpath(key)
        else:
            if folder not in folders:
                folders[folder] = os.path.realpath(folder)
            key = os.path.join(folders[folder], file)
        if key not in seen:
            seen.add(key)
            yield item


# -- files that were sent ---------------------------------------------------------------------------------------------


def sent(files: Iterable[tuple[str, Path]], located: Located, *, same_name: SameName = "replace") -> Iterator[Article | Skipped]:
    """The articles in files that were sent under these names, and what was skipped. Where a file lies meanwhile is not told.

    An article is located at `upload:NAME`, so that the same file sent again is known. Where another text came from a file
    of that name, `same_name` says whether the new one takes its place, as in a folder, stands beside it as `NAME (2)`, or
    is skipped. Two files of one name sent together both stay.
    """
    taken: set[str] = set()
    with Apart() as apart:
        for sent_as, path in files:
            here = _upload(sent_as)
            items = list(_of_sent(path, here, apart))
            articles = [item for item in items if isinstance(item, Article)]
            place = _place(sent_as, articles, located, same_name, taken)
            if place is None:
                yield Skipped(here, TAKEN)
            else:
                taken |= {place} if articles else set()
                yield from (_moved(item, here, _upload(place)) for item in items)


def _upload(sent_as: str) -> str:
    return f"upload:{sent_as}"


def _of_sent(path: Path, place: str, apart: Apart) -> Iterator[Article | Skipped]:
    """What is in a file, as if it were at `place`."""
    if reason := _not_ours(path):
        yield Skipped(place, reason)
    else:
        yield from (_moved(item, shown(path), place) for item in _articles(path, None, apart))


def _moved(item: Article | Skipped, before: str, after: str) -> Article | Skipped:
    if isinstance(item, Skipped):
        return replace(item, path=after)
    return replace(item, location=after + item.location.removeprefix(before))


def _place(sent_as: str, articles: Sequence[Article], located: Located, same_name: SameName, taken: set[str]) -> str | None:
    """The name a file's articles go in under: one they are known by, a free one, or what `same_name` says; None to skip them."""
    for number in numbers(1):
        place = _numbered(sent_as, number)
        wanted = {_moved_to(article, sent_as, place): article.source.article_id for article in articles}
        there = located(list(wanted))
        if place in taken or any(wanted[location] != there[location] for location in there):
            continue
        if there or number == 1 or same_name == "keep" or sent_as in taken:
            return place
        return sent_as if same_name == "replace" else None
    raise AssertionError("numbers do not end")  # pragma: no cover


def _moved_to(article: Article, sent_as: str, place: str) -> str:
    return _upload(place) + article.location.removeprefix(_upload(sent_as))


def _numbered(sent_as: str, number: int) -> str:
    path = PurePosixPath(sent_as)
    return sent_as if number == 1 else f"{path.stem} ({number}){path.suffix}"


# -- articles ---------------------------------------------------------------------------------------------------------


def _articles(path: Path, note: Layer | None, apart: Apart) -> Iterator[Article | Skipped]:
    try:
        yield from _of_file(path, note, apart)
    except ArticleError as error:
        yield Skipped(shown(path), error.reason, error.line)


def _of_file(path: Path, note: Layer | None, apart: Apart) -> Iterator[Article | Skipped]:
    place, taken = shown(path), dict[str, int]()
    for record in apart.records(path):
        if isinstance(record, Skipped):
            yield record
        elif record.line is None:
            yield _made(record, place, place, note)
        else:
            key = record.id or str(record.line)
            if (first := taken.setdefault(key, record.line)) != record.line:
                yield Skipped(place, f"the id {key} is that of line {first}; give each record its own", record.line)
            else:
                yield _made(record, f"{place}#{key}", place, note)


def _made(record: Record, location: str, place: str, note: Layer | None) -> Article | Skipped:
    """The article of a record, or why its text is none."""
    text = clean(record.text)
    if reason := _no_article(text):
        return Skipped(place, reason, record.line)
    facts = gather([record.layer, note] if note else [record.layer], text)
    marked = boilerplate(text, facts.language)
    facts = with_headline(facts, text, marked)
    source = Source(
        article_id=_article_id(record.id or facts.url or "", facts.publisher or "", text),
        title=facts.title,
        language=facts.language,
        publisher=facts.publisher,
        url=facts.url,
        published=facts.published,
        origins=facts.origins,
    )
    return Article(source, text, location, marked)


def _no_article(text: str) -> str | None:
    if not text.strip():
        return "holds only white space" if text else "is empty"
    if len(text.encode()) > _MOST_TEXT:
        return f"its text is longer than {_MOST_TEXT // MEGABYTE} MB; split it"
    return None if any(map(str.isalpha, text)) else "holds no letters"


def _article_id(given: str, publisher: str, text: str) -> str:
    """The first 12 hex digits of a digest of all three; as JSON, so that no two triples can be written alike."""
    return hashlib.sha256(json.dumps([given, publisher, text]).encode()).hexdigest()[:12]
