-- Imports, and the rows of their files as buildings, units, batches and communications.

-- name: import_insert
insert into imports (tenant_id, file_name, file_sha256, attachments_sha256, state, settings, preview, created_by, created_by_name)
values (current_tenant(), :file_name::text, :file_sha256::text, :attachments_sha256::text, 'PREVIEWED', :settings::jsonb,
    :preview::jsonb, :created_by::uuid, :created_by_name::text)
returning id

-- name: import_update
update imports set settings = :settings::jsonb, preview = :preview::jsonb, state = 'PREVIEWED', error = null
where tenant_id = current_tenant() and id = :id::uuid

-- name: import_lock
select from imports where tenant_id = current_tenant() and id = :id::uuid for update

-- name: import_get
select id as "id", file_name as "fileName", state as "state", created_at as "createdAt", created_by_name as "createdByName",
    committed_at as "committedAt", communications as "communications", error as "error",
    case when state in ('QUEUED', 'IMPORTING') then json_build_object('written', written, 'total', preview -> 'communications')
    end as "progress", settings as "settings", preview - 'result' as "preview", preview -> 'result' as "result",
    file_sha256 as "fileSha256", attachments_sha256 as "attachmentsSha256"
from imports where tenant_id = current_tenant() and id = :id::uuid

-- name: import_list
select id as "id", file_name as "fileName", state as "state", created_at as "createdAt", created_by_name as "createdByName",
    committed_at as "committedAt", communications as "communications", (preview ->> 'rows')::int as "rows",
    (preview ->> 'errorCount')::int as "errorCount"
from imports where tenant_id = current_tenant() order by created_at desc, id desc limit 50

-- name: import_progress
select id as "id", state as "state", error as "error",
    case when state in ('QUEUED', 'IMPORTING') then json_build_object('written', written, 'total', preview -> 'communications')
    end as "progress"
from imports where tenant_id = current_tenant() and id = :id::uuid

-- name: import_queue
update imports set state = 'QUEUED', written = 0, error = null
where tenant_id = current_tenant() and id = :id::uuid and state in ('PREVIEWED', 'FAILED')
returning id

-- One that failed is begun again where an operator retries its parked job.
-- name: import_begin
update imports set state = 'IMPORTING', written = 0, error = null
where tenant_id = current_tenant() and id = :id::uuid and state in ('QUEUED', 'IMPORTING', 'FAILED')
returning id

-- name: import_written
update imports set written = :written::int
where tenant_id = current_tenant() and id = :id::uuid and state = 'IMPORTING'

-- Of a try that failed; only by the job that still has its lease.
-- name: import_give_back
update imports set state = :state::text, written = 0, error = :error::text
where tenant_id = current_tenant() and id = :id::uuid and state = 'IMPORTING'
    and exists (select from jobs where id = :job_id::bigint and token = :token::bigint and state = 'running')

-- Imports under way whose job is gone: parked after its last worker died, or discarded by an operator.
-- name: import_orphans
update imports i set state = 'FAILED', written = 0, error = coalesce((
    select j.errors -> -1 ->> 'error' from jobs j where j.kind = 'track.import' and j.unique_key = i.id::text
    order by j.id desc limit 1), 'The work of importing it ended without a result.')
where i.tenant_id = current_tenant() and i.state in ('QUEUED', 'IMPORTING')
    and not exists (select from jobs j where j.kind = 'track.import' and j.unique_key = i.id::text and j.state <> 'parked')

-- name: import_job_tenants
select tenant_ids() as "tenantId"

-- Tables grow a thousandfold within the transaction: plans that suit the small ones must not be kept. The
-- subqueries with "offset 0" below are looked up row by row through their unique keys for the same reason.
-- name: import_plans
select set_config('enable_seqscan', 'off', true)

-- After each thousand rows: does nothing where the planner knows about how much there is.
-- name: import_count_tables
select count_small_tables()

-- Until the transaction's end.
-- name: import_alone
select pg_try_advisory_xact_lock(hashtextextended('import ' || current_tenant(), 0)) as alone

-- name: import_finish
update imports set state = 'COMMITTED', committed_at = clock_timestamp(), communications = :communications::int, error = null,
    preview = :preview::jsonb || jsonb_build_object('result', :result::jsonb)
where tenant_id = current_tenant() and id = :id::uuid and state = :state::text
returning id

-- name: import_batches
insert into communication_batches (tenant_id, building_id, year, import_id)
select distinct current_tenant(), b.id, r.year, :import_id::uuid
from jsonb_to_recordset(:rows::jsonb) as r (code text, year smallint)
cross join lateral (select id from buildings where tenant_id = current_tenant() and code = r.code offset 0) b
order by 2, 3
on conflict do nothing

-- name: import_communications
with r as materialized (
    select b.id as building_id, b.code, b.name, u.id as unit_id, k.id as batch_id, r.year, r.channel, r.recipient, r.email, r.phone,
        r.street, r.postal, r.city, r.country, r.language, r.subject, r.amount, r.currency, r.due, r.reference, r.hint, r.template
    from jsonb_to_recordset(:rows::jsonb) as r (code text, unit text, year smallint, channel text, recipient text, email text,
        phone text, street text, postal text, city text, country text, language text, subject text, amount bigint,
        currency text, due date, reference text, hint text, template text)
    cross join lateral (select id, code, name from buildings where tenant_id = current_tenant() and code = r.code offset 0) b
    cross join lateral (select id from units
        where tenant_id = current_tenant() and building_id = b.id and number = r.unit offset 0) u
    cross join lateral (select id from communication_batches
        where tenant_id = current_tenant() and building_id = b.id and year = r.year offset 0) k
), added as (
    insert into communications (tenant_id, batch_id, building_id, unit_id, year, channel, delivery_status, recipient_name,
        email, phone, street, postal_code, city, country, language, subject, amount_minor, currency, due_on, reference,
        retention_hint, template)
    select current_tenant(), r.batch_id, r.building_id, r.unit_id, r.year, r.channel,
        'DRAFT', r.recipient, r.email, r.phone, coalesce(r.street, ''),
        coalesce(r.postal, ''), coalesce(r.city, ''), coalesce(r.country, ''),
        coalesce(r.language, (select language from tenants where id = current_tenant())), r.subject, r.amount, r.currency, r.due,
        coalesce(r.reference, ''), coalesce(r.hint, 'statement'), r.template
    from r
    on conflict (tenant_id, unit_id, year, (coalesce(origin_channel, channel)), reference, template) do nothing
    returning batch_id
)
select k.batch_id as "batchId", k.building_id as "buildingId", k.code as "buildingCode", k.name as "buildingName", k.year as "year",
    (select count(*) from added a where a.batch_id = k.batch_id) as "added"
from (select distinct batch_id, building_id, code, name, year from r) k

-- name: import_attachments
with added as (
    insert into communication_attachments (tenant_id, communication_id, position, sha256, file_name, content_type, size)
    select current_tenant(), c.id, 1, f.sha256, r.file, f.content_type, f.size
    from jsonb_to_recordset(:rows::jsonb) as r (code text, unit text, year smallint, channel text, reference text, template text,
        file text, sha256 text)
    cross join lateral (select sha256, content_type, size from blobs
        where tenant_id = current_tenant() and sha256 = r.sha256 offset 0) f
    cross join lateral (select id from buildings where tenant_id = current_tenant() and code = r.code offset 0) b
    cross join lateral (select id from units
        where tenant_id = current_tenant() and building_id = b.id and number = r.unit offset 0) u
    cross join lateral (select id, delivery_status from communications
        where tenant_id = current_tenant() and unit_id = u.id and year + 0 = r.year
            and coalesce(origin_channel, channel) = r.channel
            and reference = coalesce(r.reference, '') and template = r.template offset 0) c
    where c.delivery_status = 'DRAFT'
    on conflict do nothing
    returning 1
)
select count(*) as "added" from added

-- name: import_reopen
update communication_batches k set state = 'DRAFT', completed_at = null
where k.tenant_id = current_tenant() and k.id = any (:ids::uuid[]) and k.state = 'COMPLETED'
    and exists (select from communications c
        where c.tenant_id = current_tenant() and c.batch_id = k.id and c.delivery_status = 'DRAFT')

-- name: import_tenants
select id, slug from tenants where slug = coalesce(:slug::text, slug) order by slug limit 2
