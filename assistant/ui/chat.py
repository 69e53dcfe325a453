"""The chat of a page: each question is read from its stream in a thread, told in frames, and can be stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping

from assistant.errors import AssistantError
from assistant.pipeline import AnswerStream, Assistant
from assistant.types import Turn
from assistant.ui import asking, view
from assistant.ui.history import Key, unseal
from assistant.ui.posing import Posed, Restored, Shelf
from assistant.ui.reading import Reading
from assistant.ui.telling import Ended, Frame, Item, Opened, Said, Telling, begun, refused, restored

__all__ = ["Chat"]

FLUSH = 0.1  # seconds between two frames: the browser draws the whole conversation at each
BEAT = 5.0  # seconds without news after which a frame says that there is none yet: a browser cannot tell waiting from a lost line
MOST_WAITING = 256  # questions that were stopped before they began, remembered until they do


class Chat:
    """Answers the questions of every visitor of one page; it knows of them only what is under way."""

    def __init__(self, assistant: Assistant, *, key: Key) -> None:
        self._assistant = assistant
        self._key = key
        self._under_way: dict[tuple[str, str], _UnderWay] = {}
        self._stopped: deque[tuple[str, str]] = deque(maxlen=MOST_WAITING)

    async def ask(self, session: str, body: object, *, detailed: bool = False) -> AsyncGenerator[Frame, None]:
        """The frames of one question. What goes wrong is the last frame.

        Closing it stops the question, and the model that is at it. `detailed` tells what went wrong as the command line would.
        """
        try:
            posed = asking.read(Posed, body)
        except AssistantError as exc:
            yield refused(_turn(body), exc)
            return
        name, key = (session, posed.turn), self._key()
        if name in self._stopped:
            yield Frame(None, {"turn": posed.turn, "refused": "Stopped", "busy": False})
            return
        under_way = self._under_way[name] = _UnderWay(posed, self._assistant, key)
        telling = Telling(posed, key, detailed=detailed)
        try:
            async for batch in under_way.batches(every=FLUSH, beat=BEAT):
                frame = telling.after(batch)
                if frame is not None:
                    yield frame
        except Exception as exc:  # a fault of ours; the page would take it for a full line otherwise
            yield refused(posed.turn, exc)
        finally:
            under_way.close()
            self._under_way.pop(name, None)

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
        """The conversation a browser kept, with every quote cut from its article anew. Raises BadRequest, LibraryError."""
        wanted, shelf = asking.read(Restored, body), Shelf(self._assistant)
        return restored(unseal(wanted.history, self._key(), shelf), shelf)


class _UnderWay:
    """One question while it is answered: reads its stream in a thread, and can be stopped from anywhere."""

    def __init__(self, posed: Posed, assistant: Assistant, key: bytes) -> None:
        self._posed = posed
        self._assistant = assistant
        self._key = key
        self._stream: AnswerStream | None = None
        self._begun = self._closed = False
        self._reading: Reading[Item] = Reading(self._read, ends=lambda item: isinstance(item, Ended))
        self.batches = self._reading.batches

    def stop(self) -> None:
        """End it here; what has been said stays. One that has not begun ends once it is known what was before it."""
        self.close()
        if self._begun:
            self._reading.emit(Ended())

    def close(self) -> None:
        """Let go of the stream, and of the model that is at it."""
        self._closed = True
        if self._stream is not None:
            self._stream.close()

    def _read(self, emit: Callable[[Item], None]) -> None:
        try:
            emit(self._whole(emit))
        except Exception as exc:
            emit(Ended(error=exc))

    def _whole(self, emit: Callable[[Item], None]) -> Ended:
        posed, shelf = self._posed, Shelf(self._assistant)
        asked = asking.read(asking.Question, posed.asked)
        wanted = asking.filters(asked, self._assistant)
        past = [turn for turn in unseal(posed.history, self._key, shelf) if turn.turn not in (posed.turn, posed.replaces)]
        emit(begun(past, shelf))
        self._begun = True
        if self._closed:
            return Ended()
        turns = [Turn(exchange.question, exchange.answer.text) for exchange in past]
        self._stream = stream = self._assistant.stream(asked.question, turns, filters=wanted, language=asked.language)
        if self._closed:
            stream.close()
        emit(Opened(stream.language))
        for statement in stream:
            emit(Said(statement, view.cards(statement.citations, shelf)))
        return Ended() if self._closed else Ended(stream.answer, view.nearest(stream.answer.nearest, shelf))


def _turn(body: object) -> str:
    """The turn that a body we cannot read claims to be, so that the page knows what was refused."""
    turn = body.get("turn") if isinstance(body, Mapping) else None
    return turn if isinstance(turn, str) and len(turn) <= 32 else ""
