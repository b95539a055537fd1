-- Asking carriers for what their webhooks may not have told.

-- Those that may still move, asked for longest ago first; one that is at the door moves sooner. Those that nobody handed over
-- here are the first account's.
-- name: reconcile_due
select s.id, s.tracking_number
from shipments s
left join carrier_parcels k on k.tenant_id = s.tenant_id and k.shipment_id = s.id
where s.tenant_id = current_tenant() and s.carrier = :carrier::text and s.tracking_number is not null and not s.dry_run
    and s.status not in ('delivered', 'returned', 'cancelled')
    and (k.account_id = :account_id::uuid or (k.account_id is null and :first::bool))
    and (k.polled_at is null or k.polled_at <= clock_timestamp()
        - case when s.status = 'out_for_delivery' then interval '30 minutes' else interval '2 hours' end)
order by k.polled_at nulls first, s.id
limit :rows::int;

-- name: reconcile_asked
insert into carrier_parcels (tenant_id, shipment_id, account_id, polled_at)
select current_tenant(), x.id, :account_id::uuid, clock_timestamp() from unnest(:ids::uuid[]) x (id)
on conflict (tenant_id, shipment_id) do update set polled_at = excluded.polled_at;

-- name: reconcile_accounts
select id from provider_accounts
where tenant_id = current_tenant() and enabled and provider = :provider::text;

-- name: reconcile_tenants
select tenant_ids() as id;
