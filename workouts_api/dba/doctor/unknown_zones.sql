-- Time zones of athletes that this server does not know. Their days are computed in UTC.
-- Update the server's time zones (tzdata), or change the athlete's zone.
select
  a.zone as object,
  format('%s athletes, the server does not know it', count(*)) as finding
from workouts.athletes as a
where not exists (select from pg_timezone_names as z where z.name = a.zone)
group by a.zone
order by a.zone
