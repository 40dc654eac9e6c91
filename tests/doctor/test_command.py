"""``workouts doctor`` on a real database: what it says, and how it ends."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from tests.conftest import url
from workouts_api.database import schema_version
from workouts_api.doctor.commands import doctor
from workouts_api.host.embedded import EmbeddedPostgres

Doctor = Callable[..., Result]


@pytest.fixture
def look(
    environ: dict[str, str], database: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Doctor:
    monkeypatch.chdir(tmp_path)
    database.execute("delete from jobs.procrastinate_workers")  # whom other tests have made

    def run(*arguments: str, **variables: str) -> Result:
        return CliRunner().invoke(doctor, list(arguments), env={**environ, **variables}, catch_exceptions=False)

    return run


def states(result: Result) -> dict[str, str]:
    """The worst state of each part."""
    order = ("ok", "warning", "wrong")
    found: dict[str, str] = {}
    for one in json.loads(result.stdout)["findings"]:
        found[one["part"]] = max(found.get(one["part"], "ok"), one["state"], key=order.index)
    return found


def todo(result: Result, part: str) -> str:
    assert part in states(result), result.stdout
    return next(one["found"] + one["todo"] for one in json.loads(result.stdout)["findings"] if one["part"] == part)


def test_a_database_in_order_is_said_to_be_so(look: Doctor) -> None:
    result = look("--json")
    found = states(result)
    assert {found[part] for part in ("database", "schema", "connections", "clocks", "pooler", "encryption")} == {"ok"}
    assert found["jobs"] == "wrong"  # no worker runs here
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (1, "wrong")


def test_every_line_has_a_state_and_what_is_not_in_order_says_what_to_do(look: Doctor) -> None:
    lines = look().stdout.splitlines()
    counts = [sum(line.startswith(state) for line in lines) for state in ("wrong ", "warning ")]
    assert lines[-1] == "{} wrong, {} to look at.".format(*counts)
    for line, following in itertools.pairwise(lines):
        if line.startswith(("wrong ", "warning ")):
            assert following.strip().startswith("→ ")
        elif line:
            assert line.startswith("ok ") or line.strip().startswith("→ ") or line == lines[-1]


def test_wrong_settings_are_named_one_by_one_and_end_with_2(look: Doctor) -> None:
    result = look("--json", PORT="many", WEB_WORKERS="0")
    assert result.exit_code == 2
    problems = [one["found"] for one in json.loads(result.stdout)["findings"]]
    assert {problem.split()[0] for problem in problems} == {"PORT", "WEB_WORKERS"}


def test_more_connections_than_the_server_has_are_wrong_and_a_reload_is_thought_of(look: Doctor) -> None:
    assert states(look("--json", "--hosts", "50"))["connections"] == "wrong"
    most = int(todo(look("--json"), "connections").split(" is ")[1].split(",")[0])
    nearly = look("--json", DB_POOL_MAX=str(most // 2 - 6), WEB_WORKERS="2")
    assert states(nearly)["connections"] == "warning"


@pytest.mark.parametrize("number", ["0", "1001", "x"])
def test_a_number_of_hosts_that_is_none_is_refused(look: Doctor, number: str) -> None:
    assert look("--hosts", number).exit_code == 2


def test_a_database_that_does_not_answer_is_the_only_finding_of_it(look: Doctor, tmp_path: Path) -> None:
    result = look("--json", DATABASE_URL=f"postgresql://workouts_app@/none?host={tmp_path}")
    assert states(result)["database"] == "wrong"
    assert "schema" not in states(result)


def test_a_database_without_the_schema_is_said_to_need_migrating(look: Doctor, cluster: EmbeddedPostgres) -> None:
    result = look("--json", DATABASE_URL=url(cluster, "postgres", "postgres"))
    assert "workouts db migrate" in todo(result, "schema")
    assert states(result)["schema"] == "wrong"


def test_a_role_that_may_do_too_much_is_a_warning_where_it_is_no_production(
    look: Doctor, cluster: EmbeddedPostgres, database_name: str
) -> None:
    strong = url(cluster, database_name, "postgres") + "&options=-csearch_path%3Dworkouts"
    assert states(look("--json", DATABASE_URL=strong))["role"] == "warning"


def test_nightly_jobs_that_came_long_ago_are_wrong(look: Doctor, database: psycopg.Connection[Any]) -> None:
    database.execute("delete from jobs.procrastinate_periodic_defers")  # another test's worker may have run them
    assert states(look("--json"))["nightly jobs"] == "warning"
    database.execute(
        "insert into jobs.procrastinate_periodic_defers (task_name, defer_timestamp, periodic_id) "
        "values ('mend_copies', extract(epoch from now() - interval '3 days'), ''), "
        "('delete_old_keys', extract(epoch from now() - interval '3 hours'), '')"
    )
    try:
        result = look("--json")
        assert states(result)["nightly jobs"] == "wrong"
        assert "mend_copies (72 h ago)" in todo(result, "nightly jobs")
        assert "delete_old_keys" not in todo(result, "nightly jobs")
    finally:
        database.execute("delete from jobs.procrastinate_periodic_defers")


def test_no_secret_is_printed(look: Doctor) -> None:
    result = look(
        "--json",
        REDIS_URL="redis://:swordfish@127.0.0.1:1/0",
        SMTP_HOST="127.0.0.1",
        SMTP_PORT="1",
        MAIL_FROM="a@b.example",
    )
    assert "127.0.0.1:1/0 does not answer" in todo(result, "redis")
    assert {states(result)[part] for part in ("redis", "mail")} == {"warning"}
    assert "swordfish" not in result.output


def test_a_folder_that_others_may_change_is_wrong(look: Doctor, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs").chmod(0o777)
    result = look("--json", LOG_FILE=str(tmp_path / "logs" / "api.log"))
    assert states(result)["folders"] == "wrong"


def test_a_tunnel_that_does_not_run_is_wrong(look: Doctor, tmp_path: Path) -> None:
    for name in ("key", "hosts"):
        (tmp_path / name).touch(0o600)
    result = look(
        "--json",
        SSH_HOST="bastion",
        SSH_USER="u",
        TUNNEL_DIR=str(tmp_path / "t"),
        SSH_KEY_FILE=str(tmp_path / "key"),
        SSH_KNOWN_HOSTS_FILE=str(tmp_path / "hosts"),
        DATABASE_URL="postgresql://workouts_app@db/workouts",
    )
    assert states(result)["tunnel"] == "wrong"
    assert "workouts tunnel run" in todo(result, "tunnel")


@pytest.mark.parametrize(
    ("role", "state", "said"),
    [
        ("workouts_dba", "ok", "who looks at everything and writes nothing"),
        ("workouts_app", "warning", "whose transactions may write"),
        ("postgres", "wrong", "a superuser or the schema's owner"),
        ("workouts_migrator", "wrong", "a superuser or the schema's owner"),
        ("nobody_at_all", "wrong", "does not exist"),
    ],
)
def test_the_consoles_own_connection_should_only_look(
    look: Doctor, cluster: EmbeddedPostgres, database_name: str, role: str, state: str, said: str
) -> None:
    result = look("--json", CONSOLE_DATABASE_URL=url(cluster, database_name, role))
    assert (states(result)["console"], said in todo(result, "console")) == (state, True), result.stdout


def test_the_consoles_own_connection_leads_to_the_apis_database(look: Doctor, cluster: EmbeddedPostgres) -> None:
    assert "console" not in states(look("--json"))
    result = look("--json", CONSOLE_DATABASE_URL=url(cluster, "postgres", "workouts_dba"))
    assert states(result)["console"] == "wrong"
    assert "another database than DATABASE_URL" in todo(result, "console")


def test_a_damaged_installation_is_a_finding_and_the_other_looks_are_made(
    look: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema_version, "MIGRATIONS", tmp_path)
    schema_version.needed_version.cache_clear()
    try:
        result = look("--json")
    finally:
        schema_version.needed_version.cache_clear()
    said = todo(result, "database") + " ".join(one["found"] for one in json.loads(result.stdout)["findings"])
    assert "the installation is damaged" in said
    assert "install the release again" in result.stdout
    assert {"database", "backups", "mail"} <= states(result).keys()
    assert result.exit_code == 1
