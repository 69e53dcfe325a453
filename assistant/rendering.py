"""An answer as a person or a program reads it: plain text, Markdown, a terminal, JSON. The only place that knows faces.

No bidi control character is ever added: lines are laid out so that each reads in one direction. What stands between text
of the other direction and a number would jump on screen, so such a quotation gets a line of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from enum import Enum, StrEnum, auto
from io import StringIO
from itertools import groupby
from operator import itemgetter
from pathlib import PurePath
from typing import TypeAlias

from assistant import guard, wording
from assistant.errors import Notice
from assistant.messages import told
from assistant.types import Answer, Citation, Closeness, Mode, Source, Span, Statement, Status

__all__ = ["after_statements", "markdown", "plain", "statement", "terminal", "to_dict", "to_json", "verbose"]


class _Role(Enum):
    STATEMENT = auto()
    NOTE = auto()
    HEADING = auto()
    ENTRY = auto()
    DETAIL = auto()


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an answer; `lead` and `tail` are citation marks, `url` the address its text may link to."""

    role: _Role
    text: str
    lead: str = ""
    tail: str = ""
    url: str | None = None

    @property
    def whole(self) -> str:
        return " ".join(part for part in (self.lead, self.text, self.tail) if part)


_Block: TypeAlias = list[_Line]


def plain(answer: Answer) -> str:
    """The whole answer as plain text in its language: statements with marks, notes, sources; or the refusal.

    It is made from the statements, never from `answer.text`; only an answer without statements that is no refusal
    (small talk) has nothing but its text to show.
    """
    return "\n\n".join("\n".join(_indent(line) + line.whole for line in block) for block in _blocks(answer))


def markdown(answer: Answer) -> str:
    """The same as Markdown in which only our structure acts; the sources link to the cited articles."""
    cited = {citation.source.url for citation in answer.citations if citation.source.url}
    return "\n\n".join(_markdown_block(block, cited) for block in _blocks(answer))


def terminal(answer: Answer, *, width: int = 80, colour: bool = False) -> str:
    """The same for a terminal, wrapped between words at `width` columns; without `colour` there is no escape byte in it.

    Nothing is reordered or aligned: terminals do that for right-to-left text, or leave it to the reader's eye.
    """
    return _laid_out(_blocks(answer), width, colour=colour)


def statement(shown: Statement, language: str, *, width: int = 80, colour: bool = False) -> str:
    """One statement as `terminal` shows it, for an answer that is still coming."""
    # Only a quotation has a frame; what a model wrote stands for itself.
    mode = Mode.EXTRACTIVE if shown.frame else Mode.GENERATIVE
    answer = Answer("", Status.ANSWERED, mode, language, "", statements=(shown,))
    return _laid_out([[line for line in _statement(shown, answer) if line.whole]], width, colour=colour)


def after_statements(answer: Answer, *, width: int = 80, colour: bool = False) -> str:
    """What `terminal` shows after the statements of `answer`: notes and sources; the whole of an answer without statements."""
    return _laid_out(_blocks(answer)[len(answer.statements) :], width, colour=colour)


def _laid_out(blocks: Iterable[_Block], width: int, *, colour: bool) -> str:
    return "\n\n".join("\n".join(row for line in block for row in _rows(line, width, colour=colour)) for block in blocks)


def verbose(answer: Answer, *, width: int = 80) -> str:
    """How the answer came about: seconds per step, use of the model, notes, what was left out and why."""
    return "\n".join(row for line in _trace(answer) for row in _rows(line, width, colour=False))


# -- what is shown ----------------------------------------------------------------------------------------------------


def _blocks(answer: Answer) -> list[_Block]:
    """The answer as paragraphs of lines, each line clean and without a line break."""
    if answer.status is Status.NOT_FOUND:
        content = [[_line(_Role.STATEMENT, wording.not_found(answer.language))], _nearest(answer)]
    elif answer.statements:
        content = [_statement(statement, answer) for statement in answer.statements]
    else:
        content = [[_line(_Role.STATEMENT, paragraph)] for paragraph in guard.plain(answer.text).split("\n")]
    blocks = [*content, *([note] for note in _notes(answer)), _sources(answer)]
    return [shown for block in blocks if (shown := [line for line in block if line.whole])]


def _line(role: _Role, text: str, *, lead: str = "", tail: str = "", url: str | None = None) -> _Line:
    return _Line(role, _flat(text), lead, tail, url)


def _flat(text: str) -> str:
    """`text` without unseen characters and line breaks, otherwise as it stands in the article."""
    return re.sub(r"\s*[\n\t]\s*", " ", guard.plain(text)).strip()


def _statement(statement: Statement, answer: Answer) -> _Block:
    language = answer.language
    marks = _marks(statement.citations, language)
    frame, said = _flat(statement.frame), _flat(statement.text)
    if answer.mode is Mode.EXTRACTIVE:
        said = wording.quoted(said, language)
    apart = wording.turns(said, language)
    above = frame if apart or wording.turns(frame, language) else ""
    beside = said if above else f"{frame} {said}"
    return [
        _line(_Role.STATEMENT, above),
        _line(_Role.STATEMENT, beside, tail="" if apart else marks),
        _line(_Role.NOTE, _closeness(statement, language), lead=marks if apart else ""),
    ]


def _closeness(statement: Statement, language: str) -> str:
    """How likely a quotation answers, in a quiet word, before the note on it."""
    match statement.closeness:
        case None:
            return statement.note
        case Closeness.CLOSE:
            label = wording.close_match(language)
        case Closeness.POSSIBLE:
            label = wording.possible_match(language)
    return f"{label}. {statement.note}".strip() if statement.note else label


def _marks(citations: Iterable[Citation], language: str) -> str:
    return " ".join(f"[{wording.digits(number, language)}]" for number in sorted({citation.number for citation in citations}))


def _notes(answer: Answer) -> list[_Line]:
    language = answer.language
    notes = [*answer.notes, wording.other_language_note(language)]
    if answer.status is Status.INCOMPLETE:
        notes.append(wording.incomplete_note(len(answer.trace.dropped), language))
    if answer.statements and answer.mode is Mode.EXTRACTIVE:
        # A model that was set and yet did not write has failed.
        notes.append(wording.fallback_note(language) if answer.trace.model else wording.quotes_only_note(language))
    return [_line(_Role.NOTE, note) for note in notes]


def _sources(answer: Answer) -> _Block:
    """The cited articles; with the quotes, where a model wrote the statements and they do not show them."""
    articles: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        articles.setdefault(citation.source.article_id, []).append(citation)
    lines = [_line(_Role.HEADING, wording.sources_heading(answer.language))] if articles else []
    for citations in articles.values():
        entry, *details = _card(citations[0].source, answer.language, linked=True)
        lines.append(replace(entry, lead=_marks(citations, answer.language)))
        lines += [_quotation(citation, answer.language) for citation in citations if answer.mode is Mode.GENERATIVE]
        lines += [*details, _also(citations, answer.language)]
    return lines


def _also(citations: Iterable[Citation], language: str) -> _Line:
    """The other articles with the same words."""
    sources = {source.article_id: source for citation in citations for source in citation.also}
    return _line(_Role.DETAIL, wording.also_in(tuple(sources.values()), language))


def _quotation(citation: Citation, language: str) -> _Line:
    return _line(_Role.DETAIL, wording.quoted(_flat(citation.quote), language), lead=_marks([citation], language))


def _nearest(answer: Answer) -> _Block:
    lines = [_line(_Role.HEADING, wording.nearest_heading(answer.language))] if answer.nearest else []
    return [*lines, *(line for source in answer.nearest for line in _card(source, answer.language, linked=False))]


def _card(source: Source, language: str, *, linked: bool) -> _Block:
    """What is known of an article: title, day and publisher, address, id. The day comes first: after a name it could jump."""
    title = wording.quoted(_flat(source.title), language) if source.title else ""
    when = wording.both_calendars(source.published, language) if source.published else ""
    about = wording.listed([when, _flat(source.publisher or "")], language)
    address = guard.link(source.url, {source.url or ""}) if linked else None
    name = wording.phrases(language).article.format(id=source.article_id)
    texts = [text for text in (title, about, address, name) if text]
    entry, *details = [_line(_Role.DETAIL, text, url=source.url if text == address else None) for text in texts]
    return [replace(entry, role=_Role.ENTRY, url=source.url if address else None), *details]


def _trace(answer: Answer) -> _Block:
    trace, language = answer.trace, answer.language
    say = wording.phrases(language)
    lines = [say.searched.format(query=trace.query)] if trace.query else []
    lines += [
        say.seconds.format(step=told(Notice(step), language), seconds=wording.decimal(took, language))
        for step, took in trace.seconds.items()
    ]
    if trace.model:
        counts = {name: wording.digits(getattr(trace, name), language) for name in ("requests", "tokens_in", "tokens_out")}
        lines.append(say.model_use.format(model=trace.model, **counts))
    if trace.cost is not None:
        lines.append(say.cost.format(cost=wording.decimal(trace.cost, language, places=6)))
    lines += [*trace.notes, *(say.left_out.format(text=dropped.text, reason=dropped.reason) for dropped in trace.dropped)]
    return [_line(_Role.HEADING, say.trace), *(_line(_Role.DETAIL, line) for line in lines)]


# -- how it is shown --------------------------------------------------------------------------------------------------


def _indent(line: _Line) -> str:
    if line.role is _Role.ENTRY and not line.lead:
        return "- "
    return "    " if line.role is _Role.DETAIL else ""


def _markdown_block(block: _Block, cited: set[str]) -> str:
    """The lines of a paragraph with hard breaks between them; sources and headlines become a list, notes a block quote."""
    text = ""
    for line in block:
        if line.role is _Role.DETAIL and line.url:
            continue  # the entry is the link
        text += _markdown_start(line, first=not text) + _markdown_line(line, cited)
    return text


def _markdown_start(line: _Line, *, first: bool) -> str:
    if line.role is _Role.ENTRY:
        return "- " if first else "\n- "
    if first:
        return "> " if line.role is _Role.NOTE else ""
    return "\\\n  " if line.role is _Role.DETAIL else "\\\n"


def _markdown_line(line: _Line, cited: set[str]) -> str:
    if line.role is _Role.HEADING:
        return f"**{guard.inline(line.text)}**\n"
    return guard.linked(line.whole, line.url, cited)


_STYLES = {_Role.STATEMENT: "", _Role.NOTE: "dim", _Role.HEADING: "bold", _Role.ENTRY: "", _Role.DETAIL: "dim"}
_MARK_STYLE = "bold cyan"
_Row: TypeAlias = list[tuple[str, str]]  # words with their styles


def _rows(line: _Line, width: int, *, colour: bool) -> list[str]:
    """The line in rows of at most `width` columns; a longer word (an address) keeps a row to itself, whole."""
    from rich.cells import cell_len

    indent = _indent(line)
    rows: list[_Row] = [[]]
    used = len(indent)
    for word, style in _words(line):
        if rows[-1] and used + 1 + cell_len(word) > width:
            rows.append([])
            used = len(indent)
        used += bool(rows[-1]) + cell_len(word)
        rows[-1].append((word, style))
    starts = [indent, *[" " * len(indent)] * len(rows)]
    return [
        start + (_coloured(row) if colour else " ".join(word for word, _ in row)) for start, row in zip(starts, rows, strict=False)
    ]


def _words(line: _Line) -> _Row:
    parts = ((line.lead, _MARK_STYLE), (line.text, _STYLES[line.role]), (line.tail, _MARK_STYLE))
    return [(word, style) for text, style in parts for word in text.split()]


def _coloured(row: _Row) -> str:
    from rich.console import Console
    from rich.text import Text

    runs = [(" ".join(word for word, _ in run), style) for style, run in groupby(row, key=itemgetter(1))]
    text = Text(" ").join(Text(words, style=style) for words, style in runs)
    console = Console(
        file=StringIO(), force_terminal=True, color_system="standard", no_color=False, legacy_windows=False, _environ={}
    )
    with console.capture() as capture:
        console.print(text, end="", soft_wrap=True, highlight=False, markup=False, emoji=False)
    return capture.get()


# -- for programs -----------------------------------------------------------------------------------------------------


def to_dict(value: object) -> dict[str, object]:
    """A dataclass of ours as JSON-ready values; keys are its fields, in their order, which is part of the interface.

    Days and times are ISO 8601, enums their values, spans `{"start", "end"}`, tuples lists, unknown is null. An answer is

        question, status ("answered" | "not_found" | "incomplete"), mode ("generative" | "extractive"), language, text,
        statements: [{text, citations: [citation], frame, note, closeness ("close" | "possible" | null)}],
        citations: [{number, source, quote, start, end, match ("exact" | "folded"), also: [source]}],
        nearest: [source], notes: [text],
        trace: {seconds: {step: number}, query, model, prompts: {name: digest}, tokens_in, tokens_out, requests, cost,
                dropped: [{text, reason}], notes: [text]}

    where a source is {article_id, title, language, publisher, url, published, fetched, origins: {field: where from}}.
    `start` and `end` count characters (code points) of the article's text: `text[start:end] == quote`.
    """
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"{value!r} is no value of ours")
    return {field.name: _jsonable(getattr(value, field.name)) for field in fields(value)}


def to_json(value: object, *, indent: int | None = 2) -> str:
    """`value` (a dataclass of ours, or lists and mappings of them) as JSON in its own letters, safe to print.

    Characters that act on a terminal are written as `\\uXXXX`: the values are exact, the bytes harmless.
    """
    text = json.dumps(_jsonable(value), ensure_ascii=False, indent=indent, allow_nan=False)
    return text if text == guard.plain(text) else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character == guard.plain(character):
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _jsonable(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case StrEnum():
            return value.value
        case str():
            return value
        case date():
            return value.isoformat()
        case PurePath():
            return str(value)
        case Span():
            return value._asdict()
        case Mapping():
            return {_key(key): _jsonable(item) for key, item in value.items()}
        case list() | tuple():
            return [_jsonable(item) for item in value]
        case _:
            return to_dict(value)


def _key(key: object) -> str:
    """A mapping's key as text; the words of a phrase are joined by spaces."""
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
