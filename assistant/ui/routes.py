"""The page's own addresses: asking, searching and looking, in plain JSON, for its scripts and for other programs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse

from assistant._version import __version__
from assistant.errors import AssistantError, LibraryLocked, NoLibrary, QuestionError, UnknownArticle
from assistant.pipeline import Assistant
from assistant.rendering import to_dict
from assistant.ui import strings
from assistant.ui.asking import BadRequest, Busy, Desk, Question, Wanted, explained, read, sent
from assistant.ui.options import Options
from assistant.ui.password import is_local
from assistant.ui.refusing import refusal

__all__ = ["about", "refused", "router", "unread"]

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
        asked = read(Question, await sent(request))
        return StreamingResponse(_lines(desk.events(asked, detailed=is_local(request.scope))), media_type=NDJSON)

    @made.post("/api/search")
    async def search(request: Request) -> dict[str, Any]:
        return {"hits": await desk.search(read(Wanted, await sent(request)))}

    @made.get("/api/article/{article_id}")
    async def article(article_id: str) -> dict[str, Any]:
        return await desk.article(article_id)

    @made.get("/api/status")
    async def status() -> dict[str, Any]:
        return {**about(assistant, options), "library": await desk.look(lambda: _library(assistant))}

    return made


def about(assistant: Assistant, options: Options) -> dict[str, Any]:
    """How this page answers, and what it lets a visitor do."""
    model = assistant.model
    return {
        "version": __version__,
        "readOnly": options.read_only,
        "mode": "generative" if model else "extractive",
        "model": model.name if model else None,
        "host": model.host if model else None,
    }


def _library(assistant: Assistant) -> dict[str, Any] | None:
    """What the library holds, None where there is none; not where it lies."""
    try:
        found = to_dict(assistant.status())
    except NoLibrary:
        return None
    del found["library"]
    return found


async def _lines(events: AsyncIterator[dict[str, object]]) -> AsyncIterator[str]:
    async for event in events:
        yield json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n"


async def refused(request: Request, exc: Exception) -> Response:
    """The reply to a request that failed: the error, in the visitor's language, and its status."""
    status = next((status for kind, status in STATUSES.items() if isinstance(exc, kind)), 500)
    return JSONResponse({"error": explained(exc, strings.preferred(request), detailed=is_local(request.scope))}, status)


async def unread(request: Request, exc: Exception) -> Response:
    """The reply to a request that FastAPI could not make out, in the form of every other refusal."""
    if isinstance(exc, RequestValidationError):
        fault = exc.errors()[0]
        return await refused(request, BadRequest(f"{fault['loc'][-1]}: {fault['msg']}"))
    if isinstance(exc, HTTPException) and exc.status_code not in (404, 405):
        return await refused(request, BadRequest(exc.detail))
    return refusal(404, "NotFound", "There is nothing here.")
