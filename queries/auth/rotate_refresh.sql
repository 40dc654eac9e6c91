-- Replaces a refresh token by its successor; asking again gives the same successor.
-- A login ends at its greatest age, however often it is refreshed.
-- The replaced token works for 60 s more while its successor is unused, because a reply may have been lost. Any other
-- second use ends the login, since one of the two callers was not its owner.
-- @param login_id       bigint = 1
-- @param user_id        bigint = 1
-- @param presented_hash bytea = sha256('none')
-- @param next_hash      bytea = sha256('the next')
-- @param address        inet? = '127.0.0.1'
-- @param lifetime_s     bigint = 604800
-- @param longest_s      bigint = 7776000
-- @column outcome text!
-- @returns value
-- @plan custom
-- @writes
with presented as materialized (
  select
    l.id,
    l.created_at + make_interval(secs => :longest_s) as ends_at,
    case
      when l.created_at + make_interval(secs => :longest_s) <= statement_timestamp() then 'too_old'
      when l.refresh_hash = :presented_hash then 'rotated'
      when l.previous_hash = :presented_hash and l.refreshed_at > statement_timestamp() - interval '60 seconds'
        then 'repeated'
      else 'reused'
    end as outcome
  from logins as l
  join users as u on u.id = l.user_id
  where l.id = :login_id
    and l.user_id = :user_id
    and l.revoked_at is null
    and l.expires_at > statement_timestamp()
    and u.is_active
  for update of l
),
rotated as (
  update logins as l
  set previous_hash = l.refresh_hash,
      refresh_hash = :next_hash,
      refresh_count = l.refresh_count + 1,
      refreshed_at = statement_timestamp(),
      address = :address,
      expires_at = least(statement_timestamp() + make_interval(secs => :lifetime_s), p.ends_at)
  from presented as p
  where l.id = p.id
    and p.outcome = 'rotated'
),
revoked as (
  update logins as l
  set revoked_at = statement_timestamp(),
      revoked_why = 'reuse'
  from presented as p
  where l.id = p.id
    and p.outcome = 'reused'
)
select coalesce((select p.outcome from presented as p), 'ended') as outcome
