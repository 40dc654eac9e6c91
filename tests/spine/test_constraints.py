"""Every constraint of the schema has its sentence."""

from __future__ import annotations

import psycopg
import pytest

from tests.conftest import PASSWORD
from workouts_api.database.constraints import CONSTRAINTS

NAMES = """
select c.conname from pg_constraint as c
where c.connamespace = 'workouts'::regnamespace and c.contype <> 'n'
  and c.conrelid::regclass::text not like 'schema\\_%'
union
select i.indexrelid::regclass::text from pg_index as i
join pg_class as t on t.oid = i.indrelid
where t.relnamespace = 'workouts'::regnamespace and i.indisunique and t.relname not like 'schema\\_%'
"""


def test_every_constraint_has_a_field_and_a_sentence(database):
    in_the_schema = {row[0].removeprefix("workouts.") for row in database.execute(NAMES)}
    assert in_the_schema == set(CONSTRAINTS)
    for name, rule in CONSTRAINTS.items():
        assert rule.sentence.endswith("."), name
        assert rule.field, name


NOT_VALIDATED = """
select c.conname::text
from pg_constraint as c
where c.connamespace = 'workouts'::regnamespace
  and not c.convalidated
"""


def test_every_constraint_holds_for_old_rows_too(database):
    """One that was added `not valid` is validated by the next file."""
    assert database.execute(NOT_VALIDATED).fetchall() == []


def test_every_foreign_key_has_an_index_to_find_what_refers_to_a_row(database):
    """Deleting or re-keying a row looks up what refers to it; without an index that reads the whole table."""
    missing = database.execute(
        """
        select c.conname from pg_constraint as c
        where c.contype = 'f' and c.connamespace = 'workouts'::regnamespace
          and not exists (
            select from pg_index as i
            where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null
               or i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1]
                  and pg_get_expr(i.indpred, i.indrelid) like '(%IS NOT NULL)'
          )
        """
    ).fetchall()
    assert missing == [("logins_user_id_fkey",)]  # a partial index: the live ones; the dead are few and expire


def test_every_index_says_which_query_needs_it(database):
    silent = database.execute(
        """
        select c.relname from pg_class as c
        join pg_index as i on i.indexrelid = c.oid
        where c.relnamespace = 'workouts'::regnamespace
          and not exists (select from pg_constraint as k where k.conindid = c.oid)
          and obj_description(c.oid, 'pg_class') is null
        """
    ).fetchall()
    assert silent == []


def test_the_applications_role_can_do_no_more_than_it_needs(database):
    denied = database.execute(
        """
        select has_schema_privilege('workouts_app', 'workouts', 'create'),
               has_table_privilege('workouts_app', 'workouts.sessions', 'truncate'),
               has_table_privilege('workouts_app', 'workouts.schema_migrations', 'insert'),
               has_table_privilege('workouts_app', 'workouts.schema_migrations', 'delete'),
               has_database_privilege('workouts_app', current_database(), 'create'),
               has_database_privilege('workouts_app', current_database(), 'temporary'),
               has_function_privilege('workouts_app', 'lo_create(oid)', 'execute'),
               has_function_privilege('workouts_app', 'lo_creat(integer)', 'execute'),
               has_function_privilege('workouts_app', 'lo_from_bytea(oid, bytea)', 'execute')
        """
    ).fetchone()
    assert denied == (False,) * 9
    assert database.execute("select count(*) from pg_class where relnamespace = 'public'::regnamespace").fetchone() == (
        0,
    )


def test_what_runs_as_the_owner_is_for_nobody_but_who_needs_it(database):
    """Its search path is its own, and temporary tables come last: none can stand in for one of ours."""
    found = database.execute(
        """
        select p.proname, p.prorettype = 'trigger'::regtype,
               array(select coalesce(nullif(g.grantee, 0)::regrole::text, 'public')
                     from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
                     where g.grantee <> p.proowner),
               p.proconfig::text ~ 'search_path=[a-z, ]+, pg_temp'
        from pg_proc as p
        where p.pronamespace in ('workouts'::regnamespace, 'jobs'::regnamespace) and p.prosecdef
        """
    ).fetchall()
    assert {name for name, *_ in found} >= {"record_audit", "count_users", "erase_user", "defer_job"}
    for name, is_trigger, callers, path in found:
        needed = [] if is_trigger else ["workouts_app"]
        assert (name, callers, path) == (name, needed, True)
    assert sorted(name for name, is_trigger, *_ in found if not is_trigger) == [
        "defer_job",
        "erase_user",
        "mend_user_days",
    ]


def _denied(application, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(statement)


def test_the_record_and_the_proofs_can_be_written_by_the_triggers_and_by_erasing_alone(app, owner, database):
    with app.extensions["database"].pool.connection() as application:
        _denied(application, "select erase_person(1)")
        _denied(
            application, "insert into erasures (user_id, request_id, deleted, anonymised) values (1, '', '{}', '{}')"
        )
        _denied(application, "insert into audit_events (action, table_name, row_key) values ('delete', 'users', '1')")
        _denied(application, "update audit_events set changes = '{}'")
        _denied(application, "create temporary table users (id bigint)")
    assert owner.delete("/api/v1/users/me", json={"password": PASSWORD}).status_code == 200


def test_the_suite_runs_the_application_under_its_role(app):
    with app.extensions["database"].pool.connection() as connection:
        assert connection.execute("select /* by hand */ session_user as role").fetchone() == {"role": "workouts_app"}


def test_the_files_that_comments_name_exist(database):
    """A DBA follows them."""
    import re

    from workouts_api.sql.catalogue import QUERIES

    comments = database.execute(
        "select d.description from pg_description as d join pg_class as c on c.oid = d.objoid"
        " where c.relnamespace = 'workouts'::regnamespace"
    ).fetchall()
    named = {name for (text,) in comments for name in re.findall(r"queries/(\w+/\w+\.sql)", text)}
    assert named
    assert [name for name in sorted(named) if not (QUERIES / name).is_file()] == []
