"""PostgreSQL's log has a refusal's message, and not the statement that was refused."""

from __future__ import annotations

from tests.conftest import Client
from workouts_api.host.embedded import EmbeddedPostgres


def test_a_refusal_raised_in_a_statement_is_a_line_of_the_log_without_the_statement(
    owner: Client, cluster: EmbeddedPostgres
) -> None:
    before = cluster.log_file.stat().st_size
    for address in ("/api/v1/sessions?athlete_id=987654321", "/api/v1/sessions/doubts?athlete_id=987654321"):
        assert owner.get(address).status_code == 404
    assert (
        owner.post("/api/v1/sessions?athlete_id=987654321", json={"started_at": "2026-01-05T18:00:00Z"}).status_code
        == 404
    )
    with cluster.log_file.open() as log:
        log.seek(before)
        told = log.read()
    assert "ERROR:  No such athlete." in told
    assert "/* sessions." not in told
