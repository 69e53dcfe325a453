"""Refuses every network connection that leaves this machine, and notes each attempt in a file."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any

LOG = "NETWORK_GUARD_LOG"

# Told of every address that a socket is connected to.
listeners: list[Callable[[object], None]] = []

_CONNECTING = ("connect", "connect_ex")
_SENDING = {"sendto": 1, "sendmsg": 3}  # with more arguments than that, the last is an address
_RESOLVING = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")


class NetworkRefused(OSError):
    """A test tried to leave the machine."""


def install() -> None:
    """Watches this process from now on, for good.

    The socket module is given other functions, which see all that Python code does with it; compiled clients with sockets of their
    own (gRPC, Rust) pass unseen. No audit hook does this: CPython 3.11 cannot start to trace a thread, as coverage asks for,
    while another thread is in a hook written in Python, and that thread is lost.
    """
    if hasattr(socket.getaddrinfo, "__wrapped__"):
        return
    for name in (*_CONNECTING, *_SENDING):
        setattr(socket.socket, name, _watched(name, getattr(socket.socket, name)))
    for name in _RESOLVING:
        setattr(socket, name, _resolving(name, getattr(socket, name)))


def _watched(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def checked(self: socket.socket, *arguments: Any) -> Any:
        if len(arguments) > _SENDING.get(name, 0):
            address = arguments[-1]
            if name in _CONNECTING:
                for listen in listeners:
                    listen(address)
            if isinstance(address, tuple) and not _stays_here(address[0]):
                _refuse(name, address[:2])
        return method(self, *arguments)

    return checked


def _resolving(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def checked(host: Any, *arguments: Any, **options: Any) -> Any:
        if not _stays_here(host):
            _refuse(name, (host, *arguments)[:2])
        return function(host, *arguments, **options)

    return checked


def _stays_here(host: object) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "localhost")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(name: str, target: object) -> None:
    message = f"tests stay on this machine: socket.{name} to {target!r} refused"
    if log := os.environ.get(LOG):
        with open(log, "a", encoding="utf-8") as file:
            file.write(message + "\n")
    raise NetworkRefused(message)
