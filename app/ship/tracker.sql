-- Trackers.

-- name: tracker_for
select s.tracking_number, s.dry_run, s.status in ('delivered', 'returned', 'cancelled') as over, o.number as order_number,
    coalesce(o.number, po.number) as reference, o.country, o.postal_code, t.state, t.dry_run as rehearsed
from shipments s
left join purchase_orders po on po.tenant_id = s.tenant_id and po.id = s.purchase_order_id
left join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
left join trackers t on t.tenant_id = s.tenant_id and t.shipment_id = s.id
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid
for no key update of s;

-- name: tracker_want
insert into trackers (tenant_id, shipment_id, account_id, dry_run, asked, wanted_by_name)
values (current_tenant(), :shipment_id::uuid, :account_id::uuid, :dry_run::boolean, :asked::jsonb, :actor_name::text)
on conflict (tenant_id, shipment_id) do update set account_id = excluded.account_id, dry_run = excluded.dry_run,
    asked = excluded.asked, state = 'wanted', begun_at = null, tries = 0, next_at = now(), external_id = null, why = null,
    code = null, wanted_at = now(), wanted_by_name = excluded.wanted_by_name, made_at = null, looked_at = null, resent_at = null,
    resent = null;

-- name: tracker_get
select t.shipment_id as "shipmentId", t.account_id as "accountId", a.name as account, t.dry_run as "dryRun", t.state,
    t.asked ->> 'trackingNumber' as "trackingNumber", t.asked -> 'courierCode' ->> 0 as "courierCode",
    t.external_id as "trackerId", t.why, t.code, t.tries, t.wanted_at as "wantedAt", t.wanted_by_name as "wantedByName",
    case when t.state = 'wanted' then t.next_at end as "nextTryAt", t.made_at as "madeAt", t.looked_at as "lookedAt",
    t.resent_at as "resentAt", t.resent
from trackers t
join provider_accounts a on a.tenant_id = t.tenant_id and a.id = t.account_id
where t.tenant_id = current_tenant() and t.shipment_id = :shipment_id::uuid;

-- What may have been made comes first: it is looked for, one by one. In a dry run only what is rehearsed.
-- name: trackers_wanted
select t.shipment_id, t.asked, t.dry_run, t.begun_at is not null as begun, t.tries
from trackers t
where t.tenant_id = current_tenant() and t.account_id = :account_id::uuid and t.state = 'wanted' and t.next_at <= clock_timestamp()
    and (t.dry_run or not :dry_run::bool)
order by t.begun_at nulls last, t.next_at, t.shipment_id
limit :rows::int;

-- name: trackers_begin
update trackers set begun_at = clock_timestamp(), tries = tries + 1
where tenant_id = current_tenant() and shipment_id = any (:ids::uuid[]) and state = 'wanted';

-- It is surely not there, or was surely not made: it may be made. What was not made was no try of it.
-- name: trackers_unbegun
update trackers set begun_at = null, tries = greatest(tries - (:not_made::bool)::int, 0), why = coalesce(:why::text, why),
    code = coalesce(:code::text, code)
where tenant_id = current_tenant() and shipment_id = any (:ids::uuid[]) and state = 'wanted';

-- name: tracker_made
update trackers set state = 'made', external_id = :external_id::text, begun_at = null, made_at = clock_timestamp(), why = null,
    code = null
where tenant_id = current_tenant() and shipment_id = :shipment_id::uuid and state = 'wanted';

-- name: tracker_refused
update trackers set state = 'refused', external_id = null, begun_at = null, why = :why::text, code = :code::text
where tenant_id = current_tenant() and shipment_id = :shipment_id::uuid and state <> 'refused';

-- name: trackers_later
update trackers set begun_at = null, tries = greatest(tries - 1, 0), why = :why::text, code = :code::text,
    next_at = clock_timestamp() + make_interval(secs => :seconds::int)
where tenant_id = current_tenant() and shipment_id = any (:ids::uuid[]) and state = 'wanted';

-- Whether it is there nobody says: it stays begun, and keeps no other waiting.
-- name: tracker_not_found_out
update trackers set why = :why::text, code = :code::text, next_at = clock_timestamp() + interval '1 minute'
where tenant_id = current_tenant() and shipment_id = :shipment_id::uuid and state = 'wanted';

-- name: tracker_looked
update trackers set looked_at = clock_timestamp()
where tenant_id = current_tenant() and shipment_id = :shipment_id::uuid;

-- name: tracker_resent
update trackers set resent_at = clock_timestamp(), resent = :resent::int
where tenant_id = current_tenant() and shipment_id = :shipment_id::uuid;

-- How many events there are, whether what came now was missed: nobody posted it though there was time.
-- name: tracker_seen
select s.event_seq, t.made_at < clock_timestamp() - make_interval(hours => 1)
    and (t.resent_at is null or t.resent_at < clock_timestamp() - make_interval(days => 1)) as may_miss
from trackers t
join shipments s on s.tenant_id = t.tenant_id and s.id = t.shipment_id
where t.tenant_id = current_tenant() and t.shipment_id = :shipment_id::uuid;

-- name: tracker_tenants
select tenant_ids() as id;

-- name: trackers_accounts
select distinct account_id as id
from trackers
where tenant_id = current_tenant() and state = 'wanted' and next_at <= clock_timestamp() and (dry_run or not :dry_run::bool);

-- Those on their way of which nothing was heard for half a day. Each has its turn, whatever becomes of the call.
-- name: trackers_silent
with due as (
    select t.shipment_id
    from trackers t
    join shipments s on s.tenant_id = t.tenant_id and s.id = t.shipment_id
    join provider_accounts a on a.tenant_id = t.tenant_id and a.id = t.account_id and a.enabled
    where t.tenant_id = current_tenant() and t.state = 'made' and not t.dry_run
        and s.status not in ('delivered', 'returned', 'cancelled')
        and greatest(t.made_at, t.looked_at, s.moved_at) < clock_timestamp() - make_interval(hours => :hours::int)
    order by t.looked_at nulls first
    limit :rows::int
)
update trackers t set looked_at = clock_timestamp() from due
where t.tenant_id = current_tenant() and t.shipment_id = due.shipment_id
returning t.shipment_id as id;
