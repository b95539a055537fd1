-- What shipments ask for, moved by the clock; the usual time between scans; what was seen to.

-- name: attention_watched_tenants
select watched_tenants() as "tenantId";

-- name: attention_shipping_tenants
select shipping_tenants() as "tenantId";

-- The row's trigger tells anew what each asks for. What has been quiet for too long by then is silent.
-- name: attention_watch
with due as (
    select s.id, s.silent_since is null and s.silent_after <= clock_timestamp() as quiet
    from shipments s
    where s.tenant_id = current_tenant() and s.attention_due_at <= clock_timestamp()
    order by s.attention_due_at
    limit :rows::int
    for no key update skip locked
)
update shipments s set silent_since = case when d.quiet then s.silent_after else s.silent_since end, attention_due_at = null
from due d
where s.tenant_id = current_tenant() and s.id = d.id
returning s.id as "shipmentId", d.quiet and s.silent_since is not null as "_silent", s.carrier, s.carrier_name as "carrierName",
    s.service, s.tracking_number as "trackingNumber", s.status, s.last_scan as "lastScan", s.last_scan_at as "lastScanAt",
    s.silent_since as "silentSince", floor(extract(epoch from s.silent_since))::bigint as "_since",
    round(extract(epoch from s.silent_since - greatest(s.created_at, s.last_scan_at, s.status_at, s.answered_at)) / 3600)::int as "quietHours";

-- ---------------------------------------------------------------- lanes

-- name: lanes_carriers
with recursive c as (
    (select s.carrier from shipments s where s.tenant_id = current_tenant() order by s.carrier limit 1)
    union all
    select (select s.carrier from shipments s where s.tenant_id = current_tenant() and s.carrier > c.carrier order by s.carrier limit 1)
    from c where c.carrier is not null
)
select carrier from c where carrier is not null;

-- The median of the times between two scans, over 90 days and the newest parcels of a carrier: of each lane, and of all of them.
-- Scans of the same moment are told as one.
-- name: lanes_make
with parcels as materialized (
    select s.id, s.service, s.origin_country as origin, coalesce(nullif(s.destination_country, ''), o.country, '') as destination
    from (
        select * from shipments
        where tenant_id = current_tenant() and carrier = :carrier::text and not dry_run
        order by id desc
        limit :parcels::int
    ) s
    left join purchase_orders po on po.tenant_id = current_tenant() and po.id = s.purchase_order_id
    left join orders o on o.tenant_id = current_tenant() and o.id = po.order_id
), gaps as (
    select p.service, p.origin, p.destination,
        extract(epoch from e.occurred_at - lag(e.occurred_at) over (partition by e.shipment_id order by e.occurred_at, e.seq)) as gap
    from parcels p
    join shipment_events e on e.tenant_id = current_tenant() and e.shipment_id = p.id
    where e.type = 'SCAN' and e.occurred_at > now() - interval '90 days' and e.received_at > now() - interval '90 days'
)
insert into carrier_lanes as l (tenant_id, carrier, whole, service, origin, destination, gap, samples)
select current_tenant(), :carrier::text, grouping(service) = 1, coalesce(service, ''), coalesce(origin, ''), coalesce(destination, ''),
    make_interval(secs => percentile_cont(0.5) within group (order by gap)), count(*)
from gaps
where gap > 0
group by grouping sets ((service, origin, destination), ())
having count(*) >= 20
on conflict (tenant_id, carrier, whole, service, origin, destination) do update set gap = excluded.gap, samples = excluded.samples,
    made_at = now();

-- Those that the same transaction has not made.
-- name: lanes_forget
delete from carrier_lanes where tenant_id = current_tenant() and carrier = :carrier::text and made_at < now();

-- ---------------------------------------------------------------- what was seen to

-- name: attention_hold
select attention, attention_reason as reason
from shipments
where tenant_id = current_tenant() and id = :shipment_id::uuid
for no key update;

-- ---------------------------------------------------------------- one shipment's

-- name: attention_get
select s.attention, s.attention_reason as "attentionReason", s.attention_at as "attentionAt", s.claim_due_at as "claimDueAt",
    floor(extract(epoch from s.claim_due_at - clock_timestamp()) / 3600)::int as "hoursLeft", s.silent_since as "silentSince",
    s.expected_on as "expectedOn", s.expected_until as "expectedUntil"
from shipments s
where s.tenant_id = current_tenant() and s.id = :shipment_id::uuid;

-- name: attention_estimates
select e.expected_on as "expectedOn", e.expected_until as "expectedUntil", e.told_at as "toldAt", e.told_by as "toldBy",
    e.received_at as "receivedAt"
from shipment_estimates e
where e.tenant_id = current_tenant() and e.shipment_id = :shipment_id::uuid
order by e.told_at desc, e.seq desc
limit :rows::int;

-- ---------------------------------------------------------------- terms

-- name: terms_list
select c.carrier, c.claim, c.hours
from claim_terms c
where c.tenant_id = current_tenant()
order by c.carrier, c.claim;

-- name: terms_set
insert into claim_terms (tenant_id, carrier, claim, hours)
values (current_tenant(), :carrier::text, :claim::text, :hours::int)
on conflict (tenant_id, carrier, claim) do update set hours = excluded.hours;

-- name: terms_unset
delete from claim_terms
where tenant_id = current_tenant() and carrier = :carrier::text and claim = :claim::text;

-- Those whose clock runs are looked at anew: of what is silent it is that of its loss.
-- name: terms_hold
update shipments s set attention_due_at = null
where s.tenant_id = current_tenant() and (:carrier::text = '' or s.carrier = :carrier::text)
    and (s.attention = 'act_now' or s.silent_since is not null);

-- And those whose clock had run out and, by the term as it is now, runs again.
-- name: terms_revive
update shipments s set attention_due_at = null
where s.tenant_id = current_tenant() and (:carrier::text = '' or s.carrier = :carrier::text) and s.attention = 'done'
    and (:claim::text = 'dispute' and s.status = 'returned'
            and s.status_at > clock_timestamp() - claim_hours(s.tenant_id, s.carrier, 'dispute') * interval '1 hour'
        or :claim::text = 'proof' and s.status = 'delivered' and s.contradiction is not null
            and s.delivered_at > clock_timestamp() - claim_hours(s.tenant_id, s.carrier, 'proof') * interval '1 hour');
