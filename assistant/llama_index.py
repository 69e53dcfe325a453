"""Sanad's parts for LlamaIndex code: our splitter as a node parser, our embedder as an embedding model.

Importing this module imports LlamaIndex; nothing else of Sanad does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.node_parser import NodeParser
from llama_index.core.schema import BaseNode, NodeRelationship, TextNode

from assistant.articles import from_documents
from assistant.protocols import Embedder
from assistant.splitting import split
from assistant.types import Skipped

__all__ = ["PassageParser", "SanadEmbedding"]


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
        return self._get_query_embedding(query)


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
        for before, after in zip(nodes, nodes[1:], strict=False):
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
