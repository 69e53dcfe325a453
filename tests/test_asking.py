"""What a question asks for, and whether a text holds it."""

from __future__ import annotations

import pytest

from assistant.asking import Kind, holds, kinds


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
