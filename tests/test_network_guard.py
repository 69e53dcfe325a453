"""The guard of the test suite itself: what leaves the machine is refused, what stays is not."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import network_guard
import pytest

OUTSIDE = ("192.0.2.1", 9)  # TEST-NET-1: an address that belongs to nobody
ATTEMPTS: dict[str, Callable[[], object]] = {
    "connect": lambda: socket.socket().connect(OUTSIDE),
    "connect_ex": lambda: socket.socket().connect_ex(OUTSIDE),
    "connect over IPv6": lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 9)),
    "create_connection": lambda: socket.create_connection(OUTSIDE),
    "datagram": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", OUTSIDE),
    "datagram with flags": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", 0, OUTSIDE),
    "message": lambda: socket.socket(type=socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, OUTSIDE),
    "name": lambda: socket.getaddrinfo("news.example", 443),
    "name by keyword": lambda: socket.getaddrinfo(host="news.example", port=443),
    "name in bytes": lambda: socket.getaddrinfo(b"news.example", 443),
    "old name call": lambda: socket.gethostbyname("news.example"),
    "event loop": lambda: asyncio.run(asyncio.open_connection(*OUTSIDE)),
}


@pytest.fixture
def log() -> Path:
    """The file in which attempts are noted; removed by the test, or the test fails."""
    return Path(os.environ[network_guard.LOG])


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_leaving_the_machine_is_refused_and_noted(attempt: Callable[[], object], log: Path) -> None:
    """Every way out raises a clear error and is noted, so that swallowing it does not help."""
    with pytest.raises(network_guard.NetworkRefused, match="tests stay on this machine"):
        attempt()
    noted = log.read_text(encoding="utf-8")
    log.unlink()
    assert noted.count("refused\n") == 1


def test_loopback_works(log: Path) -> None:
    """A server and a client on this machine may talk."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1])) as client,
    ):
        accepted, _ = server.accept()
        client.sendall(b"salam")
        with accepted:
            assert accepted.recv(5) == b"salam"
    assert not log.exists()


def test_subprocesses_are_watched_too(log: Path) -> None:
    """A subprocess that tries to connect is refused, and the attempt is noted for the test that started it."""
    code = f"import socket; socket.socket().connect({OUTSIDE!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    noted = log.read_text(encoding="utf-8")
    log.unlink()
    assert (done.returncode, noted) == (1, f"tests stay on this machine: socket.connect to {OUTSIDE!r} refused\n")
    assert "NetworkRefused" in done.stderr


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="later versions of Python start threads whatever is hooked")
def test_no_hook_written_in_python_is_in_the_way_of_starting_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that are traced, as coverage does, all start: beside an audit hook CPython 3.11 loses some, and a page hangs."""
    guard = Path(network_guard.__file__).parent
    monkeypatch.setenv("PYTHONPATH", str(guard.parent.parent))  # without the guard, which this program installs itself
    code = f"""
import sys
hooks = []
sys.addaudithook = hooks.append
sys.path.insert(0, {str(guard)!r})
import network_guard
network_guard.install()
import assistant.library, assistant.locks, assistant.vectors
sys.exit(bool(hooks))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_of_the_user_is_seen() -> None:
    """Home and working directory are empty folders, and no variable of the user's settings is set."""
    assert list(Path.cwd().iterdir()) == []
    assert Path.cwd().parent == Path.home()
    assert [name for name in os.environ if name.startswith(("SANAD_", "OPENAI_", "XDG_"))] == []
