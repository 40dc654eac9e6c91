"""``workouts user``: makes the first superuser. The API cannot, because only a superuser may make users there."""

from __future__ import annotations

import os
import time
from typing import Any, TextIO

import click
import marshmallow as ma
import psycopg

from workouts_api.api.administration.schemas import NewUser
from workouts_api.api.auth.passwords import hash_password
from workouts_api.database import Caller, acting
from workouts_api.database.commands import command_database
from workouts_api.database.sqlstates import translate
from workouts_api.errors import ApiError
from workouts_api.sql import queries
from workouts_api.web import texts
from workouts_api.web.addresses import forms_of

LONGEST = 30.0  # seconds


@click.group("user")
def user() -> None:
    """Make superusers. They administer everything else through the API."""


@user.command("create-superuser")
@click.option("--username", prompt=True, help="What they sign in with, besides the e-mail address.")
@click.option("--email", prompt=True, help="Their e-mail address.")
@click.option("--full-name", default="", help="What they are called.")
@click.option(
    "--password-file",
    type=click.File(),
    help="File whose first line is the password, - for the standard input; else it is asked for.",
)
def create_superuser(username: str, email: str, full_name: str, password_file: TextIO | None) -> None:
    """Make a superuser."""
    if password_file is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = password_file.readline().rstrip("\r\n")
    given = _checked({"username": username, "email": email, "full_name": full_name, "password": password})
    given["password_hash"] = hash_password(given.pop("password"))
    made = _run("user create-superuser", queries.administration.create_user, given)
    click.echo(f"{username} is a superuser (user {made['id']}).")


@user.command("promote")
@click.argument("name")
def promote(name: str) -> None:
    """Make the user NAME, an e-mail address or username, a superuser."""
    forms = dict.fromkeys(forms_of(texts.name_of_somebody(name)))
    tried = (_run("user promote", queries.administration.promote_user, {"name": form}) for form in forms)
    found = next(filter(None, tried), None)
    if found is None:
        raise click.ClickException(f"There is no user called {name!r}.")
    click.echo(f"{found['username']} is a superuser (user {found['id']}).")
    if not found["is_active"]:
        click.echo("They are deactivated: a superuser has to activate them before they can sign in.")


def _checked(given: dict[str, str]) -> dict[str, Any]:
    """The values as the API's schema returns them. What the API would refuse is refused here."""
    try:
        checked: dict[str, Any] = NewUser().load({**given, "is_superuser": True})
    except ma.ValidationError as error:
        said = [f"{name}: {' '.join(sentences)}" for name, sentences in error.messages_dict.items()]
        raise click.ClickException("\n".join(said)) from None
    return checked


def _run(what: str, query: Any, values: dict[str, Any]) -> Any:
    with command_database() as database:
        try:
            with acting(Caller(database, f"{what} {os.getpid()}", time.monotonic() + LONGEST)):
                return query(**values)
        except psycopg.IntegrityError as error:
            said = translate(error).message
            raise click.ClickException(f"{said} To make them a superuser: workouts user promote NAME") from None
        except ApiError as error:
            raise click.ClickException(error.message) from None
