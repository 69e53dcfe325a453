"""A model server for tests: OpenAI's protocol over real HTTP on this machine, with answers that are scripted or made up.

Without a script it answers as `composed` does: from the passages of the prompt, in the line protocol of the project.
"""

from __future__ import annotations

import json
import math
import re
import select
import socket
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

__all__ = ["ModelServer", "Passage", "Reply", "Request", "composed", "gullible", "passages", "vector"]

CHARACTERS = 4  # of a piece of a streamed answer, so that words are cut
DIMENSION = 16

Chat = Sequence[Mapping[str, str]]
Items = list[dict[str, Any]]


@dataclass(frozen=True)
class Reply:
    """What the server does with one request; by default it answers well.

    A chat answer is `text` (None: no content at all), cut into `pieces` unless given, each after `delay` seconds; `reasoning`
    goes first. `hang` and `cut` say after how many pieces the server falls silent or drops the connection; a `hang` below 0
    does not even send headers. Without `done` the stream ends without its closing words. `choices` False sends none.
    Embeddings go through `change`. A `status` that is no success sends `error` as its reason; `body` is sent as it is.
    """

    text: str | None = ""
    pieces: Sequence[str] | None = None
    delay: float = 0.0
    reasoning: str = ""
    hang: int | None = None
    cut: int | None = None
    finish: str | None = "stop"
    done: bool = True
    choices: bool = True
    usage: tuple[int, int] | None = (11, 7)
    change: Callable[[Items], Items] = list
    status: int = 200
    error: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    kind: str = "application/json"


@dataclass
class Request:
    """One request as it came, `at` which second. `broken_off` is set once the client went away before the end."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    at: float = field(default_factory=time.monotonic)
    broken_off: threading.Event = field(default_factory=threading.Event)


class ModelServer:
    """The server, running while its context lasts. Attributes may be changed at any time.

    `key` is the only key let in, `models` the only models there are (None: any). `lacks` names request parameters that are
    refused, "stream" among them; with `ignores_stream` it is passed over in silence. `answer` makes up the text of every chat
    that is not scripted, `delay` is what each of its pieces takes. `connections` were made in all, and `most_at_once` is how many
    requests were under way together.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.key: str | None = None
        self.models: list[str] | None = None
        self.lacks: set[str] = set()
        self.ignores_stream = False
        self.answer: Callable[[Chat], str] = composed
        self.delay = 0.0
        self.connections = 0
        self.at_once = 0
        self.most_at_once = 0
        self._script: deque[Reply] = deque()
        self._always: Reply | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name="model-server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/v1"

    def script(self, *replies: Reply) -> None:
        """Answer the next chats and embeddings with these, one each."""
        self._script.extend(replies)

    def forget(self) -> None:
        """Be as at first: an honest one that nothing was asked of and nothing is scripted for."""
        self._script.clear()
        self._always = None
        self.answer = composed
        self.delay = 0.0
        self.requests.clear()

    def always(self, reply: Reply | None) -> None:
        """Answer whatever is not scripted with this."""
        self._always = reply

    def asked(self, path: str = "/v1/chat/completions") -> list[Request]:
        """The requests to one path, in the order they came."""
        return [request for request in self.requests if request.path == path]

    # -- for the handler ---------------------------------------------------------------------------------------------

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def arrived(self, request: Request) -> Reply | None:
        """Notes the request; the reply it was given by the script."""
        with self._lock:
            self.requests.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            if request.path == "/v1/models":
                return None
            return self._script.popleft() if self._script else self._always

    def left(self) -> None:
        """A request is done."""
        with self._lock:
            self.at_once -= 1

    def refusal(self, request: Request) -> Reply | None:
        """The reply to a request that cannot be served, None when it can."""
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "Incorrect API key provided.", code="invalid_api_key")
        for name in sorted(self.lacks & request.body.keys()):
            return _error(400, f"Unsupported parameter: '{name}' is not supported here.", param=name)
        model = request.body.get("model")
        if self.models is not None and model is not None and model not in self.models:
            return _error(404, f"The model `{model}` does not exist.", code="model_not_found")
        return None


def _error(status: int, message: str, **more: str) -> Reply:
    return Reply(status=status, error={"message": message, "type": "invalid_request_error", **more})


class _Server(ThreadingHTTPServer):
    """Joins its threads when it is closed: nothing outlives a test."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, model_server: ModelServer) -> None:
        self.model_server = model_server
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        self.model_server.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Ends connections that clients keep open."""
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what these tests are about."""


class _GoneError(Exception):
    """The client, or the test, does not want more."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def _serve(self, body: dict[str, Any]) -> None:
        self.place = self.server.model_server
        self._left = False
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.request_seen = Request(self.path, headers, body)
        scripted = self.place.arrived(self.request_seen)
        try:
            self._reply(self.place.refusal(self.request_seen) or scripted)
        except (_GoneError, OSError):
            self.request_seen.broken_off.set()
            self.close_connection = True
        finally:
            self._done()

    def _done(self) -> None:
        """Before the last words go out: whoever has heard them may be back before this thread takes another step."""
        if not self._left:
            self._left = True
            self.place.left()

    def _reply(self, reply: Reply | None) -> None:
        if reply is not None and reply.hang is not None and reply.hang < 0:
            self._rest(math.inf)
        if reply is not None and (reply.status != 200 or reply.body is not None):
            body = reply.body if reply.body is not None else json.dumps({"error": reply.error}).encode()
            self._send(body, status=reply.status, kind=reply.kind, headers=reply.headers)
        elif self.path == "/v1/models":
            self._models()
        elif self.path == "/v1/embeddings":
            self._embeddings(reply or Reply())
        elif self.path == "/v1/chat/completions":
            self._chat(reply or Reply(self.place.answer(self.request_seen.body["messages"]), delay=self.place.delay))
        else:
            self._send(b'{"detail": "Not Found"}', status=404)

    def _models(self) -> None:
        if self.place.models is None:
            self._send(b'{"detail": "Not Found"}', status=404)
        else:
            listed = [{"id": name, "object": "model", "created": 0, "owned_by": "test"} for name in self.place.models]
            self._send(json.dumps({"object": "list", "data": listed}).encode())

    def _embeddings(self, reply: Reply) -> None:
        asked = self.request_seen.body
        length = asked.get("dimensions", DIMENSION)
        if reply.delay:
            self._rest(reply.delay)
        items = [
            {"object": "embedding", "index": index, "embedding": vector(text, length)} for index, text in enumerate(asked["input"])
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        done = {"object": "list", "model": asked["model"], "data": reply.change(items), "usage": usage}
        self._send(json.dumps(done).encode())

    def _chat(self, reply: Reply) -> None:
        if self.request_seen.body.get("stream") and not self.place.ignores_stream:
            self._stream(reply)
            return
        message = {"role": "assistant", "content": reply.text}
        choices = [{"index": 0, "message": message, "finish_reason": reply.finish}] if reply.choices else []
        completion = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": choices}
        self._send(json.dumps(completion | ({"usage": _usage(reply.usage)} if reply.usage else {})).encode())

    def _stream(self, reply: Reply) -> None:
        self.send_response(200)
        for name, value in {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        for count, delta in enumerate(_deltas(reply)):
            if count == reply.cut:
                raise _GoneError
            self._rest(math.inf if count == reply.hang else reply.delay)
            self._event([{"index": 0, "delta": delta, "finish_reason": None}] if reply.choices else [])
        if reply.cut is not None:
            raise _GoneError
        if reply.hang is not None:
            self._rest(math.inf)
        if reply.finish and reply.choices:
            self._event([{"index": 0, "delta": {}, "finish_reason": reply.finish}])
        if reply.usage and self.request_seen.body.get("stream_options", {}).get("include_usage"):
            self._event([], usage=_usage(reply.usage))
        self._done()
        if reply.done:
            self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, choices: list[dict[str, Any]], **more: object) -> None:
        event = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": choices, **more}
        self._chunk(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _send(
        self, body: bytes, *, status: int = 200, kind: str = "application/json", headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self._done()
        self.wfile.write(body)

    def _rest(self, seconds: float) -> None:
        """Waits, and sees when the client goes away meanwhile."""
        waited = 0.0
        while waited < seconds:
            step = min(0.01, seconds - waited)
            readable, _, _ = select.select([self.connection], [], [], step)
            if self.place.stopping or (readable and not self.connection.recv(1, socket.MSG_PEEK)):
                raise _GoneError
            waited += step


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    for start in range(0, len(reply.reasoning), CHARACTERS):
        yield {"reasoning_content": reply.reasoning[start : start + CHARACTERS], "content": None}
    text = reply.text
    if text is None:
        yield {"role": "assistant", "content": None}
        return
    for piece in reply.pieces or [text[start : start + CHARACTERS] for start in range(0, len(text), CHARACTERS)]:
        yield {"content": piece}


def _usage(tokens: tuple[int, int]) -> dict[str, int]:
    return {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}


def vector(text: str, dimension: int = DIMENSION) -> list[float]:
    """What the server embeds `text` as: its words, hashed, and not of unit length."""
    row = [0.0] * dimension
    row[0] = 0.5
    for word in re.findall(r"\w+", text):
        row[zlib.crc32(word.encode()) % dimension] += 2.0
    return row


# -- answers that are made up -----------------------------------------------------------------------------------------

# A sentence that any quote proves, where the passages are not in the language of the answer.
SO_IT_SAYS = {"Persian": "این در گزارش آمده است.", "Arabic": "ورد هذا في التقرير.", "English": "The report says so."}


@dataclass(frozen=True)
class Passage:
    """A passage as a prompt shows it, without the marks."""

    number: int
    about: Mapping[str, str]
    text: str


def passages(prompt: str) -> list[Passage]:
    """The fenced passages of a prompt."""
    found = re.finditer(r"^<<< passage (\d+) (\S+)\n(.*?)\n>>> end \1 \2$", prompt, re.DOTALL | re.MULTILINE)
    return [_passage(int(fence[1]), fence[3].split("\n"), fence[2]) for fence in found]


def _passage(number: int, lines: Sequence[str], mark: str) -> Passage:
    plain = [line.removeprefix(mark).removeprefix(" ") for line in lines]
    end = plain.index("")
    headings = (re.fullmatch(r"\[(outlet|published|language|title): (.*)\]", line) for line in plain[:end])
    about = {heading[1]: heading[2] for heading in headings if heading}
    return Passage(number, about, "\n".join(plain[end + 1 :]))


def composed(chat: Chat) -> str:
    """What a simple-minded but honest model writes: the sentences of the passages that share most words with the question."""
    prompt = chat[-1]["content"]
    if "Last question: " in prompt:
        earlier = re.findall(r"^Q: (.*)$", prompt, re.MULTILINE)
        return f"{prompt.rpartition('Last question: ')[2]} {earlier[-1] if earlier else ''}".strip()
    if languages := re.match(r"Languages: (.*)\nQuestion: (.*)", prompt):
        return json.dumps(dict.fromkeys(re.findall(r"(\w+) \(", languages[1]), languages[2]), ensure_ascii=False)
    if "Refused because " in prompt:
        return "\n".join(_mended(chat[0]["content"], prompt))
    if passages(prompt):
        return "\n".join(_answered(prompt))
    if quotes := re.findall(r"^(\d+):\n", prompt, re.MULTILINE):
        language = next((name for name in SO_IT_SAYS if f"into {name}" in chat[0]["content"]), "English")
        return "\n".join(_line(n=int(number), text=SO_IT_SAYS[language]) for number in quotes)
    return "..."


def gullible(chat: Chat) -> str:
    """What a model writes that obeys whatever a passage says: its lines, bare and as claims that quote themselves."""
    written = []
    for passage in passages(chat[-1]["content"]):
        for line in filter(str.strip, passage.text.split("\n")):
            written += [line, _line(say=line, **{"from": [{"p": passage.number, "quote": line}]})]
    return "\n".join(written) or composed(chat)


def _answered(prompt: str) -> list[str]:
    question = prompt.rpartition("\nQuestion: ")[2]
    told = re.search(r"answer in (\w+)\.", prompt)
    language = told[1] if told else "English"
    wanted = _stems(question)
    shown = passages(prompt)
    scored = [
        (len(wanted & _stems(sentence)), -passage.number, sentence, passage)
        for passage in shown
        for sentence in _sentences(passage.text)
    ]
    best = sorted((row for row in scored if row[0] >= min(2, len(wanted))), key=lambda row: row[:2], reverse=True)[:2]
    if not best and shown[0].about.get("language", language) != language:
        best = scored[:1]  # it reads no other language, and trusts whoever found the passage
    lines = []
    for _, _, sentence, passage in best:
        same = passage.about.get("language", language) == language
        say = sentence if same else SO_IT_SAYS.get(language, SO_IT_SAYS["English"])
        lines.append(_line(say=say, **{"from": [{"p": passage.number, "quote": sentence}]}))
    return lines or [_line(say=None)]


def _mended(system: str, prompt: str) -> Iterator[str]:
    told = re.search(r"begins with the mark (\w+)", system)
    mark = told[1] if told else ""
    for block in prompt.split("Sentence: ")[1:]:
        shown = re.search(rf"^Passage (\d+) says:\n((?:{mark} .*\n?)+)", block, re.MULTILINE)
        sentence = next(iter(_sentences(shown[2].replace(f"{mark} ", ""))), None) if shown else None
        yield _line(say=sentence, **({"from": [{"p": int(shown[1]), "quote": sentence}]} if shown and sentence else {}))


def _line(**parts: object) -> str:
    return json.dumps(parts, ensure_ascii=False)


def _sentences(text: str) -> list[str]:
    """Runs up to a mark with white space after it: a dot inside a word ends nothing."""
    return [part.strip() for part in re.split(r"(?<=[.!?؟])\s+|\n", text) if len(part.split()) >= 4]


def _stems(text: str) -> set[str]:
    """The beginnings of the longer words, the Arabic article left out."""
    return {word.removeprefix("ال")[:4] for word in re.findall(r"\w{3,}", text.casefold())}
