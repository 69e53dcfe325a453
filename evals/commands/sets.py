"""`startup`, `retrieval`, `quotes`: what starting costs, and the question sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from assistant.lexicon import Lexicon
from evals import floors, outside
from evals.console import REGRESSION, insert_tables, into, keep, table, to_file
from evals.gold import GoldError
from evals.shelf import lexicon as shipped

__all__ = ["quotes", "retrieval", "startup"]

OFF_TOPIC = {"pquad": "persianqa", "persianqa": "pquad", "arcd": "xquad-ar", "xquad-ar": "arcd"}
OWN = Path(__file__).resolve().parent.parent / "passages"  # the sets of the project itself
FILE = click.Path(path_type=Path, dir_okay=False)


def over_sets(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a measurement on question sets."""
    folder = click.Path(path_type=Path, exists=True, file_okay=False)
    for option in (
        into,
        to_file,
        click.option("--accept", is_flag=True, help="Make what is measured the baseline, beside its other sets."),
        click.option("--baseline", type=FILE, help="End with 1 when a set is surely worse than there."),
        click.option("--set", "names", multiple=True, metavar="NAME", help="Only this set (repeatable)."),
        click.option("--bench", type=folder, envvar="SANAD_BENCH", help="Where the sets lie (default: SANAD_BENCH, else our own)."),
    ):
        command = option(command)
    return command


@click.command()
@click.option("--runs", default=7, show_default=True, type=click.IntRange(1), help="How often each command runs.")
@to_file
def startup(runs: int, file: Path | None) -> None:
    """Processor seconds of small commands, and of `ask` beside loading Chroma."""
    from evals.startup import LIMIT_RATIO, LIMIT_SMALL, measure

    found = measure(runs)
    small = [(f"sanad {name}", f"{seconds:.2f}", f"{LIMIT_SMALL:.2f}") for name, seconds in found.small.items()]
    spread = f"{found.ratio:.2f} [{min(found.ratios):.2f}, {max(found.ratios):.2f}]"
    table(
        ("median CPU seconds", f"{runs} runs", "at most"),
        [
            *small,
            ("chromadb, folder opened", f"{found.chroma:.2f}", ""),
            ("sanad ask, no model", f"{found.ask:.2f}", ""),
            ("ask / chromadb, paired", spread, f"{LIMIT_RATIO:.2f}"),
        ],
    )
    keep(file, asdict(found) | {"ratio": found.ratio})


@click.command()
@over_sets
@click.option("--no-dense", is_flag=True, help="Full text alone, without the vectors.")
@click.option("--stock", is_flag=True, help="Beside stock parts: BM25 with its default tokens, the vectors alone.")
def retrieval(
    bench: Path | None,
    names: Sequence[str],
    baseline: Path | None,
    accept: bool,
    file: Path | None,
    into: Path | None,
    no_dense: bool,
    stock: bool,
) -> None:
    """How often the right passage comes first, and among the first five."""
    from evals.retrieval import OURS, SYSTEMS, pairs, ranks, recall

    folder, chosen, lexicon = _chosen(bench, names)
    systems = SYSTEMS if stock else (SYSTEMS[no_dense],)
    measured, found = {}, []
    for name in chosen:
        questions = outside.load(folder, name)
        for system in systems:
            rows = ranks(questions, lexicon=lexicon, system=system)
            label = f"{name}: {system}" if stock else name
            found += [recall(label, rows), *pairs(label, rows)]
            if system == OURS or not stock:
                measured[name] = rows
        click.echo(f"{name} done", err=True)
    shown = table(
        ("recall, 95 % interval", "questions", "at 1", "at 5", "MRR@10"),
        [(row.name, str(row.at_1.n), str(row.at_1), str(row.at_5), str(row.mrr)) for row in found],
    )
    insert_tables(into, _mark("retrieval", bench), shown)
    keep(file, [asdict(row) for row in found])
    _beside(baseline, measured, accept=accept)


@click.command()
@over_sets
def quotes(
    bench: Path | None, names: Sequence[str], baseline: Path | None, accept: bool, file: Path | None, into: Path | None
) -> None:
    """How often the quotes hold the answer, and questions without one are refused."""
    from evals.quotes import pairs, quoted, quoting, refusals

    folder, chosen, lexicon = _chosen(bench, names)
    measured, refused = {}, []
    for name in chosen:
        questions = outside.load(folder, name)
        if any(question.answers for question in questions.questions):
            measured[name] = quoted(questions, lexicon=lexicon)
        others: dict[str, Sequence[outside.Question]] = {
            f"own, {kind or 'without answer'}": [q for q in questions.unanswerable if q.kind == kind] for kind in _kinds(questions)
        }
        if OFF_TOPIC.get(name) in outside.names(folder):
            others[f"those of {OFF_TOPIC[name]}"] = outside.load(folder, OFF_TOPIC[name]).questions
        refused += [(asked, refusals(questions, found, lexicon=lexicon)) for asked, found in others.items() if found]
        click.echo(f"{name} done", err=True)
    figures = [figure for name, rows in measured.items() for figure in (quoting(name, rows), *pairs(name, rows))]
    quoting_table = table(
        ("answer quoted, 95 % interval", "questions", "in the first", "in any"),
        [(row.name, str(row.first.n), str(row.first), str(row.any)) for row in figures],
    )
    click.echo()
    refusing_table = table(
        ("refusal", "questions refused", "share", "own kept", "share at 95 % kept"),
        [(row.name, asked, f"{row.refused:.3f}", f"{row.kept:.3f}", f"{row.refused_at_95:.3f}") for asked, row in refused],
    )
    insert_tables(into, _mark("quotes", bench), quoting_table, refusing_table)
    refusing = [{"asked": asked, **asdict(row), "refused_at_95": row.refused_at_95} for asked, row in refused]
    keep(file, {"quoting": [asdict(row) for row in figures], "refusing": refusing})
    _beside(baseline, measured, accept=accept)


def _mark(name: str, bench: Path | None) -> str:
    """The marks of a README that the tables go between: those of outside sets lie apart from those of our own."""
    return name if bench is None else f"{name}-outside"


def _kinds(questions: outside.Set) -> list[str]:
    """How the questions without an answer were meant."""
    return sorted({question.kind for question in questions.unanswerable})


def _chosen(bench: Path | None, names: Sequence[str]) -> tuple[Path, list[str], Lexicon]:
    """Where the sets lie and which are measured: all of them when none is named; our own where no folder is."""
    folder = bench or OWN
    there = outside.names(folder)
    for name in names:
        if name not in there:
            raise click.UsageError(f"{folder} holds no set {name!r}; it holds {', '.join(there) or 'none'}.")
    if not there:
        raise GoldError(f"{folder} holds no sets; name a folder of them with --bench (or SANAD_BENCH).")
    return folder, list(names) or there, shipped()


def _beside(baseline: Path | None, measured: Mapping[str, Sequence[floors.Measured]], *, accept: bool) -> None:
    """Keep the baseline or compare with it, as asked."""
    if accept and baseline is None:
        raise click.UsageError("--accept needs --baseline FILE to write to")
    if baseline is None:
        return
    if accept:
        floors.keep(baseline, measured)
        return
    gaps = floors.beside(floors.load(baseline), measured)
    click.echo()
    table(("beside the baseline", "", "difference"), [(name, figure, str(gap)) for (name, figure), gap in gaps.items()], left=2)
    worse = floors.regressions(gaps)
    for line in worse:
        click.echo(f"FAILED: {line}")
    if worse:
        raise click.exceptions.Exit(REGRESSION)
