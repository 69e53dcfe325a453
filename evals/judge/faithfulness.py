"""LlamaIndex's faithfulness evaluator as an outside opinion: does each statement rest on its quotes, yes or no."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from assistant.budget import Budget
from assistant.protocols import ChatModel
from assistant.types import Message

if TYPE_CHECKING:
    from llama_index.core.llms import CustomLLM

__all__ = ["faithful"]


def faithful(chat: ChatModel) -> Callable[[str, Sequence[str]], bool]:
    """A function that says whether a statement is faithful to some quotes, as LlamaIndex asks `chat` with its own prompts."""
    from llama_index.core.evaluation import FaithfulnessEvaluator

    evaluator = FaithfulnessEvaluator(llm=_adapted(chat))

    def told(statement: str, quotes: Sequence[str]) -> bool:
        return bool(asyncio.run(evaluator.aevaluate(response=statement, contexts=quotes)).passing)

    return told


def _adapted(chat: ChatModel) -> CustomLLM:
    """`chat` as an LLM of LlamaIndex."""
    from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

    class Adapted(CustomLLM):
        """Completes a prompt by asking the chat model that was given."""

        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(model_name=chat.name, context_window=chat.window)

        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
            return CompletionResponse(text="".join(chat.stream([Message("user", prompt)], budget=Budget())))

        def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
            yield self.complete(prompt, formatted, **kwargs)

    return Adapted()
