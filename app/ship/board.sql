-- The board: those that ask for something, by what it is.

-- name: board_counts
select attention, sum(shipments)::int as count
from shipment_counts
where tenant_id = current_tenant()
group by attention;

-- Of each the first; of those done the latest.
-- name: board_cards
select s.attention as "_attention", s.id as "shipmentId", s.carrier, s.carrier_name as "carrierName", s.service,
    s.tracking_number as "trackingNumber", s.status, s.status_at as "statusAt", s.dry_run as "dryRun", s.last_scan as "lastScan",
    s.last_scan_at as "lastScanAt", s.last_location as "lastLocation", coalesce(s.promised_on, o.promised_on) as "promisedOn",
    s.expected_on as "expectedOn", s.expected_until as "expectedUntil", s.attention_reason as "attentionReason",
    s.attention_at as "attentionAt", s.claim_due_at as "claimDueAt",
    floor(extract(epoch from s.claim_due_at - clock_timestamp()) / 3600)::int as "hoursLeft", s.silent_since as "silentSince",
    o.id as "orderId", o.number as "orderNumber", o.recipient_name as "recipientName"
from unnest(:columns::text[]) with ordinality k (attention, place)
cross join lateral (
    (select * from shipments x
     where x.tenant_id = current_tenant() and x.attention = k.attention and k.attention <> 'done'
     order by x.attention_rank, x.id
     limit :rows::int)
    union all
    (select * from shipments x
     where x.tenant_id = current_tenant() and x.attention = k.attention and k.attention = 'done'
     order by x.attention_rank desc, x.id desc
     limit :rows::int)
) s
left join purchase_orders po on po.tenant_id = s.tenant_id and po.id = s.purchase_order_id
left join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
order by k.place, case when s.attention <> 'done' then s.attention_rank end, case when s.attention = 'done' then s.attention_rank end desc,
    s.id;

-- Deliveries that have no shipment, and a failure that is open: each once, with its last one.
-- name: board_deliveries
select r.id as "deliveryId", r.order_id as "orderId", o.number as "orderNumber", o.recipient_name as "recipientName", r.parcel,
    r.carrier, r.dry_run as "dryRun", f.sentence, f.last_at as "lastAt", count(*) over () as "_all"
from (
    select distinct on (x.reservation_id) x.* from delivery_failures x
    where x.tenant_id = current_tenant() and x.resolved_at is null
    order by x.reservation_id, x.last_at desc, x.id desc
) f
join delivery_reservations r on r.tenant_id = f.tenant_id and r.id = f.reservation_id and r.shipment_id is null
join orders o on o.tenant_id = r.tenant_id and o.id = r.order_id
order by f.last_at desc, r.id
limit :rows::int;
