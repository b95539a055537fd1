-- What carriers' codes mean.

-- name: codes_meaning
select x.n, k.meaning
from jsonb_to_recordset(:codes::jsonb) as x (n int, carrier text, code text)
join carrier_codes k on k.tenant_id = current_tenant() and k.carrier = x.carrier and k.code = x.code
where k.meaning is not null;

-- In the order of their key, so that two who collect the same codes wait for each other and no more.
-- name: codes_collect
insert into carrier_codes as k (tenant_id, carrier, code, seen, example, example_shipment_id)
select current_tenant(), x.carrier, x.code, count(*), (array_agg(x.words order by x.n desc))[1], :shipment_id::uuid
from jsonb_to_recordset(:codes::jsonb) as x (n int, carrier text, code text, words text)
group by x.carrier, x.code
order by x.carrier, x.code
on conflict (tenant_id, carrier, code) do update set seen = k.seen + excluded.seen, example = excluded.example,
    example_shipment_id = excluded.example_shipment_id, last_at = clock_timestamp();

-- One by its id, or a page of them. A re-run is under way unless its job was given up.
-- name: code_list anew
select k.id as "codeId", k.carrier, k.code, k.meaning, k.seen, k.example, k.example_shipment_id as "exampleShipmentId",
    s.tracking_number as "exampleTrackingNumber", k.first_at as "firstAt", k.last_at as "lastAt", k.mapped_at as "mappedAt",
    k.mapped_by_name as "mappedByName",
    case when k.rerun_revision = k.revision and (k.rerun_state = 'done' or exists (select from jobs j
            where j.tenant_id = k.tenant_id and j.kind = 'ship.reread' and j.state <> 'parked'
                and j.args ->> 'codeId' = k.id::text and j.args ->> 'revision' = k.revision::text))
        then k.rerun_state else 'none' end as "rerunState",
    case when k.rerun_revision = k.revision then k.rerun_at end as "rerunAt",
    case when k.rerun_revision = k.revision then k.rerun_scans else 0 end as "rerunScans",
    case when k.rerun_revision = k.revision then k.rerun_shipments else 0 end as "rerunShipments",
    k.revision as "_revision", k.last_at::text as "_last"
from carrier_codes k
left join shipments s on s.tenant_id = k.tenant_id and s.id = k.example_shipment_id
where k.tenant_id = current_tenant()
    and (:code_id::uuid is null or k.id = :code_id::uuid)
    and case :state::text when 'open' then k.meaning is null and k.seen > 0 when 'mapped' then k.meaning is not null else true end
    and (:before_at::timestamptz is null or (k.last_at, k.id) < (:before_at::timestamptz, :before_id::uuid))
order by k.last_at desc, k.id desc
limit :rows::int;

-- name: code_add
insert into carrier_codes (tenant_id, carrier, code, meaning, revision, mapped_at, mapped_by_name)
values (current_tenant(), :carrier::text, :code::text, :meaning::text, 1, clock_timestamp(), :actor_name::text)
on conflict (tenant_id, carrier, code) do nothing
returning id;

-- name: code_of
select id from carrier_codes
where tenant_id = current_tenant() and carrier = :carrier::text and code = :code::text;

-- name: code_lock
select k.id, k.carrier, k.code, k.meaning, k.revision, k.rerun_revision = k.revision and k.rerun_state = 'running'
    and exists (select from jobs j where j.tenant_id = k.tenant_id and j.kind = 'ship.reread' and j.state <> 'parked'
        and j.args ->> 'codeId' = k.id::text and j.args ->> 'revision' = k.revision::text) as running
from carrier_codes k
where k.tenant_id = current_tenant() and k.id = :id::uuid
for no key update of k;

-- name: code_map
update carrier_codes set meaning = :meaning::text, revision = revision + 1, mapped_by_name = :actor_name::text,
    mapped_at = case when :meaning::text is null then null else clock_timestamp() end
where tenant_id = current_tenant() and id = :id::uuid;

-- name: code_rerun
update carrier_codes set rerun_revision = revision, rerun_state = 'running', rerun_at = clock_timestamp(), rerun_scans = 0,
    rerun_shipments = 0
where tenant_id = current_tenant() and id = :id::uuid;

-- Scans of a code that are not read as it is mapped, by shipment, in the order in which they occurred. Whose code it is, the reader
-- tells; of a callback, which carriers share, the courier.
-- name: code_scans
select e.shipment_id, e.id, e.occurred_at as at, floor(extract(epoch from e.occurred_at) * 1000)::bigint as at_ms, e.grade, e.inbox_id,
    e.detail ->> 'rawStatus' as words, coalesce((e.detail ->> 'noTime')::boolean, false) as day_only, s.status, s.evidence_grade,
    coalesce(floor(extract(epoch from s.status_at) * 1000), 0)::bigint as status_ms, s.status_day_only
from shipment_events e
join shipments s on s.tenant_id = e.tenant_id and s.id = e.shipment_id
where e.tenant_id = current_tenant() and e.type = 'SCAN'
    and left(coalesce(e.detail ->> 'code', e.detail ->> 'milestone'), 100) = :code::text
    and case split_part(e.mapper, '.', 1) when 'generic' then e.detail ->> 'courier' else split_part(e.mapper, '.', 1) end
        = :carrier::text
    and (:shipment_id::uuid is null or e.shipment_id = :shipment_id::uuid)
    and :meaning::text is distinct from coalesce((select r.status from shipment_events r
        where r.tenant_id = e.tenant_id and r.shipment_id = e.shipment_id and r.caused_by = e.id and r.mapper = 'carrier.codes/1'
        order by r.seq desc limit 1), e.status)
order by e.shipment_id, e.occurred_at, e.seq
limit :rows::int;

-- name: code_shipments
select distinct e.shipment_id
from shipment_events e
where e.tenant_id = current_tenant() and e.type = 'SCAN'
    and left(coalesce(e.detail ->> 'code', e.detail ->> 'milestone'), 100) = :code::text
    and (:after::uuid is null or e.shipment_id > :after::uuid)
order by e.shipment_id
limit :rows::int;

-- The mapping as it was when the re-run was asked for, held so that it stays so.
-- name: code_rerun_hold
select carrier, code, meaning
from carrier_codes
where tenant_id = current_tenant() and id = :id::uuid and revision = :revision::int and meaning is not null
for no key update;

-- name: code_rerun_counts
update carrier_codes set rerun_scans = rerun_scans + :scans::int, rerun_shipments = rerun_shipments + :moved::int
where tenant_id = current_tenant() and id = :id::uuid;

-- name: code_rerun_done
update carrier_codes set rerun_state = 'done', rerun_at = clock_timestamp()
where tenant_id = current_tenant() and id = :id::uuid and rerun_revision = :revision::int;
