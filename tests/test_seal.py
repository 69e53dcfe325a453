"""The seal: says of files whether they are still what they were, and of itself whether it can be believed."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import DiskFull, LibraryError, LibraryNotWritable
from assistant.seal import Seal, Stamp, explained


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    (tmp_path / "part").mkdir()
    made = [tmp_path / "part" / name for name in ("one", "دو")]
    for path in made:
        path.write_bytes(path.name.encode())
    return made


def test_a_seal_is_read_as_it_was_written(tmp_path: Path, files: list[Path]) -> None:
    """Stamps, state and what was distrusted come back from the disk."""
    seal = Seal(7, True, Seal().stamps(tmp_path, files), {"part": "because"})
    seal.write(tmp_path)
    assert Seal.read(tmp_path) == seal
    assert seal.files["part/one"] == Stamp(3, files[0].stat().st_mtime_ns, zlib.crc32(b"one"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part", "seal.json"]


@pytest.mark.parametrize(
    "written", [None, b"", b"null", b"[1]", b'{"generation": "x", "whole": true, "files": {}, "distrusted": {}}']
)
def test_what_cannot_be_read_is_no_seal(tmp_path: Path, written: bytes | None) -> None:
    """A missing, cut off or foreign file vouches for nothing."""
    if written is not None:
        (tmp_path / "seal.json").write_bytes(written)
    assert Seal.read(tmp_path) is None


def test_untouched_files_keep_their_sums_unread(tmp_path: Path, files: list[Path]) -> None:
    """Only files of another size or time are read again."""
    before = {"part/one": Stamp(3, files[0].stat().st_mtime_ns, 99), "part/دو": Stamp(4, 1, 99)}
    after = Seal(0, False, before).stamps(tmp_path, files)
    assert (after["part/one"].sum, after["part/دو"].sum) == (99, zlib.crc32("دو".encode()))


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda path: None, False),
        (lambda path: os.utime(path, ns=(1, 1)), False),
        (lambda path: path.write_bytes(b"other"), True),
        (lambda path: (path.write_bytes(b"eno"), os.utime(path, ns=(1, 1))), True),  # clocks of files are coarse
        (lambda path: path.unlink(), True),
        (lambda path: path.with_name("three").touch(), True),
    ],
    ids=["nothing", "time", "size", "bytes", "missing", "more"],
)
def test_other_files_are_told_from_the_same(
    tmp_path: Path, files: list[Path], change: Callable[[Path], object], broken: bool
) -> None:
    """A file that is missing, new, or holds other bytes breaks the seal; another time alone does not."""
    seal = Seal(0, True, Seal().stamps(tmp_path, files))
    change(files[0])
    there = list((tmp_path / "part").iterdir())
    assert seal.broken(tmp_path, "part", there) is broken
    assert seal.broken(tmp_path, "part", there, every_byte=True) is broken
    assert not seal.broken(tmp_path, "another", [])


def test_bytes_under_the_same_size_and_time_show_only_to_a_close_look(tmp_path: Path, files: list[Path]) -> None:
    """Reading every byte takes long, and is for those who ask for it."""
    seal = Seal(0, True, Seal().stamps(tmp_path, files))
    before = files[0].stat().st_mtime_ns
    files[0].write_bytes(b"eno")
    os.utime(files[0], ns=(before, before))
    assert not seal.broken(tmp_path, "part", files)
    assert seal.broken(tmp_path, "part", files, every_byte=True)


def test_a_file_that_vanishes_meanwhile_breaks_the_seal(tmp_path: Path, files: list[Path]) -> None:
    """What cannot be looked at is not as it was."""
    seal = Seal(0, True, Seal().stamps(tmp_path, files))
    files[0].unlink()
    assert seal.broken(tmp_path, "part", files)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (errno.ENOSPC, DiskFull, "is full; free some space"),
        (errno.EDQUOT, DiskFull, "is full; free some space"),
        (errno.EACCES, LibraryNotWritable, r"cannot be opened or written \(Permission denied\); allow it"),
        (errno.EROFS, LibraryNotWritable, r"cannot be opened or written \(Read-only file system\); allow it"),
    ],
)
def test_what_the_system_says_becomes_an_error_of_ours(tmp_path: Path, code: int, kind: type[LibraryError], said: str) -> None:
    """A full disk and a closed folder are told apart, with the way out."""
    with pytest.raises(kind, match=said), explained(tmp_path):
        raise OSError(code, os.strerror(code))
