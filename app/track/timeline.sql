-- Appending to a communication's timeline.

-- name: timeline_lock
select c.delivery_status as status, c.evidence_grade as grade, c.channel
from communications c
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
for no key update;

-- The same, or the transaction fails where it does not stand as the caller has read it.
-- name: timeline_must_stand
with standing as materialized (
    select c.delivery_status, c.evidence_grade from communications c
    where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    for no key update
)
select must_hold(exists (select from standing where delivery_status = :status::text
    and evidence_grade is not distinct from :grade::char), 'The communication has moved.');

-- The second statement sees what was committed while the first waited for the row: no key gets in twice. What is new is
-- told to the other domains, as event_emit does.
-- name: timeline_add
with added as (
    insert into communication_events (tenant_id, communication_id, type, source, grade, status_after, occurred_at, actor_id,
        actor_name, sentence, detail, inbox_id, mapper, dedupe_key, caused_by, seq, prev_hash, hash)
    select current_tenant(), :communication_id::uuid, :type::text, :source::text, :grade::text, :status_after::text,
        coalesce(:occurred_at::timestamptz, now()), :actor_id::uuid, :actor_name::text, :sentence::text,
        :detail::jsonb, :inbox_id::uuid, :mapper::text, :dedupe_key::text, :caused_by::uuid, 0, '', ''
    where :dedupe_key::text is null or not exists (
        select from communication_events e
        where e.tenant_id = current_tenant() and e.communication_id = :communication_id::uuid
            and e.dedupe_key = :dedupe_key::text)
    returning id
), told as (
    insert into domain_events (tenant_id, name, entity_type, entity_id, data)
    select current_tenant(), :event_name::text, 'communication', :communication_id::uuid, :event_data::jsonb
    from added
)
select id from added;
