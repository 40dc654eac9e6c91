"""From the server's errors to ours: each SQLSTATE that a caller can cause is listed; what isn't is a 500."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import psycopg

from workouts_api.constraints import CONSTRAINTS
from workouts_api.errors import (
    ApiError,
    Conflict,
    DeadlineExceeded,
    Forbidden,
    InternalError,
    Invalid,
    NotFound,
    StillRunning,
    TokenRevoked,
    Unavailable,
)
from workouts_api.pipeline import Unanswered


def translate(error: psycopg.Error) -> ApiError:
    """The error to answer with. Its message never holds the driver's."""
    if isinstance(error, Unanswered):
        return DeadlineExceeded()
    make = _BY_SQLSTATE.get(error.sqlstate or "")
    if make is not None:
        return make(error)
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        return Unavailable()  # libpq's own: no connection, or lost
    return InternalError()


def _of_constraint(error: psycopg.Error) -> ApiError:
    rule = CONSTRAINTS.get(error.diag.constraint_name or "")
    if rule is None:
        return InternalError()
    return rule.error(rule.sentence, details={rule.field: [rule.sentence]})


def _missing(error: psycopg.Error) -> ApiError:
    column = error.diag.column_name or "body"
    return Invalid(details={column: ["A value is needed here."]})


def _refused(error: psycopg.Error) -> ApiError:
    """What refuse() raised: field and sentence are written in a .sql file of ours."""
    sentence = error.diag.message_primary or "This is not valid."
    return Invalid(sentence, details={error.diag.column_name or "body": [sentence]})


def _clashed(error: psycopg.Error) -> ApiError:
    """What clash() or clash_all() raised."""
    sentence = error.diag.message_primary or ""
    several = error.diag.message_detail
    return Conflict(sentence, details=orjson.loads(several) if several else {error.diag.column_name or "": [sentence]})


def _not_found(error: psycopg.Error) -> ApiError:
    """What no_such() raised; its sentence is ours, too."""
    return NotFound(error.diag.message_primary)


def _bad_value(_: psycopg.Error) -> ApiError:
    return Invalid("A value is out of range or has the wrong form.")


def _unavailable(_: psycopg.Error) -> ApiError:
    return Unavailable()


_BY_SQLSTATE: dict[str, Callable[[psycopg.Error], ApiError]] = {
    "WK401": lambda error: TokenRevoked(error.diag.message_primary),  # the guard's sentence
    "WK403": lambda error: Forbidden(error.diag.message_primary),  # the guard's or forbid()'s
    "WK404": _not_found,
    "WK408": lambda _: StillRunning(headers={"Retry-After": "1"}),
    "WK409": lambda _: StillRunning(headers={"Retry-After": "1"}),
    "WK410": _clashed,
    "WK422": _refused,
    "23505": _of_constraint,  # unique_violation
    "23503": _of_constraint,  # foreign_key_violation
    "23514": _of_constraint,  # check_violation
    "23P01": _of_constraint,  # exclusion_violation
    "23502": _missing,  # not_null_violation
    "22001": _bad_value,  # string_data_right_truncation
    "22003": _bad_value,  # numeric_value_out_of_range
    "22007": _bad_value,  # invalid_datetime_format
    "22008": _bad_value,  # datetime_field_overflow
    "22021": _bad_value,  # character_not_in_repertoire: a NUL byte
    "22023": _bad_value,  # invalid_parameter_value: an unknown time zone
    "22P02": _bad_value,  # invalid_text_representation
    "22P05": _bad_value,  # untranslatable_character: a NUL byte in JSON
    "40001": _unavailable,  # serialization_failure, after a second try
    "40P01": _unavailable,  # deadlock_detected, after a second try
    "53300": _unavailable,  # too_many_connections
    "53400": _unavailable,  # configuration_limit_exceeded
    "55P03": _unavailable,  # lock_not_available: a migration holds the table
    "57014": lambda _: DeadlineExceeded(),  # query_canceled, by statement_timeout
    "57P01": _unavailable,  # admin_shutdown
    "57P02": _unavailable,  # crash_shutdown
    "57P03": _unavailable,  # cannot_connect_now
    "57P05": _unavailable,  # idle_session_timeout
    "25P03": _unavailable,  # idle_in_transaction_session_timeout
    "08000": _unavailable,  # connection_exception
    "08001": _unavailable,  # sqlclient_unable_to_establish_sqlconnection
    "08003": _unavailable,  # connection_does_not_exist
    "08004": _unavailable,  # sqlserver_rejected_establishment_of_sqlconnection
    "08006": _unavailable,  # connection_failure
    "25006": _unavailable,  # read_only_sql_transaction: a standby, until it is promoted
    "26000": _unavailable,  # invalid_sql_statement_name, after a second try
}
