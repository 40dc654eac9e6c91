"""What all chapters' schemas share: strictness, texts, instants, ids, pages, and the error envelope.

marshmallow validates what comes in and documents what goes out; that replies match is the tests' task, not paid for
at run time.
"""

from __future__ import annotations

from workouts_api.web.schemas.errors import ErrorReply
from workouts_api.web.schemas.ids import MAX_ID, Identifier, IdentifierInQuery, WholeInQuery
from workouts_api.web.schemas.paging import CountedPageQuery, Page, PageQuery, Query, page_of
from workouts_api.web.schemas.strict import Items, Schema
from workouts_api.web.schemas.texts import Email, Line, Name, NewEmail, Secret, SignInName, Text, Words
from workouts_api.web.schemas.times import Day, Instant, PastDay, Zone

__all__ = [
    "MAX_ID",
    "CountedPageQuery",
    "Day",
    "Email",
    "ErrorReply",
    "Identifier",
    "IdentifierInQuery",
    "Instant",
    "Items",
    "Line",
    "Name",
    "NewEmail",
    "Page",
    "PageQuery",
    "PastDay",
    "Query",
    "Schema",
    "Secret",
    "SignInName",
    "Text",
    "WholeInQuery",
    "Words",
    "Zone",
    "page_of",
]
