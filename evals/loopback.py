"""The tests' model server as a model to run with: it answers from the passages, offline, and shows that the written path holds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from assistant.settings import Settings
from evals.gold import GoldError

__all__ = ["MODEL", "loopback", "server"]

MODEL = "composer"
FILE = Path(__file__).resolve().parent.parent / "tests" / "model_server.py"
NAME = "model_server"


@contextmanager
def loopback() -> Iterator[Settings]:
    """Settings that name the server as the model, while it runs. Raises `GoldError` outside of a checkout."""
    with server() as (running, _):
        yield Settings.model_validate({"llm": {"model": MODEL, "base_url": running.url}})


@contextmanager
def server() -> Iterator[tuple[Any, ModuleType]]:
    """The running server, and the module it is from. Raises `GoldError` outside of a checkout."""
    if NAME not in sys.modules:
        spec = spec_from_file_location(NAME, FILE) if FILE.exists() else None
        if spec is None or spec.loader is None:
            raise GoldError(f"{FILE} is missing; the model server comes with a checkout only")
        sys.modules[NAME] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[NAME])
    with sys.modules[NAME].ModelServer() as running:
        yield running, sys.modules[NAME]
