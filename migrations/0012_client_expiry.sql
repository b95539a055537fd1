-- API clients end by themselves: after a year at most. Those that are there get a year from now.

alter table api_clients add column expires_at timestamptz not null default now() + interval '365 days';

create or replace function client_open(wanted uuid, version int) returns table (tenant_id uuid, name text, role text,
    all_buildings boolean) language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    used timestamptz;
begin
    select c.tenant_id, c.name, c.role, c.all_buildings, c.used_at into tenant_id, name, role, all_buildings, used
    from api_clients c
    where c.id = wanted and c.token_version = version and c.revoked_at is null and c.expires_at > now();
    if not found then
        return;
    end if;
    if used is null or used < now() - interval '1 minute' then
        update api_clients set used_at = now() where id = wanted;
    end if;
    return next;
end $$;

drop function login_client(uuid);
create function login_client(wanted uuid) returns table (tenant_id uuid, name text, secret_hash bytea, token_version int,
    revoked boolean, expired boolean) language sql stable security definer set search_path = public, pg_temp as $$
    select c.tenant_id, c.name, c.secret_hash, c.token_version, c.revoked_at is not null, c.expires_at <= now()
    from api_clients c where c.id = wanted
$$;
revoke all on function login_client from public;
grant execute on function login_client to track_web;
