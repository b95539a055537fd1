-- Kept figures as one row per channel with a column per status: a status that moves costs one row, a page reads a third.

drop trigger count_inserted on communications;
drop trigger count_updated on communications;
drop function count_communications();
drop table communication_counts;

-- Communications per building, year and channel, by status. Writers of one building spread over slots; readers sum.
create table communication_counts (
    tenant_id uuid not null,
    building_id uuid not null,
    year smallint not null,
    channel text not null,
    slot smallint not null,
    draft int not null,
    waiting int not null,
    enqueued int not null,
    sent int not null,
    delivered int not null,
    opened int not null,
    failed int not null,
    bounced int not null,
    manual int not null,
    cancelled int not null,
    primary key (tenant_id, building_id, year, channel, slot)
) with (fillfactor = 50);

insert into communication_counts
select tenant_id, building_id, year, channel, 0,
    count(*) filter (where delivery_status = 'DRAFT'), count(*) filter (where delivery_status = 'WAITING'),
    count(*) filter (where delivery_status = 'ENQUEUED'), count(*) filter (where delivery_status = 'SENT'),
    count(*) filter (where delivery_status = 'DELIVERED'), count(*) filter (where delivery_status = 'OPENED'),
    count(*) filter (where delivery_status = 'FAILED'), count(*) filter (where delivery_status = 'BOUNCED'),
    count(*) filter (where delivery_status = 'MANUAL'), count(*) filter (where delivery_status = 'CANCELLED')
from communications
group by tenant_id, building_id, year, channel;

select tenant_table('communication_counts');
grant select, insert, update on communication_counts to track_web, track_worker;

-- Adds changes to the figures of the tenant at hand: n of a building's communications of a year and channel, by status.
create function count_changes(buildings uuid[], years smallint[], channels text[], statuses text[], changes int[])
    returns void language plpgsql as $$
begin
    insert into communication_counts as k
    select current_tenant(), building_id, year, channel, pg_backend_pid() % 16,
        coalesce(sum(n) filter (where status = 'DRAFT'), 0), coalesce(sum(n) filter (where status = 'WAITING'), 0),
        coalesce(sum(n) filter (where status = 'ENQUEUED'), 0), coalesce(sum(n) filter (where status = 'SENT'), 0),
        coalesce(sum(n) filter (where status = 'DELIVERED'), 0), coalesce(sum(n) filter (where status = 'OPENED'), 0),
        coalesce(sum(n) filter (where status = 'FAILED'), 0), coalesce(sum(n) filter (where status = 'BOUNCED'), 0),
        coalesce(sum(n) filter (where status = 'MANUAL'), 0), coalesce(sum(n) filter (where status = 'CANCELLED'), 0)
    from unnest(buildings, years, channels, statuses, changes) as c (building_id, year, channel, status, n)
    group by building_id, year, channel order by building_id, year, channel
    on conflict (tenant_id, building_id, year, channel, slot) do update set draft = k.draft + excluded.draft,
        waiting = k.waiting + excluded.waiting, enqueued = k.enqueued + excluded.enqueued, sent = k.sent + excluded.sent,
        delivered = k.delivered + excluded.delivered, opened = k.opened + excluded.opened,
        failed = k.failed + excluded.failed, bounced = k.bounced + excluded.bounced,
        manual = k.manual + excluded.manual, cancelled = k.cancelled + excluded.cancelled;
end $$;

create function count_inserted() returns trigger language plpgsql as $$
begin
    perform count_changes(array_agg(building_id), array_agg(year), array_agg(channel), array_agg(delivery_status), array_agg(n))
    from (select building_id, year, channel, delivery_status, count(*)::int as n from added group by 1, 2, 3, 4) x
    having count(*) > 0;
    return null;
end $$;

create function count_updated() returns trigger language plpgsql as $$
begin
    perform count_changes(array_agg(building_id), array_agg(year), array_agg(channel), array_agg(delivery_status), array_agg(n))
    from (
        select building_id, year, channel, delivery_status, sum(d)::int as n
        from (select building_id, year, channel, delivery_status, -1 as d from removed
              union all select building_id, year, channel, delivery_status, 1 from added) y
        group by 1, 2, 3, 4 having sum(d) <> 0) x
    having count(*) > 0;
    return null;
end $$;

create trigger count_inserted after insert on communications referencing new table as added
    for each statement execute function count_inserted();
create trigger count_updated after update on communications referencing old table as removed new table as added
    for each statement execute function count_updated();

-- The side list is read in the order of its names.
create index buildings_by_name on buildings (tenant_id, name, id);
