-- Customers who are told when Knock says so.

-- Whether the tenant's own accounts at Knock, where it has some, are on; null: it has none.
-- name: knock_enabled
select bool_or(enabled) as enabled from provider_accounts where tenant_id = current_tenant() and provider = 'knock';

-- name: knock_account
select knock_account() as id;

-- A notification that Knock is still to be asked about, and what it is told of it.
-- name: knock_load
select n.id, n.key, n.type, n.shipment_id, n.order_id, n.ask_body, s.public_token, o.customer_id, o.number as "orderNumber",
    coalesce(nullif(s.carrier_name, ''), s.carrier) as carrier, s.tracking_number as "trackingNumber", n.language
from customer_notifications n
join shipments s on s.tenant_id = n.tenant_id and s.id = n.shipment_id
left join orders o on o.tenant_id = n.tenant_id and o.id = n.order_id
where n.tenant_id = current_tenant() and n.id = :id::uuid and n.state = 'asked' and n.asked_at is null;

-- Before the first try. Nothing where it went another way meanwhile.
-- name: knock_keep_body
update customer_notifications set ask_body = coalesce(ask_body, :body::text)
where tenant_id = current_tenant() and id = :id::uuid and state = 'asked' and asked_at is null
returning ask_body;

-- Knock may have called before its own answer is here.
-- name: knock_asked
update customer_notifications set asked_at = clock_timestamp(), workflow_run_id = :run_id::text, ask_body = null,
    ask_error = null
where tenant_id = current_tenant() and id = :id::uuid and orchestrator = 'knock' and asked_at is null;

-- name: knock_failed
update customer_notifications set ask_error = :error::text
where tenant_id = current_tenant() and id = :id::uuid and state = 'asked' and asked_at is null;

-- Once, whoever comes first: Knock's call, or the end of the wait for it.
-- name: knock_called
update customer_notifications set state = 'queued', called_at = clock_timestamp(), ask_body = null
where tenant_id = current_tenant() and id = :id::uuid and state = 'asked'
returning id;

-- name: knock_natively
update customer_notifications set state = 'queued', orchestrator = 'native', ask_body = null, ask_error = :error::text
where tenant_id = current_tenant() and id = :id::uuid and state = 'asked'
returning id;

-- called: its call was heard before, as by a worker that died before it noted so.
-- name: knock_known
select called_at is not null as called from customer_notifications
where tenant_id = current_tenant() and id = :id::uuid;

-- name: knock_tenants
select tenant_ids() as "tenantId";

-- name: knock_overdue
select id, asked_at is not null as asked from customer_notifications
where tenant_id = current_tenant() and state = 'asked'
    and coalesce(asked_at, caught_up_at, created_at) < clock_timestamp() - make_interval(mins => :minutes::int)
order by coalesce(asked_at, caught_up_at, created_at)
limit :rows::int;

-- Those of the last seven days that went another way, and what the last came to.
-- name: knock_fallbacks
select count(*) as n, (array_agg(ask_error order by id desc))[1] as "lastError", max(created_at) as "lastErrorAt"
from customer_notifications
where tenant_id = current_tenant() and orchestrator = 'native' and ask_error is not null
    and created_at > now() - interval '7 days';
