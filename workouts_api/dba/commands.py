"""``workouts sql``: the DBA's tools for query files."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workouts_api.sql.catalogue import QUERIES, Catalogue, QueryFileError, UnknownQueryError, load_catalogue
from workouts_api.sql.files import QueryFile
from workouts_api.sql.variants import TemplateError, stale_variants, variants

if TYPE_CHECKING:
    from workouts_api.dba.nested import Style
    from workouts_api.dba.server import Session
    from workouts_api.dba.target import Target

_database_url = click.option(
    "--database-url", metavar="URL", help="The database to use; default: DATABASE_URL, else an embedded one."
)
_queries = click.option(
    "--queries",
    "root",
    type=click.Path(path_type=Path),
    default=QUERIES,
    show_default="the application's",
    help="The folder of query files.",
)
_sample = click.option("--sample", metavar="NAME", help="A named set of samples, in place of the usual ones.")


@click.group()
def sql() -> None:
    """List, show, check, explain and run the query files."""


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────


@sql.command("list")
@click.option("--json", "as_json", is_flag=True, help="Everything that the files say, as JSON.")
@_queries
def list_command(as_json: bool, root: Path) -> None:
    """List every query: name, description, parameters, result, plan and budgets."""
    catalogue = _load(root)
    if as_json:
        click.echo(json.dumps([_as_json(file) for file in catalogue.files()], indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("query", "what it does", "parameters", "returns", "plan", "budgets", box=None, pad_edge=False)
    for file in catalogue.files():
        table.add_row(
            file.full_name,
            file.summary + (f" DEPRECATED: {file.deprecated}" if file.deprecated else ""),
            " ".join(f"{p.name}{'?' if p.nullable else ''}" for p in file.parameters),
            f"{file.returns} {file.effect}",
            file.plan,
            " ".join(_budgets(file)),
        )
    # In a pipe nothing is cut off, so that grep finds one whole line per query.
    Console(width=None if sys.stdout.isatty() else 400, highlight=False, markup=False).print(table)


def _budgets(file: QueryFile) -> Iterator[str]:
    if file.plan_budget and file.plan_budget.no_seqscan:
        yield f"no_seqscan({', '.join(file.plan_budget.no_seqscan)})"
    if file.plan_budget and file.plan_budget.max_cost is not None:
        yield f"max_cost={file.plan_budget.max_cost:g}"
    for sample in (None, *file.set_budgets):
        budget, of = file.set_budgets[sample] if sample else file.run_budget, f"({sample})" if sample else ""
        if budget and budget.buffers is not None:
            yield f"buffers{of}<={budget.buffers}"
        if budget and budget.rows_removed is not None:
            yield f"rows_removed{of}<={budget.rows_removed}"
    if file.timeout_s is not None:
        yield f"timeout={file.timeout_s:g}s"


def _as_json(file: QueryFile) -> dict[str, Any]:
    return {
        "name": file.full_name,
        "file": file.place,
        "summary": file.summary,
        "digest": file.digest,
        "parameters": [
            {"name": p.name, "type": p.type, "nullable": p.nullable, "sample": p.sample} for p in file.parameters
        ],
        "returns": file.returns,
        "columns": [{"name": c.name, "type": c.type, "nullable": c.nullable} for c in file.columns],
        "plan": file.plan,
        "readonly": not file.writes,
        "writes": file.writes,
        "timeout_s": file.timeout_s,
        "samples": {name: samples.values for name, samples in file.samples.items()},
        "budgets": list(_budgets(replace(file, timeout_s=None))),
        "deprecated": file.deprecated,
    }


@sql.command("show")
@click.argument("name")
@click.option("--sent", is_flag=True, help="What is sent to the server.")
@click.option("--psql", "for_psql", is_flag=True, help="With \\set lines from the samples: runs in psql as printed.")
@_sample
@_queries
def show_command(name: str, sent: bool, for_psql: bool, sample: str | None, root: Path) -> None:
    """Print the query file NAME (chapter.name, or its path). With --sample it prints a script, as with --psql."""
    if sent and (for_psql or sample):
        raise click.UsageError("--sent and --psql exclude each other")
    file = _find(_load(root), name)
    if for_psql or sample:
        from workouts_api.dba.show import as_psql

        with _told():
            click.echo(as_psql(file, sample), nl=False)
    elif sent:
        click.echo(file.statement)
        for number, parameter in enumerate(file.order, 1):
            click.echo(f"-- ${number}: {parameter}", err=True)
    else:
        click.echo(file.text, nl=False)


# ── asking a server ─────────────────────────────────────────────────────────────────────────────────────────


@sql.command("check")
@click.argument("names", nargs=-1)
@click.option("--budgets", is_flag=True, help="Also run the files that have a run budget, and roll back.")
@_database_url
@_queries
def check_command(names: tuple[str, ...], budgets: bool, database_url: str | None, root: Path) -> None:
    """Check query files (all, or NAMES) against a migrated database: types, plans, rules.

    Prints one line per problem and exits with code 1. Without --budgets it runs only @readonly files, in a read-only
    transaction.
    """
    from workouts_api.dba.budgets import Verdict, measure_budgets
    from workouts_api.dba.check import check_files

    _refuse_stale_variants(root)
    catalogue = _load(root)
    # All files are compared for equal query ids, also files that were not named.
    wanted = {_find(catalogue, name).place for name in names}
    verdict = Verdict([], [])
    with _target(database_url, embedded=budgets) as target:
        with _session(target, read_only=True) as session:
            problems = check_files(session, catalogue.files())
        if budgets:
            measured = [file for file in catalogue.files() if not wanted or file.place in wanted]
            with _session(target, read_only=False, nested="json") as session:
                _say_what_is_not_seen(session)
                verdict = measure_budgets(session, measured)
    if budgets and target.is_empty:
        click.echo("The budgets were measured on an empty database: they say little.", err=True)
    for line in [] if target.is_empty else verdict.without_data:
        click.echo(f"Not measured: {line}", err=True)
    problems += verdict.problems
    problems = [problem for problem in problems if not wanted or problem.split(":", 1)[0] in wanted]
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)
    count = len(wanted) or len(list(catalogue.files()))
    click.echo(f"{count} query {'file is' if count == 1 else 'files are'} in order.")


@sql.command("variants")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit code 1 if a file is out of date.")
@_queries
def variants_command(only_check: bool, root: Path) -> None:
    """Write the query files that are generated from templates, queries/CHAPTER/NAME.template."""
    if only_check:
        _refuse_stale_variants(root)
        click.echo("The files that templates make are up to date.")
        return
    _write_variants(root)


def _write_variants(root: Path) -> None:
    with _readable_templates():
        made = list(variants(root))
    for variant in made:
        if variant.is_stale:
            _write(variant.path, variant.text)
            click.echo(f"{variant.place} was written.")


def _refuse_stale_variants(root: Path) -> None:
    with _readable_templates():
        problems = stale_variants(root)
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)


@contextmanager
def _readable_templates() -> Iterator[None]:
    try:
        yield
    except TemplateError as error:
        raise click.ClickException(str(error)) from error


@sql.command("stubs")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit code 1 if the stub is out of date.")
@click.option("--output", type=click.Path(path_type=Path), help="Another place than the application's.")
@_database_url
@_queries
def stubs_command(only_check: bool, output: Path | None, database_url: str | None, root: Path) -> None:
    """Write the generated files: the query files of templates, and the stub that describes queries for mypy."""
    from workouts_api.dba.stubs import STUB, make_stub

    if only_check:
        _refuse_stale_variants(root)
    else:
        _write_variants(root)
    catalogue, path = _load(root), output or STUB
    with _target(database_url, embedded=False) as target, _session(target, read_only=True) as session:
        new = make_stub(session, catalogue)
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if new == old:
        click.echo(f"{path.name} is up to date.")
    elif only_check:
        changes = difflib.unified_diff(old.splitlines(), new.splitlines(), "checked in", "as it should be", lineterm="")
        click.echo("\n".join(changes))
        raise click.ClickException(f"{path.name} is out of date: run `workouts sql stubs`")
    else:
        _write(path, new)
        click.echo(f"{path} was written.")


def _write(path: Path, text: str) -> None:
    """Writes the whole file or nothing."""
    beside = path.with_name(path.name + ".new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise click.ClickException(f"{path} can't be written: {error.strerror}") from error


@sql.command("psql")
@click.argument("name", required=False)
@_sample
@_database_url
@_queries
def psql_command(name: str | None, sample: str | None, database_url: str | None, root: Path) -> None:
    """Open psql on the database, with the variables of the query NAME set to its samples."""
    from workouts_api.dba.show import psql_command, run_psql

    file = _find(_load(root), name) if name else None
    with _target(database_url, embedded=True) as target:
        try:
            with _told():
                arguments, environment = psql_command(target.conninfo, file, sample)
        except FileNotFoundError as error:
            raise click.ClickException(str(error)) from error
        if file:
            click.echo(f"Run it as often as you like: \\i {file.path.resolve()}", err=True)
        code = run_psql(arguments, environment)
    sys.exit(code)


@sql.command("explain")
@click.argument("name")
@click.option("--analyze", is_flag=True, help="Run it and roll back: buffers, and plans inside functions.")
@click.option("--generic", is_flag=True, help="The generic plan; default: as the file says, else the custom one.")
@_sample
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A value in place of the sample.")
@click.option("--json", "as_json", is_flag=True, help="As EXPLAIN's JSON.")
@_database_url
@_queries
def explain_command(
    name: str,
    analyze: bool,
    generic: bool,
    sample: str | None,
    settings: tuple[str, ...],
    as_json: bool,
    database_url: str | None,
    root: Path,
) -> None:
    """Show the plan of the query NAME on its samples."""
    from workouts_api.dba.explain import explain

    given = dict(_assignment(text) for text in settings)
    file = _find(_load(root), name)
    nested: Style | None = ("json" if as_json else "text") if analyze else None
    with (
        _target(database_url, embedded=True) as target,
        _session(target, read_only=not analyze, nested=nested) as session,
    ):
        _say_what_is_not_seen(session)
        found = explain(session, file, given=given, sample=sample, analyze=analyze, generic=generic, as_json=as_json)
    if target.is_empty:
        click.echo("The database is empty: the plan is that of empty tables.", err=True)
    click.echo(json.dumps(found, indent=2) if as_json else found)


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"--set {text}: expected NAME=VALUE")
    return name.strip(), value


# ── shared by the commands ──────────────────────────────────────────────────────────────────────────────────


def _load(root: Path) -> Catalogue:
    try:
        return load_catalogue(root)
    except QueryFileError as error:
        click.echo(str(error))
        sys.exit(1)


def _find(catalogue: Catalogue, name: str) -> QueryFile:
    try:
        return catalogue.find(name)
    except UnknownQueryError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _told() -> Iterator[None]:
    """Turns a problem of a file or a value into one line and exit code 1."""
    from workouts_api.dba.server import StatementProblemError

    try:
        yield
    except StatementProblemError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _target(database_url: str | None, *, embedded: bool) -> Iterator[Target]:
    from workouts_api.dba.target import TargetError, choose

    try:
        with choose(database_url, embedded=embedded) as target:
            yield target
    except TargetError as error:
        raise click.ClickException(str(error)) from error


def _say_what_is_not_seen(session: Session) -> None:
    if session.nested_missing:
        click.echo(f"Statements inside functions are not seen: {session.nested_missing}", err=True)


@contextmanager
def _session(target: Target, *, read_only: bool, nested: Style | None = None) -> Iterator[Session]:
    import psycopg

    from workouts_api.dba.server import first_line, session

    try:
        with _told(), session(target.observer or target.conninfo, read_only=read_only, nested=nested) as opened:
            yield opened
    except psycopg.Error as error:
        raise click.ClickException(f"{target.name}: {first_line(error)}") from error
