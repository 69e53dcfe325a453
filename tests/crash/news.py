"""Made-up news for the crash tests: every text has a word that stands nowhere else, so that it can be asked for."""

from __future__ import annotations

import json
import random
import zlib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Piece"]

LANGUAGES = ("en", "fa", "ar")
_SYLLABLES = {
    "en": ("bdfgklmnprtvz", "aiou"),
    "fa": ("بدرزشفکگلمن", "اوی"),
    "ar": ("بدرزشفكلمنط", "اوي"),
}
_TITLES = {
    "en": ("Bread in {word}", "Dearer bread in {word}"),
    "fa": ("نان در {word}", "گرانی نان در {word}"),
    "ar": ("الخبز في {word}", "غلاء الخبز في {word}"),
}
_TEXTS = {
    "en": "The bakers of {word} raised the price of bread on Monday.\nNobody had asked them for it, said the mayor.\n",
    "fa": "نانوایان {word} روز دوشنبه قیمت نان را بالا بردند.\nشهردار گفت هیچ‌کس چنین چیزی نخواسته بود.\n",
    "ar": "رفع خبازو {word} سعر الخبز يوم الاثنين.\nوقال رئيس البلدية إن أحدا لم يطلب ذلك.\n",
}
_MORE = {
    "en": "In street number {n} a loaf cost {price} coins, and people waited there for a long time before the shop was opened.\n",
    "fa": "در خیابان شماره {n} یک نان {price} سکه قیمت داشت و مردم پیش از باز شدن مغازه مدت درازی آنجا ایستاده بودند.\n",
    "ar": "في الشارع رقم {n} بلغ سعر الرغيف {price} قطعة وانتظر الناس هناك وقتا طويلا قبل أن يفتح المتجر أبوابه صباحا.\n",
}
_QUESTIONS = {
    "en": "What did the bakers of {word} raise?",
    "fa": "نانوایان {word} چه چیزی را بالا بردند؟",
    "ar": "ماذا رفع خبازو {word}؟",
}
_OUTLETS = ("Ilna", "سانا", "The Daily Loaf")


@dataclass(frozen=True, order=True)
class Piece:
    """Article `number` as it was published for the `version`th time.

    An odd version has the text of the one before under another title. Every fifth article is long enough for three passages.
    """

    number: int
    version: int = 0

    @property
    def language(self) -> str:
        """The language it is written in."""
        return LANGUAGES[self.number % len(LANGUAGES)]

    @property
    def word(self) -> str:
        """The word that stands in this text alone."""
        chance = random.Random(f"{self.number} {self.version // 2}")
        consonants, vowels = _SYLLABLES[self.language]
        return "".join(chance.choice(consonants) + chance.choice(vowels) for _ in range(5)) + chance.choice(consonants)

    @property
    def title(self) -> str:
        """Its headline."""
        return _TITLES[self.language][self.version % 2].format(word=self.word)

    @property
    def text(self) -> str:
        """The whole text."""
        short = _TEXTS[self.language].format(word=self.word)
        return short + (self._more() if self.number % 5 == 0 else "")

    def _more(self) -> str:
        prices = (zlib.crc32(f"{self.word}{n}".encode()) % 900 + 100 for n in range(25))
        return "".join(_MORE[self.language].format(n=n + 1, price=price) for n, price in enumerate(prices))

    @property
    def question(self) -> str:
        """What only this article answers."""
        return _QUESTIONS[self.language].format(word=self.word)

    def place(self, news: Path) -> Path:
        """The file it is published in; that of all versions."""
        return news / f"{self.number:05}.jsonl"

    def publish(self, news: Path) -> Path:
        """Write that file; where it is."""
        day = f"2016-{self.number % 12 + 1:02}-{self.number % 28 + 1:02}"
        record = {"title": self.title, "text": self.text, "publisher": _OUTLETS[self.number % len(_OUTLETS)], "published": day}
        path = self.place(news)
        path.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
        return path
