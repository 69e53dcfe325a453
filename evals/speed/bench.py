"""The measurements: what Sanad costs beside stock parts and beside its parts alone, each doing the same in turn."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from evals.speed import news, ours, stock
from evals.speed.libraries import Ground, Pair
from evals.speed.ratios import Row, Wanted, ratio
from evals.speed.worker import Broken, Took, Worker

__all__ = ["MEASURES", "measured"]

PARTS = ("chroma", "tantivy", "sqlite")
MEGABYTE = 2**20

COLD = Wanted("at most", 0.5)
WARM = Wanted("at most", 1.0)
PARTS_WARM = Wanted("at most", 1.5)
INGEST = Wanted("at least", 2.0)
PARTS_INGEST = Wanted("at least", 0.6)
AGAIN = Wanted("at least", 50.0)
READER = Wanted("at most", 400.0)  # MB
REBUILD = Wanted("at most", 120.0)  # seconds by the clock


def measured(ground: Ground, names: Sequence[str]) -> Iterator[Row]:
    """The rows of these measures, of all of them when none is named."""
    for name in names or MEASURES:
        for row in MEASURES[name](ground):
            yield row if ground.plan.judged else replace(row, wanted=None)


# -- questions ----------------------------------------------------------------------------------------------------------


def cold(ground: Ground) -> Iterator[Row]:
    """A fresh process that answers one question, beside one of the stock parts' that finds its passages."""
    for pair in ground.libraries:
        ground.step(f"cold questions at {pair.passages:,}")
        asked = ground.cold[:1] + ground.cold if ground.plan.judged else ground.cold
        took = [(_asked(ground, pair, question), _found(ground, pair, question)) for question in asked]
        took = took[-len(ground.cold) :]  # at first modules get compiled and files come to memory
        yield _beside("cold ask", pair.passages, "CPU s", [own for own, _ in took], "stock", [other for _, other in took], COLD)


def _asked(ground: Ground, pair: Pair, question: str) -> Took:
    return ground.plan.fresh(*ours.command(pair.ours.folder, question), ground.place, fine=(0, 1))  # 1: it is refused


def _found(ground: Ground, pair: Pair, question: str) -> Took:
    return ground.plan.fresh(*stock.command(pair.stock.folder, question, vectors=ground.cold_vectors), ground.place)


def warm(ground: Ground) -> Iterator[Row]:
    """Questions to open libraries, by each system in turn."""
    for pair in ground.libraries:
        ground.step(f"warm questions at {pair.passages:,}")
        with ExitStack() as stack:
            mine, theirs = stack.enter_context(ground.ours(pair.ours.folder)), stack.enter_context(ground.stock(pair.stock.folder))
            alone = {part: stack.enter_context(ground.alone(part, pair.ours.folder, ground.place / "alone")) for part in PARTS}
            took = _in_turn(ground.rounds, {"ours": mine, "stock": theirs, **alone})
            peaks = [worker.peak() / MEGABYTE for worker in (mine, theirs)]
        yield from _searches(pair, took)
        yield Row("memory of a reader", pair.passages, "MB", peaks[0], "stock", peaks[1], wanted=READER if pair.large else None)


def _in_turn(rounds: Sequence[Sequence[str]], systems: dict[str, Worker]) -> dict[str, list[Took]]:
    """What a question took, in the mean of each round, by what was done; the first round fills caches and is not counted.

    Every other round goes backwards.
    """
    for worker in systems.values():
        worker.do("open", rounds)
    works = [(name, name, "search", 0) for name in systems]
    works += [("ours", "understand", "understand", 0), ("stock", "few", "search_few", 0), ("ours", "ask", "ask", len(rounds) // 2)]
    took: dict[str, list[Took]] = defaultdict(list)
    for number, questions in enumerate(rounds[: len(rounds) // 2]):
        for system, name, what, others in works[:: 1 if number % 2 else -1]:
            one = _did(f"{what} by {system}", systems[system].do(what, number + others))
            took[name].append(_times(one, 1000 / len(questions)))
    return {name: listed[1:] for name, listed in took.items()}


def _searches(pair: Pair, took: dict[str, list[Took]]) -> Iterator[Row]:
    search, at = took["ours"], (pair.passages, "CPU ms")
    parts = [_plus(each) for each in zip(*(took[part] for part in PARTS), strict=True)]
    understood = [
        Took(whole.cpu - part.cpu, whole.wall - part.wall) for whole, part in zip(search, took["understand"], strict=True)
    ]
    yield _beside("search", *at, search, "stock", took["stock"], WARM if pair.large else None)
    yield _beside("search", *at, search, "stock, 10 candidates", took["few"])
    yield _beside("search", *at, search, "its parts", parts, PARTS_WARM if pair.large else None)
    for part in PARTS:
        yield _beside("search", *at, search, f"{part} alone", took[part])
    yield _beside("search, once understood", *at, understood, "its parts", parts)
    yield _beside("whole answer", *at, took["ask"], "stock's search", took["stock"])


# -- taking in ----------------------------------------------------------------------------------------------------------


def ingest(ground: Ground) -> Iterator[Row]:
    """The same articles taken in by each system in turn, and the same once more."""
    took: dict[str, list[Took]] = defaultdict(list)
    for number in range(ground.plan.repeats):
        ground.step(f"taking in, {number + 1} of {ground.plan.repeats}")
        for name, one in _taken(ground, ground.place / f"take-{number}", blindly=number == 0):
            took[name].append(one)
    passages, articles = took["ours"][0].gave, took["again"][0].gave
    speeds = {name: [_per_second(one, one.gave) for one in listed] for name, listed in took.items()}
    made = (passages, "passages a CPU s", speeds["ours"])
    yield _beside("ingest", *made, "stock", speeds["stock"], INGEST)
    slowest = min(PARTS, key=lambda part: sum(speed.cpu for speed in speeds[part]))
    for part in PARTS:
        yield _beside("ingest", *made, f"{part} alone", speeds[part], PARTS_INGEST if part == slowest else None)
    again, blind = (passages, "articles a CPU s"), [_per_second(one, articles) for one in took["blind"]]
    yield _beside("unchanged again", *again, speeds["again"][:1], "stock", blind, AGAIN)
    yield _beside("unchanged again", *again, speeds["again"], "stock, document store", speeds["stock again"])


def _did(what: str, took: Took, wanted: int | None = None) -> Took:
    """What it took, once it is clear that it was done: to do nothing is quick."""
    if not took.gave or (wanted is not None and took.gave != wanted):
        raise Broken(f"{what} gave {took.gave}, not {'something' if wanted is None else wanted}")
    return took


def _taken(ground: Ground, place: Path, *, blindly: bool) -> Iterator[tuple[str, Took]]:
    place.mkdir()
    library = place / "ours"
    with ground.ours(library, writing=True) as mine, ground.stock(place / "stock", writing=True) as theirs:
        taken = _did("taking in", mine.do("take", ground.taken))
        yield "ours", taken
        made, finished = theirs.do("take", ground.taken), theirs.do("finish")
        yield "stock", _did("taking in by stock", Took(made.cpu + finished.cpu, made.wall + finished.wall, finished.gave))
        articles = len(news.read(Path(ground.taken)))
        yield "again", _did("the same again", mine.do("again", ground.taken), articles)
        yield "stock again", _did("the same again by stock", theirs.do("again", ground.taken), articles)
        if blindly:
            yield "blind", theirs.do("blindly", ground.taken)
    for part in PARTS:
        with ground.alone(part, library, place / part) as worker:
            worker.do("prepare")
            yield part, _did(f"{part} alone", worker.do("take"), taken.gave)
    shutil.rmtree(place)


def growth(ground: Ground) -> Iterator[Row]:
    """What libraries of each size took to make, and take on the disk."""
    for pair in ground.libraries:
        cost = [1000 * made.took.cpu / made.passages for made in pair]
        peak = [made.peak / MEGABYTE for made in pair]
        disk = [made.disk / made.passages / 1000 for made in pair]
        yield Row("ingest, in all", pair.passages, "CPU ms a passage", cost[0], "stock", cost[1])
        yield Row("memory of a writer", pair.passages, "MB", peak[0], "stock", peak[1])
        yield Row("disk", pair.passages, "kB a passage", disk[0], "stock", disk[1])


def rebuild(ground: Ground) -> Iterator[Row]:
    """Both indexes of the largest library made anew."""
    pair, made = ground.libraries[-1], ground.rebuilt
    took = _did("making anew", made.took, pair.passages)
    yield Row("rebuild, by the clock", pair.passages, "s", took.wall, wanted=REBUILD if pair.large else None)
    yield Row("rebuild", pair.passages, "CPU ms a passage", 1000 * took.cpu / pair.passages)
    yield Row("memory of rebuild", pair.passages, "MB", made.peak / MEGABYTE)


MEASURES: dict[str, Callable[[Ground], Iterator[Row]]] = {
    "cold": cold,
    "warm": warm,
    "ingest": ingest,
    "growth": growth,
    "rebuild": rebuild,
}


# -- figures ------------------------------------------------------------------------------------------------------------


def _beside(
    what: str,
    passages: int,
    unit: str,
    mine: Sequence[Took],
    beside: str,
    theirs: Sequence[Took],
    wanted: Wanted | None = None,
) -> Row:
    """The row of figures that were measured in pairs."""
    own, other = ([took.cpu for took in listed] for listed in (mine, theirs))
    clock = ratio([took.wall for took in mine], [took.wall for took in theirs])
    return Row(what, passages, unit, sum(own) / len(own), beside, sum(other) / len(other), ratio(own, other), clock, wanted)


def _times(took: Took, factor: float) -> Took:
    return Took(took.cpu * factor, took.wall * factor)


def _plus(parts: Sequence[Took]) -> Took:
    return Took(sum(part.cpu for part in parts), sum(part.wall for part in parts))


def _per_second(took: Took, things: float) -> Took:
    return Took(things / took.cpu, things / took.wall)
