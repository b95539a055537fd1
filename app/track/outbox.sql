-- Messages kept in the sink.

-- name: outbox_list
select m.id, m.channel, m.recipient as "to", m.subject, m.created_at as "createdAt", m.size, '/outbox/' || m.id as href
from sink_messages m
join communications c on c.tenant_id = m.tenant_id and c.id = m.communication_id
where m.tenant_id = current_tenant()
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
    and (:after::uuid is null or m.id < :after::uuid)
order by m.id desc limit 51;

-- name: outbox_get
select m.id, m.channel, m.recipient as "to", m.subject, m.created_at as "createdAt", m.size, m.sha256,
    to_char(coalesce(c.content_removed_at, c.person_removed_at), 'FMDD Mon YYYY') as removed_on, c.removed_by
from sink_messages m
join communications c on c.tenant_id = m.tenant_id and c.id = m.communication_id
where m.tenant_id = current_tenant() and m.id = :id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));
