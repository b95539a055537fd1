-- Figures over a list of messages.

-- A bucket of time by status, null for none, in order; the last so many that moved in the period are counted. The days
-- are those of the tenant.
-- name: figures_buckets anew
with o as materialized (
    select (date_trunc(:unit::text, now() at time zone t.time_zone) + ('1 ' || :unit::text)::interval) at time zone t.time_zone as till
    from tenants t where t.id = current_tenant()
), b as materialized (
    select o.till - (:buckets::int - i) * :step::interval as begins, o.till - (:buckets::int - i - 1) * :step::interval as ends
    from o, generate_series(0, :buckets::int - 1) i
), m as materialized (
    select date_bin(:step::interval, c.moved_at, (select till from o)) as begins, c.delivery_status
    from communications_matching(:filter::jsonb, :all_buildings::bool, :actor_id::uuid) c
    where c.moved_at >= (select till - :buckets::int * :step::interval from o) and c.moved_at < (select till from o)
    order by c.moved_at desc, c.id desc limit :most::int
)
select b.begins as "from", b.ends as "to", coalesce(sum(n.n), 0)::bigint as total,
    coalesce(jsonb_object_agg(n.delivery_status, n.n) filter (where n.n is not null), '{}') as statuses
from b
left join (select begins, delivery_status, count(*) as n from m group by begins, delivery_status) n using (begins)
group by b.begins, b.ends order by b.begins;

-- What failed or is tried again, by what is wrong. What waits has been in trouble since the first of its tries went wrong
-- so, which only its events keep: those of the one that waits longest are asked.
-- name: figures_failures anew
select g.reason, g.code, g.example, g.several, g.count, coalesce(least(g.failed, d.since), g.last) as since, g.last
from (
    select reason_of(f.sentence) as reason, f.code, min(f.sentence) as example, count(distinct f.sentence) > 1 as several,
        count(*) as count, min(f.at) filter (where not f.waits) as failed, max(f.at) as last,
        (array_agg(f.id order by f.queued_at, f.id) filter (where f.waits))[1] as waiting
    from (
        select c.id, c.queued_at, c.delivery_status = 'ENQUEUED' as waits, c.error ->> 'sentence' as sentence,
            c.error ->> 'code' as code,
            case c.delivery_status when 'ENQUEUED' then c.moved_at else coalesce(c.failed_at, c.moved_at) end as at
        from communications_matching(:filter::jsonb, :all_buildings::bool, :actor_id::uuid) c
        where c.delivery_status in ('FAILED', 'BOUNCED', 'ENQUEUED') and c.error is not null
        order by c.moved_at desc, c.id desc limit :most::int
    ) f
    group by 1, 2 order by count(*) desc, max(f.at) desc, 1, 2 limit 8
) g
left join lateral (
    select min(e.occurred_at) as since from communications c
    join communication_events e on e.tenant_id = c.tenant_id and e.communication_id = c.id and e.type = 'DELAYED'
        and e.occurred_at >= coalesce(c.queued_at, c.created_at)
    where c.tenant_id = current_tenant() and c.id = g.waiting and e.detail ->> 'code' is not distinct from g.code
        and reason_of(e.sentence) = g.reason
) d on true
order by g.count desc, g.last desc, g.reason, g.code;
