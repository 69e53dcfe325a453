"""A page that runs on the library: the note it leaves in the folder, and asking through it.

A page keeps the library open and its models at hand, so it answers sooner than a new process can. It is asked only when it
would answer the same: the same version, the same settings, the same word lists.
"""

from __future__ import annotations

import json
import os
import secrets
import types
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import SecretStr

from assistant import errors
from assistant._version import __version__
from assistant.errors import AssistantError
from assistant.settings import Settings
from assistant.streams import StatementStream
from assistant.types import Answer, Filters, Statement, Turn
from assistant.workshop import alive

__all__ = ["Note", "PageGone", "PageStream", "answer_from", "ask", "statement_from"]

NOTE = "page.json"
LARGEST_NOTE = 4_096  # bytes
CONNECT = 0.5  # seconds; the page is on this machine
FIRST = 15.0  # seconds until the page has begun; it may be busy, and then we are as quick ourselves
SLACK = 60.0  # seconds over what a model may take; the page itself ends what takes longer


Kind = TypeVar("Kind")


class PageGone(AssistantError):
    """The page that was answering ended, or lost touch, before the answer was whole."""

    exit_code = 9


# -- the note ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """A running page, as its note says: where it is, what it must be shown, and what its answers depend on."""

    host: str
    port: int
    token: str
    process: int
    library: str
    version: str
    answers: str


class Note:
    """The note of one page; `token` is what programs that read it show to the page."""

    def __init__(self, settings: Settings, *, host: str, port: int) -> None:
        self._file = settings.library / NOTE
        self._database = settings.library / "library.db"
        self.token = secrets.token_urlsafe(32)
        self._text = json.dumps(
            asdict(
                Page(
                    host=host,
                    port=port,
                    token=self.token,
                    process=os.getpid(),
                    library=os.path.realpath(settings.library),
                    version=__version__,
                    answers=_depends_on(settings, self.token),
                )
            )
        )

    def leave(self) -> None:
        """Write the note where there is a library and no note; a courtesy to others, without which they ask by themselves."""
        if self._file.exists() or not self._database.exists():
            return
        draft = self._file.with_name(f"{NOTE}.{self.token[:8]}")
        with suppress(OSError):
            try:
                with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                    file.write(self._text)
                os.replace(draft, self._file)
            finally:
                draft.unlink(missing_ok=True)

    def take_over(self) -> None:
        """Write the note in the place of another page's."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
        self.leave()

    def remove(self) -> None:
        """Take the note away, unless another page has left its own meanwhile."""
        _forget(self._file, self._text)


def _forget(file: Path, text: str) -> None:
    """Remove the note `file` if it still says `text`."""
    with suppress(OSError):
        if file.read_text(encoding="utf-8") == text:
            file.unlink()


def _depends_on(settings: Settings, token: str) -> str:
    """A mark of all that answers depend on besides the articles. Keys of models are in it, so it is made with the page's token:
    nobody can try keys out on it who does not know that."""
    import hashlib
    import hmac

    chosen = settings.model_dump(exclude={"library", "lock_wait", "ui"})
    words = {}
    for file in sorted(settings.library.glob("*.tsv")):
        with suppress(OSError):
            words[file.name] = file.stat().st_mtime_ns
    said = json.dumps([__version__, chosen, words], default=_plain, sort_keys=True)
    return hmac.new(token.encode(), said.encode(), hashlib.sha256).hexdigest()


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


# -- asking through it ------------------------------------------------------------------------------------------------


def ask(
    settings: Settings,
    question: str,
    history: Sequence[Turn] = (),
    *,
    filters: Filters | None = None,
    language: str | None = None,
    translate_quotes: bool = False,
) -> PageStream | None:
    """The answer as the page that runs on this library gives it, statement by statement; None when no such page answers, or it
    would answer differently. Raises what `Assistant.stream` and its iteration raise, and `PageGone`.
    """
    file = settings.library / NOTE
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(LARGEST_NOTE)
        page = Page(**_fields(Page, json.loads(text)))
        here = ip_address(page.host).is_loopback
    except (OSError, ValueError, TypeError, LookupError):
        return None
    same = (os.path.realpath(settings.library), __version__, _depends_on(settings, page.token))
    if not here or same != (page.library, page.version, page.answers):
        return None
    body = {
        "question": question,
        "history": [asdict(turn) for turn in history],
        "filters": asdict(filters or Filters()),
        "language": language,
        "translate_quotes": translate_quotes,
    }
    patience = SLACK + (settings.llm.timeout if settings.llm.model and not settings.offline else 0)
    try:
        return _asked(page, json.dumps(body, default=_plain).encode(), patience)
    except _NotThatPage:
        _forget(file, text)
        return None


class _NotThatPage(Exception):
    """The page of the note is no longer there."""


def _asked(page: Page, body: bytes, patience: float) -> PageStream | None:
    """The stream of the page's answer once it has begun, None when it does not begin."""
    if not alive(page.process):  # what listens in the place of one that was killed must not get to see the question
        raise _NotThatPage
    connection = HTTPConnection(page.host, page.port, timeout=CONNECT)
    try:
        connection.connect()
        line = connection.sock
        line.settimeout(FIRST)
        headers = {"Authorization": f"Bearer {page.token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/ask", body, headers)
        response = connection.getresponse()
        status, kind = response.status, response.headers.get_content_type()
        if kind == "application/json" and status in (400, 413):
            connection.close()  # it does not take the question, and we shall say why in our own words
            return None
        if (status, kind) != (200, "application/x-ndjson"):
            raise _NotThatPage
        stream = PageStream(connection, response)
        stream.begin()
        line.settimeout(patience)
        return stream
    except ConnectionRefusedError as exc:
        raise _NotThatPage from exc
    except (OSError, HTTPException, PageGone):  # it is busy, or ending
        connection.close()
        return None
    except BaseException:
        connection.close()
        raise


class PageStream(StatementStream):
    """Iterates over the statements of an answer as they come from a page; otherwise like `AnswerStream`.

    `shown` counts the statements that have come.
    """

    def __init__(self, connection: HTTPConnection, response: HTTPResponse) -> None:
        super().__init__()
        self.shown = 0
        self._connection = connection
        self._response = response

    def begin(self) -> None:
        """Wait for the page to take the question."""
        language = self._event().get("language")
        if not isinstance(language, str):
            raise PageGone("What answers in the place of the page is none.")
        self.language = language

    def __next__(self) -> Statement:
        if self._answer is not None:
            raise StopIteration
        event = self._event()
        if "statement" in event:
            self.shown += 1
            return _made(Statement, event["statement"])
        self._answer = _made(Answer, event.get("answer"))
        self.close()
        raise StopIteration

    def close(self) -> None:
        """Stop here; the page stops too."""
        self._response.close()
        self._connection.close()

    def _event(self) -> Mapping[str, Any]:
        """What comes next. Raises what the page says went wrong, or `PageGone`."""
        try:
            event = dict(json.loads(self._response.readline()))
        except (OSError, HTTPException, ValueError, TypeError) as exc:
            self.close()
            raise PageGone("The page that was answering has ended; run the same command again.") from exc
        if error := event.get("error"):
            self.close()
            raise _error(error)
        return event


def _made(kind: type[Kind], raw: Any) -> Kind:
    try:
        return kind(**_fields(kind, raw))
    except (TypeError, ValueError, LookupError) as exc:
        raise PageGone("The page that was answering said something that cannot be read; stop it and start it again.") from exc


def _error(said: Mapping[str, Any]) -> Exception:
    """The error of which the page tells, as if it had been raised here."""
    kind, message = str(said.get("kind")), str(said.get("detail") or said.get("message"))
    if kind == "Busy":
        return PageGone(message)
    known = getattr(errors, kind, None)
    if isinstance(known, type) and issubclass(known, AssistantError):
        return known(message)
    return PageFault(f"{kind}: {message}")


class PageFault(Exception):
    """The page met a fault of Sanad's own."""


# -- values from their JSON -------------------------------------------------------------------------------------------


def answer_from(said: Mapping[str, object]) -> Answer:
    """The answer of which `rendering.to_dict` made `said`."""
    return Answer(**_fields(Answer, said))


def statement_from(said: Mapping[str, object]) -> Statement:
    """The statement of which `rendering.to_dict` made `said`."""
    return Statement(**_fields(Statement, said))


def _fields(kind: type, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a dataclass of ours, by name, of which `rendering.to_dict` made `raw`."""
    return {name: _value(hint, raw[name]) for name, hint in _hints(kind).items()}


_hints = cache(get_type_hints)


def _value(kind: Any, raw: Any) -> Any:
    """What `rendering.to_dict` made `raw` of, given its type. Raises TypeError, ValueError or KeyError when it cannot be that."""
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**_fields(kind, raw))
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if raw is None else _value(arguments[0], raw)
    if origin is tuple:
        return tuple(_value(arguments[0], item) for item in raw)
    if origin is not None:  # a mapping; its keys are text
        return {str(key): _value(arguments[1], item) for key, item in raw.items()}
    if issubclass(kind, date):
        return kind.fromisoformat(raw)
    if issubclass(kind, StrEnum):
        return kind(raw)
    if not isinstance(raw, (int, float) if kind is float else kind):
        raise TypeError(f"{raw!r} is no {kind.__name__}")
    return raw
