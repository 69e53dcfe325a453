"""What stands on a news page without being news: share bars, page clocks, "read also" lines, notices. It is marked, not cut.

Whole lines only, or what hangs on behind the last sentence of one. A line is compared folded, by its words, against the
tables below; a sentence of news is never marked, so every phrase must make up its whole line or be cut off by a colon.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import regex

from assistant.text import ZWNJ, fold, fold_with_map, paragraphs, words
from assistant.types import Span

__all__ = ["boilerplate"]

_LONGEST = 220  # characters of a line that is looked at; the longest "read also" headlines stay below
_TAIL = 160  # characters at the end of a longer line in which a hanging notice is looked for

# Notices that make up a line, or hang on behind its last sentence.
_NOTICES = """
    لینک‌های قابلیت دسترسی
    لینک‌های دسترسی
    روابط إتاحة الوصول
    روابط سهولة الوصول
    روابط الوصول
    Accessibility links
    Skip to main content
    Skip to content
    Skip to navigation
    Go to main content
    پرش به محتوای اصلی
    پرش به محتوا
    رفتن به محتوای اصلی
    رفتن به محتوا
    انتقل إلى المحتوى الرئيسي
    الانتقال إلى المحتوى الرئيسي
    تخطى إلى المحتوى
    التجاوز إلى المحتوى
    پیام برای این مطلب مسدود شده
    پیام برای این مطلب مسدود شده است
    نظرات بسته است
    نظرات بسته شده است
    دیدگاه‌ها بسته شده است
    دیدگاه‌ها بسته هستند
    ارسال نظر بسته شده است
    امکان ارسال نظر وجود ندارد
    التعليقات مغلقة
    باب التعليقات مغلق
    Comments are closed
    Comments are now closed
    XS SM MD LG
    All rights reserved
    جميع الحقوق محفوظة
    تمامی حقوق محفوظ است
    کلیه حقوق محفوظ است
"""

# Labels and buttons that make up a line.
_LABELS = """
    خبر فوری
    فوری
    عاجل
    خبر عاجل
    Breaking news
    Breaking
    به اشتراک بگذارید
    اشتراک‌گذاری
    هم‌رسانی
    کپی لینک
    لینک کوتاه
    ارسال به دوستان
    نسخه چاپی
    چاپ
    ارسال نظر
    نظر شما
    دیدگاه شما
    شارك
    شارك المقال
    شارك الخبر
    شاركها
    مشاركة
    مشاركة المقال
    انسخ الرابط
    نسخ الرابط
    طباعة
    أضف تعليقا
    اترك تعليقا
    Share
    Share this
    Share this article
    Share this story
    Share on
    Copy link
    Print
    Print this page
    Email this article
    Leave a comment
    Post a comment
    Advertisement
    تبلیغات
    آگهی
    إعلان
    عضویت در خبرنامه
    در خبرنامه ما عضو شوید
    ما را در شبکه‌های اجتماعی دنبال کنید
    ما را در تلگرام دنبال کنید
    ما را در اینستاگرام دنبال کنید
    به کانال تلگرام ما بپیوندید
    اشترك في نشرتنا الإخبارية
    اشترك في النشرة الإخبارية
    اشترك في النشرة البريدية
    اشترك الآن
    تابعونا على مواقع التواصل الاجتماعي
    تابعونا على فيسبوك
    تابعونا على تويتر
    تابعونا على تليغرام
    تابعونا
    Subscribe
    Subscribe now
    Subscribe to our newsletter
    Sign up for our newsletter
    Follow us
    Follow us on Facebook
    Follow us on Twitter
    Follow us on Telegram
    Accept cookies
    Accept all cookies
    Cookie policy
    Cookie settings
    Privacy policy
    Terms of use
    سیاست حفظ حریم خصوصی
    سياسة الخصوصية
    شروط الاستخدام
    سياسة ملفات تعريف الارتباط
    قبول ملفات تعريف الارتباط
    Home
    Menu
    Search
    Log in
    Sign in
    Back to top
    Next article
    Previous article
    صفحه اصلی
    صفحه نخست
    خانه
    منو
    جستجو
    ورود
    بازگشت به بالا
    مطلب بعدی
    مطلب قبلی
    الرئيسية
    الصفحة الرئيسية
    القائمة
    بحث
    تسجيل الدخول
    العودة إلى الأعلى
    المقال التالي
    المقال السابق
"""

# Leads to other articles: alone on the line, or with the other headline behind a colon or a dash.
_LEADS = """
    اقرأ أيضاً
    إقرأ أيضاً
    اقرؤوا أيضاً
    اقرأ المزيد
    اقرأ أكثر
    شاهد أيضاً
    طالع أيضاً
    قد يهمك أيضاً
    قد يهمك
    مواضيع ذات صلة
    مقالات ذات صلة
    أخبار ذات صلة
    بیشتر بخوانید
    همچنین بخوانید
    بخوانید
    ادامه مطلب
    مطالب مرتبط
    مطالب مشابه
    اخبار مرتبط
    خبرهای مرتبط
    مطالب بیشتر
    Read more
    Read also
    Also read
    See also
    Related
    Related articles
    Related stories
    Related news
    Related topics
    Related content
    You may also like
    You might also like
    More on this story
"""

_NETWORKS = """
    facebook twitter telegram whatsapp instagram linkedin youtube email
    فیس‌بوک توییتر تلگرام واتساپ اینستاگرام ایمیل
    فيسبوك تويتر تلغرام تليغرام تيليجرام واتساب إنستغرام بريد
"""
_SIZES = frozenset(["XS", "SM", "MD", "LG", "XL"])

_DAYS = """
    شنبه یکشنبه دوشنبه سه‌شنبه چهارشنبه پنجشنبه جمعه
    السبت الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة
    saturday sunday monday tuesday wednesday thursday friday
"""
_MONTHS = """
    فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند
    ژانویه فوریه مارس آوریل مه می ژوئن ژوئیه جولای اوت آگوست سپتامبر اکتبر نوامبر دسامبر
    يناير فبراير أبريل إبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
    شباط آذار نيسان أيار حزيران تموز آب أيلول كانون‌الثاني كانون‌الأول تشرين‌الأول تشرين‌الثاني
    محرم صفر رجب شعبان رمضان شوال ربيع‌الأول ربيع‌الثاني جمادى‌الأولى جمادى‌الآخرة ذو‌القعدة ذو‌الحجة
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep oct nov dec
"""
_NEWSROOMS = """
    فريق التحرير
    هيئة التحرير
    قسم التحرير
    تحریریه
    گروه تحریریه
    هیئت تحریریه
    editorial team
    editorial staff
    news desk
    newsroom
    staff writer
"""


def _pattern(phrases: Iterable[str]) -> str:
    """A pattern for any of the phrases, folded; where they have a space or a ZWNJ, a line may have either, or nothing."""
    folded = {r"\s*".join(map(regex.escape, words(phrase.replace(ZWNJ, " ")))) for phrase in phrases}
    return "(?:" + "|".join(sorted(folded, key=len, reverse=True)) + ")"


_NOTICE = _pattern(_NOTICES.strip().splitlines())
_NEWSROOM = _pattern(_NEWSROOMS.strip().splitlines())
_NETWORK, _DAY, _MONTH = (_pattern(table.split()) for table in (_NETWORKS, _DAYS, _MONTHS))
_FRONT = _pattern(["Home", "خانه", "صفحه اصلی", "صفحه نخست", "الرئيسية", "الصفحة الرئيسية"])
_DATE = rf"{_DAY}\W*(?:\d{{1,2}}\W*{_MONTH}|{_MONTH}\W*\d{{1,2}})\W*\d{{4}}"
_PLACE = r"(?:\W+[^\W\d]+){0,3}"
_USE = r"(?:استفاده|نقل|بازنشر|انتشار|کپی|هرگونه)"
_SITE = _pattern(["سایت", "وب‌سایت", "وبگاه", "پایگاه", "خبرگزاری", "پورتال", "موقع", "صحيفة", "وكالة", "شبكة", "قناة"])

# Each matches a whole folded line; \W* lets bullets, arrows and full stops stand around it.
_SHAPES = [
    rf"\W*{_NOTICE}\W*",
    rf"\W*(?:{_NETWORK}\W*){{1,8}}",
    # A page's clock, «جمعه ۲ آذر ۱۴۰۳ تهران ۱۹:۴۵»: it tells when the page was looked at.
    rf"\W*{_DATE}{_PLACE}\W*\d{{1,2}}\s*:\s*\d{{2}}(?:\s*:\s*\d{{2}})?{_PLACE}\W*",
    rf"\W*{_USE}\s.{{0,80}}با\s*ذکر\s*(?:نام\s*)?منبع.{{0,80}}(?:بلا\s*مانع|مجاز|ازاد)\s*است\W*",
    rf"\W*(?:تمامی|تمام|کلیه|همه)\s*(?:ی\s*)?حقوق\s.{{0,80}}(?:مادی\s*و\s*معنوی|\b{_SITE}\b).{{0,80}}(?:محفوظ|متعلق).{{0,60}}",
    rf"\W*(?:جمیع|کافه)\s*الحقوق\s*محفوظه.{{0,60}}(?:©|\d{{4}}|\bل?(?:ـ\s*)?{_SITE}\b).{{0,60}}",
    r"\W*(?:©|(?:\(c\)|copyright)\s*(?:©|\(c\)|\d{4})).{0,160}",
    r"\W*(?:we\suse|this\s(?:web)?site\suses)\scookies\b.{0,160}\b(?:experience|traffic|analy[sz]e|consent|agree|accept)\b.{0,80}",
    rf"\W*(?:\w+(?:\W+\w+){{0,3}}\s*[-–—|]\s*)?{_NEWSROOM}\W*",
    rf"\W*{_FRONT}(?:\s*[>\"»/›|]\s*[\w ]{{2,30}}){{1,5}}\W*",
]
_HANGING = regex.compile(rf"(?r)(?<=[.!؟?…»”\"])\s*({_NOTICE}\W*)$")


def _whole_lines(shortest: int) -> regex.Pattern[str]:
    """What a line of furniture looks like, with the labels and leads of at least so many words."""
    labels, leads = (
        _pattern(phrase for phrase in table.strip().splitlines() if len(words(phrase.replace(ZWNJ, " "))) >= shortest)
        for table in (_LABELS, _LEADS)
    )
    shapes = [*_SHAPES, rf"\W*{labels}\W*", rf"\W*{leads}(?:\W*|\s*[:|»\">←].*|\s+[-–—]\s.*)"]
    return regex.compile("|".join(f"(?:{shape})" for shape in shapes))


# The tables speak Persian, Arabic and English; in other languages their single words may be words of the article.
_SPOKEN = frozenset(["fa", "ar", "en", "und"])
_IN_SPOKEN, _ELSEWHERE = _whole_lines(1), _whole_lines(2)


def boilerplate(text: str, language: str) -> tuple[Span, ...]:
    """The spans of `text` that are no part of the article, in order, without overlap. `language` is an ISO 639 code."""
    lines = paragraphs(text)
    shape = _IN_SPOKEN if language in _SPOKEN else _ELSEWHERE
    marked = {line: line for line in lines if _is_furniture(text[line.start : line.end], shape)}
    marked |= {line: line for line in _size_marks(text, lines)}
    marked |= {line: line for line in _repeated_headline(text, lines, marked)}
    marked |= {line: hanging for line in lines if line not in marked and (hanging := _hanging(text, line))}
    return tuple(marked[line] for line in sorted(marked))


def _is_furniture(line: str, shape: regex.Pattern[str]) -> bool:
    return len(line) <= _LONGEST and any(map(str.isalnum, line)) and shape.fullmatch(fold(line).strip()) is not None


def _size_marks(text: str, lines: list[Span]) -> Iterator[Span]:
    """The lines of a share bar's size marks: several on a line, or neighbours («XS», «SM», …); one alone may be a name."""
    marks = [text[line.start : line.start + 2] in _SIZES and _SIZES.issuperset(text[slice(*line)].split()) for line in lines]
    for index, line in enumerate(lines):
        neighbours = marks[max(0, index - 1) : index + 2]
        if marks[index] and (sum(neighbours) > 1 or " " in text[line.start : line.end]):
            yield line


def _repeated_headline(text: str, lines: list[Span], marked: Collection[Span]) -> Iterator[Span]:
    """The line right after the first one of the article, when it says exactly the same."""
    first = next((index for index, line in enumerate(lines) if line not in marked), len(lines))
    for headline, line in zip(lines[first : first + 1], lines[first + 1 : first + 2], strict=False):
        if line.end - line.start <= _LONGEST and text[slice(*headline)] == text[slice(*line)]:
            yield line


def _hanging(text: str, line: Span) -> Span | None:
    """The notice that hangs on behind the last sentence of the line («…خواهد بود.لینک‌های قابلیت دسترسی»)."""
    start = max(line.start, line.end - _TAIL)
    tail = text[start : line.end]
    found = _HANGING.search(fold(tail))
    if found is None:
        return None
    raw = fold_with_map(tail).raw(*found.span(1))  # costs ten times as much as folding alone
    return Span(start + raw.start, line.end)
