-- What operators see of jobs, and the ways out of being parked.

-- name: jobs_list
select j.id, j.tenant_id, j.queue, j.kind, j.state, j.attempt, j.max_attempts,
    to_char(j.run_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as run_at, j.args::text as args,
    j.errors -> -1 ->> 'error' as last_error
from jobs j
where :state::text is null or j.state = :state::text
order by j.state, j.run_at, j.id
limit 200;

-- name: jobs_counts
select queue, state, count(*) as n, to_char(min(run_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as oldest
from jobs group by queue, state order by queue, state;

-- Parked jobs become ready with as many tries as at first; their errors stay. Of those with the same key one does, if no
-- other waits or runs.
-- name: jobs_retry
update jobs p set state = 'ready', run_at = now(), attempt = 0
where p.state = 'parked' and (p.id = :id::bigint or p.kind = :kind::text)
    and (p.unique_key is null or not exists (select from jobs o where o.kind = p.kind and o.unique_key = p.unique_key
        and (o.state <> 'parked' or o.id > p.id and :id::bigint is null)))
returning id, tenant_id, kind;

-- name: jobs_discard
with gone as (
    delete from jobs where id = :id::bigint and state in ('parked', 'ready', 'waiting', 'held') returning *
)
insert into job_history (id, tenant_id, queue, kind, args, attempt, errors, group_id, created_at)
select id, tenant_id, queue, kind, args, attempt,
    errors || jsonb_build_object('attempt', attempt, 'at', now(), 'error', 'Discarded by an operator.'), group_id, created_at
from gone
returning id, tenant_id, kind;
