"""What kind of thing a question asks for, where its words say so, and whether a text holds such a thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from assistant import dates, numbers
from assistant.text import Word, is_function_word, is_light_word, word_spans, words

__all__ = ["Kind", "holds", "kinds", "parts"]


class Kind(StrEnum):
    """What an answer must hold: a day or a year, a number, a reason."""

    DAY = "day"
    NUMBER = "number"
    REASON = "reason"


def kinds(question: str) -> frozenset[Kind]:
    """The kinds of things the question asks for; none where its words do not tell («کدام شهر»)."""
    spoken = f" {' '.join(words(question))} "
    return frozenset(kind for kind, marks in _ASKED.items() if any(mark in spoken for mark in marks))


def holds(kind: Kind, text: str, language: str) -> bool:
    """Whether `text` holds a thing of that kind."""
    if kind is Kind.DAY:
        return any(_YEAR.fullmatch(word) for word in words(text)) or bool(dates.find(text, reference=None, language=language))
    if kind is Kind.NUMBER:
        return any(not mention.weak for mention in numbers.find(text, language))
    spoken = f" {' '.join(words(text))} "
    return any(mark in spoken for mark in _REASONS)


_YEAR = re.compile(r"1\d{3}|20\d{2}")  # of any calendar


def _spaced(marks: str) -> tuple[str, ...]:
    """Each of the wordings as it stands among folded words."""
    return tuple(f" {' '.join(words(mark))} " for mark in marks.split("|"))


_ASKED = {
    Kind.DAY: _spaced(
        "کی|چه زمان|چه زمانی|چه وقت|چه تاریخی|چه سالی|چه سال|چه ماهی|چه روزی|کدام سال|تاریخ|متى|متی|تاريخ|أي عام|أي سنة|أي يوم"
        "|when|what date|what day|which day|what year|which year"
    ),
    Kind.NUMBER: _spaced(
        "چند|چقدر|چه تعداد|تعداد|چندمین|چه میزان|چه اندازه|چه مدت|كم|عدد"
        "|how many|how much|how long|how old|how far|what number|what percentage"
    ),
    Kind.REASON: _spaced("چرا|علت|دلیل|لماذا|سبب|why|reason|cause"),
}
_REASONS = _spaced(
    "زیرا|چون|چرا که|به دلیل|به علت|به خاطر|به سبب|از این رو|باعث|علت|دلیل|ناشی از|لأن|لأنه|لأنها|بسبب|نتيجة|حيث|من أجل|سبب"
    "|because|due to|since|caused by|owing to|as a result|therefore"
)


# -- several questions in one -----------------------------------------------------------------------------------------

LEAST = 2  # words with content in each; "when and where" are one question


def parts(question: str, language: str) -> tuple[str, ...]:
    """The questions asked one after another in `question` («من كان …، ومن صار …»); itself where it is one."""
    spoken = word_spans(question)
    cuts = [0]
    for index in range(1, len(spoken)):
        here = _may_begin(question, spoken, index, language)
        if here and _asks(spoken[cuts[-1] : index], language) and _asks(spoken[index:], language):
            cuts.append(index)
    starts = [spoken[cut].start for cut in cuts[1:]]
    return tuple(question[start:end] for start, end in zip([0, *starts], [*starts, len(question)], strict=True))


def _may_begin(question: str, spoken: Sequence[Word], index: int, language: str) -> bool:
    """Whether a question may begin with that word of `spoken`: after a mark, or with an "and" that leads to a word that asks."""
    between = question[spoken[index - 1].end : spoken[index].start]
    if any(mark in between for mark in "?؟;؛"):
        return True
    asking, paused = _ASKING.get(language, frozenset()), any(mark in between for mark in ",،")
    word, *after = (one.text for one in spoken[index : index + 3])
    if language == "ar":
        joined = word.removeprefix("و")
        if joined == word:
            return False
        # «ومن» is "and who" after a comma, and more often "and from".
        return (joined in asking and (paused or joined != "من")) or (joined in _LED and after[:1] == ["ای"])
    if word not in ("and", "و"):
        return False
    led = after[1:] if after[:1] and after[0] in _LED else after[:1]
    if led and led[0] in asking:
        return True
    # A Persian clause ends with its verb, and what is asked for may stand anywhere in the next one.
    previous = spoken[index - 1].text
    return language == "fa" and (paused or previous in _CLOSING or is_light_word(previous, "fa"))


def _asks(part: Sequence[Word], language: str) -> bool:
    """Whether these words are a question: one that asks, and others with content."""
    asking = _ASKING.get(language, frozenset())
    said = [word.text.removeprefix("و") if language == "ar" else word.text for word in part]
    content = [word for word in said if not (word in asking or is_function_word(word, language) or is_light_word(word, language))]
    # «من» asks only where it leads; elsewhere it is "from".
    return len(content) >= LEAST and (said[0] in asking or any(word in asking and word != "من" for word in said))


_ASKING = {
    "en": frozenset(words("what who whom whose when where which why how")),
    "fa": frozenset(words("چه چی کی کجا کجای چرا چگونه چطور چند چقدر کدام کدامیک چیست کیست کجاست آیا")),
    "ar": frozenset(words("من ما ماذا متى أين كيف كم لماذا هل أي أية بماذا بمن لمن ممن بأي لأي")),
}
_LED = frozenset(words("in at on to of from with by for about در به از با برای تا بر درباره في على إلى من عن مع"))
_CLOSING = frozenset(words("است بود بودند هست هستند گفت گفتند گفته رفت رفتند آمد آمدند شده باشد نیست"))
