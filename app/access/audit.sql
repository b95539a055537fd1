-- The audit trail: written by insertion alone, chained by the database.

-- name: audit_add
insert into audit_history (tenant_id, actor_kind, actor_id, actor_name, action, entity_type, entity_id, before, after, work_id)
values (current_tenant(), :actor_kind::text, :actor_id::uuid, :actor_name::text, :action::text, :entity_type::text,
    :entity_id::text, :before::jsonb, :after::jsonb, :work_id::text)
