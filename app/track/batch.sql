-- Batches: one per building and year; sending one, and what it stands at.

-- Nobody adds a message to it until the end of the transaction.
-- name: batch_lock
select p.id as "batchId", p.building_id as "buildingId", p.year, p.state, b.name, p.closed_at
from communication_batches p
join buildings b on b.tenant_id = p.tenant_id and b.id = p.building_id
where p.tenant_id = current_tenant() and p.id = :batch_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id))
for update of p;

-- Every message of a batch that was not sent yet nor left out, by a channel that sends: its event and its job, at most
-- 5,000 at a time. `channels` has the queue of each in `queues`. Where some go first, the others by e-mail and SMS wait.
-- name: batch_enqueue
with due as materialized (
    select c.id, c.channel from communications c
    where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid and c.channel = any (:channels::text[])
        and c.delivery_status = 'DRAFT'
        and not exists (select from batch_omissions o where o.tenant_id = c.tenant_id and o.communication_id = c.id)
    order by c.id limit 5000 for no key update
), queued as (
    insert into jobs (tenant_id, queue, kind, args, unique_key, group_id, state)
    select current_tenant(), (:queues::text[])[array_position(:channels::text[], d.channel)], 'track.send_communication',
        jsonb_build_object('communicationId', d.id, 'channel', d.channel, 'initiatedById', :actor_id::uuid), d.id,
        :group_id::uuid, case when cardinality(:first::uuid[]) > 0
            and d.channel in ('EMAIL', 'SMS') and d.id <> all (:first::uuid[]) then 'held' else 'ready' end
    from due d
    on conflict do nothing
)
insert into communication_events (tenant_id, communication_id, type, source, grade, status_after, occurred_at, actor_id,
    actor_name, sentence, seq, prev_hash, hash)
select current_tenant(), d.id, 'ENQUEUED', :source::text, null, 'ENQUEUED', now(), :actor_id::uuid, :actor_name::text,
    'Waiting to be sent.', 0, '', ''
from due d order by d.id;

-- name: batch_queued
select count(*) filter (where c.delivery_status = 'DRAFT') as drafts,
    count(*) filter (where c.delivery_status = 'ENQUEUED') as enqueued
from communications c
where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid and c.channel = any (:channels::text[])
    and c.delivery_status in ('DRAFT', 'ENQUEUED')
    and not exists (select from batch_omissions o where o.tenant_id = c.tenant_id and o.communication_id = c.id
        and c.delivery_status = 'DRAFT');

-- name: batch_sending
update communication_batches p set state = 'SENDING', sent_at = now(), completed_at = null, watched_from = now(),
    watched_base = (select coalesce(sum(n.sent + n.delivered + n.opened + n.failed + n.bounced), 0) from communication_counts n
        where n.tenant_id = p.tenant_id and n.building_id = p.building_id and n.year = p.year)
where tenant_id = current_tenant() and id = :batch_id::uuid;

-- Run after the commit of the last message's end, so that it sees all of them.
-- name: batch_complete
update communication_batches p set state = 'COMPLETED', completed_at = now(), paused_at = null, paused_by = null,
    paused_why = null, canary = null, canary_until = null
where p.tenant_id = current_tenant() and p.state = 'SENDING' and (:batch_id::uuid is null or p.id = :batch_id::uuid)
    and not exists (select from communications c
        where c.tenant_id = p.tenant_id and c.batch_id = p.id and c.delivery_status = 'ENQUEUED')
returning p.id;

-- name: batch_get
select p.id as "batchId", p.building_id as "buildingId", p.year, p.state, p.sent_at as "sentAt",
    p.completed_at as "completedAt", p.paused_at is not null as paused, o.n as "leftOut", d.*, k.*,
    exists (select from communications c
        join communication_attachments a on a.tenant_id = c.tenant_id and a.communication_id = c.id
        where c.tenant_id = current_tenant() and c.batch_id = p.id and c.delivery_status = 'DRAFT'
            and c.channel = any (:channels::text[]) and c.channel <> 'SMS'
            and not exists (select from batch_omissions o where o.tenant_id = c.tenant_id and o.communication_id = c.id)) as attached,
    coalesce((select approval_threshold from run_settings where tenant_id = current_tenant()), 500) as _threshold
from communication_batches p
cross join lateral (
    select count(*) as n from batch_omissions o
    join communications c on c.tenant_id = o.tenant_id and c.id = o.communication_id
    where o.tenant_id = current_tenant() and o.batch_id = p.id and c.delivery_status = 'DRAFT' and c.channel = any (:channels::text[])
) o
cross join lateral (
    select coalesce(sum(x.n), 0)::bigint as draft,
        coalesce(json_agg(json_build_object('channel', x.channel, 'messages', x.n) order by x.n desc, x.channel), '[]') as due
    from (
        select k.channel, sum(k.draft) - (
            select count(*) from batch_omissions o
            join communications c on c.tenant_id = o.tenant_id and c.id = o.communication_id
            where o.tenant_id = current_tenant() and o.batch_id = p.id and c.delivery_status = 'DRAFT' and c.channel = k.channel
        ) as n
        from communication_counts k
        where k.tenant_id = current_tenant() and k.building_id = p.building_id and k.year = p.year
            and k.channel = any (:channels::text[])
        group by k.channel
    ) x
    where x.n > 0
) d
cross join lateral (
    select coalesce(sum(enqueued), 0) as enqueued,
        coalesce(sum(sent), 0) as sent, coalesce(sum(delivered + opened), 0) as delivered,
        coalesce(sum(failed + bounced), 0) as failed, coalesce(sum(manual), 0) as "byHand", coalesce(sum(held), 0) as held,
        coalesce(sum(skipped), 0) as skipped, coalesce(sum(cancelled), 0) as cancelled,
        coalesce(sum(draft + held + enqueued + sent + delivered + opened + failed + bounced + manual + cancelled + skipped), 0)
            as total
    from communication_counts k
    where k.tenant_id = current_tenant() and k.building_id = p.building_id and k.year = p.year
        and k.channel = any (:channels::text[])
) k
where p.tenant_id = current_tenant()
    and (p.id = :batch_id::uuid or :batch_id::uuid is null and p.building_id = :building_id::uuid and p.year = :year::int)
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id));

-- Messages still queued whose job is gone: given up without a word. Those that were sent again are of batches that are
-- completed.
-- name: batch_orphans
select c.id as "communicationId"
from communications c
where c.tenant_id = current_tenant() and c.delivery_status = 'ENQUEUED'
    and coalesce(c.queued_at, c.last_event_at) < now() - interval '10 minutes'
    and not exists (select from jobs j where j.kind = 'track.send_communication' and j.unique_key = c.id::text
        and j.state <> 'parked')
limit 500;

-- name: batch_tenants
select tenant_ids() as "tenantId";
