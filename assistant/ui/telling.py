"""What has come of an answer becomes a frame of the page: the messages, and what the panel is to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from assistant.types import Answer, Mode, Statement, Status
from assistant.ui import asking, copying, view
from assistant.ui.history import Exchange, seal
from assistant.ui.posing import Posed, Shelf

__all__ = ["Begun", "Ended", "Frame", "Item", "Opened", "Said", "Telling", "begun", "refused", "restored"]

Message: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True)
class Frame:
    """The conversation as it stands, None where it stays as it is; and what the panel is to know that it does not know yet."""

    messages: list[Message] | None
    panel: Mapping[str, object]


# -- what comes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begun:
    """The messages before the question, and the turns they belong to."""

    past: list[Message]
    order: list[str]


@dataclass(frozen=True, slots=True)
class Opened:
    """The answer is on its way, in this language."""

    language: str


@dataclass(frozen=True, slots=True)
class Said:
    """A statement, and the cards of what it cites."""

    statement: Statement
    cards: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Ended:
    """The end: the whole `answer`, an `error`, or neither when the person stopped it."""

    answer: Answer | None = None
    nearest: list[dict[str, object]] = field(default_factory=list)
    error: Exception | None = None


Item: TypeAlias = Begun | Opened | Said | Ended


# -- what is told -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Telling:
    """What has come of one question so far, and what the next frame tells."""

    posed: Posed
    key: bytes
    detailed: bool = False
    past: list[Message] | None = None
    order: list[str] = field(default_factory=list)
    language: str = ""
    statements: list[Statement] = field(default_factory=list)
    cards: dict[object, dict[str, object]] = field(default_factory=dict)
    frames: int = 0

    def after(self, batch: Iterable[Item]) -> Frame | None:
        """The frame once these have come too; None while there is nothing to see."""
        for item in batch:
            match item:
                case Begun(past, order):
                    self.past, self.order = past, order
                case Opened(language):
                    self.language = language
                case Said(statement, cards):
                    self.statements.append(statement)
                    self.cards |= {card["n"]: card for card in cards}
                case Ended():
                    return self._last(item)
        return None if self.past is None else self._coming(self.past)

    def _coming(self, past: list[Message]) -> Frame:
        writing = bool(self.statements)
        content = _joined(self._said(), view.searching(self.posed.interface, writing=writing))
        return self._frame(past, content, say="writing" if writing else "searching", busy=True)

    def _said(self) -> str:
        return view.statements(self.statements, turn=self.posed.turn, language=self.language)

    def _last(self, end: Ended) -> Frame:
        if self.past is None:  # what was before is not known, so the page keeps it as it is
            return refused(self.posed.turn, end.error or RuntimeError("ended before it began"))
        if end.error is not None:
            return self._failed(self.past, end.error)
        stopped = end.answer is None
        answer = end.answer or self._partial()
        exchange = Exchange(self.posed.turn, answer.question, answer, stopped=stopped)
        told = {**_told(replace(exchange, token=seal(exchange, self.key))), "near": end.nearest}
        content = view.answer(answer, turn=self.posed.turn, near=end.nearest, stopped=stopped)
        say = "stopped" if stopped else "refused" if answer.status is Status.NOT_FOUND else "answered"
        return self._frame(self.past, content, say=say, busy=False, **told)

    def _partial(self) -> Answer:
        """What had been said when the person stopped it."""
        citations = {citation.number: citation for statement in self.statements for citation in statement.citations}
        return Answer(
            question=self._question,
            status=Status.INCOMPLETE,
            mode=Mode.EXTRACTIVE if any(statement.frame for statement in self.statements) else Mode.GENERATIVE,
            language=self.language or self.posed.interface,
            text="",
            statements=tuple(self.statements),
            citations=tuple(citations[number] for number in sorted(citations)),
        )

    def _failed(self, past: list[Message], error: Exception) -> Frame:
        told = asking.explained(error, self.posed.interface, detailed=self.detailed)
        failed = view.failure(str(told["message"]), self.posed.interface, detail=str(told.get("detail", "")))
        return self._frame(past, _joined(self._said(), failed), say="failed", busy=False, failed=told["kind"])

    @property
    def _question(self) -> str:
        asked = self.posed.asked.get("question")
        return asked if isinstance(asked, str) else ""

    def _frame(self, past: list[Message], content: str, *, say: str, busy: bool, **told: object) -> Frame:
        turn = self.posed.turn
        messages = [*past, _message("user", view.question(self._question)), _message("assistant", content)]
        shown = {"cards": list(self.cards.values()), "question": self._question, **told}
        order = [*self.order, turn]
        self.frames += 1
        panel = {"order": order, "turns": {turn: shown}, "turn": turn, "busy": busy, "say": say, "frame": self.frames}
        return Frame(messages, panel)


def refused(turn: str, error: Exception) -> Frame:
    """The frame of a question that was never begun: the page puts it back into its field and says why."""
    return Frame(None, {"turn": turn, "refused": asking.explained(error, "en")["kind"], "busy": False})


def begun(past: Iterable[Exchange], shelf: Shelf) -> Begun:
    """What there was before a question."""
    shown = [(exchange.turn, _messages(exchange, shelf)) for exchange in past]
    return Begun([message for _, messages in shown for message in messages], [turn for turn, _ in shown])


def restored(past: list[Exchange], shelf: Shelf) -> Frame:
    """The conversation that a browser kept."""
    before = begun(past, shelf)
    turns = {exchange.turn: _shown(exchange, shelf) for exchange in past}
    panel = {"order": before.order, "turns": turns, "turn": before.order[-1] if before.order else "", "busy": False}
    return Frame(before.past, panel)


def _messages(exchange: Exchange, shelf: Shelf) -> list[Message]:
    answer = exchange.answer
    near = view.nearest(answer.nearest, shelf)
    content = view.answer(answer, turn=exchange.turn, near=near, stopped=exchange.stopped, gone=exchange.gone)
    return [_message("user", view.question(exchange.question)), _message("assistant", content)]


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _joined(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))


def _shown(exchange: Exchange, shelf: Shelf) -> dict[str, object]:
    """All the panel knows of a turn that has ended."""
    answer = exchange.answer
    return {**_told(exchange), "cards": view.cards(answer.citations, shelf), "near": view.nearest(answer.nearest, shelf)}


def _told(exchange: Exchange) -> dict[str, object]:
    """What the panel is told of a turn besides its cards."""
    answer = exchange.answer
    return {
        "question": exchange.question,
        "token": exchange.token,
        "language": answer.language,
        "status": answer.status.value,
        "mode": answer.mode.value,
        "usage": view.usage(answer),
        "copy": copying.copied(answer, stopped=exchange.stopped, gone=exchange.gone),
    }
