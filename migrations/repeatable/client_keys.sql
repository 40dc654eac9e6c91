-- A client_key is used once, for ever: what its session's deletion leaves behind, and the look at it when one is recorded.
-- Both are triggers, so that psql keeps the promise too.
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

-- After the insert: one that has waited for the deletion to be committed sees it.
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
