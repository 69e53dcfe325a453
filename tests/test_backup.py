"""A library as one file: the same answers elsewhere, and no byte of it may change."""

from __future__ import annotations

import hashlib
import io
import shutil
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import backup
from assistant.errors import AssistantError, ConfigurationError, DiskFull, LibraryDamaged, LibraryTooNew
from assistant.pipeline import Assistant

QUESTIONS = ["شمخانی با چه کسی دیدار کرد؟", "من قاد الوفد الروسي؟", "Who met Putin's special envoy in Tehran?"]
OWN_WORDS = "grain\tغله\tحبوب\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeds, with a word list of the user's."""
    folder = tmp_path_factory.mktemp("library")
    with Assistant(folder) as assistant:
        assistant.ingest_seeds()
    (folder / "own.tsv").write_text(OWN_WORDS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def exported(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("backup") / "news.sanad"
    with Assistant(library) as assistant:
        assert assistant.export(target) == target.stat().st_size
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return target


def new(folder: Path, library: Path) -> Assistant:
    """An assistant over a folder that holds no library yet, only the compiled word lists, which take a second to make."""
    folder.mkdir()
    for compiled in library.glob("lexicon*.json"):
        shutil.copy(compiled, folder)
    return Assistant(folder)


def _sealed(archive: bytes, version: int = backup.FORMAT) -> bytes:
    return b"SANAD BACKUP %d\n%s\n" % (version, hashlib.sha256(archive).hexdigest().encode()) + archive


def _zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_an_imported_library_is_the_one_exported(library: Path, exported: Path, tmp_path: Path) -> None:
    """Articles, texts, word lists and the hits of every question with their scores are the same, and nothing is embedded."""
    with Assistant(library) as here, Assistant(tmp_path / "new") as there:
        assert there.restore(exported) == here.status().passages
        assert there.articles() == here.articles()
        assert [there.article(source.article_id) for source in there.articles()] == [
            here.article(source.article_id) for source in here.articles()
        ]
        for question in QUESTIONS:
            assert there.search(question) == here.search(question)
            assert there.ask(question).citations == here.ask(question).citations
        assert there.problems() == []
    assert (tmp_path / "new" / "own.tsv").read_text(encoding="utf-8") == OWN_WORDS
    assert not [path for path in (tmp_path / "new").iterdir() if path.name.startswith(".")]


def test_a_hundred_questions_find_the_same(library: Path, exported: Path, tmp_path: Path) -> None:
    """The ten passages found first, with their scores, are those of the library that was exported."""
    with Assistant(library) as here, new(tmp_path / "new", library) as there:
        there.restore(exported)
        words = [word for source in here.articles() for word in here.article(source.article_id).text.split()]
        step = len(words) // 100
        questions = [" ".join(words[start : start + 6]) for start in range(0, 100 * step, step)]
        found = [here.search(question) for question in questions]
        assert sum(map(len, found)) > 500
        assert [there.search(question) for question in questions] == found


def test_it_is_taken_while_articles_come_in(library: Path, tmp_path: Path) -> None:
    """Whatever is under way, each export is a sound library with whole articles, at least those that were there when it began."""
    folder = Path(shutil.copytree(library, tmp_path / "busy"))
    for number in range(12):
        (tmp_path / f"{number}.txt").write_text(
            f"Bulletin {number}.\n\nThe ferry number {number} reached Basra.\n", encoding="utf-8"
        )
    done = threading.Event()

    def add() -> None:
        with Assistant(folder, lock_wait=60) as assistant:
            for number in range(12):
                assistant.ingest([tmp_path / f"{number}.txt"])
        done.set()

    writer = threading.Thread(target=add)
    writer.start()
    sizes = []
    with Assistant(folder, lock_wait=60) as assistant:
        last = False
        while not last:
            last = done.is_set()
            before = len(assistant.articles())
            target = tmp_path / f"{len(sizes)}.sanad"
            assistant.export(target)
            with new(tmp_path / f"restored{len(sizes)}", library) as restored:
                restored.restore(target)
                assert restored.problems() == []
                sizes.append(len(restored.articles()))
                assert before <= sizes[-1] <= len(assistant.articles())
    writer.join()
    assert sizes[-1] == 17


def test_what_is_exported_is_one_moment(library: Path, tmp_path: Path) -> None:
    """A change after the export is not in it, and a change that waits in the log is."""
    shutil.copytree(library, tmp_path / "busy")
    article = tmp_path / "late.txt"
    article.write_text("Bakers in Ghent\n\nThe bakers of Ghent raised the price of bread on Monday.\n", encoding="utf-8")
    with Assistant(tmp_path / "busy") as assistant:
        before = len(assistant.articles())
        assistant.ingest([article])
        assistant.export(tmp_path / "one.sanad")
        assistant.remove([assistant.articles()[0].article_id])
    with Assistant(tmp_path / "new") as restored:
        restored.restore(tmp_path / "one.sanad")
        assert len(restored.articles()) == before + 1


@given(data=st.data())
@settings(max_examples=60)
def test_one_changed_byte_is_refused(exported: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whichever byte of the file has another value, nothing is imported and nothing is left."""
    content = bytearray(exported.read_bytes())
    near_the_start = st.integers(0, 90)
    at = data.draw(st.one_of(near_the_start, st.integers(0, len(content) - 1)))
    content[at] ^= data.draw(st.integers(1, 255))
    place = tmp_path_factory.mktemp("flipped")
    (place / "bad").write_bytes(content)
    with Assistant(place / "new") as assistant, pytest.raises((LibraryDamaged, LibraryTooNew), match="bad"):
        assistant.restore(place / "bad")
    assert not [path for path in (place / "new").rglob("*") if path.suffix != "" or path.name.startswith(".sanad")]
    shutil.rmtree(place)


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"", LibraryDamaged, "not a backup"),
        (b"some text\n", LibraryDamaged, "not a backup"),
        (_sealed(b"", version=2), LibraryTooNew, "newer version"),
        (_sealed(b"no archive"), LibraryDamaged, "no archive"),
        (_sealed(_zipped(other=b"")), LibraryDamaged, "something else"),
        (_sealed(_zipped(**{"library.db": b"", "../own.tsv": b""})), LibraryDamaged, "something else"),
        (_sealed(_zipped(**{"library.db": b"", "..\\own.tsv": b""})), LibraryDamaged, "something else"),
        (_sealed(_zipped(**{"library.db": b"", "/tmp/own.tsv": b""})), LibraryDamaged, "something else"),
        (_sealed(_zipped(**{"library.db": b"", "run.py": b""})), LibraryDamaged, "something else"),
        (_sealed(_zipped(**{"library.db": b"not a database at all, by any means"})), LibraryDamaged, "not a Sanad library"),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes, kind: type[AssistantError], says: str) -> None:
    """Another file, another version, or members that we never write: one line, and no library."""
    (tmp_path / "file").write_bytes(content)
    with Assistant(tmp_path / "new") as assistant, pytest.raises(kind, match=says):
        assistant.restore(tmp_path / "file")
    assert not (tmp_path / "new" / "library.db").exists()


def test_nothing_is_overwritten(library: Path, exported: Path) -> None:
    """Neither a library by an import nor a file by an export; a missing file is named."""
    with Assistant(library) as assistant:
        with pytest.raises(ConfigurationError, match="already"):
            assistant.restore(exported)
        with pytest.raises(ConfigurationError, match="exists already"):
            assistant.export(exported)
    with Assistant(library.parent / "none") as assistant, pytest.raises(ConfigurationError, match="no file"):
        assistant.restore(exported.parent / "missing")


def test_a_disk_without_room(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would not fit is refused before anything is written."""
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with Assistant(tmp_path / "new") as assistant, pytest.raises(DiskFull, match="needed"):
        assistant.restore(exported)
    assert not (tmp_path / "new" / "library.db").exists()
