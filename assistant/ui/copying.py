"""An answer as text to paste elsewhere: plain words, `[1]` marks, and a numbered list of the sources."""

from __future__ import annotations

from assistant import guard, wording
from assistant.types import Answer, Citation, Source, Statement, Status
from assistant.ui import view

__all__ = ["copied"]


def copied(answer: Answer, *, stopped: bool = False, gone: bool = False) -> str:
    """The answer with its references, and what there is to know of it.

    Marks keep ASCII digits, so that they mean the same wherever they are pasted.
    """
    language = answer.language
    if answer.status is Status.NOT_FOUND:
        return wording.not_found(language)
    if not answer.statements:
        return guard.plain(answer.text)
    said = [_statement(statement, language) for statement in answer.statements]
    listed = [wording.sources_heading(language), *(_reference(citation, language) for citation in answer.citations)]
    return "\n\n".join([*said, *map(guard.plain, view.notes(answer, stopped=stopped, gone=gone)), "\n".join(listed)])


def _statement(statement: Statement, language: str) -> str:
    text = " ".join(guard.plain(statement.text).split())
    marks = "".join(f"[{number}]" for number in sorted({citation.number for citation in statement.citations}))
    words = f"{guard.plain(statement.frame)}\n{wording.quoted(text, language)}" if statement.frame else text
    return "\n".join(part for part in (f"{words} {marks}", guard.plain(statement.note)) if part)


def _reference(citation: Citation, language: str) -> str:
    return f"[{citation.number}] {_described(citation.source, language)}"


def _described(source: Source, language: str) -> str:
    when = wording.both_calendars(source.published, language) if source.published else ""
    title = wording.quoted(" ".join(guard.plain(source.title).split()), language) if source.title else ""
    named = wording.listed([title, guard.plain(source.publisher or ""), when], language)
    address = guard.link(source.url, {source.url or ""}) or ""
    # The address stands on a line of its own: between right-to-left words it would jump.
    return "\n    ".join(part for part in (named or source.article_id, address) if part)
