-- Sessions of people, found by the digest of their cookie.

-- name: session_open
select tenant_id as "tenantId", user_id as "userId", name, email, role, all_buildings as "allBuildings",
    must_change_password as "mustChangePassword", theme, csrf, tenant_name as "tenantName", time_zone as "timeZone"
from session_open(:hash::bytea, :idle_minutes::int)

-- name: session_prune
delete from sessions
where tenant_id = current_tenant() and user_id = :user_id::uuid
    and (expires_at < now() or token_hash not in (
        select token_hash from sessions
        where tenant_id = current_tenant() and user_id = :user_id::uuid and expires_at > now()
        order by seen_at desc, created_at desc limit 4))

-- name: session_add
insert into sessions (tenant_id, token_hash, user_id, csrf, address, user_agent, expires_at)
values (current_tenant(), :hash::bytea, :user_id::uuid, :csrf::text, :address::inet, :user_agent::text,
    now() + make_interval(hours => :hours::int))

-- name: session_end
delete from sessions where tenant_id = current_tenant() and token_hash = :hash::bytea

-- name: session_end_all
delete from sessions where tenant_id = current_tenant() and user_id = :user_id::uuid
