"""What a process counts, its file, and what Prometheus gets of all files."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Client
from workouts_api import activity, metrics
from workouts_api.config import Settings, load_settings
from workouts_api.metrics import tally
from workouts_api.metrics.exposing import METRICS
from workouts_api.metrics.publishing import Publisher, read
from workouts_api.metrics.sources import memory, pool

Samples = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    tally.forget()
    yield
    tally.forget()


@pytest.fixture
def served(environ: dict[str, str], tmp_path: Path) -> Settings:
    return replace(load_settings(environ), workouts_data_dir=tmp_path)


@pytest.fixture
def worker(served: Settings) -> Iterator[str]:
    slot = activity.join(served.activity_folder, 4)
    yield str(slot)
    activity.leave()


def exposed(served: Settings) -> Samples:
    text = metrics.exposition(served).decode()
    families = list(text_string_to_metric_families(text))
    assert {family.name for family in families} <= METRICS.keys()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value for family in families for sample in family.samples
    }


def test_a_request_and_its_statements_are_counted(app: Flask, owner: Client, served: Settings, worker: str) -> None:
    for _ in range(3):
        assert owner.get("/api/v1/users/me").status_code == 200
    owner.get("/made/up/address")
    owner.get("/api/v1/sessions/123456")
    Publisher(served.activity_folder, worker, {}).write()
    found = exposed(served)
    assert found["workouts_requests_total", ("GET", "/api/v1/users/me", "200")] == 3
    assert found["workouts_requests_total", ("GET", "none", "404")] == 1
    assert found["workouts_requests_total", ("GET", "/api/v1/sessions/<int:session_id>", "404")] == 1
    assert found["workouts_request_seconds_count", ("/api/v1/users/me",)] == 3
    assert found["workouts_request_seconds_bucket", ("+Inf", "/api/v1/users/me")] == 3
    assert found["workouts_request_seconds_sum", ("/api/v1/users/me",)] > 0
    assert found["workouts_queries_total", ("users.get_user", "")] == 3
    assert found["workouts_query_rows_total", ("users.get_user", "")] == 3
    assert found["workouts_query_seconds_total", ("users.get_user", "")] > 0


def test_made_up_methods_and_addresses_make_no_metrics_of_their_own(app: Flask) -> None:
    client = app.test_client()
    for number in range(20):
        client.open(f"/nowhere/{number}", method=f"M{number}")
    assert len(tally.totals().requests) <= 2


def test_counts_of_all_threads_are_summed_and_none_is_lost() -> None:
    def count() -> None:
        for _ in range(1000):
            tally.note_request("GET", "/", 200, 0.003)
            tally.note_query(("a.b", ""), 0.001, 2)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = tally.totals()
    assert total.requests["GET", "/", "200"][:3] == [8000, pytest.approx(24), 8000]
    assert total.queries["a.b", ""] == [8000, pytest.approx(8), 16000]


def test_the_next_worker_in_a_slot_goes_on_counting_and_files_stay_few(served: Settings) -> None:
    for _ in range(5):
        slot = str(activity.join(served.activity_folder, 1))
        publisher = Publisher(served.activity_folder, slot, {"test": lambda: ({"workouts_pool_waits": 2.0}, {})})
        tally.note_request("GET", "/", 200, 0.1)
        publisher.write()
        activity.leave()
        tally.forget()
    assert [path.name for path in served.activity_folder.glob("*.metrics")] == ["0.metrics"]
    found = exposed(served)
    assert found["workouts_requests_total", ("GET", "/", "200")] == 5
    assert found["workouts_pool_waits_total", ()] == 10


def test_what_goes_up_and_down_is_told_of_workers_that_live(served: Settings, app: Flask, worker: str) -> None:
    stats = app.extensions["database"].pool.get_stats
    publisher = Publisher(served.activity_folder, worker, {"memory": memory, "pool": pool(stats)})
    publisher.write()
    found = exposed(served)
    assert found["workouts_workers", ()] == 1
    assert found["workouts_threads", (worker,)] == 4
    assert found["workouts_worker_resident_bytes", (worker,)] > 10_000_000
    assert found["workouts_pool_max", (worker,)] >= 1
    activity.leave()
    gone = exposed(served)
    assert gone["workouts_workers", ()] == 0
    assert ("workouts_worker_resident_bytes", (worker,)) not in gone


def test_a_file_that_is_none_and_a_source_that_fails_do_no_harm(served: Settings, worker: str) -> None:
    folder = served.activity_folder
    for name, content in {"7": b"", "8": b"{", "9": b'{"pid": 1}', "10": b"[]", "11": b"\xff"}.items():
        (folder / f"{name}.metrics").write_bytes(content)

    def broken() -> tuple[dict[str, float], dict[str, float]]:
        raise OSError("gone")

    Publisher(folder, worker, {"broken": broken, "memory": memory}).write()
    assert ("workouts_worker_resident_bytes", (worker,)) in exposed(served)


@pytest.mark.parametrize(
    "content",
    [
        b'{"form": 2, "pid": 1, "at": 0, "tables": [[], [["a.b", "x"]], []], "counters": {}, "gauges": {}}',
        b'{"form": 0, "pid": 1, "at": 0, "tables": [[], [["a.b", [7, 7, 7]]], []], "counters": {}, "gauges": {}}',
    ],
)
def test_a_file_of_another_form_is_begun_anew(served: Settings, worker: str, content: bytes) -> None:
    path = served.activity_folder / f"{worker}.metrics"
    path.write_bytes(content)
    publisher = Publisher(served.activity_folder, worker, {})
    tally.note_query(("a.b", ""), 0.5, 1)
    publisher.write()
    found = read(path)
    assert found is not None
    assert found.tally.queries == {("a.b", ""): [1.0, 0.5, 1.0]}


def test_a_publisher_writes_by_itself_and_once_more_at_its_end(served: Settings, worker: str) -> None:
    publisher = Publisher(served.activity_folder, worker, {})
    publisher.start()
    tally.note_query(("a.b", ""), 0.5, 1)
    publisher.stop()
    found = read(served.activity_folder / f"{worker}.metrics")
    assert found is not None
    assert found.tally.queries == {("a.b", ""): [1.0, 0.5, 1.0]}
    assert found.pid == os.getpid()


def test_without_any_file_there_is_an_exposition(served: Settings) -> None:
    found = exposed(served)
    assert found["workouts_workers", ()] == 0
    assert [labels for name, labels in found if name == "workouts_info"] != []


def test_every_metric_says_what_it_is() -> None:
    for name, known in METRICS.items():
        assert name.startswith("workouts_")
        assert known.about.endswith(".")
        assert not name.endswith("_total")  # the format adds it to counters


HOSTILE = 'a "quoted" \\ back\\nslash and\na line'


def test_a_label_is_read_as_it_was_counted_whatever_is_in_it(served: Settings, worker: str) -> None:
    tally.note_query((HOSTILE, HOSTILE), 0.25, 2)
    Publisher(served.activity_folder, worker, {}).write()
    assert exposed(served)["workouts_query_seconds_total", (HOSTILE, HOSTILE)] == 0.25


def test_a_histogram_counts_in_each_bucket_what_is_below_its_bound(served: Settings, worker: str) -> None:
    for seconds in (0.001, 0.03, 0.03, 60.0):
        tally.note_request("GET", "/x", 200, seconds)
    Publisher(served.activity_folder, worker, {}).write()
    found = exposed(served)
    buckets = {labels[0]: count for (name, labels), count in found.items() if name == "workouts_request_seconds_bucket"}
    assert [buckets[bound] for bound in ("0.005", "0.025", "0.05", "10.0", "+Inf")] == [1, 1, 3, 3, 4]
    assert list(buckets) == [*map(str, tally.BOUNDS), "+Inf"]
    assert found["workouts_request_seconds_sum", ("/x",)] == pytest.approx(60.061)


def test_a_line_costs_few_calls(served: Settings, worker: str) -> None:
    """The listener answers within 100 ms beside workers that take all of the processor."""
    for number in range(300):
        tally.note_request("GET", f"/{number}", 200, 0.1)
        tally.note_query((f"a.q{number}", ""), 0.1, 1)
    Publisher(served.activity_folder, worker, {}).write()
    metrics.exposition(served)
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        lines = metrics.exposition(served).count(b"\n")
    finally:
        sys.setprofile(None)
    assert lines > 300 * 18
    assert calls < 3 * lines, calls / lines


def test_nothing_is_imported_when_it_is_asked_for_first(served: Settings) -> None:
    program = """
import sys
from pathlib import Path
import workouts_api.admin.listener
import importlib.metadata
from workouts_api.config import load_settings
from workouts_api import metrics
settings = load_settings()
before = set(sys.modules)
metrics.exposition(settings)
print(sorted(set(sys.modules) - before))
"""
    variables = {"WORKOUTS_DATA_DIR": str(served.workouts_data_dir), "JWT_SECRET_KEY": "0123456789abcdef" * 4}
    asked = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | variables, check=True, capture_output=True, text=True
    )
    assert asked.stdout.strip() == "[]"
