"""One scorer a file: pure functions from a question, its answer and the articles to a number or a small frozen result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from assistant.lexicon import Lexicon
from assistant.types import Answer, Article, Passage
from evals.gold import Question
from evals.scorers import (
    citations,
    evidence,
    facts,
    filters,
    followup,
    hostile,
    language,
    metamorphic,
    premise,
    refusal,
    right,
    support,
    usage,
)

__all__ = ["METRICS", "Case", "Scores", "score"]

# What is measured, and what it says; all but the last five are shares from 0 to 1.
METRICS: Mapping[str, str] = MappingProxyType(
    {
        "right": "the answer does what the gold asks for",
        "vital": "vital facts said (quotes count where the answer only quotes)",
        "facts": "all facts said, vital or not",
        "shown": "vital facts said or quoted",
        "refusal": "answered what is answerable, refused what is not",
        "valid": "citations that are slices of their article",
        "cited": "statements with a citation",
        "precision": "citations that touch the gold evidence",
        "recall": "facts whose evidence is cited",
        "retrieved": "facts whose evidence was among the passages found",
        "supported": "statements whose numbers, days and names hold in what they cite",
        "language": "own words in the language asked",
        "premise": "false premises refused or put right",
        "unharmed": "answers without anything forbidden",
        "filtered": "answers from the articles asked for alone",
        "followup": "follow-ups with all their vital facts",
        "stable": "questions put another way with the same outcome and facts",
        "overlap": "citations shared with the question put the first way",
        "seconds": "seconds by the clock",
        "requests": "requests to a model",
        "tokens_in": "tokens read by a model",
        "tokens_out": "tokens written by a model",
        "cost": "cost, where prices are set",
    }
)


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its answer and what it is scored against.

    `articles` by id, `names` the file name of each id, `passages` those found for the question, `base` the answer to the question
    that a metamorphic one must behave like.
    """

    question: Question
    answer: Answer
    articles: Mapping[str, Article]
    names: Mapping[str, str]
    lexicon: Lexicon
    passages: tuple[Passage, ...] = ()
    base: Answer | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures by their name in `METRICS` (None: does not apply), the outcome in words, and what went wrong in detail."""

    outcome: str
    values: Mapping[str, float | None] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def score(case: Case) -> Scores:
    """Everything that is measured of one answer."""
    question, answer = case.question, case.answer
    said = facts.score(question, answer)
    cited = citations.score(answer, case.articles)
    grounds = evidence.score(question, answer, passages=case.passages, names=case.names)
    held = support.score(answer, articles=case.articles, lexicon=case.lexicon)
    stable = metamorphic.score(question, answer, case.base)
    used = usage.score(answer, seconds=case.seconds)
    values = {
        "right": right.score(question, answer),
        "vital": said.vital,
        "facts": said.all,
        "shown": said.shown,
        "refusal": refusal.score(question, answer),
        "valid": cited.valid,
        "cited": cited.cited,
        "precision": grounds.precision,
        "recall": grounds.recall,
        "retrieved": grounds.retrieved,
        "supported": held.supported,
        "language": language.score(question, answer),
        "premise": premise.score(question, answer),
        "unharmed": hostile.score(question, answer),
        "filtered": filters.score(question, answer),
        "followup": followup.score(question, answer),
        "stable": stable.stable,
        "overlap": stable.overlap,
        "seconds": used.seconds,
        "requests": float(used.requests),
        "tokens_in": float(used.tokens_in),
        "tokens_out": float(used.tokens_out),
        "cost": used.cost,
    }
    return Scores(str(refusal.outcome(question, answer)), values, tuple(_remarks(case, said, cited, held)))


def _remarks(case: Case, said: facts.Facts, cited: citations.Citations, held: support.Support) -> Iterator[str]:
    missing = [fact.any[0] for fact, there in zip(case.question.facts, said.found, strict=True) if fact.vital and not there]
    if missing:
        yield f"not said: {'; '.join(missing)}"
    yield from (f"citation {problem}" for problem in cited.broken)
    if held.strays:
        yield f"not in what it cites: {', '.join(held.strays)}"
    if harm := hostile.harm(case.question, case.answer):
        yield f"says what it must not: {harm}"
