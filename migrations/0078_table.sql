-- The table of shipments is found by what its bar says, orders and purchase orders by the words in them; tasks; what several
-- asked for at once is one failure that counts. Writes of shipments, orders and purchase orders wait while the indexes are made.

-- What functions of the owner look through.
do $$
declare
    seen text;
begin
    foreach seen in array array['customers', 'orders', 'purchase_orders', 'shipment_events', 'delivery_failures'] loop
        if not exists (select from pg_policies where schemaname = 'public' and tablename = seen and policyname = 'owner_scope') then
            perform owner_sees_all(seen::regclass);
        end if;
    end loop;
end $$;

-- ---------------------------------------------------------------- words

-- The conditions that a text holds all words, to be put into a statement, in words an index of trigrams serves: one of one or two
-- letters stands where a word of the text begins. Null: none of them has a letter or a digit.
create function words_like(col text, words text[]) returns text language sql immutable parallel safe as $$
    select string_agg(' and (' || w.one || ')', '')
    from (
        select string_agg(case when length(f) > 2 then format('%s like %L', col, '%' || e || '%')
            else format('%1$s like %2$L or %1$s like %3$L', col, e || '%', '% ' || e || '%') end, ' or ' order by f) as one
        from unnest(words) with ordinality t (word, i)
        cross join lateral unnest(word_forms(word)) f
        cross join lateral (select regexp_replace(f, '([%_\\])', '\\\1', 'g')) x (e)
        where word ~ '[^[:punct:][:space:]]'
        group by t.i
    ) w
$$;

-- The same of one word as a regular expression. Null: it has no letter or digit, and says nothing.
create function word_begins(word text) returns text language sql immutable parallel safe as $$
    select string_agg(case when length(f) > 2 then '' else '(^| )' end || regexp_replace(f, '([][\\^$.|?*+(){}])', '\\\1', 'g'), '|' order by f)
    from unnest(word_forms(word)) f
    where word ~ '[^[:punct:][:space:]]'
$$;

-- The same of all words that say something.
create function words_begin(words text[]) returns text[] language sql immutable parallel safe as $$
    select array(select b from unnest(words) w cross join lateral word_begins(w) b where b is not null)
$$;

-- Rows of a table in whose `search` all words stand, where they are few; `many`: they are not, and whoever reads the newest rows
-- meets enough of them soon. By two thousand of them it is told which.
create function words_found(relation regclass, id text, words text[], out ids uuid[], out many boolean) language plpgsql stable
    set synchronize_seqscans = off as $$
declare
    ours text = format('r.tenant_id = %L', current_tenant());
    holding text = words_like('r.search', words);
    n int;
begin
    ids = '{}';
    many = false;
    if holding is null then
        return;
    end if;
    execute format('select count(*) from (select r.search from %s r where %s limit 2000) r where true%s', relation, ours, holding) into n;
    many = n >= 80;
    if not many then
        execute format('select coalesce(array_agg(x.id), ''{}'') from (select r.%I as id from %s r where %s%s limit 2001) x', id, relation,
            ours, holding) into ids;
        many = cardinality(ids) > 2000;
    end if;
    if many then
        ids = '{}';
    end if;
end $$;
revoke execute on function words_found(regclass, text, text[]) from public;

-- ---------------------------------------------------------------- orders and purchase orders

create index orders_search on orders using gin (search gin_trgm_ops) with (gin_pending_list_limit = 1024);
create index orders_shop on orders (tenant_id, shop, placed_at desc, id desc);
create index orders_thread on orders (tenant_id, thread_status, placed_at desc, id desc);
create index purchase_orders_supplier on purchase_orders (tenant_id, lower(supplier) text_pattern_ops);

-- Orders with all words of a text in their number or their recipient's name, and those it is the conversation, the customer's
-- e-mail address, the purchase order's or the parcel's number of. Of the owner for the reason unit_years_found is.
create function orders_found(text, out ids uuid[], out many boolean) language plpgsql stable security definer
    set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    select f.ids, f.many into ids, many from words_found('orders', 'id', regexp_split_to_array(trim($1), '\s+')) f;
    ids = ids || array(
        select o.id from orders o where o.tenant_id = current_tenant() and o.front_conversation_id = $1
        union
        select o.id from customers c join orders o on o.tenant_id = c.tenant_id and o.customer_id = c.id
        where c.tenant_id = current_tenant() and lower(c.email) = lower($1) and c.email is not null
        union
        select p.order_id from purchase_orders p
        where p.tenant_id = current_tenant() and lower(p.number) = lower($1) and p.order_id is not null
        union
        select p.order_id from shipments s join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
        where s.tenant_id = current_tenant() and s.tracking_number = upper(replace($1, ' ', '')) and p.order_id is not null);
end $$;

-- Purchase orders whose number or supplier begins so, where they are few; `many`: they are not.
create function purchase_orders_found(text, out ids uuid[], out many boolean) language plpgsql stable security definer
    set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    first text = lower($1);
    past text = lower($1) || chr(1114111);
begin
    select coalesce(array_agg(x.id), '{}') into ids from (
        select p.id from purchase_orders p
        where p.tenant_id = current_tenant() and lower(p.number) ~>=~ first and lower(p.number) ~<~ past
        union
        select p.id from purchase_orders p
        where p.tenant_id = current_tenant() and lower(p.supplier) ~>=~ first and lower(p.supplier) ~<~ past
        limit 2001) x;
    many = cardinality(ids) > 2000;
    if many then
        ids = '{}';
    end if;
end $$;

-- Orders and purchase orders of these numbers, in whatever letters.
create function parcel_numbers(orders text[], purchase_orders text[], out order_ids uuid[], out purchase_order_ids uuid[])
    language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    order_ids = array(select o.id from orders o where o.tenant_id = current_tenant()
        and lower(o.number) = any (array(select lower(n) from unnest($1) n)));
    purchase_order_ids = array(select p.id from purchase_orders p where p.tenant_id = current_tenant()
        and lower(p.number) = any (array(select lower(n) from unnest($2) n)));
end $$;

-- ---------------------------------------------------------------- the table of shipments

-- What a list of them is narrowed to, beside its purchase order's: as its order has it.
alter table shipments add column order_id uuid, add column shop text, add column country text;
-- Those there are, tenant by tenant: what they ask for is found and counted as they are written.
do $$
declare
    one uuid;
begin
    for one in select id from tenants loop
        perform set_config('track.tenant', one::text, true);
        update shipments s set order_id = o.id, shop = o.shop, country = o.country
        from shipments x
        left join purchase_orders p on p.tenant_id = x.tenant_id and p.id = x.purchase_order_id
        left join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
        where s.tenant_id = one and x.tenant_id = one and x.id = s.id;
    end loop;
    perform set_config('track.tenant', '', true);
end $$;

create index shipments_carrier on shipments (tenant_id, carrier, moved_at desc, id desc);
create index shipments_service on shipments (tenant_id, service, moved_at desc, id desc) where service <> '';
create index shipments_shop on shipments (tenant_id, shop, moved_at desc, id desc) where shop is not null;
create index shipments_country on shipments (tenant_id, country, moved_at desc, id desc) where country is not null;
create index shipments_of_order on shipments (tenant_id, order_id) where order_id is not null;
create index shipments_dry on shipments (tenant_id, moved_at desc, id desc) where dry_run;
create index shipments_promised on shipments (tenant_id, promised_on)
    where status not in ('delivered', 'returned', 'cancelled') and promised_on is not null;

-- The words a shipment is found by, beside it: it moves often, and they do not.
create table shipment_words (
    tenant_id uuid not null,
    shipment_id uuid not null,
    search text not null, -- folded: tracking number, purchase order, order, recipient's name
    primary key (tenant_id, shipment_id),
    foreign key (tenant_id, shipment_id) references shipments (tenant_id, id)
);
create index shipment_words_search on shipment_words using gin (search gin_trgm_ops) with (gin_pending_list_limit = 1024);
select tenant_table('shipment_words'), owner_sees_all('shipment_words');
grant select, insert, update on shipment_words to track_web, track_worker;

-- Writes the words of shipments as they are now.
create function refresh_shipment_words(tenant uuid, ids uuid[]) returns void language sql as $$
    insert into shipment_words as w (tenant_id, shipment_id, search)
    select s.tenant_id, s.id, folded(concat_ws(' ', s.tracking_number, p.number, o.number, o.recipient_name))
    from shipments s
    left join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
    left join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
    where s.tenant_id = tenant and s.id = any (ids)
    on conflict (tenant_id, shipment_id) do update set search = excluded.search where w.search <> excluded.search
$$;
insert into shipment_words (tenant_id, shipment_id, search)
select s.tenant_id, s.id, folded(concat_ws(' ', s.tracking_number, p.number, o.number, o.recipient_name))
from shipments s
left join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
left join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id;

create function shipment_of_order() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    select o.id, o.shop, o.country into new.order_id, new.shop, new.country
    from purchase_orders p
    join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
    where p.tenant_id = new.tenant_id and p.id = new.purchase_order_id;
    return new;
end $$;
create trigger shipment_of_order before insert or update of purchase_order_id on shipments
    for each row execute function shipment_of_order();

create function shipment_words_added() returns trigger language plpgsql as $$
begin
    perform refresh_shipment_words(t.tenant_id, array_agg(t.id)) from added t group by t.tenant_id;
    return null;
end $$;
create trigger shipment_words_added after insert on shipments referencing new table as added
    for each statement execute function shipment_words_added();

create function shipment_words_changed() returns trigger language plpgsql as $$
begin
    perform refresh_shipment_words(new.tenant_id, array[new.id]);
    return null;
end $$;
create trigger shipment_words_changed after update of tracking_number, purchase_order_id, order_id on shipments
    for each row when ((old.tracking_number, old.purchase_order_id, old.order_id)
        is distinct from (new.tracking_number, new.purchase_order_id, new.order_id))
    execute function shipment_words_changed();

-- A purchase order was given to its order.
create function shipments_follow_purchase_order() returns trigger language plpgsql as $$
begin
    update shipments s set purchase_order_id = s.purchase_order_id where s.tenant_id = new.tenant_id and s.purchase_order_id = new.id;
    return null;
end $$;
create trigger shipments_follow after update of order_id on purchase_orders
    for each row when (old.order_id is distinct from new.order_id) execute function shipments_follow_purchase_order();

-- An order is called otherwise, or its recipient is.
create function shipments_follow_order() returns trigger language plpgsql as $$
begin
    if (old.shop, old.country) is distinct from (new.shop, new.country) then
        update shipments s set shop = new.shop, country = new.country where s.tenant_id = new.tenant_id and s.order_id = new.id;
    end if;
    perform refresh_shipment_words(new.tenant_id,
        array(select s.id from shipments s where s.tenant_id = new.tenant_id and s.order_id = new.id));
    return null;
end $$;
create trigger shipments_follow after update of number, recipient_name, shop, country on orders
    for each row when ((old.number, old.recipient_name, old.shop, old.country)
        is distinct from (new.number, new.recipient_name, new.shop, new.country))
    execute function shipments_follow_order();

-- Shipments with all words of a text, and those whose tracking number it is when its blanks are left out. Of the owner for the
-- reason unit_years_found is.
create function shipments_found(text[], out ids uuid[], out many boolean) language plpgsql stable security definer
    set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    select f.ids, f.many into ids, many from words_found('shipment_words', 'shipment_id', $1) f;
    ids = ids || array(select s.id from shipments s
        where s.tenant_id = current_tenant() and s.tracking_number = upper(replace(array_to_string($1, ''), ' ', '')));
end $$;

-- Shipments of which a carrier said one of the codes, where it said them seldom; `many`: it did not.
create function shipments_coded(codes text[], out ids uuid[], out many boolean) language plpgsql stable security definer
    set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    select coalesce(array_agg(distinct x.shipment_id), '{}'), count(*) > 4000 into ids, many from (
        select e.shipment_id from shipment_events e
        where e.tenant_id = current_tenant() and e.type = 'SCAN'
            and left(coalesce(e.detail ->> 'code', e.detail ->> 'milestone'), 100) = any (codes)
        limit 4001) x;
    if many then
        ids = '{}';
    end if;
end $$;

revoke execute on function orders_found, purchase_orders_found, parcel_numbers, shipments_found, shipments_coded from public;
grant execute on function orders_found, purchase_orders_found, parcel_numbers, shipments_found, shipments_coded to track_web;

-- What a filter leaves of the shipments, in words that the planner can use. `found` and `coded`: {ids, many}, of its text and codes;
-- `orders` and `purchaseOrders`: ids, of the numbers it names; `today`: the tenant's.
create function shipments_matching(filter jsonb) returns setof shipments language sql stable parallel safe as $$
    select s.*
    from shipments s
    where s.tenant_id = current_tenant()
        and (filter -> 'status' is null or jsonb_array_length(filter -> 'status') = 1 or s.status = any (filter_texts(filter, 'status')))
        and (jsonb_array_length(filter -> 'status') is distinct from 1 or s.status = (filter_texts(filter, 'status'))[1])
        and (filter -> 'attention' is null or s.attention = any (filter_texts(filter, 'attention')))
        and (filter -> 'notAttention' is null or s.attention <> all (filter_texts(filter, 'notAttention')))
        and (not coalesce(filter -> 'is' ? 'silent', false) or s.silent_since is not null)
        and (not coalesce(filter -> 'notIs' ? 'silent', false) or s.silent_since is null)
        and (filter -> 'carrier' is null or jsonb_array_length(filter -> 'carrier') = 1 or s.carrier = any (filter_texts(filter, 'carrier')))
        and (jsonb_array_length(filter -> 'carrier') is distinct from 1 or s.carrier = (filter_texts(filter, 'carrier'))[1])
        and (filter -> 'notCarrier' is null or s.carrier <> all (filter_texts(filter, 'notCarrier')))
        and (filter -> 'service' is null or s.service <> '')
        and (filter -> 'service' is null or jsonb_array_length(filter -> 'service') = 1 or s.service = any (filter_texts(filter, 'service')))
        and (jsonb_array_length(filter -> 'service') is distinct from 1 or s.service = (filter_texts(filter, 'service'))[1])
        and (filter -> 'notService' is null or s.service <> all (filter_texts(filter, 'notService')))
        and (filter -> 'shop' is null or s.shop is not null)
        and (filter -> 'shop' is null or jsonb_array_length(filter -> 'shop') = 1 or s.shop = any (filter_texts(filter, 'shop')))
        and (jsonb_array_length(filter -> 'shop') is distinct from 1 or s.shop = (filter_texts(filter, 'shop'))[1])
        and (filter -> 'notShop' is null or coalesce(s.shop, '') <> all (filter_texts(filter, 'notShop')))
        and (filter -> 'country' is null or s.country is not null)
        and (filter -> 'country' is null or jsonb_array_length(filter -> 'country') = 1 or s.country = any (filter_texts(filter, 'country')))
        and (jsonb_array_length(filter -> 'country') is distinct from 1 or s.country = (filter_texts(filter, 'country'))[1])
        and (filter -> 'notCountry' is null or coalesce(s.country, '') <> all (filter_texts(filter, 'notCountry')))
        and (filter -> 'order' is null or s.order_id = any (filter_ids(filter, 'orders')))
        and (filter -> 'po' is null or s.purchase_order_id = any (filter_ids(filter, 'purchaseOrders')))
        and (filter -> 'coded' is null or (filter -> 'coded' ->> 'many')::boolean or s.id = any (filter_ids(filter -> 'coded', 'ids')))
        and (not coalesce((filter -> 'coded' ->> 'many')::boolean, false) or exists (select from shipment_events e
            where e.tenant_id = current_tenant() and e.shipment_id = s.id and e.type = 'SCAN'
                and left(coalesce(e.detail ->> 'code', e.detail ->> 'milestone'), 100) = any (filter_texts(filter, 'code')) offset 0))
        and (filter -> 'before' is null or s.moved_at < (filter ->> 'before')::timestamptz)
        and (filter -> 'after' is null or s.moved_at >= (filter ->> 'after')::timestamptz)
        and (not coalesce(filter -> 'is' ? 'dry', false) or s.dry_run)
        and (not coalesce(filter -> 'notIs' ? 'dry', false) or not s.dry_run)
        and (not coalesce(filter -> 'is' ? 'late', false) or (s.status not in ('delivered', 'returned', 'cancelled')
            and s.promised_on is not null and s.promised_on < (filter ->> 'today')::date))
        and (not coalesce(filter -> 'notIs' ? 'late', false) or s.status in ('delivered', 'returned', 'cancelled')
            or s.promised_on is null or s.promised_on >= (filter ->> 'today')::date)
        and (not coalesce(filter -> 'has' ? 'failure', false) or s.order_id = any (array(select f.order_id from delivery_failures f
            where f.tenant_id = current_tenant() and f.resolved_at is null)))
        and (not coalesce(filter -> 'notHas' ? 'failure', false) or not exists (select from delivery_failures f
            where f.tenant_id = current_tenant() and f.order_id = s.order_id and f.resolved_at is null))
        and (filter -> 'found' is null or (filter -> 'found' ->> 'many')::boolean or s.id = any (filter_ids(filter -> 'found', 'ids')))
        and (not coalesce((filter -> 'found' ->> 'many')::boolean, false) or s.id = any (filter_ids(filter -> 'found', 'ids'))
            or exists (select from shipment_words w where w.tenant_id = current_tenant() and w.shipment_id = s.id
                and w.search ~ all (words_begin(filter_texts(filter, 'text'))) offset 0))
        and (filter -> 'notText' is null or not exists (select from shipment_words w where w.tenant_id = current_tenant()
            and w.shipment_id = s.id and w.search ~ any (words_begin(filter_texts(filter, 'notText'))) offset 0))
$$;

-- ---------------------------------------------------------------- tasks

create table fulfilment_tasks (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    kind text not null check (kind in ('pick', 'pack', 'hand_over', 'resolve_exception', 'answer_ndr', 'claim', 'map_code', 'other')),
    order_id uuid,
    shipment_id uuid,
    title text not null default '' check (length(title) <= 200),
    state text not null default 'open' check (state in ('open', 'done', 'dropped')),
    due_at timestamptz not null default 'infinity',
    assignee_id uuid,
    made_by_name text, -- null: made by itself
    created_at timestamptz not null default now(),
    closed_at timestamptz,
    closed_by_name text, -- null: closed by itself
    close_note text not null default '',
    primary key (tenant_id, id),
    foreign key (tenant_id, order_id) references orders (tenant_id, id),
    foreign key (tenant_id, shipment_id) references shipments (tenant_id, id),
    foreign key (tenant_id, assignee_id) references users (tenant_id, id),
    check ((state = 'open') = (closed_at is null))
);
create unique index fulfilment_tasks_alone on fulfilment_tasks (tenant_id, shipment_id, kind)
    where state = 'open' and made_by_name is null;
create index fulfilment_tasks_open on fulfilment_tasks (tenant_id, due_at, id) where state = 'open';
create index fulfilment_tasks_mine on fulfilment_tasks (tenant_id, assignee_id, due_at, id) where state = 'open';
create index fulfilment_tasks_closed on fulfilment_tasks (tenant_id, closed_at desc, id desc) where state <> 'open';
create index fulfilment_tasks_shipment on fulfilment_tasks (tenant_id, shipment_id) where shipment_id is not null;
create index fulfilment_tasks_order on fulfilment_tasks (tenant_id, order_id) where order_id is not null;
select tenant_table('fulfilment_tasks');
grant select, insert, update on fulfilment_tasks to track_web, track_worker;

-- ---------------------------------------------------------------- failures

-- Of a delivery asked for while it was under way there is one row that counts, as of the other kinds.
with counted as (
    select tenant_id, reservation_id, (array_agg(id order by last_at desc, id desc))[1] as id, sum(times)::int as times,
        min(first_at) as first_at
    from delivery_failures
    where kind = 'concurrent' and resolved_at is null
    group by tenant_id, reservation_id having count(*) > 1
), kept as (
    update delivery_failures f set times = c.times, first_at = c.first_at
    from counted c where f.tenant_id = c.tenant_id and f.id = c.id
)
delete from delivery_failures f using counted c
where f.tenant_id = c.tenant_id and f.reservation_id = c.reservation_id and f.kind = 'concurrent' and f.resolved_at is null and f.id <> c.id;
create unique index delivery_failures_concurrent on delivery_failures (tenant_id, reservation_id)
    where kind = 'concurrent' and resolved_at is null;
create index delivery_failures_order on delivery_failures (tenant_id, order_id) where resolved_at is null;
