"""The vector index: ours in, ours out, and never an empty one in place of a missing one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from assistant import vectors
from assistant.errors import DiskFull, LibraryDamaged, LibraryNotWritable
from assistant.protocols import Vectors
from assistant.types import Filters, Passage, Source
from assistant.vector_server import VectorServer
from assistant.vectors import Server, VectorIndex

NOBODY = Filters()
AXES: Vectors = np.eye(4, dtype=np.float32)


def passage(article: str, language: str = "fa", **known: object) -> Passage:
    return Passage(f"{article}-0", Source(article, language=language, **known), "x", 0, 1)  # type: ignore[arg-type]


@pytest.fixture
def index(tmp_path: Path, vectors_in: str, request: pytest.FixtureRequest) -> Iterator[VectorIndex]:
    """An index of three passages, in a folder and on a server."""
    server = None
    if vectors_in == "folder":
        made = VectorIndex(tmp_path / "chroma", create=True)
    else:
        server = Server(VectorServer(request.getfixturevalue("chroma").url, timeout=30))
        made = server.create("somebody")
    known = [
        passage("a", publisher="ایسنا", published=date(2016, 12, 18)),
        passage("b", "ar", publisher="سانا", published=date(2021, 11, 25)),
        passage("c", "en"),
    ]
    made.add(known, AXES[:3])
    yield made
    made.close()
    if server is not None:
        server.sweep("somebody", keep="")
        server.close()


def test_the_nearest_come_first_with_their_cosines(index: VectorIndex) -> None:
    """Similarity is the cosine, best first."""
    query = np.array([0.8, 0.6, 0, 0], dtype=np.float32)
    found = index.search(query, filters=NOBODY, limit=2)
    assert [name for name, _ in found] == ["a-0", "b-0"]
    assert [score for _, score in found] == pytest.approx([0.8, 0.6], abs=1e-5)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(languages=("ar",)), {"b-0"}),
        (Filters(publishers=("ايسنا",)), {"a-0"}),
        (Filters(articles=("a", "c")), {"a-0", "c-0"}),
        (Filters(since=date(2017, 1, 1)), {"b-0"}),
        (Filters(until=date(2017, 1, 1)), {"a-0"}),
        (Filters(since=date(2016, 12, 18), until=date(2016, 12, 18), languages=("fa",)), {"a-0"}),
        (Filters(languages=("he",)), set()),
    ],
)
def test_filters_restrict(index: VectorIndex, filters: Filters, expected: set[str]) -> None:
    """Language, outlet in any spelling, article and day; an unknown day is outside every range."""
    assert {name for name, _ in index.search(AXES[3], filters=filters, limit=10)} == expected


def test_adding_again_replaces(index: VectorIndex) -> None:
    """A passage has one vector, the last."""
    index.add([passage("a")], AXES[3:])
    assert index.count() == 3
    assert index.search(AXES[3], filters=NOBODY, limit=1)[0] == ("a-0", pytest.approx(1.0, abs=1e-5))


def test_deleting_leaves_nothing_to_find(index: VectorIndex) -> None:
    """A deleted article is in no result; deleting nothing is fine."""
    index.delete([])
    index.delete(["a", "c"])
    assert index.count() == 1
    assert [name for name, _ in index.search(AXES[0], filters=NOBODY, limit=10)] == ["b-0"]


def test_more_than_one_batch_is_written(index: VectorIndex) -> None:
    """Chroma takes some thousands at a time; an article of any length goes in."""
    many = [Passage(f"z-{n}", Source("z"), "x", n, n + 1) for n in range(6_000)]
    index.add(many, np.tile(AXES[3], (6_000, 1)))
    assert (index.count(), len(index.ids())) == (6_003, 6_003)


@pytest.mark.vectors_in_the_folder
def test_it_is_there_after_reopening(index: VectorIndex, tmp_path: Path) -> None:
    """What was added is read by the next one to open the folder."""
    index.close()
    again = VectorIndex(tmp_path / "chroma")
    assert again.count() == 3
    again.close()


def test_a_missing_index_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    """Nothing is created in its place."""
    with pytest.raises(LibraryDamaged, match="sanad rebuild"):
        VectorIndex(tmp_path / "chroma")
    assert not (tmp_path / "chroma").exists()


@pytest.mark.vectors_in_the_folder
def test_a_broken_index_says_what_to_do(index: VectorIndex, tmp_path: Path) -> None:
    """A file that is no database is an error of ours, in one line."""
    index.close()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"not a database" * 100)
    with pytest.raises(LibraryDamaged, match="sanad rebuild") as caught:
        VectorIndex(tmp_path / "chroma")
    assert "\n" not in str(caught.value)


@pytest.mark.vectors_in_the_folder
@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("error returned from database: (code: 13) database or disk is full", DiskFull),
        ("(code: 8) attempt to write a readonly database", LibraryNotWritable),
        ("Permission denied (os error 13)", LibraryNotWritable),
        ("Error loading hnsw index\nmore", LibraryDamaged),
    ],
)
def test_what_chroma_says_becomes_an_error_of_ours(index: VectorIndex, reason: str, kind: type[Exception]) -> None:
    """Full disk, no permission and damage are told apart."""
    error = index._error(RuntimeError(reason))
    assert type(error) is kind
    assert "\n" not in str(error)


def test_chroma_is_asked_for_nothing_that_could_build_a_function() -> None:
    """Its `configuration` and `schema` build what a collection names, its `reset` empties everything: we use none of them."""
    tree = ast.parse(Path(vectors.__file__).read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert used & {"configuration", "schema", "reset", "HttpClient", "app"} == set()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [call for call in calls if ast.unparse(call.func).endswith(("_client.create_collection", "_client.get_collection"))]
    named += [call for call in calls if ast.unparse(call.func) == "Collection"]
    assert len(named) == 3
    for call in named:
        assert "embedding_function=None" in ast.unparse(call)
