"""Processes that have everything loaded and nothing open, made by forking one that did the loading, so that each costs little.

A fork copies the thread that forks and no other: the process that is copied must have only one. NumPy's threads are turned
off for that, and neither Chroma nor tantivy has any before something is opened; it is looked at before each fork.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, Self

__all__ = ["PATIENCE", "Child", "Died", "Nursery", "possible"]

TESTS = Path(__file__).resolve().parent.parent
PATIENCE = 300.0  # seconds for one task
possible = hasattr(os, "fork") and Path("/proc/self/task").exists()  # elsewhere the threads cannot be counted


class Died(Exception):
    """The child ended, by the signal `number` if that is above 0, before it answered."""

    def __init__(self, number: int, code: int) -> None:
        self.signal = number
        super().__init__(f"the child was ended by {signal.Signals(number).name}" if number else f"the child ended with {code}")


class Child:
    """A process of its own that does what it is told, one task after the other."""

    def __init__(self, nursery: Nursery, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self._nursery = nursery
        self._channel = channel
        self._lines = channel.makefile("r", encoding="utf-8")
        self._ended: Died | None = None

    def tell(self, task: str, **arguments: Any) -> None:
        """Give it a task, and do not wait."""
        self._channel.sendall(json.dumps([task, arguments]).encode() + b"\n")

    def answer(self) -> Any:
        """What its task gave. Raises `Died`, and `AssertionError` with the traceback when the task raised."""
        line = self._lines.readline()
        if not line:
            raise self.died()
        said = json.loads(line)
        assert "error" not in said, said["error"]
        return said["result"]

    def has_answered(self) -> bool:
        """Whether there is an answer, or none will come any more."""
        return bool(select.select([self._channel], [], [], 0)[0])

    def do(self, task: str, **arguments: Any) -> Any:
        """Give it a task; what that gave."""
        self.tell(task, **arguments)
        return self.answer()

    def kill(self) -> None:
        """End it as the kernel ends it; it may have ended already."""
        if self._ended is None:  # not waited for: the number is still its own
            os.kill(self.pid, signal.SIGKILL)

    def died(self) -> Died:
        """How it ended; waits for that."""
        if self._ended is None:
            status = self._nursery._ask("wait", pid=self.pid)
            self._ended = Died(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, os.waitstatus_to_exitcode(status))
            self._lines.close()
            self._channel.close()
        return self._ended

    def close(self) -> None:
        """Let it end in order."""
        if self._ended is None:
            self._channel.shutdown(socket.SHUT_WR)
            self.died()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class Nursery:
    """The process that is copied, with `place` as its home and working directory. `small` makes the indexes write often."""

    def __init__(self, place: Path, *, small: bool = True) -> None:
        self._socket, theirs = socket.socketpair()
        place.mkdir(parents=True, exist_ok=True)
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("SANAD_", "OPENAI_", "XDG_"))}
        path = os.pathsep.join(map(str, (TESTS.parent, TESTS, TESTS / "guard")))
        environ |= {"PYTHONPATH": path, "HOME": str(place), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-c", f"from crash.nursery import serve; serve({theirs.fileno()}, {small})"]
        self._process = subprocess.Popen(command, env=environ, cwd=place, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self._socket.settimeout(PATIENCE)

    def fork(self) -> Child:
        """A new child."""
        ours, theirs = socket.socketpair()
        ours.settimeout(PATIENCE)
        with theirs:
            pid = self._ask("fork", theirs)
        return Child(self, pid, ours)

    def close(self) -> None:
        """End it; no child may be left."""
        self._socket.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _ask(self, what: str, *passed: socket.socket, **more: int) -> int:
        socket.send_fds(self._socket, [json.dumps({"what": what, **more}).encode()], [end.fileno() for end in passed])
        said = json.loads(self._socket.recv(4096) or b'{"error": "the nursery is gone"}')
        if "error" in said:
            raise RuntimeError(said["error"])
        return int(said["result"])


# -- in the process that is copied ------------------------------------------------------------------------------------


def serve(number: int, small: bool) -> None:
    """Fork, and wait for children, as long as somebody asks for it."""
    from crash import tasks

    tasks.get_ready(small=small)
    gc.collect()
    gc.freeze()
    requests = socket.socket(fileno=number)
    while True:
        said, passed, _, _ = socket.recv_fds(requests, 4096, 1)
        if not said:
            return
        request = json.loads(said)
        if request["what"] == "wait":
            requests.sendall(json.dumps({"result": os.waitpid(request["pid"], 0)[1]}).encode())
            continue
        threads = len(os.listdir("/proc/self/task"))
        if threads > 1:
            os.close(passed[0])
            requests.sendall(json.dumps({"error": f"there are {threads} threads: forking is not safe"}).encode())
            continue
        pid = os.fork()
        if not pid:
            requests.close()
            _live(socket.socket(fileno=passed[0]))
        os.close(passed[0])
        requests.sendall(json.dumps({"result": pid}).encode())


def _live(channel: socket.socket) -> None:
    """Do the tasks that come through the channel; never returns."""
    from crash import tasks

    code = 1
    try:
        for line in channel.makefile("r", encoding="utf-8"):
            task, arguments = json.loads(line)
            try:
                said = {"result": getattr(tasks, task)(**arguments)}
            except Exception:
                said = {"error": traceback.format_exc()}
            channel.sendall(json.dumps(said).encode() + b"\n")
        tasks.end()
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)
