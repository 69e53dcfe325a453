"""A library folder: the catalogue that is the truth, and the two indexes derived from it, kept in step.

Nothing here is lost by a crash: the catalogue is written first, and whatever the indexes lack is made again from it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from assistant.catalogue import Catalogue, Manifest, Staged, text_hash
from assistant.errors import DiskFull, LibraryDamaged, LibraryMismatch, NoLibrary
from assistant.lexical import LexicalIndex
from assistant.protocols import Embedder, Vectors
from assistant.splitting import SPLITTER
from assistant.types import Passage
from assistant.vectors import VectorIndex

__all__ = ["Library", "Progress", "exists"]

DATABASE = "library.db"
CANARIES = ("شمخانی با نماینده پوتین در تهران دیدار کرد.", "التقى الوفد الروسي وزير الخارجية.", "The envoy flew to Tehran on Sunday.")
BATCH = 500  # passages embedded at a time when a library changes its model
SAME_MODEL = 0.99  # cosine of a canary with itself, as embedded when the library was made

ROOM = 8 * 2**20  # bytes; journals and an index segment
GROWTH = 20  # bytes stored per byte of text, indexes included (measured 12 to 17)

Progress = Callable[[str, int, int], None]  # what is being done, how much is done, of how much


def exists(folder: Path) -> bool:
    """Whether `folder` holds a library."""
    return (folder / DATABASE).exists()


def unseen(doing: str, done: int, total: int) -> None:
    """A `Progress` for nobody."""


class Library:
    """One open library. Callers hold the right lock: shared for reading, exclusive for everything that changes it."""

    def __init__(self, folder: Path, catalogue: Catalogue, embedder: Embedder) -> None:
        self.folder = folder
        self.catalogue = catalogue
        self._embedder = embedder
        self._lexical: LexicalIndex | None = None
        self._vectors: VectorIndex | None = None
        self._seen = catalogue.generation

    # -- opening -----------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, folder: Path, embedder: Embedder) -> Library:
        """A new, empty library in `folder`, which is made when missing."""
        library = cls(folder, Catalogue.create(folder / DATABASE, _manifest(embedder)), embedder)
        library._make_indexes()
        return library

    @classmethod
    def open(cls, folder: Path, embedder: Embedder, *, any_model: bool = False) -> Library:
        """The library in `folder`. Raises `NoLibrary` when there is none, `LibraryMismatch` when another model made it
        (not with `any_model`, for `reembed`)."""
        if not exists(folder):
            raise NoLibrary(f"There is no library in {folder}; make one with `sanad ingest PATH` (or `sanad ingest --seeds`).")
        library = cls(folder, Catalogue.open(folder / DATABASE), embedder)
        try:
            if not any_model:
                library._check_model()
        except LibraryMismatch:
            library.close()
            raise
        return library

    def close(self) -> None:
        """Let go of every file."""
        self._close_indexes()
        self.catalogue.close()

    def _check_model(self) -> None:
        manifest, embedder = self.catalogue.manifest, self._embedder
        way_out = "run `sanad rebuild --embed` to embed the library anew, or set the model it was made with"
        if (manifest.embedding, manifest.dimension) != (embedder.name, embedder.dimension):
            raise LibraryMismatch(
                f"The library was made with {manifest.embedding} ({manifest.dimension} dimensions), not with"
                f" {embedder.name} ({embedder.dimension}); {way_out}."
            )
        likeness = np.sum(embedder.embed(CANARIES) * manifest.canaries, axis=1)
        if float(likeness.min()) < SAME_MODEL:
            raise LibraryMismatch(f"The model called {embedder.name} gives other vectors than when the library was made; {way_out}.")

    # -- the derived indexes -----------------------------------------------------------------------------------------

    @property
    def lexical(self) -> LexicalIndex:
        """The full-text index, opened on first use."""
        if self._lexical is None:
            self._lexical = LexicalIndex(self.folder / "lexical")
        return self._lexical

    @property
    def vectors(self) -> VectorIndex:
        """The vector index, opened on first use."""
        if self._vectors is None:
            self._vectors = VectorIndex(self.folder / "chroma")
        return self._vectors

    def refresh(self) -> None:
        """See what another process changed since this library was opened."""
        generation = self.catalogue.generation
        if generation != self._seen:
            self._close_indexes()
            self._seen = generation

    def needs_mending(self) -> bool:
        """Whether an earlier change was cut off, or an index is missing, unreadable or out of step with the catalogue."""
        return bool(self.out_of_step())

    def out_of_step(self) -> list[str]:
        """What keeps the indexes from showing what the catalogue holds, one line each."""
        found = []
        if any(self.catalogue.unfinished()):
            found.append("a change was cut off; the next `sanad ask` or `sanad ingest` finishes it")
        passages = self.catalogue.count().passages
        for name, count in (("full-text", lambda: self.lexical.count()), ("vector", lambda: self.vectors.count())):
            try:
                if count() != passages:
                    found.append(f"the {name} index holds {count()} passages and the catalogue {passages}; run `sanad rebuild`")
            except LibraryDamaged as exc:
                found.append(str(exc))
        return found

    def mend(self, progress: Progress = unseen) -> None:
        """Finish what was cut off and rebuild the indexes when they are not in step. Needs the exclusive lock."""
        pending, leaving = self.catalogue.unfinished()
        try:
            if pending:
                self.index_pending(pending)
                leaving = (*leaving, *self.catalogue.publish(pending))
            if leaving:
                self.drop(leaving)
        except LibraryDamaged:
            self.rebuild(progress)
            return
        if self.needs_mending():
            self.rebuild(progress)

    def rebuild(self, progress: Progress = unseen) -> int:
        """Make both indexes anew from the catalogue, with no embedding call; how many passages they hold."""
        self._close_indexes()
        self._make_indexes()
        pending, leaving = self.catalogue.unfinished()
        leaving = (*leaving, *self.catalogue.publish(pending))
        self.catalogue.forget(leaving)
        total, done = self.catalogue.count().passages, 0
        for ids, vectors in self.catalogue.passage_vectors(self._embedder.name):
            self._index(ids, vectors)
            done += len(ids)
            progress("rebuilding", done, total)
        self.lexical.commit()
        return done

    def reembed(self, progress: Progress = unseen) -> int:
        """Embed every passage with the present embedder, make it the library's own, and rebuild; how many passages."""
        total, done = self.catalogue.count().passages, 0
        for passages in self.catalogue.every_passage(BATCH):
            vectors = self._embedder.embed([passage.text for passage in passages])
            kept = {text_hash(passage.text): vector for passage, vector in zip(passages, vectors, strict=True)}
            self.catalogue.keep(kept, self._embedder.name, self._embedder.dimension)
            done += len(passages)
            progress("embedding", done, total)
        self.catalogue.adopt(_manifest(self._embedder))
        return self.rebuild(progress)

    def _make_indexes(self) -> None:
        self._lexical = LexicalIndex(self.folder / "lexical", create=True)
        self._vectors = VectorIndex(self.folder / "chroma", create=True)

    def _close_indexes(self) -> None:
        if self._vectors is not None:
            self._vectors.close()
        self._lexical = self._vectors = None

    # -- changing ----------------------------------------------------------------------------------------------------

    def store(self, staged: Sequence[Staged]) -> None:
        """Take `staged` articles in: truth first, then the indexes, then they are seen and what they replace goes."""
        self._check_room(staged)
        hashes = {text_hash(passage.text): passage.text for item in staged for passage in item.passages}
        known = self.catalogue.vectors(list(hashes), self._embedder.name)
        missing = [key for key in hashes if key not in known]
        fresh = self._embedder.embed([hashes[key] for key in missing]) if missing else []
        self.catalogue.stage(
            staged,
            dict(zip(missing, fresh, strict=True)),
            self._embedder.name,
            datetime.now(UTC).replace(microsecond=0),
        )
        ids = [item.article.source.article_id for item in staged]
        self.index_pending(ids)
        self.drop(self.catalogue.publish(ids))
        self._seen = self.catalogue.generation

    def remove(self, article_ids: Sequence[str]) -> None:
        """Take articles out of the catalogue and of both indexes, without a trace."""
        self.drop(self.catalogue.retire(article_ids))
        self._seen = self.catalogue.generation

    def index_pending(self, article_ids: Sequence[str]) -> None:
        """Put articles that are staged but not yet seen into both indexes."""
        for ids, vectors in self.catalogue.passage_vectors(self._embedder.name, articles=article_ids):
            self._index(ids, vectors)
        self.lexical.commit()

    def drop(self, article_ids: Sequence[str]) -> None:
        """Take articles that have left the catalogue's view out of both indexes, then out of the catalogue."""
        if not article_ids:
            return
        self.lexical.delete(article_ids)
        self.lexical.commit()
        self.vectors.delete(article_ids)
        self.catalogue.forget(article_ids)

    def _index(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        self.lexical.add(passages)
        self.vectors.add(passages, vectors)

    def _check_room(self, staged: Iterable[Staged]) -> None:
        """Refuse before writing when the disk surely has too little room."""
        needed = ROOM + sum(len(item.article.text.encode("utf-8", "replace")) for item in staged) * GROWTH
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise DiskFull(
                f"The disk holding {self.folder} has {free // 2**20} MB free and about {needed // 2**20} MB are needed;"
                " free some space and run the same command again."
            )


def _manifest(embedder: Embedder) -> Manifest:
    return Manifest(
        embedding=embedder.name,
        dimension=embedder.dimension,
        splitter=SPLITTER,
        canaries=embedder.embed(CANARIES),
        created=datetime.now(UTC).replace(microsecond=0),
    )

