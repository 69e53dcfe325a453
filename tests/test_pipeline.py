"""The assistant and its library: locks, crashes, damage, other processes; and the promise that every citation is a slice."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import ingestion
from assistant.catalogue import Catalogue
from assistant.embedding import DIMENSION, NAME, EmbeddedEmbedder
from assistant.errors import (
    ArticleError,
    AssistantError,
    EmptyLibrary,
    LibraryDamaged,
    LibraryLocked,
    LibraryMismatch,
    LibraryNotWritable,
    ModelUnavailable,
    NoLibrary,
    UnknownArticle,
)
from assistant.indexes import AT_ONCE
from assistant.lexical import LexicalIndex
from assistant.lexicon import Lexicon
from assistant.locks import LibraryLock
from assistant.pipeline import Assistant
from assistant.protocols import Embedder, Vectors
from assistant.resources import data_folder
from assistant.text import words
from assistant.types import Answer, Filters, Passage, Status
from assistant.vectors import VectorIndex

TODAY = date(2024, 11, 22)
ONE_BY_ONE = "the vector index cannot be read; the library's vectors were compared one by one"
QUESTIONS = {
    "fa": [
        "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟",
        "روحانی و پوتین درباره چه چیزی گفتگو کردند؟",
        "وزرای خارجه ایران، روسیه و ترکیه کجا دیدار می‌کنند؟",
        "شمخانی چه سمتی دارد؟",
        "سفر لاورنتیف به تهران کی بود؟",
    ],
    "ar": [
        "من قاد الوفد الروسي الذي زار طهران؟",
        "أين التقى علي مملوك المسؤولين؟",
        "ماذا بحث بوتين وروحاني في الاتصال الهاتفي؟",
        "متى زار المبعوث الروسي إيران؟",
    ],
    "en": [
        "Where was Ali Mamlouk's first trip outside Syria in five years?",
        "Who met Putin's special envoy in Tehran?",
        "What did Rouhani and Putin talk about on the phone?",
        "When did the Russian envoy visit Tehran?",
    ],
}
ASKED = [question for questions in QUESTIONS.values() for question in questions]


class Unreachable:
    """The embedded embedder as one that cannot be reached."""

    name = NAME
    dimension = DIMENSION

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise ModelUnavailable("the endpoint is out of reach")

    def embed_query(self, text: str) -> Vectors:
        return self.embed([text])


@pytest.fixture(autouse=True)
def everywhere(vectors_in: str) -> None:
    """Every test runs with the vectors in the folder and on a server."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lexicon as a library folder keeps it; other processes then start sooner."""
    path = tmp_path_factory.mktemp("lexicon") / "lexicon.json"
    Lexicon.open(path)
    return path


@pytest.fixture(scope="module")
def lexicon(compiled: Path) -> Lexicon:
    return Lexicon.open(compiled)


@pytest.fixture
def make(lexicon: Lexicon) -> Iterator[Callable[..., Assistant]]:
    """Assistants with the shipped lexicon, closed in the end."""
    with ExitStack() as stack:

        def one(folder: Path, *, embedder: Embedder | None = None, wait: float = 5.0) -> Assistant:
            chosen = embedder or EmbeddedEmbedder(lexicon)
            return stack.enter_context(Assistant(folder, lexicon=lexicon, embedder=chosen, lock_wait=wait, today=lambda: TODAY))

        yield one


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, lexicon: Lexicon, compiled: Path) -> Path:
    """A library of the five bundled articles, not to be changed."""
    folder = tmp_path_factory.mktemp("seeded") / "library"
    folder.mkdir()
    shutil.copy(compiled, folder)
    with Assistant(folder, lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
        report = assistant.ingest_seeds()
    assert (report.added, report.skipped) == (5, ())
    return folder


@pytest.fixture
def folder(seeded: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(seeded, tmp_path / "library"))


def write(folder: Path, number: int, first: int = 0) -> Path:
    """A folder of that many small articles."""
    folder.mkdir(exist_ok=True, parents=True)
    for n in range(first, first + number):
        (folder / f"{n:04}.txt").write_text(
            f"Bulletin {n}.\nThe ferry number {n} reached Basra on Monday with {n + 2} sailors.", "utf-8"
        )
    return folder


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Another process that runs `code` with the arguments, and says line by line how far it is."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


@contextmanager
def running(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Such a process, stopped in the end in any case."""
    process = child(code, *arguments)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out


# -- where there is no library ----------------------------------------------------------------------------------------

CALLS: dict[str, Callable[[Assistant], object]] = {
    "ask": lambda assistant: assistant.ask("چه شد؟"),
    "stream": lambda assistant: assistant.stream("چه شد؟"),
    "search": lambda assistant: assistant.search("تهران"),
    "articles": lambda assistant: assistant.articles(),
    "article": lambda assistant: assistant.article("abcd"),
    "status": lambda assistant: assistant.status(),
    "problems": lambda assistant: assistant.problems(),
    "remove": lambda assistant: assistant.remove(["abcd"]),
    "rebuild": lambda assistant: assistant.rebuild(),
    "reembed": lambda assistant: assistant.rebuild(embed=True),
}


@pytest.mark.parametrize("empty", [False, True], ids=["missing", "empty"])
@pytest.mark.parametrize("call", CALLS)
def test_where_there_is_no_library_nothing_is_made(tmp_path: Path, call: str, empty: bool) -> None:
    """Every call but `ingest` says how to make a library, and leaves the disk as it is: no folder, lock or lexicon."""
    folder = tmp_path / "library"
    if empty:
        folder.mkdir()
    with Assistant.open(folder) as assistant, pytest.raises(NoLibrary, match="sanad ingest"):
        CALLS[call](assistant)
    assert list(tmp_path.rglob("*")) == ([folder] if empty else [])


def test_where_nothing_can_be_read_nothing_is_made(tmp_path: Path) -> None:
    """A folder of unusable files gives a report, and no library; a missing path is an error before anything is read."""
    news = tmp_path / "news"
    news.mkdir()
    (news / "empty.txt").touch()
    (news / "binary.txt").write_bytes(bytes(range(256)) * 20)
    with Assistant.open(tmp_path / "library") as assistant:
        report = assistant.ingest([news])
        assert (report.added, [Path(item.path).name for item in report.skipped]) == (0, ["binary.txt", "empty.txt"])
        assert assistant.ingest([news], prune=True).removed == 0
        with pytest.raises(ArticleError, match="no such file or folder"):
            assistant.ingest([news, tmp_path / "nowhere"])
    assert not (tmp_path / "library").exists()


def test_an_empty_library_says_so(folder: Path, make: Callable[..., Assistant]) -> None:
    """When every article was removed, there is nothing to ask, and that is not «not in the articles»."""
    assistant = make(folder)
    removed = assistant.remove([source.article_id for source in assistant.articles()])
    assert len(removed) == 5
    assert (assistant.articles(), assistant.status().passages, assistant.problems()) == ([], 0, [])
    for call in (assistant.ask, assistant.search):
        with pytest.raises(EmptyLibrary, match="holds no article yet; add some with `sanad ingest PATH`"):
            call("تهران")


# -- the promise ------------------------------------------------------------------------------------------------------


def check_citations(assistant: Assistant, answer: Answer) -> int:
    """Every citation, wherever it is shown, is a slice of its article; how many there are."""
    for citation in answer.citations:
        article = assistant.article(citation.source.article_id)
        assert article.text[citation.start : citation.end] == citation.quote
        assert citation.source == article.source
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    for statement in answer.statements:
        assert statement.citations
        assert all(citation in answer.citations for citation in statement.citations)
    return len(answer.citations)


def test_every_citation_is_a_slice_of_its_article(seeded: Path, make: Callable[..., Assistant]) -> None:
    """Questions in three languages about the seeds: whatever is cited stands in the article, character by character."""
    assistant = make(seeded)
    answers = [assistant.ask(question) for question in ASKED]
    assert sum(check_citations(assistant, answer) for answer in answers) >= len(ASKED)
    assert {answer.language for answer in answers} == {"fa", "ar", "en"}
    assert sum(answer.status is Status.ANSWERED for answer in answers) >= len(ASKED) - 2


SEED_WORDS = sorted({word for path in data_folder("seeds").glob("*.txt") for word in words(path.read_text("utf-8"))})


@settings(max_examples=40)
@given(chosen=st.lists(st.sampled_from(SEED_WORDS), min_size=1, max_size=8), language=st.sampled_from(["fa", "ar", "en", None]))
@pytest.mark.no_cover
def test_whatever_is_asked_citations_are_slices(seeded: Path, shared: Assistant, chosen: list[str], language: str | None) -> None:
    """Any words of the seeds, in any order, as a question: an answer with true citations, or none."""
    answer = shared.ask(" ".join(chosen) + "؟", language=language)
    assert (check_citations(shared, answer) > 0) == (answer.status is not Status.NOT_FOUND)


@pytest.fixture(scope="module")
def shared(seeded: Path, lexicon: Lexicon) -> Iterator[Assistant]:
    with Assistant(seeded, lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon), today=lambda: TODAY) as assistant:
        yield assistant


def test_asking_changes_nothing(seeded: Path, make: Callable[..., Assistant]) -> None:
    """Questions leave the catalogue, both indexes and the folder as they were; only Chroma touches its database when opened."""
    assistant = make(seeded)
    assistant.ask(ASKED[0])

    def state() -> dict[str, int]:
        files = [path for path in seeded.rglob("*") if path.is_file() and path.name != "chroma.sqlite3"]
        return {
            str(path.relative_to(seeded)): path.stat().st_mtime_ns for path in files if path.suffix not in (".db-shm", ".db-wal")
        }

    before = state()
    for question in ASKED[1:4]:
        assistant.ask(question)
        assistant.search(question)
    assert state() == before


# -- ingestion through the assistant ----------------------------------------------------------------------------------


def test_the_seeds_come_in_once(seeded: Path, folder: Path, make: Callable[..., Assistant]) -> None:
    """Taking the bundled articles in again leaves them alone."""
    report = make(folder).ingest_seeds()
    assert (report.added, report.updated, report.unchanged, report.removed, report.skipped) == (0, 0, 5, 0, ())


def test_documents_come_in_once(tmp_path: Path, make: Callable[..., Assistant]) -> None:
    """A LlamaIndex document with an id of its own is recognised when it comes again, and when its text has changed."""

    class Document:
        def __init__(self, id_: str, text: str) -> None:
            self.id_, self.text, self.metadata = id_, text, {"title": "یک"}

    assistant = make(tmp_path / "library")
    report = assistant.ingest_documents([Document("one", "کشتی به بندر رسید."), Document("two", "قطار دیر آمد.")])
    assert report.added == 2
    report = assistant.ingest_documents([Document("one", "کشتی به بندر رسید."), Document("two", "قطار زود آمد.")])
    assert (report.unchanged, report.updated) == (1, 1)
    assert len(assistant.articles()) == 2


def test_files_that_were_sent_are_known_again(make: Callable[..., Assistant], tmp_path: Path) -> None:
    """A file sent under one name is added, unchanged when it comes again from elsewhere, and replaced by another text."""
    assistant = make(tmp_path / "library")
    seen: list[tuple[str, int, int]] = []
    for number, (text, expected) in enumerate(
        [("کشتی به بندر رسید.", (1, 0, 0)), ("کشتی به بندر رسید.", (0, 0, 1)), ("قطار دیر آمد.", (0, 1, 0))]
    ):
        path = tmp_path / f"{number}.txt"
        path.write_text(text, encoding="utf-8")
        report = assistant.ingest_files([("خبر.txt", path)], total=1, progress=lambda *step: seen.append(step))
        path.unlink()
        assert (report.added, report.updated, report.unchanged, report.notes) == (*expected, ())
    (source,) = assistant.articles()
    assert assistant.article(source.article_id).location == "upload:خبر.txt"
    assert seen == [("ingesting", 1, 1)] * 3


def test_pruning_goes_by_the_paths_that_were_named(
    tmp_path: Path, make: Callable[..., Assistant], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the folder is written, articles whose files are gone from it are removed, and those of other folders stay."""
    write(tmp_path / "news", 3)
    write(tmp_path / "other", 2, first=10)
    assistant = make(tmp_path / "library")
    assert assistant.ingest([tmp_path / "news", tmp_path / "other"]).added == 5
    for name in ("0000.txt", "0001.txt"):
        (tmp_path / "news" / name).unlink()
        monkeypatch.chdir(tmp_path / "other")
        report = assistant.ingest([Path("../other/../news") if name == "0000.txt" else "../news/"], prune=True)
        assert report.removed == 1
    assert len(assistant.articles()) == 3
    (tmp_path / "news" / "0002.txt").unlink()
    assert assistant.ingest([tmp_path / "news"]).removed == 0
    assert assistant.ingest([tmp_path / "news"], prune=True).removed == 1
    assert len(assistant.articles()) == 2


def test_a_folder_without_permission_is_not_pruned(make: Callable[..., Assistant], lexicon: Lexicon) -> None:
    """What may not be looked at is not taken for gone."""
    with a_plain_user() as place:
        write(place / "news" / "deep", 2)
        assistant = make(place / "library")
        assert assistant.ingest([place / "news"]).added == 2
        (place / "news" / "deep").chmod(0)
        report = assistant.ingest([place / "news"], prune=True)
        (place / "news" / "deep").chmod(0o755)
        assert (report.removed, [item.reason for item in report.skipped]) == (0, ["cannot be read: permission denied"])
        assert len(assistant.articles()) == 2


def test_removing_takes_all_or_nothing(folder: Path, make: Callable[..., Assistant]) -> None:
    """An unknown id among several removes none of them; one named twice is removed, and told, once."""
    assistant = make(folder)
    first, second, *_ = [source.article_id for source in assistant.articles()]
    with pytest.raises(UnknownArticle):
        assistant.remove([first, "nowhere"])
    assert len(assistant.articles()) == 5
    assert [source.article_id for source in assistant.remove([first, first[:6], second])] == [first, second]
    assert len(assistant.articles()) == 3
    assert assistant.problems() == []
    assert first not in {hit.passage.source.article_id for question in ASKED for hit in assistant.search(question, limit=50)}


def test_status_tells_what_is_there(seeded: Path, make: Callable[..., Assistant]) -> None:
    """Counts, languages, outlets, the model and the size of a library."""
    status = make(seeded).status()
    assert (status.library, status.articles, status.languages) == (str(seeded), 5, {"fa": 4, "ar": 1})
    assert (status.embedding, status.dimension, status.passages_are_sent_to) == (NAME, DIMENSION, None)
    assert status.passages == 18
    assert 0 < status.megabytes < 20


# -- other processes --------------------------------------------------------------------------------------------------

ASK = """
import sys
from assistant import Assistant
with Assistant.open(sys.argv[1]) as assistant:
    print("ready", flush=True)
    sys.stdin.readline()
    answer = assistant.ask(sys.argv[2])
    print(answer.status, len(answer.citations))
"""


def test_two_processes_that_ask_at_once_both_answer(folder: Path) -> None:
    """Questions do not keep one another out."""
    with running(ASK, folder, ASKED[0]) as one, running(ASK, folder, QUESTIONS["ar"][0]) as two:
        for process in (one, two):
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in (one, two):
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in (one, two):
            status, citations = ended(process).split()
            assert (status, int(citations) > 0) == ("answered", True)


HOLD = """
import sys
from pathlib import Path
from assistant.locks import LibraryLock
lock = LibraryLock(Path(sys.argv[1]))
with lock.exclusive("ingest") if sys.argv[2] == "exclusive" else lock.shared():
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize(
    ("mode", "kept_out", "let_in", "said"),
    [
        ("exclusive", [*CALLS], [], r"being changed by process {} \(ingest, since \d\d:\d\d\); wait for it, or stop it"),
        (
            "shared",
            ["remove", "rebuild", "reembed"],
            ["ask", "search", "articles", "status", "problems"],
            r"being used by process {}",
        ),
    ],
)
def test_a_library_in_use_names_its_owner(
    folder: Path, make: Callable[..., Assistant], mode: str, kept_out: list[str], let_in: list[str], said: str
) -> None:
    """While it is changed nobody else gets in, while it is asked nobody changes it; the message names the process."""
    assistant = make(folder, wait=0.05)
    with running(HOLD, folder, mode) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        for call in [call for call in kept_out if call != "stream"]:
            with pytest.raises(LibraryLocked, match=said.format(holder.pid)):
                CALLS[call](assistant)
        with pytest.raises(LibraryLocked, match=said.format(holder.pid)):
            assistant.ingest_seeds()
        for call in let_in:
            CALLS[call](assistant)
    assert assistant.ask(ASKED[0]).status is Status.ANSWERED


def test_asking_waits_for_a_change_to_end(folder: Path, make: Callable[..., Assistant]) -> None:
    """A question that comes during a change is answered after it."""
    assistant = make(folder, wait=30)
    asked: list[Answer] = []
    with LibraryLock(folder).exclusive("ingest"):
        waiting = threading.Thread(target=lambda: asked.append(assistant.ask(ASKED[0])))
        waiting.start()
        waiting.join(0.1)
        assert asked == []
    waiting.join()
    assert asked[0].status is Status.ANSWERED


INGEST = """
import sys
from assistant import Assistant
with Assistant.open(sys.argv[1]) as assistant:
    print("ready", flush=True)
    sys.stdin.readline()
    for path in sys.argv[2:]:
        report = assistant.ingest([path])
        print(report.added + report.unchanged, flush=True)
"""


def test_what_another_process_changes_is_seen(folder: Path, tmp_path: Path, make: Callable[..., Assistant]) -> None:
    """An assistant that lives long answers from what others added, and no longer from what they removed or rebuilt."""
    assistant = make(folder)
    assert assistant.ask("Which ferry reached Basra?").status is Status.NOT_FOUND
    with running(INGEST, folder, write(tmp_path / "news", 3)) as other:
        other.communicate("go\n", timeout=300)
    answer = assistant.ask("Which ferry reached Basra?")
    assert answer.status is Status.ANSWERED
    assert check_citations(assistant, answer)
    other_one = make(folder)
    other_one.remove([source.article_id for source in other_one.articles() if source.language == "en"])
    assert assistant.ask("Which ferry reached Basra?").status is Status.NOT_FOUND
    other_one.rebuild()
    assert assistant.ask(ASKED[0]).status is Status.ANSWERED


def test_a_library_made_anew_under_the_same_name_is_seen(folder: Path, tmp_path: Path, make: Callable[..., Assistant]) -> None:
    """When the folder was deleted and filled again by somebody else, answers come from what is there now."""
    assistant = make(folder)
    assert assistant.ask(ASKED[0]).status is Status.ANSWERED
    shutil.rmtree(folder)
    with pytest.raises(NoLibrary):
        assistant.ask(ASKED[0])
    make(folder).ingest([write(tmp_path / "news", 2)])
    assert assistant.ask(ASKED[0]).status is Status.NOT_FOUND
    assert assistant.ask("Which ferry reached Basra?").status is Status.ANSWERED


def test_a_rebuild_keeps_nobody_from_asking(folder: Path, make: Callable[..., Assistant], vectors_in: str) -> None:
    """While the new indexes are made others ask; who wants to change something is told who is at it, and with what."""
    other = make(folder, wait=0.05)
    expected = other.ask(ASKED[0])  # on a server, it puts the vectors there
    said: list[str] = []

    def meanwhile(doing: str, done: int, total: int) -> None:
        answer = other.ask(ASKED[0])
        assert (answer.text, answer.trace.notes) == (expected.text, expected.trace.notes)
        with pytest.raises(LibraryLocked, match=r"being used by this process \(rebuild, since"):
            other.remove([other.articles()[0].article_id])
        said.append(doing)

    assert make(folder).rebuild(progress=meanwhile) == 18
    assert said == ["rebuilding"]
    assert other.ask(ASKED[0]).text == expected.text
    assert other.problems() == []


# -- threads ----------------------------------------------------------------------------------------------------------


@pytest.mark.vectors_in_the_folder
def test_a_batch_that_is_stored_keeps_no_thread_from_asking(
    folder: Path, tmp_path: Path, make: Callable[..., Assistant], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is put into the indexes, threads of the same assistant get the answers they got before; whoever else asks waits."""
    assistant, other = make(folder, wait=0.05), make(folder, wait=0.05)
    assistant.ingest([write(tmp_path / "news", 2)])
    asked = [ASKED[0], "Which ferry number 7 reached Basra?"]
    filters = Filters(languages=("en",))
    seen: list[object] = []

    def look() -> None:
        answers = [(answer.text, answer.nearest, answer.trace.notes) for answer in map(assistant.ask, asked)]
        hits = [assistant.search(question, limit=40, filters=wanted) for question in asked for wanted in (None, filters)]
        seen.append((answers, hits, assistant.articles(), assistant.status().passages))

    def ask() -> None:
        look()
        for kept_out in (
            lambda: other.ask(ASKED[0]),
            lambda: assistant.article(assistant.articles()[0].article_id),
            lambda: assistant.export(tmp_path / "backup"),
            lambda: assistant.problems(),
        ):
            with pytest.raises(LibraryLocked, match=r"being changed by this process \(ingest, since"):
                kept_out()

    look()
    watched(monkeypatch, ask)
    # So many that Chroma writes its vector files; the first takes the place of another.
    (tmp_path / "news" / "0000.txt").write_text("The harbour of Basra is closed.", "utf-8")
    report = assistant.ingest([write(tmp_path / "news", 119, first=2)])
    assert (report.added, report.updated) == (119, 1)
    assert len(seen) == 1 + 2 * (3 + 120 // AT_ONCE)
    assert all(later == seen[0] for later in seen)
    assert len(assistant.articles()) == 126
    assert assistant.problems() == []


def watched(monkeypatch: pytest.MonkeyPatch, look: Callable[[], None]) -> None:
    """Have another thread `look` before and after each step of the next change up to the one by which it shows."""
    publish = Catalogue.publish
    published: list[bool] = []

    def publishing(self: Catalogue, ids: Sequence[str]) -> tuple[str, ...]:
        published.append(True)
        return publish(self, ids)

    def stepping(done: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: Any, **options: Any) -> object:
            if not published:
                in_thread(look)
            result = done(*arguments, **options)
            if not published:
                in_thread(look)
            return result

        return wrapped

    monkeypatch.setattr(Catalogue, "publish", publishing)
    for kind, step in ((Catalogue, "stage"), (LexicalIndex, "add"), (VectorIndex, "add"), (LexicalIndex, "commit")):
        monkeypatch.setattr(kind, step, stepping(getattr(kind, step)))


def in_thread(task: Callable[[], None]) -> None:
    """Do it in another thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(task).result()


def test_an_article_is_there_while_it_is_described_anew(
    folder: Path, tmp_path: Path, make: Callable[..., Assistant], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an article whose title changes readers would lose sight in between: those who ask wait."""
    assistant = make(folder, wait=0.05)
    news = write(tmp_path / "news", 1)
    assert assistant.ingest([news]).added == 1
    tried: list[bool] = []

    def look() -> None:
        with pytest.raises(LibraryLocked):
            assistant.ask("Which ferry reached Basra?")
        tried.append(True)

    watched(monkeypatch, look)
    (news / "sources.toml").write_text('["0000.txt"]\ntitle = "The ferry"\n', "utf-8")
    assert assistant.ingest([news]).updated == 1
    assert tried
    assert "The ferry" in {source.title for source in assistant.articles()}


class Elsewhere(EmbeddedEmbedder):
    """The same vectors, as if a model of another machine made them."""

    host = "models.example"


@pytest.mark.parametrize("why", ["a model elsewhere", "nothing there"])
def test_who_would_keep_others_waiting_waits_for_the_batch(
    folder: Path,
    tmp_path: Path,
    make: Callable[..., Assistant],
    lexicon: Lexicon,
    monkeypatch: pytest.MonkeyPatch,
    why: str,
    vectors_in: str,
) -> None:
    """Another machine may take its time, for which the batch would have to wait, and everybody for that; it is waited for as long
    as there is no article at all. What is only looked up in the catalogue waits for nothing."""
    empty = why == "nothing there"
    assistant = make(folder, wait=0.05, embedder=None if empty else Elsewhere(lexicon))
    assistant.ask(ASKED[0])  # on a server, it puts the vectors there
    if empty:
        assistant.remove([source.article_id for source in assistant.articles()])
    tried: list[int] = []

    def look() -> None:
        with pytest.raises(LibraryLocked):
            assistant.ask("Which ferry reached Basra?")
        tried.append(0 if empty else assistant.status().articles)

    watched(monkeypatch, look)
    assert assistant.ingest([write(tmp_path / "news", 3)]).added == 3
    assert set(tried) == ({0} if empty else {5})
    assert assistant.ask("Which ferry reached Basra?").status is Status.ANSWERED


@pytest.mark.vectors_in_the_folder
@pytest.mark.parametrize("error", [KeyboardInterrupt(), LibraryDamaged("It broke.")], ids=["ctrl-c", "fault"])
def test_a_batch_that_fails_while_others_ask_is_finished_by_the_next_question(
    folder: Path, tmp_path: Path, make: Callable[..., Assistant], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """One that is in the middle of a question gets its answer; afterwards the batch is there whole."""
    assistant = make(folder)
    expected = assistant.ask(ASKED[0])
    add, search = VectorIndex.add, VectorIndex.search
    inside, failed = threading.Event(), threading.Event()
    answers: list[Answer] = []

    def failing(self: VectorIndex, passages: Sequence[Passage], vectors: Vectors) -> None:
        add(self, passages, vectors)
        reader.start()
        assert inside.wait(60)
        failed.set()
        raise error

    def searching(self: VectorIndex, *arguments: Any, **options: Any) -> object:
        inside.set()
        assert failed.wait(60)
        return search(self, *arguments, **options)

    reader = threading.Thread(target=lambda: answers.append(assistant.ask(ASKED[0])))
    with monkeypatch.context() as patch:
        patch.setattr(VectorIndex, "add", failing)
        patch.setattr(VectorIndex, "search", searching)
        with pytest.raises(type(error)):
            assistant.ingest([write(tmp_path / "news", 3)])
        reader.join()
    assert [(answer.text, answer.trace.notes) for answer in answers] == [(expected.text, expected.trace.notes)]
    assert assistant.ask("Which ferry reached Basra?").status is Status.ANSWERED
    assert len(assistant.articles()) == 8
    assert assistant.problems() == []


@pytest.mark.parametrize("who", ["thread", "process"])
@pytest.mark.no_cover
def test_many_ask_while_articles_come_in(
    folder: Path, tmp_path: Path, make: Callable[..., Assistant], monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """Threads that share an assistant see whole articles or none, and no error, while another thread or process ingests."""
    news = [write(tmp_path / f"news{part}", 10, first=10 * part) for part in range(4)]
    monkeypatch.setattr(ingestion, "ARTICLES", 4)  # twelve batches in all; what is in them costs time and tells nothing
    monkeypatch.setenv("SANAD_LOCK_WAIT", "120")  # a busy machine makes everybody wait; that is not what this is about
    assistant = make(folder, wait=120)
    ready, done = threading.Barrier(4), threading.Event()
    failures: list[BaseException] = []
    seen: list[int] = []

    def ask() -> None:
        try:
            for rounds in count():
                last = done.is_set()
                for hit in assistant.search("Which ferry reached Basra with sailors?", limit=20):
                    passage = hit.passage
                    article = assistant.article(passage.source.article_id)
                    assert article.text[passage.start : passage.end] == passage.text
                check_citations(assistant, assistant.ask(ASKED[rounds % len(ASKED)]))
                seen.append(len(assistant.articles()))
                if last:
                    break
                if rounds == 0:
                    ready.wait()
        except BaseException as exc:
            failures.append(exc)
            ready.abort()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        with suppress(threading.BrokenBarrierError):
            ready.wait()
        if who == "thread":
            assert sum(assistant.ingest([part]).added for part in news) == 40
        else:
            with running(INGEST, folder, *news) as other:
                out, err = other.communicate("go\n", timeout=300)
                assert out.split()[1:] == ["10"] * 4, err
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(assistant.articles()) == 45
    assert {5, 45} <= set(seen)
    assert assistant.problems() == []


# -- crashes ----------------------------------------------------------------------------------------------------------


def test_a_killed_ingestion_loses_nothing_that_was_acknowledged(
    tmp_path: Path, make: Callable[..., Assistant], compiled: Path
) -> None:
    """Killed at any moment, it leaves whole articles, among them all that were reported; asking heals, the next run finishes."""
    parts = [write(tmp_path / f"news{part}", 20, first=20 * part) for part in range(10)]
    moments = random.Random(7)
    folder = tmp_path / "library"
    folder.mkdir()
    shutil.copy(compiled, folder)
    for _ in range(3):
        with running(INGEST, folder, *parts) as other:
            assert other.stdout
            assert other.stdout.readline() == "ready\n"
            assert other.stdin
            other.stdin.write("go\n")
            other.stdin.flush()
            with suppress(subprocess.TimeoutExpired):
                other.wait(0.1 + moments.random())
            other.kill()
            acknowledged = sum(map(int, other.communicate()[0].split()))
        if not (folder / "library.db").exists():
            assert acknowledged == 0
            continue
        assistant = make(folder)
        sources = assistant.articles()
        assert len(sources) >= acknowledged
        for source in sources:
            text = assistant.article(source.article_id).text
            number = int(text.split()[1].rstrip("."))
            assert text == (parts[number // 20] / f"{number:04}.txt").read_text("utf-8")
        if sources:
            assert assistant.ask("Which ferry reached Basra?").status is Status.ANSWERED
            assert assistant.problems() == []
            assert len(assistant.articles()) >= len(sources)
        assistant.close()
    assistant = make(folder)
    reports = [assistant.ingest([part]) for part in parts]
    assert sum(report.added + report.unchanged for report in reports) == 200
    assert sum(assistant.ingest([part]).unchanged for part in parts) == 200
    assert len(assistant.articles()) == 200
    assert assistant.problems() == []


@pytest.mark.parametrize("step", ["stage", "publish", "forget"])
def test_the_next_question_finishes_what_was_cut_off(
    folder: Path, tmp_path: Path, make: Callable[..., Assistant], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """After a crash, another assistant sees the old article or the new one, never both or half; its first question mends."""
    news = write(tmp_path / "news", 1)
    assistant = make(folder)
    assistant.ingest([news])
    (news / "0000.txt").write_text("Bulletin.\nThe tanker reached Muscat on Friday.", "utf-8")

    def stop(*_: object, **__: object) -> None:
        raise RuntimeError("stop")

    with monkeypatch.context() as patch:
        patch.setattr(f"assistant.catalogue.Catalogue.{step}", stop)
        with pytest.raises(RuntimeError):
            assistant.ingest([news])
    other = make(folder)
    assert len(other.articles()) == 6
    assert other.problems() == ["a change was cut off; the next `sanad ask` or `sanad ingest` finishes it"]
    new = other.ask("Which tanker reached Muscat?").status is Status.ANSWERED
    old = other.ask("Which ferry reached Basra?").status is Status.ANSWERED
    assert (old, new) == (step == "stage", step != "stage")
    assert other.problems() == []
    assert len(other.articles()) == 6


# -- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.vectors_in_the_folder
@pytest.mark.parametrize("lost", [("chroma",), ("lexical",), ("chroma", "lexical"), ("seal.json",)])
def test_lost_indexes_are_made_anew_by_the_next_question(
    folder: Path, make: Callable[..., Assistant], lost: tuple[str, ...]
) -> None:
    """They are named by `problems`, which changes nothing, and rebuilt; the answers are the same as before."""
    before = make(folder)
    expected = [before.ask(question) for question in ASKED[::4]]
    before.close()
    for name in lost:
        shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()
    assistant = make(folder)
    assert len(assistant.problems()) == (2 if lost == ("seal.json",) else len(lost)) + (lost == ("seal.json",))
    assert not any((folder / name).exists() for name in lost)
    answers = [assistant.ask(question) for question in ASKED[::4]]
    assert [(answer.text, answer.citations) for answer in answers] == [(answer.text, answer.citations) for answer in expected]
    assert assistant.problems() == []


def test_indexes_are_made_anew_without_the_model(folder: Path, make: Callable[..., Assistant]) -> None:
    """With the embedding model out of reach, rebuilding works, and asking searches the full text and says so."""
    shutil.rmtree(folder / "chroma")
    shutil.rmtree(folder / "lexical")
    assistant = make(folder, embedder=Unreachable())
    answer = assistant.ask(ASKED[0])
    assert answer.status is Status.ANSWERED
    assert any("could not be embedded" in note for note in answer.trace.notes)
    assert check_citations(assistant, answer)
    assert assistant.rebuild() == 18
    assert assistant.problems() == []
    with pytest.raises(ModelUnavailable):
        assistant.ingest_seeds()


@pytest.mark.parametrize("content", [b"", b"my letters " * 1_000])
def test_a_damaged_catalogue_is_an_error_and_stays_as_it_is(folder: Path, make: Callable[..., Assistant], content: bytes) -> None:
    """It cannot be healed: every call says what it is and what to do, and `problems` lists it."""
    (folder / "library.db").write_bytes(content)
    assistant = make(folder)
    for name, call in CALLS.items():
        if name == "problems":
            (problem,) = assistant.problems()
            assert "is not a Sanad library" in problem
        elif name != "stream":
            with pytest.raises(LibraryDamaged, match="is not a Sanad library"):
                call(assistant)
    with pytest.raises(LibraryDamaged):
        assistant.ingest_seeds()
    assert (folder / "library.db").read_bytes() == content


class Shifted(EmbeddedEmbedder):
    """The embedded embedder as another model would be."""

    def __init__(self, lexicon: Lexicon, name: str) -> None:
        super().__init__(lexicon)
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors: Vectors = super().embed([text[::-1] for text in texts])
        return vectors


@pytest.mark.parametrize("name", ["other", NAME])
def test_another_model_is_refused_before_any_question(
    folder: Path, make: Callable[..., Assistant], lexicon: Lexicon, name: str
) -> None:
    """By name or by its vectors it is told apart; what needs no model still works; `rebuild --embed` makes the library its own."""
    assistant = make(folder, embedder=Shifted(lexicon, name))
    for call in (
        lambda: assistant.ask(ASKED[0]),
        lambda: assistant.search(ASKED[0]),
        lambda: assistant.ingest_seeds(),
    ):
        with pytest.raises(LibraryMismatch, match="sanad rebuild --embed"):
            call()
    assert len(assistant.problems()) == 1
    assert assistant.status().embedding == NAME
    assert len(assistant.articles()) == 5
    assert assistant.rebuild() == 18
    with pytest.raises(LibraryMismatch):
        assistant.ask(ASKED[0])
    assert assistant.rebuild(embed=True) == 18
    assert assistant.problems() == []
    assert assistant.status().embedding == name
    assert assistant.ask(ASKED[0]).status is Status.ANSWERED
    with pytest.raises(LibraryMismatch):
        make(folder).ask(ASKED[0])


# -- permissions ------------------------------------------------------------------------------------------------------

needs_permissions = pytest.mark.skipif(sys.platform == "win32", reason="permissions are those of POSIX")


@contextmanager
def a_plain_user() -> Iterator[Path]:
    """A folder of someone whom permissions bind, as whom the block runs: nobody, when the tests run as root."""
    import chromadb.api.rust  # noqa: F401  # which nobody may not be allowed to read

    with tempfile.TemporaryDirectory() as name:
        folder, root = Path(name), os.geteuid() == 0
        if root:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        try:
            if not os.access(folder, os.W_OK, effective_ids=True):
                pytest.skip("the folder for temporary files is closed to other users")
            yield folder
        finally:
            if root:
                os.seteuid(0)


def close_to_writing(folder: Path, *, mode: int = 0o222) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~mode)


def open_to_writing(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o700)


@needs_permissions
@pytest.mark.vectors_in_the_folder
def test_a_vector_index_that_cannot_be_written_is_done_without(lexicon: Lexicon) -> None:
    """Chroma cannot even read a closed folder: vectors are compared one by one, with a note; and it heals once it may."""
    with a_plain_user() as place:
        with Assistant(place / "library", lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
            assistant.ingest([write(place / "news", 3)])
        close_to_writing(place / "library" / "chroma")
        with Assistant(place / "library", lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
            for _ in range(2):
                answer = assistant.ask("Which ferry reached Basra?")
                assert answer.status is Status.ANSWERED
                assert ONE_BY_ONE in answer.trace.notes
                assert check_citations(assistant, answer)
            (problem,) = [problem for problem in assistant.problems() if "chroma" in problem]
            assert "cannot be written to; allow writing" in problem
            with pytest.raises(LibraryNotWritable, match="chroma"):
                assistant.ingest([write(place / "news", 1, first=9)])
            open_to_writing(place / "library" / "chroma")
            assert ONE_BY_ONE not in assistant.ask("Which ferry reached Basra?").trace.notes
            assert assistant.ingest([place / "news"]).added == 1
            assert assistant.problems() == []


@needs_permissions
@pytest.mark.parametrize("closed", ["lexical", "."])
def test_a_library_that_cannot_be_written_is_asked_all_the_same(lexicon: Lexicon, closed: str, vectors_in: str) -> None:
    """Nothing is written to ask it, not even a lock; the answer is the same; changing it names the place and the way out."""
    with a_plain_user() as place:
        with Assistant(place / "library", lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
            assistant.ingest([write(place / "news", 3)])
            expected = assistant.ask("Which ferry reached Basra?")
        close_to_writing(place / "library" / closed)
        before = {path: path.stat().st_mtime_ns for path in (place / "library").rglob("*")}
        try:
            with Assistant(place / "library", lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
                answer = assistant.ask("Which ferry reached Basra?")
                assert (answer.text, answer.citations) == (expected.text, expected.citations)
                assert (ONE_BY_ONE in answer.trace.notes) == (closed == "." and vectors_in == "folder")
                assert check_citations(assistant, answer)
                assert assistant.status().articles == 3
                if closed == ".":
                    assert {path: path.stat().st_mtime_ns for path in (place / "library").rglob("*")} == before
                for change in (lambda: assistant.ingest([write(place / "news", 1, first=9)]), lambda: assistant.rebuild()):
                    with pytest.raises(LibraryNotWritable, match="allow"):
                        change()
                assert assistant.ask("Which ferry reached Basra?").text == expected.text
        finally:
            open_to_writing(place / "library")
        with Assistant(place / "library", lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
            assert assistant.ask("Which ferry reached Basra?").status is Status.ANSWERED
            assert assistant.problems() == []
            assert assistant.ingest([place / "news"]).added == 1


@needs_permissions
def test_a_closed_library_without_its_full_text_says_so(lexicon: Lexicon) -> None:
    """What would have to be made anew first cannot be: asking names the place, looking at the articles works."""
    with a_plain_user() as place:
        with Assistant(place / "library", lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
            assistant.ingest([write(place / "news", 3)])
        shutil.rmtree(place / "library" / "lexical")
        close_to_writing(place / "library")
        try:
            with Assistant(place / "library", lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
                with pytest.raises(LibraryNotWritable, match="allow"):
                    assistant.ask("Which ferry?")
                assert len(assistant.articles()) == 3
                assert assistant.problems()
        finally:
            open_to_writing(place / "library")


@needs_permissions
def test_a_folder_that_may_not_be_entered_is_no_missing_library(lexicon: Lexicon) -> None:
    """What cannot be looked at is not reported as not being there."""
    with a_plain_user() as place:
        with Assistant(place / "library", lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
            assistant.ingest([write(place / "news", 1)])
        (place / "library").chmod(0)
        try:
            with Assistant(place / "library", lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
                for call in (
                    lambda: assistant.ask("Which ferry?"),
                    lambda: assistant.ingest([place / "news"]),
                    lambda: assistant.status(),
                ):
                    with pytest.raises(LibraryNotWritable):
                        call()
        finally:
            (place / "library").chmod(0o700)


def test_errors_are_ours(folder: Path, make: Callable[..., Assistant]) -> None:
    """A library path that leads through a file is an error with a way out, not a traceback."""
    (folder / "file").touch()
    assistant = make(folder / "file" / "library")
    with pytest.raises(NoLibrary):
        assistant.ask("چه شد؟")
    with pytest.raises(AssistantError, match="choose another --library"):
        assistant.ingest_seeds()
