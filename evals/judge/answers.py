"""Answers judged: the gold facts in them, and whether their quotes prove what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.text import fold
from evals.judge.grading import Grader, Verdict
from evals.results import Row

__all__ = ["Judged", "judge"]

OKAY = "(okay) "  # what rows put before a fact that is not vital


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer judged.

    `vital_strict` is the share of vital facts that it supports wholly, `vital` with half for a part. `recall` is the share of
    statements that their quotes together prove, `precision` of quotes that are needed for it. None where there is nothing, or where
    the judge gave no verdict; `failed` counts those.
    """

    id: str
    language: str
    vital_strict: float | None
    vital: float | None
    recall: float | None
    precision: float | None
    failed: int
    verdicts: tuple[str, ...]


def judge(row: Row, grader: Grader) -> Judged:
    """The answer of `row` judged. Raises `ModelError`."""
    language = str(row.answer["language"])
    statements = row.answer["statements"]
    facts = _facts(row, statements, grader, language)
    entailed = [_statement(statement, grader, language) for statement in statements]
    told = [verdict for verdict in facts if verdict is not Verdict.FAILED]
    sure = [found for found in entailed if found is not None]
    used = [needed for _, each in sure for needed in each]
    return Judged(
        id=row.id,
        language=row.language,
        vital_strict=_share([float(verdict is Verdict.SUPPORTED) for verdict in told]),
        vital=_share([{Verdict.SUPPORTED: 1.0, Verdict.PARTIAL: 0.5}.get(verdict, 0.0) for verdict in told]),
        recall=_share([float(proved) for proved, _ in sure]),
        precision=_share([float(needed) for needed in used]),
        failed=facts.count(Verdict.FAILED) + entailed.count(None),
        verdicts=tuple(map(str, facts)),
    )


def _facts(row: Row, statements: Sequence[Mapping[str, Any]], grader: Grader, language: str) -> list[Verdict]:
    """A verdict on each vital fact; an answer that states nothing supports none, and nobody need be asked."""
    vital = [fact for fact in row.gold if not fact.startswith(OKAY)]
    if not vital:
        return []
    if not statements:
        return [Verdict.NOT] * len(vital)
    said = "\n".join(f"{statement['frame']} {statement['text']}".strip() for statement in statements)
    return grader.grade(said, vital, language=language, about=f"«{row.question}»")


def _statement(statement: Mapping[str, Any], grader: Grader, language: str) -> tuple[bool, list[bool]] | None:
    """Whether the quotes together prove the statement, and which of them are needed; None when the judge did not say."""
    quotes = [str(citation["quote"]) for citation in statement["citations"]]
    text = str(statement["text"])
    if not quotes:
        return False, []
    if fold(text) in map(fold, quotes):
        return True, [True] * len(quotes)
    (together,) = grader.grade("\n".join(quotes), [text], language=language)
    if together is Verdict.FAILED:
        return None
    proved = together is Verdict.SUPPORTED
    if not proved or len(quotes) == 1:
        return proved, [proved] * len(quotes)
    return True, [_needed(place, quotes, text, grader, language) for place in range(len(quotes))]


def _needed(place: int, quotes: Sequence[str], text: str, grader: Grader, language: str) -> bool:
    """Whether a quote proves the statement alone, or the others do not without it."""
    (alone,) = grader.grade(quotes[place], [text], language=language)
    if alone is Verdict.SUPPORTED:
        return True
    others = [quote for other, quote in enumerate(quotes) if other != place]
    (without,) = grader.grade("\n".join(others), [text], language=language)
    return without is not Verdict.SUPPORTED


def _share(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
