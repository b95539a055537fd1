-- Runs: a batch on its way from its data to its closing, with what may stop it and who said yes.

-- Jobs that somebody keeps from being claimed, until he lets them go.
alter table jobs drop constraint jobs_state_check;
alter table jobs add constraint jobs_state_check check (state in ('ready', 'running', 'waiting', 'held', 'parked'));

alter table communication_batches
    add column paused_at timestamptz,
    add column paused_by text, -- a person's name; null: it paused by itself
    add column paused_why text, -- one sentence
    add column watched_from timestamptz, -- what counts for the automatic pause: since it was sent or resumed
    add column canary uuid[], -- the messages that went first while the others wait; null: nothing waits for them
    add column canary_until timestamptz, -- when the others follow; null: the first ones are not through yet
    add column closed_at timestamptz,
    add column closed_by text,
    add column close_note text;
create index communication_batches_sending on communication_batches (tenant_id) where state = 'SENDING';
create index communication_batches_recent on communication_batches (tenant_id, created_at desc, id desc);

create table run_settings (
    tenant_id uuid primary key references tenants,
    approval_threshold int not null default 500 check (approval_threshold >= 0), -- messages; more need a second person; 0: never
    canary_over int not null default 250 check (canary_over >= 0), -- messages; more send a few first; 0: never
    canary_minutes int not null default 10 check (canary_minutes between 0 and 1440) -- between the first ones and the others
);
select tenant_table('run_settings');
grant select, insert, update on run_settings to track_web, track_worker;

-- Who asked, who said yes or no, and to what: counts and a hash of everything that would be sent.
create table batch_approvals (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    batch_id uuid not null,
    decision text not null check (decision in ('asked', 'approved', 'refused', 'withdrawn')),
    actor_kind text not null,
    actor_id uuid,
    actor_name text,
    note text,
    messages int not null,
    channels jsonb not null, -- {"EMAIL": 612}
    content_hash text not null,
    at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, id),
    foreign key (tenant_id, batch_id) references communication_batches (tenant_id, id)
);
create index batch_approvals_of on batch_approvals (tenant_id, batch_id, at);
select tenant_table('batch_approvals'), append_only('batch_approvals');
grant select, insert on batch_approvals to track_web, track_worker;

-- Each time that messages of a batch were queued.
create table batch_sends (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    batch_id uuid not null,
    group_id uuid not null, -- of its jobs
    messages int not null,
    approval_id uuid, -- the yes that it was sent on; null: none was needed
    actor_kind text not null,
    actor_id uuid,
    actor_name text,
    at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, id),
    foreign key (tenant_id, batch_id) references communication_batches (tenant_id, id)
);
create index batch_sends_of on batch_sends (tenant_id, batch_id, at);
select tenant_table('batch_sends'), append_only('batch_sends');
grant select, insert on batch_sends to track_web, track_worker;

-- Messages kept out of the sending of their batch until somebody takes them in again.
create table batch_omissions (
    tenant_id uuid not null,
    communication_id uuid not null,
    batch_id uuid not null,
    kind text not null, -- of the fault
    reason text not null, -- one sentence
    actor_name text,
    at timestamptz not null default now(),
    primary key (tenant_id, communication_id),
    foreign key (tenant_id, communication_id) references communications (tenant_id, id)
);
create index batch_omissions_of on batch_omissions (tenant_id, batch_id);
select tenant_table('batch_omissions');
grant select, insert, delete on batch_omissions to track_web;
grant select on batch_omissions to track_worker;

-- Whether a file can be read, found out once: what a hash names never changes.
create table file_checks (
    tenant_id uuid not null,
    sha256 text not null,
    fault text, -- one sentence; null: readable
    checked_at timestamptz not null default now(),
    primary key (tenant_id, sha256),
    foreign key (tenant_id, sha256) references blobs (tenant_id, sha256)
);
select tenant_table('file_checks');
grant select on file_checks to track_web;
grant select, insert, delete on file_checks to track_worker;

-- The tenants with a run under way, for the worker's schedule.
create function sending_tenants() returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
    select distinct tenant_id from communication_batches where state = 'SENDING'
$$;
select owner_sees_all('communication_batches');
revoke execute on function sending_tenants() from public;
grant execute on function sending_tenants() to track_worker;

-- What is wrong with messages that are due to be sent, or only to be looked at: track/run_check.c says which is which.
create function run_faults(batch uuid, channels text[]) returns table (id uuid, number text, recipient_name text, channel text,
    left_out boolean, kind text, value text) language sql stable as $$
with due as materialized (
    select c.id, c.unit_id, c.channel, c.recipient_name, c.email, c.phone, c.street, c.postal_code, c.city, c.country, c.subject,
        c.amount_minor, c.currency, c.year, u.number, b.country as home, o.communication_id is not null as left_out,
        exists (select from communication_attachments a where a.tenant_id = c.tenant_id and a.communication_id = c.id) as has_file
    from communications c
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
    left join batch_omissions o on o.tenant_id = c.tenant_id and o.communication_id = c.id
    where c.tenant_id = current_tenant() and c.batch_id = batch and c.delivery_status = 'DRAFT'
        and c.channel = any (channels)
), files as materialized (
    select a.communication_id, a.sha256, a.file_name, d.unit_id, k.fault
    from due d
    join communication_attachments a on a.tenant_id = current_tenant() and a.communication_id = d.id
    left join file_checks k on k.tenant_id = a.tenant_id and k.sha256 = a.sha256
), shared as materialized (
    select sha256 from files group by sha256
    having count(distinct unit_id) > 1 and count(distinct unit_id) < (select count(distinct unit_id) from files)
), rule as materialized (
    select count(*) filter (where has_file) * 2 > count(*) as files,
        coalesce(nullif(max(home), ''), mode() within group (order by nullif(country, ''))) as country
    from due d where d.channel <> 'SMS'
), twins as materialized (
    select unit_id, channel, subject, coalesce(amount_minor, 0) as amount, lower(concat_ws('|', email, phone, street, recipient_name)) as at
    from due group by 1, 2, 3, 4, 5 having count(*) > 1
), found as (
    select d.id, d.number, d.recipient_name, d.channel, d.left_out, f.kind, f.value
    from due d
    cross join rule
    cross join lateral (
        select 'no_email', null where d.channel = 'EMAIL' and coalesce(d.email, '') = ''
        union all select 'no_phone', null where d.channel = 'SMS' and coalesce(d.phone, '') = ''
        union all select 'no_postal_address', nullif(concat_ws(', ', nullif(d.street, ''), nullif(d.postal_code, ''),
                nullif(d.city, '')), '')
            where d.channel like 'LETTER%' and '' in (d.street, d.postal_code, d.city)
        union all (select case when s.blocks then 'suppressed' else 'bad_address' end, s.address || ': ' || s.sentence
            from suppressions s
            where s.tenant_id = current_tenant() and s.channel = d.channel and s.lifted_at is null
                and s.address = suppression_address(d.channel, case d.channel when 'EMAIL' then d.email when 'SMS' then d.phone end)
            order by s.blocks desc limit 1)
        union all select 'no_file', null where rule.files and d.channel <> 'SMS' and not d.has_file
        union all select 'twice', d.subject where (d.unit_id, d.channel, d.subject, coalesce(d.amount_minor, 0),
            lower(concat_ws('|', d.email, d.phone, d.street, d.recipient_name))) in (select * from twins)
        union all select 'no_currency', d.amount_minor::text where d.amount_minor is not null and coalesce(d.currency, '') = ''
        union all select 'abroad', d.country where d.country <> '' and d.country <> rule.country
        union all select 'lost_email', l.email from (
            select o.email from communications o
            where coalesce(d.email, '') = '' and o.tenant_id = current_tenant() and o.unit_id = d.unit_id
                and o.year = d.year - 1 and coalesce(o.email, '') <> ''
            limit 1) l
    ) f (kind, value)
    union all
    select d.id, d.number, d.recipient_name, d.channel, d.left_out, 'unreadable_file', f.file_name || ': ' || f.fault
    from due d
    join files f on f.communication_id = d.id and f.fault is not null
    union all
    select d.id, d.number, d.recipient_name, d.channel, d.left_out, 'shared_file', f.file_name
    from due d
    join files f on f.communication_id = d.id
    join shared s on s.sha256 = f.sha256
)
select id, number, recipient_name, channel, left_out, kind, value from found
$$;
