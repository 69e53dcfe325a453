"""How a request is refused: the form every error of ours has over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

__all__ = ["refusal"]


def refusal(status: int, kind: str, message: str, *, exit_code: int = 2, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A refused request in the form every error of ours has."""
    return JSONResponse({"error": {"kind": kind, "message": message, "exit": exit_code}}, status, headers)
