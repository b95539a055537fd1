-- The audit trail: written by insertion alone, chained by the database.

-- name: audit_add
insert into audit_history (tenant_id, actor_kind, actor_id, actor_name, action, entity_type, entity_id, before, after, work_id)
values (current_tenant(), :actor_kind::text, :actor_id::uuid, :actor_name::text, :action::text, :entity_type::text,
    :entity_id::text, :before::jsonb, :after::jsonb, :work_id::text)

-- name: audit_check
with entries as (
    select h.seq, h.hash, h.hash = audit_digest(h)
        and h.prev_hash = lag(h.hash, 1, ''::bytea) over chain
        and h.seq = lag(h.seq, 1, 0::bigint) over chain + 1 as fits
    from audit_history h
    where h.tenant_id = current_tenant()
    window chain as (order by h.seq)
), tail as (
    select count(*) as n, coalesce(max(seq), 0) as seq, min(seq) filter (where not fits) as bad,
        coalesce((select hash from entries order by seq desc limit 1), ''::bytea) as hash
    from entries
)
select n, coalesce(bad, case
    when tail.seq is distinct from coalesce(head.seq, 0) or tail.hash is distinct from coalesce(head.hash, ''::bytea)
    then tail.seq + 1 end, 0) as bad
from tail left join audit_heads head on head.tenant_id = current_tenant()
