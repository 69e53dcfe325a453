"""The assistant: opens a library, wires the parts, and answers: understand, retrieve, compose, verify, word."""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from functools import cache, cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from assistant.answering import Answerer
from assistant.budget import Budget
from assistant.embedding import EmbeddedEmbedder
from assistant.errors import (
    BudgetSpent,
    DiskFull,
    EmptyLibrary,
    LibraryDamaged,
    LibraryError,
    LibraryLocked,
    LibraryMismatch,
    LibraryNotWritable,
    ModelError,
    ModelUnavailable,
    NoLibrary,
    Notice,
    UnknownArticle,
    VectorsUnavailable,
)
from assistant.generative import Writer
from assistant.indexes import LEXICAL, Draft, Nearest
from assistant.ingestion import ingest
from assistant.lexicon import Lexicon
from assistant.library import NOTHING_THERE, Library, Progress, exists, unseen
from assistant.locks import LibraryLock
from assistant.models import OfflineEmbedder, budget_from, chat_from, embedder_from, prices_from
from assistant.prompts import Prompts
from assistant.protocols import ChatModel, Embedder
from assistant.resources import data_folder
from assistant.retrieval import Retriever
from assistant.settings import Settings, load
from assistant.streams import StatementStream
from assistant.types import (
    Answer,
    Article,
    Collection,
    Filters,
    Hit,
    IngestReport,
    LibraryStatus,
    Query,
    Retrieval,
    Skipped,
    Source,
    Statement,
    Turn,
)
from assistant.understanding import language_of, understand
from assistant.vector_server import VectorServer, server_from

if TYPE_CHECKING:
    from assistant.articles import SameName
    from assistant.fingerprints import File

__all__ = ["AnswerStream", "Assistant"]

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h


class Assistant:
    """Answers questions about the articles of one library, with citations that were checked.

    Use it as a context manager, or call `close`. Safe to use from several threads; several processes may ask at once.
    Unless given, the lexicon is the shipped one with the rows of the library folder, the embedder the embedded one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        lexicon: Lexicon | None = None,
        embedder: Embedder | None = None,
        language: str | None = None,
        passages: int = 8,
        lock_wait: float = 5.0,
        chat: ChatModel | None = None,
        prices: tuple[float, float] | None = None,
        limits: Callable[[], Budget] = Budget,
        choose_embedder: Callable[[Embedder], Embedder] | None = None,
        server: VectorServer | None = None,
        offline: bool = False,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.folder = folder
        self._given_lexicon = lexicon
        self._given_embedder = embedder
        self._language = language
        self._passages = passages
        self._lock = LibraryLock(folder, wait=lock_wait)
        self._chat = chat
        self._prices = prices
        self._limits = limits
        self._choose_embedder = choose_embedder
        self._server = server
        self._offline = offline
        self._today = today
        self._library: Library | None = None
        self._opening = threading.Lock()

    @classmethod
    def open(cls, path: str | Path | None = None, *, language: str | None = None) -> Self:
        """An assistant over the library in `path` (default: the settings' library), other settings as configured.

        The folder may not exist yet: `ingest` makes it; asking raises `NoLibrary`.
        """
        return cls.from_settings(load(library=path, language=language))

    @classmethod
    def from_settings(cls, settings: Settings | None = None) -> Self:
        """An assistant as the environment, `.env` and `sanad.toml` say."""
        chosen = settings or load()
        return cls(
            chosen.library,
            language=chosen.language,
            passages=chosen.passages,
            lock_wait=chosen.lock_wait,
            chat=chat_from(chosen),
            prices=prices_from(chosen),
            limits=partial(budget_from, chosen),
            choose_embedder=partial(embedder_from, chosen),
            server=server_from(chosen),
            offline=chosen.offline,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the library's files."""
        with self._opening:
            if self._library is not None:
                self._library.close()
                self._library = None

    # Both are opened on first use, when the library folder, which keeps the compiled lexicon, is known to be there.

    @cached_property
    def _shipped(self) -> Lexicon:
        return Lexicon.open(self.folder / "lexicon.json")

    @cached_property
    def _lexicon(self) -> Lexicon:
        if self._given_lexicon is not None:
            return self._given_lexicon
        own = sorted(self.folder.glob("*.tsv"))
        return Lexicon.open(self.folder / "lexicon-own.json", own) if own else self._shipped

    @cached_property
    def _embedder(self) -> Embedder:
        if self._given_embedder is not None:
            return self._given_embedder
        # Vectors belong to the shipped lexicon alone, so that a user's own rows never unsettle a library.
        embedded = EmbeddedEmbedder(self._shipped)
        return self._choose_embedder(embedded) if self._choose_embedder else embedded

    # -- asking ------------------------------------------------------------------------------------------------------

    @property
    def model(self) -> ChatModel | None:
        """The model that writes answers; None where they only quote."""
        return self._chat

    @property
    def language(self) -> str | None:
        """The language that every answer is to be in; None where it is that of the question."""
        return self._language

    def warm(self) -> None:
        """Load now what the first question would otherwise wait for, some seconds in all. Nothing is opened and nothing is sent."""
        _get_ready()
        load = getattr(self._chat, "load", None)
        if load:
            load()

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters | None = None,
        language: str | None = None,
        translate_quotes: bool = False,
    ) -> Answer:
        """The answer to `question`: statements with checked citations, or `NOT_FOUND` with the nearest articles.

        `history` holds the earlier turns of the conversation, oldest first. `filters` restricts the articles; `language`
        (an ISO code) pins the answer's language; `translate_quotes` asks the model for a labelled translation of each quote
        in another language. Raises `QuestionError`, `NoLibrary`, `LibraryError`, `ModelRejected`.
        """
        stream = self.stream(question, history, filters=filters, language=language, translate_quotes=translate_quotes)
        return stream.complete()

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters | None = None,
        language: str | None = None,
        translate_quotes: bool = False,
    ) -> AnswerStream:
        """The same answer statement by statement, each as soon as its citations hold; see `AnswerStream`."""
        self._require()
        budget = self._limits()
        answering = self._answerer.answer(
            question,
            history,
            filters=filters,
            language=language,
            search=self._search,
            collection=self._collection,
            translate_quotes=translate_quotes,
            budget=budget,
        )
        return AnswerStream(answering, budget, language=language or self._language or language_of(question))

    @cached_property
    def _answerer(self) -> Answerer:
        writer = None if self._chat is None else Writer(self._chat, Prompts(), self._today)
        return Answerer(lexicon=self._lexicon, writer=writer, prices=self._prices, today=self._today, language=self._language)

    def _search(self, query: Query) -> Retrieval:
        with self._searching() as (library, nearest):
            found = self._retriever(library, nearest).retrieve(query, limit=self._passages)
            return replace(found, query=replace(found.query, notes=(*found.query.notes, *nearest.notes)))

    def _collection(self) -> Collection:
        with self._reading() as library:
            sources = library.catalogue.sources()
        return _about(sources)

    def search(self, question: str, *, filters: Filters | None = None, limit: int = 10) -> tuple[Hit, ...]:
        """The passages that speak most of `question`, best first; nothing is composed and there is no floor."""
        self._require()
        query = understand(question, lexicon=self._lexicon, today=self._today(), filters=filters)
        with self._searching() as (library, nearest):
            return self._retriever(library, nearest).hits(query, limit=limit)

    def articles(self, filters: Filters | None = None) -> list[Source]:
        """What is known of each article, the newest first, those of unknown day last."""
        with self._browsing(beside=True) as library:
            return library.catalogue.sources(filters or Filters())

    def article(self, article_id: str) -> Article:
        """The article of that id, or of that unambiguous beginning of an id. Raises `UnknownArticle`."""
        with self._browsing() as library:
            return library.catalogue.article(article_id)

    # -- changing ----------------------------------------------------------------------------------------------------

    def ingest(self, paths: Sequence[str | Path], *, prune: bool = False, progress: Progress = unseen) -> IngestReport:
        """Read files and folders into the library, which is made when missing. Raises `ArticleError` for a missing path.

        With `prune`, articles that came from these paths earlier and no longer do are removed.
        """
        from assistant import articles as reading
        from assistant.readers import shown

        places = [shown(Path(os.path.abspath(path))) for path in paths] if prune else []
        files = reading.Files(paths)
        return self._take(files, progress, total=len(files), prune=places)

    def ingest_seeds(self, *, progress: Progress = unseen) -> IngestReport:
        """Read the five bundled articles into the library."""
        return self.ingest([data_folder("seeds")], progress=progress)

    def ingest_files(
        self,
        files: Iterable[tuple[str, Path]],
        *,
        same_name: SameName = "replace",
        total: int = 0,
        progress: Progress = unseen,
    ) -> IngestReport:
        """Take in files under the names they were sent with, wherever they lie meanwhile; see `articles.sent`."""
        from assistant import articles as reading

        return self._take(reading.sent(files, self._located, same_name=same_name), progress, total=total)

    def _located(self, locations: Sequence[str]) -> dict[str, str]:
        """The ids of the articles that stand at those of the locations at which there is any."""
        if not exists(self.folder):
            return {}
        with self._browsing() as library:
            found = {location: library.catalogue.located(location) for location in locations}
        return {location: article for location, article in found.items() if article is not None}

    def ingest_documents(self, documents: Iterable[object], *, progress: Progress = unseen) -> IngestReport:
        """Take LlamaIndex `Document`s into the library."""
        from assistant import articles as reading

        return self._take(reading.from_documents(documents), progress)

    def remove(self, article_ids: Sequence[str]) -> list[Source]:
        """Take articles out, without a trace in any store; what was removed. Raises `UnknownArticle`, then nothing is removed."""
        with self._changing("remove") as library:
            try:
                found = [library.catalogue.article(name).source for name in article_ids]
            except UnknownArticle:
                if library.catalogue.traces:  # of a removal that was cut off: asked for again, it is finished
                    library.scrub(thorough=True)
                raise
            sources = list({source.article_id: source for source in found}.values())
            library.remove([source.article_id for source in sources])
            library.scrub(thorough=True)
            return sources

    def rebuild(self, *, embed: bool = False, progress: Progress = unseen) -> int:
        """Make the derived indexes anew from the catalogue; how many passages they hold.

        No embedding call is made unless `embed` asks for every passage to be embedded with the present embedder, which then
        becomes the library's own.
        """
        draft = None if embed else self._draft(progress)
        with self._changing("rebuild", mend=False) as library:
            if draft is not None:
                return library.take(draft, progress)
            return library.reembed(progress) if embed else library.rebuild(progress)

    def _draft(self, progress: Progress) -> Draft | None:
        """New indexes beside those in use, made while others may ask; None where they must be made in their place."""
        self._require()
        _get_ready()
        with self._lock.shared("rebuild"):
            return self._opened().draft(progress)

    def export(self, target: str | Path) -> int:
        """Write the whole library to one new file, with its checksum, while it is in use; the size in bytes."""
        from assistant import backup

        with self._browsing() as library:
            return backup.write(library.catalogue, self.folder, Path(target).absolute())

    def restore(self, source: str | Path, *, progress: Progress = unseen) -> int:
        """Take the place of the library that `export` wrote to `source`, in a folder without one; how many passages it holds.

        Raises `LibraryDamaged` when a byte of the file has changed. Nothing is embedded.
        """
        from assistant import backup

        with self._lock.exclusive("import"):
            backup.read(Path(source).absolute(), self.folder)
            return self._opened().rebuild(progress)

    # -- looking after it --------------------------------------------------------------------------------------------

    def status(self) -> LibraryStatus:
        """What the library holds and what made it."""
        with self._browsing(beside=True) as library:
            sources = library.catalogue.sources()
            counts, manifest = library.catalogue.count(), library.catalogue.manifest
        about = _about(sources)
        return LibraryStatus(
            library=str(self.folder),
            articles=counts.articles,
            passages=counts.passages,
            languages=dict(Counter(source.language for source in sources).most_common()),
            publishers=dict(Counter(source.publisher for source in sources if source.publisher).most_common()),
            first_day=about.first,
            last_day=about.last,
            embedding=manifest.embedding,
            dimension=manifest.dimension,
            created=manifest.created,
            megabytes=round(_size(self.folder) / 2**20, 1),
            passages_are_sent_to=self._hosts() or None,
            vectors_are_kept=self._server.url if self._server else Notice("in the library folder"),
            advice=library.advice(),
        )

    def _hosts(self) -> str:
        """Who gets to see passages: the hosts of the models that are set."""
        hosts = (getattr(model, "host", None) for model in (self._chat, self._embedder))
        return ", ".join(sorted({host for host in hosts if host}))

    def problems(self) -> list[str]:
        """Everything wrong with the library, one line each; nothing is changed."""
        self._require()
        found: list[str] = []
        try:
            with self._lock.shared():
                library = self._opened()
                found += library.catalogue.integrity()
                found += library.out_of_step()
                with suppress(ModelUnavailable):  # that is no fault of the library
                    library.check_model()
        except (LibraryDamaged, LibraryMismatch, ModelError) as exc:
            found += [] if exc.notice in found else [exc.notice]
        return found

    def _take(
        self, inputs: Iterable[Article | File | Skipped], progress: Progress, *, total: int = 0, prune: Sequence[str] = ()
    ) -> IngestReport:
        @contextmanager
        def turn() -> Iterator[Library]:
            with self._changing("ingest", create=True) as library:
                library.check_model()
                yield library

        return ingest(turn, inputs, new=not exists(self.folder), prune=prune, total=total, progress=progress)

    # -- the library and its locks -----------------------------------------------------------------------------------

    @contextmanager
    def _browsing(self, *, beside: bool = False) -> Iterator[Library]:
        """The library under the shared lock, to look at its catalogue, which is always whole; maybe `beside` a change of ours."""
        self._require()
        with self._lock.shared(beside=beside):
            yield self._opened()

    @contextmanager
    def _searching(self) -> Iterator[tuple[Library, Nearest]]:
        """The library under the shared lock, with a search by vector for one question."""
        with self._in_order() as (library, faults):
            yield library, library.indexes.nearest(faults)

    @contextmanager
    def _reading(self) -> Iterator[Library]:
        """The same to look at what it holds."""
        with self._in_order() as (library, _):
            yield library

    @contextmanager
    def _in_order(self) -> Iterator[tuple[Library, Mapping[str, str]]]:
        """The library under the shared lock, mended first where it is not in order, with the indexes that cannot be used."""
        self._require()
        _get_ready()
        with self._lock.shared(beside=self._is_quick):
            library = self._opened()
            faults = library.indexes.faults()
            if library.in_step(faults) or library.can_wait(faults):
                yield self._answerable(library), faults
                return
        failed = self._mend()
        with self._lock.shared():
            library = self._opened()
            faults = library.indexes.faults()
            if failed and LEXICAL in faults:
                raise failed
            yield self._answerable(library), faults

    @property
    def _is_quick(self) -> bool:
        """Whether a search waits for no other machine: a change waits for those who came in beside it, and all others for both."""
        return self._server is None and not getattr(self._embedder, "host", None)

    def _mend(self) -> LibraryError | None:
        """Put the library in order; why that could not be done, for what can be read is read all the same."""
        try:
            with self._changing("mend"):
                return None
        except (LibraryNotWritable, DiskFull, LibraryLocked, VectorsUnavailable) as exc:
            return exc

    @contextmanager
    def _changing(self, doing: str, *, create: bool = False, mend: bool = True) -> Iterator[Library]:
        """The library under the exclusive lock."""
        if not create:
            self._require()
        _get_ready()
        with self._lock.exclusive(doing):
            library = self._opened(create=create)
            if mend and not library.in_step():
                library.mend()
            yield library

    def _require(self) -> None:
        if not exists(self.folder):
            raise NoLibrary(NOTHING_THERE, folder=self.folder)

    def _opened(self, *, create: bool = False) -> Library:
        """The open library, as it is now. Call it under the lock."""
        with self._opening:
            if self._library is not None and not self._library.is_current():
                self._library.close()  # another one has taken its place
                self._library = None
            if self._library is None:
                made = create and not exists(self.folder)
                self._library = Library.create(self.folder, self._embedder, self._server) if made else self._open()
                self._library.come_in = self._lock.come_in
            self._library.refresh()
            return self._library

    def _answerable(self, library: Library) -> Library:
        if not library.indexes.lexical.count() and not library.catalogue.count().articles:
            raise EmptyLibrary(
                "The library in {folder} holds no article yet; add some with `sanad ingest PATH`.", folder=self.folder
            )
        with suppress(ModelUnavailable):  # then the question cannot be embedded either, and only the full text is searched
            library.check_model()
        return library

    def _open(self) -> Library:
        library = Library.open(self.folder, self._embedder, self._server)
        made_with = library.catalogue.manifest
        if self._offline and made_with.embedding != self._embedder.name:
            # Nothing can be embedded now, but what was embedded before is there, and the full text is.
            library.embedder = OfflineEmbedder(made_with.embedding, made_with.dimension)
        return library

    def _retriever(self, library: Library, nearest: Nearest) -> Retriever:
        return Retriever(
            lexical=library.indexes.lexical,
            vectors=nearest,
            embedder=library.embedder,
            fetch=library.catalogue.passages,
            sketch=library.catalogue.sketches,
        )


class AnswerStream(StatementStream):
    """Iterates over the statements of an answer as they are verified; `answer` is the whole once they are through.

    `close` stops at once, aborting a request to the model that is under way. `language` is that of the answer.
    """

    def __init__(self, answering: Generator[Statement, None, Answer], budget: Budget, *, language: str) -> None:
        super().__init__(language)
        self._answering = answering
        self._budget = budget

    def __next__(self) -> Statement:
        try:
            return next(self._answering)
        except StopIteration as end:
            self._answer = self._answer or end.value
            raise StopIteration from None
        except BudgetSpent:
            if self._budget.cancelled.is_set():
                raise StopIteration from None
            raise

    def close(self) -> None:
        """Stop here; nothing more comes. Any thread may call it: one that iterates meanwhile gets no further statement."""
        self._budget.cancel()
        with suppress(ValueError):  # it is running in another thread, which the spent budget stops
            self._answering.close()


def _get_ready() -> None:
    """Load what is slow to load before anybody is kept out: Chroma takes seconds on a busy machine."""
    _have_few_heaps()
    import assistant.vectors  # noqa: F401


@cache
def _have_few_heaps() -> None:
    """Have glibc keep two heaps instead of eight a core, unless the environment says otherwise.

    Whatever writes an index is a thread of its own, and one that finds no heap free makes another, which is never given back:
    after 200 changes of a small library 200 MB on two cores (measured), and more on more.
    """
    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        import ctypes

        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


def _about(sources: Sequence[Source]) -> Collection:
    """What the articles of a library are about, as far as it is known of them."""
    days = [source.published for source in sources if source.published]
    return Collection(
        articles=len(sources),
        publishers=tuple(sorted({source.publisher for source in sources if source.publisher})),
        languages=tuple(sorted({source.language for source in sources})),
        first=min(days, default=None),
        last=max(days, default=None),
    )


def _size(folder: Path) -> int:
    """Bytes of all files under `folder`."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # an index at work replaces its files
            size += path.stat().st_size if path.is_file() else 0
    return size
