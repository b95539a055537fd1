-- Retention: policies, what would go, what went.

-- Those of the tenant, and what stands where it set none.
-- name: retention_policies_list
select d.hint, d.content_days as "contentDays", d.person_days as "personDays", d.proof_days as "proofDays", d."delete",
    d.delete_proof as "deleteProof", d.updated_at as "updatedAt", d.updated_by_name as "updatedByName"
from (
    select hint, content_days, person_days, proof_days, "delete", delete_proof, updated_at, updated_by_name
    from retention_policies where tenant_id = current_tenant()
    union all
    select v.hint, v.content, v.person, v.proof, false, false, null, null
    from (values ('default', 730, 730, 3650), ('inbox', 30, 30, 400), ('parcels', 730, 730, 3650)) v (hint, content, person, proof)
    where not exists (select from retention_policies p where p.tenant_id = current_tenant() and p.hint = v.hint)
) d
order by d.hint = 'default' desc, d.hint = 'inbox', d.hint = 'parcels', d.hint;

-- name: retention_policy_get
select content_days as "contentDays", person_days as "personDays", proof_days as "proofDays", "delete",
    delete_proof as "deleteProof"
from retention_policies where tenant_id = current_tenant() and hint = :hint::text;

-- name: retention_policy_put
insert into retention_policies (tenant_id, hint, content_days, person_days, proof_days, "delete", delete_proof, updated_by_name)
values (current_tenant(), :hint::text, :content_days::int, :person_days::int, :proof_days::int, :delete::bool,
    :delete_proof::bool, :actor_name::text)
on conflict (tenant_id, hint) do update set content_days = excluded.content_days, person_days = excluded.person_days,
    proof_days = excluded.proof_days, "delete" = excluded."delete", delete_proof = excluded.delete_proof,
    updated_at = now(), updated_by_name = excluded.updated_by_name
returning hint, content_days as "contentDays", person_days as "personDays", proof_days as "proofDays", "delete",
    delete_proof as "deleteProof", updated_at as "updatedAt", updated_by_name as "updatedByName";

-- name: retention_runs_list
select id, kind, reason, at, archive_id as "archiveId", communications, parcels, certificate
from retention_runs where tenant_id = current_tenant() order by retention_runs.at desc, id desc limit 50;

-- name: retention_slug
select slug from tenants where id = current_tenant();

-- ---- running

-- name: retention_batches
select batch_id as "batchId", building_id as "buildingId", year, count(*) as communications
from retention_due(to_timestamp(:now_ms::bigint / 1000.0))
where deletes and hold_id is null group by batch_id, building_id, year order by batch_id;

-- Communications of a batch with the same layers due, 500 at a time.
-- name: retention_page
with due as materialized (
    select id, content, person, hint from retention_due(to_timestamp(:now_ms::bigint / 1000.0))
    where deletes and hold_id is null and batch_id = :batch_id::uuid
), first as (
    select content, person, hint from due order by id limit 1
), page as (
    select d.id from due d join first f on f.content = d.content and f.person = d.person and f.hint = d.hint
    order by d.id limit 500
)
select (select array_agg(id) from page)::text as ids, cardinality((select array_agg(id) from page)) as n, f.hint,
    array_to_string(array_remove(array[case when f.content then 'content' end, case when f.person then 'person' end], null), ',')
        as layers
from first f;

-- What a batch's bundle holds of each communication, after an id.
-- name: retention_bundle
select c.id, jsonb_build_object('communication', to_jsonb(c), 'unit', (select u.number from units u
        where u.tenant_id = c.tenant_id and u.id = c.unit_id), 'events', (select jsonb_agg(to_jsonb(e) order by e.seq)
        from communication_events e where e.tenant_id = c.tenant_id and e.communication_id = c.id),
    'attempts', (select jsonb_agg(to_jsonb(a) order by a.no) from communication_attempts a
        where a.tenant_id = c.tenant_id and a.communication_id = c.id),
    'notes', (select jsonb_agg(to_jsonb(n) order by n.created_at) from communication_audit_notes n
        where n.tenant_id = c.tenant_id and n.communication_id = c.id),
    'mentions', (select jsonb_agg(to_jsonb(m) order by m.note_id, m."at") from note_mentions m
        where m.tenant_id = c.tenant_id and m.communication_id = c.id),
    'tags', (select jsonb_agg(t.tag order by t.tag) from communication_tags t
        where t.tenant_id = c.tenant_id and t.communication_id = c.id),
    'attachments', (select jsonb_agg(to_jsonb(f) order by f.position) from communication_attachments f
        where f.tenant_id = c.tenant_id and f.communication_id = c.id))::text as line
from retention_due(to_timestamp(:now_ms::bigint / 1000.0)) d
join communications c on c.tenant_id = current_tenant() and c.id = d.id
where d.deletes and d.hold_id is null and d.batch_id = :batch_id::uuid and d.id > :after::uuid
order by d.id limit 200;

-- name: retention_files
select distinct f.sha256 from (
    select a.sha256, a.communication_id from communication_attachments a where a.tenant_id = current_tenant()
    union all select n.proof_sha256, n.communication_id from communication_audit_notes n where n.tenant_id = current_tenant()
    union all select m.sha256, m.communication_id from sink_messages m where m.tenant_id = current_tenant()
) f
join blobs b on b.tenant_id = current_tenant() and b.sha256 = f.sha256 and b.removed_at is null
where f.communication_id in (select id from retention_due(to_timestamp(:now_ms::bigint / 1000.0)) d
    where d.deletes and d.hold_id is null and d.batch_id = :batch_id::uuid)
order by 1;

-- name: retention_archive_add
insert into archives (tenant_id, building_id, batch_id, year, sha256, size, communications, files)
values (current_tenant(), :building_id::uuid, :batch_id::uuid, :year::int, :sha256::text, :size::bigint,
    :communications::int, :files::int)
returning id;

-- name: archive_get
select sha256, size, communications, outdated
from archives where tenant_id = current_tenant() and id = :id::uuid and removed_at is null;

-- name: archives_outdated
select id from archives where tenant_id = current_tenant() and removed_at is null and outdated > 0 order by id;

-- Lines of a bundle: whose each is, whether it is of the unit, and whether it stays: its communication is there and not one of those
-- to be forgotten. Which mails the sink kept for it no line says.
-- name: archive_lines
with lines as (
    select l.no, l.line, l.line::jsonb -> 'communication' as of
    from unnest(string_to_array(:lines::text, chr(10))) with ordinality l (line, no) where l.line <> ''
)
select l.line, l.of ->> 'id' as id, coalesce((l.of ->> 'unit_id')::uuid = :unit_id::uuid, false) as "ofUnit",
    c.id is not null and not :forgotten::jsonb ? (l.of ->> 'id') as stays,
    coalesce((select string_agg(m.sha256, ' ') from sink_messages m
        where m.tenant_id = current_tenant() and m.communication_id = c.id), '') as mails
from lines l
left join communications c on c.tenant_id = current_tenant() and c.id = (l.of ->> 'id')::uuid
order by l.no;

-- name: archive_anew
update archives set sha256 = :sha256::text, size = :size::bigint, communications = :communications::int, files = :files::int,
    written_at = now(), outdated = outdated - :outdated::int
where tenant_id = current_tenant() and id = :id::uuid and sha256 = :before::text and removed_at is null
returning id;

-- name: archive_removed
update archives set removed_at = now()
where tenant_id = current_tenant() and id = :id::uuid and sha256 = :before::text and removed_at is null
returning id;

-- name: archive_looked_at
update archives set outdated = outdated - :outdated::int where tenant_id = current_tenant() and id = :id::uuid;

-- name: retention_purge
select retention_purge(:run::uuid, :ids::uuid[], string_to_array(:layers::text, ','), :reason::text) as stores;

-- Communications of which only proof is left, and whose clock of it ran out: of any 500 those of one hint.
-- name: retention_proof_page
with due as materialized (
    select id, hint from proof_due(to_timestamp(:now_ms::bigint / 1000.0), null)
    where (select bool_or(delete_proof) from retention_policies where tenant_id = current_tenant())
        and deletes and hold_id is null limit 500
), first as (
    select hint from due order by id limit 1
), page as (
    select d.id from due d join first f on f.hint = d.hint order by d.id
)
select (select array_agg(id) from page)::text as ids, cardinality((select array_agg(id) from page)) as n, f.hint, 'proof' as layers
from first f;

-- name: retention_proof_ends
select proof_ends(:run::uuid, :ids::uuid[]) as stores;

-- Orders, and shipments of none, with the same layers due: of any 500 those that are as the first.
-- name: retention_parcels_page
with due as materialized (
    select coalesce(order_id, shipment_id) as id, content, person from parcels_due(to_timestamp(:now_ms::bigint / 1000.0), null)
    where deletes and hold_id is null limit 500
), first as (
    select content, person from due order by id limit 1
), page as (
    select d.id from due d join first f on f.content = d.content and f.person = d.person order by d.id
)
select (select array_agg(id) from page)::text as ids, cardinality((select array_agg(id) from page)) as n,
    array_to_string(array_remove(array[case when f.content then 'content' end, case when f.person then 'person' end], null), ',')
        as layers, 'parcels' as hint
from first f;

-- name: retention_parcels_purge
select parcels_purge(:run::uuid, :ids::uuid[], string_to_array(:layers::text, ','), :reason::text) as stores;

-- name: retention_run_add
insert into retention_runs (tenant_id, id, kind, reason, archive_id, communications, parcels, certificate, items_hash)
values (current_tenant(), :id::uuid, :kind::text, :reason::text, :archive_id::uuid, :communications::int, :parcels::int,
    :certificate::jsonb, retention_items_hash(current_tenant(), :id::uuid))
returning encode(items_hash, 'hex') as "itemsHash";

-- name: retention_inbox
select bodies, requests from inbox_forget(to_timestamp(:now_ms::bigint / 1000.0));

-- Originals of imports and their corrections, once none of what the tenant's default policy keeps may be left of them.
-- name: retention_imports
with gone as (
    update imports i set files_removed_at = now(), preview = '{}'
    from retention_policies p
    where i.tenant_id = current_tenant() and i.files_removed_at is null and i.state in ('COMMITTED', 'FAILED')
        and p.tenant_id = current_tenant() and p.hint = 'default' and p."delete"
        and i.created_at < to_timestamp(:now_ms::bigint / 1000.0) - make_interval(days => greatest(p.content_days, p.person_days))
        and not exists (select from communications c join communication_batches b on b.tenant_id = c.tenant_id and b.id = c.batch_id
            where c.tenant_id = current_tenant() and b.import_id = i.id and held_by(c) is not null)
    returning i.id
), corrections as (
    delete from import_corrections k using gone where k.tenant_id = current_tenant() and k.import_id = gone.id
)
select id from gone;

-- name: retention_unnamed
select sha256, size from blobs_unnamed(make_interval(hours => :hours::int)) limit 2000;

-- What waits to name it waits.
-- name: retention_lock
select blob_lock(:sha256::text);

-- name: retention_still_unnamed
select blob_unnamed(:sha256::text) as yes;

-- name: retention_unlinked
select blob_removed(:sha256::text);

-- The first run whose record does not agree with what it sealed, or with the audit trail, which tells of each.
-- name: retention_check
with told as (
    select h.entity_id, h.at, h.after from audit_history h
    where h.tenant_id = current_tenant() and h.action = 'retention.purged'
), runs as (
    select * from retention_runs where tenant_id = current_tenant()
)
select coalesce(r.id::text, t.entity_id) as id, i.communication_id as "communicationId",
    i.shipment_id as "shipmentId", r.id is null as removed,
    t.entity_id is null as inserted
from runs r
full join told t on t.entity_id = r.id::text
left join lateral (
    (select x.communication_id, null::uuid as shipment_id from retention_items x where x.tenant_id = r.tenant_id and x.run_id = r.id
    and (x.seal is distinct from event_seals(x.tenant_id, x.communication_id, x.upto)
        or x.layers is distinct from string_to_array(r.certificate ->> 'layers', ','))
    order by x.communication_id limit 1)
    union all
    (select null, x.shipment_id from retention_parcels x where x.tenant_id = r.tenant_id and x.run_id = r.id
    and (x.seal is distinct from shipment_event_seals(x.tenant_id, x.shipment_id, x.upto)
        or x.layers is distinct from string_to_array(r.certificate ->> 'layers', ','))
    order by x.shipment_id limit 1)
    limit 1) i on true
where r.id is null or t.entity_id is null or i.communication_id is not null or i.shipment_id is not null
    or r.items_hash is distinct from retention_items_hash(r.tenant_id, r.id)
    or encode(r.items_hash, 'hex') is distinct from t.after ->> 'itemsHash'
    or r.certificate is distinct from t.after - 'itemsHash' or r.reason is distinct from r.certificate ->> 'reason'
    or r.communications is distinct from (r.certificate ->> 'communications')::int
    or r.parcels is distinct from coalesce((r.certificate ->> 'parcels')::int, 0)
    or r.certificate ? 'kind' and r.kind <> r.certificate ->> 'kind'
    or r.archive_id::text is distinct from coalesce(r.certificate ->> 'archiveId', r.archive_id::text)
    or r.at not between t.at - interval '1 hour' and t.at + interval '1 hour'
order by coalesce(r.at, t.at), 1 limit 1;
