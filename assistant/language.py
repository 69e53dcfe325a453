"""Which language a text is written in, by its letters and its function words: short questions and damaged spelling included."""

from __future__ import annotations

from collections import Counter

import regex

from assistant.text import fold, words

__all__ = ["detect"]

# An article tells its language early; reading on would only cost time.
_ENOUGH = 4_000

_SCRIPTS = {
    "arabic": regex.compile(r"\p{Arabic}"),
    "latin": regex.compile(r"\p{Latin}"),
    "ru": regex.compile(r"\p{Cyrillic}"),
    "he": regex.compile(r"\p{Hebrew}"),
    "zh": regex.compile(r"\p{Han}"),
    "ja": regex.compile(r"[\p{Hiragana}\p{Katakana}]"),
    "ko": regex.compile(r"\p{Hangul}"),
    "el": regex.compile(r"\p{Greek}"),
    "hi": regex.compile(r"\p{Devanagari}"),
    "hy": regex.compile(r"\p{Armenian}"),
    "ka": regex.compile(r"\p{Georgian}"),
    "th": regex.compile(r"\p{Thai}"),
}
_UKRAINIAN = regex.compile(r"[іїєґІЇЄҐ]")

# Letters only these languages write. ہ ھ ە turn up in damaged Persian and Arabic, so they never decide alone.
_OWN_LETTERS = {
    "ur": (regex.compile(r"[ٹڈڑںے]"), regex.compile(r"[ٹڈڑںےۓہھ]")),
    "ckb": (regex.compile(r"[ڕڵێۆ]"), regex.compile(r"[ڕڵێۆەڤ]")),
    "ps": (regex.compile(r"[ټډړښڼڅځۍې]"), regex.compile(r"[ټډړښڼڅځۍې]")),
    "ug": (regex.compile(r"[ۇۈۋ]"), regex.compile(r"[ۇۈۋېۆە]")),
}
_OWN_SHARE = 0.03  # of the Arabic-script letters; one foreign name in an article stays under it

_PERSIAN = (
    "چه که کی کیست چیست کجا کجاست کدام کدامند چرا چند چندم چگونه چطور چقدر آیا از به در با را برای تا و یا این آن است بود شد شده"
    " می‌شود کرد کرده کردند دارد داشت داشتند هست نیست باشد خود او وی هم نیز یک دو های ها هایی اش نام سال بر پس اگر هر گفت دارند"
    " بودند شدند کند کنند می نمی توسط مورد درباره کسی کسانی چیزی دیگر اند بوده باشند خواهد شود شوند داد دادند دهد پیش روی همه"
    " کیه چیه کجاس کجاست چیکار میشه میگه داره رو واسه اون اینا هستن هستند بین آنها ایشان مردم شهر کشور اولین بزرگترین"
    " پیدا انجام استفاده دوره دست جنگ ساله زن مرد پسر دختر روز خود خودش رو دو سه صد هزار جدید دولت نشان"
)
_ARABIC = (
    "مرحبا هلا اهلا تسلم شكرا"
    " من هو هي هم ما ماذا متى أين كيف كم لماذا هل أي أية في على إلى عن مع هذا هذه ذلك تلك التي الذي الذين كان كانت يكون تكون تم قد"
    " لقد لم لن لا ليس عند بعد قبل بين خلال حسب أو ثم أن إن به له لها بها فيه منه عليه قال وما ومن وفي كما حول ضد بشأن ماهو ماهي"
    " بما لدى لديه يمكن يقع تقع عام اسم أنه إنه وهو وهي ولم وقد حيث منذ ولد توفي سنة بماذا مما عما لمن أيضا"
)
_LATIN = {
    "en": "the of is are was were did does do what who when where why how which whose in on and to for by with from an at"
    " as has have had will would can that this his her their its not after about said be been he she they it over"
    " into if but new says i we you no a should could than more there up out",
    "fr": "le la les qui que quel quelle quels est où quand pourquoi des du une un comment dans pour sur avec sont été a"
    " au aux et par il elle se ce cette ne pas plus est-ce ces leur",
    "de": "der die das wer wen wem was wann wo warum wie welche welcher welches ist sind war wurde und ein eine einen im"
    " den dem des mit von zu zum zur auf nicht für als auch sich nach bei hat",
    "es": "el la los las quién quien qué cuál cuándo cuando dónde donde cómo es son fue por para con del una un en y se"
    " que su al lo más no ha como cuántos cuánto",
    "tr": "ve ne mi mı mu kim nerede zaman neden kaç nasıl kimdir nedir kiminle bir bu için ile olarak da de hangi olan"
    " oldu daha en gibi sonra çok ilk var edildi",
    "it": "il lo la gli chi che cosa quando dove perché come quale è sono di del della dei una un nel per con non si da"
    " al ha anche",
    "pt": "os as quem que qual quando onde como por é são foi de do da dos das uma um em no na para com não se ao mais",
    "nl": "de het een wie wat wanneer waar waarom hoe welke is zijn was en van in op voor niet aan bij dat die te door naar ook",
    "id": "yang dan di ini itu dengan untuk dari pada tidak akan adalah apa siapa oleh dalam juga telah",
}
_LATIN_LETTERS = {
    "tr": regex.compile(r"[ğışĞİŞ]"),
    "es": regex.compile(r"[ñÑ¿¡]"),
    "de": regex.compile(r"[ßäÄ]"),
    "fr": regex.compile(r"[œêèçùÊÈÇ]"),
    "pt": regex.compile(r"[ãõÃÕ]"),
}
# Letters of none of these (Polish, Romanian, Vietnamese, Swedish, Hungarian, Czech, …).
_OTHER_LATIN = regex.compile(r"[ăđơưłąęśżźćńčřůěšžőűșțåøæ\u1ea0-\u1ef9]", regex.IGNORECASE)
_LATIN_FEW = 20  # words; a longer text without function words is in a language we do not know
_LATIN_SHARE = 0.08

_LATIN_WORD = regex.compile(r"[\p{Latin}\p{M}]+(?:['’][\p{Latin}\p{M}]+)?")
_PERSIAN_LETTERS = regex.compile(r"[پچژگ]")
_PERSIAN_KEYS = regex.compile(r"[یک]")
_ARABIC_LETTERS = regex.compile(r"[ةأإ]")
_ARABIC_KEYS = regex.compile(r"[يىك]")
_ARABIC_SIGNS = regex.compile(r"[ؤئء\u064b-\u0652]")
_ZWNJ = "\u200c"
# A whole keyboard's letters say little (people type Persian on Arabic keyboards, and the other way round).
_KEYS_COUNTED = 4
_PERSIAN_SHAPE = regex.compile(r"(?:ن?می..|..+(?:هایی?|ترین|تری|گاه|هاست)$)")
_ARABIC_SHAPE = regex.compile(r"(?:[وبفک]{0,2}ال...|و?لل..)")


def _split(listed: str) -> frozenset[str]:
    return frozenset(words(listed))


_IN_BOTH = _split(_PERSIAN) & _split(_ARABIC)
_PERSIAN_WORDS = _split(_PERSIAN) - _IN_BOTH
_ARABIC_WORDS = _split(_ARABIC) - _IN_BOTH
_LATIN_WORDS = {language: frozenset(listed.split()) for language, listed in _LATIN.items()}


def detect(text: str, default: str = "und") -> str:
    """The ISO 639 code of the language of `text`, a question or an article; `default` when nothing in it speaks.

    Persian, Arabic and English are told even in damaged spelling (each other's keyboard letters, no hamza, no ZWNJ, dots in words).
    """
    text = text[:_ENOUGH]
    counts = Counter({script: len(letters.findall(text)) for script, letters in _SCRIPTS.items()})
    script, most = counts.most_common(1)[0]
    if not most:
        return default
    if counts["arabic"] and counts["latin"]:
        script = _script_of_function_words(text) or script
    if script == "arabic":
        return _arabic_script(text, counts["arabic"]) or default
    if script == "latin":
        return _latin_script(text) or default
    if script == "zh" and counts["ja"]:
        return "ja"
    return "uk" if script == "ru" and _UKRAINIAN.search(text) else script


def _script_of_function_words(text: str) -> str:
    """The script that carries the grammar of a mixed text ("Who is علی شمخانی?" is English); empty when neither does."""
    arabic = sum(word in _PERSIAN_WORDS or word in _ARABIC_WORDS or word in _IN_BOTH for word in words(text))
    latin = max(sum(word in listed for word in _latin_words(text)) for listed in _LATIN_WORDS.values())
    return "" if arabic == latin else "arabic" if arabic > latin else "latin"


def _arabic_script(text: str, letters: int) -> str:
    shares = {language: len(every.findall(text)) / letters for language, (sure, every) in _OWN_LETTERS.items() if sure.search(text)}
    if shares and max(shares.values()) >= _OWN_SHARE:
        return max(shares, key=shares.__getitem__)
    # «علی» with a Persian yeh is a name; Arabic «على» (on) folds to the same.
    score = _word_score(words(text.replace("علی", " "))) + _letter_score(text)
    return "fa" if score > 0 else "ar" if score < 0 else ""


def _word_score(folded: list[str]) -> float:
    """Above zero when the words look Persian, below when they look Arabic."""
    score = 0.0
    for word in folded:
        if word in _PERSIAN_WORDS:
            score += 1.5
        elif word in _ARABIC_WORDS:
            score -= 1.5
        if _PERSIAN_SHAPE.match(word):
            score += 1.0
        elif _ARABIC_SHAPE.match(word):
            score -= 1.5
    return score


def _letter_score(text: str) -> float:
    """The same by letters that only one of the two writes; keyboard habits count little."""
    plain = fold(text)
    persian = 2.0 * len(_PERSIAN_LETTERS.findall(plain)) + 2.0 * text.count(_ZWNJ)
    arabic = 2.0 * len(_ARABIC_LETTERS.findall(text)) + 0.3 * len(_ARABIC_SIGNS.findall(text))
    keys = min(_KEYS_COUNTED, len(_PERSIAN_KEYS.findall(text))) - min(_KEYS_COUNTED, len(_ARABIC_KEYS.findall(text)))
    return persian - arabic + 0.3 * keys


def _latin_words(text: str) -> list[str]:
    return [word.lower() for word in _LATIN_WORD.findall(text)]


def _latin_script(text: str) -> str:
    spoken = _latin_words(text)
    hits = {language: float(sum(word in listed for word in spoken)) for language, listed in _LATIN_WORDS.items()}
    for language, letters in _LATIN_LETTERS.items():
        hits[language] += 1.5 * min(3, len(letters.findall(text)))
    # English comes first, so that a draw is read as English: names without grammar, «Putin Tehran», are typed that way.
    best = max(hits, key=hits.__getitem__)
    strange = len(_OTHER_LATIN.findall(text)) > hits[best]
    grammarless = len(spoken) > _LATIN_FEW and hits[best] < _LATIN_SHARE * len(spoken)
    return "" if strange or grammarless else best
