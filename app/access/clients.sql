-- Programs that call the API.

-- name: client_open
select tenant_id as "tenantId", name, role, all_buildings as "allBuildings" from client_open(:id::uuid, :version::int)

-- name: login_client
select tenant_id as "tenantId", name, encode(secret_hash, 'hex') as "hash", token_version as "version", revoked, expired
from login_client(:id::uuid)

-- name: client_add
insert into api_clients (tenant_id, id, name, secret_hash, role, all_buildings, expires_at)
values (current_tenant(), :id::uuid, :name::text, :hash::bytea, :role::text, :all_buildings::boolean,
    now() + make_interval(days => :days::int))
returning expires_at as "expiresAt"

-- name: client_revoke
update api_clients set revoked_at = now(), token_version = token_version + 1
where tenant_id = current_tenant() and id = :id::uuid and revoked_at is null
returning id;

-- name: client_list
select id, name, role, created_at as "createdAt", used_at as "usedAt", expires_at as "expiresAt",
    case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' else 'good' end as state
from api_clients
where tenant_id = current_tenant()
order by name, id
