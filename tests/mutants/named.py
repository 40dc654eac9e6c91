"""Changes that once passed every test, by hand: each must fail one.

``old`` stands exactly once in its file; a test of the suite says so, so that a mutant cannot go stale unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.mutants.changes import Mutant


@dataclass(frozen=True)
class Named:
    """A change in words, and what notices it."""

    what: str
    path: str
    old: str
    new: str
    tests: str

    def mutant(self, root: Path) -> Mutant:
        source = (root / self.path).read_text(encoding="utf-8")
        if source.count(self.old) != 1:
            raise LookupError(f"{self.what}: {self.old!r} stands {source.count(self.old)} times in {self.path}")
        start = source.index(self.old)
        line = source.count("\n", 0, start) + 1
        return Mutant(self.path, start, start + len(self.old), self.new, line, self.what)


NAMED: tuple[Named, ...] = (
    Named(
        "store_reply without its user clause",
        "queries/spine/store_reply.sql",
        "\n  and k.owner_id = coalesce(acting_user_id(), 0)\n  and kept.reply is not null",
        "\n  and kept.reply is not null",
        "tests/spine/test_claims.py tests/spine/test_idempotency.py",
    ),
    Named(
        "a claim without a reply taken back without its user clause",
        "queries/spine/store_reply.sql",
        "\n    and k.owner_id = coalesce(acting_user_id(), 0)\n    and kept.reply is null",
        "\n    and kept.reply is null",
        "tests/spine/test_claims.py tests/spine/test_idempotency.py",
    ),
    Named(
        "a claim kept without a reply",
        "queries/spine/store_reply.sql",
        "    and kept.reply is null",
        "    and false",
        "tests/spine/test_claims.py tests/spine/test_idempotency.py tests/access/test_keys.py",
    ),
    Named(
        "the request's digest without path",
        "workouts_api/web/idempotency.py",
        'f"{request.method} {request.path}"',
        'f"{request.method}"',
        "tests/spine/test_claims.py tests/spine/test_idempotency.py",
    ),
    Named(
        "the request's digest without query string",
        "workouts_api/web/idempotency.py",
        "    _add(digest, sorted(request.args.items(multi=True)))\n",
        "",
        "tests/spine/test_claims.py tests/spine/test_idempotency.py",
    ),
    Named(
        "the request's digest without an upload's content",
        "workouts_api/web/idempotency.py",
        "[name, upload.filename, _digest_of_file(upload.stream)]",
        "[name, upload.filename]",
        "tests/spine/test_claims.py tests/spine/test_idempotency.py",
    ),
    Named(
        "the request's digest unkeyed",
        "workouts_api/web/idempotency.py",
        'f"idempotency {secret or current_key()}"',
        'f"idempotency"',
        "tests/spine/test_claims.py tests/spine/test_idempotency.py",
    ),
    Named(
        "a cursor used at another endpoint",
        "workouts_api/web/schemas/paging.py",
        'f"cursor {request.endpoint} {key}"',
        'f"cursor {key}"',
        "tests/road/test_bad_input.py tests/spine/test_list_variants.py",
    ),
    Named(
        "an invitation by a demoted owner accepted",
        "migrations/repeatable/invitations.sql",
        "(m.role = 'owner' or invitation.kind = 'athlete')",
        "true",
        "tests/invitations",
    ),
    Named(
        "an expired invitation shown",
        "migrations/repeatable/invitations.sql",
        "\n    and invitation.expires_at > statement_timestamp()",
        "",
        "tests/invitations",
    ),
    Named(
        "an invitation by somebody who was deactivated",
        "migrations/repeatable/invitations.sql",
        "\n        and u.is_active",
        "",
        "tests/invitations",
    ),
    Named(
        "a key file of another user",
        "workouts_api/tunnel/credentials.py",
        '    if belongs_to_another(found):\n        raise TunnelError(f"SSH_KEY_FILE',
        '    if False:\n        raise TunnelError(f"SSH_KEY_FILE',
        "tests/tunnel/test_credentials.py tests/config",
    ),
    Named(
        "leases never cleared",
        "workouts_api/web/limits.py",
        "            self._leases.clear()\n",
        "            pass\n",
        "tests/limits",
    ),
    Named(
        "jobs under way taken over by another worker",
        "workouts_api/jobs/worker.py",
        "  and j.id <> all (%(running)s::bigint[])\n",
        "  and %(running)s::bigint[] is not null\n",
        "tests/jobs",
    ),
    Named(
        "jobs of the last minute taken for lost",
        "workouts_api/jobs/worker.py",
        "      and e.at > now() - make_interval(secs => %(lost_s)s)\n",
        "      and e.at > now() - make_interval(secs => %(lost_s)s * 0)\n",
        "tests/jobs",
    ),
    Named(
        "no parent check in the supervisor",
        "workouts_api/host/supervisor.py",
        "if os.getppid() != parent:",
        "if False:",
        "tests/serve/test_children.py",
    ),
    Named(
        "a stream without cancel",
        "workouts_api/database/pipeline.py",
        "                self._cancel()\n",
        "                pass\n",
        "tests/spine/test_database_edges.py",
    ),
    Named(
        "the parameters of a stream not sent to their end",
        "workouts_api/database/pipeline.py",
        "            self.wait(generators.send(self.pgconn))\n",
        "",
        "tests/spine/test_pipeline.py",
    ),
    Named(
        "a commit that rolled back taken for done",
        "workouts_api/database/access.py",
        'committed.command_status != b"COMMIT"',
        "False",
        "tests/spine/test_database_facts.py",
    ),
    Named(
        "a session's DateStyle left as the server has it",
        "workouts_api/database/pool.py",
        "told and told not in usual",
        "False",
        "tests/spine/test_sessions_of_the_server.py",
    ),
    Named(
        "a migration that outlives its runner",
        "workouts_api/migrate/executor.py",
        "ends=not may_outlive_us",
        "ends=False",
        "tests/migrate/test_killed.py",
    ),
    Named(
        "an athlete of the far west gone a day early",
        "migrations/repeatable/presence.sql",
        "t.left_on > (statement_timestamp() at time zone 'UTC')::date - 1)",
        "t.left_on > (statement_timestamp() at time zone 'UTC')::date)",
        "tests/teams/test_presence.py",
    ),
    Named(
        "min(timeout, left) as timeout",
        "workouts_api/database/access.py",
        "min(statement.timeout_ms, left_ms)",
        "statement.timeout_ms",
        "tests/spine/test_deadlines.py",
    ),
    Named(
        "the pool's wait beyond the deadline",
        "workouts_api/database/pool.py",
        "min(time.monotonic() + patience, who.deadline)",
        "time.monotonic() + patience",
        "tests/spine/test_deadlines.py",
    ),
    Named(
        "an imported workout that was deleted paired before one that is there",
        "migrations/repeatable/claim_athlete.sql",
        "order by i.session_id nulls last",
        "order by i.session_id nulls first",
        "tests/invitations/test_claim.py",
    ),
    Named(
        "a kept athlete inherited by a coach before an owner",
        "migrations/repeatable/hand_over.sql",
        "order by k.id, m.role desc, m.joined_on",
        "order by k.id, m.joined_on",
        "tests/teams/test_hand_over.py",
    ),
    Named(
        "a claim that waits for its like as long as the request lasts",
        "migrations/repeatable/idempotency.sql",
        "perform set_config('lock_timeout', '2s', true);",
        "",
        "tests/spine/test_claims.py tests/spine/test_idempotency.py",
    ),
    Named(
        "the claim's limit left to the change",
        "migrations/repeatable/idempotency.sql",
        "set_config('lock_timeout', '0', true)",
        "set_config('lock_timeout', '2s', true)",
        "tests/spine/test_claims.py tests/spine/test_idempotency.py",
    ),
    Named(
        "a volume that is off by less than a kilogram left as it is",
        "queries/jobs/mend_sessions.sql",
        "> 0.0001",
        "> 1",
        "tests/jobs/test_mending.py",
    ),
    Named(
        "an older value learnt from Redis",
        "workouts_api/web/cache.py",
        "if slot.found_at < found_at <= time.time():",
        "if found_at <= time.time():",
        "tests/spine/test_cache.py",
    ),
    Named(
        "a body without a length read before the guard was asked",
        "workouts_api/api/auth/access.py",
        "request.content_length is None or request.content_length > size",
        "(request.content_length or 0) > size",
        "tests/administration/test_create_users.py",
    ),
    Named(
        "an import that compares with the exercise that was merged",
        "queries/imports/match_import_sessions.sql",
        "case when x.merged_into is null then x.id else merged_exercise_id(x.id) end as exercise_id",
        "x.id as exercise_id",
        "tests/imports/test_known_workouts.py",
    ),
    Named(
        "a number of 350 zeros taken for 0",
        "workouts_api/web/bodies.py",
        '_ZEROS = b"0" * 200',
        '_ZEROS = b"0" * 400',
        "tests/spine/test_read_back.py",
    ),
    Named(
        "a worker that keeps the memory of its hashes",
        "workouts_api/web/gunicorn_config.py",
        "    give_large_blocks_back()\n",
        "",
        "tests/road/test_memory.py",
    ),
    Named(
        "a guard that waits for a lock without end",
        "migrations/repeatable/guard.sql",
        "  perform set_config('lock_timeout', guard.timeout_ms::text, true);\n",
        "",
        "tests/spine/test_request_timeout.py",
    ),
    Named(
        "a guard of keys that waits for a lock without end",
        "migrations/repeatable/guard.sql",
        "  perform set_config('lock_timeout', key_guard.timeout_ms::text, true);\n",
        "",
        "tests/spine/test_request_timeout.py",
    ),
    Named(
        "a write that does not wait for a claim of its user's athlete",
        "migrations/repeatable/guard.sql",
        "  if guard.writes then",
        "  if false then",
        "tests/races/test_claims.py",
    ),
    Named(
        "a record for an athlete whom somebody else got meanwhile",
        "migrations/repeatable/visibility.sql",
        "    and lock_writable_athlete.viewer_id in (a.user_id, a.kept_by)\n  for share;",
        "    and lock_writable_athlete.viewer_id in (a.user_id, a.kept_by);",
        "tests/races/test_claims.py",
    ),
    Named(
        "pages of somebody that are not counted",
        "workouts_api/pages/signing_in.py",
        "        spend_for(who)\n",
        "        pass\n",
        "tests/limits/test_limits.py",
    ),
    Named(
        "pages of nobody that are not counted",
        "workouts_api/pages/signing_in.py",
        "            spend_for_address()\n            raise",
        "            raise",
        "tests/limits/test_limits.py",
    ),
    Named(
        "a form of another site that is sent once more",
        "workouts_api/pages/signing_in.py",
        'return request.method == "GET" and request.headers',
        "return request.headers",
        "tests/pages/test_signing_in.py",
    ),
    Named(
        "a load of unrated sessions shown as 0",
        "workouts_api/pages/views.py",
        "and (without_end or without_rating):",
        "and without_end:",
        "tests/pages/test_report.py",
    ),
    Named(
        "bars of which a part is unknown without a mark",
        "workouts_api/pages/charts.py",
        "if value is None or (marks and marks[n])]",
        "if value is None]",
        "tests/pages/test_charts.py",
    ),
    Named(
        "guesses at a key counted for all addresses together",
        "workouts_api/web/limits.py",
        'f"key {who.user_id} {_address()}"',
        'f"key {who.user_id}"',
        "tests/limits/test_limits.py",
    ),
    Named(
        "Redis asked for each request that is refused",
        "workouts_api/web/limits.py",
        "lease.left <= 0 < lease.others",
        "lease.left <= 0",
        "tests/limits/test_limits.py",
    ),
    Named(
        "a limit taken for spent with every tenth request",
        "workouts_api/web/limits.py",
        "and lease.left <= 0 >= lease.others",
        "and lease.left <= 0",
        "tests/limits/test_limits.py",
    ),
    Named(
        "304 in reply to a write",
        "workouts_api/web/replies.py",
        'if request.method in ("GET", "HEAD") and _has',
        "if _has",
        "tests/spine/test_etags.py",
    ),
    Named(
        "a client's deadline later than the server's",
        "workouts_api/web/frame.py",
        "who.deadline = min(who.deadline, time.monotonic() - waited + _seconds(environ[TIMEOUT]))",
        "who.deadline = time.monotonic() - waited + _seconds(environ[TIMEOUT])",
        "tests/spine/test_request_timeout.py",
    ),
    Named(
        "a guessed end that is still to come",
        "migrations/repeatable/session_live.sql",
        ", date_trunc('second', now()))\n  )",
        ")\n  )",
        "tests/sessions/test_guessed_ends.py",
    ),
    Named(
        "a record taken away by what is planned",
        "migrations/repeatable/session_live.sql",
        "      and (s.status = 'done' or s.id = written.session_id)\n",
        "",
        "tests/sessions/test_records_of_sets.py",
    ),
    Named(
        "used invitations counted",
        "migrations/repeatable/quotas.sql",
        "        and i.uses_left > 0\n",
        "",
        "tests/account/test_quotas.py",
    ),
    Named(
        "a day seen by who became a coach on the day of leaving",
        "migrations/repeatable/visibility.sql",
        "m.joined_on < t.left_on",
        "m.joined_on <= t.left_on",
        "tests/teams/test_visible_days.py",
    ),
    Named(
        "a set that is not written again where many were",
        "migrations/repeatable/session_sets.sql",
        "when c.edits_then > 5000 and not c.was_edited then",
        "when c.edits_then > 5000 then",
        "tests/sessions/test_put_set.py",
    ),
    Named(
        "unrated sessions before a stay in the team's table",
        "queries/reports/team_table.sql",
        "greatest(p.joined_on, p.today - 62)",
        "p.today - 62",
        "tests/reports/test_get_team_table.py",
    ),
    Named(
        "what was felt before a stay in the team's table",
        "queries/reports/team_table.sql",
        "greatest(p.joined_on, p.today - 6)",
        "p.today - 6",
        "tests/reports/test_get_team_table.py",
    ),
    Named(
        "a mean of three ratings by two teammates",
        "queries/reports/training_load.sql",
        "having count(distinct x.athlete_id) >= 3",
        "having count(*) >= 3",
        "tests/reports/test_get_training_load.py",
    ),
    Named(
        "a report of an exercise that the viewer does not see",
        "queries/reports/exercise_report.sql",
        "(p.seen_days is null or sees_exercise(:viewer_id, p.athlete_id, e.id))",
        "true",
        "tests/teams/test_visible_days.py",
    ),
    Named(
        "hard sets of days that are not seen",
        "queries/reports/hard_sets.sql",
        "    and (p.seen_days is null or s.local_on <@ p.seen_days)\n",
        "",
        "tests/teams/test_unseen_days.py",
    ),
    Named(
        "records by time of days that are not seen",
        "queries/reports/list_records.sql",
        "or t.local_on <@ (select p.seen_days from period as p))",
        "or true)",
        "tests/teams/test_unseen_days.py",
    ),
    Named(
        "records by load of days that are not seen",
        "queries/reports/list_records.sql",
        "or c.local_on <@ (select p.seen_days from period as p))",
        "or true)",
        "tests/teams/test_unseen_days.py",
    ),
    Named(
        "a session in progress on a day that is not seen",
        "queries/sessions/get_current_session.sql",
        "  and (who.seen_days is null or s.local_on <@ who.seen_days)\n",
        "",
        "tests/teams/test_unseen_days.py",
    ),
    Named(
        "a merge whose undoing forgets what stayed",
        "queries/sessions/replace_session.sql",
        "      or u.exercise_no <> all(g.exercise_nos)\n",
        "",
        "tests/sessions/test_numbers.py",
    ),
    Named(
        "an heir of a team that the athlete has left",
        "migrations/repeatable/hand_over.sql",
        "join workouts.present_athletes() as p on p.athlete_id = k.id",
        "join workouts.team_athletes as p on p.athlete_id = k.id",
        "tests/teams/test_hand_over.py",
    ),
    Named(
        "a birthday lost in a claim",
        "migrations/repeatable/claim_athlete.sql",
        "coalesce(kept.born_on, own.born_on)",
        "kept.born_on",
        "tests/invitations/test_claim.py",
    ),
    Named(
        "a slip of the days before taken for their best",
        "migrations/repeatable/session_doubts.sql",
        "        and not workouts.is_slip_upwards(l.weight_kg / p.median)\n",
        "",
        "tests/sessions/test_doubts.py",
    ),
    Named(
        "a last batch without its note in the ledger",
        "workouts_api/migrate/batches.py",
        "            ledger.statement_done(run.conn, run.file.version, digest)\n    return changed",
        "            pass\n    return changed",
        "tests/migrate/test_batches.py",
    ),
)
