-- What carriers are asked of shipments.

-- name: act_shipment
select s.id, s.carrier, s.status, s.dry_run, s.tracking_number, k.account_id, k.carrier_order_id is not null as handed_over,
    coalesce(r.request, '{}') = '{}' as forgotten
from shipments s
left join carrier_parcels k on k.tenant_id = s.tenant_id and k.shipment_id = s.id
left join delivery_reservations r on r.tenant_id = s.tenant_id and r.shipment_id = s.id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid;

-- Where what came of the last one alike is not known, and can be looked for, it is begun already.
-- name: act_add
insert into shipment_acts (tenant_id, shipment_id, account_id, act, asked, asked_by_name, again_of, begun_at, tries)
select current_tenant(), :shipment_id::uuid, :account_id::uuid, :act::text, :asked::jsonb, :actor_name::text, b.id, b.begun_at,
    case when b.id is null then 0 else 1 end
from (values (:looked_for::bool)) x (looked_for)
left join lateral (
    select coalesce(a.again_of, a.id) as id, a.begun_at, a.asked, a.state from shipment_acts a
    where a.tenant_id = current_tenant() and a.shipment_id = :shipment_id::uuid and a.act = :act::text
    order by a.asked_at desc, a.id desc limit 1) b
    on x.looked_for and b.begun_at is not null and b.state in ('failed', 'unknown') and b.asked = :asked::jsonb
on conflict (tenant_id, shipment_id, act) where state = 'waiting' do nothing
returning id;

-- name: act_waiting
select id from shipment_acts
where tenant_id = current_tenant() and shipment_id = :shipment_id::uuid and act = :act::text and state = 'waiting';

-- Those of a shipment, or one of them.
-- name: act_list
select a.id as "actId", a.act, a.state, a.sentence, a.code, a.result, a.asked_at as "askedAt",
    a.asked_by_name as "askedByName", a.settled_at as "settledAt",
    case when a.sha256 is not null then '/api/ship/shipments/' || a.shipment_id || '/acts/' || a.id || '/document' end as document,
    a.sha256 as "_sha256", a.content_type as "_contentType", s.tracking_number as "_number"
from shipment_acts a
join shipments s on s.tenant_id = a.tenant_id and s.id = a.shipment_id
where a.tenant_id = current_tenant() and a.shipment_id = :shipment_id::uuid and (:id::uuid is null or a.id = :id::uuid)
order by a.asked_at desc, a.id desc
limit 50;

-- name: act_open
select a.shipment_id, a.account_id, a.act, a.asked, a.state, coalesce((extract(epoch from a.begun_at) * 1000)::bigint, 0) as begun_ms,
    a.tries, a.looks, coalesce(a.again_of, a.id) as reference_id, s.carrier, s.tracking_number,
    k.our_ref, k.carrier_order_id, k.carrier_shipment_id, r.request
from shipment_acts a
join shipments s on s.tenant_id = a.tenant_id and s.id = a.shipment_id
left join carrier_parcels k on k.tenant_id = a.tenant_id and k.shipment_id = a.shipment_id
left join delivery_reservations r on r.tenant_id = a.tenant_id and r.shipment_id = a.shipment_id
where a.tenant_id = current_tenant() and a.id = :id::uuid;

-- name: act_move
update shipment_acts set begun_at = to_timestamp(nullif(:begun_ms::bigint, 0) / 1000.0), tries = :tries::int, looks = :looks::int
where tenant_id = current_tenant() and id = :id::uuid and state = 'waiting'
returning id;

-- name: act_settle
update shipment_acts set state = :state::text, sentence = :sentence::text, code = :code::text, result = :result::jsonb,
    sha256 = :sha256::text, content_type = :content_type::text, settled_at = clock_timestamp(),
    begun_at = case when :state::text = 'unknown' then begun_at end
where tenant_id = current_tenant() and id = :id::uuid and state = 'waiting'
returning id;
