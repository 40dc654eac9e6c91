"""What marshmallow says of a wrong value, in this API's words: what was expected, rather than that it is not valid."""

from __future__ import annotations

from marshmallow import fields, validate

MISSING, UNKNOWN = "Expected a value: it is missing.", "Expected no field of this name."
_A_DAY = "Expected a day as YYYY-MM-DD, such as 2026-01-05."
AN_ADDRESS = "Expected an e-mail address, such as ada@example.com."
_AN_INSTANT = "Expected an instant, such as 2026-01-05T18:30:00Z."

_OF_FIELDS: dict[type[fields.Field], dict[str, str]] = {  # type: ignore[type-arg] # of values of any type
    fields.Field: {
        "required": MISSING,
        "null": "Expected a value, not null.",
        "validator_failed": "Expected another value.",
    },
    fields.Nested: {"type": "Expected an object."},
    fields.List: {"invalid": "Expected a list."},
    fields.String: {"invalid": "Expected a text.", "invalid_utf8": "Expected a text in UTF-8."},
    fields.Email: {"invalid": AN_ADDRESS},
    fields.UUID: {"invalid_uuid": "Expected a UUID."},
    fields.Number: {"invalid": "Expected a number.", "too_large": "Expected a smaller number."},
    fields.Integer: {"invalid": "Expected a whole number."},
    fields.Float: {"special": "Expected a number."},
    fields.Boolean: {"invalid": "Expected true or false."},
    fields.DateTime: {"invalid": _AN_INSTANT, "invalid_awareness": _AN_INSTANT, "format": _AN_INSTANT},
    fields.Date: {"invalid": _A_DAY, "invalid_awareness": _A_DAY, "format": _A_DAY},
    fields.Mapping: {"invalid": "Expected an object."},
}


def say_what_is_expected() -> None:
    """To be called before schemas are made: their fields read the sentences then. Calling it twice has no effect."""
    for field, sentences in _OF_FIELDS.items():
        field.default_error_messages = vars(field).get("default_error_messages", {}) | sentences
    validate.OneOf.default_message = "Expected one of {choices}."
    validate.Equal.default_message = "Expected {other}."
    validate.Regexp.default_message = "Expected another form."
    validate.Range.message_gte, validate.Range.message_gt = "at least", "more than"
    validate.Range.message_lte, validate.Range.message_lt = "at most", "less than"
    validate.Range.message_min = "Expected {min_op} {{min}}."
    validate.Range.message_max = "Expected {max_op} {{max}}."
    validate.Range.message_all = "Expected {min_op} {{min}} and {max_op} {{max}}."
    validate.Length.message_min = "Expected a length of at least {min}."
    validate.Length.message_max = "Expected a length of at most {max}."
    validate.Length.message_all = "Expected a length from {min} to {max}."
    validate.Length.message_equal = "Expected a length of {equal}."
