-- Where the parcels of an order are.

-- name: order_tracking
select o.id as "orderId", o.number, o.status from orders o where o.tenant_id = current_tenant() and o.id = :id::uuid;

-- name: order_tracking_shipments
select s.id as "shipmentId", s.carrier, s.carrier_name as "carrierName", s.service, s.tracking_number as "trackingNumber", s.status,
    s.status_at as "statusAt", s.evidence_grade as grade, s.dry_run as "dryRun", s.last_scan as "lastScan",
    s.last_scan_at as "lastScanAt", s.last_location as "lastLocation", s.promised_on as "promisedOn", s.created_at as "createdAt",
    s.moved_at as "movedAt", s.shipped_at as "shippedAt", s.out_for_delivery_at as "outForDeliveryAt",
    s.delivered_at as "deliveredAt", '/t/' || s.public_token as "trackingPage", s.event_seq as "eventCount"
from purchase_orders po
join shipments s on s.tenant_id = po.tenant_id and s.purchase_order_id = po.id
where po.tenant_id = current_tenant() and po.order_id = :id::uuid
order by s.created_at, s.id
limit :rows::int;

-- Of each shipment those that were added last, in the order in which they occurred.
-- name: order_tracking_events
select e.shipment_id as "_shipment", e.id as "eventId", e.seq, e.type, e.source, e.grade, e.status, e.status_after as "statusAfter",
    e.occurred_at as "occurredAt", e.received_at as "receivedAt", e.actor_name as "actorName", e.sentence,
    e.detail ->> 'rawStatus' as "rawText", e.detail ->> 'location' as location, e.detail ->> 'note' as note, e.detail, e.mapper,
    e.caused_by as "causedBy"
from unnest(:ids::uuid[]) with ordinality t (id, n)
cross join lateral (
    select * from shipment_events e
    where e.tenant_id = current_tenant() and e.shipment_id = t.id
    order by e.seq desc
    limit :rows::int
) e
order by t.n, e.occurred_at desc, e.seq desc;
