"""The named steps at which a process is killed: one table, and how a process wraps the product's functions to die there.

Nothing in the product knows of this: the functions are wrapped in the process that is going to die. A name that the product
no longer has is an error, and so is a point that the work never comes to.
"""

from __future__ import annotations

import inspect
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import wraps
from importlib import import_module
from typing import Any, Literal

__all__ = ["POINTS", "Point", "arm", "resolve"]

When = Literal["before", "after"]


@dataclass(frozen=True)
class Point:
    """The process dies before or after the `call`th call of what `where` names, among the calls whose arguments match `only`.

    With `of`, it is that method of what is returned there. `doing` names the work that comes there, see `kills.WORK`. A point
    that is much like its neighbour is tried `seldom`, in the full run only.
    """

    name: str
    where: str  # "module:name" or "module:Class.name"
    when: When
    doing: str
    call: int = 1
    only: str | None = None  # a pattern that one of the arguments must match
    of: str | None = None
    seldom: bool = False


CATALOGUE, BACKUP = "assistant.catalogue", "assistant.backup"
INDEXES, LEXICAL, VECTORS = "assistant.indexes:Indexes", "assistant.lexical:LexicalIndex", "assistant.vectors:VectorIndex"
SEAL, LOCK, UPSERT = "assistant.seal:Seal.write", "assistant.locks:LibraryLock", "chromadb.api.models.Collection:Collection.upsert"


POINTS: Sequence[Point] = (
    # a change: lock, seal opened, truth staged, indexes, published, what it replaces leaves, seal closed
    Point("lock held, no note of it yet", f"{LOCK}._acquire", "after", "change"),
    Point("lock held and noted, nothing changed", f"{LOCK}._note", "after", "change", seldom=True),
    Point("the seal being opened written, not in place", "os:replace", "before", "change", only="*/seal.json"),
    Point("seal open, nothing staged", SEAL, "after", "change"),
    Point("in the transaction that stages", f"{CATALOGUE}:_keep_vectors", "before", "change"),
    Point("staged", f"{CATALOGUE}:Catalogue.stage", "after", "change"),
    Point("the full text written, not committed", f"{LEXICAL}.add", "after", "change", seldom=True),
    Point("some of the vectors", UPSERT, "after", "change"),
    Point("all of the vectors", f"{VECTORS}.add", "after", "change", seldom=True),
    Point("the full text committed", f"{LEXICAL}.commit", "after", "change"),
    Point("in the transaction that publishes", f"{CATALOGUE}:_settle", "before", "change"),
    Point("published", f"{CATALOGUE}:Catalogue.publish", "after", "change"),
    Point("what was replaced has left the vectors", f"{VECTORS}.delete", "after", "change"),
    Point("what was replaced has left the full text", f"{LEXICAL}.commit", "after", "change", call=2, seldom=True),
    Point("in the transaction that forgets", f"{CATALOGUE}:_drop_vectors", "before", "change", call=2, seldom=True),
    Point("forgotten", f"{CATALOGUE}:Catalogue.forget", "after", "change"),
    Point("the seal being closed written, not in place", "os:replace", "before", "change", call=2, only="*/seal.json", seldom=True),
    Point("seal closed, traces left", SEAL, "after", "change", call=2),
    Point("stored, their files not remembered", f"{CATALOGUE}:Catalogue.remember", "before", "change", seldom=True),
    Point("in the transaction that remembers files", f"{CATALOGUE}:_remember", "after", "change"),
    Point("their files remembered", f"{CATALOGUE}:Catalogue.remember", "after", "change", seldom=True),
    Point("an article found at a second place", f"{CATALOGUE}:Catalogue.relocate", "after", "again"),
    # the same text under another title: it has to leave the indexes and come again
    Point("staged, still in both indexes", f"{LEXICAL}.delete", "before", "retitle"),
    Point("staged, gone from the vectors", f"{VECTORS}.delete", "after", "retitle"),
    # a removal
    Point("retired", f"{CATALOGUE}:Catalogue.retire", "after", "remove"),
    Point("retired because their files are gone", f"{CATALOGUE}:Catalogue.retire", "after", "prune", seldom=True),
    Point("retired and gone from the vectors", f"{VECTORS}.delete", "after", "remove"),
    Point("removed, traces left", f"{CATALOGUE}:Catalogue.forget", "after", "remove"),
    Point("the full text half made anew without them", f"{LEXICAL}.add", "after", "remove", seldom=True),
    Point("the full text made anew without them", f"{INDEXES}.make", "after", "remove"),
    Point(
        "the truth rewritten, its log not emptied",
        f"{CATALOGUE}:Catalogue._connection",
        "before",
        "remove",
        of="execute",
        only="PRAGMA wal_checkpoint*",
    ),
    Point("scrubbed, seal open", f"{CATALOGUE}:Catalogue.scrub", "after", "remove", seldom=True),
    # a rebuild beside what is in use
    Point("an empty draft", f"{INDEXES}._fill", "before", "rebuild", seldom=True),
    Point("a draft with some of the passages", UPSERT, "after", "rebuild"),
    Point("a finished draft", f"{INDEXES}.draft", "after", "rebuild"),
    Point("old vectors moved away, new ones not there", "os:rename", "before", "rebuild", call=2, only="*/library/chroma"),
    Point("new vectors and old full text", "os:rename", "before", "rebuild", only="*/library/lexical", seldom=True),
    Point("old full text moved away, new one not there", "os:rename", "before", "rebuild", call=2, only="*/library/lexical"),
    Point("both in place, old ones not removed", f"{INDEXES}._drop_drafts", "before", "rebuild"),
    # damaged indexes made anew in their place
    Point("damage noticed", f"{INDEXES}.make", "before", "mend", seldom=True),
    Point("one of two indexes emptied", "assistant.indexes:_empty", "after", "mend"),
    Point("both emptied and laid anew", f"{INDEXES}._create", "after", "mend"),
    Point("both with some of the passages", UPSERT, "after", "mend", seldom=True),
    Point("both made anew, seal open", f"{INDEXES}.make", "after", "mend"),
    # another model, other passages
    Point("vectors of another model kept", f"{CATALOGUE}:Catalogue.keep", "after", "reembed"),
    Point("every vector of another model kept", f"{CATALOGUE}:Catalogue.adopt", "before", "reembed", seldom=True),
    Point("another model adopted", f"{CATALOGUE}:Catalogue.adopt", "after", "reembed"),
    Point("every article staged to be split anew", f"{CATALOGUE}:Catalogue.stage", "after", "resplit"),
    Point("split anew and remembered, no index of it", f"{CATALOGUE}:Catalogue.split_by", "after", "resplit"),
    # a new library
    Point("an empty file for the new truth", f"{CATALOGUE}:_lay", "before", "create", seldom=True),
    Point("the new truth laid, not in place", f"{CATALOGUE}:_put_in_place", "before", "create", seldom=True),
    Point("the new truth in place, its draft not removed", f"{CATALOGUE}:_put_in_place", "after", "create"),
    Point("the new truth without indexes", f"{CATALOGUE}:Catalogue.create", "after", "create"),
    Point("the new truth with empty indexes, seal open", f"{INDEXES}._create", "after", "create"),
    Point("a new library without articles", "assistant.library:Library.create", "after", "create"),
    # export
    Point("an export with a copy of the truth", f"{CATALOGUE}:Catalogue.copy", "after", "export"),
    Point("an export without its checksum", f"{BACKUP}:_pack", "after", "export"),
    Point("an export without its name", "os:replace", "before", "export", only="*.sanad"),
    Point("an export in place, not told", f"{BACKUP}:write", "after", "export", seldom=True),
    # import
    Point("an import, nothing read", f"{BACKUP}:_check", "before", "import", seldom=True),
    Point("an import checked, nothing unpacked", f"{BACKUP}:_unpack", "before", "import", seldom=True),
    Point("an import unpacked", f"{BACKUP}:_unpack", "after", "import"),
    Point("an imported truth without its name", "os:replace", "before", "import", only="*/library.db"),
    Point("an imported truth without indexes", f"{BACKUP}:read", "after", "import"),
    Point("an imported truth, indexes half made", UPSERT, "after", "import", seldom=True),
    Point("before the import is sealed", SEAL, "before", "import", call=2),
)


def resolve(where: str) -> tuple[Any, str]:
    """What holds the name that `where` ends with, and that name. Raises `LookupError` when there is none."""
    module, _, path = where.partition(":")
    *outer, name = path.split(".")
    holder: Any = import_module(module)
    for part in outer:
        if not hasattr(holder, part):
            raise LookupError(f"{module} has no {part}: the table of fault points is out of date ({where})")
        holder = getattr(holder, part)
    if name not in vars(holder):
        raise LookupError(f"there is no {where} any more: the table of fault points is out of date")
    return holder, name


def arm(point: Point, act: Callable[[], None]) -> None:
    """Have this process call `act` at the point."""
    holder, name = resolve(point.where)
    found = inspect.getattr_static(holder, name)
    at = _Counter(point, act)
    if isinstance(found, classmethod):
        setattr(holder, name, classmethod(at.around(found.__func__)))
    elif isinstance(found, staticmethod):
        setattr(holder, name, staticmethod(at.around(found.__func__)))
    else:
        setattr(holder, name, at.returning(found) if point.of else at.around(found))


def die() -> None:
    """End this process as the kernel ends it: nothing is flushed, closed or undone."""
    os.kill(os.getpid(), signal.SIGKILL)


class _Counter:
    """Wraps a function so that the action happens at the right one of its calls."""

    def __init__(self, point: Point, act: Callable[[], None]) -> None:
        self._point = point
        self._act = act
        self._calls = 0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the action before or after its call."""

        @wraps(function)
        def wrapped(*arguments: Any, **options: Any) -> Any:
            counted = self._counts((*arguments, *options.values()))
            if counted and self._point.when == "before":
                self._act()
            result = function(*arguments, **options)
            if counted and self._point.when == "after":
                self._act()
            return result

        return wrapped

    def returning(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, whose result has the action around one of its methods."""

        @wraps(function)
        def wrapped(*arguments: Any, **options: Any) -> Any:
            return _Around(function(*arguments, **options), str(self._point.of), self)

        return wrapped

    def _counts(self, arguments: Sequence[object]) -> bool:
        only = self._point.only
        if only is not None and not any(fnmatchcase(str(argument), only) for argument in arguments):
            return False
        self._calls += 1
        return self._calls == self._point.call


class _Around:
    """Stands for an object; one of its methods is watched."""

    def __init__(self, inner: Any, method: str, at: _Counter) -> None:
        self._inner = inner
        self._method = method
        self._at = at

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._at.around(found) if name == self._method else found
