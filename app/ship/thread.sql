-- The conversation an order is talked about in.

-- name: thread_lock
select front_conversation_id, thread_status from orders
where tenant_id = current_tenant() and id = :order_id::uuid
for no key update;

-- name: thread_set
update orders set front_conversation_id = :conversation_id::text, thread_status = :status::text, thread_at = now(),
    thread_by = :by::text
where tenant_id = current_tenant() and id = :order_id::uuid;
