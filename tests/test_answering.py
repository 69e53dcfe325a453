"""Answering: the loop from a question to an answer, with and without a model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest

from assistant.answering import Answerer
from assistant.budget import Budget
from assistant.errors import BudgetSpent, ModelCut, ModelRejected, ModelUnavailable
from assistant.generative import Writer
from assistant.lexicon import Lexicon
from assistant.prompts import Prompts
from assistant.types import (
    Answer,
    Collection,
    Dropped,
    Hit,
    Match,
    Message,
    Mode,
    Passage,
    Query,
    Retrieval,
    Source,
    Statement,
    Status,
    Turn,
    Weighted,
)

LEXICON, PROMPTS = Lexicon.open(), Prompts()
TEXT = "شمخانی با نمایندۀ پوتین در تهران دیدار کرد. این دیدار سه ساعت طول کشید."
SOURCE = Source("a", language="fa", publisher="ایسنا", published=date(2016, 12, 18))
HIT = Hit(Passage("a-10", SOURCE, TEXT, 10, 10 + len(TEXT)), 1.0)
GOOD = '{"say": "شمخانی در تهران با نماینده دیدار کرد.", "from": [{"p": 1, "quote": "شمخانی با نماینده پوتین در تهران دیدار کرد"}]}'
BAD = '{"say": "شمخانی با اوباما دیدار کرد.", "from": [{"p": 1, "quote": "شمخانی با اوباما در تهران دیدار کرد"}]}'
NONE = '{"say": null}'


@dataclass
class Scripted:
    """A chat model that gives out texts, or raises errors, one a request."""

    script: list[str | Exception]
    name: str = "scripted"
    window: int = 32_000
    host: str | None = "localhost"
    asked: list[str] = field(default_factory=list)

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        budget.spend()
        budget.count(100, 10)
        self.asked.append(messages[1].content)
        step = self.script.pop(0)
        if isinstance(step, Exception) and not isinstance(step, ModelCut):
            raise step
        yield str(step) if isinstance(step, str) else f"{GOOD}\n"
        if isinstance(step, ModelCut):
            raise step


def ask(
    question: str,
    *script: str | Exception,
    history: Sequence[Turn] = (),
    coverage: float = 1.0,
    hits: Sequence[Hit] = (HIT,),
    languages: tuple[str, ...] = ("fa",),
    searched: list[Query] | None = None,
    translate_quotes: bool = False,
    **parts: object,
) -> tuple[list[Statement], Answer]:
    """The statements as they came, and the answer, from a model that follows `script` (none without one)."""
    writer = Writer(Scripted(list(script)), PROMPTS) if script else None

    def search(query: Query) -> Retrieval:
        if searched is not None:
            searched.append(query)
        concepts = tuple(Weighted(concept, 1.0) for concept in query.concepts)
        return Retrieval(query, tuple(hits), concepts, coverage, 0.4, coverage >= 0.4)

    answerer = Answerer(LEXICON, writer, today=lambda: date(2017, 1, 1), **parts)  # type: ignore[arg-type]
    running = answerer.answer(
        question,
        history,
        filters=None,
        language=None,
        search=search,
        collection=lambda: Collection(5, ("ایسنا",), languages),
        translate_quotes=translate_quotes,
    )
    shown = []
    while True:
        try:
            shown.append(next(running))
        except StopIteration as end:
            return shown, end.value


FA = "شمخانی در تهران با نماینده چه کسی دیدار کرد؟"


def test_without_a_model_it_quotes() -> None:
    """The best sentence, verbatim, with its citation; the text is the answer as a person reads it."""
    shown, answer = ask(FA)
    assert (answer.status, answer.mode, answer.language) == (Status.ANSWERED, Mode.EXTRACTIVE, "fa")
    assert shown == list(answer.statements)
    citation = answer.citations[0]
    assert (citation.start, citation.end, citation.match) == (10, 10 + TEXT.index(".") + 1, Match.EXACT)
    assert answer.text.startswith("به گزارش ایسنا، ۲۸ آذر ۱۳۹۵: «شمخانی با نمایندۀ پوتین")
    assert answer.trace.model is None
    assert answer.trace.requests == 0


def test_with_a_model_it_writes() -> None:
    """The model's sentence stands, its quote is the article's own; use and prompt are in the trace."""
    shown, answer = ask(FA, GOOD, prices=(2.0, 8.0))
    assert (answer.status, answer.mode) == (Status.ANSWERED, Mode.GENERATIVE)
    assert [statement.text for statement in shown] == ["شمخانی در تهران با نماینده دیدار کرد."]
    assert answer.citations[0].quote == "شمخانی با نمایندۀ پوتین در تهران دیدار کرد"
    assert answer.citations[0].match is Match.FOLDED
    trace = answer.trace
    assert (trace.model, trace.requests, trace.tokens_in, trace.tokens_out, trace.cost) == ("scripted", 1, 100, 10, 0.00028)
    assert trace.prompts == {"answer": PROMPTS["answer"].digest}


def test_a_refused_claim_is_mended_once() -> None:
    """The model is shown why, and what it words anew is checked like everything else."""
    shown, answer = ask(FA, BAD, GOOD)
    assert [statement.text for statement in shown] == ["شمخانی در تهران با نماینده دیدار کرد."]
    assert (answer.status, answer.trace.requests, answer.trace.dropped) == (Status.ANSWERED, 2, ())


def test_what_cannot_be_mended_is_dropped_with_its_reason() -> None:
    """Something stays, something goes: the answer is incomplete and says so."""
    _, answer = ask(FA, f"{GOOD}\n{BAD}", NONE)
    assert answer.status is Status.INCOMPLETE
    assert len(answer.statements) == 1
    (dropped,) = answer.trace.dropped
    assert dropped.text == "شمخانی با اوباما دیدار کرد."
    assert dropped.reason.startswith("its quote stands in no retrieved passage")
    assert "یک جمله کنار گذاشته شد" in answer.text


def test_a_repetition_mends_nothing() -> None:
    """A sentence that was shown already is neither shown again nor counted in place of the one refused."""
    shown, answer = ask(FA, f"{GOOD}\n{GOOD}\n{BAD}", f"{GOOD}\n{BAD}")
    assert len(shown) == 1
    assert (answer.status, len(answer.trace.dropped)) == (Status.INCOMPLETE, 1)


def test_when_nothing_holds_quotes_answer() -> None:
    """When no sentence of the model could be verified, the articles speak for themselves; it is said what was left out."""
    shown, answer = ask(FA, BAD, BAD)
    assert (answer.status, answer.mode) == (Status.INCOMPLETE, Mode.EXTRACTIVE)
    assert shown[0].text.startswith("شمخانی با نمایندۀ پوتین")
    assert "اوباما" not in answer.text
    assert len(answer.trace.dropped) == 1


def test_when_nothing_holds_and_nothing_can_be_quoted_it_is_a_refusal() -> None:
    """Below the floor of quotes there is nothing else to show."""
    shown, answer = ask(FA, BAD, BAD, coverage=0.25)
    assert (shown, answer.status, answer.nearest) == ([], Status.NOT_FOUND, (SOURCE,))


@pytest.mark.parametrize("text", [NONE, f"I cannot answer.\n{NONE}"])
def test_a_model_that_abstains_is_believed(text: str) -> None:
    """«Not in the passages» is said in the user's language, in one request."""
    _, answer = ask(FA, text)
    assert (answer.status, answer.trace.requests) == (Status.NOT_FOUND, 1)
    assert answer.text.startswith("پاسخ این پرسش در مقاله‌ها نیست.")


@pytest.mark.parametrize("error", [ModelUnavailable("The server is down.")])
def test_an_outage_falls_back_to_quotes_and_says_so(error: Exception) -> None:
    """The answer comes, in quotations, with the reason in the trace."""
    _, answer = ask(FA, error)
    assert (answer.status, answer.mode) == (Status.ANSWERED, Mode.EXTRACTIVE)
    assert "The server is down." in answer.trace.notes
    assert "مدل زبانی پاسخی نداد" in answer.text


def test_a_rejected_key_is_never_hidden() -> None:
    """It is an error with its way out, not a worse answer."""
    with pytest.raises(ModelRejected):
        ask(FA, ModelRejected("The key was refused."))


def test_a_cut_stream_keeps_what_was_verified() -> None:
    """The answer is incomplete, and the reader is told that it broke off."""
    shown, answer = ask(FA, ModelCut("The connection broke."))
    assert (len(shown), answer.status, answer.mode) == (1, Status.INCOMPLETE, Mode.GENERATIVE)
    assert answer.notes == ("پاسخ مدل ناتمام ماند؛ آنچه تا آن هنگام تأیید شده بود آمده است.",)


def test_below_the_floor_nothing_is_said() -> None:
    """Without a model, and far below the floor with one, it is a refusal and no request is made."""
    for script in ((), (GOOD,)):
        _, answer = ask("چه کسی جام را برد؟", *script, coverage=0.1)
        assert (answer.status, answer.trace.requests, answer.language) == (Status.NOT_FOUND, 0, "fa")


def test_a_model_may_look_below_the_floor_of_quotes() -> None:
    """It can say «not in the passages», which a quotation cannot."""
    _, answer = ask(FA, GOOD, coverage=0.25)
    assert answer.status is Status.ANSWERED
    assert ask(FA, coverage=0.25)[1].status is Status.NOT_FOUND


ENGLISH = '{"say": "Shamkhani met the envoy in Tehran.", "from": [{"p": 1, "quote": "شمخانی با نماینده پوتین در تهران دیدار کرد"}]}'


def test_a_sentence_in_another_language_is_asked_for_again() -> None:
    """One retry in the language asked for; a sentence that comes foreign again is shown with a note."""
    _, answer = ask(FA, ENGLISH, GOOD)
    assert [statement.text for statement in answer.statements] == ["شمخانی در تهران با نماینده دیدار کرد."]
    _, answer = ask(FA, ENGLISH, ENGLISH)
    assert answer.statements[0].note == "مدل این جمله را به زبان خواسته‌شده ننوشته است."


def test_prose_without_the_protocol_is_not_shown() -> None:
    """What rests on no quote is not shown; quotes answer in its place, and the trace has it."""
    _, answer = ask(FA, "شمخانی با نماینده دیدار کرد.")
    assert (answer.status, answer.mode) == (Status.ANSWERED, Mode.EXTRACTIVE)
    assert "beside the answer the model wrote: شمخانی با نماینده دیدار کرد." in answer.trace.notes


def test_chatter_beside_an_answer_does_not_spoil_it() -> None:
    """A word of courtesy is no dropped sentence; an object that cannot be read is one."""
    _, answer = ask(FA, f"Sure! Here is the answer:\n{GOOD}")
    assert (answer.status, answer.trace.dropped) == (Status.ANSWERED, ())
    _, answer = ask(FA, f'{GOOD}\n{{"say": broken}}')
    assert (answer.status, answer.trace.dropped) == (
        Status.INCOMPLETE,
        (Dropped('{"say": broken}', "it is not in the form asked for"),),
    )


def test_a_cancelled_question_gets_no_quotes_instead() -> None:
    """Whoever stopped an answer wants nothing more."""

    def stopped() -> Budget:
        budget = Budget()
        budget.cancel()
        return budget

    with pytest.raises(BudgetSpent):
        ask(FA, GOOD, budget=stopped)


@pytest.mark.parametrize(("language", "note"), [("fa-IR", ""), ("sv", "")])
def test_only_languages_that_can_be_told_are_judged(language: str, note: str) -> None:
    """A tag with a country is its language; of a language nobody here can tell nothing is said."""
    _, answer = ask(FA, GOOD, language=language)
    assert [statement.note for statement in answer.statements] == [note]
    assert answer.trace.requests == 1


HISTORY = (Turn("شمخانی با که دیدار کرد؟", "با نماینده پوتین."),)


def test_a_follow_up_is_rewritten_when_it_needs_to_be() -> None:
    """A short question after another one is searched for as the model words it, and the trace says so."""
    searched: list[Query] = []
    _, answer = ask("کجا؟", "شمخانی کجا با نماینده پوتین دیدار کرد؟", GOOD, history=HISTORY, searched=searched)
    assert searched[0].text == "شمخانی کجا با نماینده پوتین دیدار کرد؟"
    assert (answer.question, answer.trace.query) == ("کجا؟", "شمخانی کجا با نماینده پوتین دیدار کرد؟")
    _, answer = ask("نیروهای ارتش سوریه از چه تاریخی شرق حلب را محاصره کردند؟", GOOD, history=HISTORY)
    assert answer.trace.requests == 1


def test_a_question_is_translated_for_the_collections_other_languages() -> None:
    """Both wordings are searched; where the languages agree no request is made."""
    searched: list[Query] = []
    _, answer = ask(FA, '{"ar": "من التقى شمخاني في طهران؟"}', GOOD, languages=("ar", "fa"), searched=searched)
    assert searched[0].translations == {"ar": "من التقى شمخاني في طهران؟"}
    assert len(searched[0].versions) == 1
    assert answer.trace.requests == 2


@pytest.mark.parametrize("first", [ModelUnavailable("down"), "nothing usable"])
def test_help_around_the_question_may_fail(first: str | Exception) -> None:
    """A translation that does not come leaves the question as it was."""
    searched: list[Query] = []
    _, answer = ask(FA, first, GOOD, languages=("ar", "fa"), searched=searched)
    assert (searched[0].translations, answer.status) == ({}, Status.ANSWERED)


def test_quotes_are_translated_on_request() -> None:
    """Each quote in another language gets a translation, labelled as a machine's."""
    question = "Whom did Shamkhani meet in Tehran?"
    _, answer = ask(
        question, '{"fa": "شمخانی"}', ENGLISH, '{"n": 1, "text": "Shamkhani met Putin\'s envoy"}', translate_quotes=True
    )
    assert answer.statements[0].note == "Machine translation: Shamkhani met Putin's envoy"
    assert "Machine translation" in answer.text
    _, answer = ask(question, '{"fa": "شمخانی"}', ENGLISH, ModelUnavailable("down"), translate_quotes=True)
    assert any(note.startswith("the quotes were not translated") for note in answer.trace.notes)


def test_translating_quotes_keeps_what_was_noted_of_the_question() -> None:
    """The trace still says how a follow-up was read, whether the translation came or not."""
    history = (Turn("Whom did Shamkhani meet in Tehran?"),)
    for gloss in ('{"n": 1, "text": "x"}', ModelUnavailable("down")):
        script = ("Where?", '{"fa": "شمخانی"}', ENGLISH, gloss)
        _, answer = ask("Where?", *script, history=history, translate_quotes=True)
        assert any(note.startswith("read as a follow-up") for note in answer.trace.notes)


def test_outlets_that_differ_are_set_side_by_side() -> None:
    """The reader is told which source says what."""
    one, other = "در انفجار حلب ۱۲ نفر کشته شدند.", "در انفجار حلب ۱۵ نفر کشته شدند."
    hits = [
        Hit(Passage(f"{name}-0", Source(name, language="fa"), text, 0, len(text)), 1.0) for name, text in (("a", one), ("b", other))
    ]
    lines = [
        json.dumps({"say": text, "from": [{"p": n, "quote": text}]}, ensure_ascii=False) for n, text in enumerate((one, other), 1)
    ]
    _, answer = ask("در انفجار حلب چند نفر کشته شدند؟", "\n".join(lines), hits=hits)
    assert answer.notes == ("منابع یکسان نمی‌گویند: «۱۲» در [۱]، «۱۵» در [۲].",)


def test_a_date_in_the_question_is_shown_as_it_was_read() -> None:
    """The calendar day is said, so that a wrong reading is seen."""
    _, answer = ask("در ۲۸ آذر ۱۳۹۵ شمخانی با نماینده پوتین در تهران دیدار کرد؟")
    assert any("۲۸ آذر ۱۳۹۵" in note for note in answer.notes)


@pytest.mark.parametrize(("question", "language"), [("سلام", "fa"), ("شكرا", "ar"), ("What can you do?", "en")])
def test_small_talk_is_answered_from_the_collection_alone(question: str, language: str) -> None:
    """A greeting gets what there is to ask about; nothing is searched, no model is asked."""
    searched: list[Query] = []
    shown, answer = ask(question, GOOD, searched=searched)
    assert (shown, searched, answer.status, answer.language) == ([], [], Status.ANSWERED, language)
    assert answer.trace.requests == 0


def test_the_budget_of_a_question_holds() -> None:
    """When the requests are used up, what there is is shown, or quotes are."""
    _, answer = ask(FA, BAD, GOOD, budget=lambda: Budget(requests=1))
    assert (answer.mode, answer.trace.requests) == (Mode.EXTRACTIVE, 1)
    _, answer = ask(FA, GOOD, budget=lambda: Budget(requests=0))
    assert answer.mode is Mode.EXTRACTIVE
