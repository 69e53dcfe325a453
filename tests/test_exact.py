"""Search over the truth: the same passages as the index gives, for any filters, in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
from test_library import KEPT, MORE, NEW, OLD, Letters, staged

from assistant.exact import ExactSearch
from assistant.library import Library
from assistant.types import Filters

FILTERS = [
    Filters(),
    Filters(languages=("fa", "en")),
    Filters(publishers=("سانا",)),
    Filters(articles=("old", "kept")),
    Filters(since=date(2016, 12, 18)),
    Filters(until=date(2016, 12, 17)),
    Filters(languages=("he",)),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    made = Library.create(tmp_path_factory.mktemp("exact") / "library", Letters())
    made.store(staged(OLD, KEPT, MORE))
    yield made
    made.close()


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("limit", [1, 2, 60])
def test_it_finds_what_the_index_finds(library: Library, filters: Filters, limit: int) -> None:
    """The same passages in the same order with the same cosines, however few or many there are."""
    exact = ExactSearch(library.catalogue, "letters")
    for text in (OLD.text, "anything else"):
        vector = Letters().embed_query(text)
        expected = library.indexes.vectors.search(vector, filters=filters, limit=limit)
        found = exact.search(vector, filters=filters, limit=limit)
        assert [name for name, _ in found] == [name for name, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-5)


@pytest.mark.parametrize("batch", [1, 2, 3, 4])
def test_blocks_of_any_size_hold_every_passage_once(library: Library, batch: int) -> None:
    """Each passage comes with its own vector; what is not there in another model's vectors is left out."""
    found = {
        name: row
        for names, rows in library.catalogue.vectors_of_passages("letters", batch=batch)
        for name, row in zip(names, rows, strict=True)
    }
    assert sorted(found) == ["kept-0", "more-0", "old-0"]
    assert np.allclose(found["old-0"], Letters().embed_query(OLD.text))
    assert list(library.catalogue.vectors_of_passages("another")) == []


def test_only_what_readers_may_see_is_found(library: Library) -> None:
    """An article that was staged and not published is in no result."""
    library.catalogue.stage(staged(NEW), library.embed(staged(NEW)), "letters", library.catalogue.manifest.created)
    found = ExactSearch(library.catalogue, "letters").search(Letters().embed_query(NEW.text), filters=Filters(), limit=9)
    assert {name for name, _ in found} == {"kept-0", "more-0", "old-0"}
