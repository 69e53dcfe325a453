"""Chat models: the real SDK over real HTTP against a server that does everything a server can do wrong."""

from __future__ import annotations

import json
import logging
import signal
import socket
import ssl
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_server import ModelServer, Reply
from waiting import wait_for

from assistant.budget import Budget
from assistant.completion import LONGEST, Reasoning
from assistant.endpoint import Endpoint
from assistant.errors import (
    AssistantError,
    BadModelOutput,
    BudgetSpent,
    ConfigurationError,
    ModelCut,
    ModelRejected,
    ModelUnavailable,
)
from assistant.exchange import Exchange
from assistant.llm import EndpointChat, LlamaIndexChat
from assistant.types import Message
from assistant.verdicts import Server

KEY = "sk-canary-7f3a9b1c5d"
PROMPTLY = 30.0  # half of any limit on silence; it takes a thousandth of it unless the machine is starved
MESSAGES = [Message("system", "Answer."), Message("user", "«ایرنا» چه گفت؟")]
TEXT = "ایرنا گفت 3.4 درصد.\n"


def chat_of(server: ModelServer, **more: Any) -> EndpointChat:
    """A chat model at the server, which does not pause for long."""
    return EndpointChat(**{"model": "small", "base_url": server.url, "pause": 0.001, **more})


def warm(server: ModelServer, **more: Any) -> EndpointChat:
    """The same after a first call, which loads the client library: a busy machine takes longer for it than a short limit has."""
    chat = chat_of(server, **more)
    server.script(Reply("x"))
    read(chat)
    return chat


def read(chat: EndpointChat | LlamaIndexChat, budget: Budget | None = None) -> tuple[str, AssistantError | None]:
    """What came of one call, and how it ended."""
    text = ""
    try:
        for piece in chat.stream(MESSAGES, budget=budget or Budget()):
            text += piece
    except AssistantError as exc:
        return text, exc
    return text, None


# -- what goes well ----------------------------------------------------------------------------------------------------


def test_one_call(model_server: ModelServer) -> None:
    """The messages are sent once, streaming; the text comes in the server's pieces; request and tokens are counted."""
    model_server.script(Reply(pieces=["ایر", "نا گ", "فت"], usage=(120, 9)))
    budget = Budget()
    assert list(chat_of(model_server, api_key=KEY).stream(MESSAGES, budget=budget)) == ["ایر", "نا گ", "فت"]
    [request] = model_server.requests
    assert request.body == {
        "model": "small",
        "messages": [{"role": "system", "content": "Answer."}, {"role": "user", "content": "«ایرنا» چه گفت؟"}],
        "temperature": 0.0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert (request.path, request.headers["authorization"]) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert (budget.used, budget.tokens_in, budget.tokens_out) == (1, 120, 9)


def test_what_a_model_says_of_itself(model_server: ModelServer) -> None:
    """It tells its name, its window, its prices and who gets to see the messages."""
    chat = chat_of(model_server, window=8_000, prices=(0.5, 2.0))
    assert (chat.name, chat.window, chat.host, chat.prices) == ("small", 8_000, model_server.host, (0.5, 2.0))
    assert (EndpointChat(model="m").host, EndpointChat(model="m").window) == ("api.openai.com", 32_000)
    assert repr(chat) == f"EndpointChat(model='small', host='{model_server.host}')"


def test_a_server_without_a_key(model_server: ModelServer) -> None:
    """A local server that wants no key is sent a dummy, whatever the environment holds."""
    model_server.script(Reply("x"))
    assert read(chat_of(model_server)) == ("x", None)
    assert model_server.requests[0].headers["authorization"] == "Bearer none"


def test_nothing_is_taken_from_the_environment(model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own variables, which may be meant for another server, and a proxy do not reach a server on this machine."""
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", f"stray-{name}")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Token: stray-header\nAuthorization: Bearer stray")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    model_server.script(Reply("x"))
    assert read(chat_of(model_server, api_key=KEY)) == ("x", None)
    [request] = model_server.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert "stray" not in str(request.headers)


def test_a_piece_is_given_at_once(model_server: ModelServer) -> None:
    """Pieces are not held back until the end; closing the iterator breaks the request off."""
    model_server.script(Reply(pieces=["a", "b", "c"], hang=2))
    pieces = chat_of(model_server).stream(MESSAGES, budget=Budget())
    assert [next(pieces), next(pieces)] == ["a", "b"]
    assert not model_server.requests[0].broken_off.is_set()
    pieces.close()  # type: ignore[attr-defined]
    assert model_server.requests[0].broken_off.wait(PROMPTLY)


def test_an_abandoned_producer_stops() -> None:
    """What goes on producing after nobody waits any more is stopped at its next item, whatever makes it."""
    go_on, ended = threading.Event(), threading.Event()

    def produce() -> Iterator[int]:
        try:
            yield 1
            go_on.wait(PROMPTLY)
            yield 2
            yield 3
        finally:
            ended.set()

    exchange = Exchange(produce)
    items = exchange.items(Budget())
    assert next(items) == 1
    exchange.abandon()
    go_on.set()
    assert ended.wait(PROMPTLY)
    assert list(items) == []


def test_nothing_is_sent_before_it_is_read(model_server: ModelServer) -> None:
    """Making an iterator costs nothing; only reading it does."""
    budget = Budget()
    chat_of(model_server).stream(MESSAGES, budget=budget)
    assert (model_server.requests, budget.used) == ([], 0)


def test_closing_a_model(model_server: ModelServer) -> None:
    """A closed model can be asked again."""
    model_server.always(Reply("x"))
    chat = chat_of(model_server)
    chat.close()
    first = read(chat)
    chat.close()
    assert [first, read(chat)] == [("x", None), ("x", None)]


# -- servers that cannot do everything ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lacks", "requests", "first", "later"),
    [
        ({"stream_options"}, 2, {"stream", "temperature"}, (0, 0)),
        ({"temperature"}, 2, {"stream", "stream_options"}, (11, 7)),
        ({"stream"}, 2, {"temperature"}, (11, 7)),
        ({"stream_options", "temperature"}, 3, {"stream"}, (0, 0)),
        ({"stream", "temperature"}, 3, set(), (11, 7)),
    ],
)
def test_what_a_server_refuses_is_left_out(
    model_server: ModelServer, lacks: set[str], requests: int, first: set[str], later: tuple[int, int]
) -> None:
    """A parameter that a server does not know is left out at once, and from then on."""
    model_server.lacks = lacks
    model_server.always(Reply(TEXT))
    chat = chat_of(model_server, pause=30.0)
    budgets = Budget(), Budget()
    assert [read(chat, budget) for budget in budgets] == [(TEXT, None), (TEXT, None)]
    assert [budget.used for budget in budgets] == [requests, 1]
    assert [request.body.keys() - {"model", "messages"} for request in model_server.requests[-2:]] == [first, first]
    assert (budgets[1].tokens_in, budgets[1].tokens_out) == later


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_that_does_not_stream(model_server: ModelServer, status: int) -> None:
    """A server may refuse streaming in other ways; it is asked for the whole text."""
    model_server.script(Reply(status=status, error={"message": "Streaming is not implemented."}), Reply(TEXT))
    assert read(chat_of(model_server)) == (TEXT, None)
    assert [request.body.get("stream") for request in model_server.requests] == [True, None]


def test_a_server_that_passes_streaming_over(model_server: ModelServer) -> None:
    """A server that sends its whole answer although a stream was asked for is read all the same."""
    model_server.ignores_stream = True
    model_server.script(Reply(TEXT))
    budget = Budget()
    assert (read(chat_of(model_server), budget), budget.tokens_out) == ((TEXT, None), 7)


def test_a_model_called_like_a_parameter(model_server: ModelServer) -> None:
    """A refusal that only names the model is not read as one of a parameter of that name."""
    model_server.always(Reply(status=400, error={"message": "stream: maximum number of tools exceeded"}))
    text, error = read(chat_of(model_server, model="stream"))
    assert (text, type(error), len(model_server.requests)) == ("", ModelRejected, 1)


def test_no_temperature(model_server: ModelServer) -> None:
    """Where no temperature is wanted, none is sent."""
    model_server.script(Reply("x"))
    assert read(chat_of(model_server, temperature=None)) == ("x", None)
    assert "temperature" not in model_server.requests[0].body


def test_contents_in_parts(model_server: ModelServer) -> None:
    """Text that comes in parts of several kinds is put together; parts that are no text are passed over."""
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "سلا"},
        "?",
        {"type": "text"},
    ]
    body = {"choices": [{"message": {"content": [*parts, {"type": "text", "text": "م"}]}, "finish_reason": "stop"}]}
    model_server.script(Reply(body=json.dumps(body).encode()))
    assert read(chat_of(model_server)) == ("سلام", None)


# -- what a server can do wrong ----------------------------------------------------------------------------------------


def refusal(status: int, message: str = "No.", **more: Any) -> Reply:
    return Reply(status=status, error={"message": message, **more.pop("error", {})}, **more)


def events(*data: str) -> Reply:
    """A stream of these events, as they are."""
    return Reply(kind="text/event-stream", body="".join(f"data: {event}\n\n" for event in data).encode())


PIECE = '{"choices": [{"index": 0, "delta": {"content": "Irna"}}]}'
HTML = b"<!doctype html><title>Welcome to nginx!</title>"
NO_COMPLETION = "{host} answered with something that is no completion; check SANAD_LLM__BASE_URL, which usually ends in /v1."

REFUSED = [
    (refusal(400), ModelRejected, "{host} refuses the request (status 400): No."),
    (refusal(422, "Bad\n\x1b[31mrole\u202e."), ModelRejected, "{host} refuses the request (status 422): Bad [31mrole."),
    (refusal(400, "x" * 500), ModelRejected, "{host} refuses the request (status 400): " + "x" * 199 + "…."),
    (
        refusal(400, "Too many tokens.", error={"code": "context_length_exceeded"}),
        ModelRejected,
        "{host} refuses the request (status 400): Too many tokens; set SANAD_LLM__WINDOW to what the model holds there.",
    ),
    (
        refusal(413, "Prompt is too long."),
        ModelRejected,
        "{host} refuses the request (status 413): Prompt is too long; set SANAD_LLM__WINDOW to what the model holds there.",
    ),
    (
        refusal(400, error={"code": "content_filter"}),
        BadModelOutput,
        "{host} withheld the answer: its content filter refused the question or the passages.",
    ),
    (refusal(401), ModelRejected, "{host} refuses the key; set the right one (SANAD_LLM__API_KEY or OPENAI_API_KEY)."),
    (
        refusal(402),
        ModelRejected,
        "The quota at {host} is used up; add credit there, or set another key (SANAD_LLM__API_KEY or OPENAI_API_KEY).",
    ),
    (
        refusal(403, "Country not supported."),
        ModelRejected,
        "{host} does not let this key use small (SANAD_LLM__API_KEY or OPENAI_API_KEY): Country not supported.",
    ),
    (
        Reply(status=404, body=HTML, kind="text/html"),
        ModelRejected,
        "There is no such service at {host}/v1; SANAD_LLM__BASE_URL usually ends in /v1.",
    ),
    (
        Reply(status=404, body=b'{"detail": "Not Found"}'),
        ModelRejected,
        "There is no such service at {host}/v1; SANAD_LLM__BASE_URL usually ends in /v1.",
    ),
    (
        refusal(429, error={"code": "insufficient_quota"}),
        ModelRejected,
        "The quota at {host} is used up; add credit there, or set another key (SANAD_LLM__API_KEY or OPENAI_API_KEY).",
    ),
    (
        Reply(status=307, body=b"", headers={"Location": "https://elsewhere.example/v1"}),
        ModelRejected,
        "{host} sends us on to elsewhere.example, which is not followed; check SANAD_LLM__BASE_URL.",
    ),
    (refusal(501), ModelUnavailable, "{host} is overloaded or out of order (status 501): No."),
]
OVERLOADED = [
    (refusal(500, "Boom."), "{host} is overloaded or out of order (status 500): Boom."),
    (Reply(status=502, body=HTML, kind="text/html"), "{host} is overloaded or out of order (status 502)."),
    (Reply(status=503, body=b""), "{host} is overloaded or out of order (status 503)."),
    (refusal(429, "Slow down."), "{host} is overloaded or out of order (status 429): Slow down."),
    (refusal(408, headers={"Retry-After": "0"}), "{host} is overloaded or out of order (status 408) and asks to wait 0 s: No."),
    (Reply(cut=0), "The connection to {host} broke off before an answer came; check that the server runs and SANAD_LLM__BASE_URL."),
    (events('{"error": {"message": "Upstream died."}}'), "{host} broke off with an error: Upstream died."),
]
UNREADABLE = [
    (Reply(body=HTML, kind="text/html"), NO_COMPLETION),
    (Reply(body=b"{}"), NO_COMPLETION),
    (Reply(body=b"[1]"), NO_COMPLETION),
    (Reply(body=b'{"error": {"message": "Out of memory."}}'), NO_COMPLETION.replace("completion;", "completion: Out of memory;")),
    (events("{broken"), "{host} answered with something that cannot be read (JSONDecodeError)."),
    (Reply(choices=False, text="x"), "small answered with nothing."),
    (Reply(None), "small answered with nothing."),
    (Reply(" \n "), "small answered with nothing."),
    (Reply("<think>What would the user want to hear?"), "small answered with nothing."),
    (Reply("", finish="length"), "small answered with nothing: the length limit stopped it."),
    (Reply("", reasoning="Hmm. Hmm.", finish="length"), "small answered with nothing: the length limit stopped it."),
    (Reply("", finish="content_filter"), "small answered with nothing: a content filter stopped it."),
    (
        events('{"choices": [{"delta": {"refusal": "I will not."}, "finish_reason": "stop"}]}'),
        "small answered with nothing: I will not.",
    ),
    (events(), "small answered with nothing."),
    (events('"a word"', "[]", "null", '{"choices": "x"}', '{"choices": [7]}'), "small answered with nothing."),
]
CUT = [
    (Reply(pieces=["Ir", "na sa"], cut=2), "The connection to {host} broke off in the middle of the answer."),
    (Reply(pieces=["Ir", "na sa"], finish=None, done=False), "{host} stopped in the middle of the answer."),
    (Reply(pieces=["Ir", "na sa"], finish="length"), "small was stopped by the length limit in the middle of the answer."),
    (Reply(pieces=["Ir", "na sa"], finish="content_filter"), "small was stopped by a content filter in the middle of the answer."),
]


@pytest.mark.parametrize(("reply", "kind", "message"), REFUSED)
def test_a_refusal(model_server: ModelServer, reply: Reply, kind: type[AssistantError], message: str) -> None:
    """What will not change is asked for once, and the error says in one line what to do."""
    model_server.always(reply)
    text, error = read(chat_of(model_server, api_key=KEY))
    assert (text, type(error), str(error)) == ("", kind, message.format(host=model_server.host))
    assert len(model_server.requests) == 1


@pytest.mark.parametrize(("reply", "message"), OVERLOADED)
def test_an_overloaded_server(model_server: ModelServer, reply: Reply, message: str) -> None:
    """What may pass is asked for three times, and no more."""
    model_server.always(reply)
    text, error = read(chat_of(model_server))
    assert (text, type(error), str(error)) == ("", ModelUnavailable, message.format(host=model_server.host))
    assert len(model_server.requests) == 3


@pytest.mark.parametrize(("reply", "message"), OVERLOADED)
def test_a_server_that_recovers(model_server: ModelServer, reply: Reply, message: str) -> None:
    """What passes after the second request is not seen at all, but in the count of requests."""
    model_server.script(reply, reply, Reply(TEXT))
    budget = Budget()
    assert read(chat_of(model_server), budget) == (TEXT, None)
    assert (budget.used, len(model_server.requests)) == (3, 3)


@pytest.mark.parametrize(("reply", "message"), UNREADABLE)
def test_an_answer_that_is_none(model_server: ModelServer, reply: Reply, message: str) -> None:
    """What is no answer, or an empty one, is an error and never an empty text."""
    model_server.always(reply)
    text, error = read(chat_of(model_server))
    assert (text, type(error), str(error)) == ("", BadModelOutput, message.format(host=model_server.host))
    assert len(model_server.requests) == 1


@pytest.mark.parametrize(("reply", "message"), CUT)
def test_a_text_that_breaks_off(model_server: ModelServer, reply: Reply, message: str) -> None:
    """What came before the break is given, the break is told, and nothing is asked for again."""
    model_server.always(reply)
    text, error = read(chat_of(model_server))
    assert (text, type(error), str(error)) == ("Irna sa", ModelCut, message.format(host=model_server.host))
    assert len(model_server.requests) == 1


def test_an_error_in_the_middle(model_server: ModelServer) -> None:
    """An error that comes inside a stream ends the text like a break."""
    model_server.always(events(PIECE, '{"error": {"message": "Upstream died."}}'))
    text, error = read(chat_of(model_server))
    assert (text, type(error), len(model_server.requests)) == ("Irna", ModelCut, 1)


def test_a_quota_that_ends_inside_a_stream(model_server: ModelServer) -> None:
    """An exhausted quota is told as such wherever it is said."""
    model_server.always(events('{"error": {"message": "Over.", "code": "insufficient_quota"}}'))
    text, error = read(chat_of(model_server))
    assert (text, type(error), len(model_server.requests)) == ("", ModelRejected, 1)


def test_a_break_after_the_end(model_server: ModelServer) -> None:
    """A connection that breaks off when only the usage was missing has brought the whole answer."""
    model_server.script(events(PIECE, '{"choices": [{"delta": {}, "finish_reason": "stop"}]}', "{broken"))
    assert read(chat_of(model_server)) == ("Irna", None)


def test_reasoning_before_a_break_is_no_text(model_server: ModelServer) -> None:
    """A connection that breaks off while the model still reasons is asked again: nothing had been shown."""
    model_server.script(Reply("Irna", reasoning="Let me see", cut=2), Reply("Irna"))
    assert (read(chat_of(model_server)), len(model_server.requests)) == (("Irna", None), 2)


@pytest.mark.parametrize(
    ("models", "there"),
    [
        (None, ""),
        ([], ""),
        (["large", "small-2", "smaller"], " It has smaller, small-2."),
        (["x", "y", "z", "zz"], " It has x, y, z."),
    ],
)
def test_an_unknown_model(model_server: ModelServer, models: list[str] | None, there: str) -> None:
    """The error names the variable and, where the server lists its models, those that are called much like it."""
    model_server.models = models
    if models is None:
        model_server.always(refusal(400, "Invalid model name passed in model=small"))
    text, error = read(chat_of(model_server))
    message = f"{model_server.host} has no model called small; set SANAD_LLM__MODEL.{there}"
    assert (text, type(error), str(error)) == ("", ModelRejected, message)
    assert [request.path for request in model_server.requests] == ["/v1/chat/completions", "/v1/models"]


def test_an_unknown_model_on_the_last_request(model_server: ModelServer) -> None:
    """Models are not listed when no request is left for it."""
    model_server.models = ["large"]
    text, error = read(chat_of(model_server), Budget(requests=1))
    assert (text, type(error), len(model_server.requests)) == ("", ModelRejected, 1)


def test_no_key_where_one_is_wanted(model_server: ModelServer) -> None:
    """Where no key was set, the error asks for one; OPENAI_API_KEY does not go to a server of one's own."""
    model_server.key = "theirs"
    _, error = read(chat_of(model_server))
    assert str(error) == f"{model_server.host} asks for a key; set the right one (SANAD_LLM__API_KEY)."


def test_nobody_listens() -> None:
    """A refused connection is tried three times and names the host and the setting."""
    budget = Budget()
    with socket.socket() as silent:  # it has the port, so that nobody else can listen there, and does not listen itself
        silent.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        text, error = read(EndpointChat(model="small", base_url=f"http://{host}/v1", pause=0.001), budget)
    assert (text, type(error), budget.used) == ("", ModelUnavailable, 3)
    assert str(error) == f"{host} refuses the connection; check that the server runs and SANAD_LLM__BASE_URL."


def test_https_where_there_is_none(model_server: ModelServer) -> None:
    """A server that speaks no TLS is asked once and named."""
    budget = Budget()
    _, error = read(EndpointChat(model="small", base_url=f"https://{model_server.host}/v1"), budget)
    assert (type(error), budget.used) == (ModelUnavailable, 1)
    assert str(error).startswith(f"There is no safe connection to {model_server.host} (")


def test_a_redirect_shows_nothing_to_anybody(model_server: ModelServer) -> None:
    """Passages go where the settings say and are not sent on."""
    with ModelServer() as other:
        model_server.always(Reply(status=308, body=b"", headers={"Location": f"{other.url}/chat/completions"}))
        read(chat_of(model_server))
        assert (len(model_server.requests), other.requests) == (1, [])


def test_a_model_that_never_stops(model_server: ModelServer) -> None:
    """A text without end is ended."""
    model_server.script(Reply(pieces=["x" * 30_000] * 5))
    text, error = read(chat_of(model_server))
    assert (len(text), str(error)) == (120_000, f"small was stopped after {LONGEST:,} characters.")


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hang", [-1, 0])
def test_a_silent_server(model_server: ModelServer, hang: int) -> None:
    """A server that sends nothing, or nothing but headers, is given up after the limit of silence, and not asked again."""
    chat = warm(model_server)
    model_server.always(Reply("Irna", hang=hang))
    text, error = read(chat, Budget(idle=1))
    assert (text, type(error)) == ("", ModelUnavailable)
    assert str(error) == f"{model_server.host} sent nothing for 1 s (SANAD_LLM__IDLE)."
    wait_for(lambda: len(model_server.requests) > 1)
    [_, request] = model_server.requests
    assert request.broken_off.wait(PROMPTLY)


def test_a_server_that_falls_silent(model_server: ModelServer) -> None:
    """Silence in the middle of the text ends it like a break."""
    chat = warm(model_server)
    model_server.script(Reply(pieces=["Ir", "na"], hang=1))
    text, error = read(chat, Budget(idle=3))  # within which a busy machine sends the first piece
    assert (text, type(error), len(model_server.requests)) == ("Ir", ModelCut, 2)


@pytest.mark.parametrize("hang", [-1, 0])
def test_the_deadline(model_server: ModelServer, hang: int) -> None:
    """When the seconds of the question are up, the request is broken off, however long silence is allowed."""
    model_server.always(Reply("Irna", hang=hang))
    text, error = read(chat_of(model_server), Budget(seconds=1, clock=lambda: 2.0 if model_server.requests else 0.0))
    assert (text, type(error)) == ("", ModelUnavailable)
    assert str(error) == f"{model_server.host} did not finish within 1 s (SANAD_LLM__TIMEOUT)."
    [request] = model_server.requests
    assert request.broken_off.wait(PROMPTLY)


def test_the_deadline_in_the_middle(model_server: ModelServer) -> None:
    """A server that drips is stopped at the deadline as well; what it dripped is kept."""
    model_server.script(Reply(pieces=["."] * 1_000, delay=0.05))
    came: list[str] = []
    budget = Budget(seconds=1, clock=lambda: 2.0 if len(came) > 5 else 0.0)

    def listen() -> None:
        for piece in chat_of(model_server).stream(MESSAGES, budget=budget):
            came.append(piece)

    with pytest.raises(ModelCut) as caught:
        listen()
    assert (set(came), 5 < len(came) < 1_000) == ({"."}, True)
    assert str(caught.value) == "The answer was not finished within 1 s (SANAD_LLM__TIMEOUT)."
    assert model_server.requests[0].broken_off.wait(PROMPTLY)


def test_the_deadline_during_a_pause(model_server: ModelServer) -> None:
    """No pause goes beyond the deadline: the last failure is told at once."""
    model_server.always(refusal(500, "Boom."))
    budget = Budget(seconds=5, clock=lambda: 0.0)
    _, error = read(chat_of(model_server, pause=8.0), budget)
    assert (type(error), budget.used, budget.remaining > 0) == (ModelUnavailable, 1, True)


@pytest.mark.parametrize(
    "wait", ["0.3", format_datetime(datetime.now(UTC) - timedelta(days=1)), "soon"], ids=["seconds", "a day ago", "soon"]
)
def test_retry_after(model_server: ModelServer, wait: str) -> None:
    """A server that says when to come back is obeyed; a day in the past is now, and what is no time is passed over."""
    model_server.script(refusal(429, headers={"Retry-After": wait}), Reply(TEXT))
    assert read(chat_of(model_server, pause=0.001)) == (TEXT, None)
    first, second = model_server.requests
    assert second.at - first.at >= (0.3 if wait == "0.3" else 0)


@pytest.mark.parametrize("wait", ["7200", format_datetime(datetime.now(UTC) + timedelta(days=1))], ids=["seconds", "a day ahead"])
def test_retry_after_the_deadline(model_server: ModelServer, wait: str) -> None:
    """A wait longer than the question has is not begun; the error says how long it would have been."""
    model_server.always(refusal(503, headers={"Retry-After": wait}))
    budget = Budget()
    _, error = read(chat_of(model_server), budget)
    assert (type(error), budget.used, "and asks to wait" in str(error)) == (ModelUnavailable, 1, True)


def test_requests_of_one_question(model_server: ModelServer) -> None:
    """All calls of a question share 8 requests; the last failure is told as long as there was one."""
    model_server.always(refusal(500))
    chat, budget = chat_of(model_server), Budget()
    errors = [type(read(chat, budget)[1]) for _ in range(4)]
    assert errors == [ModelUnavailable, ModelUnavailable, ModelUnavailable, BudgetSpent]
    assert (budget.used, len(model_server.requests)) == (8, 8)


@pytest.mark.parametrize("reply", [Reply("Irna", hang=-1), Reply("Irna", hang=1), refusal(500)])
def test_cancelling(model_server: ModelServer, reply: Reply) -> None:
    """Cancelling from another thread ends the call, be it waiting for the server or for its next try."""
    model_server.always(reply)
    budget = Budget()

    def cancel() -> None:
        wait_for(lambda: model_server.requests)  # the first one waits for the client library to load
        threading.Timer(0.2, budget.cancel).start()

    threading.Thread(target=cancel).start()
    _, error = read(chat_of(model_server, pause=8.0), budget)
    assert (type(error), str(error), len(model_server.requests)) == (BudgetSpent, "The question was cancelled.", 1)
    assert reply.status == 500 or model_server.requests[0].broken_off.wait(PROMPTLY)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals are sent to a thread")
def test_ctrl_c(model_server: ModelServer) -> None:
    """Ctrl-C ends a call that waits, and breaks its request off."""
    model_server.always(Reply("Irna", hang=-1))
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        wait_for(lambda: model_server.requests)
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        read(chat_of(model_server))
    assert model_server.requests[0].broken_off.wait(PROMPTLY)


def test_several_questions_at_once(model_server: ModelServer) -> None:
    """One model serves several threads; each gets its own text."""
    model_server.answer = lambda chat: chat[-1]["content"] * 3
    chat = chat_of(model_server)
    texts: dict[int, str] = {}

    def ask(number: int) -> None:
        texts[number] = "".join(chat.stream([Message("user", f"{number} ")], budget=Budget()))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {number: f"{number} " * 3 for number in range(8)}


# -- the key -----------------------------------------------------------------------------------------------------------

ECHOING = [
    refusal(400, f"Bad request by {KEY}"),
    refusal(401, f"Incorrect API key provided: {KEY}"),
    refusal(403, f"{KEY} may not"),
    refusal(404, f"The model small does not exist for {KEY}"),
    refusal(429, f"Key {KEY} is over its quota", error={"code": "insufficient_quota"}),
    refusal(500, f"Traceback: headers = {{'Authorization': 'Bearer {KEY}'}}"),
    Reply(status=502, body=f"cannot forward Bearer {KEY}".encode(), kind="text/plain"),
    Reply(status=307, body=b"", headers={"Location": f"https://{KEY}.example/"}),
    Reply(body=json.dumps({"error": f"bad key {KEY}"}).encode()),
    events(json.dumps({"error": {"message": f"bad key {KEY}"}})),
    events(PIECE, json.dumps({"error": {"message": f"bad key {KEY}"}})),
    Reply(text="Irna", hang=-1),
]


@pytest.mark.parametrize("reply", ECHOING)
def test_the_key_is_never_shown(
    model_server: ModelServer, reply: Reply, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Even where a server repeats the key it refuses, no message, log, repr, traceback or file of ours holds it."""
    caplog.set_level(logging.INFO)
    chat = warm(model_server, api_key=KEY)
    model_server.always(reply)
    _, error = read(chat, Budget(seconds=1) if reply.hang else Budget())
    assert error is not None
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(chat) + repr(vars(chat)) + caplog.text
    printed = capfd.readouterr()
    files = [path.read_bytes() for path in Path.home().rglob("*") if path.is_file()]
    assert KEY not in shown + printed.out + printed.err
    assert not any(KEY.encode() in content for content in files)
    assert any(KEY in str(request.headers) for request in model_server.requests)


def test_the_key_is_not_logged(model_server: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever turns on the logs of the client libraries sees what is sent, but not the key."""
    for library in ("openai", "httpx", "httpcore"):  # other libraries of this process turn some of them down
        caplog.set_level(logging.DEBUG, logger=library)
    model_server.script(Reply(TEXT), refusal(401))
    chat = chat_of(model_server, api_key=KEY)
    assert [read(chat)[0], read(chat)[0], "/v1/chat/completions" in caplog.text, KEY in caplog.text] == [TEXT, "", True, False]


def test_a_short_dummy_key_is_a_word(model_server: ModelServer) -> None:
    """A dummy key such as "none" is not cut out of what a server says."""
    model_server.always(refusal(400, "none of this"))
    _, error = read(chat_of(model_server, api_key="none"))
    assert str(error) == f"{model_server.host} refuses the request (status 400): none of this."


# -- settings that cannot be right -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("localhost:11434", "SANAD_LLM__BASE_URL is no URL of a server; it should look like http://localhost:11434/v1."),
        ("ftp://host/v1", "SANAD_LLM__BASE_URL is no URL of a server; it should look like http://localhost:11434/v1."),
        ("http://", "SANAD_LLM__BASE_URL is no URL of a server; it should look like http://localhost:11434/v1."),
        ("http://host:99999/v1", "SANAD_LLM__BASE_URL is no URL of a server; it should look like http://localhost:11434/v1."),
        ("http://ho st/v1", "SANAD_LLM__BASE_URL is no URL of a server; it should look like http://localhost:11434/v1."),
        ("http://me:secret@host/v1", "SANAD_LLM__BASE_URL holds a user or a password; put the key into SANAD_LLM__API_KEY."),
        ("http://host/v1/chat/completions", "SANAD_LLM__BASE_URL should end where the service begins, usually in /v1."),
        ("http://host/v1?key=secret", "SANAD_LLM__BASE_URL should end where the service begins, usually in /v1."),
    ],
)
def test_a_url_that_cannot_be_one(url: str, message: str) -> None:
    """A URL that leads nowhere is refused before anything is sent, and is not repeated: it may hold a secret."""
    with pytest.raises(ConfigurationError) as caught:
        EndpointChat(model="small", base_url=url)
    assert str(caught.value) == message


@pytest.mark.parametrize("key", ["sk-can ary", "کلید", "sk-canary\nX-Evil: 1", "sk-canary\x00"])
def test_a_key_that_cannot_be_one(key: str) -> None:
    """A key with a blank or a foreign letter in it is refused without being repeated; no header can be smuggled in."""
    with pytest.raises(ConfigurationError) as caught:
        EndpointChat(model="small", api_key=key)
    assert str(caught.value) == "The key in SANAD_LLM__API_KEY holds a blank or a letter that no key has; copy it again."


@pytest.mark.parametrize(
    ("url", "far"),
    [
        ("http://127.0.0.1:1/v1", False),
        ("http://[::1]:1/v1", False),
        ("http://localhost/v1", False),
        ("http://gpu.localhost/v1", False),
        ("http://192.168.0.7/v1", True),
        ("https://api.openai.com/v1", True),
    ],
)
def test_a_proxy_is_for_what_is_far_away(monkeypatch: pytest.MonkeyPatch, url: str, far: bool) -> None:
    """A server on this machine is asked without the proxy that the environment names."""
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    endpoint = Endpoint(model="small", base_url=url)
    assert (endpoint.client._client.trust_env, endpoint.client._client.follow_redirects) == (far, False)


@pytest.mark.parametrize(
    ("cause", "message", "again"),
    [
        (socket.gaierror(-2, "Name or service not known"), "The name of host cannot be resolved; ", True),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), "There is no safe connection to host (", False),
        (ConnectionResetError(104, "reset"), "The connection to host broke off before an answer came; ", True),
    ],
)
def test_why_a_server_is_not_reached(cause: Exception, message: str, again: bool) -> None:
    """Each way not to reach a server has its own words; only what may pass is tried again."""
    import httpx
    from openai import APIConnectionError

    failure = APIConnectionError(request=httpx.Request("POST", "https://host/v1"))
    failure.__cause__ = cause
    verdict = Server("small", "https://host/v1").judge(failure, Budget())
    assert (str(verdict.error).startswith(message), verdict.again) == (True, again)


def test_no_connection_in_time() -> None:
    """A host that swallows packets is told from one that is silent, and tried again."""
    import httpx
    from openai import APITimeoutError

    failure = APITimeoutError(request=httpx.Request("POST", "https://host/v1"))
    failure.__cause__ = httpx.ConnectTimeout("timed out")
    verdict = Server("small", "https://host/v1").judge(failure, Budget())
    assert (str(verdict.error), verdict.again) == ("host cannot be reached: no connection within 10 s.", True)


def test_importing_is_cheap() -> None:
    """A model can be set up without loading the SDK; only asking it does."""
    code = (
        "import sys; from assistant.llm import EndpointChat; EndpointChat(model='m'); print({'openai', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "set()\n"


# -- reasoning ---------------------------------------------------------------------------------------------------------


def visible(pieces: Sequence[str]) -> str:
    reasoning = Reasoning()
    return "".join([*(reasoning.without(piece) for piece in pieces), reasoning.rest()])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>hm</think>\nAnswer", "\nAnswer"),
        ("  <THINKING>\nhm\n</THINKING>Answer", "Answer"),
        ("One\n<think>hm</think>\nTwo", "One\n\nTwo"),
        ('{"quote": "a <think> b"}', '{"quote": "a <think> b"}'),
        ("<think>never closed", ""),
        ("<thin", "<thin"),
        ("<thinker>", "<thinker>"),
        ("Answer <", "Answer <"),
        (" \n <", " \n <"),
    ],
)
def test_reasoning_is_taken_out(text: str, left: str) -> None:
    """What stands in a tag that begins a line is no text, in however small pieces it comes; elsewhere the tag is text."""
    assert [visible([text]), visible(list(text))] == [left, left]


@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "th", "ink>", "\n", " ", "متن", "{", "</thinking>"]), max_size=12))
def test_pieces_do_not_matter(parts: list[str]) -> None:
    """However a text is cut, the same is left of it; without a tag, all of it."""
    text = "".join(parts)
    assert visible(parts) == visible([text]) == visible(list(text))
    assert "<think" in text or visible([text]) == text


def test_a_line_is_not_held_back() -> None:
    """A line that cannot be a tag is given as it comes, its end included."""
    reasoning = Reasoning()
    assert [reasoning.without(piece) for piece in ("{", '"a"', "}\n", " ", "<", "b")] == ["{", '"a"', "}\n", "", "", " <b"]


def test_reasoning_models(model_server: ModelServer) -> None:
    """Reasoning is not shown, be it sent apart from the text or inside it."""
    model_server.script(Reply("<think>The user asks in Persian.</think>\n\nایرنا", reasoning="Let me see"))
    assert read(chat_of(model_server)) == ("ایرنا", None)


# -- models of LlamaIndex ----------------------------------------------------------------------------------------------


@pytest.fixture
def llama_openai(model_server: ModelServer) -> Iterator[Any]:
    """LlamaIndex's own OpenAI model at the server; it retries ten times when it is let."""
    import httpx
    from llama_index.llms.openai import OpenAI

    with httpx.Client(trust_env=False) as client:
        yield OpenAI(model="gpt-4o-mini", api_base=model_server.url, api_key=KEY, max_retries=10, http_client=client)


def test_a_llama_index_model(model_server: ModelServer, llama_openai: Any) -> None:
    """Any LlamaIndex `LLM` writes for us: pieces as they come, its name, its window, and who gets to see the messages."""
    model_server.script(Reply(pieces=["<think>hm</think>ایر", "نا"]))
    chat, budget = LlamaIndexChat(llama_openai), Budget()
    assert list(chat.stream(MESSAGES, budget=budget)) == ["ایر", "نا"]
    assert (chat.name, chat.window, chat.host, budget.used) == ("gpt-4o-mini", 128_000, model_server.host, 1)
    assert model_server.requests[0].body["messages"] == [{"role": m.role, "content": m.content} for m in MESSAGES]


@pytest.mark.parametrize(
    ("reply", "kind", "requests"),
    [
        (refusal(500), ModelUnavailable, 3),
        (refusal(401, f"Wrong: {KEY}"), ModelRejected, 1),
        (Reply(""), BadModelOutput, 1),
        (Reply(pieces=["Ir", "na"], finish="length"), ModelCut, 1),
        (Reply(pieces=["Ir", "na"], cut=1), ModelCut, 1),
    ],
)
def test_a_llama_index_model_goes_wrong(
    model_server: ModelServer, llama_openai: Any, reply: Reply, kind: type[AssistantError], requests: int
) -> None:
    """The rules are the same: one layer of retries, typed errors, no key in them."""
    model_server.always(reply)
    _, error = read(LlamaIndexChat(llama_openai, pause=0.001))
    assert (type(error), len(model_server.requests)) == (kind, requests)
    assert error is not None
    assert KEY not in "".join(traceback.format_exception(error))


def test_a_llama_index_model_of_ones_own() -> None:
    """A model that is no endpoint at all has no host; the window may be given."""
    from llama_index.core.llms.mock import MockLLM

    chat = LlamaIndexChat(MockLLM(max_tokens=3), window=9_000, prices=(1, 2))
    text, error = read(chat)
    assert (text != "", error) == (True, None)
    assert (chat.host, chat.window, chat.prices, repr(chat)) == (
        None,
        9_000,
        (1, 2),
        f"LlamaIndexChat(model='{chat.name}', host=None)",
    )
