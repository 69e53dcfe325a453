"""Runs and verdicts as they are printed."""

from __future__ import annotations

from collections.abc import Sequence

import click

from evals import gate, summary
from evals.console import REGRESSION, table
from evals.report import percent
from evals.results import Run

__all__ = ["printed", "told"]


def printed(done: Run) -> None:
    head = ("language", "kind", "n", "unscored", *summary.COLUMNS)
    rows = [
        (
            line.language or "all",
            line.kind or "all",
            str(line.n),
            str(line.unscored or ""),
            *(percent(line.figures.get(name), interval=name in summary.COLUMNS[:2]) for name in summary.COLUMNS),
        )
        for line in summary.lines(done.rows)
    ]
    table(head, rows, left=2)
    click.echo()
    table(("of the whole run", ""), summary.overall(done), left=1)
    click.echo()
    goals = [
        (
            goal.name,
            f"{'<=' if goal.at_most else '>='} {goal.wanted:.2f}",
            str(goal.found or "not measured"),
            "no" if goal.reached is False else "",
        )
        for goal in summary.goals(done)
    ]
    table(("goal", "wanted", "found, 95 % interval", "missed"), goals)


def told(verdict: gate.Verdict) -> None:
    for name, gap in verdict.differences.items():
        click.echo(f"{name:4} {100 * gap.mean:+.2f} points [{100 * gap.low:+.2f}, {100 * gap.high:+.2f}] over {gap.n} questions")
    _named("better", verdict.better)
    _named("worse", verdict.worse)
    for line in verdict.warnings:
        click.echo(f"warning: {line}")
    for line in verdict.failures:
        click.echo(f"FAILED: {line}")
    if not verdict.passed:
        raise click.exceptions.Exit(REGRESSION)
    click.echo("passed")


def _named(what: str, names: Sequence[str]) -> None:
    if names:
        click.echo(f"{what}: {', '.join(names)}")
