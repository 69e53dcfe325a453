import asyncio
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import AssistantError
from assistant.pipeline import Assistant
from assistant.types import Answer, Citation, Match, Mode, Source, Status
from assistant.ui import beside, routes, strings, suggestions
from assistant.ui.history import Exchange, Key, seal

ENGLISH = [
    Source("e1", "Envoy in Tehran: a second visit in two weeks", "en", "Reuters"),
    Source("e2", "Ceasefire holds in Aleppo", "en", "Reuters"),
    Source("e3", "Talks move to Astana", "en", "AP"),
]
PERSIAN = Source("f1", "افزایش تماس‌های تهران و مسکو؛ نمایندهٔ پوتین به ایران رفت", "fa", "رادیوفرانسه")
SEED = Source("7cb654883b22", "عنوان", "fa", "رادیوفرانسه")


def always(question: str, article: str) -> bool:
    return True


def answered(*sources: Source, nearest: tuple[Source, ...] = ()) -> Answer:
    citations = tuple(Citation(at, source, "q", 0, 1, Match.EXACT) for at, source in enumerate(sources, start=1))
    status = Status.ANSWERED if citations else Status.NOT_FOUND
    return Answer("Who?", status, Mode.EXTRACTIVE, "en", "", citations=citations, nearest=nearest)


# -- first questions --------------------------------------------------------------------------------------------------


def test_first_questions_are_made_from_headlines_of_different_outlets() -> None:
    """One of each outlet before a second of any, those in the reader's language first."""
    assert suggestions.first([PERSIAN, *ENGLISH], "en", finds=always) == [
        "What do the articles report on “Envoy in Tehran: a second visit in two weeks”?",
        "What do the articles report on “Talks move to Astana”?",
        "What do the articles report on “Ceasefire holds in Aleppo”?",
        "What do the articles report on “افزایش تماس‌های تهران و مسکو؛ نمایندهٔ پوتین به ایران رفت”?",
    ]


def test_bundled_articles_have_questions_of_their_own() -> None:
    """Written by hand, they come before those made from headlines."""
    assert suggestions.first([*ENGLISH, SEED], "en", finds=always)[:3] == [
        "Who did Putin’s special envoy meet in Tehran?",
        "When will the foreign ministers of Iran, Russia and Turkey meet?",
        "What did Velayati say after meeting Putin’s envoy?",
    ]


def test_a_question_that_finds_nothing_is_not_offered() -> None:
    """Each is tried before it is shown."""
    found = suggestions.first(ENGLISH, "en", finds=lambda question, article: article == "e3")
    assert found == ["What do the articles report on “Talks move to Astana”?"]


def test_only_so_many_are_tried() -> None:
    """A library in which nothing is found does not keep the page busy."""
    tried: list[str] = []
    sources = [Source(f"x{number}", f"Headline number {number}", "en") for number in range(50)]
    assert suggestions.first(sources, "en", finds=lambda question, article: bool(tried.append(question))) == []
    assert len(tried) == suggestions.TRIED


@pytest.mark.parametrize(
    ("title", "asked_about"),
    [
        ("«نقل» از او: دیدار شد", "نقل از او: دیدار شد"),
        (
            "Envoy meets Shamkhani in Tehran for the second time in two weeks | World news",
            "Envoy meets Shamkhani in Tehran for the second time in two weeks",
        ),
        ("word " * 40, "word word word word word word word word word word word word…"),
        ("خبر", None),
        ("", None),
        (None, None),
    ],
)
def test_a_headline_is_made_fit_for_a_question(title: str | None, asked_about: str | None) -> None:
    """Without quotation marks of its own, cut where it pauses; a single word says too little."""
    expected = [] if asked_about is None else [f"What do the articles report on “{asked_about}”?"]
    assert suggestions.first([Source("x", title, "en")], "en", finds=always) == expected


@given(st.text(max_size=200))
def test_any_headline_makes_one_short_line(title: str) -> None:
    """Whatever an article is called, a question about it is one line, short enough for a button."""
    for question in suggestions.first([Source("x", title, "fa")], "fa", finds=always):
        assert len(question) < 120
        assert "\n" not in question


# -- what to ask next -------------------------------------------------------------------------------------------------


def test_the_next_questions_go_on_from_the_answer() -> None:
    """More from the article that was cited, then from others that speak of the same, never from it alone."""
    found = suggestions.following(answered(ENGLISH[0]), ["Who?"], ENGLISH, "en", near=[ENGLISH[0], ENGLISH[2]], finds=always)
    assert found == [
        "What else does “Envoy in Tehran: a second visit in two weeks” say?",
        "What do the articles report on “Talks move to Astana”?",
    ]


def test_after_a_refusal_the_nearest_articles_are_offered() -> None:
    """Somebody who found nothing is shown what there is to find."""
    found = suggestions.following(answered(nearest=(ENGLISH[1],)), [], ENGLISH, "en", near=[], finds=always)
    assert found == ["What do the articles report on “Ceasefire holds in Aleppo”?"]


def test_nothing_is_suggested_that_was_asked() -> None:
    """Not even with other signs on it."""
    asked = ["who did PUTIN'S special envoy meet in Tehran", "x"]
    found = suggestions.following(answered(SEED), asked, [SEED], "en", near=[], finds=always)
    assert found == [
        "When will the foreign ministers of Iran, Russia and Turkey meet?",
        "What did Velayati say after meeting Putin’s envoy?",
    ]


def test_questions_on_what_was_cited_come_first() -> None:
    """Of those written by hand, the ones on the articles of the answer."""
    other = Source("9033b612bb7f", "عنوان", "ar", "طيف بوست")
    found = suggestions.following(answered(other), [], [SEED, other], "en", near=[], finds=always)
    assert found[:2] == [
        "What did the Russian delegation discuss with Iranian officials?",
        "What did Asghar Khaji say about the Astana talks?",
    ]


# -- with a library ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """The five bundled articles."""
    with Assistant(tmp_path_factory.mktemp("library")) as assistant:
        assistant.ingest_seeds()
        yield assistant


def prepared() -> list[tuple[str, str]]:
    keys = [key for key in strings.table() if key.startswith("suggestions.seed.")]
    return [(language, key) for key in keys for language in strings.LANGUAGES]


@pytest.mark.parametrize(("language", "key"), prepared())
def test_every_question_written_by_hand_finds_its_article(library: Assistant, language: str, key: str) -> None:
    """Asked of the bundled articles, each is answered, and from the article it was written for or one beside it."""
    name = re.fullmatch(r"suggestions\.seed\.(\w+)\.\d+", key)
    assert name
    answer = library.ask(strings.table()[key][language])
    assert answer.status is not Status.NOT_FOUND
    assert answer.language == language
    assert name[1] in {source.article_id for source in library.articles()}


def reply(assistant: Assistant, method: str, path: str, **sent: Any) -> Any:
    async def asked() -> httpx.Response:
        app = FastAPI(exception_handlers={AssistantError: routes.refused})
        app.include_router(beside.router(assistant))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            return await client.request(method, path, **sent)

    response = asyncio.run(asked())
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("language", strings.LANGUAGES)
def test_the_first_view_tells_of_the_collection_and_what_to_ask(library: Assistant, language: str) -> None:
    """Counts for the filters, a sentence in the reader's language, and four questions that are answered."""
    view = reply(library, "GET", "/api/chat/first", params={"ui": language})
    assert (view["articles"], view["languages"], view["dated"]) == (5, {"fa": 4, "ar": 1}, False)
    assert set(view["publishers"]) == {"رادیوفرانسه", "آران نیوز", "پرس تیوی فارسی", "طيف بوست"}
    assert {"fa": "۵ مقاله", "ar": "٥ مقالات", "en": "5 articles"}[language] in view["intro"]
    assert len(view["questions"]) == suggestions.FIRST
    assert all(library.ask(question).status is not Status.NOT_FOUND for question in view["questions"])


def test_the_first_questions_change_with_the_library(library: Assistant, tmp_path: Path) -> None:
    """They are remembered for as long as the library holds the same."""
    folder = tmp_path / "library"
    folder.mkdir()
    shutil.copy(library.folder / "lexicon.json", folder)  # compiling it takes longer than all the rest
    with Assistant(folder) as assistant:
        app = beside._Beside(assistant, Key(tmp_path))
        assert app.first("en")["articles"] == 0
        (tmp_path / "one.txt").write_text("Envoy in Tehran\nThe envoy met Ali Shamkhani in Tehran on Sunday.", encoding="utf-8")
        assistant.ingest([tmp_path / "one.txt"])
        before = app.first("en")["questions"]
        (tmp_path / "two.txt").write_text(
            "Ceasefire holds in Aleppo\nThe ceasefire in Aleppo held all of Monday.", encoding="utf-8"
        )
        assistant.ingest([tmp_path / "two.txt"])
        assert app.first("en")["questions"] != before


def test_the_next_questions_are_in_the_language_of_the_answer(library: Assistant) -> None:
    """A person who asks in Arabic goes on in Arabic, whatever the language of the page."""
    question = "ماذا بحث الوفد الروسي مع المسؤولين الإيرانيين؟"
    token = seal(Exchange("0a1b2c3d4e5f", question, library.ask(question)), Key.of(library.folder)())
    found = reply(library, "POST", "/api/chat/next", json={"history": [token], "ui": "en"})["questions"]
    assert 2 <= len(found) <= suggestions.NEXT
    assert question not in found
    assert set(found) <= {cells["ar"] for cells in strings.table().values()} | set(found[2:])
    assert all(library.ask(each).language == "ar" for each in found)


def test_without_a_turn_there_is_nothing_to_go_on_from(library: Assistant) -> None:
    """What we did not seal is no turn."""
    assert reply(library, "POST", "/api/chat/next", json={"history": ["forged"], "ui": "fa"}) == {"questions": []}


def test_where_a_model_would_answer_questions_are_only_searched_for(library: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suggestion costs nobody a request to a model: the article it was made from must be among the first found."""
    monkeypatch.setattr(library, "_chat", object())
    monkeypatch.setattr(Assistant, "ask", None)
    view = reply(library, "GET", "/api/chat/first", params={"ui": "en"})
    assert len(view["questions"]) == suggestions.FIRST
