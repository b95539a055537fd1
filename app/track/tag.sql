-- Tags of communications.

-- name: tag_state
select count(*) as n, coalesce(bool_or(t.tag = :tag::text), false) as there
from communication_tags t
where t.tenant_id = current_tenant() and t.communication_id = :communication_id::uuid;

-- Of one that is locked.
-- name: tag_add
insert into communication_tags (tenant_id, communication_id, building_id, tag)
select c.tenant_id, c.id, c.building_id, :tag::text
from communications c
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid;

-- name: tag_remove
delete from communication_tags
where tenant_id = current_tenant() and communication_id = :communication_id::uuid and tag = :tag::text;

-- The tags there are on what the actor may see, in order, at most 200: from one word to the next, however many messages
-- have each.
-- name: tag_known
with recursive word as (
    (select t.tag from communication_tags t where t.tenant_id = current_tenant() order by t.tag limit 1)
    union all
    select (select t.tag from communication_tags t where t.tenant_id = current_tenant() and t.tag > w.tag order by t.tag limit 1)
    from word w where w.tag is not null
)
select w.tag from word w
where w.tag is not null and (:all_buildings::bool or exists (
    select from communication_tags t
    join building_grants g on g.tenant_id = t.tenant_id and g.actor_id = :actor_id::uuid and g.building_id = t.building_id
    where t.tenant_id = current_tenant() and t.tag = w.tag))
limit 200;
