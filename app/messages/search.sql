-- Search everywhere.

-- One message by an id: its own, ours in its mail, the provider's, of this attempt or one before.
-- name: search_by_id
with f as materialized (
    select c.id, 'Id' as why from communications c where c.tenant_id = current_tenant() and c.id = any (array(select :id::uuid))
    union all
    select c.id, 'Message-ID' from communications c where c.tenant_id = current_tenant() and c.message_id = :text::text
    union all
    select c.id, 'Provider’s id' from communications c
    where c.tenant_id = current_tenant() and c.provider_message_id = :text::text
    union all
    select a.communication_id, 'Message-ID of an earlier attempt' from communication_attempts a
    where a.tenant_id = current_tenant() and a.message_id = :text::text
    union all
    select a.communication_id, 'Provider’s id of an earlier attempt' from communication_attempts a
    where a.tenant_id = current_tenant() and a.provider_message_id = :text::text
)
select distinct on (c.id) c.id, c.recipient_name as name, c.subject, u.number as unit, b.name as building, c.year, c.channel,
    c.delivery_status as status, letter_paper(c) as paper, dry_run(c) as "dryRun", c.last_event_type as "eventType", c.last_event_at as "lastEventAt", f.why
from f
join communications c on c.tenant_id = current_tenant() and c.id = f.id
join units u on u.tenant_id = current_tenant() and u.id = c.unit_id
join buildings b on b.tenant_id = current_tenant() and b.id = c.building_id
where (:all_buildings::bool or exists (select from building_grants g
    where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by c.id, f.why limit 12;

-- Units by their number, or by building and number as `pairs` has them, with their latest year, or the one asked for: of a
-- hundred, the ones where something happened last. Buildings are asked for only where some unit has the number.
-- name: search_units
with t as materialized (
    select distinct t.building, n.number from jsonb_to_recordset(:pairs::jsonb) t (building text, number text)
    cross join lateral unnest(array[t.number, upper(t.number), lower(t.number)]) n (number)
), p as materialized (
    select t.number, x.id as building_id
    from t
    cross join lateral buildings_found(t.building, :all_buildings::bool, :actor_id::uuid, 50) x (id)
    where exists (select from units u where u.tenant_id = current_tenant() and u.number = t.number offset 0)
), f as materialized (
    (select u.id, u.number, u.building_id
    from units u
    where u.tenant_id = current_tenant()
        and (u.number in (:text::text, upper(:text::text), lower(:text::text)) or u.id = :id::uuid)
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = u.building_id))
    limit 100)
    union
    (select u.id, u.number, u.building_id
    from p
    cross join lateral (select u.id, u.number, u.building_id from units u
        where u.tenant_id = current_tenant() and u.building_id = p.building_id and u.number = p.number offset 0) u
    where (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = u.building_id))
    limit 100)
)
select f.id, f.number as unit, b.name as building, b.id as "buildingId", y.year, y.recipient_name as name,
    y.last_event_type as "eventType", y.last_event_at as "lastEventAt", y.statuses as _statuses
from f
cross join lateral (select b.id, b.name from buildings b where b.tenant_id = current_tenant() and b.id = f.building_id offset 0) b
left join lateral (
    select y.* from unit_years y
    where y.tenant_id = current_tenant() and y.building_id = f.building_id and y.number = f.number and y.unit_id = f.id
    order by y.year is distinct from :year::int, y.year desc limit 1) y on true
order by y.last_event_at desc nulls last, b.name, f.id limit 5;

-- name: search_buildings
select b.id, b.name, b.code, b.city
from buildings b
where b.tenant_id = current_tenant()
    and b.id = any (array(select :id::uuid
        union all select buildings_found(:text::text, :all_buildings::bool, :actor_id::uuid, 4)))
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id))
order by lower(b.code) <> lower(:text::text), b.search !~ (select word_pattern(:text::text)), b.name, b.id limit 4;

-- Runs by their id, or by building and year.
-- name: search_runs
with f as materialized (
    select :id::uuid as id
    union
    select p.id
    from buildings_found(:building::text, :all_buildings::bool, :actor_id::uuid, 50) x (id)
    cross join lateral (select p.id from communication_batches p
        where p.tenant_id = current_tenant() and p.building_id = x.id and p.year = :year::int offset 0) p
), x as materialized (
    select p.id, b.name, row_number() over (order by lower(b.code) <> lower(:building::text),
        b.search !~ (select word_pattern(:building::text)), b.name, p.id) as place
    from f
    cross join lateral (select p.* from communication_batches p where p.tenant_id = current_tenant() and p.id = f.id offset 0) p
    join buildings b on b.tenant_id = current_tenant() and b.id = p.building_id
    where (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id))
    order by place limit 4
)
select p.id, x.name, p.year, run_phase(p, k."left" + k.failed > 0, k.due > 0) as phase, k."left", (
        select count(*) from communications c
        where c.tenant_id = current_tenant() and c.building_id = p.building_id and c.year = p.year and letter_unprinted(c)) as unprinted, (
        select count(*) from communications c
        where c.tenant_id = current_tenant() and c.building_id = p.building_id and c.year = p.year and dry_run(c)) as "dryRun",
    coalesce(p.completed_at, p.sent_at) as "lastEventAt"
from x
join communication_batches p on p.tenant_id = current_tenant() and p.id = x.id
cross join lateral (
    select coalesce(sum(n.sent + delivered + opened), 0) as "left", coalesce(sum(failed + bounced), 0) as failed,
        coalesce(sum(draft + held + enqueued), 0) as due
    from communication_counts n
    where n.tenant_id = current_tenant() and n.building_id = p.building_id and n.year = p.year
) k
order by x.place;

-- Messages of a reference or, where there is none of it, of units that hold all the words; to a phone or, where none went
-- to it, with the digits of one. A whole number with its country comes without: nothing else would be meant by it.
-- name: search_words anew
with p as materialized (
    select c.unit_id, c.year from communications c
    where c.tenant_id = current_tenant() and c.phone = any (array(select jsonb_array_elements_text(:phones::jsonb)))
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
    limit 50
), r as materialized (
    select c.unit_id, c.year from communications c
    where c.tenant_id = current_tenant() and c.reference in (:text::text, upper(:text::text), lower(:text::text))
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
    limit 50
)
select c.id, c.recipient_name as name, c.subject, u.number as unit, b.name as building, c.year, c.channel,
    c.delivery_status as status, letter_paper(c) as paper, dry_run(c) as "dryRun", c.last_event_type as "eventType", c.last_event_at as "lastEventAt", f.why
from (
    select unit_id, year, min(why) as why
    from (
        select unit_id, year, 'Reference' as why from r
        union all
        select w.unit_id, w.year, 'Words'
        from (select where not exists (select from r)) none
        cross join unit_years_found(array(select jsonb_array_elements_text(:words::jsonb)), :all_buildings::bool, :actor_id::uuid, 100) w
        union all
        select unit_id, year, 'Phone' from p
        union all
        select d.unit_id, d.year, 'Phone'
        from (select where not exists (select from p)) none
        cross join unit_years_found(array(select jsonb_array_elements_text(:digits::jsonb)), :all_buildings::bool, :actor_id::uuid, 50) d
    ) f
    group by unit_id, year
) f
join communications c on c.tenant_id = current_tenant() and c.unit_id = f.unit_id and c.year = f.year
join units u on u.tenant_id = current_tenant() and u.id = c.unit_id
join buildings b on b.tenant_id = current_tenant() and b.id = c.building_id
where (:all_buildings::bool or exists (select from building_grants g
    where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by (folded(concat_ws(' ', u.number, c.recipient_name, c.email, c.phone, c.reference, c.subject))
        ~ all (array(select word_pattern(w) from jsonb_array_elements_text(:words::jsonb) w))) desc,
    c.last_event_at desc nulls last, c.id desc limit 12;

-- Orders and shipments by an id, by a tracking number, an order's or a purchase order's number, whole or, from four
-- characters on, how it begins, and by customers whose name and address hold all the words. Asked only for who sees all
-- buildings: a parcel is of none.
-- name: search_parcels anew
with shipments_named as materialized (
    select s.id, 'Id' as why, 0 as place from shipments s where s.tenant_id = current_tenant() and s.id = :id::uuid
    union all
    (select s.id, 'Tracking number', case when s.tracking_number = :tracking_number::text then 1 else 2 end
    from shipments s
    where s.tenant_id = current_tenant() and s.tracking_number ~>=~ :tracking_number::text and s.tracking_number ~<~
        (:tracking_number::text || case when length(:tracking_number::text) < 4 then chr(1) else chr(1114111) end)
    order by s.tracking_number using ~<~ limit 4)
), purchases_named as materialized (
    select po.id, po.order_id, case when lower(po.number) = lower(:number::text) then 1 else 2 end as place
    from purchase_orders po
    where po.tenant_id = current_tenant() and lower(po.number) ~>=~ lower(:number::text) and lower(po.number) ~<~
        (lower(:number::text) || case when length(:number::text) < 4 then chr(1) else chr(1114111) end)
    order by lower(po.number) using ~<~ limit 4
), orders_named as materialized (
    select o.id, 'Id' as why, 0 as place from orders o where o.tenant_id = current_tenant() and o.id = :id::uuid
    union all
    (select o.id, 'Order number', case when lower(o.number) = lower(:number::text) then 1 else 2 end
    from orders o
    where o.tenant_id = current_tenant() and lower(o.number) ~>=~ lower(:number::text) and lower(o.number) ~<~
        (lower(:number::text) || case when length(:number::text) < 4 then chr(1) else chr(1114111) end)
    order by lower(o.number) using ~<~ limit 4)
    union all
    select order_id, 'Purchase order', place from purchases_named where order_id is not null
    union all
    (select o.id, 'Customer', 3
    from customers_found(array(select jsonb_array_elements_text(:words::jsonb)), 50) f (id)
    join orders o on o.tenant_id = current_tenant() and o.customer_id = f.id
    order by o.placed_at desc, o.id desc limit 4)
), found as (
    select 'shipment' as type, n.id, min(n.place) as place, (array_agg(n.why order by n.place))[1] as why
    from (
        select * from shipments_named
        union all
        select s.id, 'Purchase order', p.place from purchases_named p
        join shipments s on s.tenant_id = current_tenant() and s.purchase_order_id = p.id
        where p.order_id is null) n
    group by n.id
    union all
    select 'order', n.id, min(n.place), (array_agg(n.why order by n.place))[1] from orders_named n group by n.id
)
select f.type, f.id, f.why, f.place, coalesce(o.number, po_order.number) as "orderNumber", s.tracking_number as "trackingNumber",
    coalesce(nullif(s.carrier_name, ''), s.carrier) as carrier, coalesce(o.recipient_name, po_order.recipient_name) as name, o.city,
    coalesce(s.status, o.status) as status, s.last_event_type as "eventType", coalesce(s.last_event_at, s.created_at, o.placed_at) as "lastEventAt"
from found f
left join shipments s on f.type = 'shipment' and s.tenant_id = current_tenant() and s.id = f.id
left join purchase_orders po on po.tenant_id = current_tenant() and po.id = s.purchase_order_id
left join orders po_order on po_order.tenant_id = current_tenant() and po_order.id = po.order_id
left join orders o on f.type = 'order' and o.tenant_id = current_tenant() and o.id = f.id
order by f.place, "lastEventAt" desc, f.id limit 8;
