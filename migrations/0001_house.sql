-- The house: tenants and people, jobs, events, inbox, blobs, buildings, communications and their timelines.
-- Roles: the owner runs migrations; track_web and track_worker own nothing.

do $$
begin
    if not exists (select from pg_roles where rolname = 'track_web') then
        create role track_web login nosuperuser nobypassrls;
    end if;
    if not exists (select from pg_roles where rolname = 'track_worker') then
        create role track_worker login nosuperuser nobypassrls;
    end if;
end $$;

revoke create on schema public from public;
grant usage on schema public to track_web, track_worker;

-- Numbers in text are ordered by value: "2.04" before "12.01", "9B" before "10C".
create collation natural_order (provider = icu, locale = 'und-u-kn-true');

create function uuid7() returns uuid language sql volatile parallel safe as $$
    select encode(overlay(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6)
        placing set_byte('\x00', 0, (get_byte(uuid_send(gen_random_uuid()), 0) & 15) | 112) from 7 for 1), 'hex')::uuid
$$;

create function current_tenant() returns uuid language sql stable parallel safe as $$
    select nullif(current_setting('track.tenant', true), '')::uuid
$$;

-- Every tenant table: row security forced, one policy of the tenant at hand.
create function tenant_table(t regclass) returns void language plpgsql as $$
begin
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy tenant_scope on %s using (tenant_id = current_tenant()) '
                   'with check (tenant_id = current_tenant())', t);
end $$;

-- Tables that a fixed function of the owner must search before the tenant is known.
create function owner_sees_all(t regclass) returns void language plpgsql as $$
begin
    execute format('create policy owner_scope on %s to %I using (true) with check (true)', t, current_user);
end $$;

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% of % is refused: append-only', tg_op, tg_table_name using errcode = '42501';
end $$;

create function append_only(t regclass) returns void language plpgsql as $$
begin
    execute format('create trigger append_only before update or delete on %s '
                   'for each row execute function refuse_change()', t);
    execute format('create trigger append_only_truncate before truncate on %s '
                   'for each statement execute function refuse_change()', t);
end $$;

-- ---------------------------------------------------------------- access

create table tenants (
    id uuid primary key default uuid7(),
    slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text not null,
    time_zone text not null default 'Europe/Zurich',
    language text not null default 'en',
    open_tracking boolean not null default false,
    created_at timestamptz not null default now()
);
alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant_scope on tenants using (id = current_tenant());
select owner_sees_all('tenants');

create table users (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    email text not null,
    name text not null,
    password_hash text not null,
    role text not null check (role in ('viewer', 'agent', 'admin', 'owner')),
    all_buildings boolean not null default true,
    must_change_password boolean not null default false,
    theme text not null default 'system' check (theme in ('system', 'light', 'dark')),
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (id)
);
create unique index users_email on users (lower(email));
select tenant_table('users'), owner_sees_all('users');

create table sessions (
    tenant_id uuid not null,
    token_hash bytea primary key,
    user_id uuid not null,
    csrf text not null,
    address inet,
    user_agent text,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index sessions_user on sessions (tenant_id, user_id);
select tenant_table('sessions'), owner_sees_all('sessions');

create table api_clients (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    name text not null,
    secret_hash bytea not null,
    role text not null check (role in ('viewer', 'agent', 'admin')),
    all_buildings boolean not null default true,
    token_version int not null default 1,
    used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (id)
);
select tenant_table('api_clients'), owner_sees_all('api_clients');

-- Failed logins, counted per key: "account|address-net", or "address".
create table login_throttle (
    key text primary key,
    failures int not null,
    window_start timestamptz not null
);

create table audit_history (
    tenant_id uuid not null references tenants,
    seq bigint not null,
    at timestamptz not null,
    actor_kind text not null,
    actor_id uuid,
    actor_name text,
    action text not null,
    entity_type text not null,
    entity_id text,
    before jsonb,
    after jsonb,
    work_id text,
    prev_hash bytea not null,
    hash bytea not null,
    primary key (tenant_id, seq)
);
select tenant_table('audit_history'), append_only('audit_history');

-- The head of each tenant's audit chain; only audit_link touches it.
create table audit_heads (
    tenant_id uuid primary key references tenants,
    seq bigint not null,
    hash bytea not null
);
select tenant_table('audit_heads');

create function audit_digest(r audit_history) returns bytea language sql stable parallel safe as $$
    select sha256(r.prev_hash || convert_to(jsonb_build_array(r.tenant_id, r.seq, extract(epoch from r.at), r.actor_kind,
        r.actor_id, r.actor_name, r.action, r.entity_type, r.entity_id, r.before, r.after, r.work_id)::text, 'UTF8'))
$$;

create function audit_link() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
    head audit_heads;
begin
    insert into audit_heads values (new.tenant_id, 0, '\x') on conflict do nothing;
    select * into head from audit_heads where tenant_id = new.tenant_id for update;
    new.seq = head.seq + 1;
    new.at = clock_timestamp();
    new.prev_hash = head.hash;
    new.hash = audit_digest(new);
    update audit_heads set seq = new.seq, hash = new.hash where tenant_id = new.tenant_id;
    return new;
end $$;
create trigger audit_link before insert on audit_history for each row execute function audit_link();

-- Accounts at providers: settings in the clear, secrets sealed by the application.
create table provider_accounts (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    provider text not null,
    name text not null,
    settings jsonb not null default '{}',
    secrets text,
    enabled boolean not null default true,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (id)
);
create index provider_accounts_provider on provider_accounts (provider) where enabled;
select tenant_table('provider_accounts'), owner_sees_all('provider_accounts');

create table idempotency_keys (
    tenant_id uuid not null references tenants,
    key text not null,
    route text not null,
    request_hash bytea not null,
    status int,
    content_type text,
    body bytea,
    created_at timestamptz not null default now(),
    primary key (tenant_id, key)
);
select tenant_table('idempotency_keys'), owner_sees_all('idempotency_keys');

create function forget_idempotency_keys() returns int language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    n int;
begin
    delete from idempotency_keys where created_at < now() - interval '48 hours';
    get diagnostics n = row_count;
    return n;
end $$;

-- ---------------------------------------------------------------- blobs

create table blobs (
    tenant_id uuid not null references tenants,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    size bigint not null,
    content_type text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, sha256)
);
select tenant_table('blobs');

-- ---------------------------------------------------------------- buildings, units

create table buildings (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    code text not null,
    name text not null,
    street text not null default '',
    postal_code text not null default '',
    city text not null default '',
    country text not null default '',
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, code)
);
select tenant_table('buildings');

create table building_grants (
    tenant_id uuid not null,
    actor_id uuid not null, -- a user or an API client
    building_id uuid not null,
    primary key (tenant_id, actor_id, building_id),
    foreign key (tenant_id, building_id) references buildings (tenant_id, id) on delete cascade
);
select tenant_table('building_grants');

create table units (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    building_id uuid not null,
    number text collate natural_order not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, building_id, number),
    foreign key (tenant_id, building_id) references buildings (tenant_id, id)
);
select tenant_table('units');

-- ---------------------------------------------------------------- import, batches, communications

create table imports (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    file_name text not null,
    file_sha256 text not null,
    attachments_sha256 text, -- zip
    state text not null check (state in ('PREVIEWED', 'COMMITTED', 'FAILED')),
    settings jsonb not null default '{}', -- encoding, delimiter, mapping, year
    preview jsonb not null, -- {rows, units, channels, errors}
    communications int not null default 0,
    created_by uuid,
    created_by_name text,
    created_at timestamptz not null default now(),
    committed_at timestamptz,
    primary key (tenant_id, id)
);
create index imports_recent on imports (tenant_id, created_at desc);
select tenant_table('imports');

create table communication_batches (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    building_id uuid not null,
    year smallint not null check (year between 1900 and 2999),
    import_id uuid,
    state text not null default 'DRAFT' check (state in ('DRAFT', 'SENDING', 'COMPLETED')),
    created_at timestamptz not null default now(),
    sent_at timestamptz, -- when sending was asked for
    completed_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, building_id, year),
    foreign key (tenant_id, building_id) references buildings (tenant_id, id),
    foreign key (tenant_id, import_id) references imports (tenant_id, id)
);
select tenant_table('communication_batches');

create table communications (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    batch_id uuid not null,
    building_id uuid not null,
    unit_id uuid not null,
    year smallint not null,
    channel text not null check (channel in ('EMAIL', 'SMS', 'LETTER', 'LETTER_WITH_RECEIPT')),
    delivery_status text not null default 'DRAFT' check (delivery_status in ('DRAFT', 'WAITING', 'ENQUEUED', 'SENT',
        'DELIVERED', 'OPENED', 'FAILED', 'BOUNCED', 'MANUAL', 'CANCELLED')),
    recipient_name text not null,
    email text,
    phone text,
    street text not null default '',
    postal_code text not null default '',
    city text not null default '',
    country text not null default '',
    language text not null default 'en',
    subject text not null,
    amount_minor bigint,
    currency text,
    due_on date,
    reference text not null default '',
    provider text,
    provider_message_id text,
    conversation_id text,
    message_id text, -- ours, without angle brackets
    attempts int not null default 0,
    next_attempt_at timestamptz,
    queued_at timestamptz,
    sent_at timestamptz,
    delivered_at timestamptz,
    opened_at timestamptz,
    failed_at timestamptz,
    error jsonb, -- {sentence, code, raw}
    event_seq int not null default 0,
    event_head bytea not null default '\x',
    last_event_type text,
    last_event_at timestamptz,
    pixel_token text, -- of the open pixel, where the tenant has it on
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (id),
    unique (tenant_id, unit_id, year, channel, reference),
    foreign key (tenant_id, batch_id) references communication_batches (tenant_id, id),
    foreign key (tenant_id, unit_id) references units (tenant_id, id)
) with (fillfactor = 80);
create index communications_batch on communications (tenant_id, batch_id, delivery_status);
create index communications_provider on communications (tenant_id, provider_message_id) where provider_message_id is not null;
create index communications_message on communications (tenant_id, message_id) where message_id is not null;
create unique index communications_pixel on communications (pixel_token) where pixel_token is not null;
select tenant_table('communications'), owner_sees_all('communications');

create table communication_attachments (
    tenant_id uuid not null,
    communication_id uuid not null,
    position smallint not null,
    sha256 text not null,
    file_name text not null,
    content_type text not null,
    size bigint not null,
    primary key (tenant_id, communication_id, position),
    foreign key (tenant_id, communication_id) references communications (tenant_id, id),
    foreign key (tenant_id, sha256) references blobs (tenant_id, sha256)
);
select tenant_table('communication_attachments');

create table communication_events (
    tenant_id uuid not null,
    communication_id uuid not null,
    seq int not null,
    id uuid not null default uuid7(),
    type text not null,
    source text not null check (source in ('system', 'worker', 'provider', 'user', 'recipient')),
    grade char(1) not null check (grade in ('A', 'B', 'C', 'D', 'X')),
    status_after text not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null default now(),
    actor_id uuid,
    actor_name text,
    sentence text not null,
    detail jsonb not null default '{}',
    inbox_id uuid,
    mapper text,
    dedupe_key text,
    caused_by uuid,
    prev_hash bytea not null,
    hash bytea not null,
    primary key (tenant_id, communication_id, seq, received_at)
) partition by range (received_at);
select tenant_table('communication_events'), append_only('communication_events');
create index communication_events_recent on communication_events (tenant_id, received_at desc);

create function event_digest(e communication_events) returns bytea language sql stable parallel safe as $$
    select sha256(e.prev_hash || convert_to(jsonb_build_array(e.communication_id, e.seq, e.id, e.type, e.source, e.grade,
        e.status_after, extract(epoch from e.occurred_at), extract(epoch from e.received_at), e.actor_id, e.actor_name, e.sentence,
        e.detail, e.inbox_id, e.mapper, e.dedupe_key, e.caused_by)::text, 'UTF8'))
$$;

-- Numbers an event and links it to the chain of its communication. One statement adds at most one event to each.
create function event_link() returns trigger language plpgsql as $$
begin
    select event_seq + 1, event_head into new.seq, new.prev_hash from communications
    where tenant_id = new.tenant_id and id = new.communication_id for update;
    if not found then
        raise exception 'no communication %', new.communication_id using errcode = '23503';
    end if;
    new.hash = event_digest(new);
    return new;
end $$;
create trigger event_link before insert on communication_events for each row execute function event_link();

-- Moves the communications of new events: status, times, provider's ids, error and the chain's head are what the events
-- say. Once per statement, so that a batch of thousands costs one update. What a failure or a wait is about is in
-- detail: {code, raw, badAddress, nextAttemptAt, attempt}; what accepted it too: {provider, providerMessageId, …}.
create function event_apply() returns trigger language plpgsql as $$
begin
    update communications c set event_seq = e.seq, event_head = e.hash, delivery_status = e.status_after,
        last_event_type = e.type, last_event_at = e.occurred_at,
        queued_at = case when e.type in ('ENQUEUED', 'RESEND_REQUESTED') then e.occurred_at else c.queued_at end,
        sent_at = case when e.type = 'SENT' then e.occurred_at else c.sent_at end,
        delivered_at = case when e.type = 'DELIVERED' then coalesce(c.delivered_at, e.occurred_at) else c.delivered_at end,
        opened_at = case when e.type = 'OPENED' and e.status_after = 'OPENED' then coalesce(c.opened_at, e.occurred_at)
            else c.opened_at end,
        failed_at = case when e.type in ('FAILED', 'BOUNCED') then e.occurred_at else c.failed_at end,
        error = case
            when e.status_after in ('FAILED', 'BOUNCED') and e.type in ('FAILED', 'BOUNCED')
                or e.status_after = 'ENQUEUED' and e.type = 'DELAYED'
                then jsonb_strip_nulls(jsonb_build_object('sentence', e.sentence, 'code', e.detail -> 'code',
                    'raw', e.detail -> 'raw', 'badAddress', e.detail -> 'badAddress'))
            when e.status_after in ('FAILED', 'BOUNCED') or e.type in ('DELAYED', 'NOTE') then c.error
        end,
        next_attempt_at = case when e.status_after = 'ENQUEUED' then
            coalesce((e.detail ->> 'nextAttemptAt')::timestamptz, c.next_attempt_at) end,
        attempts = coalesce((e.detail ->> 'attempt')::int, c.attempts),
        provider = case when e.type = 'SENT' then coalesce(e.detail ->> 'provider', c.provider) else c.provider end,
        provider_message_id = case when e.type = 'SENT' then e.detail ->> 'providerMessageId' else c.provider_message_id end,
        conversation_id = case when e.type = 'SENT' then e.detail ->> 'conversationId' else c.conversation_id end,
        message_id = case when e.type = 'SENT' then e.detail ->> 'messageId' else c.message_id end
    from added e
    where c.tenant_id = e.tenant_id and c.id = e.communication_id;
    return null;
end $$;
create trigger event_apply after insert on communication_events referencing new table as added
    for each statement execute function event_apply();

-- Partitions by month, made ahead; called by the worker's schedule and by migrations.
create function make_month_partitions(parent regclass, months int) returns int language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    first date;
    made int = 0;
    part text;
begin
    for i in -1 .. months loop
        first = date_trunc('month', now())::date + make_interval(months => i);
        part = format('%s_%s', parent, to_char(first, 'YYYY_MM'));
        if to_regclass(part) is null then
            execute format('create table %I partition of %s for values from (%L) to (%L)', part, parent, first,
                           (first + interval '1 month')::date);
            made = made + 1;
        end if;
    end loop;
    return made;
end $$;
select make_month_partitions('communication_events', 12);

-- ---------------------------------------------------------------- kept figures

-- Communications per building, year, channel and status. Writers of one building spread over slots; readers sum.
create table communication_counts (
    tenant_id uuid not null,
    building_id uuid not null,
    year smallint not null,
    channel text not null,
    delivery_status text not null,
    slot smallint not null,
    n bigint not null,
    primary key (tenant_id, building_id, year, channel, delivery_status, slot)
) with (fillfactor = 50);
select tenant_table('communication_counts');

create function count_communications() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into communication_counts as k
        select tenant_id, building_id, year, channel, delivery_status, pg_backend_pid() % 16, count(*)
        from added group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
        on conflict (tenant_id, building_id, year, channel, delivery_status, slot) do update set n = k.n + excluded.n;
    else
        insert into communication_counts as k
        select tenant_id, building_id, year, channel, delivery_status, pg_backend_pid() % 16, sum(d)
        from (select tenant_id, building_id, year, channel, delivery_status, -1 as d from removed
              union all select tenant_id, building_id, year, channel, delivery_status, 1 from added) x
        group by 1, 2, 3, 4, 5 having sum(d) <> 0 order by 1, 2, 3, 4, 5
        on conflict (tenant_id, building_id, year, channel, delivery_status, slot) do update set n = k.n + excluded.n;
    end if;
    return null;
end $$;

-- A unit's year in one row: what the unit page shows.
create table unit_years (
    tenant_id uuid not null,
    building_id uuid not null,
    year smallint not null,
    unit_id uuid not null,
    number text collate natural_order not null,
    recipient_name text not null,
    channels text[] not null,
    statuses text[] not null, -- of each channel, in the same order
    communications int not null,
    failed int not null,
    by_hand int not null,
    error text, -- of the latest failure, in plain words
    last_event_type text,
    last_event_at timestamptz,
    next_attempt_at timestamptz,
    search text not null, -- lower case: number, name, e-mail, phone, reference
    primary key (tenant_id, building_id, year, number, unit_id)
) with (fillfactor = 70);
select tenant_table('unit_years');

create function refresh_unit_years(keys uuid[], years smallint[]) returns void language sql as $$
    insert into unit_years as u
    select c.tenant_id, c.building_id, c.year, c.unit_id, n.number,
        (array_agg(c.recipient_name order by c.created_at desc, c.id desc))[1],
        array_agg(c.channel order by c.channel, c.id), array_agg(c.delivery_status order by c.channel, c.id), count(*),
        count(*) filter (where c.delivery_status in ('FAILED', 'BOUNCED')), count(*) filter (where c.delivery_status = 'MANUAL'),
        (array_agg(c.error ->> 'sentence' order by c.failed_at desc)
            filter (where c.delivery_status in ('FAILED', 'BOUNCED')))[1],
        (array_agg(c.last_event_type order by c.last_event_at desc nulls last))[1], max(c.last_event_at), min(c.next_attempt_at),
        lower(n.number || ' ' || string_agg(distinct concat_ws(' ', c.recipient_name, c.email, c.phone, c.reference), ' '))
    from (select distinct * from unnest(keys, years) as k (unit_id, year)) k
    join communications c on c.tenant_id = current_tenant() and c.unit_id = k.unit_id and c.year = k.year
    join units n on n.tenant_id = c.tenant_id and n.id = c.unit_id
    group by c.tenant_id, c.building_id, c.year, c.unit_id, n.number
    order by c.unit_id
    on conflict (tenant_id, building_id, year, number, unit_id) do update set recipient_name = excluded.recipient_name,
        channels = excluded.channels, statuses = excluded.statuses, communications = excluded.communications,
        failed = excluded.failed, by_hand = excluded.by_hand, error = excluded.error,
        last_event_type = excluded.last_event_type, last_event_at = excluded.last_event_at,
        next_attempt_at = excluded.next_attempt_at, search = excluded.search
$$;

create function summarise_communications() returns trigger language plpgsql as $$
begin
    perform refresh_unit_years(array_agg(unit_id), array_agg(year)) from added;
    return null;
end $$;

create trigger count_inserted after insert on communications referencing new table as added
    for each statement execute function count_communications();
create trigger count_updated after update on communications referencing old table as removed new table as added
    for each statement execute function count_communications();
create trigger summarise_inserted after insert on communications referencing new table as added
    for each statement execute function summarise_communications();
create trigger summarise_updated after update on communications referencing old table as removed new table as added
    for each statement execute function summarise_communications();

-- What the mail sink holds, where no provider is configured.
create table sink_messages (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    communication_id uuid not null,
    message_id text not null,
    recipient text not null,
    subject text not null,
    sha256 text not null, -- the raw message in the blob store
    size bigint not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, message_id)
);
select tenant_table('sink_messages');

-- ---------------------------------------------------------------- jobs, events, inbox, calls

create table jobs (
    id bigint generated always as identity,
    tenant_id uuid,
    queue text not null,
    kind text not null,
    args jsonb not null default '{}',
    state text not null default 'ready' check (state in ('ready', 'running', 'waiting', 'parked')),
    priority smallint not null default 0,
    run_at timestamptz not null default now(),
    attempt int not null default 0,
    max_attempts int not null default 12,
    unique_key text,
    group_id uuid,
    lease_until timestamptz,
    token bigint not null default 0,
    worker text,
    errors jsonb not null default '[]', -- [{attempt, at, error}]
    created_at timestamptz not null default now(),
    primary key (id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
create index jobs_ready on jobs (queue, priority desc, run_at, id) where state = 'ready';
create index jobs_lease on jobs (lease_until) where state = 'running';
create unique index jobs_unique on jobs (kind, unique_key) where unique_key is not null and state <> 'parked';
create index jobs_group on jobs (group_id) where group_id is not null;
create index jobs_waiting on jobs (group_id) where state = 'waiting';

alter table jobs enable row level security;
alter table jobs force row level security;
create policy web_scope on jobs to track_web using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy worker_scope on jobs to track_worker using (true) with check (true);
select owner_sees_all('jobs');

-- Done jobs, kept for 30 days in partitions by day that are dropped whole.
create table job_history (
    id bigint not null,
    tenant_id uuid,
    queue text not null,
    kind text not null,
    args jsonb not null,
    attempt int not null,
    errors jsonb not null,
    group_id uuid,
    created_at timestamptz not null,
    finished_at timestamptz not null default now(),
    primary key (finished_at, id)
) partition by range (finished_at);
alter table job_history enable row level security;
alter table job_history force row level security;
create policy web_scope on job_history to track_web using (tenant_id = current_tenant());
create policy worker_scope on job_history to track_worker using (true) with check (true);
select owner_sees_all('job_history');
create table job_history_default partition of job_history default; -- catches what no day's partition was made for

-- Partitions by day, made ahead; those that ended `keep` days ago are dropped. Answers how many changed.
create function roll_job_history(ahead int, keep int) returns int language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    changed int = 0;
    part text;
begin
    for i in 0 .. ahead loop
        part = 'job_history_' || to_char(current_date + i, 'YYYY_MM_DD');
        if to_regclass(part) is null then
            execute format('create table %I partition of job_history for values from (%L) to (%L)', part,
                           current_date + i, current_date + i + 1);
            changed = changed + 1;
        end if;
    end loop;
    for part in
        select c.relname from pg_inherits h join pg_class c on c.oid = h.inhrelid
        where h.inhparent = 'job_history'::regclass and c.relname ~ '^job_history_\d{4}_\d\d_\d\d$'
            and to_date(right(c.relname, 10), 'YYYY_MM_DD') < current_date - keep
    loop
        execute format('drop table %I', part);
        changed = changed + 1;
    end loop;
    return changed;
end $$;
select roll_job_history(7, 30);

-- Workers that found nothing to do and sleep. New jobs notify only while one does: a notification in every
-- transaction would make commits wait for each other.
create unlogged table job_sleepers (
    worker text primary key,
    since timestamptz not null default now()
);

create function wake_workers() returns trigger language plpgsql as $$
begin
    if exists (select from job_sleepers) then
        perform pg_notify('jobs', '');
    end if;
    return null;
end $$;
create trigger wake_workers after insert on jobs for each statement execute function wake_workers();

-- Queues with a limit of jobs running at once; a queue without a row has none.
create table job_queues (
    queue text primary key,
    concurrency int check (concurrency > 0),
    paused boolean not null default false
);

create table job_schedules (
    name text primary key,
    queue text not null,
    kind text not null,
    every_seconds int not null check (every_seconds > 0),
    next_at timestamptz not null default now(),
    last_at timestamptz
);

-- The outbox of domain events.
create table domain_events (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    name text not null,
    entity_type text not null,
    entity_id text not null,
    data jsonb not null default '{}',
    occurred_at timestamptz not null default now(),
    dispatched_at timestamptz,
    next_at timestamptz not null default now(), -- not dispatched before
    attempts int not null default 0,
    error text,
    primary key (tenant_id, id)
);
create index domain_events_waiting on domain_events (next_at, id) where dispatched_at is null;
create index domain_events_done on domain_events (dispatched_at) where dispatched_at is not null;
alter table domain_events enable row level security;
alter table domain_events force row level security;
create policy web_scope on domain_events to track_web using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy worker_scope on domain_events to track_worker using (true) with check (true);
select owner_sees_all('domain_events');

-- Which reactions ran for which event: each once.
create table event_reactions (
    tenant_id uuid not null,
    event_id uuid not null,
    reaction text not null,
    ran_at timestamptz not null default now(),
    primary key (tenant_id, event_id, reaction),
    foreign key (tenant_id, event_id) references domain_events (tenant_id, id) on delete cascade
);
select tenant_table('event_reactions'), owner_sees_all('event_reactions');

-- What the dispatcher asks before a tenant is known. Events that nothing reacts to are settled at once.
create function events_settle(names text[]) returns int language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    settled int;
begin
    with free as (
        select tenant_id, id from domain_events
        where dispatched_at is null and next_at <= now() and name <> all (names)
        order by next_at, id limit 5000 for update skip locked
    )
    update domain_events d set dispatched_at = now() from free
    where d.tenant_id = free.tenant_id and d.id = free.id;
    get diagnostics settled = row_count;
    return settled;
end $$;

create function events_waiting() returns table (tenant_id uuid, id uuid) language sql stable security definer
    set search_path = public, pg_temp as $$
    select tenant_id, id from domain_events where dispatched_at is null and next_at <= now() order by next_at, id limit 500
$$;

create table inbox (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    account_id uuid not null,
    provider text not null,
    dedupe_key text not null,
    received_at timestamptz not null default now(),
    method text not null,
    path text not null,
    headers jsonb not null, -- secrets redacted
    body bytea not null,
    body_sha256 bytea not null,
    verdict text not null,
    mapper text not null,
    state text not null default 'new' check (state in ('new', 'processed', 'ignored', 'failed')),
    error text,
    processed_at timestamptz,
    replays int not null default 0,
    primary key (tenant_id, id),
    unique (account_id, dedupe_key)
);
create index inbox_recent on inbox (tenant_id, received_at desc, id desc);
alter table inbox enable row level security;
alter table inbox force row level security;
create policy web_scope on inbox to track_web using (tenant_id = current_tenant()) with check (true);
create policy worker_scope on inbox to track_worker using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
select owner_sees_all('inbox');

create table http_calls (
    id uuid not null default uuid7(),
    tenant_id uuid,
    provider text not null,
    method text not null,
    url text not null,
    entity text,
    job_id bigint,
    status int,
    error text,
    request text,
    response text,
    dry_run boolean not null default false,
    duration_ms int not null,
    at timestamptz not null default now(),
    primary key (at, id)
) partition by range (at);
create index http_calls_job on http_calls (job_id, at) where job_id is not null;
create index http_calls_provider on http_calls (tenant_id, provider, at desc);
create index http_calls_entity on http_calls (tenant_id, entity, at desc) where entity is not null;
alter table http_calls enable row level security;
alter table http_calls force row level security;
create policy web_scope on http_calls to track_web using (tenant_id = current_tenant());
create policy worker_scope on http_calls to track_worker using (true) with check (true);
select owner_sees_all('http_calls');
select make_month_partitions('http_calls', 12);

create table circuit_breakers (
    provider text primary key,
    state text not null default 'closed' check (state in ('closed', 'open', 'half-open')),
    failures int not null default 0, -- in a row
    recent boolean[] not null default '{}', -- the last 20: true is a failure
    open_until timestamptz,
    opened int not null default 0, -- times in a row: doubles the wait
    changed_at timestamptz not null default now()
);

-- ---------------------------------------------------------------- who it is, before the tenant is known

-- The session of a token's hash, if it is neither over nor idle; notes once a minute that it was seen.
create function session_open(wanted bytea, idle_minutes int) returns table (tenant_id uuid, user_id uuid, name text, email text,
    role text, all_buildings boolean, must_change_password boolean, theme text, csrf text, tenant_name text, time_zone text)
    language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    seen timestamptz;
begin
    select s.tenant_id, u.id, u.name, u.email, u.role, u.all_buildings, u.must_change_password, u.theme, s.csrf, t.name, t.time_zone,
        s.seen_at
    into tenant_id, user_id, name, email, role, all_buildings, must_change_password, theme, csrf, tenant_name, time_zone, seen
    from sessions s
    join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    join tenants t on t.id = s.tenant_id
    where s.token_hash = wanted and s.expires_at > now() and s.seen_at > now() - make_interval(mins => idle_minutes)
        and u.disabled_at is null;
    if not found then
        return;
    end if;
    if seen < now() - interval '1 minute' then
        update sessions set seen_at = now() where token_hash = wanted;
    end if;
    return next;
end $$;

-- The API client an access token speaks for, if the token is not older than its last revocation.
create function client_open(wanted uuid, version int) returns table (tenant_id uuid, name text, role text, all_buildings boolean)
    language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    used timestamptz;
begin
    select c.tenant_id, c.name, c.role, c.all_buildings, c.used_at into tenant_id, name, role, all_buildings, used
    from api_clients c where c.id = wanted and c.token_version = version and c.revoked_at is null;
    if not found then
        return;
    end if;
    if used is null or used < now() - interval '1 minute' then
        update api_clients set used_at = now() where id = wanted;
    end if;
    return next;
end $$;

-- What a login is checked against.
create function login_user(wanted text) returns table (tenant_id uuid, user_id uuid, name text, password_hash text, disabled boolean)
    language sql stable security definer set search_path = public, pg_temp as $$
    select u.tenant_id, u.id, u.name, u.password_hash, u.disabled_at is not null from users u where lower(u.email) = lower(wanted)
$$;

create function login_client(wanted uuid) returns table (tenant_id uuid, name text, secret_hash bytea, token_version int, revoked boolean)
    language sql stable security definer set search_path = public, pg_temp as $$
    select c.tenant_id, c.name, c.secret_hash, c.token_version, c.revoked_at is not null from api_clients c where c.id = wanted
$$;

revoke all on function session_open, client_open, login_user, login_client from public;
grant execute on function session_open, client_open, login_user, login_client to track_web;

-- The tenants, for schedules of the worker and commands of the operator that visit each in turn.
create function tenant_ids() returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
    select id from tenants order by id
$$;
revoke execute on function tenant_ids() from public;

-- Whose an open pixel is, where the tenant has opens tracked.
create function pixel_owner(token text, out tenant_id uuid, out communication_id uuid) language sql stable security definer
    set search_path = public, pg_temp as $$
    select c.tenant_id, c.id from communications c join tenants t on t.id = c.tenant_id
    where c.pixel_token = token and t.open_tracking
$$;
revoke execute on function pixel_owner(text) from public;

-- ---------------------------------------------------------------- grants

grant execute on function tenant_ids() to track_worker;
grant execute on function pixel_owner(text) to track_web;
grant select on tenants to track_web, track_worker;
grant select, insert, update on users, api_clients, provider_accounts, buildings, units, imports, communication_batches,
    communications, communication_counts, unit_years, idempotency_keys, domain_events to track_web, track_worker;
grant select, insert, update, delete on sessions, login_throttle, building_grants to track_web;
grant select, insert on audit_history, communication_events, communication_attachments, blobs, sink_messages
    to track_web, track_worker;
grant select, insert on event_reactions to track_web, track_worker;
grant delete on domain_events, event_reactions to track_worker;
grant select, insert, update on inbox to track_web, track_worker;
grant select, insert, update, delete on jobs, job_history, job_schedules to track_worker;
grant select, insert, update on jobs to track_web;
grant select, insert, update, delete on job_sleepers to track_worker;
grant select on job_sleepers to track_web;
grant select on job_history, job_queues, job_schedules to track_web;
grant select, insert, update on job_queues to track_worker;
grant select on http_calls to track_web;
grant select, insert on http_calls to track_worker;
grant select, insert, update on circuit_breakers to track_worker;
grant select on circuit_breakers to track_web;

-- Functions of the owner are for whom they are made, not for everybody.
revoke execute on function tenant_table, owner_sees_all, append_only, forget_idempotency_keys, make_month_partitions,
    roll_job_history, events_settle, events_waiting from public;
grant execute on function forget_idempotency_keys, make_month_partitions, roll_job_history to track_worker;
grant execute on function events_settle, events_waiting to track_web, track_worker;
