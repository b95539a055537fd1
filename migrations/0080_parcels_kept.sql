-- Parcels in the rooms around them: proof, search, retention, exports.

-- ---------------------------------------------------------------- roots

-- Whose events a day's root is over. Those made before this are over communications alone and stay so; what came of
-- shipments on their days is under its chain.
alter table daily_roots add column covers text[] not null default '{communications}'
    check (covers in ('{communications}', '{communications,parcels}'));
alter table proof_checks add column shipments bigint not null default 0;
create index shipment_events_recent on shipment_events (tenant_id, received_at desc);

-- As 0070 has it; what was begun before midnight and comes after the root of that day is refused, as event_link does it.
create or replace function shipment_event_link() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    if new.received_at < clock_timestamp() - interval '1 hour' and exists (select from daily_roots
            where tenant_id = new.tenant_id and day >= (new.received_at at time zone 'UTC')::date and 'parcels' = any (covers)) then
        raise exception 'the root of % is made', (new.received_at at time zone 'UTC')::date using errcode = '40001';
    end if;
    select event_seq + 1, event_head into new.seq, new.prev_hash from shipments
    where tenant_id = new.tenant_id and id = new.shipment_id for update;
    if not found then
        raise exception 'no shipment %', new.shipment_id using errcode = '23503';
    end if;
    new.salt = uuid_send(gen_random_uuid());
    new.content_hash = event_content(new.salt, new.sentence, new.detail);
    new.hash = shipment_event_digest(new);
    return new;
end $$;

-- ---------------------------------------------------------------- search everywhere

alter table customers add column search text not null
    generated always as (folded(name || ' ' || coalesce(email, ''))) stored; -- what words of a search stand in
create index customers_search on customers using gin (search gin_trgm_ops) with (gin_pending_list_limit = 1024);

-- Customers whose name and address hold all the words, at most `most`. Row security would keep the index from being used: a
-- function of the owner looks, within the tenant at hand. Who may see parcels is asked before.
create function customers_found(words text[], most int) returns table (id uuid) language plpgsql stable
    security definer set search_path = public, pg_temp set synchronize_seqscans = off as $$ -- the same ones each time
declare
    holding text = words_in('c.search', words, true);
begin
    if holding is not null then
        return query execute 'select c.id from customers c where c.tenant_id = current_tenant()' || holding || ' limit $1' using most;
    end if;
end $$;
revoke execute on function customers_found from public;
grant execute on function customers_found to track_web;

-- ---------------------------------------------------------------- retention

-- When words were taken out of them, and by which policy or erasure.
alter table orders add column content_removed_at timestamptz, add column person_removed_at timestamptz, add column removed_by text;
alter table shipments add column content_removed_at timestamptz, add column removed_by text;
create index customers_phone on customers (tenant_id, phone) where phone is not null;

alter table legal_holds drop constraint legal_holds_scope_check;
alter table legal_holds add constraint legal_holds_scope_check
    check (scope in ('unit', 'communication', 'batch', 'building', 'person', 'order'));

-- The orders that a hold of this scope and value is on.
create function hold_keeps_orders(scope text, value text) returns table (id uuid) language sql stable as $$
    select o.id from orders o
    where o.tenant_id = current_tenant() and o.id = case scope when 'order' then value::uuid end
    union
    select o.id from customers c join orders o on o.tenant_id = c.tenant_id and o.customer_id = c.id
    where scope = 'person' and c.tenant_id = current_tenant() and (lower(c.email) = value or c.phone = value)
$$;

-- The hold that an order is under, the oldest of several.
create function order_held_by(o orders) returns uuid language sql stable parallel safe as $$
    select h.id from legal_holds h
    where h.tenant_id = o.tenant_id and h.lifted_at is null and case h.scope
        when 'order' then h.value = o.id::text
        when 'person' then exists (select from customers c
            where c.tenant_id = o.tenant_id and c.id = o.customer_id and h.value in (lower(c.email), c.phone))
        else false end
    order by h.created_at, h.id limit 1
$$;

-- The shipments of orders, and those that are named themselves.
create function parcels_of(ids uuid[]) returns table (id uuid) language sql stable as $$
    select s.id from shipments s where s.tenant_id = current_tenant() and s.id = any (ids)
    union
    select s.id from purchase_orders po
    join shipments s on s.tenant_id = po.tenant_id and s.purchase_order_id = po.id
    where po.tenant_id = current_tenant() and po.order_id = any (ids)
$$;

-- Orders, and shipments of none, with a clock that ran out: by the policy 'parcels', or, where it is of that hint, by `policy`
-- as retention_due has it. The clocks run from the last that moved the order or a shipment of it; what is not delivered,
-- returned or cancelled is on its way and has none. Of a shipment without an order there is no person.
create function parcels_due(at timestamptz, policy jsonb) returns table (order_id uuid, shipment_id uuid, content boolean,
    person boolean, deletes boolean, hold_id uuid) language sql stable as $$
    with p as materialized (
        select x.content_days, x.person_days, x."delete", make_interval(days => least(x.content_days, x.person_days)) as soonest from (
            select 0 as place, (policy ->> 'contentDays')::int as content_days, (policy ->> 'personDays')::int as person_days,
                (policy ->> 'delete')::boolean as "delete" where policy ->> 'hint' = 'parcels'
            union all select 1, content_days, person_days, r."delete" from retention_policies r
            where r.tenant_id = current_tenant() and r.hint = 'parcels'
            union all select 2, 730, 730, false) x
        order by x.place limit 1
    )
    select o.id, null::uuid, d.content, d.person, p."delete", order_held_by(o)
    from p
    join orders o on o.tenant_id = current_tenant() and o.moved_at < at - p.soonest
    cross join lateral (
        select max(s.moved_at) as moved_at, bool_or(s.content_removed_at is null) as unread
        from purchase_orders po join shipments s on s.tenant_id = po.tenant_id and s.purchase_order_id = po.id
        where po.tenant_id = o.tenant_id and po.order_id = o.id) s
    cross join lateral (
        select (o.content_removed_at is null or coalesce(s.unread, false)) and e.ended < at - make_interval(days => p.content_days) as content,
            o.person_removed_at is null and e.ended < at - make_interval(days => p.person_days) as person
        from (select greatest(o.moved_at, s.moved_at) as ended) e) d
    where o.status in ('delivered', 'returned', 'cancelled') and (d.content or d.person)
        and not exists (select from delivery_reservations r
            where r.tenant_id = o.tenant_id and r.order_id = o.id and r.state in ('running', 'waiting'))
    union all
    select null, s.id, true, false, p."delete", null
    from p
    join shipments s on s.tenant_id = current_tenant() and s.content_removed_at is null
        and s.moved_at < at - make_interval(days => p.content_days)
    left join purchase_orders po on po.tenant_id = s.tenant_id and po.id = s.purchase_order_id
    where po.order_id is null and s.status in ('delivered', 'returned', 'cancelled')
$$;

-- Requests of providers that tell of what is held.
create function held_requests() returns uuid[] language sql stable as $$
    select array_agg(x.inbox_id) from (
        select e.inbox_id from communication_events e
        join communications c on c.tenant_id = e.tenant_id and c.id = e.communication_id
        where e.tenant_id = current_tenant() and e.inbox_id is not null and held_by(c) is not null
        union
        select e.inbox_id from legal_holds h
        cross join lateral hold_keeps_orders(h.scope, h.value) k
        cross join lateral parcels_of(array[k.id]) s
        join shipment_events e on e.tenant_id = h.tenant_id and e.shipment_id = s.id and e.inbox_id is not null
        where h.tenant_id = current_tenant() and h.lifted_at is null and h.scope in ('order', 'person')) x
    where exists (select from legal_holds h where h.tenant_id = current_tenant() and h.lifted_at is null)
$$;

-- As 0065 has it, of orders too.
create or replace function hold_label(scope text, value text) returns text language sql stable as $$
    select coalesce(case scope
        when 'building' then (select b.name from buildings b where b.tenant_id = current_tenant() and b.id = value::uuid)
        when 'unit' then (select b.name || ', unit ' || u.number from units u
            join buildings b on b.tenant_id = u.tenant_id and b.id = u.building_id
            where u.tenant_id = current_tenant() and u.id = value::uuid)
        when 'batch' then (select b.name || ' ' || p.year from communication_batches p
            join buildings b on b.tenant_id = p.tenant_id and b.id = p.building_id
            where p.tenant_id = current_tenant() and p.id = value::uuid)
        when 'order' then (select o.number || coalesce(', ' || nullif(o.shop, ''), '') from orders o
            where o.tenant_id = current_tenant() and o.id = value::uuid)
        when 'communication' then (select c.subject || ', ' || c.recipient_name from communications c
            where c.tenant_id = current_tenant() and c.id = value::uuid) end, value)
$$;

-- As 0027 has it, with what tells of held parcels kept.
create or replace function inbox_forget(at timestamptz) returns table (bodies bigint, requests bigint) language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    p retention_policies;
    kept uuid[];
begin
    bodies = 0;
    requests = 0;
    select * into p from retention_policies where tenant_id = current_tenant() and hint = 'inbox' and "delete";
    if found then
        kept = held_requests();
        delete from inbox i where i.tenant_id = current_tenant() and i.received_at < at - make_interval(days => p.proof_days)
            and i.state <> 'new' and i.id <> all (coalesce(kept, '{}'));
        get diagnostics requests = row_count;
        update inbox i set body = '', headers = '{}' where i.tenant_id = current_tenant() and i.body <> '' and i.state <> 'new'
            and i.received_at < at - make_interval(days => p.content_days) and i.id <> all (coalesce(kept, '{}'));
        get diagnostics bodies = row_count;
    end if;
    return next;
end $$;

-- As 0065 has it, with what tells of held parcels kept.
create or replace function retention_plan(at timestamptz, policy jsonb) returns table (store text, relation text, clock text, deletes boolean,
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
    kept = held_requests();
    return query select 'inbox, ' || x.kind, x.relation, x.clock, p."delete", count(*), sum(x.size)::bigint from (
            select i.tableoid::regclass::text as relation, case when o.old then 'keys' else 'bodies' end as kind,
                case when o.old then 'proof' else 'content' end as clock,
                case when o.old then pg_column_size(i) else pg_column_size(i.body) + pg_column_size(i.headers) end as size
            from inbox i cross join lateral (select i.received_at < at - make_interval(days => p.proof_days) as old) o
            where i.tenant_id = current_tenant() and i.state <> 'new' and i.id <> all (coalesce(kept, '{}'))
                and (o.old or i.body <> '' and i.received_at < at - make_interval(days => p.days))) x
        group by x.kind, x.relation, x.clock;
end $$;

-- What is taken out of each table for parcels, as retention_stores has it for messages: $1 are orders and shipments without
-- one. A table that is not there is passed over.
create table parcel_stores (like retention_stores including all);
grant select on parcel_stores to track_web, track_worker;
insert into parcel_stores values
('orders, content', 'orders', 'content', 't.id = any ($1)', 't.note <> ''''', '{"note": "''''"}'),
('orders, person', 'orders', 'person', 't.id = any ($1)', 't.person_removed_at is null',
    '{"recipient_name": "''(removed)''", "street": "''''", "postal_code": "''''", "city": "''''", "region": "''''", "billing": "null"}'),
('customers', 'customers', 'person', 't.id in (select o.customer_id from orders o where o.tenant_id = t.tenant_id and o.id = any ($1))
    and not exists (select from orders o where o.tenant_id = t.tenant_id and o.customer_id = t.id and o.person_removed_at is null
    and o.id <> all ($1))', 't.name <> ''(removed)'' or t.email is not null or t.phone is not null',
    '{"name": "''(removed)''", "email": "null", "phone": "null", "reference": "''''"}'),
('shipments', 'shipments', 'both', 't.id in (select parcels_of($1))', 't.content_removed_at is null',
    '{"last_scan": "''''", "last_location": "''''",
      "contradiction": "t.contradiction || jsonb_build_object(''sentence'', ''Content removed.'')"}'),
('shipment_events', 'shipment_events', 'both', 't.shipment_id in (select parcels_of($1))', 't.salt is not null',
    '{"sentence": "''Content removed.''", "detail": "''{}''", "salt": "null"}'),
('customer_notifications', 'customer_notifications', 'both', 't.shipment_id in (select parcels_of($1))', 't.error is not null',
    '{"error": "null"}'),
('delivery_reservations', 'delivery_reservations', 'both', 't.order_id = any ($1)', 't.request <> ''{}'' or t.results <> ''{}''',
    '{"request": "''{}''", "results": "''{}''"}'),
('delivery_failures', 'delivery_failures', 'both', 't.order_id = any ($1)', 't.sentence <> ''Content removed.'' or t.raw is not null',
    '{"sentence": "''Content removed.''", "raw": "null", "issue_error": "null"}'),
('thread_suggestions', 'thread_suggestions', 'both', 't.order_id = any ($1)', 't.subject <> '''' or t.email is not null',
    '{"subject": "''''", "email": "null"}'),
('http_calls of parcels', 'http_calls', 'both', 't.entity = any (array(select ''shipment:'' || id from parcels_of($1)
    union all select ''tracker:'' || id from parcels_of($1)
    union all select ''order:'' || x from unnest($1) x
    union all select ''failure:'' || f.id from delivery_failures f where f.tenant_id = current_tenant() and f.order_id = any ($1)
    union all select ''delivery:'' || r.id from delivery_reservations r where r.tenant_id = current_tenant() and r.order_id = any ($1)))',
    't.request is not null or t.response is not null or t.error is not null',
    '{"request": "null", "response": "null", "error": "null"}'),
('jobs of parcels', 'jobs', 'both', 't.args ->> ''deliveryId'' = any (array(select r.id::text from delivery_reservations r
    where r.tenant_id = current_tenant() and r.order_id = any ($1))) or t.args ->> ''notificationId'' = any (array(select n.id::text
    from customer_notifications n where n.tenant_id = current_tenant() and n.shipment_id in (select parcels_of($1))))
    or t.args ->> ''failureId'' = any (array(select f.id::text from delivery_failures f
    where f.tenant_id = current_tenant() and f.order_id = any ($1))) or t.args ->> ''actId'' = any (array(select a.id::text
    from shipment_acts a where a.tenant_id = current_tenant() and a.shipment_id in (select parcels_of($1))))
    or t.args ->> ''shipmentId'' = any (array(select id::text from parcels_of($1)))', 't.errors <> ''[]''', '{"errors": "''[]''"}'),
('inbox of parcels', 'inbox', 'both', 't.id in (select e.inbox_id from shipment_events e where e.tenant_id = t.tenant_id
    and e.shipment_id in (select parcels_of($1))) and not exists (select from shipment_events o join shipments s
    on s.tenant_id = o.tenant_id and s.id = o.shipment_id where o.tenant_id = t.tenant_id and o.inbox_id = t.id
    and s.content_removed_at is null and s.id not in (select parcels_of($1)))', 't.body <> ''''',
    '{"body": "''''", "headers": "''{}''", "error": "null"}');
insert into parcel_stores values
('shipment_acts', 'shipment_acts', 'both', 't.shipment_id in (select parcels_of($1)) and t.state <> ''waiting''',
    't.sentence <> ''Content removed.'' or t.asked <> ''{}'' or t.result <> ''{}''',
    '{"sentence": "''Content removed.''", "asked": "''{}''", "result": "''{}''"}'),
('trackers', 'trackers', 'both', 't.shipment_id in (select parcels_of($1))', 't.asked ? ''destinationPostCode''',
    '{"asked": "t.asked - ''destinationPostCode''"}'),
('domain_events of parcels', 'domain_events', 'both', 't.entity_type = ''shipment'' and t.entity_id = any (array(select id::text
    from parcels_of($1)))', 't.data ? ''lastScan''', '{"data": "t.data - ''lastScan''"}'),
('carrier_codes', 'carrier_codes', 'both', 't.example_shipment_id in (select parcels_of($1))', 't.example is not null',
    '{"example": "null"}');
insert into parcel_stores
select 'job_history of parcels', 'job_history', layer, which, todo, sets from parcel_stores where name = 'jobs of parcels';

-- A label or an invoice bears an address: it goes with the words of its shipment.
update retention_references set live = 'exists (select from shipments s where s.tenant_id = t.tenant_id and s.id = t.shipment_id
    and s.content_removed_at is null)'
where relation = 'shipment_acts';

-- Tables that refuse changes, as 0027 has it, for parcels as well.
create or replace function refuse_change() returns trigger language plpgsql as $$
declare
    emptied text[];
begin
    if tg_op = 'UPDATE' and current_setting('track.purging', true) = 'on'
            and current_user = (select pg_get_userbyid(relowner) from pg_class where oid = tg_relid) then
        select array_agg(k) into emptied
        from (select relation, sets from retention_stores union all select relation, sets from parcel_stores) s
        cross join jsonb_object_keys(s.sets) k
        where s.relation = (select relname from pg_class where oid = coalesce(pg_partition_root(tg_relid), tg_relid));
        if to_jsonb(old) - emptied = to_jsonb(new) - emptied then
            return new;
        end if;
    end if;
    raise exception '% of % is refused: append-only', tg_op, tg_table_name using errcode = '42501';
end $$;

-- ---------------------------------------------------------------- what was taken out

alter table retention_runs add column parcels int not null default 0; -- orders, and shipments of none

-- Which shipments a run took words out of, as retention_items has it of communications.
create table retention_parcels (
    tenant_id uuid not null,
    run_id uuid not null,
    shipment_id uuid not null,
    layers text[] not null,
    upto int not null, -- number of their last event then
    seal bytea not null,
    kept jsonb, -- {number of an event: its hashes}; null: of none
    primary key (tenant_id, shipment_id, run_id)
);
create index retention_parcels_run on retention_parcels (tenant_id, run_id);
select tenant_table('retention_parcels'), append_only('retention_parcels');
grant select on retention_parcels to track_web, track_worker;

create function shipment_event_seals(tenant uuid, shipment uuid, upto int) returns bytea language sql stable as $$
    select sha256(coalesce(string_agg(hash || content_hash, ''::bytea order by seq), ''))
    from shipment_events where tenant_id = tenant and shipment_id = shipment and seq <= upto
$$;

-- As 0051 has it; a run is over communications or over parcels.
create or replace function retention_items_hash(tenant uuid, run uuid) returns bytea language sql stable as $$
    select sha256(coalesce((select string_agg(uuid_send(communication_id) || int4send(upto) || seal
            || coalesce(sha256(convert_to(kept::text, 'UTF8')), ''::bytea), ''::bytea order by communication_id)
        from retention_items where tenant_id = tenant and run_id = run), '')
    || coalesce((select string_agg(uuid_send(shipment_id) || int4send(upto) || seal
            || coalesce(sha256(convert_to(kept::text, 'UTF8')), ''::bytea), ''::bytea order by shipment_id)
        from retention_parcels where tenant_id = tenant and run_id = run), ''))
$$;

-- Whether an event by itself is as it was written, or its words were taken out by a run that says so.
create or replace function shipment_event_whole(e shipment_events) returns boolean language sql stable parallel safe as $$
    select coalesce(e.hash = shipment_event_digest(e) and case when e.salt is not null
        then e.content_hash = event_content(e.salt, e.sentence, e.detail)
        else e.sentence = 'Content removed.' and e.detail = '{}' and exists (select from retention_parcels i
            where i.tenant_id = e.tenant_id and i.shipment_id = e.shipment_id and i.upto >= e.seq) end, false)
$$;

-- Takes the layers out of orders and shipments in every store, and seals what is left. Answers what it did, by store. A
-- customer is locked first: an order that comes meanwhile keeps him. A delivery under way needs the address: tried again later.
create function parcels_purge(run uuid, ids uuid[], layers text[], reason text) returns jsonb language plpgsql
    security definer set search_path = public, pg_temp as $$
declare
    who uuid = current_tenant();
    s parcel_stores;
    n bigint;
    done jsonb = '[]';
    hashes jsonb; -- by shipment
begin
    perform from shipments where tenant_id = who and id in (select parcels_of(ids)) order by id for update;
    perform from orders where tenant_id = who and id = any (ids) order by id for update;
    perform from customers c where c.tenant_id = who and c.id in (select o.customer_id from orders o
        where o.tenant_id = who and o.id = any (ids)) order by c.id for update;
    if who is null or exists (select from orders o where o.tenant_id = who and order_held_by(o) is not null
            and (o.id = any (ids) or o.id in (select po.order_id from shipments p
                join purchase_orders po on po.tenant_id = p.tenant_id and po.id = p.purchase_order_id
                where p.tenant_id = who and p.id = any (ids)))) then
        raise exception 'held' using errcode = '42501';
    end if;
    if exists (select from delivery_reservations r where r.tenant_id = who and r.order_id = any (ids) and r.state in ('running', 'waiting')) then
        raise exception 'a delivery is under way' using errcode = '40001';
    end if;
    select jsonb_object_agg(d.shipment_id, d.kept) into hashes from (
        select e.shipment_id, jsonb_object_agg(e.seq, h.hashes) as kept
        from shipment_events e cross join lateral (select event_hashes(e.detail) as hashes) h
        where e.tenant_id = who and e.shipment_id in (select parcels_of(ids)) and h.hashes is not null group by e.shipment_id) d;
    perform set_config('track.purging', 'on', true);
    for s in select * from parcel_stores where layer = 'both' or layer = any (layers) order by name loop
        continue when to_regclass(s.relation) is null;
        execute format('update %I t set %s where t.tenant_id = $2 and (%s) and (%s)', s.relation,
            (select string_agg(format('%I = %s', key, value), ', ') from jsonb_each_text(s.sets)), s.which, s.todo)
            using ids, who;
        get diagnostics n = row_count;
        done = done || jsonb_build_object('store', s.name, 'rows', n);
    end loop;
    perform set_config('track.purging', '', true);
    insert into retention_parcels (tenant_id, run_id, shipment_id, layers, upto, seal, kept)
    select who, run, p.id, parcels_purge.layers, p.event_seq, shipment_event_seals(who, p.id, p.event_seq), hashes -> p.id::text
    from shipments p where p.tenant_id = who and p.id in (select parcels_of(ids));
    update shipments set removed_by = reason, content_removed_at = coalesce(content_removed_at, now())
    where tenant_id = who and id in (select parcels_of(ids));
    update orders set removed_by = reason,
        content_removed_at = case when 'content' = any (layers) then coalesce(content_removed_at, now()) else content_removed_at end,
        person_removed_at = case when 'person' = any (layers) then coalesce(person_removed_at, now()) else person_removed_at end
    where tenant_id = who and id = any (ids);
    return done;
end $$;

-- What would go of parcels, as retention_plan tells it of messages.
create function parcels_plan(at timestamptz, policy jsonb) returns table (store text, relation text, clock text, deletes boolean,
    "rows" bigint, bytes bigint) language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
    s parcel_stores;
    flag boolean;
    due uuid[];
    contents uuid[];
    persons uuid[];
    ids uuid[];
begin
    select array_agg(d.id), array_agg(d.id) filter (where d.content), array_agg(d.id) filter (where d.person), bool_or(d.deletes)
    into due, contents, persons, flag
    from (select coalesce(order_id, shipment_id) as id, d.* from parcels_due(at, policy) d where d.hold_id is null) d;
    for s in select * from parcel_stores r where due is not null order by r.name loop
        ids = case s.layer when 'content' then contents when 'person' then persons else due end;
        continue when ids is null or to_regclass(s.relation) is null;
        return query execute format('select %L, t.tableoid::regclass::text, $4, $3, count(*), coalesce(sum(%s), 0)::bigint
            from %I t where t.tenant_id = $2 and (%s) and (%s) group by t.tableoid order by 2', s.name,
            (select string_agg(format('coalesce(pg_column_size(t.%I), 0)', key), ' + ') from jsonb_each_text(s.sets)),
            s.relation, s.which, s.todo) using ids, current_tenant(), flag, s.layer;
    end loop;
end $$;

-- What else holds one of these addresses (in lower case) of customers and of what carriers were asked, as erase_addresses.
create function erase_parcel_addresses(addresses text[]) returns jsonb language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    who uuid = current_tenant();
    n bigint;
    done jsonb = '[]';
begin
    update customers t set name = '(removed)', email = null, phone = null, reference = ''
    where t.tenant_id = who and (lower(t.email) = any (addresses) or t.phone = any (addresses));
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'customers by address', 'rows', n);
    update delivery_reservations t set request = '{}', results = '{}'
    where t.tenant_id = who and t.state in ('saved', 'cancelled', 'failed') and exists (select from unnest(addresses) a
        where strpos(lower(concat_ws(' ', t.request, t.results)), a) > 0);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'delivery_reservations by address', 'rows', n);
    update thread_suggestions t set subject = '', email = null where t.tenant_id = who and lower(t.email) = any (addresses);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'thread_suggestions by address', 'rows', n);
    update delivery_failures t set sentence = 'Content removed.', raw = null, issue_error = null
    where t.tenant_id = who and exists (select from unnest(addresses) a
        where strpos(lower(concat_ws(' ', t.sentence, t.raw, t.issue_error)), a) > 0);
    get diagnostics n = row_count;
    return done || jsonb_build_object('store', 'delivery_failures by address', 'rows', n);
end $$;

revoke execute on function parcels_purge, parcels_plan, erase_parcel_addresses, held_requests from public;
grant execute on function parcels_purge, erase_parcel_addresses to track_worker;
grant execute on function parcels_plan to track_web, track_worker;

-- ---------------------------------------------------------------- exports

alter table communication_exports add column what text not null default 'communications' check (what in ('communications', 'shipments'));
