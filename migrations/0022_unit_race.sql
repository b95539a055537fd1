-- Two who change communications of one unit at the same time: the later one sums up what the other wrote, too.
create or replace function refresh_unit_years(keys uuid[], years smallint[]) returns void language plpgsql
    set plan_cache_mode = force_generic_plan as $$
declare
    locked int;
    met int;
begin
    -- Who comes second waits here for the first one's commit, and the sum below sees it.
    with u as materialized (
        select u.unit_id
        from (select distinct * from unnest(keys, years) as k (unit_id, year)) k
        join units n on n.tenant_id = current_tenant() and n.id = k.unit_id
        join unit_years u on u.tenant_id = n.tenant_id and u.building_id = n.building_id and u.year = k.year
            and u.number = n.number and u.unit_id = n.id
        order by u.unit_id, u.year for update of u
    )
    select count(*) into locked from u;
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
            lower(n.number || ' ' || string_agg(distinct concat_ws(' ', c.recipient_name, c.email, c.phone, c.reference), ' '))
        from (select distinct * from unnest(keys, years) as k (unit_id, year)) k
        join communications c on c.tenant_id = current_tenant() and c.unit_id = k.unit_id and c.year = k.year
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
