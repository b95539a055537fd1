-- Deliveries that people record: of a unit and year, one for each method.

-- Locked, so that two who record at once follow each other.
-- name: delivery_unit
select u.id, u.number, u.building_id, b.name as building
from units u
join buildings b on b.tenant_id = u.tenant_id and b.id = u.building_id
where u.tenant_id = current_tenant() and u.id = :unit_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = u.building_id))
for no key update of u;

-- name: delivery_one
select r.id as "recordId", r.year, r.method,
    to_char(r.dispatched_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "dispatchedAt",
    to_char(r.delivered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "deliveredAt", r.note,
    (select count(*) from unit_delivery_attachments a where a.tenant_id = r.tenant_id and a.record_id = r.id) as attachments
from unit_delivery_records r
where r.tenant_id = current_tenant() and r.unit_id = :unit_id::uuid and r.year = :year::int and r.method = :method::text
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = r.building_id));

-- name: delivery_put
insert into unit_delivery_records as r (tenant_id, building_id, unit_id, year, method, dispatched_at, delivered_at, note,
    updated_by_id, updated_by_name)
values (current_tenant(), :building_id::uuid, :unit_id::uuid, :year::int, :method::text, :dispatched_at::timestamptz,
    :delivered_at::timestamptz, :note::text, :actor_id::uuid, :actor_name::text)
on conflict (tenant_id, unit_id, year, method) do update set dispatched_at = excluded.dispatched_at,
    delivered_at = excluded.delivered_at, note = excluded.note, updated_at = now(), updated_by_id = excluded.updated_by_id,
    updated_by_name = excluded.updated_by_name
returning r.id;

-- The same file twice is kept once.
-- name: delivery_attach
insert into unit_delivery_attachments (tenant_id, record_id, position, sha256, file_name, content_type, size)
select current_tenant(), :record_id::uuid, coalesce(max(a.position), 0) + 1, :sha256::text, :file_name::text,
    :content_type::text, :size::bigint
from unit_delivery_attachments a
where a.tenant_id = current_tenant() and a.record_id = :record_id::uuid
on conflict do nothing;

-- name: delivery_list
select r.id as "recordId", r.year, r.method, r.dispatched_at as "dispatchedAt", r.delivered_at as "deliveredAt", r.note,
    r.updated_at as "updatedAt", r.updated_by_name as "updatedByName", coalesce((
        select json_agg(json_build_object('fileName', a.file_name, 'size', a.size, 'contentType', a.content_type,
            'sha256', a.sha256, 'href', format('/api/track/units/%s/delivery-record/%s/attachments/%s', r.unit_id, r.id,
            a.position)) order by a.position)
        from unit_delivery_attachments a where a.tenant_id = r.tenant_id and a.record_id = r.id), '[]') as attachments
from unit_delivery_records r
where r.tenant_id = current_tenant() and r.unit_id = :unit_id::uuid
    and r.year = coalesce(:year::int, (select max(y.year) from communications y
        where y.tenant_id = current_tenant() and y.unit_id = :unit_id::uuid))
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = r.building_id))
order by r.delivered_at desc nulls first, r.dispatched_at desc nulls first, r.id;

-- name: delivery_file
select a.sha256, a.file_name as "fileName", a.content_type as "contentType"
from unit_delivery_records r
join unit_delivery_attachments a on a.tenant_id = r.tenant_id and a.record_id = r.id
where r.tenant_id = current_tenant() and r.unit_id = :unit_id::uuid and r.id = :record_id::uuid
    and a.position = :position::int
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = r.building_id));
