"""The page on a port of this machine, as tests use it: the real server in a thread, stopped when its context ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from assistant.pipeline import Assistant
from assistant.running import Note
from assistant.settings import Settings
from assistant.ui import server, starting
from assistant.ui.options import Options

__all__ = ["Served", "served"]


@dataclass(frozen=True)
class Served:
    """A running page: its address, and a client for it."""

    url: str
    port: int
    client: httpx.Client
    assistant: Assistant
    note: Note | None = None


@contextmanager
def served(library: Path | Settings, options: Options | None = None) -> Iterator[Served]:
    """The page over a library; given settings, it leaves its note in the library folder."""
    chosen = options or Options(port=0)
    settings = library if isinstance(library, Settings) else None
    assistant = Assistant.from_settings(settings) if settings else Assistant(Path(str(library)))
    with assistant, starting.listening(chosen) as listener:
        port = listener.getsockname()[1]
        note = Note(settings, host="127.0.0.1", port=port) if settings else None
        ready = threading.Event()
        running = server.Server(server.build(assistant, chosen, note=note), chosen, ready.set)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, name="page")
        thread.start()
        try:
            assert ready.wait(60)
            url = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
                yield Served(url, port, client, assistant, note)
        finally:
            running.should_exit = True
            thread.join(60)
            assert not thread.is_alive()
