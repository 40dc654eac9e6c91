-- A rare kind of event is found by its kind: in the order of time alone, a page of it was looked for among all events.
-- migrate:up transaction:false
create index concurrently if not exists audit_events_action_idx on audit_events (action, at desc, id desc);
comment on index audit_events_action_idx is 'queries/audit/list_events.sql?action';
create index concurrently if not exists audit_events_table_action_idx on audit_events (
  table_name, action, at desc, id desc
);
comment on index audit_events_table_action_idx is 'queries/audit/list_events.sql?table&action';

-- migrate:down transaction:false
drop index concurrently if exists audit_events_table_action_idx;
drop index concurrently if exists audit_events_action_idx;
