-- People who sign in.

-- name: login_user
select tenant_id as "tenantId", user_id as "userId", name, password_hash as "hash", disabled
from login_user(:email::text)

-- name: user_add
insert into users (tenant_id, email, name, password_hash, role, all_buildings, must_change_password)
values (current_tenant(), :email::text, :name::text, :hash::text, :role::text, :all_buildings::boolean, true)
returning id

-- name: user_hash
select password_hash as "hash" from users where tenant_id = current_tenant() and id = :user_id::uuid

-- name: user_set_password
update users set password_hash = :hash::text, must_change_password = :must_change::boolean
where tenant_id = current_tenant() and id = :user_id::uuid
returning id

-- name: user_rehash
update users set password_hash = :hash::text where tenant_id = current_tenant() and id = :user_id::uuid

-- name: user_set_theme
update users set theme = :theme::text where tenant_id = current_tenant() and id = :user_id::uuid

-- name: user_disable
update users set disabled_at = coalesce(disabled_at, now())
where tenant_id = current_tenant() and id = :user_id::uuid
returning id
