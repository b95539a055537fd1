-- name: scope_tenant
select set_config('track.tenant', :tenant_id, true);
