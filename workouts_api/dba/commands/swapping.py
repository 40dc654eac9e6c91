"""``swap``: another text of a query file, for the processes of this host and without a restart."""

from __future__ import annotations

import json
import os
import pwd
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workouts_api.dba.commands.comparing import compared, show_compared, verdict
from workouts_api.dba.commands.shared import (
    database_url_option,
    find,
    load,
    opened_session,
    opened_target,
    print_table,
    told,
)
from workouts_api.sql.catalogue import QUERIES, Catalogue
from workouts_api.sql.files import QueryFile

if TYPE_CHECKING:
    from workouts_api.config import Settings
    from workouts_api.database.swapping import Found
    from workouts_api.dba.comparing import Compared
    from workouts_api.dba.server import Session

PATIENCE = 3.0  # s until all workers have followed; they look four times a second
LONGEST = "60s"  # of a statement: what the application's own role may take, whoever signs in
_TIMED_OUT = "57014: "


@click.command("swap")
@click.argument("name", required=False)
@click.option("--file", "path", type=click.Path(path_type=Path), help="The new text; default: the file below queries/.")
@click.option("--undo", is_flag=True, help="The release's text again.")
@click.option("--list", "listed", is_flag=True, help="What is swapped on this host; the default without NAME.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Real calls to compare.")
@click.option("--dearer", is_flag=True, help="Also if the new text reads more pages.")
@click.option("--json", "as_json", is_flag=True, help="The list, as JSON.")
@database_url_option
def swap_command(
    name: str | None,
    path: Path | None,
    undo: bool,
    listed: bool,
    limit: int,
    dearer: bool,
    as_json: bool,
    database_url: str | None,
) -> None:
    """Swap the text of the query NAME in all processes of this host, without a restart.

    The new text must have the parameters, the columns and the effect of the release's. `check` must pass on the live
    database and, for a file with @readonly, `compare` with the named samples and the calls that `capture` has kept.
    A swap stays until --undo, or until a release brings another file. Run it as the user of the service.
    """
    from workouts_api.dba.target import settings_of_tools

    if (undo and path) or ((listed or name is None) and (name or path or undo)):
        raise click.UsageError("expected NAME, NAME --file PATH, NAME --undo or --list")
    settings, catalogue = settings_of_tools(), load(QUERIES)
    if name is None:
        _list(settings, catalogue, as_json=as_json)
        return
    _demand_the_user_of_the_service(settings.workouts_data_dir)
    if undo:
        _undo(settings, catalogue, name)
        return
    released = find(catalogue, name)
    before = _content(settings, released.full_name)
    with told():
        new = _new_text(released, path)
        _refuse_if_any(_head_differences(released, new), new)
        with (
            opened_target(database_url, embedded=True) as target,
            opened_session(target, read_only=True) as session,
        ):
            if target.is_empty:
                raise click.ClickException("there is no live database to check it on: expected DATABASE_URL")
            _try_out(session, settings, released, new, limit, dearer=dearer)
    _swap(settings, catalogue, released, new, before)


def _demand_the_user_of_the_service(data: Path) -> None:
    try:
        owner = data.stat().st_uid
    except OSError as error:
        raise click.ClickException(f"WORKOUTS_DATA_DIR holds {data}: {error.strerror}") from error
    if owner != os.geteuid():
        raise click.ClickException(f"{data} belongs to user {owner}: run it as that user, whose processes must read it")


def _new_text(released: QueryFile, path: Path | None) -> QueryFile:
    """The new text; its problems are named by the file's own path."""
    from dataclasses import replace

    from workouts_api.dba.comparing import read_rewrite

    place = path or Path("queries", released.chapter, f"{released.name}.sql")
    new = read_rewrite(released, place)
    if new.digest == released.digest:
        hint = "" if path else ", and the running workers take changes of the release by `workouts reload`"
        raise click.ClickException(f"{place} has the text of the release: name the new one by --file{hint}")
    return replace(new, path=place)


def _refuse_if_any(differences: Sequence[str], new: QueryFile) -> None:
    if differences:
        for line in differences:
            click.echo(f"{new.full_name}: {line}", err=True)
        raise click.ClickException("It was not swapped.")


def _head_differences(released: QueryFile, new: QueryFile) -> list[str]:
    from workouts_api.dba.swapping import head_differences

    return list(head_differences(released, new))


# ── on the live database ────────────────────────────────────────────────────────────────────────────────────


def _try_out(
    session: Session, settings: Settings, released: QueryFile, new: QueryFile, limit: int, *, dearer: bool
) -> None:
    """Ends the command where the new text may not take the place of the release's."""
    from workouts_api.dba.captured import captured
    from workouts_api.dba.check import check_files
    from workouts_api.dba.swapping import column_differences

    session.conn.execute(f"set statement_timeout = '{LONGEST}'")
    problems = check_files(session, [new])
    for problem in problems:
        click.echo(f"{new.path}{problem.removeprefix(new.place)}", err=True)
    if problems:
        raise click.ClickException("It was not swapped.")
    _refuse_if_any(list(column_differences(session, released, new)), new)
    if released.writes:
        click.echo("It writes, so it was checked, and not run beside the release's text.", err=True)
        return
    kept = captured(settings.captures_folder).get(released.full_name)
    calls = [call for call in kept.calls if call.fits(released)][:limit] if kept else []
    found = [_unless_too_slow(one) for one in compared(session, released, new, (None, limit, calls), frozenset())]
    judged = [one for one in found if one is not None]
    if not judged:
        click.echo("The release's text ended by its timeout on all sets, so the two were not compared.", err=True)
        return
    show_compared(judged, plans=False)
    outcome, sentence = verdict(judged)
    click.echo(sentence)
    if outcome == "dearer" and not dearer:
        raise click.ClickException("It was not swapped: expected --dearer if it should be.")
    if outcome == "different":
        raise click.ClickException("It was not swapped.")


def _unless_too_slow(one: Compared) -> Compared | None:
    """Nothing can be compared with a call that ran into its timeout: being quicker may be what the swap is for."""
    if one.difference.only_a and str(one.difference.only_a[0][0]).startswith(_TIMED_OUT):
        click.echo(f"{one.name}: left out, the release's text ended by its timeout.", err=True)
        return None
    return one


# ── the folder ──────────────────────────────────────────────────────────────────────────────────────────────


def _swap(
    settings: Settings, catalogue: Catalogue, released: QueryFile, new: QueryFile, before: bytes | str | None
) -> None:
    from workouts_api.database.swap_files import Swap, digest_of, held, write

    swap = Swap(new.full_name, new.text.encode(), digest_of(released.text.encode()), _who(), time.time())
    with _told_of_folder(settings.swaps_folder), held(settings.swaps_folder):
        _demand_unchanged(settings, swap.query, before)
        write(settings.swaps_folder, swap)
        _demand_in_force(settings, catalogue, swap.query)
        written = _content(settings, swap.query)
    click.echo(f"{new.full_name}: {new.digest} takes the place of {released.digest}.")
    _await_workers(settings, catalogue, swap.query, written)


def _content(settings: Settings, query: str) -> bytes | str | None:
    """What the folder holds of a query."""
    from workouts_api.database.swap_files import read_contents

    return read_contents(settings.swaps_folder).get(query)


def _demand_unchanged(settings: Settings, query: str, before: bytes | str | None) -> None:
    """Checking takes seconds, in which somebody else may swap the query: theirs stays, and both know."""
    if (now := _content(settings, query)) != before:
        raise click.ClickException(
            f"It was not swapped: {_what_came(query, now)}. Run it again if yours should be used."
        )


def _what_came(query: str, content: bytes | str | None) -> str:
    from workouts_api.database.swap_files import DamagedSwapError, parse

    if content is None:
        return f"the swap of {query} was undone meanwhile"
    try:
        swap = parse(query, content)
    except DamagedSwapError as error:
        return f"its file in the folder was changed meanwhile: {error}"
    return f"{swap.by} has swapped {query} meanwhile, to {swap.digest[:8]}"


def _demand_in_force(settings: Settings, catalogue: Catalogue, name: str) -> None:
    """What was written is read as the workers read it: a folder of others, say, makes them ignore it."""
    from workouts_api.database.swap_files import remove
    from workouts_api.database.swapping import swaps_in

    found = next((one for one in swaps_in(settings.swaps_folder, catalogue) if one.query == name), None)
    if found is None or found.state != "in force":
        remove(settings.swaps_folder, name)
        raise click.ClickException(f"It was not swapped: {found.why if found else 'its file is gone again'}")


def _undo(settings: Settings, catalogue: Catalogue, name: str) -> None:
    """Also of a query that the release does not have any more, and of a damaged file."""
    from workouts_api.database.swap_files import held, remove

    query = name if _content(settings, name) is not None else find(catalogue, name).full_name
    if _content(settings, query) is None:
        raise click.ClickException(f"{query} is not swapped on this host.")
    with _told_of_folder(settings.swaps_folder), held(settings.swaps_folder):
        was_there = remove(settings.swaps_folder, query)
    if not was_there:
        raise click.ClickException(f"{_what_came(query, None)}.")
    click.echo(f"{query}: the release's text again.")
    _await_workers(settings, catalogue, query, None)


@contextmanager
def _told_of_folder(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{error.filename or folder}: {error.strerror}") from error


def _who() -> str:
    """The person, also behind sudo."""
    try:
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _await_workers(settings: Settings, catalogue: Catalogue, query: str, content: bytes | str | None) -> None:
    """Waits until each worker runs what the folder says now, which has to be this content."""
    began = time.monotonic()
    while True:
        followed, live = _workers(settings, catalogue)
        waited = time.monotonic() - began
        if followed == live or waited > PATIENCE:
            break
        time.sleep(0.02)
    if (now := _content(settings, query)) != content:
        raise click.ClickException(f"It was, and is no more: {_what_came(query, now)}.")
    if not live:
        click.echo("No worker runs here now; the next ones begin with it.")
    elif followed == live:
        click.echo(f"{followed} of {live} workers run it after {waited:.2f} s.")
    else:
        click.echo(
            f"{followed} of {live} workers run it after {waited:.1f} s. The others may run another release than the one"
            " that is installed (`workouts reload` replaces them), or hang: look at the log.",
            err=True,
        )
        sys.exit(1)


def _workers(settings: Settings, catalogue: Catalogue) -> tuple[int, int]:
    """How many workers run what the folder says, and how many live."""
    from workouts_api import activity
    from workouts_api.database.swapping import in_force, mark_of, swaps_in

    mark = mark_of(in_force(swaps_in(settings.swaps_folder, catalogue)))
    workers = activity.read(settings.activity_folder)
    return sum(worker.mark == mark for worker in workers), len(workers)


def _list(settings: Settings, catalogue: Catalogue, *, as_json: bool) -> None:
    from workouts_api.database.swapping import swaps_in

    rows = [_as_row(one) for one in swaps_in(settings.swaps_folder, catalogue)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif not rows:
        click.echo("Nothing is swapped on this host.")
    else:
        print_table(rows, "query", "text", "instead of", "state", "by", "since")
        followed, live = _workers(settings, catalogue)
        click.echo(f"{followed} of {live} workers run it so.", err=True)


def _as_row(one: Found) -> dict[str, str]:
    swap = one.swap
    return {
        "query": one.query,
        "text": swap.digest[:8] if swap else "",
        "instead of": swap.release[:8] if swap else "",
        "state": f"{one.state}: {one.why}" if one.why else one.state,
        "by": swap.by if swap else "",
        "since": time.strftime("%Y-%m-%d %H:%M", time.localtime(swap.at)) if swap else "",
    }
