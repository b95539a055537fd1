-- Telling one customer: from queued to its end.

-- The row, and what notice_facts has of its shipment.
-- stale: why it is not to be sent any more. A later change was told first; or it waited for more than an hour, or for its
-- conversation, and its shipment stands elsewhere; or the day that it speaks of is over.
-- name: notice_load
select n.id, n.key, n.event_id, n.shipment_id, n.type, n.state, n.conversation_id, n.marker, n.looks,
    (extract(epoch from n.created_at) * 1000)::bigint as created_ms, n.tried_at::text as tried_at,
    n.caught_up_at::text as caught_up_at, x.settled > clock_timestamp() as settling,
    to_char(x.settled at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as settle_at,
    s.purchase_order_id, o.id as order_id, o.front_conversation_id, o.thread_status, s.public_token,
    exists (select from provider_accounts a where a.tenant_id = current_tenant() and a.provider = 'front' and a.enabled)
        as has_account,
    case
        when exists (select from customer_notifications o
            where o.tenant_id = n.tenant_id and o.shipment_id = n.shipment_id and o.event_id > n.event_id and o.state = 'sent')
            then 'moved_on'
        when (n.created_at < clock_timestamp() - interval '1 hour' or n.caught_up_at is not null)
            and s.status <> case n.type when 'shipped' then 'in_transit' else n.type end then 'moved_on'
        when n.type = 'out_for_delivery' and coalesce(s.status_at, n.created_at) < clock_timestamp() - interval '24 hours'
            then 'too_old'
    end as stale,
    coalesce(nullif(c.language, ''), t.language) as language, o.recipient_name as "recipientName", o.number as "orderNumber",
    coalesce(nullif(s.carrier_name, ''), s.carrier) as carrier, s.tracking_number as "trackingNumber",
    to_char(s.promised_on, 'YYYY-MM-DD') as "promisedOn", t.name as tenant
from customer_notifications n
cross join lateral (select n.tried_at + make_interval(secs => :settle_seconds::int * (1 + n.looks)) as settled) x
join shipments s on s.tenant_id = n.tenant_id and s.id = n.shipment_id
join tenants t on t.id = n.tenant_id
left join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
left join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
left join customers c on c.tenant_id = o.tenant_id and c.id = o.customer_id
where n.tenant_id = current_tenant() and n.id = :id::uuid and n.state in ('queued', 'sending');

-- Who is about to reply in a conversation asks one after the other.
-- name: notice_lock_conversation
select pg_advisory_xact_lock(hashtextextended('conversation ' || current_tenant()::text || ' ' || :conversation_id::text, 0));

-- Nothing where another worker has begun since it was loaded, a later change was told, or another reply of ours to the
-- conversation is on its way;
-- one that was left so, by a job that was discarded, holds up the others no longer than ten minutes.
-- name: notice_begin
update customer_notifications n set state = 'sending', tried_at = clock_timestamp(), looks = 0,
    conversation_id = :conversation_id::text, language = :language::text
where n.tenant_id = current_tenant() and n.id = :id::uuid and n.state in ('queued', 'sending')
    and n.tried_at is not distinct from :before::timestamptz
    and not exists (select from customer_notifications o
        where o.tenant_id = n.tenant_id and o.id <> n.id and o.conversation_id = :conversation_id::text
            and o.state = 'sending' and o.tried_at > clock_timestamp() - interval '10 minutes')
    and not exists (select from customer_notifications o
        where o.tenant_id = n.tenant_id and o.shipment_id = n.shipment_id and o.event_id > n.event_id and o.state = 'sent')
returning n.tried_at::text as tried_at;

-- It surely did not go out: it may be written again.
-- name: notice_release
update customer_notifications set state = 'queued', tried_at = null, looks = 0, error = :error::text
where tenant_id = current_tenant() and id = :id::uuid and state = 'sending' and tried_at = :tried_at::timestamptz;

-- It may have gone out: it rests from now on.
-- name: notice_unknown
update customer_notifications set tried_at = clock_timestamp(), looks = 0, error = :error::text
where tenant_id = current_tenant() and id = :id::uuid and state = 'sending' and tried_at = :tried_at::timestamptz;

-- Looked for in vain.
-- name: notice_looked
update customer_notifications set looks = looks + 1
where tenant_id = current_tenant() and id = :id::uuid and state = 'sending' and tried_at = :tried_at::timestamptz;

-- name: notice_end
update customer_notifications set state = :state::text, reason = :reason::text, error = :error::text,
    message_uid = :message_uid::text, message_id = :message_id::text, settled_at = now()
where tenant_id = current_tenant() and id = :id::uuid and state in ('queued', 'sending')
returning id;

-- The conversation that took over the one of an order.
-- name: notice_merged
update orders set front_conversation_id = :to::text, moved_at = now()
where tenant_id = current_tenant() and id = :order_id::uuid and front_conversation_id = :from::text
returning id;

-- name: notice_moved
update customer_notifications set conversation_id = :to::text
where tenant_id = current_tenant() and id = :id::uuid and state in ('queued', 'sending');

-- The conversation is there no longer.
-- name: notice_unlink
update orders set thread_status = 'unmatched', thread_at = now(), thread_by = null, moved_at = now()
where tenant_id = current_tenant() and id = :order_id::uuid and front_conversation_id = :conversation_id::text
    and thread_status <> 'unmatched'
returning id;

-- Whether an order has a conversation, which stays so until the commit.
-- name: notice_thread
select thread_status <> 'unmatched' as linked from orders
where tenant_id = current_tenant() and id = :order_id::uuid
for share;
