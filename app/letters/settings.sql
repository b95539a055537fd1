-- Setting how letters look.

-- name: settings_put
insert into letter_settings (tenant_id, settings, updated_by_name)
values (current_tenant(), :settings::jsonb, :actor_name::text)
on conflict (tenant_id) do update set settings = excluded.settings, updated_at = now(),
    updated_by_name = excluded.updated_by_name
