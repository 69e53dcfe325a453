"""The command line: the right thing on the right stream, the right exit code, and one line with the way out for every fault."""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
from rich.cells import cell_len

from assistant.articles import read
from assistant.cli import main, sanad
from assistant.types import Article

FA = "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟"
AR = "من قاد الوفد الروسي الذي زار طهران؟"
EN = "Where was Ali Mamlouk's first trip outside Syria in five years?"
ELSEWHERE = "Who won the 2016 US presidential election?"
COMMANDS = [
    *("ask", "chat", "search", "ingest", "articles", "show", "remove", "status"),
    *("rebuild", "export", "import", "doctor", "config", "ui"),
]
# What acts on a terminal: C0 and C1 controls but newline and tab, bidi controls, tags.
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sanad` with these arguments in this process."""

    def command(*arguments: str | Path, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "argv", ["sanad", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="ascii"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Ended(end.value.code, printed.out, printed.err)

    return command


def started(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    """`python -m assistant` with these arguments, in a process of its own."""
    defaults = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen([sys.executable, "-m", "assistant", *map(str, arguments)], **defaults | options)


def finished(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out or "", err or "")


@pytest.fixture
def seeds(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same in a folder of the test's own, set as the library."""
    folder = tmp_path / "library"
    shutil.copytree(made, folder)
    monkeypatch.setenv("SANAD_LIBRARY", str(folder))
    return folder


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library folder that does not exist, set as the library."""
    folder = tmp_path / "nowhere"
    monkeypatch.setenv("SANAD_LIBRARY", str(folder))
    return folder


@pytest.fixture
def fresh(made: Path, nowhere: Path) -> Path:
    """A library folder that holds no library yet, only the compiled lexicon, which takes a second to make; set as the library."""
    nowhere.mkdir()
    shutil.copy(made / "lexicon.json", nowhere)
    return nowhere


def one_line(ended: Ended, code: int, *phrases: str) -> None:
    """Nothing on standard output, one line of ours on standard error that says all of `phrases`, and the exit code."""
    assert (ended.code, ended.out, ended.err.count("\n"), ended.err[-1:]) == (code, "", 1, "\n"), ended
    assert [phrase for phrase in phrases if phrase not in ended.err] == [], ended.err
    assert HARMFUL.search(ended.err) is None


# -- what it is for ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "language", "facts"),
    [(FA, "fa", ("شمخانی", "ولایتی")), (AR, "ar", ("لافرنتييف",)), (EN, "en", ("قاهره",))],
)
def test_the_seeds_answer(run: Run, seeds: Path, question: str, language: str, facts: tuple[str, ...]) -> None:
    """The right fact stands in a quote that is a slice of its article, as `ask` and `show` tell it to a program."""
    ended = run("ask", question, "--json")
    answer = ended.json
    assert (ended.code, ended.err, answer["status"], answer["language"]) == (0, "", "answered", language)
    quotes = [citation["quote"] for statement in answer["statements"] for citation in statement["citations"]]
    assert any(fact in quote for fact in facts for quote in quotes)
    assert all(statement["citations"] for statement in answer["statements"])
    for citation in answer["citations"]:
        article = run("show", citation["source"]["article_id"], "--json").json
        assert article["text"][citation["start"] : citation["end"]] == citation["quote"]


@pytest.mark.parametrize(
    ("question", "said", "fact"),
    [(FA, "به گزارش", "شمخانی"), (AR, "المصادر", "لافرنتييف"), (EN, "In an article titled", "قاهره")],
)
def test_an_answer_is_text_on_standard_output(run: Run, seeds: Path, question: str, said: str, fact: str) -> None:
    """Without --json the answer is plain text in the language of the question, and standard error stays empty."""
    ended = run("ask", question)
    assert (ended.code, said in ended.out, fact in ended.out, ended.err) == (0, True, True, "")
    assert HARMFUL.search(ended.out) is None
    assert max(map(cell_len, ended.out.splitlines())) <= 80


def test_what_the_articles_do_not_say(run: Run, seeds: Path) -> None:
    """A question about something else is refused in its language, with exit code 1 and nothing cited."""
    ended = run("ask", ELSEWHERE)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith("The answer to this question is not in the articles.\n")
    answer = run("ask", ELSEWHERE, "--json").json
    assert (answer["status"], answer["language"], answer["statements"], answer["citations"]) == ("not_found", "en", [], [])


def test_two_may_ask_at_once(seeds: Path) -> None:
    """Two processes that ask at the same time both get their answer."""
    both = [started("ask", FA), started("ask", AR)]
    answers = [finished(process) for process in both]
    assert [answer.code for answer in answers] == [0, 0], answers
    assert ("شمخانی" in answers[0].out, "لافرنتييف" in answers[1].out) == (True, True)


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [([EN], b""), (EN.split(), b""), (["-"], EN.encode()), (["--", EN], b""), (["-v", EN], b"")],
    ids=["quoted", "words", "input", "dashes", "verbose"],
)
def test_ways_to_put_a_question(run: Run, seeds: Path, arguments: list[str], stdin: bytes) -> None:
    """A question may stand in quotes or in loose words, or come from standard input."""
    ended = run("ask", *arguments, stdin=stdin)
    assert (ended.code, "قاهره" in ended.out) == (0, True)


def test_verbose_tells_how_on_standard_error(run: Run, seeds: Path) -> None:
    """--verbose adds what was searched and how long it took, away from the answer."""
    ended = run("ask", "-v", EN)
    assert ("How this answer came about" in ended.err, EN.split()[2] in ended.err) == (True, True)
    assert ended.out == run("ask", EN).out


def test_the_language_can_be_pinned(run: Run, seeds: Path) -> None:
    """--language words the answer in another language than the question's; the quotes stay as they are."""
    answer = run("ask", EN, "--language", "FA", "--json").json
    assert (answer["language"], "قاهره" in answer["citations"][0]["quote"]) == ("fa", True)


# -- the collection ---------------------------------------------------------------------------------------------------


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


WORDS = "envoy minister Tehran Aleppo talks border army refugees oil bank court press party sea road school doctor harvest"
REPORT = "The envoy {} flew to Tehran on Sunday. He met the foreign minister there."


def test_ingest_tells_what_it_did(run: Run, fresh: Path, tmp_path: Path) -> None:
    """The report counts what was added, updated, left alone, removed and skipped; the same again changes nothing."""
    news = tmp_path / "news"
    one, two = write(news / "one.txt", REPORT.format("Ivanov")), write(news / "two.txt", REPORT.format("Petrov"))

    def counted(*arguments: str | Path) -> list[int]:
        ended = run("ingest", *arguments)
        assert (ended.code, ended.out) == (0, "")
        return [int(number) for number in re.findall(r"\d+(?= (?:added|updated|unchanged|removed|skipped))", ended.err)]

    assert counted(news) == [2, 0, 0, 0, 0]
    assert counted(news) == [0, 0, 2, 0, 0]
    write(one, REPORT.format("Sidorov"))
    assert counted(news, "--seeds") == [5, 1, 1, 0, 0]
    two.unlink()
    assert counted(news, "--prune") == [0, 0, 1, 1, 0]
    assert run("status", "--json").json["articles"] == 6


def test_ingest_for_a_program(run: Run, fresh: Path) -> None:
    """--json gives the report and nothing else."""
    ended = run("ingest", "--seeds", "--json")
    report = ended.json
    assert (ended.code, ended.err, report["added"], report["skipped"]) == (0, "", 5, [])


def test_articles_are_listed_by_id(run: Run, seeds: Path) -> None:
    """One line an article: id, day, outlet, language, title, as far as they are known."""
    listed = run("articles")
    sources = run("articles", "--json").json
    assert (listed.code, listed.err, len(sources)) == (0, "", 5)
    assert [line.split()[0] for line in listed.out.splitlines()] == [source["article_id"] for source in sources]
    assert "آران نیوز · fa · شمخانی و نماینده ویژه پوتین دیدار کردند" in listed.out


def test_rows_fit_a_terminal(run: Run, seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal long titles go on in the next row, between words; for a pipe each article stays one line."""
    piped = run("articles").out
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = run("articles").out
    assert (len(piped.splitlines()), max(map(cell_len, shown.splitlines())) <= 60) == (5, True)
    assert shown.split() == piped.split()
    assert {line[:14].strip() for line in shown.splitlines() if line.startswith(" ")} == {""}
    for arguments in (["search", EN], ["show", "9033"]):
        assert max(map(cell_len, run(*arguments).out.splitlines())) <= 60


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["--written-in", "ar"], 1),
        (["--written-in", "ar", "--written-in", "FA"], 5),
        (["--publisher", "آران نيوز"], 1),  # with an Arabic ي
        (["--since", "1900-01-01"], 0),  # no seed tells its day
    ],
)
def test_articles_can_be_filtered(run: Run, seeds: Path, arguments: list[str], count: int) -> None:
    """Language, outlet and days restrict what is listed; nothing left is said on standard error."""
    assert len(run("articles", *arguments, "--json").json) == count
    ended = run("articles", *arguments)
    assert (len(ended.out.splitlines()), bool(ended.err)) == (count, count == 0)


def test_days_of_either_calendar(run: Run, fresh: Path, tmp_path: Path) -> None:
    """--since and --until take Gregorian and Jalali days in any digits, and include the day itself."""
    rows = [{"text": REPORT.format(f"Ivanov {day}"), "title": f"the {day}th", "date": f"2016-12-{day}"} for day in (17, 18, 19)]
    run("ingest", write(tmp_path / "news.jsonl", "\n".join(map(json.dumps, rows))))
    for day in ("2016-12-18", "1395-09-28", "۱۳۹۵/۹/۲۸", "28 آذر 1395", "18 ديسمبر 2016"):
        titles = [[source["title"] for source in run("articles", way, day, "--json").json] for way in ("--since", "--until")]
        assert (day, titles) == (day, [["the 19th", "the 18th"], ["the 18th", "the 17th"]])


def test_a_filter_holds_for_asking_and_searching(run: Run, seeds: Path) -> None:
    """Filters restrict `ask` and `search`; an article is named by the beginning of its id."""
    (arabic,) = run("articles", "--written-in", "ar", "--json").json
    for arguments in (["--written-in", "ar"], ["--article", arabic["article_id"][:6]], ["--publisher", arabic["publisher"]]):
        hits = run("search", AR, *arguments, "--json").json
        assert {hit["passage"]["source"]["article_id"] for hit in hits} == {arabic["article_id"]}
    assert run("ask", FA, "--written-in", "en").code == 1


def test_search_lists_passages(run: Run, seeds: Path) -> None:
    """`search` numbers the passages, each with the id of its article, in rows of the terminal."""
    ended = run("search", FA, "--limit", "3")
    assert re.findall(r"^(\d)\. ([0-9a-f]{12})  ", ended.out, flags=re.MULTILINE) == [
        (str(number), hit["passage"]["source"]["article_id"])
        for number, hit in enumerate(run("search", FA, "--limit", "3", "--json").json, start=1)
    ]
    assert (ended.code, ended.err, all(map(str.strip, ended.out.splitlines()))) == (0, "", True)


def test_search_without_a_hit(run: Run, seeds: Path) -> None:
    """Nothing to list is said on standard error, with exit code 1."""
    one_line(run("search", EN, "--written-in", "de"), 1, "No passage")


def test_show_parts_text_from_facts(run: Run, seeds: Path) -> None:
    """`show` prints the text alone on standard output, and what is known of the article on standard error."""
    article = run("show", "9033", "--json").json
    ended = run("show", article["source"]["article_id"])
    assert (ended.code, ended.out) == (0, article["text"] + "\n")
    assert ended.err.splitlines()[0] == f"id: {article['source']['article_id']}"
    assert f"publisher: {article['source']['publisher']}" in ended.err


def test_remove(run: Run, seeds: Path) -> None:
    """A removed article is listed no more; one unknown id, and nothing is removed."""
    one_line(run("remove", "9033", "ffffffff"), 2, "ffffffff", "sanad articles")
    assert len(run("articles", "--json").json) == 5
    ended = run("remove", "9033")
    assert (ended.code, ended.out, ended.err.startswith("removed 9033")) == (0, "", True)
    assert [source["article_id"] for source in run("articles", "--json").json if source["article_id"].startswith("9033")] == []
    (removed,) = run("remove", "7cb6", "--json").json
    assert removed["article_id"].startswith("7cb6")
    assert run("doctor").code == 0


# -- the library ------------------------------------------------------------------------------------------------------


def test_status(run: Run, seeds: Path) -> None:
    """`status` says what the library holds, and that nobody gets to see passages."""
    ended = run("status")
    lines = dict(line.split(": ", 1) for line in ended.out.splitlines())
    assert (ended.code, ended.err) == (0, "")
    assert (lines["articles"], lines["languages"], lines["passages are sent to"]) == ("5", "fa (4), ar (1)", "nobody")
    found = run("status", "--json").json
    assert (found["library"], found["articles"], found["languages"]) == (str(seeds), 5, {"fa": 4, "ar": 1})


def test_doctor_and_rebuild(run: Run, seeds: Path) -> None:
    """A missing index is found by `doctor`, with exit code 8, and made anew by `rebuild`."""
    sound = run("doctor")
    assert (sound.code, sound.out, sound.err) == (0, "", "no problem found\n")
    shutil.rmtree(seeds / "lexical")
    ill = run("doctor")
    assert (ill.code, "full-text" in ill.out, ill.err) == (8, True, "1 problem found\n")
    assert len(run("doctor", "--json").json["problems"]) == 1
    ended = run("rebuild")
    assert (ended.code, ended.out, ended.err.endswith(f"passages indexed anew in {seeds}\n")) == (0, "", True)
    assert run("doctor", "--json").json == {"problems": []}
    assert run("rebuild", "--embed", "--json").json == {"passages": run("status", "--json").json["passages"]}


def test_export_and_import(run: Run, made: Path, tmp_path: Path) -> None:
    """A library goes into one file and comes out of it in another place with the same answers; neither overwrites anything."""
    file, place = tmp_path / "news.sanad", tmp_path / "again"
    ended = run("export", file, "--library", made)
    assert (ended.code, ended.out, "sanad import" in ended.err) == (0, "", True)
    assert [run("export", file, "--library", made).code, run("import", file, "--library", made).code] == [2, 2]
    passages = run("status", "--library", made, "--json").json["passages"]
    assert run("import", file, "--library", place, "--json").json == {"library": str(place), "passages": passages}
    question = ("search", EN, "--json")
    assert run(*question, "--library", place).json == run(*question, "--library", made).json
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    ended = run("import", file, "--library", tmp_path / "third")
    assert (ended.code, "checksum" in ended.err, ended.err.count("\n")) == (8, True, 1)
    assert run("status", "--library", tmp_path / "third").code == 3


def test_config(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`config` shows each setting, its variable, its value and where it came from; no library is needed."""
    monkeypatch.setenv("SANAD_PASSAGES", "5")
    ended = run("config", "--library", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert f"library = {tmp_path}\n    SANAD_LIBRARY, from argument\n" in ended.out
    assert "passages = 5\n    SANAD_PASSAGES, from environment\n" in ended.out
    values = {value["name"]: value for value in run("config", "--json").json}
    assert values["passages"] == {"name": "passages", "variable": "SANAD_PASSAGES", "value": 5, "source": "environment"}


@pytest.mark.parametrize("before", [True, False])
def test_the_library_is_named_before_or_after(run: Run, made: Path, before: bool) -> None:
    """--library is understood on either side of the command."""
    option = ["--library", str(made)]
    ended = run(*option, "articles", "--json") if before else run("articles", "--json", *option)
    assert (ended.code, len(ended.json)) == (0, 5)


# -- bad input --------------------------------------------------------------------------------------------------------


def test_a_missing_path(run: Run, nowhere: Path, tmp_path: Path) -> None:
    """A path that is not there is named; nothing is read, not even what stands beside it, and no library is made."""
    good = write(tmp_path / "good.txt", REPORT.format("Ivanov"))
    one_line(run("ingest", good, tmp_path / "gone.txt"), 2, "gone.txt", "check the spelling")
    assert not nowhere.exists()


UNREADABLE: list[tuple[str, Callable[[Path], object], tuple[str, ...]]] = [
    ("empty.txt", lambda path: path.write_bytes(b""), ("is empty",)),
    ("blank.txt", lambda path: path.write_bytes(b" \n\t\n"), ("white space",)),
    ("binary.txt", lambda path: path.write_bytes(bytes(range(256))), ("binary",)),
    ("latin.txt", lambda path: path.write_bytes("Téhéran, dimanche.".encode("latin-1")), ("byte 1", "UTF-8")),
    ("broken.pdf", lambda path: path.write_bytes(b"%PDF-1.4 nothing"), ("PDF",)),
    ("broken.docx", lambda path: path.write_bytes(b"PK nothing"), ("Word",)),
    ("photo.png", lambda path: path.write_bytes(b"\x89PNG"), ("format", ".txt")),
    ("broken.jsonl", lambda path: path.write_bytes(b'{"text": "x\n'), (":1", "JSON")),
    ("digits.txt", lambda path: path.write_bytes(b"1 2 3"), ("no letters",)),
]


@pytest.mark.parametrize(("name", "make", "phrases"), UNREADABLE, ids=[name for name, _, _ in UNREADABLE])
def test_a_file_that_is_no_article(
    run: Run, nowhere: Path, tmp_path: Path, name: str, make: Callable[[Path], object], phrases: tuple[str, ...]
) -> None:
    """A file that cannot become an article is named with the reason, exit code 10, and no library is made for it."""
    make(tmp_path / name)
    one_line(run("ingest", tmp_path / name), 10, name, *phrases, "nothing was taken in, mend it and run the same again")
    assert not nowhere.exists()
    skipped = run("ingest", tmp_path / name, "--json").json["skipped"]
    assert [Path(item["path"]).name for item in skipped] == [name]


def test_a_file_one_may_not_read(run: Run, nowhere: Path, tmp_path: Path) -> None:
    """A file without permission to read it is named, and no library is made."""
    secret = write(tmp_path / "secret.txt", REPORT)
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        pytest.skip("this user may read everything")
    one_line(run("ingest", secret), 10, "secret.txt", "permission denied")
    assert not nowhere.exists()


def test_a_folder_named_like_a_file(run: Run, fresh: Path, tmp_path: Path) -> None:
    """A folder called x.txt is a folder: its articles are read."""
    write(tmp_path / "x.txt" / "inside.txt", REPORT.format("Ivanov"))
    assert run("ingest", tmp_path / "x.txt", "--json").json["added"] == 1


def test_an_empty_folder(run: Run, nowhere: Path, tmp_path: Path) -> None:
    """A folder without articles adds nothing and makes no library; what would be read is said."""
    (tmp_path / "empty").mkdir()
    one_line(run("ingest", tmp_path / "empty"), 0, "no article", ".jsonl")
    assert not nowhere.exists()


def test_nothing_but_bad_files(run: Run, nowhere: Path, tmp_path: Path) -> None:
    """Several bad files are named one by one, and then what to do."""
    for name in ("one.txt", "two.txt"):
        write(tmp_path / "news" / name, "")
    ended = run("ingest", tmp_path / "news")
    assert (ended.code, ended.out, ended.err.splitlines()) == (
        10,
        "",
        [
            f"skipped {tmp_path / 'news' / 'one.txt'}: is empty",
            f"skipped {tmp_path / 'news' / 'two.txt'}: is empty",
            "nothing was taken in; mend these files and run the same again",
        ],
    )
    assert not nowhere.exists()


def test_one_bad_file_does_not_keep_out_the_others(run: Run, seeds: Path, tmp_path: Path) -> None:
    """Beside a bad file the good ones are taken in; the bad one is named and the exit code says that something is missing."""
    write(tmp_path / "news" / "good.txt", REPORT.format("Ivanov"))
    write(tmp_path / "news" / "empty.txt", "")
    ended = run("ingest", tmp_path / "news")
    first, last = ended.err.splitlines()
    assert (ended.code, ended.out, first) == (10, "", f"skipped {tmp_path / 'news' / 'empty.txt'}: is empty")
    assert last.startswith("1 added, 0 updated, 0 unchanged, 0 removed, 1 skipped;")
    assert run("status", "--json").json["articles"] == 6


def test_the_same_text_twice(run: Run, fresh: Path, tmp_path: Path) -> None:
    """A text that is known from elsewhere is counted as known, and it is said where it was found again."""
    for name in ("one.txt", "two.txt"):
        write(tmp_path / "news" / name, REPORT.format("Ivanov"))
    ended = run("ingest", tmp_path / "news")
    (source,) = run("articles", "--json").json
    first, last = ended.err.splitlines()
    assert (ended.code, "two.txt" in first, source["article_id"] in first) == (0, True, True)
    assert last.startswith("1 added, 0 updated, 1 unchanged")


def test_a_broken_line_of_many(run: Run, fresh: Path, tmp_path: Path) -> None:
    """A broken JSON line is named by file and line; the other lines are taken in."""
    rows = [json.dumps({"text": REPORT.format("Ivanov")}), '{"text": "cut', json.dumps({"text": REPORT.format("Petrov")})]
    news = write(tmp_path / "news.jsonl", "\n".join(rows))
    ended = run("ingest", news)
    first, last = ended.err.splitlines()
    assert (ended.code, first) == (10, f"skipped {news}:2: is broken JSON at character 10")
    assert last.startswith("2 added, 0 updated, 0 unchanged, 0 removed, 1 skipped;")
    assert len(run("articles", "--json").json) == 2


@pytest.mark.parametrize(
    "arguments",
    [["ask", EN], ["search", EN], ["articles"], ["show", "7cb6"], ["remove", "7cb6"], ["status"], ["rebuild"], ["doctor"]],
)
def test_no_library(run: Run, nowhere: Path, arguments: list[str]) -> None:
    """Where there is no library every command but `ingest` and `config` says so, with the way to one, and makes none."""
    one_line(run(*arguments), 3, str(nowhere), "sanad ingest")
    assert not nowhere.exists()


def test_an_empty_library(run: Run, seeds: Path) -> None:
    """A library without articles is no library to ask, but may be looked at."""
    run("remove", *(source["article_id"] for source in run("articles", "--json").json))
    one_line(run("ask", EN), 3, str(seeds), "sanad ingest")
    assert run("articles", "--json").json == []
    ended = run("articles")
    assert (ended.code, ended.out, "sanad ingest" in ended.err) == (0, "", True)


def foreign(path: Path) -> None:
    """A sound database that is not ours."""
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE books (title TEXT)")
    db.close()


def newer(path: Path) -> None:
    """A library of a later version."""
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


SPOILT = pytest.mark.parametrize(
    ("spoil", "code", "phrase"),
    [
        (lambda path: path.write_bytes(b""), 8, "is not a Sanad library"),
        (lambda path: path.write_text("not a database " * 100), 8, "is not a Sanad library"),
        (foreign, 8, "is not a Sanad library"),
        (newer, 7, "format 99"),
    ],
    ids=["0-byte", "text", "foreign", "newer"],
)


def spoilt(library: Path, spoil: Callable[[Path], object]) -> Path:
    """The library's file after `spoil`."""
    database = library / "library.db"
    if spoil is not newer:
        database.unlink()
    spoil(database)
    return database


@pytest.mark.parametrize("arguments", [["ask", EN], ["ingest", "--seeds"], ["status"], ["rebuild"]])
@SPOILT
def test_a_library_file_that_is_not_ours(
    run: Run, seeds: Path, arguments: list[str], spoil: Callable[[Path], object], code: int, phrase: str
) -> None:
    """A library.db that is empty, foreign or of a newer version is told apart and left as it is by every command."""
    database = spoilt(seeds, spoil)
    before = database.read_bytes()
    one_line(run(*arguments), code, "library.db", phrase)
    assert database.read_bytes() == before


@SPOILT
def test_doctor_on_a_library_file_that_is_not_ours(
    run: Run, seeds: Path, spoil: Callable[[Path], object], code: int, phrase: str
) -> None:
    """`doctor` tells the same of it, as a finding or as an error."""
    database = spoilt(seeds, spoil)
    before = database.read_bytes()
    ended = run("doctor")
    assert (ended.code, f"{database} " in ended.out + ended.err, phrase in ended.out + ended.err) == (code, True, True)
    assert database.read_bytes() == before


@pytest.mark.parametrize("command", [["ingest", "--seeds"], ["--offline", "ingest", "--seeds"]])
def test_a_place_that_cannot_be_written(run: Run, tmp_path: Path, command: list[str]) -> None:
    """A library folder that cannot be made is named, with the other way."""
    write(tmp_path / "file", "x")
    one_line(run(*command, "--library", tmp_path / "file" / "library"), 5, str(tmp_path / "file"), "--library")
    assert (tmp_path / "file").read_text() == "x"


def test_a_read_only_folder(run: Run, tmp_path: Path) -> None:
    """A folder without permission to write is named, and stays empty."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("this user may write everywhere")
    one_line(run("ingest", "--seeds", "--library", closed), 5, str(closed), "--library")
    assert list(closed.iterdir()) == []


@pytest.mark.parametrize(("words", "stdin"), [([""], b""), (["  "], b""), (["؟!"], b""), (["-"], b""), (["-"], b" \n")])
def test_an_empty_question(run: Run, seeds: Path, words: Sequence[str], stdin: bytes) -> None:
    """A question without words is refused, from the command line or standard input."""
    phrases = ("پرسش خالی است",) if words == ["؟!"] else ("question is empty", "write what you want to know")
    one_line(run("ask", *words, stdin=stdin), 2, *phrases)
    one_line(run("search", *words, stdin=stdin), 2, *phrases)


@pytest.mark.parametrize("arguments", [["word " * 1000], ["-"]])
def test_a_long_question(run: Run, seeds: Path, arguments: list[str]) -> None:
    """A question of 5,000 characters is refused with the limit."""
    one_line(run("ask", *arguments, stdin=b"word " * 1000), 2, "4,999 characters", "4,000")


def test_a_question_that_is_not_utf8(run: Run, seeds: Path) -> None:
    """Bytes that are no text do not end in a traceback; the words around them are asked."""
    for ended in (run("ask", "\udcff\udcfe " + EN), run("ask", "-", stdin=b"\xff\xfe " + EN.encode())):
        assert (ended.code, "قاهره" in ended.out, ended.err) == (0, True, "")


def test_a_locked_library(run: Run, seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process changes the library, asking and changing name it and exit 4; afterwards they work."""
    monkeypatch.setenv("SANAD_LOCK_WAIT", "0")
    holding = (
        "import sys; from pathlib import Path; from assistant.locks import LibraryLock\n"
        "with LibraryLock(Path(sys.argv[1])).exclusive('ingest'): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(seeds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        for arguments in (["ask", EN], ["ingest", "--seeds"], ["remove", "7cb6"], ["rebuild"]):
            one_line(run(*arguments), 4, str(seeds), f"process {holder.pid} (ingest", "wait for it, or stop it")
        holder.stdin.close()
        holder.wait()
    assert run("ask", EN).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_ctrl_c_while_ingesting(run: Run, fresh: Path, tmp_path: Path) -> None:
    """Ctrl-C in the middle exits 130 with one line; what was taken in is there, and the next run finishes the rest."""
    import pty

    total, chance = 2500, random.Random(1)  # so many that a slow machine has not taken in all before the signal comes
    texts = (f"Report {number}: {' '.join(chance.choices(WORDS.split(), k=12))}." for number in range(total))
    news = write(tmp_path / "news.jsonl", "\n".join(json.dumps({"text": text}) for text in texts))
    terminal, theirs = pty.openpty()
    process = started("ingest", news, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"})
    os.close(theirs)
    seen = b""
    while not any(int(done) >= 700 for done in re.findall(rb"(\d+)/\?", seen)):
        seen += os.read(terminal, 65536)  # the bar on the terminal tells how far it is
    process.send_signal(signal.SIGINT)
    seen = b""
    try:
        while chunk := os.read(terminal, 65536):
            seen += chunk
    except OSError:  # how Linux tells that the other side has closed
        pass
    os.close(terminal)
    assert (finished(process).code, seen.decode().count("interrupted"), b"Traceback" in seen) == (130, 1, False)
    assert seen.decode().splitlines()[-1].endswith("nothing is lost, the same command again goes on from here")

    kept = run("status", "--json").json["articles"]
    assert 0 < kept < total
    report = run("ingest", news, "--json").json
    assert (report["added"] + report["unchanged"], report["unchanged"] >= kept) == (total, True)
    assert run("status", "--json").json["articles"] == total
    assert run("doctor").code == 0


@pytest.mark.parametrize(
    ("arguments", "phrases"),
    [
        (["ask", "--langauge", "fa", EN], ("--langauge", "--language", "`sanad ask --help`")),
        (["--wrong"], ("--wrong", "`sanad --help`")),
        (["ash", EN], ("ash", "`sanad --help`")),
        (["ask"], ("QUESTION", "`sanad ask --help`")),
        (["ingest"], ("name a file or folder", "--seeds", "`sanad ingest --help`")),
        (["show"], ("ID", "`sanad show --help`")),
        (["search", "--limit", "0", EN], ("--limit", "from 1 to 100", "`sanad search --help`")),
        (["ask", "--since", "soon", EN], ("--since", "'soon'", "2016-12-18", "1395-09-28", "`sanad ask --help`")),
        (["ask", "--since", "2016-02-30", EN], ("--since", "'2016-02-30'")),
        (["articles", "--since", "2016-12-18", "--until", "2016-12-17"], ("--since", "--until")),
        (["ask", "--language", "persian", EN], ("--language", "'persian'", "fa")),
        (["articles", "--written-in", "x"], ("--written-in", "'x'", "fa")),
        (["ask", EN, "--library", ""], ("SANAD_LIBRARY", "path of a folder")),
        (["show", "ffffffff"], ("'ffffffff'", "sanad articles")),
        (["ask", "--article", "ffffffff", EN], ("'ffffffff'", "sanad articles")),
        (["show", "7c"], ("'7c'", "sanad articles")),
    ],
)
def test_wrong_usage(run: Run, seeds: Path, arguments: list[str], phrases: tuple[str, ...]) -> None:
    """Each mistake in a command is one line that names it and where to look, with exit code 2."""
    one_line(run(*arguments), 2, *phrases)


def test_an_ambiguous_id(run: Run, fresh: Path, tmp_path: Path) -> None:
    """The beginning of several ids is refused with the ids it could be."""
    many = write(tmp_path / "many.jsonl", "\n".join(json.dumps({"text": f"Report {number}."}) for number in range(1000)))
    found = sorted((item for item in read(many) if isinstance(item, Article)), key=lambda item: item.source.article_id)
    pair = next(pair for pair in pairwise(found) if len({item.source.article_id[:4] for item in pair}) == 1)
    run("ingest", *(write(tmp_path / f"{number}.txt", item.text) for number, item in enumerate(pair)))
    one, other = (item.source.article_id for item in pair)
    one_line(run("show", one[:4]), 2, repr(one[:4]), one, other, "more characters")
    assert run("show", one, "--json").json["source"]["article_id"] == one


@pytest.mark.parametrize(
    ("variable", "value", "phrases"),
    [
        ("SANAD_LIBARY", "x", ("SANAD_LIBARY", "SANAD_LIBRARY")),
        ("SANAD_PASSAGES", "many", ("SANAD_PASSAGES", "'many'", "environment")),
        ("SANAD_LANGUAGE", "persian", ("SANAD_LANGUAGE", "'persian'")),
    ],
)
@pytest.mark.parametrize("arguments", [["ask", EN], ["ingest", "--seeds"], ["config"]])
def test_a_wrong_setting(
    run: Run,
    nowhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    variable: str,
    value: str,
    phrases: tuple[str, ...],
) -> None:
    """A misspelt or senseless setting is named with its variable by every command that reads settings."""
    monkeypatch.setenv(variable, value)
    one_line(run(*arguments), 2, *phrases)
    assert not nowhere.exists()


# -- terminals and pipes ----------------------------------------------------------------------------------------------


def test_nothing_of_an_article_acts_on_the_terminal(run: Run, fresh: Path, tmp_path: Path) -> None:
    """Escapes and bidi controls in text, title, outlet, address or file name never reach the terminal, in text or JSON."""
    harm = "\x1b]0;owned\x07\x1b[2J\u202e\u2066\x9b31m\U000e0041"
    row = {
        "text": f"{REPORT.format('Ivanov')}{harm}",
        "title": f"Visit{harm}",
        "publisher": f"Daily{harm}",
        "url": f"https://x.example/{harm}",
    }
    news = write(tmp_path / f"a{harm.replace('/', '')}.jsonl".replace("\x00", ""), json.dumps(row) + "\nbroken" + harm)
    printed = [run("ingest", news), run("ingest", news, "--json"), run("articles"), run("articles", "--json")]
    (source,) = printed[-1].json
    for arguments in (["show", source["article_id"]], ["ask", "Where did envoy Ivanov fly?"], ["search", "envoy Ivanov"]):
        printed += [run(*arguments), run(*arguments, "--json")]
    printed += [run("remove", source["article_id"])]
    assert [ended.code for ended in printed] == [10, 10, *[0] * 9]
    assert [found for ended in printed if (found := HARMFUL.search(ended.out + ended.err))] == []


def test_colour_is_for_terminals(run: Run, seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is coloured on a terminal, not elsewhere, and not where NO_COLOR is set; the words are the same."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    plain = run("ask", EN).out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    coloured = run("ask", EN).out
    monkeypatch.setenv("NO_COLOR", "1")
    declined = run("ask", EN).out
    assert ("\x1b[" in coloured, declined, re.sub(r"\x1b\[[\d;]*m", "", coloured)) == (True, plain, plain)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize("arguments", ["articles --json", "--help", "ask --help"])
def test_a_reader_that_goes_away(seeds: Path, arguments: str) -> None:
    """`sanad … | head -1` ends quietly on both sides."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as nobody:
        ended = finished(started(*arguments.split(), stdout=nobody))
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize(
    ("arguments", "closed", "code", "err"),
    [
        ("config", ">&-", 0, ""),
        ("ask ''", "2>&-", 2, ""),
        ("ask -", "<&-", 2, 'sanad: The question is empty; write what you want to know: sanad ask "…"\n'),
    ],
)
def test_closed_streams(arguments: str, closed: str, code: int, err: str) -> None:
    """A closed stream is no fault: what would go there is lost, what would come from there is nothing."""
    command = f'"{sys.executable}" -m assistant {arguments} {closed}'
    ended = subprocess.run(["sh", "-c", command], capture_output=True, encoding="utf-8", check=False)
    assert (ended.returncode, ended.stderr) == (code, err)


def test_letters_come_through_an_ascii_locale(seeds: Path) -> None:
    """Persian in and out does not depend on the locale."""
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    process = started("ask", "-", stdin=subprocess.PIPE, env=environment)
    out, err = process.communicate(FA, timeout=120)
    assert (process.returncode, "شمخانی" in out, err) == (0, True, "")


# -- help -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help(run: Run, arguments: list[str]) -> None:
    """`sanad` alone prints its help: every command in order of use, and every exit code."""
    ended = run(*arguments)
    assert (ended.code, ended.err) == (0, "")
    assert re.findall(r"^  (\w+)  +[A-Z]", ended.out, flags=re.MULTILINE) == COMMANDS
    codes = sorted(int(code) for code in re.findall(r"(?<= )(\d+)  [a-z]", ended.out))
    assert codes == [*range(11), 70, 130]
    assert max(map(cell_len, ended.out.splitlines())) <= 80
    assert "..." not in ended.out.split("Commands:")[1].split("Exit codes")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command(run: Run, name: str) -> None:
    """Each command's help tells what it does and mentions all its options, each explained, in 80 columns."""
    ended = run(name, "--help")
    command = sanad.commands[name]
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert (ended.code, ended.err, ended.out.startswith(f"Usage: sanad {name} ")) == (0, "", True)
    assert [option.name for option in options if not option.help or not all(form in ended.out for form in option.opts)] == []
    assert {"--library", "--offline", "--debug"} < {form for option in options for form in option.opts}
    assert max(map(cell_len, ended.out.splitlines())) <= 80


def test_version(run: Run) -> None:
    """--version names the product and its version."""
    from assistant import __version__

    assert run("--version") == Ended(0, f"sanad, version {__version__}\n", "")


def test_reading_commands_all_have_json() -> None:
    """Every command but the one that talks and the one that serves can print JSON."""
    options = {name: {option for param in command.params for option in param.opts} for name, command in sanad.commands.items()}
    assert [name for name, known in options.items() if "--json" not in known] == ["chat", "ui"]


def test_help_loads_nothing_heavy() -> None:
    """The help of every command answers without the stores, the readers or the model clients."""
    code = f"""
import contextlib, io, sys
from assistant.cli import main
for name in {COMMANDS!r}:
    sys.argv = ["sanad", name, "--help"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main()
heavy = "chromadb gradio llama_index numpy openai pydantic regex rich tantivy trafilatura".split()
print(*[name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "\n"


def test_chat_talks_until_the_input_ends(run: Run, seeds: Path) -> None:
    """Questions on standard input are answered one after another; hints go to standard error."""
    ended = run("chat", "--library", seeds, stdin="نماینده ویژه پوتین با چه کسی دیدار کرد؟\nکجا؟\n".encode())
    assert (ended.code, ended.out.count("منابع\n")) == (0, 2)
    assert "/quit" in ended.err


def test_a_key_without_a_model_gets_one_hint(run: Run, seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent anywhere, and one line says what to set."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    ended = run("ask", "سلام", "--library", seeds)
    assert (ended.code, ended.err.count("\n")) == (0, 1)
    assert "SANAD_LLM__MODEL" in ended.err
    assert "sk-canary" not in ended.err + ended.out


COUNTED = {
    "fa": "افزوده: ۱، به‌روزشده: ۰، بی‌تغییر: ۱، حذف‌شده: ۰، کنارگذاشته: ۲؛ ۱ بند در \u2068{}\u2069 نوشته شد",
    "ar": "أُضيف: ١، حُدّث: ٠، لم يتغيّر: ١، حُذف: ٠، استُبعد: ٢؛ عدد المقاطع المكتوبة في \u2068{}\u2069: ١",
}


@pytest.mark.parametrize("language", COUNTED)
def test_what_was_done_is_said_in_the_language_of_the_reader(
    run: Run, seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """Every line is; of English there are only names and commands, each set apart."""
    monkeypatch.setenv("LC_ALL", f"{language}.UTF-8")

    def said(*arguments: str | Path, stdin: bytes = b"", lines: int = 1) -> list[str]:
        ended = run(*arguments, stdin=stdin)
        shown = list(filter(None, (ended.err + ended.out * (arguments[0] in ("status", "doctor"))).splitlines()))
        ours = [re.sub("\u2068[^\u2068\u2069]*\u2069", "", line) for line in shown]
        assert [line for line in ours if re.search("[A-Za-z0-9]|^[^\u0600-\u06ff]*$", line)] == []
        assert len(shown) == lines
        return shown

    news, file = tmp_path / "news", tmp_path / "news.sanad"
    for name, text in (("one", REPORT), ("two", REPORT), ("none", ""), ("blank", " ")):
        write(news / f"{name}.txt", text)
    assert said("ingest", news, lines=4)[-1] == COUNTED[language].format(seeds)
    write(news / "one.txt", "")
    said("ingest", news / "one.txt", lines=2)
    said("ingest", news / "none.txt", news / "blank.txt", lines=3)
    said("ingest", write(tmp_path / "empty" / "x.unknown", "").parent)
    said("articles", "--publisher", "nobody")
    said("show", "9033", lines=7)
    said("remove", "e474", "9033", lines=2)
    said("status", lines=14)
    said("doctor")
    shutil.rmtree(seeds / "lexical")
    said("doctor", lines=2)
    said("rebuild")
    said("export", file)
    said("import", file, "--library", tmp_path / "again")
    said("chat", stdin=b"/new\n", lines=2)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    said("articles")


# -- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "phrases"),
    [
        (("--host", "0.0.0.0"), ("0.0.0.0", "SANAD_UI__PASSWORD", "--behind-proxy")),
        (("--host", "192.0.2.7", "--behind-proxy"), ("cannot listen at 192.0.2.7",)),
        (("--port", "65536"), ("--port", "65535")),
        (("--password", "x"), ("--password",)),
    ],
)
def test_a_page_that_cannot_start(run: Run, nowhere: Path, arguments: tuple[str, ...], phrases: tuple[str, ...]) -> None:
    """Each is one line with the way out; a password never stands on the command line, where others can read it."""
    one_line(run("ui", *arguments), 2, *phrases)
    assert not nowhere.exists()


def test_a_page_on_a_taken_port(run: Run, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that was given, on the command line or by a variable, and is taken is one line, and nothing is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        one_line(run("ui", "--port", port), 2, f"Port {port} is taken", "--port", "SANAD_UI__PORT")
        monkeypatch.setenv("SANAD_UI__PORT", port)
        one_line(run("ui"), 2, f"Port {port} is taken")


def test_what_keeps_a_page_from_starting_is_said_at_once(nowhere: Path) -> None:
    """A wrong place is refused before Gradio is loaded, which takes seconds."""
    code = """
import contextlib, sys
from assistant.cli import main
with contextlib.suppress(SystemExit):
    main()
print("gradio" in sys.modules)
"""
    command = [sys.executable, "-c", code, "ui", "--host", "192.0.2.7", "--behind-proxy"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert (done.stdout, done.stderr.count("\n")) == ("False\n", 1)
