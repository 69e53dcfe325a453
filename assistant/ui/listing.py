"""Which articles of a library one page of their list shows, in which order, and what there is to choose from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from textwrap import shorten
from typing import Any

from assistant.errors import AssistantError, NoLibrary, UnknownArticle
from assistant.pipeline import Assistant
from assistant.rendering import to_dict
from assistant.text import fold, fold_with_map, paragraphs, words
from assistant.types import Filters, Source, Span, day_number

__all__ = ["ALPHABETS", "PASSAGES", "SORTS", "Wanted", "listing", "ordered"]

BEGINNING = 90  # characters
PASSAGES = 300  # looked through for the words that are searched: 0.1 s in a library of 3,000 articles

# Persian and Arabic put و and ه the other way round. The letters of their neighbours stand behind those they are made from.
_PERSIAN = "ءاآبپتٹټثجچحخدڈډذرڑړزژسشصضطظعغفڤقکگلڵمنںوۆهھەیێےې"
_ARABIC = _PERSIAN.replace("وۆهھە", "هھەوۆ")
_LETTERS: Mapping[str, Mapping[str, int]] = {
    "fa": {letter: 100 + rank for rank, letter in enumerate(_PERSIAN)},
    "ar": {letter: 100 + rank for rank, letter in enumerate(_ARABIC)},
    "en": {letter: 0x200000 + rank for rank, letter in enumerate(_PERSIAN)},  # behind all others
}
ALPHABETS = tuple(_LETTERS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor wants to see: articles that pass `filters` and speak of `query`, from the `offset`th on.

    `query` is looked for in titles and publishers, and in the texts too when `texts` is set. `alphabet` says in whose order
    titles stand. A `sort` led by "-" runs backwards; what is not known comes last either way.
    """

    filters: Filters = field(default_factory=Filters)
    query: str = ""
    texts: bool = False
    sort: str = "-day"
    alphabet: str = "fa"
    offset: int = 0
    limit: int = 50


def listing(assistant: Assistant, wanted: Wanted) -> dict[str, object]:
    """One page of the list as JSON-ready values.

    `total` counts what was found, `languages`, `publishers`, `first` and `last` tell of the whole library. An article that
    has the words in its text only has their place as `found`, one without a title its `beginning`; `texts` says whether texts
    were searched.
    """
    with suppress(NoLibrary):
        return _listing(assistant, wanted, assistant.articles())
    return _listing(assistant, wanted, [])


def _listing(assistant: Assistant, wanted: Wanted, everything: Sequence[Source]) -> dict[str, object]:
    among = assistant.articles(wanted.filters) if wanted.filters and everything else everything
    sought = " ".join(fold(wanted.query).split())
    places = _in_texts(assistant, wanted, sought) if wanted.texts and len(sought) > 1 and everything else None
    titled = {source.article_id for source in among if _speaks_of(source, sought)}
    found = [source for source in among if source.article_id in titled or source.article_id in (places or {})]
    page = ordered(found, wanted.sort, wanted.alphabet)[wanted.offset : wanted.offset + wanted.limit]
    days = [source.published for source in everything if source.published]
    return {
        "articles": [
            {**to_dict(source), **_beginning(assistant, source), **_found(places, source, titled=source.article_id in titled)}
            for source in page
        ],
        "total": len(found),
        "collection": len(everything),
        "languages": dict(Counter(source.language for source in everything).most_common()),
        "publishers": dict(Counter(source.publisher for source in everything if source.publisher).most_common()),
        "first": min(days).isoformat() if days else None,
        "last": max(days).isoformat() if days else None,
        "texts": places is not None,
    }


def _beginning(assistant: Assistant, source: Source) -> dict[str, object]:
    """The first words of an article without a title, which it can be told from others by."""
    if source.title:
        return {}
    with suppress(UnknownArticle):  # removed meanwhile
        article = assistant.article(source.article_id)
        for start, end in paragraphs(article.text):
            if not any(mark.start < end and mark.end > start for mark in article.boilerplate):
                return {"beginning": shorten(article.text[start:end], BEGINNING, placeholder="…")}
    return {}


def _found(places: Mapping[str, Span] | None, source: Source, *, titled: bool) -> dict[str, object]:
    """Where the words stand in an article whose title does not hold them."""
    place = None if titled else (places or {}).get(source.article_id)
    return {"found": place._asdict()} if place else {}


# -- searching --------------------------------------------------------------------------------------------------------


def _speaks_of(source: Source, sought: str) -> bool:
    return not sought or any(sought in _folded(text) for text in (source.title, source.publisher) if text)


@lru_cache(maxsize=50_000)
def _folded(text: str) -> str:
    return " ".join(fold(text).split())


def _in_texts(assistant: Assistant, wanted: Wanted, sought: str) -> dict[str, Span] | None:
    """Where the words stand in the best passages, by article; None when the texts could not be searched."""
    try:
        hits = assistant.search(wanted.query, filters=wanted.filters, limit=PASSAGES)
    except AssistantError:
        return None  # titles can still be searched, and the reply says that texts were not
    places: dict[str, Span] = {}
    for hit in hits:
        passage = hit.passage
        if passage.source.article_id not in places and (span := _place(passage.text, sought)):
            places[passage.source.article_id] = Span(passage.start + span.start, passage.start + span.end)
    return places


def _place(text: str, sought: str) -> Span | None:
    """Where the folded words stand in `text`."""
    folded = fold_with_map(text)
    at = folded.text.find(sought)
    return folded.raw(at, at + len(sought)) if at >= 0 else None


# -- order ------------------------------------------------------------------------------------------------------------


def ordered(sources: Iterable[Source], sort: str, alphabet: str) -> list[Source]:
    """The sources in the order that `sort` names; those of which it is not known come last, by their titles."""
    key = SORTS[sort.removeprefix("-")]
    by_title = sorted(sources, key=lambda source: (_title(source, alphabet) or (2**31,), source.article_id))
    known = [source for source in by_title if key(source, alphabet)]
    unknown = [source for source in by_title if not key(source, alphabet)]
    return sorted(known, key=lambda source: key(source, alphabet), reverse=sort.startswith("-")) + unknown


def _title(source: Source, alphabet: str) -> tuple[int, ...]:
    return _letters(source.title or "", alphabet)


def _publisher(source: Source, alphabet: str) -> tuple[int, ...]:
    return _letters(source.publisher or "", alphabet)


def _day(source: Source, alphabet: str) -> int:
    return day_number(source.published)


def _added(source: Source, alphabet: str) -> float:
    moment = source.fetched or datetime.fromtimestamp(0, UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


SORTS: Mapping[str, Callable[[Source, str], Any]] = {"day": _day, "title": _title, "publisher": _publisher, "added": _added}


@lru_cache(maxsize=50_000)
def _letters(text: str, alphabet: str) -> tuple[int, ...]:
    """What `text` is sorted by: its words without marks, first spaces, then digits, then the letters of `alphabet`."""
    letters = _LETTERS[alphabet]
    return tuple(letters.get(letter, ord(letter) if letter < "A" else 1000 + ord(letter)) for letter in " ".join(words(text)))
