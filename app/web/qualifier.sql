-- What the bar over a list says.

-- When a day begins for the tenant: "2026-05-12", or "7d" for so many days ago.
-- name: qualifier_day
select to_char(case when :day::text like '%d'
        then (to_timestamp(:now_ms::bigint / 1000.0) at time zone t.time_zone)::date - rtrim(:day::text, 'd')::int
        else :day::text::date end::timestamp at time zone t.time_zone at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as begins
from tenants t where t.id = current_tenant();
