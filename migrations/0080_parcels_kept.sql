-- Parcels in the rooms around them: proof.

-- ---------------------------------------------------------------- roots

-- Whose events a day's root is over. Those made before this are over communications alone and stay so; what came of
-- shipments on their days is under its chain.
alter table daily_roots add column covers text[] not null default '{communications}'
    check (covers in ('{communications}', '{communications,parcels}'));
alter table proof_checks add column shipments bigint not null default 0;
create index shipment_events_recent on shipment_events (tenant_id, received_at desc);

-- As 0070 has it; what was begun before midnight and comes after the root of that day is refused, as event_link does it.
create or replace function shipment_event_link() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    if new.received_at < clock_timestamp() - interval '1 hour' and exists (select from daily_roots
            where tenant_id = new.tenant_id and day >= (new.received_at at time zone 'UTC')::date and 'parcels' = any (covers)) then
        raise exception 'the root of % is made', (new.received_at at time zone 'UTC')::date using errcode = '40001';
    end if;
    select event_seq + 1, event_head into new.seq, new.prev_hash from shipments
    where tenant_id = new.tenant_id and id = new.shipment_id for update;
    if not found then
        raise exception 'no shipment %', new.shipment_id using errcode = '23503';
    end if;
    new.salt = uuid_send(gen_random_uuid());
    new.content_hash = event_content(new.salt, new.sentence, new.detail);
    new.hash = shipment_event_digest(new);
    return new;
end $$;

-- ---------------------------------------------------------------- search everywhere

alter table customers add column search text not null
    generated always as (folded(name || ' ' || coalesce(email, ''))) stored; -- what words of a search stand in
create index customers_search on customers using gin (search gin_trgm_ops) with (gin_pending_list_limit = 1024);

-- Customers whose name and address hold all the words, at most `most`. Row security would keep the index from being used: a
-- function of the owner looks, within the tenant at hand. Who may see parcels is asked before.
create function customers_found(words text[], most int) returns table (id uuid) language plpgsql stable
    security definer set search_path = public, pg_temp set synchronize_seqscans = off as $$ -- the same ones each time
declare
    holding text = words_in('c.search', words, true);
begin
    if holding is not null then
        return query execute 'select c.id from customers c where c.tenant_id = current_tenant()' || holding || ' limit $1' using most;
    end if;
end $$;
revoke execute on function customers_found from public;
grant execute on function customers_found to track_web;
