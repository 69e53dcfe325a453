"""The derived indexes: damage of any kind is noticed before they are used, and they are made anew without a model."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import chromadb
import numpy as np
import pytest
from waiting import wait_for

from assistant.catalogue import Staged
from assistant.errors import DiskFull, LibraryDamaged, LibraryError, LibraryLocked, LibraryNotWritable
from assistant.indexes import LEXICAL, VECTORS
from assistant.lexical import LexicalIndex
from assistant.library import Library
from assistant.protocols import Vectors
from assistant.splitting import split
from assistant.text import fold
from assistant.types import Article, Concept, Filters, Source
from assistant.vectors import VectorIndex

NOBODY = Filters()
MANY = 1_100  # passages: from a thousand on, Chroma writes its vector files down


class Counting:
    """An embedder of eight dimensions: a number as a direction, the same for every text that holds it."""

    name = "counting"
    dimension = 8

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent

    def embed(self, texts: Sequence[str]) -> Vectors:
        assert not self._silent, "a model was asked"
        numbers = [int("".join(filter(str.isdigit, text)) or 0) for text in texts]
        vectors = np.stack([np.random.default_rng(number).standard_normal(8) for number in numbers]).astype(np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_query(self, text: str) -> Vectors:
        vector: Vectors = self.embed([text])[0]
        return vector


def report(number: int, word: str = "report") -> Staged:
    article = Article(Source(f"{word}-{number}", language="en"), f"The {word} number {number} came on Monday.", f"/{word}/{number}")
    return Staged(article, split(article))


def build(folder: Path, articles: int, word: str = "report") -> Path:
    library = Library.create(folder, Counting())
    library.store([report(number, word) for number in range(articles)])
    library.close()
    return folder


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library large enough that Chroma has written its vector files."""
    return build(tmp_path_factory.mktemp("large") / "library", MANY)


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "library"))


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Library]]:
    """Opens libraries with a model that must not be asked, and closes them in the end."""
    libraries: list[Library] = []

    def open_it(folder: Path) -> Library:
        libraries.append(Library.open(folder, Counting(silent=True)))
        return libraries[-1]

    yield open_it
    for library in libraries:
        library.close()


def answers(library: Library) -> list[list[str]]:
    """What some searches of both indexes find."""
    concept = Concept(fold("report"), {"": ((fold("report"),),)})
    found = [library.indexes.lexical.search([concept], filters=NOBODY, limit=5)]
    found += [library.indexes.vectors.search(vector, filters=NOBODY, limit=1) for vector in Counting().embed(["7", "500", "1099"])]
    return [[name for name, _ in hits] for hits in found]


def state(folder: Path) -> dict[Path, tuple[int, int]]:
    """Size and time of every file, but for Chroma's database, which changes when it is opened, and lock files."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "chroma.sqlite3" and path.suffix != ".lock")
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files if "library.db-" not in path.name}


# -- sound libraries --------------------------------------------------------------------------------------------------


def test_an_index_large_enough_is_sealed_with_its_vector_files(original: Path) -> None:
    """The files Chroma reads unchecked are among those that are checked before it does."""
    sealed = {name.rsplit("/")[-1] for name in (original / "seal.json").read_text().split('"') if name.startswith("chroma/")}
    assert sealed >= {"data_level0.bin", "header.bin", "index_metadata.pickle", "length.bin", "link_lists.bin"}


def test_a_sound_library_is_left_alone(folder: Path, opened: Callable[[Path], Library]) -> None:
    """Opening, checking and searching it changes no file."""
    before = state(folder)
    library = opened(folder)
    assert library.in_step()
    assert library.out_of_step() == []
    assert answers(library)[1:] == [["report-7-0"], ["report-500-0"], ["report-1099-0"]]
    assert state(folder) == before


def test_a_copied_library_is_not_rebuilt(folder: Path, opened: Callable[[Path], Library]) -> None:
    """A copy whose files have other times is recognised by their bytes."""
    for path in folder.rglob("*"):
        os.utime(path, ns=(1, 1))
    before = state(folder)
    assert opened(folder).in_step()
    assert state(folder) == before


# -- damaged ones -----------------------------------------------------------------------------------------------------


# How each file may be broken, and that it is healed, is in test_faults.py.


def vector_file(name: str) -> Callable[[Path], Path]:
    return lambda folder: next((folder / "chroma").glob(f"*/{name}"))


def missing(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def garbage(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(path.stat().st_size))


def test_bytes_that_change_under_the_same_time_are_found_by_looking_at_all(folder: Path, opened: Callable[[Path], Library]) -> None:
    """A failing disk changes no times: a thorough look compares every byte."""
    path = vector_file("data_level0.bin")(folder)
    before = path.stat().st_mtime_ns
    garbage(path)
    os.utime(path, ns=(before, before))
    library = opened(folder)
    assert "files of the vector index are missing or changed" in library.out_of_step()[0]


@pytest.mark.parametrize("index", [LEXICAL, VECTORS])
@pytest.mark.parametrize("articles", [3, MANY])
def test_the_index_of_another_library_is_not_taken_for_ones_own(
    tmp_path: Path, opened: Callable[[Path], Library], index: str, articles: int
) -> None:
    """An index of as many passages from elsewhere is recognised, in small libraries too."""
    mine, theirs = build(tmp_path / "mine", articles), build(tmp_path / "theirs", articles, word="letter")
    shutil.rmtree(mine / index)
    shutil.copytree(theirs / index, mine / index)
    library = opened(mine)
    assert list(library.indexes.faults()) == [index]
    library.mend()
    assert library.in_step()
    assert answers(library)[0][0].startswith("report-")


@pytest.mark.parametrize("old", ["lexical", "chroma", "library.db"])
def test_a_part_brought_back_from_a_backup_is_noticed(tmp_path: Path, opened: Callable[[Path], Library], old: str) -> None:
    """When one part is older than the others, what is derived is made anew from the catalogue that is there."""
    folder = build(tmp_path / "library", 5)
    backup = tmp_path / "backup"
    shutil.copytree(folder, backup)
    library = Library.open(folder, Counting())
    library.store([report(5)])
    library.remove(["report-0"])
    library.close()
    for path in folder.glob(f"{old}*"):
        missing(path)
    (shutil.copytree if (backup / old).is_dir() else shutil.copy)(backup / old, folder / old)
    again = opened(folder)
    assert not again.in_step()
    again.mend()
    assert again.in_step()
    assert again.indexes.lexical.count() == again.indexes.vectors.count() == again.catalogue.count().passages == 5


def test_vectors_of_a_former_model_are_noticed(tmp_path: Path) -> None:
    """The same passages with the vectors another model gave them would be searched in vain."""
    folder = build(tmp_path / "library", 5)
    shutil.copytree(folder / "chroma", tmp_path / "former")
    library = Library.open(folder, Turned())
    library.reembed()
    library.close()
    shutil.rmtree(folder / "chroma")
    shutil.copytree(tmp_path / "former", folder / "chroma")
    again = Library.open(folder, Turned())
    assert list(again.indexes.faults()) == [VECTORS]
    again.mend()
    assert again.in_step()
    again.close()


class Turned(Counting):
    """Another model: its vectors point elsewhere."""

    name = "turned"

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.roll(super().embed(texts), 1, axis=1)


@pytest.mark.parametrize("seal", [None, b"", b"[]", b"{}", b'{"generation": 1, "whole": true, "files": {"a": [1]}}', b"\xff"])
def test_without_a_seal_both_indexes_are_made_anew(tmp_path: Path, opened: Callable[[Path], Library], seal: bytes | None) -> None:
    """A missing or broken seal vouches for nothing."""
    folder = build(tmp_path / "library", 3)
    if seal is None:
        (folder / "seal.json").unlink()
    else:
        (folder / "seal.json").write_bytes(seal)
    library = opened(folder)
    assert set(library.indexes.faults()) == {LEXICAL, VECTORS}
    library.mend()
    assert library.in_step()
    assert set(answers(library)[0]) == {"report-0-0", "report-1-0", "report-2-0"}


def test_vector_files_written_while_a_change_was_killed_are_not_trusted(
    folder: Path, opened: Callable[[Path], Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chroma writes them in place: a kill in that moment leaves files that may end the next process that reads them."""
    library = Library.open(folder, Counting())
    with monkeypatch.context() as patch:
        patch.setattr("assistant.seal.Seal.write", _first_only(library))
        library.store([report(number, "second") for number in range(1_000)])  # enough for Chroma to write them again
    library.close()
    killed = opened(folder)
    assert list(killed.indexes.faults()) == [VECTORS]
    killed.mend()
    assert killed.in_step()
    assert killed.indexes.vectors.count() == MANY + 1_000


def _first_only(library: Library) -> Callable[..., None]:
    """`Seal.write`, of which only the first one reaches the disk, as if the process had ended after it."""
    from assistant.seal import Seal

    real = Seal.write
    done: list[Seal] = []

    def write(seal: Seal, folder: Path) -> None:
        if not done:
            done.append(seal)
            real(seal, folder)

    return write


def test_a_change_that_did_not_touch_the_vector_files_costs_no_rebuild(
    folder: Path, opened: Callable[[Path], Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a change was killed before Chroma wrote them, they are used as they are."""
    library = Library.open(folder, Counting())
    with monkeypatch.context() as patch:
        patch.setattr("assistant.seal.Seal.write", _first_only(library))
        library.store([report(1, "second")])
    library.close()
    before = state(folder / "chroma")
    killed = opened(folder)
    assert killed.indexes.faults() == {}
    killed.mend()
    assert killed.in_step()
    assert state(folder / "chroma") == before
    assert killed.indexes.vectors.count() == MANY + 1


def test_damage_is_not_sealed_by_an_interrupted_mending(
    folder: Path, opened: Callable[[Path], Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that were broken before stay broken in our eyes when their mending is cut off at once."""
    garbage(vector_file("data_level0.bin")(folder))
    with monkeypatch.context() as patch:
        patch.setattr("assistant.indexes.Indexes.make", _stop)
        with pytest.raises(KeyboardInterrupt):
            opened(folder).mend()
    library = opened(folder)
    assert VECTORS in library.indexes.faults()
    assert library.indexes.nearest()._index is None
    library.mend()
    assert library.in_step()


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


# -- the doors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Failed to open file for write: 'IoError { io_error: Custom { kind: StorageFull, error: PathError ... } }'", DiskFull),
        ("No space left on device (os error 28)", DiskFull),
        ("Failed to acquire Lockfile: IoError(Os { code: 13, kind: PermissionDenied, message: ... }). None", LibraryNotWritable),
        ("Read-only file system (os error 30)", LibraryNotWritable),
        ("Failed to acquire Lockfile: LockBusy. Some(\"Failed to acquire index lock ...\")", LibraryLocked),
        ("An index writer was killed.. A worker thread encountered an error\n(io::Error most likely) or panicked.", LibraryDamaged),
        ("Data corrupted: 'Data corruption (in file ...)'", LibraryDamaged),
    ],
)  # fmt: skip
def test_what_tantivy_says_becomes_an_error_of_ours(tmp_path: Path, reason: str, kind: type[LibraryError]) -> None:
    """Full disk, no permission, another writer and damage are told apart, in one line with the way out."""
    index = LexicalIndex(tmp_path / "lexical", create=True)
    with pytest.raises(kind, match=r"free some space|allow|wait for it|sanad rebuild") as caught, index._explained():
        raise ValueError(reason)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("door", ["lexical", "vectors"])
def test_a_writer_that_died_on_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str) -> None:
    """Neither tantivy nor Chroma always tells that the disk is full; the room that is left does."""
    index = LexicalIndex(tmp_path / "lexical", create=True) if door == "lexical" else VectorIndex(tmp_path / "chroma", create=True)
    said = (
        "An index writer was killed."
        if door == "lexical"
        else "Error in compaction: Failed to apply logs to the hnsw segment writer"
    )
    assert isinstance(index._error(ValueError(said)), LibraryDamaged)
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 4096))
    assert isinstance(index._error(ValueError(said)), DiskFull)
    if isinstance(index, VectorIndex):
        index.close()


def test_a_failed_writer_lets_the_next_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an error in the middle of writing, others write at once, even while somebody looks at the traceback."""
    index = LexicalIndex(tmp_path / "lexical", create=True)
    index.add(report(1).passages)
    with monkeypatch.context() as patch:
        patch.setattr("assistant.lexical._document", _broken)
        with pytest.raises(LibraryDamaged) as caught:
            index.add(report(2).passages)
    another = LexicalIndex(tmp_path / "lexical")
    another.add(report(3).passages)
    another.commit()
    index.add(report(4).passages)
    index.commit()
    assert index.count() == 2
    assert caught.traceback


def test_a_question_that_fails_does_not_undo_what_is_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others may ask while a change is written: an error of theirs is theirs alone."""
    index = LexicalIndex(tmp_path / "lexical", create=True)
    index.add(report(1).passages)
    with monkeypatch.context() as patch:
        patch.setattr(index, "_searcher", BrokenSearcher())
        with pytest.raises(LibraryDamaged):
            index.sounding("reporter")
    index.commit()
    assert index.count() == 1


class BrokenSearcher:
    """One whose files cannot be read."""

    def terms_with_prefix(self, *arguments: object, **options: object) -> None:
        raise ValueError("something broke")


def _broken(passage: object) -> None:
    raise ValueError("something broke")


def test_a_missing_full_text_index_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    """Without its list of segments nothing is opened, and nothing made in its place."""
    (tmp_path / "lexical").mkdir()
    with pytest.raises(LibraryDamaged, match="sanad rebuild"):
        LexicalIndex(tmp_path / "lexical")
    assert list((tmp_path / "lexical").iterdir()) == []


def test_waste_counts_what_was_deleted(tmp_path: Path) -> None:
    """Deleted passages are waste until the index is made anew; a list of segments that cannot be read is damage."""
    index = LexicalIndex(tmp_path / "lexical", create=True)
    index.add([passage for number in range(5) for passage in report(number).passages])
    index.commit()
    assert index.waste() == 0
    index.delete(["report-1", "report-3"])
    index.commit()
    assert (index.count(), index.waste()) == (3, 2)
    (tmp_path / "lexical" / "meta.json").write_text("{}")
    with pytest.raises(LibraryDamaged, match="sanad rebuild"):
        index.waste()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts the open files of the process")
def test_a_closed_vector_index_keeps_no_file_open(tmp_path: Path) -> None:
    """A server that reopens its index after every change does not run out of files; closing twice is fine."""
    VectorIndex(tmp_path / "chroma", create=True).close()
    gc.collect()
    gc.disable()
    try:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            index = VectorIndex(tmp_path / "chroma")
            index.count()
            index.close()
            index.close()
        wait_for(lambda: len(os.listdir("/proc/self/fd")) < before + 8)  # Chroma's threads may still be closing the last ones
    finally:
        gc.enable()


def test_closing_one_vector_index_leaves_others_of_the_process_alone(tmp_path: Path) -> None:
    """Two assistants of one program, on the same folder or not, do not close each other's index, nor a client of the user's."""
    theirs = chromadb.PersistentClient(path=str(tmp_path / "theirs"))
    first = VectorIndex(tmp_path / "chroma", create=True)
    first.add(report(1).passages, Counting().embed(["1"]))
    second = VectorIndex(tmp_path / "chroma")
    first.close()
    assert second.count() == 1
    second.close()
    assert theirs.list_collections() == []
    assert chromadb.PersistentClient(path=str(tmp_path / "theirs")).heartbeat() > 0
