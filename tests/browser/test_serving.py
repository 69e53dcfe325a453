"""The page as it is started by hand: a process of its own that a browser, the command line and a signal meet."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.ui.strings import text as say
from browser.asked import FACTS, QUESTIONS
from browser.conftest import Visits
from browser.tab import expect


@pytest.fixture
def process(seeds_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """`sanad ui` over the seeds, at a port that is free."""
    monkeypatch.setenv("SANAD_LIBRARY", str(shutil.copytree(seeds_library, tmp_path / "library")))
    command = [sys.executable, "-m", "assistant", "ui", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as running:
        yield running
        if running.poll() is None:
            running.kill()


def address(process: subprocess.Popen[str]) -> str:
    """Where it says that the page is."""
    assert process.stderr
    for line in process.stderr:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    pytest.fail("the page did not say where it is")


def test_a_page_started_by_hand(process: subprocess.Popen[str], tmp_path: Path, visit: Visits) -> None:
    """It answers in the browser and for `sanad ask`, which goes through it, and ends when told to though a tab is open;
    whoever asks then is told that nobody is there, and keeps the question."""
    tab = visit(address(process), language="ar")
    assert (tmp_path / "library" / "page.json").exists()
    answer = tab.ask(QUESTIONS["ar"])
    expect(answer.locator("a.chip").first).to_be_visible()
    asked = [sys.executable, "-m", "assistant", "ask", QUESTIONS["ar"]]
    done = subprocess.run(asked, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert (done.returncode, done.stderr, FACTS["ar"][0] in done.stdout) == (0, "", True)
    said = tab.page.locator("#bot").inner_text()
    visit.allow("error: Failed to load resource", "error: Error", "error: TypeError")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0  # a few seconds, unless the machine is busy; the tab would keep it for ever
    assert not (tmp_path / "library" / "page.json").exists()
    tab.put(QUESTIONS["ar"])
    expect(tab.page.locator("#composer .complaint")).to_have_text(say("chat.error.Lost", "ar"))
    expect(tab.field).to_have_value(QUESTIONS["ar"])
    expect(tab.page.locator("#send")).to_be_visible()
    assert tab.page.locator("#bot").inner_text().startswith(said)
