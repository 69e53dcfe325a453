"""The language of questions and articles, in clean and in damaged spelling."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language import detect

QUESTIONS = {
    "fa": [
        "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟",
        "رئیس جمهور فرانسه کیست؟",
        "کدام کشورها توافق را امضا کردند؟",
        "تحریم‌ها چه زمانی لغو شد؟",
        "چرا مذاکرات شکست خورد؟",
        "کیه این یارو",
        "پوتین تهران",
        "سازمان NATO چیست؟",
    ],
    "ar": [
        "من قاد الوفد الروسي الذي زار طهران؟",
        "متى بدأت الحرب؟",
        "أين عقد الاجتماع؟",
        "ما هو الـ FBI؟",
        "لماذا استقال الوزير؟",
        "كم عدد القتلى في الهجوم؟",
        "بشار الأسد",
        "الحرب في ڤيينا",
    ],
    "en": [
        "Where was Ali Mamlouk's first trip outside Syria in five years?",
        "who won the election",
        "Putin Tehran",
        "Who is علی شمخانی?",
        "How many people were killed in Aleppo?",
        "Labour is no longer a broad church.",
    ],
    "ur": ["ایران کا دارالحکومت کیا ہے؟", "یہ کون ہے", "پاکستان کے وزیراعظم نے کیا کہا؟"],
    "ckb": ["سەرۆکی هەرێمی کوردستان کێیە؟", "کوردستان لە کوێیە؟"],
    "ps": ["د افغانستان ولسمشر څوک دی؟", "ملا هبت الله چېرته دی؟"],
    "ug": ["شىنجاڭ قەيەردە ۋە ئۇ كىم؟"],
    "tr": ["Suriye'nin başkenti neresi?", "Ankara nerede", "İran Dışişleri Bakanı kim?"],
    "ru": ["Кто возглавил делегацию в Тегеране?", "Путин"],
    "uk": ["Хто переміг на виборах? Чи це вірно і є"],
    "fr": ["Qui a gagné l'élection présidentielle ?", "Où est Paris", "Quel est le rôle de la Russie ?"],
    "de": ["Wer gewann die Wahl?", "Was ist passiert", "Wo ist Putin?"],
    "es": ["¿Quién ganó las elecciones?", "Quien gano las elecciones", "¿Dónde está Siria?"],
    "it": ["Chi ha vinto le elezioni?"],
    "pt": ["Quem ganhou as eleições?"],
    "id": ["Siapa yang menang dan apa itu?"],
    "he": ["מי ניצח בבחירות?"],
    "zh": ["谁赢得了选举？"],
    "ja": ["誰が勝ちましたか", "東京都知事選挙の結果"],
    "ko": ["누가 선거에서 이겼습니까?"],
    "el": ["Ποιος κέρδισε τις εκλογές;"],
}


@pytest.mark.parametrize(("language", "question"), [(code, text) for code, texts in QUESTIONS.items() for text in texts])
def test_short_questions_are_told_by_letters_and_function_words(language: str, question: str) -> None:
    """A question of a few words gets the code of its own language."""
    assert detect(question) == language


@pytest.mark.parametrize("question", QUESTIONS["fa"])
def test_persian_typed_on_an_arabic_keyboard_is_persian(question: str) -> None:
    """Arabic ي and ك, no ZWNJ and no question mark do not make Persian Arabic."""
    damaged = question.translate(str.maketrans("یک", "يك")).replace("\u200c", "").rstrip("؟")
    assert detect(damaged) == "fa"


@pytest.mark.parametrize("question", [text for text in QUESTIONS["ar"] if not text.startswith("أين")])
def test_arabic_typed_on_a_persian_keyboard_is_arabic(question: str) -> None:
    """Persian ی and ک and missing hamzas do not make Arabic Persian (only أين, "where", then spells Persian "this")."""
    damaged = question.translate(str.maketrans("يكأإآةى", "یکاااهی")).rstrip("؟")
    assert detect(damaged) == "ar"


@pytest.mark.parametrize(
    ("language", "text"),
    [("ar", "هـ.ـامة"), ("ar", "هل هـ.ـذا خـ.ـبر من سـ.ـوريا؟"), ("fa", "کـ.ـدام کشـ.ـور است؟")],
)
def test_letters_split_by_dots_do_not_hide_the_language(language: str, text: str) -> None:
    """Dots held by tatweels inside words, a moderation dodge, change nothing."""
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "   ", "12345 !?", "۱۲۳۴", "🙂", "***", "بشار اسد"])
def test_text_that_says_nothing_gives_the_default(text: str) -> None:
    """Without letters, or with letters both languages share, the default decides."""
    assert (detect(text), detect(text, "fa")) == ("und", "fa")


@pytest.mark.parametrize(
    "text",
    [
        "Kto wygrał wybory w Polsce i dlaczego się śmiał?",
        "Ai đã thắng cuộc bầu cử?",
        (
            "Rais alisema kwamba serikali yake itaendelea kupambana ugonjwa huo hatari nchini kote mwaka ujao pamoja wananchi wake"
            " wote bila kuchoka kamwe"
        ),
    ],
)
def test_latin_script_of_an_unknown_language_is_not_called_english(text: str) -> None:
    """Foreign letters, or a long text without any function word we know, say nothing."""
    assert detect(text) == "und"


def test_a_foreign_name_does_not_change_the_language_of_an_article() -> None:
    """An Arabic article that quotes Persian, Urdu and English names stays Arabic; a Persian one likewise stays Persian."""
    arabic = "قال الوزير في مؤتمر صحفي إن الحكومة قررت زيادة الرواتب خلال العام المقبل. " * 3
    persian = "وزیر خارجه در نشست خبری گفت که دولت تصمیم گرفته است حقوق کارکنان را افزایش دهد. " * 3
    names = "«پژوهشگاه گرگان» «لڑکی» «ڤيلا» (Reuters, the Associated Press)"
    assert (detect(arabic + names), detect(persian + names + "الرياض")) == ("ar", "fa")


@given(st.text())
def test_any_text_gets_a_code(text: str) -> None:
    """Whatever is typed, the answer is a short lower-case code, the same each time."""
    code = detect(text)
    assert code == detect(text)
    assert code.isascii()
    assert code.islower()
    assert 2 <= len(code) <= 3


PERSIAN_KEYS, ARABIC_KEYS = str.maketrans("يكأإآةى", "یکاااهی"), str.maketrans("یک", "يك")


def as_it_is(text: str) -> str:
    return text


def typed_on_arabic_keys(text: str) -> str:
    return text.translate(ARABIC_KEYS).replace("\u200c", "").rstrip("؟?")


def typed_on_persian_keys(text: str) -> str:
    return text.translate(PERSIAN_KEYS).rstrip("؟?")


@pytest.mark.bench
@pytest.mark.parametrize(
    ("language", "sets", "damage", "floor"),
    [
        ("fa", "pquad persianqa parsinlu-rc ntrex-fa", as_it_is, 0.99),
        ("fa", "pquad persianqa parsinlu-rc ntrex-fa", typed_on_arabic_keys, 0.96),
        ("ar", "xquad-ar arcd ntrex-ar", as_it_is, 0.99),
        ("ar", "xquad-ar arcd ntrex-ar", typed_on_persian_keys, 0.96),
        ("en", "xquad-en-ar ntrex-en-ar", as_it_is, 0.99),
        ("en", "xquad-en-ar ntrex-en-ar", str.lower, 0.99),
    ],
)
def test_questions_of_the_outside_sets_are_told(
    bench: Path, language: str, sets: str, damage: Callable[[str], str], floor: float
) -> None:
    """99 of 100 questions in clean spelling, 96 in damaged spelling."""
    lines = [line for name in sets.split() for line in (bench / name / "queries.jsonl").read_text("utf-8").splitlines()]
    told = [detect(damage(json.loads(line)["question"])) for line in lines]
    assert told.count(language) >= floor * len(told)
