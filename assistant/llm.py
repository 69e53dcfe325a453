"""Chat models: messages in, the pieces of a text out, from an OpenAI-compatible server or through any LlamaIndex `LLM`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from assistant.budget import Budget
from assistant.completion import Reading, mapping
from assistant.endpoint import PAUSE, Endpoint, patiently, server_of, without_retries
from assistant.turns import AT_ONCE, Turns
from assistant.types import Message
from assistant.verdicts import said

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

__all__ = ["WINDOW", "EndpointChat", "LlamaIndexChat"]

WINDOW = 32_000  # tokens; every hosted model of these days holds as much
# What a server may refuse of a request, and with which status; it is left out from then on.
REFUSABLE: Mapping[str, tuple[int, ...]] = {
    "stream_options": (400, 422),
    "temperature": (400, 422),
    "stream": (400, 404, 405, 422, 501),
}


class EndpointChat:
    """A `ChatModel` behind an OpenAI-compatible server. `prices` are per million tokens in and out; `concurrency` is how many
    requests are under way at once.

    Tokens are counted as the server reports them; one that reports none, or a text that was broken off, adds none.
    """

    def __init__(
        self,
        *,
        model: str,
        base_url: str | None = None,
        api_key: str | SecretStr | None = None,
        window: int = WINDOW,
        temperature: float | None = 0.0,
        prices: tuple[float, float] | None = None,
        concurrency: int = AT_ONCE,
        pause: float = PAUSE,
    ) -> None:
        self._endpoint = Endpoint(model=model, base_url=base_url, api_key=api_key, pause=pause)
        self._window = window
        self._temperature = temperature
        self._turns = Turns(concurrency, model)
        self.prices = prices
        self._refused: set[str] = set()

    @property
    def name(self) -> str:
        return self._endpoint.server.model

    @property
    def window(self) -> int:
        return self._window

    @property
    def host(self) -> str:
        return self._endpoint.server.host

    def __repr__(self) -> str:
        return f"EndpointChat(model={self.name!r}, host={self.host!r})"

    def load(self) -> None:
        """Make the client, which takes seconds to load, before anybody waits for it. Nothing is sent."""
        _ = self._endpoint.client

    def close(self) -> None:
        """Let go of connections; the next request makes new ones."""
        self._endpoint.close()

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        """The pieces of the model's text as they come; see `ChatModel.stream`."""
        with self._turns.turn(budget):
            yield from self._endpoint.ask(lambda: self._text(messages, budget), budget, adapt=self._adapt)

    def _text(self, messages: Sequence[Message], budget: Budget) -> Iterator[str]:
        reading = Reading(self._endpoint.server, budget)
        completions = self._endpoint.client.chat.completions
        request = self._request(messages, budget)
        if "stream" in self._refused:
            yield from reading.whole(completions.with_raw_response.create(**request).content)
            return
        with completions.create(**request, stream=True) as stream:
            kind = stream.response.headers.get("content-type", "")
            if "json" in kind or "html" in kind:  # a server that does not know how to stream, and does not say so
                yield from reading.whole(stream.response.read())
            else:
                yield from reading.streamed(stream)

    def _request(self, messages: Sequence[Message], budget: Budget) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.name,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "timeout": self._endpoint.timeout(budget),
        }
        if self._temperature is not None and "temperature" not in self._refused:
            request["temperature"] = self._temperature
        if not self._refused & {"stream", "stream_options"}:
            request["stream_options"] = {"include_usage": True}
        return request

    def _adapt(self, failure: Exception) -> bool:
        """Whether the server named something of the request that we can do without; then it is left out from now on."""
        from openai import APIStatusError

        if not isinstance(failure, APIStatusError):
            return False
        # A model may be called anything, "stream" too.
        words = (failure.param or said(failure).replace(self.name, "")).casefold()
        for name, statuses in REFUSABLE.items():
            if name not in self._refused and failure.status_code in statuses and re.search(rf"\b{name}(ing)?\b", words):
                self._refused.add(name)
                return True
        return False


class LlamaIndexChat:
    """A `ChatModel` made of any LlamaIndex `LLM`. Its own retries are switched off: there is one layer of them."""

    def __init__(
        self,
        llm: LLM,
        *,
        window: int | None = None,
        prices: tuple[float, float] | None = None,
        concurrency: int = AT_ONCE,
        pause: float = PAUSE,
    ) -> None:
        self._llm = without_retries(llm)
        self._server = server_of(llm, str(getattr(llm, "model", "") or llm.metadata.model_name), "llm")
        self._window = window or llm.metadata.context_window
        self._turns = Turns(concurrency, self._server.model)
        self._pause = pause
        self.prices = prices

    @property
    def name(self) -> str:
        return self._server.model

    @property
    def window(self) -> int:
        return self._window

    @property
    def host(self) -> str | None:
        return self._server.host or None

    def __repr__(self) -> str:
        return f"LlamaIndexChat(model={self.name!r}, host={self.host!r})"

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        """The pieces of the model's text as they come; see `ChatModel.stream`."""
        with self._turns.turn(budget):
            yield from patiently(lambda: self._text(messages, budget), self._server, budget, first_pause=self._pause)

    def _text(self, messages: Sequence[Message], budget: Budget) -> Iterator[str]:
        from llama_index.core.llms import ChatMessage

        reading = Reading(self._server, budget)
        for response in self._llm.stream_chat([ChatMessage(role=message.role, content=message.content) for message in messages]):
            reading.note(mapping(response.raw))
            yield from reading.visible(response.delta or "")
        yield from reading.end()
