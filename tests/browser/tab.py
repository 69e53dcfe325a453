"""The page as a person meets it: one tab of a browser, what one does in it, and what one sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import pytest

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Locator, Page, Request, WebError, expect

__all__ = ["DESK", "LOCALES", "PHONE", "Locator", "Tab", "Watch", "expect"]

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 800}
LOCALES = {"fa": "fa-IR", "ar": "ar-EG", "en": "en-US"}


@dataclass(frozen=True)
class Tab:
    """One tab on the page at `url`."""

    page: Page
    url: str

    def open(self, query: str = "") -> Self:
        """Load the page and wait until one can write in it."""
        self.page.goto(f"{self.url}/{query}")
        return self.ready()

    def reload(self) -> Self:
        self.page.reload()
        return self.ready()

    def ready(self) -> Self:
        expect(self.page.locator("body.ready")).to_be_attached()
        expect(self.field).to_be_editable()
        return self

    # -- asking -----------------------------------------------------------------------------------------------------------

    @property
    def field(self) -> Locator:
        """Where the question is written."""
        return self.page.locator("#question textarea")

    def put(self, question: str) -> None:
        """Write the question and send it; the answer is not waited for."""
        self.field.fill(question)
        self.field.press("Enter")

    def ask(self, question: str) -> Locator:
        """The whole answer to the question."""
        number = self.page.locator("#bot .bot-row").count() + 1
        self.put(question)
        return self.answer(number)

    def answer(self, number: int = 1) -> Locator:
        """The last answer, once it is whole and there are so many in all."""
        rows = self.page.locator("#bot .bot-row")
        expect(rows).to_have_count(number)
        expect(rows.last.locator(".foot")).to_be_attached()
        expect(self.page.locator("#send")).to_be_visible()
        return rows.last

    def tool(self, name: str) -> Locator:
        """A button below the last answer: sources, copy, retry, edit, like, dislike."""
        return self.page.locator(f'#bot .bot-row >> nth=-1 >> [data-tool="{name}"]')

    # -- sources ----------------------------------------------------------------------------------------------------------

    @property
    def chips(self) -> Locator:
        """The numbers in all answers."""
        return self.page.locator('#bot a[href^="#cite-"]')

    def cite(self, chip: Locator) -> Locator:
        """Touch a number; the card it lights."""
        number = (chip.get_attribute("href") or "").rpartition("-")[2]
        chip.click()
        return self.lit(number)

    def lit(self, number: str) -> Locator:
        """The card of that number, once it is the one that is lit."""
        card = self.page.locator("#panel .card.on")
        expect(card).to_have_attribute("data-cite", number)
        return card

    # -- the collection ---------------------------------------------------------------------------------------------------

    def collection(self) -> Locator:
        """Its rows, once the list is there."""
        self.page.locator("#nav-collection").click()
        expect(self.page.locator("#collection .collection-list")).to_have_attribute("aria-busy", "false")
        return self.page.locator("#collection [data-article]")

    @property
    def reader(self) -> Locator:
        """The reading view."""
        return self.page.locator("#reader[open]")

    # -- how it looks -----------------------------------------------------------------------------------------------------

    def speak(self, language: str) -> None:
        """Choose the language of the page."""
        self.page.locator("#language").select_option(language)
        expect(self.page.locator("html")).to_have_attribute("lang", language)

    def computed(self, place: Locator, name: str) -> str:
        """A style as the browser has worked it out."""
        return str(place.evaluate("(element, name) => getComputedStyle(element)[name]", name))

    def still(self) -> None:
        """Wait until nothing moves or changes its colour any more."""
        self.page.evaluate(
            """async () => {
                for (let still = 0; still < 3; still = document.getAnimations().length ? 0 : still + 1) {
                    await new Promise(requestAnimationFrame);
                }
            }"""
        )

    def fits(self) -> bool:
        """Whether nothing reaches beyond the side of the window."""
        return bool(self.page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) <= innerWidth"))


class Watch:
    """Notes what a page must not do: ask another host for anything, complain on the console, fail, open dialogs or windows."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.asked: list[str] = []
        self.allowed: list[str] = []  # beginnings of complaints that a test expects
        self._faults: list[str] = []
        self._home = urlsplit(url).netloc
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", self._failed)
        context.on("dialog", self._dialog)
        context.on("page", self._page)
        self._pages = 0

    @property
    def faults(self) -> list[str]:
        """What should not have been."""
        return [fault for fault in self._faults if not any(fault.startswith(known) for known in self.allowed)]

    def elsewhere(self) -> Iterator[str]:
        """Requests to anywhere but the page's own server."""
        for url in self.asked:
            parts = urlsplit(url)
            if parts.scheme not in ("data", "blob") and parts.netloc != self._home:
                yield url

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._faults.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _failed(self, error: WebError) -> None:
        self._faults.append(f"exception: {error.error}")

    def _dialog(self, dialog: Dialog) -> None:
        self._faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _page(self, page: Page) -> None:
        self._pages += 1
        if self._pages > 1:
            self._faults.append(f"window: {page.url}")
        page.on("crash", lambda _: self._faults.append("crash"))
        page.on("websocket", lambda socket: self.asked.append(socket.url))
