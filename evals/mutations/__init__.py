"""Whether the scorers notice when the product is broken: ten breakages, each asked a handful of questions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.budget import Budget
from assistant.settings import Settings
from assistant.types import Message
from evals import gold, scorers
from evals.asking import Engine, Observed
from evals.gold import GoldError, Question
from evals.mutations.breakages import BREAKAGES, GONE
from evals.scorers import Case
from evals.shelf import Shelf, lexicon

__all__ = ["MUTATIONS", "Caught", "check"]

MUTATIONS = BREAKAGES
FOLDER = Path(__file__).resolve().parent
NOT_QUALITY = frozenset({"seconds", "requests", "tokens_in", "tokens_out", "cost"})
Figures = dict[str, Mapping[str, float | None]]  # by question

# What the model writes to a question: a false day with a true quote, a false sentence with a quote that is nearly true, and a true
# sentence whose quote has other digits than the article.
WRITES: Mapping[str, tuple[str, str]] = {
    "نشست وزیران خارجه": (
        "این نشست روز ۲۸ دسامبر برگزار می‌شود.",
        "یعنی در روز سه شنبه 30 آذر / 20 دسامبر برگزار شود",
    ),
    "آیا روحانی": (
        "روحانی در ماه ژانویه به مسکو سفر کرد.",
        "خبر دادند که حسن روحانی رئیس جمهوری ایران در ماه ژانویه گذشته به مسکو سفر کرد",
    ),
    "تاریخ نشست سه وزیر": (
        "نشست یک هفته زودتر، در ۲۰ دسامبر، برگزار می‌شود.",
        "یک هفته جلوتر از تاریخ اعلام شده قبلی، یعنی در روز سه شنبه ۳۰ آذر / ۲۰ دسامبر برگزار شود",
    ),
}


class Liar:
    """A chat model that writes one sentence of `WRITES` a question and mends nothing."""

    name, window, host = "liar", 32_000, None

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        """The sentence, with its quote said to stand in the first passage."""
        budget.spend()
        asked = messages[-1].content.rpartition("\nQuestion: ")[2]
        written = next((pair for question, pair in WRITES.items() if asked.startswith(question)), None)
        if written is None or not re.search(r"^<<< passage 1 ", messages[-1].content, re.MULTILINE):
            yield '{"say": null}'
        else:
            yield json.dumps({"say": written[0], "from": [{"p": 1, "quote": written[1]}]}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Caught:
    """A breakage, and the scorers whose figure fell for some question."""

    name: str
    caught: tuple[str, ...]


def check(names: Sequence[str] = tuple(BREAKAGES), progress: Callable[[str], None] = lambda name: None) -> list[Caught]:
    """Which scorers catch each of the breakages. Raises `GoldError` when something is wrong with nothing broken."""
    shelf = Shelf.open()
    engine = Engine(Settings(), lexicon())
    with engine.library() as quoting, _writing(engine, quoting) as writing:
        whole = _asked(quoting, writing, engine, shelf)
        if wrong := [name for name, figures in whole.items() if figures["right"] != 1.0]:
            raise GoldError(f"nothing is broken, and {', '.join(wrong)} is not right: choose other questions")
        progress("nothing broken")
        found: list[Caught] = []
        for name in (*(name for name in names if name != "one gold article removed"), *names):
            if name in [one.name for one in found]:
                continue
            if name == "one gold article removed":
                quoting.remove([shelf.by_name[GONE].source.article_id])
            with BREAKAGES[name]():
                found.append(Caught(name, _fallen(whole, _asked(quoting, writing, engine, shelf))))
            progress(name)
    return sorted(found, key=lambda one: list(names).index(one.name))


@contextmanager
def _writing(engine: Engine, quoting: Observed) -> Iterator[Observed]:
    """An assistant over the same library with the model that lies."""
    with Engine(engine.settings, engine.lexicon, Liar()).open(quoting.folder) as assistant:
        yield assistant


def _asked(quoting: Observed, writing: Observed, engine: Engine, shelf: Shelf) -> Figures:
    """The figures of every question, those that are quoted and those that are written."""
    found: Figures = {}
    for assistant, file in ((quoting, "cases.jsonl"), (writing, "written.jsonl")):
        for question in map(gold.parse, (FOLDER / file).read_text(encoding="utf-8").splitlines()):
            found[question.id] = _figures(assistant, question, engine, shelf)
    return found


def _figures(assistant: Observed, question: Question, engine: Engine, shelf: Shelf) -> Mapping[str, float | None]:
    asked = engine.ask(assistant, question)
    if asked.answer is None:
        raise GoldError(f"{question.id} could not be asked: {asked.failure}")
    case = Case(question, asked.answer, shelf.by_id, shelf.names, engine.lexicon)
    return scorers.score(case).values


def _fallen(whole: Figures, broken: Figures) -> tuple[str, ...]:
    """The scorers whose figure is lower than with nothing broken."""
    return tuple(
        metric
        for metric in scorers.METRICS
        if metric not in NOT_QUALITY and any(_fell(whole[name][metric], broken[name][metric]) for name in whole)
    )


def _fell(before: float | None, after: float | None) -> bool:
    return before is not None and after is not None and after < before
