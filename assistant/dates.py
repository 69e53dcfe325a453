"""Dates as news writes them in Persian, Arabic and English, read as days so that they compare across calendars and words.

Pure: the day that relative words and missing years are resolved with is passed in. Where an expression could be something else
(«۳ تیر» may be three bullets, "may" a verb) nothing is found: the number in it is then compared as a number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import chain, combinations, product
from typing import Any, Literal, NamedTuple, TypeAlias

import regex

from assistant.language import detect
from assistant.text import Folded, fold, fold_with_map
from assistant.types import Span

__all__ = ["Calendar", "DateMention", "Days", "Parts", "find", "holds", "same_or_within"]

Calendar: TypeAlias = Literal["gregorian", "jalali", "hijri"]

FUTURE = timedelta(days=45)  # a year is missing: the latest candidate not later than this after the reference (7 of 7 in a trial)
CONSISTENT = 7  # years back in which a weekday may choose another year than the latest
NEAR = 20  # words; with a month go some ten before it and as many after it at most, what must not follow included
STRETCH = 7  # days; a quote that names so short a stretch holds for each of its days; a month or a year is too wide to hold a day


class Days(NamedTuple):
    """The days from `since` to `until`, both included."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Parts:
    """What an expression itself says: fields of one calendar, None where it is silent.

    `weekday` counts from Monday, 0. `days` and `months` are above 1 for «۳ تا ۵ دی» and for seasons. `relative` is a unit and
    a step ("day-1" yesterday, "year+1" next year), or "past", "next" or "this".
    """

    calendar: Calendar = "gregorian"
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    months: int = 1
    days: int = 1
    relative: str = ""


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date expression, `text[start:end]`, and the days it was read as; None when that takes a reference and there was none.

    `certain` is False where a year or weekday was resolved with the reference, or the expression has two readings ("04/05/2017").
    `parts` holds one entry a reading, or one a calendar («۳۰ آذر / ۲۰ دسامبر»).
    """

    start: int
    end: int
    since: date | None
    until: date | None
    certain: bool
    parts: tuple[Parts, ...]


# -- what callers ask -------------------------------------------------------------------------------------------------


def find(text: str, *, reference: date | None, language: str = "und") -> list[DateMention]:
    """The date expressions of `text` in order; `reference` is the day it was written or asked, which relative words start from."""
    return _mentions(text, reference, language, bare_years=False)


def same_or_within(claim: DateMention, evidence: DateMention) -> bool:
    """Whether what `evidence` says makes `claim` true: the same days in whatever calendar, or days inside those of the claim.

    A day inside a short stretch («۳ تا ۵ دی», last week) holds too. What one of the two leaves open (a year without a reference)
    does not count against the claim. A year or month of one calendar holds for that of another which shares most of its days:
    no closer translation exists.
    """
    if _weekdays_differ(claim, evidence):
        return False
    if any(_wording(part) == _wording(other) for part in claim.parts for other in (*evidence.parts, *_less(evidence.parts))):
        return True
    return any(_held(claim, evidence, days) for days in _possible(evidence)) or _in_stretch(claim, evidence)


def _less(parts: Iterable[Parts]) -> Iterator[Parts]:
    """The same days and months without «امسال» or "next": whoever says "in January" of "next January" adds nothing."""
    return (replace(part, relative="") for part in parts if part.relative and part.month is not None)


def holds(text: str, quotes: Sequence[str], *, reference: date | None) -> list[str]:
    """The date expressions of `text` that no quote supports; `reference` is the day the quotes were published."""
    claims = find(text, reference=reference)
    if not claims:
        return []
    evidence = [_mentions(quote, reference, "und", bare_years=True) for quote in quotes]
    return [text[claim.start : claim.end] for claim in claims if not any(_holds(claim, mentions) for mentions in evidence)]


# -- calendars --------------------------------------------------------------------------------------------------------

_TABLED = range(1343, 1501)  # years of the Umm al-Qura tables; the arithmetic calendar, at most a day or two off, serves the others
_FIRST: dict[Calendar, date] = {
    "gregorian": date.min,
    "jalali": date(622, 3, 22),
    "hijri": date(622, 7, 19),
}  # the first day of year 1


def _gregorian(calendar: Calendar, year: int, month: int, day: int) -> date | None:
    """The day so called in `calendar`, or None when there is none."""
    try:
        if calendar == "jalali":
            from persiantools.jdatetime import JalaliDate

            return JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        return _from_hijri(year, month, day) if calendar == "hijri" else date(year, month, day)
    except (ValueError, OverflowError):
        return None


def _from_hijri(year: int, month: int, day: int) -> date:
    if year in _TABLED:
        from hijridate import Hijri

        return date.fromordinal(Hijri(year, month, day).to_gregorian().toordinal())
    ordinal = _hijri_ordinal(year, month, 1) + day - 1
    if not (1 <= month <= 12 and 1 <= day <= 30 and ordinal < _hijri_ordinal(year, month + 1, 1)):
        raise ValueError("no such day")
    return date.fromordinal(ordinal)


def _hijri_ordinal(year: int, month: int, day: int) -> int:
    """The ordinal of a day in the arithmetic calendar: 11 leap years in 30, months of 30 and 29 days in turn."""
    year, month = (year + 1, 1) if month == 13 else (year, month)
    return _FIRST["hijri"].toordinal() + (year - 1) * 354 + (11 * year + 3) // 30 + 30 * (month - 1) - (month - 1) // 2 + day - 1


@lru_cache(maxsize=4_096)
def _fields(calendar: Calendar, day: date) -> tuple[int, int, int]:
    """Year, month and day of a day in `calendar`; zeros before its year 1."""
    if calendar == "gregorian":
        return day.year, day.month, day.day
    if day < _FIRST[calendar]:
        return 0, 0, 0
    if calendar == "jalali":
        from persiantools.jdatetime import JalaliDate

        jalali = JalaliDate(day)  # type: ignore[no-untyped-call]
        return jalali.year, jalali.month, jalali.day
    # Found by looking, since the tables and the arithmetic years meet here.
    year = (day - _FIRST["hijri"]).days * 30 // 10_631 + 1
    firsts = ((y, m, _gregorian("hijri", y, m, 1)) for y in (year + 1, year, year - 1) for m in range(12, 0, -1))
    return next((y, m, (day - first).days + 1) for y, m, first in firsts if first and first <= day)


def _span(parts: Parts, year: int) -> Days | None:
    """The days that `parts` means in `year` of its calendar; None when there is no such day."""
    month = parts.month or 1
    first = _gregorian(parts.calendar, year, month, parts.day or 1)
    if parts.day is not None:
        last = _gregorian(parts.calendar, year, month, parts.day + parts.days - 1)
    else:
        later = 12 if parts.month is None else parts.months
        after = _gregorian(parts.calendar, year + (month - 1 + later) // 12, (month - 1 + later) % 12 + 1, 1)
        last = after - timedelta(days=1) if after and after > date.min else None
    return Days(first, last) if first and last else None


def _year_shared(parts: Parts, year: int, calendar: Calendar) -> int | None:
    """The year of `parts`' own calendar in which it falls into `year` of another («۲۰ دسامبر ۱۳۹۵», «30 آذر 2016»)."""
    start = _gregorian(calendar, year, 1, 1)
    if start is None:
        return None
    around = _fields(parts.calendar, start)[0]
    for own in (around, around + 1):
        days = _span(parts, own)
        if days and _fields(calendar, days.since)[0] == year:
            return own
    return None


# -- resolving with a reference ---------------------------------------------------------------------------------------


def _resolve(parts: Parts, reference: date | None) -> Days | None:
    if parts.year is not None:
        return _span(parts, parts.year)
    if reference is None:
        return None
    unit, step = _step(parts.relative)
    if parts.month is not None:
        if unit == "year":
            return _span(parts, _fields(parts.calendar, reference)[0] + step)
        return _nearest(parts, reference)
    return _weekday(parts, reference, unit, step) if parts.weekday is not None else _shifted(parts, reference, unit, step)


def _step(relative: str) -> tuple[str, int]:
    unit = relative.rstrip("+-0123456789")
    return unit, int(relative[len(unit) :] or 0)


def _nearest(parts: Parts, reference: date) -> Days | None:
    """The days of the most likely year: see `FUTURE`; a weekday, and «گذشته» or «آینده», narrow the choice."""
    this = _fields(parts.calendar, reference)[0]
    spans = [days for year in range(this + 2, this - 10, -1) if (days := _span(parts, year))]
    if parts.relative == "next":
        return min((days for days in spans if days.since >= reference), default=None)
    if parts.relative == "past":
        return max((days for days in spans if days.until < reference), default=None)
    past = [days for days in spans if days.since <= reference + FUTURE]
    on_weekday = [days for days in past[:CONSISTENT] if days.since.weekday() == parts.weekday]
    return next(iter(on_weekday or past), None)


def _weekday(parts: Parts, reference: date, unit: str, step: int) -> Days:
    assert parts.weekday is not None
    back = timedelta(days=(reference.weekday() - parts.weekday) % 7)
    day = reference - back
    if unit == "week" and step:
        day += timedelta(days=7) if step > 0 else timedelta(days=0 if back else -7)
    elif unit == "past" and not back:
        day -= timedelta(days=7)
    elif unit == "next" or (unit == "day" and step > 0):
        day += timedelta(days=7)
    return Days(day, day)


def _shifted(parts: Parts, reference: date, unit: str, step: int) -> Days | None:
    if unit == "day":
        day = reference + timedelta(days=step)
        return Days(day, day)
    if unit == "week":
        # The seven days before or after: weeks start on Saturday, Sunday or Monday, so this is what they share.
        since = reference + timedelta(days=(-7, -6, 1)[step + 1])
        return Days(since, since + timedelta(days=6))
    year, month, _ = _fields(parts.calendar, reference)
    if unit == "year":
        return _span(parts, year + step)
    index = year * 12 + month - 1 + step
    return _span(replace(parts, month=index % 12 + 1), index // 12)


# -- vocabulary -------------------------------------------------------------------------------------------------------

# Twelve cells a row: "-" is no further name, "_" a space, "|" an alternative. All names are folded before use.
_MONTHS: tuple[tuple[Calendar, str], ...] = (
    ("jalali", "فروردین اردیبهشت خرداد تیر مرداد|امرداد شهریور مهر آبان آذر دی بهمن اسفند|اسپند"),
    ("jalali", "farvardin ordibehesht khordad tir mordad|amordad shahrivar mehr aban azar dey|dei bahman esfand"),
    ("gregorian", "ژانویه فوریه مارس آوریل مه|می ژوئن ژوئیه|جولای|ژولای اوت|آگوست سپتامبر اکتبر نوامبر دسامبر"),
    ("gregorian", "جنوری فبروری مارچ اپریل - جون - اگست سپتمبر اکتوبر نومبر دسمبر"),
    ("gregorian", "يناير فبراير مارس أبريل مايو يونيو|يونيه يوليو|يوليه أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"),
    ("gregorian", "كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول"),
    ("gregorian", "جانفي فيفري - أفريل ماي جوان جويلية|يوليوز أوت|غشت شتنبر - نونبر دجنبر"),
    ("gregorian", "january february march april may june july august september october november december"),
    ("gregorian", "jan feb mar apr - jun jul aug sept|sep oct nov dec"),
    ("hijri", "محرم|محرم_الحرام صفر ربيع_الأول ربيع_الثاني|ربيع_الآخر جمادى_الأولى|جمادى_الأول"
              " جمادى_الثانية|جمادى_الآخرة|جمادى_الثاني رجب شعبان رمضان|رمضان_المبارك شوال ذو_القعدة|ذي_القعدة|ذيقعده"
              " ذو_الحجة|ذي_الحجة|ذیحجه"),
    ("hijri", "muharram safar rabi_al-awwal|rabi_i rabi_al-thani|rabi_ii jumada_al-awwal|jumada_al-ula|jumada_i"
              " jumada_al-thani|jumada_al-akhira|jumada_ii rajab shaban|shaaban ramadan|ramazan shawwal"
              " dhu_al-qadah|dhul_qadah dhu_al-hijjah|dhul_hijjah"),
)  # fmt: skip
# Names that are a month even alone. The others are also words, people or things, and need a day, a year or a word like «ماه».
_ALONE = (
    "فروردین اردیبهشت خرداد مرداد شهریور اسفند ژانویه فوریه آوریل ژوئن ژوئیه جولای آگوست سپتامبر سپتمبر اکتبر نوامبر دسامبر دسمبر"
    " يناير فبراير أبريل يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر كانون_الثاني شباط آذار حزيران تموز أيلول تشرين_الأول"
    " تشرين_الثاني كانون_الأول جانفي فيفري january february april june july august september october november december"
)
_ONLY_ARABIC = "آب جوان ماي"  # Persian: water, young, …
_NOT_ARABIC = "می مه دی تیر مهر"
_CAPITAL = "march may jan mar apr jun jul aug sep sept dec oct nov feb april june august tir mehr aban azar dey dei safar"
_WEEKDAYS = (
    "دو_شنبه|الاثنين|monday سه_شنبه|الثلاثاء|tuesday چهار_شنبه|الأربعاء|wednesday پنج_شنبه|الخميس|thursday"
    " جمعه|آدینه|الجمعة|friday شنبه|السبت|saturday یک_شنبه|الأحد|sunday"
)
_SHORT_WEEKDAYS = "mon tue|tues wed thu|thur|thurs fri sat sun"
_SEASONS = "بهار تابستان پاییز زمستان"
_OTHER_SEASONS = "الربيع|ربيع|spring الصيف|صيف|summer الخريف|خريف|autumn|fall الشتاء|شتاء|winter"
_PERSIAN_DAYS = (
    "اول|یکم دوم سوم|سه چهارم|چهار پنجم|پنج ششم|شش هفتم|هفت هشتم|هشت نهم|نه دهم|ده یازدهم|یازده دوازدهم|دوازده سیزدهم|سیزده"
    " چهاردهم|چهارده پانزدهم|پانزده شانزدهم|شانزده هفدهم|هفده هجدهم|هیجدهم|هجده|هیجده نوزدهم|نوزده بیستم|بیست"
)
_PERSIAN_UNITS = "یکم|یک دوم|دو سوم|سه چهارم|چهار پنجم|پنج ششم|شش هفتم|هفت هشتم|هشت نهم|نه"
_ARABIC_DAYS = "الأول الثاني الثالث الرابع الخامس السادس السابع الثامن التاسع العاشر"
_ARABIC_UNITS = "الحادي الثاني الثالث الرابع الخامس السادس السابع الثامن التاسع"
_ENGLISH_DAYS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth"
    " seventeenth eighteenth nineteenth twentieth"
)

_SEPARATORS = regex.compile(r"[\s'_-]+")


def _numbered(listed: str, *, first: int = 1) -> dict[str, int]:
    """The names in a list of cells, each with the number of its cell."""
    return {name: number for number, cell in enumerate(listed.split(), first) for name in cell.split("|") if name != "-"}


def _key(name: str) -> str:
    """A name as it is looked up: folded, without what separates its words."""
    return _SEPARATORS.sub("", fold(name))


def _keyed(names: dict[str, int]) -> dict[str, int]:
    return {_key(name): number for name, number in names.items()}


def _spellings(names: Iterable[str]) -> list[str]:
    """The folded names with their words written together or apart, Latin ones also with hyphens and apostrophes."""
    spelled: set[str] = set()
    for name in names:
        first, *rest = fold(name).split("_")
        between = ("", " ", "-", "' ") if first.isascii() else ("", " ")
        for gaps in product(between, repeat=len(rest)):
            spelled.add(first + "".join(gap + word for gap, word in zip(gaps, rest, strict=True)))
    return sorted(spelled)


def _persian_days() -> dict[str, int]:
    days = {**_numbered(_PERSIAN_DAYS), "سی_ام": 30, "سی": 30, "سی_و_یکم": 31, "سی_و_یک": 31}
    return days | {f"بیست_و_{unit}": 20 + number for unit, number in _numbered(_PERSIAN_UNITS).items()}


def _arabic_days() -> dict[str, int]:
    days = _numbered(_ARABIC_DAYS)
    units = _numbered(_ARABIC_UNITS)
    days |= {f"{unit}_عشر": 10 + number for unit, number in units.items()}
    for ending in ("ين", "ون"):
        days |= {f"العشر{ending}": 20, f"الثلاث{ending}": 30, f"الحادي_والثلاث{ending}": 31}
        days |= {f"{unit}_والعشر{ending}": 20 + number for unit, number in units.items()}
    return days


def _english_days() -> dict[str, int]:
    days = _numbered(_ENGLISH_DAYS)
    return {**days, "thirtieth": 30, "thirty_first": 31, **{f"twenty_{unit}": 20 + n for unit, n in days.items() if n < 10}}


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """What the names mean, by key."""

    months: dict[str, tuple[Calendar, int]]
    days: dict[str, int]
    weekdays: dict[str, int]
    seasons: dict[str, tuple[Calendar, int]]
    alone: frozenset[str]
    only_arabic: frozenset[str]
    not_arabic: frozenset[str]
    capital: frozenset[str]


@cache
def _vocabulary() -> _Vocabulary:
    seasons: dict[str, tuple[Calendar, int]] = {_key(name): ("jalali", 3 * n - 2) for name, n in _numbered(_SEASONS).items()}
    seasons |= {_key(name): ("gregorian", 3 * n) for name, n in _numbered(_OTHER_SEASONS).items()}
    return _Vocabulary(
        months={_key(name): (calendar, number) for calendar, row in _MONTHS for name, number in _numbered(row).items()},
        days=_keyed({**_persian_days(), **_arabic_days(), **_english_days()}),
        weekdays=_keyed({**_numbered(_WEEKDAYS, first=0), **_numbered(_SHORT_WEEKDAYS, first=0)}),
        seasons=seasons,
        alone=frozenset(map(_key, _ALONE.split())),
        only_arabic=frozenset(map(_key, _ONLY_ARABIC.split())),
        not_arabic=frozenset(map(_key, _NOT_ARABIC.split())),
        capital=frozenset(_CAPITAL.split()),
    )


# -- patterns (over folded text) --------------------------------------------------------------------------------------

_PAST = "گذشته|الماضیه?|الفایته?|المنصرمه?"
_NEXT = "اینده|المقبله?|القادمه?"
_THIS = "جاری|الجاریه?|الحالیه?"
_UNITS = {"week": "هفته|[ال]لاسبوع|week", "month": "ماه|[ال]لشهر|month", "year": "سال|[ال]لعام|[ال]لسنه|year"}
# What comes after a month or a year rather than after a count, and what is counted.
_FOLLOWERS = (
    "در از به با که و تا را بر برای نیز هم سال میلادی شمسی خورشیدی هجری قمری امسال پارسال گذشته آینده جاری توسط علیه طی پیش بین روز"
    " ساعت في من إلى على عن مع بعد قبل حيث أن التي الذي الماضي المقبل and to in at the by with when as was were"
)
_COUNTED = (
    "نفر تن هزار میلیون میلیارد تریلیون درصد دلار یورو تومان ریال کیلومتر متر کشته زخمی مورد نیرو خانه خانوار واحد روستا شخص شخصا"
    " قتيل قتيلا جريح دولار يوم يوما ألف مليون مليار قرية people soldiers troops dollars euros km kilometers kilometres meters"
    " metres miles percent per_cent million billion thousand years days hours men women villages points"
)
_FOLLOWED = r"(?=\s*(?:$|[^\w\s]|\d{4}(?!\d)|\L<followers>(?!\w)|\s+و))"
_UNCOUNTED = r"(?!\s*\L<counted>(?!\w)|\s?[%٪])"
_ERA = r"(?:ه\s?\.?\s?[شقخ]|هجریه?(?:\s*(?:شمسیه?|خورشیدی|قمریه?))?|شمسی|خورشیدی|قمری|میلادیه?|ه|م|ش|ق|ad|ce|ah|ap|sh)(?!\w)\.?"
_NOT_BEFORE_CHRIST = r"(?!\s*(?:(?:قبل|پیش)\s*از\s*(?:میلاد|اسلام)|قبل\s*المیلاد|ق\.?\s?م(?!\w)|bce?(?!\w)|b\.\s?c))"
_YEAR_END = r"(?!\d)(?![.,٫٬:]\d)(?!/\d{1,3}(?!\d))"
_YEAR = rf"[12]\d{{3}}|\d{{1,3}}(?=\s?\(?{_ERA})"
_SHORT_YEAR = rf"\d\d{_YEAR_END}(?!\s*(?:(?:قبل|پیش)\s+از|هجری|قمری|میلادی|(?:تا|الی|و|[-–])\s*\d))"
_WORD_START = r"(?:(?<![^\W_])|(?<=(?<![^\W_])[وبلفک]))"  # Arabic writes one-letter words together with the next
_WORD_END = r"(?![^\W\d_])"
_TO = r"\s*(?:تا|الی|to|through|[-‐‑–—])\s*"
_SHIFTED_BEFORE = r"(?:(?<!\w)(?:(?P<past>last|past)|(?P<next>next)|(?P<this>this|هذا|هذه|این))\s+)"
_SHIFTED_AFTER = rf"(?:(?P<past>{_PAST})|(?P<next>{_NEXT})|(?P<this>{_THIS}))(?!\w)"


_TAKEN = "\x00"  # stands for every character of a date that an earlier pattern found


def _relative(unit: str) -> str:
    """«سال گذشته», العام الماضي, last year; the group that matched tells which way it points."""
    word = _UNITS[unit]
    this = "this|هذا|هذه" if unit == "year" else "this|هذا|هذه|این"  # «این سال» is the year spoken of
    return (
        rf"(?:(?:{word})\s+(?:(?P<{unit}_past>{_PAST}|(?:پیش|قبل)(?!\s+از(?!\w)))|(?P<{unit}_next>{_NEXT})|(?P<{unit}_this>{_THIS}))"
        rf"|(?:(?P<{unit}_past>last|previous)|(?P<{unit}_next>next|coming)|(?P<{unit}_this>{this}))\s+(?:{word})(?!\s+of\s))(?!\w)"
    )


def _year_after() -> str:
    """What may follow a month: a year in figures, a two-digit Jalali year, «سال گذشته» and the like, or «گذشته»."""
    of = r"(?:(?:از|من|of|in)\s+)?"
    return (
        rf"(?:[\s،,]*{of}(?:(?:سال|العام|عام|لعام|لسنه|السنه|سنه|year)\s*)?"
        rf"(?P<year>{_YEAR}){_YEAR_END}(?:\s*(?P<era>{_ERA})|\s*\((?P<era>{_ERA})\))?{_NOT_BEFORE_CHRIST}"
        rf"{_UNCOUNTED}"
        rf"|\s*(?:سال\s*)?'?(?P<short>{_SHORT_YEAR}){_FOLLOWED}"
        rf"|[\s،,]*{of}(?:(?P<year_this>امسال)(?!\w)|(?P<year_past>پارسال)(?!\w)|{_relative('year')})"
        rf"|\s+{_SHIFTED_AFTER})?"
    )


def _several_days() -> str:
    """A day, a span of days («۳ تا ۵») or a list of them ("3, 4 and 5"), in figures or words."""
    suffix = r"(?:\s?(?P<ordinal>ام|م|st|nd|rd|th)(?!\w))?"
    several = r"(?:(?:(?P<more>\d\d?)\s*[،,]\s*){0,5}(?P<more>\d\d?)\s*(?:و|and|&)\s*)?"
    figures = rf"(?<!\d)(?<!\d[./:,٫٬-])(?<![a-z]){several}(?P<day>\d\d?){suffix}(?:{_TO}(?P<last>\d\d?){suffix})?"
    return (
        rf"(?:{figures}"
        rf"|(?<!(?:نیمه|هفته|دهه|دور|نوبت)\s){_WORD_START}(?P<day>\L<persian_days>)(?!\w)(?:{_TO}(?P<last>\L<persian_days>)(?!\w))?"
        rf"|(?<!(?:الاسبوع|النصف|الثلث|الربع|الیوم)\s){_WORD_START}(?P<day>\L<arabic_days>)(?:{_TO}(?P<last>\L<arabic_days>))?(?=\s+من\s)"
        rf"|(?<!\w)(?P<day>\L<english_days>)(?=\s+of\s))"
    )


def _months() -> str:
    """A month or season with what stands around it: days, «ماه», a year; or, after a day, «ماه گذشته»."""
    after_days = r"\s*(?:(?P<of>از|(?P<marked>من)|of)\s+)?(?P<marked>(?:ماه|شهر)\s*)?"
    prepositions = "in|since|until|till|during|early|late|mid|of|from|through|between"
    before = rf"(?:{_SHIFTED_BEFORE}|(?<!\w)(?P<marked>ماه|شهر|برج)\s*|(?<!\w)(?P<preposition>{prepositions})\s+)?{_WORD_START}"
    month = rf"(?P<month>\L<months>)(?:\s*[/(]\s*(?P<other>\L<months>)\)?)?(?:\s*(?P<marked>ماه))?{_WORD_END}"
    day = rf"(?P<day>\d\d?)(?:st|nd|rd|th)?(?:{_TO}(?P<last>\d\d?)(?:st|nd|rd|th)?)?|(?:the\s+)?(?P<day>\L<english_days>)"
    american = rf"(?(day)|(?<=[a-z])\.?\s*(?:{day})(?!\w)(?![.:,٫٬/]\d){_UNCOUNTED})"
    return (
        rf"(?:{_several_days()}{after_days}|{before})"
        rf"(?:(?:{month}(?:{american})?|(?(day)(?!)|(?P<season>\L<seasons>){_WORD_END})){_year_after()}|(?(day){_relative('month')}|(?!)))"
    )


def _years() -> str:
    """Years with a word before or an era behind, lists and spans of them, and a second year of another calendar after a slash."""
    marked = (
        rf"(?<!(?<!\w)هر\s)(?<!\w)(?P<mark>سالهای|سال)\s*|(?<!\w)(?P<mark>years?)\s*"
        rf"|(?<!(?:مدیر|امین|مفتش|نایب|قاید|مدع)\s){_WORD_START}(?P<mark>(?:[ال]ل)?(?:عام|عامی|اعوام|سنه|سنوات))\s*"
    )
    before = "in|since|by|until|till|before|after|during|from|between|of|در|از|تا|پیش از|پس از|فی|منذ|حتی|بحلول|قبل|بعد|بین|من"
    more = rf"(?:\s*(?:،|,|و|تا|الی|and|to|or|[-–—])\s*(?P<more>[12]\d{{3}}){_YEAR_END})*"
    era = rf"(?:\s*(?P<era>{_ERA})|\s*\((?P<era>{_ERA})\))?"
    pair = rf"(?:\s*[/=]\s*(?P<pair>[12]\d{{3}}){_YEAR_END}(?:\s*{_ERA})?|\s*\((?P<pair>[12]\d{{3}}){_YEAR_END}(?:\s*{_ERA})?\))?"
    figures = rf"(?P<year>{_YEAR}|\d{{3}}){_YEAR_END}{more}{era}{pair}{_NOT_BEFORE_CHRIST}{_UNCOUNTED}"
    return rf"(?:{marked}|{_WORD_START}(?P<preposition>{before})\s+|(?<![\w.,٫٬/:-]))(?:{figures}|'?(?P<short>{_SHORT_YEAR}))"


def _weekday_names() -> str:
    habit = r"(?<!(?<!\w)(?:هر|کل|every|each|نماز|نمازهای|امام|امامان|ایمه|خطیب|صلاه|خطبه|سوق|black|good)\s)"
    return (
        rf"{habit}{_SHIFTED_BEFORE}?{_WORD_START}(?P<weekday>\L<weekdays>)(?!\w)(?!\s+(?:times|telegraph|mirror|express|herald|prayers?)(?!\w))"
        rf"(?:\s+(?:من\s+|of\s+)?{_relative('week')}|\s+{_SHIFTED_AFTER})?"
        rf"|(?<!\w)(?P<weekday>\L<short_weekdays>)(?=[.,]*\s+(?:the\s+)?{_TAKEN})"
    )


def _relative_words() -> str:
    """Yesterday, today, last week and the like; a group's name is the unit and how many of it before or after."""
    not_a_day = r"\s+(?:ال(?!احد|اثنین|ثلاثا|اربعا|خمیس|جمعه|سبت)|نفسه|ذاته|عینه)"
    words = (
        ("day_before_2", r"پریروز|پریشب|اول\s+من\s+امس|اول\s+امس|(?:ال)?امس\s+الاول|(?:the\s+)?day\s+before\s+yesterday"),
        ("day_after_2", r"پس\s?فردا|بعد\s+غد|(?:the\s+)?day\s+after\s+tomorrow"),
        ("day_before_1", r"دیروز|دیشب|(?:روز|شب)\s+گذشته|(?:ب?ال)?امس|البارحه|اللیله\s+الماضیه|yesterday|last\s+night"),
        ("day_after_1", r"فردا|غدا|یوم\s+(?:ال)?غد|tomorrow"),
        ("day_after_0", rf"امروز|امشب|today|tonight|(?<!(?:هذا|ذلک|ذات|نفس|طوال|فی|اخر)\s)الیوم(?!{not_a_day})"),
        ("year_this", "امسال"),
        ("year_past", "پارسال"),
    )
    listed = "|".join(rf"(?P<{name}>{spelled})(?!\w)" for name, spelled in words)
    return rf"{_WORD_START}(?:{listed}|{'|'.join(map(_relative, _UNITS))})"


@cache
def _lists() -> dict[str, Any]:
    """The names that the patterns mean by \\L<…>."""
    return {
        "months": _spellings(name for _, row in _MONTHS for name in _numbered(row)),
        "persian_days": _spellings(_persian_days()),
        "arabic_days": _spellings(_arabic_days()),
        "english_days": _spellings(_english_days()),
        "seasons": _spellings([*_numbered(_SEASONS), *_numbered(_OTHER_SEASONS)]),
        "weekdays": _spellings(_numbered(_WEEKDAYS)),
        "short_weekdays": _spellings(_numbered(_SHORT_WEEKDAYS)),
        "followers": _spellings(_FOLLOWERS.split()),
        "counted": _spellings(_COUNTED.split()),
    }


@cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.V1, ignore_unused=True, **_lists())


_FIGURE_START = r"(?<![\d.,٫/:-])"
_NUMERIC = (
    rf"{_FIGURE_START}(?P<year>[12]\d{{3}})\s?(?P<mark>[-/.])\s?(?P<month>\d\d?)\s?(?P=mark)\s?(?P<day>\d\d?)(?!\d|[-/.]\d)"
    rf"(?:\s*(?P<era>{_ERA}))?"
)
_REVERSED = (
    rf"{_FIGURE_START}(?P<first>\d\d?)(?P<mark>[-/.])(?P<second>\d\d?)(?P=mark)(?P<year>[12]\d{{3}})(?!\d|[-/.]\d)"
    rf"(?:\s*(?P<era>{_ERA}))?"
)
_SHORT_NUMERIC = rf"{_FIGURE_START}(?P<short>[3-9]\d)/(?P<month>\d\d?)/(?P<day>\d\d?)(?!\d|[-/.]\d)"
_BARE_YEAR = rf"(?<![\w.,٫٬/:-])(?P<year>(?:1[3-9]|20)\d\d)(?!\w){_YEAR_END}"


# -- reading matches --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _View:
    """A text as it is searched."""

    raw: str
    folded: Folded
    language: str

    def capital(self, index: int) -> bool:
        return self.raw[self.folded.origins[index]].isupper()


@dataclass(frozen=True, slots=True)
class _Found:
    """An expression in the folded text; two readings when `ambiguous`, else one reading a calendar."""

    start: int
    end: int
    parts: tuple[Parts, ...]
    ambiguous: bool = False


_Match: TypeAlias = "regex.Match[str]"
_Reader: TypeAlias = Callable[[_Match, _View], Iterator[_Found]]

_STEPS = {"past": -1, "this": 0, "next": 1}


def _towards(match: _Match, unit: str) -> str:
    """Which way the words point: "year-1" from «سال گذشته», "past" from «گذشته» alone, "" when they do not say."""
    groups = match.groupdict()
    for name, step in _STEPS.items():
        if groups.get(f"{unit}_{name}"):
            return f"{unit}{step:+d}"
    return next((name for name in _STEPS if groups.get(name)), "")


def _read_numeric(match: _Match, view: _View) -> Iterator[_Found]:
    yield from _numeric(match, view, (int(match["month"]), int(match["day"])))


def _read_reversed(match: _Match, view: _View) -> Iterator[_Found]:
    """31/12/2016; where both could be the month, the day comes first and the American order is a second reading."""
    first, second = int(match["first"]), int(match["second"])
    yield from _numeric(match, view, *dict.fromkeys(((second, first), (first, second))))


def _numeric(match: _Match, view: _View, *readings: tuple[int, int]) -> Iterator[_Found]:
    year = int(match["year"])
    era = _era(match, view)
    calendar = _calendar_of_era(era) if era else _calendars_of_year(year, view.language)[0]
    parts = tuple(part for month, day in readings if _exists(part := Parts(calendar, year, month, day)))
    if parts:
        yield _Found(match.start(), match.end(), parts, ambiguous=len(parts) > 1)


def _read_short_numeric(match: _Match, view: _View) -> Iterator[_Found]:
    """95/10/11, which only Persian writes so."""
    parts = Parts("jalali", _century(int(match["short"])), int(match["month"]), int(match["day"]))
    if view.language == "fa" and _exists(parts):
        yield _Found(match.start(), match.end(), (parts,))


def _read_month(match: _Match, view: _View) -> Iterator[_Found]:
    """30 آذر ۱۳۹۵, 3 and 4 March, December 20–22, 2016, دی ماه, تابستان ۱۳۹۵, «۵ ماه گذشته»."""
    if match["season"]:
        yield from _season(match, view)
        return
    if match["month"] is None:
        yield from _day_of_month(match)
        return
    parts = _dated(match, view)
    if parts is None:
        return
    for start, end in match.spans("more"):
        other = replace(parts, day=int(view.folded.text[start:end]), days=1)
        if _exists(other):
            yield _Found(start, end, (other,))
    yield _Found(_start(match, "month", "day"), _end(match, parts), (parts,))


def _day_of_month(match: _Match) -> Iterator[_Found]:
    towards = _towards(match, "month")
    if towards == "month+0" or match["of"] or match["ordinal"] or match["day"].endswith(("م", "اول")):  # «سه ماه گذشته» is a length
        calendar: Calendar = "jalali" if "ماه" in match[0] else "gregorian"
        yield _Found(match.start("day"), match.end(), (Parts(calendar, day=_day(match["day"]), relative=towards),))


def _season(match: _Match, view: _View) -> Iterator[_Found]:
    """Three months of the year's own calendar, since the springs of the two differ by weeks."""
    calendar, month = _vocabulary().seasons[_key(match["season"])]
    if match["year"] and (1200 <= int(match["year"]) <= 1500) is not (calendar == "jalali"):
        calendar, month = ("gregorian", month + 2) if calendar == "jalali" else ("jalali", month - 2)
    parts = _in_year(Parts(calendar, month=month, months=3), match, view)
    if parts is not None and (parts.year is not None or parts.relative):
        yield _Found(_start(match, "season"), match.end(), (parts,))


_DECADE = regex.compile(r"(?:دهه|قرن|سده|عقد|century)\s*$")


def _read_years(match: _Match, view: _View) -> Iterator[_Found]:
    """عام 2016, «سال‌های ۱۳۹۰ تا ۱۳۹۵», 1442 هـ, "between 2011 and 2016": every year is a mention."""
    followed = bool(_compiled(_FOLLOWED).match(view.folded.text, match.end()))
    if _DECADE.search(view.folded.text[max(0, match.start() - 8) : match.start()]):
        return
    if match["short"] is not None:
        if match["mark"] and followed and view.language == "fa" and not 10 <= int(match["short"]) < 30:
            yield _Found(match.start("mark"), match.end("short"), (Parts("jalali", _century(int(match["short"]))),))
        return
    era = _era(match, view)
    if match["mark"]:
        told = followed or len(match["year"]) == 4
    elif match["preposition"]:
        told = followed and 1300 <= int(match["year"]) <= 2100
    else:
        told = len(era or "") > 1 or (
            era is not None and (1800 if era == "م" else 1300) <= int(match["year"]) <= 2100
        )  # «م»: metres
    if not told:
        return
    start = match.start("mark" if match["mark"] else "year")
    end = match.end("era") if era and not match["more"] else match.end("year")
    end += "(" in view.folded.text[match.end("year") : end] and view.folded.text[end : end + 1] == ")"
    yield from _year(Span(start, end), int(match["year"]), era, view)
    for span in match.spans("more"):
        yield from _year(Span(*span), int(view.folded.text[slice(*span)]), era, view)
    if match["pair"]:
        yield from _year(Span(match.start("pair"), match.end()), int(match["pair"]), None, view)


def _era(match: _Match, view: _View) -> str | None:
    """The era, which English writes in capitals: "1442 AH", but "20 ad campaigns"."""
    era: str | None = match["era"]
    return None if era and era.isascii() and not view.capital(match.start("era")) else era


def _read_bare_year(match: _Match, view: _View) -> Iterator[_Found]:
    yield from _year(Span(*match.span("year")), int(match["year"]), None, view)


def _year(span: Span, year: int, era: str | None, view: _View) -> Iterator[_Found]:
    calendars = (_calendar_of_era(era),) if era else _calendars_of_year(year, view.language)
    parts = tuple(part for calendar in calendars if _exists(part := Parts(calendar, year)))
    if parts and year <= 2200:
        yield _Found(*span, parts, ambiguous=len(parts) > 1)


def _read_weekday(match: _Match, view: _View) -> Iterator[_Found]:
    towards = _towards(match, "week")
    parts = Parts(weekday=_vocabulary().weekdays[_key(match["weekday"])], relative="" if towards == "this" else towards)
    yield _Found(_start(match, "weekday"), match.end(), (parts,))


# A number or «چند» before «هفته گذشته» makes it a length of time; «العام» after a title is "general".
_A_LENGTH = regex.compile(
    r"(?:\d|(?<!\w)(?:چند|چندین|یک|دو|سه|چهار|پنج|شش|هفت|هشت|نه|ده|یازده|دوازده|پانزده|بیست|سی|چهل|پنجاه|صد|هزار|میلیون|میلیارد|نیم|هر))\s*$"
    r"|(?:الامین|المدیر|المفتش|النایب|المدعی|الرای|القطاع|القاید|الامن|المنسق|السکرتیر|الصالح)\s+$"
)


def _read_relative(match: _Match, view: _View) -> Iterator[_Found]:
    """Yesterday, last week, «سال گذشته»; months and years are those of the calendar that the language counts in."""
    name = next(name for name, text in match.groupdict().items() if text is not None)
    if " " in match[0] and _A_LENGTH.search(view.folded.text[max(0, match.start() - 12) : match.start()]):
        return
    unit, way, *steps = name.split("_")
    step = _STEPS[way] if way in _STEPS else int(steps[0]) * (1 if way == "after" else -1)
    calendar: Calendar = "jalali" if regex.search("ماه|سال", match[0]) else "gregorian"
    yield _Found(match.start(), match.end(), (Parts(calendar, relative=f"{unit}{step:+d}"),))


def _dated(match: _Match, view: _View) -> Parts | None:
    """The days or month of `match` with their year or direction; None when it is no month or no such day exists."""
    months = _vocabulary().months
    calendar, month = months[_key(match["month"])]
    parts = Parts(calendar, month=month)
    if match["other"] and months[_key(match["other"])] != (calendar, month):
        return None
    if match["day"]:
        day, last = _day(match["day"]), _day(match["last"] or match["day"])
        parts = replace(parts, day=day, days=last - day + 1)
    dated = _in_year(parts, match, view)
    return dated if dated is not None and dated.days > 0 and _exists(dated) and _is_month(match, view, dated) else None


def _in_year(parts: Parts, match: _Match, view: _View) -> Parts | None:
    """`parts` with the year or the direction that follows; a year of another calendar is turned into its own."""
    if match["year"] is None:
        if match["short"] is not None and parts.calendar == "jalali":
            return replace(parts, year=_century(int(match["short"])))
        towards = _towards(match, "year")
        return replace(parts, relative="year+0" if towards == "this" else towards)
    year, era = int(match["year"]), _era(match, view)
    if era:
        calendar = _calendar_of_era(era)
    elif year < 1000:
        return None
    elif parts.calendar == "gregorian":
        persian = view.language in ("fa", "und") and not (match["month"] or "").isascii()
        calendar = "jalali" if persian and 1300 <= year < 1450 else "gregorian"
    else:
        calendar = parts.calendar if year < 1600 else "gregorian"
    own = year if calendar == parts.calendar else _year_shared(parts, year, calendar)
    return None if own is None else replace(parts, year=own)


_SHOTS = regex.compile(r"\s*(?:شلیک|خلاص|انداز|هوایی|جنگی|مشقی|خورد|اصابت|به\s+(?:سر|قلب|سمت|سوی|پا|بدن))")
_SHOOTING = regex.compile(r"(?:شلیک|اصابت|ضرب|خوردن|با)\s+$")
_SURE_PREPOSITIONS = frozenset({"in", "since", "until", "till", "during", "early", "late", "mid"})


def _is_month(match: _Match, view: _View, parts: Parts) -> bool:
    """Whether the name is meant as a month here: many are words, people or things as well."""
    known, key, groups = _vocabulary(), _key(match["month"]), match.groupdict()
    if parts.year is not None:
        # «خبرگزاری مهر 2016»: a Persian name that is also a word says nothing beside a Gregorian year.
        foreign = parts.calendar == "jalali" and match["year"] is not None and int(match["year"]) >= 1600
        return parts.day is not None or key in known.alone or not foreign
    if groups["other"]:
        return True  # «كانون الأول/ديسمبر»
    if key in (known.not_arabic if view.language == "ar" else known.only_arabic):
        return False
    if key in known.capital and not view.capital(match.start("month")):
        return False
    if key in _DOUBTFUL and not _DOUBTFUL[key](view.folded.text[: match.start()], view.folded.text[match.end("month") :], groups):
        return False
    sure = bool(groups.get("marked") or parts.relative) or groups.get("preposition") in _SURE_PREPOSITIONS
    return parts.day is not None or key in known.alone or sure


# Names that mean something else even with a number before them: "می" is the prefix of verbs, "تیر" a bullet, "صفر" nought.
_DOUBTFUL: dict[str, Callable[[str, str, dict[str, str | None]], bool]] = {
    "می": lambda before, after, groups: bool(_compiled(_FOLLOWED).match(after)),
    "تیر": lambda before, after, groups: not (_SHOTS.match(after) or _SHOOTING.search(before)),
    "صفر": lambda before, after, groups: bool(groups.get("marked")),
}


def _start(match: _Match, *names: str) -> int:
    """Where an expression starts: at the first of its names, or at the English "last" or "next" before it."""
    groups = match.groupdict()
    return min(match.start(name) for name in (*names, *_STEPS) if groups[name])


def _end(match: _Match, parts: Parts) -> int:
    """Where an expression ends: behind its year or direction, else behind its month and day."""
    if parts.year is not None or parts.relative:
        return match.end()
    groups = match.groupdict()
    return max(match.end(name) for name in ("month", "other", "marked", "day", "last") if groups[name])


def _day(name: str) -> int:
    return int(name) if name.isdecimal() else _vocabulary().days[_key(name)]


def _century(short: int) -> int:
    """The Jalali year that two digits mean: «سال ۹۵» is 1395, «۰۳» 1403."""
    return (1300 if short >= 20 else 1400) + short


def _calendar_of_era(era: str) -> Calendar:
    if regex.match("م|ad|ce", era):
        return "gregorian"
    return "jalali" if regex.search("ش|خ|ap|sh", era) else "hijri"


def _calendars_of_year(year: int, language: str) -> tuple[Calendar, ...]:
    """The calendars a year without an era may belong to, the likeliest first."""
    if year >= 1600:
        return ("gregorian",)
    if language == "fa" and year <= 1500:
        return ("jalali",) if year >= 1200 else ("gregorian", "hijri", "jalali")
    if language == "ar" and year <= 1500:
        return ("hijri", "gregorian") if year >= 1300 else ("gregorian", "hijri")
    if not 1300 <= year <= 1500:
        return ("gregorian",)
    return ("jalali", "gregorian") if year <= 1420 else ("hijri", "gregorian")


def _exists(parts: Parts) -> bool:
    """Whether the calendar has such a day, in a leap year where the year is open."""
    if parts.year is not None:
        return _span(parts, parts.year) is not None
    if parts.calendar == "hijri":
        return parts.day is None or 1 <= parts.day <= parts.day + parts.days - 1 <= 30
    return _span(parts, 2016 if parts.calendar == "gregorian" else 1395) is not None


# -- putting mentions together ----------------------------------------------------------------------------------------


@cache
def _patterns() -> tuple[tuple[str, _Reader], ...]:
    """The patterns, the surest first, with what reads them; the last only where a bare number may be a year."""
    return (
        (_NUMERIC, _read_numeric),
        (_REVERSED, _read_reversed),
        (_SHORT_NUMERIC, _read_short_numeric),
        (_months(), _read_month),
        (_years(), _read_years),
        (_weekday_names(), _read_weekday),
        (_relative_words(), _read_relative),
        (_BARE_YEAR, _read_bare_year),
    )


_LETTERS = regex.compile(r"[^\W\d_]+")
_FIGURE = regex.compile(r"\d")
_OF_FIGURES = (_read_numeric, _read_reversed, _read_short_numeric, _read_years, _read_bare_year)  # they find nothing without one


@cache
def _month_words() -> frozenset[str]:
    """The words that a month, a season or a day of «ماه گذشته» cannot do without."""
    lists = _lists()
    firsts = {_LETTERS.findall(name)[0] for name in (*lists["months"], *lists["seasons"], "ماه", "الشهر", "للشهر", "month")}
    return frozenset(before + word + after for word in firsts for before in ("", *"وبلفک") for after in ("", "ماه"))


def _mentions(text: str, reference: date | None, language: str, *, bare_years: bool) -> list[DateMention]:
    view = _View(text, fold_with_map(text), _language(text, language))
    found = sorted(_scan(view, bare_years=bare_years), key=lambda each: each.start)
    joined: list[_Found] = []
    for each in found:
        both = _joined(joined[-1], each, view, reference) if joined else None
        joined = [*joined[:-1], both] if both else [*joined, each]
    return [_mention(each, view, reference) for each in _with_years(joined, view)]


def _language(text: str, language: str) -> str:
    if language != "und":
        return language
    found = detect(text)
    # Figures alone: the two scripts of digits tell the languages apart.
    return "ar" if found == "und" and regex.search("[٠-٩]", text) else found


def _scan(view: _View, *, bare_years: bool) -> list[_Found]:
    """What the patterns find, the surest first; a later pattern never sees what an earlier one took."""
    found: list[_Found] = []
    text = view.folded.text
    figures = _FIGURE.search(text)
    for pattern, reader in _patterns()[: None if bare_years else -1]:
        if reader in _OF_FIGURES and not figures:
            continue
        # The slow one: 11 of 15 ms in 3,000 characters, and 40 of 56 ms to compile.
        stretches = _near_months(text) if reader is _read_month else [Span(0, len(text))]
        for match in chain.from_iterable(_compiled(pattern).finditer(text, *stretch) for stretch in stretches):
            for each in reader(match, view):
                found.append(each)
                text = f"{text[: each.start]}{_TAKEN * (each.end - each.start)}{text[each.end :]}"
    return found


def _near_months(text: str) -> list[Span]:
    """The stretches of a folded text outside of which no expression with a month begins or ends, in order."""
    if _month_words().isdisjoint(_LETTERS.findall(text)):
        return []
    spoken = [Span(*match.span()) for match in _LETTERS.finditer(text)]
    near: list[Span] = []
    for place, word in enumerate(spoken):
        if text[slice(*word)] in _month_words():
            start = spoken[place - NEAR].start if place > NEAR else 0
            end = spoken[place + NEAR].end if place + NEAR < len(spoken) else len(text)
            near.append(Span(near.pop().start if near and start <= near[-1].end else start, end))
    return near


_CLOSE = regex.compile(r"[\s،,(]*(?:(?:مورخ|الموافق|مصادف\s+با|برابر\s+با|روز|یوم|the|on)(?!\w)\s*)*[\s(]*ل?")
_PAIR = regex.compile(r"[\s)]*(?:[/(=،,]|برابر(?:\s+با)?|مصادف(?:\s+با)?|مطابق(?:\s+با)?|الموافق|ای|یعنی|or)?[\s(]*ل?")
_LIST = regex.compile(r"\s*(?:و|تا|الی|حتی|and|to|or|through|[،,–—-])\s*")


def _joined(first: _Found, second: _Found, view: _View, reference: date | None) -> _Found | None:
    """One expression out of two that name one time («سه‌شنبه 30 آذر / 20 دسامبر», "yesterday, Saturday"); None when they do not."""
    parts, gap = None, view.folded.text[first.end : second.start]
    if _CLOSE.fullmatch(gap):
        parts = _with_weekday(first, second)
    if parts is None and _PAIR.fullmatch(gap):
        parts = _paired(first, second, reference)
    closing = "(" in gap and view.folded.text[second.end : second.end + 1] == ")"
    return _Found(first.start, second.end + closing, parts) if parts else None


def _with_weekday(first: _Found, second: _Found) -> tuple[Parts, ...] | None:
    """The parts of a day that is named twice, by a weekday or a relative word and by something else."""
    loose, named = (second, first) if first.parts[0].day is not None else (first, second)
    word, known = loose.parts[0], named.parts[0]
    if (word.day, word.month, word.year) != (None, None, None) or not (word.weekday is not None or word.relative.startswith("day")):
        return None
    if known.day is None:
        return _named_day(word, known) or _named_day(known, word)
    days = _span(known, known.year) if known.year is not None else None
    if known.days > 1 or known.weekday is not None or (days and word.weekday not in (None, days.since.weekday())):
        return None
    return tuple(replace(part, weekday=word.weekday) for part in named.parts)


def _named_day(word: Parts, weekday: Parts) -> tuple[Parts, ...] | None:
    """Yesterday and Saturday as yesterday's Saturday."""
    if word.relative.startswith("day") and word.weekday is None and weekday == Parts(weekday=weekday.weekday):
        return (replace(weekday, relative=word.relative),) if weekday.weekday is not None else None
    return None


def _paired(first: _Found, second: _Found, reference: date | None) -> tuple[Parts, ...] | None:
    """The parts of one time named in two calendars; the Hijri one stands last, being up to a day off."""
    one, other = first.parts[0], second.parts[0]
    if _grain(one) != _grain(other) or not _grain(one) or {p.calendar for p in first.parts} & {p.calendar for p in second.parts}:
        return None
    one, other = sorted((one, other), key=lambda part: part.calendar == "hijri")
    days = _agreed(one, other, reference)
    if days is None:
        return None
    dated = one.year is not None or other.year is not None
    return tuple(replace(p, year=_fields(p.calendar, days.since)[0] if dated and p.year is None else p.year) for p in (one, other))


def _grain(parts: Parts) -> str:
    """How closely a calendar date is given: to the "day", "month" or "year"; empty for weekdays and relative words."""
    if parts.day is not None:
        return "day" if parts.month is not None else ""
    return "month" if parts.month is not None else "year" if parts.year is not None else ""


def _agreed(one: Parts, other: Parts, reference: date | None) -> Days | None:
    """The days on which two calendars' dates are the same time; where years are open, any year will do."""
    for part, twin in ((one, other), (other, one)):
        if part.year is not None or twin.year is None:
            for days in [_resolve(part, reference)] if part.year is not None else _every_year(part):
                if days and _same_time(twin, part, days):
                    return days
    return None


def _same_time(twin: Parts, part: Parts, days: Days) -> bool:
    if part.day is None:
        mine = [_span(twin, twin.year)] if twin.year is not None else _every_year(twin)
        return any(own and _mostly(own, days) for own in mine)
    off = (-1, 0, 1) if "hijri" in (part.calendar, twin.calendar) else (0,)  # the new moon is not seen everywhere on one evening
    return any(_fits(twin, Days(days.since + timedelta(n), days.until + timedelta(n))) for n in off)


_RECENT: dict[Calendar, range] = {"gregorian": range(1900, 2101), "jalali": range(1279, 1480), "hijri": range(1318, 1525)}


def _every_year(parts: Parts) -> Iterator[Days]:
    """The days of `parts` in every recent year, on its weekday when it has one."""
    for year in _RECENT[parts.calendar]:
        days = _span(parts, year)
        if days and parts.weekday in (None, days.since.weekday()):
            yield days


def _with_years(found: list[_Found], view: _View) -> list[_Found]:
    """The same with the year of the last in a list given to those before it: "3 March and 5 April 2016"."""
    result = list(found)
    for index in range(len(found) - 2, -1, -1):
        part, after = result[index].parts[0], result[index + 1].parts[0]
        gap = view.folded.text[result[index].end : result[index + 1].start]
        if _grain(part) in ("day", "month") and part.year is None and not part.relative and len(result[index].parts) == 1:
            borrowed = replace(part, year=after.year, relative=after.relative)
            same = after.month is not None and after.calendar == part.calendar and (after.year is not None or after.relative)
            if same and _LIST.fullmatch(gap) and _exists(borrowed):
                result[index] = replace(result[index], parts=(borrowed,))
    return result


def _mention(found: _Found, view: _View, reference: date | None) -> DateMention:
    days = next((days for part in found.parts if (days := _resolve(part, reference))), None)
    start, end = view.folded.raw(found.start, found.end)
    while end < len(view.raw) and unicodedata.category(view.raw[end])[0] in "LM" and not fold(view.raw[end]):
        end += 1  # hamza, tatweel and vowel marks belong to the letter before them
    main = found.parts[0]
    given = main.year is not None or (main.weekday is None and main.month is None) or main.relative[:4] in ("year", "day+", "day-")
    certain = days is not None and given and not found.ambiguous
    since, until = days or (None, None)
    return DateMention(start, end, since, until, certain, found.parts)


# -- comparing --------------------------------------------------------------------------------------------------------


def _possible(mention: DateMention) -> Iterator[Days]:
    """The days the mention may mean: as resolved, in each reading with a year, else in any year."""
    if mention.since and mention.until:
        yield Days(mention.since, mention.until)
    dated = [days for part in mention.parts if part.year is not None and (days := _span(part, part.year))]
    yield from dated
    if not dated and not mention.since:
        for part in mention.parts:
            if part.month is not None and not part.relative:
                yield from _every_year(part)


def _held(claim: DateMention, evidence: DateMention, days: Days) -> bool:
    if any(_fits(part, days) for part in claim.parts):
        return True
    for own in _known(claim):
        if _inside(days, own) or (_inside(own, days) and (days.until - days.since).days < STRETCH):
            return True
        calendars = {part.calendar for part in claim.parts} & {part.calendar for part in evidence.parts}
        if not calendars and _grain(claim.parts[0]) == _grain(evidence.parts[0]) != "day" and _mostly(own, days):
            return True
    return False


def _in_stretch(claim: DateMention, evidence: DateMention) -> bool:
    """Whether the claim falls into a span of days that the quote names, in some year where both leave it open."""
    stretches = [part for part in evidence.parts if 1 < part.days <= STRETCH and not evidence.since]
    return any(_fits(part, days) for part in stretches for days in _possible(claim))


def _known(mention: DateMention) -> list[Days]:
    return [Days(mention.since, mention.until)] if mention.since and mention.until else []


def _inside(days: Days, other: Days) -> bool:
    return other.since <= days.since and days.until <= other.until


def _mostly(days: Days, other: Days) -> bool:
    """Whether two stretches share most of the shorter one's days."""
    shared = (min(days.until, other.until) - max(days.since, other.since)).days + 1
    return 2 * shared > min((each.until - each.since).days + 1 for each in (days, other))


def _fits(parts: Parts, days: Days) -> bool:
    """Whether `days` are all as `parts` says, as far as it says anything without a reference."""
    if parts.relative or (parts.month is None and parts.year is None and parts.weekday is None):
        return False
    if parts.month is None and parts.year is None:
        return days.since == days.until and days.since.weekday() == parts.weekday
    if parts.weekday not in (None, days.since.weekday()):
        return False
    year = _fields(parts.calendar, days.since)[0]
    years = (year, year - 1) if parts.year is None else (parts.year,)  # a winter begins in the year before
    return any((own := _span(parts, each)) is not None and _inside(days, own) for each in years)


def _weekdays_differ(claim: DateMention, evidence: DateMention) -> bool:
    """Whether both name a weekday and not the same, or one names another weekday than that of the other's certain day."""
    ours, theirs = _named_weekday(claim), _named_weekday(evidence)
    return ours is not None and theirs is not None and ours != theirs


def _named_weekday(mention: DateMention) -> int | None:
    named = next((part.weekday for part in mention.parts if part.weekday is not None), None)
    if named is None and mention.certain and mention.since == mention.until and mention.since:
        return mention.since.weekday()
    return named


def _wording(part: Parts) -> Parts:
    """What an expression says; "last month" and "last summer" in one calendar for all, summers beginning in its sixth month."""
    if not part.relative:
        return part
    later = 2 if part.month is not None and part.months == 3 and part.calendar == "jalali" else 0
    return replace(part, calendar="gregorian", month=part.month and part.month + later)


def _holds(claim: DateMention, mentions: Sequence[DateMention]) -> bool:
    """Whether a quote supports the claim, by one expression or by a year and, after it, a day without one."""
    return any(same_or_within(claim, mention) for mention in mentions) or any(
        same_or_within(claim, dated)
        for year, mention in combinations(mentions, 2)
        if _grain(year.parts[0]) == "year" and (dated := _in_year_of(mention, year))
    )


def _in_year_of(mention: DateMention, year: DateMention) -> DateMention | None:
    """A mention that leaves its year open, read in the year named before it («در سال ۱۳۵۷ … ۲۲ بهمن»)."""
    part, given = mention.parts[0], year.parts[0]
    if part.year is not None or part.month is None or part.relative or given.year is None:
        return None
    own = given.year if part.calendar == given.calendar else _year_shared(part, given.year, given.calendar)
    days = _span(part, own) if own is not None else None
    return replace(mention, since=days.since, until=days.until, certain=True, parts=(replace(part, year=own),)) if days else None
