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
