# Made by `workouts sql stubs` from queries/**/*.sql and the schema: not to be edited.

import datetime
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, TypeAlias, TypedDict, final

from orjson import Fragment
from psycopg import Copy

Json: TypeAlias = Fragment  # leaves as the bytes that PostgreSQL sent

class AccountEraseAccountRow(TypedDict):
    erasure_id: int
    erased_at: datetime.datetime
    deleted: Json
    anonymised: Json

class AccountListLoginsRow(TypedDict):
    id: int
    device: str
    address: str | None
    created_at: datetime.datetime
    refreshed_at: datetime.datetime
    expires_at: datetime.datetime
    is_current: bool

class AccountPatchAccountRow(TypedDict):
    current_version: int
    matched: bool
    version: int | None
    reply: Json | None

class AdministrationChangeUserRow(TypedDict):
    current_version: int
    matched: bool
    version: int | None
    reply: Json | None

class AdministrationCreateUserRow(TypedDict):
    id: int
    version: int
    reply: Json

class AdministrationCreateUsersRow(TypedDict):
    reply: Json

class AdministrationDeleteUserRow(TypedDict):
    current_version: int
    matched: bool

class AdministrationGetStatsRow(TypedDict):
    total_users: int
    active_users: int
    inactive_users: int
    superusers: int
    new_users_today: int
    new_users_week: int
    timestamp: datetime.datetime

class AdministrationListNewestUsersRow(TypedDict):
    id: int
    athlete_id: int | None
    email: str
    username: str
    full_name: str
    zone: str | None
    zone_is_known: bool
    email_is_verified: bool
    is_active: bool
    is_superuser: bool
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime

class AdministrationListOldestUsersRow(TypedDict):
    id: int
    athlete_id: int | None
    email: str
    username: str
    full_name: str
    zone: str | None
    zone_is_known: bool
    email_is_verified: bool
    is_active: bool
    is_superuser: bool
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime

class AdministrationListUsersByEmailRow(TypedDict):
    id: int
    athlete_id: int | None
    email: str
    username: str
    full_name: str
    zone: str | None
    zone_is_known: bool
    email_is_verified: bool
    is_active: bool
    is_superuser: bool
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime

class AdministrationListUsersByEmailDownRow(TypedDict):
    id: int
    athlete_id: int | None
    email: str
    username: str
    full_name: str
    zone: str | None
    zone_is_known: bool
    email_is_verified: bool
    is_active: bool
    is_superuser: bool
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime

class AdministrationListUsersByUsernameRow(TypedDict):
    id: int
    athlete_id: int | None
    email: str
    username: str
    full_name: str
    zone: str | None
    zone_is_known: bool
    email_is_verified: bool
    is_active: bool
    is_superuser: bool
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime

class AdministrationListUsersByUsernameDownRow(TypedDict):
    id: int
    athlete_id: int | None
    email: str
    username: str
    full_name: str
    zone: str | None
    zone_is_known: bool
    email_is_verified: bool
    is_active: bool
    is_superuser: bool
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime

class AdministrationPromoteUserRow(TypedDict):
    id: int
    username: str
    is_active: bool

class ApiKeysCreateApiKeyRow(TypedDict):
    id: int
    mail_id: int | None
    reply: Json

class ApiKeysDeleteApiKeyRow(TypedDict):
    id: int

class ApiKeysGetApiKeyRow(TypedDict):
    id: int
    name: str
    scopes: list[str]
    prefix: str
    expires_at: datetime.datetime | None
    last_used_on: datetime.date | None
    created_at: datetime.datetime

class ApiKeysListApiKeysRow(TypedDict):
    id: int
    name: str
    scopes: list[str]
    prefix: str
    expires_at: datetime.datetime | None
    last_used_on: datetime.date | None
    created_at: datetime.datetime

class AthletesCreateAthleteRow(TypedDict):
    id: int
    version: int
    reply: Json

class AthletesDeleteAthleteRow(TypedDict):
    current_version: int
    matched: bool

class AthletesGetAthleteRow(TypedDict):
    version: int
    reply: Json

class AthletesListAthletesRow(TypedDict):
    id: int
    name: str
    born_on: datetime.date | None
    age: int | None
    sex: str | None
    height_cm: float | None
    zone: str
    zone_is_known: bool
    week_start: int
    has_account: bool | None
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    relation: str

class AthletesListAthletesByBirthRow(TypedDict):
    id: int
    name: str
    born_on: datetime.date | None
    age: int | None
    sex: str | None
    height_cm: float | None
    zone: str
    zone_is_known: bool
    week_start: int
    has_account: bool | None
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    relation: str

class AthletesListAthletesByBirthBackwardsRow(TypedDict):
    id: int
    name: str
    born_on: datetime.date | None
    age: int | None
    sex: str | None
    height_cm: float | None
    zone: str
    zone_is_known: bool
    week_start: int
    has_account: bool | None
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    relation: str

class AthletesListAthletesByNameBackwardsRow(TypedDict):
    id: int
    name: str
    born_on: datetime.date | None
    age: int | None
    sex: str | None
    height_cm: float | None
    zone: str
    zone_is_known: bool
    week_start: int
    has_account: bool | None
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    relation: str

class AthletesPatchAthleteRow(TypedDict):
    current_version: int
    matched: bool
    version: int | None
    reply: Json | None

class AuditListEventsRow(TypedDict):
    id: int
    at: datetime.datetime
    actor_id: int | None
    actor: str | None
    role: str
    request_id: str
    action: str
    table: str
    row: str
    changes: Json | None

class AuthChangePasswordRow(TypedDict):
    mail_id: int
    logins_ended: int | None
    keys_ended: int | None
    invitations_ended: int | None
    voided: int | None

class AuthConfirmEmailRow(TypedDict):
    user_id: int
    mail_id: int | None

class AuthFindOwnPasswordRow(TypedDict):
    password_hash: str | None
    email: str
    username: str
    full_name: str
    account: str
    wait_s: int

class AuthFindUserForLoginRow(TypedDict):
    id: int | None
    password_hash: str | None
    account: str
    wait_s: int
    login_id: int

class AuthFindUserOfResetTokenRow(TypedDict):
    email: str
    username: str
    full_name: str

class AuthRegisterUserRow(TypedDict):
    id: int
    version: int
    reply: Json

class AuthRequestRegistrationRow(TypedDict):
    reply: Json

class AuthResetPasswordRow(TypedDict):
    mail_id: int
    logins_ended: int | None
    keys_ended: int | None
    invitations_ended: int | None
    voided: int | None

class AuthRevokeLoginsRow(TypedDict):
    logins_ended: int
    keys_ended: int
    invitations_ended: int | None

class DaysListDaysRow(TypedDict):
    local_on: datetime.date
    values: Json
    hooper_index: int | None
    mclean_total: int | None

class DaysRecordDayRow(TypedDict):
    reply: Json

class DaysShowTrendRow(TypedDict):
    kind: Json
    from_on: datetime.date | None
    to_on: datetime.date | None
    seen_from: datetime.date | None
    formulas: Json
    days: Json

class ExercisesCreateExerciseRow(TypedDict):
    id: int
    version: int
    reply: Json

class ExercisesGetExerciseRow(TypedDict):
    version: int
    reply: Json

class ExercisesListExercisesRow(TypedDict):
    id: int
    name: str
    equipment: str | None
    category: str | None
    mechanic: str | None
    tracking: str | None
    bodyweight_factor: float | None
    is_per_hand: bool | None
    is_one_sided: bool | None
    is_own: bool | None
    is_archived: bool | None
    merged_into: int | None
    version: int | None
    created_at: datetime.datetime | None
    updated_at: datetime.datetime | None

class ExercisesListLastUsedExercisesRow(TypedDict):
    id: int
    name: str
    equipment: str
    category: str
    mechanic: str | None
    tracking: str
    bodyweight_factor: float | None
    is_per_hand: bool
    is_one_sided: bool
    is_own: bool | None
    is_archived: bool
    merged_into: int | None
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    last_used_on: datetime.date
    session_count: int

class ExercisesListMostUsedExercisesRow(TypedDict):
    id: int
    name: str
    equipment: str
    category: str
    mechanic: str | None
    tracking: str
    bodyweight_factor: float | None
    is_per_hand: bool
    is_one_sided: bool
    is_own: bool | None
    is_archived: bool
    merged_into: int | None
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    last_used_on: datetime.date
    session_count: int

class ExercisesListUnmatchedExercisesRow(TypedDict):
    id: int
    name: str
    equipment: str | None
    category: str | None
    mechanic: str | None
    tracking: str | None
    bodyweight_factor: float | None
    is_per_hand: bool | None
    is_one_sided: bool | None
    is_own: bool | None
    is_archived: bool | None
    merged_into: int | None
    version: int | None
    created_at: datetime.datetime | None
    updated_at: datetime.datetime | None
    set_count: int
    proposals: Json

class ExercisesMergeExerciseRow(TypedDict):
    version: int
    reply: Json

class ExercisesPatchExerciseRow(TypedDict):
    current_version: int
    matched: bool
    version: int | None
    reply: Json | None

class ExercisesSearchExercisesRow(TypedDict):
    id: int
    name: str
    equipment: str
    category: str
    mechanic: str | None
    tracking: str
    bodyweight_factor: float | None
    is_per_hand: bool
    is_one_sided: bool
    is_own: bool | None
    is_archived: bool
    merged_into: int | None
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime

class ExercisesShareExerciseRow(TypedDict):
    version: int
    reply: Json

class ExercisesUnmergeExerciseRow(TypedDict):
    version: int
    reply: Json

class HealthGetBackgroundRow(TypedDict):
    due: int
    running: int
    failed: int
    mails_failed: int
    oldest_s: float
    oldest_mail_s: float
    workers: int

class HealthGetHealthRow(TypedDict):
    schema_version: int | None
    server_version: int
    is_read_only: bool
    is_too_strong: bool

class ImportsCompleteImportedSessionsRow(TypedDict):
    sessions_added: int
    sessions_completed: int
    duplicates: int
    differing: int
    edited_since: int
    deleted_since: int
    sets_taken_out: int

class ImportsFindAssistedNamesRow(TypedDict):
    pattern: str
    names: Json

class ImportsFindImportingUserRow(TypedDict):
    id: int

class ImportsFinishImportRow(TypedDict):
    reply: Json

class ImportsGetImportRow(TypedDict):
    id: int
    state: str
    source: str
    file_name: str
    zone: str
    sessions_added: int
    sessions_completed: int
    sets_added: int
    exercises_added: int
    duplicates: int
    created_at: datetime.datetime
    finished_at: datetime.datetime | None
    rejected: Json | None
    notices: Json | None
    exercises: Json | None

class ImportsListImportsRow(TypedDict):
    id: int
    state: str
    source: str
    file_name: str
    zone: str
    sessions_added: int
    sessions_completed: int
    sets_added: int
    exercises_added: int
    duplicates: int
    created_at: datetime.datetime
    finished_at: datetime.datetime | None

class ImportsMatchImportExercisesRow(TypedDict):
    exercises_added: int
    name_count: int
    exercises: Json
    exercise_ids: Json

class ImportsStartImportRow(TypedDict):
    id: int
    athlete_id: int
    zone: str
    athlete_zone: str

class InvitationsAcceptInvitationRow(TypedDict):
    reply: Json

class InvitationsCreateInvitationRow(TypedDict):
    id: int
    job_id: int | None
    reply: Json

class InvitationsFindInvitationRow(TypedDict):
    id: int
    kind: str
    team_id: int | None
    team_name: str | None
    athlete_id: int | None
    athlete_name: str | None
    invited_by: str
    expires_at: datetime.datetime

class InvitationsListInvitationsRow(TypedDict):
    id: int
    kind: str | None
    team_id: int | None
    team_name: str | None
    athlete_id: int | None
    athlete_name: str | None
    invited_by: str | None
    email: str | None
    uses_left: int | None
    created_at: datetime.datetime | None
    expires_at: datetime.datetime | None

class InvitationsRenewCodeRow(TypedDict):
    email: str
    kind: str
    inviter: str
    team: str | None
    athlete: str | None
    expires_at: datetime.datetime

class InvitationsRevokeInvitationRow(TypedDict):
    id: int

class JobsCheckSessionsRow(TypedDict):
    last_id: int | None
    checked: int

class JobsEndForgottenSessionsRow(TypedDict):
    ended: list[int]

class JobsMendSessionsRow(TypedDict):
    last_id: int | None
    looked_at: int
    mended: list[int]

class MailFindKeyOwnerRow(TypedDict):
    email: str
    name: str
    key: str | None
    scopes: str | None

class MailFindRecipientRow(TypedDict):
    email: str
    name: str

class MailPrepareEmailChangeRow(TypedDict):
    email: str | None
    name: str | None
    username: str | None
    told_id: int | None

class MailPreparePasswordResetRow(TypedDict):
    email: str
    name: str

class MailPrepareRegistrationRow(TypedDict):
    email: str | None
    name: str | None
    username: str | None
    told_id: int | None

class MailPrepareUndoRow(TypedDict):
    email: str
    name: str
    at: str
    days: int

class MailPrepareVerificationRow(TypedDict):
    email: str | None
    name: str | None
    username: str | None
    others: int | None

class ReportsExerciseReportRow(TypedDict):
    period: Json
    seen_from: datetime.date | None
    exercise: Json
    formulas: Json
    inputs: Json
    history: Json
    rep_maxima: Json
    records: Json

class ReportsHardSetsRow(TypedDict):
    period: Json
    seen_from: datetime.date | None
    formulas: Json
    weeks: Json
    muscles: Json
    groups: Json

class ReportsListRecordsRow(TypedDict):
    local_on: datetime.date
    exercise_id: int
    exercise: str
    kind: str
    unit: str | None
    value_kg: float | None
    value: float | None
    at_weight_kg: float | None
    beats_kg: float | None
    beats: float | None
    beats_on: datetime.date | None

class ReportsMeasuredLoadRow(TypedDict):
    period: Json
    today: datetime.date | None
    seen_from: datetime.date | None
    formulas: Json
    inputs: Json
    buckets: Json

class ReportsTeamTableRow(TypedDict):
    athlete_id: int
    name: str
    seen_from: datetime.date | None
    last_session_on: datetime.date | None
    days_since: int | None
    week_load: float | None
    change: float | None
    z_score: float | None
    unrated: int | None
    maybe_twice: int | None
    maybe_twice_before: int | None
    felt_on: datetime.date | None
    hooper_index: int | None
    mclean_total: int | None
    pain: int | None
    availability: int | None
    sort_key: float

class ReportsTrainingLoadRow(TypedDict):
    period: Json
    today: datetime.date | None
    seen_from: datetime.date | None
    formulas: Json
    inputs: Json
    buckets: Json

class ReportsTrainingReportRow(TypedDict):
    period: Json
    formulas: Json
    totals: Json
    buckets: Json
    muscle_volume_kg: Json
    main_lifts: Json
    records: Json

class SessionsAddCommentRow(TypedDict):
    id: int
    reply: Json

class SessionsCheckDoubtsRow(TypedDict):
    checked: int

class SessionsCreateSessionRow(TypedDict):
    id: int
    version: int
    reply: Json

class SessionsDecideDoubtRow(TypedDict):
    id: int
    athlete_id: int | None
    session_id: int | None
    exercise_no: int | None
    set_no: int | None
    exercise_id: int | None
    exercise: str | None
    local_on: datetime.date | None
    rule: str | None
    reason: str | None
    unit: str | None
    value_kg: float | None
    usual_kg: float | None
    value: float | None
    usual: float | None
    proposal: Json | None
    state: str | None
    found_at: datetime.datetime | None
    decided_at: datetime.datetime | None

class SessionsDeleteCommentRow(TypedDict):
    id: int | None

class SessionsDeleteSessionRow(TypedDict):
    current_version: int
    matched: bool

class SessionsFindAthleteSessionsRow(TypedDict):
    id: int
    title: str
    notes: str
    status: str
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    duration_s: int | None
    zone: str
    local_on: datetime.date
    rpe: float | None
    sport: str | None
    moving_time_s: int | None
    distance_m: float | None
    ascent_m: float | None
    descent_m: float | None
    average_heart_rate_bpm: float | None
    max_heart_rate_bpm: int | None
    average_power_w: float | None
    normalized_power_w: float | None
    exercise_count: int
    set_count: int
    volume_kg: float
    import_id: int | None
    end_is_guessed: bool
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    total: int | None

class SessionsFindSessionsRow(TypedDict):
    id: int
    title: str
    notes: str
    status: str
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    duration_s: int | None
    zone: str
    local_on: datetime.date
    rpe: float | None
    sport: str | None
    moving_time_s: int | None
    distance_m: float | None
    ascent_m: float | None
    descent_m: float | None
    average_heart_rate_bpm: float | None
    max_heart_rate_bpm: int | None
    average_power_w: float | None
    normalized_power_w: float | None
    exercise_count: int
    set_count: int
    volume_kg: float
    import_id: int | None
    end_is_guessed: bool
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    total: int | None

class SessionsGetCurrentSessionRow(TypedDict):
    session: Json | None

class SessionsGetSessionRow(TypedDict):
    version: int
    reply: Json

class SessionsListAthleteSessionsRow(TypedDict):
    id: int
    title: str
    notes: str
    status: str
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    duration_s: int | None
    zone: str
    local_on: datetime.date
    rpe: float | None
    sport: str | None
    moving_time_s: int | None
    distance_m: float | None
    ascent_m: float | None
    descent_m: float | None
    average_heart_rate_bpm: float | None
    max_heart_rate_bpm: int | None
    average_power_w: float | None
    normalized_power_w: float | None
    exercise_count: int
    set_count: int
    volume_kg: float
    import_id: int | None
    end_is_guessed: bool
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime

class SessionsListChangedSetsRow(TypedDict):
    exercise_no: int | None
    set_no: int | None
    version: int | None
    is_deleted: bool | None
    exercise_id: int | None
    set: Json | None

class SessionsListCommentsRow(TypedDict):
    id: int
    session_id: int | None
    exercise_no: int | None
    set_no: int | None
    author_id: int | None
    author: str | None
    is_mine: bool | None
    body: str | None
    created_at: datetime.datetime | None

class SessionsListDoubtsRow(TypedDict):
    id: int
    athlete_id: int | None
    session_id: int | None
    exercise_no: int | None
    set_no: int | None
    exercise_id: int | None
    exercise: str | None
    local_on: datetime.date | None
    rule: str | None
    reason: str | None
    unit: str | None
    value_kg: float | None
    usual_kg: float | None
    value: float | None
    usual: float | None
    proposal: Json | None
    state: str | None
    found_at: datetime.datetime | None
    decided_at: datetime.datetime | None

class SessionsListSessionsRow(TypedDict):
    id: int
    title: str
    notes: str
    status: str
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    duration_s: int | None
    zone: str
    local_on: datetime.date
    rpe: float | None
    sport: str | None
    moving_time_s: int | None
    distance_m: float | None
    ascent_m: float | None
    descent_m: float | None
    average_heart_rate_bpm: float | None
    max_heart_rate_bpm: int | None
    average_power_w: float | None
    normalized_power_w: float | None
    exercise_count: int
    set_count: int
    volume_kg: float
    import_id: int | None
    end_is_guessed: bool
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime

class SessionsPatchSessionRow(TypedDict):
    current_version: int
    matched: bool
    version: int | None
    reply: Json | None

class SessionsReplaceSessionRow(TypedDict):
    current_version: int
    matched: bool
    version: int | None
    reply: Json | None

class SessionsUndoDoubtRow(TypedDict):
    id: int
    athlete_id: int | None
    session_id: int | None
    exercise_no: int | None
    set_no: int | None
    exercise_id: int | None
    exercise: str | None
    local_on: datetime.date | None
    rule: str | None
    reason: str | None
    unit: str | None
    value_kg: float | None
    usual_kg: float | None
    value: float | None
    usual: float | None
    proposal: Json | None
    state: str | None
    found_at: datetime.datetime | None
    decided_at: datetime.datetime | None

class SessionsWriteSetRow(TypedDict):
    refusal: str | None
    version: int | None
    is_deleted: bool | None
    stored: Json | None
    reply: Json | None

class SessionsWriteSetsRow(TypedDict):
    answers: Json

class SpineFindReplyRow(TypedDict):
    digest: bytes
    status: int | None
    reply: Json | None
    created_at: datetime.datetime

class SpineTellPositionRow(TypedDict):
    position_in_log: int
    replayed: int | None
    is_standby: bool

class TeamsAddAthleteRow(TypedDict):
    reply: Json

class TeamsChangeAthleteRow(TypedDict):
    reply: Json

class TeamsChangeMemberRow(TypedDict):
    reply: Json

class TeamsCreateTeamRow(TypedDict):
    id: int
    version: int
    reply: Json

class TeamsDeleteTeamRow(TypedDict):
    current_version: int
    matched: bool

class TeamsGetTeamRow(TypedDict):
    version: int
    reply: Json

class TeamsListMembersRow(TypedDict):
    user_id: int
    username: str
    full_name: str
    role: str
    joined_on: datetime.date

class TeamsListTeamsRow(TypedDict):
    id: int
    name: str
    headquarters: str | None
    version: int | None
    created_at: datetime.datetime | None
    updated_at: datetime.datetime | None
    my_role: str

class TeamsPatchTeamRow(TypedDict):
    current_version: int
    matched: bool
    version: int | None
    reply: Json | None

class TeamsRemoveMemberRow(TypedDict):
    user_id: int

class UsersGetUserRow(TypedDict):
    version: int
    reply: Json

@final
class AccountQueries:
    def erase_account(
        self,
        *,
        user_id: int,
        verified_hash: str,
        account: str,
        address: str | None,
    ) -> AccountEraseAccountRow | None:
        """Erases the user who is signed in and whose password was proved; gives the proof that stays: counts by
        table."""
    def list_logins(self, *, user_id: int, login_id: int, before_id: int, limit: int) -> list[AccountListLoginsRow]:
        """A user's logins, the newest first, a page at a time."""
    def patch_account(
        self,
        *,
        user_id: int,
        versions: list[int],
        patch: list[Any] | Mapping[str, Any] | Json,
        new_email: str,
        verify: bool,
        verified_hash: str,
        account: str,
        address: str | None,
    ) -> AccountPatchAccountRow:
        """Changes the fields of an account that a merge patch holds, if the account still has a given version."""

@final
class AdministrationQueries:
    def change_user(
        self,
        *,
        user_id: int,
        versions: list[int],
        patch: list[Any] | Mapping[str, Any] | Json,
    ) -> AdministrationChangeUserRow:
        """Changes the fields of any user that a merge patch holds, if the user still has a given version."""
    def create_user(
        self,
        *,
        email: str,
        username: str,
        password_hash: str | None,
        full_name: str,
        zone: str,
        is_active: bool,
        is_superuser: bool,
    ) -> AdministrationCreateUserRow:
        """Makes a user with any rights, and the athlete who belongs to the user."""
    def create_users(self, *, users: list[Any] | Mapping[str, Any] | Json) -> AdministrationCreateUsersRow:
        """Makes users with their athletes, all of them or none, and says which of them are already there."""
    def delete_user(self, *, user_id: int, versions: list[int]) -> AdministrationDeleteUserRow:
        """Erases any user with all their training, if the user still has a given version; workouts.erasures keeps the
        proof."""
    def get_stats(self) -> AdministrationGetStatsRow:
        """Counts the users, those of each kind, and the new ones."""
    def list_newest_users(
        self,
        *,
        is_active: bool | None,
        is_superuser: bool | None,
        search: str | None,
        other_form: str | None,
        before_at: datetime.datetime | str,
        before_id: int,
        limit: int,
    ) -> list[AdministrationListNewestUsersRow]:
        """All users, or those found, newest first, a page at a time."""
    def list_oldest_users(
        self,
        *,
        is_active: bool | None,
        is_superuser: bool | None,
        search: str | None,
        other_form: str | None,
        after_at: datetime.datetime | str,
        after_id: int,
        limit: int,
    ) -> list[AdministrationListOldestUsersRow]:
        """All users, or those found, oldest first, a page at a time."""
    def list_users_by_email(
        self,
        *,
        is_active: bool | None,
        is_superuser: bool | None,
        search: str | None,
        other_form: str | None,
        after: str,
        limit: int,
    ) -> list[AdministrationListUsersByEmailRow]:
        """All users, or those found, by e-mail address, a page at a time."""
    def list_users_by_email_down(
        self,
        *,
        is_active: bool | None,
        is_superuser: bool | None,
        search: str | None,
        other_form: str | None,
        before: str,
        limit: int,
    ) -> list[AdministrationListUsersByEmailDownRow]:
        """All users, or those found, by e-mail address from the end, a page at a time."""
    def list_users_by_username(
        self,
        *,
        is_active: bool | None,
        is_superuser: bool | None,
        search: str | None,
        other_form: str | None,
        after: str,
        limit: int,
    ) -> list[AdministrationListUsersByUsernameRow]:
        """All users, or those found, by username, a page at a time."""
    def list_users_by_username_down(
        self,
        *,
        is_active: bool | None,
        is_superuser: bool | None,
        search: str | None,
        other_form: str | None,
        before: str,
        limit: int,
    ) -> list[AdministrationListUsersByUsernameDownRow]:
        """All users, or those found, by username from the end, a page at a time."""
    def promote_user(self, *, name: str) -> AdministrationPromoteUserRow | None:
        """Makes a user a superuser, found by e-mail address or username. It has no effect on a superuser."""

@final
class ApiKeysQueries:
    def create_api_key(
        self,
        *,
        viewer_id: int,
        name: str,
        scopes: list[str],
        superusers: bool,
        secret_start: str,
        secret_sha256: bytes,
        expires_at: datetime.datetime | str,
        login_id: int,
        verified_hash: str,
        account: str,
        address: str | None,
    ) -> ApiKeysCreateApiKeyRow:
        """Makes an API key for the viewer, who may have a hundred; only the key's digest is stored."""
    def delete_api_key(self, *, viewer_id: int, key_id: int) -> ApiKeysDeleteApiKeyRow:
        """Deletes one of the viewer's API keys. The guard refuses the key from the next request on."""
    def get_api_key(self, *, viewer_id: int, key_id: int) -> ApiKeysGetApiKeyRow:
        """One of the viewer's API keys."""
    def list_api_keys(self, *, viewer_id: int, before_id: int, limit: int) -> list[ApiKeysListApiKeysRow]:
        """The viewer's API keys, newest first, a page at a time."""

@final
class AthletesQueries:
    def create_athlete(
        self,
        *,
        viewer_id: int,
        athlete: list[Any] | Mapping[str, Any] | Json,
        most: int,
    ) -> AthletesCreateAthleteRow:
        """Makes an athlete whom the viewer keeps, and adds the athlete to a team of the viewer's if one is named."""
    def delete_athlete(self, *, viewer_id: int, athlete_id: int, versions: list[int]) -> AthletesDeleteAthleteRow:
        """Deletes an athlete whom the viewer keeps, with the whole training, if the athlete still has a given
        version."""
    def get_athlete(self, *, viewer_id: int, athlete_id: int) -> AthletesGetAthleteRow:
        """One athlete with today's teams, for those who see the athlete's training; only today's coaches get the
        notes."""
    def list_athletes(
        self,
        *,
        viewer_id: int,
        team_id: int,
        words: str,
        after_name: str,
        after_id: int,
        limit: int,
    ) -> list[AthletesListAthletesRow]:
        """The athletes whose training the viewer sees, by name, a page at a time."""
    def list_athletes_by_birth(
        self,
        *,
        viewer_id: int,
        team_id: int,
        words: str,
        after_on: datetime.date | str,
        after_id: int,
        limit: int,
    ) -> list[AthletesListAthletesByBirthRow]:
        """The athletes whose training the viewer sees, the oldest first and those of unknown birth last, a page at a
        time."""
    def list_athletes_by_birth_backwards(
        self,
        *,
        viewer_id: int,
        team_id: int,
        words: str,
        before_on: datetime.date | str,
        before_id: int,
        limit: int,
    ) -> list[AthletesListAthletesByBirthBackwardsRow]:
        """The athletes whose training the viewer sees, those of unknown birth first, then the youngest, a page at a
        time."""
    def list_athletes_by_name_backwards(
        self,
        *,
        viewer_id: int,
        team_id: int,
        words: str,
        before_name: str,
        before_id: int,
        limit: int,
    ) -> list[AthletesListAthletesByNameBackwardsRow]:
        """The athletes whose training the viewer sees, by name from Z to A, a page at a time."""
    def patch_athlete(
        self,
        *,
        viewer_id: int,
        athlete_id: int,
        versions: list[int],
        patch: list[Any] | Mapping[str, Any] | Json,
    ) -> AthletesPatchAthleteRow:
        """Changes the fields of an athlete that a merge patch holds, if the athlete still has a given version."""

@final
class AuditQueries:
    def list_events(
        self,
        *,
        actor_id: int | None,
        table: str | None,
        row: str | None,
        action: str | None,
        from_at: datetime.datetime | str,
        to_at: datetime.datetime | str,
        before_at: datetime.datetime | str,
        before_id: int,
        limit: int,
    ) -> list[AuditListEventsRow]:
        """Audit events, newest first, a page at a time, by actor, table, row, kind and time."""

@final
class AuthQueries:
    def change_password(
        self,
        *,
        user_id: int,
        login_id: int,
        verified_hash: str,
        password_hash: str,
        account: str,
        address: str | None,
        end_api_keys: bool,
    ) -> AuthChangePasswordRow | None:
        """Replaces a password that was proved."""
    def confirm_email(self, *, token_sha256: bytes) -> AuthConfirmEmailRow | None:
        """Confirms an e-mail address by a mailed token, which works once. A confirmed registration becomes a user."""
    def count_wrong_guess(self, *, account: str, address: str | None) -> int:
        """Counts a wrong password and gives the seconds to wait; above 0 the reply does not say whether it was
        wrong."""
    def create_login(
        self,
        *,
        login_id: int,
        user_id: int,
        verified_hash: str,
        better_hash: str | None,
        account: str,
        refresh_hash: bytes,
        device: str,
        address: str | None,
        lifetime_s: int,
        most: int,
    ) -> bool | None:
        """Makes a login after a right password, unless so many wrong ones came meanwhile that the caller has to
        wait."""
    def find_own_password(self, *, user_id: int, address: str | None) -> AuthFindOwnPasswordRow:
        """The password hash of the user who is signed in, the texts that a password must not be, and the seconds to
        wait."""
    def find_user_for_login(
        self,
        *,
        name: str,
        in_ascii: str,
        in_letters: str,
        address: str | None,
    ) -> AuthFindUserForLoginRow:
        """The user of a name at the sign-in, the seconds to wait before a guess, and the id of the login to make."""
    def find_user_of_reset_token(self, *, token_sha256: bytes) -> AuthFindUserOfResetTokenRow | None:
        """The user whose password a mailed token replaces, while the token is valid."""
    def register_user(
        self,
        *,
        email: str,
        username: str,
        password_hash: str,
        full_name: str,
        zone: str,
    ) -> AuthRegisterUserRow:
        """Makes a user and the athlete that belongs to them."""
    def request_mail(self, *, kind: str, email: str, mailbox: str, address: str | None) -> int | None:
        """Queues a mail with a token to an address; the mail is sent only if the address belongs to somebody who may
        get it."""
    def request_registration(
        self,
        *,
        email: str,
        username: str,
        password_hash: str,
        full_name: str,
        zone: str,
        lifetime_s: int,
        address: str | None,
    ) -> AuthRequestRegistrationRow | None:
        """Keeps a registration until its e-mail address is confirmed, and queues a mail to that address."""
    def reset_password(
        self,
        *,
        token_sha256: bytes,
        password_hash: str,
        end_api_keys: bool,
    ) -> AuthResetPasswordRow | None:
        """Replaces a forgotten password by a mailed token, which works once."""
    def revoke_login(self, *, user_id: int, login_id: int, why: str) -> int:
        """Ends a login: the guard refuses its tokens from the next request on."""
    def revoke_logins(self, *, user_id: int, end_api_keys: bool) -> AuthRevokeLoginsRow:
        """Ends all of a user's logins, and on request the API keys; the guard refuses them from the next request on."""
    def rotate_refresh(
        self,
        *,
        login_id: int,
        user_id: int,
        presented_hash: bytes,
        next_hash: bytes,
        address: str | None,
        lifetime_s: int,
        longest_s: int,
    ) -> str:
        """Replaces a refresh token by its successor; asking again gives the same successor."""
    def undo_email_change(self, *, token_sha256: bytes) -> int | None:
        """Undoes a change of address by the token that was mailed to the old address, which the account then has
        again."""

@final
class DaysQueries:
    def list_days(
        self,
        *,
        viewer_id: int,
        athlete_id: int,
        from_on: datetime.date | str,
        to_on: datetime.date | str,
        before_on: datetime.date | str,
        limit: int,
    ) -> list[DaysListDaysRow]:
        """An athlete's days with values that the viewer sees, newest first, a page at a time."""
    def record_day(
        self,
        *,
        viewer_id: int,
        athlete_id: int,
        local_on: datetime.date | str,
        values: list[Any] | Mapping[str, Any] | Json,
    ) -> DaysRecordDayRow:
        """Records values of a day: absent kinds stay as they are, null takes one away; the same again changes
        nothing."""
    def show_trend(
        self,
        *,
        viewer_id: int,
        athlete_id: int | None,
        from_on: datetime.date | str | None,
        to_on: datetime.date | str | None,
        kind: str,
    ) -> DaysShowTrendRow:
        """One kind of an athlete's day values: 7-day means and scores against the own 28 days before, on the days that
        the viewer sees."""

@final
class ExercisesQueries:
    def create_exercise(
        self,
        *,
        viewer_id: int,
        exercise: list[Any] | Mapping[str, Any] | Json,
        most: int,
    ) -> ExercisesCreateExerciseRow:
        """Adds an own exercise for the viewer, with its muscles and other names."""
    def get_exercise(self, *, viewer_id: int, exercise_id: int) -> ExercisesGetExerciseRow:
        """One exercise with muscles and other names: shared, the viewer's own, or one in a session that the viewer
        sees."""
    def list_exercises(
        self,
        *,
        viewer_id: int,
        equipment: str | None,
        category: str | None,
        tracking: str | None,
        muscle: str | None,
        after_name: str,
        after_id: int,
        limit: int,
    ) -> list[ExercisesListExercisesRow]:
        """The shared catalogue and the viewer's own exercises by name, a page at a time."""
    def list_last_used_exercises(
        self,
        *,
        viewer_id: int,
        athlete_id: int,
        after_used_on: datetime.date | str,
        after_id: int,
        limit: int,
    ) -> list[ExercisesListLastUsedExercisesRow]:
        """The exercises that an athlete has done on the days that the viewer sees, last used first, a page at a
        time."""
    def list_most_used_exercises(
        self,
        *,
        viewer_id: int,
        athlete_id: int,
        after_count: int,
        after_id: int,
        limit: int,
    ) -> list[ExercisesListMostUsedExercisesRow]:
        """The exercises that an athlete has done on the days that the viewer sees, most used first, a page at a
        time."""
    def list_unmatched_exercises(
        self,
        *,
        viewer_id: int,
        after_name: str,
        after_id: int,
        limit: int,
        proposed: int,
    ) -> list[ExercisesListUnmatchedExercisesRow]:
        """The viewer's own exercises that have no muscles, such as names of files that no import knew; each with shared
        ones like it."""
    def merge_exercise(self, *, viewer_id: int, exercise_id: int, into_id: int) -> ExercisesMergeExerciseRow:
        """Merges an own exercise into another one: its history moves there, and its names mean that one."""
    def patch_exercise(
        self,
        *,
        viewer_id: int,
        exercise_id: int,
        versions: list[int],
        patch: list[Any] | Mapping[str, Any] | Json,
    ) -> ExercisesPatchExerciseRow:
        """Changes the fields of an own exercise that a merge patch holds, if the exercise still has a given version."""
    def search_exercises(self, *, viewer_id: int, words: str, limit: int) -> list[ExercisesSearchExercisesRow]:
        """The viewer's own and the shared exercises whose name or alias is similar to some words, best match first."""
    def share_exercise(self, *, exercise_id: int) -> ExercisesShareExerciseRow:
        """Moves somebody's own exercise into the shared catalogue, with its names; its history stays where it is."""
    def unmerge_exercise(self, *, viewer_id: int, exercise_id: int) -> ExercisesUnmergeExerciseRow:
        """Undoes the merge of an own exercise: what it moved comes back. Without a merge nothing changes."""

@final
class HealthQueries:
    def get_background(self) -> HealthGetBackgroundRow:
        """How background jobs are: how many are due, run and have failed, how long the oldest one waits, and how many
        workers live."""
    def get_health(self) -> HealthGetHealthRow:
        """The state of the database for readiness: versions of schema and server, whether it takes writes, and the
        role's rights."""

@final
class ImportsQueries:
    def add_imported_exercises(
        self,
        *,
        import_id: int,
        athlete_id: int,
        exercise_ids: list[Any] | Mapping[str, Any] | Json,
    ) -> int:
        """Adds the exercises of the sessions that an import added or completed; each name stands for its best match."""
    def add_imported_sessions(self, *, import_id: int, athlete_id: int, source: str, zone: str) -> int:
        """Makes sessions of the new workouts, and records them, so that they stay known when they are edited or
        deleted."""
    def add_imported_sets(self, *, import_id: int) -> int:
        """Adds the sets of the sessions that an import added or completed."""
    def complete_imported_sessions(
        self,
        *,
        import_id: int,
        athlete_id: int,
        source: str,
    ) -> ImportsCompleteImportedSessionsRow:
        """Empties sessions of which the file has more sets, or a better order, so that all sets are added again; counts
        what happens to all workouts."""
    def copy_import_exercises(self) -> AbstractContextManager[Copy]:
        """Copies the exercises of a file into staging, one row per exercise, with its sets in arrays and its
        workout."""
    def empty_import_exercises(self, *, import_id: int) -> int:
        """Takes back the staged exercises of an import, because its file must be read in another way."""
    def find_assisted_names(self, *, athlete_id: int, source: str) -> ImportsFindAssistedNamesRow:
        """The pattern of names of assisted exercises, and their other names; by these an import knows weights that
        assist."""
    def find_importing_user(self, *, name: str) -> ImportsFindImportingUserRow | None:
        """The active user with a username or e-mail address, for whom the command line imports."""
    def finish_import(
        self,
        *,
        import_id: int,
        state: str,
        zone: str,
        sessions_added: int,
        sessions_completed: int,
        sets_added: int,
        exercises_added: int,
        duplicates: int,
        rejected: list[Any] | Mapping[str, Any] | Json,
        notices: list[Any] | Mapping[str, Any] | Json,
        exercises: list[Any] | Mapping[str, Any] | Json,
    ) -> ImportsFinishImportRow:
        """Ends an import with its report, and empties its staging."""
    def get_import(self, *, viewer_id: int, import_id: int) -> ImportsGetImportRow:
        """The report of one import of the viewer's own training."""
    def list_imports(self, *, viewer_id: int, before_id: int, limit: int) -> list[ImportsListImportsRow]:
        """The viewer's imports, newest first, a page at a time, without rejected lines, notices and exercises."""
    def match_import_exercises(
        self,
        *,
        import_id: int,
        athlete_id: int,
        source: str,
        listed: int,
        most: int,
    ) -> ImportsMatchImportExercisesRow:
        """Finds the exercises that staged sets name, makes the unknown ones, and lists both."""
    def match_import_sessions(
        self,
        *,
        import_id: int,
        athlete_id: int,
        source: str,
        exercise_ids: list[Any] | Mapping[str, Any] | Json,
    ) -> int:
        """Decides what happens to workouts that this athlete imported before, even if they were edited or deleted
        since."""
    def stage_import_sessions(self, *, import_id: int) -> int:
        """Groups staged sets into workouts, each with the id that a new session would get."""
    def start_import(
        self,
        *,
        viewer_id: int,
        source: str,
        file_name: str,
        file_sha256: bytes,
        file_bytes: int,
        zone: str | None,
        most: int,
    ) -> ImportsStartImportRow:
        """Opens an import of the viewer's own training; another import of the same athlete waits here until it is
        committed."""

@final
class InvitationsQueries:
    def accept_invitation(
        self,
        *,
        viewer_id: int,
        code_sha256: bytes,
        joined_on: str,
    ) -> InvitationsAcceptInvitationRow:
        """Uses an invitation: the viewer becomes a member or an athlete of the team, or claims the athlete."""
    def create_invitation(
        self,
        *,
        viewer_id: int,
        invitation: list[Any] | Mapping[str, Any] | Json,
        code_sha256: bytes | None,
        most: int,
    ) -> InvitationsCreateInvitationRow:
        """Invites somebody into a team, or to claim an athlete whom the viewer keeps; by mail if an address is
        given."""
    def find_invitation(self, *, code_sha256: bytes) -> InvitationsFindInvitationRow:
        """A valid invitation, found by its code."""
    def list_invitations(self, *, viewer_id: int, before_id: int, limit: int) -> list[InvitationsListInvitationsRow]:
        """Valid invitations: the viewer's own and those into the viewer's own teams, newest first, a page at a time."""
    def renew_code(self, *, invitation_id: int, code_sha256: bytes) -> InvitationsRenewCodeRow | None:
        """Gives an invitation its code when it is mailed, and the values for the mail; no row if it is no longer
        valid."""
    def revoke_invitation(self, *, viewer_id: int, invitation_id: int) -> InvitationsRevokeInvitationRow:
        """Revokes an invitation: the viewer's own, or one into a team that the viewer owns."""

@final
class JobsQueries:
    def check_sessions(self, *, after_id: int, limit: int, most_sets: int) -> JobsCheckSessionsRow:
        """Looks through a page of sessions for what is doubtful, as far as they have changed since the last time."""
    def delete_old_email_changes(self, *, days: int, limit: int) -> int:
        """Deletes changes of address that expired more than so many days ago, up to a limit."""
    def delete_old_invitations(self, *, days: int, limit: int) -> int:
        """Deletes invitations that expired more than so many days ago, up to a limit."""
    def delete_old_jobs(self, *, days: int, limit: int) -> int:
        """Deletes failed jobs that were last touched more than so many days ago, up to a limit."""
    def delete_old_keys(self, *, days: int, limit: int) -> int:
        """Deletes idempotency keys that are older than so many days, up to a limit."""
    def delete_old_logins(self, *, days: int, limit: int) -> int:
        """Deletes logins that expired more than so many days ago, up to a limit."""
    def delete_old_registrations(self, *, days: int, limit: int) -> int:
        """Deletes registrations that nobody confirmed and that expired more than so many days ago, up to a limit."""
    def delete_old_throttles(self, *, days: int, limit: int) -> int:
        """Deletes throttles of guesses and mails that were last touched more than so many days ago, up to a limit."""
    def delete_old_tokens(self, *, days: int, limit: int) -> int:
        """Deletes mailed tokens that expired more than so many days ago, up to a limit."""
    def end_forgotten_sessions(self, *, limit: int) -> JobsEndForgottenSessionsRow:
        """Ends sessions in progress to which nobody has written for 4 hours, 5 minutes after their last set."""
    def find_next_session(self, *, after_id: int) -> int | None:
        """Finds the session that follows an id: the one that a job passes over if it cannot be worked on."""
    def mend_merges(self) -> list[int]:
        """Moves what still stands at merged exercises to the ends of their chains, and gives the sessions that this
        changed."""
    def mend_sessions(self, *, after_id: int, limit: int) -> JobsMendSessionsRow:
        """Compares the counts, volumes, days and ratings of a page of sessions with their sets and starts, and corrects
        differences."""
    def mend_user_days(self) -> int:
        """Compares the counts of users by day with the users, and corrects differences; gives the number of corrected
        days."""

@final
class MailQueries:
    def find_key_owner(self, *, user_id: int, key_id: int) -> MailFindKeyOwnerRow | None:
        """The recipient of the mail about a new API key, and the key's name and scopes, which are null if it was
        deleted."""
    def find_recipient(self, *, user_id: int) -> MailFindRecipientRow | None:
        """The recipient of a mail about an account; no row if the account was deleted or deactivated."""
    def prepare_email_change(self, *, change_id: int, token_sha256: bytes) -> MailPrepareEmailChangeRow | None:
        """The recipient of the mail to a user's new address; keeps its token. If it is sent twice, only the last token
        is valid."""
    def prepare_password_reset(
        self,
        *,
        email: str,
        token_sha256: bytes,
        lifetime_s: int,
    ) -> MailPreparePasswordResetRow | None:
        """The recipient of the mail for a forgotten password, if an active user has the address; keeps its token."""
    def prepare_registration(self, *, registration_id: int, token_sha256: bytes) -> MailPrepareRegistrationRow | None:
        """The recipient of the mail for a registration; keeps its token."""
    def prepare_undo(self, *, change_id: int, token_sha256: bytes) -> MailPrepareUndoRow | None:
        """The recipient of the mail about a change of address, at the old address, which may undo it; keeps its
        token."""
    def prepare_verification(
        self,
        *,
        email: str,
        token_sha256: bytes,
        lifetime_s: int,
    ) -> MailPrepareVerificationRow | None:
        """The recipient of a further verification mail: a user who has not verified the address; keeps its token."""

@final
class ReportsQueries:
    def exercise_report(
        self,
        *,
        viewer_id: int,
        athlete_id: int | None,
        exercise_id: int,
        from_on: datetime.date | str | None,
        to_on: datetime.date | str | None,
        e1rm: str,
        most_reps: int,
    ) -> ReportsExerciseReportRow:
        """One exercise of an athlete: its history by day, bests, records and the table of rep maxima."""
    def hard_sets(
        self,
        *,
        viewer_id: int,
        athlete_id: int | None,
        from_on: datetime.date | str | None,
        to_on: datetime.date | str | None,
    ) -> ReportsHardSetsRow:
        """Hard sets by muscle and week of one athlete: direct work counts 1, indirect work a half."""
    def list_records(
        self,
        *,
        viewer_id: int,
        athlete_id: int | None,
        exercise_id: int | None,
        kind: str | None,
        e1rm: str,
        before_on: datetime.date | str,
        after_exercise: int,
        after_kind: str,
        limit: int,
    ) -> list[ReportsListRecordsRow]:
        """An athlete's records in all exercises, newest first, a page at a time."""
    def measured_load(
        self,
        *,
        viewer_id: int,
        athlete_id: int | None,
        from_on: datetime.date | str | None,
        to_on: datetime.date | str | None,
        bucket: str,
        decay: str,
        method: str,
        sport: str | None,
        women: float,
        acwr: bool,
    ) -> ReportsMeasuredLoadRow:
        """One athlete's load from heart rate, pace or power: the same averages as from ratings, of one measure
        alone."""
    def team_table(
        self,
        *,
        viewer_id: int,
        team_id: int,
        words: str,
        sort_by: str,
        only: str,
        after_key: float,
        after_name: str,
        after_id: int,
        limit: int,
    ) -> list[ReportsTeamTableRow]:
        """A team's athletes of today, one row each: last session, load of 7 days and its change, wellness and pain."""
    def training_load(
        self,
        *,
        viewer_id: int,
        athlete_id: int | None,
        from_on: datetime.date | str | None,
        to_on: datetime.date | str | None,
        bucket: str,
        decay: str,
        estimates: bool,
        acwr: bool,
    ) -> ReportsTrainingLoadRow:
        """One athlete's training load: fitness, fatigue and form, monotony, and the change from week to week, with
        their coverage."""
    def training_report(
        self,
        *,
        viewer_id: int,
        athlete_id: int | None,
        from_on: datetime.date | str | None,
        to_on: datetime.date | str | None,
        bucket: str,
        e1rm: str,
    ) -> ReportsTrainingReportRow:
        """One athlete's training report: totals, volume by muscle, training load, records and the trend of the main
        lifts."""

@final
class SessionsQueries:
    def add_comment(
        self,
        *,
        viewer_id: int,
        session_id: int,
        exercise_no: int,
        set_no: int,
        body: str,
    ) -> SessionsAddCommentRow:
        """Adds a comment to a session that the viewer sees, or to one of its exercises or sets (0: to none of them)."""
    def check_doubts(self, *, viewer_id: int, athlete_id: int, limit: int) -> SessionsCheckDoubtsRow:
        """Looks through the latest sessions of an athlete for what is doubtful, as far as they have changed since the
        last time."""
    def create_session(
        self,
        *,
        viewer_id: int,
        athlete_id: int,
        copy_of: int,
        session: list[Any] | Mapping[str, Any] | Json,
    ) -> SessionsCreateSessionRow:
        """Records a session with its exercises, sets and laps; if its client_key is stored already, gives the stored
        session."""
    def decide_doubt(
        self,
        *,
        viewer_id: int,
        doubt_id: int,
        action: str,
        fields: list[Any] | Mapping[str, Any] | Json,
    ) -> SessionsDecideDoubtRow:
        """Decides a doubt: it is right, its proposal is accepted, its set is fixed with other fields, or deleted."""
    def delete_comment(self, *, viewer_id: int, session_id: int, comment_id: int) -> SessionsDeleteCommentRow:
        """Deletes a comment: its author may, and the athlete on whose session it stands."""
    def delete_session(self, *, viewer_id: int, session_id: int, versions: list[int]) -> SessionsDeleteSessionRow:
        """Deletes a session with its exercises and sets, if it still has a given version; the record of its import
        stays."""
    def find_athlete_sessions(
        self,
        *,
        viewer_id: int,
        athlete_id: int,
        from_on: datetime.date | str | None,
        to_on: datetime.date | str | None,
        exercise_id: int | None,
        words: str | None,
        sport: str | None,
        before_at: datetime.datetime | str,
        before_id: int,
        with_total: bool,
        limit: int,
    ) -> list[SessionsFindAthleteSessionsRow]:
        """An athlete's sessions of some of the days that the viewer sees, with an exercise or some words in them,
        newest first."""
    def find_sessions(
        self,
        *,
        viewer_id: int,
        from_on: datetime.date | str | None,
        to_on: datetime.date | str | None,
        exercise_id: int | None,
        words: str | None,
        sport: str | None,
        before_at: datetime.datetime | str,
        before_id: int,
        with_total: bool,
        limit: int,
    ) -> list[SessionsFindSessionsRow]:
        """An athlete's own sessions of some days, with an exercise or some words in them, newest first, a page at a
        time."""
    def get_current_session(self, *, viewer_id: int, athlete_id: int) -> SessionsGetCurrentSessionRow:
        """The session in progress of an athlete, with its exercises, sets and laps, for its athlete and for others who
        see that day."""
    def get_session(self, *, viewer_id: int, session_id: int) -> SessionsGetSessionRow:
        """One workout session with its exercises, sets and laps, for its athlete and for others who see that day of the
        training."""
    def list_athlete_sessions(
        self,
        *,
        viewer_id: int,
        athlete_id: int,
        before_at: datetime.datetime | str,
        before_id: int,
        limit: int,
    ) -> list[SessionsListAthleteSessionsRow]:
        """An athlete's sessions on the days that the viewer sees, newest first, a page at a time."""
    def list_changed_sets(
        self,
        *,
        viewer_id: int,
        session_id: int,
        after_version: int,
        after_exercise_no: int,
        after_set_no: int,
        limit: int,
    ) -> list[SessionsListChangedSetsRow]:
        """A session's sets that were written or deleted after one of its versions, in that order, a page at a time."""
    def list_comments(
        self,
        *,
        viewer_id: int,
        session_id: int,
        after_id: int,
        limit: int,
    ) -> list[SessionsListCommentsRow]:
        """The comments on a session that the viewer sees, oldest first, a page at a time."""
    def list_doubts(
        self,
        *,
        viewer_id: int,
        athlete_id: int,
        is_open: bool,
        from_on: datetime.date | str,
        to_on: datetime.date | str,
        before_id: int,
        limit: int,
    ) -> list[SessionsListDoubtsRow]:
        """What is doubtful about an athlete's training, open or decided, newest first, a page at a time."""
    def list_sessions(
        self,
        *,
        viewer_id: int,
        before_at: datetime.datetime | str,
        before_id: int,
        limit: int,
    ) -> list[SessionsListSessionsRow]:
        """All of an athlete's own sessions, newest first, a page at a time."""
    def patch_session(
        self,
        *,
        viewer_id: int,
        session_id: int,
        versions: list[int],
        patch: list[Any] | Mapping[str, Any] | Json,
    ) -> SessionsPatchSessionRow:
        """Changes the fields of a session that a merge patch holds, if the session still has a given version."""
    def replace_session(
        self,
        *,
        viewer_id: int,
        session_id: int,
        versions: list[int],
        session: list[Any] | Mapping[str, Any] | Json,
    ) -> SessionsReplaceSessionRow:
        """Replaces a session with its exercises, sets and laps, if it still has a given version; rows whose numbers
        stay are kept."""
    def undo_doubt(self, *, viewer_id: int, doubt_id: int) -> SessionsUndoDoubtRow:
        """Undoes the decision of a doubt: what was stored before comes back, and the doubt is open again; 404 without a
        decision."""
    def write_set(
        self,
        *,
        viewer_id: int,
        session_id: int,
        device: str | None,
        items: list[Any] | Mapping[str, Any] | Json,
    ) -> SessionsWriteSetRow:
        """Writes or deletes one set of a session, unless this device sent it before or another device changed it."""
    def write_sets(
        self,
        *,
        viewer_id: int,
        session_id: int,
        device: str | None,
        items: list[Any] | Mapping[str, Any] | Json,
    ) -> SessionsWriteSetsRow:
        """Writes and deletes sets of a session that one device has collected, and answers each of them."""

@final
class SpineQueries:
    def ask_guard(self) -> bool:
        """Asks only the guard, for replies that need no query because they come from a cache."""
    def claim_key(self, *, key: str, digest: bytes) -> None:
        """Claims an Idempotency-Key for the change that follows in the same transaction; raises WK409 if it was used
        before."""
    def find_reply(self, *, user_id: int | None, key: str) -> SpineFindReplyRow | None:
        """The kept reply of an Idempotency-Key, with the digest of its request."""
    def follow_primary(self, *, position: int, key_id: int | None) -> None:
        """Lets a read go on only on a standby that is as far as the read needs; the server then asks the primary
        instead."""
    def identify_server(self) -> str:
        """Which database of which server this is a copy of: a standby has its primary's number, and the database its
        name."""
    def open_request(self, *, user_id: int | None, request_id: str, timeout_ms: int, plan_mode: str) -> None:
        """Sets the transaction's settings for a caller who needs no sign-in: registration, sign-in, jobs, commands."""
    def pass_guard(
        self,
        *,
        user_id: int,
        login_id: int,
        request_id: str,
        timeout_ms: int,
        plan_mode: str,
        superuser: bool,
        writes: bool,
    ) -> None:
        """Lets a signed-in caller through, or raises WK401 or WK403; sets the transaction's settings. Runs before every
        query."""
    def pass_key_guard(
        self,
        *,
        user_id: int,
        key_id: int,
        secret_sha256: bytes,
        scope: str,
        request_id: str,
        timeout_ms: int,
        plan_mode: str,
        superuser: bool,
        writes: bool,
    ) -> None:
        """Lets the holder of an API key through, or raises WK401 or WK403; pass_guard.sql does this for signed-in
        callers."""
    def store_reply(self, *, key: str, status: int, keep_body: bool) -> int:
        """Stores the reply that the change passed to keep_reply() under its Idempotency-Key; without a reply, the claim
        ends."""
    def tell_position(self) -> SpineTellPositionRow:
        """Where the server's write-ahead log is, behind all that was seen or written before; and how far a standby has
        come."""

@final
class TeamsQueries:
    def add_athlete(self, *, viewer_id: int, team_id: int, athlete_id: int, joined_on: str) -> TeamsAddAthleteRow:
        """Adds an athlete whom the viewer keeps to a team of the viewer's; athletes with an account join by an
        invitation."""
    def change_athlete(
        self,
        *,
        viewer_id: int,
        team_id: int,
        athlete_id: int,
        change: list[Any] | Mapping[str, Any] | Json,
    ) -> TeamsChangeAthleteRow:
        """Sets the day on which an athlete leaves a team, and whether the team's coaches still see these days
        afterwards."""
    def change_member(self, *, viewer_id: int, team_id: int, user_id: int, role: str) -> TeamsChangeMemberRow:
        """Makes a member of a team owner or coach. Only owners may do this, and the last owner stays owner."""
    def create_team(self, *, viewer_id: int, name: str, headquarters: str, most: int) -> TeamsCreateTeamRow:
        """Makes a team and makes the viewer its owner."""
    def delete_team(self, *, viewer_id: int, team_id: int, versions: list[int]) -> TeamsDeleteTeamRow:
        """Deletes a team with its memberships and invitations, if it still has a given version. Only for owners;
        training stays."""
    def get_team(self, *, viewer_id: int, team_id: int) -> TeamsGetTeamRow:
        """One team with its members and today's athletes, for its members; its athletes see no other athletes."""
    def list_members(
        self,
        *,
        viewer_id: int,
        team_id: int,
        after_joined_on: datetime.date | str,
        after_user_id: int,
        limit: int,
    ) -> list[TeamsListMembersRow]:
        """The members of a team, those who joined first at the top, a page at a time, for its members and athletes."""
    def list_teams(self, *, viewer_id: int, after_name: str, after_id: int, limit: int) -> list[TeamsListTeamsRow]:
        """The teams that the viewer coaches, and those that the viewer is in as an athlete today, by name, a page at a
        time."""
    def patch_team(
        self,
        *,
        viewer_id: int,
        team_id: int,
        versions: list[int],
        patch: list[Any] | Mapping[str, Any] | Json,
    ) -> TeamsPatchTeamRow:
        """Changes a team's name or headquarters by a merge patch, if it still has a given version. Only for its
        owners."""
    def remove_member(self, *, viewer_id: int, team_id: int, user_id: int) -> TeamsRemoveMemberRow:
        """Ends a membership: the viewer's own or, if the viewer is an owner, any. The last owner cannot be removed."""

@final
class UsersQueries:
    def get_user(self, *, user_id: int) -> UsersGetUserRow:
        """One account with the athlete who belongs to it."""

@final
class Queries:
    account: Final[AccountQueries]
    administration: Final[AdministrationQueries]
    api_keys: Final[ApiKeysQueries]
    athletes: Final[AthletesQueries]
    audit: Final[AuditQueries]
    auth: Final[AuthQueries]
    days: Final[DaysQueries]
    exercises: Final[ExercisesQueries]
    health: Final[HealthQueries]
    imports: Final[ImportsQueries]
    invitations: Final[InvitationsQueries]
    jobs: Final[JobsQueries]
    mail: Final[MailQueries]
    reports: Final[ReportsQueries]
    sessions: Final[SessionsQueries]
    spine: Final[SpineQueries]
    teams: Final[TeamsQueries]
    users: Final[UsersQueries]

queries: Final[Queries]
