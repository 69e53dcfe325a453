"""`soak`: questions while the library changes under them, for minutes; what is promised must hold all the time."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from evals.console import INTERRUPTED, REGRESSION, insert_tables, into, keep, table, to_file
from evals.soak import report
from evals.soak.checking import KINDS
from evals.soak.run import KEPT, Outcome, Plan, soak

__all__ = ["soak_command"]


@click.command("soak")
@click.option("--minutes", default=20.0, show_default=True, type=click.FloatRange(0, min_open=True), help="How long.")
@click.option("--seed", default=0, show_default=True, help="Of what is asked and changed.")
@click.option("--reading-while-ingesting", "reading", is_flag=True, help="Instead: how long answers take while articles come in.")
@click.option("--passages", default=10_000, show_default=True, type=click.IntRange(100), help="How many come in, for that.")
@into
@to_file
def soak_command(minutes: float, seed: int, reading: bool, passages: int, into: Path | None, file: Path | None) -> None:
    """Eight threads and another process ask while articles come, change and go: no error, nothing stale or half, no leak.

    Ends with 1 when one of these is not so. Ctrl-C ends it with the figures so far.
    """
    if reading:
        _read(passages, seed, into, file)
        return
    found = soak(Plan(seconds=60 * minutes, seed=seed), _tick)
    _line("")
    shown = table(("soak", ""), report.rows(found))
    insert_tables(into, "soak", shown)
    keep(file, report.figures(found))
    for fault in found.told:
        click.echo(f"{fault.kind}: {fault.told}")
    for line in (said := report.broken(found)):
        click.echo(f"FAILED: {line}")
    if said:
        raise click.exceptions.Exit(REGRESSION)
    if found.interrupted:
        raise click.exceptions.Exit(INTERRUPTED)


def _read(passages: int, seed: int, into: Path | None, file: Path | None) -> None:
    from evals.soak.reading import MOST, read_while_ingesting

    found = read_while_ingesting(passages, seed=seed)
    shown = table(("reading while ingesting", "answers", "p50, ms", "p95, ms", "p99, ms"), report.reading_rows(found))
    insert_tables(into, "reading", shown)
    keep(file, report.reading_figures(found))
    said = [f"{number} {KINDS[kind]}" for kind, number in found.faults.items()]
    said += [f"p95 is {found.ratio:.1f} times that of the idle library"] if found.ratio > MOST else []
    for fault in found.told[:KEPT]:
        click.echo(f"{fault.kind}: {fault.told}")
    for line in said:
        click.echo(f"FAILED: {line}")
    if said:
        raise click.exceptions.Exit(REGRESSION)


def _tick(outcome: Outcome) -> None:
    """How far it is, on one line of a terminal."""
    now = outcome.held[-1] if outcome.held else None
    wrong = sum(outcome.faults.values())
    memory = f", {now.megabytes:.0f} MB, {now.files} files, {now.threads} threads" if now else ""
    done = sum(outcome.done[name] for name in ("added", "changed", "removed"))
    _line(f"{len(outcome.latency)} answers, {done} changes, {wrong} faults{memory}")


def _line(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
