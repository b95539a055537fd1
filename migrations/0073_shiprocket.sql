-- Carriers that are called: their tokens, what they call our parcels by, what they were asked of a shipment.

-- A token of an account at a carrier, shared by all processes.
create table carrier_tokens (
    tenant_id uuid not null references tenants,
    account_id uuid not null,
    version bigint not null default 0, -- goes up with each token; a refusal takes back only the one that was refused
    token text, -- sealed to the row; null: there is none
    credentials text not null default '', -- a keyed tag of what it was made with: others need another token
    made_at timestamptz,
    renewing_until timestamptz, -- somebody signs in; nobody else does before
    renewing_by text,
    denied_until timestamptz, -- the credentials were refused: nobody tries them again before
    denied_sentence text,
    primary key (tenant_id, account_id),
    foreign key (tenant_id, account_id) references provider_accounts (tenant_id, id)
) with (fillfactor = 70);
select tenant_table('carrier_tokens');
grant select, insert, update on carrier_tokens to track_worker;

-- Which account a parcel is handed to: the same at every step, and whoever looks for it.
alter table delivery_reservations add account_id uuid,
    add foreign key (tenant_id, account_id) references provider_accounts (tenant_id, id);

-- What a carrier that can be called knows a shipment by, and when it was last asked for its scans.
create table carrier_parcels (
    tenant_id uuid not null references tenants,
    shipment_id uuid not null,
    account_id uuid not null,
    our_ref text, -- what it was handed over as; null: somebody else did
    carrier_order_id text,
    carrier_shipment_id text,
    polled_at timestamptz,
    primary key (tenant_id, shipment_id),
    foreign key (tenant_id, shipment_id) references shipments (tenant_id, id),
    foreign key (tenant_id, account_id) references provider_accounts (tenant_id, id)
) with (fillfactor = 70);
select tenant_table('carrier_parcels');
grant select on carrier_parcels to track_web;
grant select, insert, update on carrier_parcels to track_worker;

-- Those that a carrier may still tell of.
create index shipments_open on shipments (tenant_id, carrier)
    where tracking_number is not null and not dry_run and status not in ('delivered', 'returned', 'cancelled');

-- What a carrier was asked of a shipment, and what came of it.
create table shipment_acts (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    shipment_id uuid not null,
    account_id uuid not null,
    act text not null check (act in ('label', 'manifest', 'invoice', 'pickup', 'cancel', 'return', 'ndr', 'serviceability')),
    asked jsonb not null default '{}', -- the input
    state text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
    begun_at timestamptz, -- of a call whose outcome is not known, written before it is made
    sentence text not null default '', -- what came of it
    code text,
    result jsonb not null default '{}',
    sha256 text, -- the document
    content_type text,
    asked_at timestamptz not null default now(),
    asked_by_name text not null default '',
    settled_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, shipment_id) references shipments (tenant_id, id),
    foreign key (tenant_id, account_id) references provider_accounts (tenant_id, id),
    foreign key (tenant_id, sha256) references blobs (tenant_id, sha256),
    check ((state = 'waiting') = (settled_at is null))
);
create unique index shipment_acts_waiting on shipment_acts (tenant_id, shipment_id, act) where state = 'waiting';
create index shipment_acts_shipment on shipment_acts (tenant_id, shipment_id, asked_at desc);
create index shipment_acts_blob on shipment_acts (tenant_id, sha256) where sha256 is not null;
select tenant_table('shipment_acts');
grant select, insert on shipment_acts to track_web;
grant select, update on shipment_acts to track_worker;
insert into retention_references values ('shipment_acts', 'sha256', 'true');
