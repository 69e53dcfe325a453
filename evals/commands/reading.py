"""`compare`, `report`: runs that were kept, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from evals import page, report
from evals.compare import compare
from evals.console import insert, keep, table, to_file
from evals.results import load_run

__all__ = ["compare_command", "report_command"]

RUN = click.Path(path_type=Path, exists=True, dir_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("compare")
@click.argument("first", type=RUN)
@click.argument("second", type=RUN)
@to_file
def compare_command(first: Path, second: Path, file: Path | None) -> None:
    """How the run SECOND differs from FIRST, question by question."""
    found = compare(load_run(first), load_run(second))
    rows = [
        (gap.metric, gap.cell, str(gap.gap.n), f"{gap.first:.3f}", f"{gap.second:.3f}", str(gap.gap), "sure" if gap.sure else "")
        for gap in found.differences
    ]
    table(("metric", "of", "n", "first", "second", "difference, 95 % interval", ""), rows, left=2)
    for what, names in (("better", found.better), ("worse", found.worse)):
        click.echo(f"{what} ({len(names)}): {', '.join(names) or 'none'}")
    if found.left_out:
        click.echo(f"{found.left_out} questions are not in both, or were changed, or have no score")
    keep(file, asdict(found))


@click.command("report")
@click.argument("runs", nargs=-1, required=True, type=RUN)
@click.option("--markdown", type=FILE, help="Write it as Markdown.")
@click.option("--html", type=FILE, help="Write it as one HTML page that needs nothing else.")
@click.option("--held-out", is_flag=True, help="Show the failing cases of the test split too.")
@click.option("--into", type=RUN, help="Put the tables of the first run between the marks `tables` of this file.")
def report_command(runs: Sequence[Path], markdown: Path | None, html: Path | None, held_out: bool, into: Path | None) -> None:
    """Tables, charts and failing cases of RUNS; printed as Markdown unless a file is named."""
    loaded = [load_run(file) for file in runs]
    if markdown is not None:
        markdown.write_text(report.markdown(loaded, held_out=held_out), encoding="utf-8")
    if html is not None:
        html.write_text(page.page(loaded, held_out=held_out), encoding="utf-8")
    if into is not None:
        insert(into, "tables", report.tables(loaded[0]))
    if markdown is html is into is None:
        click.echo(report.markdown(loaded, held_out=held_out))
