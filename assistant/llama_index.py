"""Sanad for LlamaIndex code: its splitter, its embedding, its search as a retriever, its answers as a query engine.

Importing this module imports LlamaIndex; nothing else of Sanad does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from llama_index.core import Settings
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.node_parser import NodeParser
from llama_index.core.schema import BaseNode, NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from assistant.articles import from_documents
from assistant.protocols import Embedder
from assistant.rendering import to_dict
from assistant.splitting import split
from assistant.types import Answer, Citation, Filters, Hit, Skipped, Source

if TYPE_CHECKING:
    from assistant.pipeline import AnswerStream, Assistant

__all__ = ["PassageParser", "SanadEmbedding", "SanadQueryEngine", "SanadRetriever"]

HIDDEN = ("article_id", "match", "url")  # metadata that is for programs; a model that reads a node does not see it


class SanadRetriever(BaseRetriever):
    """Our search for LlamaIndex: the passages that speak most of a question, best first; there is no floor.

    Each node is a passage with its place in its article, `article.text[start_char_idx:end_char_idx] == node.text`, and in
    its metadata what is known of the article: article_id, title, publisher, published (ISO 8601), language, url, or None.
    `filters` restricts the articles. Retrieving raises what `Assistant.search` raises.
    """

    def __init__(self, assistant: Assistant, *, filters: Filters | None = None, limit: int = 10) -> None:
        super().__init__(callback_manager=Settings.callback_manager)
        self._assistant = assistant
        self._filters = filters
        self._limit = limit

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._assistant.search(query_bundle.query_str, filters=self._filters, limit=self._limit)
        return [_retrieved(hit) for hit in hits]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class SanadQueryEngine(BaseQueryEngine):
    """Our answers for LlamaIndex: a `Response` whose text is the whole answer and whose source nodes are its checked citations.

    Each source node is a quote: `article.text[start_char_idx:end_char_idx] == node.text`; its metadata holds what is known of
    the article, the `number` of its mark in the text, and its `match`. It has no score: a citation holds or is not there. What
    is not in the articles gives our refusal and no source node. The response's metadata holds status, mode, language and trace.

    `filters` restricts the articles, `language` pins the answer's language. Querying raises what `Assistant.ask` raises.
    """

    def __init__(self, assistant: Assistant, *, filters: Filters | None = None, language: str | None = None) -> None:
        super().__init__(callback_manager=Settings.callback_manager)
        self._assistant = assistant
        self._filters = filters
        self._language = language

    def _query(self, query_bundle: QueryBundle) -> Response:
        return _answered(self._stream(query_bundle))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        stream = await asyncio.to_thread(self._stream, query_bundle)
        try:
            return await asyncio.to_thread(_answered, stream)
        except asyncio.CancelledError:
            # Nobody waits any more: the model must not go on writing. The thread that reads the stream keeps it from being
            # closed, but sees that no more is wanted.
            with suppress(ValueError):
                stream.close()
            raise

    def _stream(self, query_bundle: QueryBundle) -> AnswerStream:
        return self._assistant.stream(query_bundle.query_str, filters=self._filters, language=self._language)

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}  # our prompts are files, not LlamaIndex's to change


class SanadEmbedding(BaseEmbedding):
    """Any `Embedder` of ours as a LlamaIndex embedding model: `SanadEmbedding(embedder)`."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, **options: Any) -> None:
        super().__init__(model_name=embedder.name, **options)
        self._embedder = embedder

    @classmethod
    def class_name(cls) -> str:
        return "SanadEmbedding"

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [[float(value) for value in vector] for vector in self._embedder.embed(texts)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(value) for value in self._embedder.embed_query(query)]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)


class PassageParser(NodeParser):
    """Our splitting for LlamaIndex: one node a passage, `document.text[start_char_idx:end_char_idx] == node.text`.

    Offsets are into the cleaned text of the document (see `text.clean`), which is also what the nodes hold. Boilerplate is
    left out. Raises ValueError for a document that cannot become an article, with the reason.
    """

    @classmethod
    def class_name(cls) -> str:
        return "PassageParser"

    def _parse_nodes(self, nodes: Sequence[BaseNode], show_progress: bool = False, **options: Any) -> list[BaseNode]:
        return [node for document in nodes for node in _passages(document)]

    def _postprocess_parsed_nodes(self, nodes: list[BaseNode], parent_doc_map: dict[str, Any]) -> list[BaseNode]:
        """Link neighbours only: the base class looks for each text again and misplaces repeated lines."""
        for before, after in pairwise(nodes):
            if before.ref_doc_id == after.ref_doc_id:
                before.relationships[NodeRelationship.NEXT] = after.as_related_node_info()
                after.relationships[NodeRelationship.PREVIOUS] = before.as_related_node_info()
        return nodes


def _passages(document: BaseNode) -> list[BaseNode]:
    article = next(iter(from_documents([document])))
    if isinstance(article, Skipped):
        raise ValueError(f"{article.path}: {article.reason}")
    return [
        TextNode(
            id_=passage.id,
            text=passage.text,
            start_char_idx=passage.start,
            end_char_idx=passage.end,
            metadata=dict(document.metadata),
            excluded_embed_metadata_keys=list(document.excluded_embed_metadata_keys),
            excluded_llm_metadata_keys=list(document.excluded_llm_metadata_keys),
            relationships={NodeRelationship.SOURCE: document.as_related_node_info()},
        )
        for passage in split(article)
    ]


def _retrieved(hit: Hit) -> NodeWithScore:
    passage = hit.passage
    node = _node(passage.id, passage.text, passage.source, start=passage.start, end=passage.end)
    return NodeWithScore(node=node, score=hit.score)


def _answered(stream: AnswerStream) -> Response:
    for _ in stream:
        pass
    return _response(stream.answer)


def _response(answer: Answer) -> Response:
    metadata = {
        "status": answer.status.value,
        "mode": answer.mode.value,
        "language": answer.language,
        "trace": to_dict(answer.trace),
    }
    return Response(answer.text, source_nodes=[_cited(citation) for citation in answer.citations], metadata=metadata)


def _cited(citation: Citation) -> NodeWithScore:
    name = f"{citation.source.article_id}-{citation.start}-{citation.end}"
    more = {"number": citation.number, "match": citation.match.value}
    return NodeWithScore(node=_node(name, citation.quote, citation.source, start=citation.start, end=citation.end, **more))


def _node(name: str, text: str, source: Source, *, start: int, end: int, **more: object) -> TextNode:
    """A piece of an article; what is unknown of the article is None in its metadata and not shown to models."""
    metadata = {
        "article_id": source.article_id,
        "title": source.title,
        "publisher": source.publisher,
        "published": source.published.isoformat() if source.published else None,
        "language": source.language,
        "url": source.url,
        **more,
    }
    unseen = [key for key, value in metadata.items() if key in HIDDEN or value is None]
    return TextNode(
        id_=name,
        text=text,
        start_char_idx=start,
        end_char_idx=end,
        metadata=metadata,
        excluded_embed_metadata_keys=unseen,
        excluded_llm_metadata_keys=unseen,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=source.article_id)},
    )
