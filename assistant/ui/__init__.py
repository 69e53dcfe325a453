"""The page: a Gradio chat inside our own web server. Importing it loads nothing; `build` and `serve` load what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant.ui.options import Options

if TYPE_CHECKING:
    from assistant.ui.server import build
    from assistant.ui.starting import serve

__all__ = ["Options", "build", "serve"]


def __getattr__(name: str) -> Any:
    # Gradio takes five seconds to load; whoever only wants the options or one of the pure modules must not wait for it.
    if name == "build":
        from assistant.ui.server import build

        return build
    if name == "serve":
        from assistant.ui.starting import serve

        return serve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
