"""Citation validity: every quote is the slice of its article that it says it is, and no statement goes without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.types import Answer, Article, Citation

__all__ = ["Citations", "score"]


@dataclass(frozen=True, slots=True)
class Citations:
    """The share of citations that hold, and of statements that have one; None where there are none. `broken` says which do not."""

    valid: float | None
    cited: float | None
    broken: tuple[str, ...] = ()


def score(answer: Answer, articles: Mapping[str, Article]) -> Citations:
    """Whether each citation is a slice of its article outside of boilerplate; `articles` by id."""
    every = list(answer.citations)
    every += [citation for statement in answer.statements for citation in statement.citations if citation not in every]
    broken = [problem for citation in every if (problem := _problem(citation, articles))]
    return Citations(
        valid=1 - len(broken) / len(every) if every else None,
        cited=sum(bool(s.citations) for s in answer.statements) / len(answer.statements) if answer.statements else None,
        broken=tuple(broken),
    )


def _problem(citation: Citation, articles: Mapping[str, Article]) -> str:
    article = articles.get(citation.source.article_id)
    place = f"[{citation.number}] {citation.source.article_id}[{citation.start}:{citation.end}]"
    if article is None:
        return f"{place}: there is no such article"
    if not 0 <= citation.start < citation.end or article.text[citation.start : citation.end] != citation.quote:
        return f"{place} is not {citation.quote[:60]!r}"
    if any(span.start < citation.end and citation.start < span.end for span in article.boilerplate):
        return f"{place} is no part of the report"
    return ""
