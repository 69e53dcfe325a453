"""Processes are killed at work, and fresh ones look at what they left."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from crash.damage import damage
from crash.ledger import Step
from crash.nursery import PATIENCE, Child, Died, Nursery
from crash.points import Point

__all__ = ["FILES", "WORK", "Kill", "Kills", "prepared", "wait_for"]

WORK: Mapping[str, Step] = {
    "create": {"do": "ingest", "pieces": [[number, 0] for number in range(1, 25)]},
    "change": {"do": "ingest", "pieces": [[1, 2], [2, 2], [5, 2], [25, 0], [26, 0], [27, 0], [28, 0], [30, 0]]},
    "retitle": {"do": "ingest", "pieces": [[3, 1], [10, 1], [11, 1]]},
    "again": {"do": "again", "pieces": [[7, 0], [8, 0]]},
    "remove": {"do": "remove", "numbers": [4, 15]},
    "prune": {"do": "prune", "numbers": [6, 20]},
    "rebuild": {"do": "rebuild"},
    "mend": {"do": "ask", "question": "What did the bakers raise?"},
    "reembed": {"do": "reembed"},
    "resplit": {"do": "resplit", "splitter": "sentences/of another version"},
    "export": {"do": "export", "name": "second"},
    "import": {"do": "import", "name": "first"},
}


FILES = ("data_level0.bin", "index_metadata.pickle", "header.bin", "length.bin", "link_lists.bin")  # of a Chroma index


@dataclass
class Kill:
    """One kill: where, of what work (or what else there is to say), and what a fresh process found afterwards."""

    kind: str
    name: str
    killed: bool
    finding: Mapping[str, Any]
    note: str = ""

    @property
    def faults(self) -> list[str]:
        """What went wrong, one line each."""
        return [*([] if self.killed else ["the process was not killed: it never came there"]), *self.finding["faults"]]


def prepared(nursery: Nursery, place: Path) -> None:
    """Put a small library with an export into `place`, always at the same path: articles are known by the paths of their files."""
    root, base = place / "world", place / "base"
    shutil.rmtree(root, ignore_errors=True)
    if not base.exists():
        with nursery.fork() as child:
            child.do("step", root=str(root), step=WORK["create"])
            child.do("step", root=str(root), step={"do": "export", "name": "first"})
        root.rename(base)
    shutil.copytree(base, root)


class Kills:
    """A place for worlds to be killed in; a world in which something went wrong is kept there."""

    def __init__(self, nursery: Nursery, place: Path, *, spoilt: str | None = None) -> None:
        self._nursery = nursery
        self._place = place
        self._root = place / "world"
        self._spoilt = spoilt

    def anew(self) -> None:
        """Begin with an empty place."""
        shutil.rmtree(self._root, ignore_errors=True)

    # -- at a fault point --------------------------------------------------------------------------------------------

    def at(self, point: Point, *, first: str = "ask", every: bool = False) -> Kill:
        """Kill a process at a fault point, of work upon a small library that is always the same."""
        self._prepare(point.doing)
        killed = self._killed(lambda child: child.tell("step", root=str(self._root), step=WORK[point.doing], point=point.name))
        return self._kept(Kill("point", point.name, killed, self._check(self._root, first, every=every), note=point.doing))

    def reached(self, child: Child, doing: str) -> list[str]:
        """The names of the fault points that this work comes to when nothing kills it."""
        self._prepare(doing)
        found: list[str] = child.do("reach", root=str(self._root), step=WORK[doing])
        return found

    def _prepare(self, doing: str) -> None:
        shutil.rmtree(self._root, ignore_errors=True)
        if doing == "create":
            return
        prepared(self._nursery, self._place)
        if doing == "mend":
            damage(self._root / "library", "list of segments missing")
            damage(self._root / "library", "Chroma's database missing")

    def damaged(self, name: str) -> Kill:
        """Damage a file that nobody has open; nothing is killed."""
        self._prepare("ask")
        done = damage(self._root / "library", name)
        return self._kept(Kill("damage", name, done, self._check(self._root, "ask", every=False)))

    # -- at a moment -------------------------------------------------------------------------------------------------

    def at_random(self, seed: str, *, size: int = 12, steps: int = 12, every: bool = False) -> Kill:
        """Kill a process in the midst of mixed work, at most so many steps and some milliseconds after it began.

        Some of the kills hit the process that heals, too. The next work goes on with the same library, if nothing went wrong.
        """
        chance = random.Random(seed)
        lines, pause = self._lines() + chance.randint(1, 2 * steps), chance.uniform(0, 0.2)

        def work(child: Child) -> None:
            child.tell("work", root=str(self._root), seed=seed, steps=200, size=size)
            wait_for(lambda: self._lines() >= lines, child)
            time.sleep(pause)
            child.kill()

        killed, twice = self._killed(work), chance.random() < 0.3
        if twice:
            self._killed(partial(self._kill_the_check, pause=chance.uniform(0, 0.4)))
        first = chance.choice(["ask", "again"])
        return self._kept(Kill("random", seed, killed, self._check(self._root, first, every=every), note="twice" if twice else ""))

    def _kill_the_check(self, child: Child, pause: float) -> None:
        child.tell("check", root=str(self._root))
        time.sleep(pause)
        child.kill()

    def at_the_writing_of(
        self, name: str, seed: str, *, pause: float = 0.0, size: int = 12, steps: int = 8, every: bool = False
    ) -> Kill:
        """Kill a process at the instant one of Chroma's vector files changes its size or its time, `pause` seconds later."""
        chance = random.Random(seed)
        lines = self._lines() + chance.randint(5, 2 * steps)

        def work(child: Child) -> None:
            child.tell("work", root=str(self._root), seed=seed, steps=200, size=size)
            wait_for(lambda: self._lines() >= lines, child)
            before = self._stamp(name)
            wait_for(lambda: self._stamp(name) not in (before, None), child, busy=True)
            time.sleep(pause)
            child.kill()

        killed = self._killed(work)
        alone = self._told("alone", root=str(self._root))
        finding = self._check(self._root, chance.choice(["ask", "again"]), every=every) | {"alone": alone}
        return self._kept(Kill("vector file", f"{name} +{pause * 1000:g} ms", killed, finding))

    def _stamp(self, name: str) -> tuple[int, int, int] | None:
        """What tells a version of the vector file from the next."""
        folder = f"{self._root}/library/chroma"
        try:
            (segment,) = (found for found in os.listdir(folder) if "." not in found)
            stat = os.stat(f"{folder}/{segment}/{name}")
        except (FileNotFoundError, ValueError):  # no index, or no file, at this moment
            return None
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

    def _lines(self) -> int:
        try:
            return (self._root / "ledger").read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0

    # -- both --------------------------------------------------------------------------------------------------------

    def _kept(self, kill: Kill) -> Kill:
        """The kill; where it did harm, the world is moved aside, so that one can look at it, and the next begins anew."""
        if kill.faults and self._root.exists():
            kill.note += f" (kept as {uuid.uuid4().hex[:8]})"
            self._root.rename(self._place / kill.note[-9:-1])
        return kill

    def _child(self) -> Child:
        """A fresh process, with a fault in it if there is to be one."""
        child = self._nursery.fork()
        if self._spoilt:
            child.do("spoil", name=self._spoilt)
        return child

    def _killed(self, work: Callable[[Child], object]) -> bool:
        """Whether a child that does this work is killed by it."""
        child = self._child()
        try:
            work(child)
            child.answer()
        except Died as end:
            return end.signal == signal.SIGKILL
        finally:
            child.kill()
            child.died()
        return False

    def _check(self, root: Path, first: str, *, every: bool) -> dict[str, Any]:
        """What a fresh process says; that it dies itself is a fault too."""
        found = self._told("check", root=str(root), first=first, every=every)
        return found if isinstance(found, dict) else {"faults": [f"the next process could not go on: {found}"]}

    def _told(self, task: str, **arguments: Any) -> Any:
        """What a fresh process says, or how it ended."""
        with self._child() as child:
            try:
                return child.do(task, **arguments)
            except (Died, AssertionError, TimeoutError) as exc:
                child.kill()
                return str(exc)


def wait_for(there: Callable[[], bool], child: Child, *, busy: bool = False) -> None:
    """Wait until it is there, or the child has ended by itself."""
    deadline = time.monotonic() + PATIENCE
    while not there() and time.monotonic() < deadline and not child.has_answered():
        if not busy:
            time.sleep(0.002)
