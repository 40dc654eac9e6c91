-- All users, or those found, by username, a page at a time.
-- Made by `workouts sql variants` from list_users.template: what is changed here is lost.
-- @param is_active    boolean? = null
-- @param is_superuser boolean? = null
-- @param search       text? = 'ada'
-- @param other_form   text? = null
-- @param after        text = ''
-- @param limit        int = 51
-- @sample everybody: search = null
-- @sample later_page: search = null
-- @sample later_page: after = 'm'
-- @sample rare_word: search = 'no such name'
-- @sample superusers: search = null, is_superuser = true
-- @column zone_is_known boolean!
-- @column email_is_verified boolean!
-- @returns many
-- @plan custom
-- @readonly
-- @budget plan: no_seqscan(users, athletes)
-- @budget run: buffers<=60
-- @budget run(everybody): buffers<=300
-- @budget run(later_page): buffers<=300
-- other_form is what is searched for with its domain in the other form, A-labels or letters.
-- Read in order from users_username_key until the page is full, or found by users_search_idx, users_inactive_idx or
-- users_superusers_idx and sorted: whatever touches fewer rows.
select c.*
from users as u
left join athletes as a on a.user_id = u.id
cross join lateral user_columns(u, a) as c
where lower(u.username) > lower(:after)
  and (:is_active::boolean is null or u.is_active = :is_active)
  and (:is_superuser::boolean is null or u.is_superuser = :is_superuser)
  and (
    :search::text is null
    or lower(u.username || ' ' || u.email || ' ' || u.full_name) like pattern_of(:search)
    or lower(u.username || ' ' || u.email || ' ' || u.full_name) like pattern_of(:other_form)
  )
order by lower(u.username)
limit :limit
