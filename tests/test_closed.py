"""The words that carry no content, by language, and those that look like them and do."""

from __future__ import annotations

import pytest

from assistant.text import is_function_word, is_light_word, is_stop_word, words

FUNCTION = {
    "fa": "چیه رو واسه اگه کی کجاست چطوری کدوم اینکه همونی دیگری وقتی یعنی بعدش ایشان چندمین اون نبود هنوز دوباره باهم راجب قبلا",
    "ar": (
        "وكيف فمتى وأين وبماذا بأي ولأي بمن لمن وماذا عليهم إلى بهم منها ليش شو ايش وين مين امتى ازاي ازيك بدي عايز وقت حين بحسب"
        " دون حول هذان اللتان ليست الذين نفسه سوف عنه بعده وكان ومع"
    ),
    "en": "each other another again him himself already yet along never besides since without few something itself must very",
}
LIGHT = {
    "fa": "شدن زدند می‌زنند زده بشه میشه می‌کردن گرفتند داده‌اند گذاشتند نمی‌کنند آورده‌اند نتونست شوند موضوعاتی دفعه",
    "ar": "جاء وجاءت قام أصبح يتم جرت مرة",
    "en": "take took given make goes came times topic way",
}
CONTENT = {
    "fa": "شدید کردی دهم دهه زن چین نماد بدهی خواهر اره گردن فهم خانه دول حرف",
    "ar": "فهم فقد وهم ولاية وكلاء دول فينا قبلي إمام خلفه وفد حرب فلك كانون",
    "en": "us one united war president meeting phone",
}


def each(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(language, word) for language, listed in table.items() for word in words(listed)]


@pytest.mark.parametrize(("language", "word"), each(FUNCTION))
def test_function_words_of_each_language_are_known(language: str, word: str) -> None:
    """Pronouns, particles and question words, as written and as spoken, with what Arabic writes onto them."""
    assert is_function_word(word, language)


@pytest.mark.parametrize(("language", "word"), each(LIGHT))
def test_light_words_are_known_and_are_no_function_words(language: str, word: str) -> None:
    """Verbs that lean on a noun, in every form, and nouns that only ask."""
    assert is_light_word(word, language)


@pytest.mark.parametrize(("language", "word"), each(CONTENT))
def test_words_of_content_that_look_alike_are_kept(language: str, word: str) -> None:
    """Severe is no form of "become", Kurdish none of "do"; Vienna is not "in us"."""
    assert (is_function_word(word, language), is_light_word(word, language)) == (False, False)


def test_a_word_is_out_in_its_own_language_alone() -> None:
    """«بعدش» is nothing in Persian and unknown elsewhere; what is out everywhere is out in every language."""
    assert [is_function_word("بعدش", language) for language in ("fa", "ar", "en")] == [True, False, False]
    assert [is_light_word("زدند", language) for language in ("fa", "ar", "de")] == [True, False, False]
    assert all(is_stop_word(word) and is_function_word(word, "de") for word in words("which کدام التي"))
