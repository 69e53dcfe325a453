"""What holds for every test: no network, no trace of the user's own settings, nothing left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import network_guard
import pytest
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


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    """A model server on this machine that answers over real HTTP."""
    with ModelServer() as server:
        yield server
