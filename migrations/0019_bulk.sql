-- Bulk actions: a plan over a snapshot, its confirmation, its progress and a result for each item, kept for good.

create table bulk_actions (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    action text not null check (action in ('resend', 'release', 'hold', 'cancel', 'mark', 'export')),
    state text not null default 'PLANNED' check (state in ('PLANNED', 'CONFIRMED', 'RUNNING', 'PAUSED', 'DONE', 'CANCELLED',
        'EXPIRED')), -- CONFIRMED: waits for a second person
    filter jsonb, -- null: of ids that were named
    words text not null, -- what it is about, as a sentence
    channel text, -- of a resend by another way
    mark text, -- what a person saw or did, of action mark
    format text, -- of action export
    note text,
    total int not null default 0, -- items to be done
    excluded int not null default 0,
    done int not null default 0,
    failed int not null default 0,
    error text, -- why it was paused by itself
    export_id uuid,
    undo_of uuid, -- the action that this one takes back
    created_by uuid not null,
    created_by_kind text not null check (created_by_kind in ('user', 'client')),
    created_by_name text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null, -- of the plan
    confirmed_at timestamptz,
    approved_by uuid,
    approved_by_name text,
    approved_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, undo_of) references bulk_actions (tenant_id, id)
);
create index bulk_actions_recent on bulk_actions (tenant_id, created_at desc, id desc);
create unique index bulk_actions_undo on bulk_actions (tenant_id, undo_of) where undo_of is not null;
create index bulk_actions_open on bulk_actions (tenant_id) where state in ('PLANNED', 'CONFIRMED', 'RUNNING');
select tenant_table('bulk_actions');
grant select, insert, update on bulk_actions to track_web, track_worker;

create table bulk_items (
    tenant_id uuid not null,
    bulk_id uuid not null,
    seq int not null,
    communication_id uuid not null,
    building_id uuid not null,
    state text not null check (state in ('pending', 'done', 'failed', 'excluded')),
    reason text, -- why it is excluded, by its name
    result text, -- what became of it, as a sentence
    at timestamptz,
    primary key (tenant_id, bulk_id, seq),
    unique (tenant_id, bulk_id, communication_id),
    foreign key (tenant_id, bulk_id) references bulk_actions (tenant_id, id),
    foreign key (tenant_id, communication_id) references communications (tenant_id, id)
);
create index bulk_items_pending on bulk_items (tenant_id, bulk_id, seq) where state = 'pending';
create index bulk_items_of on bulk_items (tenant_id, communication_id);
select tenant_table('bulk_items');
grant select, insert, update, delete on bulk_items to track_web, track_worker;

-- An item has one result, for ever; plans that nobody confirmed lose theirs.
create function bulk_item_once() returns trigger language plpgsql as $$
begin
    if old.state <> 'pending' then
        raise exception 'item % of % has its result: %', old.seq, old.bulk_id, old.state using errcode = '42501';
    end if;
    return new;
end $$;
create trigger bulk_item_once before update on bulk_items for each row execute function bulk_item_once();

-- An export of what was named one by one.
alter table communication_exports add column listed boolean not null default false;
create table communication_export_items (
    tenant_id uuid not null,
    export_id uuid not null,
    communication_id uuid not null,
    primary key (tenant_id, export_id, communication_id),
    foreign key (tenant_id, export_id) references communication_exports (tenant_id, id) on delete cascade
);
select tenant_table('communication_export_items');
grant select, insert, delete on communication_export_items to track_web, track_worker;

-- Why an action leaves a communication out; null: it does not. `way`: the channel of a resend, null: its own.
create function bulk_exclusion(action text, way text, c communications) returns text language sql stable as $$
    select case
        when action = 'export' then null
        when action = 'mark' then case when c.delivery_status = 'MANUAL' then 'manual' end
        when action = 'release' then case when c.delivery_status <> 'HELD' then 'not-held' end
        when action in ('hold', 'cancel') and c.delivery_status not in ('DRAFT', 'ENQUEUED', 'HELD') then 'gone-out'
        when action = 'hold' and c.delivery_status = 'HELD' then 'held'
        when action = 'resend' and c.delivery_status in ('DELIVERED', 'OPENED') then 'delivered'
        when action = 'resend' and c.delivery_status = 'MANUAL' then 'manual'
        when action = 'resend' and c.delivery_status = 'DRAFT' then 'draft'
        when action = 'resend' and c.delivery_status = 'ENQUEUED' then 'queued'
        when action = 'resend' and c.delivery_status = 'HELD' then 'held'
        when action = 'resend' and c.delivery_status = 'SKIPPED' then 'suppressed'
        when action = 'resend' and case coalesce(way, c.channel) when 'EMAIL' then coalesce(c.email, '') = ''
            when 'SMS' then coalesce(c.phone, '') = '' else c.street = '' or c.city = '' end then 'no-address'
        when action = 'resend' and exists (select from suppressions s
            where s.tenant_id = c.tenant_id and s.channel = coalesce(way, c.channel) and s.blocks and s.lifted_at is null
                and s.address = case s.channel when 'EMAIL' then lower(c.email) else c.phone end) then 'suppressed'
        when c.delivery_status = 'ENQUEUED' and exists (select from jobs j where j.kind = 'track.send_communication'
            and j.unique_key = c.id::text and j.state = 'running') then 'running'
    end
$$;
