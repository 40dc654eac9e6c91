"""Looks at the query files that are swapped on this host."""

from __future__ import annotations

import time
from collections.abc import Iterator

from workouts_api import activity
from workouts_api.config import Settings
from workouts_api.database.swapping import Found, in_force, mark_of, swaps_in
from workouts_api.doctor.finding import Finding, fine, warning, wrong
from workouts_api.sql.loaded import CATALOGUE


def look_at_swaps(settings: Settings) -> Iterator[Finding]:
    """Each swap, as long as it lies there, and whether the workers follow."""
    found = swaps_in(settings.swaps_folder, CATALOGUE)
    yield from map(judge_swap, found)
    mark = mark_of(in_force(found))
    workers = activity.read(settings.activity_folder)
    late = [worker.pid for worker in workers if worker.mark != mark]
    if late:
        said = f"{len(late)} of {len(workers)} workers run other texts than this host's: processes {late}"
        yield wrong("queries", said, "run `workouts reload`: they may run another release, or hang")
    elif not found:
        yield fine("queries", "are the release's")


def judge_swap(found: Found) -> Finding:
    swap, undo = found.swap, f"`workouts sql swap {found.query} --undo`"
    if found.state == "damaged" or swap is None:
        said = f"{found.query}: its swap is damaged and not used: {found.why}"
        return wrong("queries", said, f"swap it again, or {undo}")
    since = f"since {time.strftime('%Y-%m-%d %H:%M', time.localtime(swap.at))} by {swap.by}"
    if found.state == "outdated":
        said = f"{found.query}: its swap {since} no longer applies: {found.why}"
        return warning("queries", said, f"{undo} removes it; if it is still needed, swap the release's new file")
    said = f"{found.query}: {swap.digest[:8]} takes the place of the release's {swap.release[:8]}, {since}"
    return warning("queries", said, f"bring it with the next release, or {undo}")
