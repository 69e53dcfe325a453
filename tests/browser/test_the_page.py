"""The page before and around an answer: its language, its direction, a phone's width, the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_server import Served

from assistant.ui.strings import text as say
from browser.asked import ELSEWHERE, QUESTIONS
from browser.conftest import Serve, Visits
from browser.tab import Tab, expect

LANGUAGES = ["fa", "ar", "en"]
DIRECTIONS = {"fa": "rtl", "ar": "rtl", "en": "ltr"}


def speaks(tab: Tab, language: str) -> None:
    """The whole page is in that language, and runs its way."""
    page = tab.page
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("dir", DIRECTIONS[language])
    expect(page).to_have_title(say("chat.title", language))
    expect(tab.field).to_have_attribute("placeholder", say("chat.placeholder", language))
    expect(page.locator("#language")).to_have_value(language)
    expect(page.locator("#status-line")).to_have_text(say("chat.quotes-only", language))
    expect(page.locator("#welcome h2")).to_have_text(say("chat.hello", language))
    panel, talk = (page.locator(part).bounding_box() for part in ("#panel", "#talk"))
    assert panel
    assert talk
    assert (panel["x"] < talk["x"]) is (language != "en")


# -- language ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_the_browsers_language(seeds: Served, visit: Visits, language: str) -> None:
    """Language, direction, title, hints and mode are those of the browser; so is what the collection holds, in its digits."""
    tab = visit(seeds, language=language)
    speaks(tab, language)
    expect(tab.page.locator("#welcome .about")).to_contain_text({"fa": "۵", "ar": "٥", "en": "5"}[language])
    expect(tab.page.locator("#welcome .suggestion").first).to_be_visible()


@pytest.mark.parametrize(("browser_language", "shown"), [("fr-FR", "en"), ("ar-MA", "ar"), ("fa", "fa")])
def test_another_language_is_english(seeds: Served, visit: Visits, browser_language: str, shown: str) -> None:
    """Every country's Persian and Arabic are understood; whoever speaks none of the three is spoken to in English."""
    speaks(visit(seeds, language=browser_language), shown)


def test_the_address_may_name_a_language(seeds: Served, visit: Visits) -> None:
    """`?lang=fa` speaks Persian to an English browser."""
    speaks(visit(seeds, "?lang=fa", language="en"), "fa")


def test_a_language_that_was_chosen_stays(seeds: Served, visit: Visits) -> None:
    """Choosing one changes the whole page at once, without loading it anew, and holds for the next visit."""
    tab = visit(seeds, language="en")
    tab.page.evaluate("window.stillHere = true")
    for language in ("ar", "fa"):
        tab.speak(language)
        speaks(tab, language)
    assert tab.page.evaluate("window.stillHere")
    speaks(tab.reload(), "fa")


def test_an_answer_stays_in_its_language_when_the_page_changes(seeds: Served, visit: Visits) -> None:
    """What is around an answer speaks the new language, the answer's own words and digits stay."""
    tab = visit(seeds, language="fa")
    tab.ask(QUESTIONS["fa"])
    said = tab.page.locator("#bot .bot-row .prose").inner_text()
    tab.speak("en")
    assert tab.page.locator("#bot .bot-row .prose").inner_text() == said
    expect(tab.tool("sources")).to_have_text(say("chat.sources-count", "en", count=tab.chips.count()))
    expect(tab.chips.first).to_have_attribute("aria-label", f"Source 1: {tab.chips.first.get_attribute('title')}")
    expect(tab.page.locator("#panel h2")).to_have_text(say("chat.sources", "en"))


def test_dark_stays_dark(seeds: Served, visit: Visits) -> None:
    """The light that was chosen holds for the next visit, unless the address asks for another."""
    tab = visit(seeds, language="en")
    body, button = tab.page.locator("body"), tab.page.locator("#theme")
    light = tab.computed(body, "backgroundColor")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    tab.still()
    dark = tab.computed(body, "backgroundColor")
    tab.reload()
    assert (dark != light, tab.computed(body, "backgroundColor")) == (True, dark)
    tab.open("?__theme=light")
    assert tab.computed(body, "backgroundColor") == light


# -- direction --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fa", "en"])
def test_each_paragraph_runs_its_own_way(news: Served, visit: Visits, language: str) -> None:
    """A Persian sentence that begins with a Latin word runs from the right, an English quote from the left, in any interface."""
    tab = visit(news, language=language)
    tab.ask("OpenAI در این خبرها چه مدلی را معرفی کرد؟")
    begun = tab.page.locator("#bot .user-row p")
    expect(begun).to_have_text("OpenAI در این خبرها چه مدلی را معرفی کرد؟")
    persian = tab.page.locator("#bot .bot-row blockquote", has_text="OpenAI در این خبرها").first
    assert [tab.computed(place, "direction") for place in (begun, persian, persian.locator("p"))] == ["rtl"] * 3
    tab.ask("What did the ferry company say about winter timetables?")
    english = tab.page.locator("#bot .bot-row blockquote", has_text="timetable").first
    assert [tab.computed(place, "direction") for place in (english, english.locator("p"))] == ["ltr"] * 2
    assert tab.computed(english, "textAlign") == "start"
    card = tab.cite(english.locator("a"))
    assert [tab.computed(card.locator(part), "direction") for part in ("blockquote", "h3")] == ["ltr"] * 2


def test_what_one_writes_runs_its_own_way(seeds: Served, visit: Visits) -> None:
    """The box follows the letters in it, and an empty one the page."""
    tab = visit(seeds, language="fa")
    for written, direction in [("Who met Shamkhani?", "ltr"), ("OpenAI چه گفت؟", "rtl"), ("", "rtl"), ("12", "rtl")]:
        tab.field.fill(written)
        assert tab.computed(tab.field, "direction") == direction


def test_a_list_of_headlines_runs_their_way(seeds: Served, visit: Visits) -> None:
    """The nearest Persian headlines under an English refusal run from the right."""
    tab = visit(seeds, language="en")
    answer = tab.ask(ELSEWHERE)
    assert tab.computed(answer.locator("ul").first, "direction") == "rtl"
    assert tab.computed(answer.locator("p", has_text="not in the articles"), "direction") == "ltr"


# -- a phone ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_shows_everything(seeds: Served, visit: Visits, language: str) -> None:
    """At 390 pixels nothing hangs over the side: empty, answered, refused, filters open, the collection, an article."""
    tab = visit(seeds, language=language, phone=True)
    seen = {"empty": tab.fits()}
    tab.ask(QUESTIONS[language])
    seen["answered"] = tab.fits()
    tab.ask(ELSEWHERE)
    seen["refused"] = tab.fits()
    tab.page.locator('[aria-controls="filters"]').click()
    expect(tab.page.locator("#filters")).to_be_visible()
    seen["filters"] = tab.fits()
    tab.collection().first.locator(".collection-open").click()
    seen["collection"] = tab.fits()
    expect(tab.reader.locator(".reader-text")).to_be_visible()
    seen["article"] = tab.fits()
    assert seen == dict.fromkeys(seen, True)


@pytest.mark.parametrize("language", ["fa", "ar"])
def test_a_number_stands_on_the_line_where_its_sentence_ends(seeds: Served, visit: Visits, language: str) -> None:
    """However wide the window is, none of them begins a line."""
    tab = visit(seeds, language=language, phone=True)
    tab.ask(QUESTIONS[language])
    alone = """(chips) => chips.filter((chip) => {
        const words = document.createRange();
        words.selectNodeContents(chip.previousElementSibling);
        const [chipBox, lastLine] = [chip.getBoundingClientRect(), [...words.getClientRects()].at(-1)];
        return chipBox.top > lastLine.bottom || chipBox.bottom < lastLine.top;
    }).length"""
    for width in range(320, 420, 7):
        tab.page.set_viewport_size({"width": width, "height": 800})
        assert (width, tab.chips.evaluate_all(alone)) == (width, 0)


@pytest.mark.parametrize("language", ["fa", "en"])
def test_sources_are_a_sheet_on_a_phone(seeds: Served, visit: Visits, language: str) -> None:
    """A number opens the sheet with its card lit, over a page that is out of reach; Escape gives the number the focus back."""
    tab = visit(seeds, language=language, phone=True)
    tab.ask(QUESTIONS["fa"])
    panel, chip = tab.page.locator("#panel"), tab.chips.nth(1)
    expect(panel).to_be_hidden()
    card = tab.cite(chip)
    expect(panel).to_be_visible()
    expect(panel).to_have_attribute("role", "dialog")
    expect(card).to_be_in_viewport()
    expect(card).to_be_focused()
    assert tab.page.evaluate("document.querySelector('#talk').inert && document.querySelector('#top').inert")
    assert tab.fits()
    box = panel.bounding_box()
    assert box
    assert (box["width"], box["y"] + box["height"], box["height"] <= 0.71 * 800) == (390, 800, True)
    tab.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(chip).to_be_focused()
    tab.cite(chip)
    panel.locator(".close").click()
    expect(panel).to_be_hidden()
    expect(chip).to_be_focused()
    tab.tool("sources").click()
    expect(panel).to_be_visible()
    tab.page.mouse.click(195, 100)
    expect(panel).to_be_hidden()


# -- the keyboard -----------------------------------------------------------------------------------------------------


def test_the_keyboard_is_enough(seeds: Served, visit: Visits) -> None:
    """Shift+Enter begins a line and Enter sends; Tab leads to a number and Enter lights its card; `/` goes back to the question."""
    tab = visit(seeds, language="en")
    keyboard = tab.page.keyboard
    expect(tab.field).to_be_focused()
    keyboard.type("Where was Ali Mamlouk's first trip")
    keyboard.press("Shift+Enter")
    keyboard.type("outside Syria in five years?")
    expect(tab.field).to_have_value("Where was Ali Mamlouk's first trip\noutside Syria in five years?")
    keyboard.press("Enter")
    tab.answer()
    expect(tab.field).to_have_value("")
    expect(tab.field).to_be_focused()
    expect(tab.page.locator("#bot .suggestion").first).to_be_visible()  # they come later, and draw the row anew
    tabbed(tab, "Shift+Tab", '#bot a[href^="#cite-"]')
    number = (tab.page.evaluate("document.activeElement.getAttribute('href')")).rpartition("-")[2]
    keyboard.press("Enter")
    tab.lit(number)
    keyboard.press("/")
    expect(tab.field).to_be_focused()
    expect(tab.field).to_have_value("")


def test_every_part_is_reached_with_tab(seeds: Served, visit: Visits) -> None:
    """Tab alone leads through the bar, the numbers, the tools, the question and the sources, where Enter opens the article."""
    tab = visit(seeds, language="fa")
    tab.ask(QUESTIONS["fa"])
    expect(tab.page.locator("#bot .suggestion").first).to_be_visible()
    tab.page.locator("#top .skip").focus()
    for stop in (
        "#nav-chat",
        "#nav-collection",
        "#new-chat",
        "#language",
        "#theme",
        "#bot a.chip",
        '[data-tool="copy"]',
        '[data-tool="like"]',
        '[data-tool="dislike"]',
        ".suggestion",
        "#question textarea",
        "#send",
        '[aria-controls="filters"]',
        "#answer-language",
        "#panel .links button",
    ):
        tabbed(tab, "Tab", stop)
    tab.page.keyboard.press("Enter")
    expect(tab.reader.locator("mark")).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(tab.reader).to_have_count(0)
    assert tab.page.evaluate("document.activeElement.matches('#panel .links button')")


def test_skipping_leads_to_the_question(seeds: Served, visit: Visits) -> None:
    """The first link of the page leads past the bar, from the collection too."""
    tab = visit(seeds, language="ar")
    tab.collection()
    tab.page.locator("#top .skip").focus()
    tab.page.keyboard.press("Enter")
    expect(tab.field).to_be_focused()


def tabbed(tab: Tab, key: str, selector: str) -> None:
    """Press the key until what has the focus is that."""
    passed = []
    for _ in range(40):
        tab.page.keyboard.press(key)
        if tab.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        passed.append(tab.page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
    pytest.fail(f"{selector} is not reached with {key}, only {passed}")


# -- a password -------------------------------------------------------------------------------------------------------


def test_a_page_behind_a_password(seeds_library: Path, serve: Serve, visit: Visits) -> None:
    """Once a browser has the password, everything works as without one; after a reload too."""
    password = "سلام دنیا"
    with serve(seeds_library, password=password) as page:
        assert page.client.get("/").status_code == 401
        tab = visit(page, language="fa", http_credentials={"username": "anyone", "password": password})
        assert tab.ask(QUESTIONS["fa"]).locator("a.chip").count() > 0
        expect(tab.collection()).to_have_count(5)
        tab.reload()
        tab.answer()
        visit.close()
