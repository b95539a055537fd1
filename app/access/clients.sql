-- Programs that call the API.

-- name: client_open
select tenant_id as "tenantId", name, role, all_buildings as "allBuildings" from client_open(:id::uuid, :version::int)

-- name: login_client
select tenant_id as "tenantId", name, encode(secret_hash, 'hex') as "hash", token_version as "version", revoked
from login_client(:id::uuid)

-- name: client_add
insert into api_clients (tenant_id, id, name, secret_hash, role, all_buildings)
values (current_tenant(), :id::uuid, :name::text, :hash::bytea, :role::text, :all_buildings::boolean)

-- name: client_revoke
update api_clients set revoked_at = now(), token_version = token_version + 1
where tenant_id = current_tenant() and id = :id::uuid and revoked_at is null
returning id
