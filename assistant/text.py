"""One reading of text in every script: what is shown, what is searched for, and how the two map onto each other.

Pure functions. The article's own characters are never changed for searching; `fold` gives the form in which spellings
that readers hold to be the same become equal, and `Folded` maps it back to the characters it came from.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import regex

from assistant import closed
from assistant.types import Span

__all__ = [
    "Folded",
    "Word",
    "clean",
    "content_words",
    "digits_to_ascii",
    "fold",
    "fold_with_map",
    "is_function_word",
    "is_light_word",
    "is_stop_word",
    "ngrams",
    "paragraphs",
    "sentences",
    "stem",
    "stem_variants",
    "word_spans",
    "words",
]

ZWNJ = "\u200c"
TATWEEL = "\u0640"

# -- what is shown --------------------------------------------------------------------------------------------------

# Controls (not tab and newline), surrogates, bidi marks, embeddings, overrides and isolates, other zero-width characters (not
# ZWNJ and ZWJ, which Persian, Indic scripts and emoji need), interlinear marks, the tag block, and noncharacters.
_NEVER_SHOWN = re.compile(  # which looks for characters in a tenth of the time that `regex` takes
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    r"\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    """`text` as an article keeps it: NFC, Unix line ends, without characters that must never be shown. ZWNJ stays."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    # Removing a mark can bring two combining characters together, so normalisation comes last.
    return unicodedata.normalize("NFC", _NEVER_SHOWN.sub("", unified))


# -- folding ----------------------------------------------------------------------------------------------------------

_LETTERS = {
    **dict.fromkeys("يىېےئۍێ", "ی"),
    **dict.fromkeys("كڪ", "ک"),
    **dict.fromkeys("ةۀہھەۂۃ", "ه"),
    **dict.fromkeys("أإآٱ", "ا"),
    "ؤ": "و",
    "ۆ": "و",
    "ء": "",
    TATWEEL: "",
    ZWNJ: "",
    "\u200d": "",
    "‘": "'",
    "’": "'",
    "ʼ": "'",
    "`": "'",
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("–—‑‐", "-"),
}
# Combining marks that spelling varies by: general diacritics, Hebrew points, Arabic harakat and Quranic marks.
_MARKS = regex.compile(
    r"[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    r"\u08d3-\u08ff\ufe00-\ufe0f]"
)
_ACCENTED = regex.compile(r"[\p{Latin}\p{Greek}\p{Cyrillic}]")
# A letter, dots held by tatweels, a letter: «هـ.ـامة» is written to dodge filters and means «هامة». A tatweel, though a letter to
# Unicode, begins nothing, and nothing is tried twice: a text of nothing but tatweels would otherwise take hours.
_DODGE = regex.compile(r"(?<=[[\p{L}\p{M}]--[\u0640]])(?:\u0640++[.·•*_]++\u0640*+|[.·•*_]++\u0640++)++(?=[\p{L}\p{M}])", regex.V1)


class _Table(dict[int, str]):
    """What each character becomes, worked out on first use (for `str.translate`)."""

    def __init__(self, become: Callable[[str], str]) -> None:
        self._become = become

    def __missing__(self, code: int) -> str:
        made = self[code] = self._become(chr(code))
        return made


def _fold_character(character: str) -> str:
    if _MARKS.match(character) or (_NEVER_SHOWN.match(character) and character != "\n"):
        return ""
    if character in _LETTERS:
        return _LETTERS[character]
    compatible = unicodedata.normalize("NFKC", character)
    if _ACCENTED.match(compatible):
        compatible = _MARKS.sub("", unicodedata.normalize("NFKD", compatible))
    if compatible.isdecimal() and not compatible.isascii():
        compatible = "".join(str(unicodedata.decimal(digit)) for digit in compatible)
    folded = _MARKS.sub("", "".join(_LETTERS.get(part, part) for part in compatible)).casefold()
    return _MARKS.sub("", "".join(_LETTERS.get(part, part) for part in unicodedata.normalize("NFKC", folded)))


_TABLE = _Table(_fold_character)


def fold(text: str) -> str:
    """The form of `text` that is searched: lower case, one letter for its variants, ASCII digits, no marks, no joiners.

    ZWNJ joins («می‌شود» is «میشود»), letters split by dots and tatweels are put together again.
    """
    return _undodged(text).translate(_TABLE)


def _undodged(text: str) -> str:
    return _DODGE.sub("", text) if TATWEEL in text else text


def digits_to_ascii(text: str) -> str:
    """`text` with every decimal digit of any script as 0-9 and nothing else changed."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and, for every character of it, the index of the raw character it came from (`len(origins) == len(text)`)."""

    text: str
    origins: tuple[int, ...]

    def raw(self, start: int, end: int) -> Span:
        """The raw characters that gave `text[start:end]`, from the first one's start to the last one's end."""
        if start >= end:
            raise ValueError("an empty range has no raw characters")
        return Span(self.origins[start], self.origins[end - 1] + 1)


def fold_with_map(text: str) -> Folded:
    """`fold(text)` with the map back to `text`."""
    become = list(map(_TABLE.__getitem__, map(ord, text)))
    for dodge in _DODGE.finditer(text) if TATWEEL in text else ():
        become[slice(*dodge.span())] = [""] * len(dodge[0])
    return Folded("".join(become), tuple([index for index, characters in enumerate(become) for _ in characters]))


# -- words ------------------------------------------------------------------------------------------------------------

# Scripts written without spaces give one word a character, so that their characters can be found at all.
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_SPACED = rf"[[\p{{L}}\p{{M}}\p{{N}}]--{_UNSPACED}]"
_WORD = regex.compile(rf"{_UNSPACED}|{_SPACED}+", regex.V1)
_ALONE = regex.compile(_UNSPACED)
_JOINED = regex.compile(rf"{_SPACED}|'", regex.V1)
_POSSESSIVE = regex.compile(r"(?<=\p{Latin})'s\b")


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and the raw characters it came from."""

    text: str
    start: int
    end: int


def _apart(folded: str) -> str:
    """A folded character where it is part of a word, with spaces where it is one; an apostrophe stays for now, others are space."""
    if _JOINED.match(folded):
        return folded
    return f" {folded} " if _ALONE.match(folded) else " "


# Characters of folded text, and of any text: to look each up takes a third of the time of `_WORD`, which finds the same.
_APART = _Table(_apart)
_FOLDED_APART = _Table(lambda character: _fold_character(character).translate(_APART))


# The commonest characters of news. A text of these alone is translated by number, as 8-bit encodings are, in a seventh of the time.
_COMMON = [
    *map(chr, [*range(128), *range(0x621, 0x656), *range(0x660, 0x66D), *range(0x6F0, 0x6FA)]),
    *"\u0670پچژکگیےۀەھہۂێېۆڤ،؛؟«»“”‘’–—\u00a0\u200c\u200d\u200e\u200f",
]
_ONE_EACH = [character for character in _COMMON if len(_FOLDED_APART[ord(character)]) < 2]
_GONE = "\0"  # in the place of what becomes nothing, as it does itself
_NUMBERS = codecs.charmap_build("".join(_ONE_EACH).ljust(256, "\ufffe"))  # U+FFFE: no character has that number
_BECOME = "".join([_FOLDED_APART[ord(character)] or _GONE for character in _ONE_EACH])


def _folded_apart(text: str) -> str:
    """`text` translated by `_FOLDED_APART`."""
    try:
        return codecs.charmap_decode(codecs.charmap_encode(text, "strict", _NUMBERS)[0], "strict", _BECOME)[0].replace(_GONE, "")
    except UnicodeEncodeError:  # another character
        return text.translate(_FOLDED_APART)


def words(text: str) -> list[str]:
    """The folded words of `text`, in order; English possessive 's is left out."""
    spoken = _folded_apart(_undodged(text))
    if "'s" in spoken:
        spoken = _POSSESSIVE.sub(" ", fold(text)).translate(_APART)
    return spoken.replace("'", " ").split()


def word_spans(text: str) -> list[Word]:
    """The words of `text` as `words` gives them, with their raw ranges."""
    folded = fold_with_map(text)
    spoken = _POSSESSIVE.sub(lambda match: " " * len(match[0]), folded.text)
    return [Word(match[0], *folded.raw(*match.span())) for match in _WORD.finditer(spoken)]


@lru_cache(maxsize=20_000)  # a kilobyte each
def ngrams(word: str, size: int = 4) -> tuple[str, ...]:
    """The character n-grams of a folded word padded by `_` at both ends; the padded word itself when it is no longer."""
    padded = f"_{word}_"
    return tuple([padded[i : i + size] for i in range(max(1, len(padded) - size + 1))])


# -- stems ------------------------------------------------------------------------------------------------------------

_ARABIC_PREFIXES = ("وال", "بال", "کال", "فال", "ولل", "ال", "لل")
_PERSIAN_SUFFIXES = tuple(
    sorted(
        [
            "هایشان",
            "هایمان",
            "هایتان",
            "هایش",
            "هایم",
            "هایت",
            "هایی",
            "های",
            "ها",
            "ترین",
            "تری",
            "تر",
            "شان",
            "مان",
            "تان",
            "یی",
            "ای",
            "ات",
            "ان",
            "اش",
            "ام",
            "ی",
            "ه",
        ],
        key=len,
        reverse=True,
    )
)
_SHARED_SUFFIXES = ("ین", "ون", "یه", "ی", "ه")
_ACCUSATIVE = ("ا",)  # of «وفداً»; also «سوریا» beside «سوری»


def _by_last_letter(suffixes: Sequence[str]) -> dict[str, list[str]]:
    return {last: [suffix for suffix in suffixes if suffix[-1] == last] for last in {suffix[-1] for suffix in suffixes}}


_SUFFIXES = tuple(map(_by_last_letter, (_PERSIAN_SUFFIXES, _SHARED_SUFFIXES, _ACCUSATIVE)))  # one of each at most comes off
# Words the rules below would make equal to an unrelated one (Sudan and profit, Riyadh and sporting, Emirates and statistics, …).
_KEPT_WHOLE = frozenset(
    [
        "سودان",
        "الریاض",
        "ریاض",
        "امارات",
        "الامارات",
        "آمار",
        "طالبان",
        "الجزایر",
        "جزایر",
        "المان",
        "ایران",
        "لبنان",
        "عمان",
        "تهران",
        "طهران",
        "یونان",
        "پاکستان",
        "باکستان",
        "استان",
        "زنان",
        "زمان",
        "جهان",
        "بیان",
        "میان",
        "پیمان",
        "سازمان",
        "درمان",
        "المانیا",
    ]
)
_KEPT_WHOLE_LATIN = frozenset(
    [
        "news",
        "talks",
        "aids",
        "goods",
        "species",
        "series",
        "united",
        "during",
        "nothing",
        "something",
        "anything",
        "morning",
        "evening",
        "king",
    ]
)
_LATIN_SUFFIXES = ("ing", "ed", "es", "s")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The light stem of a folded word: Arabic clitics and Persian endings off, English -s, -es, -ed, -ing off."""
    if not word:
        return word
    if "\u0600" <= word[0] <= "\u06ff":
        return _stem_arabic_script(word)
    if word.isascii() and word.isalpha():
        return _stem_english(word)
    return word


@lru_cache(maxsize=20_000)
def stem_variants(word: str, language: str) -> tuple[str, ...]:
    """The stems under which a folded word may stand in a text of `language`, its own first.

    Arabic writes one-letter words onto the next one («بقيادة» is «ب» and «قيادة»). They are put before the word that is
    looked for, not taken off the words of the text, where «ب» is as often a letter of the root.
    """
    own = stem(word)
    if language != "ar" or len(own) < 3 or word.startswith("ال"):
        return (own,)
    return tuple(dict.fromkeys((own, *(stem(clitic + word) for clitic in ("ب", "ل", "ف", "ک", "و")))))


def _stem_arabic_script(word: str) -> str:
    if word in _KEPT_WHOLE:
        return word
    rest = word
    for prefix in _ARABIC_PREFIXES if word.startswith(_ARABIC_PREFIXES) else ():
        if rest.startswith(prefix) and len(rest) - len(prefix) >= 3:
            rest = rest[len(prefix) :]
            break
    else:
        if rest.startswith("نمی") and len(rest) >= 6:
            rest = rest[3:]
        elif rest.startswith("می") and len(rest) >= 5:
            rest = rest[2:]
        elif rest.startswith("و") and len(rest) >= 5:
            rest = rest[1:]
    if rest in _KEPT_WHOLE:
        return rest
    for suffixes in _SUFFIXES:
        rest = _without_suffix(rest, suffixes)
    return rest


def _without_suffix(word: str, suffixes: Mapping[str, Sequence[str]]) -> str:
    for suffix in suffixes.get(word[-1], ()):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def _stem_english(word: str) -> str:
    if word in _KEPT_WHOLE_LATIN or len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for suffix in _LATIN_SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            rest = word[: -len(suffix)]
            if len(rest) > 3 and suffix in ("ing", "ed") and rest[-1] == rest[-2] and rest[-1] not in "lsz":
                rest = rest[:-1]
            return rest[:-1] if rest.endswith("e") and len(rest) > 3 else rest
    return word[:-1] if word.endswith("e") else word


# -- stop words -------------------------------------------------------------------------------------------------------

_STOP = frozenset(words(closed.EVERYWHERE))
_CONTENT = frozenset(words(" ".join(closed.CONTENT.values())))
_FUNCTION = {language: frozenset(words(listed)) - _CONTENT for language, listed in closed.FUNCTION.items()}
_LIGHT = {language: frozenset(words(listed)) - _CONTENT for language, listed in closed.LIGHT.items()}
_NONE: frozenset[str] = frozenset()


def is_stop_word(word: str) -> bool:
    """Whether a folded word carries no content in Persian, Arabic or English texts."""
    return word in _STOP


def is_function_word(word: str, language: str) -> bool:
    """Whether a folded word carries no content in a question in `language`.

    More than `is_stop_word`: a word may be content in another language of the same script, and an index knows only one list.
    """
    return word in _STOP or word in _FUNCTION.get(language, _NONE)


def is_light_word(word: str, language: str) -> bool:
    """Whether a folded word of a question in `language` says little: "took" of "took part", «زدند» of «حرف زدند»."""
    return word in _LIGHT.get(language, _NONE)


def content_words(text: str) -> list[str]:
    """The folded words of `text` that are not stop words; all its words when every one is."""
    every = words(text)
    return [word for word in every if word not in _STOP] or every


# -- sentences --------------------------------------------------------------------------------------------------------

_CLOSING = r"[\"'»”’\)\]\u300d\u300f]*"
# A mark and what closes after it end a sentence before white space, at the end, or before an Arabic-script letter whose space
# was dropped. A dot held by tatweels is a dodge, not an end.
_END = regex.compile(
    rf"[.!?؟؛۔…։।॥]+{_CLOSING}(?=\s|$)"
    rf"|(?<=[[\p{{L}}\p{{N}}»”]--[\u0640]])[.!?؟؛۔…]{_CLOSING}(?=[\u0620-\u063f\u0641-\u064a\u066e-\u06d3«“])"
    rf"|[。！？]+{_CLOSING}",
    regex.V1,
)
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "gen",
        "col",
        "lt",
        "sen",
        "rep",
        "gov",
        "st",
        "jr",
        "sr",
        "vs",
        "etc",
        "no",
        "inc",
        "ltd",
        "co",
        "corp",
        "dept",
        "fig",
        "vol",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "mt",
        "rev",
        "hon",
        "capt",
        "sgt",
        "cf",
        "eg",
        "ie",
        "al",
    ]
)
_LAST_WORD = regex.compile(r"(?r)[\p{L}\p{M}\p{N}]+$")  # read backwards, in an eighth of the time
_LINE = regex.compile(r"[^\n]+")
_SHORT = 3  # words; a shorter piece («XS», «!بله») says nothing by itself
_BEGINNING = 80  # characters of a piece; they hold three words as a rule
_LONG = 1_200  # characters; a line without full stops is cut at a clause mark or a space, so that passages stay bounded
_CLAUSE = regex.compile(r"[،,;:]\s")
_SPACE = regex.compile(r"\s")


def sentences(text: str) -> list[Span]:
    """The sentences of `text` in order, without the white space around them; a line end always ends one.

    Initials and abbreviations do not end a sentence; a piece of under three words joins its neighbour in the same line.
    """
    return [span for line in _LINE.finditer(text) for span in _line_sentences(text, Span(*line.span()))]


def paragraphs(text: str) -> list[Span]:
    """The lines of `text` that hold anything, without the white space around them."""
    lines = (_stripped(text, Span(*line.span())) for line in _LINE.finditer(text))
    return [line for line in lines if line.start < line.end]


def _line_sentences(text: str, line: Span) -> list[Span]:
    joined: list[Span] = []
    start, short = line.start, False
    ends = [match.end() for match in _END.finditer(text, line.start, line.end) if not _is_abbreviation(text, match)]
    for end in [*ends, line.end]:
        piece = _stripped(text, Span(start, end))
        start = end
        if piece.start == piece.end:
            continue
        before, short = short, _is_short(text, piece)
        if joined and (short or before):
            piece = Span(joined.pop().start, piece.end)
            short = _is_short(text, piece)
        joined.append(piece)
    return [part for piece in joined for part in _bounded(text, piece)]


def _is_abbreviation(text: str, match: regex.Match[str]) -> bool:
    if match[0] != ".":
        return False
    last = _LAST_WORD.search(text, max(0, match.start() - 24), match.start())
    return last is not None and ((len(last[0]) == 1 and last[0].isalpha()) or last[0].casefold() in _ABBREVIATIONS)


def _is_short(text: str, span: Span) -> bool:
    first = text[span.start : min(span.end, span.start + _BEGINNING)].split(None, _SHORT)[:_SHORT]
    if len(first) == _SHORT and all(map(str.isalnum, first)):  # as most pieces begin
        return False
    return sum(1 for _ in islice(_WORD.finditer(text, span.start, span.end), _SHORT)) < _SHORT


def _stripped(text: str, span: Span) -> Span:
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _bounded(text: str, span: Span) -> list[Span]:
    """`span`, cut into runs of at most `_LONG` characters at the last clause mark, else space, else anywhere."""
    if span.end - span.start <= _LONG:
        return [span]
    parts: list[Span] = []
    start = span.start
    while span.end - start > _LONG:
        window = (start + _LONG // 2, start + _LONG)
        breaks = [match.end() for match in _CLAUSE.finditer(text, *window)] or [
            match.end() for match in _SPACE.finditer(text, *window)
        ]
        cut = breaks[-1] if breaks else start + _LONG
        parts.append(_stripped(text, Span(start, cut)))
        start = cut
    return [part for part in [*parts, _stripped(text, Span(start, span.end))] if part.start < part.end]
