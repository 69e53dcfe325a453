"""What an answer shows, taken apart: the sentences of its statements, and what stands with each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.text import sentences, word_spans, words
from assistant.types import Answer, Mode, Statement

__all__ = ["Unit", "own_words", "units"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A statement as far as it may say a fact: its sentences, and the whole of it with its frame and its quotes."""

    sentences: tuple[str, ...]
    whole: str


def units(answer: Answer, *, quotes: bool | None = None) -> tuple[Unit, ...]:
    """The statements of `answer`; with `quotes`, what they cite counts as said. By default it does where the answer only quotes."""
    counted = answer.mode is Mode.EXTRACTIVE if quotes is None else quotes
    return tuple(_unit(statement, quotes=counted) for statement in answer.statements)


def _unit(statement: Statement, *, quotes: bool) -> Unit:
    quoted = [citation.quote for citation in statement.citations]
    told = [statement.text, *(quoted if quotes else [])]
    # Which outlet reports it may be what is asked.
    said = [text[start:end] for text in told for start, end in sentences(text)]
    return Unit((*said, *([statement.frame] if statement.frame else [])), "\n".join([statement.frame, statement.text, *quoted]))


def own_words(answer: Answer) -> Iterator[str]:
    """The texts of `answer` that are in the reader's language: frames and notes; statements that a model worded; the refusal.

    The names of outlets are left out, and so are the words of the quotes that a note explains.
    """
    for statement in answer.statements:
        outlets = {word for citation in statement.citations for word in words(citation.source.publisher or "")}
        quoted = {word for citation in statement.citations for word in words(citation.quote)}
        yield _without(statement.frame, outlets)
        yield _without(statement.note, outlets | quoted)
        if answer.mode is Mode.GENERATIVE:
            yield _without(statement.text, outlets)
    yield from answer.notes
    frames = {statement.frame for statement in answer.statements}
    yield from (line for line in answer.text.split("\n") if _is_ours(line) and line not in frames)


def _is_ours(line: str) -> bool:
    """Whether a line of the whole text is a heading or a note: no quotation, no citation mark, nothing of an article's card."""
    return not line.startswith((" ", "-")) and not any(mark in line for mark in '«“"[')


def _without(text: str, left_out: set[str]) -> str:
    kept = list(text)
    for word in word_spans(text):
        if word.text in left_out:
            kept[word.start : word.end] = " " * (word.end - word.start)
    return "".join(kept)
