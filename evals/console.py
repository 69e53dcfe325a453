"""What the commands of the evals share: tables, a progress bar, figures kept in a file, and what an exit code means."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from assistant.errors import AssistantError, ConfigurationError
from evals.gold import GoldError
from evals.record import MissingRecording

__all__ = [
    "COULD_NOT_RUN",
    "REGRESSION",
    "USAGE",
    "Evals",
    "insert",
    "insert_tables",
    "into",
    "keep",
    "progress",
    "table",
    "to_file",
]

REGRESSION, USAGE, COULD_NOT_RUN, INTERRUPTED = 1, 2, 3, 130

to_file = click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Also write the figures there.")


class Evals(click.Group):
    """The group of commands: whatever keeps one from running ends with 3, so that it is taken neither for passed nor for worse."""

    def invoke(self, ctx: click.Context) -> Any:
        """What the command gives."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException):
            raise
        except ConfigurationError as exc:
            _end(str(exc), USAGE)
        except (GoldError, MissingRecording, AssistantError) as exc:
            _end(f"could not run: {exc}", COULD_NOT_RUN)
        except KeyboardInterrupt:
            _end("interrupted", INTERRUPTED)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            _end("could not run", COULD_NOT_RUN)


def _end(message: str, code: int) -> None:
    click.echo(message, err=True)
    raise click.exceptions.Exit(code)


into = click.option(
    "--into", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Put the tables between its marks."
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Print `rows` under `head`, the first `left` columns to the left, the others to the right; what was printed."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        cells = enumerate(zip(row, widths, strict=True))
        lines.append("  ".join((cell.ljust if place < left else cell.rjust)(width) for place, (cell, width) in cells).rstrip())
    text = "\n".join(lines)
    click.echo(text)
    return text


def insert(file: Path, name: str, text: str) -> None:
    """Put `text` between `<!-- name -->` and `<!-- /name -->` of `file`. Raises `GoldError` when the marks are not there."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    whole = file.read_text(encoding="utf-8")
    before, opened, rest = whole.partition(start)
    _, closed, after = rest.partition(end)
    if not (opened and closed):
        raise GoldError(f"{file} has no {start} with {end} after it")
    file.write_text(f"{before}{start}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def insert_tables(file: Path | None, name: str, *tables: str) -> None:
    """Put printed tables between the marks called `name` of `file`, if there is one."""
    if file is not None:
        insert(file, name, "\n\n".join(f"```\n{text}\n```" for text in tables))


def keep(file: Path | None, figures: object) -> None:
    """Write `figures` as JSON to `file`, if there is one."""
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


@contextmanager
def progress(total: int, label: str) -> Iterator[Callable[[str], None]]:
    """A bar on stderr that takes one step each time what is yielded is called with a name."""
    bar: Any
    with click.progressbar(length=total, label=label, file=sys.stderr, item_show_func=lambda name: str(name or "")) as bar:
        yield lambda name: bar.update(1, name)
