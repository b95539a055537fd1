-- Shipments :first to :last of the demo's tenant, each of an order, with ten scans and an estimate; spread over what they ask for.
-- Run by a superuser of the private cluster: triggers are off, and what they would have made is made here.
\set ON_ERROR_STOP on
set session_replication_role = replica;
select id as tenant from tenants where slug = 'demo' \gset
select set_config('track.tenant', :'tenant', false);

insert into customers (tenant_id, reference, name)
select :'tenant', 'bench', 'Eva Keller'
where not exists (select from customers where tenant_id = :'tenant' and reference = 'bench');

create temp table fresh as
with o as (
    insert into orders (tenant_id, number, customer_id, recipient_name, city, country, promised_on)
    select :'tenant', 'P-' || i, c.id, 'Eva Keller', 'Zürich', 'CH', current_date + 3
    from generate_series(:first, :last) i, customers c
    where c.tenant_id = :'tenant' and c.reference = 'bench'
    returning id, number
), p as (
    insert into purchase_orders (tenant_id, number, order_id)
    select :'tenant', number, id from o
    returning id, substr(number, 3)::int as n
)
select * from p;

create temp table parcels as
with made as (
    insert into shipments (tenant_id, purchase_order_id, carrier, carrier_name, service, tracking_number, public_token, status,
        status_at, evidence_grade, last_scan_at, last_scan, last_location, shipped_at, event_seq, last_event_type, last_event_at,
        created_at, moved_at, promised_on, expected_on, expected_told_at, attention, attention_reason, attention_at, attention_rank,
        claim_due_at)
    select :'tenant', f.id, 'swiss-post', 'Swiss Post', 'PostPac Priority', 'PX' || f.n, md5('parcel' || f.n), k.status, k.at, 'B', k.at,
        'Arrived at the sorting centre', 'Härkingen', k.at - interval '2 days', 11, 'SCAN', k.at, k.at - interval '3 days', k.at,
        current_date + 3, current_date + 2, k.at, k.attention, case when k.attention = 'act_now' then 'attempt' end, k.at,
        k.at + f.n % 1000 * interval '1 second', case when k.attention = 'act_now' then now() + f.n % 86400 * interval '1 second' end
    from fresh f
    cross join lateral (
        select a.attention, a.status, now() - f.n % 200000 * interval '1 second' as at
        from (values (0, 'act_now', 'failed_attempt'), (1, 'late', 'in_transit'), (2, 'silent', 'in_transit'),
            (3, 'pickup_point', 'available_for_pickup'), (4, 'on_the_way', 'in_transit'), (5, 'done', 'delivered')) a (n, attention, status)
        where a.n = case when f.n % 20 < 5 then f.n % 20 when f.n % 20 < 9 then 4 else 5 end) k
    returning id, status, last_event_at
)
select * from made;

insert into shipment_events (tenant_id, shipment_id, seq, type, source, grade, status, status_after, occurred_at, sentence, detail,
    mapper, content_hash, prev_hash, hash)
select :'tenant', p.id, e, case e when 11 then 'ESTIMATE' else 'SCAN' end, 'carrier', 'B', 'in_transit', p.status,
    p.last_event_at - (11 - e) * interval '5 hours', 'Arrived at the sorting centre',
    '{"rawStatus": "Arrived at the sorting centre", "location": "Härkingen"}', 'bench/1', '\x00', '\x00',
    sha256(convert_to(p.id::text || e, 'UTF8'))
from parcels p, generate_series(1, 11) e
order by p.last_event_at, e;

insert into shipment_estimates (tenant_id, shipment_id, seq, event_id, expected_on, told_at, told_by)
select :'tenant', p.id, 11, uuid7(), current_date + 2, p.last_event_at, 'bench'
from parcels p;

insert into shipment_counts
select tenant_id, attention, 0, count(*) from shipments where tenant_id = :'tenant' group by 1, 2
on conflict (tenant_id, attention, slot) do update set shipments = excluded.shipments;
