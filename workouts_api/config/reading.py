"""Reads the settings, once. One error message names all problems.

Reads nothing but the environment, the files that a ``*_FILE`` variable names, and, in development, ``.env``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from environs import EnvError, FileAwareEnv

from workouts_api.config.contradictions import contradictions
from workouts_api.config.private_files import is_file, why_not_private, why_unreadable
from workouts_api.config.settings import SETTINGS, Settings


class ConfigurationError(Exception):
    """The environment is not a valid configuration."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("The configuration has problems:\n" + "\n".join(f"  - {p}" for p in problems))


def load_settings(environ: Mapping[str, str] | None = None, *, dotenv: Path | None = None) -> Settings:
    """Reads the settings.

    :param environ: the variables; ``os.environ`` unless given.
    :param dotenv: a file of further variables. It is read only in development, and ``environ`` overrides it.
    :raises ConfigurationError: naming every variable that is wrong, what it held and what was expected.
    """
    environ = os.environ if environ is None else environ
    values, sources, problems = _read(_with_dotenv(environ, dotenv))
    if not problems:
        values.setdefault("workouts_data_dir", _default_data_dir(environ))
    settings = None if problems else Settings(**values, sources=sources)
    if settings is not None:
        problems = contradictions(settings, environ)
    if problems or settings is None:
        raise ConfigurationError(problems)
    return settings


def _with_dotenv(environ: Mapping[str, str], dotenv: Path | None) -> dict[str, tuple[str, str]]:
    """Every variable with the place it came from."""
    found = {name: (value, "environment") for name, value in environ.items()}
    for name, value in dotenv_variables(environ, dotenv).items():
        found.setdefault(name, (value, str(dotenv)))
    return found


def dotenv_variables(environ: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    """What a ``.env`` sets, in development alone. A folder that we may not enter has none.

    :raises ConfigurationError: when the file is there and cannot be read.
    """
    if dotenv is None or environ.get("APP_ENV", "development") != "development" or not is_file(dotenv):
        return {}
    from dotenv import dotenv_values

    try:
        return {name: value for name, value in dotenv_values(dotenv).items() if value is not None}
    except OSError as error:
        raise ConfigurationError([f"{dotenv} cannot be read: {error.strerror}"]) from None


def _read(variables: Mapping[str, tuple[str, str]]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    problems: list[str] = []
    env = FileAwareEnv()
    for setting in SETTINGS:
        name = setting.name.upper()
        own_file = name.endswith("_FILE")  # SSH_KEY_FILE is a setting itself, not the file of SSH_KEY
        twin = f"{name}_FILE"
        try:
            path = "" if own_file else variables.get(twin, ("", ""))[0].strip()
            if not path:
                text, sources[name] = variables.get(name, ("", "default"))
            else:
                if variables.get(name, ("", ""))[0].strip():
                    problems.append(f"{name} and {twin} are both set: expected one of them")
                    continue
                refused = why_not_private(Path(path)) if setting.metadata["secret"] else None
                refused = refused or why_unreadable(Path(path))
                if refused:
                    problems.append(f"{twin} names '{path}', which {refused}")
                    continue
                text = _read_secret(env, name, path)
                sources[name] = f"file {path}"
            if not text.strip():  # empty, as env files may have it
                sources[name] = "default"
                continue
            values[setting.name] = setting.metadata["parse"](text if setting.metadata["secret"] else text.strip())
        except (ValueError, EnvError) as error:
            held = "a value that is not shown" if setting.metadata["secret"] else repr(variables.get(name, ("",))[0])
            problems.append(f"{name} holds {held}: {error}")
    return values, sources, problems


def _read_secret(env: FileAwareEnv, name: str, path: str) -> str:
    """The content of the file that ``NAME_FILE`` names, as environs reads it."""
    before = os.environ.get(f"{name}_FILE")
    os.environ[f"{name}_FILE"] = path
    try:
        text: str = env.str(name)
    finally:
        if before is None:
            del os.environ[f"{name}_FILE"]
        else:
            os.environ[f"{name}_FILE"] = before
    return text.strip()


def _default_data_dir(environ: Mapping[str, str]) -> Path:
    home = Path(environ.get("HOME") or Path.home())
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "workouts-api"
