-- Letters that came back.

-- The last letter of a communication that the actor may see.
-- name: returned_find
select l.attempt_no, c.attempt_no as current_no, l.returned_at, l.return_reason, c.recipient_name, u.id as unit_id, u.number,
    c.year, c.building_id, b.name as building
from letters l
join communications c on c.tenant_id = l.tenant_id and c.id = l.communication_id
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
where l.tenant_id = current_tenant() and l.communication_id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by l.attempt_no desc limit 1
for update of l

-- name: returned_mark
update letters set returned_at = now(), return_reason = :reason::text, return_photo_sha256 = :photo::text
where tenant_id = current_tenant() and communication_id = :communication_id::uuid and attempt_no = :attempt_no::int
