-- How the keys are found that are about somebody who goes.
-- migrate:up transaction:false
create index concurrently if not exists idempotency_keys_person_id_idx
on idempotency_keys (person_id) where person_id is not null;
comment on index idempotency_keys_person_id_idx is 'foreign key';
create index concurrently if not exists idempotency_keys_registration_id_idx
on idempotency_keys (registration_id) where registration_id is not null;
comment on index idempotency_keys_registration_id_idx is 'foreign key; queries/auth/confirm_email.sql';

-- migrate:down transaction:false
drop index concurrently if exists idempotency_keys_registration_id_idx;
drop index concurrently if exists idempotency_keys_person_id_idx;
