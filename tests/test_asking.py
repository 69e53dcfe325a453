"""What a question asks for, and whether a text holds it."""

from __future__ import annotations

import pytest

from assistant.asking import Kind, holds, kinds, parts


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("شمخانی چه روزی دیدار کرد؟", {Kind.DAY}),
        ("متى زار الوفد طهران؟", {Kind.DAY}),
        ("When did the envoy come?", {Kind.DAY}),
        ("چند نفر کشته شدند؟", {Kind.NUMBER}),
        ("كم عدد القتلى؟", {Kind.NUMBER}),
        ("How many people died?", {Kind.NUMBER}),
        ("چرا قیمت نفت بالا رفت؟", {Kind.REASON}),
        ("لماذا ارتفع السعر؟", {Kind.REASON}),
        ("When and why did it end?", {Kind.DAY, Kind.REASON}),
        ("نماینده پوتین با چه کسی دیدار کرد؟", set()),
        ("Whenever, somehow", set()),
    ],
)
def test_a_question_says_what_kind_of_thing_it_asks_for(question: str, expected: set[Kind]) -> None:
    """Question words of Persian, Arabic and English tell a day, a number or a reason; parts of other words do not."""
    assert kinds(question) == expected


@pytest.mark.parametrize(
    ("kind", "text", "language", "expected"),
    [
        (Kind.DAY, "در ۲۸ آذر ۱۳۹۵ دیدار کرد", "fa", True),
        (Kind.DAY, "او در ۱۳۲۰ زاده شد", "fa", True),
        (Kind.DAY, "ارتش ۵۰۰ تانک دارد", "fa", False),
        (Kind.NUMBER, "قتل ثلاثة جنود", "ar", True),
        (Kind.NUMBER, "The envoy came to Tehran", "en", False),
        (Kind.REASON, "قیمت نفت به دلیل کاهش تولید بالا رفت", "fa", True),
        (Kind.REASON, "Oil rose because output fell", "en", True),
        (Kind.REASON, "Oil rose", "en", False),
    ],
)
def test_a_text_holds_what_is_asked_for_or_not(kind: Kind, text: str, language: str, expected: bool) -> None:
    """A date or a bare year answers when, a number how many, a word of cause why."""
    assert holds(kind, text, language) is expected


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "When did the siege of Aleppo begin, |and when did the envoy arrive in Tehran?"),
        ("en", "Who led the delegation? |In which city did the ministers meet?"),
        ("fa", "آستانه پایتخت کدام کشور است |و ایران درباره مذاکرات چه پیشنهادی داد؟"),
        ("fa", "چند تیم اروپایی |و چند تیم آسیایی در مسابقه بودند؟"),
        ("ar", "أين التقى الوزراء الثلاثة، |وفي أي مدينة تعقد مفاوضات السلام؟"),
        ("ar", "من زار طهران أمس، |ومن هو الوزير الذي اتصل بظريف؟"),
        ("en", "When and where did the envoy arrive?"),
        ("en", "Who met the envoy and the minister in Tehran?"),
        ("fa", "روحانی و پوتین درباره چه موضوعی و در کجا گفت‌وگو کردند؟"),
        ("fa", "برخورد غرب با سفر مملوک و با بازسازی سوریه چگونه بود؟"),
        ("ar", "كم مرة انتقل الوفد من دمشق ومن حلب إلى طهران؟"),
        ("ar", "متى يجتمع الوزراء؟ قرأت أكثر من تاريخ"),
        ("ru", "Кто посетил Тегеран и когда состоялась встреча?"),
    ],
)
def test_a_question_is_taken_apart_where_another_begins(language: str, question: str) -> None:
    """Two questions with content each, joined by an "and" or a mark; whatever is joined within one question stays together."""
    assert parts(question.replace("|", ""), language) == tuple(question.split("|"))
