-- Deliveries: what is asked of a carrier once and only once, and what went wrong with it.

create table delivery_reservations (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    order_id uuid not null,
    parcel int not null check (parcel between 1 and 99),
    purchase_order_id uuid not null,
    carrier text not null,
    dry_run boolean not null,
    our_ref text not null check (our_ref ~ '^[A-Za-z0-9-]{1,50}$'), -- what the carrier knows it by; never used again
    asked jsonb not null, -- the input: the same again resumes what failed
    request jsonb not null, -- what the carrier is told, the same at every try
    state text not null default 'running' check (state in ('running', 'waiting', 'failed', 'saved', 'cancelled')),
    step text not null default 'create' check (step in ('create', 'awb', 'pickup', 'save', 'done')),
    begun_at timestamptz, -- of a call whose outcome is not known, written before it is made
    tries int not null default 0, -- calls of the step that may have been carried out
    looks int not null default 0, -- how often the one not known was looked for in vain
    cancelling boolean not null default false,
    known jsonb not null default '{}', -- {orderId, shipmentId, trackingNumber, courierName, pickupToken, pickupOn}
    results jsonb not null default '{}', -- {create, awb, pickup}: the carrier's answers
    fence bigint not null default 0, -- goes up with every write: who read an older one writes nothing
    shipment_id uuid,
    created_at timestamptz not null default now(),
    created_by_name text not null default '',
    moved_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, our_ref),
    foreign key (tenant_id, order_id) references orders (tenant_id, id),
    foreign key (tenant_id, purchase_order_id) references purchase_orders (tenant_id, id),
    foreign key (tenant_id, shipment_id) references shipments (tenant_id, id),
    check ((state = 'saved') = (shipment_id is not null))
) with (fillfactor = 80);
create unique index delivery_reservations_live on delivery_reservations (tenant_id, order_id, parcel)
    where state <> 'cancelled';
create index delivery_reservations_order on delivery_reservations (tenant_id, order_id, created_at);
create index delivery_reservations_shipment on delivery_reservations (tenant_id, shipment_id)
    where shipment_id is not null;
select tenant_table('delivery_reservations');

-- One a failure; of what is tried again and fails alike, one that counts.
create table delivery_failures (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    order_id uuid not null,
    reservation_id uuid not null,
    step text not null check (step in ('reserve', 'create', 'awb', 'pickup', 'save', 'cancel')),
    kind text not null check (kind in ('concurrent', 'refused', 'unknown', 'limited', 'unreachable')),
    sentence text not null,
    code text,
    field text, -- of the input, as in the API
    raw jsonb, -- the carrier's answer
    retry text not null check (retry in ('none', 'waits', 'exhausted', 'retried')),
    next_try_at timestamptz,
    times int not null default 1,
    first_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    resolved_at timestamptz,
    resolved_by_name text, -- null: it went on by itself
    primary key (tenant_id, id),
    foreign key (tenant_id, order_id) references orders (tenant_id, id),
    foreign key (tenant_id, reservation_id) references delivery_reservations (tenant_id, id)
);
create unique index delivery_failures_waiting on delivery_failures (tenant_id, reservation_id, step, kind)
    where retry = 'waits' and resolved_at is null;
create index delivery_failures_reservation on delivery_failures (tenant_id, reservation_id, last_at desc);
create index delivery_failures_open on delivery_failures (tenant_id, last_at desc, id desc) where resolved_at is null;
create index delivery_failures_recent on delivery_failures (tenant_id, last_at desc, id desc);
select tenant_table('delivery_failures');

grant select, insert, update on delivery_reservations, delivery_failures to track_web, track_worker;
