-- Runs under way are watched by what is counted anyway and by small indexes: a look costs the same with 50,000 messages.
alter table communication_batches
    add column watched_base int not null default 0; -- messages that had left, or failed, when the counting began
create index communication_events_complaints on communication_events (tenant_id, received_at) where type = 'COMPLAINED';
