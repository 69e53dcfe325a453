"""A library folder: the catalogue that is the truth, and the two indexes derived from it, kept in step.

Nothing here is lost by a crash: the catalogue is written first, and whatever the indexes lack is made again from it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from assistant.catalogue import Catalogue, Manifest, Staged, text_hash
from assistant.errors import BadModelOutput, DiskFull, LibraryDamaged, LibraryMismatch, NoLibrary, Notice
from assistant.indexes import ALL, LEXICAL, Draft, Indexes, Progress, unseen
from assistant.protocols import Embedder, Vectors
from assistant.seal import explained
from assistant.splitting import SPLITTER, split
from assistant.types import Filters
from assistant.vector_server import VectorServer
from assistant.workshop import sweep

__all__ = ["NOTHING_THERE", "Library", "Progress", "exists", "unseen"]

DATABASE = "library.db"
NOTHING_THERE = "There is no library in {folder}; make one with `sanad ingest PATH` (or `sanad ingest --seeds`)."
CANARIES = (
    "شمخانی با نماینده پوتین در تهران دیدار کرد.",
    "التقى الوفد الروسي وزير الخارجية.",
    "The envoy flew to Tehran on Sunday.",
)
SAME_MODEL = 0.99  # cosine of a canary with itself, as embedded when the library was made
ARTICLES = 100  # split anew at a time
BATCH = 500  # passages embedded at a time when a library changes its model
FEW, SHARE = 1_000, 0.1  # passages; a full-text index with more waste is made anew: 0.7 s for a thousand

PATIENCE = 5_000  # passages; making the vector index of more anew takes longer than anybody waits for an answer

ROOM = 8 * 2**20  # bytes; journals and an index segment
GROWTH = 20  # bytes stored per byte of text, indexes included (measured 12 to 17)


def exists(folder: Path) -> bool:
    """Whether `folder` holds a library. Raises `LibraryNotWritable` where one may not look."""
    with explained(folder):
        return (folder / DATABASE).exists()


class Library:
    """One open library, for any number of threads.

    Callers hold the right lock: shared for reading, exclusive for everything that changes it.
    """

    def __init__(self, folder: Path, catalogue: Catalogue, embedder: Embedder, server: VectorServer | None = None) -> None:
        self.folder = folder
        self.catalogue = catalogue
        self.indexes = Indexes(folder, catalogue, server)
        self.embedder = embedder
        # Lets those who ask in beside a change; whether anybody may be expected.
        self.come_in: Callable[[], AbstractContextManager[bool]] = lambda: nullcontext(False)
        self._file = _identity(folder)
        self._trusted: Manifest | None = None

    # -- opening -----------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, folder: Path, embedder: Embedder, server: VectorServer | None = None) -> Library:
        """A new, empty library in `folder`, which is made when missing, with its vectors on `server`, if there is one."""
        if server is not None:
            _check_server(server)
        library = cls(folder, Catalogue.create(folder / DATABASE, _manifest(embedder)), embedder, server)
        try:
            library.rebuild()
        except BaseException:
            library.close()
            raise
        return library

    @classmethod
    def open(cls, folder: Path, embedder: Embedder, server: VectorServer | None = None) -> Library:
        """The library in `folder`. Raises `NoLibrary` when there is none. The embedder is not asked anything yet."""
        if not exists(folder):
            raise NoLibrary(NOTHING_THERE, folder=folder)
        return cls(folder, Catalogue.open(folder / DATABASE), embedder, server)

    def close(self) -> None:
        """Let go of every file."""
        self.indexes.close()
        self.catalogue.close()

    def is_current(self) -> bool:
        """Whether the folder still holds the file that was opened, and not another library; who changes it must not lose it."""
        return self.indexes.watched or self._file == _identity(self.folder)

    def refresh(self) -> None:
        """See what another process changed since this library was last looked at."""
        self.indexes.refresh()

    def check_model(self) -> None:
        """Raises `LibraryMismatch` when the embedder is not the one the library was made with.

        Three sentences are embedded for it, once.
        """
        manifest, embedder = self.catalogue.manifest, self.embedder
        if self._trusted == manifest and np.array_equal(self._trusted.canaries, manifest.canaries):
            return
        if (manifest.embedding, manifest.dimension) != (embedder.name, embedder.dimension):
            raise LibraryMismatch(
                "The library was made with {model} ({dimension} dimensions), not with {other} ({others}); run"
                " `sanad rebuild --embed` to embed the library anew, or set the model it was made with.",
                model=manifest.embedding,
                dimension=manifest.dimension,
                other=embedder.name,
                others=embedder.dimension,
            )
        likeness = np.sum(_embedded(embedder, CANARIES) * manifest.canaries, axis=1)
        if not float(likeness.min()) >= SAME_MODEL:
            raise LibraryMismatch(
                "The model called {model} gives other vectors than when the library was made; run `sanad rebuild --embed` to"
                " embed the library anew, or set the model it was made with.",
                model=embedder.name,
            )
        self._trusted = manifest

    # -- health ------------------------------------------------------------------------------------------------------

    def in_step(self, faults: Collection[str] | None = None) -> bool:
        """Whether every change was finished and both indexes show what the catalogue holds, as far as that can be had now.

        `faults` of the indexes are those that were seen under the same lock; else they are looked for.
        """
        return not self._cut_off() and not self.indexes.mendable(faults)

    def can_wait(self, faults: Collection[str]) -> bool:
        """Whether questions are better answered at once, from the vectors one by one, than after making the index anew."""
        return not self._cut_off() and LEXICAL not in faults and self.catalogue.count().passages > PATIENCE

    def out_of_step(self) -> list[str]:
        """Everything that keeps the indexes from showing what the catalogue holds, one line each; looks at every byte."""
        cut_off = Notice("a change was cut off; the next `sanad ask` or `sanad ingest` finishes it")
        found: list[str] = [cut_off] if self._cut_off() else []
        return found + [fault for _, fault in sorted(self.indexes.faults(every_byte=True).items())]

    def _cut_off(self) -> bool:
        return not self.indexes.watched and (self.indexes.cut_off or any(self.catalogue.unfinished()))

    def advice(self) -> Notice | None:
        """What would make the library better though it is in order; None when nothing would."""
        made_by = self.catalogue.manifest.splitter
        if made_by == SPLITTER:
            return None
        return Notice(
            "its passages were made by another version ({made_by}, now {splitter}); `sanad rebuild --embed` makes them anew",
            made_by=made_by,
            splitter=SPLITTER,
        )

    def mend(self, progress: Progress = unseen) -> None:
        """Finish what was cut off and make those indexes anew that cannot be used. Embeds nothing."""
        try:
            self._mend(ALL, progress)
        except LibraryDamaged:
            # An index that nothing can be put into is of no more use than one that cannot be read. What is wrong with the truth
            # itself, this tells too.
            self._mend(frozenset(), progress)

    def _mend(self, trusted: frozenset[str], progress: Progress) -> None:
        """The same, with no index believed to be sound but some of those `trusted`."""
        with self.indexes.changing(mending=True):
            self.catalogue.tidy()
            sweep(self.folder)
            lost = self.indexes.faults().keys() - self.indexes.mendable()  # with a server that is out of reach
            sound = set(trusted - self.indexes.faults().keys())
            pending, leaving = self.catalogue.unfinished()
            if pending:
                self.indexes.add(pending, known=pending, into=sound)
                leaving = (*leaving, *self.catalogue.publish(pending))
                self.indexes.show()
            self._drop(leaving, out_of=sound)
            passages = self.catalogue.count().passages
            sound = {index for index in sound if self.indexes.count(index) == passages}
            if ALL - sound - lost:
                self.indexes.make(ALL - sound - lost, progress)

    def rebuild(self, progress: Progress = unseen) -> int:
        """Make both indexes anew from the catalogue, with no embedding call; how many passages they hold."""
        with self.indexes.changing():
            self._settle()
            return self.indexes.make(progress=progress)

    def draft(self, progress: Progress = unseen) -> Draft | None:
        """Both indexes made anew beside those in use, under the shared lock; None where `rebuild` must make them in place."""
        return None if self._cut_off() else self.indexes.draft(progress)

    def take(self, draft: Draft, progress: Progress = unseen) -> int:
        """Put `draft` in the place of the indexes, or rebuild them if it is out of date; how many passages they hold."""
        with self.indexes.changing():
            return draft.passages if self.indexes.take(draft) else self.rebuild(progress)

    def reembed(self, progress: Progress = unseen) -> int:
        """Embed every passage with the present embedder, make it the library's own, and rebuild; how many passages.

        Passages of another version's splitter are made anew first.
        """
        with self.indexes.changing():
            self._settle()
            before = self.catalogue.manifest
            total, done = self.catalogue.count().passages, 0
            for passages in self.catalogue.every_passage(BATCH):
                texts = {text_hash(passage.text): passage.text for passage in passages}
                vectors = _embedded(self.embedder, list(texts.values()))
                self.catalogue.keep(dict(zip(texts, vectors, strict=True)), self.embedder.name, self.embedder.dimension)
                done += len(passages)
                progress("embedding", done, total)
            self.catalogue.adopt(replace(_manifest(self.embedder), created=before.created, splitter=before.splitter))
            if before.splitter != SPLITTER:
                self._split_anew()
            return self.indexes.make(progress=progress)

    def _split_anew(self) -> None:
        """Make the passages of every article again, and their vectors with the library's own embedder."""
        self.indexes.distrust()
        ids = [source.article_id for source in self.catalogue.sources()]
        for start in range(0, len(ids), ARTICLES):
            articles = [self.catalogue.article(name) for name in ids[start : start + ARTICLES]]
            staged = [Staged(article, split(article)) for article in articles]
            self.catalogue.stage(staged, self.embed(staged), self.embedder.name, _now())
            self.catalogue.publish(ids[start : start + ARTICLES])
        self.catalogue.split_by(SPLITTER)

    def _settle(self) -> None:
        """Finish in the catalogue what was cut off; the indexes are going to be made anew."""
        pending, leaving = self.catalogue.unfinished()
        self.catalogue.forget((*leaving, *self.catalogue.publish(pending)), thorough=False)

    # -- changing ----------------------------------------------------------------------------------------------------

    def embed(self, staged: Iterable[Staged], known: Mapping[str, Vectors] | None = None) -> dict[str, Vectors]:
        """The vectors that the passages of `staged` need and the library does not keep, by `text_hash`; those `known` are taken.

        Needs no lock, so that nobody who asks waits for an embedding model.
        """
        texts = {text_hash(passage.text): passage.text for item in staged for passage in item.passages}
        found = {key: vector for key, vector in (known or {}).items() if key in texts}
        kept = self.catalogue.vectors(list(texts), self.embedder.name)
        missing = [key for key in texts if key not in kept and key not in found]
        if missing:
            found.update(zip(missing, _embedded(self.embedder, [texts[key] for key in missing]), strict=True))
        return found

    def store(self, staged: Sequence[Staged], vectors: Mapping[str, Vectors] | None = None) -> tuple[str, ...]:
        """Take `staged` articles in, with the vectors that `embed` gave; the ids of what they replaced.

        Truth first, then the indexes, then they are seen and what they replace goes.
        """
        self._check_room(staged)
        vectors = self.embed(staged, vectors)
        ids = [item.article.source.article_id for item in staged]
        known = [source.article_id for source in self.catalogue.sources(Filters(articles=tuple(ids)))]
        with self.indexes.changing():
            # Of articles that are there and only described anew, who asks meanwhile would lose sight; and where nothing was there
            # before, one had better wait.
            alone = known or not self.catalogue.count().articles
            with nullcontext(False) if alone else self.indexes.watching(self.come_in) as others:
                self.catalogue.stage(staged, vectors, self.embedder.name, _now())
                self.indexes.add(ids, known=known, gently=others)
            leaving = self.catalogue.publish(ids)
            self.indexes.show()
            self._drop(leaving)
        return leaving

    def remove(self, article_ids: Sequence[str]) -> None:
        """Take articles out of the catalogue and of both indexes. See `scrub` for their last traces."""
        with self.indexes.changing():
            self._drop(self.catalogue.retire(article_ids))

    def scrub(self, *, thorough: bool = False) -> None:
        """Take what was removed or replaced out of the bytes of the files too.

        The full-text index keeps the words of what was deleted until it is made anew; unless this is to be `thorough`, that
        waits until they are a tenth of it.
        """
        waste, held = self.indexes.lexical.waste(), self.indexes.lexical.count()
        much = waste > 0 and (thorough or held < FEW or waste > SHARE * held)
        if much or self.catalogue.traces:
            with self.indexes.changing():
                if much:
                    self.indexes.make({LEXICAL})
                with suppress(DiskFull):  # the catalogue remembers that it is still to do
                    self.catalogue.scrub()

    def _drop(self, article_ids: Sequence[str], *, out_of: Collection[str] = ALL) -> None:
        """Take articles that have left the catalogue's view out of the indexes, then out of the catalogue."""
        self.indexes.delete(article_ids, out_of=out_of)
        if article_ids:
            self.catalogue.forget(article_ids, thorough=False)

    def _check_room(self, staged: Iterable[Staged]) -> None:
        """Refuse before writing when the disk surely has too little room."""
        needed = ROOM + sum(len(item.article.text.encode("utf-8", "replace")) for item in staged) * GROWTH
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise DiskFull(
                "The disk holding {folder} has {free} MB free and about {needed} MB are needed; free some space and run the same"
                " command again.",
                folder=self.folder,
                free=free // 2**20,
                needed=needed // 2**20,
            )


def _check_server(server: VectorServer) -> None:
    from assistant.vectors import Server

    reached = Server(server)
    try:
        reached.check()
    finally:
        reached.close()


def _manifest(embedder: Embedder) -> Manifest:
    return Manifest(
        embedding=embedder.name,
        dimension=embedder.dimension,
        splitter=SPLITTER,
        canaries=_embedded(embedder, CANARIES),
        created=_now(),
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _embedded(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    vectors = embedder.embed(texts)
    if vectors.shape != (len(texts), embedder.dimension):
        raise BadModelOutput(
            "{model} gave vectors of shape {shape} for {count} texts, not {wanted}; check the embedding model.",
            model=embedder.name,
            shape=str(vectors.shape),
            count=len(texts),
            wanted=str((len(texts), embedder.dimension)),
        )
    return vectors


def _identity(folder: Path) -> tuple[int, int] | None:
    """Which file the catalogue in `folder` is, whatever its name."""
    try:
        stat = os.stat(folder / DATABASE)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
