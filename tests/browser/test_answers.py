"""Answers without a model: their numbers, the quotes that these light, refusals, filters, copying, votes."""

from __future__ import annotations

import json
import re
import stat

import pytest
from page_server import Served

from assistant import wording
from assistant.ui.strings import text as say
from browser.asked import ELSEWHERE, FACTS, QUESTIONS
from browser.conftest import Visits
from browser.tab import Locator, Tab, expect

LANGUAGES = ["fa", "ar", "en"]


def quotes(tab: Tab) -> list[str]:
    """What every number of the last answer lights, each checked: its card, its mark, the address unchanged."""
    where = tab.page.url
    lit = []
    for chip in tab.page.locator("#bot .bot-row >> nth=-1 >> a.chip").all():
        card = tab.cite(chip)
        expect(card).to_be_in_viewport()
        lit.append(card.locator("mark").inner_text())
    assert tab.page.url == where
    return lit


def slices(page: Served, tab: Tab) -> list[str]:
    """The quotes of all cards, as the articles that the cards open have them."""
    found = []
    for card in tab.page.locator("#panel .card").all():
        card.locator(".links button").first.click()
        marks = tab.reader.locator("mark")
        expect(marks.first).to_be_visible()
        lit = "\n".join(marks.all_inner_texts())
        title = tab.reader.locator("#reader-title").inner_text()
        texts = [page.assistant.article(source.article_id).text for source in page.assistant.articles()]
        assert any(lit in text for text in texts), (title, lit)
        tab.page.keyboard.press("Escape")
        expect(tab.reader).to_have_count(0)
        found.append(lit)
    return found


@pytest.mark.parametrize(("language", "query"), [("fa", ""), ("ar", "?__theme=dark"), ("en", "?lang=en")], ids=LANGUAGES)
def test_the_seeds_answer(seeds: Served, visit: Visits, language: str, query: str) -> None:
    """A question that is typed gets numbers in its own digits, named by their sources, each of which lights its exact quote."""
    tab = visit(seeds, query, language=language)
    tab.page.evaluate("window.stillHere = true")
    tab.field.press_sequentially(QUESTIONS[language])
    tab.field.press("Enter")
    answer = tab.answer()
    expect(tab.page.locator("#bot .user-row")).to_have_text(QUESTIONS[language])
    chips = answer.locator('a[href^="#cite-"]').all()
    assert [chip.inner_text() for chip in chips] == [wording.digits(number, language) for number in range(1, len(chips) + 1)]
    for number, chip in enumerate(chips, start=1):
        name = say("chat.source-chip", language, number=number, title=chip.get_attribute("title") or "")
        assert (chip.get_attribute("aria-label"), chip.get_attribute("target")) == (name, None)
    lit = quotes(tab)
    assert any(fact in quote for fact in FACTS[language] for quote in lit), lit
    cards = tab.page.locator("#panel .card")
    assert len(lit) == len(set(lit)) == cards.count()
    assert slices(seeds, tab) == lit
    assert cards.locator(".badge").evaluate_all("badges => badges.map((badge) => badge.dataset.match)") == ["exact"] * len(lit)
    assert [words for words in lit if words not in answer.inner_text()] == []
    assert tab.page.evaluate("window.stillHere")


def test_a_card_tells_of_its_article(news: Served, visit: Visits) -> None:
    """Title, outlet, day and language stand above the quote inside its surroundings; its original opens elsewhere, unreferred."""
    tab = visit(news, language="en")
    answer = tab.ask("What did the ferry company say about winter timetables?")
    card = tab.cite(answer.locator("a.chip").first)
    expect(card.locator("h3")).to_have_text("Ferries keep to the winter timetable")
    expect(card.locator(".about bdi")).to_have_text(["Harbour Post", "2 November 2024", "English"])
    expect(card.locator("blockquote")).to_contain_text("Two of its five boats are being repaired in the harbour.")
    expect(card.locator("mark")).to_have_text(re.compile("^The ferry company said .* the end of March.$"))
    original = card.locator("a[href]")
    assert original.get_attribute("rel") == "noopener noreferrer nofollow"
    begun = "https://harbour.example/2024/11/ferries#:~:text=The%20ferry%20company%20said,"
    assert (original.get_attribute("href") or "").startswith(begun)
    tab.speak("fa")
    expect(card.locator(".about bdi")).to_have_text(["Harbour Post", "۱۲ آبان ۱۴۰۳", "انگلیسی"])
    tab.speak("ar")
    expect(card.locator(".about bdi")).to_have_text(["Harbour Post", "٢ نوفمبر ٢٠٢٤", "الإنجليزية"])


def test_the_whole_article_opens_at_the_quote(seeds: Served, visit: Visits) -> None:
    """The reading view shows the whole text with the quote lit and in sight, and what is no part of the article greyed."""
    tab = visit(seeds, language="fa")
    tab.ask("روحانی و پوتین درباره چه چیزی تلفنی گفتوگو کردند؟")
    card = tab.page.locator("#panel .card", has_text="روحانی و پوتین یک بار دیگر تلفنی").first
    quote = card.locator("mark").inner_text()
    card.locator(".links button").first.click()
    mark = tab.reader.locator("mark")
    expect(mark).to_have_text(quote)
    expect(mark).to_be_in_viewport()
    expect(tab.reader.locator(".boilerplate", has_text="لینکهای قابلیت دسترسی")).to_be_attached()
    expect(tab.reader.locator(".reader-text")).to_contain_text("کاخ ریاست جمهوری روسیه")
    opener = card.locator(".links button").first
    tab.reader.locator("#reader-close").click()
    expect(tab.reader).to_have_count(0)
    expect(opener).to_be_focused()


# -- what is not there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("fa", "قیمت بنزین در ژاپن چقدر است؟"),
        ("ar", "من فاز بكأس العالم لكرة القدم؟"),
        ("en", ELSEWHERE),
    ],
    ids=LANGUAGES,
)
def test_what_the_articles_do_not_say_is_refused(seeds: Served, visit: Visits, language: str, question: str) -> None:
    """It is said in the question's language without any number; the nearest headlines are offered as not cited, and open."""
    tab = visit(seeds, language=language)
    answer = tab.ask(question)
    expect(answer.locator(".refusal")).to_have_text(wording.not_found(language))
    expect(tab.chips).to_have_count(0)
    headlines = answer.locator('a[href^="#near-"]')
    expect(headlines.first).to_be_visible()
    known = {source.title for source in seeds.assistant.articles() if source.title}
    texts = [" ".join(seeds.assistant.article(source.article_id).text.split()) for source in seeds.assistant.articles()]
    shown = headlines.all_inner_texts()
    strange = [headline for headline in shown if headline not in known and not any(headline.rstrip("…") in text for text in texts)]
    assert strange == []
    expect(tab.page.locator("#panel h2")).to_have_text(say("chat.nearest", language))
    expect(tab.page.locator("#panel .not-cited")).to_have_text(say("chat.not-cited", language))
    expect(tab.page.locator("#panel mark")).to_have_count(0)
    where = tab.page.url
    named = next(place for place, headline in enumerate(shown) if headline in known)
    headlines.nth(named).click()
    expect(tab.reader.locator("#reader-title")).to_have_text(shown[named])
    expect(tab.reader.locator("mark")).to_have_count(0)
    assert tab.page.url == where


def test_a_question_that_is_too_long_is_not_sent(seeds: Served, visit: Visits) -> None:
    """More than four thousand characters are refused beside the box, with the limit in local digits; the question stays there."""
    tab = visit(seeds, language="fa")
    question = "پرسش " * 801
    for language, limit in {"fa": "۴۰۰۰", "ar": "٤٠٠٠", "en": "4000"}.items():
        tab.speak(language)
        tab.put(question)
        expect(tab.page.locator("#composer .complaint")).to_contain_text(limit)
        expect(tab.field).to_have_value(question)
    expect(tab.page.locator("#bot .user-row")).to_have_count(0)


# -- filters ----------------------------------------------------------------------------------------------------------

BRIDGE = "شهردار دربارهٔ پل رودخانه چه گفت؟"


def outlets(answer: Locator, tab: Tab) -> set[str]:
    """The outlets that an answer cites."""
    return {tab.cite(chip).locator(".about bdi").first.inner_text() for chip in answer.locator("a.chip").all()}


def filters(tab: Tab) -> Locator:
    """The filters, opened; the chat puts them away when a question is sent."""
    toggle = tab.page.locator('[aria-controls="filters"]')
    if toggle.get_attribute("aria-expanded") != "true":
        toggle.click()
    return tab.page.locator("#filters")


def test_filters_restrict_what_answers(news: Served, visit: Visits) -> None:
    """An outlet, a span of days in the reader's calendar, or a language: only such articles answer, and their number is shown."""
    tab = visit(news, language="fa")
    page, toggle = tab.page, tab.page.locator('[aria-controls="filters"]')
    both = {"فناوری امروز", "روزنامهٔ رود"}
    assert outlets(tab.ask(BRIDGE), tab) == both
    filters(tab).locator('input[value="روزنامهٔ رود"]').check()
    expect(toggle).to_have_attribute("aria-label", say("chat.filters-set", "fa", count=1))
    assert outlets(tab.ask(BRIDGE), tab) == {"روزنامهٔ رود"}
    filters(tab).locator('input[value="روزنامهٔ رود"]').uncheck()
    page.locator("#day-until").fill("۱۴۰۰/۱/۱")
    expect(page.locator("#reading-until")).to_have_text("۱ فروردین ۱۴۰۰ (۲۱ مارس ۲۰۲۱)")
    assert outlets(tab.ask(BRIDGE), tab) == {"فناوری امروز"}
    filters(tab).locator("#day-since").fill("25 March 2021")
    expect(page.locator("#days-note")).to_have_text(say("chat.days-crossed", "fa"))
    tab.put(BRIDGE)
    expect(tab.field).to_have_value(BRIDGE)
    filters(tab).locator("> .quiet").click()
    expect(toggle).to_have_attribute("aria-label", say("chat.filters", "fa"))
    assert outlets(tab.ask(BRIDGE), tab) == both
    filters(tab).locator('input[value="en"]').check()
    expect(tab.ask(BRIDGE).locator(".refusal")).to_be_visible()


def test_a_day_that_is_none_is_not_sent(news: Served, visit: Visits) -> None:
    """A day that cannot be read is said to be so beside it, and the filters open when one asks all the same."""
    tab = visit(news, language="en")
    toggle = tab.page.locator('[aria-controls="filters"]')
    toggle.click()
    tab.page.locator("#day-since").fill("yesterdayish")
    expect(tab.page.locator("#reading-since")).to_have_text(say("chat.day-unread", "en"))
    toggle.click()
    expect(tab.page.locator("#filters")).to_be_hidden()
    tab.put("What about the ferries?")
    expect(tab.page.locator("#filters")).to_be_visible()
    expect(tab.page.locator("#bot .user-row")).to_have_count(0)


def test_the_language_of_answers_can_be_pinned(seeds: Served, visit: Visits) -> None:
    """Whatever the question's language, the answer's own words and digits are in the one that was chosen."""
    tab = visit(seeds, language="fa")
    for pinned, asked, digit, direction in [("ar", "fa", "١", "rtl"), ("en", "fa", "1", "ltr"), ("fa", "en", "۱", "rtl")]:
        tab.page.locator("#answer-language").select_option(pinned)
        answer = tab.ask(QUESTIONS[asked])
        expect(answer.locator("a.chip").first).to_have_text(digit)
        expect(answer.locator(".frame").first).to_have_attribute("lang", pinned)
        expect(answer.locator(".frame").first).to_have_attribute("dir", direction)
    tab.page.locator("#answer-language").select_option("auto")
    expect(tab.ask(QUESTIONS["ar"]).locator(".frame").first).to_have_attribute("lang", "ar")


# -- what one does with an answer -------------------------------------------------------------------------------------


def test_an_answer_is_copied_with_its_references(news: Served, visit: Visits) -> None:
    """The clipboard gets words, `[1]` marks and a list of sources with their addresses, and none of the page's own links."""
    tab = visit(news, language="en", permissions=["clipboard-read", "clipboard-write"])
    answer = tab.ask("What did the ferry company say about winter timetables?")
    quote = tab.cite(answer.locator("a.chip").first).locator("mark").inner_text()
    tab.tool("copy").click()
    expect(answer.locator(".said")).to_have_text("Copied")
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert "#cite" not in copied
    assert f"“{quote}” [1]" in copied
    _said, _, listed = copied.partition("\n[1] ")
    assert listed.splitlines()[:2] == [
        "“Ferries keep to the winter timetable”, Harbour Post, 2 November 2024",
        "    https://harbour.example/2024/11/ferries",
    ]


def test_asking_again_and_editing(seeds: Served, visit: Visits) -> None:
    """The last question can be asked again, or changed; either way its answer takes the old one's place."""
    tab = visit(seeds, language="fa")
    tab.ask(QUESTIONS["en"])
    tab.ask(QUESTIONS["fa"])
    first = tab.chips.last.get_attribute("href")
    tab.tool("retry").click()
    expect(tab.chips.last).not_to_have_attribute("href", first or "")
    tab.answer(2)
    tab.tool("edit").click()
    expect(tab.field).to_have_value(QUESTIONS["fa"])
    expect(tab.field).to_be_focused()
    tab.field.press("Escape")
    expect(tab.field).to_have_value("")
    tab.tool("edit").click()
    tab.put(QUESTIONS["ar"])
    expect(tab.page.locator("#bot .user-row").last).to_have_text(QUESTIONS["ar"])
    tab.answer(2)
    expect(tab.page.locator("#bot .user-row")).to_have_text([QUESTIONS["en"], QUESTIONS["ar"]])
    assert any(FACTS["ar"][0] in quote for quote in quotes(tab))


def test_suggestions_are_questions_with_an_answer(seeds: Served, visit: Visits) -> None:
    """Those of the first view and those below an answer are asked with one touch, and find something."""
    tab = visit(seeds, language="ar")
    first = tab.page.locator("#welcome .suggestion").first
    question = first.inner_text()
    first.click()
    expect(tab.page.locator("#bot .user-row")).to_have_text(question)
    expect(tab.answer().locator("a.chip").first).to_be_visible()
    following = tab.page.locator("#bot .suggestion").first
    question = following.inner_text()
    following.click()
    expect(tab.page.locator("#bot .user-row").last).to_have_text(question)
    expect(tab.answer(2).locator("a.chip").first).to_be_visible()


def test_a_vote_holds_no_text_unless_it_is_ticked(own_seeds: Served, visit: Visits) -> None:
    """A vote is written down in the library's folder for its owner only: digests, and the words once the box is ticked."""
    tab = visit(own_seeds, language="fa")
    answer = tab.ask(QUESTIONS["fa"])
    votes = own_seeds.assistant.folder / "feedback.jsonl"
    expect(answer.locator(".include")).to_have_count(0)
    tab.tool("like").click()
    expect(answer.locator(".said")).to_have_text(say("chat.thanks", "fa"))
    expect(tab.tool("like")).to_have_attribute("aria-pressed", "true")
    (liked,) = map(json.loads, votes.read_text(encoding="utf-8").splitlines())
    assert (liked["vote"], len(liked["question_digest"]), len(liked["answer_digest"])) == ("like", 64, 64)
    assert QUESTIONS["fa"] not in json.dumps(liked, ensure_ascii=False)
    assert not {"question", "answer"} & liked.keys()
    assert stat.S_IMODE(votes.stat().st_mode) == 0o600
    tab.tool("dislike").click()
    expect(tab.tool("dislike")).to_have_attribute("aria-pressed", "true")
    answer.locator(".include input").click()
    expect(answer.locator(".include input")).to_be_checked()
    expect(answer.locator(".include input")).to_be_disabled()
    noted = [json.loads(line) for line in votes.read_text(encoding="utf-8").splitlines()]
    assert [(vote["vote"], vote.get("question")) for vote in noted] == [
        ("like", None),
        ("dislike", None),
        ("dislike", QUESTIONS["fa"]),
    ]
    assert tab.cite(tab.chips.first).locator("mark").inner_text() in noted[-1]["answer"]
