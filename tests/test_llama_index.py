"""LlamaIndex code can use our splitter and our embedding."""

from __future__ import annotations

import numpy as np
from llama_index.core import Document
from llama_index.core.schema import MetadataMode, NodeRelationship

from assistant.embedding import EmbeddedEmbedder
from assistant.lexicon import Lexicon
from assistant.llama_index import PassageParser, SanadEmbedding

LINE = "نماینده پوتین با شمخانی در تهران دیدار کرد. "


def test_the_embedding_gives_the_embedders_own_vectors() -> None:
    """Texts and questions get the same numbers through LlamaIndex as without it."""
    embedder = EmbeddedEmbedder(Lexicon.open())
    model = SanadEmbedding(embedder)
    texts = ["دیدار در تهران", "The envoy in Tehran"]
    assert np.allclose(model.get_text_embedding_batch(texts), embedder.embed(texts))
    assert np.allclose(model.get_query_embedding(texts[0]), embedder.embed_query(texts[0]))
    assert np.allclose(model.get_text_embedding(texts[1]), embedder.embed([texts[1]])[0])
    assert model.model_name == embedder.name


def test_the_parser_gives_nodes_whose_offsets_hold() -> None:
    """Repeated lines keep their own places, neighbours are linked, metadata and the source document travel along."""
    document = Document(text=LINE * 60, metadata={"publisher": "ایسنا"})
    nodes = PassageParser().get_nodes_from_documents([document])
    assert len(nodes) > 1
    starts = [node.start_char_idx for node in nodes]  # type: ignore[attr-defined]
    assert starts == sorted(set(starts))
    for node in nodes:
        assert document.text[node.start_char_idx : node.end_char_idx] == node.get_content(MetadataMode.NONE)  # type: ignore[attr-defined]
        assert node.metadata == {"publisher": "ایسنا"}
        assert node.ref_doc_id == document.doc_id
    assert nodes[0].relationships[NodeRelationship.NEXT].node_id == nodes[1].node_id  # type: ignore[union-attr]
