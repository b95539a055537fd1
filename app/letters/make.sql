-- Making the file of a print run.

-- One that failed is made again where an operator retries its parked job.
-- name: make_begin
update print_runs set state = 'MAKING', done = 0, error = null
where tenant_id = current_tenant() and id = :run_id::uuid and state in ('MAKING', 'FAILED')
returning separators, pieces

-- name: make_pieces
select p.seq, p.communication_id, p.sort_group, p.building_id, p.sheets, l.sha256, c.recipient_name, b.name as building,
    b.street, concat_ws(' ', b.postal_code, b.city) as place
from print_pieces p
join letters l on l.tenant_id = p.tenant_id and l.communication_id = p.communication_id and l.attempt_no = p.attempt_no
join communications c on c.tenant_id = p.tenant_id and c.id = p.communication_id
join buildings b on b.tenant_id = p.tenant_id and b.id = p.building_id
where p.tenant_id = current_tenant() and p.run_id = :run_id::uuid
order by p.seq

-- name: make_told
update print_runs set done = :done::int
where tenant_id = current_tenant() and id = :run_id::uuid and state = 'MAKING'

-- name: make_pages
update print_pieces p set page = n.page
from unnest(:seqs::int[], :pages::int[]) as n (seq, page)
where p.tenant_id = current_tenant() and p.run_id = :run_id::uuid and p.seq = n.seq

-- Nothing where the run was cancelled meanwhile.
-- name: make_ready
update print_runs set state = 'READY', done = pieces, pages = :pages::int, print_sha256 = :sha256::text, made_at = now()
where tenant_id = current_tenant() and id = :run_id::uuid and state = 'MAKING'
returning id

-- Of a try that failed; only by the job that still has its lease.
-- name: make_give_back
update print_runs set state = :state::text, done = 0, error = :error::text
where tenant_id = current_tenant() and id = :run_id::uuid and state = 'MAKING'
    and exists (select from jobs where id = :job_id::bigint and token = :token::bigint and state = 'running')

-- Runs whose job is gone: parked after its last worker died, or discarded by an operator.
-- name: make_orphans
update print_runs r set state = 'FAILED', done = 0, error = coalesce((
    select j.errors -> -1 ->> 'error' from jobs j where j.kind = 'letters.make_run' and j.unique_key = r.id::text
    order by j.id desc limit 1), 'The work of making it ended without a result.')
where r.tenant_id = current_tenant() and r.state = 'MAKING'
    and not exists (select from jobs j where j.kind = 'letters.make_run' and j.unique_key = r.id::text and j.state <> 'parked')

-- name: make_tenants
select tenant_ids() as "tenantId"
