"""Deliberate faults of the product: what the crash tests would not notice of these, they would not notice of real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = ["BREAKAGES", "spoil"]


def no_transactions() -> None:
    """Every statement is committed by itself."""
    from assistant.catalogue import Catalogue

    @contextmanager
    def writing(self: Any) -> Any:
        yield self._connection()

    Catalogue._writing = writing  # type: ignore[method-assign]


def one_lost() -> None:
    """The last article of several is reported as stored, and is not."""
    from assistant.library import Library

    store = Library.store

    def all_but_one(self: Any, staged: Any, vectors: Any = None) -> Any:
        return store(self, staged[:-1] or staged, vectors)

    Library.store = all_but_one  # type: ignore[method-assign]


def nothing_finished() -> None:
    """What was staged when a process was killed stays so."""
    from assistant.catalogue import Catalogue, Unfinished

    Catalogue.unfinished = lambda self: Unfinished((), ())  # type: ignore[method-assign]


def nothing_scrubbed() -> None:
    """What was removed stays in the bytes of the file."""
    from assistant.catalogue import Catalogue

    Catalogue.scrub = lambda self: None  # type: ignore[method-assign]


def nothing_swept() -> None:
    """Files of work that was cut off stay."""
    from assistant import library, workshop

    library.sweep = workshop.sweep = lambda folder: None  # type: ignore[attr-defined, assignment]


def nothing_sealed() -> None:
    """The files of the vector index are opened without a look at them."""
    from assistant.seal import Seal

    Seal.broken = lambda self, folder, part, files, every_byte=False: False  # type: ignore[method-assign, assignment]


def old_ones_stay() -> None:
    """What is replaced stays in the indexes."""
    from assistant.indexes import Indexes

    Indexes._delete = lambda self, article_ids, indexes: None  # type: ignore[method-assign]
    Indexes.faults = lambda self, every_byte=False: {}  # type: ignore[method-assign, assignment]


BREAKAGES: Mapping[str, Callable[[], None]] = {
    function.__name__: function
    for function in (no_transactions, one_lost, nothing_finished, nothing_scrubbed, nothing_swept, nothing_sealed, old_ones_stay)
}


def spoil(name: str) -> None:
    """Put that fault into this process."""
    BREAKAGES[name]()
