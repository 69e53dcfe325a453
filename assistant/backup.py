"""A library as one file: written while the library is in use, refused on reading when a single byte of it has changed.

The file is a line that names the format, a line with the SHA-256 of all that follows, and a ZIP archive of the catalogue and the
user's own word lists. The indexes are not in it: they are made again from the catalogue.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from pathlib import Path
from typing import IO, BinaryIO

from assistant.catalogue import Catalogue
from assistant.errors import ConfigurationError, DiskFull, LibraryDamaged, LibraryTooNew
from assistant.seal import explained
from assistant.workshop import workshop

__all__ = ["read", "write"]

DATABASE = "library.db"
WORDS = ".tsv"
FORMAT = 1
_MAGIC = b"SANAD BACKUP "
_DIGEST = hashlib.sha256().digest_size * 2
_BLOCK = 1 << 20
_COMPRESSION = 1  # zlib's quickest: level 6 takes three times as long for a tenth less


def write(catalogue: Catalogue, folder: Path, target: Path) -> int:
    """Write the library in `folder` to `target`, which may not exist yet; the size in bytes.

    Others may ask and change meanwhile: what is written is the library of one moment. A file that is not finished is never seen.
    """
    if os.path.lexists(target):
        raise ConfigurationError("{target} exists already; give the name of a new file.", target=target)
    with explained(target.parent), workshop(target.parent) as place:
        catalogue.copy(place / DATABASE)
        made = place / "backup"
        with made.open("w+b") as file:
            file.write(_MAGIC + b"%d\n" % FORMAT)
            at = file.tell()
            file.write(b"0" * _DIGEST + b"\n")
            _pack(file, [place / DATABASE, *sorted(folder.glob(f"*{WORDS}"))])
            file.seek(at + _DIGEST + 1)
            digest = _digest(file)
            file.seek(at)
            file.write(digest.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, target)
        return target.stat().st_size


def read(source: Path, folder: Path) -> None:
    """Put the library of the file `source` into `folder`, where none may be; its indexes are still to be made.

    Raises `LibraryDamaged` when the file is not as it was written, `LibraryTooNew` for one of a later version; then nothing is
    left in `folder`.
    """
    if (folder / DATABASE).exists():
        raise ConfigurationError("There is a library in {folder} already; import into another --library.", folder=folder)
    if not source.is_file():
        raise ConfigurationError("There is no file {source}; give the name of one that `sanad export` made.", source=source)
    with explained(source), source.open("rb") as file:
        _check(file, source)
        with explained(folder), workshop(folder) as place:
            _unpack(file, source, place)
            with Catalogue.open(place / DATABASE) as catalogue:
                wrong = catalogue.integrity()
            if wrong:
                raise LibraryDamaged(
                    "The library in {source} is damaged ({reason}); use another backup.", source=source, reason=wrong[0]
                )
            for made in sorted(place.iterdir(), key=lambda path: path.name == DATABASE):  # the database last: it makes the library
                os.replace(made, folder / made.name)


def _pack(file: BinaryIO, paths: list[Path]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive:
        for path in paths:
            archive.write(path, path.name)


def _check(file: BinaryIO, source: Path) -> None:
    """Raise unless the file is one of ours, of a version we know, and as it was written; it is left at the archive."""
    first = file.readline(64)
    if not first.startswith(_MAGIC):
        raise LibraryDamaged("{source} is not a backup of a Sanad library; give a file that `sanad export` made.", source=source)
    if first != _MAGIC + b"%d\n" % FORMAT:
        raise LibraryTooNew("{source} was made by a newer version, or its first line is damaged; update Sanad.", source=source)
    stated = file.readline(_DIGEST + 1)
    if stated != _digest(file).encode() + b"\n":
        raise LibraryDamaged("{source} is not as it was written (its checksum differs); use another backup.", source=source)


def _unpack(file: BinaryIO, source: Path, place: Path) -> None:
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile as exc:
        raise LibraryDamaged("{source} holds no archive ({reason}); use another backup.", source=source, reason=str(exc)) from exc
    with archive:
        members = archive.infolist()
        if DATABASE not in archive.namelist() or not all(_plain(member.filename) for member in members):
            raise LibraryDamaged("{source} holds something else than a library; use another backup.", source=source)
        needed, free = sum(member.file_size for member in members), shutil.disk_usage(place).free
        if needed > free:
            raise DiskFull(
                "The disk holding {folder} has {free} MB free and {needed} MB are needed; free some space.",
                folder=place.parent,
                free=free // 2**20,
                needed=needed // 2**20,
            )
        for member in members:
            with archive.open(member) as packed, (place / member.filename).open("xb") as out:
                shutil.copyfileobj(packed, out, _BLOCK)


def _plain(name: str) -> bool:
    """Whether a member is one that we write, and stays in the folder it is unpacked to."""
    stays = name == Path(name).name and "\\" not in name and not name.startswith(".")
    return stays and (name == DATABASE or name.endswith(WORDS))


def _digest(file: IO[bytes]) -> str:
    """The SHA-256 of the rest of the file, in hexadecimal digits."""
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
