"""The gold questions: what is asked, what must be said, and where in which article it stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.types import Turn

__all__ = ["FOLDER", "KINDS", "Correction", "Evidence", "Fact", "GoldError", "Kind", "Line", "Question", "load", "parse", "read"]

FOLDER = Path(__file__).resolve().parent / "gold"
Kind: TypeAlias = Literal[
    "fact",
    "date",
    "number",
    "list",
    "quote",
    "multi",
    "disagreement",
    "years",
    "followup",
    "near",
    "off",
    "premise",
    "hostile",
    "metamorphic",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
UNANSWERABLE: frozenset[Kind] = frozenset({"near", "off"})


class GoldError(Exception):
    """The gold cannot be used; the message names the file, the line and what is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Fact(_Strict):
    """Something an answer must say, in any one of the forms `any`.

    In the sentence that says it, or its quote, one of `by` must be named (when there are any) and none of `negated` may stand.
    """

    any: tuple[str, ...] = Field(min_length=1)
    vital: bool = True
    by: tuple[str, ...] = ()
    negated: tuple[str, ...] = Field(default=(), alias="not")


class Evidence(_Strict):
    """Where a fact stands: `text` is what the article holds from `start` to `end`. Entries of one fact are alternatives."""

    fact: int = Field(default=0, ge=0)
    article: str
    start: int = Field(ge=0)
    end: int = Field(ge=1)
    text: str = Field(min_length=1)


class Correction(_Strict):
    """What a question was before it was put right, and why it was."""

    date: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    was: Any
    reason: str = Field(min_length=1)


class Filters(_Strict):
    """Which articles the question is asked of: their languages."""

    languages: tuple[str, ...] = Field(min_length=1)


class Question(_Strict):
    """One gold question.

    `base` is the question that a metamorphic one must behave like, `change` what was done to it, `base_kind` the kind of the base
    (known once all are loaded). `never` are forms that no answer may show.
    """

    id: str = Field(pattern=r"^[a-z]{2,3}(-[a-z]+)+-\d{2,}$")
    question: str = Field(min_length=1)
    language: str = Field(pattern=r"^[a-z]{2,3}$")
    kind: Kind
    crosses: bool = False
    history: tuple[Turn, ...] = ()
    facts: tuple[Fact, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    articles: tuple[str, ...] = ()
    split: Literal["dev", "test"]
    base: str | None = None
    change: str | None = None
    base_kind: Kind | None = None
    never: tuple[str, ...] = ()
    filters: Filters | None = None
    corrections: tuple[Correction, ...] = ()

    @property
    def vital(self) -> tuple[Fact, ...]:
        """The facts an answer must hold."""
        return tuple(fact for fact in self.facts if fact.vital)

    @property
    def role(self) -> Kind:
        """The kind that says what is right: its own, or that of its base."""
        return self.base_kind or self.kind

    @property
    def answerable(self) -> bool:
        """Whether the articles answer it."""
        return bool(self.vital) and self.role not in UNANSWERABLE

    @property
    def group(self) -> str:
        """What its outcome depends on with others: the articles it is about, or itself and its variants when there are none."""
        return "+".join(sorted(self.articles)) or self.base or self.id

    @property
    def digest(self) -> str:
        """A digest of what the outcome depends on; a corrected question gets another."""
        shaping = self.model_dump_json(exclude={"split", "corrections", "change", "base_kind"}, by_alias=True)
        return hashlib.sha256(shaping.encode()).hexdigest()[:12]


class Line(NamedTuple):
    """One line of a gold file: where it stands, and the question or why it is none."""

    place: str
    question: Question | None
    problem: str = ""


def parse(text: str) -> Question:
    """The question on one line. Raises ValueError saying what is wrong with it."""
    try:
        return Question.model_validate_json(text)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from exc


def read(folder: Path = FOLDER) -> Iterator[Line]:
    """Every line of the files of `folder` that holds anything, in order."""
    for path in sorted(folder.glob("*.jsonl")):
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if text.strip():
                yield _line(f"{path.name}:{number}", text)


def _line(place: str, text: str) -> Line:
    try:
        return Line(place, parse(text))
    except ValueError as exc:
        return Line(place, None, str(exc))


def load(folder: Path = FOLDER) -> tuple[Question, ...]:
    """The questions of `folder`; a metamorphic one that names no facts has those of its base. Raises `GoldError`."""
    questions = []
    for place, question, problem in read(folder):
        if question is None:
            raise GoldError(f"{folder / place}: {problem}")
        questions.append(question)
    if not questions:
        raise GoldError(f"{folder} holds no questions; there should be a *.jsonl file.")
    return tuple(completed(questions))


def completed(questions: Iterable[Question]) -> Iterator[Question]:
    """The questions, the metamorphic ones with what they share with their base."""
    every = list(questions)
    known = {question.id: question for question in every}
    for question in every:
        base = known.get(question.base or "")
        yield question if base is None else _with_base(question, base)


def _with_base(question: Question, base: Question) -> Question:
    shared: dict[str, object] = {"base_kind": base.kind, "never": question.never or base.never}
    shared |= {} if question.facts else {"facts": base.facts, "evidence": base.evidence}
    if not question.articles:
        shared["articles"] = base.articles
    if not question.history:
        shared["history"] = base.history
    return question.model_copy(update=shared)


def digest(questions: Iterable[Question]) -> str:
    """One digest of all `questions`."""
    listed: Mapping[str, str] = {question.id: question.digest for question in questions}
    return hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()[:12]
