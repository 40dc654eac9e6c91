-- Whose data a kept reply holds, where it is somebody else's than the key's: it goes when they do.
-- migrate:up
alter table idempotency_keys
add column person_id bigint,
add column registration_id bigint;
comment on column idempotency_keys.person_id is 'Whom the reply is about, where that is not user_id: who registered, or whom an administrator made or changed.';
comment on column idempotency_keys.registration_id is 'The same of a registration that waits.';
alter table idempotency_keys
add constraint idempotency_keys_person_id_fkey
foreign key (person_id) references users (id) on delete cascade not valid;
alter table idempotency_keys
add constraint idempotency_keys_registration_id_fkey
foreign key (registration_id) references registrations (id) on delete cascade not valid;

-- migrate:down
alter table idempotency_keys drop column registration_id, drop column person_id;
