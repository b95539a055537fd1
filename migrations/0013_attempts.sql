-- Every channel sends: held and skipped messages, attempts that are kept, claims that contradict each other.

-- ---------------------------------------------------------------- statuses

alter table communications drop constraint communications_delivery_status_check;
alter table communications add constraint communications_delivery_status_check check (delivery_status in ('DRAFT', 'ENQUEUED',
    'HELD', 'SENT', 'DELIVERED', 'OPENED', 'FAILED', 'BOUNCED', 'MANUAL', 'CANCELLED', 'SKIPPED', 'WAITING'));

-- What waited for its channel to be built is a draft like any other.
do $$
declare
    t uuid;
begin
    for t in select id from tenants loop
        perform set_config('track.tenant', t::text, true);
        update communications set delivery_status = 'DRAFT' where tenant_id = t and delivery_status = 'WAITING';
    end loop;
    perform set_config('track.tenant', '', true);
end $$;

alter table communications drop constraint communications_delivery_status_check;
alter table communications add constraint communications_delivery_status_check check (delivery_status in ('DRAFT', 'ENQUEUED',
    'HELD', 'SENT', 'DELIVERED', 'OPENED', 'FAILED', 'BOUNCED', 'MANUAL', 'CANCELLED', 'SKIPPED'));

alter table communication_counts rename column waiting to held;
alter table communication_counts add column skipped int not null default 0;

create or replace function count_changes(buildings uuid[], years smallint[], channels text[], statuses text[], changes int[])
    returns void language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    insert into communication_counts as k (tenant_id, building_id, year, channel, slot, draft, held, enqueued, sent, delivered,
        opened, failed, bounced, manual, cancelled, skipped)
    select current_tenant(), building_id, year, channel, pg_backend_pid() % 16,
        coalesce(sum(n) filter (where status = 'DRAFT'), 0), coalesce(sum(n) filter (where status = 'HELD'), 0),
        coalesce(sum(n) filter (where status = 'ENQUEUED'), 0), coalesce(sum(n) filter (where status = 'SENT'), 0),
        coalesce(sum(n) filter (where status = 'DELIVERED'), 0), coalesce(sum(n) filter (where status = 'OPENED'), 0),
        coalesce(sum(n) filter (where status = 'FAILED'), 0), coalesce(sum(n) filter (where status = 'BOUNCED'), 0),
        coalesce(sum(n) filter (where status = 'MANUAL'), 0), coalesce(sum(n) filter (where status = 'CANCELLED'), 0),
        coalesce(sum(n) filter (where status = 'SKIPPED'), 0)
    from unnest(buildings, years, channels, statuses, changes) as c (building_id, year, channel, status, n)
    group by building_id, year, channel order by building_id, year, channel
    on conflict (tenant_id, building_id, year, channel, slot) do update set draft = k.draft + excluded.draft,
        held = k.held + excluded.held, enqueued = k.enqueued + excluded.enqueued, sent = k.sent + excluded.sent,
        delivered = k.delivered + excluded.delivered, opened = k.opened + excluded.opened,
        failed = k.failed + excluded.failed, bounced = k.bounced + excluded.bounced,
        manual = k.manual + excluded.manual, cancelled = k.cancelled + excluded.cancelled,
        skipped = k.skipped + excluded.skipped;
end $$;

-- ---------------------------------------------------------------- attempts

-- A communication's row is its attempt at hand. Another channel than the imported one keeps that in origin_channel, so
-- that the same file imported again finds what it brought.
alter table communications add column origin_channel text;
alter table communications add column attempt_no smallint not null default 1;
alter table communications add column evidence_grade char(1); -- of the claim that the status stands on
alter table communications add column contradiction jsonb; -- {sentence, type, source, grade, at, against: {status, grade}}
alter table communications drop constraint communications_tenant_id_unit_id_year_channel_reference_key;
create unique index communications_origin on communications
    (tenant_id, unit_id, year, (coalesce(origin_channel, channel)), reference);

-- Attempts that another one followed, as they ended.
create table communication_attempts (
    tenant_id uuid not null,
    communication_id uuid not null,
    no smallint not null,
    channel text not null,
    address text,
    status text not null,
    grade char(1),
    contradiction jsonb,
    error jsonb,
    attempts int not null, -- tries of sending it
    provider text,
    provider_message_id text,
    conversation_id text,
    message_id text,
    queued_at timestamptz,
    sent_at timestamptz,
    delivered_at timestamptz,
    opened_at timestamptz,
    failed_at timestamptz,
    primary key (tenant_id, communication_id, no),
    foreign key (tenant_id, communication_id) references communications (tenant_id, id)
);
create index communication_attempts_provider on communication_attempts (tenant_id, provider_message_id)
    where provider_message_id is not null;
create index communication_attempts_message on communication_attempts (tenant_id, message_id) where message_id is not null;
select tenant_table('communication_attempts'), append_only('communication_attempts');
grant select, insert on communication_attempts to track_web, track_worker;

-- What a person wrote to a communication, with the file that proves it.
create table communication_audit_notes (
    tenant_id uuid not null,
    id uuid not null default uuid7(),
    communication_id uuid not null,
    event_id uuid not null, -- of the timeline: MANUAL_MARKED, NOTE and so on
    actor_id uuid,
    actor_name text,
    note text not null,
    proof_sha256 text,
    proof_file_name text,
    proof_content_type text,
    proof_size bigint,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, communication_id) references communications (tenant_id, id),
    foreign key (tenant_id, proof_sha256) references blobs (tenant_id, sha256)
);
create index communication_audit_notes_of on communication_audit_notes (tenant_id, communication_id, created_at);
select tenant_table('communication_audit_notes'), append_only('communication_audit_notes');
grant select, insert on communication_audit_notes to track_web, track_worker;

-- Moves the communications of new events: status, times, provider's ids, error and the chain's head are what the events
-- say. Once per statement, so that a batch of thousands costs one update. What a failure or a wait is about is in
-- detail: {code, raw, badAddress, nextAttemptAt, attempt}; what accepted it too: {provider, providerMessageId, …}; what
-- speaks against the status: {contradicts: {status, grade}}; a resend by another way: {channel}.
create or replace function event_apply() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    if exists (select from added where type = 'RESEND_REQUESTED') then
        insert into communication_attempts
        select c.tenant_id, c.id, c.attempt_no, c.channel, case c.channel when 'EMAIL' then c.email when 'SMS' then c.phone
                else concat_ws(', ', nullif(c.street, ''), nullif(concat_ws(' ', c.postal_code, c.city), ' ')) end,
            c.delivery_status, c.evidence_grade, c.contradiction, c.error, c.attempts, c.provider, c.provider_message_id,
            c.conversation_id, c.message_id, c.queued_at, c.sent_at, c.delivered_at, c.opened_at, c.failed_at
        from added e
        join communications c on c.tenant_id = e.tenant_id and c.id = e.communication_id
        where e.type = 'RESEND_REQUESTED' and c.delivery_status <> e.status_after;
        update communications c set attempt_no = c.attempt_no + 1, attempts = 0, provider = null, provider_message_id = null,
            conversation_id = null, message_id = null, sent_at = null, delivered_at = null, opened_at = null, failed_at = null,
            evidence_grade = null, contradiction = null,
            origin_channel = case when e.detail ? 'channel' then coalesce(c.origin_channel, c.channel) else c.origin_channel end,
            channel = coalesce(e.detail ->> 'channel', c.channel)
        from added e
        where c.tenant_id = e.tenant_id and c.id = e.communication_id and e.type = 'RESEND_REQUESTED'
            and c.delivery_status <> e.status_after;
    end if;
    update communications c set event_seq = e.seq, event_head = e.hash, delivery_status = e.status_after,
        last_event_type = e.type, last_event_at = e.occurred_at,
        evidence_grade = case when e.status_after <> c.delivery_status then e.grade
            when e.type = e.status_after or e.type = 'RETURNED' and e.status_after = 'BOUNCED'
                then least(c.evidence_grade, e.grade)
            else c.evidence_grade end,
        contradiction = case when e.detail ? 'contradicts' then jsonb_build_object('sentence', e.sentence, 'type', e.type,
                'source', e.source, 'grade', e.grade, 'at', e.occurred_at, 'against', e.detail -> 'contradicts')
            else c.contradiction end,
        queued_at = case when e.type in ('ENQUEUED', 'RESEND_REQUESTED') then e.occurred_at else c.queued_at end,
        sent_at = case when e.type in ('SENT', 'READY_TO_PRINT') then e.occurred_at else c.sent_at end,
        delivered_at = case when e.type = 'DELIVERED' then coalesce(c.delivered_at, e.occurred_at) else c.delivered_at end,
        opened_at = case when e.type = 'OPENED' and e.status_after = 'OPENED' then coalesce(c.opened_at, e.occurred_at)
            else c.opened_at end,
        failed_at = case when e.type in ('FAILED', 'BOUNCED', 'RETURNED') then e.occurred_at else c.failed_at end,
        error = case
            when e.status_after in ('FAILED', 'BOUNCED') and e.type in ('FAILED', 'BOUNCED', 'RETURNED')
                or e.status_after = 'ENQUEUED' and e.type = 'DELAYED' or e.status_after in ('HELD', 'SKIPPED')
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

-- ---------------------------------------------------------------- what a filter means

-- Whether a value is among those a filter names, and not among those it excludes; a filter that names none takes all.
create function filter_takes(filter jsonb, key text, not_key text, value text) returns boolean language sql immutable
    parallel safe as $$
    select (filter -> key is null or filter -> key ? value) and (filter -> not_key is null or not filter -> not_key ? value)
$$;

-- The communications that a filter of the list of messages (messages/filter.h) means and the actor may see.
create function communications_matching(filter jsonb, all_buildings boolean, actor uuid) returns setof communications
    language sql stable parallel safe as $$
    select c.*
    from communications c
    where c.tenant_id = current_tenant()
        and (all_buildings or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = actor and g.building_id = c.building_id))
        and filter_takes(filter, 'status', 'notStatus', c.delivery_status)
        and filter_takes(filter, 'channel', 'notChannel', c.channel)
        and filter_takes(filter, 'grade', 'notGrade', c.evidence_grade)
        and filter_takes(filter, 'provider', 'notProvider', c.provider)
        and filter_takes(filter, 'code', 'notCode', c.error ->> 'code')
        and filter_takes(filter, 'building', 'notBuilding', c.building_id::text)
        and filter_takes(filter, 'run', 'notRun', c.batch_id::text)
        and (filter -> 'year' is null or filter -> 'year' @> to_jsonb(c.year))
        and (filter -> 'notYear' is null or not filter -> 'notYear' @> to_jsonb(c.year))
        and (filter -> 'unit' is null or exists (select from units u
            where u.tenant_id = c.tenant_id and u.id = c.unit_id and filter -> 'unit' ? u.number))
        and (filter -> 'to' is null or exists (select from jsonb_array_elements_text(filter -> 'to') t
            where strpos(lower(concat_ws(' ', c.recipient_name, c.email, c.phone)), lower(t)) > 0))
        and (filter -> 'domain' is null or filter -> 'domain' ? split_part(lower(c.email), '@', 2))
        and (filter -> 'before' is null or c.last_event_at < (filter ->> 'before')::timestamptz)
        and (filter -> 'after' is null or c.last_event_at >= (filter ->> 'after')::timestamptz)
        and (not coalesce(filter -> 'is' ? 'held', false) or c.delivery_status = 'HELD')
        and (not coalesce(filter -> 'is' ? 'failed', false) or c.delivery_status in ('FAILED', 'BOUNCED'))
        and (not coalesce(filter -> 'is' ? 'moving', false) or c.delivery_status in ('ENQUEUED', 'SENT'))
        and (not coalesce(filter -> 'is' ? 'contradicted', false) or c.contradiction is not null)
        and (not coalesce(filter -> 'has' ? 'error', false) or c.error is not null)
        and (not coalesce(filter -> 'has' ? 'attachment', false) or exists (select from communication_attachments a
            where a.tenant_id = c.tenant_id and a.communication_id = c.id))
        and (not coalesce(filter -> 'has' ? 'note', false) or exists (select from communication_audit_notes n
            where n.tenant_id = c.tenant_id and n.communication_id = c.id))
        and (filter -> 'text' is null or not exists (select from jsonb_array_elements_text(filter -> 'text') t
            where strpos(lower(concat_ws(' ', c.recipient_name, c.email, c.phone, c.subject, c.reference)), lower(t)) = 0))
$$;
