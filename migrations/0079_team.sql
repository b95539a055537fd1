-- Telling those who work here of parcels, and issues of what went wrong with deliveries.

-- Who is told of what, how and when.
create table team_rules (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    name text not null check (length(name) between 1 and 80),
    way text not null check (way in ('email', 'slack', 'webhook')),
    role text check (role in ('viewer', 'agent', 'admin', 'owner')), -- of those who get an e-mail; null: everybody
    account_id uuid, -- of slack and webhook
    channel text, -- of slack, where its account has a token
    shop text, -- of the order; null: any
    building_id uuid, -- whose code is the order's shop; null: any
    statuses text[] not null default '{}', -- that a parcel comes to; empty: all
    quiet_from time, -- in the tenant's time zone, may be after quiet_until: over midnight
    quiet_until time,
    digest text not null default 'none' check (digest in ('none', 'hourly', 'daily')),
    enabled boolean not null default true,
    disabled_why text, -- where it was switched off because nobody can be told by it
    turn bigint not null default 0, -- goes up whenever what waits is taken: who adds later adds a job of his own
    created_at timestamptz not null default now(),
    created_by_name text not null default '',
    removed_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, account_id) references provider_accounts (tenant_id, id),
    foreign key (tenant_id, building_id) references buildings (tenant_id, id),
    check ((way = 'email') = (account_id is null)),
    check (way = 'email' or role is null),
    check (way = 'slack' or channel is null),
    check ((quiet_from is null) = (quiet_until is null) and (quiet_from is null or quiet_from <> quiet_until))
);
create unique index team_rules_name on team_rules (tenant_id, lower(name)) where removed_at is null;
select tenant_table('team_rules');

-- One message of a rule: what waited, told together.
create table team_messages (
    tenant_id uuid not null references tenants,
    id uuid not null,
    rule_id uuid not null,
    state text not null default 'sending' check (state in ('sending', 'sent', 'failed')),
    test boolean not null default false,
    told uuid[] not null default '{}', -- of e-mail: to whom it is not sent again
    got int not null default 0, -- so many of them have it
    refused text, -- who of them has not, and why
    error text, -- of its last try
    created_at timestamptz not null default now(),
    settled_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, rule_id) references team_rules (tenant_id, id)
) with (fillfactor = 85);
create index team_messages_rule on team_messages (tenant_id, rule_id, created_at desc, id desc);
create index team_messages_old on team_messages (settled_at) where settled_at is not null;
select tenant_table('team_messages'), owner_sees_all('team_messages');

-- A change that a rule tells of, once for an event.
create table team_notices (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    rule_id uuid not null,
    event_id uuid not null,
    shipment_id uuid not null,
    status text not null, -- it came to, or silent
    status_before text,
    dry_run boolean not null default false,
    occurred_at timestamptz not null,
    due_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'taken', 'dropped')),
    message_id uuid,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, rule_id, event_id),
    foreign key (tenant_id, rule_id) references team_rules (tenant_id, id),
    foreign key (tenant_id, shipment_id) references shipments (tenant_id, id),
    foreign key (tenant_id, message_id) references team_messages (tenant_id, id),
    check ((state = 'taken') = (message_id is not null))
) with (fillfactor = 85);
create index team_notices_due on team_notices (tenant_id, rule_id, due_at) where state = 'waiting';
create index team_notices_message on team_notices (tenant_id, message_id) where message_id is not null;
create index team_notices_shipment on team_notices (tenant_id, shipment_id);
create index team_notices_dropped on team_notices (created_at) where state = 'dropped';
select tenant_table('team_notices'), owner_sees_all('team_notices');

-- What was told, or dropped, so many days ago, of all tenants.
create function forget_team_messages(days int) returns bigint language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    n bigint;
begin
    delete from team_notices w where w.state = 'dropped' and w.created_at < now() - make_interval(days => days);
    delete from team_notices w using team_messages m
        where m.settled_at < now() - make_interval(days => days) and w.tenant_id = m.tenant_id and w.message_id = m.id;
    delete from team_messages m where m.settled_at < now() - make_interval(days => days);
    get diagnostics n = row_count;
    return n;
end $$;
revoke execute on function forget_team_messages from public;
grant execute on function forget_team_messages to track_worker;

-- When a change of `at` is told: at once, at the next full hour, or at the next eight o'clock; of what falls into the quiet
-- hours, at their end. An hour that the clocks skip ends them an hour later.
create function team_due(at timestamptz, zone text, digest text, quiet_from time, quiet_until time) returns timestamptz
    language plpgsql stable as $$
declare
    due timestamptz := at;
    here timestamp;
begin
    if digest = 'hourly' then
        due := date_trunc('hour', at, zone) + interval '1 hour';
    elsif digest = 'daily' then
        due := ((at at time zone zone)::date + time '08:00') at time zone zone;
        if due <= at then
            due := ((at at time zone zone)::date + 1 + time '08:00') at time zone zone;
        end if;
    end if;
    here := due at time zone zone;
    if quiet_from < quiet_until and here::time >= quiet_from and here::time < quiet_until
        or quiet_from > quiet_until and here::time < quiet_until then
        due := (here::date + quiet_until) at time zone zone;
    elsif quiet_from > quiet_until and here::time >= quiet_from then
        due := (here::date + 1 + quiet_until) at time zone zone;
    end if;
    return due;
end $$;

-- Those who may see parcels, of a role or of any: the worker reads no accounts of people but these columns.
create function team_people(wanted text) returns table (id uuid, name text, email text)
    language sql stable security definer set search_path = public, pg_temp as $$
    select u.id, u.name, u.email
    from users u
    where u.tenant_id = current_tenant() and u.disabled_at is null and u.all_buildings
        and (wanted is null or u.role = wanted)
    order by u.id
$$;
revoke execute on function team_people from public;
grant execute on function team_people to track_worker;

-- The issue that stands for failures alike: of one order, step and code.
create table failure_issues (
    tenant_id uuid not null references tenants,
    label text not null check (label ~ '^dedupe-[0-9a-f]{16}$'), -- it carries in Jira
    issue_id bigint,
    issue_key text,
    url text,
    tried_at timestamptz, -- of a call that may have made it, written before
    looks int not null default 0, -- how often that was looked for in vain
    made_at timestamptz,
    primary key (tenant_id, label),
    check ((issue_id is null) = (issue_key is null))
) with (fillfactor = 85);
select tenant_table('failure_issues');

alter table delivery_failures
    add issue_label text,
    add issue_state text check (issue_state in ('asked', 'told', 'failed')),
    add issue_error text,
    add foreign key (tenant_id, issue_label) references failure_issues (tenant_id, label);
create index delivery_failures_issue on delivery_failures (tenant_id, issue_label) where issue_label is not null;

grant select, insert, update on team_rules, failure_issues to track_web, track_worker;
grant select, insert on team_messages to track_web;
grant select, insert, update on team_messages, team_notices to track_worker;
grant select, insert, update on team_notices to track_web; -- a cron may have the web tell events, and who switches a rule off drops what waits
