-- What was said to providers, newest first. A search looks through the last 30 days.
-- name: calls_list
select id, at, provider, method, url, entity, job_id as "jobId", status, error, request, response, dry_run as "dryRun",
    duration_ms as "durationMs"
from http_calls
where tenant_id = current_tenant() and at > now() - interval '30 days'
    and (:provider::text is null or provider = :provider::text)
    and (:entity::text is null or entity = :entity::text)
    and (:job_id::bigint is null or job_id = :job_id::bigint)
    and (:search::text is null
        or strpos(lower(concat_ws(' ', url, entity, error, request, response)), lower(:search::text)) > 0)
    and (:after_at::timestamptz is null or (at, id) < (:after_at::timestamptz, :after_id::uuid))
order by at desc, id desc
limit :rows::int;
