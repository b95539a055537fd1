-- Turns of accounts that may send only so fast.

-- The next turn, kept with the job: a job has one until it has tried, and no two jobs have the same.
-- name: turn_take
with slot as (
    insert into send_slots as s (tenant_id, account_id, next_at)
    select current_tenant(), :account_id::uuid, clock_timestamp() + make_interval(secs => :step_ms::int / 1000.0)
    where exists (select from jobs where id = :job_id::bigint and token = :token::bigint and state = 'running')
    on conflict (tenant_id, account_id) do update
        set next_at = greatest(s.next_at, clock_timestamp()) + make_interval(secs => :step_ms::int / 1000.0)
    returning to_char((next_at - make_interval(secs => :step_ms::int / 1000.0)) at time zone 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
)
update jobs j set args = j.args || jsonb_build_object('turnAt', slot.at, 'firstTriedAt',
    coalesce(:first::text, slot.at))
from slot
where j.id = :job_id::bigint and j.token = :token::bigint and j.state = 'running';

-- Accounts whose turn is not now: where there is no limit, a provider asked for a pause.
-- name: turn_pauses
select account_id from send_slots where tenant_id = current_tenant() and next_at > clock_timestamp();

-- The turn of a job where there is no limit, but a pause. Nobody queues for the row.
-- name: turn_at_once
with slot as (
    select to_char(greatest(clock_timestamp(), (select next_at from send_slots
        where tenant_id = current_tenant() and account_id = :account_id::uuid)) at time zone 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
)
update jobs j set args = j.args || jsonb_build_object('turnAt', slot.at, 'firstTriedAt',
    coalesce(:first::text, slot.at))
from slot
where j.id = :job_id::bigint and j.token = :token::bigint and j.state = 'running';

-- When the job's turn is, as people of the tenant say it, and whether it is still to come.
-- name: turn_when
select j.args ->> 'turnAt' as at, j.args ->> 'firstTriedAt' as first, x.at > clock_timestamp() as waits,
    to_char(x.at at time zone t.time_zone,
        case when (x.at at time zone t.time_zone)::date = (now() at time zone t.time_zone)::date then 'HH24:MI'
            else 'YYYY-MM-DD HH24:MI' end) || ' (' || t.time_zone || ')' as about
from jobs j
cross join lateral (select (j.args ->> 'turnAt')::timestamptz as at) x
join tenants t on t.id = current_tenant()
where j.id = :job_id::bigint and j.token = :token::bigint and j.state = 'running';

-- The job goes back without having tried: who gets it next knows so by the token.
-- name: turn_wait
update jobs set args = args || jsonb_build_object('untriedToken', token)
where id = :job_id::bigint and token = :token::bigint and state = 'running';

-- name: turn_used
update jobs set args = args - 'turnAt' - 'untriedToken'
where id = :job_id::bigint and token = :token::bigint and state = 'running';

-- name: turn_pause
insert into send_slots as s (tenant_id, account_id, next_at)
values (current_tenant(), :account_id::uuid, clock_timestamp() + make_interval(secs => :seconds::int))
on conflict (tenant_id, account_id) do update set next_at = greatest(s.next_at, excluded.next_at);
