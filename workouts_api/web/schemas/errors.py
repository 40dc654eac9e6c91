"""The envelope of every error."""

from __future__ import annotations

from marshmallow import fields, validate

from workouts_api.errors import ERRORS
from workouts_api.web.schemas.strict import Schema


class ErrorReply(Schema):
    """The envelope of every error."""

    error = fields.String(
        required=True,
        validate=validate.OneOf(sorted(ERRORS)),
        metadata={
            "description": "What a client does then:\n\n"
            + "\n".join(f"- `{code}` ({cls.status}): {cls.then}" for code, cls in sorted(ERRORS.items()))
        },
    )
    message = fields.String(required=True, metadata={"description": "One sentence for a person."})
    details = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "For 422: the fields, with sentences."}
    )
    request_id = fields.String(required=True, metadata={"description": "Also in X-Request-ID and in our log."})
