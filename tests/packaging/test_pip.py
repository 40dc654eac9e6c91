"""The lock files, installed by every pip that a supported Python may bring, on days to come.

The index is a folder: of each package that a lock names the locked version, and a newer one, as empty wheels that
require what the real ones require. So it needs no network. The environment's pip, which is the one that this Python
brings, tries the lock that has everything; where WORKOUTS_TEST_REQUIRE names `pips` others are fetched, and try all.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import required
from tests.packaging.locks import LOCKS, pins

pytestmark = pytest.mark.processes

OWN = "the environment's own"
# Debian 12's; the newest of before a lasting change in each of two years.
PIPS = {
    "23.0.1": "236bcb61156d76c4b8a05821b988c7b8c35bf0da28a4b614e8d6ab5212c25c6f",
    "24.0": "ba0d021a166865d2265246961bec0152ff124de910c5cc39f1156ce3fa7c69dc",
    "26.0": "98436feffb9e31bc9339cf369fd55d3331b1580b6a6f1173bacacddcf9c34754",
}
LAST_PYTHON = {"23.0.1": (3, 11)}  # it imports what Python 3.12 has no more
LOOKS_AT_EXTRAS = (23, 3)  # since then pip takes a pin for all extras of a project
NEWER = "9999.0"


@dataclass(frozen=True)
class Index:
    """A folder of wheels, and the digests of those that are locked."""

    folder: Path
    digests: dict[str, str]

    def lock(self, lock: str, *, with_extras: bool = True) -> Path:
        """The lock file, with the digests of our own wheels in place of the real ones."""
        texts = {pin.text(with_extras=with_extras): self.digests[pin.name] for pin in pins(lock) if pin.applies}
        lines = [f"{text} --hash=sha256:{digest}\n" for text, digest in texts.items()]
        path = self.folder / f"{'with' if with_extras else 'without'}-{lock}"
        path.write_text("".join(lines), encoding="utf-8")
        return path


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("index")
    digests = {}
    for pin in pins("requirements-dev.lock"):
        if pin.applies and pin.name not in digests:
            digests[pin.name] = _wheel(folder, pin.name, pin.version)
            _wheel(folder, pin.name, NEWER)
    return Index(folder, digests)


def _wheel(folder: Path, name: str, version: str) -> str:
    """An empty wheel that requires what the installed distribution requires. Gives its SHA-256."""
    try:
        real = distribution(name).metadata
    except PackageNotFoundError:
        pytest.fail(f"{name} is locked but not installed: run `make test`")
    about = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    for key in ("Requires-Python", "Requires-Dist", "Provides-Extra"):
        about += [f"{key}: {value}" for value in real.get_all(key) or []]
    stem = f"{name.replace('-', '_')}-{version}"
    files = {
        "METADATA": "\n".join([*about, ""]),
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{stem}-py3-none-any.whl"
    record = ""
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(f"{stem}.dist-info/{file}", text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{stem}.dist-info/{file},sha256={digest},{len(text.encode())}\n"
        archive.writestr(f"{stem}.dist-info/RECORD", f"{record}{stem}.dist-info/RECORD,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="session", params=[OWN, *PIPS])
def pip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs one of the pips."""
    version: str = request.param
    if version == OWN:
        return [sys.executable, "-m", "pip"]
    if not required("pips"):
        pytest.skip("fetches other pips where WORKOUTS_TEST_REQUIRE names `pips`")
    if sys.version_info[:2] > LAST_PYTHON.get(version, (9, 9)):
        pytest.skip(f"pip {version} does not run on Python {sys.version_info.major}.{sys.version_info.minor}")
    folder = tmp_path_factory.mktemp("pip")
    wanted = folder / "wanted.txt"
    wanted.write_text(f"pip=={version} --hash=sha256:{PIPS[version]}\n", encoding="utf-8")
    fetch = ["download", "--quiet", "--no-deps", "--require-hashes", "--dest", str(folder), "-r", str(wanted)]
    subprocess.run([sys.executable, "-m", "pip", *fetch], check=True)
    with zipfile.ZipFile(folder / f"pip-{version}-py3-none-any.whl") as wheel:  # from a wheel nothing is kept compiled
        wheel.extractall(folder)
    return [sys.executable, str(folder / "pip")]


def resolve(pip: list[str], index: Index, lock: Path) -> subprocess.CompletedProcess[str]:
    command = [
        "--isolated",
        "install",
        "--dry-run",
        "--ignore-installed",
        "--no-cache-dir",
        "--disable-pip-version-check",
    ]
    offline = ["--no-index", "--find-links", str(index.folder), "--require-hashes", "-r", str(lock)]
    return subprocess.run([*pip, *command, *offline], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pip_installs_exactly_what_is_locked_while_newer_releases_are_on_offer(
    lock: str, pip: list[str], index: Index
) -> None:
    if lock != "requirements-dev.lock" and not required("pips"):
        pytest.skip("is a part of requirements-dev.lock; tried by itself where WORKOUTS_TEST_REQUIRE names `pips`")
    done = resolve(pip, index, index.lock(lock))
    assert done.returncode == 0, done.stdout + done.stderr
    [said] = re.findall(r"^Would install (.*)$", done.stdout, re.M)
    chosen = dict(item.rsplit("-", 1) for item in said.split())
    assert {canonicalize_name(name): version for name, version in chosen.items()} == {
        pin.name: pin.version for pin in pins(lock) if pin.applies
    }


def test_without_extras_an_old_pip_refuses_a_lock(pip: list[str], index: Index) -> None:
    """What the test above is there to find."""
    said = subprocess.run([*pip, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(map(int, said.split()[1].split(".")[:2]))
    done = resolve(pip, index, index.lock("requirements.lock", with_extras=False))
    assert (done.returncode == 0) == (version >= LOOKS_AT_EXTRAS), done.stdout + done.stderr


@pytest.mark.parametrize("lock", LOCKS)
def test_every_set_of_extras_that_a_locked_package_asks_for_is_an_entry_of_the_lock(lock: str) -> None:
    """The same, from the packages' own metadata: needs neither pip nor a network."""
    locked = [pin for pin in pins(lock) if pin.applies]
    asked = [
        (pin.name, requirement)
        for pin in locked
        for requirement in map(Requirement, distribution(pin.name).requires or [])
        if requirement.extras and _is_asked(requirement, pin.extras)
    ]
    assert asked
    there = {(pin.name, pin.extras) for pin in locked}
    wrong = [
        f"{name} asks for {requirement}"
        for name, requirement in asked
        if (canonicalize_name(requirement.name), frozenset(requirement.extras)) not in there
    ]
    assert not wrong, "run `make lock UPGRADE=`"


def _is_asked(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""})
