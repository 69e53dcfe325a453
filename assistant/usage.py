"""What is wrong with how a command is written, in words that `messages` has in the reader's language; click has English only."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from assistant.errors import ArticleError, AssistantError, Notice

__all__ = ["explained"]

_EXTRA = re.compile(r"unexpected extra arguments? \((.*)\)", re.DOTALL)


def explained(exc: click.ClickException) -> Notice:
    """What is wrong, and where to look it up."""
    context = getattr(exc, "ctx", None)
    command = context.command_path if context else "sanad"
    return Notice("{problem}. See `{command} --help`.", problem=_problem(exc), command=command)


def _problem(exc: click.ClickException) -> AssistantError | str:
    if isinstance(exc.__cause__, ArticleError):
        return exc.__cause__
    match exc:
        case click.NoSuchOption():
            return _unknown(Notice("no such option as {name!r}", name=exc.option_name), exc.possibilities)
        case click.NoSuchCommand():
            return _unknown(Notice("no such command as {name!r}", name=exc.command_name), exc.possibilities)
        case click.MissingParameter():
            return Notice("{parameter!r} is missing", parameter=_name(exc.param))
        case click.BadParameter():
            return Notice("{parameter}: {problem}", parameter=_name(exc.param), problem=_wanted(exc))
        case click.BadOptionUsage(option_name=name, ctx=click.Context() as context):
            if any(name in option.opts and getattr(option, "is_flag", False) for option in context.command.params):
                return Notice("{parameter!r} takes no value", parameter=name)
            return Notice("{parameter!r} wants a value", parameter=name)
    if extra := _EXTRA.search(exc.message):
        return Notice("too much was given: {extra}", extra=extra[1])
    return exc.message if isinstance(exc.message, Notice) else exc.format_message().rstrip(".")


def _unknown(problem: Notice, alike: Iterable[str] | None) -> Notice:
    if not alike:
        return problem
    return Notice("{problem} (did you mean {others}?)", problem=problem, others=" / ".join(alike))


def _name(parameter: click.Parameter | None) -> str:
    """As it is written in a command: `--limit`, or `ID` for what has no name of its own."""
    if parameter is None:
        return ""
    return parameter.human_readable_name if isinstance(parameter, click.Argument) else max(parameter.opts, key=len)


def _wanted(exc: click.BadParameter) -> str:
    """Why a value is not one, or what would be."""
    kind = exc.param.type if exc.param else None
    if isinstance(kind, click.IntRange):
        return Notice("a number from {least} to {most} is wanted", least=kind.min, most=kind.max)
    return exc.message if isinstance(exc.message, Notice) else exc.message.rstrip(".")
