"""The sentences and words of ours, as data: one table a language, and the small talk we recognise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["JALALI_MONTHS", "LANGUAGE_NAMES", "PHRASES", "SMALL_TALK", "FrameLanguage", "Phrases", "SmallTalk"]

FrameLanguage: TypeAlias = Literal["fa", "ar", "en"]
SmallTalk: TypeAlias = Literal["greeting", "thanks", "abilities"]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Our words in one language; `{…}` are filled in, a mapping holds one form for each plural category of the language.

    The `_across` frame has a word between name and day: a name in the other writing direction would otherwise pull the
    day's number to its far side on screen.
    """

    digits: str
    decimal: str
    quote: str
    comma: str
    months: str
    published: str
    published_across: str
    published_undated: str
    titled: str
    titled_undated: str
    dated: str
    one_article: str
    not_found: str
    nearest: str
    incomplete: Mapping[str, str]
    quotes_only: str
    fallback: str
    quote_language: str
    quote_language_unknown: str
    glosses: str
    gloss: str
    gloss_separator: str
    close_match: str
    possible_match: str
    broke_off: str
    wrong_language: str
    differ: str
    translation: str
    sources: str
    article: str
    also: str
    reading: str
    day_range: str
    small_talk: Mapping[SmallTalk, str]
    collection: Mapping[str, str]
    outlets: str
    more_outlets: str
    days: str
    one_day: str
    invitation: str
    trace: str
    searched: str
    seconds: str
    model_use: str
    cost: str
    left_out: str


_ENGLISH = Phrases(
    digits="0123456789",
    decimal=".",
    quote="“{text}”",
    comma=", ",
    months="January February March April May June July August September October November December",
    published="According to {publisher}, {day}:",
    published_across="According to {publisher} on {day}:",
    published_undated="According to {publisher}:",
    titled="In an article of {day} titled {title}:",
    titled_undated="In an article titled {title}:",
    dated="In an article of {day}:",
    one_article="One article says:",
    not_found="The answer to this question is not in the articles.",
    nearest="Nearest headlines (they are not the answer and are not cited):",
    incomplete={
        "zero": "This answer is incomplete.",
        "one": "One sentence was left out because it could not be verified in the articles.",
        "other": "{count} sentences were left out because they could not be verified in the articles.",
    },
    quotes_only="No language model is set up: these are quotations from the articles, not a written answer.",
    fallback="The language model gave no answer that can be used: these are quotations from the articles, not a written answer.",
    quote_language="The quotation is in {name}.",
    quote_language_unknown="The quotation is in another language.",
    glosses="Key words: {glosses}.",
    gloss="{word} = {meaning}",
    gloss_separator="; ",
    close_match="Close match",
    possible_match="Possible match",
    broke_off="The model's answer broke off; what had been verified until then is shown.",
    wrong_language="The model did not write this sentence in the language asked for.",
    differ="The sources differ: {one} in [{first}], {other} in [{second}].",
    translation="Machine translation: {text}",
    sources="Sources",
    article="Article: {id}",
    also="Also in {names}",
    reading="{text} = {days}",
    day_range="{first} to {last}",
    small_talk={
        "greeting": "Hello.",
        "thanks": "You are welcome.",
        "abilities": "I answer questions about these news articles. Every sentence of an answer rests on a quotation that was"
        " checked character by character against its article; when the answer is not in the articles, I say so.",
    },
    collection={
        "zero": "This collection holds no articles yet.",
        "one": "This collection holds one article.",
        "other": "This collection holds {count} articles.",
    },
    outlets="Outlets: {names}.",
    more_outlets="{names} and others",
    days="Published from {first} to {last}.",
    one_day="Published on {first}.",
    invitation="Ask a question about them.",
    trace="How this answer came about",
    searched="Searched for: {query}",
    seconds="{step}: {seconds} s",
    model_use="Model: {model}. Requests: {requests}. Tokens: {tokens_in} in, {tokens_out} out.",
    cost="Cost: {cost}.",
    left_out="Left out: {text} ({reason})",
)

_PERSIAN = Phrases(
    digits="۰۱۲۳۴۵۶۷۸۹",
    decimal="٫",
    quote="«{text}»",
    comma="، ",
    months="ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
    published="به گزارش {publisher}، {day}:",
    published_across="به گزارش {publisher} در {day}:",
    published_undated="به گزارش {publisher}:",
    titled="در مقاله‌ای به تاریخ {day} با عنوان {title}:",
    titled_undated="در مقاله‌ای با عنوان {title}:",
    dated="در مقاله‌ای به تاریخ {day}:",
    one_article="در یکی از مقاله‌ها آمده است:",
    not_found="پاسخ این پرسش در مقاله‌ها نیست.",
    nearest="نزدیک‌ترین عنوان‌ها (پاسخ نیستند و به آن‌ها استناد نشده است):",
    incomplete={
        "zero": "این پاسخ کامل نیست.",
        "one": "یک جمله کنار گذاشته شد، چون درستی آن در مقاله‌ها تأیید نشد.",
        "other": "{count} جمله کنار گذاشته شد، چون درستی آن‌ها در مقاله‌ها تأیید نشد.",
    },
    quotes_only="مدل زبانی تنظیم نشده است؛ آنچه می‌خوانید نقل‌قول مستقیم از مقاله‌هاست، نه پاسخی نوشته‌شده.",
    fallback="مدل زبانی پاسخی نداد که بتوان به کار برد؛ آنچه می‌خوانید نقل‌قول مستقیم از مقاله‌هاست، نه پاسخی نوشته‌شده.",
    quote_language="نقل‌قول به زبان {name} است.",
    quote_language_unknown="نقل‌قول به زبان دیگری است.",
    glosses="واژه‌های کلیدی: {glosses}.",
    gloss="{word} = {meaning}",
    gloss_separator="؛ ",
    close_match="تطابق نزدیک",
    possible_match="تطابق احتمالی",
    broke_off="پاسخ مدل ناتمام ماند؛ آنچه تا آن هنگام تأیید شده بود آمده است.",
    wrong_language="مدل این جمله را به زبان خواسته‌شده ننوشته است.",
    differ="منابع یکسان نمی‌گویند: {one} در [{first}]، {other} در [{second}].",
    translation="ترجمهٔ ماشینی: {text}",
    sources="منابع",
    article="مقاله: {id}",
    also="همچنین در {names}",
    reading="{text} = {days}",
    day_range="{first} تا {last}",
    small_talk={
        "greeting": "سلام.",
        "thanks": "خواهش می‌کنم.",
        "abilities": "به پرسش‌های شما دربارهٔ این مقاله‌های خبری پاسخ می‌دهم. هر جملهٔ پاسخ بر نقل‌قولی تکیه دارد که حرف‌به‌حرف با"
        " متن مقاله سنجیده شده است؛ اگر پاسخی در مقاله‌ها نباشد، همین را می‌گویم.",
    },
    collection={
        "zero": "این مجموعه هنوز مقاله‌ای ندارد.",
        "one": "این مجموعه یک مقاله دارد.",
        "other": "این مجموعه {count} مقاله دارد.",
    },
    outlets="رسانه‌ها: {names}.",
    more_outlets="{names} و چند رسانهٔ دیگر",
    days="تاریخ انتشار: از {first} تا {last}.",
    one_day="تاریخ انتشار: {first}.",
    invitation="پرسش خود را دربارهٔ آن‌ها بنویسید.",
    trace="این پاسخ چگونه به دست آمد",
    searched="جست‌وجوشده: {query}",
    seconds="{step}: {seconds} ثانیه",
    model_use="مدل: {model}. درخواست‌ها: {requests}. توکن‌ها: {tokens_in} ورودی، {tokens_out} خروجی.",
    cost="هزینه: {cost}.",
    left_out="کنار گذاشته شد: {text} ({reason})",
)

_ARABIC = Phrases(
    digits="٠١٢٣٤٥٦٧٨٩",
    decimal="٫",
    quote="«{text}»",
    comma="، ",
    months="يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    published="بحسب {publisher}، {day}:",
    published_across="بحسب {publisher} في {day}:",
    published_undated="بحسب {publisher}:",
    titled="في مقال بتاريخ {day} بعنوان {title}:",
    titled_undated="في مقال بعنوان {title}:",
    dated="في مقال بتاريخ {day}:",
    one_article="جاء في أحد المقالات:",
    not_found="الإجابة عن هذا السؤال غير موجودة في المقالات.",
    nearest="أقرب العناوين (ليست إجابة ولم يُستشهد بها):",
    incomplete={
        "zero": "هذه الإجابة غير مكتملة.",
        "one": "حُذفت جملة واحدة لتعذّر التحقق منها في المقالات.",
        "two": "حُذفت جملتان لتعذّر التحقق منهما في المقالات.",
        "few": "حُذفت {count} جمل لتعذّر التحقق منها في المقالات.",
        "many": "حُذفت {count} جملةً لتعذّر التحقق منها في المقالات.",
        "other": "حُذفت {count} جملة لتعذّر التحقق منها في المقالات.",
    },
    quotes_only="لم يُضبط أي نموذج لغوي؛ ما تقرؤه اقتباسات حرفية من المقالات، لا إجابة مكتوبة.",
    fallback="لم يقدم النموذج اللغوي إجابة يمكن استعمالها؛ ما تقرؤه اقتباسات حرفية من المقالات، لا إجابة مكتوبة.",
    quote_language="الاقتباس باللغة {name}.",
    quote_language_unknown="الاقتباس بلغة أخرى.",
    glosses="الكلمات المفتاحية: {glosses}.",
    gloss="{word} = {meaning}",
    gloss_separator="؛ ",
    close_match="تطابق قريب",
    possible_match="تطابق محتمل",
    broke_off="توقفت إجابة النموذج قبل تمامها؛ يظهر ما جرى التحقق منه حتى ذلك الحين.",
    wrong_language="لم يكتب النموذج هذه الجملة باللغة المطلوبة.",
    differ="تختلف المصادر: {one} في [{first}]، و{other} في [{second}].",
    translation="ترجمة آلية: {text}",
    sources="المصادر",
    article="المقال: {id}",
    also="وكذلك في {names}",
    reading="{text} = {days}",
    day_range="{first} إلى {last}",
    small_talk={
        "greeting": "مرحبًا.",
        "thanks": "على الرحب والسعة.",
        "abilities": "أجيب عن أسئلتك حول هذه المقالات الإخبارية. تستند كل جملة في الإجابة إلى اقتباس جرت مطابقته حرفًا بحرف مع"
        " نص المقال؛ وإن لم تكن الإجابة في المقالات قلتُ ذلك.",
    },
    collection={
        "zero": "لا تضم هذه المجموعة أي مقال بعد.",
        "one": "تضم هذه المجموعة مقالًا واحدًا.",
        "two": "تضم هذه المجموعة مقالين.",
        "few": "تضم هذه المجموعة {count} مقالات.",
        "many": "تضم هذه المجموعة {count} مقالًا.",
        "other": "تضم هذه المجموعة {count} مقال.",
    },
    outlets="وسائل الإعلام: {names}.",
    more_outlets="{names} وغيرها",
    days="تاريخ النشر: من {first} إلى {last}.",
    one_day="تاريخ النشر: {first}.",
    invitation="اكتب سؤالك عنها.",
    trace="كيف جاءت هذه الإجابة",
    searched="جرى البحث عن: {query}",
    seconds="{step}: {seconds} ثانية",
    model_use="النموذج: {model}. الطلبات: {requests}. الرموز: {tokens_in} واردة، {tokens_out} صادرة.",
    cost="التكلفة: {cost}.",
    left_out="حُذف: {text} ({reason})",
)

PHRASES: Mapping[FrameLanguage, Phrases] = {"fa": _PERSIAN, "ar": _ARABIC, "en": _ENGLISH}

JALALI_MONTHS = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند"

LANGUAGE_NAMES: Mapping[str, Mapping[FrameLanguage, str]] = {
    "fa": {"fa": "فارسی", "ar": "الفارسية", "en": "Persian"},
    "ar": {"fa": "عربی", "ar": "العربية", "en": "Arabic"},
    "en": {"fa": "انگلیسی", "ar": "الإنجليزية", "en": "English"},
    "tr": {"fa": "ترکی", "ar": "التركية", "en": "Turkish"},
    "ku": {"fa": "کردی", "ar": "الكردية", "en": "Kurdish"},
    "ckb": {"fa": "کردی سورانی", "ar": "الكردية السورانية", "en": "Sorani Kurdish"},
    "ur": {"fa": "اردو", "ar": "الأردية", "en": "Urdu"},
    "ps": {"fa": "پشتو", "ar": "البشتوية", "en": "Pashto"},
    "he": {"fa": "عبری", "ar": "العبرية", "en": "Hebrew"},
    "az": {"fa": "آذربایجانی", "ar": "الأذربيجانية", "en": "Azerbaijani"},
    "hy": {"fa": "ارمنی", "ar": "الأرمنية", "en": "Armenian"},
    "ru": {"fa": "روسی", "ar": "الروسية", "en": "Russian"},
    "uk": {"fa": "اوکراینی", "ar": "الأوكرانية", "en": "Ukrainian"},
    "fr": {"fa": "فرانسوی", "ar": "الفرنسية", "en": "French"},
    "de": {"fa": "آلمانی", "ar": "الألمانية", "en": "German"},
    "es": {"fa": "اسپانیایی", "ar": "الإسبانية", "en": "Spanish"},
    "it": {"fa": "ایتالیایی", "ar": "الإيطالية", "en": "Italian"},
    "pt": {"fa": "پرتغالی", "ar": "البرتغالية", "en": "Portuguese"},
    "nl": {"fa": "هلندی", "ar": "الهولندية", "en": "Dutch"},
    "sv": {"fa": "سوئدی", "ar": "السويدية", "en": "Swedish"},
    "pl": {"fa": "لهستانی", "ar": "البولندية", "en": "Polish"},
    "el": {"fa": "یونانی", "ar": "اليونانية", "en": "Greek"},
    "zh": {"fa": "چینی", "ar": "الصينية", "en": "Chinese"},
    "ja": {"fa": "ژاپنی", "ar": "اليابانية", "en": "Japanese"},
    "ko": {"fa": "کره‌ای", "ar": "الكورية", "en": "Korean"},
    "hi": {"fa": "هندی", "ar": "الهندية", "en": "Hindi"},
    "bn": {"fa": "بنگالی", "ar": "البنغالية", "en": "Bengali"},
    "id": {"fa": "اندونزیایی", "ar": "الإندونيسية", "en": "Indonesian"},
    "tg": {"fa": "تاجیکی", "ar": "الطاجيكية", "en": "Tajik"},
    "uz": {"fa": "ازبکی", "ar": "الأوزبكية", "en": "Uzbek"},
}

# What people say around a question, one phrase between bars or line ends; a ZWNJ may be typed as a space or left out.
SMALL_TALK: Mapping[Literal["abilities", "thanks", "greeting", "filler"], str] = {
    "abilities": """
        what can you do|what can you do for me|what do you do|who are you|what are you|how do you work|how can you help
        how can you help me|can you help me|what can i ask|what can i ask you|help
        چه کار می‌کنی|چه کار می‌کنید|چکار می‌کنی|چکار می‌کنید|چه کاری می‌کنی|چه کارهایی می‌کنی|چه کار می‌توانی بکنی|چه کار می‌تونی بکنی
        چه کار می‌توانید بکنید|چه کاری می‌توانی بکنی|چه کارهایی می‌توانی بکنی|چه کاری می‌توانی انجام دهی|چه کاری می‌توانید انجام دهید
        چه کارهایی می‌توانی انجام دهی|چه کارهایی می‌توانید انجام دهید|چه کاری از تو برمی‌آید|چه کاری از شما برمی‌آید
        چه کاری از دستت برمی‌آید|چه کارهایی بلدی|چی بلدی|تو کی هستی|تو چی هستی|تو کیستی|تو چیستی|تو چه کسی هستی
        شما کی هستید|شما کیستید|شما چه کسی هستید
        چطور کار می‌کنی|چگونه کار می‌کنی|چطور کمک می‌کنی|چه کمکی می‌کنی|چه کمکی می‌توانی بکنی|چه کمکی می‌توانید بکنید|کمکم کن
        راهنما|راهنمایی|چه بپرسم|چی بپرسم
        ماذا تفعل|ماذا تستطيع|ماذا تستطيع أن تفعل|ماذا يمكنك|ماذا يمكنك أن تفعل|ما الذي يمكنك فعله|ما الذي تستطيع فعله
        ماذا بوسعك أن تفعل|من أنت|من أنتم|من تكون|ما أنت|ما هي قدراتك|ما قدراتك|ما هي مهامك|ما عملك|ما وظيفتك|كيف تعمل
        كيف يمكنك مساعدتي|كيف تساعدني|بماذا يمكنك مساعدتي|هل يمكنك مساعدتي|ساعدني|ماذا أسألك|عما يمكنني أن أسألك
    """,
    "thanks": """
        thanks|thank you|thanks a lot|many thanks|thank you very much|thank you so much|thx|much appreciated
        ممنون|ممنونم|خیلی ممنون|خیلی ممنونم|مرسی|خیلی مرسی|سپاس|با سپاس|سپاس‌گزارم|متشکرم|خیلی متشکرم|تشکر|با تشکر|تشکر می‌کنم
        دستت درد نکند|دستت درد نکنه|دست شما درد نکند|دست شما درد نکنه|دمت گرم
        شكرا|شكرا لك|شكرا لكم|شكرا جزيلا|شكرا جزيلا لك|شكرا كثيرا|ألف شكر|أشكرك|أشكركم|مشكور|جزاك الله خيرا|تسلم
    """,
    "greeting": """
        hello|hi|hey|hiya|good morning|good afternoon|good evening|greetings|how are you|how are you doing|how do you do
        nice to meet you
        سلام|سلام علیکم|سلام بر شما|درود|درود بر شما|صبح‌به‌خیر|ظهر‌به‌خیر|عصر‌به‌خیر|شب‌به‌خیر|روز‌به‌خیر|وقت‌به‌خیر|وقت شما به‌خیر
        صبح‌بخیر|ظهر‌بخیر|عصر‌بخیر|شب‌بخیر|روز‌بخیر|وقت‌بخیر|وقت شما بخیر|خسته نباشید|خسته نباشی|خوبی|خوبید|خوب هستید|چطوری|چطورید
        حالت چطور است|حالت چطوره|حال شما چطور است|حال شما چطوره|حالتان چطور است|چه خبر
        السلام عليكم|السلام عليكم ورحمة الله|السلام عليكم ورحمة الله وبركاته|سلام عليكم|وعليكم السلام|مرحبا|مرحبا بك|مرحبا بكم
        أهلا|أهلا وسهلا|أهلا بك|هلا|صباح الخير|مساء الخير|تحية|تحياتي|كيف حالك|كيف حالكم|كيف الحال|كيفك|تشرفنا
    """,
    "filler": """
        sanad|there|everyone|please|again|dear|my friend|so|well|ok|okay|and
        سند|عزیز|دوست عزیز|دوست من|جان|لطفا|خب|باز هم|و|یا سند|يا سند|يا صديقي|صديقي|من فضلك|لو سمحت|حسنا
    """,
}
