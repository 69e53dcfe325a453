"""Retrievers as they come out of the box, for comparison: BM25 with its default tokens, and the vectors alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from tempfile import TemporaryDirectory

from assistant.embedding import EmbeddedEmbedder
from assistant.lexicon import Lexicon
from assistant.types import Passage

__all__ = ["NAME", "bm25", "dense"]

Search = Callable[[str], Sequence[str]]
_LLAMA_INDEX = find_spec("llama_index") is not None and find_spec("bm25s") is not None
NAME = "stock BM25 (LlamaIndex)" if _LLAMA_INDEX else "stock BM25 (tantivy)"


def dense(passages: Sequence[Passage], lexicon: Lexicon, *, limit: int) -> Search:
    """The passages nearest to a question by the embedded embedding alone."""
    import numpy as np

    embedder = EmbeddedEmbedder(lexicon)
    vectors = embedder.embed([passage.text for passage in passages])

    def search(question: str) -> list[str]:
        likeness = vectors @ embedder.embed_query(question)
        return [passages[int(place)].id for place in np.argsort(-likeness, kind="stable")[:limit]]

    return search


@contextmanager
def bm25(passages: Sequence[Passage], *, limit: int) -> Iterator[Search]:
    """BM25 as LlamaIndex's retriever has it by default, where that is installed; else as tantivy's default tokens have it."""
    if _LLAMA_INDEX:
        yield _of_llama_index(passages, limit)
    else:
        with TemporaryDirectory() as folder:
            yield _of_tantivy(passages, limit, folder)


def _of_llama_index(passages: Sequence[Passage], limit: int) -> Search:
    from llama_index.core.schema import TextNode

    retrievers = import_module("llama_index.retrievers.bm25")  # optional, and unknown to the type checker where it is missing
    nodes = [TextNode(id_=passage.id, text=passage.text) for passage in passages]
    retriever = retrievers.BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=min(limit, len(nodes)))
    return lambda question: [found.node.node_id for found in retriever.retrieve(question)]


def _of_tantivy(passages: Sequence[Passage], limit: int, folder: str) -> Search:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text")
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    index = tantivy.Index(builder.build(), path=folder)
    writer = index.writer(num_threads=1)
    for passage in passages:
        writer.add_document(tantivy.Document(text=passage.text, id=passage.id))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(question: str) -> list[str]:
        query, _ = index.parse_query_lenient(question, ["text"])
        return [str(searcher.doc(address)["id"][0]) for _, address in searcher.search(query, limit).hits]

    return search
