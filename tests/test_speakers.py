"""Sentences that do not say who speaks."""

from __future__ import annotations

import pytest

from assistant.speakers import points_back


@pytest.mark.parametrize(
    ("sentence", "language", "expected"),
    [
        ("او افزود: مذاکرات ادامه دارد.", "fa", True),
        ("«وی» با اشاره به تحریم‌ها گله کرد.", "fa", True),
        ("این مقام گفت که آتش‌بس برقرار است.", "fa", True),
        ("این توافق در آستانه امضا شد.", "fa", False),
        ("شمخانی گفت او می‌آید.", "fa", False),
        ("وأضاف أن المباحثات ستستمر.", "ar", True),
        ("وأكد في كلمته دعم الحل.", "ar", True),
        ("وقال لافرنتييف إن المباحثات ستستمر.", "ar", False),
        ("He said talks would go on.", "en", True),
        ("“Talks will go on,” he added.", "en", True),
        ("“Talks will go on,” Lavrov added.", "en", False),
        ("Lavrov said he would come.", "en", False),
        ("Er sagte nichts.", "de", False),
        ("", "ar", False),
    ],
)
def test_a_sentence_led_by_a_pronoun_points_back(sentence: str, language: str, expected: bool) -> None:
    """So does one led by a verb of speech with nobody beside it; one that names its speaker does not."""
    assert points_back(sentence, language) is expected
