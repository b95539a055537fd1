-- Orders: made, listed, shown.

-- name: order_add
insert into orders (tenant_id, number, shop, customer_id, placed_at, promised_on, currency, total_minor, shipping_minor, tax_minor,
    recipient_name, street, postal_code, city, region, country, billing, note)
values (current_tenant(), :number::text, :shop::text, :customer_id::uuid, coalesce(:placed_at::timestamptz, now()), :promised_on::date,
    :currency::text, :total_minor::bigint, :shipping_minor::bigint, :tax_minor::bigint, :recipient_name::text, :street::text,
    :postal_code::text, :city::text, :region::text, :country::text, :billing::jsonb, :note::text)
on conflict (tenant_id, shop, number) do nothing
returning id;

-- name: order_items_add
insert into order_items (tenant_id, order_id, position, sku, name, quantity, unit_minor, tax_minor, hsn)
select current_tenant(), :order_id::uuid, i.n, i.sku, i.name, i.quantity, i.unit, i.tax, i.hsn
from rows from (jsonb_to_recordset(:items::jsonb) as (sku text, name text, quantity int, unit bigint, tax bigint, hsn text))
    with ordinality as i (sku, name, quantity, unit, tax, hsn, n);

-- name: order_taken
select id from orders where tenant_id = current_tenant() and shop = :shop::text and number = :number::text;

-- name: order_get
select o.id as "orderId", o.number, o.shop, o.status, o.placed_at as "placedAt", o.promised_on as "promisedOn", o.currency,
    o.shipping_minor as "shippingMinor", o.tax_minor as "taxMinor", o.total_minor as "totalMinor",
    jsonb_build_object('customerId', c.id, 'reference', c.reference, 'name', c.name, 'email', c.email, 'phone', c.phone,
        'language', nullif(c.language, '')) as customer,
    jsonb_build_object('name', o.recipient_name, 'street', o.street, 'postalCode', o.postal_code, 'city', o.city,
        'region', o.region, 'country', o.country) as "shipTo",
    o.billing as "billTo", o.note, o.front_conversation_id as "frontConversationId", o.thread_status as "threadStatus",
    o.thread_at as "threadAt", o.thread_by as "threadBy", o.created_at as "createdAt", o.moved_at as "movedAt",
    o.cancelled_at as "cancelledAt"
from orders o
join customers c on c.tenant_id = o.tenant_id and c.id = o.customer_id
where o.tenant_id = current_tenant() and o.id = :id::uuid;

-- name: order_items
select sku, name, quantity, unit_minor as "unitMinor", tax_minor as "taxMinor", hsn
from order_items
where tenant_id = current_tenant() and order_id = :id::uuid
order by position;

-- name: order_parcels
select s.id as "shipmentId", po.id as "purchaseOrderId", po.number as "purchaseOrderNumber", s.carrier,
    s.carrier_name as "carrierName", s.service, s.tracking_number as "trackingNumber", s.status, s.status_at as "statusAt",
    s.promised_on as "promisedOn", s.dry_run as "dryRun", s.created_at as "createdAt"
from purchase_orders po
join shipments s on s.tenant_id = po.tenant_id and s.purchase_order_id = po.id
where po.tenant_id = current_tenant() and po.order_id = :id::uuid
order by s.created_at, s.id;

-- name: order_notices
select n.id, n.shipment_id as "shipmentId", n.type, n.state, n.reason, n.conversation_id as "conversationId",
    n.created_at as "createdAt", n.settled_at as "settledAt", n.error
from customer_notifications n
where n.tenant_id = current_tenant() and n.order_id = :id::uuid
order by n.created_at, n.id;

-- Those a search leads to; `many`: it is of words in too many of them to say which.
-- name: order_found
select f.ids::text as ids, f.many from orders_found(:q::text) f;

-- `found` and `many`: of q.
-- name: order_list anew
select o.id as "orderId", o.number, o.shop, o.status, o.placed_at as "placedAt", o.placed_at::text as "_placedAt",
    o.promised_on as "promisedOn", o.currency, o.total_minor as "totalMinor", o.recipient_name as "recipientName", o.city, o.country,
    o.front_conversation_id as "frontConversationId", o.thread_status as "threadStatus",
    (select count(*) from order_items i where i.tenant_id = o.tenant_id and i.order_id = o.id) as "itemCount",
    (select count(*) from purchase_orders po join shipments s on s.tenant_id = po.tenant_id and s.purchase_order_id = po.id
        where po.tenant_id = o.tenant_id and po.order_id = o.id) as "shipmentCount"
from (
    select * from orders o
    where o.tenant_id = current_tenant()
        and (:status::text is null or o.status = :status::text)
        and (:thread::text is null or o.thread_status = :thread::text)
        and (:shop::text is null or o.shop = :shop::text)
        and (:after_at::timestamptz is null or (o.placed_at, o.id) < (:after_at::timestamptz, :after_id::uuid))
        and (:q::text is null or o.id = any (:found::uuid[])
            or (:many::bool and o.search ~ all (words_begin(regexp_split_to_array(trim(:q::text), '\s+')))))
    order by o.placed_at desc, o.id desc
    limit :rows::int
) o
order by o.placed_at desc, o.id desc;

-- Each by one look into the index, however many orders it has.
-- name: order_shops
with recursive shops as (
    (select o.shop from orders o where o.tenant_id = current_tenant() order by o.shop limit 1)
    union all
    select (select o.shop from orders o where o.tenant_id = current_tenant() and o.shop > s.shop order by o.shop limit 1)
    from shops s where s.shop is not null
)
select shop from shops where shop <> '' order by shop limit 200;

-- ---- cancelled

-- Its shipments are held before their purchase orders, and these before it.
-- name: order_cancel_hold_shipments
select s.id from shipments s
where s.tenant_id = current_tenant() and s.order_id = :id::uuid
order by s.id for no key update;

-- name: order_cancel_hold_purchase_orders
select p.id from purchase_orders p
where p.tenant_id = current_tenant() and p.order_id = :id::uuid
order by p.id for no key update;

-- name: order_cancel_hold
select o.number, o.cancelled_at is not null as cancelled from orders o
where o.tenant_id = current_tenant() and o.id = :id::uuid
for no key update;

-- What of it is still, or was, on its way: its shipments, and deliveries that have none yet.
-- name: order_cancel_live
(select coalesce(s.tracking_number, '') as number, s.status, 0 as parcel
from purchase_orders p
join shipments s on s.tenant_id = p.tenant_id and s.purchase_order_id = p.id
where p.tenant_id = current_tenant() and p.order_id = :id::uuid and s.status <> 'cancelled'
order by s.created_at, s.id limit 1)
union all
(select '', '', r.parcel
from delivery_reservations r
where r.tenant_id = current_tenant() and r.order_id = :id::uuid and r.state in ('running', 'waiting', 'failed')
order by r.parcel limit 1);

-- name: order_cancel
update orders set cancelled_at = clock_timestamp()
where tenant_id = current_tenant() and id = :id::uuid;
