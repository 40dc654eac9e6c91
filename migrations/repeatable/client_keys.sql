-- A client_key can be used only once, even after its session was deleted. One trigger keeps the key of a deleted session,
-- and another one checks new keys. They are triggers, so that statements in psql keep the promise, too.
create or replace function workouts.remember_client_key() returns trigger
language plpgsql
as $$
begin
  insert into workouts.deleted_client_keys (athlete_id, client_key)
  values (old.athlete_id, old.client_key)
  on conflict do nothing;
  return null;
end
$$;

drop trigger if exists sessions_client_key_is_remembered on workouts.sessions;
create trigger sessions_client_key_is_remembered after delete on workouts.sessions
  for each row
  when (old.client_key is not null)
  execute function workouts.remember_client_key();

-- It runs after the insert: an insert that waited for the commit of the deletion sees the deletion.
create or replace function workouts.hold_client_key() returns trigger
language plpgsql
as $$
begin
  if exists (
    select
    from workouts.deleted_client_keys as d
    where d.athlete_id = new.athlete_id
      and d.client_key = new.client_key
  ) then
    perform workouts.clash('client_key', 'The session of this client_key was deleted.');
  end if;
  return null;
end
$$;

drop trigger if exists sessions_client_key_is_new on workouts.sessions;
create trigger sessions_client_key_is_new after insert on workouts.sessions
  for each row
  when (new.client_key is not null)
  execute function workouts.hold_client_key();
