-- Checking what was written against its hashes.

-- The next communications after an id, 2,000 at a time, with whatever events lie between them: how many there are, and
-- the first whose chain, head or status does not hold.
-- name: verify_chains
with page as materialized (
    select id, event_seq, event_head, delivery_status from communications
    where tenant_id = current_tenant() and id > :after::uuid
    order by id limit 2000
), bounds as materialized (
    select case when count(*) = 2000 then (array_agg(id order by id desc))[1]
        else 'ffffffff-ffff-ffff-ffff-ffffffffffff' end as last
    from page
), links as (
    select e.communication_id, e.seq, e.hash, e.status_after, event_whole(e)
        and e.prev_hash = coalesce(lag(e.hash) over w, ''::bytea) and e.seq = row_number() over w as good
    from communication_events e
    where e.tenant_id = current_tenant() and e.communication_id > :after::uuid
        and e.communication_id <= (select last from bounds)
    window w as (partition by e.communication_id order by e.seq, e.received_at)
), chains as (
    select communication_id as id, count(*) as events, bool_and(good) as good, (array_agg(hash order by seq desc))[1] as head,
        (array_agg(status_after order by seq desc))[1] as status
    from links group by communication_id
), held as (
    select coalesce(p.id, k.id) as id, p.id is not null as known, coalesce(k.events, 0) as events,
        p.id is not null and coalesce(k.good, true) and p.event_seq = coalesce(k.events, 0)
            and p.event_head = coalesce(k.head, ''::bytea) and p.delivery_status = coalesce(k.status, p.delivery_status) as good
    from page p full join chains k on k.id = p.id
)
select count(*) filter (where known) as timelines, coalesce(sum(events), 0)::bigint as events,
    count(*) filter (where not good) as bad, (array_agg(id order by id) filter (where not good))[1] as "firstBad",
    (select last from bounds) as last
from held;

-- name: verify_communication
select event_seq as "headSeq", encode(event_head, 'hex') as head, delivery_status as status
from communications where tenant_id = current_tenant() and id = :id::uuid;

-- name: verify_links
select e.seq, e.id, encode(e.hash, 'hex') as hash, encode(e.prev_hash, 'hex') as prev, event_whole(e) as whole,
    e.status_after as status
from communication_events e
where e.tenant_id = current_tenant() and e.communication_id = :id::uuid
order by e.seq, e.received_at, e.id;

-- The first communication that the register knows and is gone, but for those whose proof ended, or that it does not know.
-- name: verify_register
select coalesce(r.id, c.id) as id, r.id is not null as registered
from (select unnest(communications) as id from communication_register where tenant_id = current_tenant()) r
full join (select id from communications where tenant_id = current_tenant()
    union all select communication_id from retention_items where tenant_id = current_tenant() and layers = '{proof}') c on c.id = r.id
where r.id is null or c.id is null
order by 1 limit 1;

-- In whose timeline an event with this hash stands; and whose chain asks for it.
-- name: verify_holder
select communication_id as id from communication_events
where tenant_id = current_tenant() and hash = decode(:hash::text, 'hex') and communication_id <> :id::uuid limit 1;

-- name: verify_asker
select id from communications
where tenant_id = current_tenant() and event_head = decode(:hash::text, 'hex') and id <> :id::uuid
union all
select communication_id from communication_events
where tenant_id = current_tenant() and prev_hash = decode(:hash::text, 'hex') and communication_id <> :id::uuid
limit 1;

-- ---- the same of shipments

-- name: verify_parcel_chains
with page as materialized (
    select id, event_seq, event_head, status from shipments
    where tenant_id = current_tenant() and id > :after::uuid
    order by id limit 2000
), bounds as materialized (
    select case when count(*) = 2000 then (array_agg(id order by id desc))[1]
        else 'ffffffff-ffff-ffff-ffff-ffffffffffff' end as last
    from page
), links as (
    select e.shipment_id, e.seq, e.hash, e.status_after, shipment_event_whole(e)
        and e.prev_hash = coalesce(lag(e.hash) over w, ''::bytea) and e.seq = row_number() over w as good
    from shipment_events e
    where e.tenant_id = current_tenant() and e.shipment_id > :after::uuid
        and e.shipment_id <= (select last from bounds)
    window w as (partition by e.shipment_id order by e.seq, e.received_at)
), chains as (
    select shipment_id as id, count(*) as events, bool_and(good) as good, (array_agg(hash order by seq desc))[1] as head,
        (array_agg(status_after order by seq desc))[1] as status
    from links group by shipment_id
), held as (
    select coalesce(p.id, k.id) as id, p.id is not null as known, coalesce(k.events, 0) as events,
        p.id is not null and coalesce(k.good, true) and p.event_seq = coalesce(k.events, 0)
            and p.event_head = coalesce(k.head, ''::bytea) and p.status = coalesce(k.status, p.status) as good
    from page p full join chains k on k.id = p.id
)
select count(*) filter (where known) as timelines, coalesce(sum(events), 0)::bigint as events,
    count(*) filter (where not good) as bad, (array_agg(id order by id) filter (where not good))[1] as "firstBad",
    (select last from bounds) as last
from held;

-- name: verify_shipment
select event_seq as "headSeq", encode(event_head, 'hex') as head, status
from shipments where tenant_id = current_tenant() and id = :id::uuid;

-- name: verify_parcel_links
select e.seq, e.id, encode(e.hash, 'hex') as hash, encode(e.prev_hash, 'hex') as prev, shipment_event_whole(e) as whole,
    e.status_after as status
from shipment_events e
where e.tenant_id = current_tenant() and e.shipment_id = :id::uuid
order by e.seq, e.received_at, e.id;

-- name: verify_shipment_register
select coalesce(r.id, c.id) as id, r.id is not null as registered
from (select unnest(shipments) as id from shipment_register where tenant_id = current_tenant()) r
full join (select id from shipments where tenant_id = current_tenant()) c on c.id = r.id
where r.id is null or c.id is null
order by 1 limit 1;

-- name: verify_parcel_holder
select shipment_id as id from shipment_events
where tenant_id = current_tenant() and hash = decode(:hash::text, 'hex') and shipment_id <> :id::uuid limit 1;

-- name: verify_parcel_asker
select id from shipments
where tenant_id = current_tenant() and event_head = decode(:hash::text, 'hex') and id <> :id::uuid
union all
select shipment_id from shipment_events
where tenant_id = current_tenant() and prev_hash = decode(:hash::text, 'hex') and shipment_id <> :id::uuid
limit 1;

-- ---- the audit trail

-- name: verify_audit
with entries as (
    select h.seq, h.hash, h.hash = audit_digest(h) and h.prev_hash = lag(h.hash, 1, ''::bytea) over chain
        and h.seq = lag(h.seq, 1, 0::bigint) over chain + 1 as fits
    from audit_history h
    where h.tenant_id = current_tenant()
    window chain as (order by h.seq)
), tail as (
    select count(*) as n, coalesce(max(seq), 0) as seq, min(seq) filter (where not fits) as bad,
        coalesce((select hash from entries order by seq desc limit 1), ''::bytea) as hash
    from entries
)
select n as entries, coalesce(head.seq, 0) as "headSeq", coalesce(encode(head.hash, 'hex'), '') as head,
    coalesce(bad, case when tail.seq <> coalesce(head.seq, 0) or tail.hash <> coalesce(head.hash, ''::bytea)
        then tail.seq end) as bad
from tail cross join audit_head() head;

-- The entries about the one that does not fit.
-- name: verify_audit_links
select h.seq, h.seq::text as id, encode(h.hash, 'hex') as hash, encode(h.prev_hash, 'hex') as prev,
    h.hash = audit_digest(h) as whole
from audit_history h
where h.tenant_id = current_tenant() and h.seq >= :first::bigint
order by h.seq limit 50;

-- name: verify_kept
insert into proof_checks (tenant_id, communications, shipments, events, entries, days, finding)
values (current_tenant(), :communications::bigint, :shipments::bigint, :events::bigint, :entries::bigint, :days::bigint, :finding::jsonb);

-- name: verify_tenants
select t.id, t.slug from tenant_ids() i (id) join tenants t on t.id = i.id
where :slug::text is null or t.slug = :slug::text;
