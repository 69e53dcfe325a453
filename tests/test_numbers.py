"""Numbers: figures and words of three languages are found, read as values, and compared across scripts and scales."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.numbers import NumberMention, find, unsupported


def read(text: str, language: str = "und") -> list[tuple[str, Any]]:
    """What is found, as the words and their value."""
    return [(text[m.start : m.end], m.value) for m in find(text, language)]


def cells(block: str) -> list[str]:
    """The cells of a block of text, set apart by lines and bars."""
    return [cell.strip() for line in block.splitlines() for cell in line.split("|") if cell.strip()]


def only(text: str, language: str = "und") -> NumberMention:
    (mention,) = find(text, language)
    return mention


# -- reading ----------------------------------------------------------------------------------------------------------

# Expression = value, by the language of the words.
NUMBERS_READ = {
    "figures": """
1,234.5 = 1234.5 | ۱٬۲۳۴٫۵ = 1234.5 | ١٬٢٣٤٫٥ = 1234.5 | 1.234,5 = 1234.5 | 1,234 = 1234 | 1,234,567 = 1234567
1.234.567 = 1234567 | 1.234.567,89 = 1234567.89 | 1\u00a0234\u00a0567 = 1234567 | 12,34,567 = 1234567
0.123 = 0.123 | 3,4 = 3.4 | ۳٫۴ = 3.4 | ١٠٬٠٠٠ = 10000 | 10.000 = 10000 | 1٬5 = 1.5 | １２ = 12 | 007 = 7
2½ = 2.5 | ½ = 0.5 | 3/4 = 0.75 | $5m = 5000000 | $5bn = 5000000000 | 5bn = 5000000000 | €10k = 10000
3.4-million = 3400000
""",
    "persian": """
۲۵ نفر = 25 | بیست و پنج نفر = 25 | بیست‌وپنج نفر = 25 | بیستوپنج نفر = 25 | صد و بیست و سه = 123
یکصد نفر = 100 | دویست نفر = 200 | سیصد و چهل و پنج هزار = 345000 | هزار نفر = 1000 | سه‌هزار نفر = 3000
۳٫۴ میلیون نفر = 3400000 | ۵ میلیون و ۲۰۰ هزار نفر = 5200000 | ۵ میلیون ۲۰۰ هزار نفر = 5200000
۱۲ هزار و ۵۰۰ نفر = 12500 | یک میلیون = 1000000 | دو هزار و پانصد میلیارد تومان = 2500000000000
۲ هزار و ۵۰۰ میلیارد = 2500000000000 | هزار میلیارد = 1000000000000 | یک میلیون و نیم = 1500000
یک و نیم میلیون = 1500000 | نیم میلیون نفر = 500000 | دو و نیم = 2.5 | دو سال و نیم = 2.5 | سه و چهار دهم = 3.4
۳/۵ میلیون = 3500000 | ۷/۲ ریشتر در ایران = 7.2 | سه چهارم = 0.75 | یک‌چهارم = 0.25 | نصف = 0.5 | ربع قرن = 0.25
بیست و نه = 29 | سی نفر = 30 | پنج‌ساله = 5 | بیست‌ساله = 20 | بیستساله = 20 | نه نفر = 9 | دومین بار = 2
دوم = 2 | بیست و پنجمین = 25 | بیست‌وپنجم = 25 | سی‌ام = 30 | هزارم = 1000 | ۲۵مین = 25 | اولین = 1 | نخستین = 1
قرن دهم = 10 | شکست دومش = 2 | ۲۵ درصد = 25 | ٪۲۵ = 25 | ۲۵٪ = 25 | بیست درصدی = 20 | صفر = 0 | یک درصد = 1
۵ واحد درصد = 5 | دوجین = 12 | سه تا = 3
""",
    "arabic": """
٢٥ شخصا = 25 | خمسة وعشرون = 25 | خمسة وعشرين شخصا = 25 | خمس وعشرون = 25 | خمسة و عشرون = 25 | أحد عشر = 11
اثنا عشر = 12 | اثنتي عشرة = 12 | ثلاثة عشر = 13 | ثماني عشرة = 18 | مائتين من = 200 | قتل مئتان في = 200
ثلاثمئة في = 300 | ثلاثمائة = 300 | خمس مئة في = 500 | مئة وخمسة وعشرون ألفا وثلاثمئة وأربعة = 125304
ألفان = 2000 | ألفين وخمسمئة = 2500 | ألفي شخص = 2000 | ثلاثة آلاف = 3000 | عشرة آلاف = 10000
مليون شخص = 1000000 | مليونين = 2000000 | ثلاثة ملايين ونصف = 3500000 | مليون ونصف المليون = 1500000
نصف مليون = 500000 | ربع مليون = 250000 | 5 ملايين و200 ألف = 5200000 | خمسة ملايين ومئتا ألف = 5200000
3,4 مليون = 3400000 | ٣٫٤ مليون = 3400000 | ألفان وخمسمئة مليار = 2500000000000 | الثاني = 2 | المرة الثانية = 2
مرة ثانية = 2 | لأول مرة = 1 | الأولى = 1 | ثاني أكبر = 2 | الثاني عشر = 12 | الحادية عشرة = 11
الخامس والعشرون = 25 | القرن العشرين = 20 | يومين = 2 | أسبوعين = 2 | شهرين = 2 | عامين = 2 | سنتين = 2
ساعتان = 2 | مرتين = 2 | لسنتين = 2 | وقتيلان = 2 | سنتين ونصف = 2.5 | نصف = 0.5 | ثلاثة أرباع = 0.75
25 بالمئة = 25 | 25 بالمائة = 25 | 25 في المئة = 25 | ٢٥٪ = 25 | بالمئة 25 = 25 | صفر في = 0 | ثمانين = 80
تسعون = 90
""",
    "english": """
twenty-five = 25 | twenty five = 25 | thirteen = 13 | one hundred and five = 105 | a hundred = 100
ninety-nine = 99 | thirteen hundred = 1300 | two thousand and five = 2005
two thousand five hundred and one = 2501 | 5.1 million = 5100000 | one million two hundred thousand = 1200000
three hundred and forty-five thousand = 345000 | 5 million and 200 thousand = 5200000
nineteen ninety-five = 1995 | twenty sixteen = 2016 | one and a half million = 1500000
a million and a half = 1500000 | half a million = 500000 | two and a half = 2.5 | two years and a half = 2.5
two and a half years = 2.5 | half of them = 0.5 | a quarter of = 0.25 | three quarters = 0.75
three-quarters of a million = 750000 | one-fifth = 0.2 | a fifth of = 0.2 | second place = 2 | the 2nd = 2
1st = 1 | twenty-fifth = 25 | hundredth = 100 | two hundredth = 200 | thousandth = 1000 | the first trip = 1
twice = 2 | a dozen = 12 | 25 percent = 25 | 25 per cent = 25 | 25% = 25 | 25 percentage points = 25
ten pct = 10 | G20 = 20 | S-300 = 300 | the 1990s = 1990 | 2m people = 2 | zero = 0
two trillion = 2000000000000
""",
}


@pytest.mark.parametrize(("text", "value"), [cell.split(" = ") for block in NUMBERS_READ.values() for cell in cells(block)])
def test_a_number_is_read(text: str, value: str) -> None:
    """Figures of any script, number words, scales, halves, ordinals, percents and duals are one number with the value they mean."""
    assert [mention.value for mention in find(text)] == [Decimal(value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("یک سوم", (1, 3)),
        ("یک‌سوم", (1, 3)),
        ("دو سوم مردم", (2, 3)),
        ("ثلث", (1, 3)),
        ("ثلثي الأعضاء", (2, 3)),
        ("two-thirds", (2, 3)),
        ("one third", (1, 3)),
        ("a third of", (1, 3)),
        ("⅔", (2, 3)),
        ("2/3", (2, 3)),
    ],
)
def test_a_share_without_a_decimal_end_is_a_fraction(text: str, value: tuple[int, int]) -> None:
    """Thirds stay exact."""
    mention = only(text)
    assert (mention.value, mention.kind) == (Fraction(*value), "fraction")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("دومین", "ordinal"),
        ("الثانية", "ordinal"),
        ("2nd", "ordinal"),
        ("الخامس والعشرون", "ordinal"),
        ("25%", "percent"),
        ("۲۵ درصد", "percent"),
        ("سه و چهار دهم درصد", "percent"),
        ("three quarters", "fraction"),
        ("twenty", "cardinal"),
        ("19:45", "time"),
        ("7 pm", "time"),
        ("ساعت ۸", "time"),
        ("الساعة الثامنة", "time"),
        ("8 صباحا", "time"),
        ("5.30pm", "time"),
        ("8 o'clock", "time"),
    ],
)
def test_the_kind_of_a_number(text: str, kind: str) -> None:
    """Cardinal, ordinal, percent, fraction and time are told apart."""
    assert only(text).kind == kind


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3 و 4", [("3", 3), ("4", 4)]),
        ("سه و چهار نفر", [("سه", 3), ("چهار", 4)]),
        ("ثلاثة وأربعة", [("ثلاثة", 3), ("وأربعة", 4)]),
        ("three and four", [("three", 3), ("four", 4)]),
        ("twenty and thirty", [("twenty", 20), ("thirty", 30)]),
        ("two hundred and three hundred", [("two hundred", 200), ("three hundred", 300)]),
        ("two million and 50 people", [("two million", 2_000_000), ("50", 50)]),
        ("two million and fifty", [("two million and fifty", 2_000_050)]),
        ("صد و دویست", [("صد", 100), ("دویست", 200)]),
        ("۲۵ تا ۳۰ درصد", [("۲۵", 25), ("۳۰ درصد", 30)]),
        ("5-3", [("5", 5), ("3", 3)]),
        ("1,2,3", [("1", 1), ("2", 2), ("3", 3)]),
        ("2015-2016", [("2015", 2015), ("2016", 2016)]),
        ("1395/96", [("1395", 1395), ("96", 96)]),
        ("31/12/2016", [("31", 31), ("12", 12), ("2016", 2016)]),
        ("H1N1", [("1", 1), ("1", 1)]),
        ("دو سال و نیم ساعت", [("دو", 2), ("نیم", Decimal("0.5"))]),
        ("second half", [("second", 2), ("half", Decimal("0.5"))]),
        ("19:45:30", [("19:45:30", Decimal("19.75"))]),
        ("۷ ستاره", [("۷", 7)]),
        ("3:1", [("3", 3), ("1", 1)]),
        ("25:00", [("25", 25), ("00", 0)]),
    ],
)
def test_where_one_number_ends(text: str, found: list[tuple[str, Any]]) -> None:
    """What is only listed side by side stays apart, and every mention is exactly its words."""
    assert read(text) == found


def test_a_span_shares_its_percent() -> None:
    """The sign said once belongs to both ends: "25 to 30 percent"."""
    for text in ("۲۵ تا ۳۰ درصد", "25-30%", "from 25 to 30 percent", "من 25 إلى 30 بالمئة", "بين خمسة وعشرة بالمئة"):
        assert [mention.kind for mention in find(text)] == ["percent", "percent"], text
    assert [mention.kind for mention in find("25 people and 30 percent")] == ["cardinal", "percent"]


def test_what_marks_leave_open_has_both_readings() -> None:
    """ "1.234" may be 1234, «۳/۵» three and a half or three fifths; "10.000" is never ten."""
    assert only("1.234") == NumberMention(0, 5, Decimal("1.234"), others=(Decimal(1234),))
    assert only("1.234 million").others == (Decimal(1_234_000_000),)
    assert only("در ۳/۵ مورد", "fa") == NumberMention(3, 6, Decimal("0.6"), "fraction", others=(Decimal("3.5"),))
    assert only("در ۷/۵ مورد", "fa") == NumberMention(3, 6, Decimal("7.5"), others=(Decimal("1.4"),))
    assert only("۳/۵ درصد") == NumberMention(0, 8, Decimal("3.5"), "percent", others=(Decimal("0.6"),))
    assert only("10.000").others == ()
    assert only("24/7").weak


def test_a_dual_names_what_it_counts() -> None:
    """Two of what stands in `unit`; two that were spoken of before are weak."""
    assert only("زار المدينة لسنتين") == NumberMention(12, 18, Decimal(2), unit="year")
    assert only("ناقش الطرفين ذلك") == NumberMention(5, 12, Decimal(2), unit="side", weak=True)
    assert not only("خلال الشهرين الماضيين").weak
    for word in ("بلدان", "مدنيين", "المسؤولين", "طالبان", "البحرين", "يدين", "بوتين", "فلسطين"):
        assert find(word, "ar") == [], word


WEAK = {
    "fa": """
یک نفر | نه، نیامد | هر دو کشور | سه جانبه | سه‌جانبه | دوجانبه | دو برابر شد | یکی از | قول می‌دادم که دهم
نیمی از | ربع نهایی | نیم نگاه
""",
    "ar": """
واحد | أحد المسؤولين | ثلاثي | ربع النهائي | ألف كتابا | تقرير أولي | الاثنين | ثاني أكسيد الكربون | كلا
""",
    "en": """
one of them | both | a second try | per second | first, he | at first | the quarter | half-time | once | 9/11
""",
}


@pytest.mark.parametrize(("text", "language"), [(text, language) for language, block in WEAK.items() for text in cells(block)])
def test_a_word_that_may_be_no_number_is_weak(text: str, language: str) -> None:
    """Articles, pronouns, answers, rounds and the like are found as weak, so that nothing is held against them."""
    assert [mention.weak for mention in find(text, language)] == [True]


NOT_NUMBERS = {
    "fa": """
سه شنبه | سه‌شنبه | بی بی سی | بی‌بی‌سی | سی‌ان‌ان | ده‌ها نفر | صدها | هزاران | چند میلیون | چند صد هزار
سهم ایران | سیم | نخست‌وزیر | نخست وزیر | می دهم | می‌دهم | دو و میدانی | ثانیه | هفته | مایه نگرانی | ستون
""",
    "ar": """
آلاف الأشخاص | عشرات الآلاف | مئات | بضعة آلاف | أثناء الحرب | لست هنا | كمية | في الثانية | ثانية
""",
    "en": """
dozens of | several hundred | hundreds | m²
""",
}


@pytest.mark.parametrize(
    ("text", "language"), [(text, language) for language, block in NOT_NUMBERS.items() for text in cells(block)]
)
def test_what_only_looks_like_a_number_is_left_alone(text: str, language: str) -> None:
    """Weekdays, letter names, uncounted plurals, verbs and units of time are no numbers."""
    assert find(text, language) == []


# -- words of a generator, read back ----------------------------------------------------------------------------------


def split(words: str) -> list[str]:
    return words.split()


FA_SMALL = split("صفر یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده")
FA_TENS = split("- - بیست سی چهل پنجاه شصت هفتاد هشتاد نود")
FA_HUNDREDS = split("- صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد")
AR_SMALL = split("صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة")
AR_TEENS = split("أحد اثنا ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة")
AR_TENS = split("- - عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون")
AR_HUNDREDS = split("- مئة مئتان ثلاثمئة أربعمئة خمسمئة ستمئة سبعمئة ثمانمئة تسعمئة")
AR_SCALES = [("ألف", "ألفان", "آلاف"), ("مليون", "مليونان", "ملايين"), ("مليار", "ملياران", "مليارات")]
EN_SMALL = split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen"
)
EN_TENS = split("- - twenty thirty forty fifty sixty seventy eighty ninety")


def groups(number: int) -> list[tuple[int, int]]:
    """The number in thousands: (amount, power) from the highest."""
    amounts = [(number // 1000**power % 1000, power) for power in (3, 2, 1, 0)]
    return [(amount, power) for amount, power in amounts if amount] or [(0, 0)]


def persian(number: int) -> str:
    def below_thousand(n: int) -> str:
        parts = [FA_HUNDREDS[n // 100]] if n >= 100 else []
        rest = n % 100
        if rest >= 20:
            parts += [FA_TENS[rest // 10], *([FA_SMALL[rest % 10]] if rest % 10 else [])]
        elif rest or not n:
            parts.append(FA_SMALL[rest])
        return " و ".join(parts)

    scales = ["", " هزار", " میلیون", " میلیارد"]
    return " و ".join(below_thousand(amount) + scales[power] for amount, power in groups(number))


def arabic(number: int) -> str:
    def below_thousand(n: int) -> str:
        parts = [AR_HUNDREDS[n // 100]] if n >= 100 else []
        rest = n % 100
        if rest > 19:
            parts += [*([AR_SMALL[rest % 10]] if rest % 10 else []), AR_TENS[rest // 10]]
        elif rest > 10:
            parts.append(f"{AR_TEENS[rest - 11]} عشر")
        elif rest or not n:
            parts.append(AR_SMALL[rest])
        return " و".join(parts)

    def scaled(amount: int, power: int) -> str:
        if not power:
            return below_thousand(amount)
        one, two, several = AR_SCALES[power - 1]
        if amount in (1, 2):
            return (one, two)[amount - 1]
        return f"{below_thousand(amount)} {several if 3 <= amount <= 10 else one}"

    return " و".join(scaled(amount, power) for amount, power in groups(number))


def english(number: int) -> str:
    def below_thousand(n: int) -> str:
        parts = [f"{EN_SMALL[n // 100]} hundred"] if n >= 100 else []
        rest = n % 100
        if rest >= 20:
            parts.append(EN_TENS[rest // 10] + (f"-{EN_SMALL[rest % 10]}" if rest % 10 else ""))
        elif rest or not n:
            parts.append(EN_SMALL[rest])
        return " and ".join(parts)

    scales = ["", " thousand", " million", " billion"]
    return " ".join(below_thousand(amount) + scales[power] for amount, power in groups(number))


# Words change shape at these amounts: a bare scale word, duals, plurals, teens.
TURNS = st.sampled_from([0, 1, 2, 3, 10, 11, 12, 19, 20, 21, 100, 101, 102, 111, 200, 201, 211, 300, 999])
NUMBERS = st.one_of(
    st.integers(0, 10**12 - 1),
    st.integers(0, 2_000),
    st.tuples(TURNS, TURNS, TURNS, TURNS).map(lambda amounts: sum(amount * 1_000**power for power, amount in enumerate(amounts))),
)
WRITERS: list[tuple[str, Callable[[int], str]]] = [("fa", persian), ("ar", arabic), ("en", english)]


@pytest.mark.parametrize(("language", "write"), WRITERS)
@given(number=NUMBERS)
def test_written_out_numbers_are_read_back(language: str, write: Callable[[int], str], number: int) -> None:
    """Any number under a trillion, written out in words, is one mention with its value."""
    written = write(number)
    assert read(written, language) == [(written, number)]


DIGITS = {"en": "0123456789", "fa": "۰۱۲۳۴۵۶۷۸۹", "ar": "٠١٢٣٤٥٦٧٨٩"}
MARKS = {"en": (",", "."), "fa": ("٬", "٫"), "ar": ("٬", "٫")}


@given(number=st.decimals(0, 10**12, places=2), script=st.sampled_from([*DIGITS]), grouped=st.booleans())
def test_figures_of_every_script_are_read_back(number: Decimal, script: str, grouped: bool) -> None:
    """Figures with and without grouping, in the digits and marks of each script, are one mention with their value."""
    group, mark = MARKS[script]
    written = f"{number:,}" if grouped else f"{number}"
    written = written.translate({ord(","): group, ord("."): mark, **{ord(str(n)): digit for n, digit in enumerate(DIGITS[script])}})
    assert read(written) == [(written, number)]


@given(number=st.integers(3, 10**9), claim=st.sampled_from(WRITERS), quote=st.sampled_from(WRITERS), off=st.integers(1, 9))
def test_values_hold_across_languages_and_swaps_do_not(
    number: int, claim: tuple[str, Callable[[int], str]], quote: tuple[str, Callable[[int], str]], off: int
) -> None:
    """The same number holds whatever the language of sentence and quote; another number is named as missing."""
    quotes = [FRAMES[quote[0]].format(quote[1](number)), FRAMES[quote[0]].format("هیچ" if quote[0] == "fa" else "–")]
    assert unsupported(FRAMES[claim[0]].format(claim[1](number)), quotes) == []
    wrong = claim[1](number + off)
    assert unsupported(FRAMES[claim[0]].format(wrong), quotes) == [wrong]


FRAMES = {
    "fa": "در این حادثه که دیروز رخ داد {} نفر کشته شدند.",
    "ar": "قتل في الهجوم الذي وقع أمس {} شخص.",
    "en": "In the attack {} people were killed.",
}


# -- what quotes support ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quotes", "missing"),
    [
        ("5.1 million people fled.", ["3.4 million people fled"], ["5.1 million"]),
        ("5.1 million people fled.", ["نزح 5,1 مليون شخص"], []),
        ("۵٫۱ میلیون نفر گریختند", ["5,100,000 people fled"], []),
        ("بعد از دو هفته", ["أسبوعين بعد الهجوم"], []),
        ("After two weeks they met.", ["دو هفته پیش نیز به ایران رفته بود"], []),
        ("After two weeks they met.", ["قبل أسبوعين التقى الوفد بالرئيس"], []),
        ("After three weeks they met.", ["دو هفته پیش نیز به ایران رفته بود"], ["three"]),
        ("۲۵ نفر", ["twenty-five people were there"], []),
        ("twenty-five people", ["قتل خمسة وعشرون شخصا في الهجوم"], []),
        ("It was his second visit.", ["برای دومین بار به ایران رفت"], []),
        ("It was his third visit.", ["برای دومین بار به ایران رفت"], ["third"]),
        ("It was his second visit.", ["للمرة الثانية زار طهران"], []),
        ("He came 2 times.", ["زار طهران مرتين"], []),
        ("دو طرف گفتگو کردند", ["ناقش الطرفين تعاون البلدين"], []),
        ("سه طرف گفتگو کردند", ["ناقش الطرفين تعاون البلدين"], ["سه"]),
        ("A quarter of the people", ["25 درصد مردم"], []),
        ("25 percent of the people", ["ربع السكان في المدينة"], []),
        ("25 percent of the people", ["25 people in the city"], ["25 percent"]),
        ("25 points", ["25 percent of the people"], []),
        ("half of the city", ["نصف المدينة"], []),
        ("Two-thirds agreed.", ["دو سوم موافق بودند"], []),
        ("Between 25 and 30 percent", ["بین ۲۵ تا ۳۰ درصد"], []),
        ("at 7:45 pm", ["ساعت ۱۹:۴۵ به وقت تهران"], []),
        ("at 8:45 pm", ["ساعت ۱۹:۴۵ به وقت تهران"], ["8:45"]),
        ("at 8 pm", ["الساعة الثامنة مساء في دمشق"], []),
        ("at 8 pm", ["20 شخصا في دمشق"], ["8"]),
        ("Two and a half years", ["پس از دو سال و نیم"], []),
        ("It is 1.234.", ["1,234 people"], []),
        ("1395 people", ["۱٬۳۹۵ نفر"], []),
        ("They met, said one of them [1].", ["گفت"], []),
        ("They met 12 times.", [], ["12"]),
        ("Nothing is counted.", [], []),
        ("در سال ۲۰۱۶ در ۳۰ آذر دیدار کردند", ["گفتگو کردند"], []),
        ("30 people died.", ["در ۳۰ آذر ۱۳۹۵ کشته شدند"], ["30"]),
        ("The meeting on the 30th of that month", ["در ۳۰ آذر ۱۳۹۵ دیدار کردند"], []),
        ("The 2016 election", ["در دسامبر ۲۰۱۶ انتخابات برگزار شد"], []),
        ("The 2012 election", ["در دسامبر ۲۰۱۶ انتخابات برگزار شد"], ["2012"]),
        ("از ۳ نفر ۲ نفر و ۳ نفر", ["two of them"], ["۳", "۳"]),
    ],
)
def test_the_numbers_no_quote_holds(text: str, quotes: list[str], missing: list[str]) -> None:
    """Values are compared across scripts, words and scales; weak numbers, citation marks and numbers of dates are left out."""
    assert unsupported(text, quotes) == missing


# -- any text ---------------------------------------------------------------------------------------------------------

PIECES = split(
    "1 ۲۵ 1,234 3.5 / % ٪ : - و and ال of a half نیم ونصف یک دو بیست صد هزار میلیون میلیارد پنجم سوم خمسة وعشرون ألف وألف آلاف"
    " مليون مئة الثاني عشر يومين سنوات درصد بالمئة في المئة twenty five hundred thousand million third thirds quarter second pm"
    " ساعت ½ ء ـ چند شنبه ها"
)


@given(st.lists(st.one_of(st.sampled_from([*PIECES, "\u200c"]), st.text(max_size=4)), max_size=14), st.sampled_from(["", " "]))
def test_any_text_gives_ordered_slices_that_support_themselves(pieces: list[str], glue: str) -> None:
    """Whatever the text, mentions lie in it in order without overlap, and a text holds its own numbers."""
    text = glue.join(pieces)
    at = 0
    for mention in find(text):
        assert at <= mention.start < mention.end <= len(text)
        at = mention.end
    assert unsupported(text, [text]) == []


def test_endless_figures_are_no_number() -> None:
    """A line of five thousand digits does no harm and means nothing."""
    assert read(f"{'7' * 5_000} and 3") == [("3", 3)]
