"""`run`, `record`, `gate`, `doctor`: the gold questions asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from assistant.models import chat_from
from assistant.protocols import ChatModel
from assistant.settings import Settings, load
from evals import gate as gating
from evals import gold, junit, results, summary, validation
from evals.asking import Engine
from evals.commands.printing import printed, told
from evals.console import COULD_NOT_RUN, progress, table
from evals.loopback import loopback as _local
from evals.record import Recorder, Replayer, Store
from evals.results import Run
from evals.run import Choice, choose, run
from evals.shelf import Shelf, lexicon

__all__ = ["chat_of", "doctor", "gate", "record", "run_command", "settings_with"]

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the options of `run` and `record` say."""

    mode: str
    model: str | None
    choice: Choice
    repeat: int
    folder: Path


def over_gold(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which questions are asked, and of what."""
    for option in (
        click.option("--gold", "folder", type=FOLDER, default=gold.FOLDER, help="The questions (default: those of the project)."),
        click.option("--limit", type=click.IntRange(1), help="At most so many of each language and kind."),
        click.option("--repeat", type=click.IntRange(1), default=1, show_default=True, help="Ask each so often."),
        click.option("--id", "ids", multiple=True, metavar="ID", help="Only this question (repeatable)."),
        click.option("--split", type=click.Choice(["dev", "test"]), help="Only this part; default both."),
        click.option("--language", "languages", multiple=True, metavar="CODE", help="Only questions in it (repeatable)."),
        click.option("--kind", "kinds", multiple=True, type=click.Choice(gold.KINDS), help="Only this kind (repeatable)."),
    ):
        command = option(command)
    return command


@click.command("run")
@click.option("--mode", type=click.Choice(["extractive", "generative"]), default="extractive", show_default=True)
@click.option("--model", metavar="NAME", help="The model that writes; default SANAD_LLM__MODEL. Implies --mode generative.")
@click.option("--replay", type=FILE, help="Take the model's responses from this recording and ask nobody.")
@click.option("--loopback", is_flag=True, help="With a model on this machine that only copies sentences: tries the whole path.")
@click.option("--json", "file", type=FILE, help="Keep the run, for compare and report.")
@click.option("--junit", "xml", type=FILE, help="Write it as JUnit XML too.")
@over_gold
def run_command(
    mode: str,
    model: str | None,
    replay: Path | None,
    loopback: bool,
    file: Path | None,
    xml: Path | None,
    folder: Path,
    **options: Any,
) -> None:
    """Ask the gold questions, score the answers, and print the figures per language and kind."""
    if loopback and (model or replay):
        raise click.UsageError("--loopback is a model of its own: leave out --model and --replay")
    asked = _options("generative" if loopback else mode, model, folder, options)
    if replay and asked.mode == "extractive":
        raise click.UsageError("only generative answers are replayed: add --mode generative")
    with _local() if loopback else nullcontext(_settings(asked)) as settings:
        engine = Engine(settings, lexicon())
        if asked.mode == "generative":
            engine.chat = Replayer(Store(replay), model) if replay else chat_of(settings)
        done = _run(engine, asked)
    _ended(done, file, xml)


@click.command()
@click.argument("recording", type=FILE)
@click.option("--model", metavar="NAME", help="The model that writes; default SANAD_LLM__MODEL.")
@click.option("--json", "file", type=FILE, help="Keep the run too.")
@over_gold
def record(recording: Path, model: str | None, file: Path | None, folder: Path, **options: Any) -> None:
    """Ask as `run --mode generative` does and keep each response in RECORDING; what it holds already is not asked again."""
    asked = _options("generative", model, folder, options)
    settings = _settings(asked)
    chat = Recorder(chat_of(settings), Store(recording), temperature=settings.llm.temperature)
    done = _run(Engine(settings, lexicon(), chat), asked)
    click.echo(f"{recording} keeps {len(chat.store)} responses", err=True)
    _ended(done, file, None)


@click.command()
@click.option("--baseline", type=FILE, default=gating.BASELINE, help="What is compared with (default: the committed one).")
@click.option("--accept", is_flag=True, help="Make this run the baseline.")
@click.option("--json", "file", type=FILE, help="Keep the run.")
@click.option("--gold", "folder", type=FOLDER, default=gold.FOLDER, help="The questions (default: those of the project).")
def gate(baseline: Path, accept: bool, file: Path | None, folder: Path) -> None:
    """Ask all gold questions without a model; end with 1 when the answers are surely worse than the baseline's."""
    kept = None if accept and not baseline.exists() else gating.load(baseline)
    done = _run(Engine(Settings(), lexicon()), _Asked("extractive", None, Choice(), 1, folder))
    if file is not None:
        results.save_run(done, file)
    if accept:
        gating.save(gating.accept(done, kept.must_pass if kept else ()), baseline)
        click.echo(f"{baseline} holds {len(done.rows)} questions")
        return
    assert kept is not None
    told(gating.check(done, kept))


@click.command()
@click.option("--gold", "folder", type=FOLDER, default=gold.FOLDER, help="The questions (default: those of the project).")
def doctor(folder: Path) -> None:
    """What the gold holds, what it lacks and what is wrong with it; ends with 3 when it cannot be used."""
    shelf = Shelf.open(folder)
    questions = [line.question for line in gold.read(folder) if line.question is not None]
    languages = summary.ordered({question.language for question in questions})
    found = validation.counts(questions)
    rows = [(kind, *(str(found[kind][code] or "") for code in languages), str(found[kind].total())) for kind in gold.KINDS]
    table(
        ("kind", *languages, "all"),
        [*rows, ("all", *(str(sum(f[c] for f in found.values())) for c in languages), str(len(questions)))],
    )
    click.echo(f"{len(shelf.by_name) - len(shelf.planted)} seeds, {len(shelf.planted)} planted articles")
    for line in validation.lacking(questions):
        click.echo(f"lacking: {line}")
    wrong = validation.problems(folder, shelf)
    for line in wrong:
        click.echo(f"wrong: {line}")
    if wrong:
        raise click.exceptions.Exit(COULD_NOT_RUN)


# -- how they are asked -----------------------------------------------------------------------------------------------


def _options(mode: str, model: str | None, folder: Path, options: dict[str, Any]) -> _Asked:
    choice = Choice(options["kinds"], options["languages"], options["ids"], options["split"], options["limit"])
    return _Asked("generative" if model else mode, model, choice, options["repeat"], folder)


def _settings(asked: _Asked) -> Settings:
    """The settings in force, with the model that is asked for; nobody's own when the articles are only quoted."""
    return Settings() if asked.mode == "extractive" else settings_with(asked.model)


def settings_with(model: str | None) -> Settings:
    """The settings in force, with `model` as the one that writes."""
    settings = load()
    return settings.model_copy(update={"llm": settings.llm.model_copy(update={"model": model})}) if model else settings


def chat_of(settings: Settings) -> ChatModel:
    """The model that is set. A usage error when none is."""
    chat = chat_from(settings)
    if chat is None:
        raise click.UsageError("no model is set: give --model, and SANAD_LLM__BASE_URL or SANAD_LLM__API_KEY")
    return chat


def _run(engine: Engine, asked: _Asked) -> Run:
    every = gold.load(asked.folder)
    shelf = Shelf.open(asked.folder)
    engine.planted = shelf.planted
    chosen = choose(every, asked.choice)
    if not chosen:
        raise click.UsageError("no gold question fits")
    with progress(len(chosen) * asked.repeat, f"{asked.mode} answers") as step:
        return run(chosen, engine, shelf=shelf, every=every, repeat=asked.repeat, progress=step)


def _ended(done: Run, file: Path | None, xml: Path | None) -> None:
    if file is not None:
        results.save_run(done, file)
    if xml is not None:
        junit.save(done, xml)
    printed(done)
    if any(row.unscored for row in done.rows):
        failed = next(row for row in done.rows if row.unscored)
        click.echo(f"could not score every question: {failed.id}: {failed.unscored}", err=True)
        raise click.exceptions.Exit(COULD_NOT_RUN)
