-- Changes of e-mail addresses: asked for until the new address answers, and undone by the old one for a week.
-- migrate:up
create table email_changes (
  id             bigint generated always as identity,
  user_id        bigint not null,
  old_email      text not null,
  new_email      text not null,
  confirm_sha256 bytea,
  undo_sha256    bytea,
  asked_at       timestamptz not null default now(),
  changed_at     timestamptz,
  ended_at       timestamptz,
  expires_at     timestamptz not null,
  constraint email_changes_pkey primary key (id),
  constraint email_changes_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint email_changes_old_email_is_short check (length(old_email) <= 254),
  constraint email_changes_new_email_is_short check (length(new_email) <= 254),
  constraint email_changes_new_email_is_normal check (new_email is nfkc normalized),
  constraint email_changes_confirm_sha256_is_sha256 check (octet_length(confirm_sha256) = 32),
  constraint email_changes_undo_sha256_is_sha256 check (octet_length(undo_sha256) = 32)
);
comment on table email_changes is 'Changes of address, pending or lately made; migrations/repeatable/email_changes.sql. Deleted when they expire.';
comment on column email_changes.confirm_sha256 is 'Of the newest token that was mailed to the new address.';
comment on column email_changes.undo_sha256 is 'Of the newest token that was mailed to the old address.';
comment on column email_changes.changed_at is 'Since when the new address counts; null: it has not answered.';
comment on column email_changes.ended_at is 'Since when it can be neither confirmed nor undone: the password was changed while it was pending, or it was undone.';
comment on column email_changes.expires_at is 'Until when it can be confirmed, or, once it is made, undone.';
create unique index email_changes_confirm_sha256_key on email_changes (confirm_sha256);
comment on index email_changes_confirm_sha256_key is 'queries/auth/confirm_email.sql';
create unique index email_changes_undo_sha256_key on email_changes (undo_sha256);
comment on index email_changes_undo_sha256_key is 'undo_email_change()';
create index email_changes_user_id_idx on email_changes (user_id);
comment on index email_changes_user_id_idx is 'foreign key; void_mailed()';
create index email_changes_old_email_idx on email_changes (lower(old_email));
comment on index email_changes_old_email_idx is 'hold_old_addresses()';
create index email_changes_expires_at_idx on email_changes (expires_at);
comment on index email_changes_expires_at_idx is 'queries/jobs/delete_old_email_changes.sql';

-- migrate:down
drop table email_changes cascade;
