-- Appending to a shipment's timeline, and the order that follows.

-- name: shipment_lock
select s.status, s.evidence_grade as grade, coalesce(floor(extract(epoch from s.status_at) * 1000), 0)::bigint as at_ms, s.dry_run,
    s.status_day_only as day_only
from shipments s
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid
for no key update;

-- Behind the lock, so that it sees what was committed while that was waited for: when each occurred, and whether it is there. What
-- is said to come (a day that is taken for its noon, a clock that is wrong) occurred at the latest now. An estimate without a time
-- was told when it came in; its key is of that time, so that a day that is told again after another one is told, and beside it
-- stands the one that was told last before it.
-- name: shipment_events_known
select x.at, floor(extract(epoch from x.at) * 1000)::bigint as at_ms, x.key, x.key is not null and exists (
        select from shipment_events e
        where e.tenant_id = current_tenant() and e.shipment_id = :shipment_id::uuid and e.dedupe_key = x.key) as known,
    b.days as days_before, coalesce(floor(extract(epoch from b.told_at) * 1000), 0)::bigint as before_ms
from (
    select t.at, t.days, t.n, t.key || case when t.days is null then '' else '@' || floor(extract(epoch from t.at) * 1000) end as key
    from (
        select least(coalesce(g.at, case when g.days is not null then i.received_at end), clock_timestamp()) as at, g.key, g.days, g.n
        from rows from (jsonb_to_recordset(:events::jsonb) as (at timestamptz, key text, days text, inbox uuid)) with ordinality
            as g (at, key, days, inbox, n)
        left join inbox i on g.days is not null and i.tenant_id = current_tenant() and i.id = g.inbox
    ) t
) x
left join lateral (
    select e.expected_on::text || coalesce('/' || e.expected_until::text, '') as days, e.told_at
    from shipment_estimates e
    where x.days is not null and e.tenant_id = current_tenant() and e.shipment_id = :shipment_id::uuid and e.told_at <= x.at
    order by e.told_at desc, e.seq desc
    limit 1
) b on true
order by x.n;

-- Its purchase order stays that of the same order until the commit.
-- name: shipment_order
select po.order_id
from purchase_orders po
where po.tenant_id = current_tenant() and po.id = (select s.purchase_order_id from shipments s
    where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid)
for share;

-- name: shipment_event_add
insert into shipment_events (tenant_id, shipment_id, type, source, grade, status, status_after, occurred_at, actor_id, actor_name,
    sentence, detail, inbox_id, mapper, dedupe_key, caused_by, seq, content_hash, prev_hash, hash)
values (current_tenant(), :shipment_id::uuid, :type::text, :source::text, :grade::text, :status::text, :status_after::text,
    :occurred_at::timestamptz, :actor_id::uuid, :actor_name::text, :sentence::text, :detail::jsonb, :inbox_id::uuid, :mapper::text,
    :dedupe_key::text, :caused_by::uuid, 0, '', '', '');

-- name: shipment_day_only
update shipments set status_day_only = :day_only::boolean
where tenant_id = current_tenant() and id = :shipment_id::uuid;

-- name: order_follow_lock
select o.cancelled_at is not null as cancelled
from orders o
where o.tenant_id = current_tenant() and o.id = :order_id::uuid
for no key update;

-- Its shipments, and as a pending one each delivery that has none yet; rehearsals only where there is nothing else.
-- name: order_follow_list
with parcels as (
    select s.status, s.dry_run
    from purchase_orders po
    join shipments s on s.tenant_id = po.tenant_id and s.purchase_order_id = po.id
    where po.tenant_id = current_tenant() and po.order_id = :order_id::uuid
    union all
    select 'pending', r.dry_run
    from delivery_reservations r
    where r.tenant_id = current_tenant() and r.order_id = :order_id::uuid and r.state in ('running', 'waiting', 'failed')
)
select status from parcels
where not dry_run or not exists (select from parcels where not dry_run and status <> 'cancelled');

-- name: order_follow_move
update orders set status = :status::text, moved_at = clock_timestamp()
where tenant_id = current_tenant() and id = :order_id::uuid and status <> :status::text;

-- Of one that was cancelled before anybody picked it up: its delivery is over, and its order may be delivered anew.
-- name: shipment_delivery_over
update delivery_reservations r set state = 'cancelled', fence = fence + 1, moved_at = clock_timestamp()
where r.tenant_id = current_tenant() and r.shipment_id = :shipment_id::uuid and r.state = 'saved'
    and not exists (select from shipment_events e where e.tenant_id = r.tenant_id and e.shipment_id = r.shipment_id
        and e.status_after not in ('pending', 'info_received', 'cancelled'));
