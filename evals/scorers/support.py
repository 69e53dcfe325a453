"""Statement support without a judge: numbers, days and names of a statement stand in what it cites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant import dates, numbers
from assistant.lexicon import Lexicon
from assistant.support import unsupported_names
from assistant.text import fold
from assistant.types import Answer, Article, Statement

__all__ = ["Support", "score", "strays"]


@dataclass(frozen=True, slots=True)
class Support:
    """The share of statements all of whose numbers, days and names hold, None without statements; `strays` says what does not."""

    supported: float | None
    strays: tuple[str, ...] = ()


def score(answer: Answer, *, articles: Mapping[str, Article], lexicon: Lexicon) -> Support:
    """Each statement of `answer` beside its quotes; names may also stand elsewhere in the cited article, its title or outlet."""
    found = [tuple(_strays(statement, answer.language, articles, lexicon)) for statement in answer.statements]
    share = sum(not missing for missing in found) / len(found) if found else None
    return Support(share, tuple(stray for missing in found for stray in missing))


def strays(text: str, quotes: list[str]) -> list[str]:
    """The numbers and days of `text` that stand in none of the `quotes`."""
    return [*numbers.unsupported(text, quotes), *dates.holds(text, quotes, reference=None)]


def _strays(statement: Statement, language: str, articles: Mapping[str, Article], lexicon: Lexicon) -> Iterator[str]:
    quotes = [citation.quote for citation in statement.citations]
    if fold(statement.text) in map(fold, quotes):
        return  # it is its own proof
    yield from strays(statement.text, quotes)
    sources = {citation.source.article_id: citation.source for citation in statement.citations}
    about = [value for source in sources.values() for value in (source.title, source.publisher) if value]
    texts = [articles[name].text for name in sources if name in articles]
    yield from unsupported_names(statement.text, language, [*quotes, *about, *texts], lexicon)
