"""The soak: half a minute of it holds, and whatever breaks a promise is noticed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from assistant.errors import LibraryLocked
from assistant.pipeline import Assistant
from assistant.splitting import split
from assistant.types import Article, Filters, Hit, Passage
from evals.__main__ import evals
from evals.commands import soaking
from evals.soak import feed, reading, report
from evals.soak.asked import ANSWERED, Asked, Cited, ask, look
from evals.soak.checking import Fault, faults
from evals.soak.ledger import Ledger
from evals.soak.run import Outcome, Plan, soak
from evals.soak.sampling import Held, held, quarters

STORY, OTHER = feed.stories(2)
OLD, NEW = (feed.article(STORY, version)[1] for version in (1, 2))

# Half a minute is all warming up: Python's caches, and the heaps that the system's allocator makes for threads, still grow. So
# memory may grow by a third, which only a leak of some megabytes a change exceeds. A question that waits for its turn holds two
# files and what it reads a few more, and on a busy machine all of them may wait: that is no leak, which is one or more a change.
SHORT = Plan(seconds=18, staying=12, moving=9, pause=0.3, change_every=0.2, rebuild_every=6, other_every=0.5)
LAX_MEMORY, LAX_FILES = 0.35, 25.0


@pytest.mark.no_cover
def test_half_a_minute_of_soak() -> None:
    """Threads and another process ask while articles come, change and go: no error, nothing stale or half, no leak."""
    ticks: list[int] = []
    found = soak(SHORT, lambda outcome: ticks.append(len(outcome.latency)))
    assert [fault.told for fault in found.told] == []
    assert report.broken(found, memory=LAX_MEMORY, files=LAX_FILES) == []
    assert min(found.done[name] for name in ("added", "changed", "removed", "rebuilt")) > 0
    assert len(found.latency) >= SHORT.threads
    assert len(found.elsewhere) > 0
    assert found.searches > 0
    assert found.answered > 0
    assert ticks == sorted(ticks)
    assert len(ticks) >= 10


def test_it_can_be_ended() -> None:
    """Ctrl-C ends threads and the other process, and gives the figures so far."""
    before = set(threading.enumerate())

    def interrupt(outcome: Outcome) -> None:
        raise KeyboardInterrupt

    found = soak(replace(SHORT, seconds=3600, threads=2, staying=2, moving=3), interrupt)
    assert found.interrupted
    assert 0 < found.seconds < 600
    assert found.told == []
    assert set(threading.enumerate()) <= before


# -- the feed ---------------------------------------------------------------------------------------------------------


def test_every_version_is_an_article_of_its_own() -> None:
    """The same story and version give the same article, another version another; each names its story in all its passages."""
    stories = feed.stories(60)
    assert len({story.name for story in stories}) == 60
    made = {(story.key, version): feed.article(story, version)[1] for story in stories[:6] for version in range(3)}
    assert len({article.source.article_id for article in made.values()}) == 18
    assert feed.article(stories[0], 1)[1].text == made[stories[0].key, 1].text
    for story in stories[:6]:
        for passage in split(made[story.key, 0]):
            assert story.name in passage.text
        assert made[story.key, 0].source.language == story.language


# -- what the checker notices -----------------------------------------------------------------------------------------


@pytest.fixture
def ledger() -> Ledger:
    """The old version comes from 1 to 2, the new one takes its place from 3 to 4, and is taken out from 5 to 6."""
    found = Ledger(map(float, count(1)).__next__)
    with found.change(coming=[(STORY.key, OLD)]):
        pass
    with found.change(coming=[(STORY.key, NEW)], leaving=[OLD.source.article_id]):
        pass
    with found.change(leaving=[NEW.source.article_id]):
        pass
    return found


def cited(article: Article, *, quote: str | None = None) -> Cited:
    passage = split(article)[0]
    return Cited(article.source.article_id, passage.start, passage.end, passage.text if quote is None else quote)


def found_in(article: Article, *, without: int = 0) -> tuple[tuple[str, Cited], ...]:
    passages = split(article)[without:]
    return tuple((one.id, Cited(one.source.article_id, one.start, one.end, one.text)) for one in passages)


def asked(began: float, ended: float, *articles: Article, **more: Any) -> Asked:
    said = {"status": ANSWERED, "cited": tuple(map(cited, articles))} | more
    return Asked(STORY.question, STORY.key, began, ended, **said)


SOUND = {
    "the old one, while it is there": asked(2, 2.5, OLD),
    "the old one, while it goes": asked(3.2, 3.5, OLD),
    "the new one, while it comes": asked(3.2, 3.5, NEW),
    "nothing, before it came": asked(0.2, 0.5, status="not_found"),
    "nothing, while it goes": asked(4.2, 5.5, status="not_found"),
    "nothing, after it went": asked(7, 8, status="not_found"),
    "the new one, asked for before": asked(2.5, 10, NEW),
    "all passages of it": asked(4.2, 4.8, status="", found=found_in(NEW)),
    "nothing, while it comes": asked(1.2, 1.5, status="", found=()),
}
BROKEN = {
    "an error": (asked(4.2, 4.8, error="LibraryLocked: in use"), "error"),
    "another quote": (asked(4.2, 4.8, cited=(cited(NEW, quote="something else"),)), "quote"),
    "gone before": (asked(4.2, 4.8, NEW, cited=(cited(NEW), cited(OLD))), "stale half"),
    "gone, named beside": (asked(4.2, 4.8, NEW, beside=(OLD.source.article_id,)), "stale"),
    "gone, found": (asked(4.2, 4.8, status="", found=found_in(OLD)), "stale missed"),
    "not there yet": (asked(0.2, 0.5, OLD), "early"),
    "never given": (asked(4.2, 4.8, NEW, beside=("0123",)), "early"),
    "two versions": (asked(3.2, 3.5, OLD, NEW), "half"),
    "two versions found": (asked(3.2, 3.5, status="", found=found_in(OLD) + found_in(NEW)), "half"),
    "a part of it": (asked(4.2, 4.8, status="", found=found_in(NEW, without=1)), "half"),
    "not answered": (asked(4.2, 4.8, status="not_found"), "missed"),
    "answered from elsewhere": (asked(4.2, 4.8, status=ANSWERED), "missed"),
    "not found": (asked(4.2, 4.8, status="", found=()), "missed"),
    "neither, while one takes the place of the other": (asked(3.2, 3.5, status="not_found"), "missed"),
    "neither, from before it did until after": (asked(2.5, 4.5, status="not_found"), "missed"),
    "not answered, the old one": (asked(2, 2.9, status="not_found"), "missed"),
}


@pytest.mark.parametrize("one", SOUND.values(), ids=SOUND)
def test_what_is_sound(ledger: Ledger, one: Asked) -> None:
    """Nothing is said of what may be seen, given when it came and went."""
    assert faults(ledger, one) == []


@pytest.mark.parametrize(("one", "kinds"), BROKEN.values(), ids=BROKEN)
def test_what_is_noticed(ledger: Ledger, one: Asked, kinds: str) -> None:
    """Each broken promise is told by its kind, with the question."""
    said = faults(ledger, one)
    assert [fault.kind for fault in said] == kinds.split()
    assert all(fault.told.startswith(STORY.question) for fault in said)


def test_a_change_that_failed_is_taken_either_way() -> None:
    """When putting one in the place of another ended with an error, both may be there, and neither need be."""
    found = Ledger(map(float, count(1)).__next__)
    with found.change(coming=[(STORY.key, OLD)]):
        pass
    with pytest.raises(ZeroDivisionError), found.change(coming=[(STORY.key, NEW)], leaving=[OLD.source.article_id]):
        raise ZeroDivisionError
    for one in (asked(10, 11, NEW), asked(10, 11, OLD), asked(10, 11, status="not_found")):
        assert faults(found, one) == []


def test_what_went_long_ago_is_forgotten(ledger: Ledger) -> None:
    """The books do not grow for ever, and what is not in them any more is still noticed."""
    ledger.forget(4.5)
    assert ledger.versions(STORY.key) == (NEW.source.article_id,)
    assert [fault.kind for fault in faults(ledger, asked(4.2, 4.8, NEW, beside=(OLD.source.article_id,)))] == ["early"]


def test_what_another_process_says_comes_through() -> None:
    """What was asked elsewhere is the same after its way through a pipe."""
    for one in (asked(1, 2, OLD, beside=("a",)), asked(1, 2, found=found_in(OLD)), asked(1, 2, error="no «library»")):
        assert Asked.from_json(one.to_json()) == one


@pytest.mark.parametrize(
    ("values", "flat"),
    [
        ([100, 400, 400, 400], True),  # warm after the first quarter
        ([100, 400, 420, 439], True),
        ([100, 400, 420, 441], False),
        ([100, 400, 380, 359], False),
        ([400 + 4 * second for second in range(100)], False),  # 1 % a second
        ([400 + second % 7 for second in range(100)], True),
    ],
)
def test_a_leak_is_noticed(values: list[float], flat: bool) -> None:
    """Memory, files and threads are flat when the last quarter is like the second."""
    means = quarters(values)
    assert means is not None
    assert means.is_flat() is flat
    outcome = Outcome(0.0, held=[Held(value, round(value), 20) for value in values])
    wanted = [] if flat else ["memory, MB", "open files"]
    assert [line.partition(":")[0] for line in report.broken(outcome, files=40)] == wanted


def test_too_little_says_nothing() -> None:
    """Less than four moments are no quarters."""
    assert quarters([1, 2, 3]) is None
    assert report.broken(Outcome(0.0, held=[Held(1, 2, 3)])) == []


HOLDING = """
import threading
from evals.soak.sampling import held
before, over = held(), threading.Event()
threading.Thread(target=over.wait).start()
with open(__import__("os").devnull) as file:
    big = b"x" * 30 * 2**20
    after = held()
over.set()
print(after.files - before.files, after.threads - before.threads, after.megabytes - before.megabytes > 27)
"""


@pytest.mark.skipif(held() is None, reason="the system does not tell")
def test_what_is_held_is_seen() -> None:
    """An open file, a thread and thirty megabytes more are noticed."""
    done = subprocess.run([sys.executable, "-c", HOLDING], capture_output=True, text=True, check=True)
    assert done.stdout == "1 1 True\n"


HEAPS = """
import ctypes, sys, threading
from assistant.pipeline import _have_few_heaps
if sys.argv[1] == "few":
    _have_few_heaps()
together = threading.Barrier(13)

def work():
    kept = [b"x" * 1000 for _ in range(1000)]
    together.wait()
    together.wait()

for _ in range(12):
    threading.Thread(target=work).start()
together.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
together.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
@pytest.mark.parametrize(("chosen", "heaps"), [("few", range(1, 3)), ("many", range(3, 100))])
def test_threads_share_their_heaps(chosen: str, heaps: range, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve threads at once take two heaps, for each keeps what was once used in it; left alone, they take more."""
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    told = tmp_path / "malloc.xml"
    subprocess.run([sys.executable, "-c", HEAPS, chosen, str(told)], check=True)
    assert told.read_text(encoding="utf-8").count("<heap nr") in heaps


# -- against the product ----------------------------------------------------------------------------------------------


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant(tmp_path / "library", lock_wait=0.05) as made:
        yield made


def test_what_the_product_says_is_taken_down(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers, searches and errors of a real library are checked as they are; a planted stale passage and a half are noticed."""
    books = Ledger()
    (old, was), (new, now), (other, beside) = feed.article(STORY, 1), feed.article(STORY, 2), feed.article(OTHER, 1)
    with books.change(coming=[(STORY.key, was), (OTHER.key, beside)]):
        assistant.ingest_documents([old, other])
    first = look(assistant, STORY.question, STORY.key, versions=books.versions(STORY.key))
    assert faults(books, first) == []
    assert {name for name, _ in first.found or ()} == {passage.id for passage in split(was)}
    with books.change(coming=[(STORY.key, now)], leaving=[was.source.article_id]):
        assistant.ingest_documents([new])
    for one in (
        ask(assistant, STORY.question, STORY.key),
        look(assistant, STORY.question, STORY.key, versions=books.versions(STORY.key)),
    ):
        assert faults(books, one) == []
    kept = {passage.id: passage for passage in (*split(was), *split(now)[1:])}
    monkeypatch.setattr("assistant.catalogue.Catalogue.passages", lambda self, ids: kept)
    monkeypatch.setattr("assistant.retrieval.Retriever._fused", lambda self, *legs: _hits(kept.values()))
    planted = assistant.search(STORY.question, filters=Filters(), limit=40)
    seen = replace(first, began=books.now(), ended=books.now(), found=tuple((h.passage.id, _cited(h.passage)) for h in planted))
    assert {fault.kind for fault in faults(books, seen)} == {"stale", "half"}


def _hits(passages: Iterable[Passage]) -> list[Hit]:
    return [Hit(passage, 1.0, None, None) for passage in passages]


def _cited(passage: Passage) -> Cited:
    return Cited(passage.source.article_id, passage.start, passage.end, passage.text)


def test_an_error_is_taken_down(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asking raises is no end of the soak, and is told."""

    def locked(self: Assistant) -> None:
        raise LibraryLocked("The library is in use.")

    monkeypatch.setattr(Assistant, "_require", locked)
    for one in (ask(assistant, "?", "story-0"), look(assistant, "?", "story-0", versions=())):
        assert faults(Ledger(), one)[0][0] == "error"
        assert one.error == "LibraryLocked: The library is in use."


# -- reading while ingesting ------------------------------------------------------------------------------------------


def test_reading_while_ingesting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers before, during and after are timed, and what comes in is seen whole or not at all."""
    for name, value in {"BASE": 4, "WARM": 1, "IDLE": 3, "EVERY": 1000.0}.items():
        monkeypatch.setattr(reading, name, value)
    found = reading.read_while_ingesting(100)
    assert found.told == []
    assert found.passages >= 60
    assert len(found.idle) == 6
    assert found.seconds > 0
    shown = report.reading_rows(found)
    assert [row[1] for row in shown] == ["6", str(len(found.busy)), ""]


@pytest.mark.parametrize(
    ("seconds", "counted"),
    [(0.05, [0.05]), (0.15, [0.15]), (0.25, [0.25, 0.15]), (1.05, [1.05, 0.95, 0.85, 0.75, 0.65, 0.55, 0.45, 0.35, 0.25, 0.15])],
)
def test_who_waits_with_you_counts(seconds: float, counted: list[float]) -> None:
    """A long wait is that of everybody who would have asked meanwhile."""
    assert reading.waits(seconds) == pytest.approx(counted)


# -- the command ------------------------------------------------------------------------------------------------------


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(evals, ["soak", *map(str, arguments)])


OUTCOME = Outcome(0.0, 60.0, 30.0, latency=[0.1, 0.2, 0.3], elsewhere=[1.0], searches=2, answered=4, passages=7)


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        (OUTCOME, 0, ""),
        (replace(OUTCOME, interrupted=True), 130, ""),
        (replace(OUTCOME, faults={**OUTCOME.faults, "stale": 1}), 1, "FAILED: 1 articles that had gone before"),
        (replace(OUTCOME, interrupted=True, held=[Held(n, 9, 9) for n in (1, 1, 2, 2)]), 1, "FAILED: memory, MB: 1 in the second"),
    ],
)
def test_the_command(found: Outcome, code: int, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It shows and keeps the figures, names what is broken, and ends with 1 then; with 130 after Ctrl-C."""
    found.faults = Counter(found.faults)
    found.told = [Fault("stale", "shown")] if found.faults["stale"] else []
    plans: list[Plan] = []
    monkeypatch.setattr(soaking, "soak", lambda plan, tick: plans.append(plan) or tick(found) or found)
    page, kept = tmp_path / "soak.md", tmp_path / "soak.json"
    page.write_text("<!-- soak --><!-- /soak -->", encoding="utf-8")
    result = run("--minutes", "0.5", "--seed", "4", "--json", kept, "--into", page)
    assert (result.exit_code, plans) == (code, [Plan(seconds=30, seed=4)])
    assert said in result.output
    assert "questions, one process" in page.read_text(encoding="utf-8")
    figures = json.loads(kept.read_text(encoding="utf-8"))
    assert (figures["questions"], figures["latency"]["p50"], bool(figures["broken"])) == (3, 0.2, code == 1)


@pytest.mark.parametrize(("busy", "code"), [(0.25, 0), (0.35, 1)])
def test_the_command_for_reading(busy: float, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It ends with 1 when answers take more than three times as long while articles come in."""
    found = reading.Reading(idle=[0.1] * 20, busy=[busy] * 20, passages=900, seconds=3.0)
    monkeypatch.setattr(reading, "read_while_ingesting", lambda passages, seed: found)
    kept = tmp_path / "reading.json"
    result = run("--reading-while-ingesting", "--passages", "900", "--json", kept)
    assert (result.exit_code, "FAILED" in result.output) == (code, code == 1)
    assert json.loads(kept.read_text(encoding="utf-8"))["ratio"] == round(busy / 0.1, 2)
