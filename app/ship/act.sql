-- What carriers are asked of shipments.

-- name: act_shipment
select s.id, s.carrier, s.status, s.dry_run, s.tracking_number, k.account_id, k.carrier_order_id is not null as handed_over
from shipments s
left join carrier_parcels k on k.tenant_id = s.tenant_id and k.shipment_id = s.id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid;

-- name: act_add
insert into shipment_acts (tenant_id, shipment_id, account_id, act, asked, asked_by_name)
values (current_tenant(), :shipment_id::uuid, :account_id::uuid, :act::text, :asked::jsonb, :actor_name::text)
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
select a.shipment_id, a.account_id, a.act, a.asked, a.state, a.begun_at is not null as begun, s.carrier, s.tracking_number,
    k.our_ref, k.carrier_order_id, k.carrier_shipment_id, r.request
from shipment_acts a
join shipments s on s.tenant_id = a.tenant_id and s.id = a.shipment_id
left join carrier_parcels k on k.tenant_id = a.tenant_id and k.shipment_id = a.shipment_id
left join delivery_reservations r on r.tenant_id = a.tenant_id and r.shipment_id = a.shipment_id
where a.tenant_id = current_tenant() and a.id = :id::uuid;

-- name: act_begun
update shipment_acts set begun_at = case when :begun::bool then clock_timestamp() end
where tenant_id = current_tenant() and id = :id::uuid and state = 'waiting'
returning id;

-- name: act_settle
update shipment_acts set state = :state::text, sentence = :sentence::text, code = :code::text, result = :result::jsonb,
    sha256 = :sha256::text, content_type = :content_type::text, settled_at = clock_timestamp()
where tenant_id = current_tenant() and id = :id::uuid and state = 'waiting'
returning id;
