"""Matching: a gold form is found in whatever spelling, joints, digits or calendar, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.matching import says, says_any

SAME, OTHER = True, False


@pytest.mark.parametrize(
    ("form", "text", "there"),
    [
        # spelling and keyboards
        ("شمخانی", "دیدار علي شمخاني دبیر شورا", SAME),
        ("إيران", "زار ايران أمس", SAME),
        ("الخارجية", "وزارة الخـ.ـارجـ.ـية الإيرانية", SAME),
        ("Lavrentiev", "LAVRENTIEV, the envoy", SAME),
        # joined, apart, with a joiner
        ("گفت‌وگو", "با هم گفت و گو کردند", SAME),
        ("گفت و گو", "گفتوگو شد", SAME),
        ("همکاری", "همکاریهای نظامی", SAME),
        ("رئیس‌جمهور", "رئیس جمهور روسیه", SAME),
        # what may be written together with a word
        ("بوتين", "قال لبوتين وحده", SAME),
        ("بوتين", "وبوتين أيضا", SAME),
        ("ساعت", "سه ساعته", SAME),
        ("envoy", "the envoys came", SAME),
        # another word
        ("شام", "شامگاه شنبه", OTHER),
        ("Iran", "the Iranian minister", OTHER),
        ("art", "the start of it", OTHER),
        ("تأیید کرد", "وزیر آن را تایید نکرد", OTHER),
        ("کار", "بیکار شد", OTHER),
        # days in other calendars and scripts
        ("18 December", "روز یکشنبه ۲۸ آذر", SAME),
        ("۲۸ آذر", "on 18 December", SAME),
        ("18 كانون الأول", "روز ۱۸ دسامبر", SAME),
        ("Sunday 18 December", "در ۱۸ دسامبر", SAME),
        ("20 December", "در روز 27 دسامبر", OTHER),
        ("30 December", "در روز سه شنبه 30 آذر / 20 دسامبر", OTHER),
        # a day needs a day, a weekday a weekday, a year a year
        ("18 December", "in December", OTHER),
        ("یکشنبه", "on 18 December", OTHER),
        ("یکشنبه", "on Sunday, 18 December", SAME),
        ("31 December 2016", "روز ۱۱ دی", OTHER),
        ("31 December 2016", "۱۱ دی ۱۳۹۵", SAME),
        # numbers as values, but not those of dates
        ("5", "پنج سال", SAME),
        ("پنج", "5 years", SAME),
        ("1.5 million", "1,500,000 people", SAME),
        ("20", "on 20 December", OTHER),
        ("2016", "در سال ۲۰۱۶", SAME),
        ("2016", "on 20 December 2016", SAME),
        ("2", "برای دومین بار", OTHER),
        ("20", "2016", OTHER),
        ("two weeks", "2 weeks ago", SAME),
        ("دو هفته", "طی ۲ هفته گذشته", SAME),
        ("أسبوعين", "قبل أسبوعين", SAME),
        ("three countries", "2 countries", OTHER),
        # nothing
        ("…", "whatever", OTHER),
        ("word", "", OTHER),
    ],
)
def test_a_form_is_said_or_not(form: str, text: str, there: bool) -> None:
    """Spelling, joints, digits and calendars do not matter; another word, day or number does."""
    assert says(form, text) is there


@given(st.lists(st.sampled_from(["شمخانی", "تهران", "Moscow", "18", "دیدار", "أستانا", "ceasefire"]), min_size=1, max_size=6))
def test_every_text_says_its_own_words(words: list[str]) -> None:
    """A word that stands in a text is found in it, wherever it stands."""
    text = " ".join(words)
    assert all(says(word, text) for word in words)


def test_one_of_several_forms_is_enough() -> None:
    """Forms are alternatives; none of none is said."""
    assert (says_any(["Aleppo", "حلب"], "شهر حلب"), says_any([], "شهر حلب")) == (True, False)
