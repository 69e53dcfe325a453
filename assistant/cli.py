"""The command line: answers on standard output, everything else on standard error, and an exit code that says how it went."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from assistant import console
from assistant._version import __version__
from assistant.console import Common, out, tell
from assistant.errors import ArticleError, Notice, QuestionError
from assistant.types import Answer, Filters, IngestReport, LibraryStatus, Source, Status

if TYPE_CHECKING:
    from assistant.pipeline import Assistant
    from assistant.settings import Settings
    from assistant.streams import StatementStream

__all__ = ["main"]

EXIT_CODES = """\b
Exit codes:
   0  answered, or done             7  library of a newer version
   1  not in the articles           8  library damaged
   2  wrong usage or settings       9  model endpoint or page failed
   3  no library, or an empty one  10  some articles skipped
   4  library in use               70  a fault of Sanad's own
   5  disk full or not writable   130  interrupted
   6  library of another model
"""
MOST_FROM_INPUT = 64 * 1024  # characters of a question on standard input; far beyond what may be asked


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    # Loading the stores makes some 500,000 objects that stay. Looking for garbage among them took 0.1 of the 1.2 CPU seconds
    # of `sanad ask` on five articles.
    gc.set_threshold(100_000, 20, 20)
    sys.exit(console.run(sanad, name="sanad"))


@click.group(
    cls=console.Face,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    invoke_without_command=True,
    epilog=EXIT_CODES,
)
@click.version_option(__version__)
@click.pass_context
def sanad(context: click.Context) -> None:
    """Ask questions about news articles, in your own language.

    Every sentence of an answer carries a citation that was checked, character by character, against the article it
    quotes. Start with

    \b
        sanad ingest --seeds
        sanad ask "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟"
    """
    if context.invoked_subcommand is None:
        out(context.get_help(), ours=True)


def _for_a_program(context: click.Context, option: click.Parameter, value: bool) -> bool:
    """What goes wrong is then told in JSON too."""
    context.ensure_object(Common).as_json = value
    return value


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.", callback=_for_a_program)


# -- asking -----------------------------------------------------------------------------------------------------------


class Day(click.ParamType[date]):
    """A Gregorian or Jalali day, digits of any script."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        from assistant.dates import find

        mentions = find(str(value), reference=None)
        if len(mentions) != 1 or mentions[0].since is None or mentions[0].since != mentions[0].until:
            self.fail(Notice("{value!r} is not a day; write it like 2016-12-18 or 1395-09-28", value=value), param, ctx)
        return mentions[0].since


class Language(click.ParamType[str]):
    """An ISO 639 code."""

    name = "code"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        code = str(value).lower()
        if not re.fullmatch("[a-z]{2,3}", code):
            self.fail(Notice("{value!r} is not a language code; write fa, ar, en or the like", value=value), param, ctx)
        return code


def filtering(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that restrict which articles are looked at."""
    for option in reversed(
        (
            click.option("--publisher", "publishers", multiple=True, metavar="NAME", help="Only this outlet (repeatable)."),
            click.option(
                "--written-in",
                "languages",
                type=Language(),
                multiple=True,
                help="Only this language: fa, ar, en … (repeatable).",
            ),
            click.option("--article", "articles", multiple=True, metavar="ID", help="Only this article (repeatable)."),
            click.option("--since", type=Day(), help="Only published on this day or later: 2016-12-18 or ۱۳۹۵/۹/۲۸."),
            click.option("--until", type=Day(), help="Only published on this day or earlier."),
        )
    ):
        command = option(command)
    return command


def asking(command: Callable[..., Any]) -> Callable[..., Any]:
    """The words of the question, quoted or not."""
    return click.argument("words", metavar="QUESTION...", nargs=-1, required=True)(command)


@sanad.command()
@asking
@click.option("--language", type=Language(), help="Answer in this language: fa, ar or en (default: the question's).")
@filtering
@click.option("--translate-quotes", is_flag=True, help="Have the model translate quotes in another language.")
@click.option("--verbose", "-v", is_flag=True, help="Also say, on standard error, how the answer came about.")
@as_json
@click.pass_obj
def ask(
    common: Common,
    /,
    words: tuple[str, ...],
    language: str | None,
    translate_quotes: bool,
    verbose: bool,
    as_json: bool,
    **restrictions: Any,
) -> int:
    """Answer a question from the articles.

    QUESTION may stand in quotes or not; - reads it from standard input.
    """
    common.language = language
    common.question = question = _question(words)
    filters = _filters(restrictions)
    quiet = as_json or translate_quotes  # translations come when all is written, so there is nothing to show before
    settings = _settings(common)
    _advise(settings, common)
    answer = _from_page(settings, question, filters, language, translate_quotes=translate_quotes, quiet=quiet)
    if answer is None:
        with _opened(settings) as assistant:
            whole = _resolved(filters, assistant)
            stream = assistant.stream(question, filters=whole, language=language, translate_quotes=translate_quotes)
            answer = stream.complete() if quiet else _shown(stream)
    from assistant import rendering

    if as_json:
        _print_json(answer)
    elif translate_quotes:
        out(rendering.terminal(answer, width=console.width(), colour=console.colourful()), ours=True)
    if verbose:
        click.echo(rendering.verbose(answer, width=console.width()), err=True)
    return 1 if answer.status is Status.NOT_FOUND else 0


def _from_page(
    settings: Settings, question: str, filters: Filters, language: str | None, *, translate_quotes: bool, quiet: bool
) -> Answer | None:
    """The answer of the page that runs on this library, None when there is none to ask, or it ended before it said anything."""
    from assistant import running

    stream = running.ask(settings, question, filters=filters, language=language, translate_quotes=translate_quotes)
    if stream is None:
        return None
    try:
        return stream.complete() if quiet else _shown(stream)
    except running.PageGone:
        if stream.shown and not quiet:
            raise
        return None
    finally:
        stream.close()


def _shown(stream: StatementStream) -> Answer:
    """The answer, shown statement by statement as it comes."""
    from assistant import rendering

    width, colour = console.width(), console.colourful()
    for statement in stream:
        out(rendering.statement(statement, stream.language, width=width, colour=colour) + "\n", ours=True)
    rest = rendering.after_statements(stream.answer, width=width, colour=colour)
    if rest:
        out(rest, ours=True)
    return stream.answer


@sanad.command()
@click.option("--language", type=Language(), help="Answer in this language: fa, ar or en (default: the question's).")
@filtering
@click.pass_obj
def chat(common: Common, /, language: str | None, **restrictions: Any) -> int:
    """Ask one question after another.

    Each is understood with those before it. Ctrl-C stops an answer, Ctrl-D ends the conversation.
    """
    common.language, filters = language, _filters(restrictions)
    with _assistant(common, language=language) as assistant:
        from assistant.conversation import Conversation, edited_input

        conversation = Conversation(
            assistant,
            read=edited_input(),
            write=lambda text: out(text, ours=True),
            tell=tell,
            width=console.width,
            colour=console.colourful(),
            language=common.language,
            spoken=console.language(common),
            filters=_resolved(filters, assistant),
        )
        conversation.run()
    return 0


@sanad.command()
@asking
@filtering
@click.option(
    "--limit", default=10, show_default=True, type=click.IntRange(1, 100), metavar="N", help="How many passages, 1 to 100."
)
@as_json
@click.pass_obj
def search(common: Common, /, words: tuple[str, ...], limit: int, as_json: bool, **restrictions: Any) -> int:
    """List the passages that speak most of a question.

    QUESTION may stand in quotes or not; - reads it from standard input.
    """
    common.question = question = _question(words)
    filters = _filters(restrictions)
    with _assistant(common) as assistant:
        hits = assistant.search(question, filters=_resolved(filters, assistant), limit=limit)
    if as_json:
        _print_json(hits)
    elif not hits:
        tell(Notice("No passage speaks of that."), console.language(common))
    else:
        for number, hit in enumerate(hits, start=1):
            out(console.rows(_one_line(hit.passage.source, console.language(common)), first=f"{number}. ", rest="   "))
            out(console.rows(_shortened(hit.passage.text, 200), first="   ", rest="   "))
    return 0 if hits else 1


def _question(words: Sequence[str]) -> str:
    """What was asked; raises QuestionError when it is nothing."""
    question = " ".join(words)
    if question == "-":
        question = sys.stdin.read(MOST_FROM_INPUT) if sys.stdin else ""  # there is none after `<&-`
    if not question.strip():
        raise QuestionError('The question is empty; write what you want to know: sanad ask "…"')
    return question


def _filters(restrictions: dict[str, Any]) -> Filters:
    filters = Filters(**restrictions)
    if filters.since and filters.until and filters.since > filters.until:
        raise click.UsageError(Notice("`--since` is a later day than `--until`"))
    return filters


def _resolved(filters: Filters, assistant: Assistant) -> Filters:
    """`filters` with whole ids of articles; raises UnknownArticle."""
    return replace(filters, articles=tuple(assistant.article(name).source.article_id for name in filters.articles))


# -- the collection ---------------------------------------------------------------------------------------------------


@sanad.command()
@click.argument("paths", metavar="PATH...", nargs=-1, type=click.Path(path_type=Path, readable=False))
@click.option("--seeds", is_flag=True, help="Take in the five bundled articles.")
@click.option("--prune", is_flag=True, help="Also take out articles whose file in these folders is gone.")
@as_json
@click.pass_obj
def ingest(common: Common, /, paths: tuple[Path, ...], seeds: bool, prune: bool, as_json: bool) -> int:
    """Take files and folders of articles into the library.

    A PATH is a .txt, .md, .html, .pdf, .docx or .jsonl file, or a folder of them. The same again changes nothing; a
    changed file replaces what it held before.
    """
    if not paths and not seeds:
        raise click.UsageError(Notice("there is nothing to take in; name a file or folder of articles, or give `--seeds`"))
    from assistant.resources import data_folder

    sources = [*paths, *([data_folder("seeds")] if seeds else [])]
    with _assistant(common) as assistant, _progress(common) as progress:
        try:
            report = assistant.ingest(sources, prune=prune, progress=progress)
        except ArticleError as exc:  # raised before anything is read: the command names something that is not there
            raise click.UsageError(str(exc)) from exc
    if as_json:
        _print_json(report)
    else:
        _print_report(report, assistant.folder, console.language(common))
    return 10 if report.skipped else 0


def _print_report(report: IngestReport, folder: Path, language: str) -> None:
    """Every skipped input and note on a line of its own, then what became of the rest."""
    from assistant.reasons import worded

    for skipped in report.skipped:
        alone = len(report.skipped) == 1 and not _taken(report)
        problem = ArticleError(skipped.path, skipped.reason, line=skipped.line)
        words = "skipped {problem}; nothing was taken in, mend it and run the same again" if alone else "skipped {problem}"
        tell(Notice(words, problem=problem), language)
    for note in report.notes:
        tell(Notice(worded(note, language)), language)
    if _taken(report):
        tell(_counted(report, folder), language)
    elif len(report.skipped) > 1:
        tell(Notice("nothing was taken in; mend these files and run the same again"), language)
    elif not report.skipped:
        nothing = Notice("There is no article in what was named; .txt, .md, .html, .pdf, .docx and .jsonl files are read.")
        tell(nothing, language)


def _counted(report: IngestReport, folder: Path) -> Notice:
    return Notice(
        "{added} added, {updated} updated, {unchanged} unchanged, {removed} removed, {skipped} skipped;"
        " {passages} passages written to {folder}",
        added=report.added,
        updated=report.updated,
        unchanged=report.unchanged,
        removed=report.removed,
        skipped=len(report.skipped),
        passages=report.passages,
        folder=folder,
    )


def _taken(report: IngestReport) -> int:
    """How many articles came, known ones too, or went."""
    return report.added + report.updated + report.unchanged + report.removed


@sanad.command()
@filtering
@as_json
@click.pass_obj
def articles(common: Common, /, as_json: bool, **restrictions: Any) -> int:
    """List the articles of the library, the newest first."""
    filters = _filters(restrictions)
    with _assistant(common) as assistant:
        sources = assistant.articles(_resolved(filters, assistant))
    if as_json:
        _print_json(sources)
    elif sources:
        out("\n".join(console.rows(_one_line(source, console.language(common)), rest=" " * 14) for source in sources))
    elif filters:
        tell(Notice("No article of the library is like that."), console.language(common))
    else:
        tell(Notice("The library is empty; add articles with `sanad ingest PATH`."), console.language(common))
    return 0


@sanad.command()
@click.argument("article_id", metavar="ID")
@as_json
@click.pass_obj
def show(common: Common, /, article_id: str, as_json: bool) -> int:
    """Print one article: what is known of it, and its text.

    The beginning of the ID is enough. The text, as it came, goes to standard output, the rest to standard error.
    """
    with _assistant(common) as assistant:
        article = assistant.article(article_id)
    if as_json:
        _print_json(article)
        return 0
    source = article.source
    for name, value in (
        ("id", source.article_id),
        ("title", source.title),
        ("publisher", source.publisher),
        ("published", source.published),
        ("language", source.language),
        ("url", source.url),
        ("read from", article.location),
    ):
        origin = source.origins.get(name)
        shown = {"name": Notice(name), "value": value or Notice("unknown")}
        if origin and value:
            tell(Notice("{name}: {value}  ({origin})", **shown, origin=origin), console.language(common))
        else:
            tell(Notice("{name}: {value}", **shown), console.language(common))
    click.echo(err=True)
    out("\n".join(map(console.rows, article.text.split("\n"))))
    return 0


@sanad.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@as_json
@click.pass_obj
def remove(common: Common, /, ids: tuple[str, ...], as_json: bool) -> int:
    """Take articles out, without a trace in any store.

    Several IDs may be given; the beginning of each is enough. When one of them is unknown, nothing is removed.
    """
    with _assistant(common) as assistant:
        removed = assistant.remove(ids)
    if as_json:
        _print_json(removed)
    else:
        language = console.language(common)
        for source in removed:
            tell(Notice("removed {article}", article=_one_line(source, language)), language)
    return 0


# -- the library ------------------------------------------------------------------------------------------------------


@sanad.command()
@as_json
@click.pass_obj
def status(common: Common, /, as_json: bool) -> int:
    """Say what the library holds, and who sees passages."""
    with _assistant(common) as assistant:
        found = assistant.status()
    if as_json:
        _print_json(found)
    else:
        _print_status(found, console.language(common))
    return 0


def _print_status(found: LibraryStatus, language: str) -> None:
    """Every field on a line of its own, in words."""
    from assistant import rendering, wording
    from assistant.messages import told

    for name, value in rendering.to_dict(found).items():
        if isinstance(value, dict):
            value = wording.listed([f"{key} ({wording.digits(count, language)})" for key, count in value.items()], language)
        if value in (None, ""):
            value = {"passages_are_sent_to": Notice("nobody"), "advice": Notice("none")}.get(name, Notice("unknown"))
        out(told(Notice("{name}: {value}", name=Notice(name.replace("_", " ")), value=value), language), ours=True)


@sanad.command()
@click.option("--embed", is_flag=True, help="Also embed every passage anew, with the embedding model set now.")
@as_json
@click.pass_obj
def rebuild(common: Common, /, embed: bool, as_json: bool) -> int:
    """Make the indexes anew from library.db.

    Nothing is lost and no endpoint is called, unless --embed is given.
    """
    with _assistant(common) as assistant, _progress(common) as progress:
        passages = assistant.rebuild(embed=embed, progress=progress)
    if as_json:
        _print_json({"passages": passages})
    else:
        done = Notice("{passages} passages indexed anew in {folder}", passages=passages, folder=assistant.folder)
        tell(done, console.language(common))
    return 0


@sanad.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
@click.pass_obj
def export(common: Common, /, file: Path, as_json: bool) -> int:
    """Write the whole library to one new FILE.

    Others may go on asking and adding; what is written is the library of one moment, with a checksum.
    """
    with _assistant(common) as assistant:
        size = assistant.export(file)
    if as_json:
        _print_json({"file": str(file.absolute()), "bytes": size})
    else:
        done = Notice("{file}: {megabytes:.1f} MB; `sanad import` makes a library of it again", file=file, megabytes=size / 2**20)
        tell(done, console.language(common))
    return 0


@sanad.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
@click.pass_obj
def import_(common: Common, /, file: Path, as_json: bool) -> int:
    """Make a library of a FILE that `export` wrote.

    A file with a single changed byte is refused. No endpoint is called, and no library is overwritten.
    """
    with _assistant(common) as assistant, _progress(common) as progress:
        passages = assistant.restore(file, progress=progress)
    if as_json:
        _print_json({"library": str(assistant.folder), "passages": passages})
    else:
        done = Notice("{passages} passages in {folder}", passages=passages, folder=assistant.folder)
        tell(done, console.language(common))
    return 0


@sanad.command()
@as_json
@click.pass_obj
def doctor(common: Common, /, as_json: bool) -> int:
    """Check the library from end to end; change nothing."""
    with _assistant(common) as assistant:
        problems = assistant.problems()
    if as_json:
        _print_json({"problems": problems})
    else:
        from assistant.messages import told

        for problem in problems:
            out(told(problem, console.language(common)), ours=True)
        tell(_number_of(problems), console.language(common))
    return 8 if problems else 0


def _number_of(problems: Sequence[str]) -> Notice:
    match len(problems):
        case 0:
            return Notice("no problem found")
        case 1:
            return Notice("1 problem found")
        case count:
            return Notice("{count} problems found", count=count)


@sanad.command()
@as_json
@click.pass_obj
def config(common: Common, /, as_json: bool) -> int:
    """Show every setting, its value and where it came from."""
    from assistant.settings import explain, load

    values = explain(load(library=common.library, offline=common.offline))
    if as_json:
        _print_json(values)
    else:
        for value in values:
            shown = "not set" if value.value is None else value.value
            out(f"{value.name} = {shown}\n    {value.variable}, from {value.source}")
    return 0


# -- the page ---------------------------------------------------------------------------------------------------------


@sanad.command()
@click.option("--host", metavar="ADDRESS", help="Where to listen (default 127.0.0.1); for any other place, set SANAD_UI__PASSWORD.")
@click.option("--port", type=click.IntRange(0, 65_535), metavar="N", help="The port (default 7860, or the next that is free).")
@click.option("--read-only", is_flag=True, help="Let visitors ask and read, not add or remove articles.")
@click.option("--mcp", is_flag=True, help="Also offer ask, search and article as MCP tools.")
@click.option("--behind-proxy", is_flag=True, help="A proxy in front asks for passwords and passes on who visits.")
@click.option("--open", "opened", is_flag=True, help="Open it in the browser.")
@click.pass_obj
def ui(common: Common, /, opened: bool, **given: Any) -> int:
    """Serve the page: a chat in the browser.

    Ctrl-C stops it. While it runs, `sanad ask` on this library goes through it.
    """
    settings = _settings(common)
    _advise(settings, common)
    from assistant.ui.options import options_from

    options = options_from(settings, **given)
    with _opened(settings) as assistant:
        from assistant.ui import serve

        spoken = console.language(common)
        return serve(assistant, options, settings=settings, tell=lambda said: tell(said, spoken), in_browser=opened)


# -- shared -----------------------------------------------------------------------------------------------------------


@contextmanager
def _assistant(common: Common, *, language: str | None = None) -> Iterator[Assistant]:
    settings = _settings(common, language=language)
    _advise(settings, common)
    with _opened(settings) as assistant:
        yield assistant


@contextmanager
def _opened(settings: Settings) -> Iterator[Assistant]:
    from assistant.pipeline import Assistant

    with Assistant.from_settings(settings) as assistant:
        yield assistant


def _settings(common: Common, *, language: str | None = None) -> Settings:
    from assistant.settings import load

    settings = load(library=common.library, offline=common.offline, language=language)
    common.language = common.language or settings.language
    return settings


def _advise(settings: Settings, common: Common) -> None:
    """Say what is set in vain."""
    from assistant.models import hint

    advice = hint(settings)
    if advice:
        tell(advice, console.language(common))


def _progress(common: Common) -> AbstractContextManager[console.Progress]:
    """A bar in the reader's language; none for a program."""
    return console.progress(shown=not common.as_json, spoken=console.language(common))


def _print_json(value: object) -> None:
    from assistant import rendering

    out(rendering.to_json(value), ours=True)


def _one_line(source: Source, language: str) -> str:
    """The id of an article and what is known of it."""
    from assistant.messages import told

    title = source.title or told(Notice("untitled"), language)
    known = (str(source.published or ""), source.publisher or "", source.language, title)
    return f"{source.article_id}  {console.line(' · '.join(part for part in known if part))}"


def _shortened(text: str, length: int) -> str:
    shown = console.line(text)
    return shown if len(shown) <= length else shown[: length - 1].rsplit(" ", 1)[0] + "…"
