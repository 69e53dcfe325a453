"""Libraries of every release: each opens, answers and goes on, or says in one line what makes it do so."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.embedding import EmbeddedEmbedder
from assistant.errors import LibraryMismatch, LibraryTooNew
from assistant.pipeline import Assistant
from assistant.protocols import Vectors
from assistant.splitting import SPLITTER

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ROOT / "tests" / "fixtures" / "libraries"
RELEASES = sorted(path.name for path in LIBRARIES.iterdir())
ANOTHER = """---
title: قطار تازهٔ خلیج
publisher: روزنامهٔ کوهستان
published: 2024-07-01
language: fa
---
قطار تازهٔ خلیج روز دوشنبه با یازده واگن به راه افتاد.
"""


@dataclass(frozen=True)
class Kept:
    """A library of a release in a folder of the test's own, and what is known of it."""

    folder: Path
    about: dict[str, Any]

    def made_with_the_model_of(self, assistant: Assistant) -> bool:
        """Whether the model that embeds today made it."""
        return (self.about["embedding"], self.about["dimension"]) == (assistant._embedder.name, assistant._embedder.dimension)

    def finds_what_it_found(self, assistant: Assistant) -> None:
        """Each of its questions is answered with the quote that its own version gave first."""
        for question, quotes in self.about["quotes"].items():
            assert quotes[0] in [citation.quote for citation in assistant.ask(question).citations]


class Tomorrow(EmbeddedEmbedder):
    """The embedded embedder as a later version may have it."""

    name = "embedded-tomorrow"
    dimension = 96

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = super().embed(texts)[:, : self.dimension] + np.float32(0.01)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


class Otherwise(EmbeddedEmbedder):
    """The embedded embedder, as if it had embedded otherwise under its name."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors: Vectors = super().embed([text[::-1] for text in texts])
        return vectors


@pytest.fixture(params=[(release, form) for release in RELEASES for form in ("folder", "export")], ids="-".join)
def kept(request: pytest.FixtureRequest, tmp_path: Path, made: Path) -> Kept:
    """The library of each release, as it lay on a disk and as it was exported."""
    release, form = request.param
    place, folder = LIBRARIES / release, tmp_path / "library"
    folder.mkdir()
    shutil.copy(made / "lexicon.json", folder)  # it takes a second to make
    if form == "folder":
        with zipfile.ZipFile(place / "library.zip") as archive:
            archive.extractall(folder)
    else:
        with Assistant(folder) as assistant:
            assistant.restore(place / "library.sanad")
    return Kept(folder, json.loads((place / "about.json").read_text(encoding="utf-8")))


def truth(folder: Path) -> bytes:
    return (folder / "library.db").read_bytes()


def goes_on(kept: Kept, assistant: Assistant) -> None:
    """It answers, takes articles in, gives them up, and is in order."""
    kept.finds_what_it_found(assistant)
    news = kept.folder.parent / "news.md"
    news.write_text(ANOTHER, encoding="utf-8")
    assert assistant.ingest([news]).added == 1
    answer = assistant.ask("قطار تازهٔ خلیج چند واگن دارد؟")
    assert any("یازده واگن" in citation.quote for citation in answer.citations)
    assistant.remove([answer.citations[0].source.article_id])
    kept.finds_what_it_found(assistant)
    assert assistant.rebuild() == assistant.status().passages
    kept.finds_what_it_found(assistant)
    assert assistant.problems() == []


def test_it_opens_and_goes_on(kept: Kept) -> None:
    """Its articles are all there; it answers at once, or after the one command that its refusal names."""
    with Assistant(kept.folder) as assistant:
        assert [source.article_id for source in assistant.articles()] == kept.about["articles"]
        assert assistant.status().embedding == kept.about["embedding"]
        if not kept.made_with_the_model_of(assistant):
            refused(kept, assistant)
        elif kept.about["splitter"] != SPLITTER:
            kept.finds_what_it_found(assistant)
            assert "sanad rebuild --embed" in str(assistant.status().advice)
            assistant.rebuild(embed=True)
        goes_on(kept, assistant)
        assert assistant.status().advice is None


def refused(kept: Kept, assistant: Assistant) -> None:
    """Asking says what to do and touches nothing; having done it, one may ask."""
    before = truth(kept.folder)
    with pytest.raises(LibraryMismatch, match="`sanad rebuild --embed`") as caught:
        assistant.ask(next(iter(kept.about["quotes"])))
    assert (caught.value.exit_code, "\n" in str(caught.value)) == (6, False)
    assert truth(kept.folder) == before
    assert assistant.rebuild(embed=True) > 0


def test_a_model_of_tomorrow(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the embedded model and the splitter change, the library is refused, then embedded and split anew, then goes on."""
    monkeypatch.setattr("assistant.pipeline.EmbeddedEmbedder", Tomorrow)
    monkeypatch.setattr("assistant.library.SPLITTER", "tomorrow's")
    with Assistant(kept.folder) as assistant:
        assert "sanad rebuild --embed" in str(assistant.status().advice)
        refused(kept, assistant)
        status = assistant.status()
        assert (status.embedding, status.dimension, status.advice) == (Tomorrow.name, 96, None)
        goes_on(kept, assistant)


def test_vectors_of_the_same_name_that_differ(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Had an old release embedded otherwise under today's name, its canaries would tell."""
    monkeypatch.setattr("assistant.pipeline.EmbeddedEmbedder", Otherwise)
    with Assistant(kept.folder) as assistant:
        refused(kept, assistant)
        assert assistant.problems() == []


CALLS: dict[str, Callable[[Assistant], object]] = {
    "ask": lambda assistant: assistant.ask("چه شد؟"),
    "ingest": lambda assistant: assistant.ingest_seeds(),
    "rebuild": lambda assistant: assistant.rebuild(embed=True),
    "articles": lambda assistant: assistant.articles(),
}


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_before_the_format_is_left_alone(
    release: str, tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a version that knows only formats before its own, a library is too new: exit code 7, and not a byte of it changes."""
    with zipfile.ZipFile(LIBRARIES / release / "library.zip") as archive:
        archive.extractall(tmp_path)
    shutil.copy(made / "lexicon.json", tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr("assistant.catalogue.FORMAT", 0)
    with Assistant(tmp_path) as assistant:
        for call in CALLS.values():
            with pytest.raises(LibraryTooNew, match="update Sanad") as caught:
                call(assistant)
            assert caught.value.exit_code == 7
    assert {path: path.read_bytes() for path in before} == before
    assert {path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "lock"} == before.keys()


def test_every_release_left_a_library() -> None:
    """Each version of the changelog that is out has its folder, and each folder its three files and no more than 300 kB."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    out = re.findall(r"^## (\d[\w.]*)(?! \(unreleased\))$", changelog, re.MULTILINE)
    assert set(out) <= set(RELEASES)
    for release in RELEASES:
        files = list((LIBRARIES / release).iterdir())
        assert {file.name for file in files} == {"about.json", "library.sanad", "library.zip"}
        assert sum(file.stat().st_size for file in files) < 300_000


def test_the_next_one_is_made_by_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`scripts/make_library_fixture.py` makes the folder of a release once, and never again."""
    script = ROOT / "scripts" / "make_library_fixture.py"
    main = runpy.run_path(str(script))["main"]
    assert main(["--version", "9.9", "--into", str(tmp_path)]) == 0
    about = json.loads((tmp_path / "9.9" / "about.json").read_text(encoding="utf-8"))
    assert about["splitter"] == SPLITTER
    assert all(about["quotes"].values())
    before = {path.name: path.read_bytes() for path in (tmp_path / "9.9").iterdir()}
    assert before.keys() == {"about.json", "library.sanad", "library.zip"}
    assert main(["--version", "9.9", "--into", str(tmp_path)]) == 1
    assert "never made anew" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "9.9").iterdir()} == before
