-- Bulk actions: planned over a snapshot, confirmed, done item by item.

-- ---- the plan

-- name: bulk_insert
insert into bulk_actions (tenant_id, action, filter, words, channel, mark, format, note, tag, created_by,
    created_by_kind, created_by_name, expires_at, undo_of)
values (current_tenant(), :action::text, :filter::jsonb, :words::text, :channel::text, :mark::text, :format::text, :note::text,
    :tag::text, :actor_id::uuid, :actor_kind::text, :actor_name::text, now() + make_interval(secs => :seconds::int), :undo_of::uuid)
returning id

-- The snapshot, in the order of buildings and units; one more than is allowed tells that there are too many.
-- name: bulk_snapshot_of_filter
insert into bulk_items (tenant_id, bulk_id, seq, communication_id, building_id, state, reason)
select current_tenant(), :id::uuid, row_number() over (order by b.name, b.id, u.number, c.id), c.id, c.building_id,
    case when x.reason is null then 'pending' else 'excluded' end, x.reason
from (select m from communications_matching(:filter::jsonb, :all_buildings::bool, :actor_id::uuid) m limit :most::int + 1) m
cross join lateral (select (m.m).*) c
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
cross join lateral (select case when :action::text in ('resend', 'release', 'tag')
    and coalesce(c.content_removed_at, c.person_removed_at) is not null then 'removed'
    else bulk_exclusion(:action::text, :how::text, m.m) end as reason) x

-- name: bulk_snapshot_of_ids
insert into bulk_items (tenant_id, bulk_id, seq, communication_id, building_id, state, reason)
select current_tenant(), :id::uuid, row_number() over (order by b.name, b.id, u.number, c.id), c.id, c.building_id,
    case when x.reason is null then 'pending' else 'excluded' end, x.reason
from (select distinct i from unnest(:ids::uuid[]) i) i
join communications c on c.tenant_id = current_tenant() and c.id = i.i
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
cross join lateral (select case when :action::text in ('resend', 'release', 'tag')
    and coalesce(c.content_removed_at, c.person_removed_at) is not null then 'removed'
    else bulk_exclusion(:action::text, :how::text, c) end as reason) x
where :all_buildings::bool or exists (select from building_grants g
    where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id)

-- What a plan of the actor was about: its filter, or the ids that were named.
-- name: bulk_asked
select a.filter, (select json_agg(i.communication_id order by i.seq) from bulk_items i
    where a.filter is null and i.tenant_id = a.tenant_id and i.bulk_id = a.id) as ids
from bulk_actions a
where a.tenant_id = current_tenant() and a.id = :id::uuid and a.created_by = :actor_id::uuid and a.state in ('PLANNED', 'EXPIRED', 'CANCELLED')
    and a.undo_of is null

-- name: bulk_first_of_ids
select b.name as building, c.year, u.number as unit
from communications c
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
where c.tenant_id = current_tenant() and c.id = any (:ids::uuid[])
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by b.name, b.id, u.number, c.id limit 1

-- What another action has done, to be taken back.
-- name: bulk_snapshot_of_done
insert into bulk_items (tenant_id, bulk_id, seq, communication_id, building_id, state)
select current_tenant(), :id::uuid, row_number() over (order by i.seq), i.communication_id, i.building_id, 'pending'
from bulk_items i
where i.tenant_id = current_tenant() and i.bulk_id = :undo_of::uuid and i.state = 'done'

-- name: bulk_counted
update bulk_actions a set total = k.total, excluded = k.excluded
from (select count(*) filter (where state <> 'excluded') as total, count(*) filter (where state = 'excluded') as excluded
    from bulk_items where tenant_id = current_tenant() and bulk_id = :id::uuid) k
where a.tenant_id = current_tenant() and a.id = :id::uuid
returning a.total, a.excluded

-- ---- shown: one's own, and everybody's for those who see all buildings

-- name: bulk_get
select a.id as "bulkId", a.action, a.state, a.words, a.filter, a.channel, a.mark, a.format, a.note, a.tag, a.total, a.excluded, a.done,
    a.failed, a.error, a.export_id as "exportId", a.undo_of as "undoOf", (select u.id from bulk_actions u
        where u.tenant_id = a.tenant_id and u.undo_of = a.id) as "undoneBy",
    a.created_by_name as "createdByName", a.created_at as "createdAt", a.expires_at as "expiresAt",
    a.confirmed_at as "confirmedAt", a.approved_by_name as "approvedByName", a.approved_at as "approvedAt",
    a.started_at as "startedAt", a.ended_at as "endedAt", a.created_by = :actor_id::uuid as mine, a.created_by as "_createdBy",
    extract(epoch from a.expires_at)::bigint as _expires, a.expires_at <= now() as _late,
    a.ended_at > now() - interval '10 minutes' as _fresh
from bulk_actions a
where a.tenant_id = current_tenant() and (:id::uuid is null or a.id = :id::uuid)
    and (:all_buildings::bool or a.created_by = :actor_id::uuid)
order by a.created_at desc, a.id desc limit 50

-- name: bulk_lock
select id from bulk_actions where tenant_id = current_tenant() and id = :id::uuid for update

-- name: bulk_exclusions
select reason, count(*) as count
from bulk_items where tenant_id = current_tenant() and bulk_id = :id::uuid and state = 'excluded'
group by reason order by count desc, reason

-- name: bulk_channels
select coalesce(:channel::text, c.channel) as channel, count(*) as n
from bulk_items i
join communications c on c.tenant_id = i.tenant_id and c.id = i.communication_id
where i.tenant_id = current_tenant() and i.bulk_id = :id::uuid and i.state <> 'excluded'
group by 1 order by 1

-- Items in their order, of a state or of all; one more than a page tells that there are more.
-- name: bulk_items
select i.seq, i.communication_id as "communicationId", i.state, i.reason, i.result, i.at, c.recipient_name as "recipientName",
    b.name as building, u.number as "unitNumber", c.channel, c.subject, c.delivery_status as status,
    letter_paper(c) as paper, dry_run(c) as "dryRun"
from bulk_items i
join communications c on c.tenant_id = i.tenant_id and c.id = i.communication_id
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
where i.tenant_id = current_tenant() and i.bulk_id = :id::uuid and i.seq > :after::int
    and (:state::text is null or i.state = :state::text)
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = i.building_id))
order by i.seq limit :most::int

-- How long one item took in the latest actions of the kind.
-- name: bulk_pace
select coalesce(sum(extract(epoch from ended_at - started_at)) / nullif(sum(done + failed), 0), :fallback::float8)::float8
    as seconds
from (select started_at, ended_at, done, failed from bulk_actions
    where tenant_id = current_tenant() and action = :action::text and state = 'DONE' and started_at is not null
    order by created_at desc limit 5) a

-- Whether the actor may see every building that it is about.
-- name: bulk_all_seen
select :all_buildings::bool or not exists (select from bulk_items i
    where i.tenant_id = current_tenant() and i.bulk_id = :id::uuid and i.state <> 'excluded' and not exists (
        select from building_grants g where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid
            and g.building_id = i.building_id)) as seen

-- ---- what becomes of it, of a row that is locked

-- name: bulk_confirm
update bulk_actions set state = 'CONFIRMED', confirmed_at = now(), expires_at = now() + interval '1 day'
where tenant_id = current_tenant() and id = :id::uuid

-- name: bulk_approve
update bulk_actions set approved_by = :actor_id::uuid, approved_by_name = :actor_name::text, approved_at = now()
where tenant_id = current_tenant() and id = :id::uuid

-- name: bulk_set_state
update bulk_actions set state = :state::text, error = :error::text,
    started_at = case when :state::text = 'RUNNING' then coalesce(started_at, now()) else started_at end,
    ended_at = case when :state::text in ('DONE', 'CANCELLED') then now() end
where tenant_id = current_tenant() and id = :id::uuid

-- name: bulk_drop_pending
update bulk_items set state = 'excluded', reason = 'cancelled', at = now()
where tenant_id = current_tenant() and bulk_id = :id::uuid and state = 'pending'

-- name: bulk_exported
with listed as (
    insert into communication_export_items (tenant_id, export_id, communication_id)
    select current_tenant(), :export_id::uuid, communication_id
    from bulk_items where tenant_id = current_tenant() and bulk_id = :id::uuid and state = 'pending'
)
update bulk_actions set export_id = :export_id::uuid where tenant_id = current_tenant() and id = :id::uuid

-- name: bulk_export_of
select id, action, total, total + excluded as most from bulk_actions
where tenant_id = current_tenant() and export_id = :export_id::uuid and state in ('RUNNING', 'PAUSED') for update

-- The results of those of its items that are in the file.
-- name: bulk_export_written anew
with told as (
    update bulk_items set at = clock_timestamp(), state = 'done', result = :there::text
    where tenant_id = current_tenant() and bulk_id = :id::uuid and state = 'pending'
        and communication_id = any (:written::uuid[])
    returning state
)
update bulk_actions set done = done + (select count(*) from told)
where tenant_id = current_tenant() and id = :id::uuid

-- Then of some of those that are not.
-- name: bulk_export_left
with told as (
    update bulk_items set at = clock_timestamp(),
        state = case when :state::text = 'CANCELLED' then 'excluded' else 'failed' end,
        result = case when :state::text <> 'CANCELLED' then :missing::text end,
        reason = case when :state::text = 'CANCELLED' then 'cancelled' end
    where tenant_id = current_tenant() and bulk_id = :id::uuid and state = 'pending'
        and seq > :after::int and seq <= :after::int + :most::int
    returning state
)
update bulk_actions set failed = failed + (select count(*) from told where state = 'failed')
where tenant_id = current_tenant() and id = :id::uuid

-- name: bulk_export_end
update bulk_actions set state = :state::text, error = :error::text, ended_at = now()
where tenant_id = current_tenant() and id = :id::uuid
returning done

-- ---- the job

-- name: bulk_begin
select a.action, a.channel, a.mark, a.note, a.tag, a.state, a.total, a.created_by as "createdBy"
from bulk_actions a where a.tenant_id = current_tenant() and a.id = :id::uuid for update

-- name: bulk_next
select seq, communication_id as "communicationId"
from bulk_items
where tenant_id = current_tenant() and bulk_id = :id::uuid and state = 'pending'
order by seq limit :most::int

-- What one item does stands or falls by itself.
-- name: bulk_item_begin
savepoint item

-- name: bulk_item_keep
release savepoint item

-- name: bulk_item_undo
rollback to savepoint item

-- name: bulk_results
with told as (
    update bulk_items i set state = r.state, result = r.result, at = clock_timestamp()
    from jsonb_to_recordset(:results::jsonb) as r (seq int, state text, result text)
    where i.tenant_id = current_tenant() and i.bulk_id = :id::uuid and i.seq = r.seq
    returning i.state
)
update bulk_actions set done = done + (select count(*) from told where state = 'done'),
    failed = failed + (select count(*) from told where state = 'failed')
where tenant_id = current_tenant() and id = :id::uuid

-- ---- the schedule

-- name: bulk_tenants
select tenant_ids() as "tenantId"

-- Plans that nobody confirmed, or approved, in time. What they would have been about is forgotten.
-- name: bulk_expire
with late as (
    update bulk_actions set state = 'EXPIRED'
    where tenant_id = current_tenant() and state in ('PLANNED', 'CONFIRMED') and expires_at <= now()
    returning id
)
delete from bulk_items i using late where i.tenant_id = current_tenant() and i.bulk_id = late.id

-- Running with nobody at it: the job was parked after its last try, or discarded.
-- name: bulk_orphans
update bulk_actions a set state = 'PAUSED', error = coalesce((
    select j.errors -> -1 ->> 'error' from jobs j where j.kind = 'bulk.run' and j.unique_key = a.id::text
    order by j.id desc limit 1), 'The work on it ended before it was done.')
where a.tenant_id = current_tenant() and a.state = 'RUNNING' and a.export_id is null
    and not exists (select from jobs j where j.kind = 'bulk.run' and j.unique_key = a.id::text and j.state <> 'parked')

-- ---- what a resend would cost: what is to go as SMS, and as letters, those of one kind and weight together

-- name: bulk_sms
select c.id, c.recipient_name, c.phone, c.language, c.template, c.subject, c.year, c.amount_minor, c.currency,
    to_char(c.due_on, 'YYYY-MM-DD') as due_on, c.reference, u.number, b.name as building, b.street as building_street,
    b.city as building_city, t.name as tenant, false as suppressed
from bulk_items i
join communications c on c.tenant_id = i.tenant_id and c.id = i.communication_id
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
join tenants t on t.id = c.tenant_id
where i.tenant_id = current_tenant() and i.bulk_id = :id::uuid and i.state = 'pending'
    and coalesce(:channel::text, c.channel) = 'SMS'
order by i.seq

-- name: bulk_letters
select coalesce(:channel::text, c.channel) as channel, c.language, c.template, f.pages, f.sheets, count(*) as n, min(c.id::text) as sample
from bulk_items i
join communications c on c.tenant_id = i.tenant_id and c.id = i.communication_id
cross join lateral (
    select case when count(*) = count(k.pages) then coalesce(sum(k.pages), 0) end as pages,
        case when count(*) = count(k.pages) then coalesce(sum((k.pages + 1) / 2), 0) end as sheets
    from communication_attachments a
    left join file_checks k on k.tenant_id = a.tenant_id and k.sha256 = a.sha256
    where a.tenant_id = c.tenant_id and a.communication_id = c.id
) f
where i.tenant_id = current_tenant() and i.bulk_id = :id::uuid and i.state = 'pending'
    and coalesce(:channel::text, c.channel) in ('LETTER', 'LETTER_WITH_RECEIPT')
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5
