"""The collection on the page: its list, files that are sent, removals, and what its scripts reckon."""

from __future__ import annotations

import ast
import asyncio
import itertools
import json
import shutil
import subprocess
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from assistant import reasons
from assistant.embedding import DIMENSION, NAME, EmbeddedEmbedder
from assistant.errors import AssistantError, DiskFull, ModelUnavailable
from assistant.lexicon import Lexicon
from assistant.pipeline import Assistant
from assistant.protocols import Embedder, Vectors
from assistant.rendering import to_dict
from assistant.text import fold
from assistant.types import IngestReport, Skipped, Source
from assistant.ui import collection, listing, routes, strings
from assistant.ui.collection import MOST_FILES, cleaned
from assistant.ui.options import Options

ROOT = Path(__file__).parent.parent
FIXTURES = Path(__file__).parent / "fixtures"
ASSETS = ROOT / "assistant" / "ui" / "assets"

FA = "کشتی تازه به بندر رسید\nملوانان کشتی در بندر چابهار از مردم شهر پذیرایی کردند."
AR = "وصلت السفينة إلى الميناء\nاستقبل أهل المدينة بحارة السفينة في ميناء العقبة مساء أمس."
EN = "A new ship reached the harbour\nThe sailors were welcomed by the people of Chabahar in the evening."
OTHER = "The train came late\nPassengers waited in the hall of the station until the morning."


# -- a page without a browser -----------------------------------------------------------------------------------------


class Page:
    """The routes of the collection, called in this process."""

    def __init__(self, assistant: Assistant, options: Options | None = None) -> None:
        self.assistant = assistant
        self.app = FastAPI(exception_handlers={AssistantError: routes.refused})
        self.app.include_router(collection.router(assistant, options or Options()))

    def request(self, method: str, url: str, **given: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
                return await client.request(method, url, **given)

        return asyncio.run(asked())

    def listed(self, **wanted: Any) -> dict[str, Any]:
        """What the list answers."""
        reply = self.request("GET", "/api/articles", params=wanted)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def titles(self, **wanted: Any) -> list[str | None]:
        return [article["title"] for article in self.listed(**wanted)["articles"]]

    def send(self, *files: tuple[str, str | bytes], same_name: str | None = None, **given: Any) -> httpx.Response:
        """The reply to files (name, content) that are sent."""
        parts = [("files", (name, content.encode() if isinstance(content, str) else content)) for name, content in files]
        data = {"same_name": same_name} if same_name else {}
        return self.request("POST", "/api/articles", files=parts, data=data, **given)

    def report(self, *files: tuple[str, str | bytes], same_name: str | None = None) -> dict[str, Any]:
        """The report on files that are sent."""
        return dict(lines(self.send(*files, same_name=same_name))[-1]["report"])

    def remove(self, *ids: str) -> httpx.Response:
        return self.request("POST", "/api/articles/remove", json={"ids": ids})


def lines(reply: httpx.Response) -> list[dict[str, Any]]:
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("application/x-ndjson")
    assert reply.text.endswith("\n")
    return [json.loads(line) for line in reply.text.splitlines()]


def outcome(report: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """How many articles were added, updated, left alone and removed."""
    return report["added"], report["updated"], report["unchanged"], report["removed"]


def skipped(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(item["path"], item["code"]) for item in report["skipped"]]


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return Lexicon.open(tmp_path_factory.mktemp("lexicon") / "lexicon.json")


@pytest.fixture
def make(lexicon: Lexicon) -> Iterator[Callable[..., Assistant]]:
    """Assistants with the shipped lexicon, closed in the end."""
    with ExitStack() as stack:

        def one(folder: Path, *, embedder: Embedder | None = None, wait: float = 5.0) -> Assistant:
            chosen = embedder or EmbeddedEmbedder(lexicon)
            return stack.enter_context(Assistant(folder, lexicon=lexicon, embedder=chosen, lock_wait=wait))

        yield one


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go; nothing may be left there."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []


@pytest.fixture
def page(tmp_path: Path, make: Callable[..., Assistant], temporary: Path) -> Page:
    """The collection of a library that is yet to be made."""
    return Page(make(tmp_path / "library"))


RECORDS: Sequence[Mapping[str, object]] = (
    {"title": "کودکان در پارک", "publisher": "ایسنا", "published": "2024-05-01", "language": "fa"},
    {"title": "«گفت‌وگو» در تهران", "publisher": "روزنامهٔ شرق", "published": "2024-03-01", "language": "fa"},
    {"title": "پارچه‌های تازه", "publisher": "ایسنا", "language": "fa"},
    {"title": "هوا سرد شد", "publisher": "ایسنا", "published": "2023-01-01", "language": "fa"},
    {"title": "واکسن رسید", "published": "2022-01-01", "language": "fa"},
    {"title": "بيان من الوزارة", "publisher": "الشرق الأوسط", "published": "2024-04-01", "language": "ar"},
    {"title": "Zebras return", "publisher": "Daily", "published": "2024-02-01", "language": "en"},
    {"title": "10 ships and 9 boats", "publisher": "daily Herald", "published": "2021-01-01", "language": "en"},
)
WORDS = {
    "fa": "این خبر درباره رویدادی در شهر است و شماره آن {n} است.",
    "ar": "هذا الخبر عن حدث في المدينة ورقمه {n} اليوم.",
    "en": "",
}
WORDS["en"] = "This report is about an event in the city and its number is {n} today."


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory, lexicon: Lexicon) -> Iterator[Page]:
    """The collection of a library of eight articles, not to be changed."""
    folder = tmp_path_factory.mktemp("varied")
    with Assistant(folder / "library", lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
        for number, record in enumerate(RECORDS):
            text = f"{record['title']}\n{WORDS[str(record['language'])].format(n=number)}"
            (folder / f"{number}.jsonl").write_text(json.dumps({**record, "text": text, "id": f"r{number}"}), encoding="utf-8")
            assistant.ingest([folder / f"{number}.jsonl"])
        yield Page(assistant)


# -- the list ---------------------------------------------------------------------------------------------------------


def test_the_list_of_a_library_that_is_not_there_is_empty(page: Page, tmp_path: Path) -> None:
    """Without a library the list is empty, and looking makes none."""
    assert page.listed(q="ship", texts="true") == {
        "articles": [],
        "total": 0,
        "collection": 0,
        "languages": {},
        "publishers": {},
        "first": None,
        "last": None,
        "texts": False,
    }
    assert not (tmp_path / "library").exists()


def test_the_list_tells_of_each_article_and_of_the_library(varied: Page) -> None:
    """Each article comes with all that is known of it, beside the library's languages, publishers and days."""
    found = varied.listed(limit=1)
    assert found["articles"] == [to_dict(varied.assistant.articles()[0])]
    assert {key: value for key, value in found.items() if key != "articles"} == {
        "total": 8,
        "collection": 8,
        "languages": {"fa": 5, "en": 2, "ar": 1},
        "publishers": {"ایسنا": 3, "روزنامهٔ شرق": 1, "الشرق الأوسط": 1, "Daily": 1, "daily Herald": 1},
        "first": "2021-01-01",
        "last": "2024-05-01",
        "texts": False,
    }


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        ({"language": "ar"}, ["بيان من الوزارة"]),
        ({"language": ["ar", "en"]}, ["بيان من الوزارة", "Zebras return", "10 ships and 9 boats"]),
        ({"publisher": "ایسنا", "since": "2023-06-01"}, ["کودکان در پارک"]),
        ({"publisher": ["Daily", "daily Herald"]}, ["Zebras return", "10 ships and 9 boats"]),
        ({"since": "2024-03-01", "until": "2024-04-01"}, ["بيان من الوزارة", "«گفت‌وگو» در تهران"]),
        ({"q": "گفتگوی"}, []),
        ({"q": "گفت‌وگو"}, ["«گفت‌وگو» در تهران"]),
        ({"q": "گفتوگو"}, ["«گفت‌وگو» در تهران"]),
        ({"q": "پارك"}, ["کودکان در پارک"]),
        ({"q": " الشرق  الاوسط "}, ["بيان من الوزارة"]),
        ({"q": "DAILY"}, ["Zebras return", "10 ships and 9 boats"]),
        ({"q": "۱۰ SHIPS"}, ["10 ships and 9 boats"]),
        ({"q": "رویداد"}, []),
        ({"q": "daily", "until": "2023-01-01"}, ["10 ships and 9 boats"]),
        ({"language": "", "publisher": "", "q": "", "offset": "", "limit": "2"}, ["کودکان در پارک", "بيان من الوزارة"]),
    ],
)
def test_filters_and_words_narrow_the_list(varied: Page, wanted: dict[str, Any], titles: list[str]) -> None:
    """Languages, publishers, days and words (of titles and publishers, whatever their spelling) narrow the list."""
    assert varied.titles(**wanted) == titles


def test_words_are_found_in_texts_with_their_place(varied: Page) -> None:
    """When asked for, texts are searched as well, and an article with the words in its text alone says where they are."""
    found = varied.listed(q="شمارهٔ آن ۳", texts="true")
    (article,) = found["articles"]
    text = varied.assistant.article(article["article_id"]).text
    place = text[article["found"]["start"] : article["found"]["end"]]
    assert (found["texts"], found["total"], article["title"], fold(place)) == (True, 1, "هوا سرد شد", fold("شمارهٔ آن ۳"))
    (titled,) = varied.listed(q="zebras", texts="true")["articles"]
    assert "found" not in titled


def test_filters_hold_for_texts_too(varied: Page) -> None:
    """An article that the filters leave out is not found by its text either."""
    assert varied.listed(q="its number is", texts="true", language="fa")["total"] == 0
    assert varied.listed(q="its number is", texts="true")["total"] == 2


def test_a_list_whose_texts_cannot_be_searched_says_so(
    varied: Page, make: Callable[..., Assistant], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When searching fails, titles are searched all the same, and the reply says that texts were not."""

    def failing(*_: object, **__: object) -> None:
        raise ModelUnavailable("out of reach")

    monkeypatch.setattr(varied.assistant, "search", failing)
    found = varied.listed(q="zebras", texts="true")
    assert (found["total"], found["texts"]) == (1, False)


@pytest.mark.parametrize(
    ("sort", "alphabet", "first_words"),
    [
        ("-day", "fa", "کودکان بيان «گفت‌وگو» Zebras هوا واکسن 10 پارچه‌های"),
        ("day", "fa", "10 واکسن هوا Zebras «گفت‌وگو» بيان کودکان پارچه‌های"),
        ("title", "fa", "10 بيان پارچه‌های کودکان «گفت‌وگو» واکسن هوا Zebras"),
        ("title", "ar", "10 بيان پارچه‌های کودکان «گفت‌وگو» هوا واکسن Zebras"),
        ("title", "en", "10 Zebras بيان پارچه‌های کودکان «گفت‌وگو» واکسن هوا"),
        ("-title", "fa", "Zebras هوا واکسن «گفت‌وگو» کودکان پارچه‌های بيان 10"),
        ("publisher", "fa", "بيان پارچه‌های کودکان هوا «گفت‌وگو» Zebras 10 واکسن"),
        ("-publisher", "en", "«گفت‌وگو» پارچه‌های کودکان هوا بيان 10 Zebras واکسن"),
    ],
)
def test_the_list_is_sorted_as_readers_expect(varied: Page, sort: str, alphabet: str, first_words: str) -> None:
    """Days and names run both ways, letters stand as in the alphabet asked for, what is not known comes last."""
    titles = varied.titles(sort=sort, alphabet=alphabet)
    assert " ".join(str(title).split()[0] for title in titles) == first_words


def source(name: str, *, title: str | None = None, fetched: datetime | None = None) -> Source:
    return Source(name, title=title, fetched=fetched)


def test_articles_are_sorted_by_when_they_were_added() -> None:
    """The order of adding runs both ways, and titles decide between equals."""
    early, late = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2)
    given = [source("c", title="b", fetched=early), source("a", title="c", fetched=late), source("b", title="a", fetched=early)]
    assert [item.article_id for item in listing.ordered([*given, source("d")], "added", "en")] == ["b", "c", "a", "d"]
    assert [item.article_id for item in listing.ordered([*given, source("d")], "-added", "en")] == ["a", "b", "c", "d"]


def test_articles_without_a_title_come_after_those_with_one() -> None:
    """What has no title stands last, by its id, whichever way the titles run."""
    given = [source("b"), source("a"), source("c", title="c")]
    for sort in ("title", "-title"):
        assert [item.article_id for item in listing.ordered(given, sort, "fa")] == ["c", "a", "b"]


def test_pages_make_up_the_list(varied: Page) -> None:
    """Pages follow each other without gap or overlap, and one beyond the end is empty."""
    pages = [varied.titles(offset=offset, limit=3) for offset in (0, 3, 6, 9)]
    assert list(itertools.chain(*pages)) == varied.titles()
    assert [len(one) for one in pages] == [3, 3, 2, 0]


def test_an_article_without_a_title_shows_its_first_words(page: Page) -> None:
    """Where there is no title, the list gives the beginning of the text, without what is no news, cut at a word."""
    text = (
        "Skip to main content\n"
        + "The council of the city met in the morning and went on through the day, until it had spoken of everything."
    )
    page.report(("a.txt", text))
    (article,) = page.listed()["articles"]
    beginning = "The council of the city met in the morning and went on through the day, until it had…"
    assert (article["title"], article["beginning"]) == (None, beginning)


def test_an_article_that_goes_meanwhile_has_no_first_words(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """An article without a title that somebody removes while it is being listed is listed without its beginning."""
    page.report(
        ("a.txt", "Skip to main content\n" + "The council of the city met in the morning and went on through the day. " * 3)
    )
    (found,) = page.assistant.articles()
    monkeypatch.setattr(page.assistant, "articles", lambda *_: [replace(found, article_id="0" * 12)])
    assert "beginning" not in page.listed()["articles"][0]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"sort": "size"}, "sort should be one of day, title, publisher, added, with a - before it to run backwards"),
        ({"alphabet": "he"}, "alphabet should be one of fa, ar, en"),
        ({"since": "yesterday"}, "since should be a day such as 2016-12-18"),
        ({"until": "2024-02-30"}, "until should be a day such as 2016-12-18"),
        ({"offset": "-1"}, "offset should be a number from 0 to 1000000000"),
        ({"offset": "۵"}, "offset should be a number from 0 to 1000000000"),
        ({"limit": "0"}, "limit should be a number from 1 to 200"),
        ({"limit": "201"}, "limit should be a number from 1 to 200"),
    ],
)
def test_what_cannot_be_listed_is_refused(varied: Page, wanted: dict[str, str], said: str) -> None:
    """A wish that is none is refused, with what it should be."""
    reply = varied.request("GET", "/api/articles", params=wanted)
    assert reply.status_code == 400
    assert reply.json()["error"]["kind"] == "BadRequest"
    assert said in reply.json()["error"]["message"]


# -- sending files ----------------------------------------------------------------------------------------------------


def docx(*paragraphs: str) -> bytes:
    import docx as word

    document, file = word.Document(), BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(file)
    return file.getvalue()


def web(text: str) -> str:
    headline, *rest = text.split("\n")
    body = f"<article><h1>{headline}</h1>{''.join(f'<p>{line}</p>' for line in rest)}</article>"
    return f"<!doctype html><html><head><meta charset='utf-8'></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("خبر.txt", FA),
        ("خبر.MD", FA),
        ("خبر.html", web(FA)),
        ("خبر.htm", web(FA)),
        ("خبر.docx", docx(*FA.split("\n"))),
        ("خبر.jsonl", json.dumps({"text": FA, "id": "one"})),
    ],
)
def test_a_file_of_each_format_becomes_an_article(page: Page, name: str, content: str | bytes) -> None:
    """A file of any format is taken in under its own name; where it lay meanwhile is not told."""
    report = page.report((name, content))
    assert (outcome(report), report["skipped"], report["notes"]) == ((1, 0, 0, 0), [], [])
    (article,) = page.assistant.articles()
    found = page.assistant.article(article.article_id)
    assert (found.text, found.location) == (FA, f"upload:{name}" + ("#one" if name.endswith("jsonl") else ""))


def test_a_pdf_becomes_an_article(page: Page) -> None:
    """A PDF is taken in."""
    report = page.report(("a.pdf", (FIXTURES / "latin.pdf").read_bytes()))
    assert (outcome(report), page.listed()["total"]) == ((1, 0, 0, 0), 1)


def test_progress_names_each_file_and_ends_in_the_report(page: Page) -> None:
    """Lines of progress come first, never run backwards and name the files; the report is the last line."""
    *progress, last = lines(page.send(("a.txt", FA), ("b.txt", EN), ("c.txt", AR)))
    told = [line["progress"] for line in progress]
    assert told[0] == {"done": 0, "total": 3, "name": ""}
    assert told[-1] == {"done": 3, "total": 3, "name": "c.txt"}
    assert [item["done"] for item in told] == sorted(item["done"] for item in told)
    assert {item["name"] for item in told} <= {"", "a.txt", "b.txt", "c.txt"}
    assert last == {
        "report": {
            "added": 3,
            "updated": 0,
            "unchanged": 0,
            "removed": 0,
            "passages": 3,
            "skipped": [],
            "notes": [],
            "noted": [],
        }
    }


def test_the_same_file_twice_is_unchanged(page: Page) -> None:
    """A file that is sent again changes nothing, and there is nothing to note."""
    page.report(("a.txt", FA), ("b.jsonl", json.dumps({"text": EN})))
    before = page.assistant.articles()
    report = page.report(("b.jsonl", json.dumps({"text": EN})), ("a.txt", FA))
    assert (outcome(report), report["notes"], page.assistant.articles()) == ((0, 0, 2, 0), [], before)


def test_the_same_text_under_another_name_is_noted(page: Page) -> None:
    """A text that is there already is not added again, whatever the file is called, and a note says so."""
    page.report(("a.txt", FA))
    report = page.report(("b.txt", FA))
    (article,) = page.assistant.articles()
    assert outcome(report) == (0, 0, 1, 0)
    assert report["noted"] == [
        {
            "text": f"b.txt has the same text as an article already there ({article.article_id})",
            "code": "same_text",
            "values": {"name": "b.txt", "id": article.article_id},
        }
    ]
    assert report["notes"] == [report["noted"][0]["text"]]


@pytest.mark.parametrize(
    ("same_name", "expected", "left", "skips"),
    [
        (None, (0, 1, 0, 0), [OTHER], []),
        ("replace", (0, 1, 0, 0), [OTHER], []),
        ("keep", (1, 0, 0, 0), [EN, OTHER], []),
        ("skip", (0, 0, 0, 0), [EN], [("index.html", "taken")]),
    ],
)
def test_another_text_under_the_same_name(
    page: Page, same_name: str | None, expected: tuple[int, int, int, int], left: list[str], skips: list[tuple[str, str]]
) -> None:
    """Another text under a name that is taken replaces the former, as in a folder, unless both should stay or it is to be left."""
    page.report(("index.html", web(EN)))
    report = page.report(("index.html", web(OTHER)), same_name=same_name)
    texts = [page.assistant.article(article.article_id).text for article in page.assistant.articles()]
    assert (outcome(report), sorted(texts), skipped(report), report["notes"]) == (expected, left, skips, [])


@pytest.mark.parametrize("same_name", ["replace", "keep", "skip"])
def test_what_was_kept_beside_another_is_known_again(page: Page, same_name: str) -> None:
    """Each of two files of one name that both were kept is unchanged when it is sent again, whatever was asked for."""
    page.report(("a.txt", EN))
    page.report(("a.txt", OTHER), same_name="keep")
    for text in (EN, OTHER):
        assert outcome(page.report(("a.txt", text), same_name=same_name)) == (0, 0, 1, 0)
    assert page.listed()["total"] == 2


@pytest.mark.parametrize("same_name", ["replace", "keep", "skip"])
def test_two_files_of_one_name_sent_together_both_stay(page: Page, same_name: str) -> None:
    """Files of one name from several folders, sent at once, do not replace each other."""
    assert outcome(page.report(("index.html", web(EN)), ("index.html", web(OTHER)), same_name=same_name)) == (2, 0, 0, 0)


HOSTILE = [
    ("../../etc/x.txt", "x.txt"),
    ("..\\..\\x.txt", "x.txt"),
    ("/abs/olute.txt", "olute.txt"),
    ("a\0b.txt", "ab.txt"),
    ("a\r\nb\x1b[31m.txt", "a b[31m.txt"),
    ("\u202etxt.exe\u202c.txt", "txt.exe.txt"),
    ("\u2066می‌شود\u2069.txt", "می‌شود.txt"),
    ("a" * 300 + ".txt", "a" * 115 + "….txt"),
    ("خ" * 300 + ".exe.jsonl", "خ" * 113 + "….jsonl"),
    ("x." + "y" * 300, "x." + "y" * 117 + "…"),
    ("e\u0301.txt", "é.txt"),
    ("  spaced   out .txt ", "spaced out .txt"),
    ("", "file"),
    ("..", "file"),
    ("/", "file"),
    ("\u200b\u200c\ufeff", "file"),
    ("CON.txt", "CON.txt"),
    ("<img src=x onerror=1>.txt", "<img src=x onerror=1>.txt"),
]


@pytest.mark.parametrize(("sent", "shown"), HOSTILE)
def test_names_are_cleaned(sent: str, shown: str) -> None:
    """Nothing of a name can lead to another folder, act on a terminal, turn a line round or fill a page."""
    assert cleaned(sent) == shown


@given(st.text(max_size=400))
def test_any_name_can_be_shown_and_stored(sent: str) -> None:
    """Whatever it was, a cleaned name is short, without folders or unseen characters, and stays as it is."""
    name = cleaned(sent)
    assert 0 < len(name) <= 120
    assert not set(name) & set("/\\\0")
    assert {unicodedata.category(character) for character in name if character != "\u200c"}.isdisjoint(
        {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )
    assert cleaned(name) == name


@pytest.mark.parametrize(("sent", "shown"), [pair for pair in HOSTILE if pair[1].endswith(".txt") and "\r" not in pair[0]])
def test_hostile_names_do_no_harm(page: Page, tmp_path: Path, sent: str, shown: str) -> None:
    """A file of whatever name is taken in under its cleaned name, and nothing is written but in the library."""
    before = {path.name for path in tmp_path.iterdir()}
    part = (
        f'--b\r\nContent-Disposition: form-data; name="files"; filename="{sent}"\r\n\r\n'.encode() + EN.encode() + b"\r\n--b--\r\n"
    )
    reply = page.request("POST", "/api/articles", content=part, headers={"content-type": "multipart/form-data; boundary=b"})
    assert outcome(lines(reply)[-1]["report"]) == (1, 0, 0, 0)
    (article,) = page.assistant.articles()
    # A form writes backslashes before quotation marks; what stands before one is no folder then.
    assert page.assistant.article(article.article_id).location in {f"upload:{shown}", f"upload:{shown.lstrip('.')}"}
    assert {path.name for path in tmp_path.iterdir()} - before <= {"library"}


@pytest.mark.parametrize(
    ("name", "content", "code", "values"),
    [
        ("a.exe", EN, "format", {"formats": ".txt, .md, .jsonl, .html, .htm, .pdf, .docx"}),
        ("noending", EN, "format", {"formats": ".txt, .md, .jsonl, .html, .htm, .pdf, .docx"}),
        ("sources.toml", "[x]", "format", {"formats": ".txt, .md, .jsonl, .html, .htm, .pdf, .docx"}),
        ("a.pdf", b"%PDF-1.4 nonsense", "damaged_pdf", {}),
        ("a.docx", b"PK nonsense", "damaged_document", {}),
        ("a.txt", "", "empty", {}),
        ("a.txt", " \n ", "empty", {}),
        ("a.txt", b"a\0b", "binary", {}),
        ("a.txt", b"\xff\xfe\xff", "encoding", {}),
        ("a.txt", "a " * (10 * 2**19) + "b", "large", {"megabytes": "10"}),
        ("a.txt", "word " * 500_000, "long", {"megabytes": "2"}),
        ("a.md", "---\n[\n---\nText", "front_matter", {}),
        ("a.pdf", (FIXTURES / "picture.pdf").read_bytes(), "pdf_pictures", {}),
        ("a.html", "<!doctype html><html><head><title>t</title></head><body></body></html>", "no_article", {}),
    ],
)
def test_what_is_no_article_is_skipped_with_its_reason(
    page: Page, name: str, content: str | bytes, code: str, values: dict[str, str]
) -> None:
    """A file that cannot become an article is told with its name and a reason that can be said in any language."""
    report = page.report((name, content), ("good.txt", FA))
    (item,) = report["skipped"]
    assert (outcome(report), item["path"], item["code"], item["values"]) == ((1, 0, 0, 0), name, code, values)


def test_records_are_told_with_their_lines(page: Page) -> None:
    """What is wrong with a record is told with its line, and the others are taken in."""
    report = page.report(("feed.jsonl", "\n".join([json.dumps({"text": EN, "id": "a"}), "{", json.dumps({"text": FA, "id": "a"})])))
    assert outcome(report) == (1, 0, 0, 0)
    assert [(item["path"], item["line"], item["code"]) for item in report["skipped"]] == [
        ("feed.jsonl", 2, "json"),
        ("feed.jsonl", 3, "same_id"),
    ]


def test_a_damaged_version_leaves_what_was_there(page: Page) -> None:
    """A file that cannot be read takes nothing away, and a note says so."""
    page.report(("a.txt", EN))
    report = page.report(("a.txt", b"\xff\0"))
    assert (outcome(report), page.listed()["total"]) == ((0, 0, 0, 0), 1)
    assert [(note["code"], note["values"]) for note in report["noted"]] == [("kept", {"name": "a.txt"})]


def test_only_bad_files_make_no_library(page: Page, tmp_path: Path) -> None:
    """When no file holds an article, no library is made."""
    assert skipped(page.report(("a.exe", "x"), ("b.txt", ""))) == [("a.exe", "format"), ("b.txt", "empty")]
    assert not (tmp_path / "library" / "library.db").exists()


def test_what_is_no_form_of_files_is_refused(page: Page) -> None:
    """Other bodies, forms without files, too many files and unknown wishes are refused with a reason."""
    many = [(f"{number}.txt", EN) for number in range(MOST_FILES + 1)]
    form = {"content-type": "multipart/form-data; boundary=b"}
    replies = [
        page.request("POST", "/api/articles", json={"files": []}),
        page.request("POST", "/api/articles", data={"files": "text"}),
        page.request("POST", "/api/articles", files={"other": ("a.txt", b"x")}),
        page.request("POST", "/api/articles", content=b"nonsense", headers=form),
        page.send(*many),
        page.send(("a.txt", EN), same_name="overwrite"),
    ]
    assert [reply.status_code for reply in replies] == [400] * 6
    assert {reply.json()["error"]["kind"] for reply in replies} == {"BadRequest"}
    assert "same_name should be one of replace, keep, skip" in replies[-1].json()["error"]["message"]
    assert page.listed()["total"] == 0


def test_the_bundled_articles_are_taken_in(page: Page) -> None:
    """The bundled articles come with progress and report, as files do; a second time they are unchanged."""
    *progress, last = lines(page.request("POST", "/api/articles/seeds"))
    assert outcome(last["report"]) == (5, 0, 0, 0)
    assert progress[-1]["progress"] == {"done": 5, "total": 5, "name": ""}
    assert outcome(lines(page.request("POST", "/api/articles/seeds"))[-1]["report"]) == (0, 0, 5, 0)


def test_notes_do_not_tell_where_this_machine_keeps_its_files(page: Page) -> None:
    """A note on a bundled article names its file without the folder it is in."""
    page.report(("copy.txt", (ROOT / "seeds" / "002_d7112fb7f6b438bc.txt").read_bytes()))
    report = lines(page.request("POST", "/api/articles/seeds"))[-1]["report"]
    assert str(ROOT) not in json.dumps(report)


# -- several at once, and what goes wrong -----------------------------------------------------------------------------


def test_two_people_may_send_files_at_once(page: Page) -> None:
    """Two ingestions at the same time both succeed; each report counts its own files."""
    sent = {
        name: [(f"{name}{number}.txt", f"{text} {name} {number}.") for number in range(5)]
        for name, text in {"a": EN, "b": OTHER}.items()
    }
    reports: dict[str, dict[str, Any]] = {}

    def send(name: str) -> None:
        reports[name] = page.report(*sent[name])

    threads = [threading.Thread(target=send, args=(name,)) for name in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: outcome(report) for name, report in reports.items()} == {"a": (5, 0, 0, 0), "b": (5, 0, 0, 0)}
    assert page.listed()["total"] == 10


def test_a_bounded_number_add_at_once(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes when all places are taken hears so in their language; places come free again, whatever became of the work."""
    monkeypatch.setattr(collection, "AT_ONCE", 1)
    page = Page(page.assistant)
    adding, go = threading.Event(), threading.Event()
    ingest = page.assistant.ingest_files

    def waiting(*given: Any, **more: Any) -> Any:
        adding.set()
        assert go.wait(60)
        return ingest(*given, **more)

    monkeypatch.setattr(page.assistant, "ingest_files", waiting)
    first = threading.Thread(target=page.send, args=(("a.txt", EN),))
    first.start()
    assert adding.wait(60)
    busy = [page.send(("b.txt", OTHER)), page.request("POST", "/api/articles/seeds")]
    go.set()
    first.join()
    assert [(reply.status_code, reply.json()["error"]["kind"]) for reply in busy] == [(503, "Busy")] * 2
    assert page.request("POST", "/api/articles", files=[("other", ("x.txt", b"x"))]).status_code == 400
    monkeypatch.setattr(page.assistant, "ingest_files", ingest)
    assert outcome(page.report(("b.txt", OTHER))) == (1, 0, 0, 0)
    assert page.request("POST", "/api/articles/seeds").status_code == 200


@contextmanager
def held(assistant: Assistant) -> Iterator[None]:
    """The library, changed by somebody else meanwhile."""
    with assistant._lock.exclusive("rebuild"):
        yield


@pytest.mark.parametrize("language", ["fa", "ar", "en"])
def test_a_locked_library_is_one_line_in_the_visitors_language(
    tmp_path: Path, make: Callable[..., Assistant], temporary: Path, language: str
) -> None:
    """Whoever cannot change the library within the wait hears so in a line of the visitor's language; nothing is left over."""
    make(tmp_path / "library").ingest_seeds()
    page = Page(make(tmp_path / "library", wait=0.05))
    headers = {"accept-language": f"{language},en;q=0.5"}
    with held(make(tmp_path / "library")):
        reply = page.send(("a.txt", EN), headers=headers)
        removal = page.request("POST", "/api/articles/remove", json={"ids": ["0" * 12]}, headers=headers)
    errors = [lines(reply)[-1]["error"], removal.json()["error"]]
    words = strings.text("chat.error.LibraryLocked", language)
    assert errors == [{"kind": "LibraryLocked", "message": words, "exit": 4}] * 2
    assert removal.status_code == 423


def test_a_full_disk_is_told_at_once(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """When what is sent finds no room, the reply says so, and nothing is left over."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    reply = page.send(("a.txt", EN))
    assert (reply.status_code, reply.json()["error"]["kind"]) == (500, "DiskFull")


class Failing(Embedder):
    """An embedder that raises what it is told to."""

    name = NAME
    dimension = DIMENSION

    def __init__(self, error: Exception) -> None:
        self.error = error

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise self.error

    def embed_query(self, text: str) -> Vectors:
        raise self.error


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (ModelUnavailable("out of reach"), "ModelUnavailable", 9),
        (DiskFull("full"), "DiskFull", 5),
        (RuntimeError("secret"), "RuntimeError", 70),
    ],
)
def test_a_failure_ends_the_lines_and_leaves_nothing(
    tmp_path: Path, make: Callable[..., Assistant], temporary: Path, error: Exception, kind: str, code: int
) -> None:
    """Whatever fails while files are taken in, the last line says so, without inner details, and the files are gone."""
    page = Page(make(tmp_path / "library", embedder=Failing(error)))
    last = lines(page.send(("a.txt", EN)))[-1]["error"]
    assert (last["kind"], last["exit"]) == (kind, code)
    assert "secret" not in json.dumps(last)


def test_files_are_private_while_they_are_read(page: Page, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is its owner's alone, and files in it do not bear the names they were sent with."""
    seen: list[tuple[int, list[str]]] = []
    ingest = page.assistant.ingest_files

    def looking(files: Any, **given: Any) -> Any:
        (folder,) = temporary.iterdir()
        seen.append((folder.stat().st_mode & 0o777, sorted(path.name for path in folder.iterdir())))
        return ingest(files, **given)

    monkeypatch.setattr(page.assistant, "ingest_files", looking)
    page.report(("secret plan.txt", EN), ("x.exe", EN))
    assert seen == [(0o700, ["0.txt", "1"])]


def test_what_was_sent_is_taken_in_though_nobody_waits(page: Page) -> None:
    """A visitor who goes away after sending still finds the article later, and nothing is left over."""
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n' + EN.encode() + b"\r\n--b--\r\n"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "POST",
        "path": "/api/articles",
        "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=b")],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        raise OSError("gone")

    async def asked() -> None:
        with pytest.raises(Exception, match=r"^$"):  # how the server is told of a client that has gone
            await page.app(scope, receive, send)

    asyncio.run(asked())
    for thread in threading.enumerate():
        if thread.name == "sanad-ingestion":
            thread.join()
    assert page.listed()["total"] == 1


# -- removing ---------------------------------------------------------------------------------------------------------


def test_articles_are_removed_by_their_ids(page: Page) -> None:
    """What was removed is told, and is neither listed nor found any more."""
    page.report(("a.txt", EN), ("b.txt", OTHER))
    first, second = page.assistant.articles()
    reply = page.remove(first.article_id, first.article_id)
    assert (reply.status_code, reply.json()) == (200, {"removed": [to_dict(first)]})
    assert page.listed()["articles"] == [to_dict(second)]


def test_an_unknown_id_removes_nothing(page: Page) -> None:
    """When one of the ids is unknown, or only the beginning of one, nothing is removed."""
    page.report(("a.txt", EN), ("b.txt", OTHER))
    one, _ = page.assistant.articles()
    for name in ("0" * 12, one.article_id[:6], ""):
        reply = page.remove(one.article_id, name)
        assert (reply.status_code, reply.json()["error"]["kind"]) == (404, "UnknownArticle")
    assert page.listed()["total"] == 2


def test_removing_from_no_library(page: Page) -> None:
    """Where there is no library, removing says so."""
    reply = page.remove("0" * 12)
    assert (reply.status_code, reply.json()["error"]["kind"]) == (404, "NoLibrary")


@pytest.mark.parametrize(
    "given",
    [
        {"content": b"{}", "headers": {"content-type": "text/plain"}},
        {"json": {}},
        {"json": []},
        {"json": {"ids": []}},
        {"json": {"ids": "abc"}},
        {"json": {"ids": [1]}},
        {"json": {"ids": ["a"] * 1001}},
        {"content": b"[" * 100_000, "headers": {"content-type": "application/json"}},
        {"content": b"\xff", "headers": {"content-type": "application/json"}},
    ],
)
def test_what_is_no_list_of_ids_is_refused(page: Page, given: dict[str, Any]) -> None:
    """Only a JSON object with a list of ids removes anything."""
    reply = page.request("POST", "/api/articles/remove", **given)
    assert (reply.status_code, reply.json()["error"]["kind"]) == (400, "BadRequest")


@pytest.mark.parametrize("language", ["fa", "ar", "en"])
def test_a_page_to_read_changes_nothing(tmp_path: Path, make: Callable[..., Assistant], temporary: Path, language: str) -> None:
    """A read-only page lists its articles and refuses, in the visitor's language, whatever would change them."""
    assistant = make(tmp_path / "library")
    page = Page(assistant, Options(read_only=True))
    assistant.ingest_seeds()
    (article, *_) = before = assistant.articles()
    headers = {"accept-language": language}
    replies = [
        page.send(("a.txt", EN), headers=headers),
        page.request("POST", "/api/articles/seeds", headers=headers),
        page.request("POST", "/api/articles/remove", json={"ids": [article.article_id]}, headers=headers),
    ]
    words = strings.text("collection.error.ReadOnly", language)
    assert [(reply.status_code, reply.json()) for reply in replies] == [
        (403, {"error": {"kind": "ReadOnly", "message": words, "exit": 2}})
    ] * 3
    assert assistant.articles() == before
    assert page.listed()["total"] == 5


# -- words ------------------------------------------------------------------------------------------------------------


def said(module: str) -> Iterator[str]:
    """Every reason for skipping something that a module words, its values filled in."""
    for node in ast.walk(ast.parse((ROOT / "assistant" / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("ArticleError", "Skipped"):
            yield from worded(node.args[1:2])
        elif isinstance(node, ast.FunctionDef) and node.name in ("_not_ours", "_no_article"):
            parts = [part.value if isinstance(part, ast.Return) else part for part in ast.walk(node)]
            choices = [part for part in parts if isinstance(part, ast.IfExp)]
            returned = [part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value is not None]
            yield from worded([*returned, *(choice.body for choice in choices), *(choice.orelse for choice in choices)])


def worded(nodes: Sequence[ast.expr]) -> Iterator[str]:
    """The texts among `nodes`, each value that is put in written as a 7."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
            yield text.replace("read as 7", "read as a PDF")


FILE_SYSTEM = (
    "there is no such",
    "another document has",
    "7 describes",
    "is a link that leads",
)  # not told of files that were sent


def test_every_reason_can_be_said_in_every_language() -> None:
    """Whatever is told of a file that was sent has a code, and the page has words for it."""
    modules = ("articles", "readers", "pdf", "webpage", "ingestion")
    found = {reason for module in modules for reason in said(module) if not reason.startswith(FILE_SYSTEM)}
    assert len(found) > 30
    assert [reason for reason in found if reasons.reason_code(reason)[0] is None] == []
    assert [reason for reason in found if f"collection.reason.{reasons.reason_code(reason)[0]}" not in strings.table()] == []


def test_what_has_no_code_is_told_as_it_is() -> None:
    """A reason or note we have no words for keeps its own."""
    report = collection._report(IngestReport(skipped=(Skipped("upload:a.txt", "looks odd"),), notes=("the moon is full",)))
    assert report["skipped"] == [{"path": "a.txt", "reason": "looks odd", "line": None, "code": None, "values": {}}]
    assert report["noted"] == [{"text": "the moon is full", "code": None, "values": {}}]
    assert reasons.reason_code("looks odd") == (None, {})
    assert reasons.note_code("the moon is full") == (None, {})


def test_the_scripts_name_only_words_there_are() -> None:
    """Every key the scripts ask for stands in the table."""
    import re

    keys = {key for file in ASSETS.glob("*.js") for key in re.findall(r"\bsay\('([\w.-]+)'", file.read_text(encoding="utf-8"))}
    assert len(keys) > 40
    assert {key for key in keys if f"collection.{key}" not in strings.table()} == set()


# -- offsets in the browser -------------------------------------------------------------------------------------------

NODE = shutil.which("node")
SPANS = """
import { paragraphs, units, webAddress } from %s;
import { readFileSync } from 'node:fs';

const { texts, addresses } = JSON.parse(readFileSync(0, 'utf8'));
const joined = (runs) => runs.map((run) => run.text).join('');
const cut = ({ text, start, end }) => {
  const [from, to] = units(text, [start, end]);
  return text.slice(from, to);
};
const lit = ({ text, start, end }) => paragraphs(text, [], { start, end }).map((line) => joined(line.filter((run) => run.lit)));
const whole = ({ text, start, end }) => paragraphs(text, [{ start, end }], { start, end }).map(joined);
const both = ({ text, start, end }) => {
  const around = [{ start: 0, end: start }, { start: end, end: 99 }];
  return paragraphs(text, around, { start: 0, end }).map((line) => line.map((run) => [run.text, run.lit, run.boilerplate]));
};
const opened = addresses.map((url) => webAddress(url)?.href ?? null);
console.log(JSON.stringify({ cut: texts.map(cut), lit: texts.map(lit), whole: texts.map(whole), both: both(texts[0]), opened }));
"""
TEXTS = [
    {"text": "زنگ 🔔 خورد\n\n  \nو 🇮🇷 در\nend", "start": 4, "end": 19},
    {"text": "plain text", "start": 0, "end": 5},
    {"text": "می‌شود\n𝔄𝔅𝔇", "start": 5, "end": 9},
    {"text": "one\ntwo\nthree", "start": 1, "end": 10},
]
ADDRESSES = [
    "https://example.org/a",
    "http://example.org",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "/relative",
    None,
]


@pytest.mark.skipif(NODE is None, reason="there is no node")
def test_spans_are_the_same_in_the_browser(tmp_path: Path) -> None:
    """The browser cuts texts where Python does, keeps every line whole, and lights a span across lines and boilerplate."""
    (tmp_path / "spans.mjs").write_text((ASSETS / "spans.js").read_text(encoding="utf-8"), encoding="utf-8")
    script = tmp_path / "try.mjs"
    script.write_text(SPANS % json.dumps((tmp_path / "spans.mjs").as_posix()), encoding="utf-8")
    given = json.dumps({"texts": TEXTS, "addresses": ADDRESSES})
    done = subprocess.run([str(NODE), str(script)], input=given, capture_output=True, text=True, encoding="utf-8", check=True)
    found = json.loads(done.stdout)
    slices = [str(item["text"])[int(str(item["start"])) : int(str(item["end"]))] for item in TEXTS]
    assert found["cut"] == slices
    assert ["\n".join(part for part in parts if part) for parts in found["lit"]] == [
        "\n".join(line for line in text.split("\n") if line.strip()) for text in slices
    ]
    assert found["whole"] == [[line for line in str(item["text"]).split("\n") if line.strip()] for item in TEXTS]
    assert found["both"] == [
        [["زنگ ", True, True], ["🔔 خورد", True, False]],
        [["و 🇮🇷", True, False], [" در", False, True]],
        [["end", False, True]],
    ]
    assert found["opened"] == ["https://example.org/a", "http://example.org/", None, None, None, None, None]
