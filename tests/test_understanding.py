"""Understanding: the language of a question, its concepts, its days, and what it leans on."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.errors import QuestionError
from assistant.lexicon import Lexicon
from assistant.types import Concept, DateReading, Filters, Query, Turn
from assistant.understanding import LONGEST_QUESTION, understand

LEXICON = Lexicon.open()
TODAY = date(2017, 1, 1)


def ask(question: str, **options: object) -> Query:
    return understand(question, lexicon=LEXICON, today=TODAY, **options)  # type: ignore[arg-type]


def concept(query: Query, text: str) -> Concept:
    return next(found for found in query.concepts if found.text == text)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("شمخانی کیست؟", "fa"),
        ("من قاد الوفد الروسي؟", "ar"),
        ("Who met Putin's envoy?", "en"),
        ("Кто встретил посланника?", "ru"),
        ("سلام", "fa"),
        ("1979", "en"),
    ],
)
def test_the_answer_is_in_the_language_of_the_question(question: str, language: str) -> None:
    """Unless another one is asked for."""
    assert (ask(question).language, ask(question).answer_language) == (language, language)
    pinned = ask(question, language="ar")
    assert (pinned.language, pinned.answer_language) == (language, "ar")


def test_a_concept_is_known_in_three_languages() -> None:
    """A word of the lexicon brings its translations, each under its language only."""
    found = concept(ask("Where is the ceasefire?"), "ceasefire")
    assert ("اتشبس",) in found.spellings["fa"]
    assert any("اطلاق" in phrase for phrase in found.spellings["ar"])
    assert "" not in found.spellings


def test_a_phrase_is_one_concept() -> None:
    """«وزیر خارجه» is not a minister and something foreign."""
    assert [found.text for found in ask("وزیر خارجه روسیه").concepts] == ["وزیر خارجه", "روسیه"]


def test_an_unknown_word_is_looked_for_in_every_language() -> None:
    """A name the lexicon does not have keeps its own spelling, wherever it stands."""
    assert concept(ask("Where did Zxqvandor go?"), "zxqvandor") == Concept("zxqvandor", {"": (("zxqvandor",),)})


def test_what_says_little_weighs_little() -> None:
    """Speech verbs and very common rows do not decide what is found."""
    query = ask("What did Shamkhani announce about Aleppo?")
    assert concept(query, "announce").weight < concept(query, "aleppo").weight
    assert concept(ask("president"), "president").commonness > concept(ask("aleppo"), "aleppo").commonness


def test_a_name_is_known_as_one() -> None:
    """Names sound alike in the three languages; what is translated does not."""
    query = ask("What did Obama say about the ceasefire?")
    assert (concept(query, "obama").named, concept(query, "ceasefire").named) == (True, False)


def test_words_asked_twice_count_once() -> None:
    """Repeating a word does not make it weigh more."""
    assert [found.text for found in ask("حلب و حلب و حلب").concepts] == ["حلب"]


def test_a_question_of_particles_still_asks_something() -> None:
    """When every word is a stop word, all of them are looked for."""
    assert [found.text for found in ask("این چیست؟").concepts] == ["این", "چیست"]


@pytest.mark.parametrize(
    ("polite", "bare"),
    [
        ("Please tell me who Shamkhani met", "who Shamkhani met"),
        ("لطفا بگویید شمخانی با چه کسی دیدار کرد؟", "شمخانی با چه کسی دیدار کرد؟"),
        ("من فضلك أخبرني من التقى الوفد الروسي؟", "من التقى الوفد الروسي؟"),
    ],
)
def test_courtesy_is_not_searched_for(polite: str, bare: str) -> None:
    """Please and tell me are nothing the articles must speak of."""
    assert ask(polite).concepts == ask(bare).concepts


@pytest.mark.parametrize(("question", "language"), [("علی شمخانی", "fa"), ("دیدار علی شمخانی", "fa"), ("مرحبا", "ar")])
def test_short_words_are_told_apart(question: str, language: str) -> None:
    """A first name is no Arabic preposition, an Arabic greeting no Persian one."""
    assert ask(question).language == language


def test_days_are_read_with_their_calendar() -> None:
    """The reading is part of the query, so that it can be shown."""
    assert ask("در ۱۱ دی ۱۳۹۵ چه شد؟").dates == (DateReading("۱۱ دی ۱۳۹۵", date(2016, 12, 31), date(2016, 12, 31)),)


def test_filters_travel_with_the_query() -> None:
    """What restricts the articles is not lost on the way."""
    assert ask("حلب", filters=Filters(languages=("ar",))).filters == Filters(languages=("ar",))


@pytest.mark.parametrize("question", ["", "   ", "؟!", "\u202e\u200b"])
def test_an_empty_question_is_refused(question: str) -> None:
    """Nothing to look for is said so, with what to do."""
    with pytest.raises(QuestionError, match="empty"):
        ask(question)


def test_a_very_long_question_is_refused() -> None:
    """The limit and the length are named."""
    with pytest.raises(QuestionError, match="5,000 characters; the limit is 4,000"):
        ask("ا" * 5_000)
    assert len(ask("پ" * LONGEST_QUESTION).question) == LONGEST_QUESTION


HISTORY = (Turn("شمخانی با چه کسی در تهران دیدار کرد؟"),)


@pytest.mark.parametrize(("question", "weight"), [("چه زمانی؟", 1.0), ("او چه گفت؟", 1.0), ("And when?", 1.0), ("در حلب؟", 0.5)])
def test_a_follow_up_borrows_from_the_question_before(question: str, weight: float) -> None:
    """A short or pointing question is read with the last one: beside its own words at half weight, or for want of any."""
    query = ask(question, history=HISTORY)
    assert concept(query, "شمخانی").weight == weight
    assert query.text.startswith(question)
    assert any("شمخانی" in note for note in query.notes)


def test_a_chain_of_follow_ups_leans_on_what_last_told_something() -> None:
    """«کجا؟» and «کی؟» one after another both ask about the question before them."""
    assert ask("کی؟", history=[*HISTORY, Turn("کجا؟")]).concepts == ask("کی؟", history=HISTORY).concepts
    assert ask("کی؟", history=[Turn("کجا؟")]) == ask("کی؟")


def test_a_follow_up_of_a_follow_up_reaches_the_question_that_names() -> None:
    """What the question before leans on is borrowed too, for less; verbs that lean on a noun do not make a question tell more."""
    query = ask("جوابش چه بود؟", history=[*HISTORY, Turn("پوتین به او چه گفت؟")])
    assert (concept(query, "پوتین").weight, concept(query, "شمخانی").weight) == (0.5, 0.25)
    assert concept(ask("قبلا کی اومده بود؟", history=HISTORY), "شمخانی").weight > 0


def test_a_question_that_stands_alone_borrows_nothing() -> None:
    """A full question after another one is its own."""
    for question in ("نیروهای ارتش سوریه از چه تاریخی شرق حلب را محاصره کردند؟", "قیمت نفت چقدر است؟", "Who won the world cup?"):
        assert ask(question, history=HISTORY) == ask(question)


def test_a_repeated_question_borrows_nothing() -> None:
    """There is nothing to add to the same words."""
    assert ask(HISTORY[0].question, history=HISTORY) == ask(HISTORY[0].question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("در ۱۱ دی ۱۳۹۵ چه شد؟", ("«۱۱ دی ۱۳۹۵ = 2016-12-31»",)),
        ("What happened in December 2016?", ("«December 2016 = 2016-12-01 – 2016-12-31»",)),
        ("در حلب چه شد؟", ()),
    ],
)
def test_the_trace_tells_how_a_date_was_read(question: str, expected: tuple[str, ...]) -> None:
    """A day in the Gregorian calendar, a stretch by its first and last day."""
    assert understand(question, lexicon=LEXICON, today=date(2017, 1, 1)).notes == expected


@pytest.mark.parametrize(
    ("question", "little"),
    [
        ("Who did they call again?", set()),
        ("راجع به چه موضوعاتی حرف زدند؟", {"موضوعاتی", "زدند"}),
        ("وكيف جاء لافرنتييف؟", {"وکیف", "جا"}),
        ("واسه چی اومده حلب؟", {"واسه", "اومده"}),
    ],
)
def test_words_without_content_count_for_little(question: str, little: set[str]) -> None:
    """Stop words are left out; other function words and verbs that lean on a noun weigh less, however rare they are."""
    found = understand(question, lexicon=LEXICON, today=TODAY).concepts
    assert {concept.text for concept in found if (concept.weight, concept.commonness) == (0.4, 0.3)} == little
