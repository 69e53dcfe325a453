"""From a question to an answer: claims go to the verifier one by one, and what fails there is mended once or dropped."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date

from assistant import extractive, rendering, wording
from assistant.budget import Budget
from assistant.citations import Verifier
from assistant.differences import differences
from assistant.errors import BadModelOutput, BudgetSpent, ModelCut, ModelUnavailable
from assistant.generative import Abstained, Stray, Writer
from assistant.language import detect
from assistant.lexicon import Lexicon
from assistant.text import words
from assistant.types import (
    Answer,
    Claim,
    Collection,
    Dropped,
    Filters,
    Mode,
    Query,
    Retrieval,
    Source,
    Statement,
    Status,
    Trace,
    Turn,
)
from assistant.understanding import leans, translated, understand

__all__ = ["Answerer", "Search"]

NEAREST = 3  # headlines offered when nothing was found
WRITABLE = 0.5  # share of the floor from which a model may look: it can say "not in the passages", quotes cannot
TELLING = 4  # words from which the language of a sentence can be told
REWRITTEN = 4  # content words; the model decides whether a question this short leans on those before it
# Languages that `detect` tells from others; of a sentence in any other nothing is said.
_TOLD_CODES = "fa ar en ur ckb ps ug tr ru uk fr de es it pt nl id he zh ja ko el hi hy ka th"
TOLD = frozenset(_TOLD_CODES.split())

Search = Callable[[Query], Retrieval]
# The model cannot write now; quotes can answer instead. A rejected key or model is not among them: it is never hidden.
_FALLS_BACK = (ModelUnavailable, BadModelOutput, BudgetSpent, ModelCut)


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions with what `search` finds. Without a `writer` it quotes.

    `prices` are per million tokens in and out; `budget` makes the limits of one question.
    """

    lexicon: Lexicon
    writer: Writer | None = None
    budget: Callable[[], Budget] = Budget
    prices: tuple[float, float] | None = None
    today: Callable[[], date] = date.today
    language: str | None = None

    def answer(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters | None,
        language: str | None,
        search: Search,
        collection: Callable[[], Collection],
        translate_quotes: bool = False,
        budget: Budget | None = None,
    ) -> Generator[Statement, None, Answer]:
        """Yields each statement once its citations hold; returns the whole answer.

        Raises `QuestionError`, `ModelRejected`, and what `search` and `collection` raise.
        """
        run = _Run(self, budget or self.budget())
        query = understand(
            question,
            lexicon=self.lexicon,
            today=self.today(),
            history=history,
            filters=filters,
            language=language or self.language,
        )
        kind = wording.small_talk_kind(query.question)
        if kind is not None:
            return _small_talk(kind, query, collection(), run)
        query = run.rewritten(query, history, filters)
        query = run.translated(query, collection)
        run.lap("understanding")
        retrieval = search(query)
        run.lap("retrieval")
        if self.writer is not None and retrieval.coverage >= WRITABLE * retrieval.floor:
            answer = yield from run.written(retrieval)
            if answer is not None:
                return _finished(run.with_translations(answer) if translate_quotes else answer)
        if not retrieval.enough:
            return _finished(run.not_found(retrieval))
        return _finished((yield from run.quoted(retrieval)))


@dataclass(slots=True)
class _Run:
    """One question under way: what it has used and what has been said about it so far."""

    parts: Answerer
    budget: Budget
    seconds: dict[str, float] = field(default_factory=dict)
    prompts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    model: str | None = None
    lap_started: float = field(default_factory=time.perf_counter)

    def lap(self, step: str) -> None:
        """Note the seconds since the step before."""
        now = time.perf_counter()
        self.seconds[step] = round(self.seconds.get(step, 0.0) + now - self.lap_started, 4)
        self.lap_started = now

    def went_wrong(self, exc: Exception, what: str = "") -> None:
        """Note a failure that is gone around. Raises it when the question was cancelled: then nothing is to come."""
        if self.budget.cancelled.is_set():
            raise exc
        self.notes.append(f"{what}{exc}")

    # -- the question ------------------------------------------------------------------------------------------------

    def rewritten(self, query: Query, history: Sequence[Turn], filters: Filters | None) -> Query:
        """A follow-up as a question that stands alone, by the model where there is one; else as it was understood."""
        writer = self._writer("standalone") if history and leans(query.question, most=REWRITTEN) else None
        if writer is None:
            return query
        try:
            text = writer.standalone(query.question, history, language=query.language, budget=self.budget)
        except _FALLS_BACK as exc:
            self.went_wrong(exc, "the question was not rewritten: ")
            return query
        if text == query.question:
            return query
        self.notes.append(f"read as: {text}")
        alone = understand(text, lexicon=self.parts.lexicon, today=self.parts.today(), filters=filters)
        return replace(alone, question=query.question, language=query.language, answer_language=query.answer_language)

    def translated(self, query: Query, collection: Callable[[], Collection]) -> Query:
        """The query with its wording in the collection's other languages, where a model can give it."""
        if self.parts.writer is None:
            return query
        missing = [code for code in collection().languages if code not in (query.language, "und")]
        writer = self._writer("translate") if missing else None
        if writer is None:
            return query
        try:
            found = writer.translate(query.text, missing, budget=self.budget)
        except _FALLS_BACK as exc:
            self.went_wrong(exc, "the question was not translated: ")
            return query
        self.notes += [f"searched in {code}: {text}" for code, text in found.items()]
        return translated(query, found, self.parts.lexicon) if found else query

    # -- with a model ------------------------------------------------------------------------------------------------

    def written(self, retrieval: Retrieval) -> Generator[Statement, None, Answer | None]:
        """The model's answer as far as it holds; None when the model is out of reach and nothing was shown."""
        writer = self._writer("answer")
        assert writer is not None
        verifier = Verifier(retrieval.hits, self.parts.lexicon, retrieval.query.answer_language)
        statements: list[Statement] = []
        refused: list[tuple[Claim, str]] = []
        abstained = cut = False
        try:
            for item in writer.draft(retrieval, budget=self.budget):
                match item:
                    case Claim() if item.text in {statement.text for statement in statements}:
                        continue  # said already
                    case Claim():
                        result = self._verified(item, verifier, retrieval.query)
                        if isinstance(result, Statement):
                            statements.append(result)
                            yield result
                        else:
                            refused.append((item, result.reason))
                    case Abstained():
                        abstained = True
                    case Stray(text) if text.startswith("{"):
                        self.dropped.append(Dropped(text, "it is not in the form asked for"))
                    case Stray(text):
                        self.notes.append(f"beside the answer the model wrote: {text}")
        except ModelCut as exc:
            cut = True
            self.notes.append(str(exc))
        except _FALLS_BACK as exc:
            self.went_wrong(exc)
            if not statements:
                return None
            cut = True
        self.lap("writing")
        if refused:
            shown = {statement.text for statement in statements}
            mended = yield from self._mended(refused, verifier, retrieval, shown=shown, cut=cut)
            statements += mended
        if not statements:
            # What cannot be used says nothing about the articles; quotes may.
            return self.not_found(retrieval, mode=Mode.GENERATIVE) if abstained else None
        return self._answer(retrieval.query, Mode.GENERATIVE, statements, verifier, incomplete=bool(self.dropped) or cut, cut=cut)

    def _verified(self, claim: Claim, verifier: Verifier, query: Query, *, last: bool = False) -> Statement | Dropped:
        """The claim checked; one in another language than asked for is refused, or, the `last` time, shown with a note."""
        foreign = _foreign(claim.text, query.answer_language)
        if foreign and not last:
            return Dropped(claim.text, "it is not in the language asked for")
        note = wording.wrong_language_note(query.answer_language) if foreign else ""
        return verifier.verify(replace(claim, note=note))

    def _mended(
        self,
        refused: Sequence[tuple[Claim, str]],
        verifier: Verifier,
        retrieval: Retrieval,
        *,
        shown: Set[str],
        cut: bool,
    ) -> Generator[Statement, None, list[Statement]]:
        """Refused claims after one round of repair: those that hold now are shown, the rest dropped with its reason.

        A sentence `shown` already mends nothing.
        """
        mended: list[Statement] = []
        again: list[Dropped] = []
        writer = None if cut else self._writer("repair")
        try:
            for item in writer.repair(refused, retrieval, budget=self.budget) if writer else ():
                if isinstance(item, Claim) and item.text not in {*shown, *(statement.text for statement in mended)}:
                    result = self._verified(item, verifier, retrieval.query, last=True)
                    if isinstance(result, Statement):
                        mended.append(result)
                        yield result
                    else:
                        again.append(result)
        except _FALLS_BACK as exc:
            self.went_wrong(exc, "the repair failed: ")
        # As many as were refused and not mended; the model need not have kept their order.
        self.dropped += [Dropped(claim.text, reason) for claim, reason in refused[: max(0, len(refused) - len(mended))]]
        self.notes += [f"refused again: {item.text} ({item.reason})" for item in again]
        self.lap("repairing")
        return mended

    def with_translations(self, answer: Answer) -> Answer:
        """The answer with a labelled machine translation of each quote that is not in the reader's language."""
        foreign = [c for c in answer.citations if c.source.language != answer.language]
        writer = self._writer("gloss") if foreign else None
        if writer is None:
            return answer
        # What was noted of the question stays; what this run notes is taken up again, with whatever comes now.
        before = [note for note in answer.trace.notes if note not in self.notes]
        found: dict[int, str] = {}
        try:
            found = writer.gloss([c.quote for c in foreign], language=answer.language, budget=self.budget)
        except _FALLS_BACK as exc:
            self.went_wrong(exc, "the quotes were not translated: ")
        self.lap("translating")
        told = {foreign[index].number: text for index, text in found.items()}
        statements = tuple(_translated(statement, told, answer.language) for statement in answer.statements)
        return replace(answer, statements=statements, trace=self._trace(answer.trace.query, before))

    def _writer(self, prompt: str) -> Writer | None:
        """The writer, with a note that `prompt` is used."""
        writer = self.parts.writer
        if writer is not None:
            self.model = writer.chat.name
            self.prompts[prompt] = writer.prompts[prompt].digest
        return writer

    # -- without one -------------------------------------------------------------------------------------------------

    def quoted(self, retrieval: Retrieval) -> Generator[Statement, None, Answer]:
        """The answer in quotations."""
        verifier = Verifier(retrieval.hits, self.parts.lexicon, retrieval.query.answer_language)
        statements: list[Statement] = []
        for claim in extractive.compose(retrieval, lexicon=self.parts.lexicon).claims:
            result = verifier.verify(claim)
            if isinstance(result, Statement):
                statements.append(result)
                yield result
            else:
                self.dropped.append(result)
        self.lap("quoting")
        if not statements:
            return self.not_found(retrieval)
        return self._answer(retrieval.query, Mode.EXTRACTIVE, statements, verifier, incomplete=bool(self.dropped))

    # -- answers -----------------------------------------------------------------------------------------------------

    def _answer(
        self,
        query: Query,
        mode: Mode,
        statements: Sequence[Statement],
        verifier: Verifier,
        *,
        incomplete: bool,
        cut: bool = False,
    ) -> Answer:
        notes = [*_readings(query), *_differing(verifier, query.answer_language)]
        if cut:
            notes.append(wording.broke_off_note(query.answer_language))
        return Answer(
            question=query.question,
            status=Status.INCOMPLETE if incomplete else Status.ANSWERED,
            mode=mode,
            language=query.answer_language,
            text="",
            statements=tuple(statements),
            citations=tuple(verifier.citations),
            notes=tuple(notes),
            trace=self._trace(query.text, query.notes),
        )

    def not_found(self, retrieval: Retrieval, mode: Mode = Mode.EXTRACTIVE) -> Answer:
        """The refusal, with the nearest articles."""
        nearest: dict[str, Source] = {}
        for hit in retrieval.hits:
            nearest.setdefault(hit.passage.source.article_id, hit.passage.source)
        query = retrieval.query
        return Answer(
            question=query.question,
            status=Status.NOT_FOUND,
            mode=mode,
            language=query.answer_language,
            text="",
            nearest=tuple(nearest.values())[:NEAREST],
            notes=tuple(_readings(query)),
            trace=self._trace(query.text, (*query.notes, f"coverage {retrieval.coverage:.2f}")),
        )

    def _trace(self, searched: str, notes: Sequence[str] = ()) -> Trace:
        return Trace(
            seconds=dict(self.seconds),
            query=searched,
            model=self.model,
            prompts=dict(self.prompts),
            tokens_in=self.budget.tokens_in,
            tokens_out=self.budget.tokens_out,
            requests=self.budget.used,
            cost=self._cost(),
            dropped=tuple(self.dropped),
            notes=(*notes, *self.notes),
        )

    def _cost(self) -> float | None:
        if self.parts.prices is None or self.model is None:
            return None
        price_in, price_out = self.parts.prices
        return round((self.budget.tokens_in * price_in + self.budget.tokens_out * price_out) / 1_000_000, 6)


def _finished(answer: Answer) -> Answer:
    return replace(answer, text=rendering.plain(answer))


def _small_talk(kind: wording.SmallTalk, query: Query, collection: Collection, run: _Run) -> Answer:
    language = query.answer_language
    text = wording.small_talk(
        kind,
        articles=collection.articles,
        publishers=collection.publishers,
        first=collection.first,
        last=collection.last,
        language=language,
    )
    run.lap("understanding")
    answer = Answer(query.question, Status.ANSWERED, Mode.EXTRACTIVE, language, text, trace=run._trace(query.text))
    return _finished(answer)


def _foreign(text: str, language: str) -> bool:
    """Whether a sentence is clearly in another language than `language`; short and mixed ones get the benefit of the doubt."""
    return language in TOLD and len(words(text)) >= TELLING and detect(text, default=language) != language


def _readings(query: Query) -> Iterator[str]:
    for found in query.dates:
        yield wording.date_reading(found.text, found.since, found.until, query.answer_language)


def _differing(verifier: Verifier, language: str) -> Iterator[str]:
    for found in differences(verifier.citations):
        yield wording.differ_note(found.one, found.first.number, found.other, found.second.number, language)


def _translated(statement: Statement, told: dict[int, str], language: str) -> Statement:
    texts = [told[c.number] for c in statement.citations if c.number in told]
    notes = [statement.note, *(wording.translation_note(text, language) for text in texts)]
    return replace(statement, note=" ".join(note for note in notes if note))
