-- The keys of before get their owners.
-- migrate:up transaction:false
-- migrate:batch key=created_at size=5000
update idempotency_keys as k
set owner_id = k.user_id
where k.user_id is not null
  and k.owner_id = 0;

-- migrate:down transaction:false
select 1;
