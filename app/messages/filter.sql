-- What a filter names.

-- Buildings by code or id, each as it was named; the id is null where the actor sees no such building. A code is looked
-- up as it is first, as no index serves one in whatever letters.
-- name: filter_buildings
select n.code, (
    select b.id from buildings b
    where b.tenant_id = current_tenant() and b.id = coalesce(
            (select x.id from buildings x where x.tenant_id = current_tenant() and x.code in (n.code, upper(n.code), lower(n.code)) limit 1),
            case when n.code ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then n.code::uuid end,
            (select x.id from buildings x where x.tenant_id = current_tenant() and lower(x.code) = lower(n.code) limit 1))
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id))) as id
from jsonb_array_elements_text(:codes::jsonb) n (code);

-- Runs by their ids, in the same way.
-- name: filter_runs
select n.code, (
    select p.id from communication_batches p
    where p.tenant_id = current_tenant() and p.id = n.code::uuid
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id))) as id
from jsonb_array_elements_text(:codes::jsonb) n (code);
