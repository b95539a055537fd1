-- Which message an SMS provider tells of.

-- By the provider's id, of the attempt at hand or of an earlier one. A report can come before the provider's own answer
-- was written down: then it is known by the tag that was sent along, while the message still waits.
-- name: sms_match
select c.id, false as earlier
from communications c
where c.tenant_id = current_tenant() and c.provider_message_id = :message_id::text and c.provider = :provider::text
union all
select a.communication_id, true
from communication_attempts a
where a.tenant_id = current_tenant() and a.provider_message_id = :message_id::text and a.provider = :provider::text
union all
select c.id, false
from communications c
where c.tenant_id = current_tenant() and c.id = :tag::uuid and c.channel = 'SMS' and c.delivery_status = 'ENQUEUED'
    and c.provider_message_id is null
limit 1;

-- The last SMS to a number: what its owner answers to.
-- name: sms_latest
select c.id
from communications c
where c.tenant_id = current_tenant() and c.phone = :phone::text and c.channel = 'SMS'
    and c.delivery_status not in ('DRAFT', 'ENQUEUED', 'HELD')
order by coalesce(c.sent_at, c.queued_at, c.created_at) desc, c.id desc
limit 1;
