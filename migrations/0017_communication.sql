-- One communication and one unit: what people do with them, and deliveries that no message here made.

-- Cancelling and holding take a message's job away, in the transaction that says so.
grant delete on jobs to track_web;

-- Messages on their way, of which there are few: those whose job is gone are found by it.
create index communications_moving on communications (tenant_id, last_event_at) where delivery_status = 'ENQUEUED';
-- What was done to one thing.
create index audit_history_entity on audit_history (tenant_id, entity_id, seq) where entity_id is not null;

-- Deliveries a person recorded: of a unit and year, one for each method.
create table unit_delivery_records (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    building_id uuid not null,
    unit_id uuid not null,
    year smallint not null check (year between 1900 and 2999),
    method text not null check (method in ('HAND', 'LETTERBOX', 'POST', 'REGISTERED_POST', 'COURIER', 'PICKUP', 'OTHER')),
    dispatched_at timestamptz,
    delivered_at timestamptz,
    note text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    updated_by_id uuid,
    updated_by_name text,
    primary key (tenant_id, id),
    unique (tenant_id, unit_id, year, method),
    foreign key (tenant_id, unit_id) references units (tenant_id, id),
    foreign key (tenant_id, building_id) references buildings (tenant_id, id),
    check (delivered_at >= dispatched_at)
);
select tenant_table('unit_delivery_records');
grant select, insert, update on unit_delivery_records to track_web, track_worker;

create table unit_delivery_attachments (
    tenant_id uuid not null,
    record_id uuid not null,
    position smallint not null,
    sha256 text not null,
    file_name text not null,
    content_type text not null,
    size bigint not null,
    added_at timestamptz not null default now(),
    primary key (tenant_id, record_id, position),
    unique (tenant_id, record_id, sha256),
    foreign key (tenant_id, record_id) references unit_delivery_records (tenant_id, id),
    foreign key (tenant_id, sha256) references blobs (tenant_id, sha256)
);
select tenant_table('unit_delivery_attachments'), append_only('unit_delivery_attachments');
grant select, insert on unit_delivery_attachments to track_web, track_worker;
