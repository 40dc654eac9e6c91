-- Laps of sessions: what a watch or a person measured one after the other.
-- migrate:up
create table laps (
  session_id             bigint not null,
  lap_no                 smallint not null,
  max_heart_rate_bpm     smallint,
  duration_s             double precision,
  distance_m             double precision,
  ascent_m               double precision,
  descent_m              double precision,
  average_heart_rate_bpm double precision,
  average_power_w        double precision,
  constraint laps_pkey primary key (session_id, lap_no),
  constraint laps_session_id_fkey foreign key (session_id) references sessions (id) on delete cascade,
  constraint laps_lap_no_in_range check (lap_no between 1 and 1000),
  constraint laps_duration_in_range check (duration_s = 0 or duration_s between 0.1 and 864000),
  constraint laps_distance_in_range check (distance_m = 0 or distance_m between 0.0001 and 10000000),
  constraint laps_ascent_in_range check (ascent_m = 0 or ascent_m between 0.0001 and 100000),
  constraint laps_descent_in_range check (descent_m = 0 or descent_m between 0.0001 and 100000),
  constraint laps_average_heart_rate_in_range check (average_heart_rate_bpm between 20 and 250),
  constraint laps_max_heart_rate_in_range check (max_heart_rate_bpm between 20 and 250),
  constraint laps_average_heart_rate_at_most_max check (average_heart_rate_bpm <= max_heart_rate_bpm),
  constraint laps_average_power_in_range check (average_power_w = 0 or average_power_w between 0.1 and 3000)
);
comment on table laps is 'In the order of lap_no. Without copies of athlete and day, unlike sets: reports find sessions first. '
  'migrations/repeatable/laps.sql';

-- migrate:down
drop table laps cascade;
