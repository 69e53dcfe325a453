"""Everything that can go wrong, as a tree: each error names the thing, the way out and the exit code of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

__all__ = [
    "ArticleError",
    "AssistantError",
    "BadModelOutput",
    "BudgetSpent",
    "ConfigurationError",
    "DiskFull",
    "EmptyLibrary",
    "LibraryDamaged",
    "LibraryError",
    "LibraryLocked",
    "LibraryMismatch",
    "LibraryNotWritable",
    "LibraryTooNew",
    "ModelCut",
    "ModelError",
    "ModelRejected",
    "ModelUnavailable",
    "NoLibrary",
    "Notice",
    "PromptError",
    "QuestionError",
    "UnknownArticle",
    "VectorsUnavailable",
]


class Notice(str):
    """Words of ours in English, made of a `template` and the `values` put into it, so that `messages` can say them otherwise."""

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        notice = super().__new__(cls, template.format(**values) if values else template)
        notice.template, notice.values = template, values
        return notice


class AssistantError(Exception):
    """Base of every error of ours; its message is one line: what, where and what to do next.

    What is given as `values` is put into the message, whose words `messages` then knows in the reader's language.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str = "", /, **values: object) -> None:
        self.notice = message if isinstance(message, Notice) else Notice(message, **values)
        super().__init__(self.notice)


class ConfigurationError(AssistantError):
    """A setting is missing or wrong; the message names it and its variable."""


class PromptError(AssistantError):
    """A prompt file is missing, or names a placeholder nobody fills."""


class QuestionError(AssistantError):
    """The question is empty or longer than the limit."""


class ArticleError(AssistantError):
    """A file, or one record in it, cannot become an article.

    `path` is the file, `line` the 1-based line of the record (None for the whole file), `reason` what is wrong with it.
    """

    exit_code = 10

    def __init__(self, path: str | Path, reason: str, *, line: int | None = None) -> None:
        self.path = str(path)
        self.line = line
        self.reason = reason
        super().__init__("{place}: {reason}", place=f"{self.path}{'' if line is None else f':{line}'}", reason=reason)


class LibraryError(AssistantError):
    """The library folder cannot be used as it is."""

    exit_code = 8


class NoLibrary(LibraryError):
    """There is no library at that path; nothing was created."""

    exit_code = 3


class EmptyLibrary(NoLibrary):
    """The library holds no article yet."""


class UnknownArticle(LibraryError):
    """No article has that id."""

    exit_code = 2


class LibraryLocked(LibraryError):
    """Another process is changing the library; the message names it."""

    exit_code = 4


class DiskFull(LibraryError):
    """The disk has no room for what was asked; nothing half-written is left visible."""

    exit_code = 5

    @staticmethod
    def of(folder: Path) -> DiskFull:
        """That the disk of `folder` is full."""
        return DiskFull("The disk holding {folder} is full; free some space and run the same command again.", folder=folder)


class LibraryNotWritable(LibraryError):
    """The library folder does not let us write."""

    exit_code = 5

    @staticmethod
    def of(folder: Path) -> LibraryNotWritable:
        """That nothing can be written in `folder`."""
        return LibraryNotWritable(
            "The folder {folder} cannot be written to; allow writing or choose another --library.", folder=folder
        )


class LibraryMismatch(LibraryError):
    """The library was made with another embedding model or dimension."""

    exit_code = 6


class LibraryTooNew(LibraryError):
    """The library has a newer format than this version understands; it was not touched."""

    exit_code = 7


class LibraryDamaged(LibraryError):
    """`library.db` is not a database of ours, or is damaged."""

    exit_code = 8


class VectorsUnavailable(LibraryError):
    """The vector server is out of reach or refuses us; asking goes on without it, changing the library does not."""

    exit_code = 9


class ModelError(AssistantError):
    """A model endpoint did not give a usable answer."""

    exit_code = 9


class ModelUnavailable(ModelError):
    """The endpoint is out of reach or overloaded; answering may fall back to quotes."""


class ModelRejected(ModelError):
    """The endpoint refuses the key, the model or the quota; never hidden behind a fallback."""


class BadModelOutput(ModelError):
    """The endpoint answered with something that cannot be used."""


class ModelCut(ModelError):
    """The model's text broke off: the connection, the length limit or a filter ended it. What came before it counts."""


class BudgetSpent(ModelError):
    """The requests or the seconds one question may cost are used up."""
