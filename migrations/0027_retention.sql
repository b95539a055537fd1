-- Retention that keeps the proof: three clocks, legal holds, archives, and the one function that takes words out.

alter table communications add column retention_hint text not null default 'statement',
    add column content_removed_at timestamptz, add column person_removed_at timestamptz,
    add column removed_by text; -- the policy or erasure that did it, in words

-- For messages of a hint; 'default' is for those of hints without a policy of their own, 'inbox' for what providers posted.
create table retention_policies (
    tenant_id uuid not null references tenants,
    hint text not null check (hint ~ '^[a-z0-9_-]{1,40}$'),
    content_days int not null check (content_days between 1 and 36500),
    person_days int not null check (person_days between 1 and 36500),
    proof_days int not null check (proof_days between 1 and 36500),
    "delete" boolean not null default false,
    updated_at timestamptz not null default now(),
    updated_by_name text,
    primary key (tenant_id, hint),
    check (proof_days >= content_days and proof_days >= person_days)
);
select tenant_table('retention_policies');
grant select on retention_policies to track_web, track_worker;
grant insert, update on retention_policies to track_web;

create table legal_holds (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    scope text not null check (scope in ('unit', 'communication', 'batch', 'building', 'person')),
    value text not null, -- an id; of a person e-mail in lower case or phone
    reason text not null,
    owner text not null,
    review_on date,
    created_at timestamptz not null default now(),
    created_by_name text,
    lifted_at timestamptz,
    lifted_by_name text,
    primary key (tenant_id, id)
);
select tenant_table('legal_holds');
grant select on legal_holds to track_web, track_worker;
grant insert, update on legal_holds to track_web;

-- The hold that a communication is under, the oldest of several.
create function held_by(c communications) returns uuid language sql stable parallel safe as $$
    select h.id from legal_holds h
    where h.tenant_id = c.tenant_id and h.lifted_at is null and case h.scope
        when 'communication' then h.value = c.id::text
        when 'unit' then h.value = c.unit_id::text
        when 'batch' then h.value = c.batch_id::text
        when 'building' then h.value = c.building_id::text
        else h.value in (lower(c.email), c.phone) or exists (select from communication_attempts a
            where a.tenant_id = c.tenant_id and a.communication_id = c.id and lower(a.address) = h.value) end
    order by h.created_at, h.id limit 1
$$;

-- Communications with a clock that ran out; those on their way have none.
create function retention_due(at timestamptz) returns table (id uuid, batch_id uuid, building_id uuid, year smallint, hint text,
    content boolean, person boolean, deletes boolean, hold_id uuid) language sql stable as $$
    select c.id, c.batch_id, c.building_id, c.year, c.retention_hint, d.content, d.person, p."delete", held_by(c)
    from communications c
    cross join lateral (
        select x.content_days, x.person_days, x."delete" from (
            select 0 as place, content_days, person_days, "delete" from retention_policies
            where tenant_id = c.tenant_id and hint = c.retention_hint
            union all
            select 1, content_days, person_days, "delete" from retention_policies
            where tenant_id = c.tenant_id and hint = 'default'
            union all select 2, 730, 730, false) x
        order by x.place limit 1) p
    cross join lateral (
        select c.content_removed_at is null and e.ended < at - make_interval(days => p.content_days) as content,
            c.person_removed_at is null and e.ended < at - make_interval(days => p.person_days) as person
        from (select coalesce(c.last_event_at, c.created_at) as ended) e) d
    where c.tenant_id = current_tenant() and c.delivery_status not in ('ENQUEUED', 'HELD') and (d.content or d.person)
$$;

-- ---------------------------------------------------------------- what was done

-- Bundles made before something was taken out: a file in the store, gone where removed_at is set.
create table archives (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    building_id uuid not null,
    batch_id uuid not null,
    year smallint not null,
    sha256 text not null,
    size bigint not null,
    communications int not null,
    files int not null,
    made_at timestamptz not null default now(),
    removed_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, sha256) references blobs (tenant_id, sha256)
);
select tenant_table('archives');
grant select on archives to track_web;
grant select, insert on archives to track_worker;

create table retention_runs (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    kind text not null check (kind in ('retention', 'erasure', 'inbox')),
    reason text not null,
    at timestamptz not null default clock_timestamp(),
    archive_id uuid,
    communications int not null,
    certificate jsonb not null, -- {stores: [{store, rows}], …}
    items_hash bytea not null, -- over its items
    primary key (tenant_id, id)
);
create index retention_runs_recent on retention_runs (tenant_id, at desc);
select tenant_table('retention_runs'), append_only('retention_runs');
grant select on retention_runs to track_web;
grant select, insert on retention_runs to track_worker;

-- Which communications a run took words out of, with a seal over their events as they were left.
create table retention_items (
    tenant_id uuid not null,
    run_id uuid not null,
    communication_id uuid not null,
    layers text[] not null,
    upto int not null, -- number of their last event then
    seal bytea not null,
    primary key (tenant_id, communication_id, run_id)
);
create index retention_items_run on retention_items (tenant_id, run_id);
select tenant_table('retention_items'), append_only('retention_items');
grant select on retention_items to track_web, track_worker;

-- Requests to forget a person. The address stands here only until it is done.
create table erasures (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    email text,
    phone text,
    unit_id uuid,
    state text not null default 'QUEUED' check (state in ('QUEUED', 'DONE', 'REFUSED')),
    error text, -- why it was refused
    asked_by_name text,
    asked_at timestamptz not null default now(),
    done_at timestamptz,
    certificate jsonb,
    primary key (tenant_id, id)
);
select tenant_table('erasures');
grant select, insert on erasures to track_web;
grant select, update on erasures to track_worker;

create function event_seals(tenant uuid, communication uuid, upto int) returns bytea language sql stable as $$
    select sha256(coalesce(string_agg(hash || coalesce(content_hash, ''), ''::bytea order by seq), ''))
    from communication_events where tenant_id = tenant and communication_id = communication and seq <= upto
$$;

-- Whether an event by itself is as it was written, or its words were taken out by a run that says so.
create or replace function event_whole(e communication_events) returns boolean language sql stable parallel safe as $$
    select coalesce(case
        when e.version = 1 and e.content_hash is null then e.salt is null and e.hash = event_digest(e)
        when e.version = 2 and e.salt is not null
            then e.hash = event_digest(e) and e.content_hash = event_content(e.salt, e.sentence, e.detail)
        else e.salt is null and e.sentence = 'Content removed.' and e.detail = '{}'
            and case e.version when 1 then e.content_hash = event_seal(e) else e.hash = event_digest(e) end
            and exists (select from retention_items i where i.tenant_id = e.tenant_id
                and i.communication_id = e.communication_id and i.upto >= e.seq) end, false)
$$;

-- ---------------------------------------------------------------- where words and files stand

-- What is taken out of each table: columns and what they become, for communications $1, where there is something to do.
-- Tables that are not there are passed over, so a row may come before its table.
create table retention_stores (
    name text primary key,
    relation text not null,
    layer text not null check (layer in ('content', 'person', 'both')),
    which text not null,
    todo text not null,
    sets jsonb not null
);
grant select on retention_stores to track_web, track_worker;

insert into retention_stores values
('communications, content', 'communications', 'content', 't.id = any ($1)', 't.content_removed_at is null',
    '{"subject": "''(removed)''", "amount_minor": "null", "currency": "null", "due_on": "null", "pixel_token": "null",
      "error": "case when t.error is not null then jsonb_strip_nulls(jsonb_build_object(''sentence'', ''Content removed.'', ''code'', t.error -> ''code'')) end",
      "contradiction": "t.contradiction || jsonb_build_object(''sentence'', ''Content removed.'')"}'),
('communications, person', 'communications', 'person', 't.id = any ($1)', 't.person_removed_at is null',
    '{"recipient_name": "''(removed)''", "email": "null", "phone": "null", "street": "''''", "postal_code": "''''",
      "city": "''''", "country": "''''", "subject": "''(removed)''",
      "error": "case when t.error is not null then jsonb_strip_nulls(jsonb_build_object(''sentence'', ''Content removed.'', ''code'', t.error -> ''code'')) end"}'),
('communication_events', 'communication_events', 'both', 't.communication_id = any ($1)',
    't.salt is not null or t.version = 1 and t.content_hash is null',
    '{"sentence": "''Content removed.''", "detail": "''{}''", "salt": "null", "content_hash": "coalesce(t.content_hash, event_seal(t))"}'),
('communication_attempts', 'communication_attempts', 'both', 't.communication_id = any ($1)',
    't.address is not null or t.error -> ''raw'' is not null or t.error ->> ''sentence'' <> ''Content removed.''',
    '{"address": "null", "contradiction": "t.contradiction || jsonb_build_object(''sentence'', ''Content removed.'')",
      "error": "case when t.error is not null then jsonb_strip_nulls(jsonb_build_object(''sentence'', ''Content removed.'', ''code'', t.error -> ''code'')) end"}'),
('communication_audit_notes', 'communication_audit_notes', 'both', 't.communication_id = any ($1)', 't.note <> ''Content removed.''',
    '{"note": "''Content removed.''", "proof_file_name": "case when t.proof_file_name is not null then ''removed'' end"}'),
('communication_attachments', 'communication_attachments', 'content', 't.communication_id = any ($1)', 't.file_name <> ''removed''',
    '{"file_name": "''removed''"}'),
('sink_messages', 'sink_messages', 'both', 't.communication_id = any ($1)', 't.recipient <> ''(removed)''',
    '{"recipient": "''(removed)''", "subject": "''(removed)''"}'),
('http_calls', 'http_calls', 'both', 't.entity = any (select ''communication:'' || x from unnest($1) x)',
    't.request is not null or t.response is not null or t.error is not null',
    '{"request": "null", "response": "null", "error": "null"}'),
('domain_events', 'domain_events', 'both', 't.entity_id = any ($1::text[])', 't.data ? ''sentence''',
    '{"data": "t.data - ''sentence''"}'),
('jobs', 'jobs', 'both', 't.args ->> ''communicationId'' = any ($1::text[])', 't.errors <> ''[]''', '{"errors": "''[]''"}'),
('job_history', 'job_history', 'both', 't.args ->> ''communicationId'' = any ($1::text[])', 't.errors <> ''[]''',
    '{"errors": "''[]''"}'),
('inbox', 'inbox', 'both', 't.id in (select e.inbox_id from communication_events e where e.tenant_id = t.tenant_id
    and e.communication_id = any ($1)) and not exists (select from communication_events o join communications c
    on c.tenant_id = o.tenant_id and c.id = o.communication_id where o.tenant_id = t.tenant_id and o.inbox_id = t.id
    and c.content_removed_at is null and c.person_removed_at is null and c.id <> all ($1))', 't.body <> ''''',
    '{"body": "''''", "headers": "''{}''", "error": "null"}');

-- Which rows name a file that must stay, where not all that name one do. Columns are found in the catalog: any of text
-- that ends in sha256, in a table of tenants.
create table retention_references (
    relation text not null,
    column_name text not null,
    live text not null, -- of the row t
    primary key (relation, column_name)
);
insert into retention_references values
('communication_attachments', 'sha256', 'exists (select from communications c where c.tenant_id = t.tenant_id
    and c.id = t.communication_id and c.content_removed_at is null)'),
('communication_audit_notes', 'proof_sha256', 't.note <> ''Content removed.'''),
('sink_messages', 'sha256', 't.recipient <> ''(removed)'''),
('letters', 'sha256', 'exists (select from communications c where c.tenant_id = t.tenant_id
    and c.id = t.communication_id and c.content_removed_at is null)'),
('letters', 'return_photo_sha256', 'exists (select from communications c where c.tenant_id = t.tenant_id
    and c.id = t.communication_id and c.content_removed_at is null)'),
('print_runs', 'print_sha256', 'exists (select from print_pieces p join communications c on c.tenant_id = p.tenant_id
    and c.id = p.communication_id where p.tenant_id = t.tenant_id and p.run_id = t.id and c.content_removed_at is null)'),
('imports', 'file_sha256', 't.files_removed_at is null'),
('imports', 'attachments_sha256', 't.files_removed_at is null'),
('communication_exports', 'sha256', 't.state <> ''EXPIRED'''),
('archives', 'sha256', 't.removed_at is null');

alter table imports add column files_removed_at timestamptz;
alter table blobs add column removed_at timestamptz; -- when its file was unlinked

-- A file that is brought again is there again.
create function blob_returns() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update blobs set removed_at = null where tenant_id = new.tenant_id and sha256 = new.sha256 and removed_at is not null;
    return new;
end $$;
create trigger blob_returns before insert on blobs for each row execute function blob_returns();

-- Files of the tenant at hand, older than that, which nothing names any more, of this tenant or another.
create function blobs_unnamed(age interval) returns table (sha256 text, size bigint) language plpgsql stable security definer
    set search_path = public, pg_temp as $$
declare
    q text = '';
    r record;
begin
    for r in
        select c.oid::regclass::text as relation, a.attname::text as column_name, coalesce(x.live, 'true') as live
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
        join pg_attribute a on a.attrelid = c.oid and a.attname ~ 'sha256$' and a.atttypid = 'text'::regtype and a.attnum > 0
            and not a.attisdropped
        left join retention_references x on x.relation = c.relname and x.column_name = a.attname
        where c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'blobs'
            and exists (select from pg_attribute k where k.attrelid = c.oid and k.attname = 'tenant_id' and not k.attisdropped)
    loop
        q = q || format(' and not exists (select from %s t where t.tenant_id = b.tenant_id and t.%I = b.sha256 and (%s))',
                        r.relation, r.column_name, r.live);
    end loop;
    return query execute 'select b.sha256, b.size from blobs b where b.tenant_id = current_tenant() and b.removed_at is null
        and b.created_at < now() - $1' || q || ' and not exists (select from blobs o where o.sha256 = b.sha256
        and o.tenant_id <> b.tenant_id and o.removed_at is null) order by 1' using age;
end $$;

create function blob_removed(gone text) returns void language sql security definer set search_path = public, pg_temp as $$
    update blobs set removed_at = now() where tenant_id = current_tenant() and sha256 = gone
$$;

-- ---------------------------------------------------------------- taking words out

-- Tables that refuse changes let through this one: the owner's function at work, on the columns it may empty.
create or replace function refuse_change() returns trigger language plpgsql as $$
declare
    emptied text[];
begin
    if tg_op = 'UPDATE' and current_setting('track.purging', true) = 'on'
            and current_user = (select pg_get_userbyid(relowner) from pg_class where oid = tg_relid) then
        select array_agg(k) into emptied from retention_stores s cross join jsonb_object_keys(s.sets) k
        where s.relation = (select relname from pg_class where oid = coalesce(pg_partition_root(tg_relid), tg_relid));
        if to_jsonb(old) - emptied = to_jsonb(new) - emptied then
            return new;
        end if;
    end if;
    raise exception '% of % is refused: append-only', tg_op, tg_table_name using errcode = '42501';
end $$;

-- Takes the layers out of communications in every store, and seals what is left. Answers what it did, by store.
create function retention_purge(run uuid, ids uuid[], layers text[], reason text) returns jsonb language plpgsql
    security definer set search_path = public, pg_temp as $$
declare
    who uuid = current_tenant();
    s retention_stores;
    n bigint;
    done jsonb = '[]';
begin
    perform from communications where tenant_id = who and id = any (ids) order by id for update;
    if who is null or exists (select from communications c
            where c.tenant_id = who and c.id = any (ids) and held_by(c) is not null) then
        raise exception 'held' using errcode = '42501';
    end if;
    perform set_config('track.purging', 'on', true);
    for s in select * from retention_stores where layer = 'both' or layer = any (layers) order by name loop
        continue when to_regclass(s.relation) is null;
        execute format('update %I t set %s where t.tenant_id = $2 and (%s) and (%s)', s.relation,
            (select string_agg(format('%I = %s', key, value), ', ') from jsonb_each_text(s.sets)), s.which, s.todo)
            using ids, who;
        get diagnostics n = row_count;
        done = done || jsonb_build_object('store', s.name, 'rows', n);
    end loop;
    perform set_config('track.purging', '', true);
    update communications set removed_by = reason,
        content_removed_at = case when 'content' = any (layers) then coalesce(content_removed_at, now()) else content_removed_at end,
        person_removed_at = case when 'person' = any (layers) then coalesce(person_removed_at, now()) else person_removed_at end
    where tenant_id = who and id = any (ids);
    insert into retention_items (tenant_id, run_id, communication_id, layers, upto, seal)
    select who, run, c.id, retention_purge.layers, c.event_seq, event_seals(who, c.id, c.event_seq)
    from communications c where c.tenant_id = who and c.id = any (ids);
    return done;
end $$;

create function retention_items_hash(tenant uuid, run uuid) returns bytea language sql stable as $$
    select sha256(coalesce(string_agg(uuid_send(communication_id) || int4send(upto) || seal, ''::bytea order by communication_id), ''))
    from retention_items where tenant_id = tenant and run_id = run
$$;

-- What would go now, by table and partition: of those whose policy deletes, and of those it only plans for.
create function retention_plan(at timestamptz) returns table (store text, relation text, deletes boolean, "rows" bigint, bytes bigint)
    language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
    s retention_stores;
    flag boolean;
    due uuid[];
begin
    foreach flag in array array[true, false] loop
        select array_agg(d.id) into due from retention_due(at) d where d.deletes = flag and d.hold_id is null;
        continue when due is null;
        for s in select * from retention_stores r order by r.name loop
            continue when to_regclass(s.relation) is null;
            return query execute format('select %L, t.tableoid::regclass::text, $3, count(*), coalesce(sum(%s), 0)::bigint
                from %I t where t.tenant_id = $2 and (%s) and (%s) group by t.tableoid order by 2', s.name,
                (select string_agg(format('coalesce(pg_column_size(t.%I), 0)', key), ' + ') from jsonb_each_text(s.sets)),
                s.relation, s.which, s.todo) using due, current_tenant(), flag;
        end loop;
        return query select 'files', 'blobs', flag, count(*), coalesce(sum(b.size), 0)::bigint
            from blobs b where b.tenant_id = current_tenant() and b.removed_at is null and b.sha256 in (
                select a.sha256 from communication_attachments a where a.tenant_id = b.tenant_id and a.communication_id = any (due)
                union select m.sha256 from sink_messages m where m.tenant_id = b.tenant_id and m.communication_id = any (due))
            having count(*) > 0;
    end loop;
end $$;

-- What providers posted: the body after the content clock of the policy 'inbox', the row itself after its proof clock.
create function inbox_forget(at timestamptz) returns table (bodies bigint, requests bigint) language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    p retention_policies;
    kept uuid[];
begin
    bodies = 0;
    requests = 0;
    select * into p from retention_policies where tenant_id = current_tenant() and hint = 'inbox' and "delete";
    if found then
        if exists (select from legal_holds where tenant_id = current_tenant() and lifted_at is null) then
            select array_agg(distinct e.inbox_id) into kept from communication_events e
            join communications c on c.tenant_id = e.tenant_id and c.id = e.communication_id
            where e.tenant_id = current_tenant() and e.inbox_id is not null and held_by(c) is not null;
        end if;
        delete from inbox i where i.tenant_id = current_tenant() and i.received_at < at - make_interval(days => p.proof_days)
            and i.state <> 'new' and i.id <> all (coalesce(kept, '{}'));
        get diagnostics requests = row_count;
        update inbox i set body = '', headers = '{}' where i.tenant_id = current_tenant() and i.body <> '' and i.state <> 'new'
            and i.received_at < at - make_interval(days => p.content_days) and i.id <> all (coalesce(kept, '{}'));
        get diagnostics bodies = row_count;
    end if;
    return next;
end $$;

-- What else holds one of these addresses (in lower case), whoever it is about. Suppressions stay: they are why nobody writes
-- to it again.
create function erase_addresses(addresses text[]) returns jsonb language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    who uuid = current_tenant();
    n bigint;
    done jsonb = '[]';
begin
    update http_calls t set request = null, response = null, error = null, url = '(removed)'
    where t.tenant_id = who and exists (select from unnest(addresses) a
        where strpos(lower(concat_ws(' ', t.url, t.request, t.response, t.error)), a) > 0);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'http_calls by address', 'rows', n);
    update inbox t set body = '', headers = '{}', error = null
    where t.tenant_id = who and t.body <> '' and exists (select from unnest(addresses) a
        where strpos(lower(encode(t.body, 'escape')), a) > 0);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'inbox by address', 'rows', n);
    delete from idempotency_keys t where t.tenant_id = who and exists (select from unnest(addresses) a
        where strpos(lower(encode(t.body, 'escape')), a) > 0);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'idempotency_keys', 'rows', n);
    update domain_events t set data = t.data - 'sentence'
    where t.tenant_id = who and exists (select from unnest(addresses) a where strpos(lower(t.data ->> 'sentence'), a) > 0);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'domain_events by address', 'rows', n);
    update jobs t set errors = '[]'
    where t.tenant_id = who and exists (select from unnest(addresses) a where strpos(lower(t.errors::text), a) > 0);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'jobs by address', 'rows', n);
    update job_history t set errors = '[]'
    where t.tenant_id = who and exists (select from unnest(addresses) a where strpos(lower(t.errors::text), a) > 0);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'job_history by address', 'rows', n);
    if to_regclass('communication_exports') is not null then -- whom a file tells of is not known: they are made anew at will
        execute $x$update communication_exports set state = 'EXPIRED', sha256 = null where tenant_id = $1 and state = 'READY'$x$
            using who;
        get diagnostics n = row_count;
        done = done || jsonb_build_object('store', 'communication_exports', 'rows', n);
    end if;
    return done;
end $$;
revoke execute on function erase_addresses(text[]) from public;
grant execute on function erase_addresses(text[]) to track_worker;
grant update (removed_at) on archives to track_worker;

revoke execute on function retention_purge, blobs_unnamed, blob_removed, blob_returns, retention_plan, inbox_forget from public;
grant execute on function retention_purge, blobs_unnamed, blob_removed, inbox_forget to track_worker;
grant execute on function retention_plan to track_web, track_worker;
