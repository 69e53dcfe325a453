"""What a command costs before it does its work: processor seconds of whole processes, beside those of loading Chroma alone."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.pipeline import Assistant

__all__ = ["LIMIT_RATIO", "LIMIT_SMALL", "Startup", "measure"]

LIMIT_SMALL = 0.3  # CPU seconds of --help, --version and config
LIMIT_RATIO = 1.5  # of `ask` without a model to loading Chroma and opening the folder
SMALL = (("--help",), ("--version",), ("config",))
QUESTION = "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟"
CHROMA = "import chromadb, sys; chromadb.PersistentClient(sys.argv[1])"
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Startup:
    """Median CPU seconds of each small command, of loading Chroma, of `ask`, and the ratios of `ask` to Chroma, pair by pair."""

    runs: int
    small: dict[str, float]
    chroma: float
    ask: float
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median ratio."""
        return statistics.median(self.ratios)


def measure(runs: int) -> Startup:
    """The cost of starting, from `runs` runs of each command over a library of the five bundled articles.

    `ask` and Chroma take turns: what else the machine does then weighs on both.
    """
    with TemporaryDirectory() as place:
        library = Path(place) / "library"
        with Assistant(library) as assistant:
            assistant.ingest_seeds()
        sanad = (sys.executable, "-m", "assistant")
        ask = (*sanad, "--library", str(library), "ask", QUESTION)
        chroma = (sys.executable, "-c", CHROMA, str(library / "chroma"))
        for command in (ask, chroma):  # the first run compiles modules and fills the disk's cache
            _seconds(command, place)
        small = {" ".join(words): _median((*sanad, *words), runs, place) for words in SMALL}
        pairs = [(_seconds(ask, place), _seconds(chroma, place)) for _ in range(runs)]
    return Startup(
        runs=runs,
        small=small,
        chroma=statistics.median(base for _, base in pairs),
        ask=statistics.median(asked for asked, _ in pairs),
        ratios=tuple(asked / base for asked, base in pairs),
    )


def _median(command: Sequence[str], runs: int, place: str) -> float:
    return statistics.median(_seconds(command, place) for _ in range(runs))


def _seconds(command: Sequence[str], place: str) -> float:
    """User and system time of one run, in a folder without settings."""
    import resource  # not on Windows

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=place, env=_environment(place), stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _environment(place: str) -> dict[str, str]:
    """The environment without anybody's settings; the checkout is what is measured, installed or not."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANAD_", "OPENAI_", "XDG_"))}
    return {**kept, "HOME": place, "PYTHONPATH": str(ROOT)}
