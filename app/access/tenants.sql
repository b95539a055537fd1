-- Tenants, made and changed by the owner of the tables alone.

-- name: tenant_add
insert into tenants (id, slug, name, time_zone, language)
values (:id::uuid, :slug::text, :name::text, :time_zone::text, :language::text)

-- name: tenant_zone
select name from pg_timezone_names where name = :time_zone::text

-- name: tenant_find
select id from tenants where slug = :slug::text

-- name: tenant_list
select id, slug, name from tenants order by slug

-- name: tenant_set_open_tracking
update tenants set open_tracking = :open_tracking::boolean where id = current_tenant()
