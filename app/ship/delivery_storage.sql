-- Reservations: what a run of a delivery has written.

-- name: reservation_add
insert into delivery_reservations (tenant_id, id, order_id, parcel, purchase_order_id, carrier, account_id, dry_run, our_ref, asked,
    request, created_by_name)
values (current_tenant(), :id::uuid, :order_id::uuid, :parcel::int, :purchase_order_id::uuid, :carrier::text, :account_id::uuid,
    :dry_run::bool, :our_ref::text, :asked::jsonb, :request::jsonb, :actor_name::text)
on conflict (tenant_id, order_id, parcel) where state <> 'cancelled' do nothing
returning id;

-- By its id, or the live one of an order's parcel.
-- name: reservation_get
select r.id, r.order_id, r.purchase_order_id, r.parcel, r.carrier, r.account_id, r.dry_run, r.our_ref, r.asked, r.request, r.state, r.step,
    coalesce((extract(epoch from r.begun_at) * 1000)::bigint, 0) as begun_ms, r.tries, r.looks, r.cancelling, r.known, r.results,
    r.fence, r.shipment_id
from delivery_reservations r
where r.tenant_id = current_tenant()
    and (r.id = :id::uuid or (r.order_id = :order_id::uuid and r.parcel = :parcel::int and r.state <> 'cancelled'));

-- name: reservation_save
update delivery_reservations set state = :state::text, step = :step::text,
    begun_at = to_timestamp(nullif(:begun_ms::bigint, 0) / 1000.0), tries = :tries::int, looks = :looks::int,
    cancelling = :cancelling::bool, known = :known::jsonb, results = :results::jsonb, shipment_id = :shipment_id::uuid,
    fence = fence + 1, moved_at = now()
where tenant_id = current_tenant() and id = :id::uuid and fence = :fence::bigint
returning fence;

-- name: reservation_hold
select id from delivery_reservations
where tenant_id = current_tenant() and id = :id::uuid and fence = :fence::bigint
for no key update;

-- An order that nothing was sent of is reserved while a delivery of it is alive.
-- name: reservation_order_follows
update orders o set status = case when :reserved::bool then 'reserved' else 'new' end, moved_at = now()
where o.tenant_id = current_tenant() and o.id = :order_id::uuid
    and o.status = case when :reserved::bool then 'new' else 'reserved' end
    and (:reserved::bool or not exists (select from delivery_reservations r
        where r.tenant_id = o.tenant_id and r.order_id = o.id and r.state <> 'cancelled'))
    and not exists (select from purchase_orders p join shipments s on s.tenant_id = p.tenant_id and s.purchase_order_id = p.id
        where p.tenant_id = o.tenant_id and p.order_id = o.id and s.status <> 'cancelled');

-- What the carrier knows the shipment by.
-- name: reservation_parcel
insert into carrier_parcels (tenant_id, shipment_id, account_id, our_ref, carrier_order_id, carrier_shipment_id)
values (current_tenant(), :shipment_id::uuid, :account_id::uuid, :our_ref::text, :carrier_order_id::text,
    :carrier_shipment_id::text);
