"""Who is let in: those who show the password, as often as they like; those who guess, a few times a minute."""

from __future__ import annotations

import asyncio
import base64
import hmac
import time
from collections import Counter
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.ui.refusing import refusal

__all__ = ["Guesses", "Password", "address", "is_local"]

GUESSES = 10  # wrong passwords that one address may try in a minute
MINUTE = 60  # seconds
DELAY = 0.5  # seconds that a wrong one waits for its refusal
REMEMBERED = 10_000  # addresses that were let in; more than that, and the count begins anew


class Password:
    """Asks for the password, if there is one. A program of this machine may show the running page's token instead."""

    def __init__(self, app: ASGIApp, password: str | None, token: str | None) -> None:
        self.app = app
        self.password = password
        self.token = token
        self.guesses = Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            shown = Headers(scope=scope).get("authorization", "")
            scope[_LOCAL] = _same(_bearer(shown), self.token)
            if not scope[_LOCAL] and (refused := await self._refused(shown, address(scope))):
                status, kind, message, headers = refused
                await refusal(status, kind, message, headers=headers)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _refused(self, shown: str, address: str) -> tuple[int, str, str, dict[str, str]] | None:
        """Why whoever shows that is not let in; None when they are."""
        wait = self.guesses.wait(address) if shown and self.password else 0
        if wait:
            message = "There were too many wrong passwords from your address; try again in a minute."
            return 429, "TooManyGuesses", message, {"Retry-After": str(wait)}
        if self.lets_in(shown):
            self.guesses.right(address)
            return None
        if shown:
            self.guesses.wrong(address)
            await asyncio.sleep(DELAY)
        challenge = {"WWW-Authenticate": 'Basic realm="Sanad", charset="UTF-8"'}
        return 401, "Unauthorized", "The password of this page is needed.", challenge

    def lets_in(self, authorization: str) -> bool:
        """Whether the header shows the password, if there is one. A token that is not ours is refused in any case: it is
        meant for another page."""
        token = _bearer(authorization)
        if token is not None:
            return _same(token, self.password)
        return self.password is None or _same(_basic(authorization), self.password)


class Guesses:
    """Counts wrong passwords by address, minute by minute.

    An address that was let in before is never kept waiting: whoever guesses from somewhere else locks nobody out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minute = clock()
        self._wrong: Counter[str] = Counter()
        self._let_in: set[str] = set()

    def wait(self, address: str) -> int:
        """Seconds until that address may try again, 0 when it may now."""
        passed = self._clock() - self._minute
        if passed >= MINUTE:
            self._minute, passed = self._clock(), 0
            self._wrong.clear()
        return 0 if address in self._let_in or self._wrong[address] < GUESSES else int(MINUTE - passed) + 1

    def wrong(self, address: str) -> None:
        """That address has shown a wrong password."""
        self._wrong[address] += 1

    def right(self, address: str) -> None:
        """That address has been let in."""
        if len(self._let_in) >= REMEMBERED:
            self._let_in.clear()
        self._let_in.add(address)


def address(scope: Scope) -> str:
    """Where the request comes from; of IPv6, the network, for a household has more addresses there than could be counted."""
    place = scope["client"][0] if scope.get("client") else ""
    try:
        address = ip_address(place)
    except ValueError:
        return place
    if not isinstance(address, IPv6Address):
        return place
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


_LOCAL = "sanad.local"


def is_local(scope: Scope) -> bool:
    """Whether the request comes from a program that reads this library's folder anyway."""
    return bool(scope.get(_LOCAL))


def _same(shown: bytes | None, secret: str | None) -> bool:
    """Whether both are there and the same, in a time that tells nothing of the secret."""
    return shown is not None and secret is not None and hmac.compare_digest(shown, secret.encode())


def _bearer(authorization: str) -> bytes | None:
    kind, _, token = authorization.partition(" ")
    return token.strip().encode() if kind.lower() == "bearer" else None


def _basic(authorization: str) -> bytes | None:
    """The password; the name before it may be anything."""
    kind, _, shown = authorization.partition(" ")
    try:
        return base64.b64decode(shown.strip(), validate=True).partition(b":")[2] if kind.lower() == "basic" else None
    except ValueError:
        return None
