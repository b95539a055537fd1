-- What customers were not told for want of a conversation, or of an account to reply through.

-- Whoever decides on an order's notices holds it.
-- name: catch_up_order
select thread_status <> 'unmatched' as linked from orders
where tenant_id = current_tenant() and id = :order_id::uuid
for no key update;

-- Those with a conversation whose customers were not told for want of an account at Front, which there is by now; what was
-- decided so a week ago is over.
-- name: catch_up_orders
select distinct o.id
from customer_notifications n
join shipments s on s.tenant_id = n.tenant_id and s.id = n.shipment_id
join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
where n.tenant_id = current_tenant() and n.reason = 'no_front_account' and n.settled_at > clock_timestamp() - interval '7 days'
    and o.thread_status <> 'unmatched'
    and exists (select from provider_accounts a where a.tenant_id = current_tenant() and a.provider = 'front' and a.enabled)
order by o.id
limit 500;

-- As the audit trail has it; of what was decided meanwhile the row says so. stale: why it is not to be sent any more. Of a day or
-- an hour speaks what is out for delivery or delivered; what has shipped, or is held up, is so until something else is.
-- name: catch_up_missed
with missed as (
    select distinct n.id
    from purchase_orders p
    join shipments s on s.tenant_id = p.tenant_id and s.purchase_order_id = p.id
    join audit_history a on a.tenant_id = s.tenant_id and a.entity_id = s.id::text and a.entity_type = 'shipment'
        and a.action in ('notification.skipped', 'notification.failed')
    join customer_notifications n on n.tenant_id = a.tenant_id and n.id = (a.after ->> 'notificationId')::uuid
    where p.tenant_id = current_tenant() and p.order_id = :order_id::uuid and n.state in ('skipped', 'failed')
        and (n.reason in ('no_purchase_order', 'no_order', 'no_conversation', 'thread_not_linked', 'no_such_conversation')
            or n.reason = 'no_front_account' and n.settled_at > clock_timestamp() - interval '7 days')
)
select n.id, n.type, n.key, n.event_id, n.shipment_id, n.reason, n.muted, n.dry_run or s.dry_run as dry_run,
    case
        when s.status <> case n.type when 'shipped' then 'in_transit' else n.type end then 'moved_on'
        when exists (select from customer_notifications o
            where o.tenant_id = n.tenant_id and o.shipment_id = n.shipment_id and o.id > n.id
                and (o.type = n.type or o.state not in ('skipped', 'failed', 'superseded'))) then 'moved_on'
        when coalesce(s.status_at, n.created_at) < clock_timestamp() - case n.type when 'out_for_delivery' then interval '24 hours'
            when 'delivered' then interval '72 hours' end then 'too_old'
    end as stale
from missed m
join customer_notifications n on n.tenant_id = current_tenant() and n.id = m.id
join shipments s on s.tenant_id = n.tenant_id and s.id = n.shipment_id
order by n.shipment_id, n.id;

-- By Knock where it goes by it and was not asked before: asked again it would do nothing.
-- name: catch_up_send
update customer_notifications set state = case when :asks::bool and asked_at is null then 'asked' else 'queued' end,
    orchestrator = case when :asks::bool and asked_at is null then 'knock' else 'native' end,
    reason = null, error = null, settled_at = null, tried_at = null, looks = 0,
    order_id = :order_id::uuid, conversation_id = :conversation_id::text, language = :language::text, caught_up_at = clock_timestamp()
where tenant_id = current_tenant() and id = :id::uuid and state in ('skipped', 'failed')
returning state;

-- name: catch_up_settle
update customer_notifications set state = :state::text, reason = :reason::text, error = null, order_id = :order_id::uuid,
    settled_at = now()
where tenant_id = current_tenant() and id = :id::uuid and state in ('skipped', 'failed')
returning id;

-- Those under way that no job is at, for so long that it is none that is just about to be. parked: how many jobs of theirs ended
-- in vain; one that was to ask Knock is none of theirs any more.
-- name: notices_left
select n.id, n.type, n.key, n.event_id, n.shipment_id, n.state, n.conversation_id,
    (select count(*) from jobs j where j.kind = 'notify.customer' and j.unique_key = n.id::text and j.state = 'parked') as parked
from customer_notifications n
where n.tenant_id = current_tenant() and n.state in ('queued', 'sending')
    and coalesce(n.tried_at, n.caught_up_at, n.created_at) < clock_timestamp() - interval '10 minutes'
    and not exists (select from jobs j where j.kind = 'notify.customer' and j.unique_key = n.id::text and j.state <> 'parked')
order by n.id
limit 500;

-- name: notice_give_up
update customer_notifications set state = 'failed', reason = :reason::text, settled_at = now()
where tenant_id = current_tenant() and id = :id::uuid and state in ('queued', 'sending')
    and not exists (select from jobs j where j.kind = 'notify.customer' and j.unique_key = :id::text and j.state <> 'parked')
returning id;

-- name: notice_tenants
select tenant_ids() as "tenantId";
