"""Faults: whatever happens to a library's files is noticed before they are believed, the question is answered all the same, and the
next one finds all in order; where it cannot be healed, one line says what to do, in the reader's language, and nothing is written.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crash.damage import empty, halved, missing

from assistant import console, ingestion
from assistant.catalogue import Catalogue
from assistant.cli import sanad
from assistant.embedding import EmbeddedEmbedder
from assistant.indexes import LEXICAL, VECTORS, Nearest
from assistant.lexical import LexicalIndex
from assistant.lexicon import Lexicon
from assistant.library import CANARIES, Library
from assistant.pipeline import Assistant
from assistant.protocols import Vectors
from assistant.seal import Seal
from assistant.types import Answer, Hit, Query
from assistant.understanding import understand
from assistant.vectors import VectorIndex

MANY = 130  # articles: from a hundred vectors on, Chroma writes its vector files down
QUESTION = "How many sailors came with ferry number 57?"
FACT = "The ferry number 57 reached Basra on Monday with 59 sailors."
ONE_BY_ONE = "the vector index cannot be read; the library's vectors were compared one by one"


class Silent(EmbeddedEmbedder):
    """The embedded embedder, of which nobody may want the vector of a passage: healing takes them from the catalogue."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        assert len(texts) == 1 or tuple(texts) == CANARIES, "passages were embedded again"
        return super().embed(texts)


def write(folder: Path, numbers: range) -> Path:
    """A folder of short bulletins."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in numbers:
        text = f"Bulletin {n}.\nThe ferry number {n} reached Basra on Monday with {n + 2} sailors.\n"
        (folder / f"{n:04}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lexicon(made: Path) -> Lexicon:
    return Lexicon.open(made / "lexicon.json")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, made: Path, lexicon: Lexicon) -> Path:
    """A library large enough that Chroma has written its vector files; nobody changes it."""
    place = tmp_path_factory.mktemp("original")
    news, folder = write(place / "news", range(MANY)), place / "library"
    folder.mkdir()
    shutil.copy(made / "lexicon.json", folder)
    with Assistant(folder, lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
        assert assistant.ingest([news]).added == MANY
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "library"))


@pytest.fixture(scope="module")
def expected(original: Path, lexicon: Lexicon) -> tuple[Answer, tuple[Hit, ...]]:
    """What a sound library answers, and what is found by comparing every vector."""
    with Assistant(original, lexicon=lexicon, embedder=Silent(lexicon)) as assistant:
        answer = assistant.ask(QUESTION)
        assert FACT in [citation.quote for citation in answer.citations]
        assert answer.trace.notes == ()
        library = assistant._opened()
        nearest = Nearest(None, library.catalogue, "")
        exact = assistant._retriever(library, nearest).retrieve(understood(lexicon), limit=10)
        assert nearest.notes
        return answer, exact.hits


def understood(lexicon: Lexicon) -> Query:
    return understand(QUESTION, lexicon=lexicon, today=date(2024, 11, 22))


Open = Callable[[Path], Assistant]


@pytest.fixture
def opened(lexicon: Lexicon) -> Iterator[Open]:
    """Opens libraries whose passages must not be embedded again, and closes them in the end."""
    assistants: list[Assistant] = []

    def one(folder: Path) -> Assistant:
        assistants.append(Assistant(folder, lexicon=lexicon, embedder=Silent(lexicon)))
        return assistants[-1]

    yield one
    for assistant in assistants:
        assistant.close()


def state(folder: Path, *, without: Sequence[str] = ("lock",)) -> dict[str, bytes]:
    """Every file's bytes, but for the lock, and Chroma's database, which changes when it is opened."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    passing = ("chroma.sqlite3", "library.db-shm", "library.db-wal", ".lock")
    return {
        name: path.read_bytes()
        for name, path in files.items()
        if not name.endswith(passing) and not name.startswith(tuple(without))
    }


# -- the indexes ------------------------------------------------------------------------------------------------------

Find = Callable[[Path], Path]
Damage = Callable[[Path], None]


def plain(name: str) -> Find:
    return lambda folder: folder / name


def vector_file(name: str) -> Find:
    return lambda folder: next((folder / "chroma").glob(f"*/{name}"))


def segment(folder: Path) -> Path:
    return vector_file("header.bin")(folder).parent


def lexical_file(suffix: str) -> Find:
    return lambda folder: next((folder / "lexical").glob(f"*.{suffix}"))


def garbage(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(path.stat().st_size or 4096))


def headless(path: Path) -> None:
    """The header is another one."""
    with path.open("r+b") as file:
        file.write(b"no database here" * 6)


def blocks(path: Path) -> None:
    """Sixty of its pages, not the first, hold other bytes."""
    random = np.random.default_rng(2)
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        for page in random.choice(np.arange(1, pages), size=min(60, pages - 1), replace=False):
            file.seek(int(page) * 4096)
            file.write(random.bytes(4096))


def a_byte(path: Path) -> None:
    """One byte in the middle is another; size and, as far as the clock can tell, time stay."""
    data, before = bytearray(path.read_bytes()), path.stat().st_mtime_ns
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(before, before + 1))


DATABASE = plain("chroma/chroma.sqlite3")
# Which index, what of it, how it breaks, and whether it must show before Chroma opens anything. The first group is Chroma's, which
# by itself would make an empty database, miss passages in silence, fail in every call, or end the process.
FAULTS: list[tuple[str, Find, Damage, bool]] = [
    (VECTORS, plain("chroma"), missing, True),
    (VECTORS, DATABASE, missing, True),
    (VECTORS, DATABASE, empty, False),
    (VECTORS, DATABASE, headless, False),
    (VECTORS, DATABASE, halved, False),
    (VECTORS, DATABASE, garbage, False),
    (VECTORS, DATABASE, blocks, False),
    (VECTORS, segment, missing, True),
    *((VECTORS, vector_file("data_level0.bin"), damage, True) for damage in (missing, empty, halved, garbage, a_byte)),
    *((VECTORS, vector_file("index_metadata.pickle"), damage, True) for damage in (missing, empty, garbage)),
    *((VECTORS, vector_file(name), damage, True) for name in ("header.bin", "length.bin") for damage in (missing, empty, garbage)),
    *((VECTORS, vector_file("link_lists.bin"), damage, True) for damage in (missing, garbage)),
    (LEXICAL, plain("lexical"), missing, False),
    (LEXICAL, plain("lexical/meta.json"), missing, False),
    (LEXICAL, plain("lexical/meta.json"), halved, False),
    (LEXICAL, plain("lexical/.managed.json"), garbage, False),
    *((LEXICAL, lexical_file(name), missing, False) for name in ("store", "term", "idx", "pos")),
    *((LEXICAL, lexical_file(name), halved, False) for name in ("store", "term", "idx", "pos")),
    *((LEXICAL, lexical_file(name), garbage, False) for name in ("store", "term", "idx", "pos")),
    (LEXICAL, lexical_file("idx"), a_byte, False),
]  # fmt: skip


def never(*_: object) -> Any:
    raise AssertionError("Chroma was let at its files")


@pytest.mark.parametrize(
    ("index", "file", "damage", "unopened"),
    FAULTS,
    ids=[f"{index}-{number}-{damage.__name__}" for number, (index, _, damage, _) in enumerate(FAULTS)],
)
def test_a_broken_index_is_named_done_without_and_healed(
    folder: Path,
    opened: Open,
    expected: tuple[Answer, tuple[Hit, ...]],
    monkeypatch: pytest.MonkeyPatch,
    index: str,
    file: Find,
    damage: Damage,
    unopened: bool,
) -> None:
    """`doctor` names it in one line and changes nothing; a question is answered exactly, from the truth; then all is in order."""
    damage(file(folder))
    other = folder / (VECTORS if index == LEXICAL else LEXICAL)
    before, untouched = state(folder), state(other)
    with monkeypatch.context() as patch:
        if unopened:
            patch.setattr("assistant.vectors._own_client", never)
        patch.setattr("assistant.library.PATIENCE", 0)  # as in a library too large to be made anew while somebody waits
        assistant = opened(folder)
        (problem,) = assistant.problems()
        assert "`sanad rebuild`" in problem
        assert "\n" not in problem
        assert state(folder) == before
        if index == VECTORS:
            answer = assistant.ask(QUESTION)
            assert (answer.text, answer.citations) == (expected[0].text, expected[0].citations)
            assert ONE_BY_ONE in answer.trace.notes
            assert assistant.search(QUESTION) == expected[1]
            assert state(folder) == before
        assistant.close()
    assistant = opened(folder)
    answer = assistant.ask(QUESTION)
    assert (answer.text, answer.citations, answer.trace.notes) == (expected[0].text, expected[0].citations, ())
    assert assistant.search(QUESTION)[0].passage == expected[1][0].passage
    assert assistant.problems() == []
    assert state(other) == untouched


# -- two writers ------------------------------------------------------------------------------------------------------

# Opens the index of each library as somebody would who knows nothing of us, and once told writes into it with what it knew then.
FOREIGNER = """
import sys
import chromadb
import numpy as np

random = np.random.default_rng(3)
adding, few, replacing, during = [
    chromadb.PersistentClient(folder).get_collection("passages", embedding_function=None) for folder in sys.argv[1:]
]
ids = replacing.get(include=[])["ids"][::2]
size = len(adding.get(limit=1, include=["embeddings"])["embeddings"][0])
for collection in (adding, few, replacing, during):
    collection.query(query_embeddings=random.standard_normal((1, size)), n_results=1)  # it has the vector files in memory

def add(collection, number):
    for start in range(0, number, 20):
        names = [f"foreign-{n}" for n in range(start, start + 20)]
        vectors = random.standard_normal((20, size)).astype("f4")
        collection.add(ids=names, embeddings=vectors, metadatas=[{"article": "foreign"}] * 20)

print("ready", flush=True)
sys.stdin.readline()
add(adding, 200)
add(few, 20)
replacing.update(ids=ids, embeddings=random.standard_normal((len(ids), size)).astype("f4"))
add(during, 200)
print("done", flush=True)
"""


def test_what_a_second_writer_does_is_noticed(
    original: Path, tmp_path: Path, opened: Open, lexicon: Lexicon, expected: tuple[Answer, tuple[Hit, ...]]
) -> None:
    """Many records, a few, other vectors for ours, and records added with a view of before our own last change."""
    trials = [shutil.copytree(original, tmp_path / name) for name in ("many", "few", "replaced", "during")]
    command = [sys.executable, "-c", FOREIGNER, *(str(folder / "chroma") for folder in trials)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        with Assistant(trials[-1], lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon)) as assistant:
            assert assistant.ingest([write(tmp_path / "more", range(MANY, MANY + 40))]).added == 40
        out, err = other.communicate("go\n", timeout=120)
        assert out == "done\n", err
    for folder in trials:
        (problem,) = opened(folder).problems()
        assert "vector index" in problem
        assert "`sanad rebuild`" in problem
        assistant = opened(folder)
        answer = assistant.ask(QUESTION)
        assert (answer.text, answer.trace.notes) == (expected[0].text, ())
        assert assistant.problems() == []
        holds_the_truth(assistant)


# Takes news into library after library, in batches of ten, each when it is told to; nobody else may change one meanwhile.
COLLEAGUE = """
import sys
from pathlib import Path
from assistant import ingestion
from assistant.library import Library
from assistant.pipeline import Assistant

def alone(library, *arguments, store=Library.store):
    (library.folder / "busy").touch(exist_ok=False)
    try:
        return store(library, *arguments)
    finally:
        (library.folder / "busy").unlink()

Library.store, ingestion.ARTICLES = alone, 10
for folder in sys.argv[2:]:
    with Assistant(Path(folder), lock_wait=120) as assistant:
        assistant.search("ferry")
        print("ready", flush=True)
        sys.stdin.readline()
        assistant.ingest([sys.argv[1]])
print("done", flush=True)
"""


def test_two_of_ours_take_turns(
    original: Path, tmp_path: Path, opened: Open, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes that take articles in at once, three times over: all articles of both are there, and nothing is damaged."""
    theirs, ours = write(tmp_path / "theirs", range(MANY, MANY + 30)), write(tmp_path / "ours", range(MANY + 30, MANY + 60))
    trials = [shutil.copytree(original, tmp_path / f"trial{n}") for n in range(3)]
    monkeypatch.setattr(ingestion, "ARTICLES", 10)
    monkeypatch.setattr(Library, "store", alone)
    command = [sys.executable, "-c", COLLEAGUE, theirs, *trials]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        for folder in trials:
            with Assistant(folder, lexicon=lexicon, embedder=EmbeddedEmbedder(lexicon), lock_wait=120) as assistant:
                assistant.search("ferry")
                assert other.stdout.readline() == "ready\n"
                other.stdin.write("go\n")
                other.stdin.flush()
                assert assistant.ingest([ours]).added == 30
        out, err = other.communicate(timeout=300)
        assert out == "done\n", err
    for folder in trials:
        assistant = opened(folder)
        assert assistant.problems() == []
        assert len(assistant.articles()) == MANY + 60
        holds_the_truth(assistant)


def alone(library: Library, *arguments: Any, store: Callable[..., Any] = Library.store) -> Any:
    """`Library.store`, which nobody else may be at meanwhile."""
    (library.folder / "busy").touch(exist_ok=False)
    try:
        return store(library, *arguments)
    finally:
        (library.folder / "busy").unlink()


def holds_the_truth(assistant: Assistant) -> None:
    """The vector index has the catalogue's passages and no others, each with its own vector."""
    library = assistant._opened()
    model = library.catalogue.manifest.embedding
    ids, vectors = zip(*library.catalogue.vectors_of_passages(model), strict=True)
    names = [name for part in ids for name in part]
    assert library.indexes.vectors.ids() == set(names)
    kept = library.indexes.vectors.kept(names)
    assert np.allclose([kept[name] for name in names], np.concatenate(vectors), atol=1e-5)


# -- the truth --------------------------------------------------------------------------------------------------------


class Ended:
    """How a command ended: its exit code and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def is_one_line(self, code: int, *phrases: str) -> None:
        """Nothing on standard output, one line on standard error with all of `phrases`, no traceback, and the exit code."""
        assert (self.code, self.out, self.err.count("\n")) == (code, "", 1), (self.code, self.out, self.err)
        assert [phrase for phrase in phrases if phrase not in self.err] == [], self.err
        assert "Traceback" not in self.err


Run = Callable[..., Ended]
LOCALES = {"fa": "fa_IR.UTF-8", "en": "en_GB.UTF-8"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `sanad` on a library, for a reader of that language."""

    def command(folder: Path, *arguments: str | Path, language: str = "en") -> Ended:
        monkeypatch.setattr(sys, "argv", ["sanad", "--library", str(folder), *map(str, arguments)])
        monkeypatch.setenv("LC_ALL", LOCALES[language])
        capsys.readouterr()
        code = console.run(sanad, name="sanad")
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return command


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE mine (row)")
    db.close()


def all_but_the_first_page(path: Path) -> None:
    random = np.random.default_rng(4)
    path.write_bytes(path.read_bytes()[:4096] + random.bytes(path.stat().st_size - 4096))


def a_quarter(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 4)


BROKEN: list[tuple[Damage, int, str, str]] = [
    (missing, 3, "`sanad ingest PATH`", "مجموعه‌ای نیست"),
    (empty, 8, "is not a Sanad library; move it away", "مجموعهٔ سند نیست"),
    (garbage, 8, "is not a Sanad library; move it away", "مجموعهٔ سند نیست"),
    (headless, 8, "is not a Sanad library; move it away", "مجموعهٔ سند نیست"),
    (foreign, 8, "is not a Sanad library; move it away", "مجموعهٔ سند نیست"),
    (a_folder, 8, "is not a Sanad library; move it away", "مجموعهٔ سند نیست"),
    (a_quarter, 8, "see `sanad doctor`, and bring back a backup", "نسخهٔ پشتیبان آن را برگردانید"),
    (all_but_the_first_page, 8, "see `sanad doctor`, and bring back a backup", "نسخهٔ پشتیبان آن را برگردانید"),
]
COMMANDS: list[tuple[str, ...]] = [
    ("ask", QUESTION),
    ("search", QUESTION),
    ("articles",),
    ("status",),
    ("rebuild",),
    ("ingest", "--seeds"),
]


@pytest.mark.parametrize(("damage", "code", "english", "persian"), BROKEN, ids=[damage.__name__ for damage, *_ in BROKEN])
def test_a_broken_truth_is_one_line_and_stays_as_it_is(
    folder: Path, run: Run, damage: Damage, code: int, english: str, persian: str
) -> None:
    """It cannot be made again, so no command makes anything of it; each says which file it is and what to do."""
    database = folder / "library.db"
    damage(database)
    before = state(folder)
    for command in COMMANDS:
        if damage is missing and command[0] == "ingest":
            continue  # that makes one
        run(folder, *command).is_one_line(code, str(folder), english)
        if command[0] not in ("ask", "search"):  # these speak the language of the question
            run(folder, *command, language="fa").is_one_line(code, str(folder), persian)
    ended = run(folder, "doctor")
    assert ended.code == code
    assert english in ended.out + ended.err
    assert state(folder) == before


def test_blocks_of_the_truth_that_changed_are_never_passed_over(folder: Path, run: Run, expected: tuple[Answer, Any]) -> None:
    """Whatever sixty pages hold other bytes: `doctor` finds it, and no command ends in a traceback or tells of other articles."""
    blocks(folder / "library.db")
    damaged = (folder / "library.db").read_bytes()
    assert run(folder, "doctor").code == 8
    for command in COMMANDS[:-1]:
        ended = run(folder, *command)
        assert ended.code in (0, 8)
        if ended.code == 8:
            ended.is_one_line(8, str(folder / "library.db"), "bring back a backup")
        elif command[0] == "ask":
            assert "with 59" in ended.out
    assert (folder / "library.db").read_bytes() == damaged


def test_what_is_asked_of_nothing_makes_nothing(tmp_path: Path, run: Run) -> None:
    """A path that was mistyped is not there afterwards either; nor is one below a file, or in an empty folder."""
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "mistyped", tmp_path / "file" / "library", tmp_path / "empty"):
        for command in COMMANDS[:-1]:
            run(place, *command).is_one_line(3, str(place), "`sanad ingest PATH`")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty", "file"]


# -- the disk ---------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A disk of that size, mounted at `place`; the test is skipped where that cannot be had."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk, on Linux")
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", place], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(place: Path) -> None:
    """Leave no byte on the disk of `place`."""
    with (place / "ballast").open("ab", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


STEPS: dict[str, tuple[Any, str]] = {
    "before the catalogue": (Catalogue, "stage"),
    "before the full text": (LexicalIndex, "add"),
    "before the vectors": (VectorIndex, "add"),
    "before it is seen": (Catalogue, "publish"),
    "before the last seal": (Seal, "stamps"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_disk_that_fills_up_in_the_middle(
    original: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, step: str, expected: tuple[Answer, Any]
) -> None:
    """Exit code 5 in one line; nothing that was there is lost, and it can be asked; with room again the same command completes."""
    news = write(tmp_path / "news", range(MANY, MANY + 60))
    with small_disk(tmp_path / "disk", 64) as disk:
        folder = Path(shutil.copytree(original, disk / "library"))
        with monkeypatch.context() as patch:
            filling_at(patch, *STEPS[step], disk)
            run(folder, "ingest", news).is_one_line(5, str(folder), "free some space and run the same command again")
        run(folder, "rebuild", language="fa").is_one_line(5, str(folder), "کمی جا باز کنید و همان فرمان را دوباره اجرا کنید")
        asked = run(folder, "ask", QUESTION, "--json")
        assert asked.code == 0, asked.err
        assert FACT in asked.out
        with Catalogue.open(folder / "library.db") as catalogue:
            assert catalogue.integrity() == []
            assert catalogue.count().articles in (MANY, MANY + 60)
        (disk / "ballast").unlink()
        assert run(folder, "ingest", news).code == 0
        checked = run(folder, "doctor")
        assert (checked.code, checked.out) == (0, "")
        assert '"articles": 190,' in run(folder, "status", "--json").out
        assert "with 162 sailors" in run(folder, "ask", "How many sailors came with ferry number 160?", "--json").out


def filling_at(patch: pytest.MonkeyPatch, owner: Any, name: str, disk: Path) -> None:
    """Fill the disk when that method is first called, as another program would at that moment."""
    real, filled = getattr(owner, name), []

    def method(*args: Any, **options: Any) -> Any:
        if not filled:
            filled.append(fill(disk))
        return real(*args, **options)

    patch.setattr(owner, name, method)


@pytest.mark.parametrize("room", [0, 8, 20])
def test_a_truth_that_may_not_grow(folder: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """The same wherever no small disk can be had: SQLite is told how many more pages there are."""
    from assistant import catalogue

    news = write(tmp_path / "news", range(MANY, MANY + 60))
    real, most = catalogue._connect, (folder / "library.db").stat().st_size // 4096 + room

    def limited(uri: str, wait: float) -> sqlite3.Connection:
        connection = real(uri, wait)
        connection.execute(f"PRAGMA max_page_count={most}")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "_connect", limited)
        run(folder, "ingest", news).is_one_line(5, str(folder), "free some space and run the same command again")
        assert FACT in run(folder, "ask", QUESTION, "--json").out
    assert run(folder, "doctor").code == 0
    assert run(folder, "ingest", news).code == 0
    assert '"articles": 190,' in run(folder, "status", "--json").out


@pytest.mark.parametrize(("language", "phrase"), [("en", "are needed; free some space"), ("fa", "لازم است؛ کمی جا باز کنید")])
def test_what_surely_does_not_fit_is_not_begun(
    folder: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, language: str, phrase: str
) -> None:
    """Before anything is written, with how much there is and how much is needed."""
    before = state(folder)
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 3 * 2**20))
    run(folder, "ingest", write(tmp_path / "news", range(MANY, MANY + 5)), language=language).is_one_line(5, str(folder), phrase)
    assert state(folder) == before
    monkeypatch.undo()
    monkeypatch.setenv("LC_ALL", LOCALES[language])
    assert run(folder, "ingest", tmp_path / "news").code == 0


def test_a_disk_without_room_for_a_new_library(made: Path, tmp_path: Path, run: Run) -> None:
    """Nothing of it is left, and with room the same command makes it."""
    news = write(tmp_path / "news", range(3))
    with small_disk(tmp_path / "disk", 24) as disk:
        (disk / "library").mkdir()
        shutil.copy(made / "lexicon.json", disk / "library")  # it takes a second to make
        fill(disk)
        run(disk / "library", "ingest", news).is_one_line(5, str(disk / "library"), "free some space")
        assert not (disk / "library" / "library.db").exists()
        (disk / "ballast").unlink()
        assert run(disk / "library", "ingest", news).code == 0


# -- who may write ----------------------------------------------------------------------------------------------------


def test_a_disk_that_cannot_be_written(original: Path, tmp_path: Path, run: Run) -> None:
    """A library on it is asked all the same, and no byte of it changes; changing it names the place, in the reader's language."""
    with small_disk(tmp_path / "disk", 64) as disk:
        folder = Path(shutil.copytree(original, disk / "library"))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        before = state(folder, without=())
        asked = run(folder, "ask", QUESTION, "--json")
        assert (asked.code, asked.err) == (0, "")
        assert FACT in asked.out
        assert run(folder, "status").code == 0
        for place in (folder, disk / "new"):
            for command in (("ingest", "--seeds"),) if place != folder else (("ingest", "--seeds"), ("rebuild",)):
                run(place, *command).is_one_line(5, str(place), "allow", "--library")
                run(place, *command, language="fa").is_one_line(5, str(place), "اجاز", "--library")
        assert state(folder, without=()) == before


def test_a_file_in_the_place_of_the_folder(tmp_path: Path, run: Run) -> None:
    """It is named, and stays."""
    (tmp_path / "file").write_text("mine")
    run(tmp_path / "file", "ingest", "--seeds").is_one_line(5, str(tmp_path / "file"), "choose another --library")
    run(tmp_path / "file", "ingest", "--seeds", language="fa").is_one_line(5, str(tmp_path / "file"), "--library", "پوشه")
    assert (tmp_path / "file").read_text() == "mine"


def test_lines_in_persian_hold_no_english(tmp_path: Path, run: Run) -> None:
    """But for what is set apart in them: paths, commands, options."""
    line = run(tmp_path / "none", "status", language="fa").err
    assert not re.search("[A-Za-z]", re.sub("\u2068[^\u2069]*\u2069", "", line))
