"""An answer as the page shows it: Markdown for the message, plain values for the panel of sources, text for the clipboard. Pure.

What articles, models and people wrote are only ever words in it: the structure, the links and their targets are ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from assistant import guard, wording
from assistant.splitting import quotable_sentences
from assistant.types import Answer, Article, Citation, Closeness, Mode, Source, Span, Statement, Status
from assistant.ui import strings

__all__ = ["answer", "cards", "clipping", "failure", "nearest", "notes", "question", "searching", "statements", "usage"]

AROUND = 240  # characters of an article shown on either side of a quote
TITLE = 90  # characters of a headline made from the first words of an article without one

ArticleOf = Callable[[str], Article | None]


# -- messages ---------------------------------------------------------------------------------------------------------


def question(text: str) -> str:
    """What the person typed, line by line."""
    return "\n".join(filter(None, map(guard.inline, text.splitlines())))


def searching(language: str, *, writing: bool = False) -> str:
    """That the answer is on its way."""
    return _small("searching", strings.text("chat.writing" if writing else "chat.searching", language), language)


def failure(message: str, language: str, *, detail: str = "") -> str:
    """What went wrong and the way out, in one line, with the `detail` for whoever runs the page."""
    parts = [_small("failed", message, language)]
    if detail and detail != message:
        parts.append(_small("note", detail, language))
    return "\n\n".join(parts)


def answer(
    given: Answer, *, turn: str, near: Iterable[Mapping[str, object]] = (), stopped: bool = False, gone: bool = False
) -> str:
    """The whole answer: its statements or the refusal, then what the reader should know besides.

    `near` is what `nearest` tells of the articles under a refusal, which names those without a headline.
    """
    language = given.language
    if given.status is Status.NOT_FOUND:
        parts = [_small("refusal", wording.not_found(language), language), *_headlines(given.nearest, turn, language, near)]
    elif given.statements:
        parts = [statements(given.statements, turn=turn, language=language)]
    else:
        parts = [guard.inline(paragraph) for paragraph in guard.plain(given.text).split("\n")]
    parts += [_small("note", note, language) for note in notes(given, stopped=stopped, gone=gone)]
    return "\n\n".join(filter(None, parts))


def statements(shown: Sequence[Statement], *, turn: str, language: str) -> str:
    """Statements as they come: quotations one below the other, written sentences as running text."""
    blocks: list[str] = []
    running: list[str] = []
    for statement in shown:
        if statement.frame:
            blocks += [*_run(running), _quotation(statement, turn, language)]
            running = []
            continue
        running.append(f"<span>{guard.inline(statement.text)}</span>{_chips(statement.citations, turn, language)}")
        if statement.note:
            blocks += [*_run(running), _small("note", statement.note, language)]
            running = []
    return "\n\n".join([*blocks, *_run(running)])


def _run(sentences: list[str]) -> list[str]:
    return [" ".join(sentences)] if sentences else []


def _quotation(statement: Statement, turn: str, language: str) -> str:
    """Who says so, the words, and a note on them; how close they are to the question stands beside the frame."""
    source = statement.citations[0].source if statement.citations else None
    frame = _small("frame", statement.frame, language) + _closeness(statement, language)
    quote = f"> <span{_language(source)}>{guard.inline(statement.text)}</span>{_chips(statement.citations, turn, language)}"
    note = _small("note", statement.note, language) if statement.note else ""
    return "\n\n".join(filter(None, (frame, quote, note)))


def _closeness(statement: Statement, language: str) -> str:
    if statement.closeness is None:
        return ""
    words = wording.close_match(language) if statement.closeness is Closeness.CLOSE else wording.possible_match(language)
    return f" {_small('closeness', words, language)}"


def _language(source: Source | None) -> str:
    """The language of a quote as an attribute, where it is one."""
    code = source.language if source else ""
    return f' lang="{code}"' if re.fullmatch("[a-z]{2,3}", code) and code != "und" else ""


def _chips(citations: Iterable[Citation], turn: str, language: str) -> str:
    shown = {citation.number: citation.source for citation in citations}
    return "".join(_chip(number, shown[number], turn, language) for number in sorted(shown))


def _chip(number: int, source: Source, turn: str, language: str) -> str:
    return f"[{wording.digits(number, language)}](#cite-{turn}-{number}{_title(source.title or source.publisher or '')})"


_IN_TITLE = {ord(character): f"&#{ord(character)};" for character in "\"'()[]`"}


def _title(text: str) -> str:
    """A link's title; no character of it can end the link."""
    words = guard.inline(text.replace("\\", " ")).replace("\\", "").translate(_IN_TITLE)
    return f' "{words}"' if words else ""


def _headlines(sources: Sequence[Source], turn: str, language: str, near: Iterable[Mapping[str, object]]) -> list[str]:
    """The nearest articles under a refusal; a touch opens them, and they are no citations."""
    if not sources:
        return []
    heading = _small("note", wording.nearest_heading(language), language)
    openings = {known["id"]: str(known["opening"]) for known in near}
    names = (source.title or openings.get(source.article_id) or _untitled(source, language) for source in sources)
    entries = (f"- [{guard.inline(name)}](#near-{turn}-{at})" for at, name in enumerate(names, start=1))
    return [heading, "\n".join(entries)]


def _untitled(source: Source, language: str) -> str:
    """What stands for a headline where nothing else does."""
    when = wording.day(source.published, language) if source.published else ""
    untitled = strings.text("chat.untitled", language)
    return wording.listed([untitled, source.publisher or "", when], language)


def notes(given: Answer, *, stopped: bool = False, gone: bool = False) -> list[str]:
    """What the reader should know besides the answer, a line each."""
    language = given.language
    found = [*given.notes, wording.other_language_note(language)]
    if given.status is Status.INCOMPLETE and not stopped:
        found.append(wording.incomplete_note(len(given.trace.dropped), language))
    if given.statements and given.mode is Mode.EXTRACTIVE and given.trace.model:
        found.append(wording.fallback_note(language))
    if stopped:
        found.append(strings.text("chat.stopped", language))
    if gone:
        found.append(strings.text("chat.gone", language))
    return [note for note in found if note]


def _small(kind: str, text: str, language: str) -> str:
    """Words of ours, which run in their own direction whatever names stand among them."""
    ours = wording.frame_language(language)
    # What an error sets apart by characters, which never reach the page, is set apart there by elements.
    pieces = enumerate(re.split(f"{wording.FIRST_STRONG}([^{wording.END}]*){wording.END}", text))
    shown = "".join(f"<bdi>{guard.inline(piece)}</bdi>" if number % 2 else _inline(piece) for number, piece in pieces)
    return f'<span class="{kind}" lang="{ours}" dir="{"ltr" if ours == "en" else "rtl"}">{shown}</span>'


def _inline(text: str) -> str:
    """`text` as `guard.inline` has it, with the blanks at its ends."""
    return f"{' ' * text.startswith(' ')}{guard.inline(text)}{' ' * (text.endswith(' ') and bool(text.strip()))}"


# -- the panel --------------------------------------------------------------------------------------------------------


def cards(citations: Iterable[Citation], article: ArticleOf) -> list[dict[str, object]]:
    """What the panel shows of each citation: the quote between the words around it, and what is known of its article."""
    return [_card(citation, article(citation.source.article_id)) for citation in citations]


def _card(citation: Citation, article: Article | None) -> dict[str, object]:
    before, after = around(article, citation.start, citation.end) if article else ("", "")
    return {
        "n": citation.number,
        "start": citation.start,
        "end": citation.end,
        "before": before,
        "quote": citation.quote,
        "after": after,
        "match": citation.match.value,
        "also": [_known(source, None) for source in citation.also],
        **_known(citation.source, article),
    }


def nearest(sources: Iterable[Source], article: ArticleOf) -> list[dict[str, object]]:
    """The nearest articles of a refusal, each with its first words."""
    return [_known(source, article(source.article_id)) for source in sources]


def _known(source: Source, article: Article | None) -> dict[str, object]:
    return {
        "id": source.article_id,
        "title": guard.plain(source.title) if source.title else "",
        "opening": "" if source.title else _opening(article),
        "publisher": guard.plain(source.publisher or ""),
        "day": source.published.isoformat() if isinstance(source.published, date) else "",
        "language": source.language,
        "url": guard.link(source.url, {source.url or ""}) or "",
    }


def _opening(article: Article | None) -> str:
    """The first words of an article that are no page furniture, in place of its headline."""
    first = next(iter(quotable_sentences(article)), None) if article else None
    return clipping(article.text[first.start : first.end], TITLE) if article and first else ""


def around(article: Article, start: int, end: int) -> tuple[str, str]:
    """The words before and after a place of an article, about a paragraph of each, cut between words and at boilerplate."""
    text = article.text
    least = max([span.end for span in article.boilerplate if span.end <= start], default=0)
    most = min([span.start for span in article.boilerplate if span.start >= end], default=len(text))
    window = Span(max(least, start - AROUND), min(most, end + AROUND))
    before, after = text[window.start : start], text[end : window.end]
    if window.start > least:
        before = "…" + re.sub(r"^\S*\s+", "", before, count=1)
    if window.end < most:
        after = re.sub(r"\s+\S*\Z", "", after, count=1) + "…"
    return _closed_up(before).lstrip(), _closed_up(after).rstrip()


def _closed_up(text: str) -> str:
    """`text` without empty lines."""
    return re.sub(r"[ \t]*\n\s*", "\n", guard.plain(text))


def clipping(text: str, most: int) -> str:
    """The first words of `text` in one line."""
    line = " ".join(guard.plain(text).split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + "…"


def usage(given: Answer) -> dict[str, object] | None:
    """What the answer cost, None where no model was used."""
    trace = given.trace
    if not trace.model:
        return None
    return {
        "model": trace.model,
        "tokens_in": trace.tokens_in,
        "tokens_out": trace.tokens_out,
        "requests": trace.requests,
        "cost": trace.cost,
    }
