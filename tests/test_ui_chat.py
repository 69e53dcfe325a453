import asyncio
import base64
import json
import os
import re
import stat
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import rendering, wording
from assistant.errors import (
    AssistantError,
    BudgetSpent,
    EmptyLibrary,
    LibraryLocked,
    ModelRejected,
    ModelUnavailable,
    NoLibrary,
    QuestionError,
    UnknownArticle,
)
from assistant.types import (
    Answer,
    Article,
    Citation,
    Closeness,
    Dropped,
    Filters,
    Match,
    Mode,
    Source,
    Statement,
    Status,
    Trace,
    Turn,
)
from assistant.ui import chat, history, posing, strings
from assistant.ui.chat import Chat
from assistant.ui.history import Exchange, Key, seal, unseal
from assistant.ui.telling import Frame, Telling

TURN, NEXT = "0a1b2c3d4e5f", "ffffffffffff"
SOURCE = Source("a1", "عنوان", "fa", "رادیوفرانسه")
OTHER = Source("b2", "Title", "en", "Reuters")
ARTICLES = {
    "a1": Article(SOURCE, "پیش. نمایندهٔ پوتین با شمخانی دیدار کرد. پس.", "a"),
    "b2": Article(OTHER, "Before. The envoy met Ali Shamkhani. After.", "b"),
}


def cited(number: int, name: str, quote: str, **more: Any) -> Citation:
    text = ARTICLES[name].text
    start = text.index(quote)
    return Citation(number, ARTICLES[name].source, quote, start, start + len(quote), Match.EXACT, **more)


FIRST = cited(1, "a1", "نمایندهٔ پوتین با شمخانی دیدار کرد.", also=(OTHER,))
SECOND = cited(2, "b2", "The envoy met Ali Shamkhani.")
QUOTED = Statement(FIRST.quote, (FIRST,), frame="به گزارش رادیوفرانسه:", closeness=Closeness.CLOSE)
FOREIGN = Statement(SECOND.quote, (SECOND,), frame="به گزارش Reuters:", note="نقل‌قول به زبان انگلیسی است.")


def whole(**changes: Any) -> Answer:
    answer = Answer("چه کسی؟", Status.ANSWERED, Mode.EXTRACTIVE, "fa", "", (QUOTED, FOREIGN), (FIRST, SECOND))
    answer = replace(answer, **changes)
    return replace(answer, text=answer.text or rendering.plain(answer))


class Stream:
    """An AnswerStream that says what it is given; `wait` makes it wait for `go` before each statement."""

    def __init__(self, said: Sequence[Statement | Exception], answer: Answer, *, wait: bool = False) -> None:
        self.language = answer.language
        self.said = iter(said)
        self.answer = answer
        self.closed = threading.Event()
        self.go = threading.Semaphore(0)
        self.wait = wait

    def __iter__(self) -> Iterator[Statement]:
        return self

    def __next__(self) -> Statement:
        if self.wait:
            self.go.acquire(timeout=60)
        if self.closed.is_set():
            raise StopIteration
        item = next(self.said)
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        self.closed.set()
        self.go.release()


class Assistant:
    """Hands out streams one after the other and remembers what was asked."""

    model = None

    def __init__(self, *streams: Stream | Exception, folder: Path = Path("/nowhere/at/all")) -> None:
        self.streams = list(streams)
        self.folder = folder
        self.asked: list[tuple[str, list[Turn], Filters | None, str | None]] = []

    def stream(self, question: str, turns: list[Turn], *, filters: Filters | None, language: str | None) -> Stream:
        self.asked.append((question, turns, filters, language))
        stream = self.streams.pop(0)
        if isinstance(stream, Exception):
            raise stream
        return stream

    def article(self, name: str) -> Article:
        if name not in ARTICLES:
            raise UnknownArticle(name)
        return ARTICLES[name]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames follow each other without a pause."""
    monkeypatch.setattr(chat, "FLUSH", 0)


def page(*streams: Stream | Exception, folder: Path = Path("/nowhere/at/all")) -> tuple[Chat, Assistant]:
    assistant = Assistant(*streams, folder=folder)
    return Chat(assistant, key=Key(folder)), assistant  # type: ignore[arg-type]


def posed(question: str = "چه کسی؟", turn: str = TURN, **more: Any) -> dict[str, Any]:
    asked = {"question": question, "filters": more.pop("filters", {}), "language": more.pop("language", None)}
    return {"turn": turn, "history": [], "ui": "fa", "asked": asked, **more}


def frames(talk: Chat, body: object, *, session: str = "s", detailed: bool = False) -> list[Frame]:
    async def all_of_them() -> list[Frame]:
        return [frame async for frame in talk.ask(session, body, detailed=detailed)]

    return asyncio.run(all_of_them())


def shown(frame: Frame, turn: str = TURN) -> dict[str, Any]:
    turns: Any = frame.panel["turns"]
    found: dict[str, Any] = turns[turn]
    return found


# -- an answer that comes ---------------------------------------------------------------------------------------------


def test_an_answer_grows_statement_by_statement() -> None:
    """First the question with a sign that it is looked for, at the end the whole answer, its sources and its seal."""
    talk, _ = page(Stream([QUOTED, FOREIGN], whole()))
    told = frames(talk, posed())
    last = told[-1]
    assert [message["role"] for message in last.messages] == ["user", "assistant"]
    assert last.messages[0]["content"] == "چه کسی؟"
    assert last.messages[1]["content"].count("](#cite-") == 2
    assert (last.panel["order"], last.panel["turn"], last.panel["busy"], last.panel["say"]) == ([TURN], TURN, False, "answered")
    assert [card["quote"] for card in shown(last)["cards"]] == [FIRST.quote, SECOND.quote]
    assert shown(last)["status"] == "answered"
    assert shown(last)["copy"].endswith("[2] «Title»، Reuters")
    assert unseal([shown(last)["token"]], talk._key(), ARTICLES.get)[0].answer == whole()
    assert all(frame.panel["busy"] for frame in told[:-1])


def test_what_has_come_can_be_cited_while_the_rest_is_awaited() -> None:
    """The number of a statement and its card come with the statement, not with the end."""
    stream = Stream([QUOTED, FOREIGN], whole(), wait=True)
    talk, _ = page(stream)

    async def two() -> list[Frame]:
        asking = talk.ask("s", posed())
        first = await anext(asking)
        stream.go.release()
        second = await _until(asking, lambda frame: frame.panel["say"] == "writing")
        await asking.aclose()
        return [first, second]

    first, second = asyncio.run(two())
    assert strings.text("chat.searching", "fa") in first.messages[1]["content"]
    assert second.messages[1]["content"].count(f"](#cite-{TURN}-1") == 1
    assert strings.text("chat.writing", "fa") in second.messages[1]["content"]
    assert [card["n"] for card in shown(second)["cards"]] == [1]
    assert (second.panel["say"], second.panel["busy"]) == ("writing", True)


def test_statements_that_come_at_once_are_one_frame() -> None:
    """What is emitted between two frames goes into the second."""
    talk, _ = page(Stream([QUOTED] * 300, whole()))

    async def told() -> list[Frame]:
        asking = talk.ask("s", posed())
        first = await anext(asking)
        for thread in threading.enumerate():
            if thread.name == "answer":
                thread.join()  # meanwhile nobody looks at what it emits
        return [first, *[frame async for frame in asking]]

    assert len(asyncio.run(told())) <= 2


def test_silence_is_told_apart_from_a_lost_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a model says nothing a frame comes from time to time, numbered anew."""
    monkeypatch.setattr(chat, "BEAT", 0.01)
    talk, _ = page(Stream([QUOTED], whole(), wait=True))

    async def some() -> list[Any]:
        asking = talk.ask("s", posed())
        told = [(await anext(asking)).panel["frame"] for _ in range(4)]
        await asking.aclose()
        return told

    assert asyncio.run(some()) == [1, 2, 3, 4]


def test_a_refusal_offers_articles_to_open() -> None:
    """The nearest articles come with their ids, and without any citation."""
    refused = whole(status=Status.NOT_FOUND, statements=(), citations=(), nearest=(OTHER,))
    talk, _ = page(Stream([], refused))
    last = frames(talk, posed())[-1]
    assert "#cite-" not in last.messages[1]["content"]
    assert [source["id"] for source in shown(last)["near"]] == ["b2"]


def test_filters_language_and_earlier_turns_reach_the_assistant() -> None:
    """Days as days, the pinned language, and the conversation as text."""
    talk, assistant = page(Stream([], whole()))
    token = seal(Exchange(TURN, "چه کسی؟", whole()), talk._key())
    wanted = {"languages": ["fa"], "publishers": ["Reuters"], "since": "2016-12-01", "until": None}
    told = frames(talk, posed("کی؟", NEXT, history=[token], filters=wanted, language="ar"))
    assert assistant.asked == [
        ("کی؟", [Turn("چه کسی؟", whole().text)], Filters(("fa",), ("Reuters",), (), date(2016, 12, 1), None), "ar")
    ]
    assert told[-1].panel["order"] == [TURN, NEXT]
    assert len(told[-1].messages) == 4


def test_a_question_asked_anew_takes_the_place_of_the_old_one() -> None:
    """Retry and edit leave the turn they replace out of the conversation."""
    talk, assistant = page(Stream([], whole()))
    token = seal(Exchange(TURN, "چه کسی؟", whole()), talk._key())
    told = frames(talk, posed("کی؟", NEXT, history=[token], replaces=TURN))
    assert told[-1].panel["order"] == [NEXT]
    assert assistant.asked[0][1] == []


# -- what goes wrong --------------------------------------------------------------------------------------------------

FAILURES: list[tuple[AssistantError, str]] = [
    (NoLibrary("x"), "NoLibrary"),
    (EmptyLibrary("x"), "EmptyLibrary"),
    (LibraryLocked("x"), "LibraryLocked"),
    (ModelRejected("x"), "ModelRejected"),
    (ModelUnavailable("x"), "ModelUnavailable"),
    (BudgetSpent("x"), "BudgetSpent"),
    (QuestionError("x"), "QuestionError"),
]


@pytest.mark.parametrize("language", strings.LANGUAGES)
@pytest.mark.parametrize(("error", "kind"), FAILURES)
def test_what_goes_wrong_is_the_last_frame(error: AssistantError, kind: str, language: str) -> None:
    """One line in the language of the interface, the question kept, and nothing raised, at the start and in between."""
    for stream in (error, Stream([QUOTED, error], whole())):
        talk, _ = page(stream)
        last = frames(talk, posed(ui=language))[-1]
        assert strings.text(f"chat.error.{kind}", language) in last.messages[1]["content"]
        assert last.messages[0]["content"] == "چه کسی؟"
        assert (last.panel["busy"], shown(last)["failed"]) == (False, kind)
        assert "token" not in shown(last)


def test_what_was_said_before_it_went_wrong_stays() -> None:
    """Verified statements and their sources outlast the failure."""
    talk, _ = page(Stream([QUOTED, ModelUnavailable("x")], whole()))
    last = frames(talk, posed())[-1]
    assert f"](#cite-{TURN}-1" in last.messages[1]["content"]
    assert [card["n"] for card in shown(last)["cards"]] == [1]


def test_a_fault_of_ours_is_owned_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A person is told that it is not their fault, whoever runs the page finds it in the log."""
    talk, _ = page(Stream([ZeroDivisionError("boom")], whole()))
    last = frames(talk, posed(), detailed=True)[-1]
    assert strings.text("chat.error.Other", "fa") in last.messages[1]["content"]
    assert "boom" in caplog.text


def test_details_are_told_only_where_they_may_be() -> None:
    """Folders and settings are for whoever sits at the machine."""
    for detailed in (True, False):
        talk, _ = page(LibraryLocked("pid 7 in /secret"))
        assert ("pid 7 in" in frames(talk, posed(), detailed=detailed)[-1].messages[1]["content"]) is detailed


BAD = [
    None,
    [],
    "question",
    {},
    {"turn": 7},
    posed(turn="../../x"),
    posed(replaces="'"),
    posed(history="token"),
    posed(history=[7]),
    posed(ui=7),
    posed(extra=1),
    posed() | {"asked": {"question": 7}},
    posed() | {"asked": {"question": "x", "history": 3}},
    posed(language="فارسی"),
    posed(filters={"languages": ["<b>"]}),
    posed(filters={"since": "yesterday"}),
    posed(filters={"since": "2016-12-18", "until": "2016-12-17"}),
    posed(filters={"publishers": ["x"] * 51}),
]


@pytest.mark.parametrize("body", BAD)
def test_what_no_page_of_ours_sends_is_refused(body: object) -> None:
    """Hiding an event does not protect it: everything is checked, and the assistant is not asked."""
    talk, assistant = page()
    [only] = frames(talk, body)
    turn = TURN if isinstance(body, dict) and body.get("turn") == TURN else only.panel["turn"]
    assert only == Frame(None, {"turn": turn, "refused": "BadRequest", "busy": False})
    assert not assistant.asked


# -- stopping ---------------------------------------------------------------------------------------------------------


async def _until(asking: AsyncGenerator[Frame, None], holds: Callable[[Frame], bool]) -> Frame:
    async for frame in asking:
        if holds(frame):
            return frame
    raise AssertionError("it ended before")


def test_stopping_keeps_what_was_said_and_closes_the_stream() -> None:
    """The partial answer is a turn like others: sealed, citable, marked as stopped."""
    stream = Stream([QUOTED, FOREIGN], whole(), wait=True)
    talk, _ = page(stream)

    async def stopped() -> Frame:
        asking = talk.ask("s", posed())
        stream.go.release()
        await _until(asking, lambda frame: frame.panel["say"] == "writing")
        talk.stop("s", TURN)
        return await _until(asking, lambda frame: not frame.panel["busy"])

    last = asyncio.run(stopped())
    assert stream.closed.is_set()
    assert strings.text("chat.stopped", "fa") in last.messages[1]["content"]
    assert f"](#cite-{TURN}-1" in last.messages[1]["content"]
    [kept] = unseal([shown(last)["token"]], talk._key(), ARTICLES.get)
    assert (kept.stopped, kept.answer.statements, kept.answer.status) == (True, (QUOTED,), Status.INCOMPLETE)


def test_a_question_stopped_before_its_turn_leaves_no_trace() -> None:
    """Who waits in the queue and stops has the question back at once; when its turn comes, nothing is asked and nothing drawn."""
    talk, assistant = page(Stream([QUOTED], whole(), wait=True))
    talk.stop("s", NEXT)
    token = seal(Exchange(TURN, "چه کسی؟", whole()), talk._key())
    told = frames(talk, posed(turn=NEXT, history=[token]))
    assert told == [Frame(None, {"turn": NEXT, "refused": "Stopped", "busy": False})]
    assert not assistant.asked


@pytest.mark.parametrize(
    ("answer", "stopping", "said"),
    [
        (whole(), False, "answered"),
        (whole(status=Status.NOT_FOUND, statements=(), citations=(), nearest=(SOURCE,)), False, "refused"),
        (whole(), True, "stopped"),
    ],
)
def test_what_is_said_aloud_is_what_came(answer: Answer, stopping: bool, said: str) -> None:
    """Those who hear the page are not told that an answer is ready when there is none."""
    talk, _ = page(Stream([QUOTED], answer, wait=stopping))

    async def asked() -> list[Frame]:
        told = []
        async for frame in talk.ask("s", posed()):
            told.append(frame)
            if stopping:
                talk.stop("s", TURN)
        return told

    assert asyncio.run(asked())[-1].panel["say"] == said


def test_a_fault_while_drawing_is_no_full_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """When we fail ourselves, the question is given back as failed by us; an exception would look like too many visitors."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(Telling, "after", broken)
    talk, _ = page(Stream([QUOTED], whole()))
    assert frames(talk, posed()) == [Frame(None, {"turn": TURN, "refused": "ZeroDivisionError", "busy": False})]


def test_filters_by_article_hold_on_the_page_too() -> None:
    """A filter that is sent is never left out in silence: what it names must be there."""
    talk, assistant = page(Stream([QUOTED], whole()))
    frames(talk, posed(filters={"articles": ["b2"]}))
    assert assistant.asked[0][2] == Filters(articles=("b2",))
    assert "UnknownArticle" in str(frames(talk, posed(filters={"articles": ["c3"]}))[-1].panel)


def test_a_conversation_that_cannot_be_read_now_is_left_as_it_is() -> None:
    """While the library is changed nothing is known of earlier turns: the page keeps them, and the question."""

    class Locked(Assistant):
        def article(self, name: str) -> Article:
            raise LibraryLocked("by another")

    talk = Chat(Locked(), key=Key(Path("/nowhere/at/all")))  # type: ignore[arg-type]
    token = seal(Exchange(TURN, "چه کسی؟", whole()), talk._key())
    told = frames(talk, posed(turn=NEXT, history=[token]))
    assert told == [Frame(None, {"turn": NEXT, "refused": "LibraryLocked", "busy": False})]


def test_without_a_library_earlier_turns_are_gone_and_the_question_is_answered_for() -> None:
    """A library that was taken away is said so, once."""

    class Gone(Assistant):
        def article(self, name: str) -> Article:
            raise NoLibrary("x")

    talk = Chat(Gone(NoLibrary("x")), key=Key(Path("/nowhere/at/all")))  # type: ignore[arg-type]
    token = seal(Exchange(TURN, "چه کسی؟", whole()), talk._key())
    last = frames(talk, posed(turn=NEXT, history=[token]))[-1]
    assert strings.text("chat.gone", "fa") in last.messages[1]["content"]
    assert strings.text("chat.error.NoLibrary", "fa") in last.messages[3]["content"]


@pytest.mark.parametrize(("session", "turn"), [("other", TURN), ("s", NEXT), ("s", None), ("s", "x" * 99), ("s", {"turn": TURN})])
def test_nobody_stops_the_answer_of_somebody_else(session: str, turn: object) -> None:
    """A stop touches the one question of the one visitor it names."""
    stream = Stream([QUOTED], whole(), wait=True)
    talk, _ = page(stream)

    async def undisturbed() -> Frame:
        asking = talk.ask("s", posed())
        await anext(asking)
        talk.stop(session, turn)
        assert not stream.closed.is_set()
        stream.go.release(2)
        return await _until(asking, lambda frame: not frame.panel["busy"])

    assert asyncio.run(undisturbed()).panel["say"] == "answered"


def test_one_answer_that_fails_leaves_the_others_alone() -> None:
    """Two visitors at once: one stops, one fails, the third gets an answer."""
    streams = [Stream([QUOTED], whole(), wait=True), Stream([ModelUnavailable("x")], whole()), Stream([QUOTED], whole(), wait=True)]
    talk, assistant = page(*streams)

    async def together() -> list[Any]:
        first = talk.ask("a", posed())
        await anext(first)
        async with asyncio.timeout(60):
            while not assistant.asked:  # streams are handed out in the order of asking, and a question begins before it is asked
                await asyncio.sleep(0.001)
        second = [frame async for frame in talk.ask("b", posed())]
        third = talk.ask("c", posed())
        await anext(third)
        talk.stop("a", TURN)
        ends = [await _until(first, lambda frame: not frame.panel["busy"]), second[-1]]
        streams[2].go.release(2)
        ends.append(await _until(third, lambda frame: not frame.panel["busy"]))
        return [(end.panel["say"], "token" in shown(end)) for end in ends]

    assert asyncio.run(together()) == [("stopped", True), ("failed", False), ("answered", True)]


@pytest.mark.parametrize("how", ["closed", "cancelled"])
def test_a_visitor_who_leaves_frees_the_model(how: str) -> None:
    """Closing the page closes the stream, and nothing of the question is left behind."""
    stream = Stream([QUOTED], whole(), wait=True)
    talk, _ = page(stream)

    async def left() -> None:
        asking = talk.ask("s", posed())
        stream.go.release()
        await _until(asking, lambda frame: frame.panel["say"] == "writing")
        if how == "closed":
            await asking.aclose()
            return
        waiting = asyncio.ensure_future(anext(asking))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(left())
    assert stream.closed.is_set()
    assert talk._under_way == {}


# -- what the browser keeps -------------------------------------------------------------------------------------------

KEY = b"k" * 32


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange(TURN, "چه کسی؟", whole()),
        Exchange(TURN, "چه کسی؟", whole(status=Status.INCOMPLETE), stopped=True),
        Exchange(
            TURN, "?", whole(question="?", status=Status.NOT_FOUND, statements=(), citations=(), nearest=(OTHER,), notes=("ن",))
        ),
        Exchange(TURN, "سلام", whole(question="سلام", statements=(), citations=(), text="سلام. بپرسید.")),
        Exchange(
            TURN,
            "who?",
            whole(
                question="who?",
                mode=Mode.GENERATIVE,
                language="en",
                statements=(Statement("They met.", (FIRST, SECOND), note="n"),),
                trace=Trace(model="m", tokens_in=1, tokens_out=2, requests=3, cost=0.25, dropped=(Dropped("", ""),)),
            ),
        ),
    ],
)
def test_a_sealed_turn_comes_back_as_it_was(exchange: Exchange) -> None:
    """Every kind of answer outlasts a reload, its quotes cut from their articles."""
    token = seal(exchange, KEY)
    assert unseal([token], KEY, ARTICLES.get) == [replace(exchange, token=token)]


def test_a_seal_holds_no_quote() -> None:
    """The words come from the article, whatever the browser kept."""
    moved = {**ARTICLES, "a1": replace(ARTICLES["a1"], text=ARTICLES["a1"].text.replace("پوتین", "لاورف"))}
    [kept] = unseal([seal(Exchange(TURN, "?", whole()), KEY)], KEY, moved.get)
    assert kept.answer.citations == (SECOND,)
    assert kept.answer.statements == (FOREIGN,)
    assert kept.gone


def test_an_article_that_has_left_takes_its_statements_along() -> None:
    """A claim whose evidence is gone is not shown, and the message says why."""
    talk, _ = page()
    token = seal(Exchange(TURN, "?", whole()), talk._key())
    frame = Chat(_Without("a1", "b2"), key=talk._key).restore({"history": [token], "ui": "fa"})  # type: ignore[arg-type]
    assert "#cite-" not in frame.messages[1]["content"]
    assert strings.text("chat.gone", "fa") in frame.messages[1]["content"]
    assert shown(frame)["cards"] == []


class _Without(Assistant):
    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names

    def article(self, name: str) -> Article:
        if name in self.names:
            raise UnknownArticle(name)
        return super().article(name)


def test_the_beginning_of_an_id_is_no_id() -> None:
    """The assistant takes a beginning for the whole; a shelf does not."""

    class Generous(Assistant):
        def article(self, name: str) -> Article:
            return next(article for known, article in ARTICLES.items() if known.startswith(name))

    assert posing.Shelf(Generous())("a") is None  # type: ignore[arg-type]
    assert posing.Shelf(Generous())("a1") == ARTICLES["a1"]  # type: ignore[arg-type]


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_what_we_did_not_seal_is_not_there(token: str) -> None:
    """Any text in place of a token is passed over."""
    assert unseal([token], KEY, ARTICLES.get) == []


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_sealed_turn_cannot_be_changed(place: int, change: int) -> None:
    """One flipped byte, and it is none of ours."""
    whole_token = seal(Exchange(TURN, "?", whole()), KEY)
    raw = bytearray(base64.urlsafe_b64decode(whole_token + "=" * (-len(whole_token) % 4)))
    raw[place % len(raw)] ^= change
    changed = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert unseal([changed], KEY, ARTICLES.get) == []
    assert unseal([whole_token], b"x" * 32, ARTICLES.get) == []


def test_the_latest_turns_are_kept_within_limits() -> None:
    """Twenty turns at most, and no more characters than a request may have."""
    tokens = [seal(Exchange(f"{number:012d}", "?", whole()), KEY) for number in range(30)]
    kept = unseal([7, *tokens], KEY, ARTICLES.get)
    assert [int(exchange.turn) for exchange in kept] == list(range(10, 30))
    long = seal(Exchange(TURN, os.urandom(12_000).hex(), whole()), KEY)
    assert len(unseal([long] * 5, KEY, ARTICLES.get)) == history.MOST_CHARACTERS // len(long) > 1


def test_restoring_draws_the_conversation_with_its_panel() -> None:
    """Messages, cards and tokens of every turn, the last one to look at."""
    talk, _ = page()
    tokens = [seal(Exchange(turn, "چه کسی؟", whole()), talk._key()) for turn in (TURN, NEXT)]
    frame = talk.restore({"history": tokens, "ui": "fa"})
    assert [message["role"] for message in frame.messages] == ["user", "assistant"] * 2
    assert (frame.panel["order"], frame.panel["turn"], frame.panel["busy"]) == ([TURN, NEXT], NEXT, False)
    assert [shown(frame, turn)["token"] for turn in (TURN, NEXT)] == tokens
    assert [card["quote"] for card in shown(frame)["cards"]] == [FIRST.quote, SECOND.quote]
    assert talk.restore({"history": [], "ui": "fa"}) == Frame([], {"order": [], "turns": {}, "turn": "", "busy": False})


# -- the key ----------------------------------------------------------------------------------------------------------


def test_the_key_is_its_owners_alone_and_outlasts_a_restart(tmp_path: Path) -> None:
    """A file only the owner reads; the next process finds the same key."""
    first = Key(tmp_path)()
    assert Key(tmp_path)() == first
    assert len(first) == 32
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / history.KEY).stat().st_mode) == 0o600


def test_a_key_made_before_there_was_a_library_moves_into_it(tmp_path: Path) -> None:
    """What was sealed while the folder was missing is read after it has been made."""
    folder = tmp_path / "library"
    key = Key(folder)
    before = key()
    folder.mkdir()
    assert key() == before == Key(folder)()


def test_a_damaged_key_is_made_anew(tmp_path: Path) -> None:
    """Old turns are lost then, and nothing else."""
    (tmp_path / history.KEY).write_bytes(b"short")
    assert Key(tmp_path)() == (tmp_path / history.KEY).read_bytes()


def test_whoever_writes_the_key_second_takes_the_first_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages that start together on one library agree."""
    key, other, opened = Key(tmp_path), Key(tmp_path), os.open

    def outrun(*arguments: Any) -> int:
        monkeypatch.setattr(os, "open", opened)
        other()
        return opened(*arguments)

    monkeypatch.setattr(os, "open", outrun)
    assert key() == other()


def test_a_key_is_written_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some disks know no hard links; the key outlasts a restart there too, and no draft is left."""

    def unknown(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", unknown)
    assert Key(tmp_path)() == Key(tmp_path)()
    assert [file.name for file in tmp_path.iterdir()] == [history.KEY]


def test_all_that_ask_for_the_key_of_a_library_get_the_same(tmp_path: Path) -> None:
    """Also where nothing can be written."""
    assert Key.of(tmp_path / "missing") is Key.of(tmp_path / "missing")


# -- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_offers_nothing_but_private_events(tmp_path: Path) -> None:
    """What the browser may trigger is not part of any interface, and every file the page names is there."""
    from assistant.ui import page as module
    from assistant.ui.options import Options

    async def built() -> Any:  # Gradio makes itself an event loop, and leaves it open, where there is none
        return module.blocks(Assistant(folder=tmp_path), Options())  # type: ignore[arg-type]

    blocks = asyncio.run(built())
    events = blocks.get_config_file()["dependencies"]
    assert {event["api_visibility"] for event in events} == {"private"}
    assert {event["targets"][0][1] for event in events} == {"ask", "failure", "stop", "restore"}
    assets = Path(module.__file__).with_name("assets")
    named = re.findall(r'(?:href|src)="/app-assets/([^"]+)"', module.HEAD)
    assert {name for name in named if not (assets / name).exists()} == {"strings.js"}


def test_events_reach_the_chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking, stopping and restoring by what the browser sends; what cannot be restored leaves the page as it is."""
    import gradio as gr

    from assistant.ui import page as module
    from assistant.ui.options import Options

    assistant = Assistant(Stream([QUOTED], whole()), folder=tmp_path)
    request = gr.Request(session_hash="s")

    def event(body: object) -> gr.EventData:
        return gr.EventData(None, body)

    async def played() -> None:
        blocks = module.blocks(assistant, Options())  # type: ignore[arg-type]
        does: dict[str, Any] = {made.fn.__name__: made.fn for made in blocks.fns.values() if made.fn}
        told = [frame async for frame in does["ask"](event(posed()), request)]
        token = json.loads(told[-1][1])["turns"][TURN]["token"]
        does["stop"](event({"turn": TURN}), request)
        messages, panel = does["restore"](event({"history": [token], "ui": "fa"}))
        assert messages == told[-1][0]
        assert json.loads(panel)["order"] == [TURN]
        assert does["restore"](event({"history": 7})) == (gr.skip(), gr.skip())
        refused = [frame async for frame in does["ask"](event(None), request)]
        assert (refused[0][0], json.loads(refused[0][1])["refused"]) == (gr.skip(), "BadRequest")

    asyncio.run(played())


def test_what_gradio_sends_of_a_frame_is_no_html() -> None:
    """Articles may hold scripts; the panel's half is JSON without an angle bracket."""
    from assistant.ui import page as module

    frame = Frame([], {"turns": {TURN: {"cards": [{"quote": "</script><script>alert(1)</script>"}]}}})
    sent = module._drawn(frame)[1]
    assert "<" not in sent
    assert json.loads(sent) == frame.panel


def test_wording_of_a_refusal_is_ours() -> None:
    """The text a turn is remembered by is what the command line would print."""
    refused = whole(status=Status.NOT_FOUND, statements=(), citations=())
    assert wording.not_found("fa") in unseal([seal(Exchange(TURN, "?", refused), KEY)], KEY, ARTICLES.get)[0].answer.text
