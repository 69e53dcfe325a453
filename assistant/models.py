"""Which models the settings ask for: built when they are needed, and their client loaded only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.budget import Budget
from assistant.errors import ConfigurationError, ModelUnavailable, Notice
from assistant.settings import EmbeddingSettings, LlmSettings, Settings

if TYPE_CHECKING:  # numpy, a quarter of a second, which `sanad ask` through a running page does without
    from assistant.protocols import ChatModel, Embedder, Vectors

__all__ = ["OfflineEmbedder", "budget_from", "chat_from", "embedder_from", "hint", "prices_from"]


def chat_from(settings: Settings) -> ChatModel | None:
    """The model that writes answers, None when none is set or `offline` is. Nothing is sent yet.

    Raises ConfigurationError when a model is set and nothing says where it is, or a setting cannot be right.
    """
    llm = settings.llm
    if settings.offline or not llm.model:
        return None
    _require_place(llm, "SANAD_LLM")
    from assistant.llm import EndpointChat

    return EndpointChat(
        model=llm.model,
        base_url=llm.base_url,
        api_key=llm.api_key,
        window=llm.window,
        temperature=llm.temperature,
        prices=prices_from(settings),
        concurrency=llm.concurrency,
    )


def embedder_from(settings: Settings, lexicon_embedder: Embedder) -> Embedder:
    """The model that embeds: the one that is set, or `lexicon_embedder` when none is or `offline` is. Nothing is sent yet.

    Raises ConfigurationError when a model is set and nothing says where it is, or a setting cannot be right.
    """
    embedding = settings.embedding
    if settings.offline or not embedding.model:
        return lexicon_embedder
    _require_place(embedding, "SANAD_EMBEDDING")
    from assistant.endpoint_embedding import EndpointEmbedder

    return EndpointEmbedder(
        model=embedding.model,
        base_url=embedding.base_url,
        api_key=embedding.api_key,
        dimension=embedding.dimension,
        batch=embedding.batch,
        concurrency=embedding.concurrency,
        timeout=embedding.timeout,
        query_prefix=embedding.query_prefix,
        passage_prefix=embedding.passage_prefix,
    )


def budget_from(settings: Settings) -> Budget:
    """The limits of one question, beginning now."""
    return Budget(requests=settings.llm.max_requests, seconds=settings.llm.timeout, idle=settings.llm.idle)


def prices_from(settings: Settings) -> tuple[float, float] | None:
    """The prices of a million tokens in and out; None when neither is set, and one that is not set is 0."""
    llm = settings.llm
    if llm.price_in is None and llm.price_out is None:
        return None
    return llm.price_in or 0.0, llm.price_out or 0.0


def hint(settings: Settings) -> Notice | None:
    """One line that says what to set when an endpoint is set and no model, so that answers only quote; else None."""
    llm = settings.llm
    if settings.offline or llm.model or not (llm.api_key or llm.base_url):
        return None
    if llm.api_key:
        return Notice("A key is set but no model, so nothing is sent and answers quote; set SANAD_LLM__MODEL to have them written.")
    return Notice(
        "A base URL is set but no model, so nothing is sent and answers quote; set SANAD_LLM__MODEL to have them written."
    )


def _require_place(endpoint: LlmSettings | EmbeddingSettings, prefix: str) -> None:
    if not (endpoint.api_key or endpoint.base_url):
        raise ConfigurationError(
            "{variable} is {model}, but neither a key nor a server is set: set {key} (or OPENAI_API_KEY), or {url} for a server of"
            " your own.",
            variable=f"{prefix}__MODEL",
            model=endpoint.model,
            key=f"{prefix}__API_KEY",
            url=f"{prefix}__BASE_URL",
        )


class OfflineEmbedder:
    """Stands for the embedder of a library that was made with an endpoint, while nothing may be sent: it embeds nothing."""

    def __init__(self, name: str, dimension: int) -> None:
        self._name = name
        self._dimension = dimension

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: object) -> Vectors:
        """Raises ModelUnavailable, always."""
        raise ModelUnavailable(
            "{model} cannot be asked for embeddings while SANAD_OFFLINE (or --offline) is set.", model=self._name
        )

    def embed_query(self, text: str) -> Vectors:
        """Raises ModelUnavailable, always."""
        return self.embed([text])
