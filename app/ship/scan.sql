-- Whose news it is, and what is kept until somebody's.

-- name: scan_shipment
with found as (
    select s.id, (coalesce(:origin::text, s.origin_country), coalesce(:destination::text, s.destination_country))
            is distinct from (s.origin_country, s.destination_country) as rerouted, case when s.id = :client_id::uuid then 0 when s.carrier = :courier::text then 1
        when :reference::text in (po.number, o.number) then 2 else 3 end as distance
    from shipments s
    left join purchase_orders po on po.tenant_id = s.tenant_id and po.id = s.purchase_order_id
    left join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
    where s.tenant_id = current_tenant() and (s.id = :client_id::uuid or s.tracking_number = :tracking_number::text)
        and (:carrier::text is null or s.carrier = :carrier::text)
)
select (array_agg(id))[1] as id, bool_or(rerouted) as rerouted from found
where distance = (select min(distance) from found)
having count(*) = 1;

-- Its lane is that of these countries from now on; null: not told, so that the one there is stays.
-- name: scan_route
update shipments set origin_country = coalesce(:origin::text, origin_country),
    destination_country = coalesce(:destination::text, destination_country)
where tenant_id = current_tenant() and id = :shipment_id::uuid;

-- name: scan_number
select tracking_number from shipments
where tenant_id = current_tenant() and id = :shipment_id::uuid and tracking_number is not null;

-- name: unmatched_lock
select pg_advisory_xact_lock(hashtextextended(current_tenant()::text || :tracking_number::text, 71));

-- name: unmatched_keep
insert into unmatched_parcels as u (tenant_id, account_id, provider, tracking_number, reference, last_status, last_scan_at, inbox_ids)
values (current_tenant(), :account_id::uuid, :provider::text, :tracking_number::text, :reference::text, :last_status::text,
    :last_scan_at::timestamptz, array[:inbox_id::uuid])
on conflict (tenant_id, account_id, tracking_number) do update set
    reference = coalesce(excluded.reference, u.reference),
    last_status = case when u.last_scan_at is null or excluded.last_scan_at >= u.last_scan_at then excluded.last_status
        else u.last_status end,
    last_scan_at = greatest(u.last_scan_at, excluded.last_scan_at),
    messages = u.messages + (:inbox_id::uuid <> all (u.inbox_ids))::int,
    inbox_ids = case when :inbox_id::uuid = any (u.inbox_ids) then u.inbox_ids
        else (u.inbox_ids || :inbox_id::uuid)[greatest(cardinality(u.inbox_ids) - 198, 1):] end,
    last_at = clock_timestamp();

-- name: unmatched_messages
select parcel_id, provider, settings, inbox_id, mapper, body from (
    select u.id as parcel_id, u.provider, a.settings, i.id as inbox_id, i.mapper, i.received_at,
        replace(encode(i.body, 'base64'), chr(10), '') as body,
        sum(octet_length(i.body)) over (order by i.received_at desc, i.id desc) as bytes
    from unmatched_parcels u
    join provider_accounts a on a.tenant_id = u.tenant_id and a.id = u.account_id
    join inbox i on i.tenant_id = u.tenant_id and i.id = any (u.inbox_ids) and i.body <> ''
    where u.tenant_id = current_tenant() and u.tracking_number = :tracking_number::text
) m
where bytes <= 8 << 20
order by received_at, inbox_id;

-- What was said in these requests has gone to its shipments.
-- name: unmatched_used
update unmatched_parcels u set messages = greatest(u.messages - (select count(*) from unnest(u.inbox_ids) i
        where i = any (:inbox_ids::uuid[])), 1),
    inbox_ids = array(select i from unnest(u.inbox_ids) with ordinality as x (i, n) where i <> all (:inbox_ids::uuid[]) order by n)
where u.tenant_id = current_tenant() and u.tracking_number = :tracking_number::text and u.inbox_ids && :inbox_ids::uuid[];

-- Nothing is left to be said of it.
-- name: unmatched_done
delete from unmatched_parcels u
where u.tenant_id = current_tenant() and u.tracking_number = :tracking_number::text
    and not exists (select from inbox i where i.tenant_id = u.tenant_id and i.id = any (u.inbox_ids) and i.body <> '');

-- name: unmatched_tenants
select tenant_ids() as id;

-- name: unmatched_prune
delete from unmatched_parcels
where tenant_id = current_tenant() and last_at < clock_timestamp() - make_interval(days => :days::int);

-- name: unmatched_list
select u.id as "unmatchedId", u.provider, a.name as account, u.tracking_number as "trackingNumber", u.reference,
    u.last_status as "lastStatus", u.last_scan_at as "lastScanAt", u.messages, u.first_at as "firstAt", u.last_at as "lastAt",
    u.inbox_ids[cardinality(u.inbox_ids)] as "inboxId", u.last_at::text as _last_at
from unmatched_parcels u
join provider_accounts a on a.tenant_id = u.tenant_id and a.id = u.account_id
where u.tenant_id = current_tenant()
    and (:after_id::uuid is null or (u.last_at, u.id) < (:after_at::timestamptz, :after_id::uuid))
order by u.last_at desc, u.id desc
limit :rows::int;
