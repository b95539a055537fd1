-- Mailboxes that reports come back to.

-- name: mailbox_accounts
select id as "accountId" from provider_accounts
where tenant_id = current_tenant() and provider = 'msgraph' and enabled;

-- name: mailbox_get
select subscription_id, expires_at, delta_link from report_mailboxes
where tenant_id = current_tenant() and account_id = :account_id::uuid;

-- name: mailbox_subscribed
insert into report_mailboxes (tenant_id, account_id, subscription_id, expires_at)
values (current_tenant(), :account_id::uuid, :subscription_id::text, :expires_at::text)
on conflict (tenant_id, account_id) do update set subscription_id = excluded.subscription_id,
    expires_at = excluded.expires_at;

-- What the provider doubts is not taken for living: the next look renews it, or makes it anew.
-- name: mailbox_doubted
update report_mailboxes set expires_at = null
where tenant_id = current_tenant() and account_id = :account_id::uuid;

-- name: mailbox_swept
insert into report_mailboxes (tenant_id, account_id, delta_link, swept_at)
values (current_tenant(), :account_id::uuid, :delta_link::text, now())
on conflict (tenant_id, account_id) do update set delta_link = excluded.delta_link, swept_at = excluded.swept_at;
