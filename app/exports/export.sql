-- Exports: kept, written, and gone after their time.

-- name: export_insert
insert into communication_exports (tenant_id, what, format, filter, words, listed, all_buildings, asked_buildings, created_by,
    created_by_kind, created_by_name)
values (current_tenant(), :what::text, :format::text, :filter::jsonb, :words::text, :listed::bool, :all_buildings::bool,
    array(select building_id from building_grants g where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid),
    :actor_id::uuid, :actor_kind::text, :actor_name::text)
returning id

-- One's own, and everybody's for those who see all buildings, who alone see those of shipments. Its file is for those who may see what it tells of now.
-- name: export_get
select x.id as "exportId", case when x.state = 'READY' and x.expires_at <= now() then 'EXPIRED' else x.state end as state,
    x.what, x.format, x.words, x.filter, x.rows_written as rows,
    case when x.state in ('QUEUED', 'RUNNING', 'PAUSED') then json_build_object('scanned', x.scanned, 'scope', x.scope) end as progress,
    x.size, x.sha256, x.error, x.created_by_name as "createdByName", x.created_at as "createdAt", x.ready_at as "readyAt",
    x.expires_at as "expiresAt", x.created_by = :actor_id::uuid as mine,
    x.state = 'READY' and x.expires_at > now() and (:all_buildings::bool or not exists (
        select from unnest(x.held_buildings) h (id) where not exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = h.id))) as _download
from communication_exports x
where x.tenant_id = current_tenant() and (:id::uuid is null or x.id = :id::uuid)
    and (:all_buildings::bool or x.created_by = :actor_id::uuid and x.what <> 'shipments')
order by x.created_at desc, x.id desc limit 50

-- name: export_delete
delete from communication_exports x
where x.tenant_id = current_tenant() and x.id = :id::uuid
returning x.sha256, x.listed

-- Whether nothing refers to the blob any more: then its file may go, in the transaction at hand.
-- name: export_forget_blob
select blob_forget(:sha256::text) as gone

-- ---- the job

-- name: export_begin
update communication_exports set state = 'RUNNING', rows_written = 0, scanned = 0, error = null, started_at = now()
where tenant_id = current_tenant() and id = :id::uuid
    and (state in ('QUEUED', 'RUNNING') or state = 'FAILED' and not listed)
returning what, format, filter, listed, all_buildings as "allBuildings", created_by as "createdBy"

-- Years of buildings that the filter may mean and that who asked might see both then and now.
-- name: export_batches
select p.id as "batchId", p.building_id as "buildingId", b.name, k.n
from communication_exports x
join communication_batches p on p.tenant_id = x.tenant_id
join buildings b on b.tenant_id = p.tenant_id and b.id = p.building_id
cross join lateral (
    select coalesce(sum(draft + held + enqueued + sent + delivered + opened + failed + bounced + manual + cancelled + skipped), 0)
        as n
    from communication_counts k where k.tenant_id = p.tenant_id and k.building_id = p.building_id and k.year = p.year) k
where x.tenant_id = current_tenant() and x.id = :id::uuid
    and filter_takes(x.filter, 'building', 'notBuilding', b.id::text) and filter_takes(x.filter, 'run', 'notRun', p.id::text)
    and (x.filter -> 'year' is null or x.filter -> 'year' @> to_jsonb(p.year))
    and (x.filter -> 'notYear' is null or not x.filter -> 'notYear' @> to_jsonb(p.year))
    and (x.all_buildings or p.building_id = any (x.asked_buildings))
    and (not x.listed or p.id in (select c.batch_id from communication_export_items i
        join communications c on c.tenant_id = i.tenant_id and c.id = i.communication_id
        where i.tenant_id = current_tenant() and i.export_id = :id::uuid))
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id))
order by b.name, b.id, p.year desc

-- The rows of some of them take their time: as long as they come, nobody is impatient. They are put in order in memory,
-- and notes and files are never looked for by a walk over all messages that merges them.
-- name: export_patience
select set_config('statement_timeout', '600000', true), set_config('work_mem', '16MB', true),
    set_config('enable_mergejoin', 'off', true)

-- The columns of exports/format.c, in its order, then which of the batches, that stand in the order of the file, it is of,
-- and of those that were named one by one which it is.
-- Each batch is put in order by itself: to compare the numbers of units, as people read them, is dear, and least so where
-- they are what is compared first.
-- name: export_rows anew
select c.number, c.channel, c.subject, c.delivery_status, c.queued_at, c.sent_at, c.delivered_at, c.opened_at,
    c.provider_message_id, c.last_event_type, n.notes, a.files, p.place as batch, case when :listed::bool then c.id end as id
from unnest(:batch_ids::uuid[]) with ordinality p (id, place)
cross join lateral (
    select c.id, u.number, c.channel, case when coalesce(c.content_removed_at, c.person_removed_at) is null then c.subject
            else format('Content removed on %s by %s. Proof is kept.',
                to_char(coalesce(c.content_removed_at, c.person_removed_at), 'FMDD Mon YYYY'), c.removed_by) end as subject,
        c.delivery_status, c.queued_at, c.sent_at, c.delivered_at, c.opened_at, c.provider_message_id, c.last_event_type,
        row_number() over (order by u.number, c.channel, c.id) as place
    from communications_matching(:filter::jsonb, :all_buildings::bool, :actor_id::uuid) c
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    where c.batch_id = p.id and (not :listed::bool or exists (select from communication_export_items i
        where i.tenant_id = c.tenant_id and i.export_id = :id::uuid and i.communication_id = c.id))
) c
left join (
    select n.communication_id, case when :json::bool then json_agg(n.note order by n.created_at, n.id)::text
        else string_agg(n.note, '; ' order by n.created_at, n.id) end as notes
    from communications k
    join communication_audit_notes n on n.tenant_id = k.tenant_id and n.communication_id = k.id
    where k.tenant_id = current_tenant() and k.batch_id = any (:batch_ids::uuid[])
    group by n.communication_id) n on n.communication_id = c.id
left join (
    select a.communication_id, case when :json::bool then json_agg(a.file_name order by a.position)::text
        else string_agg(a.file_name, '; ' order by a.position) end as files
    from communications k
    join communication_attachments a on a.tenant_id = k.tenant_id and a.communication_id = k.id
    where k.tenant_id = current_tenant() and k.batch_id = any (:batch_ids::uuid[])
    group by a.communication_id) a on a.communication_id = c.id
order by p.place, c.place

-- The columns of exports/format.c, in its order, as the shipments were added; one after the other, however many.
-- name: export_shipments anew
select s.id, o.number, o.shop, o.status, po.number, o.recipient_name, o.city, o.country,
    coalesce(nullif(s.carrier_name, ''), s.carrier) as carrier, s.service, s.tracking_number, s.status, s.status_at, s.evidence_grade,
    case when s.content_removed_at is null then s.last_scan
        else format('Content removed on %s by %s. Proof is kept.', to_char(s.content_removed_at, 'FMDD Mon YYYY'), s.removed_by) end,
    s.last_scan_at, s.last_location, s.promised_on, s.shipped_at, s.delivered_at, s.created_at, s.dry_run
from shipments s
left join purchase_orders po on po.tenant_id = s.tenant_id and po.id = s.purchase_order_id
left join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
where s.tenant_id = current_tenant()
    and (:filter::jsonb ->> 'status' is null or s.status = :filter::jsonb ->> 'status')
    and (:filter::jsonb ->> 'carrier' is null or s.carrier = :filter::jsonb ->> 'carrier')
    and (:filter::jsonb ->> 'shop' is null or o.shop = :filter::jsonb ->> 'shop')
order by s.id

-- name: export_shipments_count
select count(*) as n from shipments s
where s.tenant_id = current_tenant()
    and (:filter::jsonb ->> 'status' is null or s.status = :filter::jsonb ->> 'status')
    and (:filter::jsonb ->> 'carrier' is null or s.carrier = :filter::jsonb ->> 'carrier')

-- The messages of batches, in the order of their rows.
-- name: export_messages anew
select c.id, c.building_id as "buildingId"
from unnest(:batch_ids::uuid[]) with ordinality p (id, place)
cross join lateral (
    select c.id, c.building_id, row_number() over (order by u.number, c.channel, c.id) as place
    from communications_matching(:filter::jsonb, :all_buildings::bool, :actor_id::uuid) c
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    where c.batch_id = p.id and (not :listed::bool or exists (select from communication_export_items i
        where i.tenant_id = c.tenant_id and i.export_id = :id::uuid and i.communication_id = c.id))
) c
order by p.place, c.place

-- name: export_tell
update communication_exports set rows_written = :rows::bigint, scanned = :scanned::bigint, scope = :scope::bigint
where tenant_id = current_tenant() and id = :id::uuid and state = 'RUNNING'
returning id

-- name: export_ready
update communication_exports set state = 'READY', rows_written = :rows::bigint, scanned = scope, sha256 = :sha256::text,
    size = :size::bigint, held_buildings = :buildings::uuid[], ready_at = now(),
    expires_at = now() + make_interval(days => :days::int)
where tenant_id = current_tenant() and id = :id::uuid and state = 'RUNNING'
returning id

-- Before the row of the bulk action that it is of.
-- name: export_lock
select state, listed, error from communication_exports where tenant_id = current_tenant() and id = :id::uuid for update

-- name: export_pause
update communication_exports set state = 'PAUSED'
where tenant_id = current_tenant() and id = :id::uuid and state in ('QUEUED', 'RUNNING')

-- name: export_resume
update communication_exports set state = 'QUEUED', rows_written = 0, scanned = 0
where tenant_id = current_tenant() and id = :id::uuid and state = 'PAUSED'

-- name: export_cancel
update communication_exports set state = 'CANCELLED', rows_written = 0, scanned = 0, error = null
where tenant_id = current_tenant() and id = :id::uuid and state in ('QUEUED', 'RUNNING', 'PAUSED')

-- Of a try that failed; only by the job that still has its lease.
-- name: export_give_back
update communication_exports set state = :state::text, rows_written = 0, scanned = 0, error = :error::text
where tenant_id = current_tenant() and id = :id::uuid and state in ('QUEUED', 'RUNNING')
    and exists (select from jobs where id = :job_id::bigint and token = :token::bigint and state = 'running')
returning state, listed

-- ---- the schedule

-- name: export_tenants
select tenant_ids() as "tenantId"

-- name: export_expired
update communication_exports x set state = 'EXPIRED', sha256 = null
from (select id, sha256 from communication_exports
    where tenant_id = current_tenant() and state = 'READY' and expires_at <= now()
    order by expires_at limit 1 for update skip locked) old
where x.tenant_id = current_tenant() and x.id = old.id
returning old.sha256

-- Exports under way whose job is gone: parked after its last worker died, or discarded by an operator.
-- name: export_orphans
update communication_exports x set state = 'FAILED', rows_written = 0, scanned = 0, error = coalesce((
    select j.errors -> -1 ->> 'error' from jobs j where j.kind = 'exports.run' and j.unique_key = x.id::text
    order by j.id desc limit 1), 'The work of writing it ended without a result.')
where x.tenant_id = current_tenant() and x.state in ('QUEUED', 'RUNNING')
    and not exists (select from jobs j where j.kind = 'exports.run' and j.unique_key = x.id::text and j.state <> 'parked')
returning x.id, x.listed, x.error

-- ---- words

-- Names of buildings and runs that a filter means, as far as the actor may know them.
-- name: export_names
select coalesce(string_agg(distinct case when :runs::bool then b.name || ' ' || p.year else b.name end, ' or '), 'a building')
    as names
from jsonb_array_elements_text(:ids::jsonb) i (id)
left join communication_batches p on p.tenant_id = current_tenant() and :runs::bool and p.id::text = i.id
left join buildings b on b.tenant_id = current_tenant() and b.id::text = coalesce(p.building_id::text, i.id)
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id))

-- A time as people mean it: the day that begins then for the tenant, or the time in UTC.
-- name: export_day
select case when date_trunc('day', a.at at time zone t.time_zone) at time zone t.time_zone = a.at
        then to_char(a.at at time zone t.time_zone, 'YYYY-MM-DD')
        else to_char(a.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') end as day
from tenants t, (values (:at::timestamptz)) a (at)
where t.id = current_tenant()

-- Buildings to choose from.
-- name: export_buildings
select b.id, b.name
from buildings b
where b.tenant_id = current_tenant()
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id))
order by b.name, b.id limit 1000
