"""Model responses kept and played back, keyed by everything that shapes them; playing back never asks anybody."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.budget import Budget
from assistant.protocols import ChatModel
from assistant.types import Message

__all__ = ["Keyed", "MissingRecording", "Recorder", "Replayer", "Store"]

# Every request has a mark of its own, drawn at random, that begins each line of its passages; but for it, the same question is
# the same request.
_MARK = re.compile(r"^([0-9a-f]{8})(?= |$)", re.MULTILINE)
_PLACE = "MARKMARK"
ASKED = 120  # last characters of a request that are kept beside the response, for whoever reads the file


class MissingRecording(Exception):
    """No response is kept for a request; the message says which, and how to keep one."""


@dataclass(slots=True)
class Store:
    """Responses in `file`, one JSON line each: {key, model, settings, turn, asked (its end), text, tokens}."""

    file: Path
    _kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.file.exists():
            for line in self.file.read_text(encoding="utf-8").splitlines():
                kept = json.loads(line)
                self._kept[kept["key"]] = kept

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def __getitem__(self, key: str) -> dict[str, Any]:
        return self._kept[key]

    def rows(self) -> list[dict[str, Any]]:
        """All that is kept."""
        return list(self._kept.values())

    def add(self, kept: dict[str, Any]) -> None:
        """Keep one response, at once: a run that breaks off loses nothing."""
        self._kept[kept["key"]] = kept
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(kept, ensure_ascii=False) + "\n")


@dataclass(slots=True)
class Keyed:
    """What both directions share: the model's looks, and the key of a request.

    `settings` hold what shapes a response besides the messages: window, temperature, host. `turn` tells repetitions apart.
    """

    name: str
    settings: Mapping[str, Any]
    store: Store
    turn: int = 0

    @property
    def window(self) -> int:
        return int(self.settings["window"])

    @property
    def host(self) -> str | None:
        return None if self.settings["host"] is None else str(self.settings["host"])

    def key(self, messages: Sequence[Message], mark: str) -> str:
        """A digest of the model, its settings, the messages but for their mark, and the repetition."""
        told = [[message.role, _without(mark, message.content)] for message in messages]
        shaping = [self.name, dict(self.settings), told, self.turn]
        return hashlib.sha256(json.dumps(shaping, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def kept(self, key: str, mark: str, budget: Budget) -> str:
        """The text kept under `key`, counted as one request."""
        kept = self.store[key]
        budget.spend()
        budget.count(*kept["tokens"])
        return str(kept["text"]).replace(_PLACE, mark) if mark else str(kept["text"])


def _mark(messages: Sequence[Message]) -> str:
    return next((found[1] for message in messages if (found := _MARK.search(message.content))), "")


def _without(mark: str, text: str) -> str:
    return text.replace(mark, _PLACE) if mark else text


class Recorder(Keyed):
    """A chat model that keeps what came whole, and asks for nothing it keeps already. Errors and empty texts are never kept."""

    __slots__ = ("_chat",)

    def __init__(self, chat: ChatModel, store: Store, *, temperature: float | None) -> None:
        settings = {"window": chat.window, "temperature": temperature, "host": chat.host}
        super().__init__(chat.name, settings, store)
        self._chat = chat

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        """As the model's own, or as it was kept."""
        mark = _mark(messages)
        key = self.key(messages, mark)
        if key in self.store:
            yield self.kept(key, mark, budget)
            return
        before = budget.tokens_in, budget.tokens_out
        pieces: list[str] = []
        for piece in self._chat.stream(messages, budget=budget):
            pieces.append(piece)
            yield piece
        text = "".join(pieces)
        if text.strip():
            self.store.add(
                {
                    "key": key,
                    "model": self.name,
                    "settings": dict(self.settings),
                    "turn": self.turn,
                    "asked": _without(mark, messages[-1].content)[-ASKED:],
                    "text": _without(mark, text),
                    "tokens": [budget.tokens_in - before[0], budget.tokens_out - before[1]],
                }
            )


class Replayer(Keyed):
    """A chat model that gives what was kept for the same request, and raises `MissingRecording` for any other."""

    __slots__ = ()

    def __init__(self, store: Store, model: str | None = None) -> None:
        """Raises `MissingRecording` when the store keeps nothing of `model`, or, without one, not of exactly one model."""
        kept = {row["model"]: row["settings"] for row in store.rows() if model in (None, row["model"])}
        if len(kept) != 1:
            found = ", ".join(sorted(kept)) or f"none{f' of {model}' if model else ''}"
            raise MissingRecording(
                f"{store.file} should keep the responses of one model, and keeps {found}; name one, or record it."
            )
        ((name, settings),) = kept.items()
        super().__init__(name, settings, store)

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        """The text that was kept, in one piece."""
        mark = _mark(messages)
        key = self.key(messages, mark)
        if key not in self.store:
            asked = " ".join(messages[-1].content[-ASKED:].split())
            raise MissingRecording(
                f"{self.store.file} keeps no response of {self.name} to «…{asked}» (repetition {self.turn});"
                " the prompt, the passages or the settings have changed since. Record again with a model at hand."
            )
        yield self.kept(key, mark, budget)
