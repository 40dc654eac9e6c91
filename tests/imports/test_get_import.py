"""GET /api/v1/imports and GET /api/v1/imports/{id}"""

from __future__ import annotations

from tests.conftest import Client

from .conftest import Send, body, export, row, workout


def test_the_report_can_be_read_again_as_it_was_given(owner: Client, send: Send) -> None:
    made = send(owner, export([*workout(8), row(reps="x")]))
    again = owner.get(made.headers["Location"])
    assert again.status_code == 200
    assert list(body(again).items()) == list(made.json.items())


def test_a_stranger_gets_404_for_someone_elses_import(owner: Client, stranger: Client, send: Send) -> None:
    made = send(owner, export(workout(8)))
    reply = stranger.get(made.headers["Location"])
    assert (reply.status_code, body(reply)["message"]) == (404, "No such import.")


def test_imports_are_listed_newest_first_in_pages(owner: Client, stranger: Client, send: Send) -> None:
    ids = [send(owner, export(workout(day))).json["id"] for day in (6, 8, 10)]
    send(stranger, export(workout(8)))
    first = body(owner.get("/api/v1/imports?limit=2"))
    assert [item["id"] for item in first["items"]] == [ids[2], ids[1]]
    assert "rejected" not in first["items"][0]
    rest = body(owner.get(f"/api/v1/imports?limit=2&cursor={first['next_cursor']}"))
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == ([ids[0]], None)
