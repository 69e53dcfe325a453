"""A real browser on the page: one browser for all of these tests, and for each a fresh profile that is watched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from model_server import ModelServer
from page_server import Served, served
from pydantic import SecretStr

from assistant.pipeline import Assistant
from assistant.settings import LlmSettings, Settings
from assistant.ui.options import Options
from browser.asked import NEWS, written

if TYPE_CHECKING:  # without Playwright, the modules of these tests are skipped when they import `tab`
    from playwright.sync_api import Browser

    from browser.tab import Tab, Watch

# What keeps the browser to itself: without these it looks for updates and for its maker.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
TIMEOUT = 60_000  # milliseconds; a shared machine is slow at times
KEY = "sk-canary-0f4e9c77d1"
T = TypeVar("T")


CHROMIUM = os.environ.get("SANAD_CHROMIUM")  # read here: tests see none of the user's variables


def chromium() -> str | None:
    """Where the distribution's browser is; `SANAD_CHROMIUM` names another."""
    names = (CHROMIUM, "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coverage is not measured here: other tests run the same lines, and a page answers twice as fast without."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser; what needs it is skipped where there is none."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on the path, and SANAD_CHROMIUM names none")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def aside(context: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
    """What `context` gives, entered and left in a thread of its own: Playwright's event loop has this one."""
    with ThreadPoolExecutor(1) as thread, ExitStack() as stack:
        yield thread.submit(lambda: stack.enter_context(context())).result()
        thread.submit(stack.close).result()


# -- tabs -------------------------------------------------------------------------------------------------------------


class Visits:
    """Opens tabs, each in a profile of its own, and watches them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.watches: list[Watch] = []
        self._stack = ExitStack()

    def __call__(self, page: Served | str, query: str = "", *, language: str = "fa", phone: bool = False, **options: Any) -> Tab:
        """A new tab on the page, in a browser that speaks `language`."""
        from browser.tab import DESK, LOCALES, PHONE, Tab, Watch

        wanted = {"locale": LOCALES.get(language, language), "viewport": PHONE if phone else DESK, "reduced_motion": "reduce"}
        context = self._browser.new_context(**wanted | options)
        self._stack.callback(context.close)
        context.set_default_timeout(TIMEOUT)
        url = page if isinstance(page, str) else page.url
        self.watches.append(Watch(context, url))
        return Tab(context.new_page(), url).open(query)

    def close(self) -> None:
        """Close every tab. A test that serves a page itself does so before that goes: a tab may always be fetching something."""
        self._stack.close()

    def allow(self, *beginnings: str) -> None:
        """Expect these complaints."""
        for watch in self.watches:
            watch.allowed += beginnings


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visits]:
    """Opens tabs. In the end none of them has asked another host for anything, complained, failed, or opened a dialog."""
    visits = Visits(browser)
    yield visits
    visits.close()
    assert [url for watch in visits.watches for url in watch.elsewhere()] == []
    assert [fault for watch in visits.watches for fault in watch.faults] == []


# -- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="package")
def seeds_library(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the seeds that no test changes, and no page serves for long: copied meanwhile, a file may go away."""
    folder = tmp_path_factory.mktemp("seeds") / "library"
    with Assistant(folder) as assistant:
        assistant.ingest_seeds()
    return folder


@pytest.fixture(scope="package")
def seeds(seeds_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The page over the seeds, without a model, that no test changes."""
    folder = shutil.copytree(seeds_library, tmp_path_factory.mktemp("served") / "library")
    with aside(lambda: served(folder)) as page:
        yield page


@pytest.fixture
def own_seeds(seeds_library: Path, tmp_path: Path) -> Iterator[Served]:
    """The same over a library of the test's own."""
    folder = shutil.copytree(seeds_library, tmp_path / "library")
    with aside(lambda: served(folder)) as page:
        yield page


@pytest.fixture(scope="package")
def news_library(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of dated articles that no test changes."""
    folder = tmp_path_factory.mktemp("news")
    with Assistant(folder / "library") as assistant:
        assistant.ingest([written(NEWS, folder)])
    return folder / "library"


@pytest.fixture(scope="package")
def news(news_library: Path) -> Iterator[Served]:
    """The page over dated articles, without a model, that no test changes."""
    with aside(lambda: served(news_library)) as page:
        yield page


Serve = Callable[..., AbstractContextManager[Served]]


@pytest.fixture
def serve(browser: Browser) -> Serve:
    """Serves a library, with a model where one is given, while its context lasts."""

    def over(library: Path, model: ModelServer | None = None, **options: Any) -> AbstractContextManager[Served]:
        chosen = Options(**{"port": 0} | options)
        return aside(lambda: served(settings(library, model) if model else library, chosen))

    return over


def settings(library: Path, model: ModelServer) -> Settings:
    """Settings of a library whose answers that model writes."""
    llm = LlmSettings(model="small", base_url=model.url, api_key=SecretStr(KEY), price_in=2.0, price_out=8.0)
    return Settings(library=library, llm=llm)


# -- pages on which a model writes ------------------------------------------------------------------------------------


@pytest.fixture(scope="package")
def model_here(browser: Browser) -> Iterator[ModelServer]:
    """The model server of the pages that tests share."""
    with ModelServer() as server:
        server.key = KEY
        yield server


@pytest.fixture
def model(model_here: ModelServer) -> Iterator[ModelServer]:
    """The model: an honest one until a test says otherwise."""
    yield model_here
    model_here.forget()
