"""`speed`: how fast Sanad is beside stock LlamaIndex and beside its parts alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from evals.console import REGRESSION, insert_tables, into, keep, table, to_file
from evals.gold import GoldError
from evals.results import commit
from evals.speed import bench, report
from evals.speed.libraries import FULL, QUICK, Ground, Plan
from evals.speed.report import Figures

__all__ = ["speed"]

FILE = click.Path(path_type=Path, dir_okay=False)
THERE = click.Path(path_type=Path, dir_okay=False, exists=True)
STOCK = ("chromadb", "bm25s", "llama_index.vector_stores.chroma")


@click.command()
@click.option("--only", "names", multiple=True, type=click.Choice(list(bench.MEASURES)), help="Only this (repeatable).")
@click.option("--sizes", metavar="N,…", help="Passages of the libraries; default 1000,10000,50000. 200000 takes an hour.")
@click.option("--quick", is_flag=True, help="A tiny library, everything once: whether it works, not how fast.")
@click.option("--keep", "keeping", is_flag=True, help=f"Keep the figures in {report.FOLDER.name}/ under the commit's name.")
@click.option("--from", "kept", type=THERE, help="Measure nothing: show this run.")
@click.option("--plot", "picture", type=FILE, help="Draw how costs grow (PNG).")
@into
@to_file
def speed(
    names: Sequence[str],
    sizes: str | None,
    quick: bool,
    keeping: bool,
    kept: Path | None,
    picture: Path | None,
    into: Path | None,
    file: Path | None,
) -> None:
    """Cold and warm questions, taking in, the same again, making anew, memory and disk: ours beside stock LlamaIndex and the parts.

    Some ten minutes on two processors with nothing else to do. Ends with 1 when a ratio is not what is wanted of it.
    """
    if kept and (names or sizes or quick or keeping):
        raise click.UsageError("--from measures nothing: leave out --only, --sizes, --quick and --keep")
    found = report.load(kept) if kept else _measured(_plan(sizes, quick=quick), names)
    shown = table(report.HEAD, report.cells(found.rows))
    insert_tables(into, "speed", f"{_told(found)}\n\n{shown}")
    for target in (file, report.kept_as() if keeping else None):
        keep(target, asdict(found))
    if picture is not None:
        from evals.speed.plot import plot

        plot(found.rows, picture)
    if missed := found.missed:
        for row in missed:
            click.echo(f"MISSED: {row.name}")
        raise click.exceptions.Exit(REGRESSION)


def _plan(sizes: str | None, *, quick: bool) -> Plan:
    if quick:
        if sizes:
            raise click.UsageError("--quick has a size of its own: leave out --sizes")
        return QUICK
    if sizes is None:
        return FULL
    try:
        wanted = sorted({int(size.replace("_", "")) for size in sizes.split(",")})
    except ValueError:
        wanted = []
    if not wanted or wanted[0] < 100:
        raise click.UsageError(f"--sizes wants numbers from 100 on with commas between them, not {sizes!r}")
    return replace(FULL, sizes=tuple(wanted))


def _measured(plan: Plan, names: Sequence[str]) -> Figures:
    if missing := [name for name in STOCK if not _is_there(name)]:
        raise GoldError(f"{', '.join(missing)} is not installed; `pip install -e '.[dev]'` brings the stock parts")
    start, when = time.monotonic(), datetime.now(UTC).replace(microsecond=0).isoformat()
    machine = report.machine()

    def step(doing: str) -> None:
        click.echo(f"{time.monotonic() - start:4.0f} s  {doing}", err=True)

    with TemporaryDirectory(prefix="sanad-speed-") as place:
        rows = tuple(bench.measured(Ground(plan, Path(place), step), names))
    return Figures(commit(), when, round(time.monotonic() - start, 1), machine, rows)


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # of a package around it
        return False


def _told(found: Figures) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in found.machine["libraries"].items())
    return (
        f"commit {found.commit[:7]}, {found.when[:10]}, {found.seconds:.0f} s, {found.machine['processors']} processors"
        f" (load before {found.machine['load']}), Python {found.machine['python']}\n{libraries}"
    )
