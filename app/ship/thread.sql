-- The conversation an order is talked about in.

-- name: thread_lock
select front_conversation_id, thread_status from orders
where tenant_id = current_tenant() and id = :order_id::uuid
for no key update;

-- name: thread_set
update orders set front_conversation_id = :conversation_id::text, thread_status = :status::text, thread_at = now(),
    thread_by = :by::text
where tenant_id = current_tenant() and id = :order_id::uuid;

-- ---- suggestions

-- Newest first; where a person linked one there is nothing to suggest. One row without an id: the order has none.
-- name: thread_suggestions
select s.conversation_id as "conversationId", s.found_by as "foundBy", s.subject, s.email, s.found_at as "foundAt"
from orders o
left join thread_suggestions s on s.tenant_id = o.tenant_id and s.order_id = o.id and not s.dismissed
    and o.thread_status <> 'manually_linked' and (o.thread_status = 'unmatched' or s.conversation_id <> o.front_conversation_id)
where o.tenant_id = current_tenant() and o.id = :order_id::uuid
order by s.found_at desc, s.conversation_id
limit 20;

-- name: thread_rejected
select order_id from thread_suggestions
where tenant_id = current_tenant() and order_id = :order_id::uuid and conversation_id = :conversation_id::text and dismissed;

-- name: thread_dismiss
update thread_suggestions set dismissed = true, dismissed_at = now(), dismissed_by = :by::text
where tenant_id = current_tenant() and order_id = :order_id::uuid and conversation_id = :conversation_id::text and not dismissed
returning order_id;

-- Unlinked: nor is it matched again.
-- name: thread_reject
insert into thread_suggestions (tenant_id, order_id, conversation_id, dismissed, dismissed_at, dismissed_by)
values (current_tenant(), :order_id::uuid, :conversation_id::text, true, now(), :by::text)
on conflict (tenant_id, order_id, conversation_id) do update set dismissed = true, dismissed_at = now(), dismissed_by = excluded.dismissed_by;

-- name: thread_accept
update thread_suggestions set dismissed = false, dismissed_at = null, dismissed_by = null
where tenant_id = current_tenant() and order_id = :order_id::uuid and conversation_id = :conversation_id::text and dismissed;
