-- The athletes who are in a team today, on their own calendar. Their day is at most one day away from the day in UTC. So
-- athletes who left long ago are recognised without their zone.
create or replace function workouts.present_athletes()
returns table (team_id bigint, athlete_id bigint, joined_on date, left_on date)
language sql stable rows 1000
as $$
  select t.team_id, t.athlete_id, t.joined_on, t.left_on
  from workouts.team_athletes as t
  join workouts.athletes as a on a.id = t.athlete_id
  where (t.left_on is null or t.left_on >= (statement_timestamp() at time zone 'UTC')::date - 1)
    and t.member_days @> (statement_timestamp() at time zone workouts.zone_or_utc(a.zone))::date
$$;
