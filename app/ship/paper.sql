-- Labels, lists and manifests of parcels.

-- name: paper_label
select s.carrier, coalesce(nullif(s.carrier_name, ''), s.carrier) as "carrierName", s.service, s.tracking_number, s.dry_run, s.status,
    o.number, o.recipient_name, o.street, o.postal_code, concat_ws(', ', nullif(o.city, ''), nullif(o.region, '')) as city, o.country,
    coalesce((r.asked ->> 'weightGrams')::int, 0) as grams
from shipments s
left join purchase_orders po on po.tenant_id = s.tenant_id and po.id = s.purchase_order_id
left join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
left join delivery_reservations r on r.tenant_id = s.tenant_id and r.shipment_id = s.id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid;

-- name: handover_waiting
select s.carrier, coalesce(nullif(max(s.carrier_name), ''), s.carrier) as "carrierName", count(*) as parcels
from shipments s
where s.tenant_id = current_tenant() and s.manifest_id is null and s.tracking_number is not null and not s.dry_run
    and s.status in ('pending', 'info_received')
group by s.carrier order by s.carrier;

-- What waits for a carrier or is on a manifest.
-- name: paper_lines anew
select s.id, s.tracking_number, coalesce(nullif(s.carrier_name, ''), s.carrier) as "carrierName", o.number, o.recipient_name,
    concat_ws(', ', nullif(concat_ws(' ', nullif(o.postal_code, ''), nullif(o.city, '')), ''), o.country) as place,
    coalesce((r.asked ->> 'weightGrams')::int, 0) as grams
from shipments s
left join purchase_orders po on po.tenant_id = s.tenant_id and po.id = s.purchase_order_id
left join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
left join delivery_reservations r on r.tenant_id = s.tenant_id and r.shipment_id = s.id
where s.tenant_id = current_tenant()
    and case when :manifest_id::uuid is null
        then s.carrier = :carrier::text and s.manifest_id is null and not s.dry_run and s.status in ('pending', 'info_received')
        else s.manifest_id = :manifest_id::uuid end
    and s.tracking_number is not null
order by s.tracking_number limit :most::int;

-- One manifest of a tenant is made at a time, so that none waits for another's parcels.
-- name: manifest_lock
select pg_advisory_xact_lock(hashtextextended('manifests ' || current_tenant(), 0));

-- name: manifest_waiting
select s.id, s.tracking_number, coalesce(nullif(s.carrier_name, ''), s.carrier) as "carrierName"
from shipments s
where s.tenant_id = current_tenant() and s.carrier = :carrier::text and s.manifest_id is null and s.tracking_number is not null
    and not s.dry_run and s.status in ('pending', 'info_received')
order by s.tracking_number limit :most::int for update;

-- name: manifest_insert
insert into manifests (tenant_id, year, no, carrier, carrier_name, parcels, created_by_name)
select current_tenant(), y.year, 1 + coalesce((select max(no) from manifests m
        where m.tenant_id = current_tenant() and m.year = y.year), 0),
    :carrier::text, :carrier_name::text, :parcels::int, :actor_name::text
from (select extract(year from now() at time zone time_zone)::int as year from tenants where id = current_tenant()) y
returning id, year || '-' || lpad(no::text, 2, '0') as name;

-- name: manifest_take
update shipments set manifest_id = :manifest_id::uuid
where tenant_id = current_tenant() and id = any (array(select x::uuid from jsonb_array_elements_text(:ids::jsonb) x));

-- name: manifest_list
select m.id as "manifestId", m.year || '-' || lpad(m.no::text, 2, '0') as name, m.carrier, m.carrier_name as "carrierName", m.parcels,
    m.created_at as "createdAt", m.created_by_name as "createdByName",
    to_char(m.created_at at time zone t.time_zone, 'YYYY-MM-DD') as _day
from manifests m join tenants t on t.id = current_tenant()
where m.tenant_id = current_tenant() and (:manifest_id::uuid is null or m.id = :manifest_id::uuid)
    and (:after::uuid is null or m.id < :after::uuid)
order by m.id desc limit 51;

-- name: manifest_shipments
select s.id as "shipmentId", s.tracking_number as "trackingNumber", s.status
from shipments s
where s.tenant_id = current_tenant() and s.manifest_id = :manifest_id::uuid
order by s.tracking_number;
