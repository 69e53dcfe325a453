import asyncio
import hashlib
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from assistant.errors import AssistantError, NoLibrary, UnknownArticle
from assistant.types import Answer, Article, Citation, Match, Mode, Source, Statement, Status
from assistant.ui import beside, feedback, routes
from assistant.ui.history import Exchange, Key, seal

SOURCE = Source("a1", "Title", "en", "Reuters")
ARTICLE = Article(SOURCE, "The envoy met Ali Shamkhani.", "a")
CITATION = Citation(1, SOURCE, ARTICLE.text, 0, len(ARTICLE.text), Match.EXACT)
ANSWER = Answer(
    "Who?", Status.ANSWERED, Mode.GENERATIVE, "en", "They met. [1]", (Statement("They met.", (CITATION,)),), (CITATION,)
)
EXCHANGE = Exchange("0a1b2c3d4e5f", "Who?", ANSWER)
NOW = datetime(2026, 11, 26, 4, 0, 1, 999, tzinfo=UTC)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / feedback.FILE).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("vote", ["like", "dislike"])
def test_a_vote_holds_no_text(tmp_path: Path, vote: feedback.Vote) -> None:
    """Time, vote, digests, articles, mode and language: enough to find the answer again, nothing to read."""
    assert feedback.note(tmp_path, vote, EXCHANGE, include_text=False, now=NOW)
    assert lines(tmp_path) == [
        {
            "time": "2026-11-26T04:00:01+00:00",
            "vote": vote,
            "question_digest": digest("Who?"),
            "answer_digest": digest("They met. [1]"),
            "articles": ["a1"],
            "status": "answered",
            "mode": "generative",
            "language": "en",
        }
    ]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / feedback.FILE).stat().st_mode) == 0o600


def test_the_text_is_included_where_somebody_chose_so(tmp_path: Path) -> None:
    """Votes are added one line each, whatever letters they hold."""
    feedback.note(tmp_path, "like", EXCHANGE, include_text=False, now=NOW)
    feedback.note(tmp_path, "dislike", Exchange("x", "«چه؟»\n", ANSWER), include_text=True, now=NOW)
    kept = lines(tmp_path)
    assert [entry.get("question") for entry in kept] == [None, "«چه؟»\n"]
    assert [entry.get("answer") for entry in kept] == [None, "They met. [1]"]


def test_votes_never_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound nothing more is written down, and whoever votes is told."""
    monkeypatch.setattr(feedback, "MOST_BYTES", 600)
    noted = [feedback.note(tmp_path, "like", EXCHANGE, include_text=False, now=NOW) for _ in range(3)]
    assert noted == [True, False, False]
    assert (tmp_path / feedback.FILE).stat().st_size <= 600


# -- over HTTP --------------------------------------------------------------------------------------------------------


class Assistant:
    """One with one article."""

    _chat = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def article(self, name: str) -> Article:
        if name != "a1":
            raise UnknownArticle(name)
        return ARTICLE

    def status(self) -> None:
        raise NoLibrary("There is none.")


def reply(folder: Path, method: str, path: str, **sent: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        app = FastAPI(exception_handlers={AssistantError: routes.refused})
        app.include_router(beside.router(Assistant(folder)))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            return await client.request(method, path, **sent)

    return asyncio.run(asked())


def vote(folder: Path, **changes: Any) -> httpx.Response:
    body = {"history": [seal(EXCHANGE, Key.of(folder)())], "ui": "en", "vote": "like", **changes}
    return reply(folder, "POST", "/api/chat/vote", json=body)


def test_a_vote_on_a_sealed_turn_is_noted(tmp_path: Path) -> None:
    """What is voted on is what we sealed, not what a browser says it was."""
    assert vote(tmp_path, include_text=True).status_code == 204
    [kept] = lines(tmp_path)
    assert (kept["vote"], kept["question"], kept["articles"]) == ("like", "Who?", ["a1"])


@pytest.mark.parametrize("history", [[], ["forged"], [seal(EXCHANGE, b"x" * 32)]])
def test_a_vote_on_anything_else_is_not_noted(tmp_path: Path, history: list[str]) -> None:
    """Nobody votes on what was never said."""
    assert vote(tmp_path, history=history).status_code == 422
    assert not (tmp_path / feedback.FILE).exists()


@pytest.mark.parametrize("changes", [{"vote": "love"}, {"include_text": "yes"}, {"more": 1}, {"history": 7}])
def test_a_vote_that_is_none_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Only what the page sends is read."""
    assert vote(tmp_path, **changes).status_code == 400


@pytest.mark.parametrize(
    "sent", [{"content": b"{", "headers": {"content-type": "application/json"}}, {"content": b"{}"}, {"data": {"vote": "like"}}]
)
def test_only_json_is_read(tmp_path: Path, sent: dict[str, Any]) -> None:
    """A form of another site, which needs nobody's leave, is not even looked at."""
    assert reply(tmp_path, "POST", "/api/chat/vote", **sent).status_code == 400


def test_a_folder_that_takes_no_file_is_said_so(tmp_path: Path) -> None:
    """The page tells that the vote was not noted, and goes on."""
    (tmp_path / feedback.FILE).mkdir()
    assert vote(tmp_path).status_code == 507


# -- days and the first view ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ui", "day", "words"),
    [
        ("۱۳۹۵/۹/۲۸", "fa", "2016-12-18", "۲۸ آذر ۱۳۹۵ (۱۸ دسامبر ۲۰۱۶)"),
        ("2016-12-18", "fa", "2016-12-18", "۲۸ آذر ۱۳۹۵ (۱۸ دسامبر ۲۰۱۶)"),
        ("١٨ ديسمبر ٢٠١٦", "ar", "2016-12-18", "١٨ ديسمبر ٢٠١٦"),
        ("18 December 2016", "en", "2016-12-18", "18 December 2016"),
        ("28 Azar 1395", "en", "2016-12-18", "18 December 2016"),
        ("December 2016", "en", None, ""),
        ("yesterday", "en", None, ""),
        ("2016-12-18 2016-12-19", "en", None, ""),
        ("", "xx", None, ""),
    ],
)
def test_a_day_is_read_in_any_calendar_and_told_in_the_readers(
    tmp_path: Path, text: str, ui: str, day: str | None, words: str
) -> None:
    """One day or none: what is no single day is not guessed at."""
    assert reply(tmp_path, "GET", "/api/chat/day", params={"text": text, "ui": ui}).json() == {"day": day, "words": words}


def test_a_day_is_short(tmp_path: Path) -> None:
    """Nobody makes us read a book for a date."""
    assert reply(tmp_path, "GET", "/api/chat/day", params={"text": "1" * 61}).status_code == 422


def test_without_a_library_the_first_view_is_empty(tmp_path: Path) -> None:
    """No library is no error: the page offers the bundled articles then."""
    assert reply(tmp_path, "GET", "/api/chat/first").json() == {
        "articles": 0,
        "languages": {},
        "publishers": {},
        "dated": False,
        "intro": "",
        "questions": [],
    }
