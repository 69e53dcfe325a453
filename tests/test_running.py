"""A running page: the note it leaves, and `sanad ask` going through it without anybody noticing but for the time it takes."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import socketserver
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from http.client import parse_headers
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_server import ModelServer, Reply
from page_server import served
from waiting import wait_for

from assistant import running
from assistant._version import __version__
from assistant.cli import main
from assistant.errors import Notice
from assistant.messages import told
from assistant.pipeline import Assistant
from assistant.rendering import to_dict
from assistant.running import Note, PageGone, answer_from, statement_from
from assistant.settings import Settings, load
from assistant.types import Answer, Citation, Dropped, Filters, Mode, Source, Statement, Status, Trace, Turn
from assistant.ui.options import Options

FA = "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟"
AR = "من قاد الوفد الروسي الذي زار طهران؟"
EN = "Where was Ali Mamlouk's first trip outside Syria in five years?"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def library(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of the seeds of the test's own, set as the library."""
    folder = tmp_path / "library"
    shutil.copytree(made, folder)
    monkeypatch.setenv("SANAD_LIBRARY", str(folder))
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sanad` with these arguments in this process."""

    def command(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["sanad", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Ended(end.value.code, printed.out, printed.err)

    return command


@pytest.fixture
def directly(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The libraries that were opened by `sanad ask` itself and not by a page."""
    opened: list[str] = []
    from_settings = Assistant.from_settings.__func__  # type: ignore[attr-defined]

    def noted(kind: type[Assistant], chosen: Settings | None = None) -> Assistant:
        opened.append(threading.current_thread().name)
        made: Assistant = from_settings(kind, chosen)
        return made

    monkeypatch.setattr(Assistant, "from_settings", classmethod(noted))
    return opened


@contextmanager
def running_page(library: Path, **overrides: object) -> Iterator[Any]:
    """A page that has left its note in the library."""
    with served(load(library=library, **overrides)) as page:
        assert page.note is not None
        page.note.leave()
        yield page


# -- values from their JSON -------------------------------------------------------------------------------------------


names = st.text(max_size=8)
sources = st.builds(
    Source,
    article_id=names,
    fetched=st.none() | st.datetimes(timezones=st.none() | st.just(UTC)).map(lambda moment: moment.replace(fold=0)),
    origins=st.dictionaries(names, names, max_size=2),
)
citations = st.builds(Citation, source=sources, also=st.lists(sources, max_size=2).map(tuple))
statements = st.builds(Statement, citations=st.lists(citations, max_size=2).map(tuple))
numbers = st.floats(allow_nan=False, allow_infinity=False)
traces = st.builds(
    Trace,
    seconds=st.dictionaries(names, numbers, max_size=2),
    prompts=st.dictionaries(names, names, max_size=2),
    cost=st.none() | numbers,
    dropped=st.lists(st.builds(Dropped), max_size=2).map(tuple),
    notes=st.lists(names, max_size=2).map(tuple),
)
answers = st.builds(
    Answer,
    statements=st.lists(statements, max_size=2).map(tuple),
    citations=st.lists(citations, max_size=2).map(tuple),
    nearest=st.lists(sources, max_size=2).map(tuple),
    notes=st.lists(names, max_size=2).map(tuple),
    trace=traces,
)


@settings(max_examples=60)
@given(answers)
def test_an_answer_comes_back_whole(answer: Answer) -> None:
    """What `to_dict` makes of an answer, by way of JSON, is the same answer again, to the last field and its type."""
    again = answer_from(json.loads(json.dumps(to_dict(answer))))
    assert again == answer
    assert repr(again) == repr(answer)


@settings(max_examples=60)
@given(statements)
def test_a_statement_comes_back_whole(statement: Statement) -> None:
    """The same holds for a statement."""
    assert statement_from(json.loads(json.dumps(to_dict(statement)))) == statement


@pytest.mark.parametrize(
    "change",
    [
        {"status": "perhaps"},
        {"statements": [{"text": "x"}]},
        {"statements": 7},
        {"text": None},
        {"trace": {}},
        {"trace": None},
        {"notes": [1]},
        {"nearest": [{"article_id": "x", "published": "soon"}]},
    ],
)
def test_what_is_no_answer_is_refused(change: dict[str, object]) -> None:
    """A field that is missing or of another kind is an error, never half an answer."""
    said = {**to_dict(Answer("?", Status.ANSWERED, Mode.EXTRACTIVE, "fa", "")), **change}
    with pytest.raises((TypeError, ValueError, LookupError, AttributeError)):
        answer_from(said)


# -- the note ---------------------------------------------------------------------------------------------------------


def test_a_note_comes_and_goes(library: Path) -> None:
    """While the page runs there is a note that only its owner may read; when it stops, the note is gone."""
    file = library / "page.json"
    with running_page(library) as page:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        said = json.loads(file.read_text(encoding="utf-8"))
        assert (said["host"], said["port"], said["process"], said["version"]) == ("127.0.0.1", page.port, os.getpid(), __version__)
        assert [name for name in os.listdir(library) if name.startswith("page.json")] == ["page.json"]
    assert not file.exists()


def test_a_note_waits_for_a_library(tmp_path: Path) -> None:
    """A page makes no library by running: the note comes when there is one, and comes again when it was lost."""
    folder = tmp_path / "later"
    note = Note(load(library=folder), host="127.0.0.1", port=1)
    note.leave()
    assert not folder.exists()
    folder.mkdir()
    note.leave()
    assert list(folder.iterdir()) == []
    (folder / "library.db").touch()
    for _ in range(2):
        note.leave()
        (folder / "page.json").unlink()
    note.remove()


def test_the_note_of_another_page_is_let_be(library: Path) -> None:
    """Of two pages the later one is found, and the earlier one, when it stops, takes nothing away."""
    file = library / "page.json"
    earlier, later = (Note(load(library=library), host="127.0.0.1", port=port) for port in (1, 2))
    earlier.take_over()
    later.take_over()
    earlier.leave()
    assert json.loads(file.read_text(encoding="utf-8"))["port"] == 2
    earlier.remove()
    assert file.exists()
    later.remove()
    assert not file.exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that may not be written")
def test_no_note_is_no_harm(library: Path) -> None:
    """Where the folder cannot be written there is no note and no error."""
    library.chmod(0o500)
    try:
        Note(load(library=library), host="127.0.0.1", port=1).take_over()
    finally:
        library.chmod(0o700)
    assert not (library / "page.json").exists()


def test_no_key_is_in_the_note(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note tells no key, and marks of the same settings differ from page to page."""
    monkeypatch.setenv("SANAD_LLM__API_KEY", "sk-canary")
    texts = []
    for port in (1, 2):
        note = Note(load(), host="127.0.0.1", port=port)
        note.take_over()
        texts.append((library / "page.json").read_text(encoding="utf-8"))
        note.remove()
    assert "canary" not in "".join(texts)
    assert json.loads(texts[0])["answers"] != json.loads(texts[1])["answers"]


# -- asking through it ------------------------------------------------------------------------------------------------


def settled(ended: Ended) -> Ended:
    """The end of a command without what differs from run to run."""
    return Ended(
        ended.code, re.sub(r'"(understanding|retrieval|quoting|writing|\w+)": [\d.]+(e-\d+)?', r'"\1": 0', ended.out), ended.err
    )


COMMANDS: list[Sequence[str]] = [
    ("ask", FA),
    ("ask", AR),
    ("ask", EN, "--json"),
    ("ask", "--language", "ar", FA),
    ("ask", FA, "--written-in", "ar", "--json"),
    ("ask", FA, "--translate-quotes"),
    ("ask", FA, "--until", "1999-01-01"),
    ("ask", FA, "--until", "1999-01-01", "--json"),
    ("ask", "سلام"),
    ("ask", FA, "--article", "ffff"),
    ("ask", "x" * 4_001),
    ("ask", "؟"),
]


def test_asking_through_the_page_is_the_same(run: Run, library: Path, directly: list[str]) -> None:
    """Output, errors and exit codes are the same through the page as without it; with it no library is opened."""
    alone = [settled(run(*command)) for command in COMMANDS]
    with running_page(library):
        directly.clear()
        through = [settled(run(*command)) for command in COMMANDS]
    assert through == alone
    assert [ended.code for ended in alone] == [0, 0, 0, 0, 0, 0, 1, 1, 0, 2, 2, 2]
    # Only the two questions that are none are asked again here, to say so in the same words.
    assert len(directly) <= 2


def test_verbose_and_article_go_through(run: Run, library: Path, directly: list[str]) -> None:
    """`--verbose` tells how the page came to its answer, and an article may be named by the beginning of its id."""
    article = json.loads(run("ask", FA, "--json").out)["citations"][0]["source"]["article_id"]
    with running_page(library):
        directly.clear()
        ended = run("ask", FA, "--verbose", "--json", "--article", article[:5])
    assert directly == []
    answer = json.loads(ended.out)
    assert {citation["source"]["article_id"] for citation in answer["citations"]} == {article}
    assert told(Notice("retrieval"), "fa") in ended.err


def test_asking_loads_nothing_heavy(library: Path) -> None:
    """Through a page, `sanad ask` loads neither store nor model client nor web server, and nothing that reckons."""
    heavy = ("chromadb", "tantivy", "gradio", "fastapi", "openai", "llama_index", "numpy")
    code = f"""
import sys
from assistant.cli import main
sys.argv[0] = "sanad"
try:
    main()
except SystemExit as end:
    print(end.code, *[name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
"""
    with running_page(library):
        done = subprocess.run([sys.executable, "-c", code, "ask", FA], capture_output=True, encoding="utf-8", check=False)
    assert (done.stderr, "شمخانی" in done.stdout) == ("0\n", True)


def test_a_model_writes_through_the_page(
    run: Run, library: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same model set here and there, the page's model answers; its statements are shown as they come."""
    for name, value in (("MODEL", "test"), ("BASE_URL", model_server.url), ("API_KEY", "sk-none")):
        monkeypatch.setenv(f"SANAD_LLM__{name}", value)
    alone = run("ask", FA)
    with running_page(library):
        assert settled(run("ask", FA)) == settled(alone)


def test_an_error_of_the_model_ends_as_without_a_page(
    run: Run, library: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused key is the same error, in the same words, with the same exit code."""
    model_server.key = "sk-another"
    for name, value in (("MODEL", "test"), ("BASE_URL", model_server.url), ("API_KEY", "sk-none")):
        monkeypatch.setenv(f"SANAD_LLM__{name}", value)
    alone = run("ask", FA)
    with running_page(library):
        assert run("ask", FA) == alone
    assert alone.code == 9


def test_a_fault_of_the_page_is_told(run: Run, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the page's own ends as one of the command's own does."""
    with running_page(library) as page:

        def broken(*args: object, **options: object) -> None:
            raise KeyError("inner")

        monkeypatch.setattr(page.assistant, "stream", broken)
        ended = run("ask", FA)
    assert (ended.code, ended.out, ended.err.count("\n")) == (70, "", 1)
    assert "KeyError" in ended.err


@pytest.mark.parametrize(
    "different",
    [
        {"SANAD_LANGUAGE": "ar"},
        {"SANAD_PASSAGES": "3"},
        {"SANAD_OFFLINE": "true"},
        {"SANAD_LLM__TEMPERATURE": "0.5"},
        {"SANAD_LLM__API_KEY": "sk-other"},
        {"SANAD_EMBEDDING__QUERY_PREFIX": "query: "},
    ],
)
def test_other_settings_are_not_answered_by_the_page(
    run: Run, library: Path, directly: list[str], monkeypatch: pytest.MonkeyPatch, different: dict[str, str]
) -> None:
    """When anything is set otherwise than for the page, the command answers by itself, as it was told."""
    with running_page(library):
        directly.clear()
        for name, value in different.items():
            monkeypatch.setenv(name, value)
        assert run("ask", EN).code in (0, 1)
        assert len(directly) == 1
        assert (library / "page.json").exists()


def test_settings_that_change_no_answer_do_not_matter(
    run: Run, library: Path, directly: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long to wait for a lock, and where a page would listen, change no answer."""
    with running_page(library):
        directly.clear()
        monkeypatch.setenv("SANAD_LOCK_WAIT", "1")
        monkeypatch.setenv("SANAD_UI__PORT", "9000")
        assert run("ask", FA).code == 0
    assert directly == []


def test_new_words_are_not_answered_by_the_page(run: Run, library: Path, directly: list[str]) -> None:
    """A word list dropped into the library after the page was started is used at once: the command answers by itself."""
    with running_page(library):
        directly.clear()
        (library / "own.tsv").write_text("envoy\tفرستاده\tمبعوث\n", encoding="utf-8")
        run("ask", EN)
    assert len(directly) == 1


def test_another_version_is_not_asked(run: Run, library: Path, directly: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of another version is let be."""
    with running_page(library):
        directly.clear()
        monkeypatch.setattr(running, "__version__", "0.0.0")
        assert run("ask", FA).code == 0
    assert len(directly) == 1


def test_another_library_is_asked_by_itself(run: Run, library: Path, made: Path, directly: list[str], tmp_path: Path) -> None:
    """Another folder, also a copy of this one with the note in it, is not answered by this page."""
    with running_page(library):
        copy = tmp_path / "copy"
        shutil.copytree(made, copy)  # not the one that is being served: a file may go away meanwhile
        shutil.copy(library / "page.json", copy)
        directly.clear()
        for folder in (made, copy):
            assert run("ask", "--library", folder, FA).code == 0
    assert len(directly) == 2


NOTES: list[tuple[str, Callable[[dict[str, Any]], object], bool]] = [
    ("nobody listens there", lambda note: {**note, "port": 1}, False),
    ("the process is gone", lambda note: {**note, "process": 2**22 + 1}, False),
    ("a token of another page", lambda note: {**note, "token": "x" + note["token"]}, True),
    ("another machine", lambda note: {**note, "host": "192.0.2.7"}, True),
    ("a name", lambda note: {**note, "host": "localhost"}, True),
    ("no numbers", lambda note: {**note, "port": "80"}, True),
    ("half of it", lambda note: {"host": note["host"]}, True),
    ("a list", lambda note: [], True),
    ("a word", lambda note: "x", True),
    ("something long", lambda note: {**note, "more": "x" * 10_000}, True),
]


@pytest.mark.parametrize(("said", "stays"), [row[1:] for row in NOTES], ids=[row[0] for row in NOTES])
def test_a_stale_note_is_no_obstacle(
    run: Run, library: Path, directly: list[str], said: Callable[[dict[str, Any]], object], stays: bool
) -> None:
    """A note that leads nowhere, or is none, costs nothing; one that a killed page left is taken away."""
    settings = load()
    note = Note(settings, host="127.0.0.1", port=1)
    note.take_over()
    file = library / "page.json"
    file.write_text(json.dumps(said(json.loads(file.read_text(encoding="utf-8")))), encoding="utf-8")
    ended = run("ask", FA)
    assert (ended.code, ended.err, len(directly), file.exists()) == (0, "", 1, stays)


def test_a_note_that_leads_to_another_page_is_taken_away(run: Run, library: Path, made: Path, directly: list[str]) -> None:
    """Another page in the place of a killed one refuses the token, and the note of the killed one goes."""
    with served(made) as other:
        note = Note(load(), host="127.0.0.1", port=other.port)
        note.take_over()
        directly.clear()
        assert run("ask", FA).code == 0
    assert (len(directly), (library / "page.json").exists()) == (1, False)


class Scripted(socketserver.ThreadingTCPServer):
    """Something that listens where a page did, and sends these bytes to whoever asks."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: Scripted

    def handle(self) -> None:
        self.rfile.readline()
        length = int(parse_headers(self.rfile)["content-length"])
        self.rfile.read(length)  # it may come later than the headers, and who hangs up before is not heard
        self.wfile.write(self.server.reply)


@contextmanager
def pretending(library: Path, reply: bytes) -> Iterator[None]:
    """A note that leads to something that sends `reply`."""
    with Scripted(reply) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        note = Note(load(library=library), host="127.0.0.1", port=server.server_address[1])
        note.take_over()
        try:
            yield
        finally:
            note.remove()
            server.shutdown()
            thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n"
BEGUN = HEAD + b'{"language": "fa"}\n'


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 413 Large\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        HEAD,
        HEAD + b"nonsense\n",
        HEAD + b"[]\n",
        HEAD + b'{"error": {"kind": "Busy", "message": "m", "exit": 4}}\n',
    ],
)
def test_what_is_no_page_is_gone_around(run: Run, library: Path, directly: list[str], reply: bytes) -> None:
    """Whatever listens there and does not begin to answer, the command answers by itself."""
    with pretending(library, reply):
        ended = run("ask", FA)
    assert (ended.code, ended.err, len(directly)) == (0, "", 1)


def test_a_page_that_dies_before_it_said_anything_is_gone_around(run: Run, library: Path, directly: list[str]) -> None:
    """When nothing has been shown yet, the command answers by itself, with `--json` always."""
    statement = json.dumps({"statement": to_dict(Statement("گفت", ()))}).encode() + b"\n"
    for reply, options in ((BEGUN, ()), (BEGUN + b'{"statem', ()), (BEGUN + statement, ("--json",))):
        with pretending(library, reply):
            ended = run("ask", FA, *options)
        assert (ended.code, ended.err) == (0, "")
    assert len(directly) == 3


@pytest.mark.parametrize("rest", [b"", b'{"statement": ', b'{"statement": {"text": 1}}\n', b'{"answer": null}\n', b"{}\n", b"7\n"])
def test_a_page_that_dies_half_way_is_an_honest_error(run: Run, library: Path, directly: list[str], rest: bytes) -> None:
    """What was shown stays, one line says that the page has gone, and nothing is answered twice."""
    statement = json.dumps({"statement": to_dict(Statement("گفته شد", ()))}).encode() + b"\n"
    with pretending(library, BEGUN + statement + rest):
        ended = run("ask", FA)
    assert (ended.code, ended.out.strip(), directly) == (9, "گفته شد", [])
    assert ended.err.startswith("سند: صفحه‌ای که پاسخ می‌داد")
    assert ended.err.count("\n") == 1


def test_the_page_is_asked_from_python_too(library: Path) -> None:
    """`running.ask` streams statements with the history, knows the whole answer at the end and not before, and can be closed."""
    settings = load()
    assert running.ask(settings, FA) is None
    with running_page(library):
        stream = running.ask(settings, "و او کیست؟", [Turn(FA, "…")], filters=Filters(languages=("fa",)))
        assert stream is not None
        assert stream.language == "fa"
        with pytest.raises(RuntimeError, match="not complete"):
            _ = stream.answer
        first = next(stream)
        rest = list(stream)
        assert stream.answer.statements == (first, *rest)
        assert "پوتین" in stream.answer.trace.query
        assert list(stream) == []
        stopped = running.ask(settings, FA)
        assert stopped is not None
        stopped.close()
        with pytest.raises(PageGone):
            stopped.complete()


def test_closing_stops_the_model(library: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the command is interrupted, the page's model is broken off."""
    for name, value in (("MODEL", "test"), ("BASE_URL", model_server.url), ("API_KEY", "sk-none")):
        monkeypatch.setenv(f"SANAD_LLM__{name}", value)
    model_server.always(Reply("x", hang=0))
    with running_page(library):
        stream = running.ask(load(), FA)
        assert stream is not None
        wait_for(lambda: model_server.asked())
        stream.close()
        assert model_server.asked()[0].broken_off.wait(30)


# -- beside it --------------------------------------------------------------------------------------------------------


def test_others_may_use_the_library_beside_the_page(run: Run, library: Path, tmp_path: Path) -> None:
    """While the page runs, asking directly works, and what is taken in or removed meanwhile counts at the page's next question."""
    text = "تیم ملی والیبال ایران روز جمعه در شهر اصفهان تیم ملی ژاپن را با نتیجه سه بر یک شکست داد و قهرمان آسیا شد."
    question = "تیم ملی والیبال ایران در اصفهان کدام تیم را شکست داد؟"
    new = tmp_path / "new.txt"
    new.write_text(text, encoding="utf-8")
    with running_page(library) as page:

        def cited() -> bool:
            reply = page.client.post("/api/ask", json={"question": question}).text.splitlines()[-1]
            return any("ژاپن" in citation["quote"] for citation in json.loads(reply)["answer"]["citations"])

        assert not cited()
        assert run("ingest", new).code == 0
        assert cited()
        assert "ژاپن" in run("ask", question).out
        with Assistant(library) as beside:
            assert any("ژاپن" in citation.quote for citation in beside.ask(question).citations)
            [gone] = [source.article_id for source in beside.articles() if beside.article(source.article_id).text.strip() == text]
        assert run("remove", gone).code == 0
        assert not cited()


def test_a_page_elsewhere_leaves_no_note(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that this machine does not reach over its loopback address leaves no note."""
    from assistant.ui import server, starting

    listener = type("Listener", (), {"getsockname": lambda self: ("192.0.2.7", 7860), "close": lambda self: None})()
    notes: list[object] = []
    monkeypatch.setattr(starting, "listening", lambda options: listener)
    monkeypatch.setattr(server, "build", lambda assistant, options, note: notes.append(note))
    monkeypatch.setattr(server, "Server", lambda *arguments: type("S", (), {"run": lambda self, sockets: None})())
    options = Options(host="192.0.2.7", password="x")
    with Assistant(library) as assistant:
        assert starting.serve(assistant, options, settings=load(), tell=lambda line: None) == 0
    assert notes == [None]
