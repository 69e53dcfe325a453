"""The page's own addresses: asking, searching and looking, in plain JSON, for its scripts and for other programs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from assistant._version import __version__
from assistant.errors import AssistantError, LibraryLocked, NoLibrary, QuestionError, UnknownArticle
from assistant.pipeline import Assistant
from assistant.rendering import to_dict
from assistant.ui import asking
from assistant.ui.asking import BadRequest, Busy, Desk, Question, Wanted, explained
from assistant.ui.options import Options
from assistant.ui.safety import is_local

__all__ = ["about", "router"]

NDJSON = "application/x-ndjson"
# What went wrong, as HTTP says it; anything else is 500.
STATUSES: dict[type[AssistantError], int] = {
    BadRequest: 400,
    QuestionError: 400,
    UnknownArticle: 404,
    NoLibrary: 404,
    LibraryLocked: 423,
    Busy: 503,
}


def router(assistant: Assistant, options: Options, desk: Desk) -> APIRouter:
    """The routes, answered at `desk`."""
    made = APIRouter()

    @made.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @made.post("/api/ask")
    async def ask(request: Request) -> Response:
        asked = asking.read(Question, await _body(request))
        return StreamingResponse(_lines(desk.events(asked, detailed=is_local(request.scope))), media_type=NDJSON)

    @made.post("/api/search")
    async def search(request: Request) -> dict[str, Any]:
        return {"hits": await desk.search(asking.read(Wanted, await _body(request)))}

    @made.get("/api/article/{article_id}")
    async def article(article_id: str) -> dict[str, Any]:
        return await desk.article(article_id)

    @made.get("/api/status")
    async def status() -> dict[str, Any]:
        return {**about(assistant, options), "library": await desk.look(lambda: _library(assistant))}

    return made


def about(assistant: Assistant, options: Options) -> dict[str, Any]:
    """How this page answers, and what it lets a visitor do."""
    model = assistant._chat
    return {
        "version": __version__,
        "readOnly": options.read_only,
        "mode": "generative" if model else "extractive",
        "model": model and model.name,
        "host": getattr(model, "host", None),
    }


def _library(assistant: Assistant) -> dict[str, Any] | None:
    """What the library holds, None where there is none; not where it lies."""
    try:
        found = to_dict(assistant.status())
    except NoLibrary:
        return None
    del found["library"]
    return found


async def _body(request: Request) -> object:
    """The JSON that was sent. Only what says that it is JSON is read: a form of another site cannot say so."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("the body should be JSON, and its content type application/json")
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError) as exc:
        raise BadRequest("the body is not JSON") from exc


async def _lines(events: AsyncIterator[dict[str, object]]) -> AsyncIterator[str]:
    async for event in events:
        yield json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n"


async def refused(request: Request, exc: Exception) -> Response:
    """The reply to a request that failed: the error, in the visitor's language, and its status."""
    wanted = request.headers.get("accept-language", "en")[:2].lower()
    status = next((status for kind, status in STATUSES.items() if isinstance(exc, kind)), 500)
    return JSONResponse({"error": explained(exc, wanted, detailed=is_local(request.scope))}, status)
