"""One question becomes frames of the page: the messages and what the panel shows, as far as the answer has come."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from assistant.errors import AssistantError
from assistant.pipeline import AnswerStream, Assistant
from assistant.types import Answer, Mode, Statement, Status, Turn
from assistant.ui import asking, copying, view
from assistant.ui.history import Exchange, Key, seal, unseal
from assistant.ui.posing import Posed, Restored, Shelf, filters, read
from assistant.ui.reading import Reading

__all__ = ["Chat", "Frame"]

FLUSH = 0.1  # seconds between two frames: the browser draws the whole conversation at each
BEAT = 5.0  # seconds without news after which a frame says that there is none yet: a browser cannot tell waiting from a lost line
MOST_WAITING = 256  # questions that were stopped before they began, remembered until they do

Message: TypeAlias = dict[str, str]


# -- what the browser gets --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    """The conversation as it stands, and what the panel is to know that it does not know yet."""

    messages: list[Message]
    panel: Mapping[str, object]


# -- while an answer comes --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Begun:
    past: list[Exchange]
    language: str


@dataclass(frozen=True, slots=True)
class _Said:
    statement: Statement
    cards: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class _Ended:
    """The end: the whole `answer`, an `error`, or neither when the person stopped it."""

    answer: Answer | None = None
    nearest: list[dict[str, object]] = field(default_factory=list)
    error: Exception | None = None


_Item: TypeAlias = _Begun | _Said | _Ended


class _UnderWay:
    """One question while it is answered: reads its stream in a thread, and can be stopped from anywhere."""

    def __init__(self, posed: Posed, assistant: Assistant, key: bytes) -> None:
        self._posed = posed
        self._assistant = assistant
        self._key = key
        self._stream: AnswerStream | None = None
        self._closed = False
        self._reading: Reading[_Item] = Reading(self._read, ends=lambda item: isinstance(item, _Ended))
        self.batches = self._reading.batches

    def stop(self) -> None:
        """End it here; what has been said stays."""
        self._reading.emit(_Ended())
        self.close()

    def close(self) -> None:
        """Let go of the stream, and of the model that is at it."""
        self._closed = True
        if self._stream is not None:
            self._stream.close()

    def _read(self, emit: Callable[[_Item], None]) -> None:
        try:
            emit(self._whole(emit))
        except Exception as exc:
            emit(_Ended(error=exc))

    def _whole(self, emit: Callable[[_Item], None]) -> _Ended:
        posed, shelf = self._posed, Shelf(self._assistant)
        asked = asking.read(asking.Question, posed.asked)
        past = [turn for turn in unseal(posed.history, self._key, shelf) if turn.turn not in (posed.turn, posed.replaces)]
        self._stream = stream = self._assistant.stream(
            asked.question,
            [Turn(exchange.question, exchange.answer.text) for exchange in past],
            filters=filters(asked),
            language=asked.language,
        )
        if self._closed:
            stream.close()
        emit(_Begun(past, stream.language))
        for statement in stream:
            emit(_Said(statement, view.cards(statement.citations, shelf)))
        if self._closed:
            return _Ended()
        return _Ended(stream.answer, view.nearest(stream.answer.nearest, shelf))


class Chat:
    """Answers the questions of every visitor of one page; it knows of them only what is under way."""

    def __init__(self, assistant: Assistant, *, key: Key) -> None:
        self._assistant = assistant
        self._key = key
        self._under_way: dict[tuple[str, str], _UnderWay] = {}
        self._stopped: deque[tuple[str, str]] = deque(maxlen=MOST_WAITING)

    def stop(self, session: str, turn: object) -> None:
        """Stop that question of that visitor, begun or not; anybody else's stays."""
        if not isinstance(turn, str) or len(turn) > 32:
            return
        under_way = self._under_way.get((session, turn))
        if under_way is None:
            self._stopped.append((session, turn))
        else:
            under_way.stop()

    def restore(self, body: object) -> Frame:
        """The conversation a browser kept, with every quote cut from its article anew."""
        wanted = read(Restored, body)
        shelf = Shelf(self._assistant)
        past = unseal(wanted.history, self._key(), shelf)
        turns = {exchange.turn: _shown(exchange, shelf) for exchange in past}
        order = [exchange.turn for exchange in past]
        return Frame(_messages(past), {"order": order, "turns": turns, "turn": order[-1] if order else "", "busy": False})

    async def ask(self, session: str, body: object, *, detailed: bool = False) -> AsyncGenerator[Frame, None]:
        """The frames of one question. Never raises: what goes wrong is the last frame.

        Closing it stops the question, and the model that is at it.
        """
        try:
            posed = read(Posed, body)
        except AssistantError as exc:
            yield _refused(body, exc)
            return
        under_way = _UnderWay(posed, self._assistant, self._key())
        name = (session, posed.turn)
        self._under_way[name] = under_way
        if name in self._stopped:
            under_way.stop()
        try:
            telling = _Telling(posed, self._key(), detailed=detailed)
            async for batch in under_way.batches(every=FLUSH, beat=BEAT):
                yield telling.after(batch)
        finally:
            under_way.close()
            self._under_way.pop(name, None)


@dataclass(slots=True)
class _Telling:
    """What has been told of one question so far, and what the next frame tells."""

    posed: Posed
    key: bytes
    detailed: bool = False
    past: list[Exchange] = field(default_factory=list)
    language: str = ""
    statements: list[Statement] = field(default_factory=list)
    cards: dict[object, dict[str, object]] = field(default_factory=dict)
    frames: int = 0

    def after(self, batch: Iterable[_Item]) -> Frame:
        """The frame once these have come too."""
        for item in batch:
            match item:
                case _Begun(past, language):
                    self.past, self.language = past, language
                case _Said(statement, cards):
                    self.statements.append(statement)
                    self.cards |= {card["n"]: card for card in cards}
                case _Ended():
                    return self._last(item)
        return self._frame(self._coming(), say="writing" if self.statements else "searching", busy=True)

    def _coming(self) -> str:
        turn, interface = self.posed.turn, self.posed.interface
        said = view.statements(self.statements, turn=turn, language=self.language)
        return "\n\n".join(filter(None, (said, view.searching(interface, writing=bool(self.statements)))))

    def _last(self, end: _Ended) -> Frame:
        if end.error is not None:
            return self._failed(end.error)
        stopped = end.answer is None
        answer = end.answer or self._partial()
        exchange = Exchange(self.posed.turn, answer.question, answer, stopped=stopped)
        told = {**_told(replace(exchange, token=seal(exchange, self.key))), "near": end.nearest}
        return self._frame(view.answer(answer, turn=self.posed.turn, stopped=stopped), say="answered", busy=False, **told)

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

    def _failed(self, error: Exception) -> Frame:
        told = asking.explained(error, self.posed.interface, detailed=self.detailed)
        said = view.statements(self.statements, turn=self.posed.turn, language=self.language)
        failed = view.failure(str(told["message"]), self.posed.interface, detail=str(told.get("detail", "")))
        return self._frame("\n\n".join(filter(None, (said, failed))), say="failed", busy=False, failed=told["kind"])

    @property
    def _question(self) -> str:
        asked = self.posed.asked.get("question")
        return asked if isinstance(asked, str) else ""

    def _frame(self, content: str, *, say: str, busy: bool, **told: object) -> Frame:
        turn = self.posed.turn
        messages = [*_messages(self.past), _message("user", view.question(self._question)), _message("assistant", content)]
        shown = {"cards": list(self.cards.values()), "question": self._question, **told}
        order = [*(exchange.turn for exchange in self.past), turn]
        self.frames += 1
        panel = {"order": order, "turns": {turn: shown}, "turn": turn, "busy": busy, "say": say, "frame": self.frames}
        return Frame(messages, panel)


def _refused(body: object, error: AssistantError) -> Frame:
    """The frame for what is no question at all."""
    turn = body.get("turn") if isinstance(body, Mapping) else None
    named = turn if isinstance(turn, str) and len(turn) <= 32 else ""
    content = view.failure(str(asking.explained(error, "en")["message"]), "en")
    panel = {"order": [named], "turns": {named: {"failed": "BadRequest"}}, "turn": named, "busy": False, "say": "failed"}
    return Frame([_message("assistant", content)], panel)


def _messages(past: Iterable[Exchange]) -> list[Message]:
    return [
        message
        for exchange in past
        for message in (
            _message("user", view.question(exchange.question)),
            _message("assistant", view.answer(exchange.answer, turn=exchange.turn, stopped=exchange.stopped, gone=exchange.gone)),
        )
    ]


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


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
        "copy": copying.copied(answer),
    }
