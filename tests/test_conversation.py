"""Conversation: questions one after another in the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_server import ModelServer, Reply

from assistant import Assistant
from assistant.conversation import HELP, Conversation, edited_input
from assistant.errors import AssistantError, NoLibrary
from assistant.messages import told

QUESTION = "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟"


class Person:
    """Types lines, or stops at the prompt, and keeps what comes back."""

    def __init__(self, *lines: str | type[BaseException]) -> None:
        self.lines = list(lines)
        self.read_out: list[str] = []
        self.told: list[str] = []

    def hear(self, said: AssistantError | str, language: str) -> None:
        self.told.append(told(said, language))

    def type(self, prompt: str) -> str:
        if not self.lines:
            raise EOFError
        line = self.lines.pop(0)
        if isinstance(line, str):
            return line
        raise line


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(tmp_path / "library") as opened:
        opened.ingest_seeds()
        yield opened


def talk(assistant: Assistant, *lines: str | type[BaseException], language: str | None = None) -> tuple[Person, Conversation]:
    person = Person(*lines)
    conversation = Conversation(assistant, person.type, person.read_out.append, person.hear, lambda: 80, language=language)
    conversation.run()
    return person, conversation


def test_an_answer_reads_as_it_does_elsewhere(assistant: Assistant) -> None:
    """Statements as they come, then notes and sources: together what `ask` shows."""
    from assistant import rendering

    person, conversation = talk(assistant, QUESTION)
    assert "\n".join(person.read_out).strip() == rendering.terminal(assistant.ask(QUESTION), width=80)
    assert [turn.question for turn in conversation.history] == [QUESTION]


def test_a_follow_up_leans_on_the_question_before(assistant: Assistant) -> None:
    """The history is kept, and begun anew on request."""
    _, conversation = talk(assistant, QUESTION, "چه زمانی؟")
    assert len(conversation.history) == 2
    person, conversation = talk(assistant, QUESTION, "/new", "سلام")
    assert [turn.question for turn in conversation.history] == ["سلام"]
    assert person.told == [HELP, "گفت‌وگوی تازه."]


@pytest.mark.parametrize("end", ["/quit", "/exit", EOFError])
def test_it_ends_when_asked_to(assistant: Assistant, end: str | type[BaseException]) -> None:
    """By a word or by the end of input; nothing after it is asked."""
    person, conversation = talk(assistant, end, QUESTION)
    assert (person.read_out, conversation.history, person.told) == ([], [], [HELP])


def test_what_is_no_question_gets_help(assistant: Assistant) -> None:
    """An unknown command and Ctrl-C at the prompt say what there is; an empty line is nothing."""
    person, _ = talk(assistant, "/what", KeyboardInterrupt, "  ")
    assert person.told == [HELP] * 3


def test_a_question_that_cannot_be_asked_does_not_end_it(assistant: Assistant) -> None:
    """The error is told, and the next question answered."""
    person, conversation = talk(assistant, "؟" * 3, QUESTION)
    assert any("پرسش خالی است" in told for told in person.told)
    assert len(conversation.history) == 1


def test_a_library_that_is_not_there_ends_it(tmp_path: Path) -> None:
    """Nothing can be asked of it."""
    with Assistant.open(tmp_path / "nowhere") as nothing, pytest.raises(NoLibrary):
        talk(nothing, QUESTION)


def test_ctrl_c_stops_the_answer_and_not_the_conversation(
    assistant: Assistant, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is broken off, and the next question is answered."""
    monkeypatch.setenv("SANAD_LLM__MODEL", "small")
    monkeypatch.setenv("SANAD_LLM__BASE_URL", model_server.url)
    words = "شمخانی و نماینده ویژه پوتین دیدار کردند"
    line = json.dumps({"say": words, "from": [{"p": 1, "quote": words}]})
    model_server.script(Reply(text='{"ar": "من التقى مبعوث بوتين؟"}'), Reply(pieces=[f"{line}\n", "x"], hang=1))
    with Assistant.open(assistant.folder) as writing:
        person = Person(QUESTION, "سلام")

        def interrupted(text: str) -> None:
            person.read_out.append(text)
            if "شمخانی" in text:
                raise KeyboardInterrupt

        conversation = Conversation(writing, person.type, interrupted, person.hear, lambda: 80)
        conversation.run()
    assert "متوقف شد." in person.told
    assert [turn.question for turn in conversation.history] == ["سلام"]


def test_the_language_may_be_pinned(assistant: Assistant) -> None:
    """Frames and notes are in the language asked for, and so are hints."""
    person, _ = talk(assistant, QUESTION, "/new", language="en")
    assert person.read_out[0].startswith("According to")
    assert person.told == [HELP, "A new conversation."]


def test_input_can_be_edited() -> None:
    """Where the system has line editing, `input` uses it."""
    assert edited_input() is input
