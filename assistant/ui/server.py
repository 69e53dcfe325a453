"""The web server: our own application, with Gradio inside it, that starts and stops as a good command does."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when Gradio is imported, which would otherwise call home

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant._version import __version__
from assistant.errors import AssistantError
from assistant.pipeline import Assistant
from assistant.running import Note
from assistant.ui import beside, collection, page, routes, safety, strings, tools
from assistant.ui.asking import AT_ONCE, WAITING, Desk
from assistant.ui.options import Options
from assistant.ui.refusing import refusal

__all__ = ["Server", "build"]

# FastAPI reports to whatever OpenTelemetry is set up in the process, or by a variable; nobody is told what is asked here.
UNWATCHED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
ASSETS = Path(__file__).parent / "assets"
LOOK = 2  # seconds between looks at whether there is a library in which to leave a note
SESSIONS = 1_000  # visits that Gradio remembers, 19 KB each (measured); nothing of ours is in them
GRACE = 1  # seconds that answers under way have once the server is told to stop


def build(assistant: Assistant, options: Options, *, note: Note | None = None) -> FastAPI:
    """The application: our routes, the page, and what keeps both safe. While it runs, it leaves `note` in the library folder."""

    async def built() -> FastAPI:
        return _built(assistant, options, note)

    # Outside an event loop, Gradio makes one for every lock of its own and never closes it.
    return asyncio.run(built())


def _built(assistant: Assistant, options: Options, note: Note | None) -> FastAPI:
    desk, ending = Desk(assistant), asyncio.Event()

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        noting = asyncio.create_task(_noted(note)) if note else None
        if assistant.model:  # its client takes seconds to load
            Thread(target=assistant.warm, name="warming", daemon=True).start()
        try:
            yield
        finally:
            if note and noting:
                noting.cancel()
                note.remove()
            desk.close()

    app = FastAPI(
        title="Sanad",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry=UNWATCHED,
        lifespan=running,
        middleware=[
            *safety.safeguards(options, token=note.token if note else None, boot=lambda: boot_script(assistant, options)),
            Middleware(Ending, ending=ending),
        ],
        exception_handlers={
            AssistantError: routes.refused,
            HTTPException: routes.unread,
            RequestValidationError: routes.unread,
            Exception: _fault,
        },
    )
    app.state.ending = ending
    app.include_router(routes.router(assistant, options, desk))
    app.include_router(beside.router(assistant))
    app.include_router(collection.router(assistant, options))
    app.add_api_route("/app-assets/strings.js", _strings)
    app.mount("/app-assets", _Assets(directory=ASSETS))
    app.add_api_route("/api/{rest:path}", _nothing, methods=["GET", "POST"])
    blocks = page.blocks(assistant, options)
    blocks.state_session_capacity = SESSIONS
    tools.add(blocks, desk)
    gr.mount_gradio_app(
        app,
        # Not `api_open`: by a second address, questions would go past the line.
        blocks.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE, api_open=False),
        path="/",
        theme=page.THEME,
        head=page.HEAD,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        show_error=False,
        max_file_size=safety.FILE_BYTES,
        mcp_server=options.mcp,
        pwa=False,
        app_kwargs={"telemetry": UNWATCHED},
    )
    if options.mcp:
        tools.answer_in_json(blocks)
    return app


async def _noted(note: Note) -> None:
    """Leave the note, and again when it has gone: the library may be made only later, or anew."""
    note.take_over()
    while True:
        await asyncio.sleep(LOOK)
        note.leave()


class _Assets(StaticFiles):
    """Our scripts, styles and fonts, asked for anew each time: a browser must not mix those of two versions."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _strings() -> Response:
    return Response(strings.script(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def _nothing() -> Response:
    """What Gradio, whose everything else is, would say in a form of its own."""
    return refusal(404, "NotFound", "There is nothing here.")


async def _fault(request: Request, exc: Exception) -> Response:
    """What a visitor is told of a fault of ours; the server's log has the rest."""
    response = refusal(500, type(exc).__name__, "This is a fault of Sanad's own.", exit_code=70)
    safety.secured(response.headers)
    return response


BOOT = """(() => {
  const known = ["fa", "ar", "en"];
  let kept = null;
  try { kept = localStorage.getItem("sanad.lang"); } catch { /* storage may be switched off */ }
  const asked = new URLSearchParams(location.search).get("lang");
  const wanted = [asked, kept, ...(navigator.languages || [navigator.language])];
  const language = wanted.map((tag) => String(tag || "").toLowerCase().split(/[-_]/)[0]).find((tag) => known.includes(tag)) || "en";
  document.documentElement.lang = language;
  document.documentElement.dir = language === "en" ? "ltr" : "rtl";
  Object.defineProperty(navigator, "language", { get: () => language });
  Object.defineProperty(navigator, "languages", { get: () => [language] });
  // Light or dark as it was chosen here before: Gradio, and our own script, ask the browser, and hear that.
  const theme = () => {
    try { return localStorage.getItem("sanad.theme"); } catch { return null; }
  };
  const system = window.matchMedia.bind(window);
  window.matchMedia = (query) => {
    const found = system(query);
    const chosen = theme();
    if (query === "(prefers-color-scheme: dark)" && ["dark", "light"].includes(chosen)) {
      Object.defineProperty(found, "matches", { get: () => theme() === "dark" });
    }
    return found;
  };
  const shown = new URLSearchParams(location.search).get("__theme");
  const dark = shown === "dark" || (shown !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  new MutationObserver((changes, observer) => {
    if (!document.body) return;
    observer.disconnect();
    document.body.classList.toggle("dark", dark);
  }).observe(document.documentElement, { childList: true });
  window.sanad = { language, ...%s };
})();"""


def boot_script(assistant: Assistant, options: Options) -> str:
    """What the page runs before Gradio does: Gradio takes its language from the browser, and we from whoever chose one."""
    return BOOT % json.dumps(routes.about(assistant, options)).replace("<", "\\u003c")


class Server(uvicorn.Server):
    """Serves `app` without chatter, calls `ready` once it does, and is gone soon after it is told to stop."""

    def __init__(self, app: FastAPI, options: Options, ready: Callable[[], object]) -> None:
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,  # it would hold who asked, and when
            server_header=False,
            ws="none",
            proxy_headers=options.behind_proxy,
            forwarded_allow_ips="*" if options.behind_proxy else "",
            timeout_graceful_shutdown=GRACE + 2,
        )
        super().__init__(config)
        self._ready = ready
        self._ending: asyncio.Event = app.state.ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        ending = asyncio.get_running_loop().call_later(GRACE, self._ending.set)
        await super().shutdown(sockets)
        ending.cancel()


class Ending:
    """Tells whatever still listens to a visitor, once the server ends, that the visitor has gone: tabs listen for ever."""

    def __init__(self, app: ASGIApp, ending: asyncio.Event) -> None:
        self.app = app
        self.ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def either() -> Message:
            heard, ended = asyncio.ensure_future(receive()), asyncio.ensure_future(self.ending.wait())
            try:
                await asyncio.wait((heard, ended), return_when=asyncio.FIRST_COMPLETED)
                return heard.result() if heard.done() else {"type": "http.disconnect"}
            finally:
                heard.cancel()
                ended.cancel()

        await self.app(scope, either, send)
