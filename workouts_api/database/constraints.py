"""The constraint table: for every constraint of the schema the field that it speaks of and its sentence.

A test walks the catalogue: a constraint without its entry fails the suite.
"""

from __future__ import annotations

from typing import NamedTuple

from workouts_api.errors import ApiError, Conflict, Invalid


class Rule(NamedTuple):
    error: type[ApiError]
    field: str
    sentence: str


def _invalid(field: str, sentence: str) -> Rule:
    return Rule(Invalid, field, sentence)


def _conflict(field: str, sentence: str) -> Rule:
    return Rule(Conflict, field, sentence)


_GENERATED = _conflict("id", "This id is taken.")  # identity columns: only after a sequence was restored wrongly
_NOBODY = _invalid("user_id", "There is no such user.")
_KNOWN_ZONE = _invalid("zone", "Expected an IANA time zone that the server knows, such as Europe/Berlin.")
_NO_ATHLETE = _invalid("athlete_id", "There is no such athlete.")
_NO_TEAM = _invalid("team_id", "There is no such team.")
_NO_EXERCISE = _invalid("exercise_id", "There is no such exercise.")
_NO_SESSION = _invalid("session_id", "There is no such session.")
_NO_IMPORT = _invalid("import_id", "There is no such import.")
_KNOWN_SOURCE = _invalid("source", "This source of training is not known.")


def _visible(field: str) -> Rule:
    return _invalid(field, "A name holds only characters that can be seen.")


CONSTRAINTS: dict[str, Rule] = {
    "users_username_can_be_read": _visible("username"),
    "users_full_name_can_be_read": _visible("full_name"),
    "registrations_username_can_be_read": _visible("username"),
    "registrations_full_name_can_be_read": _visible("full_name"),
    "athletes_name_can_be_read": _visible("name"),
    "teams_name_can_be_read": _visible("name"),
    "teams_headquarters_can_be_read": _visible("headquarters"),
    "exercises_name_can_be_read": _visible("name"),
    "exercise_aliases_alias_can_be_read": _visible("aliases"),
    "api_keys_name_can_be_read": _visible("name"),
    "sets_weight_is_no_trifle": _invalid("weight_kg", "A weight is 0, or at least 0.0001 kg."),
    "sets_distance_is_no_trifle": _invalid("distance_m", "A distance is 0, or at least 0.0001 m."),
    "exercise_muscles_share_is_no_trifle": _invalid("muscles", "A share is at least 0.000001."),
    # people
    "users_pkey": _GENERATED,
    "users_email_key": _conflict("email", "This e-mail address is registered already."),
    "users_username_key": _conflict("username", "This username is taken."),
    "users_email_is_short": _invalid("email", "An e-mail address has at most 254 characters."),
    "users_email_has_an_at": _invalid("email", "This is not an e-mail address."),
    "users_email_is_normal": _invalid("email", "This e-mail address holds characters that look like others."),
    "users_username_is_2_to_64_long": _invalid("username", "A username has 2 to 64 characters."),
    "users_username_has_no_at": _invalid("username", "A username has no @."),
    "users_username_is_normal": _invalid("username", "This username holds characters that look like others."),
    "users_full_name_is_short": _invalid("full_name", "A name has at most 200 characters."),
    "logins_pkey": _GENERATED,
    "logins_user_id_fkey": _NOBODY,
    "logins_refresh_hash_is_sha256": _invalid("refresh_token", "This is not a refresh token."),
    "logins_previous_hash_is_sha256": _invalid("refresh_token", "This is not a refresh token."),
    "logins_device_is_short": _invalid("device", "A device's name has at most 300 characters."),
    "logins_revoked_why_known": _invalid("revoked_why", "This reason is not known."),
    "logins_revoked_with_reason": _invalid("revoked_why", "A sign-in is ended with a reason."),
    "registrations_pkey": _GENERATED,
    "registrations_username_key": _conflict("username", "This username is taken."),
    "registrations_token_sha256_key": _conflict("token", "This token was given out already."),
    "registrations_email_is_short": _invalid("email", "An e-mail address has at most 254 characters."),
    "registrations_email_is_normal": _invalid("email", "This e-mail address holds characters that look like others."),
    "registrations_username_is_2_to_64_long": _invalid("username", "A username has 2 to 64 characters."),
    "registrations_username_has_no_at": _invalid("username", "A username has no @."),
    "registrations_username_is_normal": _invalid("username", "This username holds characters that look like others."),
    "registrations_full_name_is_short": _invalid("full_name", "A name has at most 200 characters."),
    "registrations_token_sha256_is_sha256": _invalid("token", "This is not the digest of a token."),
    "email_changes_pkey": _GENERATED,
    "email_changes_user_id_fkey": _NOBODY,
    "email_changes_old_email_is_short": _invalid("email", "An e-mail address has at most 254 characters."),
    "email_changes_new_email_is_short": _invalid("email", "An e-mail address has at most 254 characters."),
    "email_changes_new_email_is_normal": _invalid(
        "email", "This e-mail address holds characters that look like others."
    ),
    "email_changes_confirm_sha256_is_sha256": _invalid("token", "This is not the digest of a token."),
    "email_changes_undo_sha256_is_sha256": _invalid("token", "This is not the digest of a token."),
    "email_changes_confirm_sha256_key": _conflict("token", "This token was given out already."),
    "email_changes_undo_sha256_key": _conflict("token", "This token was given out already."),
    "user_tokens_pkey": _conflict("token", "This token was given out already."),
    "user_tokens_user_id_fkey": _NOBODY,
    "user_tokens_sha256_is_sha256": _invalid("token", "This is not the digest of a token."),
    "user_tokens_purpose_known": _invalid("purpose", "One of reset_password, verify_email."),
    "user_tokens_email_is_short": _invalid("email", "An e-mail address has at most 254 characters."),
    "user_tokens_email_is_normal": _invalid("email", "This e-mail address holds characters that look like others."),
    "throttles_pkey": _GENERATED,
    "throttles_key_is_sha256": _invalid("key", "This is not a digest."),
    "throttles_level_is_not_negative": _invalid("level", "A level is 0 or more."),
    "erasures_pkey": _GENERATED,
    "athletes_pkey": _GENERATED,
    "athletes_user_id_key": _conflict("user_id", "This user has an athlete already."),
    "athletes_user_id_fkey": _NOBODY,
    "athletes_name_is_1_to_200_long": _invalid("name", "An athlete's name has 1 to 200 characters."),
    "athletes_sex_known": _invalid("sex", "One of female, male, other."),
    "athletes_height_in_range": _invalid("height_cm", "A height is between 20 and 300 cm."),
    "athletes_week_start_is_iso": _invalid("week_start", "A weekday from 1 (Monday) to 7 (Sunday)."),
    "athletes_zone_is_known": _KNOWN_ZONE,
    "registrations_zone_is_known": _KNOWN_ZONE,
    "sessions_zone_is_known": _KNOWN_ZONE,
    "imports_zone_is_known": _KNOWN_ZONE,
    "athletes_kept_by_fkey": _invalid("kept_by", "There is no such user."),
    "athletes_kept_without_user": _invalid("kept_by", "An athlete with an account is kept by nobody."),
    "athletes_notes_are_short": _invalid("notes", "Notes have at most 20,000 characters."),
    "athletes_copied_into_team_athletes": _GENERATED,
    "api_keys_pkey": _GENERATED,
    "api_keys_user_id_fkey": _NOBODY,
    "api_keys_name_is_1_to_100_long": _invalid("name", "A key's name has 1 to 100 characters."),
    "api_keys_have_1_to_50_scopes": _invalid("scopes", "A key has 1 to 50 scopes."),
    "api_keys_secret_start_is_4_long": _invalid("key", "This is not the secret of a key."),
    "api_keys_secret_sha256_is_sha256": _invalid("key", "This is not the digest of a secret."),
    "api_keys_expire_after_creation": _invalid("expires_at", "Expected a time to come."),
    # audit: written by triggers alone
    "audit_events_pkey": _GENERATED,
    "audit_events_action_known": _invalid("action", "One of insert, update, delete."),
    # teams
    "teams_pkey": _GENERATED,
    "teams_name_key": _conflict("name", "There is a team of this name."),
    "teams_name_is_1_to_100_long": _invalid("name", "A team's name has 1 to 100 characters."),
    "teams_name_is_normal": _invalid("name", "This name holds characters that look like others."),
    "teams_headquarters_is_short": _invalid("headquarters", "Headquarters have at most 200 characters."),
    "team_members_pkey": _conflict("user_id", "This user is a member of the team already."),
    "team_members_team_id_fkey": _NO_TEAM,
    "team_members_user_id_fkey": _NOBODY,
    "team_members_role_known": _invalid("role", "One of owner, coach."),
    "team_athletes_pkey": _GENERATED,
    "team_athletes_team_id_fkey": _NO_TEAM,
    "team_athletes_athlete_id_fkey": _NO_ATHLETE,
    "team_athletes_left_after_joined": _invalid("left_on", "An athlete leaves after joining."),
    "team_athletes_days_in_range": _invalid("joined_on", "A day is between 1900 and 2200."),
    "team_athletes_once_a_day": _conflict("joined_on", "The athlete is in the team on some of these days already."),
    "team_athletes_name_once_a_day": _conflict("name", "The team has an athlete of this name on some of these days."),
    "invitations_pkey": _GENERATED,
    "invitations_team_id_fkey": _NO_TEAM,
    "invitations_athlete_id_fkey": _NO_ATHLETE,
    "invitations_invited_by_fkey": _NOBODY,
    "invitations_kind_known": _invalid("kind", "One of owner, coach, athlete, claim."),
    "invitations_to_one_thing": _invalid("kind", "An invitation is into a team, or to claim an athlete."),
    "invitations_email_is_an_address": _invalid("email", "This is not an e-mail address."),
    "invitations_code_sha256_is_sha256": _invalid("code", "This is not the digest of a code."),
    "invitations_code_sha256_key": _conflict("code", "Send it again: this code was given out before."),
    "invitations_uses_in_range": _invalid("uses", "An invitation is for 1 to 500 users."),
    # catalogue
    "muscles_pkey": _GENERATED,
    "value_kinds_pkey": _conflict("code", "There is a kind of this code."),
    "value_kinds_better_known": _invalid("better", "Expected higher or lower."),
    "value_kinds_range_is_one": _invalid("lowest", "A range begins below its end."),
    "day_values_pkey": _conflict("local_on", "A day has one value of a kind."),
    "day_values_athlete_id_fkey": _NO_ATHLETE,
    "day_values_kind_fkey": _invalid("values", "There is no such kind of value."),
    "day_values_local_on_in_range": _invalid("local_on", "Expected a day from 1900 to 2199."),
    "muscles_name_key": _conflict("name", "There is a muscle of this name."),
    "exercises_pkey": _GENERATED,
    "exercises_name_key": _conflict("name", "You have an exercise of this name."),
    "exercises_athlete_id_fkey": _NO_ATHLETE,
    "exercises_merged_into_fkey": _invalid("merged_into", "There is no such exercise."),
    "exercises_not_merged_into_itself": _invalid("merged_into", "An exercise is not merged into itself."),
    "exercises_name_is_1_to_200_long": _invalid("name", "An exercise's name has 1 to 200 characters."),
    "exercises_name_is_normal": _invalid("name", "This name holds characters that look like others."),
    "exercises_equipment_known": _invalid("equipment", "There is no such kind of equipment."),
    "exercises_category_known": _invalid("category", "There is no such category."),
    "exercises_mechanic_known": _invalid("mechanic", "One of compound, isolation."),
    "exercises_tracking_known": _invalid("tracking", "There is no such way of recording sets."),
    "exercises_bodyweight_factor_in_range": _invalid("bodyweight_factor", "A factor is from 0.01 to 1.5."),
    "exercises_bodyweight_factor_is_of_bodyweight": _invalid(
        "bodyweight_factor", "Only an exercise with tracking bodyweight_reps has a bodyweight_factor."
    ),
    "muscle_codes_pkey": _conflict("code", "There is a muscle of this code."),
    "muscle_codes_group_known": _invalid("group", "There is no such group of muscles."),
    "exercise_muscle_shares_pkey": _conflict("muscle_shares", "A muscle is named once."),
    "exercise_muscle_shares_exercise_id_fkey": _NO_EXERCISE,
    "exercise_muscle_shares_code_fkey": _invalid("muscle_shares", "There is no such muscle."),
    "exercise_muscle_shares_share_in_range": _invalid("muscle_shares", "A share is from 0.000001 to 1."),
    "exercise_merges_pkey": _conflict("into", "The exercise is merged already."),
    "exercise_merges_exercise_id_fkey": _NO_EXERCISE,
    "exercise_merges_name_rows": _invalid("into", "This is no record of a merge."),
    "exercise_aliases_pkey": _conflict("aliases", "The exercise has this alias already."),
    "exercise_aliases_alias_key": _conflict("aliases", "The exercise has this alias already."),
    "exercise_aliases_exercise_id_fkey": _NO_EXERCISE,
    "exercise_aliases_alias_is_1_to_200_long": _invalid("aliases", "An alias has 1 to 200 characters."),
    "exercise_aliases_source_known": _KNOWN_SOURCE,
    "exercise_muscles_pkey": _conflict("muscles", "A muscle is named once."),
    "exercise_muscles_exercise_id_fkey": _NO_EXERCISE,
    "exercise_muscles_muscle_id_fkey": _invalid("muscles", "There is no such muscle."),
    "exercise_muscles_share_in_range": _invalid("muscles", "A share is above 0 and at most 1."),
    # imports
    "imports_pkey": _GENERATED,
    "imports_athlete_id_fkey": _NO_ATHLETE,
    "imports_source_known": _KNOWN_SOURCE,
    "imports_state_known": _invalid("state", "There is no such state of an import."),
    "imports_file_sha256_is_sha256": _invalid("file", "This is not the digest of a file."),
    "import_exercises_pkey": _conflict("file", "The file holds an exercise twice."),
    "import_sessions_pkey": _conflict("file", "The file holds a workout twice."),
    "import_sessions_fate_known": _invalid("file", "There is no such fate of a workout."),
    # sessions
    "sessions_pkey": _GENERATED,
    "sessions_athlete_id_fkey": _NO_ATHLETE,
    "sessions_import_id_fkey": _NO_IMPORT,
    "sessions_copied_into_sets": _GENERATED,
    "sessions_end_after_start": _invalid("ended_at", "A session ends after it starts."),
    "sessions_last_at_most_10_days": _invalid("ended_at", "A session lasts at most ten days."),
    "sessions_start_in_range": _invalid("started_at", "A session starts between 1900 and 2200."),
    "sessions_rpe_between_0_and_10": _invalid("rpe", "A session's RPE is between 0 and 10."),
    "sessions_status_known": _invalid("status", "One of planned, in_progress, done."),
    "sessions_local_on_near_start": _invalid("local_on", "The day is that of the start in the session's zone."),
    "sessions_title_is_short": _invalid("title", "A title has at most 200 characters."),
    "sessions_notes_are_short": _invalid("notes", "A session's notes have at most 20,000 characters."),
    "sessions_volume_is_finite": _invalid("exercises", "The session's volume is out of range."),
    "sessions_client_key_unique": _conflict("client_key", "There is a session with this client_key."),
    "deleted_client_keys_pkey": _conflict("client_key", "The session of this client_key was deleted."),
    "deleted_client_keys_athlete_id_fkey": _NO_ATHLETE,
    "sessions_one_in_progress_key": _conflict("status", "Another session is in progress."),
    "imported_sessions_pkey": _conflict("file", "This session was imported already."),
    "imported_sessions_athlete_id_fkey": _NO_ATHLETE,
    "imported_sessions_session_id_fkey": _NO_SESSION,
    "imported_sessions_import_id_fkey": _NO_IMPORT,
    "imported_sessions_row_digest_is_sha256": _invalid("file", "This is not the digest of a row."),
    "session_exercises_pkey": _invalid("exercises", "An exercise_no stands once in a session."),
    "session_exercises_copied_into_sets": _invalid("exercises", "An exercise_no stands once in a session."),
    "session_exercises_session_fkey": _NO_SESSION,
    "session_exercises_exercise_id_fkey": _invalid("exercises", "There is no such exercise."),
    "session_exercises_exercise_no_in_range": _invalid("exercises", "An exercise_no is from 1 to 1000."),
    "session_exercises_superset_in_range": _invalid("exercises", "A superset is from 0 to 1000."),
    "session_exercises_notes_are_short": _invalid("exercises", "An exercise's notes have at most 5,000 characters."),
    "sets_pkey": _invalid("sets", "A set_no stands once in its exercise."),
    "sets_set_no_in_range": _invalid("sets", "A set_no is from 1 to 1000."),
    "sets_kind_known": _invalid("kind", "One of normal, warmup, dropset, failure, amrap."),
    "sets_reps_in_range": _invalid("reps", "Repetitions are from 0 to 9999."),
    "sets_rir_in_range": _invalid("rir", "Repetitions in reserve are from 0 to 20."),
    "sets_weight_in_range": _invalid("weight_kg", "A weight is from -500 (assistance) to 2000 kg."),
    "sets_distance_in_range": _invalid("distance_m", "A distance is from 0 to 10,000,000 m."),
    "sets_duration_in_range": _invalid("duration_s", "A duration is from 0 to 864,000 s."),
    "sets_rpe_between_1_and_10": _invalid("rpe", "A set's RPE is from 1 to 10 in halves."),
    "sets_done_at_in_range": _invalid("done_at", "A set is done between 2000 and 2200."),
    "sets_drop_of_is_another_set": _invalid("drop_of", "A drop set names another set that it follows, from 1 to 1000."),
    "sets_side_known": _invalid("side", "One of left, right, both."),
    "sets_tempo_has_four_parts": _invalid("tempo", "A tempo has four parts, such as 3-1-X-0."),
    "sets_notes_are_short": _invalid("notes", "A set's notes have at most 5,000 characters."),
    "set_edits_pkey": _conflict("set_no", "Another request is writing this set."),
    "set_edits_session_id_fkey": _invalid("session_id", "There is no such session."),
    "set_edits_exercise_no_in_range": _invalid("exercise_no", "An exercise_no is from 1 to 1000."),
    "set_edits_set_no_in_range": _invalid("set_no", "A set_no is from 1 to 1000."),
    "set_edits_device_is_short": _invalid("device", "A device's name has at most 36 characters."),
    "sets_exercise_fkey": _invalid("exercises", "The set belongs to no exercise of its session."),
    # administration
    "user_days_pkey": _conflict("created_on", "This day is counted already."),
    # the spine
    "idempotency_keys_pkey": _conflict("Idempotency-Key", "This key was used before."),
    "idempotency_keys_owner_is_user": _invalid("Idempotency-Key", "A key belongs to who sends it."),
    "idempotency_keys_user_id_fkey": _NOBODY,
    "idempotency_keys_person_id_fkey": _NOBODY,
    "idempotency_keys_registration_id_fkey": _NOBODY,
    "idempotency_keys_key_is_1_to_255_long": _invalid("Idempotency-Key", "A key has 1 to 255 characters."),
    "idempotency_keys_digest_is_sha256": _invalid("Idempotency-Key", "This is not the digest of a request."),
    "idempotency_keys_status_is_2xx": _invalid("Idempotency-Key", "Only replies that went well are kept."),
}
