"""What disks, other programs and well-meaning people do to the files of a library; never to the truth itself."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["DAMAGES", "damage"]


def missing(path: Path) -> None:
    """It is gone."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def empty(path: Path) -> None:
    """It holds nothing."""
    path.write_bytes(b"")


def halved(path: Path) -> None:
    """Its second half is gone."""
    os.truncate(path, path.stat().st_size // 2)


def garbage(path: Path) -> None:
    """As many other bytes."""
    path.write_bytes(random.Random(path.name).randbytes(path.stat().st_size))


def a_byte(path: Path) -> None:
    """One byte in the middle is another one."""
    content = bytearray(path.read_bytes())
    if content:
        content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


# Where, and what happens there. A pattern that matches several files means the first.
DAMAGES: Mapping[str, tuple[str, Callable[[Path], None]]] = {
    "vector file halved": ("chroma/*/data_level0.bin", halved),
    "vector file of random bytes": ("chroma/*/data_level0.bin", garbage),
    "vector file with another byte": ("chroma/*/data_level0.bin", a_byte),
    "vector file empty": ("chroma/*/data_level0.bin", empty),
    "vector file missing": ("chroma/*/data_level0.bin", missing),
    "header of the vectors missing": ("chroma/*/header.bin", missing),
    "header of the vectors of random bytes": ("chroma/*/header.bin", garbage),
    "lengths of the vectors of random bytes": ("chroma/*/length.bin", garbage),
    "links between the vectors missing": ("chroma/*/link_lists.bin", missing),
    "pickle missing": ("chroma/*/index_metadata.pickle", missing),
    "pickle of random bytes": ("chroma/*/index_metadata.pickle", garbage),
    "pickle empty": ("chroma/*/index_metadata.pickle", empty),
    "segment folder missing": ("chroma/*-*-*", missing),
    "Chroma's database missing": ("chroma/chroma.sqlite3", missing),
    "Chroma's database empty": ("chroma/chroma.sqlite3", empty),
    "Chroma's database halved": ("chroma/chroma.sqlite3", halved),
    "Chroma's database of random bytes": ("chroma/chroma.sqlite3", garbage),
    "vector index missing": ("chroma", missing),
    "full text missing": ("lexical", missing),
    "list of segments missing": ("lexical/meta.json", missing),
    "list of segments halved": ("lexical/meta.json", halved),
    "list of files of random bytes": ("lexical/.managed.json", garbage),
    "full-text terms missing": ("lexical/*.term", missing),
    "full-text terms of random bytes": ("lexical/*.term", garbage),
    "full-text postings with another byte": ("lexical/*.idx", a_byte),
    "full-text store halved": ("lexical/*.store", halved),
    "seal missing": ("seal.json", missing),
    "seal halved": ("seal.json", halved),
}


def damage(library: Path, name: str) -> bool:
    """Do that to a library that nobody has open; False where there is no such file."""
    pattern, act = DAMAGES[name]
    found = sorted(library.glob(pattern))
    if found:
        act(found[0])
    return bool(found)
