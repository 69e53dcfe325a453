"""Another process that asks: in turns as the command does, which opens the library for one question, and as a server does."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from assistant.pipeline import Assistant
from evals.soak.asked import ask

__all__ = ["serve"]


def serve(folder: Path, lines: Iterable[str], wait: float) -> None:
    """Answer each line (a story's key, a tab, a question) with a line of JSON."""
    with Assistant(folder, lock_wait=wait) as open_all_the_time:
        for number, line in enumerate(lines):
            key, _, question = line.rstrip("\n").partition("\t")
            if number % 2:
                asked = ask(open_all_the_time, question, key)
            else:
                with Assistant(folder, lock_wait=wait) as opened_for_it:
                    asked = ask(opened_for_it, question, key)
            print(asked.to_json(), flush=True)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    serve(Path(sys.argv[1]), sys.stdin, float(sys.argv[2]))
