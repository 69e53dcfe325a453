"""How fast one visitor may ask: a handful of questions at a stroke, then so many a minute.

Visitors are told apart by their addresses. Those of this machine are not counted, unless a proxy stands in front: whoever sits here
may keep the machine busy.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.ui import strings
from assistant.ui.options import Options
from assistant.ui.password import address, is_local
from assistant.ui.refusing import refusal

__all__ = ["Pace", "Paces"]

STROKE = 6  # the part of a minute's questions that may be asked at a stroke
REMEMBERED = 10_000  # addresses; more than that, and those that have not asked for longest are forgotten
MINUTE = 60  # seconds
# What costs a search, or a model's answer. The list of articles does only when texts are searched.
COSTLY = re.compile(r"/api/(ask|search)|/gradio_api/(queue/join|call/(v2/)?(ask|search)|mcp/?)")
LISTED = "/api/articles"


class Pace:
    """Refuses the questions of a visitor who asks faster than anybody types."""

    def __init__(self, app: ASGIApp, options: Options, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.here_too = options.behind_proxy
        self.paces = Paces(options.a_minute, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_costly(scope) and self._counts(scope):
            wait = self.paces.wait(address(scope))
            if wait:
                language = Headers(scope=scope).get("accept-language", "en")[:2].lower()
                message = strings.text("server.error.TooFast", language, seconds=wait)
                await refusal(429, "TooFast", message, exit_code=4, headers={"Retry-After": str(wait)})(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _counts(self, scope: Scope) -> bool:
        if is_local(scope) or not self.paces.a_minute:
            return False
        return self.here_too or not _is_here(scope)


def _is_costly(scope: Scope) -> bool:
    if scope["method"] == "POST":
        return COSTLY.fullmatch(scope["path"]) is not None
    return scope["path"] == LISTED and "texts" in parse_qs(scope["query_string"].decode("latin-1"))


def _is_here(scope: Scope) -> bool:
    try:
        place = ip_address(scope["client"][0]) if scope.get("client") else None
    except ValueError:
        return False
    place = getattr(place, "ipv4_mapped", None) or place
    return place is None or place.is_loopback


@dataclass(slots=True)
class _Purse:
    """What an address may still ask, and when that was so."""

    left: float
    at: float


@dataclass(slots=True)
class Paces:
    """Counts the questions of each address: a sixth of `a_minute` at a stroke, and `a_minute` over and over."""

    a_minute: int
    clock: Callable[[], float] = time.monotonic
    _purses: dict[str, _Purse] = field(default_factory=dict)

    def wait(self, visitor: str) -> int:
        """Seconds until that visitor may ask; 0 when they may now, and then it is counted."""
        now, most = self.clock(), max(1.0, self.a_minute / STROKE)
        purse = self._purses.pop(visitor, None) or _Purse(most, now)
        purse.left = min(most, purse.left + (now - purse.at) * self.a_minute / MINUTE)
        purse.at = now
        self._purses[visitor] = purse  # the last to have asked stands last
        if len(self._purses) > REMEMBERED:
            del self._purses[next(iter(self._purses))]
        if purse.left < 1:
            return math.ceil((1 - purse.left) * MINUTE / self.a_minute)
        purse.left -= 1
        return 0
