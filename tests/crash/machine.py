"""A library and a plain dictionary live through the same: whatever happens in whatever order, they hold the same articles."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from crash.damage import DAMAGES, damage
from crash.kills import WORK, prepared
from crash.ledger import Model, Step
from crash.nursery import Child, Died, Nursery
from crash.points import POINTS
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

__all__ = ["machine"]

MOST = 40  # articles; no more are added then
KILLED = [point for point in POINTS if point.doing in ("change", "retitle", "remove", "prune", "rebuild", "reembed", "mend")]


def machine(nursery: Nursery, place: Path, server: str | None = None) -> type[RuleBasedStateMachine]:
    """The rules, over a world in `place` and children of `nursery`."""
    root = place / "world"
    library = root / "library"

    class Library(RuleBasedStateMachine):
        """A library in a process of its own that is ended and killed, beside another process that only asks."""

        def __init__(self) -> None:
            super().__init__()
            self.model = Model()
            self.highest = 0
            self.worker: Child | None = None
            self.reader: Child | None = None
            self.exports = 0

        # -- how it begins -------------------------------------------------------------------------------------------

        @initialize(full=st.booleans())
        def begin(self, full: bool) -> None:
            """An empty place, or a library large enough for Chroma to have written its files."""
            if full:
                prepared(nursery, place)
                self.model = Model().after(WORK["create"])
                self.highest = max(self.model.live)
            else:
                shutil.rmtree(root, ignore_errors=True)
                root.mkdir(parents=True)

        def teardown(self) -> None:
            """End the processes."""
            self.let_go()

        # -- what users do -------------------------------------------------------------------------------------------

        @rule(new=st.integers(0, 4), changed=st.sets(st.integers(0, 30), max_size=3), text=st.booleans())
        def ingest(self, new: int, changed: set[int], text: bool) -> None:
            """New articles and changed ones come in."""
            self.did(self.ingestion(new, changed, text))

        @precondition(lambda self: self.model.live)
        @rule(some=st.sets(st.integers(0, 30), min_size=1, max_size=3), prune=st.booleans())
        def remove(self, some: set[int], prune: bool) -> None:
            """Articles are taken out, or their files are, and what has no file any more is pruned."""
            self.did({"do": "prune" if prune else "remove", "numbers": self.chosen(some)})

        @precondition(lambda self: self.model.live)
        @rule(embed=st.booleans())
        def rebuild(self, embed: bool) -> None:
            """Both indexes are made anew, perhaps with the vectors."""
            self.did({"do": "reembed" if embed else "rebuild"})

        @precondition(lambda self: self.model.live)
        @rule(one=st.integers(0, 30))
        def ask_elsewhere(self, one: int) -> None:
            """A process that has had the library open all the time answers from what is there now."""
            if self.reader is None:
                self.reader = nursery.fork()
            assert self.told(self.reader, "answers", asked=self.chosen({one})) == []

        @rule()
        def restart(self) -> None:
            """The process ends, and another goes on."""
            if self.worker is not None:
                self.worker.close()
                self.worker = None

        @precondition(lambda self: self.model.live)
        @rule()
        def export_and_import(self) -> None:
            """What is exported and imported elsewhere is the same library."""
            self.exports += 1
            self.did({"do": "export", "name": f"export-{self.exports}"})
            self.did({"do": "import", "name": f"export-{self.exports}"})
            assert self.told(self.working, "look_elsewhere", name=f"export-{self.exports}") == []

        # -- what happens to them ------------------------------------------------------------------------------------

        @precondition(lambda self: self.model.live)
        @rule(name=st.sampled_from(sorted(DAMAGES)))
        def damage(self, name: str) -> None:
            """A file that is not the truth is damaged while nobody has it open."""
            self.let_go()
            damage(library, name)

        @precondition(lambda self: self.model.live)
        @rule(
            point=st.sampled_from(KILLED),
            new=st.integers(1, 3),
            some=st.sets(st.integers(0, 30), min_size=1, max_size=3),
            text=st.booleans(),
        )
        def kill(self, point: Any, new: int, some: set[int], text: bool) -> None:
            """The process is killed at a named step, if its work comes there; everything or nothing of that work was done."""
            step = self.work_for(point.doing, new, some, text)
            self.restart()
            later = self.model.after(step)
            try:
                self.told(self.working, "step", step=step, point=point.name)
                done = True
            except Died:
                self.worker = None
                seen = {int(number): version for number, version in self.told(self.working, "heal").items()}
                assert seen in (dict(self.model.live), dict(later.live)), (seen, step)
                done = seen == dict(later.live)
                self.told(self.working, "settle", done=done)
            self.model = later if done else self.model

        def work_for(self, doing: str, new: int, some: set[int], text: bool) -> Step:
            """A step that may come to the points of that kind of work."""
            if doing in ("change", "retitle"):
                return self.ingestion(new if doing == "change" else 0, some, doing == "change" or text)
            if doing in ("remove", "prune"):
                return {"do": doing, "numbers": self.chosen(some)}
            if doing == "mend":
                self.let_go()
                damage(library, "list of segments missing")
                damage(library, "Chroma's database missing")
            return WORK[doing]

        # -- what must hold ------------------------------------------------------------------------------------------

        @invariant()
        def the_same(self) -> None:
            """The truth, both indexes and whoever asks say what the dictionary says; nothing of what is gone is left."""
            asked = sorted(self.model.live)[:: max(1, len(self.model.live) - 1)]
            live = list(map(list, self.model.live.items()))
            assert self.told(self.working, "look", live=live, asked=asked) == []

        # -- the processes -------------------------------------------------------------------------------------------

        @property
        def working(self) -> Child:
            if self.worker is None:
                self.worker = nursery.fork()
            return self.worker

        def told(self, child: Child, task: str, **arguments: Any) -> Any:
            return child.do(task, root=str(root), server=server, **arguments)

        def did(self, step: Step) -> None:
            """A step was done."""
            if step.get("pieces") == [] or step.get("numbers") == []:
                return
            self.told(self.working, "step", step=step)
            self.model = self.model.after(step)
            if step["do"] in ("ingest", "remove", "prune"):
                assert self.told(self.working, "left_over") == []

        def let_go(self) -> None:
            """No process has the library open any more."""
            for child in filter(None, (self.worker, self.reader)):
                child.close()
            self.worker = self.reader = None

        def chosen(self, some: set[int]) -> list[int]:
            """Numbers of articles that are there."""
            there = sorted(self.model.live)
            return sorted({there[place % len(there)] for place in some})

        def ingestion(self, new: int, changed: set[int], text: bool) -> Step:
            """New articles, and some with another text, or with the same under another title."""
            again = self.chosen(changed) if self.model.live else []
            pieces = [[number, self._next(self.model.live[number], text)] for number in again]
            if len(self.model.live) < MOST:
                pieces += [[self.highest + place, 0] for place in range(1, new + 1)]
                self.highest += new
            return {"do": "ingest", "pieces": pieces}

        @staticmethod
        def _next(version: int, text: bool) -> int:
            return version + 2 - version % 2 if text else version ^ 1

    return Library
