-- Purchase orders.

-- name: po_add
insert into purchase_orders (tenant_id, number, supplier, order_id, items)
values (current_tenant(), :number::text, :supplier::text, :order_id::uuid, :items::jsonb)
on conflict (tenant_id, supplier, number) do nothing
returning id;

-- name: po_order
select id from orders where tenant_id = current_tenant() and id = :order_id::uuid;

-- name: po_taken
select id from purchase_orders
where tenant_id = current_tenant() and supplier = :supplier::text and number = :number::text;

-- Those that begin so; `many`: too many to say which.
-- name: po_found
select f.ids::text as ids, f.many from purchase_orders_found(:q::text) f;

-- `found` and `many`: of q.
-- name: po_list anew
select po.id as "purchaseOrderId", po.number, po.supplier, po.order_id as "orderId", o.number as "orderNumber", po.items,
    po.created_at as "createdAt", po.created_at::text as "_createdAt"
from purchase_orders po
left join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
where po.tenant_id = current_tenant()
    and (:id::uuid is null or po.id = :id::uuid)
    and (:order_id::uuid is null or po.order_id = :order_id::uuid)
    and (:q::text is null or po.id = any (:found::uuid[])
        or (:many::bool and (starts_with(lower(po.number), lower(:q::text)) or starts_with(lower(po.supplier), lower(:q::text)))))
    and (:after_at::timestamptz is null or (po.created_at, po.id) < (:after_at::timestamptz, :after_id::uuid))
order by po.created_at desc, po.id desc
limit :rows::int;

-- Its shipments move to the order with it, and shipments are locked before their purchase order.
-- name: po_lock_shipments
select id from shipments where tenant_id = current_tenant() and purchase_order_id = :id::uuid order by id for no key update;

-- name: po_lock
select order_id from purchase_orders
where tenant_id = current_tenant() and id = :id::uuid
for no key update;

-- name: po_link
update purchase_orders set order_id = :order_id::uuid
where tenant_id = current_tenant() and id = :id::uuid;
