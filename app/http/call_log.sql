-- The disk is not waited for: the end of what called is durable only with all that was written before it.
-- name: http_call_unhurried
select set_config('synchronous_commit', 'off', true);

-- name: http_call_add
insert into http_calls (tenant_id, provider, method, url, entity, job_id, status, error, request, response, dry_run,
    duration_ms)
values (current_tenant(), :provider::text, :method::text, :url::text, :entity::text, :job_id::bigint, :status::int,
    :error::text, :request::text, :response::text, :dry_run::bool, :duration_ms::int);
