-- One communication: all that is known of it, and what people do with it.

-- name: communication_get
select c.id as "communicationId", c.batch_id as "batchId", c.unit_id as "unitId", u.number as "unitNumber", c.year,
    json_build_object('buildingId', b.id, 'code', b.code, 'name', b.name, 'city', b.city) as building,
    c.channel, coalesce(c.origin_channel, c.channel) as "originChannel", c.delivery_status as status,
    letter_paper(c) as paper, dry_run(c) as "dryRun", c.evidence_grade as grade, c.attempt_no as "attemptNo", c.recipient_name as "recipientName", c.email, c.phone,
    nullif(concat_ws(', ', nullif(c.street, ''), nullif(concat_ws(' ', nullif(c.postal_code, ''), nullif(c.city, '')), ''),
    nullif(c.country, '')), '') as address, c.subject, c.template,
    coalesce((select json_agg(t.tag order by t.tag) from communication_tags t
        where t.tenant_id = current_tenant() and t.communication_id = c.id), '[]') as tags,
    c.language, c.amount_minor as "amountMinor", c.currency,
    to_char(c.due_on, 'YYYY-MM-DD') as "dueOn", nullif(c.reference, '') as reference, c.provider,
    c.provider_message_id as "providerMessageId", c.message_id as "messageId", c.attempts,
    c.next_attempt_at as "nextAttemptAt", c.queued_at as "queuedAt", c.sent_at as "sentAt", c.delivered_at as "deliveredAt",
    c.opened_at as "openedAt", c.failed_at as "failedAt", c.last_event_at as "lastEventAt", c.error, c.contradiction,
    coalesce(c.content_removed_at, c.person_removed_at) as "contentRemovedAt", c.removed_by as "removedBy",
    c.retention_hint as "retentionHint", held_by(c) as "holdId", hold_told(held_by(c)) as hold,
    case when c.delivery_status = 'ENQUEUED' and j.state = 'ready' and j.run_at > now() then j.run_at end as "cancelUntil",
    j.state as _job, case when p.paused_at is not null then 'PAUSED' when j.state = 'held' then 'CANARY' end as _kept
from communications c
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
join communication_batches p on p.tenant_id = c.tenant_id and p.id = c.batch_id
left join jobs j on j.kind = 'track.send_communication' and j.unique_key = c.id::text and j.state <> 'parked'
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));

-- name: communication_seen
select c.building_id
from communications c
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));

-- Its timeline, the latest first; each event is of the attempt that was at hand.
-- name: communication_events
select e.id as "eventId", (1 + count(*) filter (where e.type = 'RESEND_REQUESTED') over (order by e.seq))::int as "attemptNo",
    e.type, e.sentence, e.occurred_at as "occurredAt", e.received_at as "receivedAt", e.source, e.actor_name as "actorName",
    event_grade(e) as grade, e.status_after as "statusAfter", e.mapper, e.caused_by as "causedBy", event_detail(e) as detail,
    extract(epoch from e.occurred_at - lag(e.occurred_at) over (order by e.seq))::bigint as _waited,
    e.occurred_at < lag((e.detail ->> 'nextAttemptAt')::timestamptz - interval '5 s') over (order by e.seq) as _early
from communications c
join communication_events e on e.tenant_id = c.tenant_id and e.communication_id = c.id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by e.seq desc limit 500;

-- name: communication_attempts
select a.no as "attemptNo", a.channel, a.address, a.status, a.grade, a.contradiction, a.error, a.attempts, a.provider,
    coalesce(a.status = 'SENT' and a.provider = 'sink', false) as "dryRun",
    a.provider_message_id as "providerMessageId", a.queued_at as "queuedAt", a.sent_at as "sentAt",
    a.delivered_at as "deliveredAt", a.opened_at as "openedAt", a.failed_at as "failedAt"
from communications c
join communication_attempts a on a.tenant_id = c.tenant_id and a.communication_id = c.id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by a.no desc;

-- name: communication_notes
select n.id as "noteId", n.event_id as "eventId", n.note, n.actor_name as "actorName", n.created_at as "createdAt",
    coalesce((select json_agg(json_build_object('userId', u.id, 'name', u.name) order by m.first)
        from (select user_id, min("at") as first from note_mentions
            where tenant_id = current_tenant() and note_id = n.id group by 1) m
        join users u on u.tenant_id = current_tenant() and u.id = m.user_id), '[]') as mentions, note_spans(n.id) as _spans,
    case when n.proof_sha256 is not null then json_build_object('fileName', n.proof_file_name, 'contentType',
        n.proof_content_type, 'size', n.proof_size, 'sha256', n.proof_sha256, 'href',
        format('/api/track/communications/%s/notes/%s/proof', c.id, n.id)) end as proof
from communications c
join communication_audit_notes n on n.tenant_id = c.tenant_id and n.communication_id = c.id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by n.created_at desc, n.id desc;

-- name: communication_files
select case when c.content_removed_at is null then a.file_name end as "fileName", a.size, a.content_type as "contentType", a.sha256,
    case when c.content_removed_at is null then format('/api/track/communications/%s/attachments/%s', c.id, a.position) end as href
from communications c
join communication_attachments a on a.tenant_id = c.tenant_id and a.communication_id = c.id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by a.position;

-- Calls to providers about it, each with the event that tells what came of it. What was said in the latest is cut to what
-- a page can hold.
-- name: communication_calls
select h.id as "callId", h.at, h.provider, h.method, h.url, h.status, h.error, h.duration_ms as "durationMs",
    h.dry_run as "dryRun", e.id as "eventId",
    case when row_number() over (order by h.at desc, h.id desc) <= 12 then left(h.request, 3000) end as _request,
    case when row_number() over (order by h.at desc, h.id desc) <= 12 then left(h.response, 3000) end as _response
from communications c
join http_calls h on h.tenant_id = c.tenant_id and h.entity = 'communication:' || c.id
left join lateral (
    select v.id from communication_events v
    where v.tenant_id = c.tenant_id and v.communication_id = c.id and v.source = 'worker'
        and v.type in ('SENT', 'DELAYED', 'FAILED') and v.received_at >= h.at
    order by v.seq limit 1
) e on true
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by h.at desc, h.id desc limit 50;

-- What was done to it, and the holds that were put on it and lifted.
-- name: communication_audit
select h.at, h.action, h.actor_kind as "actorKind", h.actor_name as "actorName", h.before, h.after
from communications c
cross join lateral (
    select * from audit_history a
    where a.tenant_id = c.tenant_id and a.entity_id = c.id::text and a.entity_type = 'communication'
    union all
    select a.* from legal_holds l
    join audit_history a on a.tenant_id = l.tenant_id and a.entity_id = l.id::text and a.entity_type = 'legal_hold'
    where l.tenant_id = c.tenant_id and exists (select from hold_keeps(l.scope, l.value) k where k.id = c.id)
) h
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by h.seq desc limit 50;

-- What went out in the attempt at hand, byte for byte, where it was kept: by the sink, or as a letter.
-- name: communication_kept
select k.sha256, c.channel, k.dry, letter_paper(c) as paper
from communications c
cross join lateral (
    select m.sha256, true as dry from sink_messages m where m.tenant_id = c.tenant_id and m.message_id = c.message_id
    union all
    select l.sha256, false from letters l
    where l.tenant_id = c.tenant_id and l.communication_id = c.id and l.attempt_no = c.attempt_no and c.channel like 'LETTER%'
) k
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));

-- name: communication_proof
select n.proof_sha256 as sha256, n.proof_file_name as "fileName", n.proof_content_type as "contentType"
from communications c
join communication_audit_notes n on n.tenant_id = c.tenant_id and n.communication_id = c.id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid and n.id = :note_id::uuid
    and n.proof_sha256 is not null and coalesce(c.content_removed_at, c.person_removed_at) is null
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));

-- ---- what people do

-- name: communication_lock
select c.id, c.delivery_status as status, c.evidence_grade as grade, c.channel, c.attempt_no, c.email, c.phone, c.street,
    c.postal_code, c.city, c.message_id, c.unit_id, c.year,
    to_char(coalesce(c.content_removed_at, c.person_removed_at), 'FMDD Mon YYYY') as removed_on,
    c.removed_by
from communications c
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
for no key update of c;

-- A job that was not begun goes away; the second statement tells whether one is left, which is at work.
-- name: communication_job_take
delete from jobs
where tenant_id = current_tenant() and kind = 'track.send_communication' and unique_key = :communication_id::text
    and state in ('ready', 'waiting', 'held');

-- name: communication_job
select j.state from jobs j
where j.tenant_id = current_tenant() and j.kind = 'track.send_communication' and j.unique_key = :communication_id::text
    and j.state <> 'parked';

-- To the event that was just appended.
-- name: communication_note
insert into communication_audit_notes (tenant_id, communication_id, event_id, actor_id, actor_name, note, proof_sha256,
    proof_file_name, proof_content_type, proof_size)
select c.tenant_id, c.id, e.id, :actor_id::uuid, :actor_name::text, :note::text, :sha256::text, :file_name::text,
    :content_type::text, :size::bigint
from communications c
join communication_events e on e.tenant_id = c.tenant_id and e.communication_id = c.id and e.seq = c.event_seq
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid;

-- ---- what speaks for and against sending it again

-- Other messages of the same statement that arrived, and deliveries a person recorded.
-- name: communication_satisfied
select c.channel as how, to_char(coalesce(c.opened_at, c.delivered_at, c.last_event_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
    c.delivery_status as status
from communications m
join communications c on c.tenant_id = m.tenant_id and c.unit_id = m.unit_id and c.year = m.year and c.id <> m.id
    and c.template = m.template and (c.reference = m.reference or m.reference = '' or c.reference = '')
where m.tenant_id = current_tenant() and m.id = :communication_id::uuid
    and c.delivery_status in ('DELIVERED', 'OPENED', 'MANUAL')
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = m.building_id))
union all
select a.channel, to_char(coalesce(a.opened_at, a.delivered_at, a.sent_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), a.status
from communications m
join communication_attempts a on a.tenant_id = m.tenant_id and a.communication_id = m.id
where m.tenant_id = current_tenant() and m.id = :communication_id::uuid and a.status in ('DELIVERED', 'OPENED', 'MANUAL')
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = m.building_id))
union all
select r.method, to_char(r.delivered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'RECORDED'
from communications m
join unit_delivery_records r on r.tenant_id = m.tenant_id and r.unit_id = m.unit_id and r.year = m.year
where m.tenant_id = current_tenant() and m.id = :communication_id::uuid and r.delivered_at is not null
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = m.building_id))
order by 2 desc nulls last limit 5;

-- Where it went and what it said when it was last taken, by a provider or to the printer.
-- name: communication_last_sent
select e.detail ->> 'to' as "to", event_detail(e) ->> 'contentDigest' as digest, e.detail ->> 'channel' as channel,
    event_detail(e) ->> 'mailSha256' as mail, event_detail(e) ->> 'mailBytes' as mail_bytes
from communications c
join communication_events e on e.tenant_id = c.tenant_id and e.communication_id = c.id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid and e.type in ('SENT', 'READY_TO_PRINT')
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by e.seq desc limit 1;

-- Addresses of it that a provider said will never work.
-- name: communication_bad
select c.channel, case c.channel when 'EMAIL' then c.email when 'SMS' then c.phone end as address
from communications c
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid and c.error @> '{"badAddress": true}'
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
union
select a.channel, a.address
from communications c
join communication_attempts a on a.tenant_id = c.tenant_id and a.communication_id = c.id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid and a.error @> '{"badAddress": true}'
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));

-- name: communication_plan
select c.id, c.delivery_status as status,
    letter_paper(c) as paper, dry_run(c) as "dryRun", c.channel, c.recipient_name, c.subject, c.email, c.phone, c.street, c.postal_code, c.city,
    concat_ws(', ', nullif(c.street, ''), nullif(concat_ws(' ', c.postal_code, c.city), ' ')) as address, c.unit_id,
    to_char(c.sent_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as sent_at,
    to_char(c.delivered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as delivered_at,
    to_char(c.opened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as opened_at,
    to_char(c.last_event_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as last_event_at,
    to_char(coalesce(c.content_removed_at, c.person_removed_at), 'FMDD Mon YYYY') as removed_on,
    c.removed_by
from communications c
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));

-- What stands against its addresses, whether it keeps messages back or only warns.
-- name: communication_suppressed
select s.channel, s.address, s.sentence, s.blocks,
    to_char(s.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
from communications c
join suppressions s on s.tenant_id = c.tenant_id and s.lifted_at is null
    and (s.channel = 'EMAIL' and s.address = suppression_address('EMAIL', c.email)
        or s.channel = 'SMS' and s.address = suppression_address('SMS', c.phone))
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by s.blocks desc, s.created_at;

-- ---- what it hangs together with

-- Its run and print runs, what a provider told of it, and the other messages and recorded deliveries of its unit.
-- name: communication_related
with me as materialized (
    select c.*
    from communications c
    where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
), found as (
    select 1 as place, 'run' as kind, r.id, null as channel, null as status, b.name || ' ' || r.year as title,
        coalesce(r.completed_at, r.sent_at, r.created_at) as at, true as open
    from me
    join communication_batches r on r.tenant_id = me.tenant_id and r.id = me.batch_id
    join buildings b on b.tenant_id = r.tenant_id and b.id = r.building_id
    union all
    select 2, 'print', p.id, null, null, format('%s-%s, piece %s', p.year, lpad(p.no::text, 2, '0'), x.seq), coalesce(p.lodged_at, p.printed_at, p.created_at),
        :all_buildings::bool or not exists (select from unnest(p.building_ids) b (id)
            where not exists (select from building_grants g
                where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id))
    from me
    join print_pieces x on x.tenant_id = me.tenant_id and x.communication_id = me.id and x.live
    join print_runs p on p.tenant_id = x.tenant_id and p.id = x.run_id
    union all
    (select 3, 'webhook', i.id, null, null, i.provider, i.received_at, :all_buildings::bool
    from me
    join communication_events e on e.tenant_id = me.tenant_id and e.communication_id = me.id
    join inbox i on i.tenant_id = e.tenant_id and i.id = e.inbox_id
    order by e.seq desc limit 10)
    union all
    (select 4, 'message', o.id, o.channel, o.delivery_status, o.subject, coalesce(o.last_event_at, o.created_at), true
    from me
    join communications o on o.tenant_id = me.tenant_id and o.unit_id = me.unit_id and o.id <> me.id
    order by o.year desc, o.last_event_at desc nulls last, o.id limit 20)
    union all
    (select 5, 'delivery', d.id, null, null, d.method, coalesce(d.delivered_at, d.dispatched_at, d.updated_at), true
    from me
    join unit_delivery_records d on d.tenant_id = me.tenant_id and d.unit_id = me.unit_id and d.year = me.year
    limit 10)
)
select kind, id, channel, status, title, at, open as _open from found order by place, at desc, id;
