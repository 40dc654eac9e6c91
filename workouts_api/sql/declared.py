"""Parameters and columns as a query file declares them, and the types that they may have."""

from __future__ import annotations

from dataclasses import dataclass

# Spelling → PostgreSQL's own name. What is not listed has no adapter in the query module either.
TYPES: dict[str, str] = {
    **{name: name for name in ("text", "name", "date", "interval", "uuid", "bytea", "json", "jsonb", "inet", "cidr")},
    **{name: name for name in ("daterange", "int8range", "tstzrange", "datemultirange", "tstzmultirange", "oid")},
    **dict.fromkeys(("bigint", "int8"), "bigint"),
    **dict.fromkeys(("integer", "int", "int4"), "integer"),
    **dict.fromkeys(("smallint", "int2"), "smallint"),
    **dict.fromkeys(("double precision", "float8"), "double precision"),
    **dict.fromkeys(("real", "float4"), "real"),
    **dict.fromkeys(("numeric", "decimal"), "numeric"),
    **dict.fromkeys(("character varying", "varchar"), "character varying"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
    **dict.fromkeys(("timestamp with time zone", "timestamptz"), "timestamp with time zone"),
    **dict.fromkeys(("timestamp without time zone", "timestamp"), "timestamp without time zone"),
    **dict.fromkeys(("time without time zone", "time"), "time without time zone"),
    "void": "void",
}
_TEXTS = ("text", "character varying", "name")
_SECRET_WORDS = frozenset(
    ("password", "passphrase", "secret", "token", "hash", "sha256", "digest", "code", "key", "otp", "jwt")
)
# How a value of the type is sent: Python's int is always an int8, its float a float8, its str a text.
_SENT_AS = {
    **dict.fromkeys(("integer", "smallint"), "bigint"),
    **dict.fromkeys(("character varying", "name"), "text"),
    "real": "double precision",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """``@param name type[?] [secret|shown] = sample``; the type as written, the sample as SQL."""

    name: str
    type: str
    nullable: bool
    sample: str
    line: int = 0
    secrecy: str | None = None

    @property
    def is_secret(self) -> bool:
        """Whether a call's value may never be kept. Without a word of the file, bytea and the name decide."""
        if self.secrecy:
            return self.secrecy == "secret"
        base = canonical_type(self.type).removesuffix("[]")
        return base == "bytea" or (base in _TEXTS and not _SECRET_WORDS.isdisjoint(self.name.split("_")))

    @property
    def sent_type(self) -> str:
        """PostgreSQL's name of the type that the server is told."""
        base, brackets = canonical_type(self.type), ""
        if base.endswith("[]"):
            base, brackets = base[:-2], "[]"
        return _SENT_AS.get(base, base) + brackets


@dataclass(frozen=True, slots=True)
class Column:
    """``@column name type[!]``; with ``!`` it is never null."""

    name: str
    type: str
    nullable: bool
    line: int = 0


def canonical_type(name: str) -> str:
    """PostgreSQL's own name of a type, "" if the query module doesn't know it."""
    base = " ".join(name.lower().split())
    brackets = "[]" if base.endswith("[]") else ""
    canonical = TYPES.get(base.removesuffix("[]").rstrip())
    return canonical + brackets if canonical else ""
