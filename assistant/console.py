"""How a command shows itself and how it ends: text that cannot harm a terminal, bars, one-line errors, exit codes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TextIO, TypeAlias

import click

from assistant.errors import AssistantError, Notice

__all__ = ["Common", "Face", "colourful", "language", "line", "out", "progress", "rows", "run", "tell", "width"]

INTERRUPTED = 130
FAULT = 70
WIDEST = 100  # columns; longer rows of text are hard to read

Progress: TypeAlias = Callable[[str, int, int], None]


# -- the shape of a command -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Common:
    """What may be said before a command or after it, and what is known of the language in which to say what goes wrong."""

    library: str | None = None
    offline: bool | None = None
    debug: bool = False
    as_json: bool = False
    language: str | None = None
    question: str = ""


class Verb(click.Command):
    """One command of a `Face`, with the options that hold for every command."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _common_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as exc:  # click's parser does not always know whose options it reads
            exc.ctx = exc.ctx or ctx
            raise


class Face(Verb, click.Group):
    """The commands in the order they were written, each with the common options; ends are left to `run`."""

    command_class = Verb

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _our_ends():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _our_ends():
            return super().invoke(ctx)


@contextmanager
def _our_ends() -> Iterator[None]:
    """Keep from click two ends it has its own ways for: an empty line at Ctrl-C, and exit code 1 when nobody reads on."""
    try:
        yield
    except KeyboardInterrupt:
        raise click.Abort from None
    except BrokenPipeError as exc:
        raise _NobodyReads from exc


class _NobodyReads(Exception):
    """Whoever read our output has gone, as in `sanad articles | head -1`."""


class _Unprintable(AssistantError):
    """Standard output does not take what is printed."""

    exit_code = 5


def _common_options() -> list[click.Parameter]:
    library = "The library's folder (default: see sanad config)."
    return [
        click.Option(["--library"], metavar="FOLDER", help=library, expose_value=False, callback=_remember),
        click.Option(
            ["--offline"],
            is_flag=True,
            default=None,
            help="Connect to nothing, whatever is set.",
            expose_value=False,
            callback=_remember,
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            default=None,
            help="Show where an error came from.",
            expose_value=False,
            callback=_remember,
        ),
    ]


def _remember(context: click.Context, option: click.Parameter, value: object) -> None:
    if value is not None and option.name:
        setattr(context.ensure_object(Common), option.name, value)


# -- ends -------------------------------------------------------------------------------------------------------------


def run(face: Face, *, name: str) -> int:
    """The exit code of the command that the process was called with; whatever went wrong has been said, in one line."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:  # Persian and Arabic must come through under any locale
            reconfigure(encoding="utf-8", errors="replace")
    common = Common()
    try:
        code = face.main(prog_name=name, obj=common, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except _NobodyReads:
        _discard_output()
        return 0
    except _Unprintable as exc:
        _discard_output()
        return _failed(exc, exc, exc.exit_code, common)
    except click.Abort as exc:
        if _is_terminal(sys.stderr):
            click.echo(err=True)  # the terminal has written ^C at the start of this line
        said = Notice("interrupted; nothing is lost, the same command again goes on from here")
        return _failed(exc, said, INTERRUPTED, common)
    except click.ClickException as exc:
        from assistant.usage import explained

        common.as_json |= "--json" in sys.argv  # which may not have been read yet
        return _failed(exc, explained(exc), exc.exit_code, common)
    except AssistantError as exc:
        return _failed(exc, exc, exc.exit_code, common)
    except Exception as exc:
        fault = f"{type(exc).__name__}: {exc}"
        return _failed(exc, Notice("{fault}; this is a fault of Sanad's own, --debug shows where", fault=fault), FAULT, common)


def _failed(exc: BaseException, said: AssistantError | str, code: int, common: Common) -> int:
    """`code`, once it was said what went wrong, in one line and in the reader's language."""
    if common.debug:
        import traceback

        out_of = "".join(traceback.format_exception(exc))
        click.echo(clean(out_of), err=True, nl=False)
    from assistant.messages import told

    message = told(said, language(common))
    # Our name runs in the direction of the line too: terminals go by its first letter.
    click.echo(f"{'سند' if _is_right_to_left(message) else 'sanad'}: {message}", err=True)
    if common.as_json and not isinstance(exc, click.Abort | _Unprintable):
        _print_error("UsageError" if isinstance(exc, click.ClickException) else type(exc).__name__, message, code)
    return code


def _print_error(kind: str, message: str, code: int) -> None:
    """The error for a program, in the form it has over HTTP."""
    import json

    with suppress(BrokenPipeError, _Unprintable):
        out(json.dumps({"error": {"kind": kind, "message": message, "exit": code}}, ensure_ascii=False), ours=True)


def language(common: Common) -> str:
    """The language in which to say what goes wrong: the one that was chosen, else that of the question, else the locale's."""
    if common.language:
        return common.language
    if common.question:
        from assistant.understanding import language_of

        return language_of(common.question)
    locale = next(filter(None, (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    spoken = re.split("[-_.@]", locale.lower())[0]
    return spoken if spoken in ("fa", "ar") else "en"


def _is_right_to_left(message: str) -> bool:
    return bool(re.match("[^a-z]*[\u0600-\u06ff]", re.sub("\u2068[^\u2069]*\u2069", "", message), re.IGNORECASE))


def _discard_output() -> None:
    """Let the interpreter close standard output without complaining about it again."""
    with suppress(OSError, ValueError, AttributeError):  # where it is no file there is nothing to close
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


# -- text -------------------------------------------------------------------------------------------------------------


def out(text: str, *, ours: bool = False) -> None:
    """Print `text` on standard output; unless all of it is `ours`, without what acts on a terminal."""
    try:
        click.echo(text if ours else clean(text), color=True if ours else None)
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise _Unprintable("Standard output cannot be written ({reason}); send it elsewhere.", reason=str(exc.strerror)) from exc


def tell(said: AssistantError | str, spoken: str) -> None:
    """Print what is no answer, such as an error or what was done, as one line in the language `spoken`, on standard error."""
    from assistant.messages import told

    click.echo(told(said, spoken).strip(), err=True)


def line(text: str) -> str:
    """`text` in one line, without what acts on a terminal: titles and file names may hold anything."""
    return re.sub(r"\s*[\n\t]\s*", " ", clean(text)).strip()


def clean(text: str) -> str:
    """`text` without what acts on a terminal."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text  # the usual case for `config`, which must not wait for the guard's tables
    from assistant.guard import plain

    return plain(text.encode("utf-8", "replace").decode("utf-8"))


def rows(text: str, *, first: str = "", rest: str = "") -> str:
    """One line of text, begun with `first`; on a terminal as rows that end between words, the others begun with `rest`."""
    if not _is_terminal(sys.stdout):
        return first + text
    import textwrap

    wrapped = textwrap.wrap(
        text, width(), initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(wrapped)


def width() -> int:
    """The columns of the terminal, within reason; 80 where there is none."""
    import shutil

    return min(WIDEST, shutil.get_terminal_size((80, 24)).columns)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()  # there is none after `>&-`


def colourful() -> bool:
    """Whether standard output is a terminal whose user has not declined colour (see no-color.org)."""
    return _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextmanager
def progress(*, shown: bool = True, spoken: str = "en") -> Iterator[Progress]:
    """A bar on standard error, with its word in the language `spoken`, when a person is looking; nothing otherwise."""
    if not shown or not _is_terminal(sys.stderr):
        yield lambda doing, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from assistant.messages import told

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        bar = bars.tasks[0]

        def show(doing: str, done: int, total: int) -> None:
            # A total that only keeps pace with what is done is a guess: a file of records held more than was counted.
            bar.total = total if total > done or total == bar.total else None
            bars.update(task, description=told(Notice(doing), spoken), completed=done)

        yield show
