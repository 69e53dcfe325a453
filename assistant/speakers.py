"""Sentences that leave out who speaks, having named them in the sentence before: «وی افزود», "he said", «وأضاف أن»."""

from __future__ import annotations

import re

from assistant.text import is_function_word, words

__all__ = ["points_back"]

_PRONOUNS = {
    "fa": frozenset(words("او وی ایشان آنها آنان نامبرده")),
    "ar": frozenset(words("هو هي وهو وهي هما هم وهم")),
    "en": frozenset(words("he she they his her their")),
}
_SAID = frozenset(
    words(
        "وأضاف أضاف وأضافت أضافت وتابع تابع وتابعت وأكد وأكدت وأوضح وأوضحت وأشار وأشارت ولفت ولفتت وقال وقالت وذكر وشدد وشددت"
        " واعتبر ورأى وصرح وأعرب وختم"
    )
)
_OFFICIALS = frozenset(words("مقام مسئول مسؤول دیپلمات وزیر نماینده سخنگو"))
_HE_SAID = re.compile(r"[\"”'’,]\s*(?:he|she|they) (?:said|added|told|noted|continued|stressed|explained|went on)\b", re.IGNORECASE)


def points_back(sentence: str, language: str) -> bool:
    """Whether `sentence` speaks of somebody by a pronoun, or by nothing but a verb, from its first words on."""
    first, second = [*words(sentence)[:2], "", ""][:2]
    if first in _PRONOUNS.get(language, ()):
        return True
    if language == "fa":
        return first == "این" and second in _OFFICIALS
    if language == "ar":
        return first in _SAID and is_function_word(second, "ar")
    return language == "en" and bool(_HE_SAID.search(sentence)) and sentence.lstrip()[:1] in "\"“‘'"
