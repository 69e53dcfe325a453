"""The seal of a library: what the files of its derived indexes were when a change was over, so that damage shows at once.

Chroma reads its vector files unchecked: other bytes in them give wrong hits or end the process, and missing ones none at all
(measured). Comparing sizes and times takes a tenth of a millisecond; a file that was merely copied is compared by its bytes.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from assistant.errors import DiskFull, LibraryNotWritable

__all__ = ["Seal", "Stamp", "explained"]

FILE = "seal.json"
_BLOCK = 2**20


class Stamp(NamedTuple):
    """A file's size, its time of change in nanoseconds and the check sum of its bytes."""

    size: int
    changed: int
    sum: int


@dataclass(frozen=True, slots=True)
class Seal:
    """`files` (by their path within the library) as they were at `generation` of the catalogue.

    Where the vectors are on a server, `collection` is their name there, and `mark` what was written down with them.
    Not `whole` means that a change began and has not ended: the files may be other ones by now. `distrusted` says of
    the indexes that could not be used when it began, by their folders, why.
    """

    generation: int = 0
    whole: bool = False
    files: Mapping[str, Stamp] = field(default_factory=dict, repr=False)
    distrusted: Mapping[str, str] = field(default_factory=dict)
    collection: str = ""
    mark: str = ""

    @classmethod
    def read(cls, folder: Path) -> Seal | None:
        """The seal of the library in `folder`, if it has one that can be read."""
        try:
            return _parsed((folder / FILE).read_bytes())
        except (OSError, ValueError, TypeError, LookupError, AttributeError):
            return None

    def write(self, folder: Path) -> None:
        """Make this the seal of the library in `folder`, on the disk before anything that is written after it."""
        draft = folder / f"{FILE}.new"
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, folder / FILE)

    def stamps(self, folder: Path, files: Iterable[Path]) -> dict[str, Stamp]:
        """The stamps of `files` now; those that look untouched keep the check sum they have here."""
        found = {}
        for path in files:
            name = _name(folder, path)
            stat = path.stat()
            known = self.files.get(name)
            same = known is not None and (known.size, known.changed) == (stat.st_size, stat.st_mtime_ns)
            found[name] = known if known is not None and same else Stamp(stat.st_size, stat.st_mtime_ns, _sum(path))
        return found

    def broken(self, folder: Path, part: str, files: Iterable[Path], *, every_byte: bool = False) -> bool:
        """Whether `files`, all that there are in the folder `part`, are others than those sealed, or hold other bytes."""
        wanted = {name: stamp for name, stamp in self.files.items() if name.startswith(f"{part}/")}
        there = {_name(folder, path): path for path in files}
        if wanted.keys() != there.keys():
            return True
        try:
            return any(_differs(there[name], stamp, every_byte) for name, stamp in wanted.items())
        except OSError:
            return True


@lru_cache(maxsize=4)
def _parsed(content: bytes) -> Seal:
    """Kept, as every question reads it again."""
    said = json.loads(content)
    files = {str(name): Stamp(*map(int, stamp)) for name, stamp in said["files"].items()}
    distrusted = {str(name): str(reason) for name, reason in said["distrusted"].items()}
    place = str(said.get("collection", "")), str(said.get("mark", ""))
    return Seal(int(said["generation"]), said["whole"] is True, files, distrusted, *place)


def _name(folder: Path, path: Path) -> str:
    """What a file within `folder` is called here. `relative_to` takes ten times as long, at every question for each file."""
    return "/".join(path.parts[len(folder.parts) :])


def _differs(path: Path, stamp: Stamp, every_byte: bool) -> bool:
    stat = path.stat()
    if stat.st_size != stamp.size:
        return True
    return (every_byte or stat.st_mtime_ns != stamp.changed) and _sum(path) != stamp.sum


def _sum(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            value = zlib.crc32(block, value)
    return value


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the operating system says about `folder` into an error of ours."""
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull.of(folder) from exc
        raise LibraryNotWritable(
            "The folder {folder} cannot be opened or written ({reason}); allow it, or choose another --library.",
            folder=folder,
            reason=str(exc.strerror or exc),
        ) from exc
