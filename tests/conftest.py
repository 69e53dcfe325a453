"""What holds for every test: no network, no trace of the user's own settings, nothing left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import chroma_server
import network_guard
import pytest
from chroma_server import ChromaServer
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
from model_server import ModelServer

ROOT = Path(__file__).resolve().parent.parent
BENCH = os.environ.get("SANAD_BENCH") and Path(os.environ["SANAD_BENCH"]).resolve()

settings.register_profile(
    "sanad",
    deadline=None,  # a shared machine is slow at times
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
    database=None,
    print_blob=True,
)
settings.load_profile("sanad")


def pytest_configure(config: pytest.Config) -> None:
    network_guard.install()
    # Started in the background of a script, this process and its children would be deaf to Ctrl-C, which tests send.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if cache := getattr(config, "cache", None):
        set_hypothesis_home_dir(cache.mkdir("hypothesis"))


@pytest.hookimpl(trylast=True)  # once coverage is being measured
def pytest_sessionstart() -> None:
    """Compile a lexicon once a process: every new library would again, for more than a second, and tests make hundreds.

    It goes by what the files say, so that a test with rows of its own gets its own; what is refused is refused each time.
    """
    from assistant import lexicon

    checked = lru_cache(8)(lambda path, content, check=lexicon._checked: tuple(check(path, content)))
    compiled = lru_cache(8)(lexicon._compile)
    lexicon._checked = checked
    lexicon._compile = lambda rows: compiled(tuple(rows))


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty home and working directory, none of the user's variables, and no way off this machine.

    Subprocesses inherit all of it; they import the checkout, installed or not. An attempt to connect fails the test even
    when the code under test swallowed the refusal.
    """
    place = tmp_path_factory.mktemp("home")
    for variable in [name for name in os.environ if name.startswith(("SANAD_", "OPENAI_", "XDG_"))]:
        monkeypatch.delenv(variable)
    for variable in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(place))
    for variable in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")  # in another language errors are said otherwise
    work = place / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    attempts = place / "network.log"
    monkeypatch.setenv(network_guard.LOG, str(attempts))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests" / "guard")]))
    yield
    if attempts.exists():
        pytest.fail(attempts.read_text(encoding="utf-8"))


@pytest.fixture
def bench() -> Path:
    """The folder of the outside development sets; the test is skipped where there is none."""
    if not BENCH:
        pytest.skip("SANAD_BENCH is not set")
    return BENCH


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the seeds that no test changes."""
    folder = tmp_path_factory.mktemp("made") / "library"
    from assistant.pipeline import Assistant

    with Assistant(folder) as assistant:
        assistant.ingest_seeds()
    return folder


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    """A model server on this machine that answers over real HTTP."""
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="session")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """A Chroma server for the tests that leave it running."""
    with chroma_server.running(tmp_path_factory.mktemp("chroma")) as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that says where vectors are kept by its `vectors_in` runs with them in the folder and on a server."""
    if "vectors_in" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("vectors_in_the_folder")
        metafunc.parametrize("vectors_in", ["folder"] if only else ["folder", "server"], indirect=True)


@pytest.fixture
def vectors_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where every library of the test, and of the processes it starts, keeps its vectors."""
    where: str = request.param
    if where == "server":
        from assistant.indexes import Indexes
        from assistant.vector_server import VectorServer

        place = VectorServer(request.getfixturevalue("chroma").url, timeout=30)

        def indexes(folder: Path, catalogue: Any, server: VectorServer | None = None) -> Indexes:
            return Indexes(folder, catalogue, server or place)

        monkeypatch.setattr("assistant.library.Indexes", indexes)
        monkeypatch.setenv("SANAD_VECTORS__URL", place.url)
    return where
