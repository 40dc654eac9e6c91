"""Load: requests a second, latencies, CPU of the application and of the database for each request, in hellos."""

from __future__ import annotations

from bench.effort import Effort
from bench.figures import Figures, Target, middle, milliseconds, with_spread
from bench.processes import proportional_mb
from bench.requests import NAMES, requests_of
from bench.stage import Measured, Stage, get

CEILINGS = {"list-50": 4.2, "get-one": 2.9, "create": 4.0, "me": 2.6}  # hellos
COLUMNS = ("request", "requests/s", "p50 ms", "p99 ms", "errors", "app CPU µs", "hellos", "database CPU µs", "bytes")


def measure(stage: Stage, effort: Effort) -> tuple[list[Figures], list[Target]]:
    """One worker, all requests in turn, round after round."""
    database = stage.database(effort.load_sets)
    figures = Figures(f"Load: one worker, 16 connections, {database.sets:,} sets", COLUMNS)
    memory = Figures("Memory: proportional set size of a worker", ("worker", "MB"))
    with stage.hello() as hello, stage.application(database) as server:
        cold = [proportional_mb(pid) for pid in server.workers()]
        targets = {"hello": (hello, get("/"))}
        targets |= {name: (server, request) for name, request in requests_of(stage, database, server).items()}
        rounds: dict[str, list[Measured]] = {name: [] for name in targets}
        for where, request in targets.values():
            stage.measure(where, [request], effort.warm_up_s)
        for _ in range(effort.rounds):
            for name, (where, request) in targets.items():
                rounds[name].append(stage.measure(where, [request], effort.round_s))
        after = [proportional_mb(pid) for pid in server.workers()]
    one = _app_us(rounds["hello"])
    for name in ("hello", *NAMES):
        figures.add(*line(name, rounds[name], one))
    figures.notes.append(
        "A hello is the CPU time of a bare gunicorn and Flask reply, here "
        f"{one:.0f} µs. ± is half of the range of {effort.rounds} interleaved rounds."
    )
    memory.add("cold, after its first answer", f"{max(cold):.1f}")
    memory.add("after the run", f"{max(after):.1f}")
    held = [
        Target(f"{name}: application CPU", f"≤ {most} hellos", f"{_app_us(rounds[name]) / one:.2f}",
               _app_us(rounds[name]) / one <= most)
        for name, most in CEILINGS.items()
    ]  # fmt: skip
    held.append(Target("a worker's memory", "≤ 60 MB", f"{max(after):.1f} MB", max(after) <= 60))
    return [figures, _more_workers(stage, effort), memory], held


def _app_us(rounds: list[Measured]) -> float:
    return middle([one.per_request_us(one.application_s) for one in rounds])


def line(name: str, rounds: list[Measured], hello_us: float) -> list[str]:
    seen = [one.seen for one in rounds]
    app = [one.per_request_us(one.application_s) for one in rounds]
    return [
        name,
        with_spread([s["requests"] / s["seconds"] for s in seen]),
        milliseconds(seen, "p50_ms"),
        milliseconds(seen, "p99_ms"),
        str(sum(s["errors"] for s in seen)),
        with_spread(app),
        f"{middle(app) / hello_us:.2f}",
        "" if name == "hello" else with_spread([one.per_request_us(one.database_s) for one in rounds]),
        f"{seen[0]['bytes']:,}",
    ]


def _more_workers(stage: Stage, effort: Effort) -> Figures:
    """1, 2 and 4 workers, and 1,000 connections that keep quiet beside the 16."""
    database = stage.database(effort.load_sets)
    columns = (
        "workers",
        "request",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "errors",
        "with 1,000 idle: requests/s",
        "p50 ms",
        "errors",
    )
    figures = Figures("Workers, and 1,000 idle keep-alive connections beside the 16", columns)
    for workers in effort.workers:
        with stage.application(database, workers=workers) as server:
            requests = requests_of(stage, database, server)
            for name in ("me", "list-50"):
                stage.measure(server, [requests[name]], effort.warm_up_s)
                alone = [stage.measure(server, [requests[name]], effort.round_s).seen for _ in range(effort.few_rounds)]
                among = [
                    stage.measure(server, [requests[name]], effort.round_s, idle=1000).seen
                    for _ in range(effort.few_rounds)
                ]
                rate = [with_spread([s["requests"] / s["seconds"] for s in seen]) for seen in (alone, among)]
                times = [(milliseconds(seen, "p50_ms"), milliseconds(seen, "p99_ms")) for seen in (alone, among)]
                errors = [sum(s["errors"] for s in seen) for seen in (alone, among)]
                figures.add(workers, name, rate[0], *times[0], errors[0], rate[1], times[1][0], errors[1])
    return figures
