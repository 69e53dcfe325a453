"""Articles become passages: runs of whole sentences, about 200 words long, whose offsets are kept."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.text import sentences, words
from assistant.types import Article, Passage, Span

__all__ = ["SPLITTER", "quotable_sentences", "split"]

WORDS = 200  # a passage of 200 words holds the answer nearly as often as one of 500 and is half the reading
SPLITTER = f"sentences/{WORDS}w/2"  # part of a library's identity: another splitter means other passages


def split(article: Article) -> tuple[Passage, ...]:
    """The passages of `article`, in order; `article.text[p.start:p.end] == p.text` for each.

    A passage is a run of whole sentences of about 200 words that never touches boilerplate. Neighbours within a run share
    exactly one sentence, unless the earlier one is a single long sentence. Starts strictly increase. Of passages with the same
    text there is the first alone.
    """
    firsts: dict[str, Span] = {}
    for run in _runs(article):
        for span in _windows(article.text, run):
            # A thousand copies of one vector tear the graph of the vector index apart, and whatever else it holds is not found.
            firsts.setdefault(article.text[span.start : span.end], span)
    return tuple(
        Passage(id=f"{article.source.article_id}-{span.start}", source=article.source, text=text, start=span.start, end=span.end)
        for text, span in firsts.items()
    )


def quotable_sentences(article: Article) -> list[Span]:
    """The sentences of `article` without its boilerplate, in order."""
    return [sentence for run in _runs(article) for sentence in run]


def _runs(article: Article) -> list[list[Span]]:
    """The sentences between one boilerplate span and the next."""
    runs: list[list[Span]] = []
    start = 0
    for mark in [*sorted(article.boilerplate), Span(len(article.text), len(article.text))]:
        if start < mark.start:
            within = [Span(start + a, start + b) for a, b in sentences(article.text[start : mark.start])]
            if within:
                runs.append(within)
        start = max(start, mark.end)
    return runs


def _windows(text: str, run: list[Span]) -> Iterable[Span]:
    sizes = [len(words(text[span.start : span.end])) for span in run]
    first = 0
    while True:
        last, size = first, sizes[first]
        while last + 1 < len(run) and (size + sizes[last + 1] <= WORDS or last == first > 0):
            last += 1
            size += sizes[last]
        yield Span(run[first].start, run[last].end)
        if last + 1 == len(run):
            return
        first = last if last > first else last + 1
