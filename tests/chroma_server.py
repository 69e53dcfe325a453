"""A Chroma server on this machine, for tests: a process of its own that can be stopped, frozen and started again."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

EXECUTABLE = shutil.which("chroma", path=str(Path(sys.executable).parent)) or shutil.which("chroma")


class ChromaServer:
    """`chroma run` over `folder`, at `url` until `kill`; `start` brings it back at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert EXECUTABLE is not None
        command = [EXECUTABLE, "run", "--path", str(self._folder), "--host", "127.0.0.1", "--port", str(self._port)]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        deadline = time.monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError("the Chroma server did not start")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True

    def freeze(self) -> None:
        """Let it be silent: it takes connections and never answers."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


def _free_port() -> int:
    """A port that stays free until the server is up, and while it is down.

    Of those that systems hand out to whoever asks for any, another test's server could be given it meanwhile.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as attempt, suppress(OSError):
            attempt.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(folder: Path) -> Iterator[ChromaServer]:
    """A server over `folder`, ended afterwards; skips the test where there is no `chroma`."""
    if EXECUTABLE is None:
        pytest.skip("there is no `chroma` to run a server with")
    server = ChromaServer(folder)
    try:
        yield server
    finally:
        server.kill()
