"""The turns of a conversation, kept by the browser alone: sealed, so that what comes back is what we sent, and quoted anew."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from assistant import rendering
from assistant.types import Answer, Article, Citation, Closeness, Dropped, Match, Mode, Source, Statement, Status, Trace

__all__ = ["MOST_CHARACTERS", "MOST_TURNS", "Exchange", "Key", "seal", "unseal"]

MOST_TURNS = 20
MOST_CHARACTERS = 40_000  # of all turns together: with the question they stay below the limit on requests
KEY = "page.key"
SIZE = 32

ArticleOf = Callable[[str], Article | None]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer. `stopped` says that the person broke it off, `gone` that some of its quotes no longer stand.

    `token` is what the browser keeps of it, where it has been sealed.
    """

    turn: str
    question: str
    answer: Answer
    stopped: bool = False
    gone: bool = False
    token: str = ""


class Key:
    """The key that seals turns: in the library's folder, for its owner only; in memory where there is no folder to write to."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / KEY
        self._own = secrets.token_bytes(SIZE)
        self._kept: bytes | None = None

    @staticmethod
    @cache
    def of(folder: Path) -> Key:
        """The key of the library in `folder`: one object for all that ask, so that they agree where nothing can be written."""
        return Key(folder)

    def __call__(self) -> bytes:
        """The key, the same after a restart once the library's folder exists."""
        if self._kept is None:
            self._kept = self._read() or self._write()
        return self._kept or self._own

    def _read(self) -> bytes | None:
        with suppress(OSError):
            found = self._file.read_bytes()
            return found if len(found) == SIZE else None
        return None

    def _write(self) -> bytes | None:
        """The own key, written down; that of another process when it was quicker; None where nothing can be written."""
        draft = self._file.with_name(f"{KEY}.{self._own.hex()[:8]}")
        with suppress(OSError):
            try:
                with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(self._own)
                if self._file.exists() and self._read() is None:
                    self._file.unlink()  # it is no key
                _placed(draft, self._file)
            finally:
                draft.unlink(missing_ok=True)
            return self._own
        return self._read()


def _placed(draft: Path, file: Path) -> None:
    """Makes the draft the file, whole or not at all. Raises FileExistsError where there is one already."""
    try:
        os.link(draft, file)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        os.replace(draft, file)


# -- sealing ----------------------------------------------------------------------------------------------------------


def seal(exchange: Exchange, key: bytes) -> str:
    """The exchange for the browser to keep; quotes are left to their articles."""
    body = zlib.compress(json.dumps(_packed(exchange), ensure_ascii=False, separators=(",", ":")).encode())
    return base64.urlsafe_b64encode(_mark(body, key) + body).decode().rstrip("=")


def unseal(tokens: Iterable[object], key: bytes, article: ArticleOf) -> list[Exchange]:
    """The exchanges that we sealed, oldest first, the latest ones within our limits; each quote is cut from its article again."""
    kept: list[str] = []
    for token in reversed([token for token in tokens if isinstance(token, str)][-MOST_TURNS:]):
        if sum(map(len, kept)) + len(token) > MOST_CHARACTERS:
            break
        kept.append(token)
    opened = [(token, _opened(token, key)) for token in reversed(kept)]
    return [replace(_unpacked(packed, article), token=token) for token, packed in opened if packed is not None]


def _mark(body: bytes, key: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()[:16]


def _opened(token: str, key: bytes) -> dict[str, Any] | None:
    try:
        whole = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    mark, body = whole[:16], whole[16:]
    if not hmac.compare_digest(mark, _mark(body, key)):
        return None
    opened: dict[str, Any] = json.loads(zlib.decompress(body))  # ours: nobody else could have marked it
    return opened


# -- packing ----------------------------------------------------------------------------------------------------------


def _packed(exchange: Exchange) -> dict[str, object]:
    answer, trace = exchange.answer, exchange.answer.trace
    return {
        "turn": exchange.turn,
        "question": exchange.question,
        "stopped": exchange.stopped,
        "status": answer.status.value,
        "mode": answer.mode.value,
        "language": answer.language,
        "text": "" if answer.statements or answer.status is Status.NOT_FOUND else answer.text,
        "statements": [_packed_statement(statement) for statement in answer.statements],
        "citations": [_packed_citation(citation) for citation in answer.citations],
        "nearest": [source.article_id for source in answer.nearest],
        "notes": list(answer.notes),
        "use": [trace.model, trace.tokens_in, trace.tokens_out, trace.requests, trace.cost, len(trace.dropped)],
    }


def _packed_statement(statement: Statement) -> list[object]:
    """A quotation's words are left out: they are those of its citation."""
    quotes = {citation.quote for citation in statement.citations}
    text = None if statement.text in quotes else statement.text
    return [text, statement.frame, statement.note, statement.closeness, [citation.number for citation in statement.citations]]


def _packed_citation(citation: Citation) -> list[object]:
    also = [source.article_id for source in citation.also]
    place = [citation.number, citation.source.article_id, citation.start, citation.end]
    return [*place, citation.match.value, also, _digest(citation.quote)]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _unpacked(packed: Mapping[str, Any], article: ArticleOf) -> Exchange:
    found = [_citation(place, article) for place in packed["citations"]]
    citations = {citation.number: citation for citation in found if citation is not None}
    statements = [shown for parts in packed["statements"] if (shown := _statement(parts, citations)) is not None]
    model, tokens_in, tokens_out, requests, cost, dropped = packed["use"]
    trace = Trace(
        model=model,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        requests=requests,
        cost=cost,
        dropped=(Dropped("", ""),) * dropped,
    )
    answer = Answer(
        question=packed["question"],
        status=Status(packed["status"]),
        mode=Mode(packed["mode"]),
        language=packed["language"],
        text=packed["text"],
        statements=tuple(statements),
        citations=tuple(citations.values()),
        nearest=tuple(_sources(packed["nearest"], article)),
        notes=tuple(packed["notes"]),
        trace=trace,
    )
    gone = len(statements) < len(packed["statements"]) or len(citations) < len(packed["citations"])
    whole = replace(answer, text=answer.text or rendering.plain(answer)) if statements or not gone else answer
    return Exchange(packed["turn"], packed["question"], whole, stopped=packed["stopped"], gone=gone)


def _citation(place: Sequence[Any], article: ArticleOf) -> Citation | None:
    """The citation cut from its article again; None when those words no longer stand there."""
    number, name, start, end, match, also, digest = place
    found = article(name)
    quote = found.text[start:end] if found else ""
    if found is None or _digest(quote) != digest:
        return None
    return Citation(number, found.source, quote, start, end, Match(match), tuple(_sources(also, article)))


def _statement(parts: Sequence[Any], citations: Mapping[int, Citation]) -> Statement | None:
    """The statement with the citations that still stand; None without any."""
    text, frame, note, closeness, numbers = parts
    held = tuple(citations[number] for number in numbers if number in citations)
    if not held:
        return None
    said = held[0].quote if text is None else text
    return Statement(said, held, frame, note, Closeness(closeness) if closeness else None)


def _sources(names: Iterable[str], article: ArticleOf) -> list[Source]:
    return [found.source for name in names if (found := article(name)) is not None]
