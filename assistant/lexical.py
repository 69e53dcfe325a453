"""The full-text index (tantivy), derived from the catalogue: stems, character n-grams and name sounds of every passage.

A stem is stored with its article's language in front («fa:انقلاب»), so that a spelling that means one thing in Persian and
another in Arabic is looked for where it means the right one.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import NamedTuple, TypeAlias

import tantivy

from assistant.errors import DiskFull, LibraryDamaged, LibraryError, LibraryLocked, LibraryNotWritable
from assistant.names import neighbours, same_name, skeletons
from assistant.terms import Phrase, grams, language_tag, phrases, term
from assistant.text import fold, is_stop_word, ngrams, words
from assistant.types import Concept, Filters, Passage, day_number

__all__ = ["LexicalIndex", "Sounding"]

GRAM_WEIGHT = 0.5
COMMON_GRAM = 0.2  # of the passages; an n-gram that more of them have tells little and costs the most, see docs/decisions.md
FEW = 1_000  # passages added to the collection's own when that is judged: in a small one everything is common
TRANSLATION_WEIGHT = 0.6  # of the n-grams a translation cannot share, see docs/decisions.md
PHRASE_SLOP = 1
WORDS = 50_000  # of texts, remembered with what they are found by: half a kilobyte each
KEPT = 500  # words remembered with those that sound like them
ASKED = 2_000  # concepts remembered with what the collection has of them, 2 kB each: questions have many words in common
COUNTED = 20_000  # terms whose passages are counted once, a fifth of a kilobyte each; a question looks at some two hundred
SAME_SOUND = 200  # words of one skeleton looked at; real collections have a handful
_SEPARATOR = "|"
_TAG = "\0"  # in the place of a language's tag, which is put in for a whole text at once: one memory of words for every language
_LITTLE_ROOM = 2**22  # bytes; a writer that died with less left on the disk is taken to have filled it


class Sounding(NamedTuple):
    """A word of the collection with the language of the articles it stands in."""

    word: str
    language: str


class _LookedUp(NamedTuple):
    """In how many passages a concept stands at most, in any spelling that the collection has, what finds them, if any, and whether
    its own words do.
    """

    frequency: int
    clause: tantivy.Query | None
    by_its_own: bool


class LexicalIndex:
    """BM25 over stems and n-grams of the passages in one folder. Writers call `commit` to make changes visible."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self._folder = folder
        self._writer: tantivy.IndexWriter | None = None
        if create:
            shutil.rmtree(folder, ignore_errors=True)
        elif not (folder / "meta.json").exists():
            # tantivy would silently make an empty index here, which would look like "nothing found".
            raise LibraryDamaged("The full-text index in {folder} is missing; run `sanad rebuild`.", folder=folder)
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(_schema(), path=str(folder), reuse=not create)
            self._schema = self._index.schema
            self._look()

    @staticmethod
    def files(folder: Path) -> list[Path]:
        """The files of the index in `folder`: all that is there but locks and unfinished writing."""
        with suppress(OSError):
            return [folder / name for name in os.listdir(folder) if not name.startswith((".tantivy", ".tmp"))]
        return []

    # -- writing -----------------------------------------------------------------------------------------------------

    def add(self, passages: Iterable[Passage]) -> None:
        """Index `passages`, replacing any of the same id."""
        with self._explained(writing=True):
            writer = self._open_writer()
            for passage in passages:
                writer.delete_documents_by_term("passage", passage.id)
                writer.add_document(_document(passage))

    def delete(self, article_ids: Iterable[str]) -> None:
        """Remove every passage of these articles."""
        with self._explained(writing=True):
            writer = self._open_writer()
            for article_id in article_ids:
                writer.delete_documents_by_term("article", article_id)

    def commit(self, *, show: bool = True) -> None:
        """Make what was added and deleted durable, and visible, unless that is left to `reload`."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with self._explained(writing=True):
                writer.commit()
                writer.wait_merging_threads()
        if show:
            self.reload()

    def discard(self) -> None:
        """Forget what was added and deleted since the last commit, and let others write."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(ValueError):  # one that failed already
                writer.rollback()
            with suppress(ValueError):
                # Ends the writer. Waiting for Python to collect it is not enough: a kept traceback may hold it, and its lock.
                writer.wait_merging_threads()

    def reload(self) -> None:
        """See what was committed since, also by another process."""
        with self._explained():
            self._index.reload()
            self._look()

    def waste(self) -> int:
        """How many deleted passages still have their words in the files; only making the index anew removes them."""
        try:
            segments = json.loads((self._folder / "meta.json").read_bytes())["segments"]
            return sum(segment["deletes"]["num_deleted_docs"] for segment in segments if segment["deletes"])
        except (OSError, ValueError, LookupError, TypeError) as exc:
            raise self._error(exc) from exc

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            # One thread gives one segment a commit and the same result every time.
            self._writer = self._index.writer(heap_size=128_000_000, num_threads=1)
            # A list of deletions is called by how much was done before: one that a killed commit left would be in the way of the
            # next for ever.
            self._writer.garbage_collect_files()
        return self._writer

    # -- reading -----------------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many passages are indexed."""
        return self._passages

    def search(self, concepts: Sequence[Concept], *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """The ids and BM25 scores of the best `limit` passages, best first.

        Each concept is one clause over all its spellings with the weight of their union (Pirkola's structured query), so
        that no language of a mixed collection outweighs another. Character n-grams of the question's own words are added,
        but not those that stand nearly everywhere, where the word is found without.
        """
        clauses = [clause for concept in concepts if (clause := self._looked_up(concept).clause) is not None]
        clauses += self._gram_queries(concepts)
        if not clauses:
            return []
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])
        restrictions = _restrictions(self._schema, filters)
        if restrictions:
            parts = [(tantivy.Occur.Must, query), *((tantivy.Occur.Must, part) for part in restrictions)]
            query = tantivy.Query.boolean_query(parts)
        with self._explained():
            searcher = self._searcher
            found = searcher.search(query, limit=limit, count=False).hits
            return [(str(searcher.doc(address).get_first("passage")), float(score)) for score, address in found]

    def frequency(self, concept: Concept) -> int:
        """In how many passages the concept occurs in any spelling, counted from above (overlaps count twice)."""
        return self._looked_up(concept).frequency

    def sounding(self, word: str) -> dict[Sounding, float]:
        """The words of the collection that sound like a folded `word`, each with how alike it sounds (0 to 1).

        Where the word itself stands in texts of a language, other words of its own script are not looked at.
        """
        known = self._sounding.get(word)
        if known is None:
            keys = {neighbour for skeleton in skeletons(word) for neighbour in neighbours(skeleton)}
            filed = self._filed(keys)
            taken = {language for language in {language for language, _ in filed} if self._df(term(word, language))}
            known = {}
            for language, found in filed:
                if language in taken and word.isascii() == found.isascii():
                    continue
                likeness = same_name(word, found)
                if likeness:
                    known[Sounding(found, language)] = likeness
            if len(self._sounding) >= KEPT:
                self._sounding.clear()
            self._sounding[word] = known
        return known

    def _filed(self, keys: Iterable[str]) -> list[tuple[str, str]]:
        """The words of the collection that have one of these skeletons (see `names.skeletons`), after their languages, in order."""
        found: set[tuple[str, str]] = set()
        with self._explained():
            for key in keys:
                for entry, _ in self._searcher.terms_with_prefix("names", key + _SEPARATOR, limit=SAME_SOUND):
                    _, language, word = entry.split(_SEPARATOR, 2)
                    found.add((language, word))
        return sorted(found)

    def _df(self, entry: str) -> int:
        known = self._counts.get(entry)
        if known is None:
            known = int(self._searcher.doc_freq("stems", entry))
            if len(self._counts) >= COUNTED:
                self._counts.clear()
            self._counts[entry] = known
        return known

    def _looked_up(self, concept: Concept) -> _LookedUp:
        """What the collection has of the concept; kept, as one search asks for it several times and other questions again."""
        key = (concept.text, concept.weight, *concept.spellings.items(), *concept.likeness.items())
        kept = self._spelled.get(key)
        if kept is None:
            if len(self._spelled) >= ASKED:
                self._spelled.clear()
            known = [found for found in phrases(concept) if all(map(self._df, found.terms))]
            frequency = min(self.count(), sum(min(map(self._df, found.terms)) for found in known))
            own = tuple(concept.text.split())
            by_its_own = any(found.words == own for found in known)
            kept = self._spelled[key] = _LookedUp(frequency, self._clause(concept, known, frequency), by_its_own)
        return kept

    def _look(self) -> None:
        """Look at what is committed now, and forget what was counted before."""
        self._searcher = self._index.searcher()
        self._passages = int(self._searcher.num_docs)
        self._counts: dict[str, int] = {}
        self._sounding: dict[str, dict[Sounding, float]] = {}
        self._spelled: dict[tuple[object, ...], _LookedUp] = {}

    def _idf(self, frequency: int) -> float:
        total = self.count()
        return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))

    def _clause(self, concept: Concept, known: Sequence[Phrase], frequency: int) -> tantivy.Query | None:
        union = self._idf(frequency) * concept.weight
        own_grams = grams(concept.text.split())
        clauses = []
        for found in known:
            own = sum(self._idf(self._df(entry)) for entry in found.terms)
            if own <= 0:
                continue
            # What is found in translation shares no n-grams with the question; without this, articles in the language of
            # the question would win over better ones in another.
            shared = own_grams.intersection(chain.from_iterable(map(ngrams, found.words)))
            missing = 1 - len(shared) / max(1, len(own_grams))
            make_up = 1 + TRANSLATION_WEIGHT * GRAM_WEIGHT * len(own_grams) * missing
            clauses.append(tantivy.Query.boost_query(self._phrase_query(found.terms), union * found.likeness * make_up / own))
        return tantivy.Query.disjunction_max_query(clauses) if clauses else None

    def _phrase_query(self, terms: tuple[str, ...]) -> tantivy.Query:
        if len(terms) == 1:
            return tantivy.Query.term_query(self._schema, "stems", terms[0], "freq")
        return tantivy.Query.phrase_query(self._schema, "stems", list(terms), slop=PHRASE_SLOP)

    def _gram_queries(self, concepts: Sequence[Concept]) -> list[tantivy.Query]:
        weights: dict[str, float] = {}
        for concept in concepts:
            # What is found by its stem needs no n-grams that nearly all have; what is not is looked for by whatever it has.
            most = COMMON_GRAM * (self.count() + FEW) if self._looked_up(concept).by_its_own else math.inf
            for gram in chain.from_iterable(map(ngrams, concept.text.split())):
                if 0 < self._searcher.doc_freq("grams", gram) <= most:
                    weights[gram] = max(weights.get(gram, 0.0), concept.weight * GRAM_WEIGHT)
        return [
            tantivy.Query.boost_query(tantivy.Query.term_query(self._schema, "grams", gram, "freq"), weight)
            for gram, weight in weights.items()
        ]

    # -- errors ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _explained(self, *, writing: bool = False) -> Iterator[None]:
        """Turn what tantivy and the operating system say into an error of ours."""
        try:
            yield
        except (ValueError, OSError) as exc:
            if writing:
                self.discard()  # a writer that failed once fails for ever
            raise self._error(exc) from exc

    def _error(self, exc: Exception) -> LibraryError:
        text = str(exc)
        died = "index writer was killed" in text  # the cause stays in tantivy's own thread
        full = "No space left" in text or "StorageFull" in text or "quota exceeded" in text
        if full or (died and shutil.disk_usage(self._folder).free < _LITTLE_ROOM):
            return DiskFull.of(self._folder)
        if "LockBusy" in text:
            return LibraryLocked(
                "The full-text index in {folder} is being written by another program; wait for it, or stop it.", folder=self._folder
            )
        if "ermission denied" in text or "PermissionDenied" in text or "ead-only file system" in text:
            return LibraryNotWritable.of(self._folder)
        reason = " ".join(text.split())[:120]
        return LibraryDamaged(
            "The full-text index in {folder} cannot be used ({reason}); run `sanad rebuild`.", folder=self._folder, reason=reason
        )


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("passage", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("article", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("language", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("publisher", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("day", indexed=True, fast=True)
    builder.add_text_field("stems", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("grams", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("names", tokenizer_name="whitespace", index_option="basic")
    return builder.build()


def _document(passage: Passage) -> tantivy.Document:
    tag = language_tag(passage.source.language)
    found = [*filter(None, map(_MEMORY.__getitem__, words(passage.text)))] or [("", "", "")]
    stems, parts, sounds = zip(*found, strict=True)
    return tantivy.Document(
        passage=passage.id,
        article=passage.source.article_id,
        language=passage.source.language,
        publisher=fold(passage.source.publisher or ""),
        day=day_number(passage.source.published),
        stems=" ".join(stems).replace(_TAG, tag),
        grams=" ".join(parts),
        names=" ".join(filter(None, dict.fromkeys(sounds))).replace(_TAG, tag),
    )


# The stem, the n-grams and the sounds, with `_TAG` for the tag of the text's language: nothing that the garbage collector would
# have to look through, with 50,000 words kept.
_FoundBy: TypeAlias = tuple[str, str, str]


def _found_by(word: str) -> _FoundBy | None:
    """What a word is found by in texts of every language; None for a stop word."""
    if is_stop_word(word):
        return None
    sounds = " ".join([f"{key}{_SEPARATOR}{_TAG}{_SEPARATOR}{word}" for key in skeletons(word)])
    return term(word, _TAG), " ".join(ngrams(word)), sounds


class _Memory(dict[str, _FoundBy | None]):
    """What words are found by, worked out on first use, and begun anew when there are too many: `lru_cache` asks more of each."""

    def __missing__(self, word: str) -> _FoundBy | None:
        if len(self) >= WORDS:
            self.clear()
        found = self[word] = _found_by(word)
        return found


_MEMORY = _Memory()


def _restrictions(schema: tantivy.Schema, filters: Filters) -> list[tantivy.Query]:
    """Clauses that must hold and add nothing to the score."""
    wanted: list[tantivy.Query] = []
    for field, values in (
        ("language", filters.languages),
        ("publisher", tuple(fold(name) for name in filters.publishers)),
        ("article", filters.articles),
    ):
        if values:
            wanted.append(tantivy.Query.term_set_query(schema, field, list(values)))
    if filters.since or filters.until:
        since = day_number(filters.since) or 1
        until = day_number(filters.until) or 99_999_999
        wanted.append(tantivy.Query.range_query(schema, "day", tantivy.FieldType.Integer, since, until))
    return [tantivy.Query.const_score_query(query, 0.0) for query in wanted]
