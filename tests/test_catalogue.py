"""The catalogue: what is stored comes back as it was, changes are whole, and every fault has its own error."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from assistant import catalogue as module
from assistant.catalogue import FORMAT, Catalogue, Counts, Manifest, Staged, Unfinished, text_hash
from assistant.errors import (
    DiskFull,
    LibraryDamaged,
    LibraryError,
    LibraryLocked,
    LibraryMismatch,
    LibraryNotWritable,
    LibraryTooNew,
    NoLibrary,
    UnknownArticle,
)
from assistant.protocols import Vectors
from assistant.types import Article, Filters, Passage, Source, Span

MODEL, DIMENSION = "embedded-1", 8
NOON = datetime(2024, 11, 22, 12, tzinfo=UTC)
TEXTS = {
    "fa": "شمخانی با نمایندهٔ ویژهٔ پوتین دیدار کرد.\nاین دیدار در تهران بود؛ می‌گویند سه ساعت طول کشید.",
    "ar": "قاد الوفد الروسي الذي زار طهران.\nبحث الجانبان الأزمة في سوريا، هـ.ـامة.",
    "en": "The envoy flew to Tehran on Sunday.\nHe met three officials “in private”.",
    "he": "השר נפגש עם השליח.\nהפגישה ארכה שעה.",
    "zh": "特使周日飞往德黑兰。\n他会见了三名官员。",
    "emoji": "👩‍👩‍👧‍👦 family\n🇮🇷 flag",
}


def vector(text: str) -> Vectors:
    """Some vector that is always the same for a text."""
    seed = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
    return np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)


def vectors(items: Iterable[Staged]) -> dict[str, Vectors]:
    return {text_hash(passage.text): vector(passage.text) for item in items for passage in item.passages}


MANIFEST = Manifest(MODEL, DIMENSION, "splitter-1", np.stack([vector(name) for name in "abc"]), NOON)


def article(text: str, location: str | None = None, **known: object) -> Article:
    name = str(known.pop("article_id", hashlib.sha256(text.encode()).hexdigest()[:16]))
    return Article(Source(name, fetched=NOON, **known), text, location or f"/news/{name}.txt")  # type: ignore[arg-type]


def staged(made: Article, replaces: str | None = None) -> Staged:
    """The article with one passage a line."""
    passages, start = [], 0
    for line in made.text.split("\n"):
        passages.append(Passage(f"{made.source.article_id}-{start}", made.source, line, start, start + len(line)))
        start += len(line) + 1
    return Staged(made, tuple(passages), replaces)


def stage(catalogue: Catalogue, *articles: Article) -> list[str]:
    items = [staged(made) for made in articles]
    catalogue.stage(items, vectors(items), MODEL, NOON)
    return [made.source.article_id for made in articles]


def take_in(catalogue: Catalogue, *articles: Article) -> list[str]:
    ids = stage(catalogue, *articles)
    catalogue.forget(catalogue.publish(ids), thorough=False)
    return ids


def ready(catalogue: Catalogue) -> set[str]:
    return {source.article_id for source in catalogue.sources()}


def digest(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file in a folder with what is in it and when it changed."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def hurried(catalogue: Catalogue) -> Catalogue:
    """The catalogue, not waiting for the disk in this thread: tests write far more often than users."""
    catalogue._connection().execute("PRAGMA synchronous=OFF")
    return catalogue


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library" / "library.db"


@pytest.fixture
def catalogue(path: Path) -> Iterator[Catalogue]:
    with Catalogue.create(path, MANIFEST) as made:
        yield hurried(made)


@contextmanager
def a_plain_user() -> Iterator[Path]:
    """A folder of someone whom permissions bind, as whom the block runs: nobody, when the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        folder, root = Path(name), os.geteuid() == 0
        if root:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        try:
            if not os.access(folder, os.W_OK, effective_ids=True):
                pytest.skip("the folder for temporary files is closed to other users")
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o700)


needs_permissions = pytest.mark.skipif(sys.platform == "win32", reason="permissions are those of POSIX")


# -- creating ---------------------------------------------------------------------------------------------------------


def test_create_keeps_the_manifest(path: Path) -> None:
    """A library remembers what it was made with, canary vectors and time zone included."""
    created = datetime(2024, 11, 22, 15, 30, tzinfo=timezone(timedelta(hours=3, minutes=30)))
    made = Manifest("مدل", 3, "s", np.eye(3, dtype=np.float32), created)
    Catalogue.create(path, made).close()
    with Catalogue.open(path) as catalogue:
        assert catalogue.manifest == Manifest("مدل", 3, "s", made.canaries, datetime(2024, 11, 22, 12, tzinfo=UTC))
        np.testing.assert_array_equal(catalogue.manifest.canaries, made.canaries)
        assert catalogue.count() == Counts(0, 0, 0)
        assert catalogue.generation == 0


def test_commits_reach_the_disk(catalogue: Catalogue) -> None:
    """Every connection waits for the disk at a commit, overwrites what it deletes and enforces references."""
    wanted = {"synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "journal_mode": "wal"}

    def check() -> None:
        db = catalogue._connection()
        assert {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted} == wanted

    in_threads(check, check)


@needs_permissions
def test_create_makes_a_private_folder(path: Path) -> None:
    """Only their owner may enter a new library folder or read a new library file, and nothing else lies in it."""
    Catalogue.create(path, MANIFEST).close()
    assert [path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777] == [0o700, 0o600]
    assert [file.name for file in path.parent.iterdir()] == ["library.db"]


@pytest.mark.parametrize("content", [b"", b"my notes"])
def test_create_overwrites_nothing(path: Path, content: bytes) -> None:
    """Where a file is, empty or not, no library is made and the file stays as it is."""
    path.parent.mkdir()
    path.write_bytes(content)
    before = digest(path.parent)
    with pytest.raises(LibraryError, match="exists already; open it, or choose another --library"):
        Catalogue.create(path, MANIFEST)
    assert digest(path.parent) == before


def test_create_loses_a_race(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that appears while the library is made is not overwritten."""

    def taken(made: Path, name: Path) -> None:
        path.write_bytes(b"theirs")
        os.link(made, name)

    monkeypatch.setattr(module._put_in_place, "__defaults__", (taken,))
    with pytest.raises(LibraryError, match="exists already"):
        Catalogue.create(path, MANIFEST)
    assert [(file.name, file.read_bytes()) for file in path.parent.iterdir()] == [("library.db", b"theirs")]


def test_create_without_hard_links(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without hard links can hold a library."""

    def refused(made: Path, name: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(module._put_in_place, "__defaults__", (refused,))
    Catalogue.create(path, MANIFEST).close()
    assert [file.name for file in path.parent.iterdir()] == ["library.db"]


def test_create_goes_on_after_a_killed_creation(path: Path) -> None:
    """What a killed creation left is no library and does not hinder the next one."""
    path.parent.mkdir()
    path.with_name("library.db.new").write_bytes(b"half")
    with pytest.raises(NoLibrary):
        Catalogue.open(path)
    Catalogue.create(path, MANIFEST).close()
    assert [file.name for file in path.parent.iterdir()] == ["library.db"]


def test_create_below_a_file(tmp_path: Path) -> None:
    """A path that leads through a file is refused with the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(LibraryNotWritable, match=r"library\.db cannot be opened or written .*; allow it, or choose another"):
        Catalogue.create(tmp_path / "file" / "library.db", MANIFEST)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_create_on_a_full_disk(path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Without room for a new library nothing of it is left, and the message says so."""

    def full(*_: object) -> int:
        raise OSError(code, "No space left on device")

    monkeypatch.setattr("assistant.catalogue.os.open", full)
    with pytest.raises(DiskFull, match="is full; free some space and run the same command again"):
        Catalogue.create(path, MANIFEST)
    assert list(path.parent.iterdir()) == []


# -- opening ----------------------------------------------------------------------------------------------------------


def test_open_creates_nothing(path: Path) -> None:
    """Opening a library that is not there says how to make one and leaves the disk as it is."""
    with pytest.raises(NoLibrary, match=r"no library at .*library\.db; make one with `sanad ingest PATH`"):
        Catalogue.open(path)
    assert not path.parent.exists()


def foreign_database(path: Path) -> None:
    tamper(path, "CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('mine')")


def foreign_log(path: Path) -> None:
    """Another program's database whose last change is still in its log, as after a crash."""
    script = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('PRAGMA journal_mode=WAL'); db.execute('CREATE TABLE notes (text)'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    assert path.with_name("library.db-wal").stat().st_size > 0


@pytest.mark.parametrize(
    "make",
    [
        Path.touch,
        lambda path: path.write_bytes(b"a letter to my mother, " * 400),
        lambda path: path.write_bytes(b"short"),
        foreign_database,
        foreign_log,
    ],
    ids=["empty", "text", "short", "database", "log"],
)
def test_open_leaves_foreign_files_alone(path: Path, make: Callable[[Path], object]) -> None:
    """A file that is not ours is named as such and not one byte of it, or of its log, changes."""
    path.parent.mkdir()
    make(path)
    before = {name: state for name, state in digest(path.parent).items() if not name.endswith("-shm")}
    with pytest.raises(LibraryDamaged, match=r"library\.db is not a Sanad library; move it away, or choose another --library"):
        Catalogue.open(path)
    assert {name: state for name, state in digest(path.parent).items() if not name.endswith("-shm")} == before


def test_open_a_folder(path: Path) -> None:
    """A folder in the place of the file is an error of ours."""
    path.mkdir(parents=True)
    with pytest.raises(LibraryDamaged, match="is not a Sanad library"):
        Catalogue.open(path)


def test_open_leaves_newer_formats_alone(path: Path) -> None:
    """A library of a newer format is refused and not one byte of its folder changes."""
    Catalogue.create(path, MANIFEST).close()
    tamper(path, f"PRAGMA user_version = {FORMAT + 1}")
    before = digest(path.parent)
    with pytest.raises(LibraryTooNew, match=rf"has format {FORMAT + 1} and this version reads up to {FORMAT}; update Sanad"):
        Catalogue.open(path)
    assert digest(path.parent) == before


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["PRAGMA user_version = 0"], "there is no format 0"),
        (["DROP TABLE library"], "no such table: library"),
        (["DELETE FROM library"], "its manifest is missing"),
        (["UPDATE library SET created = 'yesterday'"], "a value in it cannot be read: .*"),
        (["UPDATE library SET canaries = x'00'"], "a value in it cannot be read: .*"),
        (["UPDATE library SET embedding = CAST(x'ff' AS TEXT)"], "Could not decode to UTF-8 .*"),
    ],
)
def test_open_a_tampered_library(path: Path, statements: list[str], reason: str) -> None:
    """A library whose own records are broken is damaged, and the way out is named."""
    Catalogue.create(path, MANIFEST).close()
    tamper(path, *statements)
    with pytest.raises(LibraryDamaged, match=rf"is damaged \({reason}\); see `sanad doctor`, and bring back a backup of it\.$"):
        Catalogue.open(path)


def test_open_a_truncated_library(path: Path) -> None:
    """A library that was cut off is damaged, not empty."""
    with Catalogue.create(path, MANIFEST) as catalogue:
        take_in(catalogue, *(article(f"{text}\n{number}") for number in range(40) for text in TEXTS.values()))
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(LibraryDamaged, match="sanad doctor"), Catalogue.open(path) as catalogue:
        list(catalogue.every_passage())


@needs_permissions
@pytest.mark.parametrize("folder_mode", [0o555, 0o755], ids=["folder", "file"])
def test_read_only_library_can_be_read(folder_mode: int) -> None:
    """An archive that cannot be written is read like any other, and writing to it is refused."""
    made = article(TEXTS["fa"])
    with a_plain_user() as folder:
        path = folder / "library.db"
        with Catalogue.create(path, MANIFEST) as catalogue:
            take_in(catalogue, made)
        path.chmod(0o444)
        folder.chmod(folder_mode)
        with Catalogue.open(path) as catalogue:
            assert catalogue.article(made.source.article_id) == made
            with pytest.raises(LibraryNotWritable, match=r"library\.db cannot be opened or written"):
                catalogue.retire([made.source.article_id])
            assert ready(catalogue) == {made.source.article_id}


@needs_permissions
def test_read_only_library_with_an_open_log() -> None:
    """An archive whose last changes are still in its log is refused: reading past them would miss articles."""
    with a_plain_user() as folder:
        path = folder / "library.db"
        with Catalogue.create(path, MANIFEST) as catalogue:
            take_in(catalogue, article(TEXTS["ar"]))
            (folder / "copy").mkdir()
            for file in ("library.db", "library.db-wal"):
                (folder / "copy" / file).write_bytes((folder / file).read_bytes())
        (folder / "copy").chmod(0o555)
        try:
            with pytest.raises(LibraryNotWritable):
                Catalogue.open(folder / "copy" / "library.db")
        finally:
            (folder / "copy").chmod(0o755)


@needs_permissions
@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o755, 0o000), (0o000, 0o644)], ids=["file", "folder"])
def test_library_of_somebody_else(folder_mode: int, file_mode: int) -> None:
    """A library one may not read is refused with the reason."""
    with a_plain_user() as folder:
        path = folder / "library.db"
        Catalogue.create(path, MANIFEST).close()
        path.chmod(file_mode)
        folder.chmod(folder_mode)
        with pytest.raises(LibraryNotWritable, match="cannot be opened or written"):
            Catalogue.open(path)


# -- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", TEXTS)
def test_articles_come_back_as_they_were(catalogue: Catalogue, language: str) -> None:
    """An article and its passages come back exactly, in every script, and each passage is a slice of its article."""
    made = Article(
        Source(
            article_id="abcdef0123456789",
            title="عنوان: “title”",
            language=language,
            publisher="ایسنا",
            url="https://example.org/%D8%A7",
            published=date(2016, 12, 18),
            fetched=NOON,
            origins={"title": "text", "published": "sources.toml: «۲۸ آذر ۱۳۹۵»"},
        ),
        TEXTS[language],
        "/news/one.txt",
        (Span(0, 3), Span(5, 6)),
    )
    take_in(catalogue, made)
    assert catalogue.article("abcdef0123456789") == made
    wanted = {passage.id: passage for passage in staged(made).passages}
    assert catalogue.passages([*wanted, "abcdef0123456789-9999", "nobody-0"]) == wanted
    whose = Source("abcdef0123456789", publisher="ایسنا", url="https://example.org/%D8%A7")
    assert catalogue.sketches([*wanted, "nobody-0", "nobody"]) == {name: Passage(name, whose, "", 0, 0) for name in wanted}
    assert list(catalogue.every_passage()) == [list(wanted.values())]
    assert all(passage.text == made.text[passage.start : passage.end] for passage in wanted.values())


def test_outlets_are_those_of_now(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was remembered of an article goes with the next change, and with too many others; no memory grows for ever."""

    def outlets() -> dict[str, str | None]:
        return {sketch.source.article_id: sketch.source.publisher for sketch in catalogue.sketches(["one-0", "two-0"]).values()}

    take_in(catalogue, article("1", article_id="one", publisher="before"), article("2", article_id="two", publisher="before"))
    assert outlets() == outlets() == {"one": "before", "two": "before"}
    take_in(catalogue, article("1", article_id="one", publisher="after"))
    assert outlets() == {"one": "after", "two": "before"}
    monkeypatch.setattr(module, "OUTLETS", 1)
    full = catalogue._outlets[1]
    assert outlets() == {"one": "after", "two": "before"}
    assert catalogue._outlets[1] is not full
    catalogue.retire(["one"])
    assert outlets() == {"two": "before"}


def test_unknown_stays_unknown(catalogue: Catalogue) -> None:
    """What is not known of an article comes back as None, and the time it came in is the one given."""
    made = Article(Source("abcd"), "text", "here")
    catalogue.stage([staged(made)], vectors([staged(made)]), MODEL, NOON.astimezone(timezone(timedelta(hours=1))))
    catalogue.publish(["abcd"])
    assert catalogue.sources() == [Source("abcd", fetched=NOON)]


def test_nothing_is_empty_not_an_error(catalogue: Catalogue) -> None:
    """An empty library answers every question about it, and empty changes change nothing."""
    assert catalogue.sources() == []
    assert catalogue.passages([]) == catalogue.passages(["x"]) == catalogue.sketches([]) == catalogue.sketches(["x"]) == {}
    assert catalogue.vectors([], MODEL) == {}
    assert [*catalogue.every_passage(), *catalogue.passage_vectors(MODEL)] == []
    assert catalogue.located("/nowhere") is None
    assert catalogue.locations("x") == ()
    assert catalogue.unfinished() == Unfinished((), ())
    catalogue.stage([], {}, MODEL, NOON)
    assert catalogue.publish([]) == catalogue.publish(["x"]) == catalogue.retire(["x"]) == ()
    catalogue.forget(["x"])
    assert catalogue.generation == 0
    assert catalogue.integrity() == []


def test_sources_are_newest_first(catalogue: Catalogue) -> None:
    """Articles are listed by day, newest first and unknown days last, then by title, then by id."""
    day = date(2016, 12, 18)
    take_in(
        catalogue,
        article("1", article_id="1", title="ب", published=day),
        article("2", article_id="2"),
        article("3", article_id="3", title="ا", published=day),
        article("4", article_id="4", published=date(2020, 1, 1)),
        article("5", article_id="5", title="ا", published=day),
        article("6", article_id="6", title="a"),
    )
    assert [source.article_id for source in catalogue.sources()] == ["4", "3", "5", "1", "2", "6"]


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (Filters(), "abcd"),
        (Filters(languages=("fa",)), "a"),
        (Filters(languages=("ar", "en")), "bc"),
        (Filters(languages=("fr",)), ""),
        (Filters(publishers=("كيهان",)), "ab"),  # Arabic letters for a Persian name
        (Filters(publishers=("reuters", "KEYHAN")), "c"),
        (Filters(publishers=("nobody",)), ""),
        (Filters(articles=("a", "d", "x")), "ad"),
        (Filters(since=date(2016, 12, 18)), "bc"),
        (Filters(until=date(2016, 12, 18)), "ab"),
        (Filters(since=date(2016, 12, 18), until=date(2016, 12, 18)), "b"),
        (Filters(languages=("fa", "ar"), publishers=("کیهان",), since=date(2016, 1, 2)), "b"),
    ],
)
def test_sources_filtered(catalogue: Catalogue, filters: Filters, wanted: str) -> None:
    """Filters narrow the list: spelling variants of a publisher are one, days include their ends and exclude the unknown."""
    take_in(
        catalogue,
        article("1", article_id="a", language="fa", publisher="کیهان", published=date(2016, 1, 1)),
        article("2", article_id="b", language="ar", publisher="كيهان", published=date(2016, 12, 18)),
        article("3", article_id="c", language="en", publisher="Reuters", published=date(2017, 1, 1)),
        article("4", article_id="d"),
    )
    assert {source.article_id for source in catalogue.sources(filters)} == set(wanted)


@pytest.mark.parametrize("given", ["abcd1", "abcd12", "wxyz", "wxyz-long"])
def test_article_by_prefix(catalogue: Catalogue, given: str) -> None:
    """The beginning of an id is enough when it fits one article only; a whole id always fits its own."""
    take_in(catalogue, *(article(name, article_id=name) for name in ("abcd12", "abcd34", "wxyz", "wxyz-long")))
    assert catalogue.article(given).source.article_id == {"abcd1": "abcd12"}.get(given, given)


@pytest.mark.parametrize("given", ["", "abc", "nope", "abcd%", "ABCD1", "abcd1234", "\udcff\udcff\udcff\udcff", "late"])
def test_unknown_article(catalogue: Catalogue, given: str) -> None:
    """An id that fits none, or is too short to tell, is named together with the command that lists them."""
    take_in(catalogue, article("1", article_id="abcd12"))
    stage(catalogue, article("2", article_id="late"))
    with pytest.raises(UnknownArticle) as caught:
        catalogue.article(given)
    short = " (its beginning is enough, from 4 characters on)" if len(given) < 4 else ""
    expected = f"No article has the id {given!r}{short}; `sanad articles` lists them."
    assert str(caught.value) == expected.replace("\\udcff", "\\\\udcff")


def test_ambiguous_article(catalogue: Catalogue) -> None:
    """A beginning that fits several articles names some of them."""
    take_in(catalogue, *(article(str(number), article_id=f"abcd{number}") for number in range(5)))
    with pytest.raises(UnknownArticle, match=r"begin with 'abcd' \(abcd0, abcd1, abcd2\); give more characters"):
        catalogue.article("abcd")


def test_batches(catalogue: Catalogue) -> None:
    """Passages and vectors come in batches of the size asked for, in order, each vector with its passage."""
    articles = [article(f"first {number}\nsecond {number}\nthird {number}") for number in range(3)]
    take_in(catalogue, *articles)
    stage(catalogue, article("not yet"))
    every = [passage for made in articles for passage in staged(made).passages]
    assert list(catalogue.every_passage(batch=4)) == [every[:4], every[4:8], every[8:]]
    batches = list(catalogue.passage_vectors(MODEL, batch=4))
    assert [passages for passages, _ in batches] == [every[:4], every[4:8], every[8:]]
    for passages, matrix in batches:
        assert matrix.dtype == np.float32
        np.testing.assert_array_equal(matrix, np.stack([vector(passage.text) for passage in passages]))
    assert catalogue.count() == Counts(3, 9, 9)


def test_some_vectors_are_drawn_from_all_over(catalogue: Catalogue) -> None:
    """Those that are drawn, each once, and none that readers may not see."""
    assert catalogue.some_vectors(MODEL, 3) == {}
    articles = [article(f"first {number}\nsecond {number}") for number in range(3)]
    take_in(catalogue, *articles)
    stage(catalogue, article("not yet"))
    ids = [passage.id for made in articles for passage in staged(made).passages]
    drawn = iter((1, 6, 4, 4))
    found = catalogue.some_vectors(MODEL, 4, pick=lambda first, last: first - 1 + next(drawn))
    assert list(found) == [ids[0], ids[5], ids[3]]
    np.testing.assert_array_equal(found[ids[5]], vector("second 2"))
    assert set(catalogue.some_vectors(MODEL, 200)) == set(ids)
    assert catalogue.some_vectors("another", 3) == {}


def test_vectors_of_what_is_staged(catalogue: Catalogue) -> None:
    """Passages and vectors of named articles can be had before readers see them, to index them."""
    seen, unseen = article("seen\nboth"), article("unseen\nboth")
    take_in(catalogue, seen)
    ids = stage(catalogue, unseen)
    ((passages, matrix),) = catalogue.passage_vectors(MODEL, articles=ids)
    assert passages == list(staged(unseen).passages)
    np.testing.assert_array_equal(matrix, np.stack([vector("unseen"), vector("both")]))
    assert list(catalogue.passage_vectors(MODEL, articles=[])) == []


def test_vectors_are_kept_by_text_and_model(catalogue: Catalogue) -> None:
    """A text that comes again needs no new vector, and another model's vectors are not taken for this one's."""
    take_in(catalogue, article("one\ntwo"))
    hashes = [text_hash(text) for text in ("one", "two", "three")]
    known = catalogue.vectors(hashes, MODEL)
    assert set(known) == set(hashes[:2])
    np.testing.assert_array_equal(known[hashes[0]], vector("one"))
    assert catalogue.vectors(hashes, "other") == {}
    again = staged(article("two\nthree"))
    catalogue.stage([again], {hashes[2]: vector("three")}, MODEL, NOON)
    assert catalogue.integrity() == []


def test_names_of_files_that_are_no_text(catalogue: Catalogue) -> None:
    """A file whose name has undecodable bytes can be ingested, found again and replaced."""
    name = "/news/\udce9t\udce9.txt"
    (first,) = take_in(catalogue, article("old", location=name))
    assert catalogue.located(name) == first
    assert catalogue.locations(first) == ("/news/\\udce9t\\udce9.txt",)
    (second,) = take_in(catalogue, article("new", location=name))
    assert ready(catalogue) == {second}


def test_text_hash_is_stable() -> None:
    """The name of a text in the file format never changes."""
    assert text_hash("سند") == "0b9099121c0eac2ee406c5ec09256c40"
    assert len({text_hash("می‌شود"), text_hash("میشود"), text_hash("مي‌شود")}) == 3


# -- changing ---------------------------------------------------------------------------------------------------------


def test_staged_articles_are_not_seen(catalogue: Catalogue) -> None:
    """Readers see nothing of an article before it is published, and all of it afterwards."""
    made = article("one\ntwo")
    (name,) = stage(catalogue, made)
    passages = [passage.id for passage in staged(made).passages]
    assert catalogue.sources() == []
    assert catalogue.count() == Counts(0, 0, 0)
    assert catalogue.passages(passages) == catalogue.sketches(passages) == {}
    assert (catalogue.located(made.location), catalogue.locations(name)) == (name, (made.location,))
    assert catalogue.unfinished() == Unfinished((name,), ())
    assert catalogue.publish([name]) == ()
    assert catalogue.count() == Counts(1, 2, 2)
    assert set(catalogue.passages(passages)) == set(passages)
    assert catalogue.unfinished() == Unfinished((), ())


def test_changed_article_takes_the_place_of_the_old_one(catalogue: Catalogue) -> None:
    """The old text is seen until the new one is published, then only the new one, then nothing of the old one is left."""
    old, new = article("same\nold", "/a"), article("same\nnew", "/a")
    (before,) = take_in(catalogue, old)
    (after,) = stage(catalogue, new)
    assert (ready(catalogue), catalogue.located("/a")) == ({before}, after)
    assert catalogue.publish([after]) == (before,)
    assert ready(catalogue) == {after}
    assert catalogue.unfinished() == Unfinished((), (before,))
    catalogue.forget([before])
    assert catalogue.unfinished() == Unfinished((), ())
    assert set(catalogue.vectors([text_hash(text) for text in ("same", "old", "new")], MODEL)) == {
        text_hash("same"),
        text_hash("new"),
    }


def test_article_at_two_places_outlives_one(catalogue: Catalogue) -> None:
    """An article read from two places stays until neither holds it, and says where it is."""
    twice, other, third = article("twice", "/a"), article("other", "/a"), article("third", "/b")
    (name,) = take_in(catalogue, twice)
    assert catalogue.relocate(name, "/b") == ()
    assert catalogue.locations(name) == ("/a", "/b")
    (second,) = stage(catalogue, other)
    assert catalogue.publish([second]) == ()
    assert catalogue.article(name).location == "/b"
    (last,) = stage(catalogue, third)
    assert catalogue.publish([last]) == (name,)
    assert ready(catalogue) == {second, last}


def test_file_that_now_holds_a_known_article(catalogue: Catalogue) -> None:
    """When a file's text becomes that of another known article, what it held before goes at once."""
    a, b = take_in(catalogue, article("first", "/a"), article("second", "/b"))
    generation = catalogue.generation
    assert catalogue.relocate(a, "/b") == (b,)
    assert (ready(catalogue), catalogue.unfinished().leaving) == ({a}, (b,))
    assert catalogue.generation == generation + 1
    with pytest.raises(UnknownArticle, match=f"No article has the id '{b}'"):
        catalogue.relocate(b, "/c")


def test_relocating_what_is_staged(catalogue: Catalogue) -> None:
    """An article not yet published replaces what stood at its second place only when it is."""
    (old,) = take_in(catalogue, article("old", "/b"))
    (new,) = stage(catalogue, article("new", "/a"))
    assert catalogue.relocate(new, "/b") == ()
    assert ready(catalogue) == {old}
    assert catalogue.publish([new]) == (old,)


def test_file_changed_twice_before_publication(catalogue: Catalogue) -> None:
    """What was replaced twice before readers saw it goes together with the first text."""
    (first,) = take_in(catalogue, article("first", "/a"))
    (second,) = stage(catalogue, article("second", "/a"))
    (third,) = stage(catalogue, article("third", "/a"))
    assert sorted(catalogue.publish([third])) == sorted([first, second])
    assert ready(catalogue) == {third}


def test_file_changed_back(catalogue: Catalogue) -> None:
    """A text that comes back while it was on its way out stays."""
    old = article("old", "/a")
    (first,) = take_in(catalogue, old)
    (second,) = stage(catalogue, article("new", "/a"))
    assert catalogue.publish([second]) == (first,)
    stage(catalogue, old)
    catalogue.forget([first])
    assert catalogue.publish([first]) == (second,)
    assert (ready(catalogue), catalogue.article(first)) == ({first}, old)


def test_replacement_is_over_when_the_article_has_a_place_again(catalogue: Catalogue) -> None:
    """An article that lost its place, found another and is about to lose that too stays until the last change is published."""
    old = article("old", "/a")
    (name,) = take_in(catalogue, old)
    (second,) = stage(catalogue, article("second", "/a"))
    assert catalogue.relocate(name, "/b") == ()
    (third,) = stage(catalogue, article("third", "/b"))
    assert catalogue.publish([second]) == ()
    assert ready(catalogue) == {name, second}
    assert catalogue.publish([third]) == (name,)


def test_replacement_counts_once(catalogue: Catalogue) -> None:
    """Publishing an article again does not send off what it replaced long ago and what another is about to replace."""
    (name,) = take_in(catalogue, article("old", "/a"))
    catalogue.relocate(name, "/b")
    second = article("second", "/a")
    take_in(catalogue, second)
    (third,) = stage(catalogue, article("third", "/b"))
    (again,) = stage(catalogue, second)
    assert catalogue.publish([again]) == ()
    assert catalogue.publish([third]) == (name,)


def test_named_replacement(catalogue: Catalogue) -> None:
    """An article can replace a named one elsewhere that no place holds any more, and never one that a place holds."""
    (kept,) = take_in(catalogue, article("kept", "/a"))
    item = staged(article("new", "/b"), replaces=kept)
    catalogue.stage([item], vectors([item]), MODEL, NOON)
    assert catalogue.publish([item.article.source.article_id]) == ()
    unknown = staged(article("newer", "/c"), replaces="nobody")
    catalogue.stage([unknown], vectors([unknown]), MODEL, NOON)
    assert catalogue.publish([unknown.article.source.article_id]) == ()
    assert len(ready(catalogue)) == 3


def test_metadata_change(catalogue: Catalogue) -> None:
    """The same text with other metadata is staged under its id, keeps the time it came in and leaves no old passage."""
    (name,) = take_in(catalogue, article("one\ntwo", "/a", article_id="abcd", title="old"))
    changed = Staged(article("one\ntwo", "/a", article_id="abcd", title="new"), staged(article("one", article_id="abcd")).passages)
    generation = catalogue.generation
    catalogue.stage([changed], {}, MODEL, NOON + timedelta(days=1))
    assert (ready(catalogue), catalogue.unfinished().pending) == (set(), (name,))
    assert catalogue.generation == generation + 1
    assert catalogue.publish([name]) == ()
    assert catalogue.sources() == [Source("abcd", title="new", fetched=NOON)]
    assert catalogue.count() == Counts(1, 1, 1)
    assert catalogue.vectors([text_hash("two")], MODEL) == {}


def test_retired_article(catalogue: Catalogue) -> None:
    """A removed article is out of sight at once, its place is free, and forgetting it takes its vectors along."""
    gone, kept = take_in(catalogue, article("gone\nboth", "/a"), article("kept\nboth", "/b"))
    assert catalogue.retire([gone, "unknown"]) == (gone,)
    assert catalogue.retire([gone]) == ()
    assert (ready(catalogue), catalogue.located("/a")) == ({kept}, None)
    catalogue.forget([gone, kept])
    assert ready(catalogue) == {kept}
    hashes = [text_hash(text) for text in ("gone", "kept", "both")]
    assert set(catalogue.vectors(hashes, MODEL)) == {hashes[1], hashes[2]}


def test_retiring_what_is_about_to_replace(catalogue: Catalogue) -> None:
    """Removing an article that was about to replace another removes that one too: its file is gone."""
    (old,) = take_in(catalogue, article("old", "/a"))
    (new,) = stage(catalogue, article("new", "/a"))
    assert catalogue.retire([new]) == (new, old)
    assert ready(catalogue) == set()


def test_generation_grows_with_what_readers_must_notice(catalogue: Catalogue) -> None:
    """Publishing, removing and forgetting are noticed by another open catalogue; staging alone is not."""
    with Catalogue.open(catalogue.path) as reader:
        seen = [reader.generation]
        for change in (
            lambda: stage(catalogue, article("one", article_id="abcd")),
            lambda: catalogue.publish(["abcd"]),
            lambda: catalogue.publish(["abcd"]),
            lambda: catalogue.retire(["abcd"]),
            lambda: catalogue.forget(["abcd"]),
            lambda: catalogue.forget(["abcd"]),
        ):
            change()
            seen.append(reader.generation)
    assert seen == [0, 0, 1, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("item", "given", "error", "message"),
    [
        (staged(article("one\ntwo")), {text_hash("one"): vector("one")}, ValueError, f"1 passages were staged without .* {MODEL}"),
        (
            Staged(article("one"), (Passage("x-0", Source("x"), "ONE", 0, 3),)),
            {text_hash("ONE"): vector("one")},
            ValueError,
            "passage x-0 is not a slice of its article",
        ),
        (staged(article("one")), {text_hash("one"): np.ones(7, np.float32)}, LibraryMismatch, r"shape \(7,\) does not fit .* 8 "),
        (staged(article("one")), {text_hash("one"): np.full(8, np.nan, np.float32)}, LibraryMismatch, "finite"),
    ],
    ids=["missing", "slice", "dimension", "nan"],
)
def test_bad_input_stores_nothing(
    catalogue: Catalogue, item: Staged, given: dict[str, Vectors], error: type[Exception], message: str
) -> None:
    """Passages that are no slices and vectors that are missing, of another length or not finite are refused whole."""
    good = staged(article("good"))
    with pytest.raises(error, match=message):
        catalogue.stage([good, item], vectors([good]) | given, MODEL, NOON)
    assert catalogue.unfinished() == Unfinished((), ())
    assert catalogue.located(good.article.location) is None
    assert catalogue.vectors(list(given), MODEL) == {}


@pytest.mark.parametrize("name", ["big", MODEL])
def test_another_model_is_adopted(catalogue: Catalogue, name: str) -> None:
    """A library changes its model once every passage has a vector of the new one; until then the old ones are used alone."""
    take_in(catalogue, article("one\ntwo"))
    hashes = [text_hash("one"), text_hash("two")]
    new = Manifest(name, 4, "splitter-2", np.zeros((3, 4), np.float32), NOON)
    catalogue.keep({hashes[0]: np.ones(4, np.float32)}, name, 4)
    with pytest.raises(LibraryMismatch, match=f"1 passages have no vector of {name} yet; run the rebuild again"):
        catalogue.adopt(new)
    catalogue.keep({hashes[1]: np.full(4, 2, np.float32)}, name, 4)
    ((_, matrix),) = catalogue.passage_vectors(MODEL)
    np.testing.assert_array_equal(matrix, [vector("one"), vector("two")])
    assert (catalogue.manifest, catalogue.integrity()) == (MANIFEST, [])
    generation = catalogue.generation
    catalogue.adopt(new)
    assert (catalogue.manifest, catalogue.generation, catalogue.integrity()) == (new, generation + 1, [])
    ((_, matrix),) = catalogue.passage_vectors(name)
    np.testing.assert_array_equal(matrix, [[1, 1, 1, 1], [2, 2, 2, 2]])
    with catalogue._reading() as db:
        assert db.execute("SELECT count(*) FROM vectors").fetchone() == (2,)


# -- crashes and traces -----------------------------------------------------------------------------------------------

STEPS = """
import os, signal, sys
sys.path[:0] = sys.argv[3:]
from pathlib import Path
import numpy as np
from datetime import UTC, datetime
from assistant.catalogue import Catalogue, Staged, text_hash
from assistant.types import Article, Passage, Source
catalogue = Catalogue.open(Path(sys.argv[1]))
source = Source("new1")
item = Staged(Article(source, "new text", "/a"), (Passage("new1-0", source, "new text", 0, 8),))
steps = [
    lambda: catalogue.stage([item], {text_hash("new text"): np.ones(8, np.float32)}, "embedded-1", datetime.now(UTC)),
    lambda: catalogue.publish(["new1"]),
    lambda: catalogue.forget(["old1"]),
]
for step in steps[: int(sys.argv[2])]:
    step()
os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
"""


@pytest.mark.parametrize(
    ("steps", "unfinished", "seen"),
    [
        (0, Unfinished((), ()), {"old1"}),
        (1, Unfinished(("new1",), ()), {"old1"}),
        (2, Unfinished((), ("old1",)), {"new1"}),
        (3, Unfinished((), ()), {"new1"}),
    ],
)
def test_killed_between_two_steps(path: Path, steps: int, unfinished: Unfinished, seen: set[str]) -> None:
    """After a kill at any step readers see the old text or the new one, and the next start can finish the change."""
    with Catalogue.create(path, MANIFEST) as catalogue:
        take_in(catalogue, article("old text", "/a", article_id="old1"))
    script = path.parent / "steps.py"
    script.write_text(STEPS, encoding="utf-8")
    killed = subprocess.run([sys.executable, str(script), str(path), str(steps), *filter(None, sys.path)], check=False)
    assert killed.returncode != 0
    with Catalogue.open(path) as catalogue:
        assert (catalogue.unfinished(), ready(catalogue), catalogue.integrity()) == (unfinished, seen, [])
        if steps:
            pending, leaving = catalogue.unfinished()
            catalogue.forget((*leaving, *catalogue.publish(pending)))
            assert (catalogue.unfinished(), ready(catalogue)) == (Unfinished((), ()), {"new1"})
            assert catalogue.located("/a") == "new1"


def pieces(text: str) -> list[bytes]:
    return [text[start : start + 12].encode() for start in range(0, len(text) - 12, 12)]


def test_forgotten_articles_leave_no_byte(path: Path) -> None:
    """After `forget`, no piece of a removed article's text, title, place or vectors is in the file or its log."""
    random = np.random.default_rng(7)

    def words(count: int) -> str:
        return " ".join(random.bytes(6).hex() for _ in range(count))

    gone: list[Article] = []
    with Catalogue.create(path, MANIFEST) as catalogue:
        hurried(catalogue)
        for _ in range(20):
            # Lengths on both sides of a page, so that rows are moved between pages and spill over them.
            made = [
                article(words(int(random.integers(1, 700))), words(3), title=words(4), publisher=words(1), url=words(3))
                for _ in range(int(random.integers(1, 6)))
            ]
            leaving = [made.pop() for _ in range(len(made) // 2)]
            take_in(catalogue, *made, *leaving)
            catalogue.forget(catalogue.retire([one.source.article_id for one in leaving]), thorough=False)
            gone += leaving
        assert catalogue.traces
        catalogue.scrub()
        assert not catalogue.traces
        files = path.read_bytes() + path.with_name("library.db-wal").read_bytes()
        kept = catalogue.count().articles
        assert catalogue.integrity() == []
    left = [
        piece
        for made in gone
        for text in (made.text, made.location, made.source.title or "", made.source.url or "", made.source.publisher or "")
        for piece in (*pieces(text), vector(made.text).tobytes())
        if piece in files
    ]
    assert (left, len(gone) > 15, kept > 15) == ([], True, True)


def test_forget_is_thorough_by_itself(catalogue: Catalogue) -> None:
    """`forget` alone leaves nothing behind; the next change starts from a clean file."""
    catalogue.forget(catalogue.retire(take_in(catalogue, article("a secret that must go"))))
    assert not catalogue.traces
    files = b"".join(file.read_bytes() for file in catalogue.path.parent.iterdir())
    assert b"secret" not in files


def test_forgetting_gives_the_room_back(catalogue: Catalogue) -> None:
    """The file is no larger than before once a large article is forgotten, and what stays is untouched."""
    kept = article("kept")
    take_in(catalogue, kept)
    catalogue.scrub()
    catalogue._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    before = catalogue.path.stat().st_size
    catalogue.forget(catalogue.retire(take_in(catalogue, article("\n".join(f"line {number}" for number in range(2_000))))))
    assert (catalogue.path.stat().st_size, catalogue.article(kept.source.article_id)) == (before, kept)


def test_traces_stay_while_somebody_reads(catalogue: Catalogue) -> None:
    """With a reader in the way the old pages stay in the log; that is known, and the next scrub removes them."""
    (name,) = take_in(catalogue, article("a secret that must go"))
    with closing(sqlite3.connect(catalogue.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM articles").fetchall()
        with Catalogue.open(catalogue.path, wait=0) as impatient:
            impatient.forget(impatient.retire([name]))
            assert impatient.traces
    catalogue.scrub()
    assert not catalogue.traces
    assert b"secret" not in b"".join(file.read_bytes() for file in catalogue.path.parent.iterdir())


def test_no_room_to_scrub(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk an article can still be removed; that traces are left is known."""

    def full(_: Catalogue) -> None:
        raise DiskFull("full")

    (name,) = take_in(catalogue, article("one"))
    with monkeypatch.context() as patch:
        patch.setattr(Catalogue, "scrub", full)
        catalogue.forget(catalogue.retire([name]))
    assert (catalogue.count(), catalogue.traces) == (Counts(0, 0, 0), True)


# -- faults -----------------------------------------------------------------------------------------------------------


def test_full_disk_while_staging(catalogue: Catalogue) -> None:
    """When the disk fills up, the error says so, nothing half-written is there, and with room the same call succeeds."""
    take_in(catalogue, article("small"))
    db = catalogue._connection()
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages + 2}")
    big = article("\n".join(f"line {number} " * 50 for number in range(100)))
    with pytest.raises(DiskFull, match="is full; free some space and run the same command again"):
        stage(catalogue, big)
    assert (catalogue.unfinished(), catalogue.integrity(), len(ready(catalogue))) == (Unfinished((), ()), [], 1)
    db.execute("PRAGMA max_page_count = 1000000")
    take_in(catalogue, big)
    assert catalogue.count().articles == 2


def test_locked_by_another_writer(catalogue: Catalogue) -> None:
    """A library that another program writes to can be read; changing it stops with the way out."""
    take_in(catalogue, article("one"))
    with closing(sqlite3.connect(catalogue.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Catalogue.open(catalogue.path, wait=0) as second:
            assert second.count() == Counts(1, 1, 1)
            with pytest.raises(LibraryLocked, match="is locked by another process; wait for it, or stop it"):
                second.publish([])


def coded(code: int, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> sqlite3.Error:
    error = kind("why")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (coded(sqlite3.SQLITE_FULL), DiskFull),
        (coded(sqlite3.SQLITE_READONLY_DIRECTORY), LibraryNotWritable),
        (coded(sqlite3.SQLITE_CANTOPEN), LibraryNotWritable),
        (coded(sqlite3.SQLITE_PERM), LibraryNotWritable),
        (coded(sqlite3.SQLITE_BUSY_SNAPSHOT), LibraryLocked),
        (coded(sqlite3.SQLITE_LOCKED), LibraryLocked),
        (coded(sqlite3.SQLITE_PROTOCOL), LibraryLocked),
        (coded(sqlite3.SQLITE_CORRUPT, sqlite3.DatabaseError), LibraryDamaged),
        (coded(sqlite3.SQLITE_NOTADB, sqlite3.DatabaseError), LibraryDamaged),
        (coded(sqlite3.SQLITE_IOERR_READ), LibraryDamaged),
        (coded(sqlite3.SQLITE_ERROR), LibraryDamaged),
        (sqlite3.OperationalError("Could not decode to UTF-8"), LibraryDamaged),
        (coded(sqlite3.SQLITE_CONSTRAINT, sqlite3.IntegrityError), sqlite3.IntegrityError),
        (sqlite3.ProgrammingError("misused"), sqlite3.ProgrammingError),
    ],
    ids=str,
)
def test_every_fault_has_its_error(path: Path, error: sqlite3.Error, wanted: type[Exception]) -> None:
    """What SQLite reports becomes the error of ours that tells the way out; mistakes of the program stay visible."""
    path.parent.mkdir()
    with pytest.raises(wanted) as caught, module._explained(path):
        raise error
    assert isinstance(caught.value, sqlite3.Error) or (caught.value.__cause__ is error and "\n" not in str(caught.value))


@pytest.mark.parametrize(("free", "wanted"), [(100, DiskFull), (2**30, LibraryDamaged), (None, LibraryDamaged)])
def test_input_output_errors(path: Path, monkeypatch: pytest.MonkeyPatch, free: int | None, wanted: type[Exception]) -> None:
    """A failing write with no room left means a full disk, else a damaged file."""

    def usage(_: Path) -> object:
        if free is None:
            raise FileNotFoundError
        return type("usage", (), {"free": free})

    monkeypatch.setattr("assistant.catalogue.shutil.disk_usage", usage)
    with pytest.raises(wanted), module._explained(path):
        raise coded(sqlite3.SQLITE_IOERR_WRITE)


def test_interrupted_change_is_undone(catalogue: Catalogue) -> None:
    """Ctrl-C in the middle of a change leaves the library as it was, and usable."""
    take_in(catalogue, article("one"))

    def interrupted() -> None:
        with catalogue._writing() as db:
            db.execute("DELETE FROM passages")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert catalogue.count() == Counts(1, 1, 1)
    take_in(catalogue, article("two"))
    assert catalogue.integrity() == []


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE passages SET stop = 99 WHERE id = 'abcd-4'", ["passage abcd-4: 4-99 is outside its article"]),
        ("UPDATE passages SET start = 3, stop = 3 WHERE id = 'abcd-4'", ["passage abcd-4: 3-3 is outside its article"]),
        ("UPDATE passages SET stop = 6 WHERE id = 'abcd-4'", ["passage abcd-4: its text is not the one that was stored"]),
        ("UPDATE articles SET text = 'one' || char(10) || 'TWO'", ["passage abcd-4: its text is not the one that was stored"]),
        (
            "UPDATE passages SET ordinal = ordinal + 5 WHERE id = 'abcd-0'",
            ["passage abcd-0: does not begin after the one before"],
        ),
        (f"DELETE FROM vectors WHERE text_hash = '{text_hash('two')}'", [f"passage abcd-4: has no vector of {MODEL}"]),
        (
            f"UPDATE vectors SET vector = x'00' WHERE text_hash = '{text_hash('two')}'",
            [f"passage abcd-4: its vector has the wrong length of {MODEL}"],
        ),
        (
            "DELETE FROM articles",
            ["locations: row 1 points nowhere", "passages: row 1 points nowhere", "passages: row 2 points nowhere"],
        ),
    ],
)
def test_integrity_names_what_is_wrong(catalogue: Catalogue, damage: str, found: list[str]) -> None:
    """The check finds passages that do not fit their article, missing vectors and dangling rows, and names them."""
    take_in(catalogue, article("one\ntwo", article_id="abcd"))
    assert catalogue.integrity() == []
    tamper(catalogue.path, damage)
    assert sorted(catalogue.integrity()) == sorted(found)


def test_missing_vector_is_damage_not_a_miss(catalogue: Catalogue) -> None:
    """A passage without a vector stops a rebuild; it is never left out in silence."""
    take_in(catalogue, article("one\ntwo"))
    tamper(catalogue.path, f"DELETE FROM vectors WHERE text_hash = '{text_hash('two')}'")
    with pytest.raises(LibraryDamaged, match=f"vectors of {MODEL} are missing"):
        list(catalogue.passage_vectors(MODEL))


@pytest.mark.parametrize("column", ["origins", "published", "fetched", "boilerplate"])
def test_unreadable_value_is_damage(catalogue: Catalogue, column: str) -> None:
    """A value that no longer has its form is reported as damage, not as a traceback."""
    take_in(catalogue, article("one", article_id="abcd"))
    tamper(catalogue.path, f"UPDATE articles SET {column} = '{{'")
    with pytest.raises(LibraryDamaged, match="a value in it cannot be read"):
        catalogue.article("abcd")


@pytest.mark.parametrize("seed", range(5))
def test_overwritten_pages_are_found(path: Path, seed: int) -> None:
    """Random bytes over a part of the file are found by the check, which itself never fails."""
    with Catalogue.create(path, MANIFEST) as catalogue:
        take_in(catalogue, *(article(f"{text}\n{number}") for number in range(60) for text in TEXTS.values()))
    random = np.random.default_rng(seed)
    content = bytearray(path.read_bytes())
    for page in random.integers(3, len(content) // 4096, 12):
        content[page * 4096 : page * 4096 + 1024] = random.bytes(1024)
    path.write_bytes(content)
    with Catalogue.open(path) as catalogue:
        assert catalogue.integrity() != []


# -- threads ----------------------------------------------------------------------------------------------------------


def in_threads(*tasks: Callable[[], object]) -> None:
    """Run the tasks side by side, and raise what one of them raised."""
    failures: list[BaseException] = []

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_readers_see_whole_articles_while_others_change(catalogue: Catalogue) -> None:
    """While one thread changes a file again and again, readers in others always see exactly one text of it, whole."""
    versions = [article(f"first {number}\nsecond {number}", "/a") for number in range(40)]
    every = [passage.id for made in versions for passage in staged(made).passages]
    take_in(catalogue, versions[0])
    done = threading.Event()

    def change() -> None:
        try:
            for made in versions[1:]:
                take_in(catalogue, made)
        finally:
            done.set()

    def read() -> None:
        while not done.is_set():
            words = [passage.text.split() for passage in catalogue.passages(every).values()]
            assert (sorted(word for word, _ in words), len({number for _, number in words})) == (["first", "second"], 1)

    in_threads(change, read, read, read)
    assert ready(catalogue) == {versions[-1].source.article_id}


def test_writers_take_turns(catalogue: Catalogue) -> None:
    """Two threads that change the library wait for each other; neither fails and nothing is lost."""

    def write(name: str) -> None:
        hurried(catalogue)
        for number in range(20):
            take_in(catalogue, article(f"{name} {number}"))

    in_threads(lambda: write("one"), lambda: write("two"))
    assert catalogue.count() == Counts(40, 40, 40)


def test_threads_that_ended_leave_no_connection(catalogue: Catalogue) -> None:
    """A server that answers each question in a new thread does not pile up open files."""
    for _ in range(20):
        in_threads(catalogue.count)
    assert len(catalogue._connections) <= 2


def test_closed_catalogue(catalogue: Catalogue) -> None:
    """After `close` no thread can use the catalogue, and closing twice does no harm."""
    in_threads(catalogue.count, catalogue.count)
    catalogue.close()
    catalogue.close()
    with pytest.raises(ValueError, match="is closed"):
        catalogue.count()


def test_two_open_catalogues_keep_each_others_locks(catalogue: Catalogue) -> None:
    """Opening and closing a library once more in one process does not let go of the locks of the first."""
    with catalogue._writing() as db:
        db.execute("UPDATE library SET splitter = 'half'")
        Catalogue.open(catalogue.path).close()
        script = (
            "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None); db.execute('BEGIN IMMEDIATE')"
        )
        other = subprocess.run([sys.executable, "-c", script, str(catalogue.path)], capture_output=True, text=True, check=False)
    assert "database is locked" in other.stderr


# -- against a model --------------------------------------------------------------------------------------------------


class AgainstModel(RuleBasedStateMachine):
    """Any sequence of changes leaves the catalogue as a few dictionaries say."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.catalogue = hurried(Catalogue.create(Path(self.folder.name) / "library.db", MANIFEST))
        self.state: dict[str, str] = {}
        self.text: dict[str, str] = {}
        self.place: dict[str, str] = {}
        self.replaced: set[tuple[str, str]] = set()

    def teardown(self) -> None:
        self.catalogue.close()
        self.folder.cleanup()

    def put(self, location: str, name: str) -> None:
        self.replaced = {(new, old) for new, old in self.replaced if old != name}
        if self.place.get(location, name) != name:
            self.replaced.add((name, self.place[location]))
        self.place[location] = name

    def settle(self, names: Iterable[str]) -> set[str]:
        gone: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            for new, old in self.replaced:
                if new == name and old not in self.place.values() and old not in gone:
                    gone.add(old)
                    todo.append(old)
        gone = {name for name in gone if self.state[name] != "leaving"}
        self.state |= dict.fromkeys(gone, "leaving")
        self.replaced = {(new, old) for new, old in self.replaced if new not in gone | set(names)}
        return gone

    @rule(text=st.sampled_from([*TEXTS.values(), "one\ntwo", "two\none", "one\none"]), location=st.sampled_from("abc"))
    def stages(self, text: str, location: str) -> None:
        made = article(text, location)
        (name,) = stage(self.catalogue, made)
        self.state[name], self.text[name] = "pending", text
        self.put(location, name)

    @precondition(lambda self: "pending" in self.state.values())
    @rule(data=st.data())
    def publishes(self, data: st.DataObject) -> None:
        pending = sorted(name for name, state in self.state.items() if state == "pending")
        names = data.draw(st.lists(st.sampled_from(pending), min_size=1, unique=True))
        self.state |= dict.fromkeys(names, "ready")
        assert set(self.catalogue.publish(names)) == self.settle(names)

    @precondition(lambda self: self.place)
    @rule(data=st.data(), location=st.sampled_from("abcd"))
    def relocates(self, data: st.DataObject, location: str) -> None:
        name = data.draw(st.sampled_from(sorted(set(self.place.values()))))
        self.put(location, name)
        wanted = self.settle([name]) if self.state[name] == "ready" else set()
        assert set(self.catalogue.relocate(name, location)) == wanted

    @precondition(lambda self: self.state)
    @rule(data=st.data())
    def retires(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.state)))
        self.place = {location: there for location, there in self.place.items() if there != name}
        leaving = {name} - {name for name, state in self.state.items() if state == "leaving"}
        self.state[name] = "leaving"
        assert set(self.catalogue.retire([name])) == leaving | self.settle([name])

    @rule(thorough=st.booleans())
    def forgets(self, thorough: bool) -> None:
        self.catalogue.forget(list(self.state), thorough=thorough)
        self.state = {name: state for name, state in self.state.items() if state != "leaving"}
        self.replaced = {pair for pair in self.replaced if set(pair) <= self.state.keys()}

    @rule()
    def reopens(self) -> None:
        self.catalogue.close()
        self.catalogue = hurried(Catalogue.open(self.catalogue.path))

    def named(self, wanted: str) -> set[str]:
        return {name for name, state in self.state.items() if state == wanted}

    @invariant()
    def agrees(self) -> None:
        """Readers, places and unfinished changes are those of the model, and the file is sound."""
        catalogue = self.catalogue
        assert ready(catalogue) == self.named("ready")
        assert tuple(map(set, catalogue.unfinished())) == (self.named("pending"), self.named("leaving"))
        assert {location: catalogue.located(location) for location in "abcd"} == {
            location: self.place.get(location) for location in "abcd"
        }
        passages = [passage for batch in catalogue.every_passage() for passage in batch]
        lines = sorted(line for name in self.named("ready") for line in self.text[name].split("\n"))
        assert sorted(passage.text for passage in passages) == lines
        assert catalogue.count() == Counts(len(self.named("ready")), len(lines), len(set(lines)))
        assert catalogue.integrity() == []
        with catalogue._reading() as db:
            stored = {row[0] for row in db.execute("SELECT text_hash FROM vectors")}
        assert stored == {text_hash(line) for name in self.state for line in self.text[name].split("\n")}


TestAgainstModel = AgainstModel.TestCase
TestAgainstModel.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
