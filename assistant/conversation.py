"""A conversation in the terminal: questions one after another, each understood with those before it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from assistant import rendering
from assistant.errors import AssistantError, LibraryError, Notice
from assistant.pipeline import Assistant
from assistant.types import Filters, Turn
from assistant.understanding import language_of

__all__ = ["Conversation"]

PROMPT = "? "
REMEMBERED = 12  # turns a follow-up may lean on
HELP = Notice("/new begins a new conversation, /quit (or Ctrl-D) ends it, Ctrl-C stops an answer.")


@dataclass(slots=True)
class Conversation:
    """Asks `read` for a question (given the prompt) until it is at its end, and `write`s each answer as it comes.

    `tell` takes what is no answer, hints and errors, and the language in which to say it: the pinned one, else that of the last
    question, and `spoken` before there is one. Ctrl-C stops an answer, not the conversation.
    """

    assistant: Assistant
    read: Callable[[str], str]
    write: Callable[[str], None]
    tell: Callable[[AssistantError | str, str], None]
    width: Callable[[], int]
    colour: bool = False
    language: str | None = None
    spoken: str = "en"
    filters: Filters | None = None
    history: list[Turn] = field(default_factory=list)

    def run(self) -> None:
        """Talk until the end of input, or /quit."""
        self.tell(HELP, self.spoken)
        while True:
            try:
                line = self.read(PROMPT).strip()
            except EOFError:
                return
            except KeyboardInterrupt:
                self.tell(HELP, self.spoken)
                continue
            if line in ("/quit", "/exit"):
                return
            if line == "/new":
                self.history.clear()
                self.tell(Notice("A new conversation."), self.spoken)
            elif line.startswith("/"):
                self.tell(HELP, self.spoken)
            elif line:
                self._answer(line)

    def _answer(self, question: str) -> None:
        try:
            self.spoken = self.language or language_of(question)
            self._say(question)
        except LibraryError:
            raise  # nothing more can be asked of this library
        except AssistantError as exc:
            self.tell(exc, self.spoken)
        except KeyboardInterrupt:
            self.tell(Notice("Stopped."), self.spoken)

    def _say(self, question: str) -> None:
        stream = self.assistant.stream(question, self.history, filters=self.filters, language=self.language)
        try:
            for number, statement in enumerate(stream):
                shown = rendering.statement(statement, stream.language, width=self.width(), colour=self.colour)
                self.write(shown if number == 0 else f"\n{shown}")
        finally:
            stream.close()
        answer = stream.answer
        rest = rendering.after_statements(answer, width=self.width(), colour=self.colour)
        if rest:
            self.write(f"\n{rest}" if answer.statements else rest)
        self.write("")
        self.history = [*self.history, Turn(answer.question, answer.text)][-REMEMBERED:]


def edited_input() -> Callable[[str], str]:
    """`input` with line editing and the history of this conversation, where the system has it."""
    with suppress(ImportError):
        import readline

        readline.set_history_length(1_000)
    return input
