"""What was in the library when: each article with the moments at which its coming and its going began and were over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf

from assistant.splitting import split
from assistant.types import Article

__all__ = ["Entry", "Ledger", "Life"]


@dataclass(slots=True)
class Life:
    """One stay of an article: it may be seen from `given` to `gone`, and must be from `sure` to `leaving`.

    Where it `replaces` another version of its story, or is `replaced` by one, either of the two must be seen meanwhile.
    """

    given: float
    sure: float = inf
    leaving: float = inf
    gone: float = inf
    replaces: bool = False
    replaced: bool = False

    @property
    def sight(self) -> tuple[float, float]:
        """From when to when its story must be seen because of it."""
        return self.given if self.replaces else self.sure, self.gone if self.replaced else self.leaving


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as it was given, the story it is a version of, its passages, and its stays in the library."""

    article: Article
    key: str
    passages: frozenset[str]
    lives: list[Life]


class Ledger:
    """Who gave what when, for any number of threads. `now` is a clock that all processes share and that never goes back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._entries: dict[str, Entry] = {}
        self._guard = threading.Lock()

    @contextmanager
    def change(self, *, coming: Sequence[tuple[str, Article]] = (), leaving: Sequence[str] = ()) -> Iterator[None]:
        """Note that within this block articles come (each with its story's key) and others, by their ids, go.

        When the block fails nobody knows how far it came: they may be seen then, and need not be.
        """
        began = self.now()
        with self._guard:
            entries = [self._entry(key, article) for key, article in coming]
            went = {self._entries[name].key: self._entries[name].lives[-1] for name in leaving}
            came = {entry.key: Life(began) for entry in entries}
            for entry in entries:
                entry.lives.append(came[entry.key])
            for key, life in went.items():
                life.leaving = began
                life.replaced = key in came
            for key, life in came.items():
                life.replaces = key in went
        try:
            yield
        except BaseException:
            with self._guard:
                for life in (*came.values(), *went.values()):
                    life.replaces = life.replaced = False
            raise
        ended = self.now()
        with self._guard:
            for life in came.values():
                life.sure = ended
            for life in went.values():
                life.gone = ended

    def _entry(self, key: str, article: Article) -> Entry:
        name = article.source.article_id
        if name not in self._entries:
            passages = frozenset(passage.id for passage in split(article))
            self._entries[name] = Entry(article, key, passages, [])
        return self._entries[name]

    def entry(self, article_id: str) -> Entry | None:
        """What is known of the article of that id."""
        with self._guard:
            return self._entries.get(article_id)

    def versions(self, key: str) -> tuple[str, ...]:
        """The ids of every version of a story that was given."""
        with self._guard:
            return tuple(name for name, entry in self._entries.items() if entry.key == key)

    def might_be_seen(self, article_id: str, began: float, ended: float) -> bool:
        """Whether the article was there at any moment between the two, as far as that can be told."""
        with self._guard:
            entry = self._entries.get(article_id)
            return entry is not None and any(life.given <= ended and began <= life.gone for life in entry.lives)

    def must_be_seen(self, key: str, began: float, ended: float) -> bool:
        """Whether a story was there all the time between the two, in one version or another."""
        with self._guard:
            lives = [life.sight for entry in self._entries.values() if entry.key == key for life in entry.lives]
        seen = began
        for start, stop in sorted(lives):
            if start <= seen:
                seen = max(seen, stop)
        return seen > ended

    def forget(self, before: float) -> None:
        """Drop what had gone before that moment: no question that is under way can still be about it."""
        with self._guard:
            for name in [name for name, entry in self._entries.items() if all(life.gone < before for life in entry.lives)]:
                del self._entries[name]
