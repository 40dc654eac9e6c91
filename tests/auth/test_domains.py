"""A domain of other letters than ASCII's is one domain in each way of writing it: one mailbox, one account."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.auth.test_addresses import DOORS
from tests.conftest import PASSWORD, Client
from workouts_api.admin.console.signing_in import superuser_of
from workouts_api.web.addresses import forms_of, with_ascii_domain
from workouts_api.web.texts import TextError

AUTH = "/api/v1/auth"
KEPT, IN_LETTERS = "ada@xn--exmple-cua.com", "ada@exämple.com"
WAYS = {
    "letters": IN_LETTERS,
    "capitals": "ADA@EXÄMPLE.COM",
    "A-labels": KEPT,
    "A-labels in capitals": "Ada@XN--EXMPLE-CUA.com",
    "a letter of two code points": "ada@exa\u0308mple.com",
    "full width": "ada@ｅｘäｍｐｌｅ．com",
    "an ideographic full stop": "ada@exämple\u3002com",
}
NO_LABELS = [
    "ada@xn--.com",
    "ada@xn--abc-.com",
    "ada@xn--exmple-cu!.com",
    "ada@xn--99999999.com",
    "ada@xn--exmple-1",
]
way = pytest.mark.parametrize("email", WAYS.values(), ids=WAYS)
door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__[1:])
MakeUser = Callable[[str], Client]


def sign_in(client: Client, name: str) -> int:
    return client.post(f"{AUTH}/login", json={"username": name, "password": PASSWORD}).status_code


@door
@way
def test_it_is_stored_in_one_form_at_each_door(
    door: Callable[[Client, str], int], email: str, admin: Client, database: psycopg.Connection[Any]
) -> None:
    assert door(admin, email) in {200, 201}
    stored = "select count(*) from (select email from users union all select email from invitations) as a where {}"
    (exact,) = database.execute(stored.format("lower(email) = %s"), [KEPT]).fetchone() or ()
    (beyond,) = database.execute(stored.format("email ~ '[^[:ascii:]]'")).fetchone() or ()
    assert (exact, beyond) == (1, 0)


@pytest.mark.parametrize("is_old", [False, True], ids=["new", "stored in letters"])
@door
@way
def test_the_mailbox_of_an_account_makes_no_other_one(
    door: Callable[[Client, str], int],
    email: str,
    owner: Client,
    admin: Client,
    database: psycopg.Connection[Any],
    *,
    is_old: bool,
) -> None:
    stored = IN_LETTERS.replace("ä", "Ä") if is_old else KEPT
    database.execute("update users set email = %s where id = %s", [stored, owner.user_id])
    assert door(admin, email) == (201 if door.__name__ == "_invites" else 409)


@pytest.mark.parametrize("stored", [KEPT, IN_LETTERS, "Ada@Exämple.COM"])
@way
def test_it_is_found_however_it_is_written(
    email: str, stored: str, owner: Client, anonymous: Client, database: psycopg.Connection[Any], mailed: Any
) -> None:
    database.execute("update users set email = %s where id = %s", [stored, owner.user_id])
    assert sign_in(anonymous, email) == 200
    database.execute("update users set is_superuser = true where id = %s", [owner.user_id])
    found = superuser_of(database, forms_of(email)[0], PASSWORD)
    assert found is not None
    assert found.user_id == owner.user_id
    assert anonymous.post(f"{AUTH}/password-reset", json={"email": email}).status_code == 202
    address, subject, token = mailed()
    assert (address, subject) == (stored, "Set a new password")
    assert (
        anonymous.post(f"{AUTH}/password-reset/confirm", json={"token": token, "password": PASSWORD}).status_code == 204
    )


def test_two_accounts_that_had_it_before_each_go_on_by_their_own_form(
    owner: Client, coach: Client, anonymous: Client, database: psycopg.Connection[Any]
) -> None:
    with database.transaction():
        database.execute("set local session_replication_role = replica")
        for who, email in ((owner, IN_LETTERS), (coach, KEPT)):
            database.execute("update users set email = %s where id = %s", [email, who.user_id])
    for who, email in ((owner, IN_LETTERS), (coach, KEPT)):
        body = {"username": email, "password": PASSWORD}
        token = anonymous.post(f"{AUTH}/login", json=body).json["access_token"]
        me = anonymous.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"}).json
        assert me["id"] == who.user_id


def test_guesses_count_for_all_forms_together(owner: Client, anonymous: Client) -> None:
    wrong = [
        anonymous.post(f"{AUTH}/login", json={"username": email, "password": "wrong"}).status_code
        for email in (IN_LETTERS, KEPT, WAYS["capitals"]) * 2
    ]
    assert wrong == [401] * 5 + [429]


def test_who_writes_their_address_in_its_other_form_keeps_it_verified(
    owner: Client, database: psycopg.Connection[Any]
) -> None:
    database.execute(
        "update users set email = %s, email_verified_at = now() where id = %s", [IN_LETTERS, owner.user_id]
    )
    changed = owner.patch("/api/v1/users/me", json={"email": IN_LETTERS, "password": PASSWORD}).json
    assert (changed["email"], changed["email_is_verified"]) == (KEPT, True)


@door
@pytest.mark.parametrize("email", NO_LABELS)
def test_an_a_label_that_is_none_is_refused_at_each_door(
    door: Callable[[Client, str], int], email: str, admin: Client
) -> None:
    assert door(admin, email) == 422


def test_letters_that_are_two_are_two() -> None:
    """A sharp s, and a sigma at the end of a word, have labels of their own."""
    assert with_ascii_domain("a@straße.de") == "a@xn--strae-oqa.de"
    assert with_ascii_domain("a@βόλος.com") == "a@xn--nxasmm1c.com"
    assert with_ascii_domain("a@STRASSE.de") == "a@STRASSE.de"


def test_the_database_reads_labels_as_python_does(database: psycopg.Connection[Any]) -> None:
    drawn = random.Random(1)
    letters = "az09-äöüßéøłжяλςあ漢字한ع\u0e01ñ\U0001d7d8\U00020000"
    for _ in range(500):
        address = "a@" + ".".join("".join(drawn.choices(letters, k=drawn.randint(1, 20))) for _ in range(3))
        _, in_ascii, in_letters = forms_of(address)
        found = database.execute("select address_in_letters(%s)", [in_ascii.upper()]).fetchone()
        assert found == (in_letters,), address


def test_what_stands_for_no_letters_is_left_as_it_is_by_the_database(database: psycopg.Connection[Any]) -> None:
    for address in [*NO_LABELS[2:4], "a@xn--a\u0308.com", "a@xn--" + "9" * 60 + ".com", "xn--a", "a@b.xn--", "", "@"]:
        ((found,),) = database.execute("select address_in_letters(%s)", [address]).fetchall()
        assert found in (address.lower(), address.lower().replace("xn--.", "."), "a@b."), address
        with pytest.raises(TextError):
            with_ascii_domain(NO_LABELS[0])
