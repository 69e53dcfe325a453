"""What is measured with: feeds of news, and the same articles as libraries of growing size, ours and the stock parts'."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from assistant.embedding import EmbeddedEmbedder
from assistant.lexicon import Lexicon
from evals.speed import news
from evals.speed.sums import WordSums
from evals.speed.worker import Here, Took, Worker, apart, fresh, here

__all__ = ["FULL", "LARGE", "QUICK", "Ground", "Made", "Pair", "Plan"]

LARGE = 50_000  # passages


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. Without `sizes` (in passages), the library is the five bundled articles, and nothing is wanted."""

    sizes: tuple[int, ...] = ()
    questions: int = 20  # in a round
    rounds: int = 7  # by each system in turn, none with questions of another
    cold: int = 4  # pairs of fresh processes
    repeats: int = 3  # of taking in
    take: int = 2_000  # passages taken in each time
    start: Callable[..., Worker] = apart
    fresh: Callable[..., Took] = fresh

    @property
    def judged(self) -> bool:
        """Whether ratios are held against what is wanted of them."""
        return bool(self.sizes)


FULL = Plan(sizes=(1_000, 10_000, LARGE))
QUICK = Plan(questions=5, rounds=1, cold=1, repeats=1, start=Here, fresh=here)


class Made(NamedTuple):
    """A library that was made: how many passages, what that took, the most memory it took, and its files in bytes."""

    folder: Path
    passages: int
    took: Took
    peak: int
    disk: int

    def after(self, before: Made) -> Made:
        """The same, with what went before."""
        took = Took(before.took.cpu + self.took.cpu, before.took.wall + self.took.wall)
        return self._replace(passages=before.passages + self.passages, took=took)


class Pair(NamedTuple):
    """The same articles as a library of ours and as a collection of stock parts."""

    ours: Made
    stock: Made

    @property
    def passages(self) -> int:
        """By which its size is told; stock parts make fewer of the same articles."""
        return self.ours.passages

    @property
    def large(self) -> bool:
        """Whether it is of the size at which most is wanted."""
        return self.passages > 0.9 * LARGE


class Ground:
    """The folder `place` with the feeds, the vectors and the libraries of a run; `step` hears what is being done."""

    def __init__(self, plan: Plan, place: Path, step: Callable[[str], None] = lambda doing: None) -> None:
        self.plan = plan
        self.place = place
        self.step = step
        self.lexicon = place / "lexicon.json"
        self._table = place / "words.npz"
        step("writing news")
        self._feeds = list(self._write_feeds())
        self.taken = str(news.feed(place / "feed.jsonl", self._records(), plan.take // news.PASSAGES))
        embedder = EmbeddedEmbedder(Lexicon.open(self.lexicon))
        spoken = {word for feed in (*self._feeds, self.taken) for word in news.vocabulary(news.read(Path(feed)))}
        WordSums.make(self._table, sorted(spoken), embedder)
        # As many for searches, and as many others for whole answers: Sanad remembers the passages it has read.
        asked = news.questions(news.read(Path(self._feeds[0])), 2 * plan.questions * (plan.rounds + 1))
        self.rounds = [asked[start : start + plan.questions] for start in range(0, len(asked), plan.questions)]
        self.cold = asked[: plan.cold]
        self._vectors = self._write_vectors("questions.json", asked, embedder)
        self.cold_vectors = self._write_vectors("cold.json", self.cold, embedder)

    def _records(self) -> Iterator[news.Record]:
        return news.articles() if self.plan.sizes else news.seeds()

    def _write_feeds(self) -> Iterator[str]:
        """A feed a size, with what it has beyond the one before."""
        records = self._records()
        ends = [-(-size // news.PASSAGES) for size in (0, *self.plan.sizes)]
        counts: Sequence[int | None] = [end - start for start, end in pairwise(ends)] or [None]
        for number, count in enumerate(counts):
            yield str(news.feed(self.place / f"feed-{number}.jsonl", records, count))

    def _write_vectors(self, name: str, questions: Sequence[str], embedder: EmbeddedEmbedder) -> str:
        vectors = {question: embedder.embed_query(question).tolist() for question in questions}
        (self.place / name).write_text(json.dumps(vectors, ensure_ascii=False), encoding="utf-8")
        return str(self.place / name)

    # -- systems -------------------------------------------------------------------------------------------------------

    def ours(self, folder: Path, *, writing: bool = False) -> Worker:
        """Sanad over a folder."""
        table = {"table": str(self._table)} if writing else {}
        return self.plan.start("ours", folder=str(folder), lexicon=str(self.lexicon), **table)

    def stock(self, folder: Path, *, writing: bool = False) -> Worker:
        """Stock LlamaIndex over a folder."""
        writes = {"table": str(self._table), "lexicon": str(self.lexicon)}
        return self.plan.start("stock", folder=str(folder), **(writes if writing else {"vectors": self._vectors}))

    def alone(self, part: str, source: Path, folder: Path) -> Worker:
        """A part of Sanad by itself, with the work of the library in `source`."""
        return self.plan.start(part, source=str(source), folder=str(folder))

    # -- libraries -----------------------------------------------------------------------------------------------------

    @property
    def libraries(self) -> list[Pair]:
        """One of each size. Ours and the stock parts' are made at the same time, so that what else goes on weighs on both."""
        return self._everything_made[0]

    @property
    def rebuilt(self) -> Made:
        """What making both indexes of the largest library anew took, while the last of the stock parts was made."""
        return self._everything_made[1]

    @cached_property
    def _everything_made(self) -> tuple[list[Pair], Made]:
        self.step("making libraries")
        with ThreadPoolExecutor(max_workers=1 if self.plan.start is Here else 2) as lanes:
            mine, theirs = (lanes.submit(list, made) for made in (self._make_ours(), self._make_stock()))
            *libraries, rebuilt = mine.result()
            return [Pair(*pair) for pair in zip(libraries, theirs.result(), strict=True)], rebuilt

    def _make_ours(self) -> Iterator[Made]:
        """Each goes on from a copy of the one before, as a library grows; at the end the indexes of the last, made anew."""
        before: Made | None = None
        for number, feed in enumerate(self._feeds):
            folder = self.place / f"ours-{number}"
            if before:
                shutil.copytree(before.folder, folder)
            with self.ours(folder, writing=True) as worker:
                took = worker.do("take", feed)
                made = Made(folder, took.gave, took, worker.peak(), worker.do("disk").gave)
            shutil.copy(self.lexicon, folder / "lexicon.json")  # what the first question leaves there
            before = made.after(before) if before else made
            yield before
        assert before is not None
        with self.ours(before.folder) as worker:
            took = worker.do("rebuild")
            yield Made(before.folder, took.gave, took, worker.peak(), worker.do("disk").gave)

    def _make_stock(self) -> Iterator[Made]:
        """Each from the beginning: BM25 takes nothing in later."""
        for number in range(len(self._feeds)):
            folder = self.place / f"stock-{number}"
            with self.stock(folder, writing=True) as worker:
                steps = [*(worker.do("take", feed) for feed in self._feeds[: number + 1]), worker.do("finish")]
                took = Took(sum(step.cpu for step in steps), sum(step.wall for step in steps))
                yield Made(folder, steps[-1].gave, took, worker.peak(), worker.do("disk").gave)
