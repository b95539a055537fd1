-- Saved views of the list of messages.

-- name: view_list
select v.id as "viewId", v.name, v.q, v.columns, v.shared, v.owner_id = :actor_id::uuid as mine, v.owner_name as "ownerName",
    (select s.tell from view_subscriptions s where s.tenant_id = current_tenant() and s.view_id = v.id
        and s.user_id = :actor_id::uuid) as tell
from saved_views v
where v.tenant_id = current_tenant() and (v.owner_id = :actor_id::uuid or v.shared)
    and (:id::uuid is null or v.id = :id::uuid)
order by v.owner_id <> :actor_id::uuid, lower(v.name), v.id limit 100

-- name: view_count
select count(*) as n from saved_views v where v.tenant_id = current_tenant() and v.owner_id = :actor_id::uuid

-- name: view_insert
insert into saved_views (tenant_id, owner_id, owner_name, name, q, columns, shared)
values (current_tenant(), :actor_id::uuid, :actor_name::text, :name::text, :q::text, :columns::text, :shared::bool)
returning id

-- name: view_update
update saved_views v set name = :name::text, q = :q::text, columns = :columns::text, shared = :shared::bool
from (select * from saved_views
    where tenant_id = current_tenant() and id = :id::uuid and owner_id = :actor_id::uuid for update) old
where v.tenant_id = current_tenant() and v.id = old.id
returning old.name, old.q, old.columns, old.shared

-- name: view_remove
delete from saved_views v
where v.tenant_id = current_tenant() and v.id = :id::uuid and v.owner_id = :actor_id::uuid
returning v.name, v.q, v.columns, v.shared

-- The latest runs of what somebody imported, as values of the qualifier run.
-- name: view_my_runs
select string_agg(p.id::text, ',') as runs
from (
    select p.id
    from imports i
    join communication_batches p on p.tenant_id = current_tenant() and p.import_id = i.id
    where i.tenant_id = current_tenant() and i.created_by = :actor_id::uuid
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id))
    order by i.created_at desc, p.id limit 10
) p
