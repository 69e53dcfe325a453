"""Reading while ingesting: how much longer an answer takes while thousands of passages come in, in the same process."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.pipeline import Assistant
from evals.soak import feed
from evals.soak.asked import ask, look
from evals.soak.checking import Fault, faults
from evals.soak.ledger import Ledger
from evals.soak.report import per_cent

__all__ = ["MOST", "Reading", "read_while_ingesting", "waits"]

MOST = 3.0  # times the idle p95
WARM = 30  # questions before anything is measured
IDLE = 150  # answers before, and as many after
PAUSE = 0.02  # seconds between two questions
EVERY = 0.1  # seconds from one question of the many who would ask meanwhile to the next
BASE = 400  # articles that are there before, some 2,000 passages
LOCK_WAIT = 120.0


@dataclass(slots=True)
class Reading:
    """Seconds of each answer before and after (`idle`) and during the ingestion (`busy`), and what was wrong with any.

    One who asks after each answer sees a wait of a second once, where of many who come as they please ten would have waited, on
    the average for half of it: those that did not ask are added, one each tenth of a second.
    """

    idle: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    passages: int = 0
    seconds: float = 0.0  # of the ingestion
    faults: Counter[str] = field(default_factory=Counter)
    told: list[Fault] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The p95 during, as a multiple of the p95 around."""
        idle = per_cent(self.idle, 0.95)
        return per_cent(self.busy, 0.95) / idle if idle else 0.0


def read_while_ingesting(passages: int, *, seed: int = 0) -> Reading:
    """What one thread that asks sees, and how long it waits, while another takes in that many passages at one go."""
    known = feed.stories(BASE + passages)  # more than enough
    found, ledger = Reading(), Ledger()
    with TemporaryDirectory(prefix="soak-") as place, Assistant(Path(place) / "library", lock_wait=LOCK_WAIT) as assistant:
        _take(assistant, ledger, known[:BASE])
        asker = _Asker(assistant, ledger, known[:BASE], random.Random(seed), found)
        asker.ask(lambda answers: answers >= WARM, [])
        asker.ask(lambda answers: answers >= IDLE, found.idle)
        coming = _enough(known[BASE:], passages)
        asker.coming = coming
        over = threading.Event()
        thread = threading.Thread(target=asker.ask, args=[lambda answers: over.is_set(), found.busy])
        thread.start()
        began = time.monotonic()
        try:
            found.passages = _take(assistant, ledger, coming)
        finally:
            found.seconds = time.monotonic() - began
            over.set()
            thread.join()
        asker.ask(lambda answers: answers >= IDLE, found.idle)
    return found


def _enough(stories: Sequence[feed.Story], passages: int) -> Sequence[feed.Story]:
    """As many stories as make that many passages; five passages make one, on the average."""
    return stories[: max(1, passages // 5)]


def _take(assistant: Assistant, ledger: Ledger, stories: Sequence[feed.Story]) -> int:
    made = [feed.article(story, 0) for story in stories]
    with ledger.change(coming=[(story.key, article) for story, (_, article) in zip(stories, made, strict=True)]):
        return assistant.ingest_documents([document for document, _ in made]).passages


@dataclass(slots=True)
class _Asker:
    """Asks about what is there, and looks for what is coming, which must be found whole or not at all."""

    assistant: Assistant
    ledger: Ledger
    there: Sequence[feed.Story]
    chosen: random.Random
    found: Reading
    coming: Sequence[feed.Story] = ()

    def ask(self, enough: Callable[[int], bool], seconds: list[float]) -> None:
        """Ask until it is enough; the seconds of each answer are added to the list."""
        answers = 0
        while not enough(answers):
            story = self.chosen.choice(self.there)
            asked = ask(self.assistant, story.question, story.key)
            answers += 1
            seconds += waits(asked.ended - asked.began)
            other = self.chosen.choice(self.coming or self.there)
            looked = look(self.assistant, other.question, other.key, versions=self.ledger.versions(other.key))
            for one in (asked, looked):
                for fault in faults(self.ledger, one):
                    self.found.faults[fault.kind] += 1
                    self.found.told.append(fault)
            time.sleep(PAUSE)


def waits(seconds: float) -> list[float]:
    """The time an answer took, and those of the questions that would have come before it was there."""
    return [seconds, *(seconds - EVERY * number for number in range(1, int(seconds / EVERY)))]
