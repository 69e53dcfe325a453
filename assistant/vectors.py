"""The vector index (Chroma), derived from the catalogue: one vector a passage, always ours, never computed by Chroma."""

from __future__ import annotations

import shutil
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.api.collection_configuration import CreateCollectionConfiguration, CreateHNSWConfiguration
from chromadb.api.models.Collection import Collection
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings, System
from chromadb.errors import (
    AuthorizationError,
    ChromaAuthError,
    ChromaError,
    InvalidArgumentError,
    NotFoundError,
    QuotaError,
    RateLimitError,
)

from assistant.errors import DiskFull, LibraryDamaged, LibraryError, LibraryNotWritable, Notice, VectorsUnavailable
from assistant.protocols import Vectors
from assistant.text import fold
from assistant.types import Filters, Passage, day_number
from assistant.vector_server import VectorServer

if TYPE_CHECKING:
    from chromadb.api.fastapi import FastAPI

__all__ = ["Server", "ServerIndex", "VectorIndex"]

_COLLECTION = "passages"
# Twice the neighbours and twice the candidates of Chroma's own: at 50,000 passages four fifths of the 60 nearest are found and not
# half of them, for half as much again of adding, a millisecond of a search and 130 bytes a passage.
_GRAPH: CreateHNSWConfiguration = {"space": "cosine", "max_neighbors": 32, "ef_search": 200}
_COSINE: CreateCollectionConfiguration = {"hnsw": _GRAPH}
# Chroma writes its vector files after so many records; what is not in them yet is put in anew by each process that opens
# the folder. With Chroma's own 1,000 that took up to 1.1 s of CPU of each `ask`, with 100 a tenth of it, and adding costs 6 % more.
_IN_A_FOLDER: CreateCollectionConfiguration = {"hnsw": {**_GRAPH, "sync_threshold": 100}}
RETRY = 10.0  # seconds for which a server that was out of reach is not asked again, so that nobody waits for it twice
CONNECT = 2.0  # seconds to reach it
_PAGE = 300  # records in one request to a server; Chroma Cloud takes no more
_LISTED = 500  # ids named in one condition
_SILENT = "The vector server {url} is silent; start it (`chroma run`), or check SANAD_VECTORS__URL."
_UNREACHED = "The vector server {url} cannot be reached ({reason}); start it (`chroma run`), or check SANAD_VECTORS__URL."
_LITTLE_ROOM = 2**22  # bytes; a write that failed with less left on the disk is taken to have filled it


class VectorIndex:
    """Cosine search over the passages' vectors in one folder."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self._folder = folder
        if create:
            shutil.rmtree(folder, ignore_errors=True)
        elif not (folder / "chroma.sqlite3").exists():
            # Chroma would silently make an empty database here, which would look like "nothing found".
            raise LibraryDamaged("The vector index in {folder} is missing; run `sanad rebuild`.", folder=folder)
        try:
            settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder), allow_reset=False)
            self._client, self._system = _own_client(settings)
            self._collection = self._open_collection(create)
            self._batch = int(self._client.get_max_batch_size())
        except (ChromaError, ValueError) as exc:
            if hasattr(self, "_system"):
                self._system.stop()
            raise self._error(exc) from exc

    def _open_collection(self, create: bool) -> Any:
        if create:
            # Without `embedding_function=None` Chroma stores a default that would download a model on first use.
            return self._client.create_collection(_COLLECTION, embedding_function=None, configuration=_IN_A_FOLDER)
        return _checked(self._client.get_collection(_COLLECTION, embedding_function=None))

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
        with self._explained():
            return int(self._collection.count())

    def ids(self) -> set[str]:
        """The ids of all passages that are indexed."""
        with self._explained():
            return set(self._collection.get(include=[])["ids"])

    def kept(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors that are indexed under these ids, at whatever length Chroma keeps them."""
        if not ids:  # Chroma takes no empty list
            return {}
        with self._explained():
            found = self._collection.get(ids=list(ids), include=["embeddings"])
            return dict(zip(found["ids"], found["embeddings"], strict=True))

    def add(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Index `passages` (n) with `vectors`, shape (n, dimension), replacing any of the same id."""
        with self._explained(writing=True):
            for start in range(0, len(passages), self._batch):
                part = passages[start : start + self._batch]
                self._collection.upsert(
                    ids=[passage.id for passage in part],
                    embeddings=vectors[start : start + self._batch],
                    metadatas=[_metadata(passage) for passage in part],
                )

    def delete(self, article_ids: Iterable[str]) -> None:
        """Remove every passage of these articles."""
        ids = list(article_ids)
        with self._explained(writing=True):
            for start in range(0, len(ids), _LISTED):
                self._collection.delete(where={"article": {"$in": ids[start : start + _LISTED]}})

    def search(self, vector: Vectors, *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """The ids and cosine similarities (-1 to 1) of the `limit` nearest passages, best first."""
        with self._explained():
            found = self._collection.query(query_embeddings=[vector], n_results=limit, where=_where(filters), include=["distances"])
            return [
                (str(name), 1.0 - float(distance)) for name, distance in zip(found["ids"][0], found["distances"][0], strict=True)
            ]

    @contextmanager
    def _explained(self, *, writing: bool = False) -> Iterator[None]:
        """Turn what Chroma says into an error of ours."""
        try:
            yield
        except ChromaError as exc:
            raise self._error(exc) from exc

    def _error(self, exc: Exception) -> LibraryError:
        text = str(exc)
        # On a full disk the vector files are left cut off, and that is all Chroma says.
        cut_off = "Failed to apply logs" in text and shutil.disk_usage(self._folder).free < _LITTLE_ROOM
        if cut_off or "code: 13" in text or "disk is full" in text or "os error 28" in text:
            return DiskFull.of(self._folder)
        if "code: 8" in text or "readonly database" in text or "Permission denied" in text or "code: 14" in text:
            return LibraryNotWritable.of(self._folder)
        reason = text.splitlines()[0][:120]
        return LibraryDamaged(
            "The vector index in {folder} cannot be read ({reason}); run `sanad rebuild`.", folder=self._folder, reason=reason
        )


class Server:
    """A Chroma server, reached over HTTP when it is asked; for any number of threads.

    Chroma's own client waits for ever for a server that is silent. Ours gives up, and then leaves it alone for a while.
    """

    def __init__(self, place: VectorServer) -> None:
        self._place = place
        self._starting = threading.Lock()
        self._api: FastAPI | None = None
        self._silent = (0.0, Notice(""))  # until when it is not asked, and why
        self.name = urlsplit(place.url).netloc

    @property
    def api(self) -> FastAPI:
        """Chroma's interface to it. Nothing is sent yet."""
        from chromadb.api.fastapi import FastAPI

        with self._starting:
            if self._api is None:
                settings = Settings(
                    anonymized_telemetry=False,
                    chroma_api_impl="chromadb.api.fastapi.FastAPI",
                    chroma_server_host=self._place.url,
                    chroma_server_http_port=0,  # the URL says it, but the client wants one
                    chroma_server_headers=dict(self._place.headers),
                    allow_reset=False,
                )
                # Not `chromadb.HttpClient`: it asks the server before anybody could tell it not to wait for ever.
                system = System(settings)
                api = system.instance(FastAPI)
                api._session.timeout = httpx.Timeout(self._place.timeout, connect=min(CONNECT, self._place.timeout))
                system.start()
                self._api = api
            return self._api

    def close(self) -> None:
        """Close the connections; they open again when the server is asked."""
        with self._starting:
            if self._api is not None:
                self._api._session.close()
                self._api._system.stop()
                self._api = None

    def check(self) -> None:
        """Raises `VectorsUnavailable` when it cannot be reached."""
        with self.explained():
            self.api.heartbeat()

    def create(self, owner: str) -> ServerIndex:
        """An empty index of a new name, for the library that `owner` stands for."""
        name = f"{self._place.prefix}-{owner}-{uuid.uuid4().hex[:12]}"
        with self.explained(writing=True):
            # Without a configuration that says so, the server would keep a function that computes vectors.
            self.api.create_collection(
                name,
                configuration=_COSINE,
                metadata={"owner": owner, "mark": ""},
                tenant=self._place.tenant,
                database=self._place.database,
            )
        return ServerIndex(self, name)

    def collection(self, name: str) -> Collection:
        """The collection of that name."""
        model = self.api.get_collection(name, self._place.tenant, self._place.database)
        return _checked(Collection(client=self.api, model=model, embedding_function=None))

    def sweep(self, owner: str, keep: str) -> None:
        """Remove what else there is of `owner`: what was replaced, and what was never finished."""
        tenant, database = self._place.tenant, self._place.database
        with self.explained(writing=True):
            for model in self.api.list_collections(tenant=tenant, database=database):
                if (model.metadata or {}).get("owner") == owner and model.name != keep:
                    with suppress(NotFoundError):
                        self.api.delete_collection(model.name, tenant, database)

    @contextmanager
    def explained(self, *, writing: bool = False) -> Iterator[None]:
        """Turn whatever asking it raises into an error of ours; what cannot be written is no damage."""
        if self._place.refused:
            raise VectorsUnavailable(self._place.refused)
        until, why = self._silent
        if time.monotonic() < until:
            raise VectorsUnavailable(why)
        try:
            yield
        except LibraryError:
            raise
        except httpx.TransportError as exc:
            silent = isinstance(exc, httpx.TimeoutException)
            self._unavailable(exc, _SILENT if silent else _UNREACHED, RETRY)
        except (AuthorizationError, ChromaAuthError) as exc:
            self._unavailable(exc, "The vector server {url} refuses us; check SANAD_VECTORS__TOKEN.", RETRY)
        except (RateLimitError, QuotaError) as exc:
            self._unavailable(exc, "The vector server {url} takes no more of us ({reason}); wait, or ask who runs it.")
        except ChromaError as exc:
            if writing:
                self._unavailable(exc, "The vector server {url} could not do it ({reason}); look at its log.")
            raise LibraryDamaged(
                "The vectors on {url} cannot be used ({reason}); run `sanad rebuild`.", url=self._place.url, reason=_line(exc)
            ) from exc
        except Exception as exc:  # whatever Chroma's client makes of an answer that is not Chroma's
            self._unavailable(
                exc, "The vector server {url} gave an answer that is not Chroma's ({reason}); check SANAD_VECTORS__URL."
            )

    def _unavailable(self, exc: Exception, what: str, pause: float = 0.0) -> NoReturn:
        why = Notice(what, url=self._place.url, reason=_line(exc))
        self._silent = (time.monotonic() + pause, why)
        raise VectorsUnavailable(why) from exc


class ServerIndex(VectorIndex):
    """The same search over one collection of a Chroma server."""

    def __init__(self, server: Server, name: str) -> None:
        self.name = name
        self._server = server
        self._batch = _PAGE
        with self._explained():
            self._collection = server.collection(name)

    @property
    def mark(self) -> str:
        """What `seal` wrote last, as it was when this was opened."""
        return str((self._collection.metadata or {}).get("mark", ""))

    def seal(self, mark: str, owner: str) -> None:
        """Write down on the server that it holds what belongs to `mark`, and that `owner` wrote it."""
        with self._explained(writing=True):
            self._collection.modify(metadata={"owner": owner, "mark": mark})

    def close(self) -> None:
        """Nothing is held open: the connection is the server's."""

    def ids(self) -> set[str]:
        """The ids of all passages that are indexed."""
        found: set[str] = set()
        with self._explained():
            while page := self._collection.get(include=[], limit=_PAGE, offset=len(found))["ids"]:
                found.update(page)
        return found

    @contextmanager
    def _explained(self, *, writing: bool = False) -> Iterator[None]:
        with self._server.explained(writing=writing):
            yield


def _line(exc: Exception) -> str:
    """What an error says, short and on one line."""
    return " ".join(str(exc).split())[:120] or type(exc).__name__


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


_NO_CODE = {"legacy", "unknown"}  # what Chroma notes where there is no function


def _checked(collection: Collection) -> Collection:
    """The collection. Raises `InvalidArgumentError` when it names a function that computes vectors.

    Whoever writes to one that does has Chroma build the function, though the vectors are given; it may load code of others.
    """
    model = collection._model
    if not _functions([model.configuration_json, model.serialized_schema]) <= _NO_CODE:
        raise InvalidArgumentError("it names code to compute vectors with")
    return collection


def _functions(told: object) -> set[str]:
    """The kinds of functions that a configuration names, however deep."""
    if isinstance(told, list):
        return set().union(*map(_functions, told))
    if not isinstance(told, dict):
        return set()
    named = told.get("embedding_function")
    own = set() if named is None else {str(named.get("type")) if isinstance(named, dict) else str(named)}
    return own.union(*map(_functions, told.values()))


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
