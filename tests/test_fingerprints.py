"""Files that were read before are passed over, and nothing else changes by it: not the library, not the report."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import articles, fingerprints, ingestion
from assistant.articles import Files
from assistant.catalogue import Catalogue, Contents, values_hash
from assistant.errors import DiskFull
from assistant.fingerprints import File
from assistant.ingestion import ingest
from assistant.library import Library
from assistant.protocols import Vectors
from assistant.resources import data_folder
from assistant.types import Article, IngestReport, Skipped

TEXTS = ("زلزله در کرمانشاه خانه‌ها را ویران کرد.", "سیل در خوزستان پل‌ها را برد.", "التقى المبعوث وزير الخارجية في طهران.")
EN = "The envoy flew to Tehran on Sunday."


class Ones:
    """An embedder that costs nothing."""

    name = "ones"
    dimension = 2

    def embed(self, texts: Any) -> Vectors:
        return np.ones((len(texts), 2), dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        return np.ones(2, dtype=np.float32)


class Nothing:
    """Indexes that hold nothing: what is decided here is decided by the truth."""

    @property
    def lexical(self) -> Nothing:
        return self

    def changing(self, **_: Any) -> AbstractContextManager[None]:
        return nullcontext()

    def watching(self, _: object) -> AbstractContextManager[bool]:
        return nullcontext(False)

    def __getattr__(self, name: str) -> Callable[..., int]:
        return lambda *_, **__: 0


@dataclass
class Shelf:
    """A library of which the truth alone is kept, and the places of the files that were read by the last `ingest`."""

    folder: Path
    blind: bool = False  # whether every file is to be read
    read: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if (self.folder / "library.db").exists():
            self.library = Library.open(self.folder, Ones())
        else:
            self.library = Library.create(self.folder, Ones())
            self.library.indexes.close()
        self.library.indexes = Nothing()  # type: ignore[assignment]

    def ingest(self, *paths: Path, prune: tuple[Path, ...] = ()) -> IngestReport:
        self.read = []
        inputs = (item if isinstance(item, Skipped) else self._watched(item) for item in Files(paths))
        return ingest(self.turn, inputs, prune=[str(place) for place in prune])

    def _watched(self, file: File) -> File:
        def read() -> Iterator[Article | Skipped]:
            self.read.append(Path(file.place).name)
            yield from file.read()

        return replace(file, read=read, fingerprint=(lambda: None) if self.blind else file.fingerprint)

    @contextmanager
    def turn(self) -> Iterator[Library]:
        yield self.library

    def remove(self, text: str) -> None:
        """Take the articles of that text out, as `sanad remove` does."""
        catalogue = self.library.catalogue
        ids = [source.article_id for source in catalogue.sources() if catalogue.article(source.article_id).text == text]
        self.library.remove(ids)
        self.library.scrub(thorough=True)

    def holds(self) -> dict[str, tuple[Any, ...]]:
        """The values and locations of every article, by id."""
        catalogue = self.library.catalogue
        return {
            source.article_id: (*astuple(replace(source, fetched=None, origins={})), dict(source.origins), places)
            for source in catalogue.sources()
            if (places := catalogue.locations(source.article_id))
        }

    def rows(self) -> int:
        """How many articles of files are remembered."""
        with closing(sqlite3.connect(self.folder / "library.db")) as db:
            return int(db.execute("SELECT count(*) FROM readings").fetchone()[0])


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "library")
    yield made
    made.library.close()


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A folder with two files, and a feed of two articles."""
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text(TEXTS[0])
    (folder / "b.txt").write_text(TEXTS[1])
    feed(folder / "x.jsonl", {"text": EN, "id": "one"}, {"text": TEXTS[2], "id": "two"})
    return folder


def feed(path: Path, *records: Mapping[str, str] | None) -> Path:
    """A file of these records; None is one that cannot be read."""
    path.write_text("".join(f"{json.dumps(record) if record else '{'}\n" for record in records))
    return path


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.removed


def test_what_was_read_before_is_passed_over(shelf: Shelf, news: Path) -> None:
    """The second time no file is read; the report counts its articles all the same, and pruning keeps them."""
    assert counts(shelf.ingest(news)) == (4, 0, 0, 0)
    before = shelf.holds()
    for _ in range(2):
        assert shelf.ingest(news, prune=(news,)) == IngestReport(unchanged=4)
        assert (shelf.read, shelf.holds()) == ([], before)


def test_the_first_time_in_a_library_that_knows_the_articles(shelf: Shelf, news: Path) -> None:
    """What was taken in before files were remembered is read once more, and then no more."""
    shelf.blind = True
    shelf.ingest(news)
    shelf.blind = False
    assert (shelf.ingest(news), shelf.read) == (IngestReport(unchanged=4), ["a.txt", "b.txt", "x.jsonl"])
    assert (shelf.ingest(news), shelf.read) == (IngestReport(unchanged=4), [])


def test_other_bytes_of_the_same_size_and_time(shelf: Shelf, news: Path) -> None:
    """A file that was rewritten within the second is read."""
    shelf.ingest(news)
    file = news / "x.jsonl"
    before = file.stat()
    file.write_text(file.read_text().replace("Sunday", "Friday"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert (counts(shelf.ingest(news)), shelf.read) == ((0, 1, 3, 0), ["x.jsonl"])


def test_what_is_said_beside_a_file_counts(shelf: Shelf, news: Path) -> None:
    """Another title in `sources.toml` is noticed, though no byte of the article changed; saying nothing new is too."""
    shelf.ingest(news)
    (news / "sources.toml").write_text('["a.txt"]\ntitle = "زلزله"\n')
    assert (counts(shelf.ingest(news)), shelf.read) == ((0, 1, 3, 0), ["a.txt"])
    assert (counts(shelf.ingest(news)), shelf.read) == ((0, 0, 4, 0), [])


@pytest.mark.parametrize("changed", ["READING", "__version__"])
def test_another_version_reads_everything_again(shelf: Shelf, news: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    """What was read by other code is not trusted to be what this one would read."""
    shelf.ingest(news)
    monkeypatch.setattr(fingerprints, changed, 99)
    fingerprints._made_by.cache_clear()
    assert (counts(shelf.ingest(news)), len(shelf.read)) == ((0, 0, 4, 0), 3)
    assert (counts(shelf.ingest(news)), shelf.read) == ((0, 0, 4, 0), [])
    fingerprints._made_by.cache_clear()


def test_a_removed_article_comes_back(shelf: Shelf, news: Path) -> None:
    """What was removed by hand and is named again is taken in again, the rest of its file is known."""
    shelf.ingest(news)
    shelf.remove(EN)
    assert (counts(shelf.ingest(news)), shelf.read) == ((1, 0, 3, 0), ["x.jsonl"])
    assert (counts(shelf.ingest(news)), shelf.read) == ((0, 0, 4, 0), [])


def test_a_removed_article_leaves_nothing_of_its_file(shelf: Shelf, news: Path) -> None:
    """With the articles of a file go the name of the file and the keys of its records, from the bytes of the library too."""
    feed(news / "whistleblower.jsonl", {"text": "خبر نفت در اهواز.", "id": "informant"}, {"text": "خبر گاز در اهواز.", "id": "z"})
    shelf.ingest(news)
    assert shelf.rows() == 6
    shelf.remove("خبر نفت در اهواز.")
    assert shelf.rows() == 4  # the fingerprint came from the words of both
    shelf.remove("خبر گاز در اهواز.")
    shelf.library.close()
    left = b"".join(path.read_bytes() for path in shelf.folder.glob("library.db*"))
    assert b"x.jsonl" in left
    assert not [word for word in (b"whistleblower", b"informant") if word in left]


def test_an_older_version_that_removes_leaves_nothing_either(shelf: Shelf, news: Path) -> None:
    """One that knows nothing of files removes the location of an article, and what is remembered of it goes along."""
    shelf.ingest(news)
    with closing(sqlite3.connect(shelf.folder / "library.db")) as db:
        db.execute("PRAGMA foreign_keys=ON")
        db.execute("DELETE FROM locations WHERE location LIKE '%x.jsonl#one'")
        db.commit()
        assert db.execute("SELECT count(*) FROM readings WHERE location LIKE '%#one'").fetchone() == (0,)
    assert shelf.rows() == 3
    shelf.ingest(news)
    assert shelf.read == ["x.jsonl"]


def test_a_file_that_was_partly_unreadable(shelf: Shelf, news: Path) -> None:
    """It is read each time, so that what is wrong with it is said each time."""
    feed(news / "x.jsonl", {"text": EN}, None)
    for known in (0, 3):
        report = shelf.ingest(news)
        assert (report.added + report.unchanged, report.unchanged, len(report.skipped)) == (3, known, 1)
    assert shelf.read == ["x.jsonl"]


def test_a_file_without_a_sentence(shelf: Shelf, news: Path) -> None:
    """An article that is refused only when it is to be stored is told each time too."""
    (news / "a.txt").write_text("Share\n")
    assert [len(shelf.ingest(news).skipped) for _ in range(2)] == [1, 1]


def test_a_file_that_is_rewritten_while_it_is_read(shelf: Shelf, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it gave is not held to be what the bytes give that were there before."""
    file = news / "a.txt"

    def rewritten(found: File) -> File:
        def read() -> Iterator[Article | Skipped]:
            file.write_text(TEXTS[1])
            yield from found.read()

        return replace(found, read=read)

    monkeypatch.setattr(shelf, "_watched", rewritten)
    shelf.ingest(file)
    monkeypatch.undo()
    file.write_text(TEXTS[0])
    assert (counts(shelf.ingest(file)), shelf.read) == ((0, 1, 0, 0), ["a.txt"])


@pytest.mark.parametrize("size", [1, 400])
def test_what_comes_before_has_a_say(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """A known file whose text has just come with other values is judged after that was stored, as if it had been read."""
    monkeypatch.setattr(ingestion, "ARTICLES", size)
    one, two, three = (tmp_path / f"{name}.md" for name in "abc")
    for file, title in ((one, "یک"), (two, "دو"), (three, "سه")):
        file.write_text(f"---\ntitle: {title}\n---\n{EN}")
    shelf.ingest(one)
    one.unlink()  # from now on, the title that comes last counts
    shelf.ingest(three)
    assert counts(shelf.ingest(two, three)) == (0, 2, 0, 0)
    assert [source.title for source in shelf.library.catalogue.sources()] == ["سه"]


def test_without_room_for_it_nothing_is_remembered(shelf: Shelf, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The articles are stored; that their files are read again the next time is no reason to fail."""

    def full(catalogue: Catalogue, files: object) -> None:
        raise DiskFull.of(shelf.folder)

    with monkeypatch.context() as patch:
        patch.setattr(Catalogue, "remember", full)
        assert counts(shelf.ingest(news)) == (4, 0, 0, 0)
    assert (counts(shelf.ingest(news)), len(shelf.read)) == ((0, 0, 4, 0), 3)


def test_a_copy_of_the_library_remembers(shelf: Shelf, news: Path, tmp_path: Path) -> None:
    """An export holds what was read, as the articles it is about are in it."""
    shelf.ingest(news)
    other = tmp_path / "other"
    other.mkdir()
    shelf.library.catalogue.copy(other / "library.db")
    copied = Shelf(other)
    assert (counts(copied.ingest(news)), copied.read) == ((0, 0, 4, 0), [])
    copied.library.close()


def test_only_what_is_there_as_it_was_read_is_remembered(shelf: Shelf, news: Path) -> None:
    """Nothing is noted of a file that gave something else than what stands at its place, and nothing is found of it."""
    shelf.ingest(news / "a.txt")
    catalogue, place = shelf.library.catalogue, str(news / "a.txt")
    (source,) = catalogue.sources()
    article = catalogue.article(source.article_id)
    retitled = replace(article, source=replace(source, title="دیگر"))
    for held in (
        {},
        {place: values_hash(retitled)},
        {place: values_hash(article), f"{place}#1": values_hash(article)},
    ):
        catalogue.remember([Contents(place, b"other", held)])
        assert catalogue.remembered(place, b"other") == {}
    catalogue.remember([Contents(place, b"other", {place: values_hash(article)})])
    assert catalogue.remembered(place, b"other") == {place: source.article_id}


def test_what_cannot_be_fingerprinted(tmp_path: Path) -> None:
    """No fingerprint of what is missing, a folder, a pipe or too large: reading will say what is wrong with it."""
    small = tmp_path / "a.txt"
    small.write_text("1234")
    os.mkfifo(tmp_path / "pipe.txt")
    for path, most in ((tmp_path / "none.txt", None), (tmp_path, None), (tmp_path / "pipe.txt", None), (small, 3)):
        assert fingerprints.fingerprint(path, "place", most=most) is None
    known = {fingerprints.fingerprint(small, *told, most=4) for told in [("place",), ("another",), ("place", ["told"])]}
    assert len(known) == 3
    assert None not in known


def test_the_version_of_reading() -> None:
    """When this fails, the same bytes have become other articles: raise `READING`, and put the new digest here."""
    read = sorted((values_hash(found), found.text) for found in articles.read(data_folder("seeds")) if isinstance(found, Article))
    digest = hashlib.sha256(repr(read).encode()).hexdigest()[:16]
    assert (fingerprints.READING, len(read), digest) == (1, 5, "0205223d26a8b984")


# -- any history --------------------------------------------------------------------------------------------------------

RECORDS = st.one_of(
    st.none(),
    st.fixed_dictionaries({"text": st.sampled_from(TEXTS)}, optional={"title": st.sampled_from(["یک", "دو"]), "id": st.just("k")}),
)
FILES = st.one_of(
    st.none(),  # it goes
    st.tuples(st.sampled_from(TEXTS), st.sampled_from(["یک", "دو"])),
    st.lists(RECORDS, min_size=1, max_size=3),
)
RUNS = st.tuples(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), FILES, max_size=2),
    st.one_of(st.none(), st.sampled_from(TEXTS)),  # removed by hand
    st.booleans(),  # prune
)


def write(folder: Path, name: str, content: Any) -> None:
    """Have the file of that name hold this: a text with a title, records, or nothing."""
    page, records = folder / f"{name}.md", folder / f"{name}.jsonl"
    page.unlink(missing_ok=True)
    records.unlink(missing_ok=True)
    if isinstance(content, list):
        feed(records, *content)
    elif content:
        page.write_text(f"---\ntitle: {content[1]}\n---\n{content[0]}")


@settings(max_examples=15)
@given(runs=st.lists(RUNS, min_size=1, max_size=5), size=st.sampled_from([1, 400]))
def test_passing_over_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[dict[str, Any], str | None, bool]], size: int
) -> None:
    """Whatever files come, change, share texts, break or go, and whatever is removed by hand: the library and every report are
    those of one that reads every file every time."""
    root = tmp_path_factory.mktemp("history")
    news = root / "news"
    news.mkdir()
    seeing, blind = Shelf(root / "seeing"), Shelf(root / "blind", blind=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingestion, "ARTICLES", size)
        for files, removed, prune in runs:
            for name, content in files.items():
                write(news, name, content)
            reports = [shelf.ingest(news, prune=(news,) if prune else ()) for shelf in (seeing, blind)]
            assert reports[0] == reports[1]
            assert seeing.holds() == blind.holds()
            for shelf in (seeing, blind):
                if removed:
                    shelf.remove(removed)
    for shelf in (seeing, blind):
        shelf.library.close()
    shutil.rmtree(root, ignore_errors=True)
