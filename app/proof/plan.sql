-- What would go, before it goes.

-- By the policies that are set, but as if `policy` were that of its hint (see retention_due): how many messages, by building
-- and year and by clock, and what holds keep of them.
-- name: plan_figures
with due as materialized (
    select * from retention_due(to_timestamp(:at_ms::bigint / 1000.0), :policy::jsonb)
), going as (
    select * from due where deletes and hold_id is null
), proofs as materialized (
    select * from proof_due(to_timestamp(:at_ms::bigint / 1000.0), :policy::jsonb)
), parcels as materialized (
    select coalesce(order_id, shipment_id) as id, d.* from parcels_due(to_timestamp(:at_ms::bigint / 1000.0), :policy::jsonb) d
)
select to_timestamp(:at_ms::bigint / 1000.0) as "at",
    (select count(*) from parcels where deletes and hold_id is null) as parcels,
    (select count(*) from parcels where not deletes and hold_id is null) as "parcelsPlanned",
    (select count(*) from parcels where hold_id is not null) as "parcelsHeld",
    (select count(*) from going) as messages, (select count(*) from going where content) as content,
    (select count(*) from going where person) as person,
    (select count(*) from proofs where deletes and hold_id is null) as proof,
    (select count(*) from due where not deletes and hold_id is null)
        + (select count(*) from proofs where not deletes and hold_id is null) as planned,
    (select count(*) from due where hold_id is not null) + (select count(*) from proofs where hold_id is not null) as held,
    (select encode(sha256(convert_to(coalesce(string_agg(concat(id, content, person), ',' order by id), ''), 'UTF8')), 'hex')
        from (select id, content, person from going
            union all select id, content, person from parcels where deletes and hold_id is null
            union all select id, null, null from proofs where deletes and hold_id is null) g) as _digest,
    (select coalesce(json_agg(p), '[]') from (
        select g.building_id as "buildingId", b.name as "buildingName", g.year, count(*) filter (where not g.proof) as messages,
            count(*) filter (where g.content) as content, count(*) filter (where g.person) as person,
            count(*) filter (where g.proof) as proof
        from (select building_id, year, content, person, false as proof from going
            union all select building_id, year, false, false, true from proofs where deletes and hold_id is null) g
        join buildings b on b.tenant_id = current_tenant() and b.id = g.building_id
        group by 1, 2, 3 order by 2, 3, 1 limit 200) p) as places,
    (select coalesce(json_agg(k), '[]') from (
        select h.id as "holdId", h.scope, hold_label(h.scope, h.value) as label, h.reason, h.owner,
            count(*) filter (where d.message) as messages, count(*) filter (where not d.message) as orders
        from (select hold_id, true as message from due where hold_id is not null
            union all select hold_id, true from proofs where hold_id is not null
            union all select hold_id, false from parcels where hold_id is not null) d
        join legal_holds h on h.tenant_id = current_tenant() and h.id = d.hold_id
        group by h.id, h.scope, h.value, h.reason, h.owner order by count(*) desc, h.id limit 100) k) as holds;

-- name: plan_tables
select store, relation, clock, deletes, "rows", bytes
from retention_plan(to_timestamp(:at_ms::bigint / 1000.0), :policy::jsonb) where "rows" > 0
union all
select store, relation, clock, deletes, "rows", bytes
from parcels_plan(to_timestamp(:at_ms::bigint / 1000.0), :policy::jsonb) where "rows" > 0
union all
select store, relation, clock, deletes, "rows", bytes
from proof_plan(to_timestamp(:at_ms::bigint / 1000.0), :policy::jsonb) where "rows" > 0;

-- ---- asked for now

-- name: removal_add
insert into retention_removals (tenant_id, planned_at, planned, asked_by_name)
values (current_tenant(), to_timestamp(:at_ms::bigint / 1000.0), :planned::jsonb, :actor_name::text)
on conflict (tenant_id) where done_at is null do nothing
returning id;

-- A parked job does no more by itself.
-- name: removal_get
select m.id, m.planned_at as "plannedAt", m.planned, m.asked_by_name as "askedByName", m.asked_at as "askedAt", m.done,
    m.done_at as "doneAt", case when m.done_at is not null then 'DONE' when j.state = 'parked' then 'STUCK' else 'UNDER_WAY' end as state,
    (extract(epoch from m.planned_at) * 1000)::bigint as _at
from retention_removals m
left join lateral (select state from jobs where kind = 'proof.retention' and unique_key = m.id::text
    order by state = 'parked', id desc limit 1) j on true
where m.tenant_id = current_tenant() and m.id = :id::uuid;

-- name: removal_open
select id from retention_removals where tenant_id = current_tenant() and done_at is null;

-- What its purges did, in all its tries, and the rest of it as told.
-- name: removal_end
with runs as (
    select r.communications, r.parcels, r.certificate -> 'stores' as stores, r.certificate ->> 'layers' = 'proof' as proof from retention_runs r
    where r.tenant_id = current_tenant() and r.certificate ->> 'removalId' = :id::text
), stores as (
    select s ->> 'store' as store, sum((s ->> 'rows')::bigint) as "rows"
    from runs, jsonb_array_elements(runs.stores) s group by 1 having sum((s ->> 'rows')::bigint) > 0
)
update retention_removals m set done_at = now(), done = :rest::jsonb || jsonb_build_object(
    'communications', (select coalesce(sum(communications), 0) from runs where not proof),
    'proofs', (select coalesce(sum(communications), 0) from runs where proof),
    'parcels', (select coalesce(sum(parcels), 0) from runs),
    'stores', (select coalesce(jsonb_agg(jsonb_build_object('store', store, 'rows', "rows") order by store), '[]') from stores))
where m.tenant_id = current_tenant() and m.id = :id::uuid and m.done_at is null;
