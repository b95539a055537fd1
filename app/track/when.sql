-- Clocks differ a little: what is minutes ahead is now.
-- name: when_read
select to_char(w.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, w.at > now() + interval '5 minutes' as ahead
from (select case when :local::bool then :text::text::timestamp at time zone (select t.time_zone from tenants t
    where t.id = current_tenant()) else :text::text::timestamptz end) as w (at);
