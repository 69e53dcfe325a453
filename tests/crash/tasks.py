"""What a child of the nursery can be told to do."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from crash import breakages, points, world
from crash import check as checking
from crash.ledger import Step
from crash.news import Piece
from crash.points import POINTS
from crash.world import World

_worlds: list[World] = []  # the one this child works on


def get_ready(*, small: bool) -> None:
    """Load everything. `small`: vectors go to Chroma eight at a time, and it writes its files every 20 of them and not 100."""
    world.warm()
    if small:
        from assistant import vectors

        for configuration in (vectors._IN_A_FOLDER, vectors._COSINE):
            configuration["hnsw"] = {"space": "cosine", "sync_threshold": 20}
        _few_at_a_time(vectors.VectorIndex)


def _few_at_a_time(kind: Any) -> None:
    original = kind.__init__

    def opened(self: Any, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        self._batch = 8

    kind.__init__ = opened


def end() -> None:
    """What a child does when nothing more is asked of it."""
    for one in _worlds:
        one.close()


def _world(root: str, server: str | None = None) -> World:
    if not _worlds:
        _worlds.append(World(Path(root), server))
    return _worlds[0]


def step(root: str, step: Step, point: str | None = None, server: str | None = None) -> None:
    """Do one step, with its entries in the ledger; die on the way if a fault point is named."""
    here = _world(root, server)
    if point is not None:
        points.arm(next(one for one in POINTS if one.name == point), points.die)
    here.attempt(step)


def work(root: str, seed: str, steps: int, size: int, server: str | None = None) -> None:
    """Do that many steps of a script, with their entries in the ledger."""
    here = _world(root, server)
    model, _, pending = here.ledger.read()
    assert pending is None
    exports = sorted(model.exports.keys() - model.imports.keys())
    for one in islice(world.script(seed, model.live, exports, size=size), steps):
        here.attempt(one)


def check(root: str, first: str = "ask", every: bool = True, server: str | None = None) -> dict[str, Any]:
    """What is to be said about the world after a crash."""
    return asdict(checking.check(Path(root), first=first, every=every, server=server))


def reach(root: str, step: Step) -> list[str]:
    """Do a step; the names of all fault points it comes to, of whatever work they are."""
    reached: list[str] = []
    for point in POINTS:
        points.arm(point, partial(reached.append, point.name))
    _world(root).do(step)
    return reached


def alone(root: str) -> str:
    """What Chroma by itself makes of the files that a killed process left, of which it gets a copy."""
    return checking.alone(Path(root))


def spoil(name: str) -> None:
    """Put a fault into the product, in this process."""
    breakages.spoil(name)


# -- for the state machine --------------------------------------------------------------------------------------------


def heal(root: str, server: str | None = None) -> dict[int, int]:
    """Ask one question after a crash; which version of each article is seen then."""
    here = _world(root, server)
    model, _, _ = here.ledger.read()
    faults: list[str] = []
    checking.heal(here, model.live)
    seen = checking.seen(here, faults)
    assert not faults, faults
    return seen


def settle(root: str, done: bool, server: str | None = None) -> None:
    """Write down what has become of the step that was cut off; the files of its articles are made to be so too."""
    here = _world(root, server)
    _, _, pending = here.ledger.read()
    here.ledger.settle(done=done)
    model, _, _ = here.ledger.read()
    assert pending is not None
    for number in [number for number, _ in pending.get("pieces", ())] + list(pending.get("numbers", ())):
        if number in model.live:
            Piece(number, model.live[number]).publish(here.news)
        else:
            Piece(number).place(here.news).unlink(missing_ok=True)


def look(root: str, live: list[list[int]], asked: list[int], server: str | None = None) -> list[str]:
    """What is wrong with a library that should hold exactly this."""
    here = _world(root, server)
    there = dict(live)
    if there:
        checking.heal(here, there)
    faults: list[str] = []
    seen = checking.seen(here, faults)
    if seen != there:
        faults.append(f"there is {seen} and should be {there}")
    return [*faults, *checking.whole(here.opened, here, there, asked)]


def answers(root: str, asked: list[int], server: str | None = None) -> list[str]:
    """What is wrong with the answers of an assistant that stays open."""
    here = _world(root, server)
    model, _, _ = here.ledger.read()
    return list(checking.answers(here.opened, here, model.live, asked))


def left_over(root: str, server: str | None = None) -> list[str]:
    """What is left of work that was cut off before, and of articles that are gone, once something was changed."""
    here = _world(root, server)
    model, _, _ = here.ledger.read()
    return list(checking.left_over(here, model.live))


def look_elsewhere(root: str, name: str, server: str | None = None) -> list[str]:
    """What is wrong with a library that was imported."""
    here = _world(root, server)
    model, _, _ = here.ledger.read()
    return checking.imported(here, name, model.imports[name], required=True)
