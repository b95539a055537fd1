-- Legal holds: what is kept whatever the clocks say.

-- name: holds_list
select h.id, h.scope, h.value, h.reason, h.owner, to_char(h.review_on, 'YYYY-MM-DD') as "reviewOn",
    h.review_on < current_date as overdue, h.created_at as "createdAt", h.created_by_name as "createdByName",
    h.lifted_at as "liftedAt", h.lifted_by_name as "liftedByName", case h.scope
        when 'building' then (select b.name from buildings b where b.tenant_id = h.tenant_id and b.id::text = h.value)
        when 'unit' then (select b.name || ', unit ' || u.number from units u join buildings b on b.tenant_id = u.tenant_id
            and b.id = u.building_id where u.tenant_id = h.tenant_id and u.id::text = h.value)
        when 'batch' then (select b.name || ' ' || p.year from communication_batches p join buildings b
            on b.tenant_id = p.tenant_id and b.id = p.building_id where p.tenant_id = h.tenant_id and p.id::text = h.value)
        else h.value end as label
from legal_holds h
where h.tenant_id = current_tenant() and (:id::uuid is null or h.id = :id::uuid)
order by h.lifted_at is not null, h.created_at desc, h.id limit 500;

-- What a hold is to be put on, by its id or as people call it, a unit by its building's code and its number, and whether one
-- is on it already; no row where there is no such thing, or more than one.
-- name: holds_target
with t as (
    select id::text as value from buildings
    where :scope::text = 'building' and tenant_id = current_tenant() and lower(:value::text) in (id::text, lower(code), lower(name))
    union all
    select u.id::text from units u
    join buildings b on b.tenant_id = u.tenant_id and b.id = u.building_id
    where :scope::text = 'unit' and u.tenant_id = current_tenant()
        and lower(:value::text) in (u.id::text, lower(b.code || ' ' || u.number), lower(b.name || ' ' || u.number))
    union all
    select id::text from communication_batches
    where :scope::text = 'batch' and tenant_id = current_tenant() and id::text = :value::text
    union all
    select id::text from communications
    where :scope::text = 'communication' and tenant_id = current_tenant() and id::text = :value::text
    union all
    select :value::text where :scope::text = 'person' and length(:value::text) between 3 and 320
)
select min(t.value) as value, exists (select from legal_holds h where h.tenant_id = current_tenant() and h.lifted_at is null
    and h.scope = :scope::text and h.value = min(t.value)) as there
from t having count(*) = 1;

-- name: holds_add
insert into legal_holds (tenant_id, scope, value, reason, owner, review_on, created_by_name)
values (current_tenant(), :scope::text, :value::text, :reason::text, :owner::text, :review_on::date, :actor_name::text)
returning id;

-- name: holds_lift
update legal_holds set lifted_at = now(), lifted_by_name = :actor_name::text
where tenant_id = current_tenant() and id = :id::uuid and lifted_at is null
returning id;
