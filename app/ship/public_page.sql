-- The page of a parcel for everybody: what it says holds nobody's name and no address.

-- The parcel of a link: found before any tenant is known.
-- name: tracking_find
select tenant_id, shipment_id from tracking_owner(:token::text);

-- name: tracking_parcel
select s.status, coalesce(nullif(s.carrier_name, ''), s.carrier) as carrier, s.tracking_number, s.dry_run, t.name as sender,
    to_char(s.promised_on, 'YYYY-MM-DD') as promised_on,
    to_char(s.delivered_at at time zone t.time_zone, 'YYYY-MM-DD') as delivered_on,
    coalesce(nullif(c.language, ''), t.language) as language
from shipments s
join tenants t on t.id = s.tenant_id
left join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
left join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
left join customers c on c.tenant_id = o.tenant_id and c.id = o.customer_id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid;

-- What was seen last, in our words; the place only as a carrier told it, and where it can be no address. What speaks against what is known stays with staff.
-- name: tracking_scans
select e.status, e.occurred_at as at, to_char(e.occurred_at at time zone t.time_zone, 'YYYY-MM-DD') as day,
    to_char(e.occurred_at at time zone t.time_zone, 'HH24:MI') as clock,
    case when e.type = 'SCAN' and e.detail ->> 'location' ~ '^[^0-9]{1,40}$' then e.detail ->> 'location' end as place
from shipment_events e
join tenants t on t.id = e.tenant_id
where e.tenant_id = current_tenant() and e.shipment_id = :shipment_id::uuid and e.type in ('SCAN', 'STATUS_SET')
    and e.status is not null and not e.detail ? 'contradicts'
order by e.occurred_at desc, e.seq desc
limit 10;
