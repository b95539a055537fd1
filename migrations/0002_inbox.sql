-- Intake of webhooks: before the tenant is known, by fixed functions of the owner.

create function hook_accounts(providers text[]) returns table (tenant_id uuid, id uuid, provider text, settings jsonb,
    secrets text) language sql stable security definer set search_path = public, pg_temp as $$
    select a.tenant_id, a.id, a.provider, a.settings, a.secrets from provider_accounts a
    where a.provider = any (providers) and a.enabled
    order by a.created_at, a.id
$$;

-- Keeps verified requests, each once, with the jobs that will process them. Answers how many were new.
-- In plpgsql, which keeps its plans: in SQL it would be planned anew for each call, ten times what it does.
create function inbox_take(requests json) returns int language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    n int;
begin
    with kept as (
        insert into inbox (tenant_id, account_id, provider, dedupe_key, method, path, headers, body, body_sha256, verdict,
            mapper)
        select r.tenant_id, r.account_id, r.provider, r.dedupe_key, r.method, r.path, r.headers, decode(r.body, 'base64'),
            sha256(decode(r.body, 'base64')), 'verified', r.mapper
        from json_to_recordset(requests) as r (tenant_id uuid, account_id uuid, provider text, dedupe_key text,
            method text, path text, headers jsonb, body text, mapper text)
        on conflict (account_id, dedupe_key) do nothing
        returning tenant_id, id
    ), queued as (
        insert into jobs (tenant_id, queue, kind, args, unique_key)
        select tenant_id, 'inbox', 'inbox.process', jsonb_build_object('inboxId', id), id::text from kept
        on conflict do nothing
        returning id
    )
    select count(*)::int into n from queued;
    return n;
end $$;

revoke all on function hook_accounts(text[]), inbox_take(json) from public;
grant execute on function hook_accounts(text[]), inbox_take(json) to track_web;
