"""How the doctor judges what this machine does not have: full disks, little memory, clocks apart, poolers."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from workouts_api.config import Settings, load_settings
from workouts_api.doctor.database import Clock, judge_clock, judge_encryption, judge_jobs, judge_version
from workouts_api.doctor.host import GIB, MIB, judge_disk, judge_memory, look_at_rules
from workouts_api.doctor.pooler import Pooler, judge_pooler

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def settings(**variables: str) -> Settings:
    return load_settings({"JWT_SECRET_KEY": "x" * 48, "HOME": "/nowhere", **variables})


def disk(free: int, *, of: int = 100 * GIB, inodes: float = 0.5) -> os.statvfs_result:
    blocks, block = of // 4096, 4096
    return os.statvfs_result(
        (block, block, blocks, free // block, free // block, 1000, 500, int(1000 * inodes), 0, 255)
    )


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (disk(50 * GIB), "ok"),
        (disk(9 * GIB), "warning"),
        (disk(1 * GIB), "wrong"),
        (disk(100 * MIB, of=GIB // 4), "wrong"),
        (disk(900 * MIB, of=2 * GIB), "warning"),
        (disk(50 * GIB, inodes=0.01), "warning"),
    ],
)
def test_room_on_the_disk_is_judged_by_share_and_bytes(found: os.statvfs_result, state: str) -> None:
    assert judge_disk(Path("/data"), found).state == state


@pytest.mark.parametrize(
    ("total", "state"), [(2 * GIB, "ok"), (500 * MIB, "warning"), (300 * MIB, "wrong"), (None, "warning")]
)
def test_memory_has_to_suffice_for_the_workers_and_for_twice_as_many_in_a_reload(total: int | None, state: str) -> None:
    assert judge_memory(settings(WEB_WORKERS="2"), total).state == state


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [(0, "ok", "agree"), (5, "warning", "5.0 s ahead"), (-5, "warning", "5.0 s behind"), (3600, "wrong", "ahead")],
)
def test_clocks_that_differ_are_judged_by_how_far(seconds: int, state: str, words: str) -> None:
    found = judge_clock(Clock(NOON + dt.timedelta(seconds=seconds), NOON, NOON))
    assert (found.state, words in found.found) == (state, True)


def test_a_slow_answer_is_no_difference_of_clocks() -> None:
    assert Clock(NOON, NOON - dt.timedelta(seconds=20), NOON + dt.timedelta(seconds=20)).apart_s == 0


DIRECT = "postgresql://workouts_app@127.0.0.1/workouts"


@pytest.mark.parametrize(
    ("pooler", "prepares", "state", "words"),
    [
        (None, "true", "ok", "none stands before the database"),
        (None, "false", "warning", "set DB_PREPARE=true"),
        (Pooler(changes_servers=False, keeps_statements=True), "true", "ok", "session mode"),
        (Pooler(changes_servers=True, keeps_statements=True), "true", "ok", "keeps prepared statements"),
        (Pooler(changes_servers=True, keeps_statements=True), "false", "warning", "set it to true"),
        (Pooler(changes_servers=True, keeps_statements=False), "true", "wrong", "or set DB_PREPARE=false"),
        (Pooler(changes_servers=True, keeps_statements=False), "false", "ok", "as it has to be"),
    ],
)
def test_a_pooler_needs_its_settings(pooler: Pooler | None, prepares: str, state: str, words: str) -> None:
    known = settings(DB_PREPARE=prepares, DATABASE_URL=DIRECT, DATABASE_DIRECT_URL=DIRECT)
    [said] = judge_pooler(pooler, known)
    assert (said.state, words in f"{said.found} {said.todo}") == (state, True), said


def test_jobs_behind_a_pooler_in_transaction_mode_need_the_servers_own_address() -> None:
    pooler = Pooler(changes_servers=True, keeps_statements=True)
    *_, said = judge_pooler(pooler, settings(DATABASE_URL=DIRECT))
    assert (said.state, "DATABASE_DIRECT_URL" in said.todo) == ("warning", True)
    assert len(list(judge_pooler(pooler, settings(DATABASE_URL=DIRECT, WORKER_THREADS="0")))) == 1


@pytest.mark.parametrize(("number", "state"), [(140010, "wrong"), (150004, "ok"), (180006, "ok"), (190000, "warning")])
def test_a_server_of_another_version_is_named(number: int, state: str) -> None:
    assert judge_version(number).state == state


@pytest.mark.parametrize(
    ("url", "is_encrypted", "state"),
    [
        ("postgresql://workouts_app@10.0.0.5/workouts", False, "wrong"),
        ("postgresql://workouts_app@10.0.0.5/workouts", True, "ok"),
        ("postgresql://workouts_app@127.0.0.1/workouts", False, "ok"),
        ("postgresql://workouts_app@/workouts?host=/run/postgresql", False, "ok"),
    ],
)
def test_a_way_to_the_database_that_all_can_read_is_wrong(url: str, is_encrypted: bool, state: str) -> None:
    assert judge_encryption(settings(DATABASE_URL=url), is_encrypted=is_encrypted).state == state


@pytest.mark.parametrize(
    ("hosts", "url", "is_told"),
    [
        ("api.example.com", "https://api.example.com", False),
        ("API.example.com:443", "https://api.example.com./", False),
        (".example.com", "https://api.example.com:8443", False),
        ("", "https://api.example.com", False),
        ("api.example.com", "", False),
        ("app.example.com,example.com", "https://api.example.com", True),
    ],
)
def test_a_public_url_that_would_be_refused_is_named(hosts: str, url: str, is_told: bool) -> None:
    found = list(look_at_rules(settings(ALLOWED_HOSTS=hosts, PUBLIC_URL=url), 1))
    assert any("ALLOWED_HOSTS lacks" in one.found for one in found) is is_told


def test_several_hosts_without_redis_are_told_that_each_counts_alone() -> None:
    found = {one.found for one in look_at_rules(settings(), hosts=2)}
    assert "2 hosts without REDIS_URL" in found
    assert not any("REDIS_URL" in one.found for one in look_at_rules(settings(), hosts=1))


@pytest.mark.parametrize(
    ("hours", "state"),
    [([3, 4], "ok"), ([3, 30], "wrong"), ([3, 9000], "ok"), ([9000, 9000], "wrong"), ([], "warning")],
)
def test_a_nightly_job_is_late_unless_it_is_one_that_was_renamed_long_ago(hours: list[float], state: str) -> None:
    nightly = [{"task": f"task_{number}", "hours": age} for number, age in enumerate(hours)]
    found = {one.part: one.state for one in judge_jobs({"workers": 1, "due": 0, "failed": 0}, nightly)}
    assert found == {"jobs": "ok", "nightly jobs": state}
