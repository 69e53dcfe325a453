"""Gate, comparison and report: runs beside each other, made by hand; and the project's own gate."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from evals import compare as comparing
from evals import console, gate, page, report, results, summary
from evals.__main__ import evals
from evals.gold import GoldError
from evals.results import Row, Run
from evals.statistics import difference, estimate, kappa

LANGUAGES = ("fa", "ar", "en")


def row(number: int, right: float = 1.0, **more: Any) -> Row:
    """A row of one of three languages and of one of five articles."""
    language = LANGUAGES[number % 3]
    answerable = {"outcome": "answered", "kind": "fact", "split": "test" if number % 3 == 0 else "dev"}
    scores = {"right": right, "vital": right, "shown": right, "valid": 1.0, "language": 1.0, "refusal": 1.0, "seconds": 0.01}
    plain = {
        "id": f"{language}-fact-{number:02}",
        "digest": f"d{number}",
        "language": language,
        "crosses": False,
        "group": f"article {number % 5}",
        "question": "چه شد؟",
        "scores": {**scores, **more.pop("scores", {})},
        **answerable,
    }
    return Row(**{**plain, **more})


def a_run(rows: Sequence[Row], **more: Any) -> Run:
    plain = {
        "mode": "extractive",
        "model": None,
        "when": "2026-11-26T00:00:00+00:00",
        "commit": "0123456789ab",
        "settings": {"passages": 8},
        "prompts": {},
        "gold": "abc",
        "rows": tuple(rows),
    }
    return Run(**{**plain, **more})


WELL = a_run([row(number) for number in range(60)])


def worse(count: int, right: float = 0.0) -> Run:
    """The run with so many questions gone wrong, spread over languages and articles."""
    return replace(WELL, rows=tuple(row(number, right if number % 60 < count else 1.0) for number in range(60)))


# -- the gate -----------------------------------------------------------------------------------------------------------


def test_the_same_run_passes() -> None:
    """Nothing is better, worse or to be warned of."""
    verdict = gate.check(WELL, gate.accept(WELL))
    assert (verdict.passed, verdict.warnings, verdict.better, verdict.worse) == (True, (), (), ())
    assert set(verdict.differences) == {"all", *LANGUAGES}


def test_what_is_surely_worse_fails() -> None:
    """The whole interval of the paired difference lies below a point."""
    verdict = gate.check(worse(20), gate.accept(WELL, ["fa-fact-57"]))
    assert not verdict.passed
    assert [failure.split(":")[0] for failure in verdict.failures] == ["all", *LANGUAGES]
    assert len(verdict.worse) == 20


def test_what_may_be_chance_is_a_warning() -> None:
    """One question of sixty is worse, and it is none that must pass."""
    verdict = gate.check(worse(1), gate.accept(WELL, ["fa-fact-57"]))
    assert verdict.passed
    assert [warning.split(":")[0] for warning in verdict.warnings] == ["all", "fa"]
    assert verdict.worse == ("fa-fact-00",)


def test_one_language_alone_fails() -> None:
    """A mean over all languages would hide it."""
    bad = replace(WELL, rows=tuple(row(n, 0.0 if n % 3 == 1 and n < 25 else 1.0) for n in range(60)))
    verdict = gate.check(bad, gate.accept(WELL, ["fa-fact-57"]))
    assert any(failure.startswith("ar:") for failure in verdict.failures)
    assert not any(failure.startswith(("fa:", "en:")) for failure in verdict.failures)


def test_what_must_pass_fails_alone() -> None:
    """However many others are right; chosen are the first of each kind and language outside of the test split."""
    baseline = gate.accept(WELL)
    assert baseline.must_pass == ("ar-fact-01", "ar-fact-04", "en-fact-02", "en-fact-05")
    bad = replace(WELL, rows=tuple(row(n, 0.5 if n == 4 else 1.0) for n in range(60)))
    assert gate.check(bad, baseline).failures == ("ar-fact-04 must pass, and got 0.50",)


@pytest.mark.parametrize("valid", [0.5, 0.0])
def test_one_citation_that_does_not_hold_fails(valid: float) -> None:
    """Whatever else is right."""
    broken = replace(row(7), scores={**row(7).scores, "valid": valid}, remarks=("not said: x", "citation [1] a[0:3] is not 'x'"))
    bad = replace(WELL, rows=(*WELL.rows[:7], broken, *WELL.rows[8:]))
    assert gate.check(bad, gate.accept(WELL)).failures == ("ar-fact-07: citation [1] a[0:3] is not 'x'",)


def test_better_passes() -> None:
    """Questions that were wrong before and are right now are named."""
    verdict = gate.check(WELL, gate.accept(worse(3)))
    assert (verdict.passed, verdict.better) == (True, ("fa-fact-00", "ar-fact-01", "en-fact-02"))


@pytest.mark.parametrize(
    ("run", "complaint"),
    [
        (replace(WELL, rows=WELL.rows[1:]), "1 questions of the baseline were not asked, fa-fact-00"),
        (replace(WELL, mode="generative"), "of extractive answers, the run of generative ones"),
        (
            replace(WELL, rows=(replace(row(0), unscored="ModelUnavailable: down", scores={}), *WELL.rows[1:])),
            "1 questions have no score, fa-fact-00 the first: ModelUnavailable: down",
        ),
        (replace(WELL, rows=tuple(replace(r, digest="new") for r in WELL.rows)), "only 0 of 60 questions"),
    ],
)
def test_a_gate_that_could_not_run(run: Run, complaint: str) -> None:
    """Questions gone, without a score or changed are no comparison."""
    with pytest.raises(GoldError, match=complaint):
        gate.check(run, gate.accept(WELL))


def test_a_corrected_question_is_left_out() -> None:
    """As are new ones, which the baseline does not know."""
    changed = (replace(row(0, 0.0), digest="corrected"), *WELL.rows[1:], row(60, 0.0))
    verdict = gate.check(replace(WELL, rows=changed), gate.accept(WELL))
    assert (verdict.passed, verdict.differences["all"].n) == (True, 59)


def test_no_baseline_of_what_has_no_score() -> None:
    """A failed question would be taken for a wrong one later."""
    with pytest.raises(GoldError, match="unscored"):
        gate.accept(replace(WELL, rows=(replace(row(0), unscored="down"),)))


def test_a_baseline_is_kept(tmp_path: Path) -> None:
    """Written and read it is the same, a question a line."""
    baseline = gate.accept(WELL)
    gate.save(baseline, tmp_path / "b.json")
    assert gate.load(tmp_path / "b.json") == baseline
    assert sum('"d' in line for line in (tmp_path / "b.json").read_text(encoding="utf-8").splitlines()) == 60


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', '{"format": 1, "rows": {"a": ["x"]}}'])
def test_a_file_that_is_no_baseline(tmp_path: Path, text: str) -> None:
    """It is named, with how to make one."""
    (tmp_path / "b.json").write_text(text, encoding="utf-8")
    with pytest.raises(GoldError, match=r"b\.json .*gate --accept"):
        gate.load(tmp_path / "b.json")


@pytest.mark.no_cover
def test_the_answers_of_the_project_are_not_worse() -> None:
    """All gold questions asked without a model, beside the committed baseline."""
    done = CliRunner().invoke(evals, ["gate"])
    assert done.exit_code == 0, done.output


# -- intervals ----------------------------------------------------------------------------------------------------------


def test_articles_widen_an_interval() -> None:
    """Questions about one article fail together; drawn one by one the interval would be too narrow."""
    values = [1.0] * 30 + [0.0] * 10
    apart = estimate(values, [str(number) for number in range(40)])
    together = estimate(values, [str(number // 10) for number in range(40)])
    both = estimate(values, [str(number // 10) for number in range(40)], within=True)
    assert apart.mean == together.mean == both.mean == 0.75
    assert apart.high - apart.low < together.high - together.low
    assert 0.0 <= both.low < 0.5 < both.high <= 1.0


def test_drawing_within_articles_too() -> None:
    """One article alone has no interval unless its questions are drawn anew; then it is that of its questions."""
    values = [1.0, 0.0] * 50
    assert estimate(values, ["one"] * 100).low == 0.5
    found = estimate(values, ["one"] * 100, within=True)
    random = np.random.default_rng(1)
    low, high = np.quantile(random.choice(values, (20_000, 100)).mean(axis=1), [0.025, 0.975])
    assert (found.low, found.high) == (pytest.approx(low, abs=0.02), pytest.approx(high, abs=0.02))


def test_a_paired_difference() -> None:
    """What both share takes no part in it."""
    found = difference([1.0, 0.5, 1.0], [0.0, 0.5, 1.0], ["a", "b", "c"])
    assert (found.mean, found.n) == (pytest.approx(1 / 3), 3)
    assert difference([0.3, 0.9], [0.3, 0.9], ["a", "b"]).high == 0.0


def test_kappa() -> None:
    """1 for full agreement, 0 for chance, below it for less."""
    assert kappa(["a", "b"], ["a", "b"]) == 1.0
    assert kappa(["a", "a", "b", "b"], ["a", "b", "a", "b"]) == 0.0
    assert kappa(["a", "b"], ["b", "a"]) == -1.0
    assert kappa(["a", "a"], ["a", "a"]) == 1.0


# -- comparing and reporting --------------------------------------------------------------------------------------------


def test_two_runs_are_compared() -> None:
    """Question by question: how much, how sure, and which."""
    found = comparing.compare(WELL, worse(20, 0.5))
    gaps = {(gap.metric, gap.cell): gap for gap in found.differences}
    assert (gaps[("right", "all")].gap.mean, gaps[("right", "all")].sure) == (pytest.approx(-1 / 6), True)
    assert (gaps[("seconds", "all")].gap.mean, gaps[("seconds", "all")].sure) == (0.0, False)
    assert {cell for metric, cell in gaps if metric == "right"} == {"all", *LANGUAGES}
    assert (len(found.worse), found.better, found.left_out) == (20, (), 0)


def test_only_what_both_asked_is_compared() -> None:
    """Changed questions and unscored ones are counted; nothing in common is an error."""
    other = replace(WELL, rows=(replace(row(0), digest="x"), replace(row(1), unscored="down", scores={}), *WELL.rows[2:50]))
    assert comparing.compare(WELL, other).left_out == 12
    with pytest.raises(GoldError, match="no question in common"):
        comparing.compare(WELL, replace(WELL, rows=(replace(row(0), digest="x"),)))


def test_repetitions_are_averaged_and_flaky_ones_named() -> None:
    """A question counts once, with the mean of its repetitions."""
    rows = [row(1, 1.0), row(1, 0.0, repeat=1), row(2, 1.0), row(2, 1.0, repeat=1)]
    found = summary.measured(rows, "right")
    assert found is not None
    assert (found.mean, found.n, summary.flaky(rows)) == (0.75, 2, ["ar-fact-01"])


def test_lines_of_a_run() -> None:
    """Each language with its kinds and its sum, then everything; unscored answers are counted, not averaged."""
    rows = [*WELL.rows, replace(row(61), unscored="down", scores={})]
    found = {(line.language, line.kind): line for line in summary.lines(rows)}
    assert list(found) == [(code, kind) for code in LANGUAGES for kind in ("fact", "")] + [("", "")]
    assert (found[("ar", "")].n, found[("ar", "")].unscored, found[("ar", "")].figures["right"].mean) == (21, 1, 1.0)


def test_goals() -> None:
    """What is to be reached, what is, and what was not measured."""
    rows = [row(n, 0.9 if n % 3 == 2 else 1.0) for n in range(30)]
    refused = replace(row(31), outcome="refused wrongly")
    found = {goal.name.split(":")[0]: goal.reached for goal in summary.goals(a_run([*rows, refused]))}
    assert found == {
        "fa": True,
        "ar": True,
        "en over Persian and Arabic": True,
        "off the topic": None,
        "answerable, and refused": True,
        "the same in fa, ar, en": True,
        "citations that hold": True,
        "own words in the language asked (fa, ar, en)": True,
    }
    assert not summary.goals(a_run([row(0, 0.5)]))[0].reached


TRICKY = "<script>alert(1)</script> [x](y) *z*"
ANSWER = {
    "language": "fa",
    "text": "x",
    "statements": [
        {
            "text": TRICKY,
            "frame": "به گزارش ایسنا:",
            "citations": [
                {"quote": TRICKY, "start": 3, "end": 9, "source": {"language": "ar", "publisher": None, "article_id": "a1"}}
            ],
        }
    ],
}
CASES = a_run(
    [
        row(1, 0.5, question=TRICKY, history=("قبل؟",), gold=("شمخانی / Shamkhani",), remarks=("not said: شمخانی",), answer=ANSWER),
        row(0, 0.0),
        replace(row(2), unscored="ModelUnavailable: down", scores={}),
        row(4, 0.0, outcome="refused wrongly", answer={"language": "en", "text": "Not in the articles.\nx", "statements": []}),
    ],
    prompts={"answer": "d1"},
)


def test_a_report_in_markdown() -> None:
    """Tables and every failing case; what articles say does nothing to it, and the test split stays hidden."""
    text = report.markdown([CASES])
    assert "fa-fact-00" not in text
    assert "1 more of the test split are not shown." in text
    assert r"\<script\>alert(1)\</script\> \[x\](y) \*z\*" in text
    assert "<script>" not in text
    assert "**no score**: ModelUnavailable: down" in text
    assert "fa-fact-00" in report.markdown([CASES], held_out=True)


class Seen(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_a_report_as_a_page() -> None:
    """One page that loads nothing, runs nothing, and gives each text its language and direction."""
    text = page.page([CASES, WELL])
    seen = Seen()
    seen.feed(text)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in seen.tags}
    assert not [name for _, attributes in seen.tags for name in attributes if name in ("src", "href") or name.startswith("on")]
    assert not re.search(r"https?://", text)
    assert sum(tag == "svg" for tag, _ in seen.tags) == 6 - 1  # a language without a score has none
    assert ("blockquote", {"lang": "ar", "dir": "rtl"}) in seen.tags
    assert ("bdi", {"lang": "ar", "dir": "rtl"}) in seen.tags
    assert "prefers-color-scheme: dark" in text
    assert ("fa-fact-00" in text, "fa-fact-00" in page.page([CASES], held_out=True)) == (False, True)


def test_tables_are_put_into_a_file(tmp_path: Path) -> None:
    """Between their marks, again and again; a file without the marks is refused."""
    file = tmp_path / "README.md"
    file.write_text("before\n<!-- tables -->\nold\n<!-- /tables -->\nafter\n", encoding="utf-8")
    for text in ("one", "two"):
        console.insert(file, "tables", text)
    assert file.read_text(encoding="utf-8") == "before\n<!-- tables -->\n\ntwo\n\n<!-- /tables -->\nafter\n"
    with pytest.raises(GoldError, match="has no <!-- other -->"):
        console.insert(file, "other", "x")


def test_compare_and_report_from_the_command_line(tmp_path: Path) -> None:
    """Files of runs in, tables and files out."""
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    results.save_run(WELL, first)
    results.save_run(worse(20), second)
    compared = CliRunner().invoke(evals, ["compare", str(first), str(second), "--json", str(tmp_path / "c.json")])
    assert (compared.exit_code, "worse (20): fa-fact-00" in compared.output) == (0, True)
    assert json.loads((tmp_path / "c.json").read_text())["differences"][0]["metric"] == "right"
    (tmp_path / "R.md").write_text("<!-- tables --><!-- /tables -->", encoding="utf-8")
    files = {name: tmp_path / name for name in ("r.md", "r.html")}
    options = ["--markdown", str(files["r.md"]), "--html", str(files["r.html"]), "--into", str(tmp_path / "R.md")]
    assert CliRunner().invoke(evals, ["report", str(first), str(second), *options]).exit_code == 0
    assert all(file.stat().st_size > 1_000 for file in files.values())
    assert "| fa | fact | 20 |" in (tmp_path / "R.md").read_text(encoding="utf-8")
    assert CliRunner().invoke(evals, ["report", str(first)]).stdout.startswith("# Evals of Sanad")
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    assert CliRunner().invoke(evals, ["report", str(tmp_path / "bad.json")]).exit_code == 3
