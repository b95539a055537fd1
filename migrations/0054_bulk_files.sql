-- A bulk export, or evidence, runs until its file is there: it can be paused and cancelled, and may fail.

alter table communication_exports drop constraint communication_exports_state_check;
alter table communication_exports add constraint communication_exports_state_check
    check (state in ('QUEUED', 'RUNNING', 'PAUSED', 'READY', 'FAILED', 'CANCELLED', 'EXPIRED'));
alter table bulk_actions drop constraint bulk_actions_state_check;
alter table bulk_actions add constraint bulk_actions_state_check
    check (state in ('PLANNED', 'CONFIRMED', 'RUNNING', 'PAUSED', 'DONE', 'FAILED', 'CANCELLED', 'EXPIRED'));
create unique index bulk_actions_export on bulk_actions (tenant_id, export_id) where export_id is not null;
