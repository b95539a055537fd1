-- The figures of buildings :first to :last, which triggers would have kept.
\set ON_ERROR_STOP on
set session_replication_role = replica;
select set_config('track.tenant', (select id from tenants where slug = 'demo')::text, false);

create temp table fresh as
select b.id from generate_series(:first, :last) i join buildings b on b.tenant_id = current_tenant() and b.code = 'B-' || i;

insert into communication_counts
select tenant_id, building_id, year, channel, 0, 0, 0, 0, 0, count(*) filter (where delivery_status = 'DELIVERED'),
    count(*) filter (where delivery_status = 'OPENED'), 0, count(*) filter (where delivery_status = 'BOUNCED'), 0, 0, 0
from communications where tenant_id = current_tenant() and building_id in (select id from fresh) group by 1, 2, 3, 4;

select count(refresh_unit_years(k.units, k.years)) from fresh b
cross join lateral (
    select array_agg(u.id) as units, array_agg(y::smallint) as years
    from units u, generate_series(2022, 2025) y where u.tenant_id = current_tenant() and u.building_id = b.id) k;
