"""The evals' command line: each measurement runs on a small set, prints its table, keeps its figures, and ends with its code."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import gold_samples as samples
import pytest
from click.testing import CliRunner, Result
from gold_samples import fact
from model_server import ModelServer, Reply

from evals import retrieval, stock
from evals.__main__ import evals

PLACES = ["Aleppo", "Damascus", "Tehran", "Moscow", "Ankara", "Geneva"]
SEED = "000_645e4937ffeb6d97.txt"


def rows(path: Path, values: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A folder with one set of six passages, a question to each, and two questions without an answer."""
    said = [f"The envoy travelled to {place} and met officials of the ministry there." for place in PLACES]
    rows(tmp_path / "tiny" / "docs.jsonl", [{"id": f"a{n}-p0", "text": text, "lang": "en"} for n, text in enumerate(said)])
    rows(
        tmp_path / "tiny" / "queries.jsonl",
        [
            {
                "id": f"q{n}",
                "lang": "en",
                "question": f"Who travelled to {place}?",
                "doc_ids": [f"a{n}-p0"],
                "answers": ["the envoy"],
            }
            for n, place in enumerate(PLACES)
        ],
    )
    rows(
        tmp_path / "tiny" / "unanswerable.jsonl",
        [
            {"id": f"u{n}", "lang": "en", "question": text}
            for n, text in enumerate(["Who invented penicillin?", "How tall is Everest?"])
        ],
    )
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(evals, [str(argument) for argument in arguments])


def cells(text: str) -> list[list[str]]:
    return [re.split(" {2,}", line) for line in text.splitlines()]


# -- question sets ------------------------------------------------------------------------------------------------------


def test_retrieval(sets: Path, tmp_path: Path) -> None:
    """Recall at 1 and 5 and the reciprocal rank of each set, printed and kept."""
    done = run("retrieval", "--bench", sets, "--json", tmp_path / "figures.json")
    (row,) = json.loads((tmp_path / "figures.json").read_text())
    assert (done.exit_code, row["name"], row["at_1"]["mean"], row["at_5"]["n"], row["mrr"]["mean"]) == (0, "tiny", 1.0, 6, 1.0)
    assert cells(done.stdout)[1] == ["tiny", "6", *["1.000 [1.000, 1.000]"] * 3]


def test_ranks_become_figures() -> None:
    """A passage that is not among the first ten counts nothing."""
    found = [retrieval.Ranked(f"q{rank}", "a", "en-en", rank).figures for rank in (1, 3, 8, 0)]
    assert [figures["at 1"] for figures in found] == [1.0, 0.0, 0.0, 0.0]
    assert [figures["at 5"] for figures in found] == [1.0, 1.0, 0.0, 0.0]
    assert [figures["MRR@10"] for figures in found] == [1.0, 1 / 3, 1 / 8, 0.0]


def test_retrieval_beside_stock_parts(sets: Path) -> None:
    """The vectors alone, BM25 with default tokens, and ours without vectors, in the same run."""
    done = run("retrieval", "--bench", sets, "--stock")
    assert [row[0] for row in cells(done.stdout)[1:]] == [f"tiny: {system}" for system in retrieval.SYSTEMS]
    assert {row[3] for row in cells(done.stdout)[1:]} == {"1.000 [1.000, 1.000]"}


@pytest.mark.parametrize("installed", [True, False])
def test_stock_bm25(installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """LlamaIndex's where it is installed, tantivy's where it is not: both find a word and nothing for none."""
    if installed:
        pytest.importorskip("bm25s")
    monkeypatch.setattr(stock, "_LLAMA_INDEX", installed)
    source = samples.ARTICLES["one"].source
    texts = [f"The envoy went to {place} yesterday." for place in PLACES]
    passages = [stock.Passage(f"p{n}", source, text, 0, len(text)) for n, text in enumerate(texts)]
    with stock.bm25(passages, limit=3) as search:
        assert search("Damascus?")[0] == "p1"


def test_retrieval_per_pair_of_languages(sets: Path) -> None:
    """Where a set has several, each has its line."""
    file = sets / "tiny" / "queries.jsonl"
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"id": "f0", "lang": "fa", "question": "چه کسی به حلب رفت؟", "doc_ids": ["a0-p0"]}) + "\n")
    done = run("retrieval", "--bench", sets)
    assert [(row[0], row[1]) for row in cells(done.stdout)[1:]] == [("tiny", "7"), ("tiny en-en", "6"), ("tiny fa-en", "1")]


def test_quotes(sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers quoted and questions refused, printed and kept; the folder may come from the environment."""
    monkeypatch.setenv("SANAD_BENCH", str(sets))
    done = run("quotes", "--json", tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert done.exit_code == 0
    assert [(row["name"], row["first"]["mean"], row["any"]["n"]) for row in figures["quoting"]] == [("tiny", 1.0, 6)]
    refusing = [(row["asked"], row["refused"], row["kept"], row["refused_at_95"]) for row in figures["refusing"]]
    assert refusing == [("own, without answer", 1.0, 1.0, 1.0)]
    assert ["tiny", "own, without answer", "1.000", "1.000", "1.000"] in cells(done.stdout)


def test_refusal_at_95_percent_kept() -> None:
    """Wherever the floor lies: the threshold that keeps 95 of 100 refuses what lies below it."""
    from evals.quotes import Refusing

    own = tuple(0.5 + number / 200 for number in range(100))
    other = (0.1, 0.52, 0.524, 0.526, 0.9)
    assert Refusing("x", 1.0, 0.0, own, other).refused_at_95 == 0.6


@pytest.mark.parametrize("command", ["retrieval", "quotes"])
def test_a_baseline_of_a_set(sets: Path, tmp_path: Path, command: str) -> None:
    """Kept once, the same passes, what is surely worse ends with 1, and another set could not be compared."""
    base = tmp_path / "base.json"
    accepted = run(command, "--bench", sets, "--baseline", base, "--accept")
    same = run(command, "--bench", sets, "--baseline", base)
    kept = json.loads(base.read_text())
    assert (accepted.exit_code, same.exit_code, len(kept["sets"]["tiny"])) == (0, 0, 6)
    for figures in kept["sets"]["tiny"].values():
        figures.update(dict.fromkeys(figures, 2.0))
    base.write_text(json.dumps(kept), encoding="utf-8")
    worse = run(command, "--bench", sets, "--baseline", base)
    assert (worse.exit_code, "FAILED: tiny, " in worse.stdout) == (1, True)
    del kept["sets"]["tiny"]["q0"]
    base.write_text(json.dumps(kept), encoding="utf-8")
    assert run(command, "--bench", sets, "--baseline", base).exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--accept",), 2, "--accept needs --baseline"),
        (("--baseline", "none.json"), 3, "none.json is no baseline"),
        (("--set", "tyni"), 2, "'tyni'"),
    ],
)
def test_what_cannot_be_measured(sets: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    """Asked wrongly is 2, and could not run is 3."""
    done = run("retrieval", "--bench", sets, *arguments)
    assert (done.exit_code, says in done.stderr) == (code, True)


def test_no_sets(tmp_path: Path) -> None:
    """A folder without any could not run; the option and its variable are named."""
    done = run("retrieval", "--bench", tmp_path)
    assert (done.exit_code, "--bench (or SANAD_BENCH)" in done.stderr) == (3, True)


# -- gold questions -----------------------------------------------------------------------------------------------------

QUESTIONS = [
    samples.question(
        question="نماینده پوتین در تهران با چه کسی دیدار کرد؟",
        facts=[fact("شمخانی")],
        evidence=[{"article": SEED, "start": 95, "end": 101, "text": "شمخانی"}],
        articles=[SEED],
    ),
    samples.question(id="fa-off-01", kind="off", question="چه کسی پنی‌سیلین را کشف کرد؟"),
    samples.question(id="en-off-01", kind="off", language="en", question="How tall is Mount Everest?", split="test"),
]


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    folder = tmp_path / "gold"
    samples.lines(folder / "fa.jsonl", *QUESTIONS)
    return folder


def test_gold_questions_are_asked(gold: Path, tmp_path: Path) -> None:
    """The table has a line for each language and kind; the run is kept, and as JUnit XML."""
    done = run("run", "--gold", gold, "--json", tmp_path / "run.json", "--junit", tmp_path / "run.xml")
    assert done.exit_code == 0, done.output
    table = {tuple(row[:2]): row for row in cells(done.stdout)}
    assert table[("fa", "fact")][2:5] == ["1", "100 [100, 100]", "100 [100, 100]"]
    assert {("fa", "off"), ("en", "off"), ("all", "all")} <= table.keys()
    assert [row["id"] for row in json.loads((tmp_path / "run.json").read_text())["rows"]] == [q.id for q in QUESTIONS]
    assert "<testsuites" in (tmp_path / "run.xml").read_text()
    assert "extractive answers" in done.stderr


def test_some_gold_questions_are_asked(gold: Path, tmp_path: Path) -> None:
    """By kind, language and split."""
    for arguments, ids in (
        (("--kind", "off", "--language", "fa"), ["fa-off-01"]),
        (("--split", "test"), ["en-off-01"]),
        (("--id", "fa-fact-01", "--repeat", "2"), ["fa-fact-01"] * 2),
    ):
        assert run("run", "--gold", gold, "--json", tmp_path / "r.json", *arguments).exit_code == 0
        assert [row["id"] for row in json.loads((tmp_path / "r.json").read_text())["rows"]] == ids


def test_recorded_and_replayed(gold: Path, tmp_path: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's responses are kept, and the same run goes through without it."""
    kept = tmp_path / "small.jsonl"
    monkeypatch.setenv("SANAD_LLM__BASE_URL", model_server.url)
    first = run("record", kept, "--model", "small", "--gold", gold, "--json", tmp_path / "a.json")
    assert (first.exit_code, "keeps " in first.stderr) == (0, True)
    monkeypatch.delenv("SANAD_LLM__BASE_URL")
    asked = len(model_server.requests)
    again = run("run", "--mode", "generative", "--replay", kept, "--gold", gold, "--json", tmp_path / "b.json")
    assert (again.exit_code, len(model_server.requests)) == (0, asked)
    texts = [[row["answer"]["text"] for row in json.loads((tmp_path / name).read_text())["rows"]] for name in ("a.json", "b.json")]
    assert texts[0] == texts[1]
    other = run("run", "--mode", "generative", "--replay", kept, "--gold", gold, "--repeat", "2")
    assert (other.exit_code, "MissingRecording" in other.stderr) == (3, True)


def test_the_model_of_this_machine(gold: Path, tmp_path: Path) -> None:
    """The whole written path without any setting."""
    done = run("run", "--loopback", "--gold", gold, "--json", tmp_path / "run.json")
    kept = json.loads((tmp_path / "run.json").read_text())
    assert (done.exit_code, kept["mode"], kept["model"]) == (0, "generative", "composer")
    assert {row["scores"]["valid"] for row in kept["rows"]} <= {1.0, None}


def test_a_model_that_fails_could_not_run(gold: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures are printed, and the end says that they are not all."""
    monkeypatch.setenv("SANAD_LLM__BASE_URL", model_server.url)
    model_server.always(Reply(status=401, error={"message": "no"}))
    done = run("run", "--model", "small", "--gold", gold)
    assert (done.exit_code, "could not score every question: fa-fact-01: ModelRejected" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("run", "--kind", "opinion"), 2, "opinion"),
        (("run", "--kind", "list"), 2, "no gold question fits"),
        (("run", "--mode", "generative"), 2, "no model is set"),
        (("run", "--replay", "x.jsonl"), 2, "only generative answers are replayed"),
        (("run", "--loopback", "--model", "x"), 2, "--loopback is a model of its own"),
        (("run", "--mode", "generative", "--replay", "x.jsonl"), 3, "x.jsonl should keep the responses of one model"),
        (("gate", "--baseline", "none.json"), 3, "none.json is no baseline"),
    ],
)
def test_what_cannot_be_asked(gold: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    """Asked wrongly is 2, and could not run is 3."""
    done = run(*arguments, "--gold", gold)
    assert (done.exit_code, says in done.stderr) == (code, True), done.output


def test_a_setting_that_is_wrong(gold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, as a mistake of whoever asks."""
    monkeypatch.setenv("SANAD_LLM__WINDOW", "small")
    done = run("run", "--model", "m", "--gold", gold)
    assert (done.exit_code, "SANAD_LLM__WINDOW" in done.stderr) == (2, True)


def test_a_fault_of_the_evals_is_no_regression(gold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own exit code for a crash is 1, which would read as one."""
    monkeypatch.setattr("evals.commands.asking.Shelf.open", lambda folder: 1 / 0)
    done = run("run", "--gold", gold)
    assert (done.exit_code, "ZeroDivisionError" in done.stderr) == (3, True)


def test_an_interrupt(gold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with 130."""

    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("evals.commands.asking.Shelf.open", interrupted)
    assert run("run", "--gold", gold).exit_code == 130


def test_the_gate_from_the_command_line(gold: Path, tmp_path: Path) -> None:
    """A baseline is made and passed; one that knew better fails with what broke."""
    base = tmp_path / "base.json"
    accepted = run("gate", "--gold", gold, "--baseline", base, "--accept")
    passed = run("gate", "--gold", gold, "--baseline", base, "--json", tmp_path / "run.json")
    assert (accepted.exit_code, passed.exit_code, passed.stdout.splitlines()[-1]) == (0, 0, "passed")
    kept = json.loads(base.read_text())
    kept["must_pass"] = ["fa-fact-01"]
    kept["rows"]["fa-fact-01"][3] = 2.0
    base.write_text(json.dumps(kept), encoding="utf-8")
    failed = run("gate", "--gold", gold, "--baseline", base)
    assert (failed.exit_code, "FAILED: fa-fact-01 must pass, and got 1.00" in failed.stdout) == (1, True)
    assert run("gate", "--gold", gold, "--baseline", base, "--accept").exit_code == 0
    assert json.loads(base.read_text())["must_pass"] == ["fa-fact-01"]


def test_doctor(gold: Path) -> None:
    """What there is, what is lacking, and what is wrong, which ends with 3."""
    done = run("doctor", "--gold", gold)
    assert ["kind", "fa", "en", "all"] in cells(done.stdout)
    assert ["all", "2", "1", "3"] in cells(done.stdout)
    assert "lacking: questions: 3, at least 150 wanted" in done.stdout
    assert done.exit_code == 3
    assert "wrong: fa.jsonl:1 fa-fact-01" in done.stdout


def test_doctor_finds_nothing_wrong(gold: Path) -> None:
    """Then it ends with 0, whatever is lacking."""
    samples.lines(gold / "fa.jsonl", QUESTIONS[1])
    assert run("doctor", "--gold", gold).exit_code == 0


# -- starting -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="needs the resource module")
def test_startup(tmp_path: Path) -> None:
    """The processor seconds of each command and the ratio of asking to loading Chroma, printed and kept."""
    done = run("startup", "--runs", "1", "--json", tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert done.exit_code == 0
    assert set(figures["small"]) == {"--help", "--version", "config"}
    assert min(figures["small"].values()) > 0
    assert figures["ratios"] == [figures["ratio"]] == [figures["ask"] / figures["chroma"]]
    assert [line.split("  ")[0] for line in done.stdout.splitlines()][-3:] == [
        "chromadb, folder opened",
        "sanad ask, no model",
        "ask / chromadb, paired",
    ]
