"""The library of a soak while it lives: what stays, what comes and goes, every change noted in the ledger."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant import articles as reading
from assistant.pipeline import Assistant
from assistant.resources import data_folder
from assistant.types import Article
from evals.soak import feed
from evals.soak.feed import Story
from evals.soak.ledger import Ledger

__all__ = ["SEED_QUESTIONS", "Shelf"]

# Questions about the bundled articles, each with the file that its answer quotes.
SEED_QUESTIONS = (
    ("000_645e4937ffeb6d97.txt", "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟"),
    ("000_645e4937ffeb6d97.txt", "وزرای خارجه ایران، روسیه و ترکیه کجا دیدار می‌کنند؟"),
    ("002_d7112fb7f6b438bc.txt", "ماذا بحث بوتين وروحاني في الاتصال الهاتفي؟"),
    ("002_d7112fb7f6b438bc.txt", "Where was Ali Mamlouk's first trip outside Syria in five years?"),
    ("004_8d769f66aa1e8765.txt", "من قاد الوفد الروسي الذي زار طهران؟"),
)
COMES_AND_GOES = "004_8d769f66aa1e8765.txt"
AT_ONCE = 4  # articles in one change, at most


@dataclass(slots=True)
class Shelf:
    """Changes the library of `assistant` at random and keeps the books. For one thread."""

    assistant: Assistant
    ledger: Ledger
    staying: Sequence[Story]
    moving: Sequence[Story]
    chosen: random.Random
    done: Counter[str] = field(default_factory=Counter)  # articles added, changed, removed; rebuilds
    present: dict[str, str] = field(default_factory=dict)  # of what moves: its story's key and its article's id
    versions: Counter[str] = field(default_factory=Counter)
    seeds: dict[str, Article] = field(default_factory=dict)

    def fill(self) -> None:
        """Take in the bundled articles, the stories that stay, and two thirds of those that move."""
        found = reading.read([data_folder("seeds")])
        self.seeds = {Path(item.location).name: item for item in found if isinstance(item, Article)}
        with self.ledger.change(coming=list(self.seeds.items())):
            self.assistant.ingest_seeds()
        self.present[COMES_AND_GOES] = self.seeds[COMES_AND_GOES].source.article_id
        self._take([*self.staying, *self.moving[: self.wanted]])
        self.done.clear()

    @property
    def wanted(self) -> int:
        """How many of the stories that move are there, give or take a few."""
        return len(self.moving) * 2 // 3

    def change(self) -> None:
        """One change of the kinds a newsroom makes."""
        here = [story for story in self.moving if story.key in self.present]
        away = [story for story in self.moving if story.key not in self.present]
        kinds: list[tuple[float, Callable[[], None]]] = [
            (4, lambda: self._take(self._some(here))),
            (2 if len(here) <= self.wanted else 1, lambda: self._take(self._some(away))),
            (2 if len(here) >= self.wanted else 1, lambda: self._remove([story.key for story in self._some(here)])),
            (0.5, self._seeds),
            (0.5, lambda: self._again(self._some(self.staying))),
        ]
        (chosen,) = self.chosen.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])
        chosen()

    def rebuild(self) -> None:
        """Make the indexes anew; nothing may be noticed of it."""
        self.assistant.rebuild()
        self.done["rebuilt"] += 1

    def _some(self, stories: Sequence[Story]) -> list[Story]:
        return self.chosen.sample(stories, min(len(stories), self.chosen.randint(1, AT_ONCE)))

    def _take(self, stories: Sequence[Story]) -> None:
        """Take in the next version of each story, in the place of the one before, if there is one."""
        made = [(story.key, *feed.article(story, self._next(story))) for story in stories]
        leaving = [self.present[story.key] for story in stories if story.key in self.present]
        with self.ledger.change(coming=[(key, article) for key, _, article in made], leaving=leaving):
            report = self.assistant.ingest_documents([document for _, document, _ in made])
        if (report.added, report.updated) != (len(stories) - len(leaving), len(leaving)):
            raise AssertionError(f"{len(stories)} articles, {len(leaving)} of them changed, were taken in as {report}")
        self.done["added"] += report.added
        self.done["changed"] += report.updated
        movers = {story.key for story in self.moving}
        self.present.update((key, article.source.article_id) for key, _, article in made if key in movers)

    def _next(self, story: Story) -> int:
        self.versions[story.key] += 1
        return self.versions[story.key]

    def _again(self, stories: Sequence[Story]) -> None:
        """Bring what is known already."""
        documents = [feed.article(story, self.versions[story.key])[0] for story in stories]
        report = self.assistant.ingest_documents(documents)
        if report.unchanged != len(stories):
            raise AssertionError(f"{len(stories)} known articles were taken in as {report}")
        self.done["brought again"] += len(stories)

    def _seeds(self) -> None:
        """Take one of the bundled articles out, or bring all of them."""
        if COMES_AND_GOES in self.present:
            self._remove([COMES_AND_GOES])
            return
        with self.ledger.change(coming=[(COMES_AND_GOES, self.seeds[COMES_AND_GOES])]):
            self.assistant.ingest_seeds()
        self.present[COMES_AND_GOES] = self.seeds[COMES_AND_GOES].source.article_id
        self.done["added"] += 1

    def _remove(self, keys: Sequence[str]) -> None:
        names = [self.present.pop(key) for key in keys]
        if names:
            with self.ledger.change(leaving=names):
                self.assistant.remove(names)
            self.done["removed"] += len(names)
