-- Proof: events that stay provable after their words are gone, a register of communications, a root over each day.

-- An event's digest covers its words (sentence, detail) only through `content_hash`, salted so that nobody guesses a short
-- one. Where the words and the salt are taken out the hash still holds. Events before this (version 1) are hashed over
-- their words themselves; one whose words are taken out gets a seal over the rest of it as its content_hash.
alter table communication_events add column version smallint not null default 1, add column salt bytea,
    add column content_hash bytea;
alter table communication_events alter column version set default 2;

-- What of an event is kept for good: ids, kind, times, grade, who did it.
create function event_facts(e communication_events) returns text language sql stable parallel safe as $$
    select jsonb_build_array(e.communication_id, e.seq, e.id, e.type, e.source, e.grade, e.status_after,
        extract(epoch from e.occurred_at), extract(epoch from e.received_at), e.actor_id, e.actor_name, e.inbox_id, e.mapper,
        e.dedupe_key, e.caused_by)::text
$$;

create function event_content(salt bytea, sentence text, detail jsonb) returns bytea language sql stable parallel safe as $$
    select sha256(salt || convert_to(jsonb_build_array(sentence, detail)::text, 'UTF8'))
$$;

create function event_seal(e communication_events) returns bytea language sql stable parallel safe as $$
    select sha256(e.prev_hash || e.hash || convert_to(event_facts(e), 'UTF8'))
$$;

create or replace function event_digest(e communication_events) returns bytea language sql stable parallel safe as $$
    select case when e.version = 1 then
        sha256(e.prev_hash || convert_to(jsonb_build_array(e.communication_id, e.seq, e.id, e.type, e.source, e.grade,
            e.status_after, extract(epoch from e.occurred_at), extract(epoch from e.received_at), e.actor_id, e.actor_name,
            e.sentence, e.detail, e.inbox_id, e.mapper, e.dedupe_key, e.caused_by)::text, 'UTF8'))
    else
        sha256(e.prev_hash || e.content_hash || convert_to(event_facts(e), 'UTF8'))
    end
$$;

-- Whether an event by itself is as it was written, or as it was when its words were taken out.
create function event_whole(e communication_events) returns boolean language sql stable parallel safe as $$
    select coalesce(case
        when e.version = 1 and e.content_hash is null then e.salt is null and e.hash = event_digest(e)
        when e.version = 1 then e.salt is null and e.content_hash = event_seal(e) and e.detail = '{}'
        when e.version = 2 and e.salt is null then e.hash = event_digest(e) and e.detail = '{}'
        when e.version = 2 then e.hash = event_digest(e) and e.content_hash = event_content(e.salt, e.sentence, e.detail)
    end, false)
$$;

-- Numbers an event and links it to the chain of its communication. One statement adds at most one event to each. What was
-- begun before midnight and comes after that day's root was made is refused, to be tried again as of today.
create or replace function event_link() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    if new.received_at < clock_timestamp() - interval '1 hour' and exists (select from daily_roots
            where tenant_id = new.tenant_id and day >= (new.received_at at time zone 'UTC')::date) then
        raise exception 'the root of % is made', (new.received_at at time zone 'UTC')::date using errcode = '40001';
    end if;
    select event_seq + 1, event_head into new.seq, new.prev_hash from communications
    where tenant_id = new.tenant_id and id = new.communication_id for update;
    if not found then
        raise exception 'no communication %', new.communication_id using errcode = '23503';
    end if;
    new.version = 2;
    new.salt = uuid_send(gen_random_uuid());
    new.content_hash = event_content(new.salt, new.sentence, new.detail);
    new.hash = event_digest(new);
    return new;
end $$;

-- Which communications there ever were, so that one that is gone with its whole timeline is missed: a row for each
-- statement that added some.
create table communication_register (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    communications uuid[] not null,
    at timestamptz not null default now(),
    primary key (tenant_id, id)
);
insert into communication_register (tenant_id, communications)
select tenant_id, array_agg(id order by id) from communications group by tenant_id, batch_id;
select tenant_table('communication_register'), append_only('communication_register');
grant select, insert on communication_register to track_web, track_worker;

create function register_communications() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    insert into communication_register (tenant_id, communications)
    select tenant_id, array_agg(id) from added group by tenant_id;
    return null;
end $$;
create trigger register_inserted after insert on communications referencing new table as added
    for each statement execute function register_communications();

-- A root for each day of a tenant (UTC), over the events received on it: see "Proof" in the README.
create table daily_roots (
    tenant_id uuid not null references tenants,
    day date not null,
    events bigint not null,
    merkle bytea not null check (octet_length(merkle) = 32),
    previous bytea not null check (octet_length(previous) = 32), -- the root of the day before; the first: zeros
    root bytea not null check (octet_length(root) = 32),
    made_at timestamptz not null default now(),
    primary key (tenant_id, day)
);
select tenant_table('daily_roots'), append_only('daily_roots');
grant select on daily_roots to track_web;
grant select, insert on daily_roots to track_worker;

-- What each nightly verification found; `finding` is null where all was as it was written.
create table proof_checks (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    at timestamptz not null default clock_timestamp(),
    communications bigint not null,
    events bigint not null,
    entries bigint not null, -- of the audit trail
    days bigint not null,
    finding jsonb, -- {kind, what, sentence, …}
    primary key (tenant_id, id)
);
select tenant_table('proof_checks'), append_only('proof_checks');
grant select on proof_checks to track_web;
grant select, insert on proof_checks to track_worker;

-- What the audit trail of the tenant at hand must end with, for the verification; audit_heads itself nobody reads.
create function audit_head(out seq bigint, out hash bytea) language sql stable security definer
    set search_path = public, pg_temp as $$
    select seq, hash from audit_heads where tenant_id = current_tenant()
$$;
revoke execute on function audit_head() from public;
grant execute on function audit_head() to track_worker;
