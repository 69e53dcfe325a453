"""Measures the page in a real browser: how soon one can write in it, and what it adds to the time a model takes.

    python scripts/page_speed.py [--turns 5]

The model is a server on this machine that streams an answer of 2,000 characters over some seconds, turn after turn of one
conversation. Goals on two quiet cores: writing within 3 s; in the fifth turn no more than 1.5 s beyond the model's time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import httpx  # noqa: E402
from model_server import Chat, ModelServer, composed  # noqa: E402
from page_server import served  # noqa: E402
from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402
from pydantic import SecretStr  # noqa: E402

from assistant.pipeline import Assistant  # noqa: E402
from assistant.settings import LlmSettings, Settings  # noqa: E402

SENTENCES = [f"شهردار گفت که خیابان شمارهٔ {number} شهر تا پایان پاییز امسال به طور کامل بازسازی می‌شود." for number in range(1, 28)]
QUESTION = "شهردار دربارهٔ بازسازی خیابان‌های شهر چه گفت؟"
SECONDS = 4.0  # between the pieces of an answer, all together
VISITS = 5


def answer(chat: Chat) -> str:
    """An answer of about 2,000 characters, a line for each sentence that a passage of the prompt holds."""
    prompt = chat[-1]["content"]
    if "Last question: " in prompt:
        return composed(chat)
    shown = [sentence for sentence in SENTENCES if sentence in prompt]
    lines = [{"say": sentence, "from": [{"p": 1, "quote": sentence}]} for sentence in shown]
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)


def usable(page: Page, url: str) -> float:
    """Seconds from going to the page until one can write in it."""
    started = time.perf_counter()
    page.goto(url)
    expect(page.locator("body.ready")).to_be_attached()
    page.locator("#question textarea").fill("x")
    return time.perf_counter() - started


def added(model: ModelServer, asked: Callable[[], object]) -> tuple[float, float]:
    """Seconds the model takes by itself for a question, and seconds that pass beyond these until it is answered."""
    model.requests.clear()
    started = time.perf_counter()
    asked()
    took = time.perf_counter() - started
    alone = sum(replayed(model, request.body) for request in model.asked())
    return alone, took - alone


def ask(page: Page) -> None:
    """Ask on the page, and wait for the whole answer."""
    rows = page.locator("#bot .bot-row")
    number = rows.count() + 1
    page.locator("#question textarea").fill(QUESTION)
    page.locator("#question textarea").press("Enter")
    expect(rows).to_have_count(number)
    expect(rows.last.locator(".foot")).to_be_attached(timeout=60_000)


def replayed(model: ModelServer, body: object) -> float:
    """Seconds until the same request, made by nobody in particular, has been answered."""
    started = time.perf_counter()
    with httpx.stream("POST", f"{model.url}/chat/completions", json=body, timeout=60, trust_env=False) as response:
        for _ in response.iter_bytes():
            pass
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the page.")
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    chromium = shutil.which(os.environ.get("SANAD_CHROMIUM", "chromium"))
    with tempfile.TemporaryDirectory() as name, ModelServer() as model:
        folder = Path(name)
        (folder / "streets.txt").write_text(" ".join(SENTENCES), encoding="utf-8")
        with Assistant(folder / "library") as assistant:
            assistant.ingest([folder / "streets.txt"])
        llm = LlmSettings(model="measured", base_url=model.url, api_key=SecretStr("sk-none"))
        model.answer = answer
        with served(Settings(library=folder / "library", llm=llm)) as place, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            visits = []
            for _ in range(VISITS):
                page = browser.new_context(locale="fa-IR").new_page()
                visits.append(usable(page, place.url))
            middle, least, most = statistics.median(visits), min(visits), max(visits)
            print(f"one can write after {middle:.2f} s (of {VISITS} visits: {least:.2f} to {most:.2f})")
            ask(page)  # what is loaded at the first question would count as the page's
            pieces = len(answer([{"content": " ".join(SENTENCES)}])) / 4
            model.delay = SECONDS / pieces
            page.locator("#new-chat").click()
            expect(page.locator("#bot .bot-row")).to_have_count(0)
            for turn in range(1, turns + 1):
                alone, more = added(model, lambda: ask(page))
                characters = len(page.locator("#bot .bot-row .prose").last.inner_text())
                print(f"turn {turn}: {characters} characters, {more:+.2f} s beyond the {alone:.1f} s of the model")
            alone, more = added(model, lambda: place.assistant.ask(QUESTION))
            print(f"without the page: {more:+.2f} s beyond the {alone:.1f} s of the model")
            browser.close()


if __name__ == "__main__":
    main()
