"""A query becomes hits: full-text and vector search, fused, varied, and held against the floor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from assistant.coverage import Sought, read
from assistant.errors import BadModelOutput, BudgetSpent, ModelUnavailable
from assistant.evidence import outlets_of
from assistant.judging import Judgement, judge
from assistant.lexical import LexicalIndex
from assistant.ordering import LOOKED_AT, grouped, on_the_day, varied
from assistant.outlets import preferred
from assistant.protocols import Embedder, VectorSearch
from assistant.shares import shared
from assistant.types import Concept, Hit, Passage, Query, Retrieval, Weighted

__all__ = ["Retriever"]

CANDIDATES = 60  # of each leg; recall is flat beyond it on the development sets
DENSE_WEIGHT = 0.15  # of the vector leg against the full-text leg, see the ablation in docs/decisions.md
BACKGROUND = 1_000  # passages of an imagined collection that keeps weights sensible when the real one has five articles
NAME_LENGTH = 3  # characters; shorter words have too little sound to compare


class _Found(NamedTuple):
    """What a search found: the hits, each wording's concepts and full-text scores, and what is to be noted."""

    hits: tuple[Hit, ...]
    versions: Sequence[tuple[Weighted, ...]]
    lexical: Sequence[Sequence[tuple[str, float]]]
    notes: tuple[str, ...]


class Retriever:
    """Searches one library. `fetch` gives the passages of some ids; `vectors` is None where only full text can be searched.

    `sketch` gives them with no more than whom they are from, where that costs less: of some hundred candidates a tenth is read.
    """

    def __init__(
        self,
        *,
        lexical: LexicalIndex,
        vectors: VectorSearch | None,
        embedder: Embedder,
        fetch: Callable[[Sequence[str]], dict[str, Passage]],
        sketch: Callable[[Sequence[str]], dict[str, Passage]] | None = None,
    ) -> None:
        self._lexical = lexical
        self._vectors = vectors
        self._embedder = embedder
        self._fetch = fetch
        self._sketch = sketch or fetch

    def retrieve(self, query: Query, *, limit: int) -> Retrieval:
        """At most `limit` hits for `query`, searched in its own wording and its translations, and how surely they speak of it."""
        found = self._found(query, limit)
        judgement = self._judged(query, found)
        concepts = found.versions[0]
        query = replace(query, concepts=tuple(item.concept for item in concepts), notes=(*query.notes, *found.notes))
        return Retrieval(query, found.hits, concepts, *judgement, judgement.enough)

    def hits(self, query: Query, *, limit: int) -> tuple[Hit, ...]:
        """The hits that `retrieve` gives, unjudged: to judge them takes longer than to find them."""
        return self._found(query, limit).hits

    def _found(self, query: Query, limit: int) -> _Found:
        versions = [self._weighted(concepts) for concepts in (query.concepts, *query.versions)]
        lexical = [self._lexical_hits(version, query) for version in versions]
        dense, notes = self._dense(query)
        fused = preferred(self._fused(_best_of(lexical), dense), [item.concept for item in versions[0]])
        if query.dates:
            fused = on_the_day([*self._read(fused[:LOOKED_AT]), *fused[LOOKED_AT:]], query.dates)
        hits = grouped(self._read(shared(varied(fused), limit=limit), at_once=limit + 1), limit=limit)
        return _Found(tuple(hits), versions, lexical, notes)

    def _read(self, hits: Sequence[Hit], *, at_once: int = LOOKED_AT) -> Iterator[Hit]:
        """`hits` with their texts, those that are still there, as far as they are looked at."""
        for start in range(0, len(hits), at_once):
            part = hits[start : start + at_once]
            known = self._fetch([hit.passage.id for hit in part])
            yield from (replace(hit, passage=known[hit.passage.id]) for hit in part if hit.passage.id in known)

    def _weighted(self, concepts: Sequence[Concept]) -> tuple[Weighted, ...]:
        named = (self._with_names(concept) for concept in concepts)
        return tuple(Weighted(concept, self._weight(concept)) for concept in named)

    def _judged(self, query: Query, found: _Found) -> Judgement:
        """The best judgement that any wording of the question gets."""
        wordings = [(query.text, query.language), *((text, code) for code, text in query.translations.items())]
        judgements = []
        for (text, language), concepts, matched in zip(wordings, found.versions, found.lexical, strict=True):
            total = sum(item.weight for item in concepts)
            matches = {name: score / total for name, score in matched} if total > 0 else {}
            judgements.append(
                judge(
                    text,
                    language,
                    concepts,
                    found.hits,
                    matches=matches,
                    passages=self._lexical.count(),
                    absent_name=any(item.concept.named for item in self._absent(concepts, found.hits)),
                )
            )
        return max(judgements, key=lambda one: one.confidence / one.floor)

    def _absent(self, concepts: Sequence[Weighted], hits: Sequence[Hit]) -> list[Weighted]:
        """What of the question stands in no text, in any spelling, and in no title and no outlet of the hits."""
        beside = frozenset().union(*outlets_of(concepts, hits).values())
        absent = [item for place, item in enumerate(concepts) if place not in beside and not self._lexical.frequency(item.concept)]
        titles = {(hit.passage.source.title, hit.passage.source.language) for hit in hits}
        sought = Sought([item.concept for item in absent])
        titled = [sought.found(read(title, language)) for title, language in titles if title] if absent else []
        return [item for place, item in enumerate(absent) if not any(found[place] for found in titled)]

    def _lexical_hits(self, version: Sequence[Weighted], query: Query) -> list[tuple[str, float]]:
        return self._lexical.search([item.concept for item in version], filters=query.filters, limit=CANDIDATES)

    def _dense(self, query: Query) -> tuple[list[tuple[str, float]], tuple[str, ...]]:
        """The nearest passages by vector; none, and a note, where the question cannot be embedded."""
        if self._vectors is None:
            return [], ("the vector index cannot be read; only the full text was searched",)
        try:
            texts = (query.text, *query.translations.values())
            found = [
                self._vectors.search(self._embedder.embed_query(text), filters=query.filters, limit=CANDIDATES) for text in texts
            ]
        except (ModelUnavailable, BadModelOutput, BudgetSpent) as exc:
            return [], (f"the question could not be embedded, only the full text was searched: {exc}",)
        return _best_of(found), ()

    def _with_names(self, concept: Concept) -> Concept:
        """`concept` with the words of the collection that sound like it, when the lexicon or the collection does not know it."""
        word = concept.text
        if set(concept.spellings) == {""}:
            return self._by_sound(concept, [word]) if " " not in word else concept
        if concept.named and not self._lexical.frequency(concept):
            firsts = (next((spelling[0] for spelling in known if len(spelling) == 1), "") for known in concept.spellings.values())
            return self._by_sound(concept, dict.fromkeys(firsts))
        return concept

    def _by_sound(self, concept: Concept, names: Iterable[str]) -> Concept:
        """`concept` with the words of the collection that sound like one of `names`."""
        spellings = dict(concept.spellings)
        likeness: dict[tuple[str, ...], float] = {}
        for name in names:
            sounding = self._lexical.sounding(name) if len(name) >= NAME_LENGTH and name.isalpha() else {}
            for found, alike in sounding.items():
                # Cubed, so that a doubtful likeness weighs little beside the right spelling.
                likeness[(found.word,)] = max(likeness.get((found.word,), 0.0), alike**3)
                spellings[found.language] = tuple(dict.fromkeys((*spellings.get(found.language, ()), (found.word,))))
        return replace(concept, spellings=spellings, likeness=likeness)

    def _weight(self, concept: Concept) -> float:
        """How telling the concept is: its inverse frequency in the collection, mixed with a background one."""
        total = self._lexical.count() + BACKGROUND
        frequency = self._lexical.frequency(concept) + concept.commonness * BACKGROUND
        return concept.weight * math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))

    def _fused(self, lexical: Sequence[tuple[str, float]], dense: Sequence[tuple[str, float]]) -> list[Hit]:
        scores: dict[str, float] = {}
        for found, weight in ((lexical, 1.0), (dense, DENSE_WEIGHT)):
            top = max((score for _, score in found), default=0.0)
            for name, score in found:
                if top > 0:
                    scores[name] = scores.get(name, 0.0) + weight * max(0.0, score) / top
        lexical_ranks = {name: rank for rank, (name, _) in enumerate(lexical, start=1)}
        dense_ranks = {name: rank for rank, (name, _) in enumerate(dense, start=1)}
        passages = self._sketch(list(scores))
        hits = [
            Hit(passages[name], score, dense_ranks.get(name), lexical_ranks.get(name))
            for name, score in scores.items()
            if name in passages
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))


def _best_of(lists: Iterable[Sequence[tuple[str, float]]]) -> list[tuple[str, float]]:
    """Hits of several searches as one list, each with its best score relative to the first of its list, best first."""
    scores: dict[str, float] = {}
    for found in lists:
        top = max((score for _, score in found), default=0.0)
        for name, score in found:
            scores[name] = max(scores.get(name, 0.0), score / top if top > 0 else 0.0)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
