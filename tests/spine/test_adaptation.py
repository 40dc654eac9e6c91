"""Parameters keep their values: every kind of value is sent to a real server and read back."""

from __future__ import annotations

import datetime as dt

import orjson
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workouts_api.database.adaptation import dump, dump_of, type_oid
from workouts_api.database.pipeline import Connection, Prepared
from workouts_api.dba.stubs import _parameter_type
from workouts_api.sql.declared import TYPES, Parameter

AWKWARD = ["", "null", "NULL", "a,b", '"', "\\", "{}", "{a}", " a ", "'", "é", "\n\t", "%s $1 :x", "\U0001f3cb"]


@pytest.fixture(scope="module")
def connection(cluster):
    with Connection.connect(cluster.dsn(), autocommit=True) as connection:
        yield connection


def returned(connection, type_name, value):
    """The value after a trip to the server as a parameter of this type."""
    name = f"give {type_name}".encode()
    statement = Prepared(name, f"select $1::{type_name} as value".encode(), [type_oid(type_name)])
    (result,) = connection.exchange((statement, [dump_of(type_name)(value)]))
    return connection.rows(result)[0]["value"]


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("bigint", -(2**63)),
        ("float8", 1e-300),
        ("float8", 0.1 + 0.2),
        ("boolean", True),
        ("boolean", False),
        ("bytea", b"\x00\\\xff"),
        ("date", dt.date(1, 1, 1)),
        ("timestamptz", dt.datetime(2026, 3, 29, 1, 59, 59, 123456, dt.UTC)),
        ("bigint[]", []),
        ("bigint[]", [1, None, -3]),
        ("text[]", [*AWKWARD, None]),
        ("text[]", [["a b", "c"], ["d", "NULL"]]),
        ("float8[]", [1.5, 1e22]),
        *[("text", text) for text in AWKWARD],
        *[(name, None) for name in ("text", "bigint", "json", "jsonb", "date[]", "inet")],
    ],
)
def test_a_value_comes_back_as_it_was(connection, type_name, value):
    assert returned(connection, type_name, value) == value


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_any_texts_survive_in_a_list(connection, texts):
    assert returned(connection, "text[]", texts) == texts


def test_json_leaves_as_the_server_sent_it(connection):
    sent = '{"b": 1,  "a": [null, "é"]}'
    (result,) = connection.exchange((Prepared(b"spaced", f"select '{sent}'::json as value".encode()), ()))
    assert orjson.dumps(connection.rows(result)) == f'[{{"value":{sent}}}]'.encode()
    assert orjson.dumps(returned(connection, "json", {"a": "é"})) == '{"a":"é"}'.encode()


@pytest.mark.parametrize("value", ["a\0b", ["a\0b"]])
def test_a_nul_byte_is_refused_before_libpq_cuts_it_off(value):
    with pytest.raises(psycopg.errors.CharacterNotInRepertoire):
        dump(value)


def test_a_value_of_no_parameters_kind_is_a_mistake_that_is_named():
    with pytest.raises(TypeError, match="timedelta"):
        dump(dt.timedelta(1))


def test_a_type_that_is_not_built_in_is_named():
    with pytest.raises(LookupError, match="mood"):
        type_oid("mood")


VALUES = {
    "int": 1,
    "float": 1.5,
    "bool": True,
    "bytes": b"\x00\\\xff",
    "datetime.date": dt.date(2026, 1, 5),
    "datetime.datetime": dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC),
    "list[Any]": [1, "a"],
    "Mapping[str, Any]": {"a": 1},
    "Json": orjson.Fragment(b'{"a": 1}'),
}
TEXTS = {
    "time without time zone": "12:30",
    "interval": "1 day",
    "uuid": "00000000-0000-0000-0000-000000000001",
    "inet": "192.0.2.1",
    "cidr": "192.0.2.0/24",
    "date": "2026-01-05",
    "timestamp with time zone": "2026-01-05 12:00",
    "timestamp without time zone": "2026-01-05 12:00",
    "json": '{"a": 1}',
    "jsonb": '{"a": 1}',
    **dict.fromkeys(("daterange", "int8range", "tstzrange"), "empty"),
    **dict.fromkeys(("datemultirange", "tstzmultirange"), "{}"),
}


@pytest.mark.parametrize("brackets", ["", "[]"])
@pytest.mark.parametrize("type_name", sorted({*TYPES.values()} - {"void"}))
def test_whatever_the_stub_lets_pass_as_a_parameter_reaches_the_server(connection, type_name, brackets):
    parameter = Parameter("value", type_name + brackets, nullable=False, sample="null")
    allowed = _parameter_type(parameter)
    for option in allowed.split(" | "):
        one = option.removeprefix("list[").removesuffix("]") if brackets else option
        value = TEXTS.get(type_name, "a") if one == "str" else VALUES[one]
        returned(connection, parameter.sent_type, [value] if brackets else value)
