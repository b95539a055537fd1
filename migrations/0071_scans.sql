-- What carriers say of parcels that no shipment has yet, kept until one does.

create table unmatched_parcels (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    account_id uuid not null,
    provider text not null, -- of the hook: 'ship24'
    tracking_number text not null check (length(tracking_number) between 1 and 60),
    reference text,
    last_status text not null default '', -- of the scan that occurred last, as the carrier wrote it
    last_scan_at timestamptz,
    messages int not null default 1,
    inbox_ids uuid[] not null, -- of the latest 200: what they said is in the inbox
    first_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, account_id, tracking_number),
    foreign key (tenant_id, account_id) references provider_accounts (tenant_id, id)
) with (fillfactor = 85);
create index unmatched_parcels_number on unmatched_parcels (tenant_id, tracking_number);
create index unmatched_parcels_recent on unmatched_parcels (tenant_id, last_at desc, id desc);
select tenant_table('unmatched_parcels');

grant select on unmatched_parcels to track_web;
grant select, insert, update, delete on unmatched_parcels to track_worker;
