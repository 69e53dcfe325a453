"""The conversation is the browser's own: it outlasts the page, the server, and the articles it rests on."""

from __future__ import annotations

from pathlib import Path

from page_server import Served

from assistant.ui.strings import text as say
from browser.asked import FACTS, QUESTIONS
from browser.conftest import Serve, Visits
from browser.tab import Tab, expect


def conversation(tab: Tab) -> list[str]:
    """What was asked and answered, word for word."""
    return tab.page.locator("#bot .user-row .prose, #bot .bot-row .prose").all_inner_texts()


def test_a_conversation_outlasts_the_page(seeds: Served, visit: Visits) -> None:
    """Loaded anew, the page shows the same words, whose numbers light the same quotes; one can go on from there."""
    tab = visit(seeds, language="fa")
    tab.ask(QUESTIONS["fa"])
    tab.ask(QUESTIONS["ar"])
    said, quote = conversation(tab), tab.cite(tab.chips.last).locator("mark").inner_text()
    tab.reload()
    tab.answer(2)
    assert conversation(tab) == said
    assert tab.cite(tab.chips.last).locator("mark").inner_text() == quote
    assert FACTS["fa"][0] in tab.cite(tab.chips.nth(1)).locator("mark").inner_text()
    tab.ask(QUESTIONS["en"])
    assert conversation(tab)[:4] == said


def test_a_conversation_outlasts_the_server(seeds_library: Path, serve: Serve, visit: Visits) -> None:
    """After a restart, a page that stayed open goes on, and one that is loaded anew shows what was said."""
    with serve(seeds_library) as before:
        tab = visit(before, language="fa")
        tab.ask(QUESTIONS["fa"])
        said = conversation(tab)
    visit.allow("error: Failed to load resource", "error: Error in parsing", "error: TypeError: ", "error: Method not implemented")
    with serve(seeds_library, port=before.port) as after:
        assert after.url == before.url
        tab.ask(QUESTIONS["ar"])
        assert conversation(tab)[:2] == said
        tab.reload()
        tab.answer(2)
        assert conversation(tab)[:2] == said
        assert FACTS["fa"][0] in tab.cite(tab.chips.nth(1)).locator("mark").inner_text()
        visit.close()


def test_a_new_conversation_forgets_the_old_one(seeds: Served, visit: Visits) -> None:
    """Nothing of it is left in the browser, and the first view is back."""
    tab = visit(seeds, language="en")
    tab.ask(QUESTIONS["en"])
    assert len(tab.page.evaluate("JSON.parse(localStorage.getItem('sanad.history'))")) == 1
    tab.page.locator("#new-chat").click()
    expect(tab.page.locator("#welcome h2")).to_be_visible()
    expect(tab.page.locator("#bot .bot-row")).to_have_count(0)
    expect(tab.field).to_be_focused()
    expect(tab.page.locator("#panel .card")).to_have_count(0)
    assert tab.page.evaluate("localStorage.getItem('sanad.history')") == "[]"
    tab.reload()
    expect(tab.page.locator("#welcome h2")).to_be_visible()


def test_what_was_forged_in_the_browser_is_not_shown(seeds: Served, visit: Visits) -> None:
    """A conversation that this server did not seal is not there, and does not stand in the way of a question."""
    tab = visit(seeds, language="en")
    tab.ask(QUESTIONS["en"])
    tab.page.evaluate(
        """() => {
            const [token] = JSON.parse(localStorage.getItem('sanad.history'));
            const other = token.slice(0, 40) + (token[40] === 'A' ? 'B' : 'A') + token.slice(41);
            localStorage.setItem('sanad.history', JSON.stringify([other, 'x', '<img src=x>', '']));
        }"""
    )
    tab.reload()
    expect(tab.page.locator("#welcome h2")).to_be_visible()
    expect(tab.page.locator("#bot .bot-row")).to_have_count(0)
    tab.ask(QUESTIONS["fa"])


def test_quotes_of_an_article_that_has_left_are_not_shown(own_seeds: Served, visit: Visits) -> None:
    """Once its article is removed, what rested on it is gone from the conversation too, and that is said."""
    tab = visit(own_seeds, language="fa")
    tab.ask(QUESTIONS["ar"])
    quote = tab.cite(tab.chips.first).locator("mark").inner_text()
    cited = [source.article_id for source in own_seeds.assistant.articles() if source.language == "ar"]
    own_seeds.assistant.remove(cited)
    tab.reload()
    answer = tab.answer()
    expect(answer).to_contain_text(say("chat.gone", "ar"))
    assert quote not in tab.page.locator("body").inner_text()
