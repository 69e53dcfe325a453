"""A made-up feed: articles in three languages about expeditions nobody else writes about, in as many versions as wanted."""

from __future__ import annotations

import random
from dataclasses import dataclass
from types import SimpleNamespace

from assistant.articles import from_documents
from assistant.types import Article

__all__ = ["LANGUAGES", "Story", "article", "stories"]

LANGUAGES = ("fa", "ar", "en")
PARAGRAPHS = (2, 5)  # of an article, at least and at most; each becomes a passage or two
SENTENCES = 14  # of a paragraph, some 180 words
NAMED = 4  # every so many sentences name the expedition, so that each passage does

# Each syllable in Latin and in Arabic letters, so that a name is the same in every language.
_SYLLABLES = (
    ("ba", "با"), ("ru", "رو"), ("mi", "می"), ("dol", "دول"), ("kar", "کار"), ("ven", "ون"), ("zi", "زی"), ("tor", "تور"),
    ("la", "لا"), ("shum", "شوم"), ("ned", "ند"), ("go", "گو"), ("fir", "فیر"), ("sal", "سال"), ("jo", "جو"), ("pek", "پک"),
)  # fmt: skip
_LETTERS = {"fa": 1, "ar": 1, "en": 0}
_FIRST = {
    "fa": "گروه اکتشافی {name} با {count} داوطلب به شهر {town} رسید.",
    "ar": "وصلت بعثة {name} إلى مدينة {town} ومعها {count} متطوعا.",
    "en": "The expedition {name} reached the town of {town} with {count} volunteers.",
}
_QUESTION = {
    "fa": "گروه اکتشافی {name} به کدام شهر رسید؟",
    "ar": "إلى أي مدينة وصلت بعثة {name}؟",
    "en": "Which town did the expedition {name} reach?",
}
_AGAIN = {
    "fa": "در بخش {part} گزارش، {witness} از گروه {name} درباره {thing} در {town} گفت.",
    "ar": "في الجزء {part} من التقرير تحدث {witness} من بعثة {name} عن {thing} في {town}.",
    "en": "In part {part} of the report {witness} of {name} spoke of {thing} in {town}.",
}
_FILLER = {
    "fa": "کارشناسان {thing} را در ماه {count} سال بررسی کردند و {other} را برای ساکنان منطقه مهم دانستند.",
    "ar": "درس الخبراء {thing} خلال {count} يوما واعتبروا {other} أمرا مهما لسكان المنطقة كلها.",
    "en": "Experts looked into {thing} for {count} days and called {other} important to all people of the region.",
}
_THINGS = {
    "fa": "آب رودخانه|راه کوهستانی|بازار محلی|پل قدیمی|باغ میوه|مدرسه روستا|کشتزار گندم|چراغ دریایی|انبار غله",
    "ar": "مياه النهر|الطريق الجبلي|السوق المحلي|الجسر القديم|بستان الفاكهة|مدرسة القرية|حقل القمح|المنارة|مخزن الحبوب",
    "en": "river water|the mountain road|the local market|the old bridge|the orchard|the village school|the wheat field|granaries",
}
_TOWNS = {
    "fa": "تبریز|شیراز|اصفهان|مشهد|یزد|کرمان|اهواز|رشت|همدان|سنندج",
    "ar": "البصرة|الموصل|حلب|عمان|بيروت|طرابلس|وهران|فاس|صنعاء|المنامة",
    "en": "Basra|Mosul|Aleppo|Amman|Beirut|Tripoli|Oran|Fez|Sanaa|Manama",
}


@dataclass(frozen=True, slots=True)
class Story:
    """What the versions of one article are about."""

    key: str
    language: str
    name: str

    @property
    def question(self) -> str:
        """A question that every version answers, and nothing else does."""
        return _QUESTION[self.language].format(name=self.name)


def stories(number: int) -> list[Story]:
    """That many stories, the languages in turn, each with a name of its own."""
    return [Story(f"story-{n}", LANGUAGES[n % len(LANGUAGES)], _name(n, LANGUAGES[n % len(LANGUAGES)])) for n in range(number)]


def _name(number: int, language: str) -> str:
    """A name of two made-up words; no two numbers share one, and neighbours sound unlike."""
    mixed = (number * 6_700_417 + 9_973_421) % 16**6  # an odd factor, so every number gives another
    places = [mixed // 16**place % 16 for place in range(6)]
    return f"{_word(places[:3], language)} {_word(places[3:], language)}"


def _word(places: list[int], language: str) -> str:
    return "".join(_SYLLABLES[place][_LETTERS[language]] for place in places).capitalize()


def article(story: Story, version: int) -> tuple[object, Article]:
    """A version of the story as a document to take in, and as the article it is to become.

    Each has witnesses of its own, as news has names that were never heard before.
    """
    chosen = random.Random(f"{story.key}/{version}")
    town = chosen.choice(_TOWNS[story.language].split("|"))
    head = _FIRST[story.language].format(name=story.name, town=town, count=100 + version)
    parts = [_paragraph(story, town, part, chosen) for part in range(1, chosen.randint(*PARAGRAPHS) + 1)]
    text = "\n\n".join([head, *parts])
    document = SimpleNamespace(text=text, id_=story.key, metadata={"title": f"{story.name} {version}", "language": story.language})
    (made,) = from_documents([document])
    assert isinstance(made, Article), made
    return document, made


def _paragraph(story: Story, town: str, part: int, chosen: random.Random) -> str:
    things = _THINGS[story.language].split("|")
    lines = []
    for place in range(SENTENCES):
        thing, other = chosen.sample(things, 2)
        witness = " ".join(_word(chosen.choices(range(16), k=3), story.language) for _ in range(2))
        sentence = (_FILLER if place % NAMED else _AGAIN)[story.language]
        said = {"name": story.name, "town": town, "witness": witness, "thing": thing, "other": other}
        lines.append(sentence.format(part=part, count=chosen.randint(2, 999), **said))
    return " ".join(lines)
