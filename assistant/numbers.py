"""Numbers as figures and words of Persian, Arabic and English, read as values so that they compare across scripts and languages.

Pure. A word that is a number only now and then ("one", «یک», «نه», «واحد») is found as weak: it may support a number, and is never
held against a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from itertools import product
from typing import Literal, NamedTuple, TypeAlias, TypeGuard

import regex

from assistant import dates
from assistant.language import detect
from assistant.text import Folded, fold, fold_with_map

__all__ = ["Kind", "NumberMention", "find", "unsupported"]

Kind: TypeAlias = Literal["cardinal", "ordinal", "percent", "fraction", "time"]
Value: TypeAlias = Decimal | Fraction


@dataclass(frozen=True, slots=True)
class NumberMention:
    """A number, `text[start:end]`, and its value; the hour of the day, 19.75 for 19:45, when it is a time.

    `unit` is the thing an Arabic dual counts ("day" for يومين). `others` are further readings ("1.234" may be 1234).
    """

    start: int
    end: int
    value: Value
    kind: Kind = "cardinal"
    unit: str = ""
    weak: bool = False
    others: tuple[Value, ...] = ()


# -- what callers ask -------------------------------------------------------------------------------------------------


def find(text: str, language: str = "und") -> list[NumberMention]:
    """The numbers of `text` in order; `language` tells Persian from Arabic number words, and is recognised when not given."""
    known = language if language != "und" else detect(text)
    folded = fold_with_map(_prepared(text))
    tokens = _tokens(folded, known)
    return [_mention(number, tokens, folded, text) for number in _numbers(tokens, known)]


def unsupported(text: str, quotes: Sequence[str]) -> list[str]:
    """The numbers of `text` whose value stands in no quote; weak ones and those of dates are left out (see `dates.holds`)."""
    claims = [mention for mention, dated in _with_dates(text) if not (mention.weak or dated or _is_mark(text, mention))]
    if not claims:
        return []
    evidence = [mention for quote in quotes for mention in _evidence(quote)]
    return [text[claim.start : claim.end] for claim in claims if not any(_supports(claim, mention) for mention in evidence)]


def _with_dates(text: str) -> list[tuple[NumberMention, bool]]:
    """The numbers of `text`, each with whether it belongs to a date."""
    days = dates.find(text, reference=None)
    return [(number, any(day.start < number.end and number.start < day.end for day in days)) for number in find(text)]


def _is_mark(text: str, mention: NumberMention) -> bool:
    """Whether the number is a citation mark of ours, `[1]`."""
    return text[mention.start - 1 : mention.start] == "[" and text[mention.end : mention.end + 1] == "]"


_DAY = "day of a date"


def _evidence(quote: str) -> Iterator[NumberMention]:
    """The numbers of a quote; the day of a date supports only ordinals ("on the 20th"), its year any number."""
    for mention, dated in _with_dates(quote):
        yield replace(mention, unit=_DAY) if dated and mention.value < 1000 else mention


def _supports(claim: NumberMention, evidence: NumberMention) -> bool:
    if evidence.unit == _DAY and claim.kind != "ordinal":
        return False
    mine, theirs = _readings(claim), _readings(evidence)
    if claim.kind == "percent":
        wanted = {value / 100 for value in mine} if evidence.kind == "fraction" else mine
        return evidence.kind in ("percent", "fraction") and not wanted.isdisjoint(theirs)
    if claim.kind == "time" and evidence.kind == "time":
        return any((one - other) % 12 == 0 for one in mine for other in theirs)  # 19:45 is 7:45 pm
    if claim.kind == "fraction" and evidence.kind == "percent":
        theirs = {value / 100 for value in theirs}
    return not mine.isdisjoint(theirs)


def _readings(mention: NumberMention) -> set[Fraction]:
    return {Fraction(value) for value in (mention.value, *mention.others)}


# -- vocabulary -------------------------------------------------------------------------------------------------------

Part: TypeAlias = Literal[
    "unit", "teen", "ten", "hundreds", "hundred", "scale", "scales", "scaled", "share", "shares", "count", "percent", "few"
]


class _Entry(NamedTuple):
    """What a word adds to a number: its part in it and its value."""

    part: Part
    value: Fraction
    ordinal: bool = False
    weak: bool = False
    unit: str = ""


_SCALES = (_THOUSAND, _MILLION, _MILLIARD, _TRILLION) = tuple(Fraction(10**power) for power in (3, 6, 9, 12))

# Rows in order of value; "|" separates spellings. All words are folded before use.
_PERSIAN_UNITS = "یک دو سه چهار پنج شش هفت هشت نه"
_PERSIAN_TEENS = "ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده|هیجده نوزده"
_PERSIAN_TENS = "بیست سی چهل پنجاه شصت هفتاد هشتاد نود"
_PERSIAN_HUNDREDS = "دویست سیصد چهارصد پانصد ششصد|شیشصد هفتصد هشتصد نهصد"
_PERSIAN_FIRSTS = "اول|نخست دوم سوم چهارم پنجم ششم هفتم هشتم نهم"
_PERSIAN_SCALES = "هزار میلیون میلیارد تریلیون"

_ARABIC_UNITS = (
    "واحد|واحدة|أحد|إحدى اثنان|اثنين|اثنتان|اثنتين|اثنا|اثني|اثنتا|اثنتي ثلاث|ثلاثة أربع|أربعة خمس|خمسة ست|ستة سبع|سبعة"
    " ثمان|ثماني|ثمانية تسع|تسعة"
)
_ARABIC_TENS = "عشر ثلاث أربع خمس ست سبع ثمان تسع"
_ARABIC_BEFORE_HUNDRED = "ثلاث أربع خمس ست سبع ثمان|ثماني تسع"
_ARABIC_FIRSTS = "أول|أولى ثاني|ثانية ثالث|ثالثة رابع|رابعة خامس|خامسة سادس|سادسة سابع|سابعة ثامن|ثامنة تاسع|تاسعة"
_ARABIC_SCALES = ("ألف ألفا|آلاف", "مليون مليونا|ملايين", "مليار مليارا بليون|مليارات بلايين", "تريليون ترليون|تريليونات")
# Nouns whose dual is not also another word or a plural (بلدان is "countries", مدنيين "civilians").
_DUALS = {
    "day": "يوم",
    "week": "أسبوع",
    "month": "شهر",
    "year": "عام سنة",
    "hour": "ساعة",
    "minute": "دقيقة",
    "night": "ليلة",
    "decade": "عقد",
    "century": "قرن",
    "time": "مرة",
    "side": "طرف جانب",
    "country": "دولة ولاية",
    "person": "شخص رجل امرأة طفل شاب شقيق جندي ضابط قتيل جريح شهيد رئيس وزير زعيم",
    "place": "مدينة منطقة قرية محافظة جزيرة قاعدة سفارة جامعة مدرسة منزل غرفة",
    "stage": "مرحلة جولة دورة جلسة خطوة دفعة حلقة",
    "measure": "كيلومتر متر سنتيمتر قدم درجة نقطة ضعف برميل",
    "weapon": "طائرة صاروخ دبابة قنبلة غارة ضربة سفينة سيارة",
    "event": "هجوم انفجار اجتماع لقاء مباراة ركلة هدف عملية",
    "group": "حزب فريق شركة قسم فئة نوع",
    "text": "كتاب فيلم رواية رسالة وثيقة كلمة صفحة ملف حساب رقم بيان",
    "thing": "قرار شرط سبب حالة مقعد لقب ميدالية مشروع برنامج خطة صفقة اتفاقية مسألة منعطف طريق",
}
_TIMES = frozenset({"day", "week", "month", "year", "hour", "minute", "night", "decade", "century", "time"})

_ENGLISH_SMALL = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
_ENGLISH_TENS = "twenty thirty forty|fourty fifty sixty seventy eighty ninety"
_ENGLISH_FIRSTS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth"
    " seventeenth eighteenth nineteenth"
)
_ENGLISH_TENTHS = "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth"
_ENGLISH_SCALES = "thousand million billion trillion"


def _listed(row: str, part: Part, first: int, step: int = 1, *, ordinal: bool = False) -> dict[str, _Entry]:
    """The entries of a row of words whose values go up from `first` by `step`."""
    cells = enumerate(row.split())
    return {fold(word): _Entry(part, Fraction(first + step * n), ordinal) for n, cell in cells for word in cell.split("|")}


def _folded(words: str) -> frozenset[str]:
    return frozenset(map(fold, words.split()))


def _all(words: str, entry: _Entry) -> dict[str, _Entry]:
    return dict.fromkeys(_folded(words), entry)


@cache
def _persian() -> dict[str, _Entry]:
    units = _listed(_PERSIAN_UNITS, "unit", 1)
    tens = _listed(_PERSIAN_TENS, "ten", 20, 10)
    small = {**units, **_listed(_PERSIAN_TEENS, "teen", 10), **tens}
    scales = {fold(word): value for word, value in zip(_PERSIAN_SCALES.split(), _SCALES, strict=True)}
    cardinals = {**small, **_listed(_PERSIAN_HUNDREDS, "hundreds", 200, 100), **_all("صد یکصد", _Entry("hundred", Fraction(100)))}
    cardinals |= {word: _Entry("scale", value) for word, value in scales.items()}
    # «سیم» is wire, so «سی‌ام» is spelled out.
    ordinals = {word + "م": entry._replace(ordinal=True) for word, entry in cardinals.items() if word not in {*units, "سی"}}
    ordinals |= {**_listed(_PERSIAN_FIRSTS, "unit", 1, ordinal=True), fold("سی‌ام"): _Entry("ten", Fraction(30), ordinal=True)}
    ordinals |= _all("یکم", _Entry("unit", Fraction(1), ordinal=True))
    # Written together: «بیست‌وپنج», «سه‌هزار», «یک‌سوم».
    together = {
        f"{ten}و{word}": entry._replace(part="teen", value=tens[ten].value + entry.value)
        for ten in tens
        for word, entry in {**units, **ordinals}.items()
        if entry.value < 10
    }
    together |= {
        word + scale: _Entry("scaled", entry.value * value) for word, entry in small.items() for scale, value in scales.items()
    }
    shares = {
        word + of: _Entry("share", entry.value / ordinal.value)
        for word, entry in units.items()
        for of, ordinal in ordinals.items()
        if entry.value < ordinal.value <= 100 and ordinal.value > 2 and ordinal.part != "ten"
    }
    ordinals |= {word: entry for word, entry in together.items() if entry.ordinal}
    long_ordinals = {word + ending: entry for word, entry in ordinals.items() for ending in ("ین", "ش")}
    return {**shares, **cardinals, **together, **ordinals, **long_ordinals, **_persian_others()}


def _persian_others() -> dict[str, _Entry]:
    return {
        **_all("میلیونی", _Entry("scale", _MILLION)),
        **_all("میلیاردی", _Entry("scale", _MILLIARD)),
        **_all("صفر", _Entry("count", Fraction(0))),
        **_all("نصف نیم", _Entry("share", Fraction(1, 2))),
        **_all("نیمی نیمه", _Entry("share", Fraction(1, 2), weak=True)),
        **_all("ثلث", _Entry("share", Fraction(1, 3))),
        **_all("ربع", _Entry("share", Fraction(1, 4))),
        **_all("درصد درصدی", _Entry("percent", Fraction(1))),
        **_all("چند چندین", _Entry("few", Fraction(0))),
        **_all("یکی یه یگانه", _Entry("count", Fraction(1), weak=True)),
        **_all("دوتا", _Entry("count", Fraction(2))),
        **_all("طرفین جانبین دوجانبه دوطرفه دوگانه", _Entry("count", Fraction(2), weak=True)),
        **_all("سه‌جانبه سه‌گانه", _Entry("count", Fraction(3), weak=True)),
        **_all("چهارجانبه چهارگانه", _Entry("count", Fraction(4), weak=True)),
        **_all("دوجین", _Entry("count", Fraction(12))),
    }


@cache
def _arabic() -> dict[str, _Entry]:
    numbers = {**_listed(_ARABIC_UNITS, "unit", 1), **_all("عشر عشرة", _Entry("teen", Fraction(10))), **_arabic_hundreds()}
    for ending in ("ون", "ين"):
        numbers |= {fold(word + ending): _Entry("ten", Fraction(10 * n)) for n, word in enumerate(_ARABIC_TENS.split(), 2)}
    for row, value in zip(_ARABIC_SCALES, _SCALES, strict=True):
        singulars, plurals = row.split("|")
        numbers |= {**_all(singulars, _Entry("scale", value)), **_all(plurals, _Entry("scales", value))}
        numbers |= {fold(singulars.split()[0] + ending): _Entry("scaled", 2 * value) for ending in ("ان", "ين", "ي")}
    numbers |= {**_listed(_ARABIC_FIRSTS, "unit", 1, ordinal=True), **_all("حادي حادية", _Entry("unit", Fraction(1), ordinal=True))}
    numbers |= _all("عاشر عاشرة", _Entry("teen", Fraction(10), ordinal=True))
    return {**_duals(), **numbers, **_arabic_others()}


def _arabic_hundreds() -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {}
    for hundred in ("مئة", "مائة", "مية"):
        entries |= {fold(hundred): _Entry("hundred", Fraction(100))}
        entries |= {fold(hundred[:-1] + ending): _Entry("hundreds", Fraction(200)) for ending in ("تان", "تين", "تا", "تي")}
        for number, cell in enumerate(_ARABIC_BEFORE_HUNDRED.split(), 3):
            entries |= {fold(word + hundred): _Entry("hundreds", Fraction(100 * number)) for word in cell.split("|")}
    return entries


def _duals() -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {}
    for unit, nouns in _DUALS.items():
        for noun in nouns.split():
            stem = noun[:-1] + "ت" if noun.endswith("ة") else noun
            endings = ("ين",) if noun.endswith("ي") else ("ان", "ين")
            entries |= {fold(stem + ending): _Entry("count", Fraction(2), unit=unit) for ending in endings}
    return entries | _all("البلدين", _Entry("count", Fraction(2), weak=True, unit="country"))


def _arabic_others() -> dict[str, _Entry]:
    return {
        **_all("صفر", _Entry("count", Fraction(0))),
        **_all("نصف", _Entry("share", Fraction(1, 2))),
        **_all("ثلث", _Entry("share", Fraction(1, 3))),
        **_all("ربع", _Entry("share", Fraction(1, 4))),
        **_all("ثلثا ثلثان ثلثين ثلثي", _Entry("share", Fraction(2, 3))),
        **_all("أثلاث", _Entry("shares", Fraction(1, 3))),
        **_all("أرباع", _Entry("shares", Fraction(1, 4))),
        **_all("أخماس", _Entry("shares", Fraction(1, 5))),
        **_all("أعشار", _Entry("shares", Fraction(1, 10))),
        **_all("بالمئة بالمائة بالمية", _Entry("percent", Fraction(1))),
        **_all("بضع بضعة عدة عشرات مئات", _Entry("few", Fraction(0))),
        **_all("كلا كلتا كلاهما ثنائي ثنائية ضعف", _Entry("count", Fraction(2), weak=True)),
        **_all("ثلاثي ثلاثية", _Entry("count", Fraction(3), weak=True)),
        **_all("رباعي رباعية", _Entry("count", Fraction(4), weak=True)),
    }


@cache
def _english() -> dict[str, _Entry]:
    cardinals = {**_listed(_ENGLISH_SMALL, "unit", 1), **_listed(_ENGLISH_TENS, "ten", 20, 10)}
    ordinals = {**_listed(_ENGLISH_FIRSTS, "unit", 1, ordinal=True), **_listed(_ENGLISH_TENTHS, "ten", 20, 10, ordinal=True)}
    small = {**cardinals, **ordinals}
    small |= {word: entry._replace(part="teen") for word, entry in small.items() if 10 <= entry.value < 20}
    scales = {word: _Entry("scale", value) for word, value in zip(_ENGLISH_SCALES.split(), _SCALES, strict=True)}
    scale_ordinals = {word + "th": entry._replace(ordinal=True) for word, entry in scales.items()}
    shares = {word + "s": _Entry("shares", 1 / entry.value) for word, entry in ordinals.items() if 3 <= entry.value <= 10}
    return {**small, **scales, **scale_ordinals, **shares, **_english_others()}


def _english_others() -> dict[str, _Entry]:
    return {
        **_all("hundred", _Entry("hundred", Fraction(100))),
        **_all("hundredth", _Entry("hundred", Fraction(100), ordinal=True)),
        **_all("zero nil", _Entry("count", Fraction(0))),
        **_all("half", _Entry("share", Fraction(1, 2))),
        **_all("halves", _Entry("shares", Fraction(1, 2))),
        **_all("quarter", _Entry("share", Fraction(1, 4))),
        **_all("quarters", _Entry("shares", Fraction(1, 4))),
        **_all("percent pct percentage", _Entry("percent", Fraction(1))),
        **_all("several few many hundreds thousands tens dozens", _Entry("few", Fraction(0))),
        **_all("once single sole", _Entry("count", Fraction(1), weak=True)),
        **_all("twice", _Entry("count", Fraction(2))),
        **_all("both couple pair double bilateral twin", _Entry("count", Fraction(2), weak=True)),
        **_all("thrice", _Entry("count", Fraction(3))),
        **_all("triple trilateral tripartite", _Entry("count", Fraction(3), weak=True)),
        **_all("dozen", _Entry("count", Fraction(12))),
    }


# -- tokens -----------------------------------------------------------------------------------------------------------

_JOINER = "\ue000"  # stands for ZWNJ: «بیست‌ساله» is looked up whole, then by its pieces
_VULGAR = {
    "\ue010": ("½", Fraction(1, 2)),
    "\ue011": ("⅓", Fraction(1, 3)),
    "\ue012": ("⅔", Fraction(2, 3)),
    "\ue013": ("¼", Fraction(1, 4)),
    "\ue014": ("¾", Fraction(3, 4)),
    "\ue015": ("⅕", Fraction(1, 5)),
    "\ue016": ("⅛", Fraction(1, 8)),
}
_KEPT_APART = str.maketrans(
    {"\u200c": _JOINER, **{sign: code for code, (sign, _) in _VULGAR.items()}, **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", " ")}
)
_WIDE_SPACE = regex.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_TOKEN = regex.compile(
    rf"(?P<figure>\d+(?:[.,٫٬،']\d+)*)|(?P<word>[\p{{L}}\p{{M}}]+(?:{_JOINER}[\p{{L}}\p{{M}}]+)*)|(?P<other>[^\s{_JOINER}])"
)
_PIECE = regex.compile(rf"[^{_JOINER}]+")
# What Arabic writes before a word without a space: the letters, whether they say "and", whether they say "the".
_PROCLITICS = tuple(
    (before + article, before.startswith(("و", "ف")), bool(article))
    for before, article in [*product(("", *"وفبلک", "وب", "ول"), ("", "ال")), ("", "لل"), ("و", "لل")]
)
# Persian endings that make an adjective of a number, joined or not.
_ENDINGS = sorted(_folded("ساله سالگی ماهه روزه نفره هفته‌ای جانبه طرفه گانه ساعته دقیقه‌ای متری کیلومتری درصدی ها"))


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a figure or a sign of the folded text, and what it says in a number.

    `joined` marks an Arabic word with «و» before it, `definite` one with the article, `glued` a token without space before it.
    """

    text: str
    start: int
    end: int
    glued: bool = False
    entry: _Entry | None = None
    script: str = ""
    joined: bool = False
    definite: bool = False
    value: Fraction | None = None
    others: tuple[Fraction, ...] = ()

    @property
    def part(self) -> str:
        return self.entry.part if self.entry else ""


_NOTHING = _Token("", 0, 0)


def _prepared(text: str) -> str:
    """`text` character for character, with what folding would lose (ZWNJ, fractions, wide spaces in numbers) kept apart."""
    prepared: str = _WIDE_SPACE.sub("'", text.translate(_KEPT_APART))
    return prepared


def _tokens(folded: Folded, language: str) -> list[_Token]:
    tokens: list[_Token] = []
    for match in _TOKEN.finditer(folded.text):
        glued = match.start() > 0 and not folded.text[match.start() - 1].isspace()
        if match["figure"]:
            tokens += _figures(match[0], match.start(), glued)
        elif match["word"]:
            tokens += _words(match[0], match.start(), glued, language)
        else:
            share = _Entry("share", _VULGAR[match[0]][1]) if match[0] in _VULGAR else None
            tokens.append(_Token(match[0], match.start(), match.end(), glued, share))
    return tokens


def _words(text: str, start: int, glued: bool, language: str) -> list[_Token]:
    whole = text.replace(_JOINER, "")
    token = _word(whole, start, start + len(text), glued, language)
    if token.entry:
        return [token]
    if _JOINER in text:
        pieces = [
            _word(piece[0], start + piece.start(), start + piece.end(), glued or piece.start() > 0, language)
            for piece in _PIECE.finditer(text)
        ]
        return pieces if any(piece.entry for piece in pieces) else [token]
    ending = next((ending for ending in _ENDINGS if whole.endswith(ending)), None)
    stem = _word(whole.removesuffix(ending), start, start + len(whole) - len(ending), glued, language) if ending else token
    return [stem, _word(ending, stem.end, start + len(whole), True, language)] if ending and stem.entry else [token]


def _word(text: str, start: int, end: int, glued: bool, language: str) -> _Token:
    return _Token(text, start, end, glued, *_looked_up(text, language))


@lru_cache(maxsize=100_000)
def _looked_up(text: str, language: str) -> tuple[_Entry | None, str, bool, bool]:
    """What a word adds to a number, in which script's words, and whether it says "and" or "the" besides."""
    if text.isascii():
        return _english().get(text), "en", False, False
    if language != "ar" and (entry := _persian().get(text)):
        return entry, "fa", False, False
    if language not in ("fa", "ur", "ckb", "ps", "ug"):
        for prefix, joined, definite in _PROCLITICS:
            entry = _arabic().get(text.removeprefix(prefix)) if text.startswith(prefix) else None
            other = (prefix in ("ب", "ل", "ف", "ک") and len(text) < 4) or text in ("کمیه", "کمایه")
            if entry and not other:  # «لست» is "I am not", «كمية» "amount"
                return entry, "ar", joined, definite
    return None, "", False, False


_LONGEST = 40  # characters of a number in figures


def _figures(text: str, start: int, glued: bool) -> list[_Token]:
    """The number in figures, with both readings where its marks are ambiguous; several where they only separate a list."""
    if len(text) > _LONGEST:
        return []  # no amount of anything
    readings = _readings_of(text)
    if readings:
        return [_Token(text, start, start + len(text), glued, value=readings[0], others=tuple(readings[1:]))]
    return [
        _Token(match[0], start + match.start(), start + match.end(), glued or match.start() > 0, value=Fraction(int(match[0])))
        for match in regex.finditer(r"\d+", text)
    ]


def _readings_of(text: str) -> list[Fraction]:
    """The values figures with grouping and decimal marks may mean, the likeliest first; none when they are several numbers."""
    marks = regex.findall(r"\D", text)
    groups = regex.split(r"\D", text)
    plain = Fraction(int("".join(groups)))
    by_thousands = 0 < len(groups[0]) <= 3 and groups[0][0] != "0" and all(len(group) == 3 for group in groups[1:])
    if not marks:
        return [plain]
    decimal = plain / 10 ** len(groups[-1])
    if len(set(marks)) == 2 and marks.count(marks[-1]) == 1:
        grouped = (len(groups) == 3 and len(groups[0]) > 3) or all(len(group) == 3 for group in groups[1:-1])
        return [decimal] if grouped else []
    if len(set(marks)) > 1:
        return []
    if len(marks) == 1:
        if not by_thousands or marks[0] == "٫":
            return [decimal]
        # "1.234" is either; "10.000" is hardly ten.
        return [decimal, plain] if marks[0] == "." and groups[1] != "000" else [plain]
    if by_thousands:
        return [plain]
    indian = len(groups[-1]) == 3 and all(len(group) == 2 for group in groups[1:-1]) and len(groups[0]) <= 2
    return [plain] if indian and marks[0] == "," else []


# -- reading numbers --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Number:
    """A number in the tokens `first` to `end` (not included)."""

    first: int
    end: int
    value: Fraction
    kind: Kind = "cardinal"
    weak: bool = False
    unit: str = ""
    others: tuple[Fraction, ...] = ()


class _Group(NamedTuple):
    """A number under a thousand, or one in figures."""

    value: Fraction
    end: int
    ordinal: bool = False


def _at(tokens: Sequence[_Token], index: int) -> _Token:
    return tokens[index] if 0 <= index < len(tokens) else _NOTHING


def _after_and(tokens: Sequence[_Token], index: int) -> int | None:
    """Where the word after "and" stands, if there is an "and" at `index` or before the word there."""
    token = _at(tokens, index)
    if token.joined or (token.text == "واحد" and _at(tokens, index + 1).text in ("عشر", "عشره")):  # وأحد عشر folds to واحد عشر
        return index
    return index + 1 if token.text in ("و", "and") else None


def _after_hyphen(tokens: Sequence[_Token], index: int) -> int:
    return index + 1 if _at(tokens, index).text in ("-", "‐", "‑") and _at(tokens, index).glued else index


def _numbers(tokens: Sequence[_Token], language: str) -> list[_Number]:
    found: list[_Number] = []
    index = 0
    while index < len(tokens):
        number = None if _is_other(tokens, index) else _read(tokens, index, language)
        if number:
            found.append(number)
        index = max(number.end if number else 0, index + 1)
    return _share_percent(found, tokens)


def _read(tokens: Sequence[_Token], index: int, language: str) -> _Number | None:
    number = (
        _time(tokens, index)
        or _slashed(tokens, index, language)
        or _share(tokens, index)
        or _cardinal(tokens, index)
        or _count(tokens, index)
    )
    if number is None:
        return None
    number = _with_noun_and_half(tokens, _percent(tokens, number))
    return replace(number, weak=number.weak or _is_weak(tokens, number))


def _count(tokens: Sequence[_Token], index: int) -> _Number | None:
    """A word that is a number by itself: a dual, twice, dozen, zero."""
    token = tokens[index]
    if token.entry is None or token.part != "count":
        return None
    entry = token.entry
    spoken_of = token.definite and entry.unit != "" and entry.unit not in _TIMES  # الطرفين: the two that were named
    return _Number(index, index + 1, entry.value, weak=entry.weak or spoken_of, unit=entry.unit)


def _below_hundred(tokens: Sequence[_Token], index: int) -> _Group | None:
    token = _at(tokens, index)
    entry = token.entry
    if entry is None or entry.part not in ("unit", "teen", "ten"):
        return None
    alone = _Group(entry.value, index + 1, entry.ordinal)
    if token.script == "ar":
        ten = _at(tokens, index + 1)
        if entry.part == "unit" and ten.entry and (ten.part, ten.joined) == ("teen", False):
            return _Group(entry.value + 10, index + 2, entry.ordinal)
        after = _after_and(tokens, index + 1)
        if entry.part == "unit" and after is not None and _at(tokens, after).part == "ten":
            return _Group(entry.value + _value(tokens[after]), after + 1, entry.ordinal)
        return alone
    if entry.part != "ten" or entry.ordinal:
        return alone
    after = _after_and(tokens, index + 1) if token.script == "fa" else _after_hyphen(tokens, index + 1)
    unit = _at(tokens, after).entry if after is not None else None
    if after is not None and unit and unit.part == "unit" and _at(tokens, after).script == token.script:
        return _Group(entry.value + unit.value, after + 1, unit.ordinal)
    return alone


def _value(token: _Token) -> Fraction:
    assert token.entry is not None
    return token.entry.value


def _group(tokens: Sequence[_Token], index: int) -> _Group | None:
    token = _at(tokens, index)
    if token.value is not None:
        small = _Group(token.value, index + 1)
    elif token.part in ("hundreds", "hundred") and token.entry:
        small = _Group(token.entry.value, index + 1, token.entry.ordinal)
        return small if small.ordinal else _with_rest(tokens, small)
    else:
        below = _below_hundred(tokens, index)
        if below is None or below.ordinal:
            return below
        small = below
    hundred = _at(tokens, small.end)
    if hundred.part == "hundred" and hundred.entry and not hundred.joined:
        hundreds = _Group(small.value * 100, small.end + 1, hundred.entry.ordinal)
        return hundreds if hundreds.ordinal else _with_rest(tokens, hundreds)
    return _spoken_year(tokens, small) if token.script == "en" else small


def _with_rest(tokens: Sequence[_Token], hundreds: _Group) -> _Group:
    """The hundreds with the tens and units after them."""
    after = _after_and(tokens, hundreds.end)
    if after is None and _at(tokens, hundreds.end - 1).script == "en":
        after = hundreds.end
    rest = _below_hundred(tokens, after) if after is not None else None
    if rest is None or _at(tokens, rest.end).part == "hundred":
        return hundreds
    return _Group(hundreds.value + rest.value, rest.end, rest.ordinal)


def _spoken_year(tokens: Sequence[_Token], group: _Group) -> _Group:
    """Nineteen ninety-five, twenty sixteen."""
    rest = _below_hundred(tokens, group.end) if 11 <= group.value <= 20 else None
    if rest is None or rest.value < 10 or rest.ordinal:
        return group
    return _Group(group.value * 100 + rest.value, rest.end)


class _Term(NamedTuple):
    """A group with the scale words after it: «پانصد میلیارد»."""

    group: Fraction
    scale: Fraction
    end: int
    ordinal: bool
    figures: bool

    @property
    def value(self) -> Fraction:
        return self.group * self.scale


def _term(tokens: Sequence[_Token], index: int) -> _Term | None:
    token = _at(tokens, index)
    if token.part == "scaled" and token.entry:
        scale = max(scale for scale in (Fraction(1), _THOUSAND, _MILLION, _MILLIARD, _TRILLION) if scale <= token.entry.value)
        return _Term(token.entry.value / scale, scale, index + 1, token.entry.ordinal, False)
    group = _group(tokens, index)
    if group is None:
        if token.part != "scale" or token.entry is None:
            return None
        # «هزار», وألف: one of the scale, which is then the group of what follows («هزار میلیارد»).
        bare = _scaled(tokens, _Group(token.entry.value, index + 1, token.entry.ordinal), figures=False, money=False)
        return bare._replace(group=bare.group / token.entry.value, scale=bare.scale * token.entry.value)
    more = _half_more(tokens, group.end)
    if more and _at(tokens, more.end).part in ("scale", "scales"):
        group = _Group(group.value + more.value, more.end)
    return _scaled(tokens, group, figures=token.value is not None, money=_at(tokens, index - 1).text in _MONEY)


_MONEY = tuple("$€£¥")
_SHORT_SCALES = {"mn": _MILLION, "bn": _MILLIARD, "tn": _TRILLION}
_MONEY_SCALES = {"k": _THOUSAND, "m": _MILLION, "b": _MILLIARD, "t": _TRILLION, **_SHORT_SCALES}


def _scaled(tokens: Sequence[_Token], group: _Group, *, figures: bool, money: bool) -> _Term:
    scale, end, ordinal = Fraction(1), group.end, group.ordinal
    while not ordinal:
        after = _after_hyphen(tokens, end)
        token = _at(tokens, after)
        short = (_MONEY_SCALES if money else _SHORT_SCALES).get(token.text) if figures and token.glued else None
        if short:
            return _Term(group.value, scale * short, after + 1, False, figures)
        if token.part not in ("scale", "scales") or token.joined or token.entry is None:
            break
        scale, end, ordinal = scale * token.entry.value, after + 1, token.entry.ordinal
    return _Term(group.value, scale, end, ordinal, figures)


def _cardinal(tokens: Sequence[_Token], index: int) -> _Number | None:
    """Terms of falling scale, with a half at the end: «دو میلیون و پانصد هزار», "one and a half million"."""
    term = _term(tokens, index)
    if term is None:
        return None
    total, last = term.value, term
    while not last.ordinal and last.scale > 1:
        following = _next_term(tokens, last)
        if following is None:
            break
        if following.scale >= last.scale:
            total = (total + following.group) * following.scale  # «دو هزار و پانصد میلیارد»
        else:
            total += following.value
        last = following
    end = last.end
    more = None if last.ordinal else _half_more(tokens, end)
    if more:
        total, end = total + more.value * last.scale, more.end
        if _at(tokens, end).part == "scale" and _value(tokens[end]) == last.scale:
            end += 1  # مليون ونصف المليون
    token = tokens[index]
    others = tuple(other * last.scale for other in token.others) if term is last and not more else ()
    ordinal = last.ordinal or _is_ordinal_figure(tokens, index, end)
    return _Number(index, end + (ordinal and not last.ordinal), total, "ordinal" if ordinal else "cardinal", others=others)


_ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th", "ام", "م", "مین", "امین"})


def _is_ordinal_figure(tokens: Sequence[_Token], index: int, end: int) -> bool:
    """2nd, ۲۵م, ۲۵مین."""
    ending = _at(tokens, end)
    return end == index + 1 and tokens[index].value is not None and ending.glued and ending.text in _ORDINAL_ENDINGS


def _next_term(tokens: Sequence[_Token], last: _Term) -> _Term | None:
    """The term that goes on with the same number, or None where another number begins ("two million and 50 people")."""
    after = _after_and(tokens, last.end)
    following = _term(tokens, last.end if after is None else after)
    if following is None:
        return None
    if tokens[last.end - 1].script == "en":
        spoken = not following.figures and (after is None or following.value < 100)
        return following if following.value < last.scale and (following.scale > 1 or spoken) else None
    if after is None:
        return following if following.scale > 1 and following.value < last.scale else None
    return following if following.group < last.scale != following.scale else None


def _half_more(tokens: Sequence[_Token], index: int) -> _Group | None:
    """«و نیم», ونصف, "and a half", «و چهار دهم», or ½ behind a figure."""
    token = _at(tokens, index)
    if token.part == "share" and token.text in _VULGAR:
        return _Group(_value(token), index + 1)
    after = _after_and(tokens, index)
    if after is None:
        return None
    after += _at(tokens, after).text == "a"
    share = _plain_share(tokens, after)
    if share is None or share.value >= 1 or _at(tokens, share.end).text == "of":
        return None
    return share


def _share(tokens: Sequence[_Token], index: int) -> _Number | None:
    """Half, three quarters, یک‌سوم, ثلاثة أرباع, half a million."""
    part = _plain_share(tokens, index)
    if part is None:
        return None
    end = part.end
    while _at(tokens, end).text in ("of", "a", "-"):
        end += 1
    if _at(tokens, end).part == "scale" and not _at(tokens, end).joined:
        return _Number(index, end + 1, part.value * _value(tokens[end]))
    return _Number(index, part.end, part.value, "fraction")


def _plain_share(tokens: Sequence[_Token], index: int) -> _Group | None:
    token = _at(tokens, index)
    if token.part == "share":
        return _Group(_value(token), index + 1)
    count = _group(tokens, index)
    if count is None or count.ordinal or count.end > index + 1:
        return _some_of(tokens, index)
    after = _after_hyphen(tokens, count.end)
    share = _at(tokens, after)
    if share.entry is None or share.joined:
        return None
    if share.part in ("shares", "share") and (token.script == share.script == "en" or share.part == "shares"):
        return _Group(count.value * share.entry.value, after + 1)
    of = _group(tokens, after)
    english = share.script == "en" and (count.value != 1 or share.text == "second")
    whole = count.value.denominator == 1
    if of and of.ordinal and whole and count.value < of.value and share.script != "ar" and not english:
        return _Group(count.value / of.value, of.end)
    return None


def _some_of(tokens: Sequence[_Token], index: int) -> _Group | None:
    """The ordinal in "a third of"."""
    entry = _at(tokens, index).entry
    if entry and entry.ordinal and entry.value > 2 and _at(tokens, index - 1).text == "a" and _at(tokens, index + 1).text == "of":
        return _Group(1 / entry.value, index + 1)
    return None


def _slashed(tokens: Sequence[_Token], index: int, language: str) -> _Number | None:
    """3/4; Persian also writes decimals so, «۳/۵ میلیون», hence two readings."""
    slash, below = _at(tokens, index + 1), _at(tokens, index + 2)
    above = tokens[index].value
    if above is None or not below.value or slash.text != "/" or not (slash.glued and below.glued):
        return None
    if _at(tokens, index + 3).text == "/":
        return None
    if not all(figure.text.isdecimal() and len(figure.text) <= 3 for figure in (tokens[index], below)):
        return None
    share, decimal = above / below.value, above + below.value / 10 ** len(below.text)
    scaled = _scaled(tokens, _Group(decimal, index + 3), figures=True, money=False)
    if scaled.scale > 1:
        return _Number(index, scaled.end, scaled.value, others=(share * scaled.scale,))
    if (language == "fa" and above >= below.value) or _at(tokens, index + 3).part == "percent":
        return _Number(index, index + 3, decimal, others=(share,))
    usual = below.value in (2, 3, 4, 5, 6, 8, 10, 16, 100)
    return _Number(index, index + 3, share, "fraction", weak=not (above < below.value and usual), others=(decimal,))


_CLOCK = frozenset({"ساعت", "الساعه"})


def _is_hour(value: Fraction | None) -> TypeGuard[Fraction]:
    return value is not None and value < 25


def _time(tokens: Sequence[_Token], index: int) -> _Number | None:
    """19:45, 7 pm, ساعت ۸, الساعة الثامنة: the hour, with minutes as a share of it."""
    token, colon, minutes = tokens[index], _at(tokens, index + 1), _at(tokens, index + 2)
    to_the_minute = colon.text == ":" and colon.glued and minutes.glued and regex.fullmatch("[0-5][0-9]", minutes.text)
    if to_the_minute and _is_hour(token.value):
        seconds = _at(tokens, index + 3).text == ":" and _at(tokens, index + 4).value is not None
        return _Number(index, index + (5 if seconds else 3), Fraction(token.value) + Fraction(int(minutes.text), 60), "time")
    group = _group(tokens, index)
    if group is None or not _is_hour(group.value):
        return None
    told = _at(tokens, index - 1).text in _CLOCK and _at(tokens, group.end).part not in ("scale", "percent", "hundred")
    if not told and not (token.value is not None and _half_of_day(tokens, group.end)):
        return None
    marked = regex.fullmatch(r"(\d\d?)[.,٫]([0-5]\d)", token.text)
    if marked:
        return _Number(index, group.end, int(marked[1]) + Fraction(int(marked[2]), 60), "time")
    return _Number(index, group.end, group.value, "time")


_DAYTIME = regex.compile(r"[ap] ?m(?!\w)|[ap] \. m|o ?' ?clock|(?:صبح|بامداد|عصر|بعد از ظهر|صباحا|مسا|ظهرا|فجرا|لیلا)(?!\w)")


def _half_of_day(tokens: Sequence[_Token], index: int) -> bool:
    return bool(_DAYTIME.match(" ".join(_at(tokens, index + step).text for step in range(4))))


_PERCENT_SIGNS = frozenset("%٪")


def _percent(tokens: Sequence[_Token], number: _Number) -> _Number:
    """The number with the percent sign or words around it."""
    end = number.end + (_at(tokens, number.end).text == "واحد")  # «۵ واحد درصد»: percentage points
    token, following = _at(tokens, end), _at(tokens, end + 1)
    if token.text in _PERCENT_SIGNS or token.part == "percent":
        end += 1
    elif (token.text, following.text) in (("per", "cent"), ("فی", "المیه"), ("فی", "المایه"), ("نقطه", "میویه")):
        end += 2
    elif _percent_before(tokens, number.first):
        end = number.end
    else:
        return number
    return replace(number, end=end, kind="percent")


def _percent_before(tokens: Sequence[_Token], index: int) -> bool:
    """٪25, بالمئة 25: as some Arabic and Persian texts have it, unless the sign belongs to the number before it."""
    sign = _at(tokens, index - 1)
    spoken = sign.part == "percent" and sign.script == "ar"
    return (spoken or (sign.text in _PERCENT_SIGNS and tokens[index].glued)) and _at(tokens, index - 2).value is None


_BETWEEN = frozenset({"تا", "الی", "to", "و", "and", "or", "یا", "او", "-", "–", "—"})


def _share_percent(numbers: Iterable[_Number], tokens: Sequence[_Token]) -> list[_Number]:
    """The same with "percent" said once for both ends of a span: "25 to 30 percent"."""
    found = list(numbers)
    for index in range(len(found) - 2, -1, -1):
        number, after = found[index], found[index + 1]
        link = {token.text for token in tokens[number.end : after.first]}
        joined = tokens[after.first].joined and not link
        if after.kind == "percent" and number.kind == "cardinal" and (joined or (len(link) == 1 and link <= _BETWEEN)):
            found[index] = replace(number, kind="percent")
    return found


_MEASURES = _folded(
    "سال ماه هفته روز ساعت دقیقه قرن برابر متر کیلومتر سنة سنوات عام أعوام عاما شهر أشهر شهرا يوم أيام يوما ساعة ساعات أسبوع أسابيع"
    " year years month months week weeks day days hour hours times"
)


def _with_noun_and_half(tokens: Sequence[_Token], number: _Number) -> _Number:
    """«دو سال و نیم», سنتين ونصف, "two years and a half": two and a half."""
    between = number.end if number.unit else number.end + 1
    if number.kind != "cardinal" or not (number.unit or _at(tokens, number.end).text in _MEASURES):
        return number
    more = _half_more(tokens, between)
    if more is None or _at(tokens, more.end).text in _MEASURES:
        return number
    return replace(number, end=more.end, value=number.value + more.value, others=())


# -- words that are numbers only now and then -------------------------------------------------------------------------

_LETTER_NAMES = _folded("بی ان ام ای تی وی اس دی سی جی پی اچ اف ال")
_ONES = _folded("یک واحد واحدة أحد إحدى one")
# «نه» is "no" unless one of these is counted.
_COUNTED = _folded("نفر تن سال ماه روز هفته ساعت دقیقه بار کشور هزار میلیون میلیارد مورد عضو شهر استان دلار تومان نماینده")
_BEFORE_TEN = _folded("اثنا اثني اثنتا اثنتي")
_TENTHS = _folded("قرن سده دوره دولت مجلس کلاس رتبه مقام روز بند ماده هفته منطقه فصل نفر جلد بخش")
_GROUPED = _folded("جانبه گانه طرفه")
_FINALS = _folded("نهایی نهائي النهائي final finals")


def _is_other(tokens: Sequence[_Token], index: int) -> bool:
    """Whether a number word is part of something else here: a weekday, a plural, the letters of an abbreviation."""
    token, before, after = tokens[index], _at(tokens, index - 1), _at(tokens, index + 1)
    if token.part in ("hundred", "scale", "scales") and _after_few(tokens, index):
        return True
    if token.text.endswith("ثانیه") and token.script == "ar":  # a second of time
        return before.text == "فی" if token.definite else before.text.removeprefix("ال") not in ("مره", "لمره")
    if token.text == "second":
        return before.value is not None or before.part in ("unit", "teen", "ten", "hundred")
    if token.text.removeprefix("و") in _BEFORE_TEN:
        return not (after.part == "teen" and after.script == "ar")  # «اثنا» is also what «أثناء» folds to
    if token.script != "fa":
        return False
    if before.text in ("می", "نمی") or (token.text == "نخست" and after.text.startswith("وزیر")):
        return True  # «می دهم» is "I give", «نخست‌وزیر» the prime minister
    if after.text == "شنبه" or (after.text == "ها" and after.glued):
        return True
    if token.text == "سی":
        return before.text in _LETTER_NAMES or after.text in _LETTER_NAMES
    return token.text == "دو" and after.text == "و" and _at(tokens, index + 2).text.startswith("میدانی")


def _after_few(tokens: Sequence[_Token], index: int) -> bool:
    """Whether «چند», several or the like makes an amount of the scale words up to here: «چند صد هزار»."""
    while _at(tokens, index).part in ("hundred", "scale", "scales"):
        index -= 1
    return _at(tokens, index).part == "few"


def _is_weak(tokens: Sequence[_Token], number: _Number) -> bool:
    """Whether the words may well mean no number here."""
    token, before, after = tokens[number.first], _at(tokens, number.first - 1), _at(tokens, number.end)
    if number.end != number.first + 1 or token.entry is None:
        return False
    if token.text == "نه":
        return after.text not in _COUNTED
    if token.entry.weak or token.text in _ONES or before.text == "هر" or after.text in _GROUPED:
        return True
    if token.text == "دو" and after.text == "برابر":
        return True  # doubled, twofold
    if number.kind == "ordinal":
        return _is_weak_ordinal(token, before, after)
    if token.part == "share":
        return _is_weak_share(token, before, after)
    # ألف may be "wrote", ألفا two thousand, الاثنين Monday.
    return token.script == "ar" and (token.text.removeprefix("و") in ("الف", "الفا") or token.text.endswith("الاثنین"))


def _is_weak_ordinal(token: _Token, before: _Token, after: _Token) -> bool:
    if token.text == "دهم" and before.text not in _TENTHS:
        return True  # also "that I give"
    if after.text == "اکسید":
        return True  # ثاني أكسيد الكربون, carbon dioxide
    if token.text == "second":
        return before.text in ("a", "per", "every", "each", "split")
    return token.text == "first" and (after.text in (",", "of") or before.text == "at")


def _is_weak_share(token: _Token, before: _Token, after: _Token) -> bool:
    if after.text in _FINALS or (before.entry is not None and before.entry.ordinal):
        return True
    if token.text == "half":
        return after.text in ("-", "time") and after.glued
    if token.text == "quarter":
        return not (before.text in ("a", "one") and after.text == "of")
    return token.text == "نیم" and after.text not in _MEASURES


def _mention(number: _Number, tokens: Sequence[_Token], folded: Folded, text: str) -> NumberMention:
    start, end = folded.raw(tokens[number.first].start, tokens[number.end - 1].end)
    # Folding makes أولى ("first") and أولي ("preliminary") one word.
    preliminary = number.kind == "ordinal" and text[start:end].endswith(("ي", "ی")) and number.value == 1
    others = tuple(_exact(value) for value in number.others)
    return NumberMention(start, end, _exact(number.value), number.kind, number.unit, number.weak or preliminary, others)


def _exact(value: Fraction) -> Value:
    """The value as a decimal number where it has an end, else as a fraction."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return Decimal(value.numerator) / Decimal(value.denominator) if rest == 1 else value
