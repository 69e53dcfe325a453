"""The server of the page: whom it lets in, how much it reads, and what its own addresses answer, over real HTTP."""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import logging
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from markdown_it import MarkdownIt
from model_server import ModelServer, Reply
from page_server import Served, served
from waiting import wait_for

from assistant._version import __version__
from assistant.errors import ConfigurationError
from assistant.llm import EndpointChat
from assistant.pipeline import Assistant
from assistant.rendering import to_dict
from assistant.running import answer_from
from assistant.settings import Settings, UiSettings, load
from assistant.ui import asking, password, safety, server, starting
from assistant.ui.options import Options, is_loopback, options_from

FA = "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟"
AR = "من قاد الوفد الروسي الذي زار طهران؟"
EN = "Where was Ali Mamlouk's first trip outside Syria in five years?"
ELSEWHERE = "Who won the 2016 US presidential election?"
ROOT = Path(__file__).resolve().parent.parent
JSON = {"content-type": "application/json"}
PASSWORD = "سلام دنیا"


@pytest.fixture(scope="module")
def library(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the seeds that no test changes but by serving it."""
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("served") / "library"))


@pytest.fixture(scope="module")
def page(library: Path) -> Iterator[Served]:
    """The page over the seeds, without a model, that no test changes."""
    with served(library) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(library: Path) -> Iterator[Served]:
    """The same with a password, and MCP."""
    with served(library, Options(port=0, password=PASSWORD, mcp=True)) as running:
        running.client.headers["authorization"] = basic(PASSWORD)
        yield running


@pytest.fixture
def with_model(made: Path, tmp_path: Path, model_server: ModelServer) -> Iterator[Served]:
    """The page with a model that writes."""
    folder = tmp_path / "library"
    shutil.copytree(made, folder)  # not one that is being served: a file may go away meanwhile
    model = {"llm.model": "test", "llm.base_url": model_server.url, "llm.api_key": "sk-none"}
    with served(load(library=folder, **model)) as running:
        yield running


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anyone:{password}".encode()).decode()


def events(response: httpx.Response) -> list[dict[str, Any]]:
    """The lines of an answer."""
    assert (response.status_code, response.headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


def settled(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer's JSON without what differs from run to run."""
    return {**answer, "trace": {**answer["trace"], "seconds": None}}


def raw(page: Served, *lines: str, body: bytes = b"") -> tuple[int, bytes]:
    """Status and body of the reply to a request written by hand, read until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", page.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        reply = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                reply += piece
    head, _, rest = reply.partition(b"\r\n\r\n")
    return int(head.split()[1]), rest


# -- whom it lets in --------------------------------------------------------------------------------------------------


EVIL = "http://evil.example"
PROBES: list[tuple[str, str, dict[str, str], bytes, int]] = [
    # method, path, headers, body, status: what must not work
    ("GET", "/", {"host": "evil.example"}, b"", 400),
    ("GET", "/healthz", {"host": "127.0.0.1.evil.example:7860"}, b"", 400),
    ("GET", "/", {"host": ""}, b"", 400),
    ("GET", "/", {"host": "[::1"}, b"", 400),
    ("GET", "/", {"host": "192.0.2.7"}, b"", 400),
    ("POST", "/api/ask", {"host": "evil.example", "origin": EVIL, **JSON}, b'{"question": "x"}', 400),
    ("POST", "/api/ask", {"origin": EVIL, **JSON}, b'{"question": "x"}', 403),
    ("POST", "/api/ask", {"origin": "null", **JSON}, b'{"question": "x"}', 403),
    ("POST", "/api/ask", {"origin": "http://127.0.0.1:1", **JSON}, b'{"question": "x"}', 403),
    ("POST", "/api/ask", {"sec-fetch-site": "cross-site", **JSON}, b'{"question": "x"}', 403),
    ("POST", "/api/ask", {"sec-fetch-site": "same-site", **JSON}, b'{"question": "x"}', 403),
    ("POST", "/gradio_api/queue/join", {"origin": EVIL, **JSON}, b"{}", 403),
    ("POST", "/gradio_api/call/ask", {"origin": EVIL, **JSON}, b'{"data": ["x"]}', 403),
    ("POST", "/api/articles/seeds", {"origin": EVIL}, b"", 403),
    ("GET", "/api/articles", {"origin": EVIL}, b"", 403),
    ("GET", "/api/articles?q=x&texts=true", {"sec-fetch-site": "cross-site"}, b"", 403),
    ("GET", "/api/chat/first", {"sec-fetch-site": "same-site"}, b"", 403),
    ("HEAD", "/api/articles", {"sec-fetch-site": "cross-site"}, b"", 403),
    ("OPTIONS", "/api/ask", {"origin": EVIL, "access-control-request-method": "POST"}, b"", 404),
    ("OPTIONS", "/gradio_api/call/ask", {"origin": EVIL, "access-control-request-method": "POST"}, b"", 404),
    ("POST", "/api/ask", {"content-type": "text/plain"}, b'{"question": "x"}', 400),
    ("POST", "/api/ask", {"content-type": "application/x-www-form-urlencoded"}, b"question=x", 400),
    ("GET", "/gradio_api/file=/etc/passwd", {}, b"", 404),
    ("GET", "/gradio_api/file=assistant/cli.py", {}, b"", 404),
    ("GET", "/gradio_api/file=http://127.0.0.1:1/x", {}, b"", 404),
    ("GET", "/gradio_api/file/etc/passwd", {}, b"", 404),
    ("GET", "/gradio_api/proxy=http://127.0.0.1:1/x", {}, b"", 404),
    ("POST", "/gradio_api/upload", {"content-type": "multipart/form-data; boundary=x"}, b"--x--", 404),
    ("GET", "/gradio_api/upload_progress?upload_id=x", {}, b"", 404),
    ("GET", "/gradio_api/runs", {}, b"", 404),
    ("GET", "/monitoring", {}, b"", 404),
    ("GET", "/monitoring/summary", {}, b"", 404),
    ("POST", "/gradio_api/vibe-edit", JSON, b"{}", 404),
    ("GET", "/gradio_api/vibe-code", {}, b"", 404),
    ("POST", "/gradio_api/component_server", JSON, b"{}", 404),
    ("POST", "/gradio_api/process_recording", {}, b"", 404),
    ("GET", "/gradio_api/mcp/", {}, b"", 404),
    ("POST", "/gradio_api/mcp/", JSON, b"{}", 404),
    ("GET", "/openapi.json", {}, b"", 404),
    ("GET", "/gradio_api/openapi.json", {}, b"", 404),
    ("GET", "/docs", {}, b"", 404),
    ("GET", "/redoc", {}, b"", 404),
    ("GET", "/login", {}, b"", 404),
    ("GET", "/app-assets/../server.py", {}, b"", 404),
    ("GET", "/app-assets/%2e%2e/server.py", {}, b"", 404),
    ("GET", "/app-assets/..%2fserver.py", {}, b"", 404),
    ("GET", "/nothing", {}, b"", 404),
    ("PUT", "/api/ask", JSON, b"{}", 404),
    ("TRACE", "/", {}, b"", 404),
    ("GET", "/", {"authorization": "Bearer of-another-page"}, b"", 401),
]


@pytest.mark.parametrize(("method", "path", "headers", "body", "status"), PROBES)
def test_what_must_not_work_does_not(
    page: Served, method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    """A stranger's name, another site's page, and everything of Gradio's that the page does not use are refused, unexplained."""
    with closing(http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)) as connection:
        connection.putrequest(method, path, skip_host="host" in headers, skip_accept_encoding=True)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        shown = response.read()
    assert response.status == status
    assert response.headers["content-security-policy"] == safety.STRICT
    assert "access-control-allow-origin" not in response.headers
    assert EVIL.encode() not in shown


OPEN = ["/", "/healthz", "/config", "/gradio_api/info", "/theme.css", "/app-assets/strings.js", "/api/status", "/api/articles"]


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:1", "[::1]:7860", "127.9.9.9"])
def test_what_the_page_needs_works(page: Served, path: str, host: str) -> None:
    """The page and what it asks for are there under every name of this machine."""
    assert page.client.get(path, headers={"host": host}).status_code == 200


def test_other_sites_may_link_to_the_page(page: Served) -> None:
    """A link in a mail or on another page leads to the page."""
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert page.client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_the_page_itself_may_post(page: Served, site: str) -> None:
    """What the page's own script sends is let in, as its browser says that it is the page's own."""
    headers = {"origin": page.url, "sec-fetch-site": site}
    assert page.client.post("/api/search", json={"question": FA}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("options", "host", "known"),
    [
        (Options(), "news.example", False),
        (Options(hosts=("news.example",)), "news.example", True),
        (Options(hosts=("news.example",)), "NEWS.example:8443", True),
        (Options(hosts=("news.example",)), "evil.news.example", False),
        (Options(host="192.0.2.7"), "192.0.2.7:7860", True),
        (Options(host="192.0.2.7"), "192.0.2.8:7860", False),
        (Options(host="0.0.0.0"), "192.0.2.8:7860", True),
        (Options(host="::"), "[2001:db8::1]:7860", True),
        (Options(host="0.0.0.0"), "evil.example", False),
    ],
)
def test_the_names_it_is_known_by(options: Options, host: str, known: bool) -> None:
    """It answers to this machine's names, the one it is bound to and those that were set; everywhere, to any bare address."""
    assert safety.is_known(safety.host_name(host), options) is known


def test_what_a_proxy_says_is_heard_only_behind_one(library: Path, page: Served) -> None:
    """Forwarding headers change nothing unless a proxy is in front; then the name they give must be known."""
    told = {"x-forwarded-host": "news.example", "x-forwarded-proto": "https", "origin": "https://news.example"}
    plain = page.client.get("/config", headers={"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"})
    assert (plain.status_code, plain.json()["root"]) == (200, page.url)
    with served(library, Options(port=0, behind_proxy=True, hosts=("news.example",))) as behind:
        good = behind.client.get("/config", headers=told)
        assert (good.status_code, good.json()["root"]) == (200, "https://news.example")
        assert behind.client.post("/api/search", json={"question": FA}, headers=told).status_code == 200
        assert behind.client.get("/config", headers={**told, "x-forwarded-host": "evil.example"}).status_code == 400
        assert behind.client.post("/api/search", json={"question": FA}, headers={"origin": EVIL}).status_code == 403


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (None, 401),
        ("", 401),
        (basic(""), 401),
        (basic("wrong"), 401),
        (basic(PASSWORD + " "), 401),
        ("Basic ***", 401),
        ("Basic", 401),
        ("Bearer", 401),
        ("Bearer wrong", 401),
        ("Digest x", 401),
        (basic(PASSWORD), 200),
        ("basic " + basic(PASSWORD)[6:], 200),
    ],
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/config", "/app-assets/strings.js", "/api/articles", "/gradio_api/info"])
def test_a_password_is_asked_for_everywhere(
    guarded: Served, path: str, shown: str | None, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a password nothing is shown without it, and the browser is told to ask for it; any user name will do."""
    monkeypatch.setattr(password, "DELAY", 0)
    monkeypatch.setattr(password, "GUESSES", 1_000)
    headers = {} if shown is None else {"authorization": shown}
    response = httpx.get(guarded.url + path, headers=headers, timeout=60, trust_env=False)
    assert response.status_code == status
    assert ("www-authenticate" in response.headers) is (status == 401)


def test_guessing_is_slow_and_locks_nobody_out(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some wrong passwords their address must wait, even with the right one; who was let in before, and the programs of
    this machine, are not kept waiting."""
    monkeypatch.setattr(password, "DELAY", 0)
    monkeypatch.setattr(password, "GUESSES", 3)
    settings = load(library=library, **{"ui.password": PASSWORD})
    right, wrong = {"authorization": basic(PASSWORD)}, {"authorization": basic("wrong")}
    with served(settings, options_from(settings, port=0)) as guarded:

        def asked(headers: dict[str, str]) -> int:
            return guarded.client.get("/healthz", headers=headers).status_code

        assert [asked(wrong) for _ in range(5)] == [401, 401, 401, 429, 429]
        refused = guarded.client.get("/healthz", headers=right)
        assert (refused.status_code, refused.json()["error"]["kind"]) == (429, "TooManyGuesses")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert asked({"authorization": f"Bearer {guarded.note.token}"}) == 200  # type: ignore[union-attr]
        assert asked({}) == 401
    with served(settings, options_from(settings, port=0)) as guarded:
        assert [asked(headers) for headers in (right, *[wrong] * 5, right)] == [200, *[401] * 5, 200]


def test_guesses_are_counted_by_the_minute() -> None:
    """A minute later an address may try again; others never had to wait."""
    now = [0.0]
    guesses = password.Guesses(lambda: now[0])
    for _ in range(password.GUESSES):
        assert guesses.wait("a") == 0
        guesses.wrong("a")
    now[0] = 20.5
    assert (guesses.wait("a"), guesses.wait("b")) == (40, 0)
    now[0] = 60.0
    assert guesses.wait("a") == 0


def test_those_let_in_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many addresses come, no more of them are kept than was set."""
    monkeypatch.setattr(password, "REMEMBERED", 2)
    guesses = password.Guesses()
    for address in "abc":
        guesses.right(address)
    assert guesses._let_in == {"c"}


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8::1", 1), "2001:db8::/64"),
        (("::ffff:192.0.2.7", 1), "192.0.2.7"),
        (("socket", 0), "socket"),
        (None, ""),
    ],
)
def test_an_address_is_what_one_visitor_has(client: tuple[str, int] | None, address: str) -> None:
    """A whole IPv6 network counts as one; an IPv4 address is the same however it is written."""
    assert password.address({"client": client}) == address


# -- what every response carries --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/api/chat/day", 400, "BadRequest"),
        (f"/api/chat/day?text={'x' * 61}", 400, "BadRequest"),
        ("/api/nothing", 404, "NotFound"),
        ("/api/ask", 404, "NotFound"),
        ("/app-assets/nothing.js", 404, "NotFound"),
    ],
)
def test_every_refusal_has_one_form(page: Served, path: str, status: int, kind: str) -> None:
    """What the framework refuses by itself is told as what we refuse, and what was sent is not repeated."""
    reply = page.client.get(path)
    assert (reply.status_code, list(reply.json()), reply.json()["error"]["kind"]) == (status, ["error"], kind)
    assert "xxx" not in reply.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/", None, 200),
        ("HEAD", "/", None, 200),
        ("GET", "/config", None, 200),
        ("GET", "/api/articles", None, 200),
        ("GET", "/app-assets/strings.js", None, 200),
        ("POST", "/api/ask", b'{"question": "x"}', 200),
        ("POST", "/api/ask", b"{", 400),
        ("GET", "/nothing", None, 404),
        ("GET", "/api/nothing", None, 404),
        ("GET", "/api/ask", None, 404),
        ("POST", "/api/ask", b" " * 70_000, 413),
    ],
)
def test_every_response_is_secured(page: Served, method: str, path: str, body: bytes | None, status: int) -> None:
    """Answers and refusals alike carry the headers that tell a browser to do nothing for others, and no server's name."""
    response = page.client.request(method, path, content=body, headers=JSON)
    assert response.status_code == status
    policy = response.headers.get_list("content-security-policy")
    assert len(policy) == 1
    assert "frame-ancestors 'none'" in policy[0]
    assert "'unsafe-inline'" not in re.search(r"script-src [^;]*|$", policy[0])[0]  # type: ignore[index]
    expected = {name.lower(): value for name, value in safety.SECURED.items() if name != "Content-Security-Policy"}
    assert {name: response.headers[name] for name in expected} == expected
    assert "server" not in response.headers


def test_the_page_starts_with_our_script_and_marks_every_script(page: Served) -> None:
    """The boot script comes first in the page, says how this page answers, and each script has the mark of this one response."""
    first, second = (page.client.get("/", headers={"accept-encoding": "br, gzip"}) for _ in range(2))
    nonces = [re.findall(r"'nonce-([\w-]+)'", response.headers["content-security-policy"]) for response in (first, second)]
    assert [len(found) for found in nonces] == [1, 1]
    assert nonces[0] != nonces[1]
    assert first.headers["cache-control"] == "no-store"
    scripts = re.findall(r"<script[^>]*>", first.text)
    assert len(scripts) >= 3
    assert [script for script in scripts if f'nonce="{nonces[0][0]}"' not in script] == []
    boot = re.search(r"<head[^>]*><script[^>]*>(.*?)</script>", first.text, re.DOTALL)
    assert boot is not None
    told = json.loads(re.search(r"\.\.\.(\{.*?\})", boot[1])[1])  # type: ignore[index]
    assert told == {"version": __version__, "readOnly": False, "mode": "extractive", "model": None, "host": None}


def test_the_page_says_which_model_writes(with_model: Served, model_server: ModelServer) -> None:
    """With a model, page and status name it, and who gets to see passages; nobody's folder."""
    about = {"version": __version__, "readOnly": False, "mode": "generative", "model": "test", "host": model_server.host}
    status = with_model.client.get("/api/status").json()
    assert {name: status[name] for name in about} == about
    assert json.dumps(about)[1:-1] in with_model.client.get("/").text
    assert status["library"]["articles"] == 5
    assert str(with_model.assistant.folder) not in json.dumps(status)


def test_the_writing_side_is_loaded_before_the_first_question(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the page is up, the model's client is loaded beside it; without a model there is nothing to load."""
    loaded = threading.Event()
    monkeypatch.setattr(EndpointChat, "load", lambda model: loaded.set())
    with served(library):
        assert not loaded.is_set()
    model = {"llm.model": "test", "llm.base_url": "http://127.0.0.1:1/v1", "llm.api_key": "sk-none"}
    with served(load(library=library, **model)):
        assert loaded.wait(60)


def test_a_name_of_a_model_cannot_break_out_of_the_script() -> None:
    """A script's end inside what the page is told stays text."""
    marked = safety.with_scripts(b"<html><head></head></html>", "x = 1;", "MARK")
    colours = b'<link rel="stylesheet" href="/app-assets/app.css">'
    assert marked == b'<html><head><script nonce="MARK">x = 1;</script>' + colours + b"</head></html>"

    class Model:
        name = "</script><script>alert(1)"
        host = "h"

    assistant = Assistant(Path("nowhere"), chat=Model())  # type: ignore[arg-type]
    assert "</script>" not in server.boot_script(assistant, Options())


def test_scripts_and_styles_are_asked_for_anew(page: Served) -> None:
    """What we ship is kept by a browser but asked about each time, so that two versions never mix."""
    strings = page.client.get("/app-assets/strings.js")
    assert strings.headers["content-type"].startswith("text/javascript")
    assert strings.headers["cache-control"] == "no-cache"
    assert strings.text.startswith("window.sanadStrings=")
    for file in sorted(file for file in server.ASSETS.glob("*.*") if file.is_file())[:1]:
        asset = page.client.get(f"/app-assets/{file.name}")
        assert (asset.status_code, asset.headers["cache-control"], asset.content) == (200, "no-cache", file.read_bytes())
        again = page.client.get(f"/app-assets/{file.name}", headers={"if-none-match": asset.headers["etag"]})
        assert again.status_code == 304


def test_a_fault_of_ours_is_told_without_its_words(
    page: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A visitor learns that something went wrong, in the form of every error; the log has the rest."""

    def broken() -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(page.assistant, "status", broken)
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
    response = page.client.get("/api/status")
    assert (response.status_code, "canary" in response.text, response.json()["error"]["exit"]) == (500, False, 70)
    assert response.headers["content-security-policy"] == safety.STRICT
    wait_for(lambda: "canary" in caplog.text)


# -- how much it reads ------------------------------------------------------------------------------------------------


def test_a_large_body_is_refused_as_soon_as_it_is_told(page: Served) -> None:
    """A body that says it is too large is not waited for."""
    for path, limit in (
        ("/api/ask", safety.BODY_BYTES),
        ("/gradio_api/queue/join", safety.BODY_BYTES),
        ("/api/articles", safety.UPLOAD_BYTES),
    ):
        told = f"content-length: {limit + 1}"
        status, reply = raw(
            page, f"POST {path} HTTP/1.1", "host: 127.0.0.1", "content-type: application/json", told, "connection: close"
        )
        assert (status, json.loads(reply)["error"]["kind"]) == (413, "TooLarge")


@pytest.mark.parametrize("told", ["-1", "x", "1e3", "٣"])
def test_a_length_that_is_none_is_refused(page: Served, told: str) -> None:
    """A length that is no number is not guessed at."""
    assert raw(page, "POST /api/ask HTTP/1.1", "host: 127.0.0.1", f"content-length: {told}", "connection: close")[0] in (400, 413)


@pytest.mark.parametrize(
    "path", ["/api/ask", "/api/search", "/gradio_api/queue/join", "/api/articles/remove", "/gradio_api/call/ask"]
)
def test_a_body_of_untold_length_is_measured(page: Served, path: str) -> None:
    """A body that comes in chunks is read up to the limit and no further."""
    page.client.cookies.clear()

    def endless() -> Iterator[bytes]:
        yield b'{"question": "'
        for _ in range(40):
            yield b"x" * 4_096
        yield b'"}'

    response = page.client.post(path, content=endless(), headers=JSON)
    assert (response.status_code, response.json()["error"]["kind"]) == (413, "TooLarge")
    assert page.client.get("/healthz").status_code == 200


def test_a_body_within_the_limit_is_read(page: Served) -> None:
    """Just below the limit all is well, told or untold."""
    question = json.dumps({"question": FA, "filters": {"publishers": ["x" * 200]}})
    body = question.encode() + b" " * (safety.BODY_BYTES - len(question.encode()))
    for content in (body, iter([body[:10], body[10:]])):
        assert page.client.post("/api/search", content=content, headers=JSON).json() == {"hits": []}


# -- asking -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "language"), [(FA, "fa"), (AR, "ar"), (EN, "en")])
def test_an_answer_comes_piece_by_piece(page: Served, question: str, language: str) -> None:
    """First the language, then each statement, then the whole answer: the same as in Python, to the last field."""
    first, *statements, last = events(page.client.post("/api/ask", json={"question": question}))
    direct = page.assistant.ask(question)
    assert first == {"language": language}
    assert [event["statement"] for event in statements] == [to_dict(statement) for statement in direct.statements]
    assert settled(last["answer"]) == settled(json.loads(json.dumps(to_dict(direct))))
    assert answer_from(last["answer"]).citations == direct.citations


def test_a_refusal_is_an_answer(page: Served) -> None:
    """What the articles do not say is an answer with that status, in the language that was asked for."""
    asked = {"question": ELSEWHERE, "language": "fa", "filters": {"until": "1999-01-01"}}
    first, last = events(page.client.post("/api/ask", json=asked))
    assert (first, last["answer"]["status"]) == ({"language": "fa"}, "not_found")


def test_filters_and_history_count(page: Served) -> None:
    """Filters restrict the articles, by the beginnings of their ids too, and a follow-up is understood with what came before."""
    every = page.assistant.ask(FA).citations
    one = every[0].source
    for filters in ({"articles": [one.article_id[:6]]}, {"publishers": [one.publisher], "languages": ["fa"]}):
        answer = events(page.client.post("/api/ask", json={"question": FA, "filters": filters}))[-1]["answer"]
        assert {citation["source"]["article_id"] for citation in answer["citations"]} == {one.article_id}
    none = events(page.client.post("/api/ask", json={"question": FA, "filters": {"since": "1999-01-01", "until": "1999-01-02"}}))
    assert none[-1]["answer"]["status"] == "not_found"
    turns = [{"question": "x" * 9_000, "answer": "y"}, {"question": FA, "answer": "…"}]
    followed = events(page.client.post("/api/ask", json={"question": "و او کیست؟", "history": turns}))[-1]["answer"]
    assert "پوتین" in followed["trace"]["query"]


def test_history_is_bounded() -> None:
    """The latest turns are kept, each no longer than a question may be."""
    turns = [{"question": f"{number}{'x' * 9_000}", "answer": "y" * 9_000} for number in range(30)]
    kept = asking.read(asking.Question, {"question": "q", "history": turns}).turns
    assert [turn.question[:2] for turn in kept] == [str(number) for number in range(18, 30)]
    assert {(len(turn.question), len(turn.answer)) for turn in kept} == {(4_000, 4_000)}


BAD: list[tuple[str, object, str]] = [
    ("/api/ask", [], ""),
    ("/api/ask", {}, "question"),
    ("/api/ask", {"question": 7}, "question"),
    ("/api/ask", {"question": None}, "question"),
    ("/api/ask", {"question": "x", "langauge": "fa"}, "langauge"),
    ("/api/ask", {"question": "x", "language": "english"}, "language"),
    ("/api/ask", {"question": "x", "translate_quotes": "yes"}, "translate_quotes"),
    ("/api/ask", {"question": "x", "history": "none"}, "history"),
    ("/api/ask", {"question": "x", "history": [{"answer": "y"}]}, "history.0.question"),
    ("/api/ask", {"question": "x", "filters": {"since": "yesterday"}}, "filters.since"),
    ("/api/ask", {"question": "x", "filters": {"languages": ["fa"] * 51}}, "filters.languages"),
    ("/api/ask", {"question": "x", "filters": {"publishers": ["x" * 201]}}, "filters.publishers.0"),
    ("/api/search", {"question": "x", "limit": 0}, "limit"),
    ("/api/search", {"question": "x", "limit": 101}, "limit"),
    ("/api/search", {"question": "x", "limit": "9"}, "limit"),
    ("/api/search", {"question": "x", "history": []}, "history"),
    ("/api/search", {"question": "x", "filters": {"since": "2020-01-02", "until": "2020-01-01"}}, "since"),
]


@pytest.mark.parametrize(("path", "body", "named"), BAD)
def test_a_request_that_cannot_be_read_is_named(page: Served, path: str, body: object, named: str) -> None:
    """What is wrong with a request is said in one line, in the visitor's language, with the field."""
    for language, beginning in (("en", "This request"), ("fa-IR", "این درخواست"), ("ar", "تعذّرت"), ("de", "This request")):
        response = page.client.post(path, json=body, headers={"accept-language": language})
        error = response.json()["error"]
        assert (response.status_code, error["kind"], error["exit"]) == (400, "BadRequest", 2)
        assert error["message"].startswith(beginning)
        assert named in error["message"]
        assert "\n" not in error["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 20_000, b"NaN", b'"x"'])
def test_what_is_no_request_is_refused(page: Served, body: bytes) -> None:
    """Broken, bottomless or other JSON is a bad request, not a fault."""
    assert page.client.post("/api/ask", content=body, headers=JSON).status_code == 400


@pytest.mark.parametrize(
    ("body", "kind", "exit_code", "language"),
    [
        ({"question": "؟"}, "QuestionError", 2, "fa"),
        ({"question": "x" * 4_001}, "QuestionError", 2, "en"),
        ({"question": "\ud800"}, "QuestionError", 2, "en"),
        ({"question": AR, "filters": {"articles": ["ffff"]}}, "UnknownArticle", 2, "ar"),
        ({"question": FA, "filters": {"since": "2020-01-02", "until": "2020-01-01"}}, "BadRequest", 2, "fa"),
    ],
)
def test_what_goes_wrong_with_a_question(page: Served, body: dict[str, Any], kind: str, exit_code: int, language: str) -> None:
    """An error is the last line, in the question's language, with the exit code it has on the command line and no inner words."""
    *_, last = events(page.client.post("/api/ask", content=json.dumps(body), headers=JSON))
    assert (last["error"]["kind"], last["error"]["exit"], "detail" in last["error"]) == (kind, exit_code, False)
    assert last["error"]["message"].isascii() is (language == "en")


def test_without_a_library_the_page_is_there(tmp_path: Path) -> None:
    """The page starts over nothing: it says that there is no library, and makes none by being asked."""
    folder = tmp_path / "nowhere"
    with served(load(library=folder)) as page:
        assert page.client.get("/").status_code == 200
        assert page.client.get("/api/status").json()["library"] is None
        [event] = events(page.client.post("/api/ask", json={"question": FA}))
        assert (event["error"]["kind"], event["error"]["exit"]) == ("NoLibrary", 3)
        assert str(folder) not in json.dumps(event)
        search = page.client.post("/api/search", json={"question": FA})
        assert (search.status_code, search.json()["error"]["kind"]) == (404, "NoLibrary")
    assert not folder.exists()


def test_searching_and_reading(page: Served) -> None:
    """Passages come as in Python; an article comes with its text, of which a quote is a slice, and without where it lies."""
    hits = page.client.post("/api/search", json={"question": FA, "limit": 3}).json()["hits"]
    assert hits == json.loads(json.dumps([to_dict(hit) for hit in page.assistant.search(FA, limit=3)]))
    citation = page.assistant.ask(FA).citations[0]
    article = page.client.get(f"/api/article/{citation.source.article_id}")
    assert article.headers["cache-control"] == "no-store"
    shown = article.json()
    assert list(shown) == ["source", "text", "location", "boilerplate"]
    assert shown["text"][citation.start : citation.end] == citation.quote
    assert re.fullmatch(r"\w+\.txt", shown["location"])
    assert page.client.get("/api/article/ffff").json()["error"]["kind"] == "UnknownArticle"


# -- several at once --------------------------------------------------------------------------------------------------


def test_a_client_that_goes_away_stops_the_model(with_model: Served, model_server: ModelServer) -> None:
    """When nobody listens any more, the request to the model is broken off."""
    line = json.dumps({"say": "x", "from": []}) + "\n"
    model_server.always(Reply(line, hang=2))
    with with_model.client.stream("POST", "/api/ask", json={"question": FA}) as response:
        lines = response.iter_lines()
        assert json.loads(next(lines)) == {"language": "fa"}
        wait_for(lambda: model_server.asked())
    assert model_server.asked()[0].broken_off.wait(30)


def test_one_who_stops_does_not_stop_another(with_model: Served, model_server: ModelServer) -> None:
    """Two ask at once; one goes away in the middle, and the other gets a whole answer."""
    model_server.script(Reply("x", hang=0))
    with with_model.client.stream("POST", "/api/ask", json={"question": FA}) as gone:
        lines = gone.iter_lines()
        next(lines)
        wait_for(lambda: model_server.asked())
        with with_model.client.stream("POST", "/api/ask", json={"question": AR}) as staying:
            rest = staying.iter_lines()
            assert json.loads(next(rest)) == {"language": "ar"}
            gone.close()
            last = [json.loads(line) for line in rest][-1]
    assert (last["answer"]["status"], last["answer"]["mode"]) == ("answered", "generative")
    assert model_server.asked()[0].broken_off.wait(30)


def test_statements_come_before_the_answer_is_whole(page: Served, with_model: Served, model_server: ModelServer) -> None:
    """A verified statement is sent while the model still writes."""
    sentence = page.assistant.ask(FA).citations[0].quote
    said = json.dumps({"say": sentence, "from": [{"p": 1, "quote": sentence}]}, ensure_ascii=False) + "\n"
    model_server.script(Reply(""))  # to the request for translations of the question
    model_server.always(Reply(pieces=[said, "x"], hang=1))
    with with_model.client.stream("POST", "/api/ask", json={"question": FA}) as response:
        lines = response.iter_lines()
        assert json.loads(next(lines)) == {"language": "fa"}
        assert json.loads(next(lines))["statement"]["text"] == sentence
    assert model_server.asked()[-1].broken_off.wait(30)


def test_a_bounded_number_waits(with_model: Served, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the line is full, the next is told to come again, and those before it are served."""
    monkeypatch.setattr(asking, "WAITING", 1)
    model_server.always(Reply("x", hang=0))
    streams = [with_model.client.stream("POST", "/api/ask", json={"question": FA}) for _ in range(asking.AT_ONCE)]
    kept = [stream.__enter__().iter_lines() for stream in streams]
    assert [json.loads(next(lines)) for lines in kept] == [{"language": "fa"}] * asking.AT_ONCE
    replies: list[httpx.Response] = []

    def search() -> None:
        replies.append(httpx.post(f"{with_model.url}/api/search", json={"question": FA}, timeout=60, trust_env=False))

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_for(lambda: replies)
    assert (replies[0].status_code, replies[0].json()["error"]["kind"], len(replies)) == (503, "Busy", 1)
    for stream in streams:
        stream.__exit__(None, None, None)
    for thread in threads:
        thread.join(60)
    assert [reply.status_code for reply in replies] == [503, 200]


# -- other programs ---------------------------------------------------------------------------------------------------


def called(client: httpx.Client, path: str, body: object) -> tuple[str, Any]:
    """The last event of a call through Gradio's protocol."""
    event_id = client.post(f"/gradio_api/call/{path}", json=body).json()["event_id"]
    *_, event, data = client.get(f"/gradio_api/call/{path}/{event_id}").text.strip().split("\n")
    return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_gradio_calls(page: Served) -> None:
    """`ask`, `search` and `article` answer through Gradio's REST calls, by place and by name, as the command line does."""
    kind, (answer,) = called(page.client, "ask", {"data": [FA, None, None, None, None, None]})
    assert (kind, settled(answer)) == ("complete", settled(json.loads(json.dumps(to_dict(page.assistant.ask(FA))))))
    kind, (answer,) = called(page.client, "v2/ask", {"question": ELSEWHERE, "language": "ar", "until": "1999-01-01"})
    assert (kind, answer["status"], answer["language"]) == ("complete", "not_found", "ar")
    kind, (hits,) = called(page.client, "v2/search", {"question": AR, "limit": 2, "written_in": ["ar"]})
    assert (kind, [hit["passage"]["source"]["language"] for hit in hits]) == ("complete", ["ar", "ar"])
    kind, (article,) = called(page.client, "v2/article", {"article_id": hits[0]["passage"]["source"]["article_id"]})
    passage = hits[0]["passage"]
    assert (kind, article["text"][passage["start"] : passage["end"]]) == ("complete", passage["text"])


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("v2/ask", {"question": "x" * 4_001}, "QuestionError"),
        ("v2/ask", {"question": " "}, "QuestionError"),
        ("v2/ask", {"question": FA, "language": "persian"}, "BadRequest"),
        ("v2/ask", {"question": FA, "since": "soon"}, "BadRequest"),
        ("v2/search", {"question": FA, "limit": 1_000}, "BadRequest"),
        ("v2/article", {"article_id": "ffff"}, "UnknownArticle"),
    ],
)
def test_gradio_calls_are_checked(page: Served, path: str, body: dict[str, Any], kind: str) -> None:
    """What is too long or makes no sense is refused by the server, in words."""
    event, told = called(page.client, path, body)
    assert (event, told["error"].split(":")[0]) == ("error", kind)


def test_only_the_three_are_public(page: Served) -> None:
    """Programs are offered the three tools; the chat's own events are not among them, nor callable by name."""
    assert list(page.client.get("/gradio_api/info").json()["named_endpoints"]) == ["/ask", "/search", "/article"]
    assert page.client.post("/gradio_api/call/submit", json={"data": []}).status_code == 404


def test_no_question_goes_past_the_line(page: Served) -> None:
    """What the page asks through Gradio's queue cannot be asked beside it, where nobody counts; and few visits are remembered."""
    events = {
        event["targets"][0][1]: event["id"] for event in page.client.get("/config").json()["dependencies"] if event["targets"]
    }
    body = {"data": [], "event_data": {}, "session_hash": "x"}
    replies = {
        name: page.client.post("/gradio_api/run/predict", json={**body, "fn_index": events[name]}).status_code
        for name in ("ask", "restore")
    }
    assert replies == {"ask": 404, "restore": 200}


def test_gradio_client(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio's own Python client works."""
    import huggingface_hub
    from gradio_client import Client

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)  # else it looks up there by whom it is used
    client = Client(page.url, verbose=False, analytics_enabled=False, download_files=False)
    try:
        assert client.predict(EN, api_name="/ask")["status"] == "answered"
    finally:
        client.close()


def rpc(page: Served, method: str, params: object) -> Any:
    """The result of one MCP request."""
    headers = {"accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    response = page.client.post("/gradio_api/mcp/", json=body, headers=headers)
    assert response.status_code == 200, response.text
    return json.loads(next(line for line in response.text.splitlines() if line.startswith("data:"))[5:])["result"]


def test_mcp_lists_exactly_three_tools(guarded: Served) -> None:
    """MCP clients see the three tools, each argument described, also behind a password."""
    tools = rpc(guarded, "tools/list", {})["tools"]
    assert [tool["name"] for tool in tools] == ["ask", "search", "article"]
    arguments = [argument for tool in tools for argument in tool["inputSchema"]["properties"].values()]
    assert [argument for argument in arguments if not argument.get("description")] == []
    assert [tool["inputSchema"]["required"] for tool in tools] == [["question"], ["question"], ["article_id"]]
    assert rpc(guarded, "resources/list", {})["resources"] == []
    assert rpc(guarded, "prompts/list", {})["prompts"] == []


def test_mcp_answers_in_json(guarded: Served) -> None:
    """A tool's result is the JSON every other face gives; what goes wrong is an error in words."""
    result = rpc(guarded, "tools/call", {"name": "ask", "arguments": {"question": FA}})
    assert result["isError"] is False
    direct = json.loads(json.dumps(to_dict(guarded.assistant.ask(FA))))
    assert settled(json.loads(result["content"][0]["text"])) == settled(direct)
    wrong = rpc(guarded, "tools/call", {"name": "ask", "arguments": {"question": "x" * 4_001}})
    assert (wrong["isError"], wrong["content"][0]["text"].split(":")[0]) == (True, "QuestionError")


def commands(page: Path) -> list[list[str]]:
    """The curl commands that a page of the documentation shows as ones to run."""
    blocks = [token.content for token in MarkdownIt().parse(page.read_text(encoding="utf-8")) if token.info.strip() == "sh"]
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines]


def test_the_documented_commands_work(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every curl command of docs/http.md does what the page says: it is taken, and gives JSON."""
    folder = tmp_path / "library"
    shutil.copytree(made, folder)
    monkeypatch.chdir(tmp_path)
    Path("news.txt").write_text("تیم ملی والیبال ایران روز جمعه در اصفهان تیم ملی ژاپن را سه بر یک شکست داد.", encoding="utf-8")
    parser = argparse.ArgumentParser(exit_on_error=False)
    for flag in ("-H", "-d", "-X"):
        parser.add_argument(flag)
    parser.add_argument("-F", action="append", default=[])
    for flag in ("-s", "-N"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("url")
    seen = []
    with served(folder) as page:
        for name, *arguments in commands(ROOT / "docs" / "http.md"):
            given = parser.parse_args(arguments)
            assert (name, given.url.startswith("http://127.0.0.1:7860/")) == ("curl", True)
            form = dict(part.split("=", 1) for part in given.F)
            files = {name: (value[1:], Path(value[1:]).read_bytes()) for name, value in form.items() if value[0] == "@"}
            response = page.client.request(
                given.X or ("POST" if given.d or files else "GET"),
                given.url.removeprefix("http://127.0.0.1:7860"),
                headers=dict([given.H.split(": ")]) if given.H else {},
                content=given.d and given.d.encode(),
                data={name: value for name, value in form.items() if value[0] != "@"},
                files=files or None,
            )
            assert response.status_code == 200, given
            last = json.loads(response.text.splitlines()[-1])
            assert "error" not in last, given
            seen.append(sorted(last)[0])
    assert seen[:2] == ["answer", "answer"]
    assert len(seen) == 13


# -- starting and stopping --------------------------------------------------------------------------------------------


def test_a_taken_port(library: Path) -> None:
    """A port that was asked for and is taken is an error that says so; otherwise the next free one serves, and that is said."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} is taken"):
            starting.listening(Options(port=port))
        with starting.listening(Options(port=port, or_next=True)) as listener:
            moved = listener.getsockname()[1]
    assert port < moved <= port + 20
    lines = list(starting.start_message(Options(port=port, or_next=True), f"http://127.0.0.1:{moved}", moved))
    assert lines == [f"Port {port} is taken by another program, so the page is at http://127.0.0.1:{moved}; Ctrl-C stops it."]


def test_no_place_to_listen() -> None:
    """An address that is not this machine's is an error that names it."""
    with pytest.raises(ConfigurationError, match=r"cannot listen at 192\.0\.2\.7"):
        starting.listening(Options(host="192.0.2.7", port=0))


def test_others_need_a_password() -> None:
    """Where others can reach it, the page starts with a password or behind a proxy; without encryption it says so."""
    for host in ("0.0.0.0", "192.0.2.7", "::", "news.example"):
        with pytest.raises(ConfigurationError, match="SANAD_UI__PASSWORD"):
            options_from(Settings(), host=host)
        secret = options_from(Settings(ui=UiSettings(password="x")), host=host)  # type: ignore[arg-type]
        assert (secret.host, secret.password) == (host, "x")
        assert len(list(starting.start_message(secret, "http://x:7860", 7860))) == 2
        behind = options_from(Settings(), host=host, behind_proxy=True)
        assert len(list(starting.start_message(behind, "http://x:7860", 7860))) == 1
    for host in ("127.0.0.1", "localhost", "::1", "127.1.2.3"):
        assert is_loopback(host)
        assert options_from(Settings(), host=host).password is None


def test_what_is_given_comes_before_what_is_set() -> None:
    """Options of the command line win over settings; a port that was set is not moved."""
    settings = Settings(ui=UiSettings(port=9_000, hosts="a.example, B.example"))
    assert options_from(settings, mcp=True) == Options(port=9_000, mcp=True, hosts=("a.example", "b.example"))
    assert options_from(settings, port=0, read_only=True) == Options(port=0, read_only=True, hosts=("a.example", "b.example"))
    assert options_from(Settings()) == Options(or_next=True)


def test_mcp_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`--mcp` where the library for it is missing is one line that says how to get it."""
    monkeypatch.setattr(starting, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'sanad\[mcp\]'"):
        starting.serve(Assistant(tmp_path), Options(port=0, mcp=True))


def test_serving_opens_a_browser_and_stops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`serve` tells where the page is, opens it if asked, and returns when it is interrupted; signals are as before then."""
    opened: list[str] = []

    def visit(address: str) -> bool:
        opened.append(address)
        signal.raise_signal(signal.SIGINT)
        return True

    monkeypatch.setattr(starting.webbrowser, "open", visit)
    said: list[str] = []
    before = signal.getsignal(signal.SIGINT)
    assert starting.serve(Assistant(tmp_path / "none"), Options(port=0), tell=said.append, in_browser=True) == 0
    assert said == [f"The page is at {opened[0]}; Ctrl-C stops it."]
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("command", "number"), [(["-m", "assistant", "ui"], signal.SIGTERM), ([str(ROOT / "app.py")], signal.SIGINT)]
)
def test_it_stops_although_a_tab_is_open(made: Path, tmp_path: Path, command: list[str], number: signal.Signals) -> None:
    """`sanad ui` and `app.py` say where the page is; told to stop while a browser listens, they end well all the same."""
    folder = tmp_path / "library"
    shutil.copytree(made, folder)
    environment = {**os.environ, "SANAD_LIBRARY": str(folder), "SANAD_UI__PORT": "0"}
    with subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, encoding="utf-8", env=environment) as process:
        assert process.stderr is not None
        found = re.fullmatch(r"The page is at (http://127\.0\.0\.1:\d+); Ctrl-C stops it\.\n", process.stderr.readline())
        assert found is not None
        with httpx.Client(base_url=found[1], trust_env=False, timeout=60) as client:
            wait_for(lambda: (folder / "page.json").exists())
            with client.stream("GET", "/gradio_api/heartbeat/tab") as tab:
                assert tab.status_code == 200
                process.send_signal(number)
                assert process.wait(60) == 0
        assert process.stderr.read() == ""
    assert not (folder / "page.json").exists()


def test_app_py_says_what_is_wrong() -> None:
    """What keeps `app.py` from starting is one line, and an exit code."""
    environment = {**os.environ, "SANAD_UI__HOST": "0.0.0.0"}
    done = subprocess.run([sys.executable, ROOT / "app.py"], env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n"), done.stderr[:7]) == (2, "", 1, "sanad: ")
