"""With a model that writes, slowly, badly, or not at all: what the page shows meanwhile, how one stops it, and who is touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_server import ModelServer, Reply
from page_server import Served

from assistant import wording
from assistant.pipeline import Assistant
from assistant.ui.strings import text as say
from browser.asked import NEWS, written
from browser.conftest import Serve, Visits
from browser.tab import Tab, expect

QUESTION = "شهردار دربارهٔ پل رودخانه چه گفت؟"
AGAIN = "هزینهٔ ساخت پل چقدر شد؟"
CLOSED = "پل رودخانه از تابستان برای تعمیر بسته می‌شود"
LASTS = "تعمیر پل رودخانه سه ماه طول می‌کشد"
OPENED = "پل تازهٔ رودخانه پس از چهار سال ساخت افتتاح شد"


def line(say: str, quote: str) -> str:
    """A line of a model: it writes to whichever passage holds the quote."""
    return json.dumps({"say": say, "from": [{"p": 1, "quote": quote}]}, ensure_ascii=False) + "\n"


FIRST = line("شهردار گفت که پل رودخانه از تابستان برای تعمیر بسته می‌شود.", CLOSED)
SECOND = line("تعمیر پل سه ماه طول می‌کشد.", LASTS)
THIRD = line("پل تازهٔ رودخانه پس از چهار سال ساخت باز شد.", OPENED)


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library in one language, so that a question costs one request."""

    folder = tmp_path_factory.mktemp("bridges")
    with Assistant(folder / "library") as assistant:
        assistant.ingest([written([article for article in NEWS if article["id"].startswith("bridge")], folder)])
    return folder / "library"


@pytest.fixture
def writing(bridges: Path, model: ModelServer, tmp_path: Path, serve: Serve) -> Iterator[Served]:
    """The page over these, on which the model writes."""
    with serve(shutil.copytree(bridges, tmp_path / "library"), model) as page:
        yield page


def busy(tab: Tab, words: str) -> None:
    """The first sentence is there, and the model is still at it."""
    expect(tab.page.locator("#bot .bot-row").last).to_contain_text(words)
    expect(tab.page.locator("#stop")).to_be_visible()
    expect(tab.page.locator("#bot .searching")).to_have_text(say("chat.writing", "fa"))


def idle(tab: Tab) -> None:
    """Nothing is under way, and one can ask."""
    expect(tab.page.locator("#send")).to_be_visible()
    expect(tab.page.locator("#bot .searching")).to_have_count(0)
    expect(tab.field).to_be_editable()


def asked(tab: Tab, model: ModelServer, times: int) -> None:
    """The model was asked that often by now: what is scripted for it is used up."""
    for _ in range(3_000):
        if len(model.asked()) >= times:
            return
        tab.page.wait_for_timeout(20)
    raise AssertionError(f"the model was asked {len(model.asked())} times, not {times}")


# -- numbers work at every moment -------------------------------------------------------------------------------------


def test_numbers_work_at_every_moment(bridges: Path, model: ModelServer, tmp_path: Path, serve: Serve, visit: Visits) -> None:
    """A number lights its quote while the model still writes, once it was stopped, asked again and followed up, after a reload, and
    after the server was started anew."""
    library = shutil.copytree(bridges, tmp_path / "library")
    with serve(library, model) as page:
        tab = visit(page, "?__theme=dark", language="fa")
        model.script(Reply(pieces=[FIRST, "x"], hang=1))
        tab.put(QUESTION)
        busy(tab, "بسته می‌شود")
        expect(tab.chips).to_have_count(1)
        assert lights(tab, 0) == CLOSED
        busy(tab, "بسته می‌شود")

        tab.page.locator("#stop").click()
        idle(tab)
        expect(tab.answer()).to_contain_text(say("chat.stopped", "fa"))
        assert lights(tab, 0) == CLOSED

        model.script(Reply(pieces=[SECOND, FIRST]), Reply(AGAIN), Reply(pieces=[THIRD]))
        tab.tool("retry").click()
        expect(tab.chips).to_have_count(2)
        tab.answer()
        tab.ask(AGAIN)
        assert [lights(tab, number) for number in range(3)] == [LASTS, CLOSED, OPENED]

        tab.reload()
        tab.answer(2)
        assert [lights(tab, number) for number in range(3)] == [LASTS, CLOSED, OPENED]
    visit.allow("error: Failed to load resource")
    with serve(library, model, port=page.port):
        tab.reload()
        tab.answer(2)
        assert [lights(tab, number) for number in range(3)] == [LASTS, CLOSED, OPENED]
        visit.close()


def lights(tab: Tab, number: int) -> str:
    return tab.cite(tab.chips.nth(number)).locator("mark").inner_text()


# -- stopping ---------------------------------------------------------------------------------------------------------


def test_stopping_ends_the_text_and_the_model(writing: Served, model: ModelServer, visit: Visits) -> None:
    """What was said stays as it is; the button to send is back long before the model would end, and its request is broken off."""
    model.script(Reply(pieces=[FIRST, *" " * 40_000], delay=0.01))
    tab = visit(writing, language="fa")
    tab.put(QUESTION)
    busy(tab, "بسته می‌شود")
    tab.page.locator("#stop").click()
    expect(tab.page.locator("#send")).to_be_visible()
    idle(tab)
    said = tab.answer().locator(".prose").inner_text()
    (request,) = model.asked()
    assert request.broken_off.wait(30)
    tab.ask(AGAIN)
    assert tab.page.locator("#bot .bot-row .prose").first.inner_text() == said


@pytest.mark.parametrize("hang", [-1, 0], ids=["no headers", "no words"])
def test_a_model_that_hangs_can_be_stopped(writing: Served, model: ModelServer, visit: Visits, hang: int) -> None:
    """Nothing has come yet: stopping leaves the question, says so, and one can ask again."""
    model.script(Reply("x", hang=hang))
    tab = visit(writing, language="fa")
    tab.put(QUESTION)
    expect(tab.page.locator("#bot .searching")).to_have_text(say("chat.searching", "fa"))
    asked(tab, model, 1)
    tab.page.locator("#stop").click()
    idle(tab)
    expect(tab.answer()).to_contain_text(say("chat.stopped", "fa"))
    model.script(Reply(pieces=[FIRST]))
    tab.tool("retry").click()
    expect(tab.chips).to_have_count(1)
    idle(tab)


def test_a_new_conversation_in_the_middle_of_an_answer(writing: Served, model: ModelServer, visit: Visits) -> None:
    """It ends the old one: its last words do not bring it back."""
    model.script(Reply(pieces=[FIRST, "x"], hang=1), Reply(pieces=[SECOND]))
    tab = visit(writing, language="fa")
    tab.put(QUESTION)
    busy(tab, "بسته می‌شود")
    tab.page.locator("#new-chat").click()
    expect(tab.page.locator("#welcome h2")).to_be_visible()
    expect(tab.page.locator("#bot .bot-row")).to_have_count(0)
    expect(tab.ask(QUESTION)).to_contain_text("سه ماه")
    assert tab.page.locator("#bot .user-row").count() == 1


def test_an_answer_under_way_cannot_be_doubled(writing: Served, model: ModelServer, visit: Visits) -> None:
    """While an answer comes, Enter sends nothing, and what was written stays."""
    model.script(Reply(pieces=[FIRST, "x"], hang=1))
    tab = visit(writing, language="fa")
    tab.put(QUESTION)
    busy(tab, "بسته می‌شود")
    tab.put(AGAIN)
    expect(tab.field).to_have_value(AGAIN)
    expect(tab.page.locator("#bot .user-row")).to_have_count(1)
    tab.page.locator("#stop").click()
    idle(tab)
    expect(tab.field).to_have_value(AGAIN)


# -- a model that fails -----------------------------------------------------------------------------------------------


def test_a_model_that_refuses_is_an_error_in_words(writing: Served, model: ModelServer, visit: Visits) -> None:
    """The error is said in the page's language, without the key; nothing hangs, the question stays, and asking again works."""
    tab = visit(writing, language="fa")
    for number, language in enumerate(("fa", "ar", "en")):
        tab.speak(language)
        model.script(Reply(status=401, error={"message": f"Incorrect API key provided: {model.key}", "code": "invalid_api_key"}))
        if number:
            tab.tool("retry").click()
        else:
            tab.put(QUESTION)
        expect(tab.page.locator("#bot .failed")).to_have_text(say("chat.error.ModelRejected", language))
        idle(tab)
        expect(tab.page.locator("#bot .user-row")).to_have_text(QUESTION)
        assert str(model.key) not in tab.page.content()
    model.script(Reply(pieces=[FIRST]))
    tab.tool("retry").click()
    expect(tab.chips).to_have_count(1)
    expect(tab.page.locator("#bot .failed")).to_have_count(0)


def test_a_model_that_is_away_leaves_quotes(writing: Served, model: ModelServer, visit: Visits) -> None:
    """The answer is made of quotations then, and says so."""
    model.always(Reply(status=500))
    tab = visit(writing, language="fa")
    answer = tab.ask(QUESTION)
    expect(answer.locator("blockquote").first).to_be_visible()
    expect(answer).to_contain_text("مدل زبانی پاسخی نداد")
    assert lights(tab, 0) in answer.inner_text()


def test_what_cannot_be_verified_is_not_shown(writing: Served, model: ModelServer, visit: Visits) -> None:
    """A sentence whose quote stands nowhere is left out, and how many were is said; a quote spelled otherwise is marked as such."""
    invented = line("شهردار استعفا داد.", "شهردار از سمت خود استعفا داد و رفت")
    model.script(Reply(pieces=[line("تعمیر پل سه ماه طول می‌کشد.", LASTS.replace("ی", "ي")), invented]), Reply('{"say": null}'))
    tab = visit(writing, language="fa")
    answer = tab.ask(QUESTION)
    expect(answer).not_to_contain_text("استعفا")
    expect(answer.locator(".note").last).to_have_text(wording.incomplete_note(1, "fa"))
    card = tab.cite(answer.locator("a.chip").first)
    expect(card.locator("mark")).to_have_text(LASTS)
    expect(card.locator(".badge")).to_have_attribute("data-match", "folded")
    expect(card.locator(".badge")).to_have_attribute("title", say("chat.folded-tip", "fa"))


def test_the_page_says_who_writes_and_what_it_cost(writing: Served, model: ModelServer, visit: Visits) -> None:
    """Model, host, tokens, requests and cost stand below the box, in local digits."""
    model.script(Reply(pieces=[FIRST], usage=(1_200, 34)))
    tab = visit(writing, language="fa")
    status = tab.page.locator("#status-line span")
    expect(status).to_have_text([say("chat.model", "fa", model="small"), say("chat.host", "fa", host=model.host)])
    tab.ask(QUESTION)
    expect(status).to_have_text(
        [
            say("chat.model", "fa", model="small"),
            say("chat.host", "fa", host=model.host),
            "توکن‌ها: ۱۲۰۰ ورودی، ۳۴ خروجی",
            "درخواست‌ها: ۱",
            "هزینه: ۰٫۰۰۲۶۷۲",
        ]
    )


# -- several people ---------------------------------------------------------------------------------------------------


def test_two_people_do_not_touch_each_other(writing: Served, model: ModelServer, visit: Visits) -> None:
    """While one's answer hangs, another gets theirs, errors or stops; the first goes on as if nobody else were there."""
    one, other = visit(writing, language="fa"), visit(writing, language="en")
    model.script(Reply(pieces=[FIRST, "x"], hang=1))
    one.put(QUESTION)
    busy(one, "بسته می‌شود")
    model.script(Reply(pieces=[SECOND]))
    other.ask(QUESTION)
    expect(other.chips).to_have_count(1)
    model.script(Reply(AGAIN), Reply(status=401, error={"message": "no", "code": "invalid_api_key"}))
    expect(other.ask(AGAIN).locator(".failed")).to_be_visible()
    model.script(Reply(AGAIN), Reply("x", hang=0))
    before = len(model.asked())
    other.tool("retry").click()
    asked(other, model, before + 2)
    other.page.locator("#stop").click()
    expect(other.page.locator("#send")).to_be_visible()
    busy(one, "بسته می‌شود")
    assert "سه ماه" not in one.page.locator("#bot").inner_text()
    model.script(Reply(AGAIN), Reply(pieces=[THIRD]))
    other.tool("retry").click()
    expect(other.chips).to_have_count(2)
    one.page.locator("#stop").click()
    idle(one)
    assert lights(one, 0) == CLOSED
    expect(other.chips).to_have_count(2)
    assert len({tab.page.evaluate("localStorage.getItem('sanad.history')") for tab in (one, other)}) == 2


def test_a_visitor_who_leaves_frees_the_model(writing: Served, model: ModelServer, visit: Visits) -> None:
    """Closing the tab breaks the model's request off, and another visitor's answer goes on."""
    one, other = visit(writing, language="fa"), visit(writing, language="fa")
    model.script(Reply(pieces=[FIRST, "x"], hang=1), Reply(pieces=[SECOND, "x"], hang=1))
    one.put(QUESTION)
    busy(one, "بسته می‌شود")
    other.put(QUESTION)
    busy(other, "سه ماه")
    left, stays = model.asked()
    one.page.close()
    assert left.broken_off.wait(45)
    busy(other, "سه ماه")
    assert not stays.broken_off.is_set()
    other.page.locator("#stop").click()
    idle(other)
