"""The parts alone: the bare libraries under Sanad, given the very work it gives them, as the limit of what can be had.

What that work is, is recorded at their doors while Sanad does it: the vectors it searches for, its queries to tantivy, the
passages it reads, the documents it writes.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import chromadb
import tantivy

from assistant import ingestion, lexical
from assistant.catalogue import Catalogue
from assistant.indexes import LEXICAL, VECTORS
from assistant.library import DATABASE
from assistant.pipeline import Assistant
from assistant.protocols import Vectors
from assistant.types import Filters, Passage
from assistant.vectors import VectorIndex
from evals.speed.ours import LIMIT

__all__ = ["ChromaAlone", "SQLiteAlone", "TantivyAlone"]

HEAP = 128_000_000  # bytes for a writer of tantivy, as Sanad gives it


class _Alone:
    """The work of the library in `source`, to be done once more in `folder`."""

    def __init__(self, source: str, folder: str = "") -> None:
        self._source = Path(source)
        self._folder = Path(folder)

    def _batches(self, count: int) -> Iterator[slice]:
        """`count` things in as many batches as Sanad stores articles in."""
        with closing(Catalogue.open(self._source / DATABASE)) as catalogue:
            characters = sum(len(catalogue.article(source.article_id).text) for source in catalogue.sources())
        size = -(-count // max(1, round(characters / ingestion.CHARACTERS)))
        return (slice(start, start + size) for start in range(0, count, size))

    def _asking(self, rounds: Sequence[Sequence[str]], asked: list[Any]) -> list[list[Any]]:
        """What Sanad adds to `asked`, question by question, by rounds."""
        found: list[list[Any]] = []
        with Assistant(self._source) as assistant:
            for questions in [rounds[0][:1], *rounds]:  # it tries its indexes at the first question
                asked.clear()
                for question in questions:
                    assistant.search(question, limit=LIMIT)
                found.append(list(asked))
        return found[1:]


class ChromaAlone(_Alone):
    """The vector index by itself."""

    def prepare(self) -> int:
        """Read what is to be written; how many vectors that is."""
        collection = self._collection()
        self._configuration = {"hnsw": collection.configuration_json["hnsw"]}
        kept = collection.get(include=["embeddings", "metadatas"])
        columns = (kept["ids"], kept["embeddings"], kept["metadatas"])
        self._work = [[column[batch] for column in columns] for batch in self._batches(len(kept["ids"]))]
        return len(kept["ids"])

    def take(self) -> int:
        """Write it; how many vectors there are."""
        shutil.rmtree(self._folder, ignore_errors=True)
        client = chromadb.PersistentClient(str(self._folder))
        made: Any = client.create_collection("passages", embedding_function=None, configuration=self._configuration)  # type: ignore[arg-type]
        for ids, embeddings, metadatas in self._work:
            made.upsert(ids=ids, embeddings=embeddings, metadatas=metadatas)
        return int(made.count())

    def open(self, rounds: Sequence[Sequence[str]]) -> int:
        """Get ready to search rounds of questions; how many vectors there are."""
        asked: list[tuple[Vectors, int]] = []
        search = VectorIndex.search

        def recorded(index: VectorIndex, vector: Vectors, *, filters: Filters, limit: int) -> list[tuple[str, float]]:
            asked.append((vector, limit))
            return search(index, vector, filters=filters, limit=limit)

        with patch.object(VectorIndex, "search", recorded):
            self._asked = self._asking(rounds, asked)
        self._opened = self._collection()
        return int(self._opened.count())

    def search(self, number: int) -> int:
        """How many vectors are found in a round."""
        return sum(
            len(self._opened.query(query_embeddings=[vector], n_results=limit, include=["distances"])["ids"][0])
            for vector, limit in self._asked[number]
        )

    def _collection(self) -> Any:
        # Under a name of its own: Chroma shares what a process has open under one, and Sanad may have it open too.
        client = chromadb.PersistentClient(f"{self._source / VECTORS}/.")
        return client.get_collection("passages", embedding_function=None)


class TantivyAlone(_Alone):
    """The full-text index by itself."""

    def prepare(self) -> int:
        """Have the documents made that are to be written; how many these are."""
        with closing(Catalogue.open(self._source / DATABASE)) as catalogue:
            passages = [passage for batch in catalogue.every_passage() for passage in batch]
        self._schema, documents = _documents(passages, self._folder)
        self._work = [documents[batch] for batch in self._batches(len(documents))]
        return len(documents)

    def take(self) -> int:
        """Write them; how many there are."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        index = tantivy.Index(self._schema, path=str(self._folder), reuse=False)
        for batch in self._work:
            writer = index.writer(heap_size=HEAP, num_threads=1)
            for document in batch:
                writer.add_document(document)
            writer.commit()
            writer.wait_merging_threads()
            index.reload()
        return int(index.searcher().num_docs)

    def open(self, rounds: Sequence[Sequence[str]]) -> int:
        """Get ready to search rounds of questions; how many documents there are."""
        asked: list[tuple[tantivy.Query, int]] = []
        with _recording(asked=asked):
            self._asked = self._asking(rounds, asked)
        self._searcher = tantivy.Index.open(str(self._source / LEXICAL)).searcher()
        return int(self._searcher.num_docs)

    def search(self, number: int) -> int:
        """How many documents are found in a round, their ids read."""
        found = 0
        for query, limit in self._asked[number]:
            hits = self._searcher.search(query, limit=limit, count=False).hits
            found += len([self._searcher.doc(address).get_first("passage") for _, address in hits])
        return found


class SQLiteAlone(_Alone):
    """The truth by itself."""

    def prepare(self) -> int:
        """Read the rows that are to be written; how many passages these are for."""
        with closing(sqlite3.connect(self._source / DATABASE)) as db:
            self._tables = [row[0] for row in db.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")]
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            self._rows = {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in names}
        return len(self._rows["passages"])

    def take(self) -> int:
        """Write them, as durable as Sanad does, a transaction a batch; how many there are."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        articles = list(self._batches(len(self._rows["articles"])))
        with closing(sqlite3.connect(self._folder / DATABASE, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            for sql in self._tables:
                db.execute(sql)
            for part in range(len(articles)):
                db.execute("BEGIN IMMEDIATE")
                for name, rows in self._rows.items():
                    size = -(-len(rows) // len(articles))
                    if batch := rows[part * size : (part + 1) * size]:
                        db.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(batch[0]))})", batch)
                db.execute("COMMIT")
            return int(db.execute("SELECT count(*) FROM passages").fetchone()[0])

    def open(self, rounds: Sequence[Sequence[str]]) -> int:
        """Get ready to read for rounds of questions; how many passages there are."""
        asked: list[str] = []
        passages = Catalogue.passages

        def recorded(catalogue: Catalogue, ids: Sequence[str]) -> dict[str, Passage]:
            asked.append(json.dumps(list(ids)))
            return passages(catalogue, ids)

        with patch.object(Catalogue, "passages", recorded):
            self._asked = self._asking(rounds, asked)
        self._opened = sqlite3.connect(self._source / DATABASE)
        return int(self._opened.execute("SELECT count(*) FROM passages").fetchone()[0])

    def search(self, number: int) -> int:
        """How many passages are read in a round."""
        # CROSS: by itself SQLite may begin with the articles.
        sql = (
            "SELECT p.id, a.title, a.publisher, a.published, substr(a.text, p.start + 1, p.stop - p.start)"
            " FROM passages p CROSS JOIN articles a ON a.id = p.article_id WHERE p.id IN (SELECT value FROM json_each(?))"
        )
        return sum(len(self._opened.execute(sql, (ids,)).fetchall()) for ids in self._asked[number])


# -- what Sanad asks of tantivy -----------------------------------------------------------------------------------------


class _Recorder:
    """Stands for a thing of tantivy's, and gives it all it is asked; `search` and `add_document` are noted."""

    def __init__(self, real: Any, asked: list[Any], added: list[Any], schemas: list[Any]) -> None:
        self._real, self._asked, self._added, self._schemas = real, asked, added, schemas

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _like_this(self, real: Any) -> _Recorder:
        return _Recorder(real, self._asked, self._added, self._schemas)

    def __call__(self, schema: Any, *args: Any, **named: Any) -> _Recorder:
        self._schemas.append(schema)
        return self._like_this(self._real(schema, *args, **named))

    def searcher(self) -> _Recorder:
        return self._like_this(self._real.searcher())

    def writer(self, *args: Any, **named: Any) -> _Recorder:
        return self._like_this(self._real.writer(*args, **named))

    def search(self, query: Any, *, limit: int, count: bool) -> Any:
        self._asked.append((query, limit))
        return self._real.search(query, limit=limit, count=count)

    def add_document(self, document: Any) -> None:
        self._added.append(document)


@contextmanager
def _recording(asked: list[Any] | None = None, added: list[Any] | None = None, schemas: list[Any] | None = None) -> Iterator[None]:
    """Have what Sanad asks of tantivy meanwhile noted in these lists."""
    lists = ([] if noted is None else noted for noted in (asked, added, schemas))
    with patch.object(tantivy, "Index", _Recorder(tantivy.Index, *lists)):
        yield


def _documents(passages: Sequence[Passage], folder: Path) -> tuple[Any, list[Any]]:
    """What Sanad's full-text index would write of `passages`: the schema and the documents."""
    added, schemas = list[Any](), list[Any]()
    with _recording(added=added, schemas=schemas):
        index = lexical.LexicalIndex(folder, create=True)
        index.add(passages)
        index.discard()
    return schemas[0], added
