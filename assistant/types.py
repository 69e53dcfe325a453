"""The nouns every part shares: frozen values that only ever flow forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

__all__ = [
    "Answer",
    "Article",
    "Citation",
    "Claim",
    "Closeness",
    "Collection",
    "Concept",
    "DateReading",
    "Draft",
    "Dropped",
    "Filters",
    "Hit",
    "IngestReport",
    "LibraryStatus",
    "Match",
    "Message",
    "Mode",
    "Passage",
    "Query",
    "Quotation",
    "Retrieval",
    "Skipped",
    "Source",
    "Span",
    "Statement",
    "Status",
    "Trace",
    "Turn",
    "Weighted",
    "day_number",
]

EMPTY: Mapping[str, str] = MappingProxyType({})


class Span(NamedTuple):
    """A half-open range of characters, `text[start:end]`."""

    start: int
    end: int


class Status(StrEnum):
    """How the question ended."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    INCOMPLETE = "incomplete"


class Mode(StrEnum):
    """Who worded the statements: a model, or the articles themselves."""

    GENERATIVE = "generative"
    EXTRACTIVE = "extractive"


class Match(StrEnum):
    """How the quote was found in the article: as given, or after folding spelling differences."""

    EXACT = "exact"
    FOLDED = "folded"


class Closeness(StrEnum):
    """How likely the sentence quoted answers the question: very, or perhaps."""

    CLOSE = "close"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of an article besides its text; unknown stays None.

    `language` is an ISO 639 code ("fa", "ar", "en", …, "und"). `published` is the day of publication in the Gregorian
    calendar, `fetched` the UTC time it entered the library. `origins` says, per field, where its value came from
    ("front matter", "sources.toml: «…»", "text", …).
    """

    article_id: str
    title: str | None = None
    language: str = "und"
    publisher: str | None = None
    url: str | None = None
    published: date | None = None
    fetched: datetime | None = None
    origins: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Article:
    """One article: its text as it came (NFC, without characters that must never be shown).

    `location` is where it was read from (a path, `path#line` for a record, or an id given by the caller). `boilerplate`
    marks share bars, page clocks and the like; they stay in the text and are never quoted.
    """

    source: Source
    text: str
    location: str
    boilerplate: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: `article.text[start:end] == text`."""

    id: str
    source: Source
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may answer; empty tuples and None do not restrict. Days are inclusive."""

    languages: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    def __bool__(self) -> bool:
        return bool(self.languages or self.publishers or self.articles or self.since or self.until)


def day_number(day: date | None) -> int:
    """`day` as the integer yyyymmdd, 0 when unknown: indexes compare numbers."""
    return 0 if day is None else day.year * 10_000 + day.month * 100 + day.day


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing the question asks about, in every spelling that means it.

    `text` is the folded wording in the question. `spellings` maps a language code to phrases, each a tuple of folded
    words; the key "" holds spellings that hold in any language (the question's own word, numbers). `likeness` gives,
    for spellings found by sound, how alike they sound (0 to 1); others count 1. `weight` scales the concept's part in
    ranking (1 is an ordinary content word). `commonness` is the share of news passages it is expected in, before the
    collection is looked at. `named` says that it is a name: what is not said of Obama does not answer a question about him.
    """

    text: str
    spellings: Mapping[str, tuple[tuple[str, ...], ...]]
    likeness: Mapping[tuple[str, ...], float] = field(default_factory=lambda: MappingProxyType({}))
    weight: float = 1.0
    commonness: float = 0.001
    named: bool = False


@dataclass(frozen=True, slots=True)
class DateReading:
    """A date expression of the question and the days it was read as (inclusive)."""

    text: str
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: the question (as typed), its stand-alone wording and its concepts.

    `language` is the question's own, `answer_language` the one the answer is framed in (the same unless pinned).
    `translations` holds the question in other languages, by code, and `versions` the concepts of each of them.
    """

    question: str
    text: str
    language: str
    answer_language: str
    concepts: tuple[Concept, ...] = ()
    translations: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    versions: tuple[tuple[Concept, ...], ...] = ()
    dates: tuple[DateReading, ...] = ()
    filters: Filters = field(default_factory=Filters)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its fused score and its 1-based rank in each leg (None where that leg did not find it).

    `twins` are passages of other articles with nearly the same text, such as another outlet's print of the report.
    """

    passage: Passage
    score: float
    dense_rank: int | None = None
    lexical_rank: int | None = None
    twins: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighted:
    """A concept of the question with its weight in this collection (near 0 for words found everywhere)."""

    concept: Concept
    weight: float


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The hits, best first, and the question's concepts as they were searched (names by sound included), weighted.

    `coverage` says how surely the hits speak of what is asked (0 to 1, see `judging`). `enough` says whether it reaches the
    `floor` below which nothing is quoted, the one for the hits' language.
    """

    query: Query
    hits: tuple[Hit, ...]
    concepts: tuple[Weighted, ...]
    coverage: float
    floor: float
    enough: bool


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words claimed to stand in a passage: `passage` indexes the hits from 0."""

    passage: int
    quote: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence before its citations are checked. `frame` and `note` are ours and exempt from the number check."""

    text: str
    quotations: tuple[Quotation, ...]
    frame: str = ""
    note: str = ""
    closeness: Closeness | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a composer proposes; nothing of it is shown before `citations.verify`."""

    claims: tuple[Claim, ...]
    mode: Mode


@dataclass(frozen=True, slots=True)
class Citation:
    """A checked quote: `article.text[start:end] == quote`, `number` is its 1-based mark in the answer.

    `also` names other articles that carry the same words, such as another outlet with the same agency's report.
    """

    number: int
    source: Source
    quote: str
    start: int
    end: int
    match: Match
    also: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the answer with at least one citation; `closeness` is told of quotes, not of what a model wrote."""

    text: str
    citations: tuple[Citation, ...]
    frame: str = ""
    note: str = ""
    closeness: Closeness | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that was not shown, and why."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Trace:
    """How the answer came about: seconds per step, model use, what was dropped, what was noted.

    `prompts` maps each prompt file used to the digest of its text; `cost` is in the currency of the configured prices, None
    when none are set.
    """

    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    query: str = ""
    model: str | None = None
    prompts: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    tokens_in: int = 0
    tokens_out: int = 0
    requests: int = 0
    cost: float | None = None
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a chat model; `role` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation and the answer it got."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The one result every face gets. `text` is the whole answer as plain text in `language`.

    `nearest` lists the closest articles when nothing was found; they are not citations. `notes` says, in `language`, what the
    reader should know besides: how a date was read, that outlets differ, that the answer broke off.
    """

    question: str
    status: Status
    mode: Mode
    language: str
    text: str
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Source, ...] = ()
    notes: tuple[str, ...] = ()
    trace: Trace = field(default_factory=Trace)


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input that did not become an article; `line` is 1-based, None for a whole file."""

    path: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingestion did: counts of articles, and every input it skipped with its reason."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """What a library is about: how many articles, of which outlets and languages, from which day to which."""

    articles: int
    publishers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """What a library holds. `passages_are_sent_to` names the host that gets to see passages, None when none does.

    `vectors_are_kept` says where, `advice` what would make a library better that is in order as it is, None when nothing would.
    """

    library: str
    articles: int
    passages: int
    languages: Mapping[str, int]
    publishers: Mapping[str, int]
    first_day: date | None
    last_day: date | None
    embedding: str
    dimension: int
    created: datetime
    megabytes: float
    passages_are_sent_to: str | None = None
    vectors_are_kept: str = "in the library folder"
    advice: str | None = None
