import string
import unicodedata
from collections.abc import Mapping
from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import wording
from assistant.phrases import JALALI_MONTHS, LANGUAGE_NAMES
from assistant.types import Source
from assistant.wording import PHRASES, Phrases

DAY = date(2016, 12, 18)
OURS = ("fa", "ar", "en")
# Letters of the one language that the other never writes.
FOREIGN = {"fa": "يىكة", "ar": "یکپچگژ", "en": ""}


def phrases_of(language: str) -> dict[str, str]:
    """Every text of a language under a name; the plural forms of one phrase under one name, joined."""
    say = PHRASES[wording.frame_language(language)]
    texts: dict[str, str] = {}
    for field in fields(Phrases):
        value = getattr(say, field.name)
        texts[field.name] = value if isinstance(value, str) else "\n".join(value.values())
    return texts


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


# -- the tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", OURS)
def test_no_phrase_is_empty(language: str) -> None:
    """Every phrase says something in every language of ours."""
    assert [name for name, text in phrases_of(language).items() if not text.strip()] == []


@pytest.mark.parametrize("language", ["fa", "ar"])
def test_phrases_have_the_same_placeholders_in_every_language(language: str) -> None:
    """What is filled in is the same in Persian, Arabic and English."""
    english = {name: placeholders(text) for name, text in phrases_of("en").items()}
    assert {name: placeholders(text) for name, text in phrases_of(language).items()} == english


@pytest.mark.parametrize(("language", "script"), [("fa", "ARABIC"), ("ar", "ARABIC"), ("en", "LATIN")])
def test_phrases_are_written_in_the_letters_of_their_language(language: str, script: str) -> None:
    """No letter of another script, and none of the other language's own letters, in any phrase, month or language name."""
    words = [*phrases_of(language).values(), *(names[wording.frame_language(language)] for names in LANGUAGE_NAMES.values())]
    words += [JALALI_MONTHS] if language == "fa" else []
    for text in words:
        plain = "".join(part for part, *_ in string.Formatter().parse(text)) if "{" in text else text
        letters = [character for character in plain if character.isalpha() and not (character == "s" and "{step}" in text)]
        assert {unicodedata.name(letter).split()[0] for letter in letters} <= {script}, text
        assert not set(plain) & set(FOREIGN[language]), text


@pytest.mark.parametrize("language", ["fa", "ar"])
def test_persian_and_arabic_use_their_own_punctuation(language: str) -> None:
    """No Latin comma, semicolon, question mark, quotation mark or digit among Persian and Arabic words."""
    assert {name: set(text) & set(",;?\"'“”0123456789") for name, text in phrases_of(language).items() if name != "digits"} == {
        name: set() for name in phrases_of(language) if name != "digits"
    }


def test_phrases_hold_no_bidi_control() -> None:
    """Direction is left to layout: no mark, embedding, override or isolate is in any phrase."""
    assert not {
        character
        for language in OURS
        for text in phrases_of(language).values()
        for character in text
        if unicodedata.category(character) == "Cf" and character != "\u200c"
    }


def test_plural_tables_have_the_same_use_in_every_language() -> None:
    """Zero and one are worded in all three; Arabic has its dual and both plurals besides."""
    tables = {
        language: [v for f in fields(Phrases) if isinstance(v := getattr(PHRASES[language], f.name), Mapping) and "other" in v]
        for language in PHRASES
    }
    assert {language: [set(table) for table in found] for language, found in tables.items()} == {
        "fa": [{"zero", "one", "other"}] * 2,
        "ar": [{"zero", "one", "two", "few", "many", "other"}] * 2,
        "en": [{"zero", "one", "other"}] * 2,
    }


# -- languages, digits, days ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("fa", "fa"),
        ("ar", "ar"),
        ("en", "en"),
        ("fa-IR", "fa"),
        ("AR_eg", "ar"),
        ("tr", "en"),
        ("und", "en"),
        ("", "en"),
        ("fas", "en"),
    ],
)
def test_any_other_language_gets_the_english_frame(code: str, language: str) -> None:
    """Our words come in fa, ar and en; regions do not matter and everything else is English."""
    assert wording.frame_language(code) == language


@pytest.mark.parametrize(("language", "written"), [("fa", "۲۰۱۶-[۱]"), ("ar", "٢٠١٦-[١]"), ("en", "2016-[1]"), ("ur", "2016-[1]")])
def test_numbers_of_ours_are_in_the_readers_digits(language: str, written: str) -> None:
    """Digits of any script become those of the language."""
    assert wording.digits("2016-[1]", language) == written
    assert wording.digits("۲٠16-[1]", language) == written


@pytest.mark.parametrize(("language", "written"), [("fa", "۰٫۰۱۲"), ("ar", "٠٫٠١٢"), ("en", "0.012")])
def test_decimals_use_the_languages_mark(language: str, written: str) -> None:
    """A fraction has three decimals behind the language's own mark."""
    assert wording.decimal(0.01234, language) == written


@pytest.mark.parametrize(
    ("language", "short", "long"),
    [
        ("fa", "۲۸ آذر ۱۳۹۵", "۲۸ آذر ۱۳۹۵ (۱۸ دسامبر ۲۰۱۶)"),
        ("ar", "١٨ ديسمبر ٢٠١٦", "١٨ ديسمبر ٢٠١٦"),
        ("en", "18 December 2016", "18 December 2016"),
        ("de", "18 December 2016", "18 December 2016"),
    ],
)
def test_days_are_in_the_readers_calendar(language: str, short: str, long: str) -> None:
    """Persian readers get the solar Hijri day, with the Gregorian beside it where articles are listed."""
    assert wording.day(DAY, language) == short
    assert wording.both_calendars(DAY, language) == long


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2017, 3, 20), "۳۰ اسفند ۱۳۹۵"),  # the last day of a leap year
        (date(2017, 3, 21), "۱ فروردین ۱۳۹۶"),
        (date(2024, 9, 21), "۳۱ شهریور ۱۴۰۳"),
        (date(600, 1, 2), "۲ ژانویه ۶۰۰"),
        (date(9999, 12, 31), "۳۱ دسامبر ۹۹۹۹"),
    ],
)
def test_days_outside_the_solar_calendar_stay_gregorian(day: date, written: str) -> None:
    """Leap years and year ends hold; a day the calendar does not reach is written in Gregorian."""
    assert wording.day(day, "fa") == written


@given(st.dates(), st.sampled_from(OURS))
def test_every_day_can_be_written(day: date, language: str) -> None:
    """Any day gives a day, a month and a year in the language's digits."""
    parts = wording.day(day, language).split()
    assert len(parts) == 3
    assert set(parts[0] + parts[2]) <= set(wording.phrases(language).digits)


# -- around a quotation -----------------------------------------------------------------------------------------------


def source(**known: object) -> Source:
    return Source("a1", **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "fa", "ar", "en"),
    [
        (
            {"publisher": "رادیو فرانسه", "published": DAY, "title": "عنوان"},
            "به گزارش رادیو فرانسه، ۲۸ آذر ۱۳۹۵:",
            "بحسب رادیو فرانسه، ١٨ ديسمبر ٢٠١٦:",
            "According to رادیو فرانسه on 18 December 2016:",
        ),
        (
            {"publisher": "Radio France", "published": DAY},
            "به گزارش Radio France در ۲۸ آذر ۱۳۹۵:",
            "بحسب Radio France في ١٨ ديسمبر ٢٠١٦:",
            "According to Radio France, 18 December 2016:",
        ),
        ({"publisher": "ایسنا"}, "به گزارش ایسنا:", "بحسب ایسنا:", "According to ایسنا:"),
        (
            {"title": "دیدار {x}", "published": DAY},
            "در مقاله‌ای به تاریخ ۲۸ آذر ۱۳۹۵ با عنوان «دیدار {x}»:",
            "في مقال بتاريخ ١٨ ديسمبر ٢٠١٦ بعنوان «دیدار {x}»:",
            "In an article of 18 December 2016 titled “دیدار {x}”:",
        ),
        ({"title": "Talks"}, "در مقاله‌ای با عنوان «Talks»:", "في مقال بعنوان «Talks»:", "In an article titled “Talks”:"),
        (
            {"published": DAY},
            "در مقاله‌ای به تاریخ ۲۸ آذر ۱۳۹۵:",
            "في مقال بتاريخ ١٨ ديسمبر ٢٠١٦:",
            "In an article of 18 December 2016:",
        ),
        ({}, "در یکی از مقاله‌ها آمده است:", "جاء في أحد المقالات:", "One article says:"),
    ],
)
def test_frame_says_who_and_when_as_far_as_known(known: dict[str, object], fa: str, ar: str, en: str) -> None:
    """Publisher and day lead; the title stands in for an unknown publisher; what is unknown is not invented."""
    found = {language: wording.frame(source(**known), language) for language in (*OURS, "tr")}
    assert found == {"fa": fa, "ar": ar, "en": en, "tr": en}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The envoy", "en", False),
        ("متن", "en", True),
        ("He said متن", "en", True),
        ("سلام and much more in English", "en", False),
        ("According to رادیو on Sunday", "en", False),
        ("متن", "fa", False),
        ("The envoy", "ar", True),
        ("به نوشتهٔ BBC", "fa", True),
        ("BBC نوشت", "fa", False),
        ("۱۲ [1] «»", "fa", False),
        ("", "en", False),
        ("שלום", "ar", False),
    ],
)
def test_turns_tells_text_that_runs_or_ends_the_other_way(text: str, language: str, expected: bool) -> None:
    """True where what follows on the same line would jump to the text's other side."""
    assert wording.turns(text, language) is expected


@pytest.mark.parametrize(
    ("quote", "fa", "ar", "en"),
    [
        ("fa", "نقل‌قول به زبان فارسی است.", "الاقتباس باللغة الفارسية.", "The quotation is in Persian."),
        ("en", "نقل‌قول به زبان انگلیسی است.", "الاقتباس باللغة الإنجليزية.", "The quotation is in English."),
        ("ar-SY", "نقل‌قول به زبان عربی است.", "الاقتباس باللغة العربية.", "The quotation is in Arabic."),
        ("xx", "نقل‌قول به زبان دیگری است.", "الاقتباس بلغة أخرى.", "The quotation is in another language."),
        ("und", "", "", ""),
    ],
)
def test_quoted_language_note_names_the_language(quote: str, fa: str, ar: str, en: str) -> None:
    """The quotation's language is named where we have its name, and not claimed where it is unknown."""
    assert [wording.quoted_language_note(quote, language) for language in OURS] == [fa, ar, en]


def test_gloss_line_pairs_words_with_meanings() -> None:
    """Key words stand beside their meanings, in the language's punctuation; without any there is no line."""
    pairs = [("نماینده", "envoy"), ("سفر", "visit")]
    assert wording.gloss_line(pairs, "en") == "Key words: نماینده = envoy; سفر = visit."
    assert wording.gloss_line([("envoy", "نماینده"), ("visit", "سفر")], "fa") == "واژه‌های کلیدی: envoy = نماینده؛ visit = سفر."
    assert wording.gloss_line([("envoy", "مبعوث")], "ar") == "الكلمات المفتاحية: envoy = مبعوث."
    assert wording.gloss_line([], "fa") == ""


# -- about the whole answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "fa", "ar", "en"),
    [
        (
            wording.not_found,
            "پاسخ این پرسش در مقاله‌ها نیست.",
            "الإجابة عن هذا السؤال غير موجودة في المقالات.",
            "The answer to this question is not in the articles.",
        ),
        (
            wording.nearest_heading,
            "نزدیک‌ترین عنوان‌ها (پاسخ نیستند و به آن‌ها استناد نشده است):",
            "أقرب العناوين (ليست إجابة ولم يُستشهد بها):",
            "Nearest headlines (they are not the answer and are not cited):",
        ),
        (
            wording.quotes_only_note,
            "مدل زبانی تنظیم نشده است؛ آنچه می‌خوانید نقل‌قول مستقیم از مقاله‌هاست، نه پاسخی نوشته‌شده.",
            "لم يُضبط أي نموذج لغوي؛ ما تقرؤه اقتباسات حرفية من المقالات، لا إجابة مكتوبة.",
            "No language model is set up: these are quotations from the articles, not a written answer.",
        ),
        (
            wording.fallback_note,
            "مدل زبانی پاسخی نداد که بتوان به کار برد؛ آنچه می‌خوانید نقل‌قول مستقیم از مقاله‌هاست، نه پاسخی نوشته‌شده.",
            "لم يقدم النموذج اللغوي إجابة يمكن استعمالها؛ ما تقرؤه اقتباسات حرفية من المقالات، لا إجابة مكتوبة.",
            "The language model gave no answer that can be used: these are quotations from the articles, not a written answer.",
        ),
        (wording.sources_heading, "منابع", "المصادر", "Sources"),
        (wording.close_match, "تطابق نزدیک", "تطابق قريب", "Close match"),
        (wording.possible_match, "تطابق احتمالی", "تطابق محتمل", "Possible match"),
    ],
)
def test_fixed_sentences(say: object, fa: str, ar: str, en: str) -> None:
    """Each fixed sentence comes in the reader's language, English for all others."""
    assert callable(say)
    assert [say(language) for language in (*OURS, "zh")] == [fa, ar, en, en]


@pytest.mark.parametrize(
    ("count", "fa", "ar", "en"),
    [
        (0, "این پاسخ کامل نیست.", "هذه الإجابة غير مكتملة.", "This answer is incomplete."),
        (1, "یک جمله کنار", "حُذفت جملة واحدة لتعذّر", "One sentence was"),
        (2, "۲ جمله کنار", "حُذفت جملتان لتعذّر", "2 sentences were"),
        (3, "۳ جمله کنار", "حُذفت ٣ جمل لتعذّر", "3 sentences were"),
        (10, "۱۰ جمله کنار", "حُذفت ١٠ جمل لتعذّر", "10 sentences were"),
        (11, "۱۱ جمله کنار", "حُذفت ١١ جملةً لتعذّر", "11 sentences were"),
        (99, "۹۹ جمله کنار", "حُذفت ٩٩ جملةً لتعذّر", "99 sentences were"),
        (100, "۱۰۰ جمله کنار", "حُذفت ١٠٠ جملة لتعذّر", "100 sentences were"),
        (102, "۱۰۲ جمله کنار", "حُذفت ١٠٢ جملة لتعذّر", "102 sentences were"),
        (103, "۱۰۳ جمله کنار", "حُذفت ١٠٣ جمل لتعذّر", "103 sentences were"),
    ],
)
def test_incomplete_note_follows_each_languages_plurals(count: int, fa: str, ar: str, en: str) -> None:
    """Persian counts with the singular, English with two forms, Arabic with singular, dual and three plurals."""
    notes = [wording.incomplete_note(count, language) for language in OURS]
    assert [note[: len(start)] for note, start in zip(notes, (fa, ar, en), strict=True)] == [fa, ar, en]


def test_other_language_note_says_that_our_words_are_english() -> None:
    """An answer in a language without our words says so; fa, ar and en need no such note."""
    named = "Sanad's own words come in Persian, Arabic and English (Turkish is not among them yet), so they are in English here."
    unnamed = "Sanad's own words come in Persian, Arabic and English, so they are in English here."
    notes = [wording.other_language_note(code) for code in ("tr-TR", "xx", "fa", "ar-EG", "en")]
    assert notes == [named, unnamed, "", "", ""]


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [
        (
            "fa",
            "«دیروز» = ۲۸ آذر ۱۳۹۵ (۱۸ دسامبر ۲۰۱۶)",
            "«دیروز» = ۲۸ آذر ۱۳۹۵ (۱۸ دسامبر ۲۰۱۶) تا ۱۱ دی ۱۳۹۵ (۳۱ دسامبر ۲۰۱۶)",
        ),
        ("ar", "«دیروز» = ١٨ ديسمبر ٢٠١٦", "«دیروز» = ١٨ ديسمبر ٢٠١٦ إلى ٣١ ديسمبر ٢٠١٦"),
        ("en", "“دیروز” = 18 December 2016", "“دیروز” = 18 December 2016 to 31 December 2016"),
    ],
)
def test_date_reading_shows_how_an_expression_was_understood(language: str, one: str, several: str) -> None:
    """One day, or the first and the last of several, in the calendars a reader may compare with."""
    assert wording.date_reading("دیروز", DAY, DAY, language) == one
    assert wording.date_reading("دیروز", DAY, date(2016, 12, 31), language) == several


# -- small talk -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "reply"),
    [
        (
            "fa",
            "سلام. این مجموعه ۵ مقاله دارد. رسانه‌ها: ایسنا، BBC. تاریخ انتشار: از ۲۸ آذر ۱۳۹۵ تا ۱۱ دی ۱۳۹۵."
            " پرسش خود را دربارهٔ آن‌ها بنویسید.",
        ),
        (
            "ar",
            "مرحبًا. تضم هذه المجموعة ٥ مقالات. وسائل الإعلام: ایسنا، BBC. تاريخ النشر: من ١٨ ديسمبر ٢٠١٦ إلى ٣١ ديسمبر ٢٠١٦."
            " اكتب سؤالك عنها.",
        ),
        (
            "en",
            "Hello. This collection holds 5 articles. Outlets: ایسنا, BBC. Published from 18 December 2016 to 31 December 2016."
            " Ask a question about them.",
        ),
    ],
)
def test_small_talk_tells_what_the_collection_holds(language: str, reply: str) -> None:
    """A greeting is answered with the collection's size, outlets and days."""
    assert wording.small_talk("greeting", 5, ["ایسنا", "BBC"], DAY, date(2016, 12, 31), language) == reply


def test_small_talk_leaves_out_what_is_unknown() -> None:
    """No outlets, one day or none, no articles: only what is known is said, and nothing is asked of an empty collection."""
    assert wording.small_talk("thanks", 1, [], DAY, None, "en") == (
        "You are welcome. This collection holds one article. Published on 18 December 2016. Ask a question about them."
    )
    assert wording.small_talk("thanks", 2, [], None, None, "ar") == "على الرحب والسعة. تضم هذه المجموعة مقالين. اكتب سؤالك عنها."
    assert wording.small_talk("thanks", 0, ["BBC"], DAY, DAY, "fa") == "خواهش می‌کنم. این مجموعه هنوز مقاله‌ای ندارد."


def test_small_talk_names_six_outlets_at_most() -> None:
    """A longer list of outlets ends with "and others"."""
    reply = wording.small_talk("greeting", 9, list("ABCDEFG"), None, None, "en")
    assert reply == "Hello. This collection holds 9 articles. Outlets: A, B, C, D, E, F and others. Ask a question about them."


@pytest.mark.parametrize("language", OURS)
def test_asked_for_abilities_it_promises_what_the_product_keeps(language: str) -> None:
    """The reply opens with what it can do and goes on with the collection."""
    say = wording.phrases(language)
    reply = wording.small_talk("abilities", 1, [], None, None, language)
    assert reply == " ".join([say.small_talk["abilities"], say.collection["one"], say.invitation])


@pytest.mark.parametrize(
    ("kind", "questions"),
    [
        ("greeting", "سلام|سلام!|سلام، خوبی؟|درود بر شما|صبح بخیر|صبح‌به‌خیر|صبح به خیر|سلام علیکم|سَلام|خسته نباشید"),
        ("greeting", "السلام عليكم ورحمة الله وبركاته|مرحبًا|أهلاً وسهلاً|اهلا|صباح الخير|كيف حالك؟"),
        ("greeting", "hello|Hi there!|HEY|Good morning, Sanad.|hello, how are you?"),
        ("thanks", "ممنون|خیلی ممنونم|مرسی!|سپاسگزارم|سپاس‌گزارم|دستت درد نکنه|سلام، ممنون"),
        ("thanks", "شكرا|شكرًا جزيلاً|ألف شكر|Thanks!|thank you very much"),
        ("abilities", "چه کار می‌کنی؟|چه کار میکنی|چه کار می کنی|سلام، تو کی هستی؟|چه کارهایی می‌توانی انجام دهی؟|راهنما"),
        ("abilities", "من أنت؟|مرحبا، ماذا يمكنك أن تفعل؟|كيف يمكنك مساعدتي"),
        ("abilities", "What can you do?|hi! what can you do for me?|help"),
    ],
)
def test_small_talk_is_recognised(kind: str, questions: str) -> None:
    """Greetings, thanks and "what can you do" in three languages, however they are spelled or combined."""
    asked = questions.split("|")
    assert {question: wording.small_talk_kind(question) for question in asked} == dict.fromkeys(asked, kind)


@pytest.mark.parametrize(
    "question",
    [
        "سلام رئیس جمهور به چه کسی بود؟",
        "سلام، نماینده پوتین با چه کسی دیدار کرد؟",
        "چه خبر از حلب",
        "چه کار می‌کنی در حلب؟",
        "روزنامه سلام کی توقیف شد؟",
        "تشکر روحانی از پوتین برای چه بود؟",
        "ماذا تفعل روسيا في سوريا؟",
        "من أنت تتحدث عنه",
        "عملية السلام في سوريا",
        "شكرا لبوتين على ماذا؟",
        "Hello Kitty",
        "Who are you talking about?",
        "What can you do about the siege of Aleppo?",
        "Who said thank you to Putin?",
        "help for Aleppo",
        "history",
        "please",
        "سند",
        "؟!",
        "",
        "hello " * 20,
        "hello there " * 7 + "Putin",
    ],
)
def test_real_questions_are_not_small_talk(question: str) -> None:
    """Anything besides small talk in the question makes it a question; so do fillers alone, nothing, and a long text."""
    assert wording.small_talk_kind(question) is None
