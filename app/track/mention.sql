-- Whom notes name.

-- Those whose name or address stands behind an @ somewhere in a note, and whether they see the message; nothing where the
-- writer does not.
-- name: mention_candidates
select u.id, u.name, u.email, u.disabled_at is null and (u.all_buildings or exists (select from building_grants g
    where g.tenant_id = current_tenant() and g.actor_id = u.id and g.building_id = c.building_id)) as sees
from communications c
join users u on u.tenant_id = c.tenant_id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
    and (u.name <> '' and strpos(lower(:note::text), '@' || lower(u.name)) > 0
        or strpos(lower(:note::text), '@' || lower(u.email)) > 0)
order by u.id;

-- Those who see the message, and what names each: his address where more than one of them have his name.
-- name: mention_possible
with seeing as (
    select u.id, u.name, u.email, count(*) over (partition by lower(u.name)) as namesakes
    from communications c
    join users u on u.tenant_id = c.tenant_id and u.disabled_at is null and (u.all_buildings or exists (select
        from building_grants g where g.tenant_id = current_tenant() and g.actor_id = u.id and g.building_id = c.building_id))
    where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
)
select id as "userId", name, email, '@' || case when namesakes = 1 and name <> '' then name else email end as mention
from seeing
where id is distinct from :actor_id::uuid
order by lower(name), email limit 1000;

-- With the note that was written last.
-- name: mention_add
insert into note_mentions (tenant_id, note_id, communication_id, user_id, "at", length)
select n.tenant_id, n.id, n.communication_id, m."userId", m."at", m.length
from (
    select * from communication_audit_notes
    where tenant_id = current_tenant() and communication_id = :communication_id::uuid
    order by created_at desc, id desc limit 1
) n
cross join jsonb_to_recordset(:mentions::jsonb) m ("userId" uuid, "at" int, length int)
returning note_id;

-- What somebody is told of a note that names him: nothing where he may not see it any more, or its words are gone.
-- name: mention_get
select n.note, coalesce(n.actor_name, 'Somebody') as writer, c.id as communication, c.subject, c.recipient_name as recipient, u.number as unit, c.year,
    b.name as building, t.name as tenant, a.name, a.role
from communication_audit_notes n
join communications c on c.tenant_id = n.tenant_id and c.id = n.communication_id
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
join tenants t on t.id = c.tenant_id
cross join actor_standing(:user_id::uuid) a
where n.tenant_id = current_tenant() and n.id = :note_id::uuid
    and exists (select from note_mentions m where m.tenant_id = current_tenant() and m.note_id = n.id and m.user_id = :user_id::uuid)
    and (a.all_buildings or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :user_id::uuid and g.building_id = c.building_id));
