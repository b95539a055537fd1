-- Shipments.

-- name: shipment_purchase_order
select po.order_id
from purchase_orders po
where po.tenant_id = current_tenant() and po.id = :purchase_order_id::uuid
for share;

-- Behind the lock of its purchase order, which whoever cancels the order holds first.
-- name: shipment_order_cancelled
select o.cancelled_at is not null as cancelled
from orders o
where o.tenant_id = current_tenant() and o.id = :order_id::uuid;

-- name: shipment_insert
insert into shipments (tenant_id, purchase_order_id, carrier, carrier_name, service, tracking_number, public_token, promised_on,
    dry_run, created_at)
values (current_tenant(), :purchase_order_id::uuid, :carrier::text, coalesce(:carrier_name::text, ''), coalesce(:service::text, ''),
    :tracking_number::text, :public_token::text, :promised_on::date, :dry_run::bool,
    coalesce(:added_at::timestamptz, now()))
on conflict (tenant_id, carrier, tracking_number) where tracking_number is not null do nothing
returning id;

-- name: shipment_of_number
select id from shipments
where tenant_id = current_tenant() and carrier = :carrier::text and tracking_number = :tracking_number::text;

-- name: shipment_get
select s.id as "shipmentId", s.carrier, s.carrier_name as "carrierName", s.service, s.tracking_number as "trackingNumber", s.status,
    s.status_at as "statusAt", s.evidence_grade as grade, s.dry_run as "dryRun", s.last_scan as "lastScan",
    s.last_scan_at as "lastScanAt", s.last_location as "lastLocation", s.promised_on as "promisedOn", s.created_at as "createdAt",
    s.moved_at as "movedAt", s.shipped_at as "shippedAt", s.out_for_delivery_at as "outForDeliveryAt",
    s.delivered_at as "deliveredAt", s.exception_at as "exceptionAt", s.event_seq as "eventCount", '/t/' || s.public_token as "trackingPage",
    s.contradiction || jsonb_build_object('at', to_char((s.contradiction ->> 'at')::timestamptz at time zone 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as contradiction
from shipments s
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid;

-- name: shipment_get_purchase_order
select po.id as "purchaseOrderId", po.number, po.supplier
from shipments s
join purchase_orders po on po.tenant_id = s.tenant_id and po.id = s.purchase_order_id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid;

-- name: shipment_get_order
select o.id as "orderId", o.number, o.shop, o.status, o.placed_at as "placedAt", o.promised_on as "promisedOn",
    o.recipient_name as "recipientName", o.street, o.postal_code as "postalCode", o.city, o.region, o.country,
    o.front_conversation_id as "frontConversationId", o.thread_status as "threadStatus", o.thread_at as "threadAt"
from shipments s
join purchase_orders po on po.tenant_id = s.tenant_id and po.id = s.purchase_order_id
join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid;

-- name: shipment_get_customer
select c.id as "customerId", c.name, c.email, c.phone, c.language
from shipments s
join purchase_orders po on po.tenant_id = s.tenant_id and po.id = s.purchase_order_id
join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
join customers c on c.tenant_id = o.tenant_id and c.id = o.customer_id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid;

-- Of many events those that were added last, in the order in which they occurred.
-- name: shipment_get_events
select e.id as "eventId", e.seq, e.type, e.source, e.grade, e.status, e.status_after as "statusAfter", e.occurred_at as "occurredAt",
    e.received_at as "receivedAt", e.actor_name as "actorName", e.sentence, e.detail ->> 'rawStatus' as "rawText",
    e.detail ->> 'location' as location, e.detail ->> 'note' as note, e.detail, e.mapper, e.caused_by as "causedBy"
from (
    select * from shipment_events
    where tenant_id = current_tenant() and shipment_id = :shipment_id::uuid
    order by seq desc
    limit :rows::int
) e
order by e.occurred_at desc, e.seq desc;

-- name: shipment_get_notifications
select n.id, n.type, n.state, n.reason, n.conversation_id as "conversationId", n.created_at as "createdAt",
    n.settled_at as "settledAt", n.error
from customer_notifications n
where n.tenant_id = current_tenant() and n.shipment_id = :shipment_id::uuid
order by n.created_at desc, n.id desc
limit :rows::int;

-- name: shipment_for
select po.id as "purchaseOrderId", po.number, po.supplier, o.id as "orderId", o.number as "orderNumber",
    o.recipient_name as "recipientName"
from purchase_orders po
left join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
where po.tenant_id = current_tenant() and po.id = :purchase_order_id::uuid;
