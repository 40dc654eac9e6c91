"""Single sets: each is one small request while a session goes on, and may arrive late, twice or out of order."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request

from workouts_api import errors
from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.sessions.blueprint import blp
from workouts_api.api.sessions.rules import HIGHEST_NUMBER
from workouts_api.api.sessions.set_schemas import (
    SET_EXAMPLE,
    SETS_EXAMPLE,
    AnsweredSets,
    ChangedSetPage,
    ChangedSetsQuery,
    CollectedSets,
    LoggedSet,
    SetDeletion,
    SingleSet,
)
from workouts_api.sql import queries
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import dump, if_match, may_answer, reply, reply_page, takes_if_match
from workouts_api.web.schemas import Page

Row = dict[str, Any]

KEYSET = ("version", "exercise_no", "set_no")


@blp.get("/<int:session_id>/sets")
@signed_in(scope="sessions:read")
@blp.arguments(ChangedSetsQuery, location="query")
@blp.response(200, ChangedSetPage)
@may_answer(404)
def list_changed_sets(page: Page, session_id: int) -> Response:
    """A session's sets that were written or deleted after the version `since`, in that order.

    The highest version among them is the next `since`.
    """
    rows = queries.sessions.list_changed_sets(
        viewer_id=viewer_id(),
        session_id=session_id,
        after_version=page.after("version", page.filters["since"]),
        # After all sets of the version that was seen.
        after_exercise_no=page.after("exercise_no", HIGHEST_NUMBER + 1),
        after_set_no=page.after("set_no", 0),
        limit=page.fetch,
    )
    return reply_page(rows, page, keyset=KEYSET)


@blp.put("/<int:session_id>/exercises/<int:exercise_no>/sets/<int:set_no>")
@signed_in(scope="sessions:write")
@blp.arguments(SingleSet, example=SET_EXAMPLE)
@blp.response(200, LoggedSet)
@idempotent(status=200)
@takes_if_match("optional")
@may_answer(409)
def put_set(given: Row, session_id: int, exercise_no: int, set_no: int) -> Response:
    """Write one set: a new one, or in place of the one that is there.

    With `device` and `seq`, sending it again changes nothing, and a request that was overtaken by a later one of the
    same device does not win. A set that another device wrote last needs If-Match; else the answer is 412 with the
    stored set in `details`.
    """
    row = _write(given, session_id, exercise_no, set_no)
    return reply(row["reply"] if row["stored"] is None else _without_blanks(row["reply"]), etag=row["version"])


@blp.delete("/<int:session_id>/exercises/<int:exercise_no>/sets/<int:set_no>")
@signed_in(scope="sessions:write")
@blp.arguments(SetDeletion, location="query")
@blp.response(204)
@takes_if_match("optional")
def delete_set(given: Row, session_id: int, exercise_no: int, set_no: int) -> Response:
    """Delete one set.

    With `device` and `seq`, an earlier request of the same device that arrives later does not bring it back. Takes
    If-Match like PUT.
    """
    own: Row = {name: given[name] for name in ("device", "seq") if name in given}
    _write({**own, "is_gone": True}, session_id, exercise_no, set_no)
    return Response(status=204)


@blp.put("/<int:session_id>/sets")
@signed_in(scope="sessions:write")
@blp.arguments(CollectedSets, example=SETS_EXAMPLE)
@blp.response(200, AnsweredSets)
def put_sets(given: Row, session_id: int) -> Response:
    """Write and delete the sets that a device has collected, at most 200. Each is answered as if it came alone.

    The answer is 200 even if some of them are refused. If a set stands twice, its highest `seq` counts, and both get
    the same answer. `device` and `seq` make the request safe to send again, so it takes no Idempotency-Key.
    """
    rows = [_item(row) for row in given["sets"]]
    latest = _latest(rows)
    written = queries.sessions.write_sets(
        viewer_id=viewer_id(), session_id=session_id, device=given["device"], items=list(latest.values())
    )
    answers = dict(zip(latest, orjson.loads(dump(written["answers"])), strict=True))
    return reply({"sets": [answers[_key(row)] for row in rows]})


def _write(given: Row, session_id: int, exercise_no: int, set_no: int) -> Row:
    """The statement's row for one set that was written, or that this device had sent before.

    :raises errors.ApiError: if it was refused.
    """
    if not (1 <= exercise_no <= HIGHEST_NUMBER and 1 <= set_no <= HIGHEST_NUMBER):
        queries.sessions.get_session(viewer_id=viewer_id(), session_id=session_id)  # or that is what is missing
        raise errors.NotFound("No such set.")
    device = given.pop("device", None)
    versions = if_match() if "If-Match" in request.headers else None
    item = {"is_gone": False, **given, "exercise_no": exercise_no, "set_no": set_no, "versions": versions}
    row = queries.sessions.write_set(viewer_id=viewer_id(), session_id=session_id, device=device, items=[item])
    if row["refusal"] not in (None, "known"):
        raise _refused(row)
    return dict(row)


def _refused(row: Any) -> errors.ApiError:
    match row["refusal"]:
        case "stale":
            stored = {
                "current_version": row["version"],
                "is_deleted": row["is_deleted"],
                "set": _without_blanks(row["stored"]),
            }
            return errors.PreconditionFailed("It has changed.", details=stored)
        case "missing":
            return errors.NotFound("No such set.")
        case "other_exercise":
            return errors.Conflict(details={"exercise_id": ["This exercise_no is another exercise's: take a new one."]})
        case kind:
            field, sentence = _SENTENCES[kind]
            return errors.Invalid(details={field: [sentence]})


def _without_blanks(document: Any) -> Any:
    """PostgreSQL's JSON has two blanks a field: a seventh of the reply to a set that was overtaken by another one."""
    return orjson.loads(dump(document))


_SENTENCES = {
    "no_exercise": ("exercise_id", "The session has no exercise of this number: expected the exercise_id to add."),
    "unknown_exercise": ("exercise_id", "There is no such exercise."),
    "exercises": ("exercise_no", "A session has at most 100 exercises."),
    "sets": ("set_no", "An exercise has at most 200 sets in a session."),
    "edits": ("set_no", "At most 5,000 sets of a session are written one by one, deleted ones included."),
    "devices": ("device", "At most 16 devices write one set."),
}


def _item(row: Row) -> Row:
    """A row of a backlog as the statement takes it."""
    version = row.pop("version", None)
    row["is_gone"] = row.pop("is_deleted")
    row["versions"] = None if version is None else [version]
    return row


def _key(row: Row) -> tuple[int, int]:
    return row["exercise_no"], row["set_no"]


def _latest(rows: list[Row]) -> dict[tuple[int, int], Row]:
    """Of each set the row with the highest seq. It follows any version that one of them follows: the device went on.

    The exercise that an overtaken row names helps, but the row is not refused for it.
    """
    of_each: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        of_each.setdefault(_key(row), []).append(row)
    latest = {}
    for key, its in of_each.items():
        newest, *overtaken = sorted(its, key=lambda row: row["seq"], reverse=True)
        followed = [version for row in its for version in row["versions"] or ()]
        named = [row["exercise_id"] for row in overtaken if "exercise_id" in row]
        latest[key] = {**newest, "versions": followed or None, "overtaken_ids": named}
    return latest
