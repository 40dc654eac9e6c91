"""Idempotency keys get a primary key while the release before goes on writing them."""

from __future__ import annotations

import pytest

from workouts_api.migrate import migrate
from workouts_api.migrate.files import MIGRATIONS

from .conftest import Database

pytestmark = pytest.mark.sweep

# As the release before has it: it names no owner.
CLAIM_OF_BEFORE = """
create function claim_of_before(user_id bigint, key text) returns void language sql as $$
  select set_config('app.user_id', coalesce(user_id::text, ''), true);
  insert into workouts.idempotency_keys (user_id, key, digest) values ($1, $2, sha256('')) on conflict do nothing;
$$;
insert into users (email, username) values ('a@example.com', 'ada'), ('g@example.com', 'grace');
"""
CLAIMS = "select claim_of_before(u.id, '{0}') from users as u union all select claim_of_before(null, '{0}')"


def number(name: str) -> int:
    (path,) = MIGRATIONS.glob(f"*_{name}.sql")
    return int(path.name[:4])


def test_old_keys_and_those_that_the_release_before_still_writes_get_their_owners(database: Database) -> None:
    steps = range(number("own_idempotency_keys") - 1, number("key_idempotency_keys") + 1)
    for step in steps:
        migrate(database.url, to=step)
        if step == steps[0]:
            database.run(CLAIM_OF_BEFORE)
        database.run(CLAIMS.format(f"at {step}"))
        database.run(CLAIMS.format("the same at each"))
    assert database.rows("select key from idempotency_keys where owner_id <> coalesce(user_id, 0)") == []
    assert database.value("select count(*) from idempotency_keys") == 3 * (len(steps) + 1)
    assert database.rows(
        "select c.conname from pg_constraint as c"
        " where c.conrelid = 'idempotency_keys'::regclass and c.contype in ('p', 'u')"
    ) == [("idempotency_keys_pkey",)]
