-- What an evidence pack holds of one communication.

-- name: evidence_message
select c.id as "communicationId", t.name as tenant, b.name as building, b.code as "buildingCode", u.number as unit, c.year,
    c.channel, coalesce(c.origin_channel, c.channel) as "originChannel", c.delivery_status as status,
    c.evidence_grade as grade, c.attempt_no as "attemptNo", c.recipient_name as "recipientName", c.email, c.phone,
    nullif(concat_ws(', ', nullif(c.street, ''), nullif(concat_ws(' ', nullif(c.postal_code, ''), nullif(c.city, '')), ''),
    nullif(c.country, '')), '') as address, c.subject, c.template, c.language, c.amount_minor as "amountMinor", c.currency,
    to_char(c.due_on, 'YYYY-MM-DD') as "dueOn", nullif(c.reference, '') as reference, c.provider,
    c.provider_message_id as "providerMessageId", c.message_id as "messageId", c.queued_at as "queuedAt",
    c.sent_at as "sentAt", c.delivered_at as "deliveredAt", c.opened_at as "openedAt", c.failed_at as "failedAt",
    c.contradiction, c.retention_hint as "retentionHint", c.content_removed_at as "contentRemovedAt",
    c.person_removed_at as "personRemovedAt", c.removed_by as "removedBy",
    c.event_seq as _seq, encode(c.event_head, 'hex') as _head, c.unit_id as _unit,
    to_char(coalesce(c.content_removed_at, c.person_removed_at), 'YYYY-MM-DD') as _removed,
    c.delivery_status = 'SENT' and c.provider = 'sink' as _dry,
    exists (select from retention_items i join retention_runs r on r.tenant_id = i.tenant_id and r.id = i.run_id
        where i.tenant_id = current_tenant() and i.communication_id = c.id and r.kind = 'erasure') as _erased
from communications c
join tenants t on t.id = c.tenant_id
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));

-- Its events, the first ones first, with what each hash is made of, to the byte. An event of version 1 has all of it in
-- its facts, unless its words were removed.
-- name: evidence_events
select e.seq, e.id as "eventId", e.type, e.source, e.grade, e.status_after as "statusAfter",
    to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "occurredAt",
    to_char(e.received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "receivedAt",
    e.actor_name as "actorName", e.sentence, e.version, encode(e.prev_hash, 'hex') as "previousHash",
    encode(e.hash, 'hex') as hash, encode(e.content_hash, 'hex') as "contentHash", encode(e.salt, 'hex') as salt,
    case when e.version = 1 and e.content_hash is null then
        jsonb_build_array(e.communication_id, e.seq, e.id, e.type, e.source, e.grade, e.status_after,
            extract(epoch from e.occurred_at), extract(epoch from e.received_at), e.actor_id, e.actor_name, e.sentence,
            e.detail, e.inbox_id, e.mapper, e.dedupe_key, e.caused_by)::text
        else event_facts(e) end as facts,
    case when e.salt is not null then jsonb_build_array(e.sentence, e.detail)::text end as content,
    to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD') as _day, to_char(e.occurred_at at time zone 'UTC', 'HH24:MI:SS') as _time,
    event_grade(e) as _grade, e.type = 'SENT' and (e.detail ? 'dryRun' or e.detail ->> 'provider' = 'sink') as _dry,
    (1 + count(*) filter (where e.type = 'RESEND_REQUESTED') over (order by e.seq))::int as _attempt, e.detail ->> 'to' as _to
from communications c
join communication_events e on e.tenant_id = c.tenant_id and e.communication_id = c.id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid and e.seq <= :upto::int
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by e.seq;

-- The last of them that is under a root, and that root.
-- name: evidence_rooted
select e.id, encode(e.hash, 'hex') as hash, to_char(r.day, 'YYYY-MM-DD') as day, r.events, encode(r.merkle, 'hex') as merkle,
    encode(r.previous, 'hex') as previous, encode(r.root, 'hex') as root, to_jsonb(r.covers) as covers
from communications c
join communication_events e on e.tenant_id = c.tenant_id and e.communication_id = c.id
join daily_roots r on r.tenant_id = c.tenant_id and r.day = (e.received_at at time zone 'UTC')::date
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid and e.seq <= :upto::int
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by e.seq desc limit 1;

-- name: evidence_attempts
select a.no as "attemptNo", a.channel, a.address, a.status, a.grade, a.contradiction, a.error, a.provider,
    a.provider_message_id as "providerMessageId", a.queued_at as "queuedAt", a.sent_at as "sentAt",
    a.delivered_at as "deliveredAt", a.opened_at as "openedAt", a.failed_at as "failedAt"
from communications c
join communication_attempts a on a.tenant_id = c.tenant_id and a.communication_id = c.id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by a.no;

-- name: evidence_notes
select n.id as "noteId", n.event_id as "eventId", n.note, n.actor_name as "actorName", n.created_at as "createdAt"
from communications c
join communication_audit_notes n on n.tenant_id = c.tenant_id and n.communication_id = c.id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by n.created_at, n.id;

-- What people recorded of its unit and year.
-- name: evidence_deliveries
select r.id as "recordId", r.method, r.dispatched_at as "dispatchedAt", r.delivered_at as "deliveredAt", r.note,
    r.updated_at as "updatedAt", r.updated_by_name as "updatedByName"
from communications c
join unit_delivery_records r on r.tenant_id = c.tenant_id and r.unit_id = c.unit_id and r.year = c.year
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by r.method, r.id;

-- The files of all of it: what went out, what was attached, what proves it. `_gone`: retention took it.
-- name: evidence_files
with one as (
    select c.* from communications c
    where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
), files as (
    select 1 as place, 'content' as folder, m.created_at as at, m.sha256, null as name, m.message_id as about,
        coalesce(c.content_removed_at, c.person_removed_at) as gone
    from one c join sink_messages m on m.tenant_id = c.tenant_id and m.communication_id = c.id
    union all
    select 1, 'content', l.made_at, l.sha256, null, l.attempt_no::text, c.content_removed_at
    from one c join letters l on l.tenant_id = c.tenant_id and l.communication_id = c.id
    union all
    select 2, 'attachments', null, a.sha256, a.file_name, lpad(a.position::text, 6, '0'), c.content_removed_at
    from one c join communication_attachments a on a.tenant_id = c.tenant_id and a.communication_id = c.id
    union all
    select 3, 'proofs', n.created_at, n.proof_sha256, n.proof_file_name, n.id::text,
        coalesce(c.content_removed_at, c.person_removed_at)
    from one c join communication_audit_notes n on n.tenant_id = c.tenant_id and n.communication_id = c.id
    where n.proof_sha256 is not null
    union all
    select 3, 'proofs', l.returned_at, l.return_photo_sha256, null, 'returned ' || l.attempt_no, c.content_removed_at
    from one c join letters l on l.tenant_id = c.tenant_id and l.communication_id = c.id
    where l.return_photo_sha256 is not null
    union all
    select 4, 'deliveries', a.added_at, a.sha256, a.file_name, r.id::text || a.position, null
    from one c join unit_delivery_records r on r.tenant_id = c.tenant_id and r.unit_id = c.unit_id and r.year = c.year
    join unit_delivery_attachments a on a.tenant_id = r.tenant_id and a.record_id = r.id
)
select f.folder as _folder, row_number() over (partition by f.folder order by f.at, f.about) as _no,
    f.sha256, b.size, b.content_type as "contentType", f.name as "fileName", f.at, f.gone is not null as _gone
from files f
join blobs b on b.tenant_id = current_tenant() and b.sha256 = f.sha256
order by f.place, _no;
