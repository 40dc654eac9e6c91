-- Coach and athlete talk about a session, an exercise or a set.
-- migrate:up
create table session_comments (
  id          bigint generated always as identity,
  athlete_id  bigint not null,
  session_id  bigint not null,
  author_id   bigint not null,
  local_on    date not null,
  exercise_no smallint not null default 0,
  set_no      smallint not null default 0,
  body        text not null,
  created_at  timestamptz not null default now(),
  constraint session_comments_pkey primary key (id),
  constraint session_comments_session_fkey foreign key (session_id, athlete_id, local_on)
    references sessions (id, athlete_id, local_on) on update cascade on delete cascade,
  constraint session_comments_author_id_fkey foreign key (author_id) references users (id) on delete cascade,
  constraint session_comments_exercise_no_in_range check (exercise_no between 0 and 1000),
  constraint session_comments_set_no_in_range check (set_no between 0 and 1000),
  constraint session_comments_name_the_exercise_of_a_set check (set_no = 0 or exercise_no > 0),
  constraint session_comments_body_is_1_to_5000_long check (length(body) between 1 and 5000)
);
comment on table session_comments is 'exercise_no 0: about the session; set_no 0: about the exercise. queries/sessions/list_comments.sql';
create index session_comments_list_idx on session_comments (session_id, id);
comment on index session_comments_list_idx is 'queries/sessions/list_comments.sql; foreign key';
create index session_comments_author_id_idx on session_comments (author_id);
comment on index session_comments_author_id_idx is 'foreign key';

-- migrate:down
drop table session_comments cascade;
