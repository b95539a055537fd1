-- Tasks of those who pack and hand over parcels.

-- Of what it is: both are there, or it is not added.
-- name: task_add
insert into fulfilment_tasks (tenant_id, kind, order_id, shipment_id, title, due_at, assignee_id, made_by_name)
select current_tenant(), :kind::text, coalesce(:order_id::uuid, s.order_id), :shipment_id::uuid, :title::text,
    coalesce(((:due_on::date + 1)::timestamp - interval '1 second') at time zone t.time_zone, 'infinity'), :assignee_id::uuid, :made_by_name::text
from tenants t
left join shipments s on s.tenant_id = t.id and s.id = :shipment_id::uuid
where t.id = current_tenant()
returning id;

-- What is named there is: false where something is, and is not.
-- name: task_names
select :order_id::uuid is null or exists (select from orders o where o.tenant_id = current_tenant() and o.id = :order_id::uuid) as "order",
    :shipment_id::uuid is null
        or exists (select from shipments s where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid) as shipment,
    :order_id::uuid is null or :shipment_id::uuid is null
        or exists (select from shipments s where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid
            and s.order_id = :order_id::uuid) as together,
    :assignee_id::uuid is null or exists (select from users u where u.tenant_id = current_tenant() and u.id = :assignee_id::uuid
        and u.disabled_at is null and u.all_buildings and u.role <> 'viewer') as assignee;

-- By itself, once while it is open, where the shipment still stands there, and goes on only when the task is to be seen.
-- name: task_make
insert into fulfilment_tasks (tenant_id, kind, order_id, shipment_id, due_at)
select s.tenant_id, :kind::text, s.order_id, s.id, clock_timestamp() + interval '24 hours'
from shipments s
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid and s.status = :status::text and not s.dry_run
for no key update
on conflict (tenant_id, shipment_id, kind) where state = 'open' and made_by_name is null do nothing;

-- What was made by itself is done by itself.
-- name: task_over
update fulfilment_tasks set state = 'done', closed_at = clock_timestamp(), close_note = :note::text
where tenant_id = current_tenant() and shipment_id = :shipment_id::uuid and state = 'open' and made_by_name is null
returning id, kind;

-- name: task_hold
select t.state, t.kind, t.assignee_id as "assigneeId", nullif(t.due_at, 'infinity') as "dueAt" from fulfilment_tasks t
where t.tenant_id = current_tenant() and t.id = :id::uuid
for update;

-- name: task_change
update fulfilment_tasks k set assignee_id = :assignee_id::uuid,
    due_at = coalesce(((:due_on::date + 1)::timestamp - interval '1 second') at time zone t.time_zone, 'infinity')
from tenants t
where t.id = current_tenant() and k.tenant_id = current_tenant() and k.id = :id::uuid;

-- name: task_close
update fulfilment_tasks set state = :state::text, closed_at = clock_timestamp(), closed_by_name = :actor_name::text,
    close_note = :note::text
where tenant_id = current_tenant() and id = :id::uuid;

-- One by its id; those open, what is due first; or those closed, the last first.
-- name: task_list anew
select k.id as "taskId", k.kind, k.state, k.title, k.order_id as "orderId", o.number as "orderNumber", k.shipment_id as "shipmentId",
    s.tracking_number as "trackingNumber", s.status as "shipmentStatus", nullif(k.due_at, 'infinity') as "dueAt",
    k.state = 'open' and k.due_at < clock_timestamp() as overdue,
    to_char(nullif(k.due_at, 'infinity') at time zone t.time_zone, 'YYYY-MM-DD') as "dueOn",
    k.assignee_id as "assigneeId", u.name as "assigneeName", k.made_by_name as "madeByName", k.created_at as "createdAt",
    k.closed_at as "closedAt", k.closed_by_name as "closedByName", k.close_note as "closeNote",
    case when k.state = 'open' then k.due_at else k.closed_at end::text as "_at"
from (
    (select * from fulfilment_tasks k
    where :open::bool and k.tenant_id = current_tenant() and k.state = 'open'
        and (:kind::text is null or k.kind = :kind::text)
        and (:assignee_id::uuid is null or k.assignee_id = :assignee_id::uuid)
        and (not :nobody::bool or k.assignee_id is null)
        and (:order_id::uuid is null or k.order_id = :order_id::uuid)
        and (:shipment_id::uuid is null or k.shipment_id = :shipment_id::uuid)
        and (:after_at::timestamptz is null or (k.due_at, k.id) > (:after_at::timestamptz, :after_id::uuid))
    order by k.due_at, k.id
    limit :rows::int)
    union all
    (select * from fulfilment_tasks k
    where :closed::bool and k.tenant_id = current_tenant() and k.state <> 'open'
        and (:kind::text is null or k.kind = :kind::text)
        and (:assignee_id::uuid is null or k.assignee_id = :assignee_id::uuid)
        and (not :nobody::bool or k.assignee_id is null)
        and (:order_id::uuid is null or k.order_id = :order_id::uuid)
        and (:shipment_id::uuid is null or k.shipment_id = :shipment_id::uuid)
        and (:after_at::timestamptz is null or (k.closed_at, k.id) < (:after_at::timestamptz, :after_id::uuid))
    order by k.closed_at desc, k.id desc
    limit :rows::int)
    union all
    (select * from fulfilment_tasks k where k.tenant_id = current_tenant() and k.id = :id::uuid)
) k
join tenants t on t.id = current_tenant()
left join orders o on o.tenant_id = current_tenant() and o.id = k.order_id
left join shipments s on s.tenant_id = current_tenant() and s.id = k.shipment_id
left join users u on u.tenant_id = current_tenant() and u.id = k.assignee_id
order by k.state = 'open' desc, case when k.state = 'open' then k.due_at end, k.closed_at desc, case when k.state = 'open' then k.id end,
    k.id desc;

-- Who can be given one.
-- name: task_people
select u.id as "userId", u.name from users u
where u.tenant_id = current_tenant() and u.disabled_at is null and u.all_buildings and u.role <> 'viewer'
order by lower(u.name), u.id limit 200;
