"""Refuses every network connection that leaves this machine, and notes each attempt in a file."""

from __future__ import annotations

import os
import sys
from ipaddress import ip_address

LOG = "NETWORK_GUARD_LOG"


class NetworkRefused(OSError):
    """A test tried to leave the machine."""


def install() -> None:
    """Watches this process from now on, for good.

    An audit hook sees every call of the socket module, whoever makes it; compiled clients with sockets of their own
    (gRPC, Rust) pass unseen.
    """
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, tuple) and not _stays_here(address[0]):
            _refuse(event, address[:2])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr") and not _stays_here(arguments[0]):
        _refuse(event, arguments[:2])


def _stays_here(host: object) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "localhost")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(event: str, target: object) -> None:
    message = f"tests stay on this machine: {event} to {target!r} refused"
    if log := os.environ.get(LOG):
        with open(log, "a", encoding="utf-8") as file:
            file.write(message + "\n")
    raise NetworkRefused(message)
