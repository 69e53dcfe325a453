"""Resources: prompts and seeds are found in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from assistant import resources
from assistant.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An installed package with a copy of the seeds inside."""
    package = tmp_path / "assistant"
    (package / "_data" / "seeds").mkdir(parents=True)
    return package


def checkout(package: Path, pyproject: bytes, *, seeds: bool = True) -> None:
    """Puts what a checkout has beside the package."""
    (package.parent / "pyproject.toml").write_bytes(pyproject)
    if seeds:
        (package.parent / "seeds").mkdir()


@pytest.mark.parametrize("name", ["prompts", "seeds"])
def test_this_checkout(name: Literal["prompts", "seeds"]) -> None:
    """Run from a checkout, the folders are the checkout's own."""
    assert resources.data_folder(name) == ROOT / name


def test_the_checkout_comes_before_a_packaged_copy(package: Path) -> None:
    """A packaged copy left behind by an editable install is not read."""
    checkout(package, b'[project]\nname = "sanad"\n')
    assert resources._find("seeds", package) == package.parent / "seeds"


@pytest.mark.parametrize(
    "pyproject",
    [b'[project]\nname = "sanad-fork"\n', b'project = "sanad"\n', b'[tool.x]\nname = "sanad"\n', b"name = = sanad", b"\xff"],
)
def test_another_project_beside_the_package(package: Path, pyproject: bytes) -> None:
    """A folder `seeds` of some other project that vendors the package is not taken for ours."""
    checkout(package, pyproject)
    assert resources._find("seeds", package) == package / "_data" / "seeds"


def test_no_checkout(package: Path) -> None:
    """Without a checkout, or with one that lacks the folder, the packaged copy is read."""
    assert resources._find("seeds", package) == package / "_data" / "seeds"
    checkout(package, b'[project]\nname = "sanad"\n', seeds=False)
    assert resources._find("seeds", package) == package / "_data" / "seeds"


def test_neither(package: Path) -> None:
    """When the data is nowhere, the error names the folder and says what to do."""
    with pytest.raises(ConfigurationError) as caught:
        resources._find("prompts", package)
    missing = package / "_data" / "prompts"
    assert str(caught.value) == f"the folder prompts/ is missing from this installation ({missing}); install sanad again"
