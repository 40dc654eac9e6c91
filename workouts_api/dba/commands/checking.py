"""``check``, ``variants`` and ``stubs``: whether the query files are in order, and what is generated from them."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from workouts_api.dba.commands.shared import (
    database_url_option,
    find,
    load,
    opened_session,
    opened_target,
    queries_option,
    say_what_is_not_seen,
    write_whole,
)
from workouts_api.sql.catalogue import QUERIES
from workouts_api.sql.files import QueryFile
from workouts_api.sql.variants import TemplateError, stale_variants, variants

_COLUMN = re.compile(r"\d+: ")


@click.command("check")
@click.argument("names", nargs=-1)
@click.option("--budgets", is_flag=True, help="Also run the files that have a run budget, and roll back.")
@database_url_option
@queries_option
def check_command(names: tuple[str, ...], budgets: bool, database_url: str | None, root: Path) -> None:
    """Check query files (all, or NAMES) against a migrated database: types, plans, rules.

    Prints one line per problem and exits with code 1. Without --budgets it runs only @readonly files, in a read-only
    transaction.
    """
    from workouts_api.dba.budgets import Verdict, measure_budgets, too_high
    from workouts_api.dba.check import check_files
    from workouts_api.dba.unused import uncalled, unused_columns

    _refuse_stale_variants(root)
    catalogue = load(root)
    # All files are compared for equal query ids, also files that were not named.
    wanted = {find(catalogue, name).place for name in names}
    verdict = Verdict([], [])
    measured = [file for file in catalogue.files() if not wanted or file.place in wanted]
    with opened_target(database_url, embedded=budgets) as target:
        with opened_session(target, read_only=True) as session:
            problems = check_files(session, catalogue.files())
            if root == QUERIES:
                problems += unused_columns(session, catalogue.files())
        if budgets:
            with opened_session(target, read_only=False, nested="json") as session:
                say_what_is_not_seen(session)
                verdict = measure_budgets(session, measured)
    if budgets and target.is_empty:
        click.echo("The budgets were measured on an empty database: they say little.", err=True)
    if told := too_high(verdict.taken):
        click.echo(told, err=True)
    for line in [] if target.is_empty else verdict.without_data:
        click.echo(f"Not measured: {line}", err=True)
    if budgets:
        _name_those_on_usual_samples_alone(measured)
    problems += verdict.problems
    # The callers of other folders are not known. A file that is checked by its name may be new, without a caller yet.
    if root == QUERIES and not wanted:
        problems += uncalled(catalogue)
    problems = [problem for problem in problems if not wanted or problem.split(":", 1)[0] in wanted]
    texts = {file.place: file.text.split("\n") for file in catalogue.files()}
    for problem in problems:
        click.echo(_with_column(problem, texts))
    if problems:
        sys.exit(1)
    count = len(wanted) or len(list(catalogue.files()))
    click.echo(f"{count} query {'file is' if count == 1 else 'files are'} in order.")


def _with_column(problem: str, texts: Mapping[str, Sequence[str]]) -> str:
    """Where the column isn't known, that of the line's first word."""
    place, line, rest = problem.split(":", 2)
    if _COLUMN.match(rest):
        return problem
    text = texts[place][int(line) - 1].removeprefix("--")
    indent = len(texts[place][int(line) - 1]) - len(text.lstrip())
    return f"{place}:{line}:{indent + 1}:{rest}"


def _name_those_on_usual_samples_alone(files: Sequence[QueryFile]) -> None:
    """What they take for those who have much is not known: a usual sample is somebody whom a small database has too."""
    names = [file.full_name for file in files if file.writes and file.run_budget is not None and not file.samples]
    if names:
        click.echo(f"Measured on their usual samples alone, though they write: {', '.join(names)}", err=True)


@click.command("variants")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit code 1 if a file is out of date.")
@queries_option
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
            write_whole(variant.path, variant.text)
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


@click.command("stubs")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit code 1 if the stub is out of date.")
@click.option("--output", type=click.Path(path_type=Path), help="Another place than the application's.")
@database_url_option
@queries_option
def stubs_command(only_check: bool, output: Path | None, database_url: str | None, root: Path) -> None:
    """Write the generated files: the query files of templates, and the stub that describes queries for mypy."""
    from workouts_api.dba.stubs import STUB, make_stub

    if only_check:
        _refuse_stale_variants(root)
    else:
        _write_variants(root)
    catalogue, path = load(root), output or STUB
    with opened_target(database_url, embedded=False) as target, opened_session(target, read_only=True) as session:
        new = make_stub(session, catalogue)
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if new == old:
        click.echo(f"{path.name} is up to date.")
    elif only_check:
        changes = difflib.unified_diff(old.splitlines(), new.splitlines(), "checked in", "as it should be", lineterm="")
        click.echo("\n".join(changes))
        raise click.ClickException(f"{path.name} is out of date: run `workouts sql stubs`")
    else:
        write_whole(path, new)
        click.echo(f"{path} was written.")
