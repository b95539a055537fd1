-- Tokens of accounts at carriers.

-- name: token_read
select token, version, credentials, extract(epoch from clock_timestamp() - made_at)::bigint as age,
    renewing_until > clock_timestamp() as renewing, denied_until > clock_timestamp() as denied, denied_sentence
from carrier_tokens
where tenant_id = current_tenant() and account_id = :account_id::uuid;

-- Who gets the row signs in, alone until that time; nobody where the token is another one meanwhile.
-- name: token_claim
insert into carrier_tokens as t (tenant_id, account_id, renewing_until, renewing_by)
values (current_tenant(), :account_id::uuid, clock_timestamp() + make_interval(secs => :seconds::int), :by::text)
on conflict (tenant_id, account_id) do update set renewing_until = excluded.renewing_until, renewing_by = excluded.renewing_by
    where t.version = :version::bigint and (t.renewing_until is null or t.renewing_until <= clock_timestamp())
returning version;

-- name: token_keep
update carrier_tokens set token = :token::text, version = version + 1, credentials = :credentials::text, made_at = clock_timestamp(),
    renewing_until = null, renewing_by = null, denied_until = null, denied_sentence = null
where tenant_id = current_tenant() and account_id = :account_id::uuid and renewing_by = :by::text
returning version;

-- name: token_not_made
update carrier_tokens set renewing_until = null, renewing_by = null,
    credentials = case when :denied::bool then :credentials::text else credentials end,
    token = case when :denied::bool and credentials <> :credentials::text then null else token end,
    denied_until = case when :denied::bool then clock_timestamp() + make_interval(secs => :seconds::int) end,
    denied_sentence = case when :denied::bool then :sentence::text end
where tenant_id = current_tenant() and account_id = :account_id::uuid and renewing_by = :by::text;

-- name: token_refused
update carrier_tokens set token = null
where tenant_id = current_tenant() and account_id = :account_id::uuid and version = :version::bigint;
