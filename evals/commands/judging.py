"""`judge`, `mutations`: what a model says of answers, and whether the scorers notice what is broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from assistant.errors import ModelError
from assistant.protocols import ChatModel
from evals.commands.asking import chat_of, settings_with
from evals.console import COULD_NOT_RUN, REGRESSION, insert_tables, into, keep, progress, table, to_file
from evals.judge import agreement as agreeing
from evals.judge.agreement import Agreement
from evals.judge.answers import Judged
from evals.judge.answers import judge as judged
from evals.judge.grading import Grader, Prompt, Verdict
from evals.record import Recorder, Replayer, Store
from evals.results import Row, load_run
from evals.shelf import lexicon
from evals.statistics import estimate

__all__ = ["judge", "mutations"]

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("run", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--labels", is_flag=True, help="Measure the judge itself against the hand labels.")
@click.option("--model", metavar="NAME", help="The model that judges; default SANAD_LLM__MODEL.")
@click.option("--record", "recording", type=FILE, help="Keep its verdicts there; what is kept already is not asked again.")
@click.option("--replay", type=FILE, help="Take its verdicts from this recording and ask nobody.")
@click.option("--llamaindex", is_flag=True, help="LlamaIndex's faithfulness evaluator beside it.")
@into
@to_file
def judge(
    run: Path | None,
    labels: bool,
    model: str | None,
    recording: Path | None,
    replay: Path | None,
    llamaindex: bool,
    file: Path | None,
    into: Path | None,
) -> None:
    """Have a model judge the answers of RUN: gold facts supported, statements proved by their quotes.

    With --labels it is measured against people first; without a model, the rules that need none are.
    """
    if run is None and not labels:
        raise click.UsageError("name a RUN to judge, or --labels to measure the judge")
    settings = settings_with(model)
    needed = run is not None or model or replay or settings.llm.model
    chat = (Replayer(Store(replay), model) if replay else chat_of(settings)) if needed else None
    if chat is not None and recording is not None:
        chat = Recorder(chat, Store(recording), temperature=settings.llm.temperature)
    figures: dict[str, Any] = {}
    if labels:
        figures["agreement"] = _agreement(chat, llamaindex=llamaindex, into=into)
    if run is not None:
        assert chat is not None
        figures["answers"] = _answers([row for row in load_run(run).scored if row.answer], chat, llamaindex=llamaindex)
    keep(file, figures)
    if any(found["failed"] for found in figures.get("answers", [])):
        raise click.exceptions.Exit(COULD_NOT_RUN)


def _agreement(chat: ChatModel | None, *, llamaindex: bool, into: Path | None) -> list[dict[str, Any]]:
    every, rules = agreeing.load(), agreeing.by_rule(lexicon())
    found = [*_agreements("rules, no model", every, [rules(label) for label in every])]
    if chat is not None:
        ask = agreeing.by_model(Grader(chat, Prompt.load()))
        with progress(len(every), f"verdicts of {chat.name}") as step:
            found += _agreements(chat.name, every, [_stepped(ask(label), label.id, step) for label in every])
    if chat is not None and llamaindex:
        from evals.judge.faithfulness import faithful

        opinion = faithful(chat)
        with progress(len(every), "verdicts by way of LlamaIndex") as step:
            told = [_stepped(opinion(label.statement, [label.quote]), label.id, step) for label in every]
        found += _agreements("LlamaIndex faithfulness", every, [Verdict.SUPPORTED if yes else Verdict.NOT for yes in told])
    shown = table(
        ("judge", "n", "failed", "agreed", "kappa", "kappa, supported or not"),
        [(row.name, str(row.n), str(row.failed), _two(row.raw), _two(row.kappa), _two(row.kappa_of_two)) for row in found],
    )
    insert_tables(into, "judge", shown)
    return [asdict(row) for row in found]


def _stepped(value: Any, name: str, step: Any) -> Any:
    step(name)
    return value


def _agreements(name: str, labels: Sequence[agreeing.Label], told: Sequence[Verdict]) -> Iterator[Agreement]:
    """The agreement over all labels and in each language."""
    yield agreeing.agreement(name, labels, told)
    for language in dict.fromkeys(label.language for label in labels):
        own = [(label, verdict) for label, verdict in zip(labels, told, strict=True) if label.language == language]
        yield agreeing.agreement(f"{name}, {language}", [label for label, _ in own], [verdict for _, verdict in own])


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _answers(rows: Sequence[Row], chat: ChatModel, *, llamaindex: bool) -> list[dict[str, Any]]:
    grader = Grader(chat, Prompt.load())
    with progress(len(rows), f"judged by {chat.name}") as step:
        found = [_stepped(_judged(row, grader), row.id, step) for row in rows]
    groups = {row.id: row.group for row in rows}
    head = ("judged", "n", "failed", "vital, strict", "vital, half for a part", "quotes prove", "quotes needed")
    lines = []
    for language in ("", *dict.fromkeys(one.language for one in found)):
        own = [one for one in found if language in ("", one.language)]
        figures = [_mean(own, name, groups) for name in ("vital_strict", "vital", "recall", "precision")]
        lines.append((language or "all", str(len(own)), str(sum(one.failed for one in own)), *figures))
    table(head, lines)
    if llamaindex:
        from evals.judge.faithfulness import faithful

        click.echo(f"LlamaIndex faithfulness: {_faithfulness(rows, faithful(chat))}")
    return [asdict(one) for one in found]


def _judged(row: Row, grader: Grader) -> Judged:
    """The row judged; when the model fails, with nothing but a failure."""
    try:
        return judged(row, grader)
    except ModelError as exc:
        return Judged(row.id, row.language, None, None, None, None, 1, (str(exc),))


def _mean(found: Sequence[Judged], name: str, groups: dict[str, str]) -> str:
    values = [(value, groups[one.id]) for one in found if (value := getattr(one, name)) is not None]
    return str(estimate([value for value, _ in values], [group for _, group in values], within=True)) if values else ""


def _faithfulness(rows: Sequence[Row], opinion: Any) -> str:
    pairs = [
        (statement["text"], [citation["quote"] for citation in statement["citations"]], row.group)
        for row in rows
        for statement in row.answer["statements"]
    ]
    return (
        str(estimate([float(opinion(text, quotes)) for text, quotes, _ in pairs], [g for *_, g in pairs])) if pairs else "nothing"
    )


@click.command()
@click.option("--only", multiple=True, metavar="NAME", help="Only this breakage (repeatable).")
@into
@to_file
def mutations(only: Sequence[str], file: Path | None, into: Path | None) -> None:
    """Break the product in ten ways, and see that some scorer notices each."""
    from evals.mutations import MUTATIONS, check

    unknown = [name for name in only if name not in MUTATIONS]
    if unknown:
        raise click.UsageError(f"there is no breakage {unknown[0]!r}; there are {', '.join(MUTATIONS)}")
    chosen = list(only) or list(MUTATIONS)
    with progress(len(chosen) + 1, "breakages") as step:
        found = check(chosen, progress=step)
    shown = table(("breakage", "caught by"), [(one.name, ", ".join(one.caught) or "NOBODY") for one in found], left=2)
    insert_tables(into, "mutations", shown)
    keep(file, [asdict(one) for one in found])
    if not all(one.caught for one in found):
        raise click.exceptions.Exit(REGRESSION)
