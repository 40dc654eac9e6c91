"""How fast one query file runs under load: pgbench, with the file's samples as parameters.

Owns the script that pgbench gets, and the reading of its log. The statement is prepared, with the types, the plan mode
and the rights that the application uses. What writes is rolled back.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from workouts_api.dba.server import StatementProblemError, plan_mode, typed_literal
from workouts_api.dba.show import clean_environment, find_program
from workouts_api.sql.files import QueryFile
from workouts_api.sql.lexer import tokenize

# pgbench replaces every :name, in strings too.
_TAKEN_FOR_A_VARIABLE = re.compile(r"(?<!:):[A-Za-z0-9_]")
_MAX_SAID = 500
Values = Mapping[str, str | None]


class BenchError(Exception):
    """pgbench is missing, or refuses. The message says why."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What a run of pgbench showed. Latencies in milliseconds."""

    calls: int
    a_second: float
    p50: float
    p95: float
    p99: float


def script(file: QueryFile, values: Values, prefix: str = "") -> str:
    """The statement for pgbench: parameters as typed variables, no comments but the tag.

    :param prefix: of the variables' names, so that several scripts have values of their own.

    :raises StatementProblemError: when pgbench would take something else for a variable.
    """
    declared = {parameter.name: parameter for parameter in file.parameters}
    pieces = []
    for token in tokenize(file.body):
        piece = file.body[token.start : token.end]
        if token.kind in ("parameter", "bound") and piece[1:] in declared:
            parameter = declared[piece[1:]]
            value = values[parameter.name]
            # pgbench has variables neither for null nor for an empty text.
            piece = (
                f"(:{prefix}{piece[1:]}::{parameter.sent_type})" if value else f"({typed_literal(value, parameter)})"
            )
        elif token.kind == "comment":
            piece = " "
        elif _TAKEN_FOR_A_VARIABLE.search(piece):
            line = file.line_of("statement") + file.body.count("\n", 0, token.start)
            raise StatementProblemError(line, f"pgbench takes what follows a colon for a variable: {piece[:40]}")
        if token.start < file.keyword_end - file.body_start <= token.end:
            cut = file.keyword_end - file.body_start - token.start
            piece = f"{piece[:cut]} {file.tag}{piece[cut:]}"
        pieces.append(piece)
    statement = f"{''.join(pieces)};\n"
    return f"begin;\n{statement}rollback;\n" if file.writes else statement


def bench(conninfo: str, file: QueryFile, sets: Sequence[Values], *, role: str, clients: int, seconds: int) -> Speed:
    """Runs pgbench for some seconds. Each call takes the next of the sets by chance.

    :param role: whose rights the statement has.

    :raises BenchError: with pgbench's words.
    :raises StatementProblemError: when the file is none for pgbench.
    """
    try:
        program = find_program("pgbench")
    except FileNotFoundError as error:
        raise BenchError(str(error)) from error
    with tempfile.TemporaryDirectory(prefix="workouts-sql-") as name:
        folder = Path(name)
        arguments = [program, "--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--time={seconds}"]
        arguments += ["--log", f"--log-prefix={folder / 'log'}"]
        for number, values in enumerate(sets):
            path, prefix = folder / f"{number}.sql", f"s{number}_" if len(sets) > 1 else ""
            path.write_text(script(file, values, prefix), encoding="utf-8")
            arguments.append(f"--file={path}")
            for parameter, value in values.items():
                arguments += ["-D", f"{prefix}{parameter}={value}"] if value else []
        parts = conninfo_to_dict(conninfo)
        read_only = "off" if file.writes else "on"
        environment = clean_environment(
            parts,
            f"-c role={role} -c jit=off -c plan_cache_mode=force_{plan_mode(file)}_plan",
            f"-c default_transaction_read_only={read_only}",
        )
        shown = {key: str(value) for key, value in parts.items() if key not in ("password", "options")}
        done = subprocess.run(
            [*arguments, make_conninfo(**shown)], env=environment, capture_output=True, text=True, check=False
        )
        # pgbench exits with 0 even if clients were aborted, as long as one is left.
        if done.returncode or "aborted" in done.stderr:
            raise BenchError(f"pgbench: {' '.join(done.stderr.split())[-_MAX_SAID:]}")
        return _speed([*folder.glob("log.*")], seconds)


def _speed(logs: list[Path], seconds: int) -> Speed:
    """From pgbench's log: one line a transaction, the third word is its microseconds."""
    took = [int(line.split()[2]) / 1000 for path in logs for line in path.read_text().splitlines()]
    if len(took) < 2:
        raise BenchError(f"only {len(took)} calls ended within {seconds} s: try --seconds with more")
    cuts = quantiles(took, n=100)
    return Speed(len(took), len(took) / seconds, cuts[49], cuts[94], cuts[98])
