"""What is marked as no part of an article, and above all what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.boilerplate import boilerplate
from assistant.text import paragraphs
from assistant.types import Span

SEEDS = Path(__file__).parent.parent / "seeds"
NEWS = {
    "fa": "وزیر خارجه روز شنبه راهی تهران شد و با همتای خود دیدار کرد.",
    "ar": "وصل وزير الخارجية يوم السبت إلى طهران والتقى نظيره.",
    "en": "The foreign minister arrived in Tehran on Saturday and met his counterpart.",
}


def marked(text: str, language: str = "fa") -> list[str]:
    return [text[span.start : span.end] for span in boilerplate(text, language)]


FURNITURE = {
    "fa": [
        "لینک‌های قابلیت دسترسی",
        "لینکهای قابلیت دسترسی",
        "لینک های قابلیت دسترسی",
        "لينك‌هاي قابليت دسترسي",
        "خبر فوری",
        "فوری",
        "پیام برای این مطلب مسدود شده.",
        "نظرات بسته است",
        "استفاده از این مطلب با ذکر منبع «پرس تیوی فارسی» بلامانع است.",
        "نقل مطالب این سایت با ذکر نام منبع آزاد است",
        "تمامی حقوق این وب‌سایت برای خبرگزاری محفوظ است.",
        "کلیه حقوق مادی و معنوی متعلق به ایسنا است",
        "تمامی حقوق محفوظ است.",
        "جمعه ۲ آذر ۱۴۰۳ تهران ۱۹:۴۵",
        "یک‌شنبه، ۲۸ آذر ۱۳۹۵ - ۱۰:۱۵",
        "سه‌شنبه 20 دسامبر 2016 به وقت تهران 07:05",
        "بیشتر بخوانید: تماس تلفنی دو رئیس جمهور",
        "همچنین بخوانید",
        "مطالب مرتبط",
        "مطالب مرتبط:",
        "◄ بیشتر بخوانید ◄",
        "به اشتراک بگذارید",
        "هم‌رسانی",
        "عضویت در خبرنامه",
        "ما را در تلگرام دنبال کنید",
        "فیس‌بوک توییتر تلگرام",
        "خانه » سیاسی » بین‌الملل",
        "صفحه اصلی",
        "Facebook | Twitter | Telegram",
        "گروه تحریریه",
    ],
    "ar": [
        "اقرأ أيضاً: “تغيرات كبرى قادمة”.. عمليتان عسكريتان كبيرتان شمال سوريا!",
        "اقرأ أيضا",
        "إقرأ أيضًا | عنوان آخر",
        "قد يهمك أيضاً",
        "مواضيع ذات صلة",
        "عاجل",
        "طيف بوست – فريق التحرير",
        "فريق التحرير",
        "التعليقات مغلقة",
        "جميع الحقوق محفوظة © طيف بوست 2021",
        "جميع الحقوق محفوظة",
        "جميع الحقوق محفوظة لموقع طيف بوست",
        "شارك المقال",
        "اشترك في النشرة الإخبارية",
        "تابعونا على فيسبوك",
        "الجمعة 22 نوفمبر 2024 - 19:45 دمشق",
        "الجمعة ٢٢ تشرين الثاني ٢٠٢٤ دمشق ١٩:٤٥",
        "الرئيسية > أخبار > سوريا",
        "روابط إتاحة الوصول",
        "انتقل إلى المحتوى الرئيسي",
        "سياسة ملفات تعريف الارتباط",
    ],
    "en": [
        "Read more: The talks in Astana",
        "READ ALSO",
        "Related",
        "Related: Another story",
        "Related – Another story",
        "You may also like",
        "Breaking news",
        "Share this article",
        "Accessibility links",
        "Skip to main content",
        "Comments are closed.",
        "All rights reserved.",
        "© 2016 The Paper. All rights reserved.",
        "Copyright © The Paper",
        "(c) 2016 The Paper",
        "We use cookies to improve your experience.",
        "Subscribe to our newsletter",
        "Follow us on Twitter",
        "Friday, 22 November 2024 Tehran 19:45",
        "Friday, November 22, 2024 07:45 PM",
        "Home > World > Middle East",
        "The Paper - Newsroom",
        "XS SM MD LG",
    ],
}


@pytest.mark.parametrize(("language", "line"), [(language, line) for language, lines in FURNITURE.items() for line in lines])
def test_furniture_is_marked(language: str, line: str) -> None:
    """A line of page furniture is marked whole, without the space around it; the news around it is not."""
    text = f"{NEWS[language]}\n\n  {line}  \n{NEWS[language]}\n"
    start = text.index(line)
    assert boilerplate(text, language) == (Span(start, start + len(line)),)


NO_FURNITURE = {
    "fa": [
        "این یک خبر فوری بود که همه را شگفت‌زده کرد.",
        "فوری‌ترین کار دولت پایان جنگ است.",
        "جمعه ۲ آذر ۱۴۰۳ تهران شاهد نشست وزیران بود که ساعت ۱۹:۴۵ آغاز شد و تا نیمه‌شب ادامه یافت و چند تن از آنان رفتند.",
        "جمعه ۲ آذر ۱۴۰۳",
        "استفاده از این سلاح در سوریه ممنوع است.",
        "استفاده از این مطلب با ذکر منبع در دادگاه بررسی شد.",
        "وزیر گفت: لینک‌های قابلیت دسترسی باید اصلاح شوند.",
        "مطالب مرتبط با این پرونده در دادگاه خوانده شد.",
        "بخوانید که چه شد.",
        "خانه‌های مردم ویران شد.",
        "ورود او به تهران اعلام نشد.",
        "تلگرام در ایران مسدود شد.",
        "پیام برای این مطلب مسدود شده است، اما نویسنده می‌گوید که پاسخ خواهد داد.",
        "همه در سوریه از حقوق خود می‌گویند.",
        "همه حقوق شهروندان باید محفوظ بماند.",
        "تمامی حقوق روزنامه‌نگاران محفوظ است، وزیر گفت.",
        "علی شمخانی – دبیر شورا",
        "۱۹:۴۵",
    ],
    "ar": [
        "عاجل: انفجار في دمشق",
        "اقرأ أيضا ما كتبه الوزير في رسالته إلى المجلس أمس.",
        "أعلن فريق التحرير في الصحيفة عن إضراب.",
        "شارك الرئيس في القمة.",
        "بحث الوزيران الملف السوري.",
        "تابعونا على مدى سنوات.",
        "الجمعة 22 نوفمبر 2024",
        "جميع الحقوق السياسية مكفولة.",
        "جميع الحقوق محفوظة للمواطنين بموجب الدستور.",
        "طيف بوست – بيروت",
        "الرئيسية هي القضية التي بحثها الوفد.",
    ],
    "en": [
        "Breaking news reached the capital on Friday.",
        "Read more books, the minister told pupils.",
        "Read more about the case in the court's documents.",
        "Related-party transactions rose by 5 percent.",
        "Related charges were dropped.",
        "Copyright law was changed on Friday.",
        "(c) The third way out is a truce, the envoy said.",
        "We use cookies, the company told the court.",
        "Share prices fell.",
        "Twitter was fined.",
        "Comments are closed to the public, the council ruled.",
        "Subscribe to peace, the pope said.",
        "Home prices rose.",
        "Friday, 22 November 2024",
        "The Paper - London",
    ],
}


@pytest.mark.parametrize(("language", "line"), [(language, line) for language, lines in NO_FURNITURE.items() for line in lines])
def test_news_is_never_marked(language: str, line: str) -> None:
    """A sentence or headline with the same words in it is news."""
    assert marked(f"{NEWS[language]}\n{line}\n{NEWS[language]}", language) == []


@pytest.mark.parametrize("name", ["LG", "MD", "XS"])
def test_size_marks_count_only_together(name: str) -> None:
    """The marks of a share bar stand side by side; one alone may be a name."""
    assert marked(f"{NEWS['en']}\n{name}\n{NEWS['en']}", "en") == []
    assert marked(f"{NEWS['en']}\n\nXS\n\nSM\n{name} LG", "en") == ["XS", "SM", f"{name} LG"]


def test_a_repeated_headline_is_marked_once() -> None:
    """The second of two equal first lines is marked, wherever the page puts furniture; equal lines further on are not."""
    text = "خبر فوری\nتیتر خبر\n\nتیتر خبر\nتیتر خبر\nمتن\nمتن"
    second = text.index("تیتر خبر", 12)
    assert boilerplate(text, "fa") == (Span(0, 8), Span(second, second + 8))
    assert marked("تیتر خبر\nتیتر دیگر\nتیتر خبر") == []


@pytest.mark.parametrize(
    ("line", "hanging"),
    [
        ("این روند ادامه خواهد بود.لینکهای قابلیت دسترسی", "لینکهای قابلیت دسترسی"),
        ("این روند ادامه خواهد بود. لینک‌های قابلیت دسترسی", "لینک‌های قابلیت دسترسی"),
        ("او گفت: «خواهد بود.»پیام برای این مطلب مسدود شده.", "پیام برای این مطلب مسدود شده."),
        ("The talks will go on.XS SM MD LG", "XS SM MD LG"),
        ("«می‌رود» " * 40 + "و بازگشت.التعليقات مغلقة", "التعليقات مغلقة"),
    ],
)
def test_a_notice_behind_the_last_sentence_is_marked(line: str, hanging: str) -> None:
    """A notice that hangs on behind a sentence, with or without a space, is marked to the end of the line, and no more."""
    assert boilerplate(f"{line}\nمتن", "fa") == (Span(len(line) - len(hanging), len(line)),)


def test_single_words_of_other_languages_are_left_alone() -> None:
    """In a language the tables do not speak, one-word labels may be words of the article; notices of several words are not."""
    text = "چاپ\nعاجل\nخبر فوری\nComments are closed"
    assert marked(text, "ckb") == ["خبر فوری", "Comments are closed"]
    assert marked(text, "und") == ["چاپ", "عاجل", "خبر فوری", "Comments are closed"]


def test_no_sentence_of_the_seeds_is_marked() -> None:
    """In the seeds, nothing that was not looked at and found to be furniture is marked."""
    counts = {}
    for path in sorted(SEEDS.glob("*.txt")):
        text = path.read_text("utf-8")
        spans = boilerplate(text, "ar" if path.name.startswith("004") else "fa")
        assert set(spans) <= set(paragraphs(text))
        counts[path.name[:3]] = len(spans)
    assert counts == {"000": 1, "001": 0, "002": 7, "003": 1, "004": 3}


def test_an_empty_text_has_no_furniture() -> None:
    """Nothing is marked where nothing is."""
    assert boilerplate("", "fa") == boilerplate("\n \n", "en") == boilerplate("—\n***", "ar") == ()


PIECES = st.sampled_from(
    [line for lines in FURNITURE.values() for line in lines] + list(NEWS.values()) + ["XS", "SM", "\n", " ", ".", ":", "\u200c"]
)


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(max_size=300)
    | st.lists(PIECES | st.text(max_size=20), max_size=12).map("\n".join)
    | st.lists(PIECES, max_size=8).map("".join)
)
@pytest.mark.parametrize("language", ["fa", "de"])
def test_spans_are_ordered_and_inside(text: str, language: str) -> None:
    """Whatever the text: no exception; spans inside it, in order, apart, never empty, each within one line, without outer space."""
    spans = boilerplate(text, language)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    for span in spans:
        words = text[span.start : span.end]
        assert words
        assert words == words.strip()
        assert "\n" not in words


@pytest.mark.parametrize(
    "line", ["a" * 219, "-" * 219, "ب " * 109, "x|" * 109, "خانه »" * 30, "facebook " * 24 + "x", "و" * 200_000]
)
def test_no_line_takes_long(line: str) -> None:
    """Lines made to be matched in many ways are refused like any other."""
    assert marked(f"{line}\n{line}x", "fa") == []
