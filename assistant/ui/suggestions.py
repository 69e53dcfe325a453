"""Questions worth asking next, made from the library's own articles: each is one that was tried and finds something."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from assistant.types import Answer, Source
from assistant.ui import strings
from assistant.ui.view import clipping

__all__ = ["Finds", "first", "following"]

FIRST = 4
NEXT = 3
TRIED = 12  # questions at most: each costs a search
HEADLINE = 64  # characters; a longer one is cut where it pauses
_PAUSES = re.compile(r"\s*(?:[؛;|]|\s[-–—]\s|\.\.+|…|:\s)\s*")

Finds = Callable[[str, str], bool]
"""Whether a question finds something; the second word is the id of the article it was made from."""


def first(sources: Sequence[Source], language: str, *, finds: Finds) -> list[str]:
    """Up to four questions for someone who has asked nothing yet, in `language`, about articles as different as can be."""
    return _tried([*_prepared(sources, language), *_about(_varied(sources, language), language)], (), FIRST, finds)


def following(
    answer: Answer, asked: Sequence[str], sources: Sequence[Source], language: str, *, near: Sequence[Source], finds: Finds
) -> list[str]:
    """Up to three questions that go on from `answer`, none of them `asked` before.

    `near` are the articles that speak of the same, the best first; `sources` are all there are.
    """
    cited = list({citation.source.article_id: citation.source for citation in answer.citations}.values())
    known = {source.article_id for source in cited}
    related = [source for source in (*near, *answer.nearest) if source.article_id not in known]
    wanted = [source.article_id for source in (*cited, *related)]
    prepared = sorted(_prepared(sources, language), key=lambda pair: wanted.index(pair[1]) if pair[1] in wanted else len(wanted))
    return _tried([*prepared, *_worded("suggestions.else", cited[:1], language), *_about(related, language)], asked, NEXT, finds)


def _tried(pairs: Iterable[tuple[str, str]], asked: Sequence[str], most: int, finds: Finds) -> list[str]:
    """The first of these that find something and were not asked."""
    done = {_bare(question) for question in asked}
    fresh = [pair for pair in dict(pairs).items() if _bare(pair[0]) not in done]
    return list(islice((question for question, article in fresh[:TRIED] if finds(question, article)), most))


def _bare(question: str) -> str:
    """A question by its letters alone: with or without the signs on them it is the same."""
    return "".join(character for character in question.casefold() if character.isalnum())


def _prepared(sources: Iterable[Source], language: str) -> list[tuple[str, str]]:
    """The questions written for articles that the library has, one an article before a second one of any."""
    there = {source.article_id for source in sources}
    found = []
    for key, cells in strings.table().items():
        name = re.fullmatch(r"suggestions\.seed\.(\w+)\.(\d+)", key)
        if name and name[1] in there:
            found.append((int(name[2]), cells[language], name[1]))
    return [(question, article) for _, question, article in sorted(found, key=lambda row: row[0])]


def _about(sources: Iterable[Source], language: str) -> Iterator[tuple[str, str]]:
    return _worded("suggestions.about", sources, language)


def _worded(key: str, sources: Iterable[Source], language: str) -> Iterator[tuple[str, str]]:
    for source in sources:
        headline = _headline(source.title or "")
        if headline:
            yield strings.text(key, language, title=headline), source.article_id


def _headline(title: str) -> str:
    """A headline short enough to stand in a question, without quotation marks of its own; empty when it says too little."""
    whole = clipping(re.sub('[«»“”"]', "", title), 400)
    parts = [part for part in _PAUSES.split(whole) if len(part.split()) > 1] or [whole]
    shown = whole if len(whole) <= HEADLINE else clipping(parts[0], HEADLINE)
    return shown.rstrip(" .؟?!،,") if len(shown.split()) > 1 else ""


def _varied(sources: Sequence[Source], language: str) -> list[Source]:
    """The articles in the reader's language first, and of each outlet one before a second one of any."""
    seen: dict[str, int] = {}
    ranked = []
    for position, source in enumerate(sources):
        outlet = source.publisher or ""
        seen[outlet] = seen.get(outlet, 0) + 1
        ranked.append((source.language != language, seen[outlet], position, source))
    return [source for *_, source in sorted(ranked, key=lambda row: row[:3])]
