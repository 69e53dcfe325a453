"""Folders to work in: gone afterwards, and after a kill with the next one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import UnknownArticle
from assistant.library import Library
from assistant.pipeline import Assistant
from assistant.workshop import alive, sweep, workshop

NEWS = "Bakers in Ghent\n\nThe bakers of Zwalmgent raised the price of bread on Monday.\n"


@pytest.fixture
def dead() -> int:
    """The number of a process that has just ended, so that no other has it yet."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def left_by(process: int, folder: Path) -> Path:
    """A workshop in `folder` as that process would have left it when it was killed."""
    with workshop(folder) as mine:
        name = mine.name.replace(f"-{os.getpid()}-", f"-{process}-")
    place = folder / name
    place.mkdir()
    (place / "library.db").write_text("a copy")
    return place


def test_nothing_of_it_stays(tmp_path: Path) -> None:
    """The folder around it is made, and what was made in it is gone, after an error too."""
    with workshop(tmp_path / "new") as place:
        (place / "file").write_text("text")
        assert place.parent == tmp_path / "new"
    with pytest.raises(KeyError), workshop(tmp_path / "new"):
        raise KeyError
    assert list((tmp_path / "new").iterdir()) == []


def test_what_killed_processes_left_is_swept(tmp_path: Path, dead: int) -> None:
    """Theirs goes; that of a living process, of another machine, or what is called otherwise, stays."""
    theirs, ours = left_by(dead, tmp_path), left_by(os.getpid(), tmp_path)
    elsewhere = tmp_path / f".sanad-0000abcd-{dead}-x"
    other = tmp_path / ours.name.replace(str(os.getpid()), "no-number")
    for folder in (elsewhere, other):
        folder.mkdir()
    sweep(tmp_path)
    assert not theirs.exists()
    assert set(tmp_path.iterdir()) == {ours, elsewhere, other}


def test_who_lives(dead: int) -> None:
    """A process of one's own and that of somebody else live; one that ended does not, nor does a number there cannot be."""
    assert alive(os.getpid())
    assert alive(1)
    assert not alive(dead)
    assert not alive(2**80)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of one article about Zwalmgent and one more."""
    place = tmp_path_factory.mktemp("original")
    (place / "one.txt").write_text(NEWS, encoding="utf-8")
    (place / "two.txt").write_text(NEWS.replace("Zwalmgent", "Bree"), encoding="utf-8")
    with Assistant(place / "library") as assistant:
        assistant.ingest([place / "one.txt", place / "two.txt"])
    return place / "library"


@pytest.fixture
def library(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "library"))


def test_the_next_export_and_import_sweep(library: Path, tmp_path: Path, dead: int) -> None:
    """A copy of a library that a killed export or import left lies about no longer than that."""
    here, there = tmp_path / "backups", tmp_path / "new"
    left = [left_by(dead, folder) for folder in (here, there)]
    with Assistant(library) as assistant, Assistant(there, embedder=assistant._embedder) as other:
        assistant.export(here / "news.sanad")
        other.restore(here / "news.sanad")
    assert not any(place.exists() for place in left)


def test_a_library_that_is_mended_is_tidied(library: Path, dead: int) -> None:
    """What a killed import or creation left when the library was there already goes when the next one to ask mends it."""
    place = left_by(dead, library)
    draft = library / "library.db.new"
    os.link(library / "library.db", draft)
    (library / "seal.json").unlink()
    with Assistant(library) as assistant:
        assert assistant.search("Zwalmgent")
        assert assistant.problems() == []
    assert not place.exists()
    assert not draft.exists()


def test_a_draft_of_a_killed_rebuild_goes_with_the_next_change(library: Path, tmp_path: Path) -> None:
    """It holds words of what may be removed; one change is enough, whatever it is."""
    draft = library / "draft-left"
    (draft / "lexical").mkdir(parents=True)
    (tmp_path / "three.txt").write_text(NEWS.replace("Zwalmgent", "Lier"), encoding="utf-8")
    with Assistant(library) as assistant:
        assistant.search("Zwalmgent")
        assert draft.exists()
        assistant.ingest([tmp_path / "three.txt"])
    assert not draft.exists()


@pytest.mark.parametrize("step", ["scrub", "_drop"])
def test_a_removal_that_was_cut_off_and_is_asked_for_again_leaves_no_trace(
    library: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The second time there is no such article any more; the file was rewritten without it then, too."""
    with Assistant(library) as assistant:
        wanted = assistant.search("Zwalmgent")[0].passage.source.article_id
        with monkeypatch.context() as patch:
            patch.setattr(Library, step, _stop)
            with pytest.raises(KeyboardInterrupt):
                assistant.remove([wanted])
    with Assistant(library) as assistant:
        with pytest.raises(UnknownArticle):
            assistant.remove([wanted])
        assert len(assistant.articles()) == 1
        with assistant._browsing() as mended:
            assert not mended.catalogue.traces


def _stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
