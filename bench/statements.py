"""The database alone: pgbench with prepared statements on the checked-in files themselves."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import psycopg

from bench.effort import Effort
from bench.figures import Figures, Target
from bench.requests import newest_id
from bench.stage import Database, Stage, today
from workouts_api.dba.server import sample_as_sql
from workouts_api.sql.files import QueryFile
from workouts_api.sql.lexer import tokenize
from workouts_api.sql.loaded import CATALOGUE

_MODES = {"auto": "auto", "custom": "force_custom_plan", "generic": "force_generic_plan"}


def measure(stage: Stage, effort: Effort) -> tuple[list[Figures], list[Target]]:
    database = stage.database(effort.load_sets)
    pgbench = stage.cluster.binaries.bin_dir / "pgbench"
    columns = ("file", "plan", "per second, 1 connection", "ms each", "per second, 4 connections")
    figures = Figures(f"The database alone: pgbench -M prepared, {database.sets:,} sets", columns)
    if not pgbench.exists():
        figures.notes.append("This PostgreSQL has no pgbench.")
        return [figures], []
    for name, given in _files(database).items():
        file = CATALOGUE.find(name)
        one, each = _run(pgbench, database, file, given, 1, effort.round_s)
        four, _ = _run(pgbench, database, file, given, 4, effort.round_s)
        figures.add(f"{name}.sql", file.plan, f"{one:,.0f}", f"{each:.3f}", f"{four:,.0f}")
    figures.notes.append("A statement alone, without the guard in front of it, one transaction each.")
    return [figures], []


def _files(database: Database) -> dict[str, dict[str, str]]:
    period = {"from_on": str(today() - timedelta(days=1826)), "to_on": str(today())}
    return {
        "users.get_user": {},
        "sessions.list_sessions": {},
        "sessions.get_session": {"session_id": str(newest_id(database))},
        "sessions.create_session": {"viewer_id": "2"},
        "exercises.search_exercises": {},
        "reports.training_report": period,
    }


def _run(
    pgbench: Path, database: Database, file: QueryFile, given: dict[str, str], connections: int, seconds: float
) -> tuple[float, float]:
    """Transactions a second, and milliseconds of each."""
    variables = {**_samples(database, file), **given}
    with tempfile.TemporaryDirectory(prefix="wb-") as folder:
        script = Path(folder) / "script.sql"
        script.write_text(_script(file, variables.keys()), encoding="utf-8")
        command = [str(pgbench), "-n", "-M", "prepared", "-c", str(connections), "-T", str(max(1, round(seconds)))]
        for name, value in variables.items():
            command += ["-D", f"{name}={value}"]
        done = subprocess.run(
            [*command, "-f", str(script), database.dsn],
            env={**os.environ, "PGOPTIONS": f"-c plan_cache_mode={_MODES[file.plan]}"},
            capture_output=True,
            text=True,
            check=False,
        )
    rate, each = re.search(r"tps = ([\d.]+)", done.stdout), re.search(r"latency average = ([\d.]+)", done.stdout)
    if done.returncode or rate is None or each is None:
        raise RuntimeError(f"pgbench, {file.full_name}: {(done.stderr or done.stdout).strip()[-500:]}")
    return float(rate[1]), float(each[1])


def _script(file: QueryFile, variables: Collection[str]) -> str:
    """The statement for pgbench: a colon in a comment would be a variable to it, and variables have no type or null."""
    text = file.body
    body = "".join(" " if token.kind == "comment" else text[token.start : token.end] for token in tokenize(text))
    for parameter in file.parameters:
        value = f":{parameter.name}" if parameter.name in variables else "null"
        body = re.sub(rf"(?<!:):{parameter.name}\b", f"{value}::{parameter.sent_type}", body)
    return body + "\n;\n"


def _samples(database: Database, file: QueryFile) -> dict[str, str]:
    """The samples as pgbench takes values: their text, without quotes and type; without those that are null."""
    if not file.parameters:
        return {}
    with psycopg.connect(database.dsn) as connection:
        columns = ", ".join(f"{sample_as_sql(parameter)}::text" for parameter in file.parameters)
        row = connection.execute(f"select {columns}".encode()).fetchone()
    assert row is not None
    samples = zip(file.parameters, row, strict=True)
    return {parameter.name: str(value) for parameter, value in samples if value is not None}
