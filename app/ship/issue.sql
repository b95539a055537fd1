-- Issues in Jira for what went wrong with deliveries.

-- name: issue_hold
select f.reservation_id, f.order_id, f.step, coalesce(f.code, f.kind) as code, f.resolved_at is not null as resolved,
    coalesce(f.issue_state, '') = 'asked' as asked,
    exists (select from provider_accounts a where a.tenant_id = f.tenant_id and a.provider = 'jira' and a.enabled) as account
from delivery_failures f
where f.tenant_id = current_tenant() and f.id = :id::uuid
for update of f;

-- name: issue_add
insert into failure_issues (tenant_id, label) values (current_tenant(), :label::text) on conflict (tenant_id, label) do nothing;

-- name: issue_asked
update delivery_failures set issue_label = :label::text, issue_state = 'asked', issue_error = null
where tenant_id = current_tenant() and id = :id::uuid;

-- Of a failure that asks for one, its issue and when what may have made that has rested.
-- name: issue_load
select f.reservation_id, f.step, f.kind, f.sentence, f.code, f.field, f.times, o.number, r.parcel, r.carrier, r.dry_run, i.label,
    coalesce(i.issue_id, 0) as issue_id, i.issue_key, i.url, i.looks, i.tried_at::text as tried_at,
    x.settled > clock_timestamp() as settling,
    to_char(x.settled at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as settle_at,
    to_char(f.last_at at time zone t.time_zone, 'FMDD Mon YYYY HH24:MI') as last
from delivery_failures f
join failure_issues i on i.tenant_id = f.tenant_id and i.label = f.issue_label
cross join lateral (select i.tried_at + make_interval(secs => :settle_seconds::int * (1 + i.looks)) as settled) x
join delivery_reservations r on r.tenant_id = f.tenant_id and r.id = f.reservation_id
join orders o on o.tenant_id = f.tenant_id and o.id = f.order_id
join tenants t on t.id = f.tenant_id
where f.tenant_id = current_tenant() and f.id = :id::uuid and f.issue_state = 'asked';

-- Nothing where another job has begun since it was loaded, or made one.
-- name: issue_begin
update failure_issues set tried_at = clock_timestamp(), looks = 0
where tenant_id = current_tenant() and label = :label::text and tried_at is not distinct from :before::timestamptz
    and issue_id is not distinct from nullif(:issue_id::bigint, 0)
returning tried_at::text as tried_at;

-- It was surely not made.
-- name: issue_release
update failure_issues set tried_at = null, looks = 0
where tenant_id = current_tenant() and label = :label::text and tried_at = :tried_at::timestamptz;

-- It may have been made: it rests from now on.
-- name: issue_unknown
update failure_issues set tried_at = clock_timestamp(), looks = 0
where tenant_id = current_tenant() and label = :label::text and tried_at = :tried_at::timestamptz;

-- name: issue_looked
update failure_issues set looks = looks + 1
where tenant_id = current_tenant() and label = :label::text and tried_at = :tried_at::timestamptz;

-- name: issue_made
update failure_issues set issue_id = :issue_id::bigint, issue_key = :issue_key::text, url = :url::text, tried_at = null, looks = 0,
    made_at = coalesce(made_at, now())
where tenant_id = current_tenant() and label = :label::text;

-- name: issue_end
update delivery_failures set issue_state = :state::text, issue_error = :error::text
where tenant_id = current_tenant() and id = :id::uuid and issue_state = 'asked'
returning id;

-- name: issue_error
update delivery_failures set issue_error = :error::text
where tenant_id = current_tenant() and id = :id::uuid and issue_state = 'asked';
