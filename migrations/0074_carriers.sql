-- What carriers' codes mean to us, and what Ship24 is asked to track.

create table carrier_codes (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    carrier text not null check (length(carrier) between 1 and 40), -- whose code it is: 'ship24', or a carrier that posts callbacks
    code text not null check (length(code) between 1 and 100),
    meaning text check (meaning in ('pending', 'info_received', 'in_transit', 'out_for_delivery', 'failed_attempt',
        'available_for_pickup', 'delivered', 'exception', 'returned', 'cancelled', 'nothing')), -- null: not mapped
    revision int not null default 0, -- goes up with each mapping
    seen bigint not null default 0, -- scans with it that nobody could read
    example text, -- the words of the last of them
    example_shipment_id uuid,
    first_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    mapped_at timestamptz,
    mapped_by_name text,
    rerun_revision int, -- which mapping was last brought to what was kept
    rerun_state text check (rerun_state in ('running', 'done')),
    rerun_at timestamptz,
    rerun_scans int not null default 0,
    rerun_shipments int not null default 0, -- whose status it changed
    primary key (tenant_id, id),
    unique (tenant_id, carrier, code)
) with (fillfactor = 80);
create index carrier_codes_open on carrier_codes (tenant_id, last_at desc, id desc) where meaning is null and seen > 0;
create index carrier_codes_recent on carrier_codes (tenant_id, last_at desc, id desc);
select tenant_table('carrier_codes');
grant select, insert, update on carrier_codes to track_web, track_worker;

-- The scans of a code, which is what the carrier calls it, or its milestone.
create index shipment_events_code on shipment_events
    (tenant_id, (left(coalesce(detail ->> 'code', detail ->> 'milestone'), 100)), shipment_id) where type = 'SCAN';

-- Of what a shipment's status stands on only the day is known: status_at is its noon.
alter table shipments add status_day_only boolean not null default false;

-- What Ship24 is asked to track: one for each shipment, whose id it is given as clientTrackerId.
create table trackers (
    tenant_id uuid not null references tenants,
    shipment_id uuid not null,
    account_id uuid not null,
    dry_run boolean not null, -- a stand-in answered: nothing is tracked
    asked jsonb not null, -- what it is told, the same at every try: other values would make another tracker
    state text not null default 'wanted' check (state in ('wanted', 'made', 'refused')),
    begun_at timestamptz, -- of a call that may have made it, written before that: it is looked for before it is made again
    tries int not null default 0,
    next_at timestamptz not null default now(), -- while it is wanted: not before
    external_id text, -- Ship24's
    why text, -- of the last failure
    code text,
    wanted_at timestamptz not null default now(),
    wanted_by_name text,
    made_at timestamptz,
    looked_at timestamptz, -- when its results were asked for last
    resent_at timestamptz, -- when what was posted was last asked for again
    resent int, -- so many messages it then said to send
    primary key (tenant_id, shipment_id),
    foreign key (tenant_id, shipment_id) references shipments (tenant_id, id),
    foreign key (tenant_id, account_id) references provider_accounts (tenant_id, id),
    check ((state = 'made') = (external_id is not null))
) with (fillfactor = 75);
create index trackers_wanted on trackers (tenant_id, account_id, next_at) where state = 'wanted';
create index trackers_made on trackers (tenant_id, looked_at nulls first) where state = 'made' and not dry_run;
select tenant_table('trackers');
grant select, insert, update on trackers to track_web, track_worker;

-- Whether an account at a carrier works, as it was tried last.
create table carrier_checks (
    tenant_id uuid not null references tenants,
    account_id uuid not null,
    state text not null check (state in ('running', 'done')),
    ok boolean,
    said text,
    asked_at timestamptz not null default now(),
    asked_by_name text,
    done_at timestamptz,
    primary key (tenant_id, account_id),
    foreign key (tenant_id, account_id) references provider_accounts (tenant_id, id),
    check ((state = 'done') = (ok is not null and said is not null and done_at is not null))
) with (fillfactor = 80);
select tenant_table('carrier_checks');
grant select, insert, update on carrier_checks to track_web, track_worker;
