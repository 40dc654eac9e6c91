"""``db statistics`` and ``--as-production``: production's plans from its statistics alone, and no word of anybody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from bench import as_production
from tests.attribution import ByHand
from tests.performance.filled import fill
from tests.postgres import throwaway_cluster, vacuum
from tests.sql.conftest import OLDEST, create_database
from workouts_api.dba.commands import sql
from workouts_api.dba.commands.statistics import statistics_command
from workouts_api.dba.looking import looking
from workouts_api.dba.production import files
from workouts_api.dba.production.standing_in import standing_in
from workouts_api.dba.production.taking import TakingError, take
from workouts_api.dba.production.told import Statistics, StatisticsFileError, read_statistics
from workouts_api.dba.server import plan_mode, session
from workouts_api.dba.target import Target, TargetError, scratch_server
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate import migrate
from workouts_api.sql.loaded import CATALOGUE

pytestmark = pytest.mark.processes  # each stand-in is a server of its own

# Codes of the schema: the only text columns whose values may leave. Each is listed by a check constraint, names tables,
# or refers to a table that only migrations fill.
CODES = {
    *("athletes.sex", "audit_events.action", "audit_events.table_name", "day_values.kind", "doubts.rule"),
    *("doubts.state", "doubts.unit", "exercise_aliases.source", "exercise_muscle_shares.code", "exercises.category"),
    *("exercises.equipment", "exercises.mechanic", "exercises.tracking", "imports.source", "imports.state"),
    *("invitations.kind", "muscle_codes.code", "muscle_codes.muscle_group", "sessions.status", "sets.kind"),
    *("team_members.role", "value_kinds.better", "value_kinds.code"),
}
# Files whose plans on these data depend on texts that stay behind, and what the planner then does not know.
BY_TEXT = {
    "administration.change_user": "all athletes live in the same zone",
    "administration.list_newest_users": "half of the users are found by the sample's word",
    "administration.list_oldest_users": "likewise",
    "administration.list_users_by_email": "likewise",
    "administration.list_users_by_email_down": "likewise",
    "administration.list_users_by_username": "likewise",
    "administration.list_users_by_username_down": "likewise",
    "audit.list_events": "row 1 was changed more often than others",
    "exercises.list_exercises on later_page": "how many names come after m",
    "exercises.list_unmatched_exercises on later_page": "likewise",
}
PEOPLE = """
select set_config('app.request_id', 'people', true);
insert into workouts.users (email, username, full_name, password_hash)
select 'somebody' || n || '@secret.example', 'Username ' || n, (array['Ada Lovelace', 'Grace Hopper'])[1 + n % 2], ''
from generate_series(1, 2000) as n;
insert into workouts.athletes (user_id, name, born_on, height_cm, sex, notes)
select u.id, u.full_name, '1815-12-10'::date + (u.id % 3)::int, 177.25, 'other', 'hurt her knee in ' || u.id % 4
from workouts.users as u
where u.username like 'Username%';
insert into workouts.logins (user_id, refresh_hash, expires_at, device, address)
select u.id, sha256('hashed' || u.id::text::bytea), now() + interval '1 day', 'Lovelace''s {Phone}, "old"', '192.0.2.7'
from workouts.users as u;
"""
ARRAY = re.compile(
    r"'relname', '(\w+)', 'attname', '(\w+)'|'(?:most_common_\w+|histogram_bounds)', '(\{(?:[^']|'')*\})'"
)
NOT_A_WORD = re.compile(r"[-\d.:+ ,e\[\)\(\]]+|[tf]|empty|-?infinity|[a-z]{2}")
# What a column of these types holds is a number, a time or yes and no, whoever wrote it.
TEXTS = """
select c.relname, a.attname, format('select distinct %I::text from workouts.%I', a.attname, c.relname)
from pg_attribute as a
join pg_class as c on c.oid = a.attrelid
join pg_type as t on t.oid = a.atttypid
where c.relnamespace = 'workouts'::regnamespace
  and c.relkind = 'r'
  and a.attnum > 0
  and not a.attisdropped
  and t.typname in ('text', 'varchar', 'bytea', 'json', 'jsonb', 'uuid', 'inet', '_text')
"""


def make(server: EmbeddedPostgres, name: str, template: str | None) -> str:
    """A database with people's training in it. Returns the conninfo of the DBA's role."""
    if template:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute(f"create database {name} template {template}")
    else:
        create_database(server, name, owner="workouts_owner")
        migrate(server.dsn(name, "workouts_migrator"))
    with psycopg.connect(server.dsn(name), autocommit=True) as conn:
        fill(conn)
        conn.execute(PEOPLE)
        vacuum(conn)
        conn.execute(f"alter database {name} set random_page_cost = 1.1")
        conn.execute(f"alter database {name} set work_mem = '12MB'")
    return server.dsn(name, "workouts_dba")


@pytest.fixture(scope="module")
def source(cluster: EmbeddedPostgres, template: str, worker: str) -> str:
    return make(cluster, f"production_{worker}", template)


@pytest.fixture(scope="module")
def old_source(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Iterator[str]:
    if not OLDEST.is_dir():
        pytest.skip("there is no PostgreSQL 15 on this machine")
    with throwaway_cluster(tmp_path_factory.mktemp("oldest"), bin_dir=OLDEST) as server:
        yield make(server, f"production_{worker}", None)


@pytest.fixture(scope="module")
def path(source: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("statistics") / "prod.stats.sql"
    done = CliRunner().invoke(statistics_command, ["--database-url", source, "--output", str(path)])
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture(scope="module")
def figures(path: Path) -> Statistics:
    return read_statistics(path)


@pytest.fixture(scope="module")
def stand_in(figures: Statistics) -> Iterator[Target]:
    with standing_in(figures) as found:
        assert found.remarks == ()
        yield found.target


def elements(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Each value that the statistics have of a column, with the column."""
    for line in lines:
        column = ""
        for found in ARRAY.finditer(line):
            if found[3] is None:
                column = f"{found[1]}.{found[2]}"
            else:
                for one in re.findall(r'"((?:[^"\\]|\\.)*)"|([^,{}]+)', found[3].replace("''", "'")):
                    yield column, one[0] or one[1]


def is_in_a_text(dsn: str) -> dict[str, str]:
    """Every text of the database, by its words as they stand, with its column."""
    with psycopg.connect(dsn, autocommit=True, cursor_factory=ByHand, options="-c search_path=workouts") as conn:
        columns = conn.execute(TEXTS).fetchall()
        found = {
            str(value): f"{table}.{column}"
            for table, column, statement in columns
            if f"{table}.{column}" not in CODES and not table.startswith("schema_")
            for (value,) in conn.execute(statement.encode()).fetchall()
        }
    return {value: column for value, column in found.items() if not NOT_A_WORD.fullmatch(value)}


@pytest.mark.parametrize("server", ["source", "old_source"])
def test_no_text_of_anybody_is_in_the_file(server: str, request: pytest.FixtureRequest) -> None:
    dsn = request.getfixturevalue(server)
    with looking(dsn) as conn:
        lines = take(conn)
    of_codes = {column for column, value in elements(lines) if not NOT_A_WORD.fullmatch(value)}
    assert of_codes == CODES
    texts = is_in_a_text(dsn)
    assert {"Grace Hopper", "somebody7@secret.example", "hurt her knee in 2", "192.0.2.7/32"} <= texts.keys()
    told = {value for column, value in elements(lines) if column not in CODES}
    assert {value: texts[value] for value in told & texts.keys()} == {}
    whole = "\n".join(lines)
    for secret in (
        "Hopper",
        "Lovelace",
        "secret.example",
        "192.0.2.7",
        "knee",
        "Phone",
        "Username",
        "1815-12",
        "177.25",
    ):
        assert secret not in whole, secret


def test_the_plans_of_all_files_are_those_of_the_database_itself(source: str, stand_in: Target) -> None:
    with (
        session(source, read_only=True) as real,
        session(str(stand_in.observer), read_only=True, known=stand_in.known) as other,
    ):
        found = list(as_production.pairs(real, other, CATALOGUE))
    compared = [one for one in found if isinstance(one, as_production.Pair)]
    assert len({one.file for one in compared}) > len(list(CATALOGUE.files())) * 0.9
    assert [one.partition(":")[0] for one in found if isinstance(one, str)] == [
        "invitations.create_invitation on largest_team"  # whose sample is a document, so that it stays behind
    ]
    known = {*as_production.EXCEPTIONS, *BY_TEXT}
    judged = [one for one in compared if not known & {one.file, f"{one.file} on {one.sample}"}]
    wrong = [(one.file, one.sample, one.mode, one.verdict, one.costs) for one in judged if one.verdict != "the same"]
    assert wrong == []
    differing = [one for one in compared if one.verdict != "the same"]
    named = {name for one in differing for name in (one.file, f"{one.file} on {one.sample}")}
    assert set(BY_TEXT) <= named  # else the exception is none any longer


def test_sizes_settings_and_heights_are_those_of_the_database(
    source: str, stand_in: Target, figures: Statistics
) -> None:
    ask = """
    select c.relname, pg_relation_size(c.oid), c.relpages, c.reltuples, c.relallvisible
    from pg_class as c
    where c.relnamespace = 'workouts'::regnamespace and c.relkind in ('r', 'i') and c.relpages > 2
    """
    with (
        psycopg.connect(source, cursor_factory=ByHand) as real,
        psycopg.connect(str(stand_in.observer), cursor_factory=ByHand) as other,
    ):
        for setting in ("random_page_cost", "work_mem"):
            ours, theirs = (conn.execute(f"show {setting}").fetchone() for conn in (real, other))
            assert ours == theirs, setting
        assert figures.settings["random_page_cost"] == "1.1"
        sizes = {row[0]: row[1:] for row in other.execute(ask.encode())}
        assert {row[0]: sizes[row[0]] for row in real.execute(ask.encode())} == {
            row[0]: row[1:] for row in real.execute(ask.encode())
        }


UNEVEN = """
create table workouts.uneven (n bigint primary key, filler text);
alter table workouts.uneven owner to workouts_owner;
insert into workouts.uneven select n, '' from generate_series(10, 300000, 10) as n;
create index uneven_sparse_idx on workouts.uneven (n desc, filler) with (fillfactor = 10);
analyze workouts.uneven;
insert into workouts.uneven values (7, ''), (1234567, '');
"""


# Indexes with whose columns another one begins: the planner may read that one, and then says nothing of these.
_NOT_ALONE = """
select c.relname
from pg_index as x
join pg_class as c on c.oid = x.indexrelid
join pg_index as o on o.indrelid = x.indrelid and o.indexrelid <> x.indexrelid
where (o.indkey::int2[])[0:x.indnkeyatts - 1] = (x.indkey::int2[])[0:x.indnkeyatts - 1]
"""


def test_heights_and_ends_are_those_of_the_indexes_themselves(source: str) -> None:
    """Sizes do not tell the height of a sparse index, and a sample of rows seldom has the least and the greatest."""
    real = "select c.relname, fastlevel from pg_class as c cross join lateral bt_metap(c.oid::regclass::text)"
    of_ours = "where c.relkind = 'i' and c.relam = 403 and c.relnamespace::regnamespace::text in ('workouts', 'jobs')"
    superuser = source.replace("workouts_dba", "postgres")
    with psycopg.connect(superuser, autocommit=True, options="-c search_path=workouts,jobs,public") as owner:
        owner.execute("create extension if not exists pageinspect with schema public")
        owner.execute(UNEVEN)
        try:
            with looking(source) as conn:
                lines = take(conn)
            known: dict[str, int] = dict(owner.execute(f"{real} {of_ours}".encode()).fetchall())
            not_alone = {name for (name,) in owner.execute(_NOT_ALONE).fetchall()}
        finally:
            owner.execute("drop table workouts.uneven; drop extension pageinspect")
    lines_of_heights = [line.split() for line in lines if line.startswith("-- @height")]
    told = {name.split(".")[1]: int(height) for *_, name, height in lines_of_heights}
    assert told == {name: height for name, height in known.items() if name in told or name not in not_alone}
    assert known["uneven_sparse_idx"] > known["uneven_pkey"]
    [histogram] = [line for line in lines if "'uneven', 'attname', 'n'" in line]
    assert re.search(r"'histogram_bounds', '\{7,\d+.*,1234567\}'", histogram)


def test_a_planted_index_is_searched_and_has_no_entry(stand_in: Target) -> None:
    """The planner looks for the least and the greatest entry of an index by itself."""
    with psycopg.connect(str(stand_in.observer), cursor_factory=ByHand, options="-c enable_seqscan=off") as conn:
        for order in ("asc", "desc"):
            assert conn.execute(f"select id from sessions order by id {order} limit 1".encode()).fetchone() is None
        assert conn.execute("select from users where id = 7").fetchone() is None


def test_it_takes_less_than_a_megabyte_more_than_an_empty_database(stand_in: Target) -> None:
    dsn = str(stand_in.conninfo).replace("workouts_app", "postgres")
    assert as_production.disk(dsn) - as_production.disk_of_an_empty_one() < as_production.MOST_DISK


def test_the_statistics_of_the_oldest_server_serve_as_well(old_source: str, tmp_path: Path) -> None:
    figures = as_production.taken(old_source, tmp_path / "old.sql")
    assert figures.server // 10000 == 15
    with standing_in(figures) as found, psycopg.connect(str(found.target.observer), cursor_factory=ByHand) as conn:
        assert found.remarks == ()
        rows = conn.execute("select reltuples from pg_class where oid = 'workouts.sets'::regclass").fetchone()
        kept = conn.execute(
            "select most_common_vals::text from pg_stats where tablename = 'sets' and attname = 'exercise_id'"
        ).fetchone()
    assert rows == (12_000,)
    assert kept is not None
    assert kept[0].startswith("{")


def explain(*arguments: str) -> Result:
    return CliRunner().invoke(sql, ["explain", *arguments])


def test_explain_shows_production_and_an_index_that_is_not_there(path: Path, tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    index = "create index concurrently athletes_by_name on workouts.athletes (name)"
    shown = ["athletes.list_athletes", "--as-production", str(path), "--sample", "busiest_coach"]
    done = explain(*shown, "--index", index, "--json")
    assert done.exit_code == 0, done.output
    assert "workouts.athletes_by_name has no statistics: it is planned with" in done.stderr
    assert json.loads(done.stdout)["Plan"]["Total Cost"] > 1
    drawn = explain(*shown, "--html", str(page))
    assert drawn.exit_code == 0, drawn.output
    assert "Shown on a stand-in with the statistics of 2" in page.read_text(encoding="utf-8")


def test_what_the_schema_here_does_not_have_is_left_out_and_said(figures: Statistics) -> None:
    calls = (
        "select pg_restore_relation_stats('schemaname', 'workouts', 'relname', 'gone', 'relpages', 1::integer);",
        "select pg_restore_attribute_stats('schemaname', 'workouts', 'relname', 'users', 'attname', 'gone', "
        "'inherited', false, 'null_frac', '0'::real);",
    )
    other = Statistics(figures.server, 12, "2026-01-01", {"no_such_setting": "1"}, {}, {}, {}, {}, {}, calls)
    with standing_in(other) as found:
        assert found.remarks[:3] == (
            f"The statistics are of schema 12; the migrations here make {figures.schema}.",
            'Left out: relation "workouts.gone" does not exist',
            'Left out: column "gone" of relation "users" does not exist',
        )
        assert "workouts.sets_pkey has no statistics: it is planned with 2 blocks, as if newly built." in found.remarks


def test_an_index_that_somebody_dropped_or_made_there_by_hand_is_neither_here(figures: Statistics) -> None:
    blocks = {name: size for name, size in figures.blocks.items() if name != "workouts.sessions_list_idx"}
    by_hand = {"workouts.by_hand": "CREATE INDEX by_hand ON workouts.sets USING btree (reps)"}
    other = replace(figures, blocks={**blocks, "workouts.by_hand": 7}, indexes={**figures.indexes, **by_hand})
    with standing_in(other) as found, psycopg.connect(found.superuser) as conn:
        names = {name for (name,) in conn.execute("select indexname from pg_indexes where schemaname = 'workouts'")}
        assert ("sessions_list_idx" in names, "by_hand" in names) == (False, True)
        assert found.remarks[:2] == (
            "workouts.sessions_list_idx is not in that database, and so not here: see `workouts db drift` there.",
            "workouts.by_hand is in that database alone, and was made here: see `workouts db drift` there.",
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--as-production", "{path}", "--analyze"), "--as-production excludes --analyze"),
        (("--as-production", "{path}", "--database-url", "postgresql://x"), "excludes --analyze and --database-url"),
        (("--index", "create index on workouts.sets (reps)"), "--index needs --as-production"),
        (("--as-production", "nowhere.sql"), "nowhere.sql can't be read: No such file or directory"),
        (("--as-production", __file__), "was not written by `workouts db statistics`: no @server"),
        (("--as-production", "{path}", "--index", "select 1"), "select 1: expected a `create index` statement"),
        (("--as-production", "{path}", "--index", "create index on nothing (x)"), 'relation "nothing" does not exist'),
    ],
)
def test_what_cannot_be_done_says_why(path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = explain("users.get_user", *(argument.replace("{path}", str(path)) for argument in arguments))
    assert done.exit_code != 0
    assert message in done.output


def test_a_machine_with_older_programs_alone_is_told_what_to_install() -> None:
    with pytest.raises(TargetError, match=r"no PostgreSQL 99 or newer with .+ was found"), scratch_server(least=99):
        pass


def test_a_role_that_does_not_see_everything_is_refused(source: str, worker: str) -> None:
    with psycopg.connect(source.replace("workouts_dba", "postgres")) as admin, admin.transaction(force_rollback=True):
        admin.execute(f"create role guest_{worker}")
        admin.execute(f"grant usage on schema workouts to guest_{worker}")
        admin.execute(f"grant select on workouts.schema_migrations to guest_{worker}")
        admin.execute(f"set role guest_{worker}")
        with pytest.raises(TakingError, match=r"this role may not read \S+ and \d+ more: sign in as workouts_dba"):
            take(admin)


def test_a_sample_that_reads_data_has_the_value_of_the_source(source: str, figures: Statistics) -> None:
    [expression] = [one for one in figures.values if "max(u.id) from users" in one and "coalesce" not in one]
    with psycopg.connect(source, cursor_factory=ByHand) as conn:
        assert conn.execute("select max(id)::text from users").fetchone() == (figures.values[expression],)


def test_without_samples_none_is_evaluated(source: str) -> None:
    done = CliRunner().invoke(statistics_command, ["--database-url", source, "--without-samples"])
    assert done.exit_code == 0
    assert "-- @relation workouts.sets " in done.stdout
    assert "@value" not in done.stdout


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(StatisticsFileError, match="it is no text"):
        read_statistics(tmp_path / "x")


# ── the files of relations ───────────────────────────────────────────────────────────────────────────────────────


def test_a_relation_of_more_than_a_gibibyte_gets_segments_and_no_disk(tmp_path: Path) -> None:
    path = tmp_path / "16384"
    path.write_bytes(b"x" * files.BLOCK)
    files.extend(path, 2 * files.SEGMENT_BLOCKS + 5)
    parts = sorted(tmp_path.iterdir())
    assert [(part.name, part.stat().st_size) for part in parts] == [
        ("16384", 2**30),
        ("16384.1", 2**30),
        ("16384.2", 5 * files.BLOCK),
    ]
    assert sum(part.stat().st_blocks for part in parts) * 512 < 3 * files.BLOCK
    files.extend(path, 1)
    assert path.stat().st_size == 2**30  # what is longer stays


@pytest.mark.parametrize("rows", [10, 100_000, 300_000])
def test_a_new_index_is_as_large_and_as_high_as_it_would_be(newest_dsn: str, rows: int) -> None:
    with psycopg.connect(newest_dsn) as conn, conn.transaction(force_rollback=True):
        conn.execute("create extension if not exists pageinspect")
        conn.execute(f"create table measured as select n::bigint as a, n as b from generate_series(1, {rows}) as n")
        conn.execute("create index measured_index on measured (a, b)")
        found: Any = conn.execute(
            "select pg_relation_size('measured_index') / 8192, fastlevel from bt_metap('measured_index')"
        ).fetchone()
    blocks, height = found
    entry = files.entry_of([(8, 8), (4, 4)])
    assert abs(files.blocks_of(rows, entry) - blocks) <= 1 + blocks * 0.01
    assert files.height_of(blocks, entry) == height


def test_what_is_no_btree_is_not_planted(tmp_path: Path) -> None:
    path = tmp_path / "heap"
    path.write_bytes(bytes(files.BLOCK))
    with pytest.raises(ValueError, match=r"is no b-tree of version 4"):
        files.plant(path, 1)


# ── an index that is not there ───────────────────────────────────────────────────────────────────────────────────

WHAT_IF = "create index {} what_if on workouts.sessions (athlete_id, status, local_on)"


def advise(*arguments: str) -> Result:
    return CliRunner().invoke(sql, ["advise", *arguments])


def test_an_index_that_is_tried_costs_what_it_costs_when_it_is_there(source: str, path: Path) -> None:
    done = advise("--as-production", str(path), "--index", WHAT_IF.format("concurrently"), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    tried = {(one["query"], one["set"]): (one["cost"], one["with it"]) for one in told["used"]}
    assert any(after < before * 0.95 for before, after in tried.values())
    assert "sessions.create_session" in told["written_by"]
    assert "sessions.list_sessions" not in told["written_by"]
    with psycopg.connect(source.replace("workouts_dba", "postgres"), autocommit=True) as admin:
        admin.execute(WHAT_IF.format("").encode())
        try:
            with session(source, read_only=True) as server:
                for (name, sample), (_, after) in tried.items():
                    file, chosen = CATALOGUE.find(name), None if sample == "usual" else sample
                    there = as_production.plans(server, file, chosen)[plan_mode(file)]
                    assert "what_if" in json.dumps(there), name
                    assert abs(there["Total Cost"] - after) <= after * as_production.COSTS_WITHIN, (name, sample)
        finally:
            admin.execute("drop index workouts.what_if")


def test_an_index_that_nobody_would_use_is_none_to_make(path: Path) -> None:
    done = advise("--as-production", str(path), "--index", "create index on workouts.teams (created_at)")
    assert done.exit_code == 1
    assert done.stdout.startswith("No query would use it.\nWritten by: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--as-production", "{path}"), "--as-production and --index belong together"),
        (("--index", "create index on workouts.sets (reps)"), "--as-production and --index belong together"),
        (("--as-production", "{path}", "--index", "x", "--migration"), "--as-production excludes --migration"),
    ],
)
def test_advise_says_what_does_not_go_together(path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = advise(*(argument.replace("{path}", str(path)) for argument in arguments))
    assert done.exit_code == 2
    assert message in done.output


def test_calls_of_files_are_counted_where_the_server_counts_them(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # What a DBA runs is not counted; here it stands for what the API runs.
    monkeypatch.setattr("workouts_api.dba.server._leave_no_figures", lambda _: None)
    file = CATALOGUE.find("users.get_user")
    with session(source, read_only=True) as server:
        values = server.values(file)
        with server.prepared(file, values) as execute, server.rolled_back():
            server.conn.execute(execute)
    with looking(source) as conn:
        assert any(re.fullmatch(r"-- @calls users\.get_user [1-9]\d*", line) for line in take(conn))
