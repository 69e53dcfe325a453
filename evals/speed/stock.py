"""Stock LlamaIndex: sentence splitter, Chroma and BM25, fused by reciprocal rank, with the vectors that Sanad has.

Nothing of Sanad is imported before texts are taken in: run as a program, this is the fresh process that answers one question.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import BaseNode, Document
    from llama_index.vector_stores.chroma import ChromaVectorStore

__all__ = ["DEPTH", "FEW", "Stock", "command"]

LIMIT = 10  # hits
DEPTH = 60  # candidates of each retriever, as many as Sanad looks at
FEW = 10  # the least that can give ten hits
AT_ONCE = 400  # documents in a run of the pipeline: some 2,000 nodes, as many as LlamaIndex itself inserts at once
KNOWN = ("title", "language", "publisher", "published")  # kept with each node, as Sanad keeps them

Embed = Callable[[Sequence[str]], list[list[float]]]


class Stock:
    """One collection in `folder`. Texts taken in get their vectors from the word sums in `table`, questions from `vectors`."""

    def __init__(self, folder: str, lexicon: str = "", table: str = "", vectors: str = "") -> None:
        self._folder = Path(folder)
        self._embedding = _embedding(_sums(table, lexicon) if table else _given(vectors))
        self._kept = f"{folder}/documents.json"
        self._nodes: list[BaseNode] = []
        self._retrievers: dict[int, BaseRetriever] = {}
        self._rounds: Sequence[Sequence[str]] = ()

    # -- taking in -----------------------------------------------------------------------------------------------------

    def take(self, feed: str) -> int:
        """How many nodes were made of a feed; BM25 is still to come, see `finish`."""
        pipeline, documents, before = self._pipeline(), _documents(feed), len(self._nodes)
        for start in range(0, len(documents), AT_ONCE):
            made = pipeline.run(documents=documents[start : start + AT_ONCE])
            for node in made:
                node.embedding = None  # it is in Chroma, and as a list takes more memory than the text
            self._nodes += made
        assert pipeline.docstore is not None
        pipeline.docstore.persist(self._kept)
        return len(self._nodes) - before

    def finish(self) -> int:
        """Make BM25 of every node, as it takes nothing in later, and keep it; how many nodes there are."""
        from llama_index.retrievers.bm25 import BM25Retriever

        BM25Retriever.from_defaults(nodes=self._nodes, similarity_top_k=FEW).persist(str(self._folder / "bm25"))
        return len(self._nodes)

    def again(self, feed: str) -> int:
        """How many documents of a feed were there already."""
        documents = _documents(feed)
        return len(documents) if not self._pipeline().run(documents=documents) else 0

    def blindly(self, feed: str) -> int:
        """The same without a document store, which takes everything in once more: how many nodes that made."""
        from llama_index.core import StorageContext, VectorStoreIndex

        store = StorageContext.from_defaults(vector_store=_store(self._folder.with_suffix(".blind")))
        made = VectorStoreIndex.from_documents(_documents(feed), storage_context=store, embed_model=self._embedding)
        return int(made.vector_store.client.count())

    def _pipeline(self) -> IngestionPipeline:
        """What takes documents in and knows those it has seen, as it was left on the disk."""
        from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
        from llama_index.core.node_parser import SentenceSplitter
        from llama_index.core.storage.docstore import SimpleDocumentStore

        known = SimpleDocumentStore.from_persist_path(self._kept) if os.path.exists(self._kept) else SimpleDocumentStore()
        return IngestionPipeline(
            transformations=[SentenceSplitter(), self._embedding],
            vector_store=_store(self._folder / "chroma"),
            docstore=known,
            docstore_strategy=DocstoreStrategy.UPSERTS,
            disable_cache=True,  # it would keep every node once more
        )

    # -- searching -----------------------------------------------------------------------------------------------------

    def open(self, rounds: Sequence[Sequence[str]]) -> int:
        """Get ready to answer rounds of questions; how many nodes there are."""
        from llama_index.retrievers.bm25 import BM25Retriever

        store, kept = _store(self._folder / "chroma"), BM25Retriever.from_persist_dir(str(self._folder / "bm25"))
        self._retrievers = {depth: self._fusion(store, kept.bm25, depth) for depth in (DEPTH, FEW)}
        self._rounds = rounds
        return int(store.client.count())

    def _fusion(self, store: ChromaVectorStore, bm25: Any, depth: int) -> BaseRetriever:
        from llama_index.core import VectorStoreIndex
        from llama_index.core.llms import MockLLM
        from llama_index.core.retrievers import QueryFusionRetriever
        from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
        from llama_index.retrievers.bm25 import BM25Retriever

        words = BM25Retriever(existing_bm25=bm25, similarity_top_k=min(depth, int(bm25.scores["num_docs"])))
        nearest = VectorStoreIndex.from_vector_store(store, embed_model=self._embedding).as_retriever(similarity_top_k=depth)
        return QueryFusionRetriever(
            [nearest, words],
            llm=MockLLM(),  # it must have one, and does not ask it
            mode=FUSION_MODES.RECIPROCAL_RANK,
            similarity_top_k=LIMIT,
            num_queries=1,
            use_async=False,
        )

    def search(self, number: int) -> int:
        """How many hits the questions of a round have in all, among as many candidates as Sanad has."""
        return self._search(number, DEPTH)

    def search_few(self, number: int) -> int:
        """The same among as few candidates as can be."""
        return self._search(number, FEW)

    def _search(self, number: int, depth: int) -> int:
        return sum(len(self._retrievers[depth].retrieve(question)) for question in self._rounds[number])

    def tell(self, question: str) -> None:
        """Print the beginnings of the passages found, from nothing open."""
        from llama_index.retrievers.bm25 import BM25Retriever

        kept = BM25Retriever.from_persist_dir(str(self._folder / "bm25"))
        for hit in self._fusion(_store(self._folder / "chroma"), kept.bm25, FEW).retrieve(question):
            print(hit.node.get_content()[:80])

    def close(self) -> None:
        """Let go of the collection."""
        self._retrievers.clear()

    def disk(self) -> int:
        """Bytes of Chroma, BM25 and the documents."""
        return sum(file.stat().st_size for file in self._folder.rglob("*") if file.is_file())


def command(folder: Path, question: str, *, vectors: str) -> tuple[str, list[str]]:
    """What finds the passages for one question in a fresh process: the module that is run, and its arguments."""
    return "evals.speed.stock", [str(folder), vectors, question]


def _documents(feed: str) -> list[Document]:
    from llama_index.core import Document

    with open(feed, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [
        Document(
            id_=record["url"],
            text=record["text"],
            metadata={name: record[name] or "" for name in KNOWN},
            excluded_embed_metadata_keys=list(KNOWN),  # so that the same texts are embedded and searched
        )
        for record in records
    ]


def _store(folder: Path) -> ChromaVectorStore:
    import chromadb
    from llama_index.vector_stores.chroma import ChromaVectorStore

    client = chromadb.PersistentClient(str(folder))
    made = client.get_or_create_collection("news", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None)
    return ChromaVectorStore(chroma_collection=made)


def _sums(table: str, lexicon: str) -> Embed:
    from assistant.embedding import EmbeddedEmbedder
    from assistant.lexicon import Lexicon
    from evals.speed.sums import WordSums

    sums = WordSums(Path(table), EmbeddedEmbedder(Lexicon.open(Path(lexicon))))
    return lambda texts: sums.embed(texts).tolist()


def _given(file: str) -> Embed:
    """The vectors of questions, looked up: they cost nothing here."""
    with open(file, encoding="utf-8") as text:
        known = json.load(text)
    return lambda texts: [known[text] for text in texts]


def _embedding(embed: Embed) -> BaseEmbedding:
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class Given(BaseEmbedding):
        """The vectors of `embed`."""

        def _get_text_embedding(self, text: str) -> list[float]:
            return embed([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return embed(texts)

        def _get_query_embedding(self, query: str) -> list[float]:
            return embed([query])[0]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return embed([query])[0]

    return Given()


if __name__ == "__main__":
    place, given, asked = sys.argv[1:]
    Stock(place, vectors=given).tell(asked)
