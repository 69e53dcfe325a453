"""Ingestion: each input is accounted for once, the library ends as the inputs are, and doing it again changes nothing."""

from __future__ import annotations

import gc
import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tantivy
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import ingestion
from assistant.catalogue import Catalogue
from assistant.ingestion import ingest
from assistant.lexical import LexicalIndex
from assistant.library import Library
from assistant.protocols import Vectors
from assistant.splitting import split
from assistant.types import Article, Filters, IngestReport, Skipped, Source, Span
from assistant.vectors import VectorIndex

TEXTS = {
    "quake": "زلزله در کرمانشاه خانه‌ها را ویران کرد. امدادگران رسیدند.",
    "flood": "سیل در خوزستان پل‌ها را برد.",
    "envoy": "التقى المبعوث الروسي وزير الخارجية في طهران.",
    "rocket": "The Zanzibarian rocket left the pad on Sunday. It came back.",
}


class Letters:
    """An embedder of sixteen dimensions: always the same vector for a text; `busy` says whether it must not be asked now."""

    name = "letters"
    dimension = 16

    def __init__(self) -> None:
        self.given = 0
        self.busy = False

    def embed(self, texts: Sequence[str]) -> Vectors:
        assert not self.busy, "somebody waits for this"
        self.given += len(texts)
        seeds = [int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) for text in texts]
        vectors = np.stack([np.random.default_rng(seed).standard_normal(16) for seed in seeds]).astype(np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_query(self, text: str) -> Vectors:
        vector: Vectors = self.embed([text])[0]
        return vector


class Shelf:
    """A library and the turns it is given in; made when the first turn comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.embedder = Letters()
        self.turns = 0
        self.opened: Library | None = None
        self.meanwhile: Callable[[], object] = lambda: None

    @contextmanager
    def turn(self) -> Iterator[Library]:
        self.turns += 1
        self.meanwhile()
        library = self.library
        library.refresh()
        if not library.in_step():
            library.mend()
        self.embedder.busy = library.catalogue.count().articles > 0
        try:
            yield library
        finally:
            self.embedder.busy = False

    @property
    def library(self) -> Library:
        if self.opened is None:
            there = (self.folder / "library.db").exists()
            self.opened = (Library.open if there else Library.create)(self.folder, self.embedder)
        return self.opened

    def ingest(self, inputs: Iterable[Article | Skipped], **options: Any) -> IngestReport:
        new = not (self.folder / "library.db").exists()
        return ingest(self.turn, inputs, new=new, **options)

    def close(self) -> None:
        if self.opened is not None:
            self.opened.close()
            self.opened = None

    def held(self) -> set[str]:
        """The ids of the passages, which must be the same in all three stores."""
        searcher = self.library.indexes.lexical._searcher
        documents = searcher.search(tantivy.Query.all_query(), limit=10_000).hits
        lexical = {str(searcher.doc(address).get_first("passage")) for _, address in documents}
        catalogue = {passage.id for batch in self.library.catalogue.every_passage() for passage in batch}
        assert catalogue == lexical == self.library.indexes.vectors.ids()
        return catalogue

    def state(self) -> dict[str, object]:
        """Everything that must not change when nothing came."""
        indexes = [path for index in ("lexical", "chroma") for path in (self.folder / index).rglob("*") if path.is_file()]
        files = {path.name: path.stat().st_mtime_ns for path in indexes if path.name != "chroma.sqlite3"}
        catalogue = self.library.catalogue
        sources = catalogue.sources()
        places = [catalogue.locations(source.article_id) for source in sources]
        return {"held": self.held(), "files": files, "generation": catalogue.generation, "sources": sources, "places": places}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "library")
    yield made
    made.close()


def article(text: str, location: str, **known: Any) -> Article:
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    boilerplate = known.pop("boilerplate", ())
    return Article(Source(name, **{"language": "fa", **known}), text, location, boilerplate)


def files(**texts: str) -> list[Article]:
    """Articles by the names of their files in /news, each given by the name of its text."""
    return [article(TEXTS[text], f"/news/{name}.txt") for name, text in texts.items()]


def passages(*texts: str) -> set[str]:
    return {passage.id for text in texts for passage in split(article(TEXTS[text], ""))}


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.removed


# -- the plain cases --------------------------------------------------------------------------------------------------


def test_new_articles_are_added(shelf: Shelf) -> None:
    """They are in all three stores, and the report says how many came and how many passages were written."""
    report = shelf.ingest(files(a="quake", b="envoy"))
    assert report == IngestReport(added=2, passages=2)
    assert shelf.held() == passages("quake", "envoy")


def test_a_line_repeated_for_ever_keeps_nothing_else_from_being_found(shelf: Shelf) -> None:
    """A thousand times the same line: the vector index still finds its own, and what comes later is found as well."""
    shelf.ingest(files(a="quake", b="flood"))
    line = " ".join(f"word{number}" for number in range(200)) + ".\n"
    report = shelf.ingest([article(line * 1_000, "/news/flooded.txt")])
    shelf.ingest(files(c="envoy", d="rocket"))
    for name in ("quake", "flood", "envoy", "rocket"):
        vector = shelf.embedder.embed_query(TEXTS[name])
        ((found, likeness),) = shelf.library.indexes.vectors.search(vector, filters=Filters(), limit=1)
        assert (found, likeness) == (min(passages(name)), pytest.approx(1, abs=1e-5))
    assert (report.added, report.passages) == (1, 2)


def test_the_same_again_changes_nothing(shelf: Shelf) -> None:
    """Ids, counts, generation, places and the files of the indexes stay as they are; nothing is embedded."""
    shelf.ingest(files(a="quake", b="envoy", c="rocket", copy="quake"))
    before, given = shelf.state(), shelf.embedder.given
    assert shelf.ingest(files(a="quake", b="envoy", c="rocket", copy="quake")) == IngestReport(unchanged=4)
    assert shelf.state() == before
    assert shelf.embedder.given == given


def test_a_changed_article_replaces_its_former_text(shelf: Shelf) -> None:
    """The old passages are in no store, nor are their bytes in the catalogue's file; the others were not touched."""
    shelf.ingest(files(a="rocket", b="envoy"))
    assert shelf.ingest(files(a="flood", b="envoy")) == IngestReport(updated=1, unchanged=1, passages=1)
    assert shelf.held() == passages("flood", "envoy")
    shelf.close()
    assert b"Zanzibarian" not in b"".join(path.read_bytes() for path in shelf.folder.glob("library.db*"))


def test_metadata_alone_can_change(shelf: Shelf) -> None:
    """The same text under another title and day is an update of the same article, and is not embedded again."""
    shelf.ingest([article(TEXTS["quake"], "/news/a.txt", title="یک")])
    given = shelf.embedder.given
    changed = article(TEXTS["quake"], "/news/a.txt", title="دو", published=date(2016, 12, 18))
    assert shelf.ingest([changed]) == IngestReport(updated=1, passages=1)
    (known,) = shelf.library.catalogue.sources()
    assert (known.title, known.published) == ("دو", date(2016, 12, 18))
    assert shelf.embedder.given == given
    assert shelf.held() == passages("quake")


def test_boilerplate_found_later_changes_the_passages(shelf: Shelf) -> None:
    """When another version of ours marks other lines, the article is split anew."""
    text = "خبر نخست درباره زلزله است.\nاین خط را کنار بگذارید."
    shelf.ingest([article(text, "/news/a.txt")])
    marked = article(text, "/news/a.txt", boilerplate=(Span(text.index("\n") + 1, len(text)),))
    assert counts(shelf.ingest([marked])) == (0, 1, 0, 0)
    assert shelf.held() == {passage.id for passage in split(marked)}
    assert counts(shelf.ingest([marked])) == (0, 0, 1, 0)


def test_what_is_skipped_is_reported_as_it_came(shelf: Shelf) -> None:
    """File, line and reason are those of the reader, in order, whether or not articles came between."""
    broken = [Skipped("/news/x.jsonl", "is not JSON", 3), Skipped("/news/y.pdf", "is encrypted")]
    inputs: list[Article | Skipped] = [broken[0], *files(a="quake"), broken[1]]
    report = shelf.ingest(inputs)
    assert report == IngestReport(added=1, passages=1, skipped=tuple(broken))


def test_an_article_without_a_sentence_is_skipped(shelf: Shelf) -> None:
    """Where everything is boilerplate there is nothing to quote; the others come in."""
    hollow = article("Share this", "/news/hollow.txt", boilerplate=(Span(0, 10),))
    inputs: list[Article | Skipped] = [hollow, *files(a="quake")]
    report = shelf.ingest(inputs)
    assert report == IngestReport(added=1, passages=1, skipped=(Skipped("/news/hollow.txt", "it holds no sentence to quote"),))


@pytest.mark.parametrize(
    "inputs",
    [[], [Skipped("/a.pdf", "is encrypted")], [article("Share this", "/b.txt", boilerplate=(Span(0, 10),))]],
    ids=["nothing", "unreadable", "hollow"],
)
def test_where_nothing_can_be_stored_no_library_is_made(shelf: Shelf, inputs: list[Article | Skipped]) -> None:
    """The report accounts for the inputs, and the folder is not there."""
    report = shelf.ingest(inputs, prune=("/",))
    assert (counts(report), len(report.skipped)) == ((0, 0, 0, 0), len(inputs))
    assert shelf.turns == 0
    assert not shelf.folder.exists()


def test_progress_is_told_for_every_input(shelf: Shelf) -> None:
    """Files of records can hold more than was expected; the total grows with them."""
    told: list[tuple[str, int, int]] = []
    inputs: list[Article | Skipped] = [*files(a="quake", b="envoy"), Skipped("/x", "is empty")]
    shelf.ingest(inputs, total=2, progress=lambda *step: told.append(step))
    assert told == [("ingesting", 1, 2), ("ingesting", 2, 2), ("ingesting", 3, 3)]


# -- places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False])
def test_the_same_text_in_two_places_is_one_article(shelf: Shelf, together: bool) -> None:
    """It is stored once, both places are remembered, and the report says so."""
    if together:
        report = shelf.ingest(files(a="quake", b="quake"))
        assert counts(report) == (1, 0, 1, 0)
    else:
        shelf.ingest(files(a="quake"))
        report = shelf.ingest(files(b="quake"))
        assert counts(report) == (0, 0, 1, 0)
    (known,) = shelf.library.catalogue.sources()
    assert report.notes == (f"/news/b.txt has the same text as an article already there ({known.article_id})",)
    assert shelf.library.catalogue.locations(known.article_id) == ("/news/a.txt", "/news/b.txt")
    assert shelf.held() == passages("quake")
    # When one of the places gets another text, the article stays for the other.
    assert counts(shelf.ingest(files(a="flood"))) == (1, 0, 0, 0)
    assert shelf.held() == passages("quake", "flood")
    assert counts(shelf.ingest(files(b="flood"))) == (0, 0, 1, 1)
    assert shelf.held() == passages("flood")


def test_many_copies_in_a_row(shelf: Shelf) -> None:
    """A feed that repeats itself gives each article once."""
    inputs = [
        article(TEXTS[name], f"/feed.jsonl#{number}") for number, name in enumerate(["quake", "quake", "flood", "flood", "quake"])
    ]
    assert counts(shelf.ingest(inputs)) == (2, 0, 3, 0)
    assert shelf.held() == passages("quake", "flood")
    assert counts(shelf.ingest(inputs)) == (0, 0, 5, 0)


def test_a_place_that_comes_twice_holds_what_came_last(shelf: Shelf) -> None:
    """Two articles from one place in a run: the second replaces the first."""
    assert counts(shelf.ingest([*files(a="quake"), *files(a="flood")])) == (1, 1, 0, 0)
    assert shelf.held() == passages("flood")


@pytest.mark.parametrize("prune", [(), ("/news",)])
def test_a_moved_file_is_the_same_article(shelf: Shelf, prune: tuple[str, ...]) -> None:
    """Its id and text stay, with or without pruning, and it is not embedded again."""
    shelf.ingest(files(a="quake", b="envoy"))
    given = shelf.embedder.given
    assert counts(shelf.ingest(files(moved="quake", b="envoy"), prune=prune)) == (0, 0, 2, 0)
    assert shelf.held() == passages("quake", "envoy")
    assert shelf.embedder.given == given


def test_metadata_of_a_second_place_does_not_count_while_the_first_is_there(shelf: Shelf, tmp_path: Path) -> None:
    """Two copies with different titles do not overwrite each other at every run; without the first file the second decides."""
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.touch()
    one = article(TEXTS["quake"], str(first), title="یک")
    two = article(TEXTS["quake"], str(second), title="دو")
    assert counts(shelf.ingest([one, two])) == (1, 0, 1, 0)
    assert counts(shelf.ingest([two])) == (0, 0, 1, 0)
    assert [source.title for source in shelf.library.catalogue.sources()] == ["یک"]
    first.unlink()
    assert counts(shelf.ingest([two])) == (0, 1, 0, 0)
    assert [source.title for source in shelf.library.catalogue.sources()] == ["دو"]
    assert counts(shelf.ingest([two])) == (0, 0, 1, 0)


@pytest.mark.parametrize("size", [1, 400])
def test_two_files_that_changed_places_both_stay(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Each is found where the other was; stored one by one, too."""
    shelf.ingest(files(a="quake", b="flood", c="envoy"))
    before = {source.article_id: source.fetched for source in shelf.library.catalogue.sources()}
    monkeypatch.setattr(ingestion, "ARTICLES", size)
    report = shelf.ingest(files(a="flood", b="quake", c="envoy"))
    assert shelf.held() == passages("quake", "flood", "envoy")
    assert {shelf.library.catalogue.located(f"/news/{name}.txt") for name in "ab"} < set(before)
    if size > 1:
        assert counts(report) == (0, 0, 3, 0)
    assert counts(shelf.ingest(files(a="flood", b="quake", c="envoy"))) == (0, 0, 3, 0)


def test_a_file_that_becomes_a_copy_of_another(shelf: Shelf) -> None:
    """Its former text goes, and nothing is counted as new."""
    shelf.ingest(files(a="rocket", b="flood"))
    assert counts(shelf.ingest(files(a="flood", b="flood"))) == (0, 0, 2, 1)
    assert shelf.held() == passages("flood")
    (known,) = shelf.library.catalogue.sources()
    assert shelf.library.catalogue.locations(known.article_id) == ("/news/a.txt", "/news/b.txt")


def test_a_copy_in_the_place_of_another_keeps_the_metadata_of_its_first_place(shelf: Shelf, tmp_path: Path) -> None:
    """A title that differs there does not overwrite the known one, not even until the next run."""
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.touch()
    original = article(TEXTS["quake"], str(first), title="یک")
    shelf.ingest([original, article(TEXTS["flood"], str(second))])
    copy = article(TEXTS["quake"], str(second), title="دو")
    assert counts(shelf.ingest([original, copy])) == (0, 0, 2, 1)
    assert [source.title for source in shelf.library.catalogue.sources()] == ["یک"]
    assert counts(shelf.ingest([original, copy])) == (0, 0, 2, 0)


def test_rotated_files_keep_what_is_still_there(shelf: Shelf) -> None:
    """The newest goes to the next name, the oldest drops out, as log files do."""
    shelf.ingest(files(a="quake", b="flood", c="envoy"))
    assert counts(shelf.ingest(files(a="rocket", b="quake", c="flood"))) == (1, 0, 2, 1)
    assert shelf.held() == passages("rocket", "quake", "flood")


def test_a_file_that_becomes_unreadable_keeps_its_article(shelf: Shelf) -> None:
    """An empty file is no order to remove something, with pruning either; the report says what is kept."""
    shelf.ingest(files(a="quake", b="envoy"))
    empty = Skipped("/news/a.txt", "is empty")
    report = shelf.ingest([empty, *files(b="envoy")], prune=("/news",))
    assert report == IngestReport(
        unchanged=1, skipped=(empty,), notes=("/news/a.txt was skipped; the article it gave earlier is kept",)
    )
    assert shelf.held() == passages("quake", "envoy")


# -- pruning ----------------------------------------------------------------------------------------------------------


def test_pruning_removes_what_is_gone_from_there_and_nowhere_else(shelf: Shelf) -> None:
    """Articles of other folders, of folders whose names begin alike, and of documents stay."""
    others = [
        article(TEXTS["flood"], "/newspaper/a.txt"),
        article(TEXTS["envoy"], "document:1"),
        article("خبر چهارم درباره نفت است.", "/news"),
    ]
    shelf.ingest([*files(a="quake", b="rocket"), *others])
    report = shelf.ingest(files(a="quake"), prune=("/news",))
    assert counts(report) == (0, 0, 1, 2)
    assert shelf.held() == passages("quake", "flood", "envoy")
    assert counts(shelf.ingest([], prune=("/news/",))) == (0, 0, 0, 1)
    assert shelf.held() == passages("flood", "envoy")


def test_pruning_spares_what_also_stands_elsewhere(shelf: Shelf) -> None:
    """An article that came from another place too is still wanted there."""
    shelf.ingest([*files(a="quake"), article(TEXTS["quake"], "/archive/a.txt")])
    assert counts(shelf.ingest([], prune=("/news",))) == (0, 0, 0, 0)
    assert counts(shelf.ingest([], prune=("/news", "/archive"))) == (0, 0, 0, 1)
    assert shelf.held() == set()


def test_pruning_removes_records_that_left_their_file(shelf: Shelf) -> None:
    """A record that is no longer in its file goes; the file itself may be named."""
    records = [article(TEXTS[name], f"/news/x.jsonl#{name}") for name in ("quake", "flood", "rocket")]
    shelf.ingest(records)
    assert counts(shelf.ingest(records[:2], prune=("/news/x.jsonl",))) == (0, 0, 2, 1)
    assert counts(shelf.ingest(records[:1], prune=("/news",))) == (0, 0, 1, 1)
    assert shelf.held() == passages("quake")


@pytest.mark.parametrize("unread", ["/news/deep", "/news", "/news/deep/x.jsonl", "/"])
def test_pruning_spares_what_could_not_be_looked_at(shelf: Shelf, unread: str) -> None:
    """A folder without permission, or a file with a broken line, says nothing about what it held."""
    shelf.ingest([article(TEXTS["quake"], "/news/deep/x.jsonl#1"), article(TEXTS["flood"], "/news/y.txt")])
    report = shelf.ingest([Skipped(unread, "cannot be read: permission denied")], prune=("/news",))
    kept = {"quake"} if "deep" in unread else {"quake", "flood"}
    assert shelf.held() == passages(*kept)
    assert report.removed == 2 - len(kept)


def test_pruning_spares_what_another_brought_meanwhile(shelf: Shelf) -> None:
    """What was stored by somebody else while we were at work did not fail to come."""
    shelf.ingest(files(a="quake", b="rocket"))

    def another() -> None:
        shelf.meanwhile = lambda: None
        if shelf.turns > 1:
            Shelf.ingest(shelf, files(c="envoy"))

    shelf.turns = 0
    begun = shelf.turn
    shelf.meanwhile = lambda: setattr(shelf, "meanwhile", another)
    report = ingest(begun, files(a="quake"), prune=("/news",))
    assert counts(report) == (0, 0, 1, 1)
    assert shelf.held() == passages("quake", "envoy")


# -- turns ------------------------------------------------------------------------------------------------------------


def test_others_have_their_turn_between_batches(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long ingestion lets go of the library after every batch, by number and by size, and embeds outside its turns."""
    shelf.ingest(files(a="quake"))
    monkeypatch.setattr(ingestion, "ARTICLES", 2)
    shelf.turns = 0
    shelf.ingest(files(a="quake", b="flood", c="envoy", d="rocket"))  # the shelf fails an embedding during a turn
    assert shelf.turns == 4  # to begin, two batches, to finish
    monkeypatch.setattr(ingestion, "CHARACTERS", 10)
    shelf.turns = 0
    shelf.ingest(files(a="quake", b="flood"))
    assert shelf.turns == 4


@pytest.mark.parametrize(("usual", "meanwhile"), [(700, 100_000), (200_000, 200_000), (0, 0)])
def test_garbage_is_looked_for_seldom_while_articles_come(shelf: Shelf, usual: int, meanwhile: int) -> None:
    """Whoever lets Python look for garbage often, more seldom or never finds it so again, whatever becomes of the ingestion."""
    seen = list[int]()

    def coming() -> Iterator[Article | Skipped]:
        seen.append(gc.get_threshold()[0])
        yield from files(a="quake")
        raise KeyboardInterrupt

    before = gc.get_threshold()
    try:
        gc.set_threshold(usual, 10, 10)
        with pytest.raises(KeyboardInterrupt):
            shelf.ingest(coming())
        assert (seen, gc.get_threshold()) == ([meanwhile], (usual, 10, 10))
    finally:
        gc.set_threshold(*before)


def test_what_another_stored_meanwhile_is_not_stored_twice(shelf: Shelf) -> None:
    """Decisions are made in our turn, by what is there then."""
    shelf.ingest(files(a="quake"))

    def another() -> None:
        shelf.meanwhile = lambda: None
        Shelf.ingest(shelf, files(b="flood"))

    work = shelf.turn
    shelf.meanwhile = lambda: setattr(shelf, "meanwhile", another)
    assert counts(ingest(work, files(b="flood", c="envoy"))) == (1, 0, 1, 0)
    assert shelf.held() == passages("quake", "flood", "envoy")


# -- what goes wrong --------------------------------------------------------------------------------------------------


def failing(function: Callable[..., Any], *, call: int) -> Callable[..., Any]:
    """The function, which is interrupted at that call, before its work."""
    calls = 0

    def wrapped(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyboardInterrupt
        return function(*arguments, **options)

    return wrapped


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (Letters, "embed"),
        (Catalogue, "stage"),
        (LexicalIndex, "add"),
        (LexicalIndex, "commit"),
        (VectorIndex, "add"),
        (Catalogue, "publish"),
        (LexicalIndex, "delete"),
        (VectorIndex, "delete"),
        (Catalogue, "forget"),
        (Catalogue, "scrub"),
    ],
)
def test_an_interrupted_ingestion_is_finished_by_the_next(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, kind: type, step: str
) -> None:
    """Stopped in the middle of its second batch, it leaves whole articles, and running it again ends as if nothing had been."""
    shelf.ingest(files(a="rocket", b="flood", c="quake"))
    monkeypatch.setattr(ingestion, "ARTICLES", 2)
    new = [article("خبر تازه درباره نفت است.", "/news/a.txt"), article("خبر تازه درباره گاز است.", "/news/b.txt")]
    new += [article("خبر تازه درباره آب است.", "/news/c.txt"), *files(d="envoy")]
    calls = 1 if step == "scrub" else 2
    with monkeypatch.context() as patch:
        patch.setattr(kind, step, failing(getattr(kind, step), call=calls))
        with pytest.raises(KeyboardInterrupt):
            shelf.ingest(new)
    shelf.close()
    known = {made.source.article_id: made.text for made in [*new, *files(a="rocket", b="flood", c="quake")]}
    for source in shelf.library.catalogue.sources():
        found = shelf.library.catalogue.article(source.article_id)
        assert found.text == known[source.article_id]
        wanted = {passage.id: passage.text for passage in split(found)}
        assert {name: passage.text for name, passage in shelf.library.catalogue.passages(list(wanted)).items()} == wanted
    report = shelf.ingest(new)
    assert report.added + report.updated + report.unchanged == 4
    assert shelf.held() == {passage.id for made in new for passage in split(made)}
    assert counts(shelf.ingest(new)) == (0, 0, 4, 0)
    shelf.close()
    assert b"Zanzibarian" not in b"".join(path.read_bytes() for path in shelf.folder.glob("library.db*"))


# -- any sequence of changes ------------------------------------------------------------------------------------------

FOLDERS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([*TEXTS, None]), max_size=4)


@settings(max_examples=12)
@given(runs=st.lists(st.tuples(FOLDERS, st.booleans()), min_size=1, max_size=5), size=st.sampled_from([1, 2, 400]))
def test_any_sequence_of_runs_ends_as_the_files_are(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[dict[str, str | None], bool]], size: int
) -> None:
    """Whatever files come, change, swap, become unreadable or go: the stores hold what the places hold, every input is counted
    once, and the number of articles changes by what was added and removed."""
    shelf = Shelf(tmp_path_factory.mktemp("runs") / "library")
    places: dict[str, str] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingestion, "ARTICLES", size)
        for folder, prune in runs:
            inputs: list[Article | Skipped] = [
                Skipped(f"/news/{name}.txt", "is empty") if text is None else files(**{name: text})[0]
                for name, text in folder.items()
            ]
            before = len(shelf.library.catalogue.sources()) if shelf.folder.exists() else 0
            report = shelf.ingest(inputs, prune=("/news",) if prune else ())
            places |= {name: text for name, text in folder.items() if text}
            if prune:  # an article stays for all its places when it came from one of them, or that could not be read
                places = {
                    name: text for name, text in places.items() if any(places[other] == text for other in folder.keys() & places)
                }
            if not shelf.folder.exists():
                assert not places
                continue
            assert shelf.held() == passages(*set(places.values()))
            assert report.added + report.updated + report.unchanged + len(report.skipped) == len(inputs)
            assert len(shelf.library.catalogue.sources()) == before + report.added - report.removed
            assert shelf.library.in_step()
    shelf.close()
    shutil.rmtree(shelf.folder, ignore_errors=True)
