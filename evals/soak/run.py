"""The soak: threads and another process ask, one thread changes the library, everything that comes back is checked."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.pipeline import Assistant
from evals.soak import feed
from evals.soak.asked import Asked, ask, look
from evals.soak.checking import Fault, faults
from evals.soak.ledger import Ledger
from evals.soak.sampling import Held, held
from evals.soak.shelf import SEED_QUESTIONS, Shelf

__all__ = ["Outcome", "Plan", "soak"]

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = 20  # faults told in full
OUT_OF_MIND = 300.0  # seconds after which no question can still be about what has gone
LOCK_WAIT = 120.0  # seconds; on a busy machine a change takes long, and to wait for it is no fault


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, with how much, how fast."""

    seconds: float
    seed: int = 0
    threads: int = 8
    staying: int = 60
    moving: int = 30
    pause: float = 0.0  # between two questions of a thread
    change_every: float = 0.5
    rebuild_every: float = 30.0
    other_every: float = 1.0  # questions of the other process
    look_every: int = 3  # of so many questions one is a search whose hits must be whole articles


@dataclass(slots=True)
class Outcome:
    """What came of it so far."""

    began: float
    ended: float = 0.0
    processor: float = 0.0  # seconds of this process and the other
    latency: list[float] = field(default_factory=list)  # of answers, in seconds
    elsewhere: list[float] = field(default_factory=list)  # of the other process
    searches: int = 0
    answered: int = 0
    done: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    told: list[Fault] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    passages: int = 0
    interrupted: bool = False

    @property
    def seconds(self) -> float:
        """How long it took, without the filling before."""
        return self.ended - self.began


Tick = Callable[[Outcome], None]


def soak(plan: Plan, tick: Tick = lambda outcome: None) -> Outcome:
    """What came of it; `tick` is called once a second. Ctrl-C ends it with what there is."""
    with TemporaryDirectory(prefix="soak-") as place, Assistant(Path(place) / "library", lock_wait=LOCK_WAIT) as assistant:
        return _Soak(plan, assistant).run(tick)


class _Soak:
    """One soak under way."""

    def __init__(self, plan: Plan, assistant: Assistant) -> None:
        every = feed.stories(plan.staying + plan.moving)
        self._plan = plan
        self._assistant = assistant
        self._ledger = Ledger()
        self._shelf = Shelf(assistant, self._ledger, every[: plan.staying], every[plan.staying :], random.Random(plan.seed))
        self._over = threading.Event()
        self._guard = threading.Lock()
        self.outcome = Outcome(0.0)

    def run(self, tick: Tick) -> Outcome:
        self._shelf.fill()
        outcome = self.outcome = Outcome(time.monotonic(), passages=self._assistant.status().passages)
        processor = _processor()
        tasks = [*(lambda n=n: self._ask(n) for n in range(self._plan.threads)), self._change, self._have_asked]
        threads = [threading.Thread(target=self._guarded, args=[task]) for task in tasks]
        for thread in threads:
            thread.start()
        try:
            self._watch(tick)
        except KeyboardInterrupt:
            outcome.interrupted = True
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
        outcome.ended = time.monotonic()
        outcome.processor = _processor() - processor
        outcome.done = self._shelf.done
        for problem in self._assistant.problems():
            self._broken(Fault("error", f"at the end: {problem}"))
        return outcome

    def _watch(self, tick: Tick) -> None:
        """Look at what the process holds, each second, until the time is over."""
        end = self.outcome.began + self._plan.seconds
        while (left := end - time.monotonic()) > 0:
            self._over.wait(min(1.0, left))
            sample = held()
            with self._guard:
                if sample is not None:
                    self.outcome.held.append(sample)
                self.outcome.done = self._shelf.done
                tick(self.outcome)
            self._ledger.forget(time.monotonic() - OUT_OF_MIND)

    def _guarded(self, task: Callable[[], None]) -> None:
        """Do a thread's task; whatever it dies of is a fault too."""
        try:
            task()
        except Exception as exc:
            self._broken(Fault("error", f"{type(exc).__name__}: {exc}"))

    def _broken(self, fault: Fault) -> None:
        with self._guard:
            self.outcome.faults[fault.kind] += 1
            if len(self.outcome.told) < KEPT:
                self.outcome.told.append(fault)

    # -- asking ------------------------------------------------------------------------------------------------------

    def _questions(self, number: int) -> Iterator[tuple[str, str]]:
        """Keys and questions for ever: what stays, what moves, and the bundled articles in turn."""
        chosen = random.Random(f"{self._plan.seed}/{number}")
        own = [(story.key, story.question) for story in self._shelf.staying]
        moving = [(story.key, story.question) for story in self._shelf.moving]
        while True:
            yield from (chosen.choice(own), chosen.choice(moving), chosen.choice(moving), chosen.choice(SEED_QUESTIONS))

    def _ask(self, number: int) -> None:
        for count, (key, question) in enumerate(self._questions(number)):
            if self._over.is_set():
                return
            if count % self._plan.look_every == 1:
                self._check(look(self._assistant, question, key, versions=self._ledger.versions(key)))
                with self._guard:
                    self.outcome.searches += 1
            else:
                self._note(ask(self._assistant, question, key), self.outcome.latency)
            self._over.wait(self._plan.pause)

    def _note(self, asked: Asked, latency: list[float]) -> None:
        self._check(asked)
        with self._guard:
            latency.append(asked.ended - asked.began)
            self.outcome.answered += bool(asked.cited)

    def _check(self, asked: Asked) -> None:
        for fault in faults(self._ledger, asked):
            self._broken(fault)

    def _have_asked(self) -> None:
        """Have the other process ask, until the time is over."""
        with _another(self._assistant.folder) as other:
            assert other.stdin
            assert other.stdout
            for key, question in self._questions(-1):
                if self._over.is_set():
                    return
                other.stdin.write(f"{key}\t{question}\n")
                other.stdin.flush()
                line = other.stdout.readline()
                if not line:
                    raise AssertionError(f"the other process ended with {other.wait()}")
                self._note(Asked.from_json(line), self.outcome.elsewhere)
                self._over.wait(self._plan.other_every)

    # -- changing ----------------------------------------------------------------------------------------------------

    def _change(self) -> None:
        rebuilt = time.monotonic()
        while not self._over.wait(self._plan.change_every):
            if time.monotonic() - rebuilt >= self._plan.rebuild_every:
                self._shelf.rebuild()
                rebuilt = time.monotonic()
            else:
                self._shelf.change()


@contextmanager
def _another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process over the library in `folder`; it ends with its input. Ctrl-C is for us alone."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SANAD_", "OPENAI_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "evals.soak.other", str(folder), str(LOCK_WAIT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(OSError):
            process.communicate(timeout=60)
        process.kill()


def _processor() -> float:
    """Processor seconds of this process and of those it has waited for."""
    return sum(os.times()[:4])
