-- Buildings and units, made by an import.

-- name: building_upsert
insert into buildings (tenant_id, code, name, street, postal_code, city, country)
select current_tenant(), r.code, coalesce(max(r.name), r.code), coalesce(mode() within group (order by r.street), ''),
    coalesce(mode() within group (order by r.postal), ''), coalesce(mode() within group (order by r.city), ''),
    coalesce(mode() within group (order by r.country), '')
from jsonb_to_recordset(:rows::jsonb) as r (code text, name text, street text, postal text, city text, country text)
group by r.code order by r.code
on conflict (tenant_id, code) do update set name = excluded.name
    where buildings.name <> excluded.name and excluded.name <> excluded.code

-- name: unit_upsert
insert into units (tenant_id, building_id, number)
select distinct current_tenant(), b.id, r.unit
from jsonb_to_recordset(:rows::jsonb) as r (code text, unit text)
cross join lateral (select id from buildings where tenant_id = current_tenant() and code = r.code offset 0) b
order by 2, 3
on conflict (tenant_id, building_id, number) do nothing
