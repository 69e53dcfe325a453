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

from assistant.errors import AssistantError

__all__ = ["Common", "Face", "colourful", "err", "line", "out", "progress", "rows", "run", "width"]

INTERRUPTED = 130
FAULT = 70
WIDEST = 100  # columns; longer rows of text are hard to read

Progress: TypeAlias = Callable[[str, int, int], None]


# -- the shape of a command -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Common:
    """What may be said before a command or after it."""

    library: str | None = None
    offline: bool | None = None
    debug: bool = False


class Verb(click.Command):
    """One command of a `Face`, with the options that hold for every command."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _common_options()


class Face(click.Group):
    """The commands in the order they were written, each with the common options; ends are left to `run`."""

    command_class = Verb

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _common_options()

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
        return _failed(exc, str(exc), exc.exit_code, common)
    except click.Abort as exc:
        if _is_terminal(sys.stderr):
            click.echo(err=True)  # the terminal has written ^C at the start of this line
        return _failed(exc, "interrupted; nothing is lost, the same command again goes on from here", INTERRUPTED, common)
    except click.ClickException as exc:
        return _failed(exc, _usage(exc), exc.exit_code, common)
    except AssistantError as exc:
        return _failed(exc, str(exc), exc.exit_code, common)
    except Exception as exc:
        message = f"{type(exc).__name__}: {exc}; this is a fault of Sanad's own, --debug shows where"
        return _failed(exc, message, FAULT, common)


def _failed(exc: BaseException, message: str, code: int, common: Common) -> int:
    if common.debug:
        import traceback

        out_of = "".join(traceback.format_exception(exc))
        click.echo(clean(out_of), err=True, nl=False)
    err(f"sanad: {message}")
    return code


def _usage(exc: click.ClickException) -> str:
    """What is wrong with the command, and where to look it up."""
    context = getattr(exc, "ctx", None)
    help_for = context.command_path if context else "sanad"
    message = exc.format_message()
    return f"{message}{'' if message.endswith(('.', '?')) else '.'} See `{help_for} --help`."


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
        raise _Unprintable(f"Standard output cannot be written ({exc.strerror}); send it elsewhere.") from exc


def err(text: str) -> None:
    """Print `text` as one line on standard error."""
    click.echo(line(text), err=True)


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
def progress(*, shown: bool = True) -> Iterator[Progress]:
    """A bar on standard error when a person is looking, nothing otherwise."""
    if not shown or not _is_terminal(sys.stderr):
        yield lambda doing, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        bar = bars.tasks[0]

        def show(doing: str, done: int, total: int) -> None:
            # A total that only keeps pace with what is done is a guess: a file of records held more than was counted.
            bar.total = total if total > done or total == bar.total else None
            bars.update(task, description=doing, completed=done)

        yield show
