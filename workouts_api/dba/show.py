"""Query files as scripts for psql: ``\\set`` lines with the samples, then the statement, ready to paste.

Owns psql's quoting, and starts psql.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from workouts_api.dba.server import sample_as_sql, sample_set
from workouts_api.sql.files import QueryFile
from workouts_api.sql.lexer import tokenize


def psql_variables(file: QueryFile, sample: str | None = None) -> dict[str, str]:
    """The variables that psql needs, with the samples as values. If ``sample`` names a set, its values replace them.

    :raises StatementProblemError: when the file has no such set.
    """
    chosen = sample_set(file, sample)
    return {parameter.name: sample_as_sql(parameter, chosen) for parameter in file.parameters}


def as_psql(file: QueryFile, sample: str | None = None) -> str:
    """The file as a script that psql can run."""
    lines = [f"\\set {name} {_quoted(value)}" for name, value in psql_variables(file, sample).items()]
    cut = file.keyword_end
    body = f"{file.text[file.body_start : cut]} {file.tag}{file.text[cut : file.body_end]}"
    end = "\n;" if list(tokenize(body))[-1].kind == "comment" else ";"
    if file.is_copy and "stdin" in body.lower():
        end += "\n\\."  # psql reads rows from the script until this line; there are none
    return "\n".join([*lines, body + end]) + "\n"


def _quoted(value: str) -> str:
    """An argument of a psql command, in quotes. Quotes in it are doubled, and a backslash begins an escape."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def psql_command(conninfo: str, file: QueryFile | None, sample: str | None = None) -> tuple[list[str], dict[str, str]]:
    """psql's arguments and its environment. The password is only in the environment, which ps does not show.

    :raises FileNotFoundError: when there is no psql.
    """
    parts: Mapping[str, str] = {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
    environment = clean_environment(parts)
    shown = make_conninfo(**{key: value for key, value in parts.items() if key not in ("password", "options")})
    arguments = [find_program("psql"), shown]
    for name, value in (psql_variables(file, sample) if file else {}).items():
        arguments += ["-v", f"{name}={value}"]
    return arguments, environment


def clean_environment(parts: Mapping[str, object], *more: str) -> dict[str, str]:
    """The environment of a program of PostgreSQL's: the search path, the password, and more options of the session."""
    environment = {**os.environ}
    options = [environment.get("PGOPTIONS"), parts.get("options"), "-c search_path=workouts,extensions,pg_temp", *more]
    environment["PGOPTIONS"] = " ".join(str(option) for option in options if option)
    environment.setdefault("PGAPPNAME", "workouts sql psql")
    if "password" in parts:
        environment["PGPASSWORD"] = str(parts["password"])
    return environment


def run_psql(arguments: list[str], environment: dict[str, str]) -> int:
    """Runs psql on this terminal and returns its exit code. Ctrl-C goes to psql; this process ignores it."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)  # psql would inherit SIG_IGN
    try:
        return subprocess.run(arguments, env=environment, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)


def find_program(name: str) -> str:
    """PostgreSQL's program of that name: on the PATH, else among those of the embedded server.

    :raises FileNotFoundError: when there is none.
    """
    found = shutil.which(name)
    if found:
        return found
    from workouts_api.host.embedded import EmbeddedError, find_binaries

    try:
        program = find_binaries().bin_dir / name
    except EmbeddedError as error:
        raise FileNotFoundError(f"there is no {name}: {error}") from error
    if not program.exists():
        raise FileNotFoundError(f"there is no {name}: expected it on the PATH; install PostgreSQL's client")
    return str(program)
