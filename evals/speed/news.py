"""Synthetic news, the same every time: records as newsrooms send them, questions about them, and the seeds for a quick run."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from assistant.lexicon import LANGUAGES, SHIPPED
from assistant.text import sentences
from evals.shelf import Shelf

__all__ = ["PASSAGES", "articles", "feed", "questions", "read", "seeds", "vocabulary", "words"]

PASSAGES = 5  # that Sanad makes of an article
PARAGRAPHS, SENTENCES, WORDS = 4, 11, 17
TITLE, ASKED = 6, 8  # words
SHARES = {"fa": 5, "ar": 3, "en": 2}
OUTLETS = 40
SEED = 20_161_218

Record = dict[str, Any]


def articles() -> Iterator[Record]:
    """Articles without end: words by Zipf's law from the lexicon of each language."""
    chance = random.Random(SEED)
    known = _vocabulary(chance)
    number = 0
    while True:
        (language,) = chance.choices(list(SHARES), list(SHARES.values()))
        yield _article(number, language, known[language], chance)
        number += 1


def _article(number: int, language: str, known: Sequence[str], chance: random.Random) -> Record:
    def drawn(count: int) -> list[str]:
        return [known[int(len(known) ** chance.random()) - 1] for _ in range(count)]

    def sentence() -> str:
        text = " ".join(drawn(WORDS)) + "."
        return text[0].upper() + text[1:]

    return {
        "title": " ".join(drawn(TITLE)),
        "text": "\n\n".join(" ".join(sentence() for _ in range(SENTENCES)) for _ in range(PARAGRAPHS)),
        "language": language,
        "publisher": f"outlet {number % OUTLETS}",
        "published": f"{2010 + number % 14}-{1 + number % 12:02}-{1 + number % 28:02}",
        "url": f"https://news.example/{number}",
    }


def _vocabulary(chance: random.Random) -> dict[str, list[str]]:
    """The words of each language, in an order of their own."""
    return {language: chance.sample(known, len(known)) for language, known in _known().items()}


@cache
def _known() -> dict[str, list[str]]:
    """The single words of the lexicon, by language."""
    found: dict[str, set[str]] = {language: set() for language in SHARES}
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        for language, cell in zip(LANGUAGES, line.split("\t"), strict=False):
            found[language].update(word for word in cell.replace("|", " ").split() if word.isalpha() and len(word) > 1)
    return {language: sorted(known) for language, known in found.items()}


def seeds() -> Iterator[Record]:
    """The bundled articles as records."""
    for article in Shelf.open().by_name.values():
        source = article.source
        yield {
            "title": source.title,
            "text": article.text,
            "language": source.language,
            "publisher": source.publisher,
            "published": source.published and source.published.isoformat(),
            "url": f"https://news.example/{source.article_id}",
        }


def feed(file: Path, records: Iterator[Record], count: int | None = None) -> Path:
    """Write the next `count` of `records` (all of them without a count) as JSON Lines; the file."""
    with file.open("w", encoding="utf-8") as lines:
        for record in islice(records, count):
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    return file


def read(file: Path) -> list[Record]:
    """The records of a feed."""
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def questions(records: Sequence[Record], count: int) -> list[str]:
    """So many questions, each the first words of another sentence, from one article after the other."""
    return [_question(records[number % len(records)]["text"], number // len(records)) for number in range(count)]


def _question(text: str, turn: int) -> str:
    found = sentences(text)
    start, end = found[(len(found) // 2 + turn) % len(found)]
    return " ".join(text[start:end].split()[:ASKED]).rstrip(".") + "?"


def words(text: str) -> list[str]:
    """The words of a text as they are written: for vectors only, whoever asks for them."""
    return text.replace(".", " ").split()


def vocabulary(records: Iterable[Record]) -> list[str]:
    """Every word of the texts."""
    return sorted({word for record in records for word in words(record["text"])})
