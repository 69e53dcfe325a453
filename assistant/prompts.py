"""Prompt files become messages: loaded once, their placeholders checked, each with a digest that says which text was used."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from types import MappingProxyType

from assistant.errors import PromptError
from assistant.resources import data_folder
from assistant.types import Message

__all__ = ["PLACEHOLDERS", "Prompt", "Prompts"]

# What the code fills in; a file that names anything else is refused, and so is one that leaves one of these out.
PLACEHOLDERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "answer": frozenset({"mark", "language", "asked", "today", "passages", "question", "most"}),
        "repair": frozenset({"mark", "language", "refused"}),
        "standalone": frozenset({"language", "history", "question"}),
        "translate": frozenset({"languages", "question"}),
        "gloss": frozenset({"language", "quotes"}),
    }
)
_SECTIONS = re.compile(r"\A\s*# system\s*\n(?P<system>.*?)\n# user\s*\n(?P<user>.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt file. `digest` is the beginning of the SHA-256 of its text."""

    name: str
    system: Template
    user: Template
    digest: str

    def messages(self, **values: str) -> list[Message]:
        """The system and the user message with `values` filled in; a value is never read as a template itself."""
        return [
            Message("system", self.system.substitute(values).strip()),
            Message("user", self.user.substitute(values).strip()),
        ]


class Prompts:
    """Every prompt file of a folder, checked at once."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises `PromptError` for a file that is missing, has no two sections, or does not fit its placeholders."""
        place = folder or data_folder("prompts")
        self._prompts = {name: _load(place / f"{name}.md", wanted) for name, wanted in PLACEHOLDERS.items()}

    def __getitem__(self, name: str) -> Prompt:
        return self._prompts[name]


def _load(path: Path, wanted: frozenset[str]) -> Prompt:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise PromptError(
            "The prompt {path} cannot be read ({reason}); put it back, or install sanad again.", path=path, reason=str(exc)
        ) from exc
    found = _SECTIONS.match(text)
    if found is None:
        raise PromptError("The prompt {path} needs a `# system` section and, after it, a `# user` section.", path=path)
    system, user = Template(found["system"]), Template(found["user"])
    if not (system.is_valid() and user.is_valid()):
        raise PromptError("The prompt {path} has a `$` that begins no placeholder; write `$$` for the sign itself.", path=path)
    named = {*system.get_identifiers(), *user.get_identifiers()}
    if unknown := named - wanted:
        raise PromptError("The prompt {path} names unknown placeholders: {names}.", path=path, names=_listed(unknown))
    if missing := wanted - named:
        raise PromptError("The prompt {path} leaves out: {names}.", path=path, names=_listed(missing))
    return Prompt(path.stem, system, user, hashlib.sha256(text.encode()).hexdigest()[:12])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"${name}" for name in sorted(names))
