-- What a filter names.

-- Buildings by code or id, each as it was named; the id is null where the actor sees no such building. A code is looked
-- up as it is first, as no index serves one in whatever letters; row security lets an index be used for plain values only.
-- name: filter_buildings
with named as materialized (
    select t.code, upper(t.code) as upper, lower(t.code) as lower,
        case when t.code ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then t.code::uuid end as id
    from jsonb_array_elements_text(:codes::jsonb) t (code)
), known as materialized (
    select n.code, coalesce(
        (select b.id from buildings b where b.tenant_id = current_tenant() and b.code in (n.code, n.upper, n.lower) limit 1), n.id,
        (select b.id from buildings b where b.tenant_id = current_tenant() and lower(b.code) = n.lower limit 1)) as id
    from named n
)
select k.code, (
    select b.id from buildings b
    where b.tenant_id = current_tenant() and b.id = k.id
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id))) as id
from known k;

-- Runs by their ids, in the same way.
-- name: filter_runs
select n.code, (
    select p.id from communication_batches p
    where p.tenant_id = current_tenant() and p.id = n.code::uuid
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id))) as id
from jsonb_array_elements_text(:codes::jsonb) n (code);
