-- What was said to providers, newest first. A search looks through the last 30 days.
-- name: calls_list
select id, at, provider, method, url, entity, job_id as "jobId", status, error, request, response, dry_run as "dryRun",
    duration_ms as "durationMs"
from http_calls
where tenant_id = current_tenant() and at > now() - interval '30 days'
    and (:provider::text is null or provider = :provider::text)
    and (:entity::text is null or entity = :entity::text)
    and (:job_id::bigint is null or job_id = :job_id::bigint)
    and (:all_buildings::bool or exists (select from communications m
        join building_grants g on g.tenant_id = m.tenant_id and g.building_id = m.building_id
        where m.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid
            and m.id = case when entity ~ '^communication:[0-9a-f-]{36}$' then substr(entity, 15)::uuid end))
    and (:search::text is null
        or strpos(lower(concat_ws(' ', url, entity, error, request, response)), lower(:search::text)) > 0)
    and (:after_at::timestamptz is null or (at, id) < (:after_at::timestamptz, :after_id::uuid))
order by at desc, id desc
limit :rows::int;
