"""Runs as a report in Markdown: tables per language and kind, the goals, and each case that went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evals import summary
from evals.results import Row, Run
from evals.statistics import Estimate
from evals.summary import COLUMNS, Goal, Line

__all__ = ["failing", "markdown", "percent", "tables"]


def failing(run: Run, *, held_out: bool = False) -> list[Row]:
    """The rows that are not wholly right, and those without a score; those of the test split only when `held_out` asks for them."""
    shown = [row for row in run.rows if held_out or row.split == "dev"]
    return [row for row in shown if row.unscored or (row.scores.get("right") or 0.0) < 1.0]


def percent(found: Estimate | None, *, interval: bool = True) -> str:
    """A share as people read it: 93 % [88, 97]."""
    if found is None:
        return ""
    return f"{100 * found.mean:.0f} [{100 * found.low:.0f}, {100 * found.high:.0f}]" if interval else f"{100 * found.mean:.0f}"


def tables(run: Run) -> str:
    """The tables of one run, which also go into the README."""
    return "\n\n".join([_goals(summary.goals(run)), _lines(summary.lines(run.rows)), _overall(run)])


def markdown(runs: Sequence[Run], *, held_out: bool = False) -> str:
    """The whole report."""
    parts = ["# Evals of Sanad"]
    for run in runs:
        parts += [f"## {run.name}", _about(run), tables(run), _cases(run, held_out=held_out)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _about(run: Run) -> str:
    model = f"{run.model}, " if run.model else ""
    prompts = "".join(f", prompt {name} `{digest}`" for name, digest in run.prompts.items())
    return (
        f"{run.mode} answers, {model}{len(run.rows)} answers in {run.seconds:.0f} s, {run.when}.\n"
        f"Commit `{run.commit[:12]}`, settings `{run.fingerprint}`, gold `{run.gold}`{prompts}."
    )


def _goals(goals: Sequence[Goal]) -> str:
    rows = [
        (
            goal.name,
            f"{'at most' if goal.at_most else 'at least'} {100 * goal.wanted:.0f}",
            percent(goal.found),
            str(goal.found.n if goal.found else 0),
            {True: "yes", False: "**no**", None: "not measured"}[goal.reached],
        )
        for goal in goals
    ]
    return _table(("goal, %", "wanted", "found", "n", "reached"), rows)


def _lines(lines: Sequence[Line]) -> str:
    rows = [_line(line) for line in lines]
    return _table(("language", "kind", "n", "unscored", *(f"{name}, %" for name in COLUMNS)), rows)


def _line(line: Line) -> tuple[str, ...]:
    figures = [percent(line.figures.get(name), interval=name in COLUMNS[:2]) for name in COLUMNS]
    cells = (line.language or "all", line.kind or "all", str(line.n), str(line.unscored or ""), *figures)
    return cells if line.kind else tuple(f"**{cell}**" if cell else "" for cell in cells)


def _overall(run: Run) -> str:
    flaky = summary.flaky(run.rows)
    more = [("right in some repetitions only", ", ".join(flaky))] if flaky else []
    return _table(("of the whole run", ""), [*summary.overall(run), *more])


def _cases(run: Run, *, held_out: bool) -> str:
    rows = failing(run, held_out=held_out)
    hidden = len(failing(run, held_out=True)) - len(rows)
    told = f"\n\n{hidden} more of the test split are not shown." if hidden else ""
    return "\n\n".join([f"### Not right: {len(rows)}{told}", *("\n".join(_case(row)) for row in rows)])


def _case(row: Row) -> Iterator[str]:
    yield f"**{row.id}** ({row.kind}, {row.language}): {_inline(row.question)}"
    for turn in row.history:
        yield f"- after: {_inline(turn)}"
    for fact in row.gold:
        yield f"- gold: {_inline(fact)}"
    if row.unscored:
        yield f"- **no score**: {_inline(row.unscored)}"
        return
    yield f"- {row.outcome}, {row.scores.get('right') or 0.0:.2f} right"
    for remark in row.remarks:
        yield f"- {_inline(remark)}"
    for statement in row.answer.get("statements", []):
        yield f"- said: {_inline(statement['frame'])} {_inline(statement['text'])}"


def _inline(text: str) -> str:
    """Text that Markdown takes for nothing but text, on one line."""
    escaped = "".join(f"\\{character}" if character in "\\`*_[]<>|#" else character for character in text)
    return " ".join(escaped.split())


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    marks = ["---" if place == 0 else "--:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, marks, *rows))
