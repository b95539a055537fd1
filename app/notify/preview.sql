-- How a notification would read.

-- name: notice_language
select language from tenants where id = current_tenant();

-- By what a person knows of it; what it is itself goes before what its order is.
-- name: notice_shipment
select s.id as "shipmentId", s.tracking_number as "trackingNumber", o.id as "orderId", o.number as "orderNumber"
from (
    select i.id, 1 as rank from shipments i where i.tenant_id = current_tenant() and i.id = :id::uuid
    union all
    select i.id, 2 from shipments i
    where i.tenant_id = current_tenant() and i.tracking_number = upper(regexp_replace(:named::text, '\s', '', 'g'))
    union all
    select i.id, 3 from orders n
    join purchase_orders p on p.tenant_id = n.tenant_id and p.order_id = n.id
    join shipments i on i.tenant_id = p.tenant_id and i.purchase_order_id = p.id
    where n.tenant_id = current_tenant() and lower(n.number) = lower(:named::text)
) x
join shipments s on s.tenant_id = current_tenant() and s.id = x.id
left join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
left join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
order by x.rank, s.created_at desc, s.id
limit 1;

-- name: notice_tester
select email from users where tenant_id = current_tenant() and id = :user_id::uuid and disabled_at is null;
