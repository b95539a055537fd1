-- Telling customers when Knock says so. Writes of customer_notifications wait while its check is replaced.

alter table customer_notifications
    add column orchestrator text not null default 'native' check (orchestrator in ('native', 'knock')),
    add column ask_body text, -- what Knock is asked, the same at every try; null once it was
    add column asked_at timestamptz,
    add column workflow_run_id text,
    add column called_at timestamptz, -- when it said that the customer is to be told
    add column ask_error text, -- what the last try to ask it came to, or why it was not waited for
    drop constraint customer_notifications_state_check,
    add constraint customer_notifications_state_check
        check (state in ('asked', 'queued', 'sending', 'sent', 'skipped', 'failed', 'superseded'));

-- The account that Knock's webhooks come to in a tenant that has none of its own and uses the server's key. Null: there
-- is one, whether on or off.
create function knock_account() returns uuid language plpgsql security definer set search_path = public, pg_temp as $$
declare
    made uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended('knock account ' || current_tenant()::text, 0));
    insert into provider_accounts (tenant_id, provider, name)
    select current_tenant(), 'knock', 'Knock, by the server''s key'
    where not exists (select from provider_accounts where tenant_id = current_tenant() and provider = 'knock')
    returning id into made;
    return made;
end $$;
revoke all on function knock_account() from public;
grant execute on function knock_account() to track_web, track_worker;

create index customer_notifications_not_asked on customer_notifications (tenant_id, created_at)
    where orchestrator = 'native' and ask_error is not null;
