-- Forgetting a person.

-- name: erasure_add
insert into erasures (tenant_id, email, phone, unit_id, asked_by_name)
values (current_tenant(), lower(:email::text), :phone::text, :unit_id::uuid, :actor_name::text)
returning id, state;

-- name: erasure_get
select id, unit_id as "unitId", state, error, asked_by_name as "askedByName", asked_at as "askedAt", done_at as "doneAt",
    certificate, email as _email, phone as _phone
from erasures where tenant_id = current_tenant() and id = :id::uuid;

-- name: erasure_list
select id, unit_id as "unitId", state, error, asked_by_name as "askedByName", asked_at as "askedAt", done_at as "doneAt",
    certificate
from erasures where tenant_id = current_tenant() order by asked_at desc, id desc limit 20;

-- The holds that stand against it: on one of the communications, or on the address itself.
-- name: erasure_holds
select h.id, h.reason, h.owner from legal_holds h
where h.tenant_id = current_tenant() and h.lifted_at is null and (
    h.scope = 'person' and h.value in (lower(:email::text), :phone::text)
    or h.scope = 'unit' and h.value = :unit_id::text
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

-- name: erasure_addresses
select coalesce(jsonb_agg(distinct lower(x.address)), '[]') as addresses from (
    select unnest(array[:email::text, :phone::text]) as address
    union all
    select unnest(array[c.email, c.phone]) from communications c
    where c.tenant_id = current_tenant() and c.unit_id = :unit_id::uuid
    union all
    select a.address from communication_attempts a join communications c on c.tenant_id = a.tenant_id and c.id = a.communication_id
    where a.tenant_id = current_tenant() and c.unit_id = :unit_id::uuid and a.channel in ('EMAIL', 'SMS')
) x where length(x.address) > 3;

-- name: erasure_by_address
select erase_addresses(array(select jsonb_array_elements_text(:addresses::jsonb))) as stores;

-- What an export under way has read already may tell of the person: its writer ends when it finds this.
-- name: erasure_exports
update communication_exports set state = 'FAILED', rows_written = 0, scanned = 0,
    error = 'Somebody in it asked to be forgotten meanwhile: ask for it again.'
where tenant_id = current_tenant() and state = 'RUNNING';

-- Imports whose files may hold one of the addresses.
-- name: erasure_imports
select id, file_sha256 as sha256 from imports
where tenant_id = current_tenant() and files_removed_at is null and state in ('COMMITTED', 'FAILED', 'PREVIEWED')
order by id;

-- name: erasure_import_removed
update imports set files_removed_at = now(), preview = '{}', state = case state when 'PREVIEWED' then 'FAILED' else state end,
    error = case state when 'PREVIEWED' then 'Its file was removed: somebody in it asked to be forgotten.' else error end
where tenant_id = current_tenant() and id = :id::uuid;

-- Bundles that are there, and whether a communication of the unit is in one.
-- name: erasure_archives
select a.id, a.sha256, exists (select from retention_runs r
    join retention_items i on i.tenant_id = r.tenant_id and i.run_id = r.id
    join communications c on c.tenant_id = i.tenant_id and c.id = i.communication_id
    where r.tenant_id = a.tenant_id and r.archive_id = a.id and c.unit_id = :unit_id::uuid) as "ofUnit"
from archives a where a.tenant_id = current_tenant() and a.removed_at is null order by a.id;

-- name: erasure_archive_removed
update archives set removed_at = now() where tenant_id = current_tenant() and id = :id::uuid;

-- name: erasure_end
update erasures set state = :state::text, error = :error::text, email = null, phone = null, done_at = now(),
    certificate = :certificate::jsonb
where tenant_id = current_tenant() and id = :id::uuid;
