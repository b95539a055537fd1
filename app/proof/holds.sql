-- Legal holds: what is kept whatever the clocks say.

-- Those that stand first. How many messages it keeps is counted up to 10,001, of persons only while they are few: no index
-- finds their messages.
-- name: holds_list
select h.id, h.scope, h.value, h.reason, h.owner, to_char(h.review_on, 'YYYY-MM-DD') as "reviewOn",
    h.review_on < current_date as overdue, h.created_at as "createdAt", h.created_by_name as "createdByName",
    h.lifted_at as "liftedAt", h.lifted_by_name as "liftedByName", hold_label(h.scope, h.value) as label,
    case when h.lifted_at is null and (:id::uuid is not null or h.scope <> 'person' or (select count(*) <= 20
            from legal_holds o where o.tenant_id = h.tenant_id and o.lifted_at is null and o.scope = 'person'))
        then (select count(*) from (select from hold_keeps(h.scope, h.value) limit 10001) k) end as messages,
    case when h.lifted_at is null
        then (select count(*) from (select from hold_keeps_orders(h.scope, h.value) limit 10001) k) end as orders,
    case h.scope when 'building' then '/track?building=' || h.value when 'unit' then '/track/units/' || h.value
        when 'batch' then '/runs/' || h.value when 'communication' then '/messages/' || h.value
        when 'order' then '/orders/' || h.value end as href
from legal_holds h
where h.tenant_id = current_tenant() and (:id::uuid is null or h.id = :id::uuid)
order by h.lifted_at is not null, h.created_at desc, h.id limit 500;

-- What a hold is to be put on, by its id or as people call it, a unit by its building's code and its number, how many messages
-- it has, and the hold that is on it already; no row where there is no such thing, or more than one.
-- name: holds_target
with i as materialized (
    select case when :value::text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then :value::uuid end as id
), t as (
    select b.id::text as value from buildings b
    where :scope::text = 'building' and b.tenant_id = current_tenant()
        and (b.id = (select i.id from i) or lower(:value::text) in (lower(b.code), lower(b.name)))
    union all
    select u.id::text from units u where :scope::text = 'unit' and u.tenant_id = current_tenant() and u.id = (select i.id from i)
    union all
    select u.id::text from units u
    join buildings b on b.tenant_id = u.tenant_id and b.id = u.building_id
    where :scope::text = 'unit' and (select i.id from i) is null and u.tenant_id = current_tenant()
        and lower(:value::text) in (lower(b.code || ' ' || u.number), lower(b.name || ' ' || u.number))
    union all
    select p.id::text from communication_batches p
    where :scope::text = 'batch' and p.tenant_id = current_tenant() and p.id = (select i.id from i)
    union all
    select c.id::text from communications c
    where :scope::text = 'communication' and c.tenant_id = current_tenant() and c.id = (select i.id from i)
    union all
    select o.id::text from orders o
    where :scope::text = 'order' and o.tenant_id = current_tenant()
        and (o.id = (select i.id from i) or lower(o.number) = lower(:value::text))
    union all
    select :value::text where :scope::text = 'person'
), one as (
    select min(t.value) as value from t having count(*) = 1
)
select one.value, hold_label(:scope::text, one.value) as label,
    (select count(*) from (select from hold_keeps(:scope::text, one.value) limit 10001) k) as messages,
    (select count(*) from (select from hold_keeps_orders(:scope::text, one.value) limit 10001) k) as orders,
    (select h.id from legal_holds h where h.tenant_id = current_tenant() and h.lifted_at is null
        and h.scope = :scope::text and h.value = one.value limit 1) as "holdId"
from one;

-- name: holds_add
insert into legal_holds (tenant_id, scope, value, reason, owner, review_on, created_by_name)
values (current_tenant(), :scope::text, :value::text, :reason::text, :owner::text, :review_on::date, :actor_name::text)
returning id;

-- One that stands, until the end of the transaction where it is to be lifted.
-- name: holds_lock
select id from legal_holds where tenant_id = current_tenant() and id = :id::uuid and lifted_at is null for update;

-- What lifting it would free: messages that no other hold keeps, of these those that go with the next run, and all of them.
-- name: holds_freed
with h as (
    select id, scope, value from legal_holds where tenant_id = current_tenant() and id = :id::uuid and lifted_at is null
), others as materialized (
    select distinct k.id from legal_holds o cross join lateral hold_keeps(o.scope, o.value) k
    where o.tenant_id = current_tenant() and o.lifted_at is null and o.id <> :id::uuid
), freed as materialized (
    select k.id from h cross join lateral hold_keeps(h.scope, h.value) k where k.id not in (select o.id from others o)
), due as (
    select d.id from retention_due(to_timestamp(:now_ms::bigint / 1000.0)) d where d.deletes and d.id in (select f.id from freed f)
), other_orders as materialized (
    select distinct k.id from legal_holds o cross join lateral hold_keeps_orders(o.scope, o.value) k
    where o.tenant_id = current_tenant() and o.lifted_at is null and o.id <> :id::uuid
), freed_orders as materialized (
    select k.id from h cross join lateral hold_keeps_orders(h.scope, h.value) k where k.id not in (select o.id from other_orders o)
), due_orders as (
    select d.order_id as id from parcels_due(to_timestamp(:now_ms::bigint / 1000.0), null) d
    where d.deletes and d.order_id in (select f.id from freed_orders f)
)
select (select count(*) from h cross join lateral hold_keeps_orders(h.scope, h.value)) as orders,
    (select count(*) from freed_orders) as "freeOrders", (select count(*) from due_orders) as "dueOrders", (select count(*) from h cross join lateral hold_keeps(h.scope, h.value)) as messages, (select count(*) from freed) as free,
    (select count(*) from due) as due,
    (select encode(sha256(convert_to(coalesce(string_agg(id::text, ',' order by id), ''), 'UTF8')), 'hex')
        from (select id from due union all select id from due_orders) d) as _digest;

-- What the audit trail tells of a lifting.
-- name: holds_told
select after from audit_history
where tenant_id = current_tenant() and entity_type = 'legal_hold' and entity_id = :id::text and action = 'hold.lifted'
    and after is not null
limit 1;

-- name: holds_lift
update legal_holds set lifted_at = now(), lifted_by_name = :actor_name::text
where tenant_id = current_tenant() and id = :id::uuid and lifted_at is null
returning id;
