"""Our own sets of passages: parallel in three languages, and finding and quoting in them not worse than the baseline."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assistant.lexicon import Lexicon
from evals import floors, outside
from evals.commands.sets import OWN
from evals.quotes import quoted, quoting
from evals.retrieval import ranks, recall

LEXICON = Lexicon.open()
BASELINES = OWN.parent / "baselines"
LANGUAGES = ("ar", "en", "fa")


@cache
def rows_of(measure: str, name: str) -> list[Any]:
    """What was measured of each question of a set."""
    questions = outside.load(OWN, name)
    return list((ranks if measure == "retrieval" else quoted)(questions, lexicon=LEXICON))


def test_the_sets_are_parallel() -> None:
    """The same passages and questions in each language; every answer stands in its passage."""
    sets = {name: outside.load(OWN, name) for name in outside.names(OWN)}
    assert tuple(sets) == LANGUAGES
    for name, found in sets.items():
        texts = {passage.id: passage.text for passage in found.passages}
        assert {passage.id.partition("-")[2] for passage in found.passages} == {p.id.partition("-")[2] for p in sets["fa"].passages}
        assert {question.id.replace(f"-{name}-", "-fa-") for question in found.questions} == {q.id for q in sets["fa"].questions}
        for question in found.questions:
            assert question.passages <= texts.keys(), question.id
            assert any(answer in texts[passage] for answer in question.answers for passage in question.passages), question.id


@pytest.mark.parametrize("measure", ["retrieval", "quotes"])
@pytest.mark.no_cover
def test_they_are_found_and_quoted_as_well_as_before(measure: str) -> None:
    """No figure of any set lies surely a point below the committed baseline."""
    measured = {name: rows_of(measure, name) for name in LANGUAGES}
    gaps = floors.beside(floors.load(BASELINES / f"{measure}.json"), measured)
    assert floors.regressions(gaps) == []


@pytest.mark.parametrize(("name", "at_5", "shown"), [("ar", 0.92, 0.62), ("en", 0.90, 0.62), ("fa", 0.91, 0.58)])
@pytest.mark.no_cover
def test_floors(name: str, at_5: float, shown: float) -> None:
    """Whatever the baseline says: the right passage among the first five, and its answer in the quotes."""
    found = recall(name, rows_of("retrieval", name)).at_5.mean
    told = quoting(name, rows_of("quotes", name)).any.mean
    assert (found >= at_5, told >= shown) == (True, True), (found, told)


@pytest.mark.no_cover
def test_a_baseline_keeps_other_sets(tmp_path: Path) -> None:
    """Accepting one set leaves those of others as they are."""
    rows = [row for row in rows_of("retrieval", "fa") if row.pair == "fa-fa"]
    for name in ("one", "two"):
        floors.keep(tmp_path / "b.json", {name: rows})
    kept = floors.load(tmp_path / "b.json")
    assert set(kept) == {"one", "two"}
    assert floors.beside(kept, {"one": rows})[("one", "at 5")].mean == 0.0
