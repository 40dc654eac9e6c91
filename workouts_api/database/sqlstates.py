"""From the server's errors to ours: SQLSTATEs that a caller can cause, and those that tell the server's own state.

What is in neither list is a mistake of ours, and a 500.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import orjson
import psycopg

from workouts_api.database.constraints import CONSTRAINTS
from workouts_api.database.pipeline import Unanswered
from workouts_api.errors import (
    ApiError,
    Conflict,
    DeadlineExceeded,
    Forbidden,
    InternalError,
    Invalid,
    NotFound,
    OutcomeUnknown,
    QuotaReached,
    SignInAgain,
    StillRunning,
    TokenRevoked,
    TooManyRequests,
    Unavailable,
)


def translate(error: psycopg.Error) -> ApiError:
    """The error to answer with. Its message never holds the driver's."""
    if isinstance(error, Unanswered):
        return DeadlineExceeded()
    make = _BY_SQLSTATE.get(error.sqlstate or "")
    if make is not None:
        return make(error)
    if (trouble := trouble_of(error)) is not None:
        return Unavailable(f"{trouble.sentence} Nothing was done.", retry_after=trouble.retry_after)
    if error.sqlstate is None and (isinstance(error, psycopg.OperationalError) or type(error) is psycopg.DatabaseError):
        return Unavailable()  # libpq's own: no connection, or lost
    return InternalError()


class Trouble(NamedTuple):
    """A state in which the server cannot do what is asked. The request is not wrong."""

    name: str
    """As readiness and log have it."""
    sentence: str
    retry_after: int = 1
    """Seconds: more than one where it lasts for longer than a moment; readiness tells of it then."""


def trouble_of(error: psycopg.Error) -> Trouble | None:
    """The server's state that an error tells of, by SQLSTATE or class. None if the error is not about its state."""
    code = error.sqlstate or ""
    return _TROUBLES.get(code) or _TROUBLES.get(code[:2])


def _of_constraint(error: psycopg.Error) -> ApiError:
    rule = CONSTRAINTS.get(error.diag.constraint_name or "")
    if rule is None:
        return InternalError()
    return rule.error(rule.sentence, details={rule.field: [rule.sentence]})


def _too_many(error: psycopg.Error) -> ApiError:
    """What permit_guess() or permit_mail() raised: a sentence of ours, and the seconds to wait."""
    return TooManyRequests(error.diag.message_primary, headers={"Retry-After": error.diag.message_detail or "60"})


def _missing(error: psycopg.Error) -> ApiError:
    column = error.diag.column_name or "body"
    return Invalid(details={column: ["A value is needed here."]})


def _refused(error: psycopg.Error) -> ApiError:
    """What refuse() raised, or its like of several fields: field and sentence are written in a .sql file of ours."""
    sentence = error.diag.message_primary or "This is not valid."
    several = error.diag.message_detail
    return Invalid(
        sentence, details=orjson.loads(several) if several else {error.diag.column_name or "body": [sentence]}
    )


def _clashed(error: psycopg.Error) -> ApiError:
    """What clash() or clash_all() raised."""
    sentence = error.diag.message_primary or ""
    several = error.diag.message_detail
    return Conflict(sentence, details=orjson.loads(several) if several else {error.diag.column_name or "": [sentence]})


def _not_found(error: psycopg.Error) -> ApiError:
    """What no_such() raised; its sentence is ours, too."""
    return NotFound(error.diag.message_primary)


def _quota_reached(error: psycopg.Error) -> ApiError:
    """What within_quota() raised."""
    return QuotaReached(error.diag.message_primary, details=orjson.loads(error.diag.message_detail or "{}"))


def _bad_value(_: psycopg.Error) -> ApiError:
    return Invalid("A value is out of range or has the wrong form.")


_BY_SQLSTATE: dict[str, Callable[[psycopg.Error], ApiError]] = {
    "WK429": _too_many,
    "WK401": lambda error: TokenRevoked(error.diag.message_primary),  # the guard's sentence
    "WK403": lambda error: Forbidden(error.diag.message_primary),  # the guard's or forbid()'s
    "WK404": _not_found,
    "WK407": lambda _: SignInAgain(details={"password": ["Expected your password, or a new sign-in."]}),
    "WK408": lambda _: StillRunning(headers={"Retry-After": "1"}),
    "WK409": lambda _: StillRunning(headers={"Retry-After": "1"}),
    "WK410": _clashed,
    "WK422": _refused,
    "WK503": lambda _: Unavailable(retry_after=1),  # a replica's; the primary was asked then
    "WK507": _quota_reached,
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
    "57014": lambda _: DeadlineExceeded(),  # query_canceled, by statement_timeout
    "25P04": lambda _: DeadlineExceeded(),  # transaction_timeout
    "08007": lambda _: OutcomeUnknown(),  # transaction_resolution_unknown
    "40003": lambda _: OutcomeUnknown(),  # statement_completion_unknown
}

_UNREACHABLE = Trouble("unreachable", "The database cannot be reached at the moment.")
_ENDING = Trouble("ending", "The database ended the connection; it may be stopping or starting.")
_CONTENDED = Trouble("contended", "Others changed the same at this moment.")
_LOCKED = Trouble("locked", "What this needs is locked in the database at the moment.")
_READ_ONLY = Trouble("read_only", "The database can only be read at the moment.", 5)
_RESOURCES = Trouble("out_of_resources", "The database is short of resources at the moment.", 5)
_STORAGE = Trouble("storage_failure", "The database's storage fails.", 30)
_DAMAGED = Trouble("data_damaged", "The database has found damage in its own files.", 60)

# By SQLSTATE, or by class where all of it means the same.
_TROUBLES: dict[str, Trouble] = {
    "08": _UNREACHABLE,  # connection_exception; poolers between us and the server say 08P01 for all that they refuse
    "25006": _READ_ONLY,  # read_only_sql_transaction: a standby, or default_transaction_read_only
    "25P03": Trouble(
        "idle", "The database ended a transaction that stood still."
    ),  # idle_in_transaction_session_timeout
    "26000": Trouble("restarted", "The database forgot a statement."),  # invalid_sql_statement_name, after a second try
    "28": Trouble("sign_in_refused", "The database refuses the API's sign-in.", 30),  # password or pg_hba.conf changed
    "3D000": Trouble("missing", "The database is not there.", 30),  # invalid_catalog_name: dropped or renamed
    "40": _CONTENDED,  # transaction_rollback, after a second try: serialization_failure, deadlock_detected
    "53": _RESOURCES,  # insufficient_resources
    "53100": Trouble("disk_full", "The database's disk is full.", 30),
    "53200": Trouble("out_of_memory", "The database is out of memory at the moment.", 5),
    "53300": Trouble("too_many_connections", "The database has too many connections at the moment.", 2),
    "53400": Trouble("limit_reached", "The database has reached a limit of its configuration.", 5),
    "55000": Trouble("not_ready", "The database is not in a state for this at the moment.", 5),  # while it recovers
    "55006": _LOCKED,  # object_in_use
    "55P03": _LOCKED,  # lock_not_available: a migration holds the table
    "57": _ENDING,  # operator_intervention: shutdown, crash of another process, starting, dropped, idle timeout
    "58": _STORAGE,  # system_error: an I/O error, a file that is missing or in the way
    "72": _CONTENDED,  # snapshot_too_old
    "F0": Trouble("misconfigured", "The database's configuration is broken.", 30),  # config_file_error
    "XX001": _DAMAGED,  # data_corrupted
    "XX002": _DAMAGED,  # index_corrupted
}
