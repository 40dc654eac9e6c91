"""The wheel, built from a copy of the tree, and an empty environment in which only the wheel is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import IO

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent.parent
NOT_IN_A_CHECKOUT = shutil.ignore_patterns(
    ".git", ".venv", "*.egg-info", "build", "dist", ".*_cache", "__pycache__", ".coverage*", ".hypothesis"
)


@dataclass(frozen=True)
class Installed:
    """An environment that has only the wheel and its requirements."""

    bin_dir: Path
    elsewhere: Path

    def run(self, *command: str, **environ: str) -> str:
        """The output of a program of the environment. Fails with all output if the exit code is not 0."""
        process = self.start(*command, output=subprocess.PIPE, environ=environ)
        said, _ = process.communicate()
        assert process.returncode == 0, f"{command}: {said}"
        return said

    def start(
        self, program: str, *arguments: str, output: int | IO[str], environ: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        """Starts a program of the environment, in another folder, without the caller's environment variables."""
        return subprocess.Popen(
            [str(self.bin_dir / program), *arguments],
            cwd=self.elsewhere,
            env={"PATH": os.defpath, "HOME": str(self.elsewhere), "COLUMNS": "200", **environ},
            text=True,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout. So files of earlier builds are not in the wheel, and its build leaves none here."""
    return Path(
        shutil.copytree(ROOT, tmp_path_factory.mktemp("wheel") / "tree", symlinks=True, ignore=NOT_IN_A_CHECKOUT)
    )


@pytest.fixture(scope="session")
def wheel(tree: Path) -> Path:
    command = ["wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(tree.parent)]
    built = subprocess.run(
        [sys.executable, "-m", "pip", *command, str(tree)], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    [made] = tree.parent.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def members(wheel: Path) -> dict[str, zipfile.ZipInfo]:
    with zipfile.ZipFile(wheel) as archive:
        return {member.filename: member for member in archive.infolist()}


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Installs the wheel without network: its requirements are links to the tests' environment. Extras are left out."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True)
    [packages] = (folder / "venv" / "lib").glob("python*/site-packages")
    [metadata] = packages.glob("workouts_api-*.dist-info")
    for needed in _needed_by(Distribution.at(metadata)):
        for name, source in _top_level(needed):
            if not (packages / name).exists():
                (packages / name).symlink_to(source)
    (folder / "elsewhere").mkdir()
    return Installed(python.parent, folder / "elsewhere")


def _needed_by(dist: Distribution) -> list[Distribution]:
    """All direct and indirect requirements of a distribution, with the requested extras."""
    found: dict[tuple[str, frozenset[str]], Distribution] = {}
    open_ends = [(dist, frozenset[str]())]
    while open_ends:
        parent, extras = open_ends.pop()
        for requirement in map(Requirement, parent.requires or []):
            wanted = (requirement.name.lower(), frozenset(requirement.extras))
            if wanted not in found and _applies(requirement, extras):
                found[wanted] = distribution(requirement.name)
                open_ends.append((found[wanted], wanted[1]))
    return list(found.values())


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""})


def _top_level(dist: Distribution) -> Iterator[tuple[str, Path]]:
    """The packages, modules and metadata of a distribution; not its scripts."""
    for name in {file.parts[0] for file in dist.files or []} - {"..", "__pycache__"}:
        yield name, Path(str(dist.locate_file(name)))
