-- Whom the keys of before are about, as far as their replies say; then validates what 0024 added.
-- migrate:up
update idempotency_keys as k
set person_id = u.id
from users as u
where k.user_id is null
  and k.status = 201
  and u.id = (k.reply ->> 'id')::bigint;
alter table idempotency_keys validate constraint idempotency_keys_person_id_fkey;
alter table idempotency_keys validate constraint idempotency_keys_registration_id_fkey;

-- migrate:down
alter table idempotency_keys drop constraint idempotency_keys_person_id_fkey;
alter table idempotency_keys drop constraint idempotency_keys_registration_id_fkey;
alter table idempotency_keys
add constraint idempotency_keys_person_id_fkey
foreign key (person_id) references users (id) on delete cascade not valid;
alter table idempotency_keys
add constraint idempotency_keys_registration_id_fkey
foreign key (registration_id) references registrations (id) on delete cascade not valid;
