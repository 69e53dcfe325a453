"""Which names of a sentence have nothing to stand on: not in the text it cites, under any spelling, translation or sound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from assistant import dates, numbers
from assistant.lexicon import Entry, Lexicon
from assistant.names import same_name
from assistant.text import Word, is_stop_word, stem, stem_variants, word_spans, words

__all__ = ["is_name", "unsupported_names"]

# Written with a capital in English and yet nobody's name.
_TITLES = frozenset(
    words(
        "secretary supreme prime chief head corps islamic union assembly sheikh imam muslim sunni shiite shia"
        " ramadan middle africa asian front bank expediency discernment baath council minister ministry president"
        " presidential foreign national security republic state news agency however minister's general"
        " revolutionary guard guards army parliament government north south east west special envoy ambassador"
        " spokesman committee commission organization organisation party leader guardian court radio television"
        " telegram twitter"
    )
)
LEAST = 3  # letters of a name; shorter ones have too little sound to compare
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-Þ]")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;“”\"«(—–-]\s*)$")


def unsupported_names(text: str, language: str, evidence: Sequence[str], lexicon: Lexicon) -> list[str]:
    """The names in `text` (of `language`) that stand in none of the `evidence` texts, as written, in order.

    A name is a word that the lexicon knows as one (it sounds alike in all three languages), or, in Latin script, a capitalised word
    inside a sentence that the lexicon does not know.
    """
    known = _Evidence(evidence)
    spans = [word for word in word_spans(text) if not _is_value(text, language, word)]
    spoken = [word.text for word in spans]
    missing: list[str] = []
    matched: set[int] = set()
    for match in lexicon.match(spoken, language):
        places = range(match.start, match.start + match.length)
        matched.update(places)
        if any(is_name(entry) for entry in match.entries):
            phrase = tuple(spoken[match.start : match.start + match.length])
            if not any(known.has(spelling) for spelling in (phrase, *_spellings(match.entries))):
                missing.append(text[spans[match.start].start : spans[places[-1]].end])
    for index, word in enumerate(spans):
        written = text[word.start : word.end]
        if index not in matched and _looks_like_a_name(text, word.start, written, word.text) and not known.has((word.text,)):
            missing.append(written)
    return missing


def _is_value(text: str, language: str, word: Word) -> bool:
    """Whether the word belongs to a date or a number, which are compared as values («million», «شهریور»)."""
    return any(start < word.end and word.start < end for start, end in _values(text, language))


@lru_cache(maxsize=64)
def _values(text: str, language: str) -> tuple[tuple[int, int], ...]:
    days = dates.find(text, reference=None, language=language)
    return (*((day.start, day.end) for day in days), *((found.start, found.end) for found in numbers.find(text, language)))


def _looks_like_a_name(text: str, start: int, written: str, folded: str) -> bool:
    return (
        len(folded) >= LEAST
        and bool(_CAPITAL.match(written))
        and not is_stop_word(folded)
        and folded not in _TITLES
        and not _SENTENCE_START.search(text[:start])
    )


def _spellings(entries: Iterable[Entry]) -> Iterable[tuple[str, ...]]:
    return (phrase for entry in entries for phrases in entry.spellings.values() for phrase in phrases)


def is_name(entry: Entry) -> bool:
    """Whether the concept sounds alike in the three languages: names do, and a few loanwords."""
    firsts = [entry.spellings[language][:1] for language in ("en", "fa", "ar")]
    return all(firsts) and _alike(*(first[0][-1] for first in firsts))


@lru_cache(maxsize=20_000)
def _alike(english: str, persian: str, arabic: str) -> bool:
    return len(english) >= LEAST and bool(same_name(english, persian) and same_name(english, arabic))


class _Evidence:
    """The words of some texts, asked for by stem or by sound."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._words = sorted({word for text in texts for word in words(text)})
        self._stems = {stem(word) for word in self._words}

    def has(self, phrase: tuple[str, ...]) -> bool:
        """Whether every telling word of the phrase is there, in some form or by its sound, apart or written together."""
        telling = [word for word in phrase if not is_stop_word(word)] or list(phrase)
        return "".join(phrase) in self._words or all(self._has_word(word) for word in telling)

    def _has_word(self, word: str) -> bool:
        if any(form in self._stems for form in stem_variants(word, "ar")):
            return True
        return len(word) >= LEAST and not word.isdigit() and any(same_name(word, other) for other in self._words)
