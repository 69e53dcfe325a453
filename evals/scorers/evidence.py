"""Citation precision and recall against the gold evidence, and whether the evidence was retrieved at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.types import Answer, Passage, Span
from evals.gold import Evidence, Question

__all__ = ["Grounds", "score"]

Covers = Callable[[Evidence], bool]


@dataclass(frozen=True, slots=True)
class Grounds:
    """Shares from 0 to 1, None where there is nothing to count.

    `precision` of the citations that touch some evidence, `recall` of the facts whose evidence is cited, `retrieved` of those
    whose evidence stands whole in a passage that was found.
    """

    precision: float | None
    recall: float | None
    retrieved: float | None


def score(question: Question, answer: Answer, *, passages: Sequence[Passage], names: Mapping[str, str]) -> Grounds:
    """Citations of `answer` and `passages` found for it beside the evidence; `names` gives the file name of an article's id."""
    if not question.evidence:
        return Grounds(None, None, None)
    cited = [(names.get(c.source.article_id, ""), Span(c.start, c.end)) for c in answer.citations]
    found = [(names.get(p.source.article_id, ""), Span(p.start, p.end)) for p in passages]
    useful = [any(_touches(entry, name, span) for entry in question.evidence) for name, span in cited]
    return Grounds(
        precision=sum(useful) / len(useful) if useful else None,
        recall=_share(question, lambda entry: any(_touches(entry, name, span) for name, span in cited)),
        retrieved=_share(question, lambda entry: any(_holds(entry, name, span) for name, span in found)),
    )


def _share(question: Question, covered: Covers) -> float:
    """The share of facts with evidence of which some evidence is `covered`."""
    facts = sorted({entry.fact for entry in question.evidence})
    there = {entry.fact for entry in question.evidence if covered(entry)}
    return len(there) / len(facts)


def _touches(entry: Evidence, name: str, span: Span) -> bool:
    return entry.article == name and entry.start < span.end and span.start < entry.end


def _holds(entry: Evidence, name: str, span: Span) -> bool:
    return entry.article == name and span.start <= entry.start and entry.end <= span.end
