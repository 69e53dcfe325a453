"""The embedded embedding: real vectors from the text and the lexicon alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.embedding import DIMENSION, EmbeddedEmbedder
from assistant.lexicon import Lexicon

EMBEDDER = EmbeddedEmbedder(Lexicon.open())


def cosine(one: str, other: str) -> float:
    a, b = EMBEDDER.embed([one, other])
    return float(a @ b)


@given(texts=st.lists(st.text(max_size=60), max_size=5))
def test_vectors_are_finite_of_unit_length_and_in_order(texts: list[str]) -> None:
    """Whatever the text, broken or empty; a text embedded alone has the vector it has among others."""
    vectors = EMBEDDER.embed(texts)
    assert vectors.shape == (len(texts), DIMENSION)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.array_equal(EMBEDDER.embed_query(text), vector)


@pytest.mark.parametrize(
    ("question", "near", "far"),
    [
        ("Who is the Russian president's envoy?", "نماینده ویژه رئیس‌جمهور روسیه", "قیمت نفت در بازار بالا رفت"),
        ("من هو مبعوث الرئيس الروسي؟", "نماینده ویژه رئیس‌جمهور روسیه", "قیمت نفت در بازار بالا رفت"),
        ("آتش بس در سوریه", "وقف إطلاق النار في سوريا", "أسعار النفط في الأسواق"),
        ("Who met Shamkhani and Lavrentiev?", "شمخانی با لاورنتیف دیدار کرد", "بازی‌های المپیک آغاز شد"),
        ("ملاقات با شمخاني", "شمخانی با فرستاده ملاقات کرد", "هوا امروز آفتابی است"),
    ],
)
def test_what_means_the_same_is_nearer_across_languages(question: str, near: str, far: str) -> None:
    """The lexicon and the sounds of names put a question beside its answer in another language."""
    assert cosine(question, near) > cosine(question, far) + 0.1


def test_it_names_itself() -> None:
    """A library remembers by name and dimension what made its vectors."""
    assert (EMBEDDER.name, EMBEDDER.dimension) == ("embedded-2", 496)
