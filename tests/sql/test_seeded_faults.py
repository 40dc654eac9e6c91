"""``check`` on the project's own files, each with a fault put in: it is told with file, line and column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workouts_api.dba.check import check_files
from workouts_api.dba.server import Session, session
from workouts_api.dba.unused import unused_columns
from workouts_api.sql.files import QueryFile, read_query_file
from workouts_api.sql.loaded import CATALOGUE

LIST, LOGINS, USER = "sessions.list_sessions", "account.list_logins", "users.get_user"
DELETE, CREATE, SEARCH = "sessions.delete_session", "auth.create_login", "exercises.list_exercises"
# file, what stands there, the fault in its place, where in it the finding points, what is said
FAULTS = [
    # names
    (LIST, "from sessions as s\ncross", "from session as s\ncross", "session as", "Perhaps you meant sessions"),
    (LOGINS, "  l.device,", "  l.devise,", "l.devise", "Perhaps you meant to reference the column"),
    (LIST, "lateral session_columns(s)", "lateral session_colums(s)", "session_colums", "does not exist"),
    (USER, "a.user_id = u.id", "b.user_id = u.id", "b.user_id", 'missing FROM-clause entry for table "b"'),
    (DELETE, "using target as t", "using targets as t", "targets", 'relation "targets" does not exist'),
    (LOGINS, "where l.user_id", "were l.user_id", "were l", "syntax error"),
    (LOGINS, "order by l.id desc", "order by l.id descending", "descending", "syntax error"),
    (CREATE, "and :better_hash::text is", "and :beter_hash::text is", "", ":beter_hash is not declared"),
    # parameters
    (LIST, "before_at  timestamptz = 'infinity'", "before_at  text = 'infinity'", "@", "the server takes it for"),
    (LOGINS, "@param limit     int = 51", "@param limit     int = 'many'", "@", "the sample of limit is no int"),
    (USER, "@param user_id bigint = 1", "@param user_id bigint = null", "@", "the sample of user_id is null"),
    (USER, "@param user_id bigint = 1", "@param user_id bigint", "", "expected name type = sample"),
    (USER, "@param user_id bigint = 1", "@param user_id bigit = 1", "", "unknown type 'bigit'"),
    (USER, "-- @returns one", "-- @param more int = 1\n-- @returns one", "", "parameter more is not used"),
    (LIST, "newcomer: viewer_id", "newcomer: view_id", "", "there is no parameter view_id"),
    (LIST, "max(u.id)", "max(u.number)", "@", "the sample newcomer of viewer_id is no bigint"),
    # results
    (USER, "@column version integer!", "@column edition integer!", "@", "gives no column edition"),
    (LOGINS, "@column is_current boolean!", "@column is_current text!", "@", "the server gives boolean"),
    (LOGINS, "@returns many", "@returns value", "@", "@returns value, but the statement gives"),
    (LOGINS, "host(l.address) as address", "host(l.address) as id", "", "two columns are called id"),
    (LOGINS, "  l.device,", "  l.device as gadget,", "gadget", "no code names the column gadget"),
    # effects
    (USER, "@readonly", "@writes", "@", "nothing in it writes: expected @readonly"),
    (DELETE, "@writes", "@readonly", "@", "the statement writes or locks rows: expected @writes"),
    (LIST, "select c.*\n", "select c.*, defer_job('x', '{}') as job\n", "", "may write: expected @writes"),
    (USER, "-- @readonly\n", "", "", "no effect: expected @readonly or @writes"),
    # rules of the house
    (LIST, "select c.*\n", "select s.*, c.*\n", "s.*, c", "s.*: expected the columns' names"),
    (LOGINS, "\nlimit :limit", "\nlimit 51 offset :limit", "offset", "expected a row comparison"),
    (LIST, "limit :limit", "-- limit", "", "limit is not used"),
    (SEARCH, "@plan custom", "@plan generic", "", "may be null: expected @plan custom"),
    (DELETE, "-- @writes", "-- @writes\n-- @waive no-offset: it is short", "@waive", "nothing breaks this rule"),
    (DELETE, "-- @writes", "-- @writes\n-- @waive no-offsets: it is short", "@waive", "expected one of custom-plan"),
    (DELETE, "-- @writes", "-- @writes\n-- @waive no-offset", "", "the reason why it does not hold here"),
    # budgets
    (LIST, "no_seqscan(sessions)", "no_seqscan(session)", "@", "there is no such table"),
    (LIST, "no_seqscan(sessions)", "no_seqscan(sessions) max_cost=1", "@", "the budget is max_cost=1"),
    (USER, "buffers<=6", "buffer<=6", "", "expected buffers<=N"),
    # text
    (USER, "where u.id = :user_id", "where u.id = :user_id;\nselect 1", "", "a second statement"),
    (USER, "where u.id = :user_id", "where u.id = :user_id and u.email <> 'x", "", "never ends"),
    (USER, "-- One account with the athlete who belongs to it.", "-- one account", "", "no summary"),
]  # fmt: skip


@pytest.fixture(scope="module")
def server(template: str, cluster: object) -> Iterator[Session]:
    from tests.conftest import url

    with session(url(cluster, template, "workouts_app"), read_only=True) as opened:
        yield opened


def found(server: Session, path: Path) -> list[str]:
    file, problems = read_query_file(path)
    return problems if file is None else [*check_files(server, [file]), *unused_columns(server, [file])]


@pytest.mark.parametrize(("name", "old", "new", "at", "said"), FAULTS)
def test_each_fault_is_told_where_it_is(
    server: Session, tmp_path: Path, name: str, old: str, new: str, at: str, said: str
) -> None:
    file: QueryFile = CATALOGUE.find(name)
    assert file.text.count(old) >= 1, "the file has changed: choose another place"
    text = file.text.replace(old, new, 1)
    path = tmp_path / "queries" / file.chapter / f"{file.name}.sql"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    told = found(server, path)
    (problem,) = [one for one in told if said in one][:1] or [f"not told: {told}"]
    place = f"queries/{file.chapter}/{file.name}.sql:"
    begins = text.index(new) if new else 0
    if at and at != "@":
        position = text.index(at, max(begins - 1, 0))
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        assert problem.startswith((f"{place}{line}:{column}: ", f"{place}{line}: @waive")), (problem, line, column)
    elif at:
        assert problem.startswith(f"{place}{text.count(chr(10), 0, begins) + 1}: "), problem
    else:
        assert problem.startswith(place), problem
