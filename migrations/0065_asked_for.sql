-- What retention removes is planned, asked for and told; a hold tells what it is on and what it keeps.

-- ---------------------------------------------------------------- holds

-- The communications that a hold of this scope and value is on.
create function hold_keeps(scope text, value text) returns table (id uuid) language sql stable as $$
    select c.id from communications c
    where c.tenant_id = current_tenant() and c.id = case scope when 'communication' then value::uuid end
    union all
    select c.id from communications c
    where c.tenant_id = current_tenant() and c.unit_id = case scope when 'unit' then value::uuid end
    union all
    select c.id from communications c
    where c.tenant_id = current_tenant() and c.batch_id = case scope when 'batch' then value::uuid end
    union all
    select c.id from communications c
    where c.tenant_id = current_tenant() and c.building_id = case scope when 'building' then value::uuid end
    union all
    select c.id from communications c
    where scope = 'person' and c.tenant_id = current_tenant() and (value in (lower(c.email), c.phone)
        or exists (select from communication_attempts a where a.tenant_id = c.tenant_id and a.communication_id = c.id
            and lower(a.address) = value))
$$;

-- What people call that which a hold of this scope and value is on.
create function hold_label(scope text, value text) returns text language sql stable as $$
    select coalesce(case scope
        when 'building' then (select b.name from buildings b where b.tenant_id = current_tenant() and b.id = value::uuid)
        when 'unit' then (select b.name || ', unit ' || u.number from units u
            join buildings b on b.tenant_id = u.tenant_id and b.id = u.building_id
            where u.tenant_id = current_tenant() and u.id = value::uuid)
        when 'batch' then (select b.name || ' ' || p.year from communication_batches p
            join buildings b on b.tenant_id = p.tenant_id and b.id = p.building_id
            where p.tenant_id = current_tenant() and p.id = value::uuid)
        when 'communication' then (select c.subject || ', ' || c.recipient_name from communications c
            where c.tenant_id = current_tenant() and c.id = value::uuid) end, value)
$$;

-- A hold as what it is on tells of it; null: of none.
create function hold_told(hold uuid) returns json language sql stable as $$
    select json_build_object('holdId', h.id, 'scope', h.scope, 'label', hold_label(h.scope, h.value), 'reason', h.reason,
        'owner', h.owner, 'by', h.created_by_name, 'since', h.created_at)
    from legal_holds h where h.tenant_id = current_tenant() and h.id = hold
$$;

-- ---------------------------------------------------------------- what is due, and would be

-- Communications with a clock that ran out, those on their way none: by the policies that are set, but as if `policy`
-- {hint, contentDays, personDays, delete} were the one of its hint; null: as they are.
create function retention_due(at timestamptz, policy jsonb) returns table (id uuid, batch_id uuid, building_id uuid, year smallint,
    hint text, content boolean, person boolean, deletes boolean, hold_id uuid) language sql stable as $$
    select c.id, c.batch_id, c.building_id, c.year, c.retention_hint, d.content, d.person, p."delete", held_by(c)
    from communications c
    cross join lateral (
        select x.content_days, x.person_days, x."delete" from (
            select case hint when 'default' then 1 else 0 end as place, content_days, person_days, "delete" from retention_policies
            where tenant_id = c.tenant_id and hint in (c.retention_hint, 'default') and hint is distinct from policy ->> 'hint'
            union all
            select case policy ->> 'hint' when 'default' then 1 else 0 end, (policy ->> 'contentDays')::int,
                (policy ->> 'personDays')::int, (policy ->> 'delete')::boolean
            where policy ->> 'hint' in (c.retention_hint, 'default')
            union all select 2, 730, 730, false) x
        order by x.place limit 1) p
    cross join lateral (
        select c.content_removed_at is null and e.ended < at - make_interval(days => p.content_days) as content,
            c.person_removed_at is null and e.ended < at - make_interval(days => p.person_days) as person
        from (select coalesce(c.last_event_at, c.created_at) as ended) e) d
    where c.tenant_id = current_tenant() and c.delivery_status not in ('ENQUEUED', 'HELD') and (d.content or d.person)
$$;

create or replace function retention_due(at timestamptz) returns table (id uuid, batch_id uuid, building_id uuid, year smallint,
    hint text, content boolean, person boolean, deletes boolean, hold_id uuid) language sql stable as $$
    select * from retention_due(at, null)
$$;

-- What would go, by table and partition and by the clock that takes it (both: whichever ends first): of those whose policy
-- deletes, and of those it only plans for. A file that something else still names stays.
drop function retention_plan(timestamptz);
create function retention_plan(at timestamptz, policy jsonb) returns table (store text, relation text, clock text, deletes boolean,
    "rows" bigint, bytes bigint) language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
    s retention_stores;
    flag boolean;
    due uuid[];
    contents uuid[];
    persons uuid[];
    ids uuid[];
    kept uuid[];
    p record;
begin
    foreach flag in array array[true, false] loop
        select array_agg(d.id), array_agg(d.id) filter (where d.content), array_agg(d.id) filter (where d.person)
        into due, contents, persons from retention_due(at, policy) d where d.deletes = flag and d.hold_id is null;
        continue when due is null;
        for s in select * from retention_stores r order by r.name loop
            ids = case s.layer when 'content' then contents when 'person' then persons else due end;
            continue when ids is null or to_regclass(s.relation) is null;
            return query execute format('select %L, t.tableoid::regclass::text, $4, $3, count(*), coalesce(sum(%s), 0)::bigint
                from %I t where t.tenant_id = $2 and (%s) and (%s) group by t.tableoid order by 2', s.name,
                coalesce((select string_agg(format('coalesce(pg_column_size(t.%I), 0)', key), ' + ')
                    from jsonb_each_text(s.sets)), 'pg_column_size(t)'),
                s.relation, s.which, s.todo) using ids, current_tenant(), flag, s.layer;
        end loop;
        return query
            with named as (
                select f.sha256, min(f.kind) as kind from (
                    select a.sha256, 'attachments' as kind from communication_attachments a
                    where a.tenant_id = current_tenant() and a.communication_id = any (contents)
                    union all select m.sha256, 'mails' from sink_messages m
                    where m.tenant_id = current_tenant() and m.communication_id = any (due)
                    union all select unnest(array[l.sha256, l.return_photo_sha256]), 'letters' from letters l
                    where l.tenant_id = current_tenant() and l.communication_id = any (due)
                    union all select n.proof_sha256, 'notes' from communication_audit_notes n
                    where n.tenant_id = current_tenant() and n.communication_id = any (due)) f
                where f.sha256 is not null group by 1
            ), going as (select unnest(contents) as id)
            select 'files, ' || n.kind, 'blobs', case n.kind when 'attachments' then 'content' else 'both' end, flag, count(*),
                coalesce(sum(b.size), 0)::bigint
            from named n
            join blobs b on b.tenant_id = current_tenant() and b.sha256 = n.sha256 and b.removed_at is null
            where not exists (select from communication_attachments a
                join communications c on c.tenant_id = a.tenant_id and c.id = a.communication_id
                where a.tenant_id = current_tenant() and a.sha256 = n.sha256 and c.content_removed_at is null
                    and not exists (select from going g where g.id = a.communication_id))
            group by n.kind;
    end loop;

    select greatest(x.content_days, x.person_days) as days, x."delete" into p from (
        select 0 as place, (policy ->> 'contentDays')::int as content_days, (policy ->> 'personDays')::int as person_days,
            (policy ->> 'delete')::boolean as "delete" where policy ->> 'hint' = 'default'
        union all select 1, content_days, person_days, r."delete" from retention_policies r
        where r.tenant_id = current_tenant() and r.hint = 'default'
        union all select 2, 730, 730, false) x order by x.place limit 1;
    return query select 'imports', 'imports', 'both', p."delete", count(*), coalesce(sum((select sum(b.size) from blobs b
            where b.tenant_id = i.tenant_id and b.sha256 in (i.file_sha256, i.attachments_sha256) and b.removed_at is null)), 0)::bigint
        from imports i
        where i.tenant_id = current_tenant() and i.files_removed_at is null and i.state in ('COMMITTED', 'FAILED')
            and i.created_at < at - make_interval(days => p.days)
            and not exists (select from communications c join communication_batches b on b.tenant_id = c.tenant_id
                and b.id = c.batch_id where c.tenant_id = i.tenant_id and b.import_id = i.id and held_by(c) is not null)
        having count(*) > 0;

    select x.content_days as days, x.proof_days, x."delete" into p from (
        select 0 as place, (policy ->> 'contentDays')::int as content_days, (policy ->> 'proofDays')::int as proof_days,
            (policy ->> 'delete')::boolean as "delete" where policy ->> 'hint' = 'inbox'
        union all select 1, content_days, proof_days, r."delete" from retention_policies r
        where r.tenant_id = current_tenant() and r.hint = 'inbox'
        union all select 2, 30, 400, false) x order by x.place limit 1;
    if exists (select from legal_holds where tenant_id = current_tenant() and lifted_at is null) then
        select array_agg(distinct e.inbox_id) into kept from communication_events e
        join communications c on c.tenant_id = e.tenant_id and c.id = e.communication_id
        where e.tenant_id = current_tenant() and e.inbox_id is not null and held_by(c) is not null;
    end if;
    return query select 'inbox, ' || x.kind, x.relation, x.clock, p."delete", count(*), sum(x.size)::bigint from (
            select i.tableoid::regclass::text as relation, case when o.old then 'keys' else 'bodies' end as kind,
                case when o.old then 'proof' else 'content' end as clock,
                case when o.old then pg_column_size(i) else pg_column_size(i.body) + pg_column_size(i.headers) end as size
            from inbox i cross join lateral (select i.received_at < at - make_interval(days => p.proof_days) as old) o
            where i.tenant_id = current_tenant() and i.state <> 'new' and i.id <> all (coalesce(kept, '{}'))
                and (o.old or i.body <> '' and i.received_at < at - make_interval(days => p.days))) x
        group by x.kind, x.relation, x.clock;
end $$;
revoke execute on function retention_plan from public;
grant execute on function retention_plan to track_web, track_worker;

-- ---------------------------------------------------------------- what somebody asked to have removed now

create table retention_removals (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    planned_at timestamptz not null, -- what is due later does not join
    planned jsonb not null, -- its figures: {messages, rows, bytes, …}
    asked_by_name text,
    asked_at timestamptz not null default now(),
    done jsonb, -- {communications, archives, files, imports, inboxBodies, inboxRequests, stores: [{store, rows}]}; null: under way
    done_at timestamptz,
    primary key (tenant_id, id)
);
create unique index retention_removals_one on retention_removals (tenant_id) where done_at is null;
select tenant_table('retention_removals');
grant select, insert on retention_removals to track_web;
grant select, update (done, done_at) on retention_removals to track_worker;
