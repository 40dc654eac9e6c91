"""The lock files, read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.conftest import ROOT

# Each lock, and the extras of setup.cfg that it is made for.
LOCKS = {
    "requirements.lock": (),
    "requirements-run.lock": ("embedded",),
    "requirements-dev.lock": ("embedded", "dev"),
}


@dataclass(frozen=True)
class Pin:
    """An entry of a lock: one version of a package."""

    requirement: Requirement

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        [specifier] = self.requirement.specifier
        return specifier.version

    @property
    def extras(self) -> frozenset[str]:
        return frozenset(self.requirement.extras)

    @property
    def applies(self) -> bool:
        """Whether it is installed on this system, by this Python."""
        return self.requirement.marker is None or self.requirement.marker.evaluate()

    def text(self, *, with_extras: bool = True) -> str:
        extras = f"[{','.join(sorted(self.extras))}]" if with_extras and self.extras else ""
        return f"{self.name}{extras}=={self.version}"


def entries(lock: str) -> list[str]:
    """The text of each entry, hashes included."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return re.split(r"\n(?=[\w.-]+(?:\[.*?\])?==)", text)[1:]


def pins(lock: str) -> list[Pin]:
    return [Pin(Requirement(entry.splitlines()[0].rstrip(" \\"))) for entry in entries(lock)]
