-- Parcels come due again when content comes after theirs was removed; what is due is found by indexes; an address that is looked
-- for is a whole one.

-- ---------------------------------------------------------------- what comes after

-- A mark says that nothing is left to remove: that of an order is gone where one of its shipments has none.
create function shipment_content_comes() returns trigger language plpgsql as $$
begin
    new.content_removed_at = null;
    return new;
end $$;
create trigger shipment_content_comes before update of event_seq on shipments
    for each row when (old.content_removed_at is not null and new.event_seq is distinct from old.event_seq)
    execute function shipment_content_comes();

create function order_follows_content() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update orders o set content_removed_at = null
    where o.tenant_id = new.tenant_id and o.id = new.order_id and o.content_removed_at is not null;
    return null;
end $$;
create trigger order_follows_added after insert on shipments
    for each row when (new.order_id is not null) execute function order_follows_content();
create trigger order_follows_content after update on shipments
    for each row when (new.order_id is not null and new.content_removed_at is null
        and (old.content_removed_at is not null or new.order_id is distinct from old.order_id))
    execute function order_follows_content();

create function order_content_comes() returns trigger language plpgsql as $$
begin
    if current_setting('track.purging', true) is distinct from 'on' then
        if new.note <> old.note then
            new.content_removed_at = null;
        end if;
        if (new.recipient_name, new.street, new.postal_code, new.city, new.region, new.billing)
                is distinct from (old.recipient_name, old.street, old.postal_code, old.city, old.region, old.billing) then
            new.person_removed_at = null;
        end if;
    end if;
    return new;
end $$;
create trigger order_content_comes before update of note, recipient_name, street, postal_code, city, region, billing on orders
    for each row when (old.content_removed_at is not null or old.person_removed_at is not null)
    execute function order_content_comes();

-- Of what is beside them, by its shipment or its order.
create function parcel_content_comes() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
    of jsonb = to_jsonb(new);
begin
    if current_setting('track.purging', true) is distinct from 'on' then
        update shipments s set content_removed_at = null
        where s.tenant_id = new.tenant_id and s.id = (of ->> 'shipment_id')::uuid and s.content_removed_at is not null;
        update orders o set content_removed_at = null
        where o.tenant_id = new.tenant_id and o.id = (of ->> 'order_id')::uuid and o.content_removed_at is not null;
    end if;
    return null;
end $$;
revoke execute on function order_follows_content, parcel_content_comes from public;

do $$
declare
    t text;
begin
    foreach t in array array['customer_notifications', 'delivery_reservations', 'delivery_failures', 'thread_suggestions', 'shipment_acts',
        'trackers', 'fulfilment_tasks'] loop
        execute format('create trigger parcel_content_comes after insert or update on %I for each row execute function parcel_content_comes()', t);
    end loop;
end $$;

-- The file of an act that was emptied stays nobody's when its shipment has content again.
update retention_references set live = 't.sentence <> ''Content removed.''' where relation = 'shipment_acts';

-- ---------------------------------------------------------------- what is due

create index orders_kept on orders (tenant_id, moved_at)
    where status in ('delivered', 'returned', 'cancelled') and (content_removed_at is null or person_removed_at is null);
create index shipments_kept on shipments (tenant_id, moved_at)
    where order_id is null and content_removed_at is null and status in ('delivered', 'returned', 'cancelled');

-- As 0080 has it. Both ends of the time are given: by one alone a third of all rows is expected, and all are read.
create or replace function parcels_due(at timestamptz, policy jsonb) returns table (order_id uuid, shipment_id uuid, content boolean,
    person boolean, deletes boolean, hold_id uuid) language sql stable as $$
    with p as materialized (
        select x.content_days, x.person_days, x."delete" from (
            select 0 as place, (policy ->> 'contentDays')::int as content_days, (policy ->> 'personDays')::int as person_days,
                (policy ->> 'delete')::boolean as "delete" where policy ->> 'hint' = 'parcels'
            union all select 1, content_days, person_days, r."delete" from retention_policies r
            where r.tenant_id = current_tenant() and r.hint = 'parcels'
            union all select 2, 730, 730, false) x
        order by x.place limit 1
    ), held as materialized (
        select distinct on (k.id) k.id, h.id as hold_id
        from legal_holds h cross join lateral hold_keeps_orders(h.scope, h.value) k
        where h.tenant_id = current_tenant() and h.lifted_at is null and h.scope in ('order', 'person')
        order by k.id, h.created_at, h.id
    )
    select o.id, null::uuid, d.content, d.person, p."delete", (select h.hold_id from held h where h.id = o.id)
    from p
    cross join orders o
    cross join lateral (select max(s.moved_at) as moved_at from shipments s where s.tenant_id = o.tenant_id and s.order_id = o.id) s
    cross join lateral (
        select o.content_removed_at is null and e.ended < at - make_interval(days => p.content_days) as content,
            o.person_removed_at is null and e.ended < at - make_interval(days => p.person_days) as person
        from (select greatest(o.moved_at, s.moved_at) as ended) e) d
    where o.tenant_id = current_tenant() and o.moved_at > '-infinity'
        and o.moved_at < at - (select make_interval(days => least(content_days, person_days)) from p)
        and o.status in ('delivered', 'returned', 'cancelled') and (o.content_removed_at is null or o.person_removed_at is null)
        and (d.content or d.person)
        and not exists (select from delivery_reservations r
            where r.tenant_id = o.tenant_id and r.order_id = o.id and r.state in ('running', 'waiting'))
    union all
    select null, s.id, true, false, p."delete", null
    from p
    cross join shipments s
    where s.tenant_id = current_tenant() and s.moved_at > '-infinity'
        and s.moved_at < at - (select make_interval(days => content_days) from p)
        and s.order_id is null and s.content_removed_at is null and s.status in ('delivered', 'returned', 'cancelled')
$$;

-- ---------------------------------------------------------------- stores

insert into parcel_stores values
('fulfilment_tasks', 'fulfilment_tasks', 'both', 't.order_id = any ($1) or t.shipment_id in (select parcels_of($1))',
    't.title <> '''' or t.close_note <> ''''', '{"title": "''''", "close_note": "''''"}');
update parcel_stores set todo = todo || ' or t.url <> ''(removed)''', sets = sets || '{"url": "''(removed)''"}'
where name = 'http_calls of parcels';

-- What was removed before had these left; what came after that comes due; failures that were open before the board was there are
-- on it. Each tenant's rows are seen as its own.
do $$
declare
    store parcel_stores;
    who uuid;
    removed uuid[];
begin
    perform set_config('track.purging', 'on', true);
    for who in select id from tenants loop
        perform set_config('track.tenant', who::text, true);
        update shipments s set open_failures = x.n
        from (select d.shipment_id as id, count(*)::int as n
            from delivery_failures f join delivery_reservations d on d.tenant_id = f.tenant_id and d.id = f.reservation_id
            where f.tenant_id = who and f.resolved_at is null and d.shipment_id is not null group by 1) x
        where s.tenant_id = who and s.id = x.id and s.open_failures <> x.n;
        select array_agg(x.id) into removed from (
            select id from orders where tenant_id = who and content_removed_at is not null
            union all select id from shipments where tenant_id = who and content_removed_at is not null) x;
        continue when removed is null;
        for store in select * from parcel_stores where name in ('fulfilment_tasks', 'http_calls of parcels') loop
            execute format('update %I t set %s where t.tenant_id = $2 and (%s) and (%s)', store.relation,
                (select string_agg(format('%I = %s', key, value), ', ') from jsonb_each_text(store.sets)), store.which, store.todo) using removed, who;
        end loop;
        update shipments s set content_removed_at = null where s.tenant_id = who and s.content_removed_at is not null
            and exists (select from shipment_events e where e.tenant_id = who and e.shipment_id = s.id and e.salt is not null);
        update orders o set content_removed_at = null where o.tenant_id = who and o.content_removed_at is not null
            and (o.note <> '' or exists (select from shipments s
                where s.tenant_id = who and s.order_id = o.id and s.content_removed_at is null));
    end loop;
    perform set_config('track.tenant', '', true), set_config('track.purging', '', true);
end $$;

-- ---------------------------------------------------------------- addresses

-- Whether one of the addresses (in lower case; e-mail or phone) stands in the text by itself, not as part of another: a@b.ch does not
-- in anna@b.ch, x.a@b.ch or a@b.ch.example. The text may be of an address, JSON or octets as Postgres escapes them.
create function holds_address(text text, addresses text[]) returns boolean language plpgsql immutable parallel safe as $$
declare
    low text = replace(replace(lower(text), '%40', '@'), '%2b', '+');
    a text;
begin
    foreach a in array addresses loop
        if strpos(low, a) > 0 and regexp_replace(low, '\\u[0-9a-f]{4}|\\+([0-7]{3}|[a-z])|%[0-9a-f]{2}', ' ', 'g')
                ~ ('(?<![[:alnum:]]|[[:alnum:]][._+-])' || regexp_replace(a, '([][\\^$.|?*+(){}])', '\\\1', 'g')
                    || '(?![[:alnum:]]|\.[[:alnum:]]|-[[:alnum:]-]*\.[[:alnum:]])') then
            return true;
        end if;
    end loop;
    return false;
end $$;

-- As 0027 has it, of whole addresses.
create or replace function erase_addresses(addresses text[]) returns jsonb language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    who uuid = current_tenant();
    n bigint;
    done jsonb = '[]';
begin
    update http_calls t set request = null, response = null, error = null, url = '(removed)'
    where t.tenant_id = who and holds_address(concat_ws(' ', t.url, t.request, t.response, t.error), addresses);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'http_calls by address', 'rows', n);
    update inbox t set body = '', headers = '{}', error = null
    where t.tenant_id = who and t.body <> '' and holds_address(encode(t.body, 'escape'), addresses);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'inbox by address', 'rows', n);
    delete from idempotency_keys t where t.tenant_id = who and holds_address(encode(t.body, 'escape'), addresses);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'idempotency_keys', 'rows', n);
    update domain_events t set data = t.data - 'sentence'
    where t.tenant_id = who and holds_address(t.data ->> 'sentence', addresses);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'domain_events by address', 'rows', n);
    update jobs t set errors = '[]' where t.tenant_id = who and holds_address(t.errors::text, addresses);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'jobs by address', 'rows', n);
    update job_history t set errors = '[]' where t.tenant_id = who and holds_address(t.errors::text, addresses);
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

-- As 0080 has it, of whole addresses, also of what is to be done by hand.
create or replace function erase_parcel_addresses(addresses text[]) returns jsonb language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    who uuid = current_tenant();
    n bigint;
    done jsonb = '[]';
begin
    perform set_config('track.purging', 'on', true);
    update customers t set name = '(removed)', email = null, phone = null, reference = ''
    where t.tenant_id = who and (lower(t.email) = any (addresses) or t.phone = any (addresses));
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'customers by address', 'rows', n);
    update delivery_reservations t set request = '{}', results = '{}'
    where t.tenant_id = who and t.state in ('saved', 'cancelled', 'failed')
        and holds_address(concat_ws(' ', t.request, t.results), addresses);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'delivery_reservations by address', 'rows', n);
    update thread_suggestions t set subject = '', email = null where t.tenant_id = who
        and (lower(t.email) = any (addresses) or holds_address(t.subject, addresses));
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'thread_suggestions by address', 'rows', n);
    update delivery_failures t set sentence = 'Content removed.', raw = null, issue_error = null
    where t.tenant_id = who and holds_address(concat_ws(' ', t.sentence, t.raw, t.issue_error), addresses);
    get diagnostics n = row_count;
    done = done || jsonb_build_object('store', 'delivery_failures by address', 'rows', n);
    update fulfilment_tasks t set title = '', close_note = ''
    where t.tenant_id = who and holds_address(concat_ws(' ', t.title, t.close_note), addresses);
    get diagnostics n = row_count;
    perform set_config('track.purging', '', true);
    return done || jsonb_build_object('store', 'fulfilment_tasks by address', 'rows', n);
end $$;
