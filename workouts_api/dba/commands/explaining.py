"""``explain``: the plans of one query file, as text, as JSON, or as a page that draws them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workouts_api.dba.commands.shared import (
    as_production_option,
    database_url_option,
    find,
    load,
    opened_session,
    opened_stand_in,
    opened_target,
    queries_option,
    read_captured,
    sample_option,
    say_what_is_not_seen,
    write_whole,
)
from workouts_api.host.terminal import visible
from workouts_api.sql.files import QueryFile

if TYPE_CHECKING:
    from workouts_api.dba.captured import Captured
    from workouts_api.dba.nested import Style
    from workouts_api.dba.server import PlanMode
    from workouts_api.dba.target import Target


@click.command("explain")
@click.argument("name")
@click.option("--analyze", is_flag=True, help="Run it and roll back: buffers, and plans inside functions.")
@click.option("--custom", is_flag=True, help="The custom plan, which is made for the values.")
@click.option("--generic", is_flag=True, help="The generic plan, which holds for all values; with --custom, both.")
@sample_option
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A value in place of the sample.")
@click.option(
    "--captured",
    type=click.IntRange(1, 10_000),
    is_flag=False,
    flag_value=1,
    metavar="[N]",
    help="The values of a real call: the slowest that `capture` has kept, or the Nth.",
)
@click.option("--json", "as_json", is_flag=True, help="As EXPLAIN's JSON.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a page that draws the plans: both, unless one is named.",
)
@as_production_option
@click.option(
    "--index",
    "indexes",
    multiple=True,
    metavar="SQL",
    help="With --as-production: an index that is not there, as a `create index` statement.",
)
@database_url_option
@queries_option
def explain_command(
    name: str,
    analyze: bool,
    custom: bool,
    generic: bool,
    sample: str | None,
    settings: tuple[str, ...],
    captured: int | None,
    as_json: bool,
    html: Path | None,
    figures: Path | None,
    indexes: tuple[str, ...],
    database_url: str | None,
    root: Path,
) -> None:
    """Show the plan of the query NAME on its samples: the one that its @plan names, else the custom one."""
    from workouts_api.dba.explain import explain

    if as_json and html:
        raise click.UsageError("--json and --html exclude each other")
    if captured and (sample or settings):
        raise click.UsageError("--captured excludes --sample and --set")
    if figures and (analyze or database_url):
        raise click.UsageError("--as-production excludes --analyze and --database-url: there is no row to run it on")
    if indexes and not figures:
        raise click.UsageError("--index needs --as-production: elsewhere, make the index on a copy")
    given = dict(_assignment(text) for text in settings)
    file = find(load(root), name)
    call = _call(file, captured) if captured else None
    in_json = as_json or html is not None
    nested: Style | None = ("json" if in_json else "text") if analyze else None
    with (
        _opened(database_url, figures, indexes) as target,
        opened_session(target, read_only=not analyze, nested=nested) as session,
    ):
        say_what_is_not_seen(session)
        values = call.over(session.values(file)) if call else session.values(file, given, sample)
        found = {
            mode: explain(session, file, values=values, analyze=analyze, mode=mode, as_json=in_json)
            for mode in _modes(file, custom, generic, both=html is not None)
        }
    if target.is_empty:
        click.echo("The database is empty: the plan is that of empty tables.", err=True)
    if html:
        whose = ", ".join([f"sample {sample}"] * bool(sample) + list(settings)) or "the usual samples"
        whose = call.about if call else whose
        _draw(html, file, f"{file.summary} Shown on {target.name}, with {whose}.", found)
    else:
        _print(found, as_json)


@contextmanager
def _opened(database_url: str | None, figures: Path | None, indexes: Sequence[str]) -> Iterator[Target]:
    if figures:
        with opened_stand_in(figures, indexes=indexes) as stand_in:
            yield stand_in.target
    else:
        with opened_target(database_url, embedded=True) as target:
            yield target


def _call(file: QueryFile, number: int) -> Captured:
    calls = read_captured(file, number)
    if len(calls) < number:
        raise click.ClickException(f"--captured {number}: only {len(calls)} calls of {file.full_name} were kept")
    click.echo(f"With the values of {calls[-1].about}.", err=True)
    return calls[-1]


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"--set {text}: expected NAME=VALUE")
    return name.strip(), value


def _modes(file: QueryFile, custom: bool, generic: bool, *, both: bool) -> list[PlanMode]:
    """The plans to show: those that were asked for, else the file's; of both of them the file's first."""
    from workouts_api.dba.server import plan_mode

    asked: dict[PlanMode, bool] = {"custom": custom, "generic": generic}
    if custom or generic:
        return [mode for mode, is_asked in asked.items() if is_asked]
    own = plan_mode(file)
    return sorted(asked, key=lambda mode: mode != own) if both else [own]


def _print(found: Mapping[PlanMode, Any], as_json: bool) -> None:
    """One plan as it is; two of them under their names."""
    if as_json:
        click.echo(json.dumps(found if len(found) > 1 else next(iter(found.values())), indent=2))
    elif len(found) == 1:
        click.echo(visible(next(iter(found.values())), keeps="\n\t"))
    else:
        plans = "\n\n".join(f"{mode.capitalize()} plan:\n{plan}" for mode, plan in found.items())
        click.echo(visible(plans, keeps="\n\t"))


def _draw(path: Path, file: QueryFile, about: str, found: Mapping[PlanMode, Any]) -> None:
    from workouts_api.dba.picture import draw, pictures

    shown = [one for mode, plan in found.items() for one in pictures(f"{mode} plan", file.statement, plan)]
    write_whole(path, draw(f"{file.full_name}@{file.digest}", about, shown))
    click.echo(f"{path} was written.")
