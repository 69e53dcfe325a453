"""Every word of ours that an answer can carry, in Persian, Arabic and English; any other language gets the English words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from assistant.phrases import JALALI_MONTHS, LANGUAGE_NAMES, PHRASES, SMALL_TALK, FrameLanguage, Phrases, SmallTalk
from assistant.text import digits_to_ascii, words
from assistant.types import Source

__all__ = [
    "PHRASES",
    "FrameLanguage",
    "Phrases",
    "SmallTalk",
    "also_in",
    "apart",
    "both_calendars",
    "broke_off_note",
    "close_match",
    "date_reading",
    "day",
    "decimal",
    "differ_note",
    "digits",
    "fallback_note",
    "frame",
    "frame_language",
    "gloss_line",
    "incomplete_note",
    "listed",
    "nearest_heading",
    "not_found",
    "other_language_note",
    "phrases",
    "possible_match",
    "quoted",
    "quoted_language_note",
    "quotes_only_note",
    "small_talk",
    "small_talk_kind",
    "sources_heading",
    "translation_note",
    "turns",
    "wrong_language_note",
]

FIRST_STRONG, END = "\u2068", "\u2069"
_OUTLETS = 6  # named in small talk; a longer list is no longer read

# -- languages, digits, days ------------------------------------------------------------------------------------------


def frame_language(language: str) -> FrameLanguage:
    """The language our words come in for an answer in `language`: its own if it is fa, ar or en, else English."""
    base = _base(language)
    return cast(FrameLanguage, base) if base in PHRASES else "en"


def _base(language: str) -> str:
    """The language of a tag: `fa` for `fa-IR`."""
    return re.split(r"[-_]", language.strip().lower(), maxsplit=1)[0]


def phrases(language: str) -> Phrases:
    """Our words for an answer in `language`."""
    return PHRASES[frame_language(language)]


def digits(value: str | int, language: str) -> str:
    """A number of ours in the digits readers of `language` expect; never for an article's own text."""
    return digits_to_ascii(str(value)).translate(str.maketrans("0123456789", phrases(language).digits))


def decimal(value: float, language: str, *, places: int = 3) -> str:
    """`value` with so many decimals, in the digits and with the decimal mark of `language`."""
    return digits(f"{value:.{places}f}", language).replace(".", phrases(language).decimal)


def day(value: date, language: str) -> str:
    """A day as a reader of `language` writes it: solar Hijri for Persian, else Gregorian, the month in words."""
    if frame_language(language) == "fa":
        return _jalali(value) or _gregorian(value, language)
    return _gregorian(value, language)


def both_calendars(value: date, language: str) -> str:
    """`day`, for Persian with the Gregorian day beside it, so that either calendar can be compared with the article."""
    written, gregorian = day(value, language), _gregorian(value, language)
    return written if written == gregorian else f"{written} ({gregorian})"


def _gregorian(value: date, language: str) -> str:
    return f"{digits(value.day, language)} {phrases(language).months.split()[value.month - 1]} {digits(value.year, language)}"


def _jalali(value: date) -> str | None:
    from persiantools.jdatetime import JalaliDate

    try:
        jalali = JalaliDate(value)  # type: ignore[no-untyped-call]
    except ValueError:  # before the calendar's first year, or after the last one the library knows
        return None
    return f"{digits(jalali.day, 'fa')} {JALALI_MONTHS.split()[jalali.month - 1]} {digits(jalali.year, 'fa')}"


# -- around a quotation -----------------------------------------------------------------------------------------------


def quoted(text: str, language: str) -> str:
    """`text` between the quotation marks of `language`."""
    return phrases(language).quote.format(text=text)


def listed(parts: Sequence[str], language: str) -> str:
    """The parts that hold anything, with the commas of `language` between them."""
    return phrases(language).comma.join(part for part in parts if part)


def turns(text: str, language: str) -> bool:
    """Whether `text` runs, or ends, in the other writing direction than our words: what follows it on its line would jump."""
    classes = [unicodedata.bidirectional(character) for character in text]
    strong = [name != "L" for name in classes if name in ("L", "R", "AL")]
    ours = frame_language(language) != "en"
    return bool(strong) and (strong[-1] is not ours or strong.count(ours) < strong.count(not ours))


def apart(text: str) -> str:
    """`text` between Unicode isolates, for a line of the other direction that must stay one line: neither disturbs the other."""
    return f"{FIRST_STRONG}{text}{END}"


def frame(source: Source, language: str) -> str:
    """Who says so and when, as far as it is known, to stand before a quotation: "According to Radio France, 18 December 2016:"."""
    say = phrases(language)
    when = day(source.published, language) if source.published else ""
    if source.publisher:
        between = say.published_across if turns(source.publisher, language) else say.published
        return (between if when else say.published_undated).format(publisher=source.publisher, day=when)
    if source.title:
        return (say.titled if when else say.titled_undated).format(title=quoted(source.title, language), day=when)
    return say.dated.format(day=when) if when else say.one_article


def quoted_language_note(language_of_quote: str, language: str) -> str:
    """Which language the quotation is in; empty when that is not known."""
    if language_of_quote in ("", "und"):
        return ""
    say = phrases(language)
    names = LANGUAGE_NAMES.get(_base(language_of_quote))
    return say.quote_language.format(name=names[frame_language(language)]) if names else say.quote_language_unknown


def gloss_line(pairs: Sequence[tuple[str, str]], language: str) -> str:
    """Words of a quotation with their meanings in `language`; empty without any."""
    say = phrases(language)
    glosses = say.gloss_separator.join(say.gloss.format(word=word, meaning=meaning) for word, meaning in pairs)
    return say.glosses.format(glosses=glosses) if glosses else ""


# -- about the whole answer -------------------------------------------------------------------------------------------


def not_found(language: str) -> str:
    """The refusal: the articles hold no answer."""
    return phrases(language).not_found


def nearest_heading(language: str) -> str:
    """What stands above the nearest headlines under a refusal: that they are no answer."""
    return phrases(language).nearest


def incomplete_note(count: int, language: str) -> str:
    """That `count` sentences were left out; with 0, only that the answer is incomplete."""
    return _counted(phrases(language).incomplete, count, language)


def quotes_only_note(language: str) -> str:
    """That no model is set up, so this is quoted and not written."""
    return phrases(language).quotes_only


def fallback_note(language: str) -> str:
    """That the model failed, so this is quoted and not written."""
    return phrases(language).fallback


def sources_heading(language: str) -> str:
    """What stands above the list of sources."""
    return phrases(language).sources


def also_in(sources: Sequence[Source], language: str) -> str:
    """Which other outlets or articles carry the words of a citation; empty without any."""
    names = dict.fromkeys(
        source.publisher or (quoted(source.title, language) if source.title else source.article_id) for source in sources
    )
    return phrases(language).also.format(names=listed(tuple(names), language)) if names else ""


def close_match(language: str) -> str:
    """The label of a quotation that very likely answers the question."""
    return phrases(language).close_match


def broke_off_note(language: str) -> str:
    """The model's answer was cut off after some sentences."""
    return phrases(language).broke_off


def wrong_language_note(language: str) -> str:
    """A sentence is not in the language of the answer."""
    return phrases(language).wrong_language


def differ_note(one: str, first: int, other: str, second: int, language: str) -> str:
    """Two cited places say different things: `one` in citation `first`, `other` in citation `second`."""
    return phrases(language).differ.format(
        one=quoted(one, language), first=digits(first, language), other=quoted(other, language), second=digits(second, language)
    )


def translation_note(text: str, language: str) -> str:
    """`text` is a model's translation of a quotation, and marked as such."""
    return phrases(language).translation.format(text=text)


def possible_match(language: str) -> str:
    """The label of a quotation that may answer the question."""
    return phrases(language).possible_match


def other_language_note(code: str) -> str:
    """For an answer in a language without our words: that they are in English; empty for fa, ar and en."""
    if _base(code) in PHRASES:
        return ""
    names = LANGUAGE_NAMES.get(_base(code))
    asked = f" ({names['en']} is not among them yet)" if names else ""
    return f"Sanad's own words come in Persian, Arabic and English{asked}, so they are in English here."


def date_reading(text: str, since: date, until: date, language: str) -> str:
    """How a date expression of the question was understood: “yesterday” = 17 December 2016."""
    say = phrases(language)
    first, last = both_calendars(since, language), both_calendars(until, language)
    days = first if since == until else say.day_range.format(first=first, last=last)
    return say.reading.format(text=quoted(text, language), days=days)


def _counted(forms: Mapping[str, str], count: int, language: str) -> str:
    form = forms.get(_plural(count, frame_language(language)), forms["other"])
    return form.format(count=digits(count, language))


def _plural(count: int, language: FrameLanguage) -> str:
    """The plural category: Arabic has six, Persian and English two; zero is worded apart in all three."""
    if count in (0, 1):
        return ("zero", "one")[count]
    if language != "ar":
        return "other"
    if count == 2:
        return "two"
    rest = count % 100
    return "few" if 3 <= rest <= 10 else "many" if rest >= 11 else "other"


# -- small talk -------------------------------------------------------------------------------------------------------


def small_talk(
    kind: SmallTalk, articles: int, publishers: Sequence[str], first: date | None, last: date | None, language: str
) -> str:
    """The fixed reply to a greeting, to thanks or to "what can you do": with the collection's size, outlets and days."""
    say = phrases(language)
    parts = [say.small_talk[kind], _counted(say.collection, articles, language)]
    if articles:
        parts += [_outlets(publishers, language), _days(first, last, language), say.invitation]
    return " ".join(part for part in parts if part)


def _outlets(publishers: Sequence[str], language: str) -> str:
    say = phrases(language)
    if not publishers:
        return ""
    names = listed(publishers[:_OUTLETS], language)
    return say.outlets.format(names=say.more_outlets.format(names=names) if len(publishers) > _OUTLETS else names)


def _days(first: date | None, last: date | None, language: str) -> str:
    say = phrases(language)
    known = sorted({moment for moment in (first, last) if moment})
    if not known:
        return ""
    return (say.days if len(known) > 1 else say.one_day).format(first=day(known[0], language), last=day(known[-1], language))


_LONGEST_SMALL_TALK = 14  # words; a longer question asks something, and trying to read it as small talk would only cost time


def _spoken(phrase: str) -> str:
    return " ".join(" ?".join(" ".join(words(part)) for part in word.split("\u200c")) for word in phrase.split())


def _any_of(phrases: str) -> str:
    return "|".join(_spoken(phrase) for phrase in re.split(r"[|\n]", phrases.strip()))


_TILE = "|".join(f"(?P<{kind}>{_any_of(said)})" for kind, said in SMALL_TALK.items())
_SMALL_TALK = re.compile(f"(?:(?:{_TILE})(?: |$))+")


def small_talk_kind(question: str) -> SmallTalk | None:
    """Whether the whole question is a greeting, thanks or "what can you do"; None as soon as anything else is in it."""
    spoken = words(question)
    if not spoken or len(spoken) > _LONGEST_SMALL_TALK:
        return None
    match = _SMALL_TALK.fullmatch(" ".join(spoken))
    kinds: tuple[SmallTalk, ...] = ("abilities", "thanks", "greeting")
    return next((kind for kind in kinds if match and match[kind]), None)
