-- Deliveries as they are asked for and shown.

-- name: dispatch_order
select o.number, o.status, o.cancelled_at is not null as cancelled
from orders o
where o.tenant_id = current_tenant() and o.id = :order_id::uuid
for no key update;

-- Its purchase orders: the one that is named, or at most two.
-- name: dispatch_purchase_orders
select p.id from purchase_orders p
where p.tenant_id = current_tenant() and p.order_id = :order_id::uuid
    and (:purchase_order_id::uuid is null or p.id = :purchase_order_id::uuid)
order by p.created_at limit 2;

-- Of an order that has none: with its number, or where that is taken one like it.
-- name: dispatch_purchase_order_add
insert into purchase_orders (tenant_id, number, order_id, items)
select o.tenant_id, case when exists (select from purchase_orders p
        where p.tenant_id = o.tenant_id and p.supplier = '' and p.number = o.number)
    then left(o.number, 51) || '-' || right(o.id::text, 8) else o.number end, o.id,
    coalesce((select jsonb_agg(jsonb_build_object('sku', i.sku, 'quantity', i.quantity) order by i.position)
        from order_items i where i.tenant_id = o.tenant_id and i.order_id = o.id), '[]')
from orders o
where o.tenant_id = current_tenant() and o.id = :order_id::uuid
returning id;

-- What the carrier is told of the order.
-- name: dispatch_request
select jsonb_build_object('orderNumber', o.number,
    'placedAt', to_char(o.placed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'currency', o.currency,
    'totalMinor', o.total_minor,
    'recipient', jsonb_build_object('name', o.recipient_name, 'street', o.street, 'postalCode', o.postal_code, 'city', o.city,
        'region', o.region, 'country', o.country, 'email', c.email, 'phone', c.phone),
    'items', coalesce((select jsonb_agg(jsonb_build_object('name', i.name, 'sku', i.sku, 'quantity', i.quantity,
            'unitMinor', i.unit_minor, 'taxMinor', i.tax_minor, 'hsn', i.hsn) order by i.position)
        from order_items i where i.tenant_id = o.tenant_id and i.order_id = o.id), '[]')) || :asked::jsonb as request
from orders o
join customers c on c.tenant_id = o.tenant_id and c.id = o.customer_id
where o.tenant_id = current_tenant() and o.id = :order_id::uuid;

-- name: dispatch_live
select id from delivery_reservations
where tenant_id = current_tenant() and order_id = :order_id::uuid and parcel = :parcel::int and state <> 'cancelled';

-- Whether it was asked for alike.
-- name: dispatch_alike
select asked = :asked::jsonb as alike from delivery_reservations
where tenant_id = current_tenant() and id = :id::uuid;

-- Goes on at the open step, of which one call may have been carried out; also where its job was given up, but not where
-- retention took out what the carrier was to be told.
-- name: dispatch_retry
update delivery_reservations r set state = 'running', tries = least(tries, 1), fence = fence + 1, moved_at = now()
where r.tenant_id = current_tenant() and r.id = :id::uuid and r.request <> '{}' and (r.state = 'failed' or r.state in ('running', 'waiting')
    and not exists (select from jobs j where j.tenant_id = r.tenant_id and j.kind = 'ship.deliver'
        and j.unique_key = r.id::text and j.state <> 'parked'))
returning r.order_id, r.step;

-- name: dispatch_cancel
update delivery_reservations set cancelling = true, state = case when state = 'failed' then 'running' else state end,
    tries = least(tries, 1), fence = fence + 1, moved_at = now()
where tenant_id = current_tenant() and id = :id::uuid and state in ('running', 'waiting', 'failed')
returning order_id, step;

-- What it waited for is not waited for any more.
-- name: dispatch_hurry
update jobs set run_at = now()
where tenant_id = current_tenant() and kind = 'ship.deliver' and unique_key = :id::text and state = 'ready' and run_at > now();

-- name: dispatch_state
select state from delivery_reservations where tenant_id = current_tenant() and id = :id::uuid;

-- One by its id, those of an order, or the last of its parcel.
-- name: dispatch_list anew
select r.id as "deliveryId", r.order_id as "orderId", o.number as "orderNumber", r.parcel,
    r.purchase_order_id as "purchaseOrderId", r.carrier, r.account_id as "accountId", a.name as "accountName", r.state, r.step, r.cancelling, r.dry_run as "dryRun",
    r.our_ref as "ourRef", r.known ->> 'orderId' as "carrierOrderId", r.known ->> 'shipmentId' as "carrierShipmentId",
    r.known ->> 'trackingNumber' as "trackingNumber", r.known ->> 'courierName' as "courierName",
    r.known ->> 'pickupOn' as "pickupOn", r.results, r.shipment_id as "shipmentId", r.created_at as "createdAt",
    r.created_by_name as "createdByName", r.moved_at as "movedAt",
    r.state in ('running', 'waiting') and not exists (select from jobs j where j.tenant_id = r.tenant_id and j.kind = 'ship.deliver'
        and j.unique_key = r.id::text and j.state <> 'parked') as _stuck
from delivery_reservations r
join orders o on o.tenant_id = r.tenant_id and o.id = r.order_id
left join provider_accounts a on a.tenant_id = r.tenant_id and a.id = r.account_id
where r.tenant_id = current_tenant()
    and (:id::uuid is null or r.id = :id::uuid)
    and (:order_id::uuid is null or r.order_id = :order_id::uuid)
    and (:parcel::int is null or r.parcel = :parcel::int)
order by r.state = 'cancelled', r.parcel, r.created_at desc
limit :rows::int;

-- name: dispatch_accounts
select id as value, name as label from provider_accounts
where tenant_id = current_tenant() and enabled and provider = any (:providers::text[])
order by created_at, id;

-- name: dispatch_order_there
select id from orders where tenant_id = current_tenant() and id = :order_id::uuid;

-- One of so many callers may wait for the end of what they asked for.
-- name: dispatch_seat
select n from generate_series(1, :seats::int) n where pg_try_advisory_lock(hashtext('delivery waits'), n) limit 1;

-- name: dispatch_seat_leave
select pg_advisory_unlock(hashtext('delivery waits'), :seat::int);
