-- Imports are committed by the worker: how far one is, and why one failed.

alter table imports drop constraint imports_state_check;
alter table imports add constraint imports_state_check
    check (state in ('PREVIEWED', 'QUEUED', 'IMPORTING', 'COMMITTED', 'FAILED'));
alter table imports add column written int not null default 0; -- communications of the try under way
alter table imports add column error text; -- in plain words
create index imports_moving on imports (tenant_id) where state in ('QUEUED', 'IMPORTING');
