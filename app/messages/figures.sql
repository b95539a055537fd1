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

-- What failed or is tried again, by what is wrong.
-- name: figures_failures anew
select reason_of(f.sentence) as reason, f.code, min(f.sentence) as example, count(distinct f.sentence) > 1 as several, count(*) as count,
    min(f.since) as since, max(f.since) as last
from (
    select c.error ->> 'sentence' as sentence, c.error ->> 'code' as code, coalesce(c.failed_at, c.moved_at) as since
    from communications_matching(:filter::jsonb, :all_buildings::bool, :actor_id::uuid) c
    where c.delivery_status in ('FAILED', 'BOUNCED', 'ENQUEUED') and c.error is not null
    order by c.moved_at desc, c.id desc limit :most::int
) f
group by 1, 2 order by count(*) desc, max(f.since) desc, 1, 2 limit 8;
