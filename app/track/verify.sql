-- Checking the chains of timelines.

-- Communications after an id, 2,000 at a time, each with the first of its events that does not fit, is missing or too
-- many: 0 where all do.
-- name: verify_chains
with page as materialized (
    select id, event_seq, event_head from communications
    where tenant_id = current_tenant() and id > :after::uuid
    order by id limit 2000
), links as (
    select e.communication_id, e.seq, row_number() over w as place, e.hash,
        e.hash = event_digest(e) and e.prev_hash = coalesce(lag(e.hash) over w, ''::bytea) and e.seq = row_number() over w as good
    from page p
    join communication_events e on e.tenant_id = current_tenant() and e.communication_id = p.id
    window w as (partition by e.communication_id order by e.seq)
), chains as (
    select communication_id, count(*) as events, min(least(seq, place)) filter (where not good) as bad,
        (array_agg(hash order by seq desc))[1] as head
    from links group by communication_id
)
select p.id as "communicationId", coalesce(k.events, 0) as events, case
    when k.bad is not null then k.bad
    when p.event_seq <> coalesce(k.events, 0) then least(p.event_seq, coalesce(k.events, 0)) + 1
    when p.event_head is distinct from coalesce(k.head, ''::bytea) then greatest(p.event_seq, 1)
    else 0 end as bad
from page p
left join chains k on k.communication_id = p.id
order by p.id;

-- name: verify_tenants
select t.id, t.slug from tenant_ids() i (id) join tenants t on t.id = i.id
where :slug::text is null or t.slug = :slug::text;
