"""Extractive drafts: the sentences that speak most of the question, each a quotation of itself."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.extractive import compose
from assistant.lexicon import Lexicon
from assistant.types import Claim, Closeness, Draft, Hit, Passage, Query, Quotation, Retrieval, Source, Weighted
from assistant.understanding import understand

LEXICON = Lexicon.open()


def hit(text: str, article: str, score: float = 1.0, start: int = 0, **known: object) -> Hit:
    known.setdefault("language", "fa")
    source = Source(article, **known)  # type: ignore[arg-type]
    return Hit(Passage(f"{article}-{start}", source, text, start, start + len(text)), score)


def draft(question: str, *hits: Hit, language: str | None = None, coverage: float = 1.0) -> Draft:
    query: Query = understand(question, lexicon=LEXICON, today=date(2017, 1, 1), language=language)
    concepts = tuple(Weighted(concept, 1.0) for concept in query.concepts)
    return compose(Retrieval(query, hits, concepts, coverage, 0.4, True), lexicon=LEXICON)


MEETING = "شمخانی با نماینده پوتین در تهران دیدار کرد."
OTHER = "هوای تهران در روز یکشنبه آفتابی و آرام بود."


def test_the_sentence_that_speaks_most_of_the_question_is_quoted() -> None:
    """One sentence of the passage is chosen, quoted whole, framed by its outlet and day."""
    found = draft(
        "نماینده پوتین با چه کسی دیدار کرد؟", hit(f"{OTHER} {MEETING}", "a", publisher="ایسنا", published=date(2016, 12, 18))
    )
    assert found.claims[0] == Claim(
        MEETING, (Quotation(0, MEETING),), frame="به گزارش ایسنا، ۲۸ آذر ۱۳۹۵:", closeness=Closeness.CLOSE
    )


def test_nothing_to_quote_gives_an_empty_draft() -> None:
    """No hit, or none with a sentence, is no claim."""
    assert draft("حلب").claims == ()
    assert draft("حلب", hit("XS SM", "a")).claims == ()


def test_further_quotes_come_from_other_places_and_another_article() -> None:
    """The third quote goes to another article when one speaks of the question too; others follow while they are worth reading."""
    own = "شمخانی با نماینده پوتین در مسکو دیدار کرد. نماینده پوتین با شمخانی بار دیگر در سوچی دیدار خواهد کرد."
    elsewhere = "نماینده پوتین دیروز برای دیدار وزیر به دمشق رفت."
    found = draft("دیدار نماینده پوتین", hit(f"{MEETING} {own}", "a"), hit(elsewhere, "b", 0.9))
    assert len(found.claims) == 4
    assert found.claims[2].quotations[0] == Quotation(1, elsewhere)


def test_the_same_sentence_is_not_quoted_twice() -> None:
    """Two outlets with one text, or one sentence in two overlapping passages, give one quote."""
    found = draft("نماینده پوتین با چه کسی دیدار کرد؟", hit(MEETING, "a"), hit(MEETING, "b", 0.9), hit(MEETING, "a", 0.8))
    assert [claim.text for claim in found.claims] == [MEETING]


def test_a_far_weaker_sentence_is_left_out() -> None:
    """A further quote that hardly speaks of the question would only distract."""
    found = draft("نماینده پوتین با چه کسی دیدار کرد؟", hit(f"{MEETING} {OTHER}", "a"))
    assert [claim.text for claim in found.claims] == [MEETING]


def test_a_doubtful_question_gets_more_quotes() -> None:
    """Up to five that are alike in merit."""
    visits = " ".join(f"نماینده پوتین به شهر {city} رفت." for city in ("مسکو", "سوچی", "حلب", "بغداد", "آنکارا", "بیروت", "قاهره"))
    assert len(draft("نماینده پوتین به کدام شهر رفت؟", hit(visits, "a")).claims) == 5


def test_each_of_two_questions_is_answered() -> None:
    """Where two things are asked at once, the best sentences for the one come first, then those for the other."""
    plane = "هواپیمای وزیر خارجه ترکیه ساعت نه صبح در فرودگاه بغداد نشست."
    other = " ".join(f"{MEETING[:-1]} و از {thing} گفت." for thing in ("حلب", "نفت", "گاز", "آب", "برق"))
    found = draft("نماینده پوتین با چه کسی دیدار کرد، و هواپیمای وزیر ترکیه کجا نشست؟", hit(f"{other} {plane}", "a"))
    texts = [claim.text for claim in found.claims]
    assert MEETING[:-1] in texts[0]
    assert plane in texts[1:]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("شمخانی چه روزی با نماینده دیدار کرد؟", "شمخانی در ۲۸ آذر ۱۳۹۵ با نماینده دیدار کرد."),
        ("When did Shamkhani meet the envoy?", "شمخانی در ۲۸ آذر ۱۳۹۵ با نماینده دیدار کرد."),
        ("شمخانی با نماینده چند ساعت دیدار کرد؟", "شمخانی سه ساعت با نماینده دیدار کرد."),
    ],
)
def test_a_date_answers_when_and_a_number_how_many(question: str, wanted: str) -> None:
    """Of two sentences that speak of the same, the one with what is asked for comes first."""
    text = "شمخانی ناگهان با نماینده دیدار کرد. شمخانی در ۲۸ آذر ۱۳۹۵ با نماینده دیدار کرد. شمخانی سه ساعت با نماینده دیدار کرد."
    assert draft(question, hit(text, "a")).claims[0].text == wanted


def test_a_quote_in_another_language_is_explained() -> None:
    """The reader is told its language and what its key words mean; a quote in the reader's language needs no note."""
    note = draft("Who met Putin's envoy?", hit(MEETING, "a")).claims[0].note
    assert note.startswith("The quotation is in Persian.")
    assert "= Tehran" in note or "= tehran" in note
    assert draft("نماینده پوتین", hit(MEETING, "a")).claims[0].note == ""


def test_the_frame_is_in_the_answers_language() -> None:
    """A pinned language frames the quote whatever the question's language is."""
    found = draft("نماینده پوتین", hit(MEETING, "a", publisher="ایسنا"), language="en")
    assert found.claims[0].frame.startswith("According to ایسنا")


def test_a_quote_is_close_when_it_very_likely_answers() -> None:
    """A clear best sentence is close; one of several alike in merit, or in hits that hardly speak of the question, is possible."""
    question = "نماینده پوتین با چه کسی دیدار کرد؟"
    text = f"{OTHER} {MEETING}"
    rival = "نماینده پوتین با وزیر خارجه ایران دیدار کرد."
    assert draft(question, hit(text, "a")).claims[0].closeness is Closeness.CLOSE
    assert draft(question, hit(text, "a"), coverage=0.5).claims[0].closeness is Closeness.POSSIBLE
    assert {claim.closeness for claim in draft(question, hit(f"{text} {rival}", "a")).claims} == {Closeness.POSSIBLE}


def test_the_same_words_in_two_outlets_do_not_make_each_other_doubtful() -> None:
    """What two articles say in the same words is as close as if one said it."""
    found = draft("نماینده پوتین با چه کسی دیدار کرد؟", hit(f"{OTHER} {MEETING}", "a"), hit(f"{OTHER} {MEETING}", "b"))
    assert [(claim.text, claim.closeness) for claim in found.claims] == [(MEETING, Closeness.CLOSE)]


NAMED = "ولایتی در این دیدار از روسیه قدردانی کرد."
LED = "او افزود که تحریم‌های اروپا بی‌اثر است."


def test_a_quote_led_by_a_pronoun_brings_the_sentence_before_it() -> None:
    """So that the reader sees who speaks; one slice of the text over both."""
    found = draft("اثر تحریم‌های اروپا", hit(f"{NAMED} {LED}", "a"))
    assert [claim.text for claim in found.claims] == [f"{NAMED} {LED}"]
    assert found.claims[0].quotations == (Quotation(0, f"{NAMED} {LED}"),)


@pytest.mark.parametrize(
    "text",
    [
        LED,
        f"{NAMED}\n\n\n\n{LED}",
        f"وی از {'روسیه و ' * 80}ایران گفت. {LED}",
        f"وی از روسیه قدردانی کرد. {LED}",
    ],
)
def test_a_quote_stays_alone_where_the_sentence_before_does_not_help(text: str) -> None:
    """None before it, one far away, a very long one, one that names nobody either."""
    assert draft("اثر تحریم‌های اروپا", hit(text, "a")).claims[0].text == LED


def test_a_sentence_already_quoted_is_not_quoted_again_before_another() -> None:
    """The second quote stays alone when the first is the sentence before it."""
    found = draft("ولایتی قدردانی روسیه تحریم", hit(f"{NAMED} {LED}", "a"))
    assert [claim.text for claim in found.claims] == [NAMED, LED]
