-- Comments on sessions and their sets.

-- A comment as its reader sees it.
drop function if exists workouts.comment_fields(workouts.session_comments, bigint);
create function workouts.comment_fields(comment workouts.session_comments, viewer_id bigint) returns table (
  id bigint,
  session_id bigint,
  exercise_no smallint,
  set_no smallint,
  author_id bigint,
  author text,
  is_mine boolean,
  body text,
  created_at timestamptz
)
language sql stable rows 1
as $$
  select
    comment.id,
    comment.session_id,
    nullif(comment.exercise_no, 0),
    nullif(comment.set_no, 0),
    comment.author_id,
    (
      select u.username
      from workouts.users as u
      where u.id = comment.author_id
    ),
    comment.author_id = comment_fields.viewer_id,
    comment.body,
    comment.created_at
$$;

-- Whether there is room for one more comment on a session. The session's lock lets them come one by one.
create or replace function workouts.has_room_for_comment(session_id bigint) returns boolean
language plpgsql volatile
as $$
begin
  perform s.id
  from workouts.sessions as s
  where s.id = has_room_for_comment.session_id
  for no key update;
  if (
    select count(*)
    from workouts.session_comments as c
    where c.session_id = has_room_for_comment.session_id
  ) >= 500 then
    perform workouts.refuse('body', 'A session has at most 500 comments.');
  end if;
  return true;
end
$$;
