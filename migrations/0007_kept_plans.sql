-- The same as before, with a plan that is kept: a function in SQL is planned anew for each message.
create or replace function refresh_unit_years(keys uuid[], years smallint[]) returns void language plpgsql as $$
begin
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
        next_attempt_at = excluded.next_attempt_at, search = excluded.search;
end $$;
