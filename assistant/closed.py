"""Words that carry no content, by language: pronouns, particles, auxiliaries, question words, and verbs that only lean on a noun.

They are given as they are written; `text` folds them. A word stands here only if it has no content of its own in its language:
«خلفه» (behind him, or: succeeded him), «فهم» (so they, or: understanding) and «دهم» (I give, or: the tenth) do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["CONTENT", "EVERYWHERE", "FUNCTION", "LIGHT"]

# -- left out of texts and questions in any language ------------------------------------------------------------------

_PERSIAN_STOP = (
    "از به در با که و را این آن است بود برای تا یا هم نیز بر می شود شد شده می‌شود کرد کرده کند کنند کردند باید هر چه چی"
    " کدام کی کجا چرا چگونه چند چطور آیا اند هست نیست بوده باشد دارد دارند داشت ای یک دو ها های خود او وی آنها ما من تو شما"
    " پس اگر اما ولی چون بین روی زیر پیش بعد قبل همه هیچ دیگر می‌شود می‌شد می‌کند می‌کنند نمی چیست کیست کجاست بودند داشتند"
    " شدند گفت مورد توسط چقدر چیزی کسی کسانی زمانی سالی دلیل نام"
    " درباره راجع لطفا لطف بگو بگویید بگوئید بدانم می‌خواهم بفرمایید ممنون"
)
_ARABIC_STOP = (
    "من في على إلى عن مع هذا هذه ذلك تلك التي الذي الذين ما ماذا متى أين كيف كم لماذا هل أي هو هي هم كان كانت يكون تكون قد"
    " لقد ثم أو و أن إن لا لم لن بعد قبل بين كل غير عند حتى إذا كما به له لها بها فيه فيها منه منها عليه عليها هناك وهو وهي"
    " أيضا ومن وفي وعلى اسم تم خلال أية وما ولم الى منذ بما لما فما بشأن بخصوص أخبرني أخبرنا قل لي عليكم فضلك مرحبا شكرا"
)
# "us" is left in: without its capitals it is also a country; "may" is out: the month is read as a date.
_ENGLISH_STOP = (
    "a an the of in on at to for from by with and or not is are was were be been being do does did done doing has have had having"
    " will would shall should can cannot could may might must ought need needn don doesn didn isn aren wasn weren won wouldn shan"
    " shouldn couldn hasn haven hadn ain ll ve re s t d m o"
    " i me my mine myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its"
    " itself they them their theirs themselves oneself somebody someone something anybody anyone anything nobody none nothing"
    " everybody everyone everything this that these those here there such same each every either neither both all any some few"
    " several many much more most less least other others another own else"
    " what which who whom whose when where why how whatever whichever whoever whenever wherever"
    " about above according across after against along alongside amid among amongst around as before behind below beneath beside"
    " besides between beyond concerning despite down during except inside into near off onto out over past per regarding since"
    " than through throughout till toward towards under until up upon via within without"
    " if then also again already always although and because but even ever hence however just long maybe never nor now often once"
    " only perhaps quite rather so sometimes still though therefore thus too unless very whereas whether while yet ago away almost"
    " please tell explain know let want like hi hello thanks thank name type kind"
)
EVERYWHERE = f"{_PERSIAN_STOP} {_ARABIC_STOP} {_ENGLISH_STOP}"

# -- left out of questions in one language ----------------------------------------------------------------------------

_PERSIAN = (
    "ایشان آنان اینان اینها آن‌ها این‌ها اون اونا اونها اینا همین همان همون همونی همان‌ها این‌که اینکه آنکه آن‌که چنین چنان"
    " همچنین همچنان خودش خودشان خودشون خودم خویش یکدیگر همدیگر باهم دیگری دیگران دیگه چیز چیزها چیزهایی چیزای هرکس هرکدام هرچه"
    " برخی بعضی عده‌ای همگی فقط تنها خیلی بسیار زیاد بیشتر بیشترین کمتر هنوز دوباره مجددا همیشه هرگز البته شاید حتی حتما مثلا"
    " یعنی خب فعلا اکنون الان حالا هم‌اکنون سپس بعدا بعدش قبلا قبلش بدون راجب راجبه دربارش طی طبق مطابق ضمن میان رو واسه واسش برا"
    " بخاطر خاطر وقتی هنگامی هنگام وقت زمان زمان‌هایی موقع موقعی بله اگه مگر مگه لیکن بلکه زیرا گرچه هرچند اگرچه چیه چیا"
    " چیستند چطوری چه‌طور چجوری جوری کیه کیا کیان کیستند کدوم کدومه کدامیک کجای کجاها کجان چندمین چندم چندتا چقد چکار چیکار چکاره"
    " چرایی بهش ازش باهاش بهشون توی تو یه یکی هستند هستن نیستند نیستن هستم هستیم بودن بودند نبود نبودند باشند باشن باشه باش"
    " نباشد باشم هستش بایستی شایدم سلام ببخشید بگین بگید بگی بفرما"
)
_ARABIC = (
    "أنا نحن أنت أنتم هما هن هذان هاتان ذاك هؤلاء أولئك اللذان اللذين اللتان اللتين اللواتي اللاتي اللائي كانوا كنت كنا كانا"
    " كانتا يكونون سيكون ستكون ليس ليست ليسوا سوف يمكن يمكنني يجب ينبغي أنه أنها أنهم إنه إنها لأن لأنه لأنها كأن لكن لكنه بل إما"
    " أم إلا سوى بعض نفس نفسه نفسها ذات كلا كلتا كلها كلهم جميع جدا فقط أكثر أقل دون بدون كلما لعل ربما حيث إذ بينما عندما حين"
    " حينما وقت أثناء ضد نحو حول لدى تحت فوق عبر الآن حاليا سابقا أحد بحسب حسب وفق وفقا طبقا هنا هنالك ثمة أيها أيهما علام"
    " مما عما فيما حيال ضمن مثل مازال زال زالت يزال تزال لو كيلا كي يا نعم"
)
_SPOKEN_ARABIC = (
    "ليش ليه شو ايش وش ايه وين فين مين امتى إيمتى ايمتا ازاي ازيك كيفك شلون شلونك هيك هاد هادا هاي هذي دا ده دي اللي يلي بدي بدك"
    " بدنا عايز عاوز عايزة عاوزة عم رح هلق هلأ دلوقتي كمان برضه لسا لسه مش مو بس عشان علشان مشان زي متل حدا شي كام قديش قداش هون"
    " إزاي فينه يعني طب"
)
_TAKING_CLITICS = "من ما ماذا أي أية كم متى هذا هذه ذلك تلك الذي التي الذين كل بعض نفس ذات غير هؤلاء"
_PREPOSITIONS = "ب ل في من على إلي عن مع عند لدي بين قبل بعد حول دون ضد تحت فوق"
_PRONOUNS = "ه ها هم هن هما نا ي ك كم"


def _with_clitics(words: Iterable[str]) -> Iterator[str]:
    """The words with «و» or «ف» written onto them."""
    for word in words:
        yield from (word, f"و{word}", f"ف{word}")


def _arabic() -> frozenset[str]:
    """The function words of Arabic with what is written onto them: «وكيف», «بأي», «عليهم»."""
    led = (clitic + word for clitic in "بلك" for word in _TAKING_CLITICS.split())
    pronouns = (before.replace("على", "علي") + after for before in _PREPOSITIONS.split() for after in _PRONOUNS.split())
    written = _with_clitics([*_ARABIC_STOP.split(), *_ARABIC.split(), *led, *pronouns])
    return frozenset(written) | frozenset(_SPOKEN_ARABIC.split())


FUNCTION = {"fa": " ".join(_PERSIAN.split()), "ar": " ".join(sorted(_arabic())), "en": ""}

# -- that say little: verbs that lean on a noun («حرف زدند», "took part"), and nouns that only ask («چه موضوعاتی») ----

_PERSIAN_NOUNS = "موضوع موضوعی موضوعات موضوعاتی مطلب مطالب نفر نفری بار مرتبه دفعه عوض"
_ARABIC_LIGHT = (
    "جاء جاءت جاؤوا أتى أتت يأتي تأتي قام قامت قاموا يقوم تقوم جرى جرت يجري تجري تمت يتم صار صارت أصبح أصبحت بات باتت ظل ظلت"
    " حصل حصلت موضوع موضوعات أمر أمور شيء شي أشياء مرة مرات"
)
_ENGLISH_LIGHT = (
    "make makes made making take takes took taken taking get gets got getting give gives gave given giving go goes going went gone"
    " come comes came coming put puts putting bring brings bringing brought set sets setting thing things topic topics"
    " time times way"
)
# Not made from their stems: «رود» is a river, «روم» is Rome, «بره» a lamb.
_PERSIAN_MOTION = (
    "آمد آمدند آمده آمده‌اند آمدن می‌آید می‌آیند بیاید اومد اومدن اومدند اومده میاد بیاد رفت رفتند رفته رفته‌اند رفتن می‌رود می‌روند میره"
)
# Past stem, present stem.
_LIGHT_VERBS = (
    "کرد کن|شد شو|داد ده|زد زن|گرفت گیر|داشت دار|نمود نما|گردید گرد|یافت یاب|گذاشت گذار|آورد آور|خواست خواه|توانست توان|تونست تون"
)


def _forms(past: str, present: str) -> Iterator[str]:
    """The forms of a Persian verb, colloquial ones included («می‌کنن», «بشه»)."""
    persons = ("م", "ی", "یم", "ید", "ند", "ین", "ن")
    for ending in ("", *persons, "ه", "ن", "ه‌ام", "ه‌ای", "ه‌است", "ه‌ایم", "ه‌اید", "ه‌اند", "نش", "نشان"):
        yield from (f"{before}{past}{ending}" for before in ("", "ن", "می", "نمی"))
    for ending in (*persons, "د", "ه"):
        yield from (f"{before}{present}{ending}" for before in ("", "ب", "ن", "می", "نمی"))


def _persian_light() -> frozenset[str]:
    verbs = (pair.split() for pair in _LIGHT_VERBS.split("|"))
    return frozenset(form for past, present in verbs for form in _forms(past, present))


LIGHT = {
    "fa": f"{_PERSIAN_NOUNS} {' '.join(sorted(_persian_light()))} {_PERSIAN_MOTION} میشه بشه نشه میدن میدم بدن",
    "ar": " ".join(sorted(_with_clitics(_ARABIC_LIGHT.split()))),
    "en": _ENGLISH_LIGHT,
}

# Forms made above that are also words of their own: understanding, lost, orbit, Vienna; severe, Kurdish, tenth, decade, debt.
CONTENT = {
    "fa": (
        "شدید شدت کردی کن کنه شوی شوم دهی دهم دهیم دهه ده زنم زنی زنیم زنید زنن زنه زند گردن گرده دارن یابی"
        " بیابی گذاری آوری اوره بدهی خواهر خواسته نماد نمایی نمایم توانم بزن"
    ),
    "ar": "فهم فقد وهم ولي فلك فتحت بنا علي واحد فلم ضدي حولي دوني إليه فعلي فينا قبله قبلي ولاية وكلا نحوي",
}
