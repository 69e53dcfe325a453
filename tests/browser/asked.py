"""What the tests of the page ask, and articles of their own to ask about."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["ELSEWHERE", "FACTS", "NEWS", "QUESTIONS", "written"]

# The same as the command line is asked, over the bundled articles, each with words one of its quotes must hold.
QUESTIONS = {
    "fa": "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟",
    "ar": "من قاد الوفد الروسي الذي زار طهران؟",
    "en": "Where was Ali Mamlouk's first trip outside Syria in five years?",
}
FACTS = {"fa": ("شمخانی", "ولایتی"), "ar": ("لافرنتييف",), "en": ("قاهره",)}
ELSEWHERE = "Who won the 2016 US presidential election?"

# Dated articles of several outlets and languages; their addresses lead nowhere.
NEWS = [
    {
        "id": "openai",
        "language": "fa",
        "title": "OpenAI در این خبرها",
        "publisher": "فناوری امروز",
        "published": "2024-05-13",
        "url": "https://technology.example/1403/openai",
        "text": "OpenAI در این خبرها مدل تازه‌ای را با نام «شبدر» معرفی کرد. این مدل به زبان فارسی هم پاسخ می‌دهد.\n"
        "مدیر شرکت گفت که شبدر از پاییز در دسترس همه خواهد بود. آزمایش‌ها سه ماه طول کشید.",
    },
    {
        "id": "ferry",
        "language": "en",
        "title": "Ferries keep to the winter timetable",
        "publisher": "Harbour Post",
        "published": "2024-11-02",
        "url": "https://harbour.example/2024/11/ferries",
        "text": "The ferry company said that the winter timetable would remain in force until the end of March.\n"
        "Two of its five boats are being repaired in the harbour. Passengers can change their tickets free of charge.",
    },
    {
        "id": "dates",
        "language": "ar",
        "title": "موسم التمور يبدأ مبكرا",
        "publisher": "صحيفة الواحة",
        "published": "2023-09-10",
        "url": "https://oasis.example/2023/dates",
        "text": "بدأ موسم جني التمور في الواحة قبل موعده بأسبوعين هذا العام. قال المزارعون إن محصوله أكبر من الماضي.\n"
        "وتوقع رئيس الجمعية الزراعية أن تنخفض أسعار التمور في الأسواق.",
    },
    {
        "id": "bridge-old",
        "language": "fa",
        "title": "پل تازهٔ رودخانه افتتاح شد",
        "publisher": "فناوری امروز",
        "published": "2020-03-25",
        "text": "شهردار گفت که پل تازهٔ رودخانه پس از چهار سال ساخت افتتاح شد. هزینهٔ ساخت پل دو برابر برآورد نخست بود.",
    },
    {
        "id": "bridge-new",
        "language": "fa",
        "title": "پل رودخانه تعمیر می‌شود",
        "publisher": "روزنامهٔ رود",
        "published": "2024-06-01",
        "text": "شهردار اعلام کرد که پل رودخانه از تابستان برای تعمیر بسته می‌شود. تعمیر پل رودخانه سه ماه طول می‌کشد.",
    },
]


def written(articles: list[dict[str, str]], folder: Path) -> Path:
    """A file of these articles."""
    file = folder / "articles.jsonl"
    file.write_text("\n".join(json.dumps(article, ensure_ascii=False) for article in articles), encoding="utf-8")
    return file
