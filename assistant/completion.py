"""One completion of a chat model, read: its visible text, how it ended, and what it cost, whatever shape it came in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assistant.budget import Budget
from assistant.errors import AssistantError, BadModelOutput, ModelCut, Notice
from assistant.verdicts import Server

__all__ = ["LONGEST", "Reading", "Reasoning", "mapping"]

LONGEST = 100_000  # characters of one text, thirty times the longest answer: a model that repeats itself for ever is stopped
_REASONS = {"length": Notice("the length limit"), "content_filter": Notice("a content filter")}


class Reading:
    """What is read of one completion: its visible text, how it ended, what it cost."""

    def __init__(self, server: Server, budget: Budget) -> None:
        self._server = server
        self._budget = budget
        self._reasoning = Reasoning()
        self._written = 0
        self._usage: Mapping[str, Any] = {}
        self._finish = ""
        self._refusal = ""

    def streamed(self, chunks: Iterable[Any]) -> Iterator[str]:
        """The text of a stream of chunks. Raises `ModelCut` when it does not end as it should."""
        try:
            for chunk in chunks:
                yield from self._taken(mapping(chunk))
        except AssistantError:
            raise
        except Exception:
            if not self._finish:  # after the end only the usage was awaited
                raise
        if not self._finish and self._written:
            raise ModelCut("{place} stopped in the middle of the answer.", place=self._server.host)
        yield from self.end()

    def whole(self, body: bytes) -> Iterator[str]:
        """The text of a completion that came in one piece."""
        try:
            completion = json.loads(body)
        except ValueError as exc:
            raise self._no_completion() from exc
        if not isinstance(completion, dict) or not completion.get("choices"):
            raise self._no_completion(completion.get("error") if isinstance(completion, dict) else None)
        yield from self._taken(completion)
        yield from self.end()

    def end(self) -> Iterator[str]:
        """What was held back. Raises what there is to say about the end, once the text is out and the tokens are counted."""
        yield from self._counted(self._reasoning.rest())
        self._budget.count(_whole_number(self._usage.get("prompt_tokens")), _whole_number(self._usage.get("completion_tokens")))
        reason = _REASONS.get(self._finish)
        if self._written and reason:
            raise ModelCut("{model} was stopped by {reason} in the middle of the answer.", model=self._server.model, reason=reason)
        if not self._written:
            said = Notice(": {words}", words=self._server.excerpt(self._refusal)) if self._refusal else ""
            why = Notice(": {reason} stopped it", reason=reason) if reason else said
            raise BadModelOutput("{model} answered with nothing{why}.", model=self._server.model, why=why)

    def visible(self, text: str) -> Iterator[str]:
        """`text` without reasoning, in at most one piece; blanks before the first word are no text."""
        yield from self._counted(self._reasoning.without(text))

    def note(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep what `part` of a completion says of usage and end; its first choice."""
        if isinstance(usage := part.get("usage"), dict):
            self._usage = usage  # of all so far
        choices = part.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return {}
        self._finish = str(choice.get("finish_reason") or self._finish)
        return choice

    def _taken(self, part: Mapping[str, Any]) -> Iterator[str]:
        choice = self.note(part)
        message = choice.get("delta") or choice.get("message")
        if isinstance(message, dict):
            self._refusal += str(message.get("refusal") or "")
            yield from self.visible(_plain(message.get("content")))

    def _counted(self, text: str) -> Iterator[str]:
        text = text if self._written else text.lstrip()
        if not text:
            return
        self._written += len(text)
        yield text
        if self._written > LONGEST:
            raise ModelCut("{model} was stopped after {most:,} characters.", model=self._server.model, most=LONGEST)

    def _no_completion(self, error: object = None) -> BadModelOutput:
        message = error.get("message") if isinstance(error, dict) else error
        return BadModelOutput(
            "{place} answered with something that is no completion{said}; check {variable}, which usually ends in /v1.",
            place=self._server.host,
            said=Notice(": {words}", words=self._server.excerpt(str(message))) if message else "",
            variable=self._server.variable("base_url"),
        )


def mapping(part: object) -> Mapping[str, Any]:
    """A part of a completion as plain values, whatever the client made of it; empty when it is no such thing."""
    if isinstance(part, dict):
        return part
    try:
        dumped = part.model_dump(warnings=False)  # type: ignore[attr-defined]
    except (AttributeError, TypeError):
        return {}
    return dumped if isinstance(dumped, dict) else {}


def _plain(content: object) -> str:
    """The text of a message, which some servers send in parts of several kinds."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
        return "".join(text for part in parts if isinstance(text := part.get("text"), str))
    return content if isinstance(content, str) else ""


def _whole_number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


class Reasoning:
    """Takes the reasoning out of a text that comes in pieces: what stands in `<think>` that begins a line.

    In the middle of a line the same characters are text, as an article may hold them.
    """

    _OPENING = re.compile(r"[^\S\n]*<think(?:ing)?>", re.IGNORECASE)
    _CLOSING = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
    _HELD = len("</thinking>") - 1

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._new_line = True

    def without(self, piece: str) -> str:
        """What is certain to be text of all that came so far and was not given yet."""
        self._held += piece
        given = ""
        while self._held:
            if self._inside:
                closing = self._CLOSING.search(self._held)
                if closing is None:
                    self._held = self._held[-self._HELD :]
                    break
                self._held, self._inside, self._new_line = self._held[closing.end() :], False, True
            elif self._new_line and (opening := self._OPENING.match(self._held)):
                self._held, self._inside = self._held[opening.end() :], True
            elif self._new_line and self._may_open(self._held):
                break
            else:
                line, end, self._held = self._held.partition("\n")
                self._new_line = bool(end)
                given += line + end
        return given

    def rest(self) -> str:
        """What was held back, when nothing more comes."""
        rest, self._held = ("" if self._inside else self._held), ""
        return rest

    @staticmethod
    def _may_open(line: str) -> bool:
        """Whether `line`, when it goes on, could yet turn out to be an opening tag."""
        start = line.lstrip(" \t\r").lower()
        return "<think>".startswith(start) or "<thinking>".startswith(start)
