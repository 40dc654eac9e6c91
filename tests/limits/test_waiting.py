"""Which of the requests that wait for a thread is next, and which is refused; without a server and without a clock."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.limits.overload import READ, Item, Overloaded, item
from workouts_api.web.arriving import can_go_on, is_whole
from workouts_api.web.lanes import lane_of, most_threads
from workouts_api.web.waiting import CALM, STANDING, Verdict, Waiting

START, WAIT, REFUSE = Verdict.START, Verdict.WAIT, Verdict.REFUSE
REPORT = b"GET /api/v1/reports/training HTTP/1.1\r\n"
WRITE = b"POST /api/v1/sessions HTTP/1.1\r\n"
HEALTH = b"GET /health/live HTTP/1.1\r\n"


@pytest.fixture
def waiting() -> Waiting[Item]:
    return Waiting(8, 2.0)


@pytest.mark.parametrize("threads", range(1, 65))
def test_every_group_has_a_thread_and_health_and_signing_in_keep_one(threads: int) -> None:
    most = {group: most_threads(group, threads) for group in ("all", "but health", "may wait", "long", "reads of x")}
    assert min(most.values()) >= 1
    assert max(most.values()) == most["all"] == threads
    if threads >= 3:
        assert most["may wait"] < most["but health"] < most["all"]
        assert most["reads of x"] < most["but health"]


@pytest.mark.parametrize(
    "line", [b"", b"\xff\x00", b"GET", b"GET  HTTP/1.1", b"get /api/v1/sessions", b"GET " + b"/" * 9000]
)
def test_a_line_that_is_none_has_a_lane(line: bytes) -> None:
    assert lane_of(line).name == "other"


def test_made_up_addresses_share_a_lane() -> None:
    assert {lane_of(b"GET /api/v1/made-up-%c HTTP/1.1" % n).name for n in b"abcdefgh"} == {"other"}


def test_the_first_that_waits_is_the_first_to_be_served(waiting: Waiting[Item]) -> None:
    running = [item(READ) for _ in range(6)]
    assert [waiting.offer(one, 0.0) for one in running] == [START] * 6
    first, second = item(READ), item(READ)
    assert [waiting.offer(first, 0.1), waiting.offer(second, 0.2)] == [WAIT, WAIT]
    assert waiting.done(running[0], 0.3, 0.3) is first
    assert waiting.done(running[1], 0.3, 0.3) is second
    assert waiting.done(first, 0.1, 0.4) is None


def test_a_lane_that_is_full_lets_others_pass(waiting: Waiting[Item]) -> None:
    reports = [item(REPORT) for _ in range(6)]
    assert [waiting.offer(one, 0.0) for one in reports] == [START] * 4 + [WAIT] * 2
    writes = [item(WRITE) for _ in range(3)]
    assert [waiting.offer(one, 0.1) for one in writes] == [START] * 2 + [WAIT]
    assert waiting.offer(item(READ), 0.2) is START
    assert waiting.offer(item(HEALTH), 0.2) is START


def test_who_has_waited_too_long_is_given_back_once(waiting: Waiting[Item]) -> None:
    reports = [item(REPORT) for _ in range(6)]
    for one in reports:
        waiting.offer(one, 0.0)
    assert waiting.until(0.5) == pytest.approx(1.5)
    assert waiting.late(1.9) == []
    assert waiting.late(2.0) == reports[4:]
    assert waiting.late(3.0) == []
    assert waiting.until(3.0) == float("inf")


def test_a_burst_is_served_and_a_standing_queue_is_cut(waiting: Waiting[Item]) -> None:
    running = [item(READ) for _ in range(6)]
    for one in running:
        waiting.offer(one, 0.0)
    burst = [item(READ) for _ in range(40)]
    assert {waiting.offer(one, 0.0) for one in burst} == {WAIT}
    following = waiting.done(running[0], 0.1, 0.1)  # a request takes 0.1 s: in an overload it may wait half as long
    assert following is burst[0]
    assert waiting.late(STANDING - 0.01) == []
    assert waiting.late(STANDING + 0.01) == burst[1:]
    assert waiting.offer(item(READ), STANDING + 0.02) is WAIT


@pytest.mark.parametrize("line", [READ, WRITE, REPORT])
def test_what_is_served_in_an_overload_has_not_waited_long(waiting: Waiting[Item], line: bytes) -> None:
    load = Overloaded(waiting, took=0.02, used=0.015, in_database=0.005)
    load.go(20.0, every=0.0005, line=line)
    later = [waited for began, waited in load.waited if began > 2 * STANDING]
    assert max(later) <= 0.02
    assert load.refused + len(load.waited) + waiting.count == load.offered


def test_short_reads_that_use_the_processor_run_few_at_a_time_in_an_overload(waiting: Waiting[Item]) -> None:
    load = Overloaded(waiting, took=0.02, used=0.015, in_database=0.005)
    load.go(0.1, every=0.0005)
    assert len(load.ends) == 6, "it may be a burst"
    load.go(1.0, every=0.0005)
    assert len(load.ends) == 4
    users = item(b"GET /api/v1/users/me HTTP/1.1")
    assert waiting.offer(users, load.now) is START, "another chapter has its threads"


@pytest.mark.parametrize(
    ("line", "used", "in_database"), [(READ, 0.001, 0.019), (READ, 0.001, 0.0), (WRITE, 0.015, 0.005)]
)
def test_what_waits_for_the_database_has_all_threads_of_its_lane(
    waiting: Waiting[Item], line: bytes, used: float, in_database: float
) -> None:
    load = Overloaded(waiting, 0.02, used, in_database)
    load.go(3.0, every=0.0005, line=line)
    assert len(load.ends) == 6


def test_after_an_overload_clients_with_one_request_at_a_time_are_all_served(waiting: Waiting[Item]) -> None:
    load = Overloaded(waiting, took=0.02, used=0.015, in_database=0.005)
    load.go(3.0, every=0.0005)
    load.refused = 0
    load.go(2 * CALM, every=0.0005 * 5 * 2)  # half of what a processor can serve
    already = load.refused
    load.go(5.0, every=0.0005 * 5 * 2)
    assert load.refused == already
    assert len(waiting.late(load.now + 10)) + waiting.count < 2


def test_what_was_admitted_in_an_overload_is_refused_only_after_twice_its_time(waiting: Waiting[Item]) -> None:
    load = Overloaded(waiting, took=0.02, used=0.015, in_database=0.005)
    load.go(1.0, every=0.0005)
    newest = item(READ)
    while waiting.offer(newest, load.now) is REFUSE:
        load.go(0.001, every=0.0005)
    others = waiting.count - 1
    assert others > 0
    assert newest not in waiting.late(load.now + 0.019)
    assert waiting.late(load.now + 0.021)[-1] is newest
    assert waiting.count == 0


def test_when_an_overload_is_over_what_waits_gets_the_free_threads(waiting: Waiting[Item]) -> None:
    load = Overloaded(waiting, took=0.02, used=0.015, in_database=0.005)
    load.go(1.0, every=0.0005)
    assert (len(load.ends), waiting.count) == (4, 3)
    assert waiting.next(load.now) is None
    later = load.now + 0.75 * CALM
    assert [waiting.next(later) is not None for _ in range(3)] == [True, True, False]


def test_whoever_would_wait_too_long_is_refused_at_once(waiting: Waiting[Item]) -> None:
    running = [item(READ) for _ in range(6)]
    for one in running:
        waiting.offer(one, 0.0)
    assert waiting.done(running[0], 1.0, 1.0) is None
    verdicts = [waiting.offer(item(READ), 1.0) for _ in range(20)]
    assert verdicts == [START] + [WAIT] * 13 + [REFUSE] * 6  # 12 before it, 6 at a time, 1 s each: 2 s


WHOLE = {
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n": True,
    b"GET / HTTP/1.1\r\nHost: x\r\n": False,
    b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nab": False,
    b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc": True,
    b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n": True,
    b"POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n": True,
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n": True,
    b"GET /" + b"x" * 9000: True,  # too long a line: refused without waiting for its end
    b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nab": True,  # refused, whatever comes
    b"POST / HTTP/1.1\r\nContent-Length: 3\r\nHost: x\r\ncontent-length: 4\r\n\r\n": True,
}


@pytest.mark.parametrize("data", WHOLE, ids=range(len(WHOLE)))
def test_a_thread_gets_what_has_come_whole(data: bytes) -> None:
    assert is_whole(data) is WHOLE[data]


GOES_ON = {
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n": True,
    b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc": True,
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET": False,
    b"GET / HTTP/1.0\r\nHost: x\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n": False,
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n": False,
    b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\nx": False,
    b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc": False,
    b"nonsense": False,
}


@pytest.mark.parametrize("data", GOES_ON, ids=range(len(GOES_ON)))
def test_a_refused_request_keeps_its_connection_if_all_of_it_was_read(data: bytes) -> None:
    assert can_go_on(data) is GOES_ON[data]


def test_three_clients_for_each_thread_are_never_refused(waiting: Waiting[Item]) -> None:
    """Their queue is never empty, and yet nobody waits long: it is no overload."""
    took, now = 0.04, 0.0
    running = [item(READ) for _ in range(6)]
    assert [waiting.offer(one, now) for one in running] == [START] * 6
    assert [waiting.offer(item(READ), now) for _ in range(16)] == [WAIT] * 16
    for _ in range(1_000):
        now += took
        running = [waiting.done(one, took, now) for one in running]
        assert waiting.late(now) == []
        assert [waiting.offer(item(READ), now) for _ in range(6)] == [WAIT] * 6


def test_every_chapter_has_a_lane_of_its_own(app: Flask) -> None:
    paths = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith(("/api/v1/", "/pages/"))}
    assert {path for path in paths if lane_of(f"GET {path} HTTP/1.1".encode()).name == "other"} == set()
