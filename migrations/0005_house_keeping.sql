-- House keeping that heals itself, and rights that nobody needs taken back.

-- Partitions by day, made ahead; those that ended `keep` days ago are dropped. Answers how many changed. What the default
-- partition caught of a day (nobody made days ahead while the house stood empty) moves into the day's own.
create or replace function roll_job_history(ahead int, keep int) returns int language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    changed int = 0;
    day date;
    part text;
begin
    for i in 0 .. ahead loop
        day = current_date + i;
        part = 'job_history_' || to_char(day, 'YYYY_MM_DD');
        if to_regclass(part) is null then
            lock table job_history_default in access exclusive mode;
            execute format('create table %I (like job_history including all)', part);
            execute format('with moved as (delete from job_history_default where finished_at >= %L and finished_at < %L '
                           'returning *) insert into %I select * from moved', day, day + 1, part);
            execute format('alter table job_history attach partition %I for values from (%L) to (%L)', part, day, day + 1);
            changed = changed + 1;
        end if;
    end loop;
    for part in
        select c.relname from pg_inherits h join pg_class c on c.oid = h.inhrelid
        where h.inhparent = 'job_history'::regclass and c.relname ~ '^job_history_\d{4}_\d\d_\d\d$'
            and to_date(right(c.relname, 10), 'YYYY_MM_DD') < current_date - keep
    loop
        execute format('drop table %I', part);
        changed = changed + 1;
    end loop;
    delete from job_history_default where finished_at < current_date - keep;
    return changed;
end $$;

-- The session of a token's hash, if it is neither over nor idle; notes once a minute that it was seen, and oftener where
-- that would be too seldom.
create or replace function session_open(wanted bytea, idle_minutes int) returns table (tenant_id uuid, user_id uuid, name text,
    email text, role text, all_buildings boolean, must_change_password boolean, theme text, csrf text, tenant_name text,
    time_zone text) language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    seen timestamptz;
begin
    select s.tenant_id, u.id, u.name, u.email, u.role, u.all_buildings, u.must_change_password, u.theme, s.csrf, t.name, t.time_zone,
        s.seen_at
    into tenant_id, user_id, name, email, role, all_buildings, must_change_password, theme, csrf, tenant_name, time_zone, seen
    from sessions s
    join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    join tenants t on t.id = s.tenant_id
    where s.token_hash = wanted and s.expires_at > now() and s.seen_at > now() - make_interval(mins => idle_minutes)
        and u.disabled_at is null;
    if not found then
        return;
    end if;
    if seen < now() - make_interval(secs => least(60, idle_minutes * 15)) then
        update sessions set seen_at = now() where token_hash = wanted;
    end if;
    return next;
end $$;

-- Requests of any tenant are kept by inbox_take, a function of the owner; the role itself has one tenant.
alter policy web_scope on inbox with check (tenant_id = current_tenant());

-- The worker neither makes nor reads people, programs and their secrets, and changes no account.
revoke all on users, api_clients from track_worker;
revoke insert, update on provider_accounts from track_worker;
