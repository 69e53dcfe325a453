"""What stands between the network and the page: pure ASGI layers, each of which lets a request on or refuses it.

Starlette's own `BaseHTTPMiddleware` would hold back answers that come piece by piece, so each layer speaks ASGI itself.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.ui.options import Options
from assistant.ui.pace import Pace
from assistant.ui.password import Password
from assistant.ui.refusing import refusal

__all__ = ["BODY_BYTES", "FILE_BYTES", "UPLOAD_BYTES", "safeguards", "secured"]

BODY_BYTES = 64 * 1024
FILE_BYTES = 10 * 2**20
UPLOAD_BYTES = 50 * 2**20  # of all files sent at once, and what parts them
UPLOADS = "/api/articles"

# What a visitor's browser may do with anything but the page: nothing.
STRICT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# What the page may do. `unsafe-eval` is how Gradio runs the script of a `gr.HTML`, and style attributes are all over its
# components; a script must carry the mark of this one response or come from a file of ours.
PAGE = (
    "default-src 'none'; script-src 'self' 'unsafe-eval' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'self'; frame-ancestors 'none'"
)
SECURED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Content-Security-Policy": STRICT,
}

# What the page, and programs that speak Gradio's protocol, ask of Gradio. Whatever else it offers stays closed: uploads, files
# of the disk, a proxy, its monitoring, a code editor.
GRADIO = {
    "GET": r"/|/config|/theme\.css|/(assets|static)/.+|/favicon\.ico|/robots\.txt"
    r"|/gradio_api/(info|heartbeat/\w+|queue/data|call/(v2/)?(ask|search|article)/\w+)",
    "POST": r"/gradio_api/(queue/join|cancel|reset|run/predict|call/(v2/)?(ask|search|article))",
}
MCP = r"/gradio_api/mcp/?"
OURS = r"/healthz|/api/.+|/app-assets/.+"


def safeguards(options: Options, *, token: str | None = None, boot: Callable[[], str] = str) -> list[Middleware]:
    """The layers in the order a request meets them. `boot` makes the script that the page runs before all others."""
    return [
        Middleware(Secured),
        Middleware(KnownHosts, options=options),
        Middleware(OpenPaths, mcp=options.mcp),
        Middleware(Password, password=options.password, token=token),
        Middleware(OwnPages, options=options),
        Middleware(Pace, options=options),
        Middleware(BodyLimit),
        Middleware(Boot, script=boot),
    ]


# -- what every answer carries ----------------------------------------------------------------------------------------


def secured(headers: MutableHeaders) -> None:
    """Adds what a browser must know about every response of ours."""
    for name, value in SECURED.items():
        headers.setdefault(name, value)
    del headers["server"]


class Secured:
    """Puts the security headers on every response, refusals included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                secured(headers)
                if scope["path"].startswith("/api/"):  # what was removed from the library must not live on in a browser
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, marked if scope["type"] == "http" else send)


class Boot:
    """Puts our script first into the page, and gives every script of the page the mark without which none runs."""

    def __init__(self, app: ASGIApp, script: Callable[[], str]) -> None:
        self.app = app
        self.script = script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/":
            await self.app(scope, receive, send)
            return
        # The page is read and changed here, so it must not come compressed, or as "not modified".
        unwanted = (b"accept-encoding", b"if-none-match", b"if-modified-since")
        plain = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name not in unwanted]}
        page = _Page(send, self.script())
        await self.app(plain, receive, page.send)


class _Page:
    """Takes in the page, and sends it on when it is whole and changed."""

    def __init__(self, send: Send, script: str) -> None:
        self._send = send
        self._script = script
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        headers = MutableHeaders(scope=self._start)
        if headers.get("content-type", "").startswith("text/html"):
            nonce = secrets.token_urlsafe(16)
            if self._body:  # there is none after HEAD
                self._body = with_scripts(self._body, self._script, nonce)
            headers["content-length"] = str(len(self._body))
            headers["content-security-policy"] = PAGE.format(nonce=nonce)
            headers["cache-control"] = "no-store"
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})


def with_scripts(page: bytes, script: str, nonce: str) -> bytes:
    """`page` with `script` and our colours first in its head, so that nothing is painted in others; the mark on every script."""
    first = f'<script>{script}</script><link rel="stylesheet" href="/app-assets/app.css">'.encode()
    whole = re.sub(rb"<head[^>]*>", lambda head: head[0] + first, page, count=1)
    return re.sub(rb"<script(?=[\s>])", f'<script nonce="{nonce}"'.encode(), whole)


# -- who is let in ----------------------------------------------------------------------------------------------------


class KnownHosts:
    """Refuses requests to any other name than this page is known by: a stranger's name that leads here is an attack.

    What a proxy says of the visitor is believed when there is one, and otherwise never heard of.
    """

    def __init__(self, app: ASGIApp, options: Options) -> None:
        self.app = app
        self.options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            names = [headers.get("host", "")]
            if self.options.behind_proxy:
                names += [name.strip() for value in headers.getlist("x-forwarded-host") for name in value.split(",")]
            else:
                scope = {**scope, "headers": [pair for pair in scope["headers"] if not pair[0].startswith(FORWARDED)]}
            if not all(is_known(host_name(name), self.options) for name in names):
                message = "This page is not known by that name; SANAD_UI__HOSTS can name it."
                await refusal(400, "UnknownHost", message)(scope, receive, send)
                return
        await self.app(scope, receive, send)


FORWARDED = (b"x-forwarded-", b"forwarded")


def host_name(netloc: str) -> str:
    """The name or address in `name:port`, empty when it is none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def is_known(name: str, options: Options) -> bool:
    """Whether the page goes by `name`: this machine's own, the one it is bound to, one that was set.

    Bound to every address of the machine, it goes by any address: what leads astray is a name.
    """
    if name in ("localhost", options.host.lower(), *options.hosts):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or options.host in ("0.0.0.0", "::")


class OpenPaths:
    """Refuses what the page does not use."""

    def __init__(self, app: ASGIApp, mcp: bool) -> None:
        self.app = app
        also = f"|{MCP}" if mcp else ""
        self.open = {method: re.compile(f"(?:{OURS}|{paths}{also})") for method, paths in GRADIO.items()}
        self.open["HEAD"] = self.open["GET"]
        self.open["DELETE"] = re.compile(MCP if mcp else "(?!)")  # how a program ends its MCP session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            paths = self.open.get(scope["method"])
            if paths is None or not paths.fullmatch(scope["path"]):
                await refusal(404, "NotFound", "There is nothing here.")(scope, receive, send)
                return
        await self.app(scope, receive, send)


class OwnPages:
    """Refuses what pages of other sites make a visitor's browser send."""

    def __init__(self, app: ASGIApp, options: Options) -> None:
        self.app = app
        self.options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.is_ours(scope["method"], scope["path"], Headers(scope=scope)):
            await refusal(403, "OtherSite", "Pages of other sites may not use this one.")(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def is_ours(self, method: str, path: str, headers: Headers) -> bool:
        """Whether no other site's page is behind the request, as the browser tells it; programs tell nothing.

        Other sites may link to the page. Its other addresses they could only make work: a search costs time, and the question
        may go to a model's host.
        """
        origin = headers.get("origin")
        if origin is not None and not self.is_own(origin, headers.get("host", "")):
            return False
        linked = path == "/" and method in ("GET", "HEAD")
        return linked or headers.get("sec-fetch-site", "none") in ("same-origin", "none")

    def is_own(self, origin: str, host: str) -> bool:
        """Whether `origin` is this very server; a proxy may have changed the port, and the name into one that was set."""
        place = origin.partition("://")[2].lower()
        return place == host.lower() or (self.options.behind_proxy and host_name(place) in self.options.hosts)


# -- how much is read -------------------------------------------------------------------------------------------------


class BodyLimit:
    """Refuses a body that is too large, told or not, and reads no more of it than the limit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = UPLOAD_BYTES if (scope["method"], scope["path"]) == ("POST", UPLOADS) else BODY_BYTES
        told = Headers(scope=scope).get("content-length", "0")
        too_large = refusal(
            413, "TooLarge", f"That is more than the {limit:,} bytes that are read here.", headers={"Connection": "close"}
        )
        if not told.isdecimal() or int(told) > limit:
            await too_large(scope, receive, send)
            return
        measured = _Measured(receive, send, limit)
        try:
            await self.app(scope, measured.receive, measured.send)
        except Exception:
            if not measured.exceeded:
                raise
        if measured.exceeded and not measured.started:
            await too_large(scope, receive, send)


class _Measured:
    """Both ends of one request: once its body exceeds the limit the application hears no more of it, and its reply is dropped."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive = receive
        self._send = send
        self._left = limit
        self.started = False

    @property
    def exceeded(self) -> bool:
        return self._left < 0

    async def receive(self) -> Message:
        if self.exceeded:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.exceeded else message

    async def send(self, message: Message) -> None:
        if self.exceeded and not self.started:
            return
        self.started = True
        await self._send(message)
