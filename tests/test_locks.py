"""The library's lock: many who ask or one who changes, across threads and processes, gone with its process."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from filelock import ReadWriteLock

from assistant.errors import DiskFull, LibraryDamaged, LibraryLocked, LibraryNotWritable
from assistant.locks import LibraryLock

T = TypeVar("T")
Hold = Callable[..., "subprocess.Popen[str]"]
OWNER = """
import sys
sys.path[:0] = sys.argv[4:]
from datetime import datetime
from pathlib import Path
from assistant.locks import LibraryLock
lock = LibraryLock(Path(sys.argv[1]), wait=0, now=lambda: datetime.fromisoformat(sys.argv[3]))
with getattr(lock, sys.argv[2])("ingest"):
    print("held", flush=True)
    sys.stdin.read()
"""
FORKED = """
import os, sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from assistant.locks import LibraryLock
lock = LibraryLock(Path(sys.argv[1]), wait=60)
for turn in range(2):
    with lock.shared():
        pass
    child = os.fork()
    with lock.exclusive("ingest"), lock.shared():
        pass
    if not child:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""
FORKED_BESIDE = """
import os, sys, threading
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from assistant.errors import LibraryLocked
from assistant.locks import LibraryLock
lock = LibraryLock(Path(sys.argv[1]), wait=0)
opened, over = threading.Event(), threading.Event()

def change():
    with lock.exclusive("ingest"), lock.come_in():
        opened.set()
        over.wait()

writer = threading.Thread(target=change, daemon=True)
writer.start()
opened.wait()
child = os.fork()
if not child:
    try:
        with lock.shared(beside=True):
            os._exit(1)
    except (LibraryLocked, RuntimeError):  # filelock knows that it was held
        os._exit(0)
with lock.shared(beside=True):
    assert os.waitpid(child, 0)[1] == 0
over.set()
writer.join()
"""
MODES = ("shared", "exclusive")
TODAY = datetime.now().astimezone().replace(hour=14, minute=3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds a library."""
    (tmp_path / "library.db").touch()
    return tmp_path


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day does not end while a test runs: messages name any other day."""
    monkeypatch.setattr("assistant.locks._now", lambda: TODAY)


@pytest.fixture
def hold(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hold]:
    """Start another process that holds the lock until its input ends."""
    script = tmp_path_factory.mktemp("owner") / "owner.py"
    script.write_text(OWNER, encoding="utf-8")
    owners: list[subprocess.Popen[str]] = []

    def start(mode: str, since: datetime = TODAY) -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(folder), mode, since.isoformat(), *filter(None, sys.path)]
        owner = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        owners.append(owner)
        assert owner.stdout
        assert owner.stdout.readline() == "held\n"
        return owner

    yield start
    for owner in owners:
        owner.kill()
        owner.communicate()


def stop(owner: subprocess.Popen[str]) -> None:
    """End a process as `kill -9` does."""
    owner.kill()
    owner.wait()


def free(folder: Path, mode: str) -> bool:
    """Whether the lock can be had at once."""
    try:
        with take(folder, mode):
            return True
    except LibraryLocked:
        return False


@contextmanager
def take(folder: Path, mode: str) -> Iterator[None]:
    lock = LibraryLock(folder, wait=0)
    with lock.shared("asking") if mode == "shared" else lock.exclusive("rebuild"):
        yield


def touch(folder: Path, mode: str) -> None:
    with take(folder, mode):
        pass


def in_thread(task: Callable[[], T]) -> T:
    """What the task gives, or raises, when another thread does it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(task).result()


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# -- between processes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", MODES)
def test_a_changing_process_is_named(folder: Path, hold: Hold, wanted: str) -> None:
    """While one process changes the library, asking and changing stop with its number, its work and its start."""
    owner = hold("exclusive")
    with pytest.raises(LibraryLocked) as caught:
        touch(folder, wanted)
    assert str(caught.value) == (
        f"The library in {folder} is being changed by process {owner.pid} (ingest, since 14:03); wait for it, or stop it."
    )


def test_a_reading_process_is_named(folder: Path, hold: Hold) -> None:
    """Whoever wants to change a library that is being read learns by whom; a day that is not today is told."""
    owner = hold("shared", TODAY - timedelta(days=1))
    with pytest.raises(LibraryLocked) as caught:
        touch(folder, "exclusive")
    since = f"{TODAY - timedelta(days=1):%Y-%m-%d} 14:03"
    assert str(caught.value) == (
        f"The library in {folder} is being used by process {owner.pid} (ingest, since {since}); wait for it, or stop it."
    )


def test_readers_share(folder: Path, hold: Hold) -> None:
    """Several processes can ask at the same time, and a change waits for the last of them."""
    one, two = hold("shared"), hold("shared")
    assert free(folder, "shared")
    stop(one)
    assert not free(folder, "exclusive")
    stop(two)
    assert free(folder, "exclusive")


@pytest.mark.parametrize("held", MODES)
@pytest.mark.parametrize("wanted", MODES)
def test_a_killed_owner_holds_nothing(folder: Path, hold: Hold, held: str, wanted: str) -> None:
    """After `kill -9` of the owner the next process has the lock at once, and its note is cleared away."""
    stop(hold(held))
    assert free(folder, wanted)
    assert free(folder, "exclusive")
    assert files(folder) == {"library.db", "lock", "lock/held"}


def test_an_owner_that_ends_lets_go(folder: Path, hold: Hold) -> None:
    """A process that ends in peace leaves neither lock nor note."""
    owner = hold("exclusive")
    owner.communicate("")
    assert owner.returncode == 0
    assert files(folder) == {"library.db", "lock", "lock/held"}
    assert free(folder, "exclusive")


def test_notes_of_killed_owners_are_not_believed(folder: Path, hold: Hold) -> None:
    """The note of a killed process is never taken for that of the present owner."""
    stop(hold("exclusive"))
    reader = hold("shared")
    with pytest.raises(LibraryLocked, match=f"is being used by process {reader.pid} "):
        touch(folder, "exclusive")
    stop(hold("shared"))
    for note in (folder / "lock").glob(f"by-{reader.pid}-*"):
        note.unlink()
    with pytest.raises(LibraryLocked, match="is in use by another process; wait for it, or stop it"):
        touch(folder, "exclusive")


@pytest.mark.parametrize(
    "note",
    [
        "",
        "[]",
        "{}",
        '{"process": "x", "doing": "ingest", "since": "2024-11-22T12:00:00+00:00", "mode": "exclusive"}',
        '{"process": 1, "doing": 1, "since": "2024-11-22T12:00:00+00:00", "mode": "exclusive"}',
        '{"process": 1, "doing": "ingest", "since": "yesterday", "mode": "exclusive"}',
        '{"process": 4294967296000, "doing": "ingest", "since": "2024-11-22T12:00:00+00:00", "mode": "exclusive"}',
    ],
)
def test_broken_notes_are_passed_over(folder: Path, hold: Hold, note: str) -> None:
    """A note that is cut off or says nothing sensible costs the name of the owner, not the lock."""
    owner = hold("exclusive")
    for path in (folder / "lock").glob("by-*"):
        path.write_text(note)
    with pytest.raises(LibraryLocked, match="is in use by another process"):
        touch(folder, "shared")
    stop(owner)
    assert free(folder, "exclusive")
    assert files(folder) == {"library.db", "lock", "lock/held"}


def test_notes_cannot_play_tricks_on_the_terminal(folder: Path) -> None:
    """Control characters in a note are not shown."""
    with LibraryLock(folder).exclusive("in\x1b[2Jgest\n"), pytest.raises(LibraryLocked, match=r" \(in\[2Jgest, since "):
        in_thread(lambda: touch(folder, "shared"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a process of somebody else")
def test_an_owner_of_another_account_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process one may not signal is alive."""

    def forbidden(process: int, sent: int) -> None:
        raise PermissionError

    monkeypatch.setattr("assistant.locks.os.kill", forbidden)
    with take(folder, "exclusive"), pytest.raises(LibraryLocked, match="is being changed by this process"):
        in_thread(lambda: touch(folder, "shared"))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer signal")
@pytest.mark.parametrize("wanted", MODES)
def test_waiting_can_be_interrupted(folder: Path, hold: Hold, wanted: str) -> None:
    """Ctrl-C comes through while waiting for another process, and the lock works afterwards."""
    owner = hold("exclusive")
    lock = LibraryLock(folder, wait=3600)

    def wait() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with lock.shared() if wanted == "shared" else lock.exclusive("ingest"):
            pass

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            wait()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    stop(owner)
    with lock.exclusive("ingest"):
        assert not in_thread(lambda: free(folder, "shared"))


def test_waiting_ends_when_the_owner_does(folder: Path, hold: Hold) -> None:
    """Whoever waits has the lock as soon as the owner lets go."""
    owner = hold("exclusive")
    waiting = threading.Event()

    def wait() -> str:
        waiting.set()
        with LibraryLock(folder, wait=3600).exclusive("ingest"):
            return "had it"

    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(wait()))
    thread.start()
    waiting.wait()
    stop(owner)
    thread.join()
    assert results == ["had it"]


# -- between threads --------------------------------------------------------------------------------------------------


def test_threads_ask_side_by_side(folder: Path) -> None:
    """Threads of one process hold the shared lock together."""
    lock = LibraryLock(folder, wait=0)
    together = threading.Barrier(4, timeout=60)

    def ask() -> None:
        with lock.shared():
            together.wait()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together.broken
    assert free(folder, "exclusive")


@pytest.mark.parametrize(
    ("held", "wanted", "had"),
    [("shared", "exclusive", False), ("exclusive", "shared", False), ("exclusive", "exclusive", False), ("shared", "shared", True)],
)
@pytest.mark.parametrize("same", [True, False], ids=["one lock", "two locks"])
def test_threads_exclude_each_other(folder: Path, held: str, wanted: str, had: bool, same: bool) -> None:
    """Two threads of a process are as strict with each other as two processes, with one lock object or two."""
    mine = LibraryLock(folder, wait=0)
    theirs = mine if same else LibraryLock(folder, wait=0)

    def attempt() -> bool:
        try:
            with theirs.shared() if wanted == "shared" else theirs.exclusive("rebuild"):
                return True
        except LibraryLocked:
            return False

    with mine.shared() if held == "shared" else mine.exclusive("ingest"):
        assert in_thread(attempt) is had
    assert attempt()


def test_taking_it_again_in_one_thread(folder: Path) -> None:
    """A thread that holds the lock may take it again, and holds it until the outermost block ends."""
    lock = LibraryLock(folder, wait=0)
    with lock.shared(), lock.shared():
        pass
    with lock.exclusive("ingest"):
        with lock.exclusive("forget"), lock.shared():
            pass
        assert not in_thread(lambda: free(folder, "shared"))
    assert free(folder, "exclusive")


def test_taking_it_again_while_a_writer_waits(folder: Path) -> None:
    """A reader that asks again is not stopped by a change that waits for it."""
    lock = LibraryLock(folder, wait=0)
    with lock.shared():
        held = threading.Event()

        def change() -> None:
            with LibraryLock(folder, wait=3600).exclusive("ingest"):
                held.set()

        writer = threading.Thread(target=change)
        writer.start()
        with lock.shared():
            assert not held.is_set()
    writer.join()
    assert held.is_set()


def test_who_waits_to_change_says_so(folder: Path) -> None:
    """One that waits for a reader to end leaves a note for as long as it waits."""

    def change() -> None:
        with LibraryLock(folder, wait=3600).exclusive("ingest"):
            noted.append(bool(list(folder.glob("lock/wants-*"))))

    noted: list[bool] = []
    writer = threading.Thread(target=change)
    with take(folder, "shared"):
        writer.start()
        while not list(folder.glob("lock/wants-*")):
            assert writer.is_alive()
    writer.join()
    assert noted == [False]
    assert files(folder) == {"library.db", "lock", "lock/held"}


def test_who_wants_to_ask_lets_it_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While there is such a note no further reader comes in, though the lock could be had: else no change ever had its turn."""
    monkeypatch.setattr("assistant.locks._GIVE_WAY", 3600)
    note = folder / "lock" / "wants-1-a"
    note.parent.mkdir()
    note.touch()
    came = threading.Event()

    def ask() -> None:
        with LibraryLock(folder, wait=3600).shared():
            came.set()

    reader = threading.Thread(target=ask)
    reader.start()
    assert not came.wait(0.2)
    note.unlink()
    reader.join()
    assert came.is_set()


def test_letting_it_go_first_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader waits no longer for those who wait than for those who are at it: they may wait for what only it can end."""
    monkeypatch.setattr("assistant.locks._is_new", lambda note: True)
    (folder / "lock").mkdir()
    (folder / "lock" / "wants-1-a").touch()
    with LibraryLock(folder, wait=0.05).shared():
        pass


def test_a_killed_writer_that_waited_keeps_nobody_out(folder: Path) -> None:
    """What it left is believed for a moment only, and cleared away."""
    left = folder / "lock" / "wants-1-a"
    left.parent.mkdir()
    left.touch()
    os.utime(left, (0, 0))
    touch(folder, "shared")
    assert files(folder) == {"library.db", "lock", "lock/held"}


def test_a_reader_cannot_become_a_writer(folder: Path) -> None:
    """Changing while asking in the same thread would wait for itself, and is refused at once."""
    lock = LibraryLock(folder, wait=3600)
    with lock.shared(), pytest.raises(RuntimeError, match="a shared lock cannot become exclusive"), lock.exclusive("ingest"):
        pass
    assert free(folder, "exclusive")


@pytest.mark.parametrize("mode", MODES)
def test_another_thread_may_let_go(folder: Path, mode: str) -> None:
    """A block that began in one thread may end in another, as the streamed answers of a web server do."""
    block = take(folder, mode)
    in_thread(block.__enter__)
    assert not free(folder, "exclusive")
    block.__exit__(None, None, None)
    assert in_thread(lambda: free(folder, "exclusive"))


def test_it_is_let_go_when_work_fails(folder: Path) -> None:
    """An error in the block passes through and leaves nothing held."""
    with pytest.raises(ZeroDivisionError), take(folder, "exclusive"):
        _ = 1 / 0
    assert free(folder, "exclusive")


# -- beside a change --------------------------------------------------------------------------------------------------


def test_who_may_come_in_beside_a_change(folder: Path) -> None:
    """Where the one at it lets them in, threads with the same lock come in, if that is enough for them; nobody else does."""
    lock, other = LibraryLock(folder, wait=0), LibraryLock(folder, wait=0)

    def had(one: LibraryLock, beside: bool) -> bool:
        try:
            with one.shared(beside=beside), one.shared():
                return True
        except LibraryLocked:
            return False

    def who() -> list[bool]:
        ways = [(lock, True), (lock, False), (other, True), (other, False)]
        return [in_thread(lambda way=way: had(*way)) for way in ways]

    with lock.exclusive("ingest"):
        assert who() == [False, False, False, False]
        with lock.come_in():
            assert who() == [True, False, False, False]
            assert [free(folder, mode) for mode in MODES] == [False, False]
        assert who() == [False, False, False, False]
    assert who() == [True, True, True, True]
    assert files(folder) == {"library.db", "lock", "lock/held"}


def test_another_process_does_not_come_in(folder: Path, hold: Hold) -> None:
    """A door is one between threads: another process that changes the library is told of as ever."""
    owner = hold("exclusive")
    with pytest.raises(LibraryLocked, match=f"is being changed by process {owner.pid} "):
        LibraryLock(folder, wait=0).shared(beside=True).__enter__()


def test_who_waits_is_let_in_and_the_change_waits_for_it(folder: Path) -> None:
    """One that waits comes in when it may; the change goes on when it has left, and lets nobody in meanwhile."""
    lock = LibraryLock(folder, wait=3600)
    about, came, leave, shutting = (threading.Event() for _ in range(4))
    told: list[str] = []

    def ask() -> None:
        about.set()
        with lock.shared(beside=True):
            came.set()
            leave.wait(60)
            told.append("left")

    def change() -> None:
        with lock.exclusive("ingest"):
            reader.start()
            about.wait(60)
            with lock.come_in():
                assert came.wait(60)
                shutting.set()
            told.append("went on")

    reader, writer = threading.Thread(target=ask), threading.Thread(target=change)
    writer.start()
    shutting.wait(60)
    while lock._door._open:  # the change is about to shut it
        time.sleep(0.001)
    lock._wait = 0
    with pytest.raises(LibraryLocked):
        lock.shared(beside=True).__enter__()
    assert told == []
    leave.set()
    writer.join()
    reader.join()
    assert told == ["left", "went on"]
    assert free(folder, "exclusive")


def test_coming_in_ends_when_work_fails(folder: Path) -> None:
    """An error in the block passes through, and nobody comes in any more."""
    lock = LibraryLock(folder, wait=0)
    with lock.exclusive("ingest"):
        with pytest.raises(ZeroDivisionError), lock.come_in():
            _ = 1 / 0
        with pytest.raises(LibraryLocked):
            in_thread(lambda: lock.shared(beside=True).__enter__())
    assert free(folder, "exclusive")


def test_one_that_came_in_leaves_from_any_thread_and_when_it_fails(folder: Path) -> None:
    """However the work of one that came in ends, the change can go on."""
    lock = LibraryLock(folder, wait=0)

    def fail() -> None:
        with lock.shared(beside=True):
            _ = 1 / 0

    with lock.exclusive("ingest"):
        with lock.come_in():
            block = lock.shared(beside=True)
            in_thread(block.__enter__)
            with pytest.raises(ZeroDivisionError):
                in_thread(fail)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(block.__exit__, None, None, None).result()
        assert not free(folder, "shared")
    assert free(folder, "exclusive")


def test_one_that_came_in_changes_nothing(folder: Path) -> None:
    """It would wait for the change, and the change for it: refused at once, as for every reader; so is opening a door to nobody."""
    lock = LibraryLock(folder, wait=3600)

    def change() -> None:
        with lock.shared(beside=True), lock.exclusive("rebuild"):
            pass

    with lock.exclusive("ingest"), lock.come_in(), pytest.raises(RuntimeError, match="a shared lock cannot become exclusive"):
        in_thread(change)
    with lock.shared(), pytest.raises(RuntimeError, match="by one who does not hold the lock exclusively"):
        lock.come_in()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer signal")
def test_ctrl_c_takes_nothing_away_from_those_who_came_in(folder: Path) -> None:
    """Interrupted while it waits for them, the change ends when they have left."""
    lock = LibraryLock(folder, wait=0)
    came, leave = threading.Event(), threading.Event()
    told: list[str] = []

    def ask() -> None:
        with lock.shared(beside=True):
            came.set()
            leave.wait(60)
            told.append("free" if free(folder, "exclusive") else "kept")

    def interrupt(number: int, frame: object) -> None:
        leave.set()
        raise KeyboardInterrupt

    def change() -> None:
        with lock.exclusive("ingest"):
            try:
                with lock.come_in():
                    reader.start()
                    assert came.wait(60)
                    signal.setitimer(signal.ITIMER_REAL, 0.05)
            finally:
                told.append("ended")

    reader = threading.Thread(target=ask)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            change()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    reader.join()
    assert told == ["kept", "ended"]
    assert free(folder, "exclusive")


def forked(code: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str]:
    """How a program ends that forks itself over the library in `folder`, and what it complains of."""
    script = tmp_path_factory.mktemp("forked") / "forked.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, str(script), str(folder), *filter(None, sys.path)], capture_output=True, text=True)
    return done.returncode, done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_does_not_come_in(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A door that was open when a process was forked off leads nowhere there: whoever asks in it is kept out."""
    assert forked(FORKED_BESIDE, folder, tmp_path_factory) == (0, "")


# -- once more --------------------------------------------------------------------------------------------------------


def test_what_was_let_go_of_is_taken_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking again and again opens the file once a time; those who ask side by side have a lock each."""
    made: list[ReadWriteLock] = []

    def make(file: Path, *, is_singleton: bool) -> ReadWriteLock:
        made.append(ReadWriteLock(file, is_singleton=is_singleton))
        return made[-1]

    monkeypatch.setattr("assistant.locks.ReadWriteLock", make)
    lock = LibraryLock(folder, wait=0)

    def ask() -> None:
        with lock.shared():
            pass

    for mode in (lock.shared("asking"), lock.exclusive("ingest"), lock.shared("asking")):
        with mode:
            pass
    assert len(made) == 1
    with lock.shared():
        in_thread(ask)
    in_thread(ask)
    assert len(made) == 2
    assert free(folder, "exclusive")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a symbolic link")
def test_a_link_that_leads_elsewhere_is_followed(tmp_path: Path) -> None:
    """Where the library's folder is a link, the lock is that of the library it leads to now."""
    link = tmp_path / "current"
    lock = LibraryLock(link, wait=0)
    for name in ("one", "two"):
        library = tmp_path / name
        library.mkdir()
        (library / "library.db").touch()
        link.unlink(missing_ok=True)
        link.symlink_to(library)
        with lock.shared():
            assert not in_thread(lambda folder=library: free(folder, "exclusive"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_locks_for_itself(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A process that was forked off one that asked has the lock like any other, and its parent still has it too."""
    assert forked(FORKED, folder, tmp_path_factory) == (0, "")


# -- folders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [True, False])
def test_asking_leaves_nothing_where_no_library_is(tmp_path: Path, make: bool) -> None:
    """Asking where no library is creates neither a folder nor a lock."""
    folder = tmp_path / "library"
    if make:
        folder.mkdir()
        (folder / "notes.txt").touch()
    before = files(tmp_path)
    with take(folder, "shared"):
        assert files(tmp_path) == before
    assert files(tmp_path) == before


def test_asking_waits_for_a_library_that_is_being_made(tmp_path: Path) -> None:
    """A library that another thread is making cannot be asked before it is there."""
    with take(tmp_path, "exclusive"):
        assert not in_thread(lambda: free(tmp_path, "shared"))


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are those of POSIX")
def test_changing_makes_private_folders(tmp_path: Path) -> None:
    """The folder of a new library, and that of its lock, are open to their owner only."""
    folder = tmp_path / "my" / "library"
    with take(folder, "exclusive"):
        assert [folder.stat().st_mode & 0o777, (folder / "lock").stat().st_mode & 0o777] == [0o700, 0o700]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are those of POSIX")
@pytest.mark.parametrize("copied", [True, False], ids=["with lock", "without lock"])
def test_read_only_folder(copied: bool) -> None:
    """A library in a folder that cannot be written may be asked; changing it is refused with the way out."""
    with tempfile.TemporaryDirectory() as name:
        folder, root = Path(name), os.geteuid() == 0
        (folder / "library.db").touch()
        if copied:
            with take(folder, "exclusive"):
                pass
            (folder / "lock" / "held").chmod(0o444)
            (folder / "lock").chmod(0o555)
        folder.chmod(0o555)
        before = files(folder)
        if root:
            os.seteuid(65534)
        try:
            if not os.access(folder, os.R_OK, effective_ids=True):
                pytest.skip("the folder for temporary files is closed to other users")
            with take(folder, "shared"):
                pass
            with pytest.raises(LibraryNotWritable, match=r"cannot be written \(.*\); allow it, or choose another --library"):
                touch(folder, "exclusive")
        finally:
            if root:
                os.seteuid(0)
            for path in (folder, folder / "lock"):
                if path.exists():
                    path.chmod(0o700)
        assert files(folder) == before


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    """A file in the place of the library folder is named."""
    (tmp_path / "library").touch()
    with pytest.raises(LibraryNotWritable, match="library cannot be written"):
        touch(tmp_path / "library", "exclusive")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """On a full disk a library can be asked, and changing it stops with the way out."""

    def full(*_: object, **__: object) -> None:
        raise OSError(code, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with take(folder, "shared"):
        pass
    with pytest.raises(DiskFull, match="is full; free some space and run the same command again"):
        touch(folder, "exclusive")


def test_no_room_for_the_note(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the note cannot be written the lock holds all the same."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with take(folder, "exclusive"), pytest.raises(LibraryLocked, match="is in use by another process"):
        in_thread(lambda: touch(folder, "shared"))


@pytest.mark.parametrize("wanted", MODES)
def test_a_file_that_is_no_lock(folder: Path, wanted: str) -> None:
    """Something else in the place of the lock file is named, with the way out."""
    (folder / "lock").mkdir()
    (folder / "lock" / "held").write_bytes(b"my notes, " * 100)
    with pytest.raises(LibraryDamaged, match=r"held is not a lock \(.*\); delete it and try again"):
        touch(folder, wanted)


def test_misuse_stays_visible(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that refuses to be used, as in a forked process, is not mistaken for a damaged one."""

    def refused(*_: object, **__: object) -> None:
        raise RuntimeError("invalidated by fork")

    monkeypatch.setattr("assistant.locks.ReadWriteLock", refused)
    with pytest.raises(RuntimeError, match="invalidated by fork"):
        touch(folder, "shared")
