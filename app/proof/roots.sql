-- Daily roots: the days to be made, their events in order, and what was made.

-- name: roots_tenants
select tenant_ids() as id;

-- The days that have no root yet, up to the last that may have one: an hour after its end, so that whatever was begun on
-- it is there; with the root they go on from.
-- name: roots_due
with ends as (
    select coalesce(l.day + 1, least((t.created_at at time zone 'UTC')::date,
            (select (min(received_at) at time zone 'UTC')::date from communication_events
                where tenant_id = current_tenant()),
            (select (min(received_at) at time zone 'UTC')::date from shipment_events
                where tenant_id = current_tenant()))) as first,
        ((to_timestamp(:now_ms::bigint / 1000) - interval '1 hour') at time zone 'UTC')::date - 1 as until, l.root
    from tenants t
    left join lateral (select day, root from daily_roots where tenant_id = current_tenant() order by day desc limit 1) l on true
    where t.id = current_tenant()
)
select to_char(e.first + d, 'YYYY-MM-DD') as day, encode(e.root, 'hex') as root
from ends e cross join generate_series(0, e.until - e.first) d
order by 1;

-- The events of a day that its root covers, 5,000 at a time, in the order of the tree's leaves: by the time they came, then
-- by id, whatever they are of, those as well whose proof ended. A root that is still to be made covers all.
-- name: roots_leaves
with covered as materialized (
    select coalesce((select 'parcels' = any (covers) from daily_roots
        where tenant_id = current_tenant() and day = :day::date), true) as parcels
)
select encode(hash, 'hex') as hash, at, id
from (
    (select hash, received_at as at, id
    from communication_events
    where tenant_id = current_tenant() and received_at >= :day::date::timestamp at time zone 'UTC'
        and received_at < (:day::date + 1)::timestamp at time zone 'UTC'
        and (:after_at::timestamptz is null or received_at >= :after_at::timestamptz
            and (received_at, id) > (:after_at::timestamptz, :after_id::uuid))
    order by received_at, id limit 5000)
    union all
    (select hash, received_at, id
    from ended_events
    where tenant_id = current_tenant() and received_at >= :day::date::timestamp at time zone 'UTC'
        and received_at < (:day::date + 1)::timestamp at time zone 'UTC'
        and (:after_at::timestamptz is null or received_at >= :after_at::timestamptz
            and (received_at, id) > (:after_at::timestamptz, :after_id::uuid))
    order by received_at, id limit 5000)
    union all
    (select hash, received_at, id
    from shipment_events
    where (select parcels from covered) and tenant_id = current_tenant()
        and received_at >= :day::date::timestamp at time zone 'UTC'
        and received_at < (:day::date + 1)::timestamp at time zone 'UTC'
        and (:after_at::timestamptz is null or received_at >= :after_at::timestamptz
            and (received_at, id) > (:after_at::timestamptz, :after_id::uuid))
    order by received_at, id limit 5000)) leaves
order by at, id limit 5000;

-- name: roots_add
insert into daily_roots (tenant_id, day, events, merkle, previous, root, covers)
values (current_tenant(), :day::date, :events::bigint, decode(:merkle::text, 'hex'), decode(:previous::text, 'hex'),
    decode(:root::text, 'hex'), '{communications,parcels}');

-- Roots from a day on, a year of them at a time.
-- name: roots_from
select to_char(day, 'YYYY-MM-DD') as day, to_char(day - 1, 'YYYY-MM-DD') as before, events, encode(merkle, 'hex') as merkle,
    encode(previous, 'hex') as previous, encode(root, 'hex') as root
from daily_roots
where tenant_id = current_tenant() and (:after::date is null or day > :after::date)
order by day limit 366;

-- How many days the checks before saw: there cannot be fewer now.
-- name: roots_seen
select coalesce(max(days), 0) as days from proof_checks where tenant_id = current_tenant();

-- name: roots_list
select to_char(day, 'YYYY-MM-DD') as day, events, encode(merkle, 'hex') as merkle, encode(previous, 'hex') as previous,
    encode(root, 'hex') as root, to_jsonb(covers) as covers, made_at as "madeAt"
from daily_roots
where tenant_id = current_tenant() and (:before::date is null or day < :before::date)
order by daily_roots.day desc limit :rows::int;

-- name: roots_checked
select at, communications, shipments, events, entries, days, finding
from proof_checks where tenant_id = current_tenant() order by proof_checks.at desc, id desc limit 1;

-- An event with what its hash is made of.
-- name: roots_event
select e.id as "eventId", e.communication_id as "communicationId", null::uuid as "shipmentId", e.seq, e.version,
    encode(e.hash, 'hex') as hash, encode(e.prev_hash, 'hex') as "previousHash", encode(e.content_hash, 'hex') as "contentHash",
    case when e.version = 2 then event_facts(e) end as facts, encode(e.salt, 'hex') as salt,
    case when e.salt is not null then jsonb_build_array(e.sentence, e.detail)::text end as content,
    to_char(e.received_at at time zone 'UTC', 'YYYY-MM-DD') as _day, e.received_at as _at
from communication_events e
where e.tenant_id = current_tenant() and e.id = :id::uuid
union all
select e.id, null, e.shipment_id, e.seq, 2, encode(e.hash, 'hex'), encode(e.prev_hash, 'hex'), encode(e.content_hash, 'hex'),
    shipment_event_facts(e), encode(e.salt, 'hex'),
    case when e.salt is not null then jsonb_build_array(e.sentence, e.detail)::text end,
    to_char(e.received_at at time zone 'UTC', 'YYYY-MM-DD'), e.received_at
from shipment_events e
where e.tenant_id = current_tenant() and e.id = :id::uuid;

-- Its place among the leaves of its day, and whether the root covers it.
-- name: roots_index
with covered as materialized (
    select 'parcels' = any (covers) as parcels from daily_roots where tenant_id = current_tenant() and day = :day::date
)
select (select count(*) from communication_events
        where tenant_id = current_tenant() and received_at >= :day::date::timestamp at time zone 'UTC'
            and (received_at, id) < (:at::timestamptz, :id::uuid) and received_at <= :at::timestamptz)
    + (select count(*) from ended_events
        where tenant_id = current_tenant() and received_at >= :day::date::timestamp at time zone 'UTC'
            and (received_at, id) < (:at::timestamptz, :id::uuid) and received_at <= :at::timestamptz)
    + (select count(*) from shipment_events
        where parcels and tenant_id = current_tenant() and received_at >= :day::date::timestamp at time zone 'UTC'
            and (received_at, id) < (:at::timestamptz, :id::uuid) and received_at <= :at::timestamptz) as index, parcels
from covered;

-- name: roots_get
select to_char(day, 'YYYY-MM-DD') as day, events, encode(merkle, 'hex') as merkle, encode(previous, 'hex') as previous,
    encode(root, 'hex') as root, to_jsonb(covers) as covers, made_at as "madeAt"
from daily_roots where tenant_id = current_tenant() and daily_roots.day = :day::date;
