-- name: scope_tenant
select set_config('track.tenant', :tenant_id, true);

-- name: scope_reading
select set_config('track.tenant', :tenant_id, true), set_config('transaction_read_only', 'on', true);
