"""Sanad: questions about news articles, answered with citations that were checked against the articles.

>>> from assistant import Assistant
>>> with Assistant.open("library") as sanad:
...     sanad.ingest(["seeds"])
...     print(sanad.ask("نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟").text)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant._version import __version__
from assistant.errors import (
    ArticleError,
    AssistantError,
    ConfigurationError,
    EmptyLibrary,
    LibraryDamaged,
    LibraryError,
    LibraryLocked,
    LibraryMismatch,
    NoLibrary,
    QuestionError,
)
from assistant.types import (
    Answer,
    Article,
    Citation,
    Filters,
    Hit,
    IngestReport,
    Mode,
    Passage,
    Source,
    Statement,
    Status,
    Turn,
)

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

__all__ = [
    "Answer",
    "Article",
    "ArticleError",
    "Assistant",
    "AssistantError",
    "Citation",
    "ConfigurationError",
    "EmptyLibrary",
    "Filters",
    "Hit",
    "IngestReport",
    "LibraryDamaged",
    "LibraryError",
    "LibraryLocked",
    "LibraryMismatch",
    "Mode",
    "NoLibrary",
    "Passage",
    "QuestionError",
    "Source",
    "Statement",
    "Status",
    "Turn",
    "__version__",
]


def __getattr__(name: str) -> Any:
    # The pipeline brings Chroma and tantivy with it; `sanad --help` must not wait for them.
    if name == "Assistant":
        from assistant.pipeline import Assistant

        return Assistant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
