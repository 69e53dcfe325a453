"""The evals' command line: each measurement runs on a small set, prints its table and keeps its figures."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evals.__main__ import evals

PLACES = ["Aleppo", "Damascus", "Tehran", "Moscow", "Ankara", "Geneva"]


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


def test_retrieval(sets: Path, tmp_path: Path) -> None:
    """Recall at 1 and 5 of each set, printed and kept."""
    done = run("retrieval", "--bench", sets, "--json", tmp_path / "figures.json")
    (row,) = json.loads((tmp_path / "figures.json").read_text())
    assert (done.exit_code, row["name"], row["at_1"]["mean"], row["at_5"]["n"]) == (0, "tiny", 1.0, 6)
    assert done.stdout.splitlines()[1].split() == ["tiny", "6", "1.000", "[1.000,", "1.000]", "1.000", "[1.000,", "1.000]"]


def test_quotes(sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers quoted and questions refused, printed and kept; the folder may come from the environment."""
    monkeypatch.setenv("SANAD_BENCH", str(sets))
    done = run("quotes", "--json", tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert done.exit_code == 0
    assert [(row["name"], row["first"]["mean"], row["any"]["n"]) for row in figures["quoting"]] == [("tiny", 1.0, 6)]
    assert [(row["asked"], row["refused"], row["kept"]) for row in figures["refusing"]] == [("own, without answer", 1.0, 1.0)]
    assert ["tiny", "own, without answer", "1.000", "1.000"] in [re.split(" {2,}", line) for line in done.stdout.splitlines()]


def test_a_set_that_is_not_there(sets: Path) -> None:
    """A wrong name is refused with the right ones."""
    done = run("retrieval", "--bench", sets, "--set", "tyni")
    assert (done.exit_code, "'tyni'" in done.stderr, "tiny" in done.stderr) == (2, True, True)


def test_no_sets() -> None:
    """Without a folder the option and its variable are named."""
    done = run("retrieval")
    assert (done.exit_code, "--bench" in done.stderr) == (2, True)


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
