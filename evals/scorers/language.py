"""Language match: the answer's own words are in the language asked."""

from __future__ import annotations

import regex

from assistant.language import detect
from assistant.types import Answer
from evals.gold import Question
from evals.scorers.shown import own_words

__all__ = ["score"]

_QUOTED = regex.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"")
_LATIN, _ARABIC = regex.compile(r"\p{Latin}"), regex.compile(r"\p{Arabic}")
# Letters and little words that only one of the two writes.
_PERSIAN_ONLY = regex.compile(r"[پچژگکی\u200c]|\b(?:به|از|در|که|این|است|با|را|و می)\b")
_ARABIC_ONLY = regex.compile(r"[ةيىكأإؤئ]|\b(?:في|من|على|إلى|أن|هذا|هذه|التي|الذي|عن)\b")


def score(question: Question, answer: Answer) -> float | None:
    """1 when the answer's own words are in the language of `question`, and it says so of itself; else 0. None without words."""
    text = _QUOTED.sub(" ", "\n".join(own_words(answer)))
    written = _written(text)
    if not written:
        return None
    # The three are told apart here by what is written, so that a fault in the product's own recognition shows.
    found = written if question.language in ("fa", "ar", "en") else {detect(text)}
    return float(answer.language.split("-")[0] == question.language and question.language in found)


def _written(text: str) -> set[str]:
    """Which of the three languages `text` may be written in, "und" in no script of theirs; nothing without letters."""
    latin, arabic = len(_LATIN.findall(text)), len(_ARABIC.findall(text))
    if not latin and not arabic:
        return {"und"} if any(map(str.isalpha, text)) else set()
    if latin > arabic:
        return {"en"}
    persian, other = len(_PERSIAN_ONLY.findall(text)), len(_ARABIC_ONLY.findall(text))
    return {"fa"} if persian > other else {"ar"} if other > persian else {"fa", "ar"}
