-- Suppressions: who sees one has all buildings, or the building of the message that caused it.

-- name: suppression_list
select s.id as "suppressionId", s.channel, s.address, s.reason, s.blocks, s.sentence, s.blocked_count as "blockedCount",
    s.created_at as "createdAt", s.created_by_name as "createdBy", s.lifted_at as "liftedAt", s.lifted_by_name as "liftedBy",
    c.id as "communicationId", c.recipient_name as "recipientName", u.id as "unitId", u.number as "unitNumber", c.year,
    b.name as "buildingName"
from suppressions s
left join communications c on c.tenant_id = s.tenant_id and c.id = s.communication_id
left join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
left join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
where s.tenant_id = current_tenant()
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
    and (:id::uuid is null or s.id = :id::uuid)
    and (:channel::text is null or s.channel = :channel::text)
    and (:reason::text is null or s.reason = :reason::text)
    and (:state::text = 'all' or (:state::text = 'lifted') = (s.lifted_at is not null))
    and (:search::text is null or strpos(lower(concat_ws(' ', s.address, s.sentence, c.recipient_name)), lower(:search::text)) > 0)
    and (:after::uuid is null or s.id < :after::uuid)
order by s.id desc
limit :rows::int;

-- name: suppression_add
select suppress(:channel::text, :address::text, 'manual', :sentence::text, null, null, :actor_id::uuid, :actor_name::text) as id;

-- name: suppression_stands
select id from suppressions
where tenant_id = current_tenant() and channel = :channel::text and address = suppression_address(:channel::text, :address::text)
    and reason = 'manual' and lifted_at is null;

-- name: suppression_lift
update suppressions set lifted_at = now(), lifted_by_id = :actor_id::uuid, lifted_by_name = :actor_name::text
where tenant_id = current_tenant() and id = :id::uuid and lifted_at is null
returning channel, address, reason;

-- name: suppression_counts
update suppressions set blocked_count = blocked_count + 1 where tenant_id = current_tenant() and id = :id::uuid;

-- name: suppression_opt_out
select suppress(:channel::text, :address::text, 'opt_out', :sentence::text, null, null, null, null);

-- name: suppression_opt_in
update suppressions set lifted_at = now(), lifted_by_name = 'The recipient'
where tenant_id = current_tenant() and channel = :channel::text and address = suppression_address(:channel::text, :address::text)
    and reason = 'opt_out' and lifted_at is null;
