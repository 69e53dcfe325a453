"""What is wrong with an answer: an error, a quote nobody wrote, an article that was not there, or a part of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from evals.soak.asked import ANSWERED, Asked, Cited
from evals.soak.ledger import Ledger

__all__ = ["KINDS", "Fault", "faults"]

KINDS = {
    "error": "errors",
    "quote": "quotes that are no slice of their article",
    "stale": "articles that had gone before",
    "early": "articles that had not come yet",
    "half": "articles seen in part, or in two versions",
    "missed": "questions not answered, though the article was there",
}


class Fault(NamedTuple):
    """A broken promise, by its kind (see `KINDS`), and what shows it."""

    kind: str
    told: str


def faults(ledger: Ledger, asked: Asked) -> list[Fault]:
    """Everything that is wrong with what a question gave, given what was there meanwhile."""
    return [Fault(kind, f"{asked.question} ({asked.ended - asked.began:.3f} s): {told}") for kind, told in _faults(ledger, asked)]


def _faults(ledger: Ledger, asked: Asked) -> Iterator[tuple[str, str]]:
    if asked.error:
        yield "error", asked.error
        return
    found = [one for _, one in asked.found or ()]
    for one in (*asked.cited, *found):
        yield from _quote(ledger, one)
    for name in dict.fromkeys([*(one.article for one in (*asked.cited, *found)), *asked.beside]):
        yield from _life(ledger, asked, name)
    yield from _halves(ledger, asked)
    if ledger.must_be_seen(asked.key, asked.began, asked.ended):
        yield from _missed(ledger, asked)


def _quote(ledger: Ledger, one: Cited) -> Iterator[tuple[str, str]]:
    entry = ledger.entry(one.article)
    if entry is not None and entry.article.text[one.start : one.end] != one.quote:
        yield "quote", f"{one.article} has something else than «{one.quote}» at {one.start}"


def _life(ledger: Ledger, asked: Asked, name: str) -> Iterator[tuple[str, str]]:
    if ledger.might_be_seen(name, asked.began, asked.ended):
        return
    entry = ledger.entry(name)
    if entry is None:
        yield "early", f"{name} was never given, or had gone long ago"
    elif entry.lives[0].given > asked.ended:
        yield "early", f"{name} came {entry.lives[0].given - asked.ended:.3f} s after the answer"
    else:
        gone = max(life.gone for life in entry.lives if life.gone < asked.began)
        yield "stale", f"{name} had gone {asked.began - gone:.3f} s before the question"


def _halves(ledger: Ledger, asked: Asked) -> Iterator[tuple[str, str]]:
    """Versions of one story beside each other; and of the story that was searched for, passages that were not found."""
    versions: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, one in (asked.found or ()) if asked.found is not None else (("", one) for one in asked.cited):
        entry = ledger.entry(one.article)
        if entry is not None:
            versions[entry.key][one.article].add(name)
    for key, seen in versions.items():
        if len(seen) > 1:
            yield "half", f"{len(seen)} versions of {key} at once: {', '.join(seen)}"
    for article, passages in versions[asked.key].items() if asked.found is not None else ():
        entry = ledger.entry(article)
        if entry is not None and passages != entry.passages:
            yield "half", f"{len(passages)} of the {len(entry.passages)} passages of {article}"


def _missed(ledger: Ledger, asked: Asked) -> Iterator[tuple[str, str]]:
    """Nothing of a story that was there all the time."""
    shown = [one.article for _, one in asked.found] if asked.found is not None else [one.article for one in asked.cited]
    live = [name for name in shown if ledger.might_be_seen(name, asked.began, asked.ended)]
    keys = {entry.key for name in live if (entry := ledger.entry(name))}
    if asked.key not in keys or (asked.found is None and asked.status != ANSWERED):
        yield "missed", f"{asked.status or 'searched'}, nothing of {asked.key}"
