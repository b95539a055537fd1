-- name: hook_accounts
select tenant_id, id, provider, settings, secrets
from hook_accounts(string_to_array(:providers::text, ','))

-- name: inbox_take
select inbox_take(:requests::json) as kept

-- name: inbox_open
select provider, account_id, replace(encode(body, 'base64'), chr(10), '') as body
from inbox
where tenant_id = current_tenant() and id = :id::uuid

-- name: inbox_mark
update inbox
set state = :state::text, error = :error::text, mapper = coalesce(:mapper::text, mapper),
    processed_at = case when :state::text = 'new' then null else clock_timestamp() end
where tenant_id = current_tenant() and id = :id::uuid

-- name: inbox_used
update inbox
set state = 'processed', error = null, processed_at = clock_timestamp()
where tenant_id = current_tenant() and id = any (:ids::uuid[]) and state = 'ignored'

-- name: inbox_list
select i.id, i.provider, a.name as account, i.method, i.path, i.verdict, i.mapper, i.state, i.error,
    octet_length(i.body) as size, i.replays, i.received_at as "receivedAt", i.processed_at as "processedAt"
from inbox i
left join provider_accounts a on a.tenant_id = i.tenant_id and a.id = i.account_id
where i.tenant_id = current_tenant()
    and (:state::text is null or i.state = :state::text)
    and (:provider::text is null or i.provider = :provider::text)
    and (:after::uuid is null or (i.received_at, i.id) <
        (select c.received_at, c.id from inbox c where c.tenant_id = current_tenant() and c.id = :after::uuid))
order by i.received_at desc, i.id desc
limit :rows::int

-- name: inbox_get
select i.id, i.provider, a.name as account, i.dedupe_key as "dedupeKey", i.method, i.path, i.headers, i.verdict, i.mapper,
    i.state, i.error, octet_length(i.body) as size, encode(i.body_sha256, 'hex') as "bodySha256", i.replays,
    i.received_at as "receivedAt", i.processed_at as "processedAt"
from inbox i
left join provider_accounts a on a.tenant_id = i.tenant_id and a.id = i.account_id
where i.tenant_id = current_tenant() and i.id = :id::uuid

-- name: inbox_replay
update inbox
set state = 'new', error = null, processed_at = null, replays = replays + 1
where tenant_id = current_tenant() and id = :id::uuid
returning provider, replays
