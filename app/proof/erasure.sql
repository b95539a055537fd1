-- Forgetting a person.

-- name: erasure_add
insert into erasures (tenant_id, email, phone, unit_id, asked_by_name)
values (current_tenant(), lower(:email::text), :phone::text, :unit_id::uuid, :actor_name::text)
returning id, state;

-- name: erasure_get
select id, unit_id as "unitId", state, error, asked_by_name as "askedByName", asked_at as "askedAt", done_at as "doneAt",
    case when state = 'DONE' then certificate end as certificate, email as _email, phone as _phone
from erasures where tenant_id = current_tenant() and id = :id::uuid;

-- name: erasure_list
select id, unit_id as "unitId", state, error, asked_by_name as "askedByName", asked_at as "askedAt", done_at as "doneAt",
    case when state = 'DONE' then certificate end as certificate
from erasures where tenant_id = current_tenant() order by asked_at desc, id desc limit 20;

-- The holds that stand against it: on one of the communications, or on the address itself.
-- name: erasure_holds
select h.id, h.reason, h.owner from legal_holds h
where h.tenant_id = current_tenant() and h.lifted_at is null and (
    h.scope = 'person' and h.value in (lower(:email::text), :phone::text)
    or h.scope = 'unit' and h.value = :unit_id::text
    or h.id in (select order_held_by(o) from customers p
        join orders o on o.tenant_id = p.tenant_id and o.customer_id = p.id
        where p.tenant_id = current_tenant() and (lower(p.email) = lower(:email::text) or p.phone = :phone::text))
    or h.id in (select held_by(c) from communications c where c.tenant_id = current_tenant()
        and (c.unit_id = :unit_id::uuid or lower(c.email) = lower(:email::text) or c.phone = :phone::text
            or exists (select from communication_attempts a where a.tenant_id = c.tenant_id and a.communication_id = c.id
                and lower(a.address) in (lower(:email::text), :phone::text)))))
order by h.created_at limit 1;

-- What is still there of a person, 500 communications at a time, with the addresses they went to.
-- name: erasure_page
select array_agg(p.id)::text as ids, count(*) as n
from (select c.id from communications c
    where c.tenant_id = current_tenant() and (c.content_removed_at is null or c.person_removed_at is null)
        and (c.unit_id = :unit_id::uuid or lower(c.email) = lower(:email::text) or c.phone = :phone::text
            or exists (select from communication_attempts a where a.tenant_id = c.tenant_id and a.communication_id = c.id
                and lower(a.address) in (lower(:email::text), :phone::text)))
    order by c.id limit 500) p;

-- The order of a person that is being handed to a carrier, who needs the address.
-- name: erasure_busy
select o.number
from customers c
join orders o on o.tenant_id = c.tenant_id and o.customer_id = c.id
join delivery_reservations r on r.tenant_id = o.tenant_id and r.order_id = o.id and r.state in ('running', 'waiting')
where c.tenant_id = current_tenant() and (lower(c.email) = lower(:email::text) or c.phone = :phone::text)
order by o.placed_at limit 1;

-- Orders of customers with the address, 500 at a time: the customer himself goes with the last.
-- name: erasure_parcels
select array_agg(p.id)::text as ids, count(*) as n
from (select o.id from customers c
    join orders o on o.tenant_id = c.tenant_id and o.customer_id = c.id
    where c.tenant_id = current_tenant() and (lower(c.email) = lower(:email::text) or c.phone = :phone::text)
        and (o.content_removed_at is null or o.person_removed_at is null)
    order by o.id limit 500) p;

-- name: erasure_by_parcel_address
select erase_parcel_addresses(array(select jsonb_array_elements_text(:addresses::jsonb))) as stores;

-- Noted before the first of them goes: a later try would not find those of a unit any more.
-- name: erasure_addresses
update erasures e set certificate = coalesce(e.certificate, '{}') || jsonb_build_object('addresses', (
select coalesce(jsonb_agg(distinct lower(x.address)), '[]') from (
    select jsonb_array_elements_text(e.certificate -> 'addresses') as address
    union all
    select unnest(array[:email::text, :phone::text])
    union all
    select unnest(array[c.email, c.phone]) from customers c
    where c.tenant_id = current_tenant() and (lower(c.email) = lower(:email::text) or c.phone = :phone::text)
    union all
    select unnest(array[c.email, c.phone]) from communications c
    where c.tenant_id = current_tenant() and c.unit_id = :unit_id::uuid
    union all
    select a.address from communication_attempts a join communications c on c.tenant_id = a.tenant_id and c.id = a.communication_id
    where a.tenant_id = current_tenant() and c.unit_id = :unit_id::uuid and a.channel in ('EMAIL', 'SMS')
) x where length(x.address) > 3))
where e.tenant_id = current_tenant() and e.id = :id::uuid
returning e.certificate -> 'addresses' as addresses,
    (select u.number from units u where u.tenant_id = current_tenant() and u.id = :unit_id::uuid) as unit,
    (select b.code from units u join buildings b on b.tenant_id = u.tenant_id and b.id = u.building_id
        where u.tenant_id = current_tenant() and u.id = :unit_id::uuid) as building;

-- What was done, noted in the transaction of the deed, so that every try is in the certificate.
-- name: erasure_note
update erasures e set certificate = coalesce(e.certificate, '{}')
    || jsonb_build_object(:what::text, coalesce((e.certificate ->> :what::text)::bigint, 0) + 1)
where e.tenant_id = current_tenant() and e.id = :id::uuid;

-- name: erasure_note_stores
update erasures e set certificate = coalesce(e.certificate, '{}')
    || jsonb_build_object('stores', coalesce(e.certificate -> 'stores', '[]') || :stores::jsonb)
where e.tenant_id = current_tenant() and e.id = :id::uuid;

-- All that its tries did: the purges have runs of their own.
-- name: erasure_sum
with runs as (
    select r.communications, r.parcels, r.certificate -> 'stores' as stores from retention_runs r
    where r.tenant_id = current_tenant() and r.kind = 'erasure' and r.reason = 'erasure ' || :id::text
), stores as (
    select s ->> 'store' as store, sum((s ->> 'rows')::bigint) as n
    from (select stores from runs union all select certificate -> 'stores' from erasures
        where tenant_id = current_tenant() and id = :id::uuid) a, jsonb_array_elements(a.stores) s
    group by 1
)
select jsonb_build_object('communications', (select coalesce(sum(communications), 0) from runs),
    'parcels', (select coalesce(sum(parcels), 0) from runs),
    'files', coalesce((e.certificate ->> 'files')::bigint, 0), 'imports', coalesce((e.certificate ->> 'imports')::bigint, 0),
    'archives', coalesce((e.certificate ->> 'archives')::bigint, 0),
    'stores', (select coalesce(jsonb_object_agg(store, n), '{}') from stores)) as done
from erasures e where e.tenant_id = current_tenant() and e.id = :id::uuid;

-- name: erasure_by_address
select erase_addresses(array(select jsonb_array_elements_text(:addresses::jsonb))) as stores;

-- What an export under way has read already may tell of the person: its writer ends when it finds this.
-- name: erasure_exports
update communication_exports set state = 'FAILED', rows_written = 0, scanned = 0,
    error = 'Somebody in it asked to be forgotten meanwhile: ask for it again.'
where tenant_id = current_tenant() and state = 'RUNNING';

-- Imports whose files, or what they were corrected to, may hold one of the addresses.
-- name: erasure_imports
select i.id, i.file_sha256 as sha256, (select coalesce(json_agg(k.value), '[]') from import_corrections k
    where k.tenant_id = i.tenant_id and k.import_id = i.id) as corrections
from imports i
where i.tenant_id = current_tenant() and i.files_removed_at is null and i.state in ('COMMITTED', 'FAILED', 'PREVIEWED')
order by i.id;

-- name: erasure_import_removed
with corrections as (delete from import_corrections where tenant_id = current_tenant() and import_id = :id::uuid)
update imports set files_removed_at = now(), preview = '{}', state = case state when 'PREVIEWED' then 'FAILED' else state end,
    error = case state when 'PREVIEWED' then 'Its file was removed: somebody in it asked to be forgotten.' else error end
where tenant_id = current_tenant() and id = :id::uuid;

-- name: erasure_archives
select id, sha256 from archives where tenant_id = current_tenant() and removed_at is null order by id;

-- What bundles tell of the person and what was emptied of him: noted before the first bundle is written anew, as his messages tell
-- nothing of him any more, and one of them may be in several.
-- name: erasure_forgotten
update erasures e set certificate = coalesce(e.certificate, '{}') || jsonb_build_object('forgotten', (
select coalesce(jsonb_agg(distinct x.id), '[]') from (
    select jsonb_array_elements_text(e.certificate -> 'forgotten') as id
    union all
    select jsonb_array_elements_text(:ids::jsonb)
    union all
    select i.communication_id::text from retention_runs r join retention_items i on i.tenant_id = r.tenant_id and i.run_id = r.id
    where r.tenant_id = current_tenant() and r.kind = 'erasure' and r.reason = 'erasure ' || :id::text
) x))
where e.tenant_id = current_tenant() and e.id = :id::uuid
returning e.certificate -> 'forgotten' as forgotten;

-- name: erasure_forgotten_held
select h.id, h.reason, h.owner from legal_holds h
where h.tenant_id = current_tenant() and h.id in (select held_by(c) from communications c
    where c.tenant_id = current_tenant() and c.id in (select jsonb_array_elements_text(:ids::jsonb)::uuid))
order by h.created_at limit 1;

-- name: erasure_end
update erasures set state = :state::text, error = :error::text, email = null, phone = null, done_at = now(),
    certificate = :certificate::jsonb
where tenant_id = current_tenant() and id = :id::uuid;
