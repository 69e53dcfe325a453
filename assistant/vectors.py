"""The vector index (Chroma), derived from the catalogue: one vector a passage, always ours, never computed by Chroma."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import chromadb
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from chromadb.errors import ChromaError

from assistant.errors import DiskFull, LibraryDamaged, LibraryError, LibraryNotWritable
from assistant.protocols import Vectors
from assistant.text import fold
from assistant.types import Filters, Passage, day_number

__all__ = ["VectorIndex"]

_COLLECTION = "passages"
_LISTED = 500  # ids named in one condition
_LITTLE_ROOM = 2**22  # bytes; a write that failed with less left on the disk is taken to have filled it


class VectorIndex:
    """Cosine search over the passages' vectors in one folder."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self._folder = folder
        if create:
            shutil.rmtree(folder, ignore_errors=True)
        elif not (folder / "chroma.sqlite3").exists():
            # Chroma would silently make an empty database here, which would look like "nothing found".
            raise LibraryDamaged(f"The vector index in {folder} is missing; run `sanad rebuild`.")
        try:
            settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder), allow_reset=False)
            self._client, self._system = _own_client(settings)
            self._collection = self._open_collection(create)
            self._batch = int(self._client.get_max_batch_size())
        except (ChromaError, ValueError) as exc:
            raise self._error(exc) from exc

    def _open_collection(self, create: bool) -> Any:
        if create:
            # Without `embedding_function=None` Chroma stores a default that would download a model on first use.
            return self._client.create_collection(_COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}})
        return self._client.get_collection(_COLLECTION, embedding_function=None)

    @staticmethod
    def files(folder: Path) -> list[Path]:
        """The files in `folder` that Chroma reads unchecked: its vector files, where it has written them down.

        `chroma.sqlite3` is not among them: it changes whenever it is opened, and SQLite notices damage by itself.
        """
        written = [path.parent for path in folder.glob("*/index_metadata.pickle")]
        return [path for segment in written for path in segment.iterdir()]

    def close(self) -> None:
        """Let go of the folder; a later `VectorIndex` on it reads it afresh."""
        if self._collection is not None:
            self._collection = None
            self._system.stop()  # closes its files, which otherwise stay open until the garbage is collected

    def count(self) -> int:
        """How many passages are indexed."""
        try:
            return int(self._collection.count())
        except ChromaError as exc:
            raise self._error(exc) from exc

    def ids(self) -> set[str]:
        """The ids of all passages that are indexed."""
        try:
            return set(self._collection.get(include=[])["ids"])
        except ChromaError as exc:
            raise self._error(exc) from exc

    def add(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Index `passages` (n) with `vectors`, shape (n, dimension), replacing any of the same id."""
        try:
            for start in range(0, len(passages), self._batch):
                part = passages[start : start + self._batch]
                self._collection.upsert(
                    ids=[passage.id for passage in part],
                    embeddings=vectors[start : start + self._batch],
                    metadatas=[_metadata(passage) for passage in part],
                )
        except ChromaError as exc:
            raise self._error(exc) from exc

    def delete(self, article_ids: Iterable[str]) -> None:
        """Remove every passage of these articles."""
        ids = list(article_ids)
        try:
            for start in range(0, len(ids), _LISTED):
                self._collection.delete(where={"article": {"$in": ids[start : start + _LISTED]}})
        except ChromaError as exc:
            raise self._error(exc) from exc

    def search(self, vector: Vectors, *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """The ids and cosine similarities (-1 to 1) of the `limit` nearest passages, best first."""
        try:
            found = self._collection.query(query_embeddings=[vector], n_results=limit, where=_where(filters), include=["distances"])
        except ChromaError as exc:
            raise self._error(exc) from exc
        return [(str(name), 1.0 - float(distance)) for name, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def _error(self, exc: Exception) -> LibraryError:
        text = str(exc)
        # On a full disk the vector files are left cut off, and that is all Chroma says.
        cut_off = "Failed to apply logs" in text and shutil.disk_usage(self._folder).free < _LITTLE_ROOM
        if cut_off or "code: 13" in text or "disk is full" in text or "os error 28" in text:
            return DiskFull(f"The disk holding {self._folder} is full; free some space and run the same command again.")
        if "code: 8" in text or "readonly database" in text or "Permission denied" in text or "code: 14" in text:
            return LibraryNotWritable(f"The folder {self._folder} cannot be written to; allow writing or choose another --library.")
        reason = text.splitlines()[0][:120]
        return LibraryDamaged(f"The vector index in {self._folder} cannot be read ({reason}); run `sanad rebuild`.")


_making = threading.Lock()


def _own_client(settings: Settings) -> tuple[Any, Any]:
    """A client, and what runs it, that nothing else uses.

    Chroma shares one a folder for the life of the process, which goes on seeing the index as it was when another process
    changes it, and cannot be closed by one of its users alone.
    """
    with _making:
        try:
            client: Any = chromadb.PersistentClient(path=settings.persist_directory, settings=settings)
            return client, client._system
        finally:  # also of one that could not be started: it would be handed out again
            SharedSystemClient._identifier_to_system.pop(settings.persist_directory, None)
            SharedSystemClient._identifier_to_refcount.pop(settings.persist_directory, None)


def _metadata(passage: Passage) -> dict[str, str | int]:
    source = passage.source
    return {
        "article": source.article_id,
        "language": source.language,
        "publisher": fold(source.publisher or ""),
        "day": day_number(source.published),
    }


def _where(filters: Filters) -> dict[str, Any] | None:
    parts: list[dict[str, Any]] = []
    if filters.languages:
        parts.append({"language": {"$in": list(filters.languages)}})
    if filters.publishers:
        parts.append({"publisher": {"$in": [fold(name) for name in filters.publishers]}})
    if filters.articles:
        parts.append({"article": {"$in": list(filters.articles)}})
    if filters.since or filters.until:
        parts.append({"day": {"$gte": day_number(filters.since) or 1}})
    if filters.until:
        parts.append({"day": {"$lte": day_number(filters.until)}})
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {"$and": parts}
