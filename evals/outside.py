"""Question sets as folders of passages and questions: public data that lives beside the project, and our own small one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.embedding import EmbeddedEmbedder
from assistant.lexical import LexicalIndex
from assistant.lexicon import Lexicon
from assistant.retrieval import Retriever
from assistant.text import clean
from assistant.types import Passage, Retrieval, Source
from assistant.understanding import understand
from assistant.vectors import VectorIndex

__all__ = ["Bench", "Question", "Set", "load", "names"]

TODAY = date(2020, 1, 1)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the passages that answer it (empty when none does) and the answers in the passages' language.

    `kind` says of one without an answer how it was meant, where its set does.
    """

    id: str
    text: str
    language: str
    passages: frozenset[str]
    answers: tuple[str, ...]
    kind: str = ""

    @property
    def group(self) -> str:
        """The article it is about."""
        return next(iter(sorted(self.passages)), self.id).rsplit("-p", 1)[0]


@dataclass(frozen=True, slots=True)
class Set:
    """One set: its passages, its questions, and those questions that its passages do not answer."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[Question, ...]
    unanswerable: tuple[Question, ...] = ()

    def pair(self, question: Question) -> str:
        """The language of the question and that of the passages that answer it: "en-fa"."""
        written = {passage.source.language for passage in self.passages if passage.id in question.passages}
        return f"{question.language}-{'+'.join(sorted(written))}"


def names(folder: Path) -> list[str]:
    """The sets in `folder` that hold passages and questions."""
    return sorted(path.parent.name for path in folder.glob("*/docs.jsonl"))


def load(folder: Path, name: str) -> Set:
    """The set `name`; each of its paragraphs is one passage, as the sets' own figures count them."""
    passages = tuple(_passage(row) for row in _rows(folder / name / "docs.jsonl"))
    questions = tuple(_question(row) for row in _rows(folder / name / "queries.jsonl"))
    unanswerable = tuple(_question(row) for row in _rows(folder / name / "unanswerable.jsonl"))
    return Set(name, passages, questions, unanswerable)


def _rows(path: Path) -> list[dict[str, object]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _passage(row: dict[str, object]) -> Passage:
    text = clean(str(row["text"]))
    name = str(row["id"])
    source = Source(name.rsplit("-p", 1)[0], title=str(row.get("title") or "") or None, language=str(row["lang"]))
    return Passage(name, source, text, 0, len(text))


def _question(row: dict[str, object]) -> Question:
    gold = row.get("doc_ids") or []
    answers = row.get("answers_doc_lang") or row.get("answers") or []
    assert isinstance(gold, list)
    assert isinstance(answers, list)
    return Question(
        str(row["id"]),
        str(row["question"]),
        str(row["lang"]),
        frozenset(gold),
        tuple(map(str, answers)),
        str(row.get("kind") or ""),
    )


@dataclass(slots=True)
class Bench:
    """The indexes over some passages, ready to be asked."""

    lexicon: Lexicon
    retriever: Retriever
    passages: dict[str, Passage] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def over(cls, passages: Sequence[Passage], *, lexicon: Lexicon, dense: bool = True) -> Iterator[Bench]:
        """A bench over `passages` in a folder that goes away."""
        known = {passage.id: passage for passage in passages}
        embedder = EmbeddedEmbedder(lexicon)
        with TemporaryDirectory() as folder:
            lexical = LexicalIndex(Path(folder) / "lexical", create=True)
            lexical.add(passages)
            lexical.commit()
            vectors = VectorIndex(Path(folder) / "chroma", create=True) if dense else None
            if vectors is not None:
                for start in range(0, len(passages), BATCH):
                    part = passages[start : start + BATCH]
                    vectors.add(part, embedder.embed([passage.text for passage in part]))
            retriever = Retriever(
                lexical=lexical,
                vectors=vectors,
                embedder=embedder,
                fetch=lambda ids: {name: known[name] for name in ids},
            )
            try:
                yield cls(lexicon, retriever, known)
            finally:
                if vectors is not None:
                    vectors.close()

    def retrieve(self, question: str, *, limit: int) -> Retrieval:
        """What the product would retrieve for `question`."""
        return self.retriever.retrieve(understand(question, lexicon=self.lexicon, today=TODAY), limit=limit)
