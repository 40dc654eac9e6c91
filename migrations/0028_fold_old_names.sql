-- Names that were stored before they had one form are brought into it (migrations/repeatable/names.sql), row by row. One
-- that would then clash with another, or be empty, stays as it is, and a notice names it.
-- migrate:up
do $$
declare
  held record;
  odd record;
begin
  for held in
    select t.table_name, t.column_name
    from (
      values
        ('users', 'username'), ('users', 'full_name'), ('registrations', 'username'), ('registrations', 'full_name'),
        ('athletes', 'name'), ('teams', 'name'), ('teams', 'headquarters'), ('exercises', 'name'),
        ('exercise_aliases', 'alias'), ('api_keys', 'name')
    ) as t (table_name, column_name)
  loop
    for odd in execute format(
      $query$
        select o.place, o.name, o.folded
        from (
          select
            ctid as place,
            %1$I as name,
            trim(
              regexp_replace(
                regexp_replace(
                  normalize(%1$I, nfkc),
                  '[\u0001-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f'
                  '\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800'
                  '\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd'
                  '\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
                  '\U000e0000-\U000e0fff\U000f0000-\U0010ffff]',
                  '', 'g'
                ),
                '[\u0009-\u000d\u001c-\u0020\u0085\u1680\u2028\u2029]+', ' ', 'g'
              )
            ) as folded
          from %2$I
        ) as o
        where o.name <> o.folded
      $query$,
      held.column_name, held.table_name
    )
    loop
      begin
        execute format('update %I set %I = $1 where ctid = $2', held.table_name, held.column_name)
        using odd.folded, odd.place;
      exception
        when unique_violation or exclusion_violation or check_violation then
          raise notice '%.% stays as it is: % (as a name: %)', held.table_name, held.column_name, odd.name, odd.folded;
      end;
    end loop;
  end loop;
end
$$;

-- migrate:down
select 1;
