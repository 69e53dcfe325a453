"""A query and its hits become claims worded by a model; what it writes is not believed before `citations` has checked it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant import tokens
from assistant.budget import Budget
from assistant.errors import BadModelOutput, ModelCut
from assistant.lines import objects
from assistant.phrases import LANGUAGE_NAMES
from assistant.prompts import Prompts
from assistant.protocols import ChatModel
from assistant.text import clean, digits_to_ascii, ngrams, sentences, words
from assistant.types import Claim, Hit, Message, Passage, Quotation, Retrieval, Turn

__all__ = ["ABSTAINED", "Abstained", "Stray", "Writer"]

STATEMENTS = 6  # sentences asked for at most
ANSWER_TOKENS = 2_000  # of the window kept free for the answer
MESSAGE_TOKENS = 16  # what a chat format adds to two messages
QUESTION_LENGTH = 600  # characters of a rewritten or translated question; a longer one is an answer in disguise
TURNS = 6  # earlier turns shown when a question is rewritten
TURN_LENGTH = 600  # characters of each of them
SHOWN = 3  # sentences of a passage shown for a repair


@dataclass(frozen=True, slots=True)
class Abstained:
    """The model says that the passages do not answer."""


@dataclass(frozen=True, slots=True)
class Stray:
    """Something the model wrote that is no claim."""

    text: str


ABSTAINED = Abstained()


@dataclass(frozen=True, slots=True)
class Writer:
    """Asks a chat model, in the words of the prompt files. `today` is given to the model with each question."""

    chat: ChatModel
    prompts: Prompts
    today: Callable[[], date] = date.today

    # -- answering ---------------------------------------------------------------------------------------------------

    def draft(self, retrieval: Retrieval, *, budget: Budget) -> Iterator[Claim | Abstained | Stray]:
        """What the model answers from the hits of `retrieval`, line by line as it writes.

        Raises what `ChatModel.stream` raises; `Claim.quotations` index the hits.
        """
        query = retrieval.query
        mark = _mark(hit.passage.text for hit in retrieval.hits)
        values = {
            "mark": mark,
            "language": language_name(query.answer_language),
            "asked": language_name(query.language),
            "today": self.today().isoformat(),
            "question": query.text,
            "most": str(STATEMENTS),
        }
        empty = self.prompts["answer"].messages(passages="", **values)
        shown = self._within_window([_fenced(number, hit.passage, mark) for number, hit in enumerate(retrieval.hits, 1)], empty)
        messages = self.prompts["answer"].messages(passages="\n\n".join(shown), **values)
        yield from _claims(self.chat.stream(messages, budget=budget), mark)

    def repair(
        self, refused: Sequence[tuple[Claim, str]], retrieval: Retrieval, *, budget: Budget
    ) -> Iterator[Claim | Abstained | Stray]:
        """The refused claims (each with its reason) worded anew by the model, which is shown the true text."""
        mark = _mark(hit.passage.text for hit in retrieval.hits)
        parts = [_refusal(claim, reason, retrieval.hits, mark) for claim, reason in refused]
        messages = self.prompts["repair"].messages(
            mark=mark, language=language_name(retrieval.query.answer_language), refused="\n\n".join(parts)
        )
        yield from _claims(self.chat.stream(messages, budget=budget), mark)

    def _within_window(self, passages: Sequence[str], others: Sequence[Message]) -> list[str]:
        """As many passages, whole, as the model's window holds beside the rest; the first one always."""
        room = self.chat.window - ANSWER_TOKENS - MESSAGE_TOKENS - sum(self._tokens(message.content) for message in others)
        shown: list[str] = []
        for passage in passages:
            room -= self._tokens(passage) + 1
            if room < 0 and shown:
                break
            shown.append(passage)
        return shown

    def _tokens(self, text: str) -> int:
        return tokens.count(text, self.chat.name)

    # -- around the question -----------------------------------------------------------------------------------------

    def standalone(self, question: str, history: Sequence[Turn], *, language: str, budget: Budget) -> str:
        """`question` so that it can be understood without `history`; unchanged when the model gives nothing usable."""
        told = "\n".join(f"Q: {turn.question[:TURN_LENGTH]}\nA: {turn.answer[:TURN_LENGTH]}" for turn in history[-TURNS:])
        messages = self.prompts["standalone"].messages(language=language_name(language), history=told, question=question)
        lines = [line.strip() for line in clean(self._text(messages, budget)).split("\n") if words(line)]
        rewritten = lines[-1].strip('"«»“”').strip() if lines else ""
        return rewritten if 0 < len(rewritten) <= QUESTION_LENGTH else question

    def translate(self, question: str, languages: Sequence[str], *, budget: Budget) -> dict[str, str]:
        """`question` in each of `languages` (ISO codes); those the model did not give are absent."""
        listed = ", ".join(f"{code} ({language_name(code)})" for code in languages)
        messages = self.prompts["translate"].messages(languages=listed, question=question)
        found = next((item for item in objects([self._text(messages, budget)]) if isinstance(item, dict)), {})
        texts = {code: clean(value).strip() for code in languages if isinstance(value := found.get(code), str)}
        return {code: text for code, text in texts.items() if words(text) and len(text) <= QUESTION_LENGTH}

    def gloss(self, quotes: Sequence[str], *, language: str, budget: Budget) -> dict[int, str]:
        """A translation of each quote into `language`, by its index; those the model did not give are absent."""
        mark = _mark(quotes)
        listed = "\n\n".join(f"{number}:\n{_marked(quote, mark)}" for number, quote in enumerate(quotes, 1))
        messages = self.prompts["gloss"].messages(language=language_name(language), quotes=listed)
        found: dict[int, str] = {}
        for item in objects([self._text(messages, budget)]):
            if isinstance(item, dict):
                number, text = _number(item.get("n")), item.get("text")
                if number is not None and 1 <= number <= len(quotes) and isinstance(text, str) and words(text):
                    found[number - 1] = clean(text).replace(mark, "").strip()
        return found

    def _text(self, messages: Sequence[Message], budget: Budget) -> str:
        """The whole of a short text; what was cut off half-way is no use here."""
        try:
            return "".join(self.chat.stream(messages, budget=budget))
        except ModelCut as exc:
            raise BadModelOutput(exc.notice) from exc


def language_name(code: str) -> str:
    """The English name of a language, as a model is told it; the code itself when we have no name for it."""
    return LANGUAGE_NAMES[code]["en"] if code in LANGUAGE_NAMES else code


# -- passages as the model sees them -----------------------------------------------------------------------------------


def _mark(texts: Iterable[str]) -> str:
    """A word that no text holds, new for every request, so that no text can pretend to end its own passage."""
    every = "\n".join(texts)
    while True:
        mark = secrets.token_hex(4)
        if mark not in every:
            return mark


def _fenced(number: int, passage: Passage, mark: str) -> str:
    source = passage.source
    about = (
        ("outlet", source.publisher),
        ("published", source.published and source.published.isoformat()),
        ("language", language_name(source.language)),
        ("title", source.title),
    )
    # Titles and outlets come from the articles too, so they stand inside the fence, marked like the text; the empty line
    # parts them from a text that begins as if it were more of them.
    heading = "\n".join(f"{mark} [{name}: {' '.join(str(value).split())}]" for name, value in about if value)
    text = _marked(f"\n{passage.text}", mark)
    return f"<<< passage {number} {mark}\n{heading}\n{text}\n>>> end {number} {mark}"


def _marked(text: str, mark: str) -> str:
    return "\n".join(f"{mark} {line}" for line in text.split("\n"))


def _refusal(claim: Claim, reason: str, hits: Sequence[Hit], mark: str) -> str:
    shown = "\n".join(
        f"Passage {index + 1} says:\n{_marked(text, mark)}"
        for index in dict.fromkeys(quotation.passage for quotation in claim.quotations if 0 <= quotation.passage < len(hits))
        for text in [_nearest(claim, hits[index].passage)]
    )
    quotes = "\n".join(f"quote given: {' '.join(quotation.quote.split())}" for quotation in claim.quotations)
    return f"Sentence: {claim.text}\n{quotes}\nRefused because {reason}\n{shown}"


def _nearest(claim: Claim, passage: Passage) -> str:
    """The sentences of the passage that share most with the quotes of the claim, in the article's own characters."""
    wanted = {gram for quotation in claim.quotations for word in words(quotation.quote) for gram in ngrams(word)}
    spans = sentences(passage.text)
    shared = [len(wanted.intersection(g for w in words(passage.text[s.start : s.end]) for g in ngrams(w))) for s in spans]
    best = sorted(sorted(range(len(spans)), key=lambda index: -shared[index])[:SHOWN])
    return "\n".join(passage.text[spans[index].start : spans[index].end] for index in best)


# -- what the model writes ---------------------------------------------------------------------------------------------

_CITATION_MARK = re.compile(r"\s*[\[【]\s*\d+(?:\s*[,،-]\s*\d+)*\s*[\]】]")


def _claims(pieces: Iterable[str], mark: str) -> Iterator[Claim | Abstained | Stray]:
    for item in objects(pieces):
        found = Stray(item) if isinstance(item, str) else _claim(item, mark)
        if isinstance(found, Claim):
            yield from _single_sentences(found)
        else:
            yield found


def _single_sentences(claim: Claim) -> Iterator[Claim]:
    """The claim as one claim a sentence, each resting on all its quotes: no sentence is shown on another one's proof alone."""
    # A semicolon ends a clause, which is no claim of its own.
    text = claim.text.replace("؛", "،")
    for span in sentences(text):
        yield replace(claim, text=claim.text[span.start : span.end])


def _claim(item: dict[str, object], mark: str) -> Claim | Abstained | Stray:
    say = item.get("say", "")
    if say is None:
        return ABSTAINED
    if not isinstance(say, str) or not words(say):
        return Stray(str(item))
    rests = item.get("from")
    rests = rests if isinstance(rests, list) else [rests]
    quotations = tuple(found for rest in rests if (found := _quotation(rest, mark)) is not None)
    return Claim(_CITATION_MARK.sub("", " ".join(clean(say).replace(mark, "").split())).strip(), quotations)


def _quotation(rest: object, mark: str) -> Quotation | None:
    if isinstance(rest, str):
        rest = {"quote": rest}
    if not isinstance(rest, dict) or not isinstance(quote := rest.get("quote"), str):
        return None
    number = _number(rest.get("p"))
    # The mark may be copied along where a quote runs over a line end.
    return Quotation(-1 if number is None else number - 1, clean(quote).replace(f"{mark} ", "").replace(mark, ""))


def _number(value: object) -> int | None:
    """A passage number, which may come as text and in any digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    found = re.search(r"\d{1,6}", digits_to_ascii(value)) if isinstance(value, str) else None
    return int(found[0]) if found else None
