"""Articles enter a library: added, changed, left alone or taken out, with a report that accounts for every input."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TypeAlias

from assistant.catalogue import Catalogue, Contents, Staged, values_hash
from assistant.errors import DiskFull, UnknownArticle
from assistant.fingerprints import File
from assistant.library import Library, Progress, unseen
from assistant.protocols import Vectors
from assistant.splitting import split
from assistant.types import Article, Filters, IngestReport, Passage, Skipped, Span

__all__ = ["Turn", "ingest"]

# Stored at one go: some 700 passages. Threads that share the lock ask beside it; another process waits for most of a second, and a
# Ctrl-C loses little. Smaller batches make more segments of the full text to merge, see docs/decisions.md.
CHARACTERS = 600_000
ARTICLES = 600

SELDOM = 100_000  # objects made since garbage was last looked for

Turn: TypeAlias = Callable[[], AbstractContextManager[Library]]


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Have Python look for garbage seldom: taking in makes little, and the 90,000 containers that are there stay."""
    before = gc.get_threshold()
    if not 0 < before[0] < SELDOM:  # never (0), or seldom already, maybe for another thread, which puts back what there was
        yield
        return
    gc.set_threshold(SELDOM, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@_seldom_collecting()
def ingest(
    turn: Turn,
    inputs: Iterable[Article | File | Skipped],
    *,
    new: bool = False,
    prune: Sequence[str] = (),
    total: int = 0,
    progress: Progress = unseen,
) -> IngestReport:
    """What became of `inputs`: new articles are added, changed ones replace their former text, known ones are left alone.

    `turn` gives the library to us alone for as long as its block lasts; between the blocks, those who ask have their turn.
    For a `new` library, which the first block makes, there is none before there is something to store.

    A file that was read whole before, and would change nothing if it were read again, is known by its fingerprint and passed over.
    Articles that came from a place under one of the `prune` locations, and from nowhere else, and did not come again, are
    removed. Stopping at any moment loses nothing that was stored; running the same again finishes the rest.
    """
    work = _Work(turn, prune)
    if not new:
        work.begin()
    done = 0
    for item in inputs:
        for count in work.accept(item):
            done += count
            progress("ingesting", done, max(done, total))
    work.flush()
    work.finish()
    return work.report()


@dataclass(slots=True)
class _Work:
    """One ingestion under way."""

    turn: Turn
    places: Sequence[str]  # from which what does not come again is to be removed
    library: Library | None = None
    there: frozenset[str] = frozenset()  # the articles that were there when it began
    batch: list[Article] = field(default_factory=list)
    characters: int = 0
    passages: dict[tuple[str, tuple[Span, ...]], tuple[Passage, ...]] = field(default_factory=dict)  # of the batch
    vectors: dict[str, Vectors] = field(default_factory=dict)  # of the batch, by text
    read: list[Contents] = field(default_factory=list)  # the files read whole and not yet remembered
    came: set[str] = field(default_factory=set)  # every location of an article
    unread: set[str] = field(default_factory=set)  # every file and folder of which something could not be read
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    written: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Open the library, or make it."""
        with self.turn() as self.library:
            if self.places:
                self.there = frozenset(self.library.catalogue.places())

    def accept(self, item: Article | File | Skipped) -> Iterator[int]:
        """Take what comes; one after the other, of how many inputs that was the account."""
        if isinstance(item, File):
            yield from self._open(item)
            return
        if isinstance(item, Skipped):
            self.skip(item)
        else:
            self.take(item)
        yield 1

    def _open(self, file: File) -> Iterator[int]:
        """Pass over the file, or read it."""
        fingerprint = file.fingerprint()
        if fingerprint and (known := self._known_of(file.place, fingerprint)):
            self.came.update(known)
            self.unchanged += len(known)
            yield len(known)
            return
        skipped, contents = len(self.skipped), dict[str, bytes]()
        for item in file.read():
            if isinstance(item, Article):
                contents[item.location] = values_hash(item)
            yield from self.accept(item)
        # One that was rewritten meanwhile gave articles of other bytes than those looked at.
        if fingerprint and len(self.skipped) == skipped and file.fingerprint() == fingerprint:
            self.read.append(Contents(file.place, fingerprint, contents))

    def _known_of(self, place: str, fingerprint: bytes) -> Mapping[str, str]:
        """The articles of a file that is not to be read, by location; none when it is."""
        if self.library is None:
            return {}
        known = self.library.catalogue.remembered(place, fingerprint)
        concerned = {*known, *known.values()}
        if not any(article.location in concerned or article.source.article_id in concerned for article in self.batch):
            return known
        self.flush()  # what comes before it has a say in what becomes of it
        return self.library.catalogue.remembered(place, fingerprint)

    def skip(self, item: Skipped) -> None:
        """Account for an input that is no article; what it gave earlier stays."""
        self.unread.add(item.path)
        self.skipped.append(item)

    def take(self, article: Article) -> None:
        """Put `article` into the batch, and store that when it is large enough."""
        self.came.add(article.location)
        self.batch.append(article)
        self.characters += len(article.text)
        if self.characters >= CHARACTERS or len(self.batch) >= ARTICLES:
            self.flush()

    def flush(self) -> None:
        """Store the batch."""
        if not self.batch:
            return
        batch, self.batch, self.characters, self.passages = self.batch, [], 0, {}
        if self.library is None and any(self._split(article) for article in batch):
            self.begin()
        if self.library is None:
            for article in batch:
                self._skip_empty(article)
            return
        self.vectors = self._embedded(self.library, batch)
        with self.turn() as self.library:
            for part in _without_repeats(batch):
                self._store(self.library, part)
            self._remember(self.library)

    def _embedded(self, library: Library, batch: Sequence[Article]) -> dict[str, Vectors]:
        """The vectors of what will be stored, as far as one can see: made outside our turn, nobody waits for them."""
        catalogue, known = library.catalogue, _known(library.catalogue, batch)
        new = [article for article in batch if article.source.article_id not in known or _says_more(catalogue, article)]
        return library.embed([Staged(article, self._split(article)) for article in new])

    def _split(self, article: Article) -> tuple[Passage, ...]:
        key = (article.source.article_id, article.boilerplate)
        if key not in self.passages:
            self.passages[key] = split(article)
        # The same text may stand in two places under two titles.
        return tuple(replace(passage, source=article.source) for passage in self.passages[key])

    def _store(self, library: Library, articles: Sequence[Article]) -> None:
        """Decide what each article is to the library, store what is new in any way, and count."""
        known = _known(library.catalogue, articles)
        staged: list[Staged] = []
        fresh: list[str | None] = []  # for each article of a text that was not known: what stood in its place
        for article in articles:
            here = library.catalogue.located(article.location)
            if article.source.article_id not in known:
                if not self._split(article):
                    self._skip_empty(article)
                    continue
                fresh.append(here)
            elif _says_more(library.catalogue, article):
                self.updated += 1
            else:
                self.unchanged += 1
                if here == article.source.article_id:
                    continue
                if here is None:
                    library.catalogue.relocate(article.source.article_id, article.location)
                    self.notes.append(
                        f"{article.location} has the same text as an article already there ({article.source.article_id})"
                    )
                    continue
                # It has taken the place of another. Stored together with the rest, two that changed places both stay.
                before = library.catalogue.article(article.source.article_id)
                article = replace(before, location=article.location)
            staged.append(Staged(article, self._split(article), replaces=here if here != article.source.article_id else None))
        left = set(library.store(staged, self.vectors)) if staged else set()
        for here in fresh:
            if here in left:
                left.remove(here)
                self.updated += 1
            else:
                self.added += 1
        self.removed += len(left)
        self.written += sum(len(item.passages) for item in staged)

    def _skip_empty(self, article: Article) -> None:
        self.skip(Skipped(article.location, "it holds no sentence to quote"))

    def _remember(self, library: Library) -> None:
        """Remember the files whose articles are stored by now; without room for it, they are just read again."""
        files, self.read = self.read, []
        if files:
            with suppress(DiskFull):
                library.catalogue.remember(files)

    def finish(self) -> None:
        """Remove what did not come again from where it should have, and the last traces of what is gone."""
        if self.library is None:
            return
        with self.turn() as library:
            self._remember(library)
            if self.places:
                self._prune(library)
            library.scrub()
            for item in self.skipped:
                if library.catalogue.located(item.path):
                    self.notes.append(f"{item.path} was skipped; the article it gave earlier is kept")

    def _prune(self, library: Library) -> None:
        gone = [
            name
            for name, locations in library.catalogue.places().items()
            # What was not there when we began was brought by somebody else meanwhile.
            if name in self.there and all(_under(location, self.places) and not self._came(location) for location in locations)
        ]
        if gone:
            library.remove(gone)
        self.removed += len(gone)

    def _came(self, location: str) -> bool:
        # What could not be read this time says nothing about what it held.
        return location in self.came or any(place in self.unread for place in _around(location))

    def report(self) -> IngestReport:
        """What was done so far."""
        return IngestReport(
            added=self.added,
            updated=self.updated,
            unchanged=self.unchanged,
            removed=self.removed,
            passages=self.written,
            skipped=tuple(self.skipped),
            notes=tuple(self.notes),
        )


def _known(catalogue: Catalogue, articles: Iterable[Article]) -> set[str]:
    """The ids of those articles that are there."""
    ids = tuple({article.source.article_id for article in articles})
    return {source.article_id for source in catalogue.sources(Filters(articles=ids))} if ids else set()


def _says_more(catalogue: Catalogue, article: Article) -> bool:
    """Whether the same text came again with other metadata; only the place it first came from may change it."""
    try:
        before = catalogue.article(article.source.article_id)
    except UnknownArticle:  # between our turns, somebody has removed it
        return True
    if before.location != article.location and not _is_gone(before.location):
        return False
    same = replace(article.source, fetched=before.source.fetched) == before.source
    return not same or article.boilerplate != before.boilerplate


def _without_repeats(batch: Iterable[Article]) -> Iterator[list[Article]]:
    """The batch in parts in which no text and no place occurs twice: the second is judged by what the first did."""
    waiting = list(batch)
    while waiting:
        taken: set[str] = set()
        part: list[Article] = []
        rest: list[Article] = []
        for article in waiting:
            names = {f"text {article.source.article_id}", f"place {article.location}"}
            (rest if names & taken else part).append(article)
            taken |= names
        yield part
        waiting = rest


def _around(location: str) -> Iterator[str]:
    """The location, the file it is in and the folders around that."""
    file = location.rpartition("#")[0] or location
    yield from (location, file, *map(str, PurePosixPath(file).parents))


def _under(location: str, places: Iterable[str]) -> bool:
    return any(location == place or location.startswith((f"{place.rstrip('/')}/", f"{place}#")) for place in places)


def _is_gone(location: str) -> bool:
    """Whether the file an article came from is no longer there."""
    file = location.rpartition("#")[0]
    return os.path.isabs(location) and not os.path.exists(location) and not (file and os.path.exists(file))
