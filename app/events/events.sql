-- name: event_emit
insert into domain_events (tenant_id, name, entity_type, entity_id, data)
values (:tenant_id::uuid, :name, :entity_type, :entity_id, :data::jsonb);

-- name: events_settle
select events_settle(:names::text[]) as n;

-- name: events_waiting
select tenant_id, id from events_waiting();

-- name: event_lock
select id, name, entity_type, entity_id, data, occurred_at::text as occurred_at
from domain_events
where tenant_id = current_tenant() and id = :id::uuid and dispatched_at is null and next_at <= now()
for update skip locked;

-- name: event_reaction_mark
insert into event_reactions (tenant_id, event_id, reaction) values (current_tenant(), :id::uuid, :reaction)
on conflict do nothing
returning reaction;

-- name: event_dispatched
update domain_events set dispatched_at = now(), error = null
where tenant_id = current_tenant() and id = :id::uuid;

-- name: event_failed
update domain_events set attempts = attempts + 1, error = :error,
    next_at = now() + make_interval(secs => least(3600, power(2, least(attempts, 12))))
where tenant_id = current_tenant() and id = :id::uuid;

-- Events that were told 30 days ago.
-- name: events_forget
delete from domain_events where dispatched_at < now() - interval '30 days';
