-- How a tenant's letters look.

-- name: letter_settings_get
select s.settings as "settings", t.name as "tenant", coalesce(home.country, '') as "country", home.city as "city",
    to_char(now() at time zone t.time_zone, 'YYYY-MM-DD') as "today"
from tenants t
left join letter_settings s on s.tenant_id = t.id
left join lateral (
    select b.country, b.city, count(*) as n from buildings b
    where b.tenant_id = current_tenant()
    group by b.country, b.city order by n desc, b.country, b.city limit 1
) home on true
where t.id = current_tenant();
