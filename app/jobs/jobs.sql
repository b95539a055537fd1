-- name: job_add
insert into jobs (tenant_id, queue, kind, args, unique_key, run_at, priority, max_attempts, group_id, state)
values (:tenant_id::uuid, :queue, :kind, :args::jsonb, :unique_key, coalesce(:run_at::timestamptz, now()),
    coalesce(:priority::smallint, 0::smallint), :max_attempts::int, :group_id::uuid, :state)
on conflict (kind, unique_key) where unique_key is not null and state <> 'parked' do nothing
returning id;

-- Claims of queues that have a limit follow each other, so that each sees the ones before.
-- name: jobs_lock_limits
select queue from job_queues where queue = any (:queues::text[]) and concurrency is not null order by queue for update;

-- name: jobs_claim
with room as (
    select q.queue, case when l.paused then 0 when l.concurrency is null then q.most
        else greatest(0, least(q.most, l.concurrency - (select count(*) from jobs r
            where r.state = 'running' and r.queue = q.queue))) end as n
    from unnest(:queues::text[], :mosts::int[]) q (queue, most)
    left join job_queues l on l.queue = q.queue
), picked as materialized (
    select j.id
    from room
    cross join lateral (
        select id, priority, run_at from jobs
        where jobs.queue = room.queue and state = 'ready' and run_at <= now()
        order by priority desc, run_at, id
        limit room.n for update skip locked
    ) j
    order by j.priority desc, j.run_at, j.id
    limit :most::int
), claimed as (
    update jobs j set state = 'running', attempt = attempt + 1, token = token + 1, worker = :worker,
        lease_until = now() + make_interval(secs => :lease_seconds::int), begun_at = coalesce(begun_at, now())
    from picked p
    where j.id = p.id
    returning j.*
)
select id, tenant_id, queue, kind, args, attempt, max_attempts, token,
    to_char(begun_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as begun_at
from claimed
order by priority desc, run_at, id;

-- name: jobs_complete
with gone as (
    delete from jobs j using unnest(:ids::bigint[], :tokens::bigint[]) as d (id, token)
    where j.id = d.id and j.token = d.token and j.state = 'running'
    returning j.*
)
insert into job_history (id, tenant_id, queue, kind, args, attempt, errors, group_id, created_at)
select id, tenant_id, queue, kind, args, attempt, errors, group_id, created_at from gone
returning id;

-- The same of one, or the transaction fails. (Of arrays each is planned anew, as their length is looked at.)
-- name: job_complete
with gone as (
    delete from jobs where id = :id::bigint and token = :token::bigint and state = 'running'
    returning *
), kept as (
    insert into job_history (id, tenant_id, queue, kind, args, attempt, errors, group_id, created_at)
    select id, tenant_id, queue, kind, args, attempt, errors, group_id, created_at from gone
    returning id
)
select must_hold(exists (select from kept), 'The lease was lost.');

-- A try that failed: ready again after a wait (given, else exponential with full jitter), or parked. A snooze is not counted.
-- name: job_put_back
update jobs set state = case when :park::bool then 'parked' else 'ready' end,
    attempt = attempt - case when :snooze::bool then 1 else 0 end,
    run_at = coalesce(:run_at::timestamptz, now() + make_interval(secs => coalesce(nullif(:wait_seconds::int, 0),
        greatest(1, random() * least(3600, power(2, least(attempt, 12))))))),
    errors = case when :snooze::bool then errors
        else errors || jsonb_build_object('attempt', attempt, 'at', now(), 'error', :error::text) end,
    lease_until = null, worker = null, begun_at = case when :snooze::bool and attempt = 1 then null else begun_at end
where id = :id::bigint and token = :token::bigint and state = 'running'
returning state;

-- Claimed but not begun when the worker was told to stop.
-- name: jobs_release
update jobs j set state = 'ready', attempt = attempt - 1, lease_until = null, worker = null,
    begun_at = case when attempt = 1 then null else begun_at end
from unnest(:ids::bigint[], :tokens::bigint[]) as d (id, token)
where j.id = d.id and j.token = d.token and j.state = 'running';

-- name: job_touch
update jobs set lease_until = now() + make_interval(secs => :lease_seconds::int)
where id = :id::bigint and token = :token::bigint and state = 'running'
returning id;

-- Jobs whose worker died or took too long. It begins them in their order, so that a try is lost by the first that it had;
-- of brief ones, which end together, it may have been another: none is spared more than three times.
-- name: jobs_rescue
with lost as (
    select j.id, j.spared >= 3 or not exists (select from jobs o where o.state = 'running' and o.worker = j.worker
        and (-o.priority, o.run_at, o.id) < (-j.priority, j.run_at, j.id)) as begun
    from jobs j
    where j.state = 'running' and j.lease_until < now()
)
update jobs set state = case when l.begun and attempt >= max_attempts then 'parked' else 'ready' end,
    attempt = attempt - case when l.begun then 0 else 1 end, spared = spared + case when l.begun then 0 else 1 end,
    run_at = now() + case when l.begun then make_interval(secs => greatest(1, random() * least(3600, power(2, least(attempt, 12)))))
        else interval '0' end,
    errors = case when l.begun then errors || jsonb_build_object('attempt', attempt, 'at', now(),
        'error', 'The lease ran out: the worker ' || coalesce(worker, '?') || ' died or took too long.') else errors end,
    lease_until = null, worker = null
from lost l
where jobs.id = l.id and state = 'running' and lease_until < now()
returning jobs.id, state;

-- Jobs of a worker that will not end them. A try that does not count was none of the job's fault.
-- name: jobs_bury
with forgotten as (
    delete from job_sleepers where worker = :worker
), held as (
    select id, :counted::bool and (spared >= 3 or row_number() over (order by priority desc, run_at, id) = 1) as begun
    from jobs
    where state = 'running' and worker = :worker
)
update jobs set state = case when h.begun and attempt >= max_attempts then 'parked' else 'ready' end,
    attempt = attempt - case when h.begun then 0 else 1 end,
    spared = spared + case when :counted::bool and not h.begun then 1 else 0 end,
    run_at = now() + case when h.begun then make_interval(secs => greatest(1, random() * least(3600, power(2, least(attempt, 12)))))
        else interval '0' end,
    errors = case when h.begun then errors || jsonb_build_object('attempt', attempt, 'at', now(),
        'error', 'The worker ' || worker || ' did not end it.') else errors end,
    lease_until = null, worker = null
from held h
where jobs.id = h.id and state = 'running' and worker = :worker
returning jobs.id;

-- Jobs that waited for the others of their group, of which none is left to run.
-- name: jobs_release_groups
update jobs j set state = 'ready'
where j.state = 'waiting' and not exists (
    select from jobs o where o.group_id = j.group_id and o.state in ('ready', 'running', 'held'));

-- Those of the job's group that nobody has claimed are kept from it; other workers may do the same.
-- name: jobs_hold
update jobs set state = 'held'
where id in (select j.id from jobs j
    where j.group_id = (select group_id from jobs where id = :id::bigint) and j.kind = :kind and j.state = 'ready'
    order by j.id for update skip locked);

-- name: jobs_let_go
update jobs set state = 'ready' where group_id = any (:groups::uuid[]) and state = 'held' returning id;

-- name: schedule_keep
insert into job_schedules (name, queue, kind, every_seconds) values (:name, :queue, :kind, :every_seconds::int)
on conflict (name) do update set queue = excluded.queue, kind = excluded.kind, every_seconds = excluded.every_seconds
where (job_schedules.queue, job_schedules.kind, job_schedules.every_seconds)
    is distinct from (excluded.queue, excluded.kind, excluded.every_seconds);

-- Those that no program has run for a day are of none any more.
-- name: schedules_forget
delete from job_schedules where name <> all (:names::text[]) and next_at < now() - interval '1 day';

-- What is due becomes a job, once whatever the number of workers that ask. Each asks for what it knows: another host
-- may run an older version, or a newer one.
-- name: schedules_run
with due as (
    select name from job_schedules where next_at <= now() and name = any (:names::text[]) for update skip locked
), moved as (
    update job_schedules s set last_at = now(), next_at = now() + make_interval(secs => every_seconds)
    from due where s.name = due.name
    returning s.name, s.queue, s.kind
)
insert into jobs (queue, kind, unique_key)
select queue, kind, 'schedule:' || name from moved
on conflict do nothing;

-- name: sleeper_add
insert into job_sleepers (worker) values (:worker) on conflict (worker) do update set since = now();

-- name: sleeper_remove
delete from job_sleepers where worker = :worker or since < now() - interval '1 minute';
