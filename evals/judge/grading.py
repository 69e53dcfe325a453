"""Verdicts of a model on claims: does this text support them, wholly, partly or not."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from string import Template

from assistant.budget import Budget
from assistant.lines import objects
from assistant.protocols import ChatModel
from assistant.resources import data_folder
from assistant.types import Message
from evals.gold import GoldError

__all__ = ["Grader", "Prompt", "Verdict"]

PLACEHOLDERS = frozenset({"mark", "text", "claims", "about"})
FALLBACK = "en"
SECONDS = 120.0
_SECTION = re.compile(r"^# (system|user) ([a-z]{2,3})\s*$", re.MULTILINE)


class Verdict(StrEnum):
    """What the text says of a claim; `FAILED` when the judge gave no verdict, which is neither for nor against."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    NOT = "not"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Prompt:
    """`prompts/grade.md`: a system and a user template in each language, and a digest of the file."""

    templates: Mapping[str, tuple[Template, Template]]
    digest: str

    @classmethod
    def load(cls, file: Path | None = None) -> Prompt:
        """Raises `GoldError` when a language lacks a section or a placeholder."""
        place = file or data_folder("prompts") / "grade.md"
        try:
            text = place.read_text(encoding="utf-8")
        except OSError as exc:
            raise GoldError(f"{place} cannot be read: {exc}") from exc
        _, *parts = _SECTION.split(text)
        found: dict[str, dict[str, Template]] = {}
        for role, language, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            found.setdefault(language, {})[role] = Template(body.strip())
        templates = {language: _pair(place, language, sections) for language, sections in found.items()}
        if FALLBACK not in templates:
            raise GoldError(f"{place} has no sections in English, which stand for the languages it has none in")
        return cls(templates, hashlib.sha256(text.encode()).hexdigest()[:12])

    def messages(self, language: str, **values: str) -> list[Message]:
        """The request in `language`, or in English where it has none."""
        system, user = self.templates.get(language, self.templates[FALLBACK])
        filled = [Message("system", system.substitute(values)), Message("user", user.substitute(values).strip())]
        return filled


def _pair(place: Path, language: str, sections: Mapping[str, Template]) -> tuple[Template, Template]:
    if sections.keys() != {"system", "user"}:
        raise GoldError(f"{place} needs `# system {language}` and `# user {language}`")
    named = {name for section in sections.values() for name in section.get_identifiers()}
    if named != PLACEHOLDERS:
        raise GoldError(f"{place}, {language}: the placeholders should be {', '.join(sorted(PLACEHOLDERS))}")
    return sections["system"], sections["user"]


@dataclass(frozen=True, slots=True)
class Grader:
    """Asks a chat model for verdicts, in the language of what is judged."""

    chat: ChatModel
    prompt: Prompt

    def grade(self, text: str, claims: Sequence[str], *, language: str, about: str = "") -> list[Verdict]:
        """A verdict on each of `claims`; `about` says what they are claims about. Raises `ModelError`."""
        mark = _mark(text)
        messages = self.prompt.messages(
            language,
            mark=mark,
            about=about,
            text="\n".join(f"{mark} {line}" for line in text.split("\n")),
            claims="\n".join(f"{number}. {' '.join(claim.split())}" for number, claim in enumerate(claims, start=1)),
        )
        found: dict[int, Verdict] = {}
        for item in objects(self.chat.stream(messages, budget=Budget(seconds=SECONDS))):
            if isinstance(item, dict) and (read := _read(item)):
                found.setdefault(*read)
        return [found.get(number, Verdict.FAILED) for number in range(1, len(claims) + 1)]


def _mark(text: str) -> str:
    """A word that the text does not hold, so that it cannot pretend to end."""
    while (mark := secrets.token_hex(4)) in text:
        pass
    return mark


def _read(item: Mapping[str, object]) -> tuple[int, Verdict] | None:
    number, verdict = item.get("n"), str(item.get("verdict", "")).strip().casefold()
    if isinstance(number, str) and number.isdecimal():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or verdict not in ("supported", "partial", "not"):
        return None
    return number, Verdict(verdict)
