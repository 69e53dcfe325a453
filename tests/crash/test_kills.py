"""Kills: whatever a process was doing when it was killed, the next one finds everything acknowledged, and heals by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import chroma_server
import pytest
from crash.kills import FILES, WORK, Kills
from crash.machine import machine
from crash.nursery import Nursery, possible
from crash.points import POINTS, Point, resolve
from crash.server import ServerKills
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

pytestmark = pytest.mark.skipif(not possible, reason="needs a system where processes can be forked and their threads counted")

# `make crash` does all of it: every point, and sixty moments. Here each kind of step is there once.
OFTEN = [point for point in POINTS if not point.seldom]
EXAMPLES = int(os.environ.get("SANAD_CRASH_EXAMPLES", "4"))  # read before the tests' own environment begins
BY_NAME = {point.name: point for point in POINTS}


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery")) as made:
        yield made


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crash")


# -- fault points -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_a_fault_point_names_something_of_the_product(point: Point) -> None:
    """A function that was renamed or removed takes its fault points with it, loudly."""
    assert resolve(point.where)


def test_a_fault_point_that_is_gone_is_an_error() -> None:
    """Neither a missing class nor a missing function passes in silence."""
    with pytest.raises(LookupError, match="out of date"):
        resolve("assistant.seal:Seel.write")
    with pytest.raises(LookupError, match="out of date"):
        resolve("assistant.seal:Seal.wrote")


@pytest.mark.parametrize("doing", sorted(WORK))
def test_work_comes_to_every_one_of_its_fault_points(nursery: Nursery, place: Path, doing: str) -> None:
    """A point that nothing comes to would be survived every time."""
    with nursery.fork() as child:
        reached = Kills(nursery, place).reached(child, doing)
    assert {point.name for point in POINTS if point.doing == doing} <= set(reached)


@pytest.mark.parametrize("point", OFTEN, ids=lambda point: point.name)
def test_killed_at_a_fault_point(nursery: Nursery, place: Path, point: Point) -> None:
    """Nothing acknowledged is lost, nothing half is seen, nothing is there twice, and the same command completes."""
    first = ("ask", "again")[OFTEN.index(point) % 2]
    assert Kills(nursery, place).at(point, first=first).faults == []


# -- moments ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_killed_at_a_random_moment(nursery: Nursery, place: Path, seed: str) -> None:
    """The same in the midst of mixed work; the second and third go on with the library of the one before."""
    assert Kills(nursery, place / "moments").at_random(seed, size=8, steps=6).faults == []


@pytest.mark.parametrize("file", FILES[:2])
def test_killed_while_a_vector_file_is_written(nursery: Nursery, place: Path, file: str) -> None:
    """Chroma cannot read what is left then; the library can."""
    assert Kills(nursery, place / "files").at_the_writing_of(file, file, size=8, steps=4).faults == []


def test_a_chroma_server_is_killed(nursery: Nursery, place: Path, tmp_path: Path) -> None:
    """While vectors are written there, and at a step of ours with vectors there: started again, everything is found."""
    with chroma_server.running(tmp_path) as server:
        kills = ServerKills(nursery, place, server, tmp_path)
        assert kills.server_killed("a", written=True, size=8).faults == []
        assert kills.at(BY_NAME["a draft with some of the passages"]).faults == []


# -- histories --------------------------------------------------------------------------------------------------------


def test_a_library_is_what_a_dictionary_says(nursery: Nursery, place: Path) -> None:
    """Ingesting, changing, removing, rebuilding, asking, restarting, killing and damaging, in any order."""
    few = settings(
        max_examples=EXAMPLES,
        stateful_step_count=12,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine(nursery, place / "histories"), settings=few)


# -- that all this could fail -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "point", "says"),
    [
        ("no_transactions", "in the transaction that publishes", "is there as version 2 and as version 0"),
        ("one_lost", "a new library without articles", "after doing it again there is"),
        ("nothing_finished", "published", "still has"),
        ("nothing_scrubbed", "removed, traces left", "still has"),
        ("nothing_swept", "an import unpacked", "left over"),
        ("old_ones_stay", "seal closed, traces left", "the vector index holds 50 passages, the truth 45"),
    ],
)
def test_a_fault_of_the_product_is_noticed(nursery: Nursery, tmp_path: Path, fault: str, point: str, says: str) -> None:
    """With a deliberate fault in the killed process and in the next one, something is said."""
    assert says in " ".join(Kills(nursery, tmp_path, spoilt=fault).at(BY_NAME[point]).faults)


def test_files_that_end_the_process_are_noticed(nursery: Nursery, tmp_path: Path) -> None:
    """Random bytes in a vector file are no harm, unless nobody looks before Chroma maps it."""
    assert Kills(nursery, tmp_path).damaged("vector file of random bytes").faults == []
    spoilt = Kills(nursery, tmp_path, spoilt="nothing_sealed").damaged("vector file of random bytes")
    assert "the next process could not go on: the child" in " ".join(spoilt.faults)


def test_a_process_that_is_not_killed_is_noticed(nursery: Nursery, tmp_path: Path) -> None:
    """A point that is never reached is a fault of the run."""
    elsewhere = Point("published", BY_NAME["published"].where, "after", "export")
    assert "it never came there" in " ".join(Kills(nursery, tmp_path).at(elsewhere).faults)
