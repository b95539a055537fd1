-- Manifests: which parcels were handed over together.

create table manifests (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    year smallint not null,
    no int not null, -- within the year: "2026-12"
    carrier text not null,
    carrier_name text not null,
    parcels int not null check (parcels > 0),
    created_at timestamptz not null default now(),
    created_by_name text not null default '',
    primary key (tenant_id, id),
    unique (tenant_id, year, no)
);
select tenant_table('manifests');

alter table shipments add column manifest_id uuid;
alter table shipments add foreign key (tenant_id, manifest_id) references manifests (tenant_id, id);
create index shipments_manifest on shipments (tenant_id, manifest_id) where manifest_id is not null;
create index shipments_to_hand_over on shipments (tenant_id, carrier, tracking_number)
    where manifest_id is null and tracking_number is not null and not dry_run and status in ('pending', 'info_received');

grant select on manifests to track_web, track_worker;
grant insert on manifests to track_web;
