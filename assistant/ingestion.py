"""Articles enter a library: added, changed, left alone or taken out, with a report that accounts for every input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from assistant.catalogue import Staged
from assistant.library import Library, Progress, unseen
from assistant.splitting import split
from assistant.types import Article, Filters, IngestReport, Skipped, Source

__all__ = ["ingest"]

BATCH = 400  # passages written in one transaction: large enough to be quick, small enough to lose little to a Ctrl-C


def ingest(
    library: Library,
    inputs: Iterable[Article | Skipped],
    *,
    prune: Sequence[str] = (),
    total: int = 0,
    progress: Progress = unseen,
) -> IngestReport:
    """What became of `inputs`: new articles are added, changed ones replace their former text, known ones are left alone.

    Articles that came from a place under one of the `prune` locations, and from nowhere else, and did not come again, are
    removed. Stopping at any moment loses nothing that was stored; running the same again finishes the rest.
    """
    work = _Work(library)
    for done, item in enumerate(inputs, start=1):
        if isinstance(item, Skipped):
            work.skip(item)
        else:
            work.take(item)
        progress("ingesting", done, max(done, total))
    work.flush()
    if prune:
        work.prune(prune)
    return work.report()


@dataclass(slots=True)
class _Work:
    """One ingestion under way."""

    library: Library
    batch: dict[str, Staged] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)  # location → id of what this batch puts there
    passages: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    stored: int = 0
    removed: int = 0
    seen: set[str] = field(default_factory=set)  # every location that came, skipped ones too
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def skip(self, item: Skipped) -> None:
        """Account for an input that is no article; what it gave earlier stays."""
        self.seen.add(item.path)
        self.skipped.append(item)

    def take(self, article: Article) -> None:
        """Decide what `article` is to the library, and stage it when it is new."""
        self.seen.add(article.location)
        if article.location in self.places or article.source.article_id in self.batch:
            self.flush()  # the second of two equal articles is judged against the first
        catalogue = self.library.catalogue
        here = catalogue.located(article.location)
        known = next(iter(catalogue.sources(Filters(articles=(article.source.article_id,)))), None)
        if known is not None and not self._says_more(article, known):
            if here != article.source.article_id:
                self._moved(article, here)
            self.unchanged += 1
            return
        passages = split(article)
        if not passages:
            self.skip(Skipped(article.location, "it holds no sentence to quote"))
            return
        self._stage(article, passages=len(passages), staged=Staged(article, passages, replaces=_other(here, article)))
        if known is None and here is None:
            self.added += 1
        else:
            self.updated += 1

    def _says_more(self, article: Article, known: Source) -> bool:
        """Whether the same text came again with other metadata; only the place it first came from may change it."""
        first = self.library.catalogue.article(known.article_id).location
        return first == article.location and replace(article.source, fetched=known.fetched) != known

    def _moved(self, article: Article, here: str | None) -> None:
        """The text is known from elsewhere: remember that it stands here too, and let go of what stood here before."""
        gone = self.library.catalogue.relocate(article.source.article_id, article.location)
        if gone:
            self.library.drop(gone)
        if here is None:
            self.notes.append(f"{article.location} has the same text as an article already there ({article.source.article_id})")

    def _stage(self, article: Article, *, passages: int, staged: Staged) -> None:
        self.batch[article.source.article_id] = staged
        self.places[article.location] = article.source.article_id
        self.passages += passages
        if self.passages >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Store what is staged."""
        if self.batch:
            self.library.store(list(self.batch.values()))
        self.stored += self.passages
        self.batch, self.places, self.passages = {}, {}, 0

    def prune(self, places: Sequence[str]) -> None:
        """Remove the articles all of whose locations lie under `places` and did not come."""
        catalogue = self.library.catalogue
        gone = []
        for source in catalogue.sources():
            locations = catalogue.locations(source.article_id)
            if all(_under(location, places) and not self._came(location) for location in locations):
                gone.append(source.article_id)
        if gone:
            self.library.remove(gone)
        self.removed += len(gone)

    def _came(self, location: str) -> bool:
        # A file that could not be read this time says nothing about the records it held.
        return location in self.seen or location.rsplit("#", 1)[0] in self.seen

    def report(self) -> IngestReport:
        return IngestReport(
            added=self.added,
            updated=self.updated,
            unchanged=self.unchanged,
            removed=self.removed,
            passages=self.stored,
            skipped=tuple(self.skipped),
            notes=tuple(self.notes),
        )


def _other(here: str | None, article: Article) -> str | None:
    return None if here == article.source.article_id else here


def _under(location: str, places: Sequence[str]) -> bool:
    return any(location == place or location.startswith((f"{place.rstrip('/')}/", f"{place}#")) for place in places)
