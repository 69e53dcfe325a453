"""The command line: answers on standard output, everything else on standard error, and an exit code that says how it went."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant._version import __version__
from assistant.errors import AssistantError, QuestionError
from assistant.types import Filters, IngestReport, Source, Status

if TYPE_CHECKING:
    from assistant.library import Progress
    from assistant.pipeline import Assistant

__all__ = ["main"]

EXIT_CODES = """\b
Exit codes:
   0  answered, or done             6  library made with another model
   1  not in the articles           7  library of a newer version
   2  usage, settings               8  library damaged
   3  no library, or an empty one   9  model endpoint
   4  library locked               10  some articles skipped
   5  disk full or read-only      130  interrupted
"""


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:  # Persian and Arabic must come through under any locale
            reconfigure(encoding="utf-8", errors="replace")
    try:
        code = sanad.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = _say("interrupted; run the same command again to finish", 130)
    except click.ClickException as exc:
        exc.show()
        code = exc.exit_code
    except AssistantError as exc:
        if os.environ.get("SANAD_DEBUG"):
            raise
        code = _say(str(exc), exc.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone (`sanad articles | head`); closing must not complain about it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _say(message: str, code: int) -> int:
    from assistant.guard import plain

    click.echo(f"sanad: {plain(message)}", err=True)
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80}, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="sanad")
@click.option("--library", type=click.Path(path_type=Path), metavar="FOLDER", help="The library folder (default: SANAD_LIBRARY, or your data folder).")
@click.option("--offline", is_flag=True, default=None, help="Connect to nothing, whatever is set.")
@click.pass_context
def sanad(context: click.Context, library: Path | None, offline: bool | None) -> None:
    """Ask questions about news articles; every sentence of an answer carries a citation that was checked."""
    context.obj = {"library": library, "offline": offline}


def _remember(context: click.Context, option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.obj["library"] = value


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


# -- asking -----------------------------------------------------------------------------------------------------------


def filtering(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that restrict which articles may answer."""
    for option in reversed(
        (
            click.option("--publisher", "publishers", multiple=True, metavar="NAME", help="Only articles of this outlet (repeatable)."),
            click.option("--written-in", "languages", multiple=True, metavar="CODE", help="Only articles in this language: fa, ar, en … (repeatable)."),
            click.option("--article", "articles", multiple=True, metavar="ID", help="Only this article (repeatable)."),
            click.option("--since", type=Day(), help="Only articles published on this day or later: 2016-12-18 or 1395-09-28."),
            click.option("--until", type=Day(), help="Only articles published on this day or earlier."),
        )
    ):
        command = option(command)
    return command


class Day(click.ParamType):
    """A Gregorian or Jalali day, digits of any script."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        from assistant.dates import find

        if isinstance(value, date):
            return value
        mentions = find(str(value), reference=None)
        if len(mentions) != 1 or mentions[0].since is None or mentions[0].since != mentions[0].until:
            self.fail(f"{value!r} is not a day; write it like 2016-12-18 or 1395-09-28.", param, ctx)
        return mentions[0].since


@sanad.command()
@click.argument("question")
@click.option("--language", metavar="CODE", help="Answer in this language: fa, ar or en (default: the question's).")
@filtering
@click.option("--verbose", "-v", is_flag=True, help="Also say, on standard error, how the answer came about.")
@as_json
@click.pass_context
def ask(context: click.Context, question: str, language: str | None, verbose: bool, as_json: bool, **restrictions: Any) -> int:
    """Answer QUESTION from the articles (- reads it from standard input)."""
    from assistant import rendering

    with _assistant(context, language=language) as assistant:
        answer = assistant.ask(_question(question), filters=_filters(restrictions))
    if as_json:
        click.echo(rendering.to_json(answer))
    else:
        click.echo(rendering.terminal(answer, width=_width(), colour=sys.stdout.isatty()))
    if verbose:
        click.echo(rendering.verbose(answer), err=True)
    return 1 if answer.status is Status.NOT_FOUND else 0


@sanad.command()
@click.argument("question")
@filtering
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 100), help="How many passages.")
@as_json
@click.pass_context
def search(context: click.Context, question: str, limit: int, as_json: bool, **restrictions: Any) -> int:
    """List the passages that speak most of QUESTION."""
    from assistant import rendering

    with _assistant(context) as assistant:
        hits = assistant.search(_question(question), filters=_filters(restrictions), limit=limit)
    if as_json:
        click.echo(rendering.to_json(hits))
    else:
        for number, hit in enumerate(hits, start=1):
            click.echo(f"{number}. {_one_line(hit.passage.source)}\n   {_shortened(hit.passage.text, 200)}")
    return 0 if hits else 1


def _question(text: str) -> str:
    question = sys.stdin.read() if text == "-" else text
    if not question.strip():
        raise QuestionError("The question is empty; write what you want to know: sanad ask \"…\"")
    return question


def _filters(restrictions: dict[str, Any]) -> Filters:
    return Filters(**restrictions)


# -- the collection ---------------------------------------------------------------------------------------------------


@sanad.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--seeds", is_flag=True, help="Take in the five bundled articles.")
@click.option("--prune", is_flag=True, help="Also take out articles whose file in these folders is gone.")
@as_json
@click.pass_context
def ingest(context: click.Context, paths: tuple[Path, ...], seeds: bool, prune: bool, as_json: bool) -> int:
    """Take files and folders of articles into the library (.txt .md .html .pdf .docx .jsonl)."""
    from assistant import rendering

    if not paths and not seeds:
        raise click.UsageError("Name a file or folder of articles, or give --seeds.")
    from assistant.resources import data_folder

    sources = [*paths, *([data_folder("seeds")] if seeds else [])]
    with _assistant(context) as assistant, _progress(as_json) as progress:
        report = assistant.ingest(sources, prune=prune, progress=progress)
    if as_json:
        click.echo(rendering.to_json(report))
    else:
        _print_report(report, assistant.folder)
    return 10 if report.skipped else 0


def _print_report(report: IngestReport, folder: Path) -> None:
    from assistant.guard import plain

    for skipped in report.skipped:
        place = skipped.path if skipped.line is None else f"{skipped.path}:{skipped.line}"
        click.echo(plain(f"skipped {place}: {skipped.reason}"), err=True)
    for note in report.notes:
        click.echo(plain(note), err=True)
    click.echo(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, {report.removed} removed,"
        f" {len(report.skipped)} skipped; {report.passages} passages written to {folder}",
        err=True,
    )


@sanad.command()
@filtering
@as_json
@click.pass_context
def articles(context: click.Context, as_json: bool, **restrictions: Any) -> int:
    """List the articles of the library, the newest first."""
    from assistant import rendering

    with _assistant(context) as assistant:
        sources = assistant.articles(_filters(restrictions))
    if as_json:
        click.echo(rendering.to_json(sources))
    else:
        for source in sources:
            click.echo(f"{source.article_id}  {_one_line(source)}")
    return 0


@sanad.command()
@click.argument("article_id", metavar="ID")
@as_json
@click.pass_context
def show(context: click.Context, article_id: str, as_json: bool) -> int:
    """Print the article ID (its beginning is enough): what is known of it, then its text as it came."""
    from assistant import rendering
    from assistant.guard import plain

    with _assistant(context) as assistant:
        article = assistant.article(article_id)
    if as_json:
        click.echo(rendering.to_json(article))
        return 0
    source = article.source
    for name, value in (
        ("id", source.article_id),
        ("title", source.title),
        ("publisher", source.publisher),
        ("published", source.published),
        ("language", source.language),
        ("url", source.url),
        ("from", article.location),
    ):
        origin = source.origins.get(name)
        click.echo(plain(f"{name}: {value or 'unknown'}{f'  ({origin})' if origin and value else ''}"), err=True)
    click.echo(plain(article.text))
    return 0


@sanad.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@as_json
@click.pass_context
def remove(context: click.Context, ids: tuple[str, ...], as_json: bool) -> int:
    """Take articles out of the library, without a trace in any of its stores."""
    from assistant import rendering

    with _assistant(context) as assistant:
        removed = assistant.remove(ids)
    if as_json:
        click.echo(rendering.to_json(removed))
    else:
        for source in removed:
            click.echo(f"removed {source.article_id}  {_one_line(source)}", err=True)
    return 0


# -- the library ------------------------------------------------------------------------------------------------------


@sanad.command()
@as_json
@click.pass_context
def status(context: click.Context, as_json: bool) -> int:
    """Say what the library holds, what made it, and who gets to see passages."""
    from assistant import rendering
    from assistant.guard import plain

    with _assistant(context) as assistant:
        found = assistant.status()
    if as_json:
        click.echo(rendering.to_json(found))
    else:
        for name, value in rendering.to_dict(found).items():
            shown = ", ".join(f"{key} ({count})" for key, count in value.items()) if isinstance(value, dict) else value
            empty = "nobody" if name == "passages_are_sent_to" else "unknown"
            click.echo(plain(f"{name.replace('_', ' ')}: {empty if shown in (None, '') else shown}"))
    return 0


@sanad.command()
@click.option("--embed", is_flag=True, help="Also embed every passage anew, with the embedding model set now.")
@as_json
@click.pass_context
def rebuild(context: click.Context, embed: bool, as_json: bool) -> int:
    """Make the derived indexes anew from library.db; no endpoint is called unless --embed is given."""
    with _assistant(context) as assistant, _progress(as_json) as progress:
        passages = assistant.rebuild(embed=embed, progress=progress)
    if as_json:
        _print_json({"passages": passages})
    else:
        click.echo(f"{passages} passages indexed anew in {assistant.folder}", err=True)
    return 0


@sanad.command()
@as_json
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> int:
    """Check the library from end to end; changes nothing."""
    from assistant.guard import plain

    with _assistant(context) as assistant:
        problems = assistant.problems()
    if as_json:
        _print_json({"problems": problems})
    else:
        for problem in problems:
            click.echo(plain(problem))
        click.echo(f"{len(problems)} problems found" if problems else "no problem found", err=True)
    return 8 if problems else 0


@sanad.command()
@as_json
@click.pass_context
def config(context: click.Context, as_json: bool) -> int:
    """Show every setting, its variable, its value and where it came from."""
    from assistant.settings import explain, load

    values = explain(load(**context.obj))
    if as_json:
        _print_json([{"name": v.name, "variable": v.variable, "value": v.value, "source": v.source} for v in values])
    else:
        for value in values:
            shown = "not set" if value.value is None else value.value
            click.echo(f"{value.name} = {shown}\n    {value.variable}, from {value.source}")
    return 0


for command in sanad.commands.values():
    # People write `sanad ask "…" --library X` as readily as `sanad --library X ask "…"`.
    option = click.Option(["--library"], type=click.Path(path_type=Path), metavar="FOLDER", expose_value=False, callback=_remember, help="The library folder.")
    command.params.append(option)


# -- shared -----------------------------------------------------------------------------------------------------------


@contextmanager
def _assistant(context: click.Context, *, language: str | None = None) -> Iterator[Assistant]:
    from assistant.settings import load

    settings = load(**context.obj, language=language)
    from assistant.pipeline import Assistant

    with Assistant.from_settings(settings) as assistant:
        yield assistant


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress]:
    """A bar on standard error when a person is looking, nothing otherwise."""
    if quiet or not sys.stderr.isatty():
        yield lambda doing, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        yield lambda doing, done, total: bars.update(task, description=doing, completed=done, total=total or None)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _one_line(source: Source) -> str:
    from assistant.guard import plain

    parts = (str(source.published or ""), source.publisher or "", source.language, source.title or "untitled")
    return plain(" · ".join(part for part in parts if part)).replace("\n", " ")


def _shortened(text: str, length: int) -> str:
    from assistant.guard import plain

    line = " ".join(plain(text).split())
    return line if len(line) <= length else line[: length - 1].rsplit(" ", 1)[0] + "…"


def _width() -> int:
    import shutil

    return min(100, shutil.get_terminal_size((80, 24)).columns)
