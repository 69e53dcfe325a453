"""The library: what is stored is in all three stores, whole, whatever happens in between; what is removed is in none."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tantivy

from assistant import library as module
from assistant.catalogue import Catalogue, Counts, Staged
from assistant.errors import BadModelOutput, DiskFull, LibraryDamaged, LibraryError, LibraryMismatch, LibraryNotWritable, NoLibrary
from assistant.lexical import LexicalIndex
from assistant.library import Library, exists
from assistant.protocols import Vectors
from assistant.splitting import split
from assistant.types import Article, Filters, Source, Span
from assistant.vectors import ServerIndex, VectorIndex

OLD = Article(Source("old", language="fa", title="کهنه"), "زلزله در کرمانشاه خانه‌ها را ویران کرد.", "/news/1.txt")
NEW = Article(Source("new", language="fa", title="نو"), "سیل در خوزستان پل‌ها را برد. مردم کوچ کردند.", "/news/1.txt")
KEPT = Article(Source("kept", language="ar", publisher="سانا"), "زار الوفد الروسي دمشق يوم الأحد.", "/news/2.txt")
MORE = Article(Source("more", language="en", published=date(2016, 12, 18)), "The Zanzibarian envoy met Mamlouk.", "/news/3.txt")


class Letters:
    """An embedder of sixteen dimensions: always the same vector for a text, and a count of the texts it was given."""

    def __init__(self, name: str = "letters", *, dimension: int = 16, salt: str = "") -> None:
        self.name = name
        self.dimension = dimension
        self.given = 0
        self._salt = salt

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.given += len(texts)
        vectors = np.stack([self._vector(text) for text in texts])
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_query(self, text: str) -> Vectors:
        vector: Vectors = self.embed([text])[0]
        return vector

    def _vector(self, text: str) -> Vectors:
        seed = int(hashlib.sha256((self._salt + text).encode()).hexdigest()[:8], 16)
        return np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)


class Silent(Letters):
    """The same, but it must not be asked for anything."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"{len(texts)} texts were to be embedded")


def staged(*articles: Article) -> list[Staged]:
    return [Staged(article, split(article)) for article in articles]


def held(library: Library) -> dict[str, set[str]]:
    """The ids of the passages in each store."""
    searcher = library.indexes.lexical._searcher
    documents = searcher.search(tantivy.Query.all_query(), limit=10_000).hits
    return {
        "catalogue": {passage.id for batch in library.catalogue.every_passage() for passage in batch},
        "lexical": {str(searcher.doc(address).get_first("passage")) for _, address in documents},
        "vectors": set(library.indexes.vectors._collection.get(include=[])["ids"]),
    }


def lose_vectors(library: Library) -> None:
    """Take the vector index away, wherever it is."""
    indexes = library.indexes
    if isinstance(indexes.vectors, ServerIndex):
        indexes._server.sweep(indexes._owner(), keep="")
    else:
        shutil.rmtree(library.folder / "chroma")


def ids(*articles: Article) -> dict[str, set[str]]:
    """What `held` gives when exactly these articles are stored."""
    passages = {passage.id for article in articles for passage in split(article)}
    return dict.fromkeys(("catalogue", "lexical", "vectors"), passages)


@pytest.fixture(autouse=True)
def everywhere(vectors_in: str) -> None:
    """Every test runs with the vectors in the folder and on a server."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def library(folder: Path) -> Iterator[Library]:
    made = Library.create(folder, Letters())
    yield made
    made.close()


@pytest.fixture
def reopen(folder: Path) -> Iterator[Callable[[], Library]]:
    """The library as another process finds it, whose embedder must not be asked."""
    opened: list[Library] = []

    def open_it() -> Library:
        opened.append(Library.open(folder, Silent()))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


# -- opening ----------------------------------------------------------------------------------------------------------


def test_a_new_library_is_empty_and_in_order(library: Library, folder: Path, vectors_in: str) -> None:
    """It holds nothing, in none of its stores, and nothing is to be mended."""
    assert held(library) == ids()
    assert library.in_step()
    files = {path.name for path in folder.iterdir() if not path.name.startswith("library.db-")}
    assert files == {"lexical", "library.db", "seal.json"} | ({"chroma"} if vectors_in == "folder" else set())


def test_opening_makes_nothing(folder: Path) -> None:
    """Where there is no library, opening says how to make one and leaves the disk as it is."""
    with pytest.raises(NoLibrary, match="sanad ingest"):
        Library.open(folder, Letters())
    assert not folder.exists()


def test_a_place_that_cannot_be_looked_at_is_not_taken_for_an_empty_one() -> None:
    """Where one may not look, that is the error."""
    assert not exists(Path("/nowhere"))
    with pytest.raises(LibraryNotWritable, match=r"cannot be opened or written .*; allow it, or choose another --library"):
        exists(Path("/" + "x" * 5_000))


def test_a_library_that_took_the_place_of_another_is_noticed(library: Library, folder: Path) -> None:
    """An open library knows when its folder was emptied, or filled anew."""
    assert library.is_current()
    shutil.move(folder, folder.with_name("elsewhere"))
    assert not library.is_current()
    other = Library.create(folder, Letters())
    assert (library.is_current(), other.is_current()) == (False, True)
    other.close()


def test_a_library_that_others_read_while_it_is_changed_is_not_closed_by_them(library: Library, folder: Path) -> None:
    """Whatever somebody does with its files meanwhile: who changes it needs what it has open."""
    library.store(staged(KEPT))
    with library.indexes.changing():
        opened = library.indexes.lexical
        with library.indexes.watching(lambda: nullcontext(False)):
            (folder / "seal.json").unlink()
            (folder / "library.db").rename(folder / "moved.db")
            library.refresh()
            assert (library.is_current(), library.indexes.lexical) == (True, opened)
        (folder / "moved.db").rename(folder / "library.db")
    assert (library.in_step(), library.out_of_step()) == (True, [])


def test_a_creation_that_fails_can_be_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch, reopen: Callable[[], Library], vectors_in: str
) -> None:
    """What was cut off while the indexes were made is finished by the next one to open the library."""
    with monkeypatch.context() as patch:
        kind = VectorIndex if vectors_in == "folder" else ServerIndex
        patch.setattr(kind, "__init__", failing(kind.__init__, RuntimeError("stop")))
        with pytest.raises(RuntimeError, match="stop"):
            Library.create(folder, Letters())
    again = reopen()
    assert not again.in_step()
    again.mend()
    assert again.in_step()


# -- storing ----------------------------------------------------------------------------------------------------------


def test_stored_articles_are_in_all_three_stores(library: Library, reopen: Callable[[], Library]) -> None:
    """The catalogue, the full-text and the vector index hold the same passages, also for the next to open them."""
    assert library.store(staged(OLD, KEPT, MORE)) == ()
    assert held(library) == ids(OLD, KEPT, MORE)
    again = reopen()
    assert held(again) == ids(OLD, KEPT, MORE)
    assert again.in_step()
    assert again.out_of_step() == []


def test_a_changed_article_replaces_what_stood_in_its_place(library: Library) -> None:
    """The old text is found in no store, and the ids that left are told."""
    library.store(staged(OLD, KEPT))
    assert library.store(staged(NEW)) == ("old",)
    assert held(library) == ids(NEW, KEPT)
    assert library.in_step()


def test_changed_metadata_changes_the_filters_of_both_indexes(library: Library) -> None:
    """The same text under another outlet and day is found by these, and no longer by the former ones."""
    before = replace(OLD, source=replace(OLD.source, publisher="ایسنا", published=date(2016, 1, 1)))
    after = replace(OLD, source=replace(OLD.source, publisher="مهر", published=date(2020, 1, 1)))
    library.store(staged(before, KEPT))
    library.store(staged(after))
    (vector,) = library.embedder.embed([OLD.text])
    for wanted, found in (
        (Filters(publishers=("ایسنا",)), []),
        (Filters(publishers=("مهر",)), ["old-0"]),
        (Filters(until=date(2019, 1, 1)), []),
        (Filters(since=date(2019, 1, 1)), ["old-0"]),
    ):
        assert [name for name, _ in library.indexes.vectors.search(vector, filters=wanted, limit=5)] == found
        assert [name for name, _ in library.indexes.lexical.search([concept("زلزله")], filters=wanted, limit=5)] == found
    assert held(library) == ids(OLD, KEPT)
    assert library.in_step()


def test_the_same_article_with_other_passages_leaves_none_of_the_old_ones(library: Library) -> None:
    """When other lines of a text are boilerplate, its passages begin elsewhere; those of before are in no index."""
    text = "خبر نخست درباره زلزله است.\nاین خط را کنار بگذارید.\nخبر دوم درباره سیل است."
    first = Article(Source("same", language="fa"), text, "/news/same.txt")
    library.store(staged(first, KEPT))
    marked = replace(first, boilerplate=(Span(*_line(text, 0)), Span(*_line(text, 1))))
    library.store(staged(marked))
    assert held(library) == ids(marked, KEPT)
    assert library.in_step()


def _line(text: str, number: int) -> tuple[int, int]:
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[:number])
    return start, start + len(lines[number])


def concept(word: str) -> Any:
    from assistant.text import fold
    from assistant.types import Concept

    return Concept(fold(word), {"": ((fold(word),),)})


def test_a_text_is_embedded_once(library: Library, folder: Path) -> None:
    """Vectors are kept by text: storing it again, elsewhere too, asks the model nothing."""
    library.store(staged(OLD))
    other = replace(OLD, source=replace(OLD.source, article_id="copy"), location="/elsewhere.txt")
    silent = Library.open(folder, Silent())
    silent.store(staged(replace(OLD, source=replace(OLD.source, title="دیگر")), other))
    assert held(silent) == ids(OLD, other)
    silent.close()


def test_vectors_made_beforehand_are_used(library: Library) -> None:
    """What `embed` gave before the turn came is not embedded again during it."""
    vectors = library.embed(staged(OLD, KEPT))
    given = library.embedder.given  # type: ignore[attr-defined]
    library.store(staged(OLD), vectors)
    assert library.embedder.given == given  # type: ignore[attr-defined]
    assert library.embed(staged(OLD, MORE)).keys() == library.embed(staged(MORE)).keys()


def test_many_articles_leave_at_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """More articles than Chroma takes in one condition are removed."""
    monkeypatch.setattr("assistant.vectors._LISTED", 7)
    many = [Article(Source(f"many{n}", language="en"), f"Report number {n} came.", f"/many/{n}") for n in range(30)]
    library.store(staged(*many, KEPT))
    library.remove([article.source.article_id for article in many])
    assert held(library) == ids(KEPT)
    assert library.in_step()


def test_a_removed_article_leaves_no_trace(library: Library, folder: Path) -> None:
    """It is in no store, its words are not in the full-text index any more, and its bytes are not in the catalogue's files."""
    library.store(staged(MORE, KEPT))
    assert library.indexes.lexical.sounding("zanzibarien")
    library.remove(["more"])
    library.scrub(thorough=True)
    assert held(library) == ids(KEPT)
    assert library.catalogue.sources() == [replace(KEPT.source, fetched=library.catalogue.sources()[0].fetched)]
    assert library.indexes.lexical.sounding("zanzibarien") == {}
    assert library.indexes.lexical._df("en:zanzibarian") == 0
    assert library.indexes.vectors._collection.get(where={"article": "more"})["ids"] == []
    assert not library.catalogue.traces
    library.close()
    written = b"".join(path.read_bytes() for path in folder.glob("library.db*"))
    assert b"anzibarian" not in written
    assert "الوفد الروسي".encode() in written


@pytest.mark.parametrize(("thorough", "left"), [(False, 2), (True, 0)])
def test_words_of_the_deleted_wait_until_they_are_many(
    library: Library, monkeypatch: pytest.MonkeyPatch, thorough: bool, left: int
) -> None:
    """A large full-text index is not made anew for a little waste, unless that was asked for."""
    monkeypatch.setattr(module, "FEW", 0)
    many = [Article(Source(f"many{n}", language="en"), f"Report number {n} came.", f"/many/{n}") for n in range(30)]
    library.store(staged(*many))
    library.remove(["many1", "many2"])
    library.scrub(thorough=thorough)
    assert library.indexes.lexical.waste() == left
    assert not library.catalogue.traces
    library.remove(["many3", "many4"])
    library.scrub()
    assert library.indexes.lexical.waste() == (0 if left else 2)


def test_scrubbing_nothing_changes_nothing(library: Library, folder: Path) -> None:
    """Without anything removed, no file is touched."""
    library.store(staged(KEPT))
    library.scrub()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    library.scrub(thorough=True)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before


# -- what goes wrong --------------------------------------------------------------------------------------------------


def failing(function: Callable[..., Any], error: BaseException, *, after: bool = False, call: int = 1) -> Callable[..., Any]:
    """The function, which raises `error` at that call, before or after its work."""
    calls = 0

    def wrapped(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            raise error
        result = function(*arguments, **options)
        if calls == call and after:
            raise error
        return result

    return wrapped


STEPS: list[tuple[type, str]] = [
    (Letters, "embed"),
    (Catalogue, "stage"),
    (LexicalIndex, "add"),
    (LexicalIndex, "commit"),
    (VectorIndex, "add"),
    (Catalogue, "publish"),
    (LexicalIndex, "delete"),
    (VectorIndex, "delete"),
    (Catalogue, "forget"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("kind", "step"), STEPS, ids=[f"{kind.__name__}.{step}" for kind, step in STEPS])
def test_a_change_cut_off_anywhere_is_whole_or_not_there(
    library: Library, monkeypatch: pytest.MonkeyPatch, reopen: Callable[[], Library], kind: type, step: str, after: bool
) -> None:
    """After a crash at any step, readers see the old article or the new one, and mending finishes the rest without a model."""
    library.store(staged(OLD, KEPT))
    with monkeypatch.context() as patch:
        patch.setattr(kind, step, failing(getattr(kind, step), KeyboardInterrupt(), after=after))
        with pytest.raises(KeyboardInterrupt):
            library.store(staged(NEW, MORE))
    again = reopen()
    seen = held(again)["catalogue"]
    assert seen in (ids(OLD, KEPT)["catalogue"], ids(NEW, KEPT, MORE)["catalogue"])
    if not again.in_step():
        again.mend()
    assert again.in_step()
    stored = held(again)
    assert stored in (ids(OLD, KEPT), ids(NEW, KEPT, MORE))
    assert (stored == ids(OLD, KEPT)) == (step in ("embed", "stage") and not (step == "stage" and after))
    library.refresh()
    library.store(staged(NEW, MORE))
    assert held(library) == ids(NEW, KEPT, MORE)


CUTS: list[tuple[str, type, str]] = [
    ("rebuild", LexicalIndex, "add"),
    ("rebuild", VectorIndex, "add"),
    ("rebuild", LexicalIndex, "commit"),
    ("reembed", Catalogue, "keep"),
    ("reembed", Catalogue, "adopt"),
    ("reembed", VectorIndex, "add"),
    ("remove", Catalogue, "retire"),
    ("remove", VectorIndex, "delete"),
    ("remove", Catalogue, "forget"),
    ("mend", LexicalIndex, "commit"),
    ("mend", VectorIndex, "add"),
    ("scrub", LexicalIndex, "add"),
    ("scrub", Catalogue, "scrub"),
]


@pytest.mark.parametrize(("work", "kind", "step"), CUTS, ids=[f"{work}-{kind.__name__}.{step}" for work, kind, step in CUTS])
def test_other_work_cut_off_is_finished_too(
    library: Library,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    reopen: Callable[[], Library],
    work: str,
    kind: type,
    step: str,
) -> None:
    """Rebuilding, embedding anew, removing and mending may stop anywhere: the library is whole after the next mending."""
    library.store(staged(OLD, KEPT, MORE))
    if work == "mend":
        shutil.rmtree(folder / "lexical")
        lose_vectors(library)
    if work == "scrub":
        library.remove(["more"])
    again = reopen()
    works: dict[str, Callable[[], object]] = {
        "rebuild": again.rebuild,
        "reembed": again.reembed,
        "remove": lambda: again.remove(["more"]),
        "mend": again.mend,
        "scrub": lambda: again.scrub(thorough=True),
    }
    if work == "reembed":
        again.embedder = Letters(salt="other")
    with monkeypatch.context() as patch:
        patch.setattr(kind, step, failing(getattr(kind, step), RuntimeError("stop")))
        with pytest.raises(RuntimeError, match="stop"):
            works[work]()
    last = reopen()
    assert not last.in_step()
    last.mend()
    assert held(last) == (ids(OLD, KEPT) if work in ("remove", "scrub") and step != "retire" else ids(OLD, KEPT, MORE))
    assert last.in_step()
    assert last.out_of_step() == []


@pytest.mark.parametrize("work", ["rebuild", "reembed"])
@pytest.mark.parametrize("step", ["publish", "forget"])
def test_making_anew_includes_what_was_cut_off(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, work: str, step: str
) -> None:
    """Articles that were stored and not yet seen, or replaced and not yet gone, are finished by a rebuild, another model's too."""
    library.store(staged(OLD, KEPT))
    with monkeypatch.context() as patch:
        patch.setattr(Catalogue, step, failing(getattr(Catalogue, step), RuntimeError("stop")))
        with pytest.raises(RuntimeError):
            library.store(staged(NEW))
    other = Library.open(folder, Letters("other", dimension=8) if work == "reembed" else Silent())
    assert getattr(other, work)() == len(ids(NEW, KEPT)["catalogue"])
    assert held(other) == ids(NEW, KEPT)
    assert other.in_step()
    other.close()


def test_a_failed_change_does_not_keep_others_from_writing(
    library: Library, monkeypatch: pytest.MonkeyPatch, reopen: Callable[[], Library]
) -> None:
    """The full-text index is let go of at once, even while somebody looks at the traceback."""
    library.store(staged(OLD))
    with monkeypatch.context() as patch:
        patch.setattr(VectorIndex, "add", failing(VectorIndex.add, RuntimeError("stop")))
        with pytest.raises(RuntimeError) as caught:
            library.store(staged(MORE))
    other = reopen()
    other.mend()
    assert held(other) == ids(OLD, MORE)
    assert caught.traceback  # still alive


def test_an_index_that_cannot_be_changed_is_made_anew(
    library: Library, monkeypatch: pytest.MonkeyPatch, reopen: Callable[[], Library]
) -> None:
    """Whatever keeps the full-text index from taking what was cut off, mending does not end with it."""
    library.store(staged(OLD, KEPT))
    with monkeypatch.context() as patch:
        patch.setattr(Catalogue, "forget", failing(Catalogue.forget, KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            library.store(staged(NEW, MORE))
    again, folders, commit = reopen(), list[Path](), LexicalIndex.commit

    def once(self: LexicalIndex, **options: bool) -> None:
        folders.append(self._folder)
        if len(folders) == 1:
            raise LibraryDamaged("It takes nothing.")
        commit(self, **options)

    monkeypatch.setattr(LexicalIndex, "commit", once)
    again.mend()
    assert len(folders) > 1
    assert (again.in_step(), again.out_of_step(), held(again)) == (True, [], ids(NEW, KEPT, MORE))


def test_nothing_is_stored_on_a_disk_without_room(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """What surely does not fit is refused before anything is written, with what is needed."""
    monkeypatch.setattr("assistant.library.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 2**20))
    given = library.embedder.given  # type: ignore[attr-defined]
    with pytest.raises(DiskFull, match=r"has 1 MB free and about 8 MB are needed; free some space"):
        library.store(staged(OLD))
    assert library.embedder.given == given  # type: ignore[attr-defined]
    assert held(library) == ids()


# -- the model --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Letters("letters-2"), r"made with letters \(16 dimensions\), not with letters-2 \(16\)"),
        (Letters(dimension=8), r"made with letters \(16 dimensions\), not with letters \(8\)"),
        (Letters(salt="retrained"), "gives other vectors than when the library was made"),
    ],
    ids=["name", "dimension", "vectors"],
)
def test_another_model_is_refused_until_it_embeds_the_library(library: Library, folder: Path, other: Letters, said: str) -> None:
    """A model that did not make the library is told apart, by its vectors too; embedding anew makes the library its own."""
    library.store(staged(OLD, KEPT))
    created = library.catalogue.manifest.created
    theirs = Library.open(folder, other)
    with pytest.raises(LibraryMismatch, match=f"{said}.*sanad rebuild --embed"):
        theirs.check_model()
    assert theirs.reembed() == 2
    theirs.check_model()
    assert theirs.in_step()
    (vector,) = other.embed([OLD.text])
    ((name, likeness),) = theirs.indexes.vectors.search(vector, filters=Filters(), limit=1)
    assert name == "old-0"
    assert likeness == pytest.approx(1, abs=1e-5)
    assert theirs.catalogue.manifest.created == created
    theirs.close()
    library.refresh()
    with pytest.raises(LibraryMismatch):
        library.check_model()


def test_the_model_is_tried_once(library: Library, folder: Path) -> None:
    """Three sentences are embedded on the first check, none on later ones."""
    embedder = Letters()
    again = Library.open(folder, embedder)
    assert embedder.given == 0
    again.check_model()
    again.check_model()
    assert embedder.given == len(module.CANARIES)
    again.close()


class Wrong(Letters):
    """Gives too few vectors, of the wrong length, or no numbers."""

    fault = ""

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = super().embed(texts)
        if self.fault == "fewer":
            return vectors[:-1]
        if self.fault == "longer":
            return np.hstack([vectors, vectors])
        return np.full_like(vectors, np.nan) if self.fault == "nan" else vectors


@pytest.mark.parametrize(("fault", "error"), [("fewer", BadModelOutput), ("longer", BadModelOutput), ("nan", LibraryMismatch)])
def test_wrong_vectors_are_never_stored(folder: Path, fault: str, error: type[LibraryError]) -> None:
    """A model that gives fewer vectors, longer ones or no numbers stores nothing, and the library stays as it was."""
    embedder = Wrong()
    library = Library.create(folder, embedder)
    library.store(staged(KEPT))
    embedder.fault = fault
    with pytest.raises(error):
        library.store(staged(OLD))
    library.refresh()
    if not library.in_step():
        library.mend()
    assert held(library) == ids(KEPT)
    library.close()


# -- the folder -------------------------------------------------------------------------------------------------------


def test_a_change_by_another_process_is_seen_after_refreshing(library: Library, reopen: Callable[[], Library]) -> None:
    """A reader that lives long sees what others stored, removed and rebuilt."""
    library.store(staged(OLD))
    reader = reopen()
    assert held(reader) == ids(OLD)
    library.store(staged(KEPT))
    reader.refresh()
    assert held(reader) == ids(OLD, KEPT)
    library.remove(["old"])
    reader.refresh()
    assert held(reader) == ids(KEPT)
    library.rebuild()
    reader.refresh()
    assert held(reader) == ids(KEPT)
    assert reader.in_step()
    assert reader.catalogue.count() == Counts(1, 1, 1)


@pytest.mark.vectors_in_the_folder
@pytest.mark.parametrize("name", ["seal.json.new", "lexical", "chroma"])
def test_a_folder_that_cannot_be_written_is_an_error_of_ours(library: Library, folder: Path, name: str) -> None:
    """Where something stands in the way of writing, the message names the place and the way out."""
    library.store(staged(OLD))
    if name == "seal.json.new":
        (folder / name).mkdir()
        with pytest.raises(LibraryNotWritable, match="allow it, or choose another --library"):
            library.store(staged(KEPT))
        (folder / name).rmdir()
    else:
        library.close()
        library = Library.open(folder, Silent())
        shutil.rmtree(folder / name)
        (folder / name).write_text("in the way")
        library.mend()
    assert held(library) == ids(OLD)
    assert library.in_step()
    library.close()


@pytest.mark.vectors_in_the_folder
@pytest.mark.parametrize("name", ["lexical", "chroma"])
def test_an_index_may_lie_on_another_disk(library: Library, folder: Path, tmp_path: Path, name: str) -> None:
    """A folder that is a link stays one when the index is made anew."""
    library.store(staged(OLD))
    library.close()
    shutil.move(folder / name, tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    again = Library.open(folder, Silent())
    assert again.in_step()
    again.rebuild()
    assert (folder / name).is_symlink()
    assert held(again) == ids(OLD)
    again.close()


# -- making anew without keeping others out ---------------------------------------------------------------------------


def test_a_draft_takes_the_place_of_the_indexes(library: Library, folder: Path, reopen: Callable[[], Library]) -> None:
    """It is made beside those in use, which go on being searched, and leaves nothing behind."""
    library.store(staged(OLD, KEPT))
    reader = reopen()
    assert held(reader) == ids(OLD, KEPT)
    draft = library.draft()
    assert draft is not None
    assert held(reader) == held(library) == ids(OLD, KEPT)
    assert library.take(draft) == 2
    assert list(folder.glob("draft-*")) == []
    reader.refresh()
    assert held(reader) == held(library) == ids(OLD, KEPT)
    assert (reader.out_of_step(), library.out_of_step()) == ([], [])
    library.store(staged(MORE))
    assert held(library) == ids(OLD, KEPT, MORE)


@pytest.mark.parametrize("lost", [False, True], ids=["changed", "removed"])
def test_a_draft_that_is_out_of_date_is_not_taken(library: Library, folder: Path, lost: bool) -> None:
    """When the library was changed meanwhile, or the draft is gone, the indexes are made anew in their place."""
    library.store(staged(OLD, KEPT))
    draft = library.draft()
    assert draft is not None
    if lost:
        shutil.rmtree(draft.place)
    else:
        library.store(staged(NEW))
    assert library.take(draft) == 2
    assert held(library) == (ids(OLD, KEPT) if lost else ids(NEW, KEPT))
    assert library.out_of_step() == []
    assert list(folder.glob("draft-*")) == []


def test_a_draft_that_is_cut_off_leaves_nothing(library: Library, folder: Path) -> None:
    """Ctrl-C in the middle: the indexes are as they were, and the next rebuild goes through."""
    library.store(staged(OLD, KEPT))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.draft(stop)
    assert list(folder.glob("draft-*")) == []
    assert library.in_step()
    (folder / "draft-of-a-killed-process").mkdir()
    assert library.rebuild() == 2
    assert list(folder.glob("draft-*")) == []
    assert held(library) == ids(OLD, KEPT)


@pytest.mark.parametrize("why", ["damaged", "cut off", "no room"])
def test_what_had_better_be_made_in_its_place_gets_no_draft(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """Nothing is made beside indexes that nobody can use, or on a disk without room for two."""
    library.store(staged(OLD))
    if why == "damaged":
        shutil.rmtree(folder / "lexical")
        library.indexes.close()
    elif why == "cut off":
        library.catalogue.stage(staged(KEPT), library.embed(staged(KEPT)), "letters", library.catalogue.manifest.created)
    else:
        monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 4096))
    assert library.draft() is None
    assert library.rebuild() == (2 if why == "cut off" else 1)
    assert library.out_of_step() == []


# -- another version's passages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("salt", ["", "other"], ids=["same model", "another model"])
def test_passages_of_another_splitter_are_noticed_and_can_be_made_anew(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, reopen: Callable[[], Library], salt: str
) -> None:
    """The library goes on as it is and says what would make it better; embedding it anew splits it anew."""
    long = Article(Source("long", language="en"), "The envoy came to Basra. " * 40, "/news/9.txt")
    assert library.advice() is None
    library.store(staged(OLD, long))
    before = held(library)["catalogue"]
    library.catalogue.split_by("sentences/100w/0")
    again = reopen()
    assert (again.in_step(), again.out_of_step()) == (True, [])
    assert "sentences/100w/0" in str(again.advice())
    assert "sanad rebuild --embed" in str(again.advice())
    monkeypatch.setattr("assistant.splitting.WORDS", 50)
    again.embedder = Letters(salt=salt)
    passages = again.reembed()
    assert passages == again.catalogue.count().passages > len(before)
    assert set(map(frozenset, held(again).values())) == {frozenset(p.id for a in (OLD, long) for p in split(a))}
    assert (again.advice(), again.out_of_step(), again.catalogue.integrity()) == (None, [], [])
    assert again.catalogue.article("long").text == long.text


def test_a_library_too_large_to_wait_for_is_answered_from_the_truth(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged vector index of a large library is not made anew while somebody waits; one of a small library is."""
    library.store(staged(OLD, KEPT))
    lose_vectors(library)
    library.indexes.close()
    assert (library.in_step(), library.can_wait(library.indexes.faults())) == (False, False)
    monkeypatch.setattr(module, "PATIENCE", 1)
    assert library.can_wait(library.indexes.faults())
    nearest = library.indexes.nearest()
    assert [name for name, _ in nearest.search(Letters().embed_query(OLD.text), filters=Filters(), limit=1)] == ["old-0"]
    assert len(nearest.notes) == 1
    assert "compared one by one" in nearest.notes[0]
    shutil.rmtree(folder / "lexical")
    library.indexes.close()
    assert not library.can_wait(library.indexes.faults())
