"""Texts that would act if a browser took them for more than words: in articles, answers, questions, names. None of them does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from model_server import ModelServer, gullible
from test_with_a_model import INJECTIONS, QUESTIONS, TEXTS, outside

from assistant.pipeline import Assistant
from browser.conftest import Serve, Visits
from browser.tab import Tab, expect

# What would set a global, fetch from HERE, open a dialog or lead away, if anything of it ran.
LURES = [
    '<img src=x onerror="window.INJ=1">',
    "<script>window.INJ=1</script>",
    "</script><script>window.INJ=1</script>",
    "<svg onload=window.INJ=1><image href=HERE/svg></svg>",
    "${Object.assign(window,{INJ:1}).INJ}",
    "`${Object.assign(window,{INJ:1}).INJ}`",
    "{{constructor.constructor('window.INJ=1')()}} {{{value}}}",
    "[click here](javascript:window.INJ=1)",
    '<a href="javascript:window.INJ=1" autofocus onfocus="window.INJ=1">x</a>',
    "![x](HERE/markdown?q=secret)",
    "![x][1]\n\n[1]: HERE/reference",
    "[x](HERE/link) <HERE/auto> HERE/bare",
    '<iframe srcdoc="<script>parent.INJ=1</script>"></iframe><iframe src=HERE/frame></iframe>',
    '<p style="background:url(HERE/style)">x</p><style>@import "HERE/import";</style>',
    "<video autoplay src=HERE/video></video><audio src=HERE/audio></audio><object data=HERE/object></object>",
    "<link rel=stylesheet href=HERE/sheet><base href=HERE/base><meta http-equiv=refresh content='0;url=HERE/meta'>",
    '<form action=HERE/form><input name=q value=secret onfocus="window.INJ=1" autofocus><button>Send</button></form>',
    "<details open ontoggle=window.INJ=1>x</details><dialog open>x</dialog>",
    '```mermaid\ngraph TD; A-->B\nclick A href "javascript:window.INJ=1"\n```',
    "$$\\href{javascript:window.INJ=1}{x}$$ \\(\\includegraphics{HERE/latex}\\)",
    "| a | b |\n|---|---|\n| ![x](HERE/cell) | <b>x</b> |",
    "# A heading\n\n- [ ] a task\n\n> a quote\n\n---",
    "__proto__ constructor %00 \u202e\u2066reversed\u2069 \U000e0041tag \x1b]8;;HERE/terminal\x07x",
]
# Elements that do nothing by themselves, and the addresses of articles of ours.
INERT = """a abbr article aside b bdi blockquote button br caption dd div dl dt em fieldset h1 h2 h3 h4 header i input label legend
li mark nav ol option p path section select small span strong svg table tbody td th thead time tr ul"""
ACTIVE = """(inert) => {
  const found = window.INJ === undefined ? [] : ['window.INJ'];
  const places = ['#bot .prose', '#panel', '#reader', '#collection table', '.collection-report', '#filters', '#welcome', 'dialog'];
  for (const element of document.querySelectorAll(places.map((place) => `${place} *`).join())) {
    const message = element.closest('.prose');
    const strange = !inert.includes(element.localName) || (message && element.matches('input, button, svg, h1, h2, h3, table'));
    if (strange) found.push(element.outerHTML.slice(0, 120));
    for (const { name, value } of element.attributes) {
      const ours = message ? /^#(cite|near)-[0-9a-z]+-[0-9]+$/ : /^https:.{2}(harbour|technology|oasis)/;
      const acts = name.startsWith('on') || ['src', 'action'].includes(name) || (name === 'style' && /url|import/i.test(value));
      if (acts || (name === 'href' && !ours.test(value))) found.push(`${name}=${value}`);
    }
  }
  return found;
}"""


class Trap(ThreadingHTTPServer):
    """A server nobody should ask for anything."""

    daemon_threads = True

    def __init__(self) -> None:
        self.hits: list[str] = []
        super().__init__(("127.0.0.1", 0), Caught)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Caught(BaseHTTPRequestHandler):
    server: Trap

    def do_GET(self) -> None:
        self.server.hits.append(self.path)
        self.send_error(404)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def trap() -> Iterator[Trap]:
    """The server, which in the end nobody has asked for anything."""
    with Trap() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
        assert server.hits == []


def aimed(planted: Sequence[tuple[str, str]], trap: Trap) -> list[tuple[str, str]]:
    """The texts, with the trap's address wherever they name one."""
    return [(language, text.replace("HERE", trap.url).replace("https://evil.example", trap.url)) for language, text in planted]


def lures() -> list[tuple[str, str]]:
    return [(("fa", "ar", "en")[number % 3], lure) for number, lure in enumerate(LURES)]


def nothing_happened(tab: Tab) -> None:
    """Nothing on the page is more than words."""
    assert tab.page.evaluate(ACTIVE, INERT.split()) == []


# -- answers ----------------------------------------------------------------------------------------------------------

TOGETHER = 6  # texts in one article
ARTICLES = 7  # in one group: as many as one answer draws on


def planted_library(texts: Sequence[tuple[str, str]], folder: Path) -> dict[str, str]:
    """Articles that hold the texts between sentences of their own, an outlet for every few; the language of each outlet."""
    articles, outlets = [], {}
    for number, start in enumerate(range(0, len(texts), TOGETHER)):
        some = texts[start : start + TOGETHER]
        language, outlet = some[-1][0], f"Outlet {number // ARTICLES}"
        sentences = TEXTS.get(language, TEXTS["en"]).split(". ")
        lines = [words for pair in zip((text for _, text in some), sentences * 2, strict=False) for words in pair]
        article = {"text": "\n".join(lines), "title": some[0][1], "publisher": outlet, "url": "javascript:window.INJ=1"}
        articles.append({"id": f"planted-{number}", **article})
        outlets[outlet] = language if language in QUESTIONS else "en"
    file = folder / "planted.jsonl"
    file.write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    with Assistant(folder / "library") as assistant:
        assert assistant.ingest([file]).added == len(articles)
    return outlets


def obeyed(texts: Sequence[tuple[str, str]], folder: Path, model: ModelServer, serve: Serve, visit: Visits) -> None:
    """Have a model that obeys every text answer, an outlet at a time, and look at the answer, its cards, an article, a reload."""
    outlets = planted_library(texts, folder)
    model.answer = gullible
    with serve(folder / "library", model) as page:
        tab = visit(page, language="fa")
        for number, (outlet, language) in enumerate(outlets.items(), start=1):
            if not tab.page.locator("#filters").is_visible():
                tab.page.locator('[aria-controls="filters"]').click()
            boxes = tab.page.locator("#filters input[value^=Outlet]")
            expect(boxes).to_have_count(len(outlets))
            for box in boxes.all():
                box.set_checked(box.get_attribute("value") == outlet)
            answer = tab.ask(QUESTIONS[language])
            expect(tab.page.locator("#bot .user-row")).to_have_count(number)
            expect(answer.locator("a.chip").first).to_be_visible()
            nothing_happened(tab)
            assert tab.page.locator("#panel .card").count() >= 10
            tab.page.locator("#panel .card").last.locator(".links button").first.click()
            expect(tab.reader.locator("mark").first).to_be_visible()
            nothing_happened(tab)
            tab.page.keyboard.press("Escape")
            expect(tab.reader).to_have_count(0)
        said = tab.page.locator("#bot").inner_text() + tab.page.locator("#panel").inner_text()
        tab.reload()
        tab.answer(len(outlets))
        nothing_happened(tab)
        visit.close()
    shown = [text for _, text in texts if " ".join(text.split()[:4]) in said]
    assert len(shown) >= len(texts) / 4, "hardly any of the texts has been on the page"


def test_a_model_that_obeys_articles_does_nothing(
    trap: Trap, model: ModelServer, tmp_path: Path, serve: Serve, visit: Visits
) -> None:
    """Whatever articles tell a model to write, it is words on the page: nothing runs, is fetched, or can be touched."""
    obeyed(aimed([*lures(), *INJECTIONS], trap), tmp_path, model, serve, visit)


@pytest.mark.bench
def test_a_model_that_obeys_outside_texts_does_nothing(
    bench: Path, trap: Trap, model: ModelServer, tmp_path: Path, serve: Serve, visit: Visits
) -> None:
    """The same for the outside sets of planted instructions."""
    obeyed(aimed(outside(bench), trap), tmp_path, model, serve, visit)


# -- articles, questions, names ---------------------------------------------------------------------------------------


def test_articles_that_would_act_are_listed_and_read_as_words(trap: Trap, tmp_path: Path, serve: Serve, visit: Visits) -> None:
    """As titles, outlets, addresses and texts: in the list, the filters, refusals, cards and the reading view they are words."""
    texts = [text for _, text in aimed(lures(), trap)]
    articles = [
        {"id": str(number), "title": text, "publisher": text, "url": text, "text": f"{text}\n{TEXTS['en']}\n{text}"}
        for number, text in enumerate(texts)
    ]
    (tmp_path / "planted.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    with Assistant(tmp_path / "library") as assistant:
        assert assistant.ingest([tmp_path / "planted.jsonl"]).added == len(texts)
    with serve(tmp_path / "library") as page:
        tab = visit(page, language="en")
        assert tab.ask(QUESTIONS["en"]).locator("a.chip").count() > 1
        tab.ask("Who won the 2016 US presidential election?")
        tab.page.locator('[aria-controls="filters"]').click()
        expect(tab.page.locator("#filters .choice").first).to_be_visible()
        nothing_happened(tab)
        assert tab.collection().count() == len(texts)
        for source in page.assistant.articles():
            tab.page.evaluate(
                "(id) => dispatchEvent(new CustomEvent('sanad:open-article', {detail: {id, start: 0, end: 9}}))", source.article_id
            )
            expect(tab.reader.locator(".reader-text")).to_contain_text("The oil ministry announced")
            nothing_happened(tab)
        visit.close()


def test_questions_that_would_act_are_shown_as_words(trap: Trap, news_library: Path, serve: Serve, visit: Visits) -> None:
    """What one types is shown as it was typed, in the conversation, after a reload, and in what is searched for."""
    texts = [text for _, text in aimed(lures(), trap)]
    with serve(news_library) as page:
        tab = visit(page, language="fa")
        together = ["\n".join(texts[start::4]) for start in range(4)]
        for question in together:
            tab.ask(question)
        nothing_happened(tab)
        tab.reload()
        tab.answer(len(together))
        nothing_happened(tab)
        for text, shown in zip(texts[:4], tab.page.locator("#bot .user-row").all_inner_texts(), strict=True):
            assert text in shown
        tab.collection()
        tab.page.locator("#collection-search").fill(texts[0])
        tab.page.locator("#collection-search").press("Enter")
        expect(tab.page.locator(".collection-nothing")).to_be_visible()
        nothing_happened(tab)
        visit.close()


def test_files_with_names_that_would_act(trap: Trap, tmp_path: Path, serve: Serve, visit: Visits) -> None:
    """The name of a file is words in the report, and so is what is said of it."""
    names = ["<img src=x onerror=window.INJ=1>.txt", "${Object.assign(window,{INJ:1})}.txt", "{{value}}<script>window.INJ=1.exe"]
    files = [tmp_path / name.replace("/", "_") for name in names]
    for number, file in enumerate(files):
        file.write_text(f"{TEXTS['en']} {number}", encoding="utf-8")
    with serve(tmp_path / "library") as page:
        tab = visit(page, language="en")
        tab.collection()
        tab.page.locator("#upload").set_input_files(files)
        expect(tab.page.locator(".collection-report")).to_contain_text("<script>window.INJ=1.exe")
        expect(tab.page.locator("#collection [data-article]")).to_have_count(2)
        nothing_happened(tab)
        tab.page.locator("#collection .of-remove button").first.click()
        expect(tab.page.locator("#confirm-remove")).to_be_visible()
        nothing_happened(tab)
        visit.close()
