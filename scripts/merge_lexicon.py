"""Merges lexicon files (English, Persian, Arabic; one concept a row) into the one the package ships.

    python scripts/merge_lexicon.py FOLDER [--out assistant/data/lexicon.tsv]

The same concept stands in several files. Rows become one when they share an English alternative and a Persian or Arabic one; rows
that share only their English are different senses and stay apart. The order of the result is a background frequency: within a
file the n-th row is taken to be as frequent as Zipf's law says, and each file counts as much as its topic fills of the news.
"""

from __future__ import annotations

import argparse
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.text import is_stop_word, words

LANGUAGES = ("en", "fa", "ar")
# How much of the words of news each file's topic makes up, roughly; a file not named here counts like the rarest.
SHARES = {
    "general": 1.0,
    "names": 0.7,
    "politics": 0.6,
    "security": 0.5,
    "economy_science": 0.4,
    "general2": 0.25,
    "arts_sport": 0.2,
    "history_religion": 0.15,
    "science": 0.12,
    "nature_life": 0.12,
}
# Zipf's law flattens at the top: the first rows of a file are about equally frequent.
FLAT = 20
HEADER = "# English, Persian, Arabic; most frequent in news first; made by scripts/merge_lexicon.py\n"

_PERSIAN = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "أ": "ا", "إ": "ا", "ٱ": "ا", "ـ": None})
_ARABIC = str.maketrans({"ی": "ي", "ک": "ك", "ـ": None, "\u200c": " "})
_ENGLISH = str.maketrans({"’": "'", "‘": "'", "–": "-"})

# Rows whose every alternative in a cell is a stop word, so that nothing would ever find them: more alternatives for that cell.
_FINDABLE = {
    ("en", "name"): ("named", "naming"),
    ("fa", "آسم"): ("بیماری آسم", "تنگی نفس"),
    ("fa", "یک"): ("یکی", "یگانه"),
    ("fa", "دو"): ("دوتا", "هر دو"),
    ("fa", "هل"): ("دانه هل", "هل سبز"),
}


@dataclass(slots=True)
class Row:
    """A concept: its alternatives per language and its frequency, which only ranks it."""

    cells: dict[str, list[str]]
    frequency: float

    def keys(self, language: str) -> set[str]:
        return {key(text) for text in self.cells[language]}


def key(text: str) -> str:
    """What makes two alternatives the same: their folded words."""
    return " ".join(words(text))


def mend(text: str, language: str) -> str:
    """An alternative in the letters of its own language, NFC, with single spaces."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if language == "fa":
        return text.translate(_PERSIAN)
    if language == "ar":
        return text.translate(_ARABIC)
    return text.translate(_ENGLISH).lower()


def distinct(texts: Iterable[str]) -> list[str]:
    """`texts` without those that fold to nothing or to an earlier one, plain letters preferred to accented ones."""
    found: dict[str, str] = {}
    for text in texts:
        folded = key(text)
        if folded and (folded not in found or (text.isascii() and not found[folded].isascii())):
            found[folded] = text
    return list(found.values())


def findable(texts: list[str], language: str) -> list[str]:
    """`texts`, with an alternative added that is not a stop word when all of them are."""
    if all(is_stop_word(key(text)) for text in texts):
        return [*texts, *(added for text in texts for added in _FINDABLE.get((language, text), ()))]
    return texts


def read(path: Path) -> Iterator[Row]:
    """The mended rows of a file."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    share = SHARES.get(path.stem, min(SHARES.values()))
    for position, line in enumerate(lines):
        parts = line.split("\t")
        if len(parts) != len(LANGUAGES):
            sys.exit(f"{path}: «{line}» has {len(parts)} cells; a row is English, Persian and Arabic, separated by tabs")
        cells = {
            language: findable(distinct(mend(text, language) for text in part.split("|")), language)
            for language, part in zip(LANGUAGES, parts, strict=True)
        }
        yield Row(cells, share / (position + FLAT))


def same(row: Row, founder: Row) -> bool:
    """Whether two rows mean one concept: they share the headword of either in English, and a Persian or an Arabic alternative.

    Sharing just any English alternative is too little: it chains arrest, detainee, prisoner, prison and sentence into one.
    """
    if key(row.cells["en"][0]) not in founder.keys("en") and key(founder.cells["en"][0]) not in row.keys("en"):
        return False
    return bool(row.keys("fa") & founder.keys("fa") or row.keys("ar") & founder.keys("ar"))


def joined(rows: Sequence[Row]) -> list[Row]:
    """One row a concept, most frequent first; a row joins the one that it means the same as and shares most with."""
    concepts: list[Row] = []
    founders: list[Row] = []
    by_english: defaultdict[str, list[int]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: -row.frequency):
        shared = Counter(number for text in row.cells["en"] for number in by_english[key(text)])
        meant = next((number for number, _ in shared.most_common() if same(row, founders[number])), None)
        if meant is None:
            for text in row.cells["en"]:
                by_english[key(text)].append(len(concepts))
            founders.append(row)
            concepts.append(Row({language: list(texts) for language, texts in row.cells.items()}, row.frequency))
        else:
            add(concepts[meant], row)
    return sorted(concepts, key=lambda row: -row.frequency)


def add(concept: Row, row: Row) -> None:
    """Puts the alternatives of `row` after those `concept` has."""
    concept.frequency += row.frequency
    for language in LANGUAGES:
        concept.cells[language] = distinct([*concept.cells[language], *row.cells[language]])


def written(rows: Iterable[Row]) -> str:
    """The rows as a lexicon file."""
    return HEADER + "".join("\t".join("|".join(row.cells[language]) for language in LANGUAGES) + "\n" for row in rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="a folder of .tsv files")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "assistant" / "data" / "lexicon.tsv")
    chosen = parser.parse_args(arguments)
    rows = [row for path in sorted(chosen.folder.glob("*.tsv")) for row in read(path)]
    if not rows:
        sys.exit(f"{chosen.folder}: no .tsv file with rows in it")
    concepts = joined(rows)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(written(concepts), "utf-8")
    print(f"{len(rows)} rows, {len(concepts)} concepts: {chosen.out}")


if __name__ == "__main__":
    main()
