-- Who wants to be told of a view, and when that was last done.

-- name: tell_set
insert into view_subscriptions (tenant_id, view_id, user_id, tell)
select current_tenant(), v.id, u.id, :tell::text
from saved_views v
join users u on u.tenant_id = current_tenant() and u.id = :user_id::uuid
where v.tenant_id = current_tenant() and v.id = :view_id::uuid and (v.owner_id = u.id or v.shared)
on conflict (tenant_id, view_id, user_id) do update set tell = excluded.tell, standing = false, told_on = null
returning (select email from users where tenant_id = current_tenant() and id = :user_id::uuid) as email

-- name: tell_unset
delete from view_subscriptions s
where s.tenant_id = current_tenant() and s.view_id = :view_id::uuid and s.user_id = :user_id::uuid
returning s.view_id

-- The view and who looks at it: nothing where that is not wanted any more, or may not be. A day's begins at eight.
-- name: tell_get
select v.name as view, v.q, v.columns, s.standing, a.name, a.role, a.all_buildings as "allBuildings", t.name as tenant,
    s.tell = 'daily' as daily, s.tell = 'daily' and (now() at time zone t.time_zone)::time >= '08:00'
        and s.told_on is distinct from (now() at time zone t.time_zone)::date as day
from view_subscriptions s
join saved_views v on v.tenant_id = s.tenant_id and v.id = s.view_id
join tenants t on t.id = s.tenant_id
cross join actor_standing(s.user_id) a
where s.tenant_id = current_tenant() and s.view_id = :view_id::uuid and s.user_id = :user_id::uuid and s.tell = :tell::text
    and (v.shared or v.owner_id = s.user_id)

-- name: tell_looked
update view_subscriptions s set standing = :standing::bool,
    told_on = case when :told::bool then (now() at time zone t.time_zone)::date else s.told_on end
from tenants t
where t.id = s.tenant_id and s.tenant_id = current_tenant() and s.view_id = :view_id::uuid and s.user_id = :user_id::uuid

-- When to look again: in a quarter of an hour, or at the tenant's next eight o'clock.
-- name: tell_next
select to_char((case when :tell::text = 'nonempty' then now() + interval '15 minutes'
    else (date_trunc('day', (now() at time zone t.time_zone) + interval '16 hours') + interval '8 hours') at time zone t.time_zone
    end) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at
from tenants t where t.id = current_tenant()
