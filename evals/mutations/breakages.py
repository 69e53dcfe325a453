"""Ten ways to break the product, each a context in which it is broken."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from difflib import SequenceMatcher
from unittest.mock import patch

from assistant import answering, citations, text, understanding
from assistant.citations import Found, Verifier
from assistant.retrieval import Retriever
from assistant.text import sentences
from assistant.types import Citation, Claim, Dropped, Filters, Hit, Match, Passage, Query, Retrieval, Source, Statement

__all__ = ["BREAKAGES", "GONE", "Breakage"]

Breakage = Callable[[], AbstractContextManager[object]]
GONE = "004_8d769f66aa1e8765.txt"  # the article that is taken out of the library
FUZZY = 0.6  # of the letters alike
DIGITS = "۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩"


def offset_off_by_one() -> AbstractContextManager[object]:
    """Citations say that they stand one character further on."""
    return _cited(lambda citation, hits: replace(citation, start=citation.start + 1, end=citation.end + 1))


def citation_to_another_article() -> AbstractContextManager[object]:
    """Citations name another article than the one they were taken from."""
    return _cited(lambda citation, hits: replace(citation, source=_other(citation, hits)))


def _other(citation: Citation, hits: Sequence[Hit]) -> Source:
    sources = (hit.passage.source for hit in hits)
    return next((source for source in sources if source.article_id != citation.source.article_id), citation.source)


def _cited(change: Callable[[Citation, Sequence[Hit]], Citation]) -> AbstractContextManager[object]:
    """Every citation as `change` makes it of the true one."""
    verify = Verifier.verify

    def changed(self: Verifier, claim: Claim) -> Statement | Dropped:
        known = len(self.citations)
        found = verify(self, claim)
        self.citations[known:] = [change(citation, self.hits) for citation in self.citations[known:]]
        if isinstance(found, Dropped):
            return found
        return replace(found, citations=tuple(self.citations[citation.number - 1] for citation in found.citations))

    return patch.object(Verifier, "verify", changed)


@contextmanager
def folding_without_digits() -> Iterator[None]:
    """Digits of other scripts are left as they are."""
    with _forgetting(), patch.dict(text._TABLE, {ord(digit): digit for digit in DIGITS}):
        yield


@contextmanager
def _forgetting() -> Iterator[None]:
    """Nothing that was worked out before is remembered inside, nor what was worked out inside afterwards."""
    _forget()
    try:
        yield
    finally:
        _forget()


def _forget() -> None:
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("assistant", "evals"):
            for value in list(vars(module).values()):
                if callable(clear := getattr(value, "cache_clear", None)):
                    clear()
    gc.collect()


def wrong_language() -> AbstractContextManager[object]:
    """Answers are framed in another language than the question's."""
    return _understood(lambda query: replace(query, answer_language="fa" if query.language == "en" else "en"))


def filter_ignored() -> AbstractContextManager[object]:
    """Every article may answer, whatever was asked for."""
    return _understood(lambda query: replace(query, filters=Filters()))


def _understood(change: Callable[[Query], Query]) -> AbstractContextManager[object]:
    understand = understanding.understand
    return patch.object(answering, "understand", lambda *args, **kwargs: change(understand(*args, **kwargs)))


def dropped_refusal() -> AbstractContextManager[object]:
    """Whatever was found is good enough."""
    retrieve = Retriever.retrieve

    def always(self: Retriever, query: Query, *, limit: int) -> Retrieval:
        return replace(retrieve(self, query, limit=limit), enough=True)

    return patch.object(Retriever, "retrieve", always)


def quote_fuzzily_accepted() -> AbstractContextManager[object]:
    """A quote stands where most of its letters do."""
    find = citations.find

    def fuzzy(quote: str, passages: Sequence[Passage]) -> Found | None:
        shown = list(passages)
        found = find(quote, shown)
        if found is not None:
            return found
        places = [(passage, span) for passage in shown for span in sentences(passage.text)]
        scored = [(SequenceMatcher(None, quote, p.text[s.start : s.end], autojunk=False).ratio(), p, s) for p, s in places]
        best = max(scored, key=lambda row: row[0], default=None)
        return Found(best[1], best[2], Match.FOLDED) if best is not None and best[0] >= FUZZY else None

    return patch.object(citations, "find", fuzzy)


def follow_up_not_rewritten() -> AbstractContextManager[object]:
    """What was said before counts for nothing."""
    understand = understanding.understand
    return patch.object(answering, "understand", lambda *args, **kwargs: understand(*args, **{**kwargs, "history": ()}))


def number_check_off() -> AbstractContextManager[object]:
    """Numbers and days may be anything."""
    return patch.object(citations, "_unsupported_values", lambda text, found: [])


@contextmanager
def gold_article_removed() -> Iterator[None]:
    """An article is gone: nothing is patched, `mutations.check` takes it out of the library."""
    yield


BREAKAGES: Mapping[str, Breakage] = {
    "offset off by one": offset_off_by_one,
    "folding without digits": folding_without_digits,
    "wrong language": wrong_language,
    "dropped refusal": dropped_refusal,
    "citation to another article": citation_to_another_article,
    "quote fuzzily accepted": quote_fuzzily_accepted,
    "one gold article removed": gold_article_removed,
    "filter ignored": filter_ignored,
    "follow-up not rewritten": follow_up_not_rewritten,
    "number check off": number_check_off,
}
