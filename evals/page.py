"""Runs as one HTML page that needs nothing else: tables, charts, each case that went wrong; no script, no address of elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from evals import charts, summary
from evals.report import failing, percent
from evals.results import Row, Run
from evals.summary import COLUMNS, Line

__all__ = ["page"]

RTL = frozenset({"fa", "ar", "ur", "he", "ckb", "ps", "ug"})
STYLE = """
:root { color-scheme: light dark }
:root { --text: #1c2024; --back: #fdfdfc; --faint: #6b7178; --line: #d9dde1; --bar: #2f7d6b; --bad: #b3362b }
@media (prefers-color-scheme: dark) {
  :root { --text: #e7e9eb; --back: #15181b; --faint: #9aa1a8; --line: #343a40; --bar: #4fb39b; --bad: #f08a7e }
}
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: var(--text); background: var(--back) }
body { font: 16px/1.5 system-ui, sans-serif }
table { margin: 1rem 0; border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: end; white-space: nowrap }
th:first-child, td:first-child, .words td, .words th, .kinds :is(td, th):nth-child(2) { text-align: start; white-space: normal }
tr.all { font-weight: 600 } .no { color: var(--bad); font-weight: 600 } .faint { color: var(--faint) }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem } figure { margin: 0 } svg { max-width: 100%; height: auto; font-size: 12px }
svg text { fill: var(--text) } .whole { fill: var(--line) } .bar { fill: var(--bar) } .interval { stroke: var(--text); fill: none }
details { border-bottom: 1px solid var(--line); padding: .4rem 0 } summary { cursor: pointer } dt { color: var(--faint) }
dd { margin: 0 0 .5rem; unicode-bidi: isolate }
blockquote { margin: .2rem 0; padding-inline-start: .8rem; border-inline-start: 3px solid var(--bar) }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(runs: Sequence[Run], *, held_out: bool = False) -> str:
    """The whole report."""
    body = "".join(part for run in runs for part in _run(run, held_out=held_out))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evals of Sanad</title><style>{STYLE}</style></head>\n<body><h1>Evals of Sanad</h1>\n{body}</body></html>\n"
    )


def _run(run: Run, *, held_out: bool) -> Iterator[str]:
    lines = summary.lines(run.rows)
    yield f"<section><h2>{escape(run.name)}</h2>\n"
    prompts = "".join(f", {escape(name)} {escape(digest)}" for name, digest in run.prompts.items())
    about = f"{run.mode} answers, {len(run.rows)} in {run.seconds:.0f} s, {run.when}, settings {run.fingerprint}, gold {run.gold}"
    yield f'<p class="faint">{escape(about)}{prompts}</p>\n'
    yield _goals(run)
    drawn = [chart for language in dict.fromkeys(line.language for line in lines) if (chart := charts.by_kind(language, lines))]
    languages = [language for language in dict.fromkeys(line.language for line in lines) if charts.by_kind(language, lines)]
    figures = (
        f"<figure><figcaption>{escape(name)}</figcaption>{chart}</figure>" for name, chart in zip(languages, drawn, strict=True)
    )
    yield f'<h3>Right, by language and kind</h3><div class="charts">{"".join(figures)}</div>\n'
    yield _lines(lines)
    yield _table(("of the whole run", ""), ((name, value) for name, value in summary.overall(run)), style="words")
    yield from _cases(run, held_out=held_out)
    yield "</section>\n"


def _goals(run: Run) -> str:
    rows = [
        (
            goal.name,
            f"{'≤' if goal.at_most else '≥'} {100 * goal.wanted:.0f}",
            percent(goal.found) or "not measured",
            {True: "yes", False: "no", None: ""}[goal.reached],
        )
        for goal in summary.goals(run)
    ]
    return "<h3>Goals</h3>" + _table(("goal, %", "wanted", "found", "reached"), rows)


def _lines(lines: Iterable[Line]) -> str:
    head = ("language", "kind", "n", "unscored", *(f"{name}, %" for name in COLUMNS))
    rows = [
        (
            line.language or "all",
            line.kind or "all",
            str(line.n),
            str(line.unscored or ""),
            *(percent(line.figures.get(name), interval=name in COLUMNS[:2]) for name in COLUMNS),
        )
        for line in lines
    ]
    return _table(head, rows, style="kinds")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, style: str = "") -> str:
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr{' class=all' if 'all' in row[1:2] else ''}>"
        + "".join(f"<td{' class=no' if cell == 'no' else ''}>{escape(cell)}</td>" for cell in row)
        + "</tr>\n"
        for row in rows
    )
    return f'<table class="{style}"><thead><tr>{cells}</tr></thead><tbody>\n{body}</tbody></table>\n'


# -- cases ------------------------------------------------------------------------------------------------------------


def _cases(run: Run, *, held_out: bool) -> Iterator[str]:
    rows = failing(run, held_out=held_out)
    hidden = len(failing(run, held_out=True)) - len(rows)
    yield f"<h3>Not right: {len(rows)}</h3>\n"
    if hidden:
        yield f'<p class="faint">{hidden} more of the test split are not shown.</p>\n'
    for row in rows:
        yield _case(row)


def _case(row: Row) -> str:
    right = row.scores.get("right")
    told = "no score" if row.unscored or right is None else f"{right:.2f} right, {row.outcome}"
    parts = [*((f"after: {turn}", row.language) for turn in row.history)]
    shown = "".join(f"<dd {_speaks(language)}>{escape(text)}</dd>" for text, language in parts)
    gold = "".join(f'<dd dir="auto">{escape(fact)}</dd>' for fact in row.gold) or "<dd>nothing: it is to be refused</dd>"
    remarks = "".join(f'<dd dir="auto">{escape(remark)}</dd>' for remark in (row.unscored, *row.remarks) if remark)
    return (
        f"<details><summary><b>{escape(row.id)}</b> <bdi {_speaks(row.language)}>{escape(row.question)}</bdi>"
        f' <span class="faint">{escape(told)}</span></summary><dl>{shown}<dt>gold</dt>{gold}'
        f"{f'<dt>found wanting</dt>{remarks}' if remarks else ''}{''.join(_answer(row.answer))}</dl></details>\n"
    )


def _answer(answer: Any) -> Iterator[str]:
    """The statements of an answer with what they cite, or its refusal."""
    if not answer:
        return
    yield "<dt>answer</dt>"
    language = str(answer["language"])
    if not answer["statements"]:
        yield f"<dd {_speaks(language)}>{escape(str(answer['text']).splitlines()[0])}</dd>"
    for statement in answer["statements"]:
        yield f"<dd {_speaks(language)}>{escape(statement['frame'])} <bdi>{escape(statement['text'])}</bdi>"
        for citation in statement["citations"]:
            source = citation["source"]
            yield (
                f"<blockquote {_speaks(source['language'])}>{escape(citation['quote'])}"
                f' <span class="faint">{escape(source["publisher"] or source["article_id"])}'
                f" {citation['start']}-{citation['end']}</span></blockquote>"
            )
        yield "</dd>"


def _speaks(language: str) -> str:
    return f'lang="{escape(language)}" dir="{"rtl" if language in RTL else "ltr"}"'
