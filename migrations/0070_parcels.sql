-- Parcels: customers, orders, purchase orders, shipments with their timelines, and what customers were told.

create table customers (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    reference text not null default '', -- the shop's own id
    name text not null,
    email text,
    phone text,
    language text not null default '', -- '': the tenant's
    created_at timestamptz not null default now(),
    primary key (tenant_id, id)
);
create index customers_email on customers (tenant_id, lower(email)) where email is not null;
create unique index customers_reference on customers (tenant_id, reference) where reference <> '';
select tenant_table('customers');

create table orders (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    number text not null check (number <> '' and length(number) <= 60),
    shop text not null default '',
    customer_id uuid not null,
    status text not null default 'new' check (status in ('new', 'reserved', 'shipped', 'partly_delivered', 'delivered', 'exception',
        'returned', 'cancelled')),
    placed_at timestamptz not null default now(),
    promised_on date,
    currency text not null default 'CHF' check (currency ~ '^[A-Z]{3}$'),
    total_minor bigint not null default 0,
    shipping_minor bigint not null default 0,
    tax_minor bigint not null default 0,
    recipient_name text not null,
    street text not null default '',
    postal_code text not null default '',
    city text not null default '',
    region text not null default '',
    country text not null check (country ~ '^[A-Z]{2}$'),
    billing jsonb, -- {name, street, postalCode, city, region, country}; null: as above
    note text not null default '',
    front_conversation_id text check (front_conversation_id ~ '^[A-Za-z0-9_-]{1,64}$'), -- it becomes part of addresses
    thread_status text not null default 'unmatched' check (thread_status in ('unmatched', 'auto_matched', 'manually_linked')),
    thread_at timestamptz,
    thread_by text,
    cancelled_at timestamptz,
    created_at timestamptz not null default now(),
    moved_at timestamptz not null default now(),
    search text not null generated always as (folded(number || ' ' || recipient_name)) stored, -- what words of a search stand in
    primary key (tenant_id, id),
    unique (tenant_id, shop, number),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id),
    check (thread_status = 'unmatched' or front_conversation_id is not null)
) with (fillfactor = 85);
create index orders_recent on orders (tenant_id, placed_at desc, id desc);
create index orders_status on orders (tenant_id, status, placed_at desc, id desc);
create index orders_number on orders (tenant_id, lower(number) text_pattern_ops);
create index orders_conversation on orders (tenant_id, front_conversation_id) where front_conversation_id is not null;
create index orders_customer on orders (tenant_id, customer_id);
select tenant_table('orders');

create table order_items (
    tenant_id uuid not null,
    order_id uuid not null,
    position smallint not null,
    sku text not null default '',
    name text not null,
    quantity int not null check (quantity > 0),
    unit_minor bigint not null default 0,
    tax_minor bigint not null default 0,
    hsn text not null default '',
    primary key (tenant_id, order_id, position),
    foreign key (tenant_id, order_id) references orders (tenant_id, id)
);
select tenant_table('order_items');

-- May be there before it is known of which order it is.
create table purchase_orders (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    number text not null check (number <> '' and length(number) <= 60),
    supplier text not null default '',
    order_id uuid,
    items jsonb not null default '[]', -- [{sku, quantity}]
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, supplier, number),
    foreign key (tenant_id, order_id) references orders (tenant_id, id)
);
create index purchase_orders_order on purchase_orders (tenant_id, order_id) where order_id is not null;
create index purchase_orders_number on purchase_orders (tenant_id, lower(number) text_pattern_ops);
create index purchase_orders_recent on purchase_orders (tenant_id, created_at desc, id desc);
select tenant_table('purchase_orders');

-- ---------------------------------------------------------------- shipments

create table shipments (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    purchase_order_id uuid,
    carrier text not null, -- 'shiprocket', or a courier's own code
    carrier_name text not null default '',
    service text not null default '',
    tracking_number text check (length(tracking_number) between 1 and 60), -- upper case, without blanks
    public_token text not null check (length(public_token) >= 22), -- of its page for everybody
    dry_run boolean not null default false,
    status text not null default 'pending' check (status in ('pending', 'info_received', 'in_transit', 'out_for_delivery',
        'failed_attempt', 'available_for_pickup', 'delivered', 'exception', 'returned', 'cancelled')),
    status_at timestamptz, -- when what it stands on occurred
    evidence_grade char(1) check (evidence_grade in ('A', 'B', 'C', 'D', 'X')),
    contradiction jsonb,
    last_scan_at timestamptz, -- of the scan that occurred last
    last_scan text not null default '', -- its raw text
    last_location text not null default '',
    promised_on date, -- what the customer was promised
    shipped_at timestamptz,
    out_for_delivery_at timestamptz,
    delivered_at timestamptz,
    exception_at timestamptz,
    event_seq int not null default 0,
    event_head bytea not null default '\x',
    last_event_type text,
    last_event_at timestamptz,
    created_at timestamptz not null default now(),
    moved_at timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, purchase_order_id) references purchase_orders (tenant_id, id)
) with (fillfactor = 75);
create unique index shipments_tracking on shipments (tenant_id, carrier, tracking_number) where tracking_number is not null;
create index shipments_number on shipments (tenant_id, tracking_number text_pattern_ops) where tracking_number is not null;
create index shipments_order on shipments (tenant_id, purchase_order_id) where purchase_order_id is not null;
create unique index shipments_public on shipments (public_token);
create index shipments_recent on shipments (tenant_id, moved_at desc, id desc);
create index shipments_status on shipments (tenant_id, status, moved_at desc, id desc);
select tenant_table('shipments'), owner_sees_all('shipments');

-- Whose the page for everybody is.
create function tracking_owner(token text, out tenant_id uuid, out shipment_id uuid) language sql stable security definer
    set search_path = public, pg_temp as $$
    select s.tenant_id, s.id from shipments s where s.public_token = token
$$;
revoke execute on function tracking_owner(text) from public;

create table shipment_events (
    tenant_id uuid not null,
    shipment_id uuid not null,
    seq int not null,
    id uuid not null default uuid7(),
    type text not null check (type in ('CREATED', 'AWB_ASSIGNED', 'PICKUP_SCHEDULED', 'LABEL_MADE', 'SCAN', 'STATUS_SET', 'ESTIMATE',
        'NOTIFIED', 'NOT_NOTIFIED', 'CARRIER_ACTION', 'LINKED', 'CANCELLED', 'NOTE')),
    source text not null check (source in ('system', 'worker', 'carrier', 'provider', 'user', 'recipient')),
    grade char(1) check (grade in ('A', 'B', 'C', 'D', 'X')), -- null: our own record
    status text, -- what it claims; null: nothing of the status
    status_after text not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null default now(),
    actor_id uuid,
    actor_name text,
    sentence text not null,
    detail jsonb not null default '{}', -- {rawStatus, code, category, milestone, location, occurredText, courier, raw, …}
    inbox_id uuid,
    mapper text,
    dedupe_key text,
    caused_by uuid,
    salt bytea,
    content_hash bytea not null,
    prev_hash bytea not null,
    hash bytea not null,
    primary key (tenant_id, shipment_id, seq, received_at)
) partition by range (received_at);
select tenant_table('shipment_events'), append_only('shipment_events');

-- As event_facts and its kin have it for communications.
create function shipment_event_facts(e shipment_events) returns text language sql stable parallel safe as $$
    select jsonb_build_array(e.shipment_id, e.seq, e.id, e.type, e.source, e.grade, e.status, e.status_after,
        extract(epoch from e.occurred_at), extract(epoch from e.received_at), e.actor_id, e.actor_name, e.inbox_id, e.mapper,
        e.dedupe_key, e.caused_by)::text
$$;

create function shipment_event_digest(e shipment_events) returns bytea language sql stable parallel safe as $$
    select sha256(e.prev_hash || e.content_hash || convert_to(shipment_event_facts(e), 'UTF8'))
$$;

create function shipment_event_whole(e shipment_events) returns boolean language sql stable parallel safe as $$
    select coalesce(e.hash = shipment_event_digest(e) and case when e.salt is null then e.detail = '{}'
        else e.content_hash = event_content(e.salt, e.sentence, e.detail) end, false)
$$;

-- One statement adds at most one event to each shipment.
create function shipment_event_link() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
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
create trigger shipment_event_link before insert on shipment_events for each row execute function shipment_event_link();

-- Moves the shipments of new events: everything that can be read off an event is, so that it can be made again from them.
create function shipment_event_apply() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    update shipments s set event_seq = e.seq, event_head = e.hash, status = e.status_after, last_event_type = e.type,
        last_event_at = e.occurred_at,
        moved_at = case when e.type in ('NOTE', 'NOTIFIED', 'NOT_NOTIFIED') then s.moved_at else clock_timestamp() end,
        status_at = case when e.status_after <> s.status then e.occurred_at
            when e.status = s.status then greatest(s.status_at, e.occurred_at) else s.status_at end,
        evidence_grade = case when e.status_after <> s.status then e.grade when e.status = s.status then least(s.evidence_grade, e.grade)
            else s.evidence_grade end,
        contradiction = case when e.detail ? 'contradicts' then jsonb_build_object('sentence', e.sentence, 'status', e.status,
            'source', e.source, 'grade', e.grade, 'at', e.occurred_at, 'against', e.detail -> 'contradicts') else s.contradiction end,
        last_scan_at = case when e.type = 'SCAN' then greatest(s.last_scan_at, e.occurred_at) else s.last_scan_at end,
        last_scan = case when e.type = 'SCAN' and (s.last_scan_at is null or e.occurred_at >= s.last_scan_at)
            then coalesce(e.detail ->> 'rawStatus', e.sentence) else s.last_scan end,
        last_location = case when e.type = 'SCAN' and (s.last_scan_at is null or e.occurred_at >= s.last_scan_at)
            then coalesce(e.detail ->> 'location', s.last_location) else s.last_location end,
        shipped_at = case when e.status in ('in_transit', 'out_for_delivery', 'failed_attempt', 'available_for_pickup', 'delivered')
            then least(s.shipped_at, e.occurred_at) else s.shipped_at end,
        out_for_delivery_at = case when e.status = 'out_for_delivery' then greatest(s.out_for_delivery_at, e.occurred_at)
            else s.out_for_delivery_at end,
        delivered_at = case when e.status = 'delivered' and e.status_after = 'delivered' then least(s.delivered_at, e.occurred_at)
            else s.delivered_at end,
        exception_at = case when e.status_after = 'exception' and s.status <> 'exception' then e.occurred_at else s.exception_at end
    from added e
    where s.tenant_id = e.tenant_id and s.id = e.shipment_id;
    return null;
end $$;
create trigger shipment_event_apply after insert on shipment_events referencing new table as added
    for each statement execute function shipment_event_apply();
select make_month_partitions('shipment_events', 12);

-- Which shipments there ever were, as communication_register.
create table shipment_register (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    shipments uuid[] not null,
    at timestamptz not null default now(),
    primary key (tenant_id, id)
);
select tenant_table('shipment_register'), append_only('shipment_register');

create function register_shipments() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    insert into shipment_register (tenant_id, shipments) select tenant_id, array_agg(id) from added group by tenant_id;
    return null;
end $$;
create trigger register_inserted after insert on shipments referencing new table as added
    for each statement execute function register_shipments();

-- ---------------------------------------------------------------- what customers were told

create table customer_notifications (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    key text not null, -- customer:{eventId}:{shipmentId}:{type}
    event_id uuid not null,
    shipment_id uuid not null,
    order_id uuid,
    type text not null check (type in ('shipped', 'out_for_delivery', 'delivered', 'exception')),
    state text not null check (state in ('queued', 'sending', 'sent', 'skipped', 'failed', 'superseded')),
    reason text, -- of skipped, failed, superseded
    conversation_id text,
    language text,
    marker text not null, -- in the link of its text: how it is found in the conversation
    tried_at timestamptz, -- of the last call that may have sent it
    looks int not null default 0, -- since then, in vain
    message_uid text,
    message_id text,
    error text,
    created_at timestamptz not null default now(),
    settled_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, key),
    unique (tenant_id, marker),
    foreign key (tenant_id, shipment_id) references shipments (tenant_id, id),
    foreign key (tenant_id, order_id) references orders (tenant_id, id)
) with (fillfactor = 80);
create index customer_notifications_shipment on customer_notifications (tenant_id, shipment_id, created_at);
create index customer_notifications_order on customer_notifications (tenant_id, order_id) where order_id is not null;
create index customer_notifications_state on customer_notifications (tenant_id, state, id);
create index customer_notifications_sending on customer_notifications (tenant_id, conversation_id) where state = 'sending';
select tenant_table('customer_notifications');

-- ---------------------------------------------------------------- grants

grant select, insert, update on customers, orders, purchase_orders, shipments, customer_notifications to track_web, track_worker;
grant select, insert on order_items, shipment_events, shipment_register to track_web, track_worker;
grant execute on function tracking_owner(text) to track_web;
