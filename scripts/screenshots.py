"""Takes the pictures of the page that the READMEs show, or one of every state of it.

    python scripts/screenshots.py                # docs/images
    python scripts/screenshots.py --all FOLDER   # three languages, wide and narrow, light and dark, every state

It starts the page over the five bundled articles, without a model, in a folder that is thrown away. Chromium is that of the
system; SANAD_CHROMIUM names another.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--hide-scrollbars"]
SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 800}}
LOCALES = {"fa": "fa-IR", "ar": "ar-EG", "en": "en-GB"}
QUESTIONS = {
    "fa": "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟",
    "ar": "من قاد الوفد الروسي الذي زار طهران؟",
    "en": "Where was Ali Mamlouk's first trip outside Syria in five years?",
}
ELSEWHERE = {
    "fa": "قیمت بنزین در ژاپن چقدر است؟",
    "ar": "من فاز بكأس العالم لكرة القدم؟",
    "en": "Who won the 2016 US presidential election?",
}
# What the READMEs show, and what else is worth seeing.
KEPT = [
    "fa-desktop-empty",
    "fa-desktop-answered",
    "fa-desktop-dark-answered",
    "fa-desktop-refused",
    "fa-desktop-collection",
    "fa-desktop-article",
    "fa-phone-sources",
    "ar-desktop-answered",
    "ar-phone-answered",
    "en-desktop-answered",
    "en-phone-answered",
    "en-phone-dark-sources",
]


@dataclass(frozen=True)
class Shot:
    """One picture: the language, the size, the light, and the state of the page."""

    language: str
    size: str
    dark: bool
    state: str

    @property
    def name(self) -> str:
        return "-".join([self.language, self.size, *(["dark"] if self.dark else []), self.state])


# -- states -----------------------------------------------------------------------------------------------------------


def empty(page: Page, shot: Shot) -> None:
    """Before the first question."""
    expect(page.locator("#welcome .suggestion").first).to_be_visible()


def answered(page: Page, shot: Shot) -> None:
    """An answer; where there is room, with the quote of its first number lit."""
    ask(page, QUESTIONS[shot.language])
    if shot.size == "desktop":
        page.locator("#bot a.chip").first.click()
        page.mouse.move(0, 0)


def sources(page: Page, shot: Shot) -> None:
    """The sources of an answer, opened from its first number."""
    ask(page, QUESTIONS[shot.language])
    page.locator("#bot a.chip").first.click()
    expect(page.locator("#panel .card.on")).to_be_in_viewport()


def refused(page: Page, shot: Shot) -> None:
    """A question about something else."""
    ask(page, ELSEWHERE[shot.language])


def filters(page: Page, shot: Shot) -> None:
    """What may answer."""
    page.locator('[aria-controls="filters"]').click()
    expect(page.locator("#filters .choice").first).to_be_visible()


def collection(page: Page, shot: Shot) -> None:
    """The list of articles."""
    page.locator("#nav-collection").click()
    expect(page.locator("#collection [data-article]")).to_have_count(5)


def article(page: Page, shot: Shot) -> None:
    """The reading view, with the quote lit."""
    sources(page, shot)
    page.locator("#panel .card.on .links button").first.click()
    expect(page.locator("#reader mark").first).to_be_in_viewport()


def ask(page: Page, question: str) -> None:
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    expect(page.locator("#bot .bot-row .suggestion").first).to_be_visible()


STATES: dict[str, Callable[[Page, Shot], None]] = {
    state.__name__: state for state in (empty, answered, sources, refused, filters, collection, article)
}


# -- pictures ---------------------------------------------------------------------------------------------------------


def take(browser: Browser, url: str, shot: Shot) -> bytes:
    """The picture as a PNG of few colours, which is a third of the size."""
    light = "dark" if shot.dark else "light"
    context = browser.new_context(locale=LOCALES[shot.language], viewport=SIZES[shot.size], reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{url}/?__theme={light}")
    expect(page.locator("body.ready")).to_be_attached()
    STATES[shot.state](page, shot)
    still(page)
    whole = page.screenshot()
    context.close()
    picture = io.BytesIO()
    Image.open(io.BytesIO(whole)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(picture, "PNG", optimize=True)
    return picture.getvalue()


def still(page: Page) -> None:
    """Wait until the fonts are there and nothing moves any more."""
    page.evaluate(
        """async () => {
            await document.fonts.ready;
            for (let still = 0; still < 5; still = document.getAnimations().length ? 0 : still + 1) {
                await new Promise(requestAnimationFrame);
            }
        }"""
    )


@contextmanager
def served() -> Iterator[str]:
    """The address of the page over the bundled articles."""
    with tempfile.TemporaryDirectory() as folder:
        sanad = [sys.executable, "-m", "assistant"]
        library = ["--library", folder + "/library"]
        subprocess.run([*sanad, "ingest", "--seeds", *library], cwd=ROOT, check=True, capture_output=True)
        with subprocess.Popen([*sanad, "ui", "--port", "0", *library], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr
            said = next((line for line in process.stderr if "http://" in line), "")
            if found := re.search(r"http://[\d.:]+", said):
                yield found[0]
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the pictures of the page.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="one of every state, into this folder")
    parser.add_argument("--only", default="", metavar="WORDS", help="of these, only those whose name holds these words")
    given = parser.parse_args()
    every = [Shot(*parts) for parts in product(LOCALES, SIZES, (False, True), STATES)]
    wanted = [shot for shot in every if (given.all or shot.name in KEPT) and given.only in shot.name]
    folder = given.all or IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which(os.environ.get("SANAD_CHROMIUM", "chromium"))
    with served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for shot in wanted:
            (folder / f"{shot.name}.png").write_bytes(take(browser, url, shot))
            print(folder / f"{shot.name}.png")
        browser.close()


if __name__ == "__main__":
    main()
