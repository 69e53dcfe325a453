"""Starting the page and stopping it: the place it listens at is found first, for what serves it takes seconds to load."""

from __future__ import annotations

import errno
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec

from assistant.errors import ConfigurationError, Notice
from assistant.pipeline import Assistant
from assistant.running import Note
from assistant.settings import Settings
from assistant.ui.options import Options, is_loopback

__all__ = ["listening", "serve", "start_message"]


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def serve(
    assistant: Assistant,
    options: Options,
    *,
    settings: Settings | None = None,
    tell: Callable[[Notice], None] = _tell,
    in_browser: bool = False,
) -> int:
    """Serve the page until Ctrl-C or SIGTERM; the exit code.

    With the `settings` the assistant was made from, other programs of this machine find the page through a note in the library
    folder. `tell` is given what the person who started it should know. Raises ConfigurationError.
    """
    if options.mcp and find_spec("mcp") is None:
        raise ConfigurationError("--mcp needs the MCP library; install it with: pip install 'sanad[mcp]'")
    with closing(listening(options)) as listener:
        host, port = _near(listener)
        note = Note(settings, host=host, port=port) if settings and is_loopback(host) else None
        from assistant.ui import server

        app = server.build(assistant, options, note=note)
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

        def ready() -> None:
            for line in start_message(options, address, port):
                tell(line)
            if in_browser:
                webbrowser.open(address)

        with _outliving():
            server.Server(app, options, ready).run(sockets=[listener])
    return 0


def start_message(options: Options, address: str, port: int) -> Iterator[Notice]:
    """What the person who starts the page should know."""
    if options.port in (0, port):
        yield Notice("The page is at {address}; Ctrl-C stops it.", address=address)
    else:
        yield Notice(
            "Port {port} is taken by another program, so the page is at {address}; Ctrl-C stops it.",
            port=str(options.port),
            address=address,
        )
    if not is_loopback(options.host) and not options.behind_proxy:
        yield Notice(
            "Others reach it at {host} without encryption: they and the password can be read on the way (docs/http.md).",
            host=options.host,
        )


def _near(listener: socket.socket) -> tuple[str, int]:
    """Where a program of this machine reaches what listens there."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port


@contextmanager
def _outliving() -> Iterator[None]:
    """Signals that end the server end nothing else: uvicorn raises them again once it has stopped."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def listening(options: Options) -> socket.socket:
    """A socket at the place that was asked for, or the next port where that may be. Raises ConfigurationError."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    ports = range(options.port, min(options.port + 20, 65_536)) if options.or_next else [options.port]
    for port in ports:
        try:
            both = options.host == "::" and socket.has_dualstack_ipv6()
            return socket.create_server((options.host, port), family=family, backlog=2048, dualstack_ipv6=both)
        except OSError as exc:
            if exc.errno != errno.EADDRINUSE:
                raise ConfigurationError(
                    "The page cannot listen at {host}, port {port}: {reason}.", host=options.host, port=str(port), reason=str(exc)
                ) from exc
    raise ConfigurationError(
        "Port {port} is taken by another program; give another one with --port or SANAD_UI__PORT.", port=str(options.port)
    )
