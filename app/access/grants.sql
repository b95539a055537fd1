-- Which buildings an actor may see.

-- name: grant_seen
select b.id from buildings b
where b.tenant_id = current_tenant() and b.id = :building_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id))

-- name: grant_add
with building as (
    select id from buildings where tenant_id = current_tenant() and code = :code::text
), added as (
    insert into building_grants (tenant_id, actor_id, building_id)
    select current_tenant(), :actor_id::uuid, id from building
    on conflict do nothing
)
select id from building

-- name: actor_now
select kind, name, role, all_buildings as "allBuildings" from actor_standing(:id::uuid)
