"""Finds the data that travels with the code, in a checkout and in an installed package alike."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from assistant.errors import ConfigurationError

__all__ = ["data_folder"]


def data_folder(name: Literal["prompts", "seeds"]) -> Path:
    """The folder of that name: the checkout's own, else the copy inside the installed package.

    The checkout comes first because an editable install leaves a packaged copy behind that ages unseen.
    """
    return _find(name, Path(__file__).resolve().parent)


def _find(name: str, package: Path) -> Path:
    checkout, packaged = package.parent / name, package / "_data" / name
    if checkout.is_dir() and _names_sanad(package.parent / "pyproject.toml"):
        return checkout
    if packaged.is_dir():
        return packaged
    raise ConfigurationError(
        "the folder {name}/ is missing from this installation ({place}); install sanad again", name=name, place=packaged
    )


def _names_sanad(pyproject: Path) -> bool:
    try:
        project = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project")
    except (OSError, ValueError):
        return False
    return isinstance(project, dict) and project.get("name") == "sanad"
