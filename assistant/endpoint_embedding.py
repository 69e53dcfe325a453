"""Embeddings from an OpenAI-compatible server or through any LlamaIndex embedding: asked in batches, believed when checked."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import SecretStr

from assistant.budget import Budget
from assistant.endpoint import PAUSE, REQUESTS, Endpoint, patiently, server_of, without_retries
from assistant.exchange import LOOK
from assistant.protocols import Vectors
from assistant.vector_checks import VectorChecks

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

__all__ = ["EndpointEmbedder", "LlamaIndexEmbedder"]

BATCH, CONCURRENCY = 32, 4  # what small servers take at once; large ones gain little from more
BATCH_LENGTH = 60_000  # characters of one request, far below the 300,000 tokens a hosted server takes
LONGEST = 8_000  # characters of one text: models read about as many tokens, and refuse a longer text outright
TIMEOUT = 60.0  # seconds of silence
PATIENCE = 5  # times that a batch may take in all, the pauses of an overloaded server included
QUESTION = 20.0  # seconds a question may wait for its vector: without one it is searched by its words
PROBE = "سند"


class EndpointEmbedder:
    """An `Embedder` behind an OpenAI-compatible server.

    `dimension` asks the model for vectors of that length; without it the model's own is learned from the first ones. The
    prefixes are put before questions and passages, a blank between, for models that want them. Whatever is asked for is
    given whole and checked, or `ModelUnavailable`, `ModelRejected` or `BadModelOutput` is raised.
    """

    def __init__(
        self,
        *,
        model: str,
        base_url: str | None = None,
        api_key: str | SecretStr | None = None,
        dimension: int | None = None,
        batch: int = BATCH,
        batch_length: int = BATCH_LENGTH,
        concurrency: int = CONCURRENCY,
        timeout: float = TIMEOUT,
        query_prefix: str = "",
        passage_prefix: str = "",
        pause: float = PAUSE,
    ) -> None:
        self._endpoint = Endpoint(model=model, base_url=base_url, api_key=api_key, group="embedding", keep_alive=True, pause=pause)
        self._shortened = dimension
        self._checks = VectorChecks(self._endpoint.server, dimension)
        self._batch = batch
        self._batch_length = batch_length
        self._concurrency = concurrency
        self._timeout = timeout
        self._query_prefix = _spaced(query_prefix)
        self._passage_prefix = _spaced(passage_prefix)

    @property
    def name(self) -> str:
        """The model, with whatever else makes its vectors of passages what they are."""
        shortened = f"@{self._shortened}" if self._shortened else ""
        prefixed = f" after {self._passage_prefix.strip()!r}" if self._passage_prefix else ""
        return f"{self._endpoint.server.model}{shortened}{prefixed}"

    @property
    def dimension(self) -> int:
        """The length of a vector; asks for one when it is not known yet."""
        if self._checks.dimension is None:
            self._asked([PROBE], self._timeout)
        return self._checks.known()

    @property
    def host(self) -> str:
        """Who gets to see passages and questions."""
        return self._endpoint.server.host

    def __repr__(self) -> str:
        return f"EndpointEmbedder(name={self.name!r}, host={self.host!r})"

    def close(self) -> None:
        """Let go of connections; the next request makes new ones."""
        self._endpoint.close()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension), unit length, finite, in the order of `texts`."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        sent = [(self._passage_prefix + text)[:LONGEST] for text in texts]
        batches = list(_batches(sent, self._batch, self._batch_length))
        return np.concatenate(self._in_parallel(batches)) if len(batches) > 1 else self._asked(sent, self._timeout)

    def embed_query(self, text: str) -> Vectors:
        """The vector of one question, shape (dimension,), unit length; waited for no longer than a person would."""
        vector: Vectors = self._asked([(self._query_prefix + text)[:LONGEST]], min(self._timeout, QUESTION), patience=1)[0]
        return vector

    def _in_parallel(self, batches: Sequence[Sequence[str]]) -> list[Vectors]:
        """The vectors of each batch; the first failure, or Ctrl-C, calls off the others."""
        self._endpoint.client  # noqa: B018 made once, before the threads need it
        called_off = threading.Event()
        pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="sanad-embedding")
        try:
            futures = [pool.submit(self._asked, batch, self._timeout, called_off=called_off) for batch in batches]
            waiting = set(futures)
            while waiting:
                done, waiting = wait(waiting, timeout=LOOK, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            return [future.result() for future in futures]
        except BaseException:
            called_off.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _asked(
        self, texts: Sequence[str], timeout: float, *, patience: int = PATIENCE, called_off: threading.Event | None = None
    ) -> Vectors:
        budget = Budget(REQUESTS, timeout * patience, timeout, cancelled=called_off or threading.Event())
        [vectors] = self._endpoint.ask(lambda: self._request(texts, budget), budget)
        return vectors

    def _request(self, texts: Sequence[str], budget: Budget) -> Iterator[Vectors]:
        shortened: dict[str, Any] = {"dimensions": self._shortened} if self._shortened else {}
        response = self._endpoint.client.embeddings.with_raw_response.create(
            model=self._endpoint.server.model,
            input=list(texts),
            encoding_format="float",  # every server knows it, unlike base64
            timeout=self._endpoint.timeout(budget),
            **shortened,
        )
        yield self._checks.vectors(self._checks.rows(response.content), len(texts))


class LlamaIndexEmbedder:
    """An `Embedder` made of any LlamaIndex embedding, called `name` (its model's name by default).

    Its own retries are switched off: there is one layer of them.
    """

    def __init__(
        self, embedding: BaseEmbedding, *, name: str | None = None, timeout: float = TIMEOUT, pause: float = PAUSE
    ) -> None:
        self._embedding = without_retries(embedding)
        self._server = server_of(embedding, name or embedding.model_name, "embedding")
        self._checks = VectorChecks(self._server)
        self._timeout = timeout
        self._pause = pause

    @property
    def name(self) -> str:
        return self._server.model

    @property
    def dimension(self) -> int:
        """The length of a vector; asks for one when it is not known yet."""
        if self._checks.dimension is None:
            self.embed([PROBE])
        return self._checks.known()

    @property
    def host(self) -> str | None:
        """Who gets to see passages and questions, None when it is not known."""
        return self._server.host or None

    def __repr__(self) -> str:
        return f"LlamaIndexEmbedder(name={self.name!r}, host={self.host!r})"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension), unit length, finite, in the order of `texts`."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.concatenate([self._asked(batch, query=False) for batch in _batches(texts, BATCH, BATCH_LENGTH)])

    def embed_query(self, text: str) -> Vectors:
        """The vector of one question, shape (dimension,), unit length."""
        vector: Vectors = self._asked([text], query=True)[0]
        return vector

    def _asked(self, texts: Sequence[str], *, query: bool) -> Vectors:
        timeout = min(self._timeout, QUESTION) if query else self._timeout
        budget = Budget(REQUESTS, timeout * (1 if query else PATIENCE), timeout)
        [vectors] = patiently(lambda: self._request(texts, query=query), self._server, budget, first_pause=self._pause)
        return vectors

    def _request(self, texts: Sequence[str], *, query: bool) -> Iterator[Vectors]:
        one = self._embedding.get_query_embedding
        rows = [one(text) for text in texts] if query else self._embedding.get_text_embedding_batch(list(texts))
        yield self._checks.vectors(list(rows), len(texts))


def _batches(texts: Sequence[str], most: int, length: int) -> Iterator[Sequence[str]]:
    """`texts` in runs of at most `most` texts and, unless one alone is longer, `length` characters."""
    start = size = 0
    for end, text in enumerate(texts):
        if end > start and (end - start == most or size + len(text) > length):
            yield texts[start:end]
            start, size = end, 0
        size += len(text)
    yield texts[start:]


def _spaced(prefix: str) -> str:
    """`prefix` with a blank at its end, which a settings file easily loses."""
    return prefix if not prefix or prefix[-1].isspace() else f"{prefix} "
