-- Accounts at carriers.

-- name: carrier_account_list
select a.id as "accountId", a.provider, a.name, a.settings, a.secrets, a.enabled, k.state, k.ok, k.said, k.asked_at as "askedAt",
    k.asked_by_name as "askedByName", k.done_at as "doneAt"
from provider_accounts a
left join carrier_checks k on k.tenant_id = a.tenant_id and k.account_id = a.id
where a.tenant_id = current_tenant() and a.provider in ('shiprocket', 'ship24', 'generic')
    and (:account_id::uuid is null or a.id = :account_id::uuid)
order by a.enabled desc, a.provider, a.created_at, a.id;

-- name: carrier_check_ask
insert into carrier_checks (tenant_id, account_id, state, asked_by_name)
values (current_tenant(), :account_id::uuid, 'running', :actor_name::text)
on conflict (tenant_id, account_id) do update set state = 'running', ok = null, said = null, done_at = null, asked_at = now(),
    asked_by_name = excluded.asked_by_name;

-- name: carrier_check_done
update carrier_checks set state = 'done', ok = :ok::boolean, said = :said::text, done_at = clock_timestamp()
where tenant_id = current_tenant() and account_id = :account_id::uuid and state = 'running';
