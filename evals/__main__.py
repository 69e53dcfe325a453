"""The evals from the command line: `python -m evals startup`, `retrieval` or `quotes`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from assistant.lexicon import Lexicon
from evals import outside

OFF_TOPIC = {"pquad": "persianqa", "persianqa": "pquad", "arcd": "xquad-ar", "xquad-ar": "arcd"}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
def evals() -> None:
    """Measure Sanad: what starting costs, and how well it finds, quotes and refuses on outside question sets."""


to_file = click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Also write the figures there.")


def over_sets(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a measurement on the outside sets."""
    folder = click.Path(path_type=Path, exists=True, file_okay=False)
    names = click.option("--set", "names", multiple=True, metavar="NAME", help="Only this set (repeatable).")
    where = click.option("--bench", type=folder, envvar="SANAD_BENCH", required=True, help="The sets (default: SANAD_BENCH).")
    return where(names(to_file(command)))


@evals.command()
@click.option("--runs", default=7, show_default=True, type=click.IntRange(1), help="How often each command runs.")
@to_file
def startup(runs: int, file: Path | None) -> None:
    """Processor seconds of small commands, and of `ask` beside loading Chroma."""
    from evals.startup import LIMIT_RATIO, LIMIT_SMALL, measure

    found = measure(runs)
    small = [(f"sanad {name}", f"{seconds:.2f}", f"{LIMIT_SMALL:.2f}") for name, seconds in found.small.items()]
    spread = f"{found.ratio:.2f} [{min(found.ratios):.2f}, {max(found.ratios):.2f}]"
    _table(
        ("median CPU seconds", f"{runs} runs", "at most"),
        [
            *small,
            ("chromadb, folder opened", f"{found.chroma:.2f}", ""),
            ("sanad ask, no model", f"{found.ask:.2f}", ""),
            ("ask / chromadb, paired", spread, f"{LIMIT_RATIO:.2f}"),
        ],
    )
    _write(file, asdict(found) | {"ratio": found.ratio})


@evals.command()
@over_sets
@click.option("--no-dense", is_flag=True, help="Full text alone, without the vectors.")
def retrieval(bench: Path, names: Sequence[str], file: Path | None, no_dense: bool) -> None:
    """How often the right passage comes first, and among the first five."""
    from evals.retrieval import measure

    chosen, lexicon, found = _chosen(bench, names), Lexicon.open(), []
    for name in chosen:
        found.append(measure(outside.load(bench, name), lexicon=lexicon, dense=not no_dense))
        click.echo(f"{name} done", err=True)
    _table(
        ("recall, 95 % interval", "questions", "at 1", "at 5"),
        [(row.name, str(row.at_1.n), str(row.at_1), str(row.at_5)) for row in found],
    )
    _write(file, [asdict(row) for row in found])


@evals.command()
@over_sets
def quotes(bench: Path, names: Sequence[str], file: Path | None) -> None:
    """How often the quotes hold the answer, and questions without one are refused."""
    from evals.quotes import measure, refusals

    chosen, lexicon = _chosen(bench, names), Lexicon.open()
    quoted, refused = [], []
    for name in chosen:
        questions = outside.load(bench, name)
        if any(question.answers for question in questions.questions):
            quoted.append(measure(questions, lexicon=lexicon))
        others = {"own, without answer": questions.unanswerable}
        if OFF_TOPIC.get(name) in outside.names(bench):
            others[f"those of {OFF_TOPIC[name]}"] = outside.load(bench, OFF_TOPIC[name]).questions
        refused += [(asked, refusals(questions, found, lexicon=lexicon)) for asked, found in others.items() if found]
        click.echo(f"{name} done", err=True)
    _table(
        ("answer quoted, 95 % interval", "questions", "in the first", "in any"),
        [(row.name, str(row.first.n), str(row.first), str(row.any)) for row in quoted],
    )
    click.echo()
    _table(
        ("refusal", "questions refused", "share", "own kept"),
        [(row.name, asked, f"{row.refused:.3f}", f"{row.kept:.3f}") for asked, row in refused],
    )
    _write(
        file, {"quoting": [asdict(row) for row in quoted], "refusing": [{"asked": asked, **asdict(row)} for asked, row in refused]}
    )


def _chosen(bench: Path, names: Sequence[str]) -> list[str]:
    """The sets to be measured; all of them when none is named."""
    there = outside.names(bench)
    for name in names:
        if name not in there:
            raise click.UsageError(f"{bench} holds no set {name!r}; it holds {', '.join(there) or 'none'}.")
    return list(names) or there


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print `rows` under `head`: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        first, *rest = [
            (cell.rjust if place else cell.ljust)(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        click.echo("  ".join((first, *rest)).rstrip())


def _write(file: Path | None, figures: object) -> None:
    if file is not None:
        file.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    evals(prog_name="python -m evals")
