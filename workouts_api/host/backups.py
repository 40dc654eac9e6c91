"""The backups in a folder: which there are, what is known of each, and when one was last proved.

Owns the folder's layout. ``workouts-20260131T020000Z.dump`` is a backup; the ``.json`` beside it says what must be in
it; ``.proof.json`` says that a restore had just that in it. Each file appears as a whole, with mode 0600.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workouts_api.config.private_files import in_place_of

NAME = re.compile(r"workouts-\d{8}T\d{6}Z")
_TIME = "workouts-%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Backup:
    """One backup. ``manifest`` is empty where its file is missing or damaged; ``proof`` where none was made."""

    dump: Path
    manifest: Mapping[str, Any]
    proof: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.dump.stem

    @property
    def made_at(self) -> datetime:
        return datetime.strptime(self.name, _TIME).replace(tzinfo=UTC)

    @property
    def proved_at(self) -> datetime | None:
        """When a restore was found to be in order; None: it never was."""
        try:
            return datetime.fromisoformat(self.proof["verified_at"]) if self.proof.get("is_good") is True else None
        except (KeyError, TypeError, ValueError):
            return None

    def files(self) -> tuple[Path, ...]:
        return manifest_file(self.dump), proof_file(self.dump), self.dump


def name_of(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime(_TIME)


def manifest_file(dump: Path) -> Path:
    return dump.with_suffix(".json")


def proof_file(dump: Path) -> Path:
    return dump.with_suffix(".proof.json")


def backups_in(folder: Path) -> list[Backup]:
    """All backups, the newest first. A folder that is not there has none."""
    return sorted(_read(folder), key=lambda backup: backup.name, reverse=True)


def _read(folder: Path) -> Iterator[Backup]:
    for dump in folder.glob("workouts-*.dump"):
        if NAME.fullmatch(dump.stem):
            yield Backup(dump, _json(manifest_file(dump)), _json(proof_file(dump)))


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a file as a whole, for its owner alone."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with in_place_of(path, draft), os.fdopen(os.open(draft, flags, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
