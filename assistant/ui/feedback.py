"""What people think of answers: votes in the library's own folder, without the text unless they chose to include it."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from assistant.ui.history import Exchange

__all__ = ["FILE", "Vote", "note"]

FILE = "feedback.jsonl"
MOST_BYTES = 10 * 2**20  # nobody can fill the disk with votes

Vote: TypeAlias = Literal["like", "dislike"]


def note(folder: Path, vote: Vote, exchange: Exchange, *, include_text: bool, now: datetime) -> bool:
    """Write the vote down; False when there is no room for more. Raises OSError where the folder takes no file."""
    line = json.dumps(_entry(vote, exchange, now, include_text=include_text), ensure_ascii=False).encode() + b"\n"
    file = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with open(file, "ab") as votes:
        if votes.tell() + len(line) > MOST_BYTES:
            return False
        votes.write(line)
    return True


def _entry(vote: Vote, exchange: Exchange, now: datetime, *, include_text: bool) -> dict[str, object]:
    answer = exchange.answer
    entry: dict[str, object] = {
        "time": now.isoformat(timespec="seconds"),
        "vote": vote,
        "question_digest": _digest(exchange.question),
        "answer_digest": _digest(answer.text),
        "articles": sorted({citation.source.article_id for citation in answer.citations}),
        "status": answer.status.value,
        "mode": answer.mode.value,
        "language": answer.language,
    }
    return {**entry, "question": exchange.question, "answer": answer.text} if include_text else entry


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
