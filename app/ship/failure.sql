-- What went wrong with deliveries.

-- However many ask while it is under way, it is one that counts. Where the delivery has come to its end by now, which holds the
-- reservation, nothing of it is wrong.
-- name: failure_concurrent
with r as (
    select tenant_id, order_id, id, state in ('saved', 'cancelled') as over
    from delivery_reservations
    where tenant_id = current_tenant() and id = :id::uuid
    for share
), counted as (
    update delivery_failures f set times = f.times + 1, last_at = now()
    from r
    where r.over and f.tenant_id = r.tenant_id and f.id = (select x.id from delivery_failures x
        where x.tenant_id = r.tenant_id and x.reservation_id = r.id and x.kind = 'concurrent' order by x.first_at desc limit 1)
    returning f.id
)
insert into delivery_failures (tenant_id, order_id, reservation_id, step, kind, sentence, retry, resolved_at)
select r.tenant_id, r.order_id, r.id, 'reserve', 'concurrent', :sentence::text, 'none', case when r.over then now() end
from r
where not exists (select from counted)
on conflict (tenant_id, reservation_id) where kind = 'concurrent' and resolved_at is null
do update set times = delivery_failures.times + 1, last_at = now();

-- name: failure_waits
insert into delivery_failures (tenant_id, order_id, reservation_id, step, kind, sentence, code, field, raw, retry, next_try_at)
values (current_tenant(), :order_id::uuid, :id::uuid, :step::text, :kind::text, :sentence::text, :code::text, :field::text,
    :raw::jsonb, 'waits', to_timestamp(nullif(:next_ms::bigint, 0) / 1000.0))
on conflict (tenant_id, reservation_id, step, kind) where retry = 'waits' and resolved_at is null
do update set times = delivery_failures.times + 1, last_at = now(), sentence = excluded.sentence, code = excluded.code,
    field = excluded.field, raw = excluded.raw, next_try_at = excluded.next_try_at;

-- name: failure_ends
insert into delivery_failures (tenant_id, order_id, reservation_id, step, kind, sentence, code, field, raw, retry)
values (current_tenant(), :order_id::uuid, :id::uuid, :step::text, :kind::text, :sentence::text, :code::text, :field::text,
    :raw::jsonb, :retry::text);

-- What waited has gone on; with `all`, nothing of it is wrong any more.
-- name: failures_over
update delivery_failures set retry = case when retry = 'waits' then 'retried' else retry end, next_try_at = null, resolved_at = now()
where tenant_id = current_tenant() and reservation_id = :id::uuid and resolved_at is null
    and (retry = 'waits' or :all::bool);

-- A person has it go on.
-- name: failures_retried
update delivery_failures set retry = 'retried', next_try_at = null, resolved_at = now(), resolved_by_name = :actor_name::text
where tenant_id = current_tenant() and reservation_id = :id::uuid and resolved_at is null and kind <> 'concurrent';

-- One by its id, those of a delivery, or a page of them.
-- name: failure_list anew
select f.id as "failureId", f.reservation_id as "deliveryId", f.order_id as "orderId", o.number as "orderNumber", r.parcel,
    r.carrier, r.dry_run as "dryRun", r.state as "deliveryState", f.step, f.kind, f.sentence, f.code, f.field, f.raw, f.retry,
    f.next_try_at as "nextTryAt", f.times, f.first_at as "firstAt", f.last_at as "lastAt", f.resolved_at as "resolvedAt",
    f.resolved_by_name as "resolvedByName", f.issue_state as "issueState", i.issue_key as "issueKey", i.url as "issueUrl",
    f.issue_error as "issueError", f.last_at::text as "_at",
    f.resolved_at is null and f.issue_state is distinct from 'asked' and exists (select from provider_accounts a
        where a.tenant_id = f.tenant_id and a.provider = 'jira' and a.enabled) as "canIssue"
from delivery_failures f
left join failure_issues i on i.tenant_id = f.tenant_id and i.label = f.issue_label
join delivery_reservations r on r.tenant_id = f.tenant_id and r.id = f.reservation_id
join orders o on o.tenant_id = f.tenant_id and o.id = f.order_id
where f.tenant_id = current_tenant()
    and (:failure_id::uuid is null or f.id = :failure_id::uuid)
    and (:delivery_id::uuid is null or f.reservation_id = :delivery_id::uuid)
    and (not :only_open::bool or f.resolved_at is null)
    and (:before_at::timestamptz is null or (f.last_at, f.id) < (:before_at::timestamptz, :before_id::uuid))
order by f.last_at desc, f.id desc
limit :rows::int;

-- name: failure_hold
select f.reservation_id, f.resolved_at is not null as resolved
from delivery_failures f
where f.tenant_id = current_tenant() and f.id = :id::uuid
for update;

-- name: failure_resolve
update delivery_failures set resolved_at = now(), resolved_by_name = :actor_name::text, next_try_at = null
where tenant_id = current_tenant() and id = :id::uuid;
