"""Asks gold questions and scores the answers: a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from assistant import __version__, rendering
from assistant.types import Answer
from evals import gold, results, scorers
from evals.asking import TODAY, Asked, Engine, Observed
from evals.gold import Question
from evals.results import Row, Run
from evals.scorers import Case
from evals.shelf import Shelf

__all__ = ["Choice", "choose", "run", "scored"]

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which questions to ask: empty tuples and None do not restrict; `limit` takes so many of each kind and language."""

    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    split: str | None = None
    limit: int | None = None


def choose(questions: Sequence[Question], choice: Choice) -> list[Question]:
    """The questions that fit, in their order."""
    chosen: list[Question] = []
    taken: dict[tuple[str, str], int] = {}
    for question in questions:
        if not _fits(question, choice):
            continue
        cell = (question.kind, question.language)
        taken[cell] = taken.get(cell, 0) + 1
        if choice.limit is None or taken[cell] <= choice.limit:
            chosen.append(question)
    return chosen


def _fits(question: Question, choice: Choice) -> bool:
    return (
        (not choice.kinds or question.kind in choice.kinds)
        and (not choice.languages or question.language in choice.languages)
        and (not choice.ids or question.id in choice.ids)
        and (choice.split is None or question.split == choice.split)
    )


def run(
    questions: Sequence[Question],
    engine: Engine,
    *,
    shelf: Shelf,
    every: Sequence[Question] = (),
    repeat: int = 1,
    progress: Progress = lambda name: None,
) -> Run:
    """Each of `questions` asked `repeat` times and scored; `every` holds the bases of metamorphic ones.

    Hostile questions are asked of a library of their own, with their planted article beside the seeds.
    """
    started = time.perf_counter()
    rows: dict[tuple[int, str], Row] = {}
    for planted in sorted({_planted(question, shelf) for question in questions}):
        here = [question for question in questions if _planted(question, shelf) == planted]
        with engine.library(planted or None) as assistant:
            for turn in range(repeat):
                for question, case in _asked(here, {q.id: q for q in (*every, *questions)}, engine, assistant, turn):
                    rows[(turn, question.id)] = _row(question, case, engine, shelf, turn)
                    progress(question.id)
    ordered = tuple(rows[(turn, question.id)] for question in questions for turn in range(repeat))
    return Run(
        mode="extractive" if engine.chat is None else "generative",
        model=engine.chat.name if engine.chat is not None else None,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=results.commit(),
        settings=_settings(engine, repeat),
        prompts=_prompts(ordered),
        gold=gold.digest(questions),
        rows=ordered,
        seconds=round(time.perf_counter() - started, 1),
    )


def _planted(question: Question, shelf: Shelf) -> str:
    return next((name for name in question.articles if name in shelf.planted), "")


@dataclass(frozen=True, slots=True)
class _Pair:
    """What was answered, and what was answered to the question it must behave like."""

    asked: Asked
    base: Answer | None


def _asked(
    questions: Sequence[Question], known: dict[str, Question], engine: Engine, assistant: Observed, turn: int
) -> Iterator[tuple[Question, _Pair]]:
    """Each question with its answer; a base is asked once, whether it is among them or not."""
    answers: dict[str, Asked] = {}

    def ask(question: Question) -> Asked:
        if question.id not in answers:
            answers[question.id] = engine.ask(assistant, question, turn=turn)
        return answers[question.id]

    for question in questions:
        base = known.get(question.base or "")
        yield question, _Pair(ask(question), ask(base).answer if base else None)


def _row(question: Question, pair: _Pair, engine: Engine, shelf: Shelf, turn: int) -> Row:
    asked = pair.asked
    found: dict[str, Any] = {}
    if asked.found is not None:
        spans = [(hit.passage.source.article_id, hit.passage.start, hit.passage.end) for hit in asked.found.hits]
        found = {
            "passages": tuple((shelf.names.get(name, name), start, end) for name, start, end in spans),
            "coverage": round(asked.found.coverage, 4),
        }
    about = Row(
        id=question.id,
        digest=question.digest,
        kind=question.kind,
        language=question.language,
        split=question.split,
        crosses=question.crosses,
        group=question.group,
        question=question.question,
        history=tuple(turn.question for turn in question.history),
        gold=tuple(("" if fact.vital else "(okay) ") + " / ".join(fact.any) for fact in question.facts),
        repeat=turn,
        unscored=asked.failure,
        **found,
    )
    return about if asked.answer is None else scored(about, question, pair.asked, pair.base, engine, shelf)


def scored(row: Row, question: Question, asked: Asked, base: Answer | None, engine: Engine, shelf: Shelf) -> Row:
    """`row` with the scores of its answer."""
    assert asked.answer is not None
    case = Case(
        question=question,
        answer=asked.answer,
        articles=shelf.by_id,
        names=shelf.names,
        lexicon=engine.lexicon,
        passages=tuple(hit.passage for hit in asked.found.hits) if asked.found else (),
        base=base,
        seconds=asked.seconds,
    )
    found = scorers.score(case)
    return replace(
        row,
        outcome=found.outcome,
        scores=found.values,
        remarks=found.remarks,
        answer=rendering.to_dict(asked.answer),
    )


def _settings(engine: Engine, repeat: int) -> dict[str, Any]:
    """What shapes the answers besides code, prompts and gold."""
    settings = engine.settings
    shaping: dict[str, Any] = {
        "version": __version__,
        "passages": settings.passages,
        "today": TODAY.isoformat(),
        "repeat": repeat,
    }
    if engine.chat is not None:
        llm = settings.llm
        shaping |= {"model": engine.chat.name, "temperature": llm.temperature, "window": llm.window, "requests": llm.max_requests}
    return shaping


def _prompts(rows: Sequence[Row]) -> dict[str, str]:
    """The prompt files that were used, with their digests."""
    used: dict[str, str] = {}
    for row in rows:
        used |= (row.answer.get("trace") or {}).get("prompts") or {}
    return dict(sorted(used.items()))
