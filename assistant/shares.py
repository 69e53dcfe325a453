"""Places among the hits are shared: whoever floods a collection with articles of one kind does not crowd the others out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from assistant.text import fold
from assistant.types import Hit, Source

__all__ = ["shared"]

OF_AN_ARTICLE = 2  # hits
NEAR = 0.6  # of the best score: whoever speaks less of the question gets no place for being somebody else


def shared(hits: Sequence[Hit], *, limit: int) -> list[Hit]:
    """`hits`, best first, so that of the first `limit` at most two are of one article and half of one source, as long as others
    speak nearly as much of the question; where they do not, the best of all have the places that are left.
    """
    articles: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    kept: list[Hit] = []
    for hit in hits:
        if len(kept) >= limit:
            break
        if hit.score < NEAR * hits[0].score:
            continue
        article, source = hit.passage.source.article_id, _source(hit.passage.source)
        if articles[article] < OF_AN_ARTICLE and sources[source] < max(1, limit // 2):
            articles[article] += 1
            sources[source] += 1
            kept.append(hit)
    placed = {hit.passage.id for hit in kept}
    placed.update([hit.passage.id for hit in hits if hit.passage.id not in placed][: limit - len(kept)])
    return sorted(hits, key=lambda hit: hit.passage.id not in placed)


def _source(source: Source) -> str:
    """Whom the article is from: its outlet, else the host of its address; what says neither is all one."""
    return fold(source.publisher or "") or (urlsplit(source.url).hostname if source.url else None) or ""
