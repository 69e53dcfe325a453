"""Text drawn on a page comes in the order of the pen; this puts Arabic-script lines into the order in which they are read.

A line is a sequence of units from left to right: mostly single characters, sometimes a ligature of several («لا»), whose
own characters are already in reading order and stay together.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import regex

from assistant.text import words

__all__ = ["in_reading_order"]

Line: TypeAlias = Sequence[str]

# Words too common to miss on any page. None of them read backwards is another of them, nor a frequent word of these
# languages («در» is not here: «رد» is a word as well).
_COMMON = frozenset(
    words(
        "از به که این است با برای شد بود کرد خود گفت آن یک تا هم نیز شده می باید اما ها های او "
        "في من على إلى أن عن التي الذي هذا هذه ما قال بعد بين مع كان كما خلال وقد "
        "اور ہے میں کے سے پر نے کو کہ لە بۆ ئەم چې په کې "
        "של את על לא הוא היא עם זה כי גם"
    )
)
_COMMON_BACKWARDS = frozenset(word[::-1] for word in _COMMON)
_TELLING = _COMMON - _COMMON_BACKWARDS

_RIGHT_TO_LEFT = regex.compile(r"[\p{Arabic}\p{Hebrew}\p{Syriac}\p{Thaana}\p{NKo}]")
_LETTER = regex.compile(r"\p{L}")
_DIGIT = regex.compile(r"\p{Nd}")
# Presentation forms, and the Latin ligatures that live beside them.
_FORMS = regex.compile(r"[\ufb00-\ufb06\ufb1d-\ufdfb\ufe70-\ufefc]")

_FEW = 2  # pieces of evidence without which nothing is decided
_CLEAR = 4  # times as much evidence for one order as for the other
_LONG, _SPARSE = 40, 0.03  # a text of that many words with a smaller share of common ones is not of letters to be trusted
_MINOR = 0.2  # a text with a smaller share of right-to-left letters is written from left to right


def in_reading_order(lines: Iterable[Line]) -> list[str] | None:
    """The lines as they are read, presentation forms as plain letters; None when the evidence does not say how to read them."""
    drawn = [list(line) for line in lines]
    as_drawn = ["".join(line) for line in drawn]
    share = _right_to_left_share(as_drawn)
    if share == 0:
        return [_plain(line) for line in as_drawn]
    if share < _MINOR:
        return [_plain(line) for line in _with_brackets_right([_reorder(line, _PIECES_LEFT, backwards=False) for line in drawn])]
    reordered = [_reorder(line, _PIECES_RIGHT, backwards=True) for line in drawn]
    forward, backward = _evidence(as_drawn), _evidence(reordered)
    if forward >= max(_FEW, _CLEAR * backward):
        chosen, found = as_drawn, forward
    elif backward >= max(_FEW, _CLEAR * forward):
        chosen, found = _with_brackets_right(reordered), backward
    else:
        return None
    count = sum(len(words(line)) for line in chosen)
    return None if count >= _LONG and found < _SPARSE * count else [_plain(line) for line in chosen]


def _right_to_left_share(lines: Sequence[str]) -> float:
    letters = sum(len(_LETTER.findall(line)) for line in lines)
    return sum(len(_RIGHT_TO_LEFT.findall(line)) for line in lines) / letters if letters else 0.0


# -- evidence ---------------------------------------------------------------------------------------------------------


def _evidence(lines: Sequence[str]) -> int:
    """How much speaks for reading these lines as they stand: common words, and letter forms that join the right way."""
    return sum(word in _TELLING for line in lines for word in words(line)) + sum(map(_joins, lines))


def _joins(line: str) -> int:
    """How often an initial form stands right before a medial or final one, or a medial one before a final one."""
    forms = [unicodedata.decomposition(character).partition(" ")[0] for character in line]
    good = {("<initial>", "<medial>"), ("<initial>", "<final>"), ("<medial>", "<final>")}
    return sum(pair in good for pair in pairwise(forms))


# -- order ------------------------------------------------------------------------------------------------------------

# The kind of a unit, one letter each, so that runs can be found by pattern: R right to left, L left to right, N digit,
# S what holds a number together, P percent, O opening and C closing brackets of a run, X the rest.
_KINDS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("R", lambda unit: bool(_RIGHT_TO_LEFT.search(unit)) and bool(_LETTER.search(unit))),
    ("L", lambda unit: bool(_LETTER.search(unit))),
    ("N", lambda unit: bool(_DIGIT.match(unit))),
    ("S", lambda unit: unit in {".", ",", ":", "/", "٫", "٬"}),
    ("P", lambda unit: unit in {"%", "٪"}),
    ("O", lambda unit: unit == "("),
    ("C", lambda unit: unit == ")"),
)
_NUMBER = r"N+(?:SN+)*P?"
# Inside a right-to-left line: Latin runs (brackets in them closed) and numbers keep their order.
_PIECES_RIGHT = regex.compile(rf"L(?:[LNSPX]*[LN])?(?:X*O[LNSPX]*[LN]C)*|{_NUMBER}|.")
# Inside a left-to-right line: everything keeps its order but right-to-left runs.
_PIECES_LEFT = regex.compile(r"R(?:[RNSPXOC]*R)?|[^R]+")


def _kinds(line: Line) -> str:
    return "".join(map(_kind, line))


@lru_cache(maxsize=4_096)
def _kind(unit: str) -> str:
    return next((kind for kind, holds in _KINDS if holds(unit)), "X")


def _pieces(line: Line, pattern: regex.Pattern[str]) -> Iterator[Line]:
    for match in pattern.finditer(_kinds(line)):
        yield line[match.start() : match.end()]


def _reorder(line: Line, pattern: regex.Pattern[str], *, backwards: bool) -> str:
    """The line with the pieces of a right-to-left one in reverse, or with the right-to-left pieces of another one reversed."""
    pieces = list(_pieces(line, pattern))
    if backwards:
        return "".join("".join(piece) for piece in reversed(pieces))
    turned = (_reorder(piece, _PIECES_RIGHT, backwards=True) if "R" in _kinds(piece) else "".join(piece) for piece in pieces)
    return "".join(turned)


# -- brackets ---------------------------------------------------------------------------------------------------------

_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"), ("«", "»"), ("‹", "›"))


def _with_brackets_right(lines: list[str]) -> list[str]:
    """The lines with each kind of bracket turned round where it opens after a word and closes before one.

    Whether a mirrored bracket is stored as drawn or as meant differs from program to program, even from font to font.
    """
    for opening, closing in _BRACKETS:
        if sum(_turned(line, opening, closing) for line in lines) > 0:
            lines = [line.translate({ord(opening): closing, ord(closing): opening}) for line in lines]
    return lines


def _turned(line: str, opening: str, closing: str) -> int:
    """How many brackets of this kind look turned round, less those that look right."""
    if opening not in line and closing not in line:
        return 0
    votes = 0
    for index, character in enumerate(line):
        before, after = line[index - 1 : index].strip(), line[index + 1 : index + 2].strip()
        if character in (opening, closing) and bool(_word(before)) != bool(_word(after)):
            votes += 1 if bool(_word(before)) == (character == opening) else -1
    return votes or _first_closes(line, opening, closing)


def _word(character: str) -> bool:
    return character.isalnum() or character in {".", "!", "؟", "?"}


def _first_closes(line: str, opening: str, closing: str) -> int:
    """1 when the first bracket of a line closes and the last one opens, -1 when it is the other way round, else 0."""
    found = [character for character in line if character in (opening, closing)]
    if len(found) < 2 or found[0] == found[-1]:
        return 0
    return 1 if found[0] == closing else -1


# -- letters ----------------------------------------------------------------------------------------------------------


def _plain(line: str) -> str:
    """The line with plain letters for presentation forms."""
    return _FORMS.sub(lambda match: unicodedata.normalize("NFKC", match[0]).strip() or match[0], line)
