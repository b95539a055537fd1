-- Tokens of accounts at carriers.

-- name: token_read
select token, version, credentials, extract(epoch from clock_timestamp() - made_at)::bigint as age,
    renewing_until > clock_timestamp() as renewing, denied_until > clock_timestamp() as denied, denied_credentials,
    denied_sentence
from carrier_tokens
where tenant_id = current_tenant() and account_id = :account_id::uuid;

-- Who gets the row signs in, alone until that time; nobody where the token is another one meanwhile, or the credentials were
-- denied.
-- name: token_claim
insert into carrier_tokens as t (tenant_id, account_id, renewing_until, renewing_by)
values (current_tenant(), :account_id::uuid, clock_timestamp() + make_interval(secs => :seconds::int), :by::text)
on conflict (tenant_id, account_id) do update set renewing_until = excluded.renewing_until, renewing_by = excluded.renewing_by
    where t.version = :version::bigint and (t.renewing_until is null or t.renewing_until <= clock_timestamp())
        and (t.denied_until is null or t.denied_until <= clock_timestamp() or t.denied_credentials <> :credentials::text)
returning version;

-- name: token_keep
update carrier_tokens set token = :token::text, version = version + 1, credentials = :credentials::text, made_at = clock_timestamp(),
    renewing_until = null, renewing_by = null, denied_until = null, denied_sentence = null
where tenant_id = current_tenant() and account_id = :account_id::uuid and renewing_by = :by::text
returning version;

-- name: token_not_made
update carrier_tokens set renewing_until = null, renewing_by = null,
    denied_until = case when :denied::bool then clock_timestamp() + make_interval(secs => :seconds::int) else denied_until end,
    denied_credentials = case when :denied::bool then :credentials::text else denied_credentials end,
    denied_sentence = case when :denied::bool then :sentence::text else denied_sentence end
where tenant_id = current_tenant() and account_id = :account_id::uuid and renewing_by = :by::text;

-- name: token_refused
update carrier_tokens set token = null
where tenant_id = current_tenant() and account_id = :account_id::uuid and version = :version::bigint;
