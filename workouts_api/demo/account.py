"""The demo athlete: signs up over HTTP, uploads a year of training by the API's own import, and rates its sessions.

Likewise the values of its days, and a team with two athletes whom it coaches.

Owns the account's password, which is kept in the data folder, and the example commands. ``workouts serve`` runs it on
its first start: ``python -m workouts_api.demo.account URL DATA_FOLDER [HOST]``.
"""

from __future__ import annotations

import http.client
import json
import secrets
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from workouts_api.demo.days import KEPT, WEEKS, days_of, sessions_of
from workouts_api.demo.training import rating, year_of_training
from workouts_api.host.bare_machine import kept_secret

EMAIL, USERNAME, FULL_NAME = "demo@example.com", "demo", "Jörg Demo"
TEAM = "Demo Team"
TIMEOUT = 120.0  # s


class DemoError(Exception):
    """The demo athlete could not be made. The message says which request failed and how."""


@dataclass(frozen=True)
class Account:
    """The demo athlete's sign-in. ``is_made`` says whether the training has been uploaded."""

    username: str
    password: str
    is_made: bool


class _Api(NamedTuple):
    url: str
    host: str
    """One of ALLOWED_HOSTS, where they are set: the URL has an address. Empty: the URL's own."""


def kept_account(folder: Path) -> Account:
    """The account of a data folder. The first call generates its password and keeps it there, with mode 0600."""
    password = kept_secret(folder / "demo_password", length=12).read_text(encoding="ascii").strip()
    return Account(USERNAME, password, (folder / "demo.json").exists())


def curl_lines(url: str, account: Account | None) -> list[str]:
    """Three commands that can be pasted into a shell, one after the other."""
    if account is None:
        return [f"curl -s {url}{path}" for path in ("/health/live", "/health/ready", "/openapi.json")]
    body = json.dumps({"username": account.username, "password": account.password})
    pick = "import json, sys; print(json.load(sys.stdin)['access_token'])"
    bearer = '-H "Authorization: Bearer $TOKEN"'
    since = date.today() - timedelta(days=84)  # noqa: DTZ011 – the reader's own calendar
    return [
        f"TOKEN=$(curl -s {url}/api/v1/auth/login -H 'Content-Type: application/json' -d '{body}' "
        f'| python3 -c "{pick}")',
        f"curl -s '{url}/api/v1/sessions?limit=3' {bearer}",
        f"curl -s '{url}/api/v1/reports/training?from={since}&bucket=week' {bearer}",
    ]


def make_demo(url: str, folder: Path, *, today: date, host: str = "") -> str:
    """Makes the account and its training, and returns one line about it. Calling it twice has no further effect.

    :raises DemoError: when the API does not answer as it should.
    """
    account, api = kept_account(folder), _Api(url, host)
    person = {"email": EMAIL, "username": USERNAME, "password": account.password, "full_name": FULL_NAME}
    registered = _request(api, "POST", "/api/v1/auth/register", json_body=person, expected=(201, 202, 409))
    login = {"username": USERNAME, "password": account.password}
    signed_in = _request(api, "POST", "/api/v1/auth/login", json_body=login, expected=(200, 401))
    if "access_token" not in signed_in and "error" in registered:
        raise DemoError(
            f"the database has a user {USERNAME} with another password than {folder / 'demo_password'}: "
            "it is older than this folder, or the password was changed."
        )
    if "access_token" not in signed_in:
        raise DemoError("it can't sign in. It reads no mail, where addresses are verified (VERIFY_EMAIL).")
    token = signed_in["access_token"]
    report = _upload(api, token, year_of_training(today))
    _rate(api, token, today)
    _note_days(api, token, USERNAME, today)
    _coach(api, token, today)
    (folder / "demo.json").write_text(json.dumps({"username": USERNAME, "import": report.get("id")}), encoding="utf-8")
    return f"{report['sessions_added']} sessions with {report['sets_added']} sets were imported."


def _upload(api: _Api, token: str, text: str) -> dict[str, Any]:
    boundary = secrets.token_hex(16)
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="hevy_demo.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    )
    body = head.encode() + text.encode() + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Authorization": f"Bearer {token}"}
    return _request(api, "POST", "/api/v1/imports", body=body, headers=headers, expected=(201,))


def _rate(api: _Api, token: str, today: date) -> None:
    """Rates each session that has no rating: Hevy exports none, and without it a report has no training load."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    cursor = ""
    while cursor is not None:
        address = f"/api/v1/sessions?limit=200{cursor and f'&cursor={quote(cursor)}'}"
        page = _request(api, "GET", address, headers=headers, expected=(200,))
        for session in page["items"]:
            if session["rpe"] is None:
                rated = json.dumps({"rpe": rating(date.fromisoformat(session["started_at"][:10]), today)}).encode()
                _request(
                    api, "PATCH", f"/api/v1/sessions/{session['id']}", body=rated, headers=headers, expected=(200,)
                )
        cursor = page["next_cursor"]


def _note_days(api: _Api, token: str, name: str, today: date, whose: str = "") -> None:
    """Records what somebody measured and felt.

    :param whose: the query string that names an athlete whom the user keeps; empty: the user's own.
    """
    for day in days_of(name, today):
        body = {"local_on": day.local_on.isoformat(), "values": day.values}
        _send(api, token, f"/api/v1/days{whose}", body, expected=(201,))


def _coach(api: _Api, token: str, today: date) -> None:
    """Makes a team of athletes without accounts, so that there is something for a coach to see."""
    made = _send(api, token, "/api/v1/teams", {"name": TEAM, "headquarters": "Berlin"}, expected=(201, 409))
    if "id" not in made:  # it was made before, or is somebody else's
        return
    for name in KEPT:
        athlete_id = _send(api, token, "/api/v1/athletes", {"name": name}, expected=(201,))["id"]
        whose = f"?athlete_id={athlete_id}"
        for session in sessions_of(name, today):
            _send(api, token, f"/api/v1/sessions{whose}", session, expected=(201,))
        _note_days(api, token, name, today, whose)
        stay = {"athlete_id": athlete_id, "joined_on": (today - timedelta(weeks=WEEKS)).isoformat()}
        _send(api, token, f"/api/v1/teams/{made['id']}/athletes", stay, expected=(201,))


def _send(api: _Api, token: str, path: str, body: Any, *, expected: tuple[int, ...]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return _request(api, "POST", path, body=json.dumps(body).encode(), headers=headers, expected=expected)


def _request(
    api: _Api,
    method: str,
    path: str,
    *,
    expected: tuple[int, ...],
    json_body: Any = None,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    connection = http.client.HTTPConnection(urlsplit(api.url).netloc, timeout=TIMEOUT)
    if json_body is not None:
        body, headers = json.dumps(json_body).encode(), {"Content-Type": "application/json"}
    if api.host:
        headers = {**(headers or {}), "Host": api.host}
    try:
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        content = reply.read()
    except (OSError, http.client.HTTPException) as error:
        raise DemoError(f"{method} {path}: {error}") from error
    finally:
        connection.close()
    if reply.status not in expected:
        wanted = " or ".join(map(str, expected))
        raise DemoError(f"{method} {path} answered {reply.status}, expected {wanted}: {content[:300].decode()}")
    try:
        found = json.loads(content)
    except ValueError:
        raise DemoError(f"{method} {path} answered no JSON: {content[:300]!r}") from None
    return found if isinstance(found, dict) else {}


def main(arguments: list[str]) -> int:
    url, folder, *host = arguments
    today = date.today()  # noqa: DTZ011 – local training days
    try:
        sys.stdout.write(f"{make_demo(url, Path(folder), today=today, host=''.join(host))}\n")
    except DemoError as error:
        sys.stderr.write(f"The demo athlete could not be made: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
