-- What customers were told, newest first.
-- name: notices_list anew
select n.id, n.type, n.state, n.reason, n.shipment_id as "shipmentId", n.order_id as "orderId", o.number as "orderNumber",
    s.tracking_number as "trackingNumber", n.conversation_id as "conversationId", n.language, n.error,
    n.orchestrator, n.asked_at as "askedAt", n.called_at as "calledAt", n.workflow_run_id as "workflowRunId",
    n.ask_error as "askError", n.created_at as "createdAt", n.settled_at as "settledAt"
from customer_notifications n
join shipments s on s.tenant_id = n.tenant_id and s.id = n.shipment_id
left join orders o on o.tenant_id = n.tenant_id and o.id = n.order_id
where n.tenant_id = current_tenant()
    and (:state::text is null or n.state = :state::text)
    and (:type::text is null or n.type = :type::text)
    and (:shipment_id::uuid is null or n.shipment_id = :shipment_id::uuid)
    and (:order_id::uuid is null or n.order_id = :order_id::uuid)
    and (:after::uuid is null or n.id < :after::uuid)
order by n.id desc
limit :rows::int;

