"""Imports: the contract of `.importlinter` holds, and commands load only what they need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("chromadb", "gradio", "llama_index", "openai", "tantivy")
QUESTION = "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟"

RUN = f"""
import sys
from assistant.cli import main
sys.argv[0] = "sanad"
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""


def loaded(code: str, *arguments: str) -> list[str]:
    """The heavy libraries that a fresh interpreter has loaded after running `code`; what it printed is dropped."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()[-1].split()


def test_the_import_contract() -> None:
    """Imports point down, steps do not know each other, and every library stays behind its door."""
    # In a process of its own: import-linter turns off the loggers of everybody else.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout


def test_importing_the_package_is_cheap() -> None:
    """`import assistant` loads no heavy library."""
    assert loaded(f"import sys, assistant; print(*[m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)") == []


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("config",), ("config", "--json"), ("ask", "--help")])
def test_small_commands_load_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """Help, version and settings answer at once: no store, no model client, no page is loaded for them."""
    assert loaded(RUN, *arguments) == []


def test_asking_without_a_model_loads_no_model_client() -> None:
    """The embedded default loads the two indexes, and neither LlamaIndex, nor OpenAI, nor Gradio."""
    assert set(loaded(RUN, "ingest", "--seeds")) <= {"chromadb", "tantivy"}
    assert set(loaded(RUN, "ask", QUESTION)) <= {"chromadb", "tantivy"}
