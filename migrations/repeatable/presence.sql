-- The athletes who are in a team today, on their own calendar. Their day is at most one day away from the day in UTC. So
-- athletes who left long ago are recognised without their zone, and so are those who are in the team on all three days.
-- The zone is read only for the others.
create or replace function workouts.present_athletes()
returns table (team_id bigint, athlete_id bigint, joined_on date, left_on date)
language sql stable rows 1000
as $$
  select t.team_id, t.athlete_id, t.joined_on, t.left_on
  from workouts.team_athletes as t
  where (t.left_on is null or t.left_on > (statement_timestamp() at time zone 'UTC')::date - 1)
    and (
      t.member_days @> daterange(
        (statement_timestamp() at time zone 'UTC')::date - 1,
        (statement_timestamp() at time zone 'UTC')::date + 1,
        '[]'
      )
      or t.member_days @> (
        select (statement_timestamp() at time zone workouts.zone_or_utc(a.zone))::date
        from workouts.athletes as a
        where a.id = t.athlete_id
      )
    )
$$;
