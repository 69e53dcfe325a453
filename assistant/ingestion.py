"""Articles enter a library: added, changed, left alone or taken out, with a report that accounts for every input."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TypeAlias

from assistant.catalogue import Catalogue, Staged
from assistant.errors import UnknownArticle
from assistant.library import Library, Progress, unseen
from assistant.protocols import Vectors
from assistant.splitting import split
from assistant.types import Article, Filters, IngestReport, Passage, Skipped, Span

__all__ = ["Turn", "ingest"]

# Stored at one go: some 250 passages. Whoever asks meanwhile waits for half a second, and a Ctrl-C loses little; larger
# batches are hardly quicker (measured).
CHARACTERS = 300_000
ARTICLES = 300

Turn: TypeAlias = Callable[[], AbstractContextManager[Library]]


def ingest(
    turn: Turn,
    inputs: Iterable[Article | Skipped],
    *,
    new: bool = False,
    prune: Sequence[str] = (),
    total: int = 0,
    progress: Progress = unseen,
) -> IngestReport:
    """What became of `inputs`: new articles are added, changed ones replace their former text, known ones are left alone.

    `turn` gives the library to us alone for as long as its block lasts; between the blocks, those who ask have their turn.
    For a `new` library, which the first block makes, there is none before there is something to store.

    Articles that came from a place under one of the `prune` locations, and from nowhere else, and did not come again, are
    removed. Stopping at any moment loses nothing that was stored; running the same again finishes the rest.
    """
    work = _Work(turn)
    if not new:
        work.begin()
    for done, item in enumerate(inputs, start=1):
        if isinstance(item, Skipped):
            work.skip(item)
        else:
            work.take(item)
        progress("ingesting", done, max(done, total))
    work.flush()
    work.finish(prune)
    return work.report()


@dataclass(slots=True)
class _Work:
    """One ingestion under way."""

    turn: Turn
    library: Library | None = None
    there: frozenset[str] = frozenset()  # the articles that were there when it began
    batch: list[Article] = field(default_factory=list)
    characters: int = 0
    passages: dict[tuple[str, tuple[Span, ...]], tuple[Passage, ...]] = field(default_factory=dict)  # of the batch
    vectors: dict[str, Vectors] = field(default_factory=dict)  # of the batch, by text
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
            self.there = frozenset(source.article_id for source in self.library.catalogue.sources())

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

    def finish(self, places: Sequence[str]) -> None:
        """Remove what did not come again from `places`, and the last traces of what is gone."""
        if self.library is None:
            return
        with self.turn() as library:
            if places:
                self._prune(library, places)
            library.scrub()
            for item in self.skipped:
                if library.catalogue.located(item.path):
                    self.notes.append(f"{item.path} was skipped; the article it gave earlier is kept")

    def _prune(self, library: Library, places: Sequence[str]) -> None:
        gone = []
        for source in library.catalogue.sources():
            # What was not there when we began was brought by somebody else meanwhile.
            if source.article_id in self.there:
                locations = library.catalogue.locations(source.article_id)
                if all(_under(location, places) and not self._came(location) for location in locations):
                    gone.append(source.article_id)
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
