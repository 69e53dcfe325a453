"""Packaging: wheel, source distribution and editable install each find their own prompts and seeds, without a network."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from assistant._version import __version__

pytestmark = [
    pytest.mark.install,
    pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="this environment has no pip to install with"),
]

ROOT = Path(__file__).resolve().parent.parent
DATA = ("prompts", "seeds")
PROJECT = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore", "assistant", *DATA)
STALE = "_data/seeds/stale.txt"


@dataclass(frozen=True)
class Environment:
    """A throw-away virtual environment that sees the libraries of this one, after its own packages."""

    folder: Path

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", "venv", {"base": str(self.folder), "platbase": str(self.folder)}))

    def program(self, name: str) -> Path:
        return Path(sysconfig.get_path("scripts", "venv", {"base": str(self.folder)})) / name

    def install(self, *arguments: str) -> None:
        """Installs without looking for anything anywhere; this environment's own sanad does not count as installed."""
        offline = ("--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed", "--disable-pip-version-check")
        run(sys.executable, "-m", "pip", "--python", str(self.program("python")), "install", "-q", *offline, *arguments)

    def data_folder(self, name: str) -> Path:
        code = "import sys; from assistant.resources import data_folder; print(data_folder(sys.argv[1]))"
        return Path(run(str(self.program("python")), "-c", code, name).strip())


def run(*command: str, cwd: Path | None = None) -> str:
    """What the command printed; it sees the network guard but not this checkout."""
    environ = dict(os.environ) | {"PYTHONPATH": str(ROOT / "tests" / "guard"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def contents(folder: Path) -> Mapping[str, bytes]:
    """Every file of the folder by its relative path."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def members(wheel: Path) -> Mapping[str, bytes]:
    """Every file of the wheel by its path, without the list that holds the others' digests."""
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which a stale packaged copy lies about."""
    folder = tmp_path_factory.mktemp("project")
    for name in PROJECT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    stale = folder / "assistant" / STALE
    stale.parent.mkdir(parents=True)
    stale.write_text("stale", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from the checkout."""
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(project))
    return next(out.glob("*.whl"))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An empty virtual environment."""
    made = Environment(tmp_path / "venv")
    venv.create(made.folder, symlinks=os.name != "nt")
    # Last by name, so that what an install adds to the path comes before it.
    (made.packages / "zz_libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return made


def test_the_wheel_holds_the_package_with_its_data_and_nothing_else(wheel: Path) -> None:
    """The wheel carries `assistant`, its type marker, what the page is made of, fresh prompts and seeds, licence and command."""
    held = members(wheel)
    assert {name.split("/")[0] for name in held} == {"assistant", f"sanad-{__version__}.dist-info"}
    packaged = {name.removeprefix("assistant/_data/"): data for name, data in held.items() if "/_data/" in name}
    assert packaged == {f"{name}/{file}": data for name in DATA for file, data in contents(ROOT / name).items()}
    page = {
        f"assistant/ui/{name}": data
        for name, data in contents(ROOT / "assistant" / "ui").items()
        if not name.endswith((".py", ".pyc"))
    }
    assert {name: held.get(name) for name in page} == page
    assert {Path(name).suffix for name in page} >= {".css", ".js", ".toml", ".woff2"}
    assert "assistant/py.typed" in held
    assert held[f"sanad-{__version__}.dist-info/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    assert held[f"sanad-{__version__}.dist-info/entry_points.txt"] == b"[console_scripts]\nsanad = assistant.cli:main\n"


def test_the_source_distribution_rebuilds_the_same_wheel(project: Path, wheel: Path, tmp_path: Path) -> None:
    """A wheel made from the source distribution equals the one made from the checkout, file by file."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(project))
    assert members(next(tmp_path.glob("*.whl"))) == members(wheel)


def test_an_installed_wheel_finds_its_own_data(wheel: Path, environment: Environment) -> None:
    """Installed from a wheel, prompts and seeds are those inside the package, equal to the checkout's."""
    environment.install(str(wheel))
    for name in DATA:
        folder = environment.data_folder(name)
        assert folder == environment.packages / "assistant" / "_data" / name
        assert contents(folder) == contents(ROOT / name)


def test_an_installed_wheel_answers(wheel: Path, environment: Environment) -> None:
    """Installed from a wheel, the command ingests a folder of articles and answers from it with a citation."""
    environment.install(str(wheel))
    sanad = str(environment.program("sanad"))
    assert __version__ in run(sanad, "--version")
    run(sanad, "ingest", str(ROOT / "seeds"))
    article = (ROOT / "seeds" / "000_645e4937ffeb6d97.txt").read_text(encoding="utf-8")
    for command in ([sanad], [str(environment.program("python")), "-m", "assistant"]):
        answer = json.loads(run(*command, "ask", "--json", "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟"))
        assert answer["status"] == "answered"
        assert answer["citations"][0]["quote"] in article


def test_an_editable_install_reads_the_checkout(project: Path, environment: Environment) -> None:
    """An editable install leaves a packaged copy behind, which ages unseen and must not be read."""
    environment.install("--editable", str(project))
    left_behind = environment.packages / "assistant" / STALE
    left_behind.parent.mkdir(parents=True, exist_ok=True)
    left_behind.write_text("stale", encoding="utf-8")
    for name in DATA:
        assert environment.data_folder(name) == project / name
