-- As 0023 has it, but key by key through the whole of each index: what is behind OFFSET is no join, for which the planner
-- reads a table of some hundreds of rows whole, at each message that moves, and asks for the tenant at each row.
create or replace function refresh_unit_years(keys uuid[], years smallint[]) returns void language plpgsql
    set plan_cache_mode = force_generic_plan as $$
declare
    locked int;
    met int;
begin
    -- Who comes second waits here for the first one's commit, and the sum below sees it.
    select count(*) into locked
    from (select distinct * from unnest(keys, years) as k (unit_id, year) order by 1, 2) k
    cross join lateral (
        select n.building_id, n.number from units n where n.tenant_id = current_tenant() and n.id = k.unit_id offset 0
    ) n
    cross join lateral (
        select from unit_years u
        where u.tenant_id = current_tenant() and u.building_id = n.building_id and u.year = k.year and u.number = n.number
            and u.unit_id = k.unit_id
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
        cross join lateral (
            select n.number from units n where n.tenant_id = current_tenant() and n.id = k.unit_id offset 0
        ) n
        cross join lateral (
            select c.* from communications c where c.tenant_id = current_tenant() and c.unit_id = k.unit_id and c.year + 0 = k.year
            offset 0
        ) c
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
