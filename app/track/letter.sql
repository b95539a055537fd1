-- The letter of one communication.

-- name: letter_keep
insert into letters (tenant_id, communication_id, attempt_no, sha256, pages, sheets, grams, unknown)
values (current_tenant(), :communication_id::uuid, :attempt_no::int, :sha256::text, :pages::int, :sheets::int,
    :grams::float8, least(:unknown::int, 32767))
on conflict do nothing;

-- name: letter_of
select c.id, u.number, l.sha256, to_char(coalesce(c.content_removed_at, c.person_removed_at), 'FMDD Mon YYYY') as removed_on,
    c.removed_by
from communications c
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
left join letters l on l.tenant_id = c.tenant_id and l.communication_id = c.id and l.attempt_no = c.attempt_no
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid and c.channel like 'LETTER%'
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));

-- name: letter_made_before
select l.pages, l.sheets, l.grams, l.unknown, concat_ws(', ', nullif(c.street, ''),
    nullif(concat_ws(' ', c.postal_code, c.city), ' ')) as address
from letters l
join communications c on c.tenant_id = l.tenant_id and c.id = l.communication_id
where l.tenant_id = current_tenant() and l.communication_id = :communication_id::uuid and l.sha256 = :sha256::text
order by l.attempt_no desc limit 1;
