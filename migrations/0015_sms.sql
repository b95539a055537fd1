-- SMS: whom nothing is sent to any more, turns of accounts that may send only so fast, and the sink for other channels.

alter table sink_messages add column channel text not null default 'EMAIL' check (channel in ('EMAIL', 'SMS'));
create index communications_phone on communications (tenant_id, phone) where phone is not null;

-- ---------------------------------------------------------------- suppressions

-- Addresses with something against them. What blocks keeps messages back; a bad address is only marked, as it may have
-- been repaired. Lifted rows stay as history.
create table suppressions (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    channel text not null check (channel in ('EMAIL', 'SMS')),
    address text not null, -- e-mail in lower case, number as E.164
    reason text not null check (reason in ('opt_out', 'bad_address', 'complaint', 'manual')),
    blocks boolean not null,
    sentence text not null,
    communication_id uuid, -- what caused it, with the event of its timeline
    event_id uuid,
    created_at timestamptz not null default now(),
    created_by_id uuid,
    created_by_name text,
    lifted_at timestamptz,
    lifted_by_id uuid,
    lifted_by_name text,
    blocked_count int not null default 0, -- messages it kept back
    primary key (tenant_id, id),
    foreign key (tenant_id, communication_id) references communications (tenant_id, id)
);
create unique index suppressions_standing on suppressions (tenant_id, channel, address, reason) where lifted_at is null;
select tenant_table('suppressions');
grant select, insert, update on suppressions to track_web, track_worker;

create function suppression_address(channel text, address text) returns text language sql immutable parallel safe as $$
    select case channel when 'EMAIL' then lower(btrim(address)) else btrim(address) end
$$;

-- Puts something against an address, once for each reason; answers its id, also where it stood already.
create function suppress(p_channel text, p_address text, p_reason text, p_sentence text, p_communication uuid, p_event uuid,
    p_by_id uuid, p_by_name text) returns uuid language sql as $$
    insert into suppressions as s (tenant_id, channel, address, reason, blocks, sentence, communication_id, event_id,
        created_by_id, created_by_name)
    values (current_tenant(), p_channel, suppression_address(p_channel, p_address), p_reason, p_reason <> 'bad_address',
        p_sentence, p_communication, p_event, p_by_id, p_by_name)
    on conflict (tenant_id, channel, address, reason) where lifted_at is null do update set sentence = s.sentence
    returning id
$$;

-- The one place where events put something against an address, whoever tells them: complaints; failures for good, whose
-- detail says badAddress; a recipient's own wish, as optOut or optIn. Reports on mail that was passed on name other
-- addresses than ours: nothing is held against that.
create function event_suppress() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    if not exists (select from added where type = 'COMPLAINED' or detail ?| array['badAddress', 'optOut', 'optIn']) then
        return null;
    end if;
    perform suppress(c.channel, a.address, r.reason,
        case when e.type = 'COMPLAINED' then 'The recipient marked a message as unwanted.' else e.sentence end, c.id, e.id,
        null, null)
    from added e
    join communications c on c.tenant_id = e.tenant_id and c.id = e.communication_id
    cross join lateral (select case c.channel when 'EMAIL' then c.email when 'SMS' then c.phone end as address) a
    cross join lateral (select case when e.type = 'COMPLAINED' then 'complaint' when e.detail @> '{"optOut": true}' then 'opt_out'
        when e.detail @> '{"badAddress": true}' and e.type in ('FAILED', 'BOUNCED') then 'bad_address' end as reason) r
    where a.address is not null and r.reason is not null
        and lower(coalesce(e.detail ->> 'recipient', a.address)) = lower(a.address);
    update suppressions s set lifted_at = now(), lifted_by_name = 'The recipient'
    from added e
    join communications c on c.tenant_id = e.tenant_id and c.id = e.communication_id
    where e.detail @> '{"optIn": true}' and s.tenant_id = c.tenant_id and s.channel = c.channel
        and s.address = suppression_address(c.channel, case c.channel when 'SMS' then c.phone else c.email end)
        and s.reason = 'opt_out' and s.lifted_at is null;
    return null;
end $$;
create trigger event_suppress after insert on communication_events referencing new table as added
    for each statement execute function event_suppress();

-- ---------------------------------------------------------------- turns

-- When an account may send next. A turn is taken in one short statement; the message that took it waits elsewhere.
create table send_slots (
    tenant_id uuid not null,
    account_id uuid not null,
    next_at timestamptz not null,
    primary key (tenant_id, account_id),
    foreign key (tenant_id, account_id) references provider_accounts (tenant_id, id) on delete cascade
) with (fillfactor = 50);
select tenant_table('send_slots');
grant select, insert, update on send_slots to track_worker;
