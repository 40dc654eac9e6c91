"""The rules of ``workouts db lint``: what makes a statement dangerous, and what to do instead.

A rule looks at a statement's outline, or at one action of an ``alter table``: small letters, strings and everything in
brackets blanked out. The tables that the file itself makes are left out before.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .statements import CONCURRENTLY


class Rule(NamedTuple):
    """Its name, the beginning that it is about, and a sentence: what happens, and what to do instead."""

    name: str
    pattern: re.Pattern[str]
    message: str


def _rule(name: str, pattern: str, message: str) -> Rule:
    return Rule(name, re.compile(pattern, re.DOTALL | re.VERBOSE), message)


_ADD = r"add \s+ (?:column\s+)? (?! (?:constraint|check|foreign|unique|primary|exclude)\b ) \S+ \s"
_ADD_CONSTRAINT = r"add \s+ (?:constraint\s+\S+\s+)?"

STATEMENTS = (
    _rule(
        "drop-table",
        r"drop \s+ table\b",
        "the last release may still use it: drop it with the release after the one that does not name it",
    ),
    _rule(
        "drop-in-use",
        r"""drop \s+ (?:view|materialized\s+view|function|procedure|routine|aggregate|type|domain|sequence|schema
            |trigger|policy|extension)\b""",
        "the last release may still need it: drop it with the next release",
    ),
    _rule("truncate", r"truncate\b", "all rows are lost, under a lock that blocks reads: delete in batches"),
    _rule(
        "rewrite",
        r"vacuum \s+ (?:full|\() | cluster\b",
        "the whole table is rewritten under a lock that blocks reads: leave it to autovacuum",
    ),
    _rule("lock", r"lock\b", "it is held to the end of the file: keep the file short, in the application's order"),
    _rule(
        "limits-off",
        r"""set \s+ (?:session\s+|local\s+)? (?:lock_timeout|transaction_timeout|idle_in_transaction_session_timeout)\b
            | set \s+ (?:session\s+|local\s+)? statement_timeout\b""",
        "the runner's limits keep others from waiting for it: -- migrate:timeout for a statement, none for a lock",
    ),
    _rule(
        "triggers-off",
        r"set \s+ (?:session\s+|local\s+)? session_replication_role\b",
        "foreign keys and triggers look at nothing meanwhile: have a trigger look at a setting of its own instead",
    ),
    _rule(
        "numbers-again",
        r"alter \s+ sequence\b .* \brestart\b",
        "numbers that rows have come again, and inserts fail: leave the sequence, or restart it above the highest",
    ),
    _rule(
        "numbers-again",
        r"select\b .* \bsetval \s* \(",
        "numbers that rows have may come again, and inserts fail: leave the sequence, or set it to the highest",
    ),
    _rule(
        "another-owner",
        r"""set \s+ (?:session\s+|local\s+)? (?:role|session\s+authorization)\b
            | reset \s+ (?:role|session\s+authorization|all)\b""",
        "what follows belongs to another role, and the application may not use it: leave the role to the runner",
    ),
    _rule(
        "drop-owned",
        r"(?:drop|reassign) \s+ owned\b",
        "it concerns objects and rights that nobody has named: name each of them",
    ),
    _rule(
        "rewrite",
        r"alter \s+ (?:index|materialized\s+view)\b .* \bset\s+tablespace\b",
        "all of it is copied under a lock that blocks reads: reindex (concurrently, tablespace …) for an index",
    ),
    _rule(
        "rewrites-statements",
        r"create \s+ (?:or\s+replace\s+)? rule\b",
        "old code's statements do something else from then on, and nobody sees it: write a trigger",
    ),
    _rule(
        "grant-to-all",
        r"grant\b .* \bto\b .* \bpublic\b",
        "every role that may sign in gets it: name the roles that need it",
    ),
    _rule("revoke", r"revoke\b", "the last release may still need the privilege: revoke it with the next release"),
    _rule(
        "rename",
        r"alter \s+ (?:view|function|sequence|type|schema)\b .* \brename\s+to\b",
        "old code has the old name: add the new one beside it, and drop the old one with the next release",
    ),
    _rule(
        "index-blocks",
        r"drop \s+ index \s+ (?!concurrently)",
        "it waits for all readers and blocks new ones: drop index concurrently, transaction:false",
    ),
    _rule(
        "index-blocks",
        rf"reindex\b (?!.*{CONCURRENTLY})",
        "it blocks writes: reindex … concurrently, transaction:false",
    ),
    _rule(
        "view-blocks",
        r"refresh \s+ materialized \s+ view \s+ (?!concurrently)",
        "it blocks reads: refresh materialized view concurrently",
    ),
)

ACTIONS = (
    _rule(
        "replica-identity",
        r"replica \s+ identity \s+ nothing\b",
        "under a publication its updates and deletes fail: leave the primary key",
    ),
    _rule(
        "drop-column",
        r'drop \s+ (?:column\s+)? (?! (?:constraint|default|not\s+null|identity|expression)\b ) [\w"]',
        "old code names it: drop it with the release after the one that does not name it",
    ),
    _rule(
        "rename",
        r"rename\b (?!\s+constraint)",
        "old code has the old name: add the new one beside it, write both, drop the old one later",
    ),
    _rule(
        "change-type",
        r"alter \s+ (?:column\s+)? \S+ \s+ (?:set\s+data\s+)? type\b",
        "it may rewrite the table under a lock that blocks reads: a new column, both written, backfill, switch",
    ),
    _rule(
        "unique-blocks",
        _ADD_CONSTRAINT + r"(?:unique|primary\s+key)\b (?!.*\busing\s+index\b)",
        "it builds an index under a lock that blocks reads: create unique index concurrently, then add … using index",
    ),
    _rule(
        "exclude-blocks",
        _ADD_CONSTRAINT + r"exclude\b",
        "it builds an index under a lock that blocks reads, and cannot do otherwise: only on a small table",
    ),
    _rule(
        "constraint-scans",
        _ADD_CONSTRAINT + r"(?:check|foreign\s+key)\b (?!.*\bnot\s+valid\b)",
        "it reads the table under its lock: add it not valid, and validate it in the next file",
    ),
    _rule(
        "constraint-scans",
        _ADD + r".* \b(?:references|check)\b",
        "it reads the table under its lock: add the constraint by itself, not valid, and validate it in the next file",
    ),
    _rule(
        "rewrite",
        r"set \s+ (?:logged|unlogged|tablespace|access\s+method)\b",
        "the whole table is rewritten under a lock that blocks reads: not while the application runs",
    ),
    _rule(
        "rewrite",
        _ADD + r"\s* (?:(?:small|big)?serial\b | .* \bgenerated\b)",
        "the table is rewritten to fill the column: add it without that, and fill it in batches",
    ),
    _rule(
        "not-null-added",
        _ADD + r"(?!.*\bdefault\b) (?!.*\bgenerated\b) .* \bnot\s+null\b",
        "it fails where there are rows, and old code does not fill it: give it a constant default",
    ),
    _rule(
        "numbers-again",
        r"alter \s+ (?:column\s+)? \S+ \s+ restart\b",
        "numbers that rows have come again, and inserts fail: leave them, or restart above the highest",
    ),
    _rule(
        "partition-scans",
        r"attach \s+ partition\b",
        "rows are read under a lock: first a check of the partition's bounds, not valid, validated",
    ),
    _rule(
        "partition-blocks",
        r"detach \s+ partition\b (?!.*\bconcurrently\b)",
        "it waits for all readers and blocks new ones: detach partition … concurrently, transaction:false",
    ),
    _rule(
        "triggers-off",
        r"disable \s+ (?:trigger|rule)\b",
        "all writes meanwhile miss what it does, also those of others: have it look at a setting instead",
    ),
    _rule(
        "row-security",
        r"(?:enable|force) \s+ row \s+ level \s+ security\b",
        "without a policy the application sees no row: create the policies first",
    ),
    _rule(
        "owner", r"owner \s+ to\b", "every object belongs to workouts_owner, else later migrations may not change it"
    ),
)
