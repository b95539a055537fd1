-- name: idempotency_take
insert into idempotency_keys (tenant_id, key, route, request_hash)
values (current_tenant(), :key::text, :route::text, :request_hash::bytea)
on conflict (tenant_id, key) do nothing
returning key

-- name: idempotency_get
select request_hash = :request_hash::bytea as same, coalesce(status, 0) as status, content_type as "contentType",
    convert_from(body, 'UTF8') as body, location
from idempotency_keys
where tenant_id = current_tenant() and key = :key::text

-- name: idempotency_keep
update idempotency_keys
set status = :status::int, content_type = :content_type::text, body = :body::bytea, location = :location::text
where tenant_id = current_tenant() and key = :key::text
