"""The truth: one SQLite file with every article, its passages and their vectors; all other files are rebuilt from it.

A change goes through states, so that a crash between any two steps is finished at the next start (`unfinished`):
`stage` (pending, not yet seen) → the derived indexes → `publish` (ready; what it replaces is leaving) → the derived
indexes lose what is leaving → `forget`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from random import randint
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from assistant.errors import (
    DiskFull,
    LibraryDamaged,
    LibraryError,
    LibraryLocked,
    LibraryMismatch,
    LibraryNotWritable,
    LibraryTooNew,
    NoLibrary,
    Notice,
    UnknownArticle,
)
from assistant.text import fold
from assistant.types import Article, Filters, Passage, Source, Span

if TYPE_CHECKING:
    from assistant.protocols import Vectors

__all__ = ["FORMAT", "Catalogue", "Contents", "Counts", "Manifest", "Staged", "Unfinished", "text_hash", "values_hash"]

FORMAT = 1
_APPLICATION_ID = int.from_bytes(b"Snad", "big")  # in the header of every library, so that no other file passes for one
_NEXT = "next: "  # before the name of a model whose vectors are kept but not yet used
_SHORTEST_PREFIX = 4
OUTLETS = 20_000  # articles whose outlet is remembered, a third of a kilobyte each: most candidates of a question are others' too
_UNKNOWN = "No article has the id {id!r}; `sanad articles` lists them."
_LITTLE_ROOM = 2**20  # bytes; with less left on the disk, an input/output error is taken for a full disk

# The text comes last in its row: reading what stands before it then touches no further page. `replacements` remembers
# that an article lost a location to another one which readers do not see yet.
_SCHEMA = """
CREATE TABLE library (
    row INTEGER PRIMARY KEY CHECK (row = 1),
    embedding TEXT NOT NULL, dimension INTEGER NOT NULL, splitter TEXT NOT NULL, canaries BLOB NOT NULL,
    created TEXT NOT NULL, generation INTEGER NOT NULL DEFAULT 0, traces INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE articles (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'leaving')),
    title TEXT, language TEXT NOT NULL, publisher TEXT, url TEXT, published TEXT, fetched TEXT NOT NULL,
    origins TEXT NOT NULL, boilerplate TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX articles_by_state ON articles (state);
CREATE TABLE locations (
    location TEXT NOT NULL PRIMARY KEY,
    article_id TEXT NOT NULL REFERENCES articles (id)
);
CREATE INDEX locations_by_article ON locations (article_id);
CREATE TABLE replacements (
    new_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    old_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (new_id, old_id)
);
CREATE INDEX replacements_by_old ON replacements (old_id);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, text_hash TEXT NOT NULL
);
CREATE UNIQUE INDEX passages_by_article ON passages (article_id, ordinal);
CREATE INDEX passages_by_hash ON passages (text_hash);
CREATE TABLE vectors (
    text_hash TEXT NOT NULL, model TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (text_hash, model)
);
"""

# What was read from files, for those who change the library: it is made when there is something to remember, so that libraries
# made before are no others. A row goes with its location, whichever version removes that.
_READINGS = """
CREATE TABLE IF NOT EXISTS readings (
    location TEXT NOT NULL PRIMARY KEY REFERENCES locations (location) ON DELETE CASCADE,
    fingerprint BLOB NOT NULL, contents BLOB NOT NULL
) WITHOUT ROWID
"""
_VALUES = "a.id, a.title, a.language, a.publisher, a.url, a.published, a.origins, a.boilerplate"

_SOURCE = "a.id, a.title, a.language, a.publisher, a.url, a.published, a.fetched, a.origins"
# CROSS makes SQLite begin with the passages, which are few; by itself it goes through every article in state ready.
_PASSAGES_FIRST = "FROM passages p CROSS JOIN articles a ON a.id = p.article_id"
# A list of any length is one parameter: SQLite limits how many there may be.
_IN = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the library was made with; `canaries` are the vectors of fixed sentences, one a row, to recognise the model by."""

    embedding: str
    dimension: int
    splitter: str
    canaries: Vectors = field(repr=False, compare=False)
    created: datetime


@dataclass(frozen=True, slots=True)
class Staged:
    """An article to take in with its passages; it takes the place of whatever stood at its location.

    `replaces` names a further article whose place it takes, should it have no location any more.
    """

    article: Article
    passages: tuple[Passage, ...]
    replaces: str | None = None


class Contents(NamedTuple):
    """What a file gave: the `values_hash` of each article, by its location. See `fingerprints` for what tells it from others."""

    place: str
    fingerprint: bytes
    articles: Mapping[str, bytes]


class Counts(NamedTuple):
    """How much readers see: articles, passages, and the different vectors those passages have."""

    articles: int
    passages: int
    vectors: int


class Unfinished(NamedTuple):
    """Articles a change was cut off at: staged but not yet published, and on their way out but not yet forgotten."""

    pending: tuple[str, ...]
    leaving: tuple[str, ...]


@lru_cache(maxsize=1_000)  # a batch is asked for four times on its way in
def text_hash(text: str) -> str:
    """The name under which the vector of `text` is kept."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def values_hash(article: Article) -> bytes:
    """What is told apart of an article that was read: its id, which stands for its text, its values and its boilerplate."""
    return _digest(_values(article))


class Catalogue:
    """One open library file. It may be used from several threads; each has its own connection until `close`.

    Readers see articles in state ready only. Each method that changes something is one transaction.
    """

    def __init__(self, path: Path, uri: str, *, wait: float) -> None:
        self.path = path
        self._uri = uri
        self._wait = wait
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._guard = threading.Lock()
        self._closed = False
        self._outlets: tuple[int, dict[str, Source]] = (-1, {})  # at a generation

    # -- opening -----------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, manifest: Manifest, *, wait: float = 5.0) -> Catalogue:
        """A new, empty library file at `path`, where nothing may be yet; its folder is made when missing."""
        with _explained(path):
            if os.path.lexists(path):
                raise LibraryError("{path} exists already; open it, or choose another --library.", path=path)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = _unfinished(path)
            unfinished.unlink(missing_ok=True)  # of a creation that was killed
            os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            try:
                _lay(unfinished, manifest)
                _put_in_place(unfinished, path)
            finally:
                unfinished.unlink(missing_ok=True)
        return cls.open(path, wait=wait)

    @classmethod
    def open(cls, path: Path, *, wait: float = 5.0) -> Catalogue:
        """The library at `path`, for reading where its folder is read-only. A file that is not one of ours is left as it is."""
        with _explained(path):
            if not path.exists():
                raise NoLibrary("There is no library at {path}; make one with `sanad ingest PATH`.", path=path)
            if not path.is_file():
                raise _foreign(path)
            catalogue = cls(path, _reachable(path, wait), wait=wait)
        try:
            _ = catalogue.manifest
        except BaseException:
            catalogue.close()
            raise
        return catalogue

    def tidy(self) -> None:
        """Remove what a creation left that was killed when the file had its name already; for those who are alone with it."""
        with _explained(self.path):
            _unfinished(self.path).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file, in every thread."""
        with self._guard:
            self._closed = True
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _connection(self) -> sqlite3.Connection:
        thread = threading.current_thread()
        with self._guard:
            if self._closed:
                raise ValueError(f"the catalogue of {self.path} is closed")
            if thread not in self._connections:
                self._close_abandoned()
                self._connections[thread] = _connect(self._uri, self._wait)
            return self._connections[thread]

    def _close_abandoned(self) -> None:
        """Close the connections of threads that ended: a web server starts new ones all the time."""
        for thread in [thread for thread in self._connections if not thread.is_alive()]:
            self._connections.pop(thread).close()

    @contextmanager
    def _transaction(self, begin: Literal["BEGIN", "BEGIN IMMEDIATE"]) -> Iterator[sqlite3.Connection]:
        with _explained(self.path):
            connection = self._connection()
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._transaction("BEGIN")

    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._transaction("BEGIN IMMEDIATE")

    # -- reading -----------------------------------------------------------------------------------------------------

    @property
    def manifest(self) -> Manifest:
        """What the library was made with."""
        with self._reading() as db:
            row = db.execute("SELECT embedding, dimension, splitter, canaries, created FROM library").fetchone()
        if row is None:
            raise _damaged(self.path, "its manifest is missing")
        embedding, dimension, splitter, canaries, created = row
        with self._decoding():
            return Manifest(embedding, dimension, splitter, _unpacked(canaries, dimension), datetime.fromisoformat(created))

    @property
    def generation(self) -> int:
        """A number that grows with every change readers must notice."""
        with self._reading() as db:
            return int(db.execute("SELECT generation FROM library").fetchone()[0])

    def count(self) -> Counts:
        """How many articles, passages and different vectors readers see."""
        with self._reading() as db:
            articles = db.execute("SELECT count(*) FROM articles WHERE state = 'ready'").fetchone()[0]
            passages, vectors = db.execute(
                "SELECT count(*), count(DISTINCT p.text_hash) FROM passages p JOIN articles a ON a.id = p.article_id"
                " WHERE a.state = 'ready'"
            ).fetchone()
        return Counts(articles, passages, vectors)

    def sources(self, filters: Filters | None = None) -> list[Source]:
        """What is known of every article that passes `filters`: newest first, those of unknown day last, then by title."""
        with self._reading() as db:
            conditions, parameters = _conditions(db, filters or Filters())
            rows = db.execute(
                f"SELECT {_SOURCE} FROM articles a WHERE {conditions} ORDER BY a.published DESC, coalesce(a.title, ''), a.id",
                parameters,
            ).fetchall()
        with self._decoding():
            return [_source(row) for row in rows]

    def article(self, article_id: str) -> Article:
        """The article with that id, or whose id alone begins so (four characters or more)."""
        with self._reading() as db:
            found = self._resolve(db, _storable(article_id))
            row = db.execute(f"SELECT {_SOURCE}, a.text, a.boilerplate FROM articles a WHERE a.id = ?", (found,)).fetchone()
            location = db.execute("SELECT location FROM locations WHERE article_id = ? ORDER BY rowid LIMIT 1", (found,)).fetchone()
        with self._decoding():
            spans = tuple(Span(*pair) for pair in json.loads(row[-1]))
            return Article(source=_source(row[:-2]), text=row[-2], location=location[0] if location else "", boilerplate=spans)

    def _resolve(self, db: sqlite3.Connection, article_id: str) -> str:
        ready = "SELECT id FROM articles WHERE state = 'ready'"
        if db.execute(f"{ready} AND id = ?", (article_id,)).fetchone():
            return article_id
        rows: list[tuple[str]] = []
        if len(article_id) >= _SHORTEST_PREFIX:
            rows = db.execute(f"{ready} AND substr(id, 1, ?) = ? ORDER BY id LIMIT 3", (len(article_id), article_id)).fetchall()
        if not rows and len(article_id) < _SHORTEST_PREFIX:
            raise UnknownArticle(
                "No article has the id {id!r} (its beginning is enough, from {shortest} characters on);"
                " `sanad articles` lists them.",
                id=article_id,
                shortest=_SHORTEST_PREFIX,
            )
        if not rows:
            raise UnknownArticle(_UNKNOWN, id=article_id)
        if len(rows) > 1:
            some = ", ".join(row[0] for row in rows)
            raise UnknownArticle(
                "Several articles have ids that begin with {id!r} ({some}); give more characters.", id=article_id, some=some
            )
        return rows[0][0]

    def locations(self, article_id: str) -> tuple[str, ...]:
        """Every place the article was read from, in order."""
        with self._reading() as db:
            rows = db.execute("SELECT location FROM locations WHERE article_id = ? ORDER BY location", (article_id,)).fetchall()
        return tuple(row[0] for row in rows)

    def places(self) -> dict[str, list[str]]:
        """Every place that each article readers may see was read from, by its id."""
        found: dict[str, list[str]] = {}
        with self._reading() as db:
            for name, location in db.execute(
                "SELECT a.id, l.location FROM articles a LEFT JOIN locations l ON l.article_id = a.id WHERE a.state = 'ready'"
            ):
                found.setdefault(name, []).extend([] if location is None else [location])
        return found

    def located(self, location: str) -> str | None:
        """The id of the article that now stands for `location`, staged or ready."""
        with self._reading() as db:
            row = db.execute("SELECT article_id FROM locations WHERE location = ?", (_storable(location),)).fetchone()
        return None if row is None else str(row[0])

    def remembered(self, place: str, fingerprint: bytes) -> dict[str, str]:
        """The articles that the file at `place` gave when it had that fingerprint, by location; none if any is another one by now.

        As they are there with the very values it gave, reading the file again would change nothing.
        """
        found: dict[str, str] = {}
        noted, contents = set[bytes](), hashlib.sha256()
        with self._reading() as db:
            for *values, location, whole in _read_from(db, place, fingerprint) if _remembers(db) else ():
                found[location] = values[0]
                noted.add(whole)
                _add(contents, location, _digest(values))
        return found if noted == {contents.digest()[:16]} else {}

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Those of the passages that readers may see, by id."""
        with self._reading() as db:
            rows = db.execute(
                f"SELECT p.id, p.article_id, p.start, p.stop {_PASSAGES_FIRST} WHERE a.state = 'ready' AND p.id {_IN}",
                (_listed(ids),),
            ).fetchall()
            return {passage.id: passage for passage in self._cut(db, rows)}

    def sketches(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Whom the passages are from and nothing else, by id, as far as readers may see their articles: for choosing some to read.

        A passage's id begins with its article's, so that only articles are looked at, each once and without its text.
        """
        articles = {name: name.rpartition("-")[0] for name in ids}
        with self._reading() as db:
            known = self._known_outlets(db)
            unknown = [article for article in dict.fromkeys(articles.values()) if article not in known]
            rows = db.execute(
                f"SELECT a.id, a.publisher, a.url FROM articles a WHERE +a.state = 'ready' AND a.id {_IN}", (_listed(unknown),)
            )
            known.update((article, Source(article, publisher=publisher, url=url)) for article, publisher, url in rows)
        return {name: Passage(name, known[article], "", 0, 0) for name, article in articles.items() if article in known}

    def _known_outlets(self, db: sqlite3.Connection) -> dict[str, Source]:
        """Articles that were looked at since the last change, with outlet and address alone, by id, to be added to.

        Another change, or too many of them, begins another dictionary: who still holds this one sees what he saw.
        """
        generation = db.execute("SELECT generation FROM library").fetchone()[0]
        at, known = self._outlets
        if at != generation or len(known) > OUTLETS:
            known = {}
            self._outlets = generation, known
        return known

    def every_passage(self, batch: int = 500) -> Iterator[list[Passage]]:
        """Every passage readers may see, `batch` at a time, each article's in order."""
        for _, passages in self._batches("p.id, p.article_id, p.start, p.stop", "a.state = 'ready'", (), batch):
            yield passages

    def vectors(self, hashes: Sequence[str], model: str) -> dict[str, Vectors]:
        """The vectors of `model` that are kept for these texts, by `text_hash`."""
        with self._reading() as db:
            rows = db.execute(
                f"SELECT text_hash, vector FROM vectors WHERE model = ? AND text_hash {_IN}", (model, _listed(hashes))
            ).fetchall()
        with self._decoding():
            return {name: _unpacked(blob)[0] for name, blob in rows}

    def passage_vectors(
        self, model: str, *, articles: Sequence[str] | None = None, batch: int = 1_000
    ) -> Iterator[tuple[list[Passage], Vectors]]:
        """Passages with their vectors (one a row), `batch` at a time: those readers may see, or all of `articles`, seen or not."""
        where, parameters = ("a.state = 'ready'", ()) if articles is None else (f"a.id {_IN}", (_listed(articles),))
        blob = "(SELECT vector FROM vectors v WHERE v.text_hash = p.text_hash AND v.model = ?)"
        columns = f"p.id, p.article_id, p.start, p.stop, {blob}"
        for rows, passages in self._batches(columns, where, (model, *parameters), batch):
            blobs = [row[-1] for row in rows]
            if None in blobs or len({len(blob) for blob in blobs}) != 1:
                raise _damaged(self.path, f"vectors of {model} are missing")
            with self._decoding():
                matrix = _unpacked(b"".join(blobs), len(blobs[0]) // 4)
            yield passages, matrix

    def vectors_of_passages(
        self, model: str, filters: Filters | None = None, *, batch: int = 2_000
    ) -> Iterator[tuple[list[str], Vectors]]:
        """The ids and vectors (one a row) of the passages that pass `filters`, `batch` at a time; not their texts."""
        after, more = 0, True
        while more:
            with self._reading() as db:
                conditions, parameters = _conditions(db, filters or Filters())
                rows = db.execute(
                    "SELECT p.number, p.id, v.vector FROM passages p CROSS JOIN articles a ON a.id = p.article_id"
                    " CROSS JOIN vectors v ON v.text_hash = p.text_hash AND v.model = ?"
                    f" WHERE {conditions} AND p.number > ? ORDER BY p.number LIMIT ?",
                    (model, *parameters, after, batch),
                ).fetchall()
            if rows:
                after = rows[-1][0]
                with self._decoding():
                    matrix = _unpacked(b"".join(row[2] for row in rows), len(rows[0][2]) // 4)
                yield [str(row[1]) for row in rows], matrix
            more = len(rows) == batch

    def some_vectors(self, model: str, count: int, pick: Callable[[int, int], int] = randint) -> dict[str, Vectors]:
        """The vectors of up to `count` passages readers may see, from all over the library; `pick` draws a number from a range."""
        found = {}
        with self._reading() as db:
            first, last = db.execute("SELECT min(number), max(number) FROM passages").fetchone()
            for _ in range(count if last else 0):
                row = db.execute(
                    f"SELECT p.id, v.vector {_PASSAGES_FIRST} CROSS JOIN vectors v ON v.text_hash = p.text_hash AND v.model = ?"
                    " WHERE +a.state = 'ready' AND p.number >= ? ORDER BY p.number LIMIT 1",
                    (model, pick(first, last)),
                ).fetchone()
                if row is not None:
                    with self._decoding():
                        found[str(row[0])] = _unpacked(row[1])[0]
        return found

    def unfinished(self) -> Unfinished:
        """Articles at which a change was cut off; nothing is to be done when both are empty."""
        with self._reading() as db:
            rows = db.execute("SELECT state, id FROM articles WHERE state IN ('pending', 'leaving') ORDER BY rowid").fetchall()
        return Unfinished(*(tuple(name for state, name in rows if state == wanted) for wanted in ("pending", "leaving")))

    def _batches(
        self, columns: str, where: str, parameters: tuple[str, ...], batch: int
    ) -> Iterator[tuple[list[tuple[Any, ...]], list[Passage]]]:
        """Rows of passages (id, article, start, stop, …) with the passages, in the order they were stored."""
        # Each batch is a transaction of its own: one left half-read would keep the log from being emptied. So changes
        # in between show; who must not see any holds the lock.
        query = f"SELECT p.number, {columns} {_PASSAGES_FIRST} WHERE {where} AND p.number > ? ORDER BY p.number LIMIT ?"
        after, more = 0, True
        while more:
            with self._reading() as db:
                rows = db.execute(query, (*parameters, after, batch)).fetchall()
                passages = self._cut(db, [row[1:5] for row in rows])
            if rows:
                after = rows[-1][0]
                yield [row[1:] for row in rows], passages
            more = len(rows) == batch

    def _cut(self, db: sqlite3.Connection, rows: Sequence[tuple[str, str, int, int]]) -> list[Passage]:
        """The passages (id, article, start, stop), sliced from their articles."""
        wanted = _listed({row[1] for row in rows})
        found = db.execute(f"SELECT {_SOURCE}, a.text FROM articles a WHERE a.id {_IN}", (wanted,)).fetchall()
        with self._decoding():
            articles = {row[0]: (_source(row[:-1]), row[-1]) for row in found}
        return [
            Passage(id=name, source=articles[article][0], text=articles[article][1][start:stop], start=start, end=stop)
            for name, article, start, stop in rows
        ]

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, TypeError) as exc:
            raise _damaged(self.path, f"a value in it cannot be read: {exc}") from exc

    # -- writing -----------------------------------------------------------------------------------------------------

    def stage(self, staged: Sequence[Staged], vectors: Mapping[str, Vectors], model: str, fetched: datetime) -> None:
        """Take articles in as pending, not yet seen. `vectors` (by `text_hash`) holds those of `model` that are not kept yet."""
        with self._writing() as db:
            dimension = int(db.execute("SELECT dimension FROM library").fetchone()[0])
            gone: set[str] = set()
            for item in staged:
                gone |= self._stage_one(db, item, fetched)
            wanted = {text_hash(passage.text) for item in staged for passage in item.passages}
            _keep_vectors(db, {name: vectors[name] for name in wanted & vectors.keys()}, model, dimension)
            if absent := wanted - _kept(db, wanted, model):
                raise ValueError(f"{len(absent)} passages were staged without a vector of {model}")
            _drop_vectors(db, gone - wanted)

    def _stage_one(self, db: sqlite3.Connection, item: Staged, fetched: datetime) -> set[str]:
        """Write one article; the hashes of the passages it had before."""
        article, name = item.article, item.article.source.article_id
        for passage in item.passages:
            if article.text[passage.start : passage.end] != passage.text:
                raise ValueError(f"passage {passage.id} is not a slice of its article")
        if db.execute("SELECT 1 FROM articles WHERE id = ? AND state = 'ready'", (name,)).fetchone():
            _bump(db)  # readers lose sight of it until it is published again
        db.execute(
            "INSERT INTO articles (id, state, title, language, publisher, url, published, fetched, origins, boilerplate, text)"
            " VALUES (?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = 'pending',"
            " title = excluded.title, language = excluded.language, publisher = excluded.publisher, url = excluded.url,"
            " published = excluded.published, origins = excluded.origins, boilerplate = excluded.boilerplate, text = excluded.text",
            _article_row(article, fetched),
        )
        _place(db, article.location, name)
        if item.replaces is not None:
            _replace(db, name, item.replaces)
        before = {row[0] for row in db.execute("SELECT text_hash FROM passages WHERE article_id = ?", (name,))}
        db.execute("DELETE FROM passages WHERE article_id = ?", (name,))
        db.executemany(
            "INSERT INTO passages (id, article_id, ordinal, start, stop, text_hash) VALUES (?, ?, ?, ?, ?, ?)",
            [(p.id, name, ordinal, p.start, p.end, text_hash(p.text)) for ordinal, p in enumerate(item.passages)],
        )
        return before

    def publish(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Let readers see pending articles and no longer see what these replace; the ids now on their way out."""
        with self._writing() as db:
            changed = db.execute(f"UPDATE articles SET state = 'ready' WHERE state = 'pending' AND id {_IN}", (_listed(ids),))
            leaving = _settle(db, ids)
            if changed.rowcount or leaving:
                _bump(db)
        return leaving

    def relocate(self, article_id: str, location: str) -> tuple[str, ...]:
        """Note that a known article is found at `location` too; the ids now on their way out, as it has taken their place."""
        with self._writing() as db:
            row = db.execute("SELECT state FROM articles WHERE id = ? AND state <> 'leaving'", (article_id,)).fetchone()
            if row is None:
                raise UnknownArticle(_UNKNOWN, id=article_id)
            _place(db, location, article_id)
            leaving = _settle(db, [article_id]) if row[0] == "ready" else ()
            if leaving:
                _bump(db)
        return leaving

    def remember(self, files: Iterable[Contents]) -> None:
        """Note what these files gave, if every one of its articles is there with those values and nothing is left to do."""
        with self._writing() as db:
            db.execute(_READINGS)
            for file in files:
                _remember(db, file)

    def retire(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Take articles, and what they were about to replace, out of sight for good; the ids now on their way out."""
        with self._writing() as db:
            if _remembers(db):  # the fingerprint of a file comes from every article in it
                theirs = f"SELECT fingerprint FROM readings JOIN locations USING (location) WHERE article_id {_IN}"
                db.execute(f"DELETE FROM readings WHERE fingerprint IN ({theirs})", (_listed(ids),))
            db.execute(f"DELETE FROM locations WHERE article_id {_IN}", (_listed(ids),))
            known = db.execute(f"SELECT id FROM articles WHERE state <> 'leaving' AND id {_IN} ORDER BY id", (_listed(ids),))
            leaving = tuple(row[0] for row in known)
            _leave(db, leaving)
            leaving += _settle(db, ids)
            if leaving:
                _bump(db)
        return leaving

    def forget(self, ids: Sequence[str], *, thorough: bool = True) -> None:
        """Remove those of the articles that are on their way out, by default without a trace in the file (see `scrub`)."""
        with self._writing() as db:
            theirs = (
                "SELECT DISTINCT p.text_hash FROM passages p JOIN articles a ON a.id = p.article_id"
                f" WHERE a.state = 'leaving' AND a.id {_IN}"
            )
            hashes = {row[0] for row in db.execute(theirs, (_listed(ids),))}
            deleted = db.execute(f"DELETE FROM articles WHERE state = 'leaving' AND id {_IN}", (_listed(ids),)).rowcount
            _drop_vectors(db, hashes)
            if deleted:
                _bump(db)
                db.execute("UPDATE library SET traces = 1")
        if thorough:
            with suppress(DiskFull):  # what was asked is done; `traces` tells that the rewriting is still to do
                self.scrub()

    @property
    def traces(self) -> bool:
        """Whether bytes of forgotten articles may be left in the file."""
        with self._reading() as db:
            return bool(db.execute("SELECT traces FROM library").fetchone()[0])

    def scrub(self) -> None:
        """Rewrite the file without what was forgotten; costs one second per 100 MB and as much room again while it runs.

        Overwriting what is deleted (`secure_delete`) is not enough: where SQLite moved a row from one page to another
        before, its old bytes stay in the unused part of the page (measured: of 7 in 3,158 articles).
        """
        if not self.traces:
            return
        with _explained(self.path):
            db = self._connection()
            db.execute("PRAGMA temp_store=FILE")  # not in memory: the copy is as large as the file
            try:
                db.execute("VACUUM")
            finally:
                db.execute("PRAGMA temp_store=MEMORY")
            # The log still holds the old pages until it is emptied, for which no reader may be in the way.
            blocked = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if not blocked:
                db.execute("UPDATE library SET traces = 0")

    def keep(self, vectors: Mapping[str, Vectors], model: str, dimension: int) -> None:
        """Keep vectors of another model, be it of the same name, apart from those in use, for a later `adopt`."""
        with self._writing() as db:
            _keep_vectors(db, vectors, _NEXT + model, dimension)

    def adopt(self, manifest: Manifest) -> None:
        """Make another model the library's own, once every passage has a vector of it; those of the others go."""
        with self._writing() as db:
            every = {row[0] for row in db.execute("SELECT DISTINCT text_hash FROM passages")}
            if absent := every - _kept(db, every, _NEXT + manifest.embedding, manifest.dimension):
                raise LibraryMismatch(
                    "{count} passages have no vector of {model} yet; run the rebuild again.",
                    count=len(absent),
                    model=manifest.embedding,
                )
            db.execute("DELETE FROM vectors WHERE model <> ?", (_NEXT + manifest.embedding,))
            db.execute("UPDATE vectors SET model = ?", (manifest.embedding,))
            db.execute(
                "UPDATE library SET embedding = ?, dimension = ?, splitter = ?, canaries = ?, created = ?", _manifest_row(manifest)
            )
            _bump(db)

    def split_by(self, splitter: str) -> None:
        """Remember that every passage was made by that splitter."""
        with self._writing() as db:
            db.execute("UPDATE library SET splitter = ?", (splitter,))

    def copy(self, target: Path) -> None:
        """A library file at `target` as this one is at this moment, whoever writes meanwhile."""
        with _explained(self.path):
            self._connection().execute("VACUUM INTO ?", (str(target),))
            with closing(_connect(_uri(target, "rw"), 0)) as db:
                db.execute("PRAGMA journal_mode=WAL").fetchall()

    # -- checking ----------------------------------------------------------------------------------------------------

    def integrity(self) -> list[str]:
        """Everything that is wrong with the file, one line each; an empty list for a sound library."""
        try:
            with self._reading() as db:
                found = [row[0] for row in db.execute("PRAGMA quick_check") if row[0] != "ok"]
                found += [
                    Notice("{table}: row {row} points nowhere", table=row[0], row=str(row[1]))
                    for row in db.execute("PRAGMA foreign_key_check")
                ]
                return found + list(self._wrong_passages(db)) + list(_wrong_vectors(db))
        except LibraryDamaged as exc:
            return [exc.notice]

    def _wrong_passages(self, db: sqlite3.Connection) -> Iterator[str]:
        query = "SELECT id, start, stop, text_hash FROM passages WHERE article_id = ? ORDER BY ordinal"
        for name, text in db.execute("SELECT id, text FROM articles ORDER BY id"):
            before = -1
            for passage, start, stop, stored in db.execute(query, (name,)):
                if not 0 <= start < stop <= len(text):
                    yield Notice("passage {id}: {start}-{stop} is outside its article", id=passage, start=start, stop=stop)
                elif text_hash(text[start:stop]) != stored:
                    yield Notice("passage {id}: its text is not the one that was stored", id=passage)
                if start <= before:
                    yield Notice("passage {id}: does not begin after the one before", id=passage)
                before = start


# -- rows -------------------------------------------------------------------------------------------------------------


def _listed(values: Iterable[str]) -> str:
    return json.dumps(list(values))


def _storable(text: str) -> str:
    """`text` as UTF-8 can hold it: names of files may have bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode()


def _manifest_row(manifest: Manifest) -> tuple[Any, ...]:
    canaries = b"".join(_packed(row, manifest.dimension) for row in manifest.canaries)
    return (manifest.embedding, manifest.dimension, manifest.splitter, canaries, _instant(manifest.created))


def _article_row(article: Article, fetched: datetime) -> tuple[Any, ...]:
    *values, origins, boilerplate = _values(article)
    return (*values, _instant(fetched), origins, boilerplate, article.text)


def _values(article: Article) -> tuple[Any, ...]:
    """What a row says of an article, but for when it was fetched and its text, in the order of `_VALUES`."""
    source = article.source
    return (
        source.article_id,
        source.title,
        source.language,
        source.publisher,
        source.url,
        source.published and source.published.isoformat(),
        json.dumps(dict(source.origins), ensure_ascii=False),
        json.dumps(article.boilerplate),
    )


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _source(row: tuple[Any, ...]) -> Source:
    name, title, language, publisher, url, published, fetched, origins = row
    return Source(
        article_id=name,
        title=title,
        language=language,
        publisher=publisher,
        url=url,
        published=published and date.fromisoformat(published),
        fetched=datetime.fromisoformat(fetched),
        origins=_origins(origins),
    )


@lru_cache(maxsize=1_000)
def _origins(written: str) -> Mapping[str, str]:
    """Where the values of a source came from: the same for most articles of a feed."""
    return MappingProxyType(json.loads(written))


def _packed(vector: Vectors, dimension: int) -> bytes:
    import numpy as np

    if vector.shape != (dimension,) or not np.isfinite(vector).all():
        raise LibraryMismatch(
            "A vector of shape {shape} does not fit a library of {dimension} finite numbers a vector; check the embedding model.",
            shape=str(vector.shape),
            dimension=dimension,
        )
    return vector.astype("<f4").tobytes()


def _unpacked(blob: bytes, dimension: int | None = None) -> Vectors:
    """The vectors in `blob`, one a row; a single one when no dimension is given."""
    import numpy as np

    return np.frombuffer(blob, "<f4").astype(np.float32).reshape(-1, dimension or len(blob) // 4)


def _conditions(db: sqlite3.Connection, filters: Filters) -> tuple[str, list[str]]:
    """`filters` over the articles readers may see, as SQL and its parameters."""
    conditions, parameters = ["+a.state = 'ready'"], list[str]()  # the sign keeps SQLite from going through all that are

    def add(condition: str, parameter: str) -> None:
        conditions.append(condition)
        parameters.append(parameter)

    if filters.languages:
        add(f"a.language {_IN}", _listed(filters.languages))
    if filters.publishers:
        wanted = {fold(publisher) for publisher in filters.publishers}
        names = db.execute("SELECT DISTINCT publisher FROM articles WHERE publisher IS NOT NULL")
        add(f"a.publisher {_IN}", _listed([row[0] for row in names if fold(row[0]) in wanted]))
    if filters.articles:
        add(f"a.id {_IN}", _listed(filters.articles))
    if filters.since:
        add("a.published >= ?", filters.since.isoformat())
    if filters.until:
        add("a.published <= ?", filters.until.isoformat())
    return " AND ".join(conditions), parameters


# -- steps of a transaction -------------------------------------------------------------------------------------------


def _bump(db: sqlite3.Connection) -> None:
    db.execute("UPDATE library SET generation = generation + 1")


def _place(db: sqlite3.Connection, location: str, article_id: str) -> None:
    """Let `location` stand for the article; one that stood there before is to be replaced."""
    location = _storable(location)
    row = db.execute("SELECT article_id FROM locations WHERE location = ?", (location,)).fetchone()
    db.execute(
        "INSERT INTO locations (location, article_id) VALUES (?, ?) ON CONFLICT (location) DO UPDATE SET article_id = ?",
        (location, article_id, article_id),
    )
    db.execute("DELETE FROM replacements WHERE old_id = ?", (article_id,))  # it has a home again
    if row is not None:
        _replace(db, article_id, row[0])


def _replace(db: sqlite3.Connection, new: str, old: str) -> None:
    known = db.execute("SELECT 1 FROM articles WHERE id = ?", (old,)).fetchone()
    if known and old != new:
        db.execute("INSERT OR IGNORE INTO replacements (new_id, old_id) VALUES (?, ?)", (new, old))


def _settle(db: sqlite3.Connection, ids: Sequence[str]) -> tuple[str, ...]:
    """Send off what these articles replaced, and what that was about to replace, unless a location still stands for it."""
    homeless = "NOT EXISTS (SELECT 1 FROM locations l WHERE l.article_id = r.old_id)"
    rows = db.execute(
        "WITH RECURSIVE gone (id) AS ("
        f" SELECT r.old_id FROM replacements r WHERE r.new_id {_IN} AND {homeless}"
        f" UNION SELECT r.old_id FROM replacements r JOIN gone ON r.new_id = gone.id WHERE {homeless}"
        ") SELECT a.id FROM articles a JOIN gone ON gone.id = a.id WHERE a.state <> 'leaving' ORDER BY a.id",
        (_listed(ids),),
    ).fetchall()
    leaving = tuple(row[0] for row in rows)
    _leave(db, leaving)
    db.execute(f"DELETE FROM replacements WHERE new_id {_IN}", (_listed((*ids, *leaving)),))
    return leaving


def _leave(db: sqlite3.Connection, ids: Sequence[str]) -> None:
    db.execute(f"UPDATE articles SET state = 'leaving' WHERE id {_IN}", (_listed(ids),))


def _keep_vectors(db: sqlite3.Connection, vectors: Mapping[str, Vectors], model: str, dimension: int) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO vectors (text_hash, model, vector) VALUES (?, ?, ?)",
        [(name, model, _packed(vector, dimension)) for name, vector in vectors.items()],
    )


def _kept(db: sqlite3.Connection, hashes: Iterable[str], model: str, dimension: int | None = None) -> set[str]:
    """Those of the hashes that have a vector of `model` (of that dimension)."""
    rows = db.execute(
        f"SELECT text_hash FROM vectors WHERE model = ? AND text_hash {_IN} AND (? IS NULL OR length(vector) = 4 * ?)",
        (model, _listed(hashes), dimension, dimension),
    )
    return {row[0] for row in rows}


def _drop_vectors(db: sqlite3.Connection, hashes: Iterable[str]) -> None:
    """Remove those of the vectors that no passage refers to any more."""
    db.execute(
        f"DELETE FROM vectors WHERE text_hash {_IN}"
        " AND NOT EXISTS (SELECT 1 FROM passages p WHERE p.text_hash = vectors.text_hash)",
        (_listed(hashes),),
    )


def _wrong_vectors(db: sqlite3.Connection) -> Iterator[str]:
    model, dimension = db.execute("SELECT embedding, dimension FROM library").fetchone()
    rows = db.execute(
        "SELECT p.id, length(v.vector) FROM passages p LEFT JOIN vectors v ON v.text_hash = p.text_hash AND v.model = ?"
        " WHERE v.vector IS NULL OR length(v.vector) <> 4 * ? ORDER BY p.number",
        (model, dimension),
    )
    for passage, length in rows:
        if length is None:
            yield Notice("passage {id}: has no vector of {model}", id=passage, model=model)
        else:
            yield Notice("passage {id}: its vector has the wrong length of {model}", id=passage, model=model)


# -- what was read from files -----------------------------------------------------------------------------------------


def _remembers(db: sqlite3.Connection) -> bool:
    """Whether anything was ever remembered here."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'readings'").fetchone() is not None


def _read_from(db: sqlite3.Connection, place: str, fingerprint: bytes) -> Iterator[tuple[Any, ...]]:
    """The values of each article that is there and was read from the file, with its location and what the file gave in all."""
    return db.execute(
        f"SELECT {_VALUES}, r.location, r.contents FROM readings r CROSS JOIN locations l ON l.location = r.location"
        " CROSS JOIN articles a ON a.id = l.article_id"
        " WHERE r.location >= ? AND r.location < ? AND r.fingerprint = ? AND +a.state = 'ready' ORDER BY r.location",
        (*_range(place), fingerprint),
    )


def _remember(db: sqlite3.Connection, file: Contents) -> None:
    wanted = {_storable(location): values for location, values in file.articles.items()}
    rows = db.execute(
        f"SELECT {_VALUES}, l.location FROM locations l CROSS JOIN articles a ON a.id = l.article_id"
        " WHERE l.location >= ? AND l.location < ? AND +a.state = 'ready' ORDER BY l.location",
        _range(file.place),
    )
    held, contents = list[str](), hashlib.sha256()
    for *values, location in rows:
        digest = _digest(values)
        if wanted.get(location) == digest:
            held.append(location)
            _add(contents, location, digest)
    if held and len(held) == len(file.articles):
        db.executemany(
            "INSERT OR REPLACE INTO readings (location, fingerprint, contents) VALUES (?, ?, ?)",
            [(location, file.fingerprint, contents.digest()[:16]) for location in held],
        )


def _range(place: str) -> tuple[str, str]:
    """Between which two all locations of a file are, `place` itself and `place#key`; so are a few others."""
    first = _storable(place)
    return first, f"{first}{chr(ord('#') + 1)}"


def _digest(values: Sequence[object]) -> bytes:
    return hashlib.sha256(repr(tuple(values)).encode()).digest()[:16]


def _add(contents: Any, location: str, digest: bytes) -> None:
    contents.update(location.encode() + b"\0" + digest)


# -- the file ---------------------------------------------------------------------------------------------------------


def _connect(uri: str, wait: float) -> sqlite3.Connection:
    """A connection that commits to the disk, leaves no deleted byte behind and enforces references."""
    connection = sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY", "trusted_schema=OFF"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


def _lay(path: Path, manifest: Manifest) -> None:
    """Make the empty file at `path` a library; nobody sees it under its name before it is whole."""
    with closing(_connect(_uri(path, "rw"), 0)) as db:
        header = f"PRAGMA application_id={_APPLICATION_ID}; PRAGMA user_version={FORMAT};"
        db.executescript(f"BEGIN; {_SCHEMA} {header} COMMIT;")
        row = _manifest_row(manifest)
        db.execute("INSERT INTO library (row, embedding, dimension, splitter, canaries, created) VALUES (1, ?, ?, ?, ?, ?)", row)
        db.execute("PRAGMA journal_mode=WAL").fetchall()


def _unfinished(path: Path) -> Path:
    """Where the file is made that will be at `path`."""
    return path.with_name(f"{path.name}.new")


def _put_in_place(made: Path, path: Path, link: Callable[[Path, Path], None] = os.link) -> None:
    """Give the finished file its name, unless that name is taken."""
    try:
        link(made, path)
    except FileExistsError:
        raise LibraryError("{path} exists already; open it, or choose another --library.", path=path) from None
    except OSError:  # some file systems have no hard links; the exclusive lock keeps others from making one meanwhile
        os.rename(made, path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _reachable(path: Path, wait: float) -> str:
    """The URI to open the library at `path` with, once its header says that it is one; in a read-only folder, a reading one.

    The header is read through SQLite: opening and closing the file by other means would drop the locks that another
    connection of this process holds on it. With a log beside it, it is opened for reading only, as the last one to close
    a library would write that log into a file that may not be ours.
    """
    beside = any(path.with_name(path.name + suffix).exists() for suffix in ("-wal", "-journal"))
    try:
        _check_header(path, _uri(path, "ro" if beside else "rw"), wait)
    except sqlite3.OperationalError as exc:
        if _code(exc) not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN) or _has_log(path):
            raise
        archive = _uri(path, "ro&immutable=1")
        _check_header(path, archive, wait)
        return archive
    return _uri(path, "rw")


def _has_log(path: Path) -> bool:
    """Whether changes wait beside the file that an immutable view of it would miss."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _check_header(path: Path, uri: str, wait: float) -> None:
    with closing(_connect(uri, wait)) as db:
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
    if application != _APPLICATION_ID:
        raise _foreign(path)
    if version > FORMAT:
        raise LibraryTooNew(
            "{path} has format {version} and this version reads up to {known}; update Sanad. The file was not touched.",
            path=path,
            version=version,
            known=FORMAT,
        )
    if version < FORMAT:
        raise _damaged(path, f"there is no format {version}")


# -- errors -----------------------------------------------------------------------------------------------------------


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the operating system say into an error of ours."""
    try:
        yield
    except sqlite3.Error as exc:
        error = _explanation(exc, path)
        if error is None:
            raise
        raise error from exc
    except OSError as exc:
        raise _full(path) if exc.errno in (errno.ENOSPC, errno.EDQUOT) else _not_writable(path, exc.strerror) from exc


def _explanation(exc: sqlite3.Error, path: Path) -> LibraryError | None:
    """What to tell the user about `exc`; None when it is a mistake of the caller's."""
    match _code(exc):
        case sqlite3.SQLITE_FULL:
            return _full(path)
        case sqlite3.SQLITE_IOERR if _room(path) < _LITTLE_ROOM:
            return _full(path)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _not_writable(path, str(exc))
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return LibraryLocked("{path} is locked by another process; wait for it, or stop it.", path=path)
        case sqlite3.SQLITE_NOTADB:
            return _foreign(path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_ERROR:
            return _damaged(path, str(exc))
        case 0 if isinstance(exc, sqlite3.OperationalError):  # text that is not UTF-8
            return _damaged(path, str(exc))
        case _:
            return None


def _code(exc: sqlite3.Error) -> int:
    return getattr(exc, "sqlite_errorcode", 0) & 0xFF


def _room(path: Path) -> int:
    """The bytes free on the disk of `path`; as if there were plenty when that cannot be told."""
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free
    return _LITTLE_ROOM


def _full(path: Path) -> DiskFull:
    return DiskFull.of(path.parent)


def _not_writable(path: Path, reason: str | None) -> LibraryNotWritable:
    return LibraryNotWritable(
        "{path} cannot be opened or written ({reason}); allow it, or choose another --library.", path=path, reason=str(reason)
    )


def _foreign(path: Path) -> LibraryDamaged:
    return LibraryDamaged("{path} is not a Sanad library; move it away, or choose another --library.", path=path)


def _damaged(path: Path, reason: str) -> LibraryDamaged:
    return LibraryDamaged(
        "{path} is damaged ({reason}); see `sanad doctor`, and bring back a backup of it.", path=path, reason=reason
    )
