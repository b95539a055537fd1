-- The list of all messages, newest first, narrowed by any qualifiers: the same cost with a hundred times the data.

create extension if not exists pg_trgm;

-- When it last moved; a draft, when it was made.
alter table communications add column moved_at timestamptz not null generated always as (coalesce(last_event_at, created_at)) stored;

-- Whatever a filter names little of is found by one of these, whatever it names much of by walking down the first.
create index communications_recent on communications (tenant_id, moved_at desc, id desc);
create index communications_year on communications (tenant_id, year, moved_at desc, id desc);
create index communications_building on communications (tenant_id, building_id, moved_at desc, id desc);
create index communications_odd on communications (tenant_id, delivery_status, year, moved_at desc, id desc)
    where delivery_status in ('FAILED', 'BOUNCED', 'HELD', 'SKIPPED', 'CANCELLED', 'MANUAL', 'ENQUEUED');
create index units_number on units (tenant_id, lower(number)); -- by itself: within a building there is the unique one

-- Names, addresses and references of a unit's year: its row changes with every event, but not in this column.
create index unit_years_search on unit_years using gin (search gin_trgm_ops) with (gin_pending_list_limit = 1024); -- kB: what is put off is soon made up for

-- The units' years in which all words are found, at most `most`. Row security would keep the index from being used, as
-- LIKE is not leakproof: a function of the owner looks, within the tenant at hand.
create function unit_years_found(words text[], most int) returns table (unit_id uuid, year smallint) language sql stable
    security definer set search_path = public, pg_temp as $$
    select u.unit_id, u.year from unit_years u
    where u.tenant_id = current_tenant()
        and u.search like all (array(select '%' || regexp_replace(lower(w), '([%_\\])', '\\\1', 'g') || '%' from unnest(words) w))
    limit most
$$;
select owner_sees_all('unit_years');
revoke execute on function unit_years_found from public;
grant execute on function unit_years_found to track_web, track_worker;

-- The texts of a filter's key: a constant when a statement is planned, so that indexes serve them.
create function filter_texts(filter jsonb, key text) returns text[] language sql immutable parallel safe as $$
    select array(select jsonb_array_elements_text(filter -> key))
$$;
create function filter_years(filter jsonb, key text) returns smallint[] language sql immutable parallel safe as $$
    select array(select jsonb_array_elements_text(filter -> key)::smallint)
$$;
create function filter_ids(filter jsonb, key text) returns uuid[] language sql immutable parallel safe as $$
    select array(select jsonb_array_elements_text(filter -> key)::uuid)
$$;

-- The same as before, in words that the planner can use; `units` is what unit_years_found found for text and to, where
-- it was asked.
create or replace function communications_matching(filter jsonb, all_buildings boolean, actor uuid) returns setof communications
    language sql stable parallel safe as $$
    select c.*
    from communications c
    where c.tenant_id = current_tenant()
        and (all_buildings or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = actor and g.building_id = c.building_id))
        and (filter -> 'status' is null or c.delivery_status = any (filter_texts(filter, 'status')))
        and (filter -> 'notStatus' is null or c.delivery_status <> all (filter_texts(filter, 'notStatus')))
        and (filter -> 'channel' is null or c.channel = any (filter_texts(filter, 'channel')))
        and (filter -> 'notChannel' is null or c.channel <> all (filter_texts(filter, 'notChannel')))
        and (filter -> 'grade' is null or c.evidence_grade = any (filter_texts(filter, 'grade')))
        and (filter -> 'notGrade' is null or coalesce(c.evidence_grade, '') <> all (filter_texts(filter, 'notGrade')))
        and (filter -> 'provider' is null or c.provider = any (filter_texts(filter, 'provider')))
        and (filter -> 'notProvider' is null or coalesce(c.provider, '') <> all (filter_texts(filter, 'notProvider')))
        and (filter -> 'code' is null or c.error ->> 'code' = any (filter_texts(filter, 'code')))
        and (filter -> 'notCode' is null or coalesce(c.error ->> 'code', '') <> all (filter_texts(filter, 'notCode')))
        and (filter -> 'cause' is null or reason_of(c.error ->> 'sentence') = any (filter_texts(filter, 'cause')))
        and (filter -> 'notCause' is null
            or coalesce(reason_of(c.error ->> 'sentence'), '') <> all (filter_texts(filter, 'notCause')))
        and (filter -> 'building' is null or c.building_id = any (filter_ids(filter, 'building')))
        and (filter -> 'notBuilding' is null or c.building_id <> all (filter_ids(filter, 'notBuilding')))
        and (filter -> 'run' is null or c.batch_id = any (filter_ids(filter, 'run')))
        and (filter -> 'notRun' is null or c.batch_id <> all (filter_ids(filter, 'notRun')))
        and (filter -> 'year' is null or c.year = any (filter_years(filter, 'year')))
        and (filter -> 'notYear' is null or c.year <> all (filter_years(filter, 'notYear')))
        and (filter -> 'units' is null or c.unit_id = any (filter_ids(filter, 'units')))
        and (filter -> 'unit' is null or exists (select from units u
            where u.tenant_id = current_tenant() and u.id = c.unit_id and u.number = any (filter_texts(filter, 'unit'))))
        and (filter -> 'to' is null or lower(concat_ws(' ', c.recipient_name, c.email, c.phone))
            like any (array(select '%' || regexp_replace(lower(t), '([%_\\])', '\\\1', 'g') || '%'
                            from unnest(filter_texts(filter, 'to')) t)))
        and (filter -> 'domain' is null or split_part(lower(c.email), '@', 2) = any (filter_texts(filter, 'domain')))
        and (filter -> 'notDomain' is null
            or coalesce(split_part(lower(c.email), '@', 2), '') <> all (filter_texts(filter, 'notDomain')))
        and (filter -> 'before' is null or c.moved_at < (filter ->> 'before')::timestamptz)
        and (filter -> 'after' is null or c.moved_at >= (filter ->> 'after')::timestamptz)
        and (not coalesce(filter -> 'is' ? 'held', false) or c.delivery_status = 'HELD')
        and (not coalesce(filter -> 'notIs' ? 'held', false) or c.delivery_status <> 'HELD')
        and (not coalesce(filter -> 'is' ? 'failed', false) or c.delivery_status in ('FAILED', 'BOUNCED'))
        and (not coalesce(filter -> 'notIs' ? 'failed', false) or c.delivery_status not in ('FAILED', 'BOUNCED'))
        and (not coalesce(filter -> 'is' ? 'waiting', false) or c.delivery_status in ('DRAFT', 'HELD', 'ENQUEUED'))
        and (not coalesce(filter -> 'notIs' ? 'waiting', false) or c.delivery_status not in ('DRAFT', 'HELD', 'ENQUEUED'))
        and (not coalesce(filter -> 'is' ? 'moving', false) or c.delivery_status in ('ENQUEUED', 'SENT'))
        and (not coalesce(filter -> 'notIs' ? 'moving', false) or c.delivery_status not in ('ENQUEUED', 'SENT'))
        and (not coalesce(filter -> 'is' ? 'contradicted', false) or c.contradiction is not null)
        and (not coalesce(filter -> 'notIs' ? 'contradicted', false) or c.contradiction is null)
        and (not coalesce(filter -> 'has' ? 'error', false) or c.error is not null)
        and (not coalesce(filter -> 'notHas' ? 'error', false) or c.error is null)
        and (not coalesce(filter -> 'has' ? 'attachment', false) or exists (select from communication_attachments a
            where a.tenant_id = current_tenant() and a.communication_id = c.id))
        and (not coalesce(filter -> 'notHas' ? 'attachment', false) or not exists (select from communication_attachments a
            where a.tenant_id = current_tenant() and a.communication_id = c.id))
        and (not coalesce(filter -> 'has' ? 'note', false) or exists (select from communication_audit_notes n
            where n.tenant_id = current_tenant() and n.communication_id = c.id))
        and (not coalesce(filter -> 'notHas' ? 'note', false) or not exists (select from communication_audit_notes n
            where n.tenant_id = current_tenant() and n.communication_id = c.id))
        and (filter -> 'text' is null or lower(concat_ws(' ', (select u.number from units u where u.tenant_id = current_tenant()
                and u.id = c.unit_id), c.recipient_name, c.email, c.phone, c.reference, c.subject))
            like all (array(select '%' || regexp_replace(lower(t), '([%_\\])', '\\\1', 'g') || '%'
                            from unnest(filter_texts(filter, 'text')) t)))
        and (filter -> 'notText' is null or lower(concat_ws(' ', (select u.number from units u
                where u.tenant_id = current_tenant() and u.id = c.unit_id), c.recipient_name, c.email, c.phone, c.reference, c.subject))
            not like all (array(select '%' || regexp_replace(lower(t), '([%_\\])', '\\\1', 'g') || '%'
                            from unnest(filter_texts(filter, 'notText')) t)))
$$;

-- What is looked for is found in a subject, too. The year is written so that no index leads by it: a plan kept from when
-- the tables were empty must go by the unit.
create or replace function refresh_unit_years(keys uuid[], years smallint[]) returns void language plpgsql
    set plan_cache_mode = force_generic_plan as $$
declare
    locked int;
    met int;
begin
    -- Who comes second waits here for the first one's commit, and the sum below sees it.
    -- Row by row through the whole key: of a join the planner may leave the year to be looked at behind the index.
    select count(*) into locked
    from (select distinct * from unnest(keys, years) as k (unit_id, year) order by 1, 2) k
    join units n on n.tenant_id = current_tenant() and n.id = k.unit_id
    cross join lateral (
        select from unit_years u
        where u.tenant_id = current_tenant() and u.building_id = n.building_id and u.year = k.year and u.number = n.number
            and u.unit_id = n.id
        offset 0 for update
    ) u;
    with kept as (
        insert into unit_years as u
        select c.tenant_id, c.building_id, c.year, c.unit_id, n.number,
            (array_agg(c.recipient_name order by c.created_at desc, c.id desc))[1],
            array_agg(c.channel order by c.channel, c.id), array_agg(c.delivery_status order by c.channel, c.id), count(*),
            count(*) filter (where c.delivery_status in ('FAILED', 'BOUNCED')), count(*) filter (where c.delivery_status = 'MANUAL'),
            (array_agg(c.error ->> 'sentence' order by c.failed_at desc, c.id)
                filter (where c.delivery_status in ('FAILED', 'BOUNCED')))[1],
            (array_agg(c.last_event_type order by c.last_event_at desc nulls last, c.id))[1], max(c.last_event_at),
            min(c.next_attempt_at),
            lower(n.number || ' ' || string_agg(distinct concat_ws(' ', c.recipient_name, c.email, c.phone, c.reference, c.subject), ' '))
        from (select distinct * from unnest(keys, years) as k (unit_id, year)) k
        join communications c on c.tenant_id = current_tenant() and c.unit_id = k.unit_id and c.year + 0 = k.year
        join units n on n.tenant_id = c.tenant_id and n.id = c.unit_id
        group by c.tenant_id, c.building_id, c.year, c.unit_id, n.number
        order by c.unit_id, c.year
        on conflict (tenant_id, building_id, year, number, unit_id) do update set recipient_name = excluded.recipient_name,
            channels = excluded.channels, statuses = excluded.statuses, communications = excluded.communications,
            failed = excluded.failed, by_hand = excluded.by_hand, error = excluded.error,
            last_event_type = excluded.last_event_type, last_event_at = excluded.last_event_at,
            next_attempt_at = excluded.next_attempt_at, search = excluded.search
        returning xmax
    )
    select count(*) filter (where xmax <> 0) into met from kept;
    -- A row that nobody could lock before was made meanwhile: it is ours now, and is summed up again.
    if met > locked then
        perform refresh_unit_years(keys, years);
    end if;
end $$;

do $$
declare
    t uuid;
begin
    for t in select id from tenants loop
        perform set_config('track.tenant', t::text, true);
        perform refresh_unit_years(array_agg(unit_id), array_agg(year)) from unit_years where tenant_id = t;
    end loop;
    perform set_config('track.tenant', '', true);
end $$;
