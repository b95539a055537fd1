-- The latest events of a building's year, without what machines did. Found by its batch, so that the work is that of one
-- building however many there are.
-- The channel is that of the attempt which was at hand.
-- name: activity_list
select x.*, coalesce((select a.channel from communication_attempts a
    where a.tenant_id = current_tenant() and a.communication_id = x."communicationId" and a.no = 1 + (
        select count(*) from communication_events r where r.tenant_id = current_tenant()
            and r.communication_id = x."communicationId" and r.type = 'RESEND_REQUESTED' and r.seq <= x._seq)),
    x._channel) as channel
from (
    select e.id as "eventId", e.communication_id as "communicationId", u.id as "unitId", u.number as "unitNumber",
        c.recipient_name as "recipientName", c.channel as _channel, e.seq as _seq, e.type, e.sentence, e.occurred_at as "occurredAt", e.source,
        e.actor_name as "actorName", event_grade(e) as grade, e.status_after as "statusAfter",
        to_char(e.occurred_at at time zone t.time_zone, 'YYYY-MM-DD') as _day, e.detail ? 'contradicts' as contradicts,
        to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as _at
    from communication_batches p
    join communications c on c.tenant_id = p.tenant_id and c.batch_id = p.id
    join communication_events e on e.tenant_id = c.tenant_id and e.communication_id = c.id
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    join tenants t on t.id = c.tenant_id
    where p.tenant_id = current_tenant() and p.building_id = :building_id::uuid and p.year = :year::int and e.grade is distinct from 'X'
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id))
        and (:at::timestamptz is null or (e.occurred_at, e.id) < (:at::timestamptz, :event_id::uuid))
    order by e.occurred_at desc, e.id desc limit 51
) x
order by x._at desc, x."eventId" desc;
