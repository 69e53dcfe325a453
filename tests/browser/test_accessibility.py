"""Every state of the page, in three languages, light and dark, wide and narrow, is one that everybody can use: axe-core says so."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_server import Served

from browser.asked import ELSEWHERE, QUESTIONS
from browser.conftest import Visits
from browser.tab import Tab, expect

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
LANGUAGES = ["fa", "ar", "en"]


class Judge:
    """Gathers what axe-core finds wrong in light and in dark, by the state the page was in."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self.found: dict[str, list[str]] = {}

    def __call__(self, state: str) -> None:
        for light in ("light", "dark"):
            self._tab.page.evaluate("(dark) => document.body.classList.toggle('dark', dark)", light == "dark")
            self._tab.still()
            options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
            for wrong in Axe().run(self._tab.page, options=options).response["violations"]:
                places = [f"{wrong['id']}: {node['html'][:160]} {node['failureSummary'][:300]}" for node in wrong["nodes"]]
                self.found.setdefault(f"{state}, {light}", []).extend(places)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_use_it(own_seeds: Served, visit: Visits, language: str) -> None:
    """Empty, filters open, answered, a card lit, refused, the collection, asked before removing, an article."""
    tab = visit(own_seeds, language=language)
    judge, page = Judge(tab), tab.page
    expect(page.locator("#welcome .suggestion").first).to_be_visible()
    judge("empty")
    page.locator('[aria-controls="filters"]').click()
    page.locator("#day-since").fill("no day")
    expect(page.locator("#reading-since")).not_to_be_empty()
    judge("filters")
    page.locator("#filters > .quiet").click()
    tab.ask(QUESTIONS[language])
    expect(page.locator("#bot .suggestion").first).to_be_visible()
    judge("answered")
    tab.cite(tab.chips.first)
    tab.tool("like").click()
    expect(page.locator("#bot .include")).to_be_visible()
    judge("a card lit, voted on")
    tab.ask(ELSEWHERE)
    judge("refused")
    tab.collection().first.locator(".collection-open").click()
    expect(tab.reader.locator(".reader-text")).to_be_visible()
    judge("article")
    page.keyboard.press("Escape")
    judge("collection")
    page.locator("#collection .of-remove button").first.click()
    expect(page.locator("#confirm-remove")).to_be_visible()
    judge("removing")
    assert judge.found == {}


@pytest.mark.parametrize("language", ["fa", "en"])
def test_everybody_can_use_it_on_a_phone(seeds: Served, visit: Visits, language: str) -> None:
    """Answered, the sheet of sources open, the article with its quote lit, the collection."""
    tab = visit(seeds, language=language, phone=True)
    judge, page = Judge(tab), tab.page
    tab.ask(QUESTIONS[language])
    judge("answered")
    card = tab.cite(tab.chips.first)
    judge("sheet")
    card.locator(".links button").first.click()
    expect(tab.reader.locator("mark")).to_be_visible()
    judge("article")
    page.keyboard.press("Escape")
    page.locator("#panel .close").click()
    expect(tab.collection().first).to_be_visible()
    judge("collection")
    assert judge.found == {}
