"""Citations: nothing is cited but verbatim slices of articles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.citations import Found, Verifier, find
from assistant.lexicon import Lexicon
from assistant.text import clean
from assistant.types import Citation, Claim, Closeness, Dropped, Hit, Match, Passage, Quotation, Source, Span, Statement

LEXICON = Lexicon.open()
PERSIAN = "وزارت خارجه گفت: «آتش‌بس حلبِ سوریه در ۳۰ آذر برقرار شد». شمخانی با نمایندۀ پوتین دیدار کرد."
ARABIC = "وقال مستشار وزير الخـ.ـارجـ.ـية الإيراني “أصغر خـ.ـاجـ.ـي” إن الطرفين اتفقا. حضر 3 وزراء."


def passage(text: str, name: str = "a", start: int = 0, **known: object) -> Passage:
    return Passage(f"{name}-{start}", Source(name, language="fa", **known), text, start, start + len(text))  # type: ignore[arg-type]


def checker(*passages: Passage, language: str = "en") -> Verifier:
    return Verifier(hits(*passages), LEXICON, language)


def hits(*passages: Passage) -> tuple[Hit, ...]:
    return tuple(Hit(found, 1.0) for found in passages)


@pytest.mark.parametrize(
    ("quote", "text", "found", "match"),
    [
        ("شمخانی با نمایندۀ پوتین دیدار کرد", PERSIAN, "شمخانی با نمایندۀ پوتین دیدار کرد", Match.EXACT),
        ("شمخاني با نماینده پوتین دیدار کرد", PERSIAN, "شمخانی با نمایندۀ پوتین دیدار کرد", Match.FOLDED),
        ("آتشبس حلب سوریه در 30 آذر", PERSIAN, "آتش‌بس حلبِ سوریه در ۳۰ آذر", Match.FOLDED),
        ("آتش‌بس  حلبِ\nسوریه", PERSIAN, "آتش‌بس حلبِ سوریه", Match.FOLDED),
        ("مستشار وزير الخارجية الإيراني", ARABIC, "مستشار وزير الخـ.ـارجـ.ـية الإيراني", Match.FOLDED),
        ("خارجه گفت: «آتش‌بس حلب", PERSIAN, "خارجه گفت: «آتش‌بس حلبِ", Match.FOLDED),
    ],
)
def test_a_quote_is_sliced_as_the_article_has_it(quote: str, text: str, found: str, match: Match) -> None:
    """Spelling may differ; what is cited is the article's own characters, marks included."""
    place = find(quote, [passage(text)])
    assert place is not None
    assert (place.quote, place.match) == (found, match)


@pytest.mark.parametrize(
    "quote",
    [
        "شمخانی با نمایندۀ اوباما دیدار کرد",
        "آتش‌بس حلب سوریه در ۳۱ آذر",
        "شمخانی با نمایندۀ پوتین دیدار نکرد",
        "مستشار وزير الخـ",
        "خارجه گفت: «آتش",
        "خانی با نمایندۀ پوتین دیدار",
        "شمخانی با نمایندۀ پوتین دی",
        "",
        "  ",
        "«».",
        "ـــ",
    ],
)
def test_an_altered_quote_is_not_found(quote: str) -> None:
    """Another name, number or a negation, half a word, or nothing at all: never a near match."""
    assert find(quote, [passage(PERSIAN), passage(ARABIC)]) is None


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("ارتش گفت 12,000 سرباز دارد", "ارتش گفت 12"),
        ("وزارت بهداشت اعلام کرد ۱۲٬۰۰۰ نفر", "وزارت بهداشت اعلام کرد ۱۲"),
        ("تولید به 3.5 میلیون رسید", "تولید به 3"),
        ("The minister said the army can't withdraw", "The minister said the army can"),
        ("कि हिन्दी में", "कि हिन्द"),
        ("قال الرئيس ﷺ كلمة", "قال الرئيس صلى"),
        ("نصف ½ لتر من الماء", "نصف 1"),
    ],
)
def test_a_quote_does_not_end_inside_anything(text: str, quote: str) -> None:
    """Not inside a number, a contraction, a letter with its sign, or one character that stands for several."""
    assert find(quote, [passage(text)]) is None


@pytest.mark.parametrize(
    ("text", "quote", "slice_"),
    [
        ("گفت: “صلح نزدیک است” و رفت", 'گفت: "صلح نزدیک است"', "گفت: “صلح نزدیک است”"),
        ("سفر ۳–۵ دی انجام شد", "سفر ۳-۵ دی انجام شد", "سفر ۳–۵ دی انجام شد"),
        ("中国外交部发言人表示双方将继续合作，", "双方将继续合作", "双方将继续合作"),
        ("این شيء بزرگ", "این شي", "این شيء"),
    ],
)
def test_what_is_written_otherwise_is_found(text: str, quote: str, slice_: str) -> None:
    """Quotation marks and dashes of another kind, scripts without spaces, a hamza left out."""
    place = find(quote, [passage(text)])
    assert place is not None
    assert place.quote == slice_


@pytest.mark.parametrize(
    ("text", "quote", "say"),
    [
        ("The bank lost 3 million dollars last year alone", "The bank lost 3", "It lost 3 dollars."),
        ("وزارت اعلام کرد که ۳ هزار نفر آمدند", "وزارت اعلام کرد که ۳", "۳ نفر آمدند."),
        ("The meeting was held on 20 December in Moscow", "The meeting was held on 20", "It was held on 20."),
    ],
)
def test_a_value_that_was_cut_proves_nothing(text: str, quote: str, say: str) -> None:
    """Half a number or half a date in a quote is refused, with the reason."""
    result = checker(passage(text)).verify(Claim(say, (Quotation(0, quote),)))
    assert isinstance(result, Dropped)
    assert result.reason.startswith("its quote cuts a number or a date in two")


def test_things_named_one_by_one_may_be_counted() -> None:
    """ "Two officials" holds where the quote names two and counts nothing; a count that the quote contradicts does not."""
    named = checker(passage("شمخانی و لاورنتیف در تهران دیدار کردند"))
    assert isinstance(
        named.verify(Claim("The two officials met.", (Quotation(0, "شمخانی و لاورنتیف در تهران دیدار کردند"),))), Statement
    )
    counted = checker(passage("دو وزیر در تهران دیدار کردند"))
    assert isinstance(counted.verify(Claim("Three ministers met.", (Quotation(0, "دو وزیر در تهران دیدار کردند"),))), Dropped)


def test_an_exact_place_is_preferred() -> None:
    """Of two spellings of the same words the one that is exactly as quoted is cited, in whatever passage."""
    texts = [passage("نماينده پوتین آمد", "a"), passage("نماینده پوتین رفت. نماینده پوتین آمد", "b")]
    assert find("نماینده پوتین آمد", texts) == Found(texts[1], Span(19, 36), Match.EXACT)


def test_a_later_occurrence_counts_when_the_first_is_inside_a_word() -> None:
    """The first place where the letters stand need not be the place where the words stand."""
    assert find("روس", [passage("روسیه و روس")]) == Found(passage("روسیه و روس"), Span(8, 11), Match.EXACT)


@given(
    st.text(alphabet=st.sampled_from("ابيیكک\u200c\u0640.ـ ۀةأء\u064b۱2aÉ\n"), min_size=1, max_size=60).map(clean),
    st.integers(0, 59),
    st.integers(1, 60),
)
def test_whatever_is_found_is_a_slice(text: str, start: int, length: int) -> None:
    """Any part of any text, if it is found at all, is found as a slice of that text."""
    target = passage(text)
    place = find(text[start : start + length], [target])
    if place is not None:
        assert place.quote == text[place.span.start : place.span.end]
        assert 0 <= place.span.start < place.span.end <= len(text)


def test_a_claim_with_a_true_quote_becomes_a_statement() -> None:
    """The statement carries a citation whose offsets are those of the article, not of the passage."""
    text = "شمخانی با نمایندۀ پوتین در تهران دیدار کرد."
    source = Source("a", language="fa", publisher="ایسنا", published=date(2016, 12, 18))
    verifier = checker(Passage("a-100", source, text, 100, 100 + len(text)))
    claim = Claim("Shamkhani met the envoy.", (Quotation(0, "شمخانی با نمایندۀ پوتین"),), frame="According to ISNA:")
    citation = Citation(1, source, "شمخانی با نمایندۀ پوتین", 100, 123, Match.EXACT)
    assert verifier.verify(claim) == Statement("Shamkhani met the envoy.", (citation,), frame="According to ISNA:")
    assert verifier.citations == [citation]


def test_one_place_has_one_number() -> None:
    """The same quote cited twice keeps its number; another gets the next."""
    verifier = checker(passage(PERSIAN), passage(ARABIC, "b"))
    first = verifier.verify(Claim("x", (Quotation(0, "شمخانی با نمایندۀ پوتین دیدار کرد"),)))
    again = verifier.verify(Claim("y", (Quotation(0, "شمخانی با نماینده پوتین دیدار کرد"), Quotation(1, "إن الطرفين اتفقا. حضر"))))
    assert isinstance(first, Statement)
    assert isinstance(again, Statement)
    assert [citation.number for citation in first.citations] == [1]
    assert [citation.number for citation in again.citations] == [1, 2]


def test_a_quote_is_cited_where_it_really_stands() -> None:
    """A quote said to be in one passage but standing in another is cited to the other."""
    verifier = checker(passage(ARABIC, "b"), passage(PERSIAN, "a"))
    result = verifier.verify(Claim("x", (Quotation(0, "شمخانی با نمایندۀ پوتین دیدار کرد"),)))
    assert isinstance(result, Statement)
    assert result.citations[0].source.article_id == "a"


def test_a_quote_standing_twice_is_cited_where_it_was_said_to_stand() -> None:
    """The passage the claim names comes first, even when only its spelling differs there."""
    verifier = checker(passage("نماينده پوتین با او دیدار کرد", "a"), passage("نماینده پوتین با او دیدار کرد", "b"))
    result = verifier.verify(Claim("x", (Quotation(0, "نماینده پوتین با او دیدار کرد"),)))
    assert isinstance(result, Statement)
    assert (result.citations[0].source.article_id, result.citations[0].match) == ("a", Match.FOLDED)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (Claim("x", ()), "it names no quote"),
        (
            Claim("x", (Quotation(0, "این جمله هرگز گفته نشد"),)),
            "its quote stands in no retrieved passage: «این جمله هرگز گفته نشد»",
        ),
        (
            Claim("x", (Quotation(7, "این جمله هرگز گفته نشد"),)),
            "its quote stands in no retrieved passage: «این جمله هرگز گفته نشد»",
        ),
        (Claim("x", (Quotation(0, "آتش‌بس"),)), "its quote is too short to prove anything: «آتش‌بس»"),
    ],
)
def test_a_claim_without_proof_is_dropped_with_its_reason(claim: Claim, reason: str) -> None:
    """No quote, an invented one, one from nowhere, or a single word: not shown, and it is said why."""
    verifier = checker(passage(PERSIAN))
    assert verifier.verify(claim) == Dropped("x", reason)
    assert verifier.citations == []


def test_a_whole_short_sentence_is_a_quote() -> None:
    """Three words are enough when they are all the article says there."""
    verifier = checker(passage("او به تهران رفت. حضر 3 وزراء.", "a"))
    assert isinstance(verifier.verify(Claim("Three ministers came.", (Quotation(0, "حضر 3 وزراء."),))), Statement)


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("The truce began on 20 December 2016.", True),
        ("آتش‌بس ۳۰ آذر برقرار شد.", True),
        ("The truce began on 27 December 2016.", False),
        ("The truce held for 45 days.", False),
    ],
)
def test_numbers_and_dates_must_hold_in_the_quote(sentence: str, shown: bool) -> None:
    """A date in another calendar holds; another day, or a number the quote does not have, does not."""
    verifier = checker(passage(PERSIAN, published=date(2016, 12, 21)))
    result = verifier.verify(Claim(sentence, (Quotation(0, "آتش‌بس حلبِ سوریه در ۳۰ آذر برقرار شد"),)))
    assert isinstance(result, Statement) is shown


@pytest.mark.parametrize(
    ("sentence", "language", "shown"),
    [
        ("Shamkhani met Putin's envoy.", "en", True),
        ("Shamkhani met Obama's envoy.", "en", False),
        ("The Iranian official met Lavrentiev.", "en", False),
        ("ISNA reports that Shamkhani met the envoy.", "en", True),
        ("شمخانی با فرستادهٔ پوتین ملاقات کرد.", "fa", True),
        ("شمخانی با فرستادهٔ اوباما ملاقات کرد.", "fa", False),
        ("التقى شمخاني مبعوث بوتين.", "ar", True),
        ("التقى شمخاني مبعوث أوباما.", "ar", False),
    ],
)
def test_names_must_stand_in_what_is_cited(sentence: str, language: str, shown: bool) -> None:
    """A name may be translated, or spelled as it sounds, or be the outlet's; one that nobody wrote is not shown."""
    verifier = checker(passage(PERSIAN, publisher="ایسنا"), language=language)
    assert isinstance(verifier.verify(Claim(sentence, (Quotation(0, "شمخانی با نمایندۀ پوتین دیدار کرد"),))), Statement) is shown


def test_passages_of_equal_content_stay_apart() -> None:
    """Two articles with one sentence are two citations."""
    one, other = passage("او دیروز به تهران رفت.", "a"), passage("او دیروز به تهران رفت.", "b")
    verifier = checker(one, replace(other, start=5, end=27))
    verifier.verify(Claim("x", (Quotation(0, one.text),)))
    result = verifier.verify(Claim("y", (Quotation(1, one.text),)))
    assert isinstance(result, Statement)
    assert (result.citations[0].number, result.citations[0].start) == (2, 5)


def test_the_same_words_in_other_articles_are_named_beside_the_citation() -> None:
    """Another outlet's print of the report, among the hits or their twins, is one citation and not two."""
    first, printed, twin, other = (
        passage(PERSIAN, "a"),
        passage(f"تهران: {PERSIAN}", "b", publisher="ایسنا"),
        passage(f"{PERSIAN} پایان.", "c"),
        passage("شمخانی دیدار کرد.", "d"),
    )
    quote = "شمخانی با نمایندۀ پوتین دیدار کرد."
    verifier = Verifier((Hit(first, 1.0, twins=(twin,)), Hit(printed, 0.9), Hit(other, 0.8)), LEXICON, "fa")
    result = verifier.verify(Claim(quote, (Quotation(0, quote),)))
    assert isinstance(result, Statement)
    assert [(cited.source.article_id, [source.article_id for source in cited.also]) for cited in result.citations] == [
        ("a", ["c", "b"])
    ]


@pytest.mark.parametrize("closeness", [None, Closeness.CLOSE, Closeness.POSSIBLE])
def test_how_close_a_quote_is_goes_with_it(closeness: Closeness | None) -> None:
    """The verifier hands on what the composer found."""
    quote = "شمخانی با نمایندۀ پوتین دیدار کرد."
    result = checker(passage(PERSIAN)).verify(Claim(quote, (Quotation(0, quote),), closeness=closeness))
    assert isinstance(result, Statement)
    assert result.closeness is closeness
