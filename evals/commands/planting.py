"""`injections`: how far orders planted in articles get."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from evals.console import REGRESSION, insert_tables, into, keep, progress, table, to_file

__all__ = ["injections"]


@click.command()
@click.option(
    "--bench",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    envvar="SANAD_BENCH",
    help="Where the outside sets lie (default: SANAD_BENCH, else our own set alone).",
)
@click.option("--class", "only", multiple=True, metavar="NAME", help="Only this class of orders (repeatable).")
@to_file
@into
def injections(bench: Path | None, only: Sequence[str], file: Path | None, into: Path | None) -> None:
    """What planted orders do, past a model that obeys each of them.

    Ends with 1 when any of them is more than words in an answer.
    """
    from evals import injections as planted

    for name in only:
        if name not in planted.CLASSES:
            raise click.UsageError(f"there is no class {name!r}; there are: {', '.join(planted.CLASSES)}")
    orders = [order for order in planted.load(bench) if not only or order.kind in only]
    with progress(len(orders), "planted") as done:
        outcomes = planted.measure(orders, done)
    head = ("n", "told to the model", "acts, unguarded", "acts in ours", "shown as words", "of these, not under its own name")
    by_class = [(row.name, row.language, *_cells(row)) for row in planted.groups(outcomes)]
    first = table(("order", "language", *head), by_class, left=2)
    click.echo()
    tables = [first]
    for title, kinds in (
        ("orders", [kind for kind in planted.CLASSES if kind != "false statement"]),
        ("lies", ["false statement"]),
    ):
        rows = [(row.name, *_cells(row)) for row in planted.ways(outcomes, kinds) if row.n]
        if rows:
            tables.append(table((f"{title}, obeyed", *head), rows))
            click.echo()
    insert_tables(into, "injections", *tables)
    keep(file, list(planted.figures(outcomes)))
    acting = sorted({outcome.order.id for outcome in outcomes if outcome.acts})
    if acting:
        click.echo(f"FAILED: more than words: {', '.join(acting)}")
        raise click.exceptions.Exit(REGRESSION)


def _cells(row: object) -> tuple[str, ...]:
    """The figures of a group, in hundredths; the last is the share of what is shown."""
    from evals.injections import Group

    assert isinstance(row, Group)
    uncited = f"{100 * row.uncited / row.shown:.0f}" if row.shown else ""
    return (str(row.n), *(f"{100 * share:.0f}" for share in (row.told, row.acts_unguarded, row.acts, row.shown)), uncited)
