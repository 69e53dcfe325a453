"""The trilingual lexicon: what a word of a question is called in English, Persian and Arabic.

A lexicon file has one concept a row, three tab-separated cells (English, Persian, Arabic), alternatives separated by `|`, the
most frequent concept first; empty lines and lines led by `#` are skipped. Each cell applies to text in its own language only:
«انقلاب» is a revolution in Persian and a coup in Arabic.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from assistant import closed as _closed
from assistant import text as _text
from assistant.errors import ConfigurationError
from assistant.text import ZWNJ, is_stop_word, stem, words

__all__ = ["SHIPPED", "Entry", "Lexicon", "LexiconMatch"]

LANGUAGES = ("en", "fa", "ar")
SHIPPED = Path(__file__).parent / "data" / "lexicon.tsv"

# Enough for every alternative that is not a mere inflection; a concept spelled in more ways would only cost search time.
_SPELLINGS = 12
# Concepts that stand in any news text and so tell little: speech and report.
_GENERAL = frozenset(
    words(
        "say said tell told announce statement report add added state stated declare mention note explain stress emphasize"
        " emphasise emphasis confirm according claim comment remark speak talk describe inform news"
    )
)
# What a Persian ending is written as after its ZWNJ; what stands before it is the word.
_PERSIAN_ENDINGS = frozenset(words("ها های هایی ای ی تر ترین اش شان ام ات مان تان اند است هایش هایشان یی"))
_PERSIAN_BEGINNINGS = frozenset(("می", "نمی"))
# One-letter Arabic words written onto the next one («لوزير الخارجية»); tried only when the whole word is not known.
_ARABIC_CLITICS = "وفبکل"

# A table leads from the first stem of an alternative to its other stems and the concepts that have it, packed into one string
# ("rest of stems:3,17|:4"), since most are never looked at: opening costs a quarter of what nested lists would.
_Table: TypeAlias = dict[str, str]
_Candidates: TypeAlias = tuple[tuple[tuple[str, ...], tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A concept. `rank` is its place by frequency in news, 0 the most frequent; `general` marks speech verbs and the like.

    `spellings` maps "en", "fa" and "ar" to phrases of folded words, the most usual first.
    """

    rank: int
    spellings: Mapping[str, tuple[tuple[str, ...], ...]]
    general: bool = False


@dataclass(frozen=True, slots=True)
class LexiconMatch:
    """`length` words from `start` that name a concept; several entries, most frequent first, when they are ambiguous."""

    start: int
    length: int
    entries: tuple[Entry, ...]


class Lexicon:
    """Looks up concepts by the stems of their words. `open` it; the constructor takes compiled parts."""

    def __init__(self, rows: Sequence[str], tables: Mapping[str, _Table]) -> None:
        self._rows = rows
        self._tables = tables
        self._entries: dict[int, Entry] = {}
        self._candidates: dict[str, dict[str, _Candidates]] = {language: {} for language in LANGUAGES}
        self._meant: dict[tuple[str, ...], tuple[int, ...]] = {}
        self._written: dict[tuple[str, int], frozenset[tuple[str, ...]]] = {}

    @classmethod
    def open(cls, cache: Path | None = None, extra: Sequence[Path] = ()) -> Lexicon:
        """The shipped lexicon and the user's own files `extra`.

        Its compiled form is kept in the file `cache` and made again when an input changed. Raises ConfigurationError for a row
        that cannot be read, naming file and line.
        """
        sources = [(path, _bytes(path)) for path in (SHIPPED, *extra)]
        digest = _digest(content for _, content in sources)
        if cache is not None and (compiled := _load(cache, digest)) is not None:
            return compiled
        rows = [row for path, content in sources for row in _checked(path, content)]
        lexicon = cls(rows, _compile(rows))
        if cache is not None:
            _save(cache, digest, lexicon)
        return lexicon

    def __len__(self) -> int:
        return len(self._rows)

    def match(self, words: Sequence[str], language: str) -> list[LexiconMatch]:
        """The concepts named in folded `words` of a text in `language`, longest first from the left, never overlapping."""
        return [
            LexiconMatch(start, length, tuple(self.entry(number) for number in numbers))
            for start, length, numbers in self._walk(words, language)
        ]

    def concept_ids(self, words: Sequence[str], language: str) -> list[int]:
        """The ranks of the concepts `match` finds, in order of appearance; for work in bulk."""
        return [number for _, _, numbers in self._walk(words, language) for number in numbers]

    def gloss(self, words: Sequence[str], language: str, into: str) -> str | None:
        """How folded `words` of `language` are said in the language `into`, as a person writes it; None when not known."""
        if into not in LANGUAGES:
            return None
        for _, length, numbers in self._walk(words, language):
            if length == len(words):
                texts = (_alternatives(self._rows[number], into) for number in numbers)
                return next((listed[0] for listed in texts if listed), None)
        return None

    def entry(self, rank: int) -> Entry:
        """The concept of that rank."""
        if rank not in self._entries:
            self._entries[rank] = _entry(rank, self._rows[rank])
        return self._entries[rank]

    def _walk(self, words: Sequence[str], language: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        """(start, length, ranks) of each concept named in `words`."""
        if language not in LANGUAGES:
            return
        known = self._candidates[language]
        stems = [_key(word) for word in words]
        start = 0
        while start < len(stems):
            first = stems[start]
            candidates = known.get(first)
            if candidates is None:
                candidates = known[first] = self._look_up(first, language)
            length = 1
            for rest, numbers in candidates:
                if rest and tuple(stems[start + 1 : start + 1 + len(rest)]) != rest:
                    continue
                if rest or not is_stop_word(words[start]):
                    length += len(rest)
                    if len(numbers) > 1:
                        numbers = self._closest(numbers, (language, *words[start : start + length]))
                    yield start, length, numbers
                    break
            start += length

    def _closest(self, numbers: tuple[int, ...], spoken: tuple[str, ...]) -> tuple[int, ...]:
        """Those of `numbers` spelled as `spoken` (its language, then the words); all of them when none is.

        Light stems make unrelated words one: «زار» (he visited) has the stem of «وزارة» (ministry).
        """
        if spoken not in self._meant:
            language, *phrase = spoken
            forms = _bare(phrase) if language == "ar" else {tuple(phrase)}
            exact = tuple(number for number in numbers if not forms.isdisjoint(self._spelled(number, language)))
            self._meant[spoken] = exact or numbers
        return self._meant[spoken]

    def _spelled(self, number: int, language: str) -> frozenset[tuple[str, ...]]:
        if (language, number) not in self._written:
            self._written[language, number] = frozenset(_phrases(self._rows[number], language))
        return self._written[language, number]

    def _look_up(self, first: str, language: str) -> _Candidates:
        table = self._tables[language]
        packed = table.get(first)
        if packed is None and language == "ar" and first[:1] in _ARABIC_CLITICS and len(first) >= 4:
            packed = table.get(first[1:])
        return _unpacked(packed) if packed else ()


# -- compiling --------------------------------------------------------------------------------------------------------


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            "The lexicon {path} cannot be read ({reason}); put it back, or take it away.", path=path, reason=str(error.strerror)
        ) from error


def _checked(path: Path, content: bytes) -> Iterator[str]:
    """The rows of a lexicon file, checked."""
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        where = f"{path}:{number}"
        try:
            row = line.decode("utf-8").strip("\r\n ")
        except UnicodeDecodeError as error:
            raise ConfigurationError("{where}: this line is not UTF-8; save the file as UTF-8.", where=where) from error
        if not row.strip() or row.startswith("#"):
            continue
        cells = row.split("\t")
        if len(cells) != len(LANGUAGES):
            raise ConfigurationError(
                "{where}: a row is three cells (English, Persian, Arabic) separated by tabs; this one has {cells}.",
                where=where,
                cells=len(cells),
            )
        if sum(bool(words(cell)) for cell in cells) < 2:
            raise ConfigurationError(
                "{where}: a row says one thing in at least two languages; this one has words in fewer.", where=where
            )
        yield row


def _alternatives(row: str, language: str) -> list[str]:
    """The alternatives of a row in a language, as they are written."""
    return [text.strip() for text in row.split("\t")[LANGUAGES.index(language)].split("|") if text.strip()]


def _phrases(row: str, language: str) -> list[tuple[str, ...]]:
    """The same as folded words; Persian compounds also as they are without their ZWNJ («آتش‌بس», «آتش بس»)."""
    written = _alternatives(row, language)
    if language == "fa":
        written += [text.replace(ZWNJ, " ") for text in written if ZWNJ in text and _is_compound(text)]
    return [tuple(words(text)) for text in written]


def _bare(phrase: Sequence[str]) -> set[tuple[str, ...]]:
    """An Arabic phrase as it stands, without the article of its first word, and with one."""
    first, *rest = phrase
    firsts = {first, f"ال{first}", first.removeprefix("ال"), first.removeprefix("و"), first.removeprefix("وال")}
    return {(form, *rest) for form in firsts}


def _key(word: str) -> str:
    """What a folded word is filed under: its stem; a stop word only under itself («کان» is not the «کانون» of December)."""
    return f"={word}" if is_stop_word(word) else stem(word)


def _is_compound(text: str) -> bool:
    joints = [part.split(ZWNJ) for part in text.split() if ZWNJ in part]
    return any(not set(parts[1:]) <= _PERSIAN_ENDINGS and parts[0] not in _PERSIAN_BEGINNINGS for parts in joints)


def _distinct(phrases: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Phrases by their stems, the first of each; single stop words find nothing and are left out."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for phrase in phrases:
        if phrase and not (len(phrase) == 1 and is_stop_word(phrase[0])):
            found.setdefault(tuple(_key(word) for word in phrase), phrase)
    return found


def _entry(rank: int, row: str) -> Entry:
    spellings = {language: tuple(_distinct(_phrases(row, language)).values())[:_SPELLINGS] for language in LANGUAGES}
    general = any(phrase[0] in _GENERAL for phrase in spellings["en"][:1] if len(phrase) == 1)
    return Entry(rank, MappingProxyType(spellings), general)


def _compile(rows: Sequence[str]) -> dict[str, _Table]:
    found: dict[str, dict[str, dict[str, list[str]]]] = {language: {} for language in LANGUAGES}
    for number, row in enumerate(rows):
        for language in LANGUAGES:
            for first, *rest in _distinct(_phrases(row, language)):
                found[language].setdefault(first, {}).setdefault(" ".join(rest), []).append(str(number))
    return {language: {first: _packed(rests) for first, rests in firsts.items()} for language, firsts in found.items()}


def _packed(rests: Mapping[str, Sequence[str]]) -> str:
    """Longest first, so that the first that fits is the longest match."""
    ordered = sorted(rests.items(), key=lambda item: -len(item[0].split()))
    return "|".join(f"{rest}:{','.join(numbers)}" for rest, numbers in ordered)


def _unpacked(packed: str) -> _Candidates:
    parts = (part.split(":") for part in packed.split("|"))
    return tuple((tuple(rest.split()), tuple(map(int, numbers.split(",")))) for rest, numbers in parts)


# -- the cache --------------------------------------------------------------------------------------------------------


def _digest(contents: Iterable[bytes]) -> str:
    """Changes with any input: the files, how this module compiles them, how words are folded and stemmed."""
    digest = hashlib.blake2b(digest_size=16)
    for content in (*(Path(module).read_bytes() for module in (__file__, _text.__file__, _closed.__file__)), *contents):
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def _load(cache: Path, digest: str) -> Lexicon | None:
    """The lexicon kept in `cache` if it was made from the same inputs; a damaged cache is no cache."""
    try:
        kept = json.loads(cache.read_bytes())
        return Lexicon(kept["rows"], {language: kept[language] for language in LANGUAGES}) if kept["digest"] == digest else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _save(cache: Path, digest: str, lexicon: Lexicon) -> None:
    """Keeps the compiled lexicon. A cache that cannot be written costs time at the next start, nothing else."""
    kept = {"digest": digest, "rows": lexicon._rows, **lexicon._tables}
    draft = cache.with_name(f"{cache.name}.{os.getpid()}")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")), "utf-8")
        os.replace(draft, cache)
    except OSError:
        with suppress(OSError):
            draft.unlink()
