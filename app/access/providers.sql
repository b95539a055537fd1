-- Accounts at providers.

-- name: provider_add
insert into provider_accounts (tenant_id, id, provider, name, settings, secrets)
values (current_tenant(), :id::uuid, :provider::text, :name::text, :settings::jsonb, :secrets::text)

-- name: provider_lock
select id, provider, name, settings, secrets from provider_accounts
where tenant_id = current_tenant() and id = :id::uuid
for update

-- name: provider_change
update provider_accounts set name = coalesce(:name::text, name), settings = :settings::jsonb, secrets = :secrets::text,
    enabled = coalesce(:enabled::boolean, enabled)
where tenant_id = current_tenant() and id = :id::uuid

-- name: provider_find
select id, provider, name, settings, secrets, enabled from provider_accounts
where tenant_id = current_tenant() and provider = any (:providers::text[])
order by enabled desc, created_at, id
limit 1

-- name: provider_get
select id, provider, name, settings, secrets from provider_accounts
where tenant_id = current_tenant() and enabled and id = :id::uuid

-- name: provider_list
select id, provider, name, settings, enabled, secrets is not null as "hasSecrets", created_at as "createdAt"
from provider_accounts
where tenant_id = current_tenant()
order by provider, created_at, id
