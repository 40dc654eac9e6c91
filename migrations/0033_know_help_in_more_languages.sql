-- Help in more languages: "Klimmzüge (unterstützt)", "アシスト懸垂", "辅助引体向上", as trainees and apps write it.
-- Only next to pull-ups, dips and one-legged squats: "supported" and "accessory" are the same words in these
-- languages, and a chest-supported row is no assistance.
--
-- Help that imports took for weight in such exercises becomes help, as in 0023 and under its conditions.
-- migrate:up transaction:false
create or replace function workouts.assisted_pattern() returns text
language sql immutable parallel safe
return
  '(^|\W)(?<!un[- ])(?<!non[- ])(?<!not[- ])'
  '(ass?ist(ed|iert|ierte|ierter|iertes|é|ée|és|ées|ida|ido|idas|idos|ita|ito|ite|iti|eret|ert|erad|erade)?'
  '|geassisteerd|geassisteerde|wspomagane|wspomagany|wspomagana|avustettu|gravitron|гравитрон|гравитроне)(\W|$)'
  '|^(?=.*(^|\W)band(s|ed)?(\W|$))(?=.*(^|\W)(pull|chin|muscle)[- ]?ups?(\W|$))(?!.*resisted)'
  '|(klimmz(u|ü)ge?n?|(pull|chin)[- ]?ups?|dips?)[ (,]+(mit )?unterstützt?(ung)?(\W|$)'
  '|unterstützte[rs]? (klimmz|pull|chin|dip)'
  '|(barfiks|dips?)[ (,]+(destekli|yardımlı)|(destekli|yardımlı) (barfiks|dips?)'
  '|(подтягивани[ея]|брусьях)[ (,]+с (помощью|поддержкой)'
  '|podciąganie[ (,]+ze wspomaganiem|barra fixa[ (,]+auxiliada'
  '|アシスト(懸垂|チン|プルアップ|ディップ)'
  '|(懸垂|チンニング|チンアップ|プルアップ|ディップス?)[ (]*(アシスト(?!なし)|補助(?!なし))'
  '|補助(付き|つき)'
  '|(어시스트|어시스티드|보조) ?(풀업|턱걸이|친업|딥)'
  '|(풀업|턱걸이|친업|딥스?)[ (]+(어시스트|어시스티드|보조)'
  '|(?<![无無非])(辅助|輔助|助力)(单腿深蹲|單腿深蹲|双杠|雙槓|臂屈伸|引体|引體)'
  '|(引体向上|引體向上|臂屈伸)[ (]*(辅助|輔助|助力)';
create or replace function workouts.turn_help(session_id bigint, assisted bigint[], sign integer) returns float8
language plpgsql volatile
as $$
begin
  update workouts.sets as t
  set weight_kg = -t.weight_kg
  where t.session_id = turn_help.session_id
    and t.exercise_id = any(turn_help.assisted)
    and t.weight_kg * sign > 0
    and t.weight_kg <= 500;
  return (
    select coalesce(sum(t.weight_kg * t.reps) filter (where t.kind <> 'w' and t.weight_kg > 0), 0)
    from workouts.sets as t
    where t.session_id = turn_help.session_id
  );
end
$$;
-- migrate:batch key=id size=2000
update sessions as s
set volume_kg = turn_help(s.id, array(select x.id from exercises as x where is_assisted(x.name)), 1),
    version = s.version + 1,
    import_version = s.import_version + 1,
    updated_at = now()
where s.version = s.import_version
  and exists (
    select
    from sets as t
    where t.session_id = s.id
      and t.exercise_id = any(array(select x.id from exercises as x where is_assisted(x.name)))
      and t.weight_kg > 0
      and t.weight_kg <= 500
  );
-- squawk-ignore ban-drop-function
drop function if exists workouts.turn_help(bigint, bigint[], integer);

-- Weights are again what files say of them where the former pattern knows no help.
-- migrate:down transaction:false
create or replace function workouts.was_assisted(name text) returns boolean
language sql immutable parallel safe
return lower(name) ~ (
  '(^|\W)(?<!un[- ])(?<!non[- ])(?<!not[- ])'
  '(ass?ist(ed|iert|ierte|ierter|iertes|é|ée|és|ées|ida|ido|idas|idos|ita|ito|ite|iti|eret|ert|erad|erade)?'
  '|geassisteerd|geassisteerde|wspomagane|wspomagany|wspomagana|avustettu|gravitron|гравитрон|гравитроне)(\W|$)'
  '|^(?=.*(^|\W)band(s|ed)?(\W|$))(?=.*(^|\W)(pull|chin|muscle)[- ]?ups?(\W|$))(?!.*resisted)'
);
create or replace function workouts.turn_help(session_id bigint, assisted bigint[], sign integer) returns float8
language plpgsql volatile
as $$
begin
  update workouts.sets as t
  set weight_kg = -t.weight_kg
  where t.session_id = turn_help.session_id
    and t.exercise_id = any(turn_help.assisted)
    and t.weight_kg * sign > 0;
  return (
    select coalesce(sum(t.weight_kg * t.reps) filter (where t.kind <> 'w' and t.weight_kg > 0), 0)
    from workouts.sets as t
    where t.session_id = turn_help.session_id
  );
end
$$;
-- migrate:batch key=id size=2000
update sessions as s
set volume_kg = turn_help(s.id, array(
      select x.id from exercises as x where is_assisted(x.name) and not was_assisted(x.name)
    ), -1),
    version = s.version + 1,
    import_version = s.import_version + 1,
    updated_at = now()
where s.version = s.import_version
  and exists (
    select
    from sets as t
    where t.session_id = s.id
      and t.exercise_id = any(array(
      select x.id from exercises as x where is_assisted(x.name) and not was_assisted(x.name)
    ))
      and t.weight_kg < 0
  );
drop function if exists workouts.turn_help(bigint, bigint[], integer);
drop function if exists workouts.was_assisted(text);
create or replace function workouts.assisted_pattern() returns text
language sql immutable parallel safe
return
  '(^|\W)(?<!un[- ])(?<!non[- ])(?<!not[- ])'
  '(ass?ist(ed|iert|ierte|ierter|iertes|é|ée|és|ées|ida|ido|idas|idos|ita|ito|ite|iti|eret|ert|erad|erade)?'
  '|geassisteerd|geassisteerde|wspomagane|wspomagany|wspomagana|avustettu|gravitron|гравитрон|гравитроне)(\W|$)'
  '|^(?=.*(^|\W)band(s|ed)?(\W|$))(?=.*(^|\W)(pull|chin|muscle)[- ]?ups?(\W|$))(?!.*resisted)';
