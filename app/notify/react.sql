-- Deciding whether a customer is told of a change.

-- Of a shipment: what is asked for before its customer is told, and what he would be told.
-- name: notice_facts
select s.purchase_order_id, o.id as order_id, o.front_conversation_id, o.thread_status, s.dry_run, s.public_token,
    exists (select from provider_accounts a where a.tenant_id = current_tenant() and a.provider = 'front' and a.enabled)
        as has_account,
    :occurred_at::timestamptz < clock_timestamp() - case :type::text when 'out_for_delivery' then interval '24 hours'
        else interval '72 hours' end as too_old,
    coalesce(nullif(c.language, ''), t.language) as language, o.recipient_name as "recipientName", o.number as "orderNumber",
    coalesce(nullif(s.carrier_name, ''), s.carrier) as carrier, s.tracking_number as "trackingNumber",
    to_char(s.promised_on, 'YYYY-MM-DD') as "promisedOn", t.name as tenant
from shipments s
join tenants t on t.id = current_tenant()
left join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
left join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
left join customers c on c.tenant_id = o.tenant_id and c.id = o.customer_id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid;

-- name: notice_hold_shipment
select id from shipments
where tenant_id = current_tenant() and id = :shipment_id::uuid
for key share;

-- Its purchase order is of the order it is of until the commit.
-- name: notice_hold_purchase_order
select p.id
from shipments s
join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid
for share of p;

-- Its conversation stays as it is until the commit.
-- name: notice_hold_order
select o.id
from shipments s
join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid
for share of o;

-- Once for a key, whoever comes first.
-- name: notice_add
insert into customer_notifications (tenant_id, id, key, event_id, shipment_id, order_id, type, state, reason, conversation_id,
    language, marker, orchestrator, settled_at, muted, dry_run)
values (current_tenant(), :id::uuid, :key::text, :event_id::uuid, :shipment_id::uuid, :order_id::uuid, :type::text,
    case when :reason::text is not null then 'skipped' when :orchestrator::text = 'knock' then 'asked' else 'queued' end,
    :reason::text, :conversation_id::text, :language::text, :marker::text, :orchestrator::text,
    case when :reason::text is null then null else now() end, :muted::bool, :dry_run::bool)
on conflict (tenant_id, key) do nothing
returning id;
