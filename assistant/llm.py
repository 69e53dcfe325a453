"""Chat models: messages in, the pieces of a text out, from an OpenAI-compatible server or through any LlamaIndex `LLM`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from assistant.budget import Budget
from assistant.endpoint import PAUSE, Endpoint, patiently
from assistant.errors import BadModelOutput, ModelCut
from assistant.types import Message
from assistant.verdicts import Server, said

if TYPE_CHECKING:
    from llama_index.core.llms import LLM
    from openai import Stream
    from openai.types.chat import ChatCompletionChunk

__all__ = ["WINDOW", "EndpointChat", "LlamaIndexChat", "Reasoning"]

WINDOW = 32_000  # every hosted model of these days holds as much
LONGEST = 100_000  # characters of one text, thirty times the longest answer: a model that repeats itself for ever is stopped
# What a server may refuse of a request, and with which status; it is left out from then on.
REFUSABLE: Mapping[str, tuple[int, ...]] = {
    "stream_options": (400, 422),
    "temperature": (400, 422),
    "stream": (400, 404, 405, 422, 501),
}


class EndpointChat:
    """A `ChatModel` behind an OpenAI-compatible server. `prices` are per million tokens in and out.

    Tokens are counted when the server reports them; a text that was broken off, or a server that reports nothing, adds none.
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
        pause: float = PAUSE,
    ) -> None:
        self.name = model
        self.window = window
        self.prices = prices
        self._temperature = temperature
        self._endpoint = Endpoint(model=model, base_url=base_url, api_key=api_key, pause=pause)
        self._refused: set[str] = set()

    @property
    def host(self) -> str:
        return self._endpoint.server.host

    def __repr__(self) -> str:
        return f"EndpointChat(model={self.name!r}, host={self.host!r})"

    def close(self) -> None:
        """Let go of connections; the next request makes new ones."""
        self._endpoint.close()

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        """The pieces of the model's text as they come; see `ChatModel.stream`."""
        return self._endpoint.ask(lambda: self._text(messages, budget), budget, adapt=self._adapt)

    def _text(self, messages: Sequence[Message], budget: Budget) -> Iterator[str]:
        reading = _Reading(self._endpoint.server, budget)
        if "stream" in self._refused:
            yield from reading.whole(self._asked(messages, budget).with_raw_response.create(**self._request(messages)).content)
            return
        completions = self._completions(budget)
        options = {} if "stream_options" in self._refused else {"stream_options": {"include_usage": True}}
        with completions.create(**self._request(messages), **options, stream=True) as stream:
            kind = stream.response.headers.get("content-type", "")
            if "json" in kind or "html" in kind:  # the server does not know how to stream, and says nothing
                yield from reading.whole(stream.response.read())
            else:
                yield from reading.pieces(stream)
