-- The table of shipments: what its bar names, and a page of it.

-- Shipments with all words of a text.
-- name: shipment_table_words
select to_jsonb(f) as found from shipments_found(filter_texts(jsonb_build_object('words', :words::jsonb), 'words')) f;

-- Those of which a carrier said one of the codes.
-- name: shipment_table_codes
select to_jsonb(f) as found from shipments_coded(filter_texts(jsonb_build_object('codes', :codes::jsonb), 'codes')) f;

-- Orders and purchase orders of the numbers that a filter names, and of those it leaves out.
-- name: shipment_table_numbers
select to_jsonb(n.order_ids) as orders, to_jsonb(n.purchase_order_ids) as "purchaseOrders", to_jsonb(x.order_ids) as "notOrders",
    to_jsonb(x.purchase_order_ids) as "notPurchaseOrders"
from parcel_numbers(filter_texts(:filter::jsonb, 'order'), filter_texts(:filter::jsonb, 'po')) n,
    parcel_numbers(filter_texts(:filter::jsonb, 'notOrder'), filter_texts(:filter::jsonb, 'notPo')) x;

-- What there is of carriers, services, shops and countries: each by one look into the index, however many shipments it has.
-- name: shipment_table_values
with recursive carriers as (
    (select s.carrier as v, 1 as n from shipments s where s.tenant_id = current_tenant() order by s.carrier limit 1)
    union all
    select (select s.carrier from shipments s where s.tenant_id = current_tenant() and s.carrier > x.v order by s.carrier limit 1), n + 1
    from carriers x where x.v is not null and x.n < 100
), services as (
    (select s.service as v, 1 as n from shipments s where s.tenant_id = current_tenant() and s.service <> '' order by s.service limit 1)
    union all
    select (select s.service from shipments s where s.tenant_id = current_tenant() and s.service <> '' and s.service > x.v
        order by s.service limit 1), n + 1
    from services x where x.v is not null and x.n < 100
), shops as (
    (select s.shop as v, 1 as n from shipments s where s.tenant_id = current_tenant() and s.shop is not null order by s.shop limit 1)
    union all
    select (select s.shop from shipments s where s.tenant_id = current_tenant() and s.shop is not null and s.shop > x.v
        order by s.shop limit 1), n + 1
    from shops x where x.v is not null and x.n < 100
), countries as (
    (select s.country as v, 1 as n from shipments s where s.tenant_id = current_tenant() and s.country is not null order by s.country limit 1)
    union all
    select (select s.country from shipments s where s.tenant_id = current_tenant() and s.country is not null and s.country > x.v
        order by s.country limit 1), n + 1
    from countries x where x.v is not null and x.n < 250
)
select (select coalesce(jsonb_agg(v), '[]') from carriers where v is not null) as carrier,
    (select coalesce(jsonb_agg(v), '[]') from services where v is not null) as service,
    (select coalesce(jsonb_agg(v), '[]') from shops where v <> '') as shop,
    (select coalesce(jsonb_agg(v), '[]') from countries where v is not null) as country;

-- name: shipment_table_page anew
select s.id as "shipmentId", s.carrier, s.carrier_name as "carrierName", s.service, s.tracking_number as "trackingNumber", s.status,
    s.status_at as "statusAt", s.evidence_grade as grade, s.dry_run as "dryRun", s.last_scan as "lastScan",
    s.last_scan_at as "lastScanAt", s.last_location as "lastLocation", s.promised_on as "promisedOn", s.created_at as "createdAt",
    s.moved_at as "movedAt", s.purchase_order_id as "purchaseOrderId", po.number as "purchaseOrderNumber", s.order_id as "orderId",
    o.number as "orderNumber", o.recipient_name as "recipientName", s.shop, s.country,
    to_char(s.moved_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "_moved"
from (
    select m.*
    from shipments_matching(:filter::jsonb) m
    where :at::timestamptz is null or (m.moved_at, m.id) < (:at::timestamptz, :id::uuid)
    order by m.moved_at desc, m.id desc
    limit :rows::int
) s
left join purchase_orders po on po.tenant_id = current_tenant() and po.id = s.purchase_order_id
left join orders o on o.tenant_id = current_tenant() and o.id = s.order_id
order by s.moved_at desc, s.id desc;

-- Whether anything is left of them.
-- name: shipment_table_any anew
select exists (select from shipments_matching(:filter::jsonb)) as any;
