-- What pages and documents show: buildings, years, units, a unit's communications.

-- The building and year to show where none is asked for: the most recently completed batch's year, else last year.
-- name: view_default
select b.id as "buildingId", coalesce(
    (select p.year from communication_batches p
     where p.tenant_id = current_tenant() and p.building_id = b.id
     order by p.completed_at desc nulls last, p.year desc limit 1),
    extract(year from now())::int - 1) as year
from buildings b
where b.tenant_id = current_tenant() and (:building_id::uuid is null or b.id = :building_id::uuid)
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id))
order by b.name, b.id limit 1;

-- Fifty buildings by name, and one more that tells of a next page, with their figures over all years, of every channel
-- and of each. (A plan for whatever is asked for would sort all buildings.)
-- name: view_buildings anew
select b.id as "buildingId", b.code, b.name, b.city, coalesce(sum(k.sent), 0)::bigint as sent,
    coalesce(sum(k.delivered), 0)::bigint as delivered, coalesce(sum(k.failed), 0)::bigint as failed,
    coalesce(sum(k."byHand"), 0)::bigint as "byHand", coalesce(sum(k.waiting), 0)::bigint as waiting,
    coalesce(sum(k.held), 0)::bigint as held, coalesce(sum(k.skipped), 0)::bigint as skipped,
    coalesce(sum(k.cancelled), 0)::bigint as cancelled, coalesce(sum(k.unprinted), 0)::bigint as unprinted,
    coalesce(sum(k."dryRun"), 0)::bigint as "dryRun",
    coalesce(json_agg(k order by k.channel) filter (where k.channel is not null), '[]') as channels
from (
    select b.id, b.code, b.name, b.city
    from buildings b
    where b.tenant_id = current_tenant()
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id))
        and (:find::text is null or b.search ~ (select word_pattern(:find::text)))
        and (:key::text is null or (b.name, b.id) > (:key::text, :building_id::uuid))
    order by b.name, b.id limit 51
) b
left join lateral (
    select k.channel, sum(k.sent + delivered + opened) as sent, sum(delivered + opened) as delivered,
        sum(failed + bounced) as failed, sum(manual) as "byHand", sum(draft + enqueued) as waiting, sum(held) as held,
        sum(skipped) as skipped, sum(cancelled) as cancelled, (
            select count(*) from communications c
            where c.tenant_id = current_tenant() and c.building_id = b.id and c.channel = k.channel and letter_unprinted(c))
            as unprinted, (
            select count(*) from communications c
            where c.tenant_id = current_tenant() and c.building_id = b.id and c.channel = k.channel and dry_run(c)) as "dryRun"
    from communication_counts k
    where k.tenant_id = current_tenant() and k.building_id = b.id
    group by k.channel
) k on true
group by b.id, b.code, b.name, b.city order by b.name, b.id;

-- The side list of a page, of one year: the building shown and the first fifty others by name that match; one more
-- than is shown tells that there are more.
-- name: view_buildings_of_year
with granted as not materialized (
    select b.id, b.code, b.name, b.city, b.search
    from buildings b
    where b.tenant_id = current_tenant()
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id))
), shown as materialized (
    select * from granted where id = :building_id::uuid
    union all
    (select * from granted b where id <> :building_id::uuid and (:find::text is null
        or b.search ~ (select word_pattern(:find::text)))
    order by name, id limit 50)
)
select b.id as "buildingId", b.code, b.name, b.city, k.*, (
    select count(*) from communications c
    where c.tenant_id = current_tenant() and c.building_id = b.id and c.year = :year::int and letter_unprinted(c)) as unprinted, (
    select count(*) from communications c
    where c.tenant_id = current_tenant() and c.building_id = b.id and c.year = :year::int and dry_run(c)) as "dryRun"
from shown b
cross join lateral (
    select coalesce(sum(k.sent + delivered + opened), 0) as sent,
        coalesce(sum(delivered + opened), 0) as delivered, coalesce(sum(failed + bounced), 0) as failed,
        coalesce(sum(manual), 0) as "byHand", coalesce(sum(draft + enqueued), 0) as waiting, coalesce(sum(held), 0) as held,
        coalesce(sum(skipped), 0) as skipped, coalesce(sum(cancelled), 0) as cancelled
    from communication_counts k
    where k.tenant_id = current_tenant() and k.building_id = b.id and k.year = :year::int
) k
order by b.name, b.id;

-- name: view_building
select b.id as "buildingId", b.code, b.name, b.street, b.postal_code as "postalCode", b.city, b.country
from buildings b
where b.tenant_id = current_tenant() and b.id = :building_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id));

-- name: view_years
select p.year, p.state, coalesce(sum(k.communications), 0)::bigint as communications, coalesce(sum(k.sent), 0)::bigint as sent,
    coalesce(sum(k.unprinted), 0)::bigint as unprinted, coalesce(sum(k."dryRun"), 0)::bigint as "dryRun", coalesce(sum(k.failed), 0)::bigint as failed,
    coalesce(json_agg(k order by k.channel) filter (where k.channel is not null), '[]') as channels
from communication_batches p
left join lateral (
    select k.channel, sum(draft + held + enqueued + k.sent + delivered + opened + k.failed + bounced + manual + cancelled
        + skipped) as communications, sum(k.sent + delivered + opened) as sent, sum(delivered + opened) as delivered,
        sum(k.failed + bounced) as failed, sum(manual) as "byHand", sum(draft + enqueued) as waiting, sum(held) as held,
        sum(skipped) as skipped, sum(cancelled) as cancelled, (
            select count(*) from communications c
            where c.tenant_id = p.tenant_id and c.building_id = p.building_id and c.year = p.year and c.channel = k.channel
                and letter_unprinted(c)) as unprinted, (
            select count(*) from communications c
            where c.tenant_id = p.tenant_id and c.building_id = p.building_id and c.year = p.year and c.channel = k.channel
                and dry_run(c)) as "dryRun"
    from communication_counts k
    where k.tenant_id = p.tenant_id and k.building_id = p.building_id and k.year = p.year
    group by k.channel
) k on true
where p.tenant_id = current_tenant() and p.building_id = :building_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id))
group by p.year, p.state order by p.year desc;

-- name: view_channels
select s.*, (
    select count(*) from communications c
    where c.tenant_id = current_tenant() and c.building_id = :building_id::uuid and c.year = :year::int
        and c.channel = s.channel and letter_unprinted(c)) as unprinted, (
    select count(*) from communications c
    where c.tenant_id = current_tenant() and c.building_id = :building_id::uuid and c.year = :year::int
        and c.channel = s.channel and dry_run(c)) as "dryRun"
from (
    select k.channel, sum(k.sent) as sent, sum(k.delivered + k.opened) as delivered, sum(k.opened) as opened,
        sum(k.failed + bounced) as failed, sum(manual) as "byHand",
        sum(draft + enqueued) as waiting, sum(held) as held, sum(skipped) as skipped, sum(cancelled) as cancelled,
        sum(draft + held + enqueued + k.sent + k.delivered + k.opened + k.failed + bounced + manual + cancelled + skipped)
            as total
    from communication_counts k
    where k.tenant_id = current_tenant() and k.building_id = :building_id::uuid and k.year = :year::int
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = k.building_id))
    group by k.channel
) s
where total > 0 order by channel;

-- A page of units by number, read off the primary key. Backwards for the page before.
-- name: view_units_by_number
select u.unit_id as "unitId", u.number, u.recipient_name as "recipientName", u.channels as _channels,
    u.statuses as _statuses, unit_paper(u) as paper, unit_dry_run(u) as "dryRun", u.failed,
    u.by_hand as "byHand", u.error, u.last_event_type as "lastEventType", u.last_event_at as "lastEventAt",
    u.next_attempt_at as "nextAttemptAt", u.number as _key
from unit_years u
where u.tenant_id = current_tenant() and u.building_id = :building_id::uuid and u.year = :year::int
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = :building_id::uuid))
    and (u.number, u.unit_id) > (:key::text, :unit_id::uuid)
    and (:channel::text is null or :channel::text = any (u.channels))
    and (:status::text is null or :status::text = any (u.statuses))
    and (:search::text is null or u.search ~ (select word_pattern(:search::text)))
order by u.number, u.unit_id limit 51;

-- A page of units by any column: a building's year is small enough to be sorted. `down` turns the order around.
-- name: view_units_sorted
select "unitId", number, "recipientName", _channels, _statuses, unit_paper(_unit) as paper, unit_dry_run(_unit) as "dryRun", failed, "byHand", error, "lastEventType", "lastEventAt",
    "nextAttemptAt", _key
from (
    select u.unit_id as "unitId", u.number, u.recipient_name as "recipientName", u.channels as _channels,
        u.statuses as _statuses, u as _unit, u.failed,
        u.by_hand as "byHand", u.error, u.last_event_type as "lastEventType", u.last_event_at as "lastEventAt",
        u.next_attempt_at as "nextAttemptAt", k.key as _key, row_number() over (order by k.key, u.unit_id) as place
    from unit_years u
    cross join lateral (select (case :sort::text
        when 'recipient' then lower(u.recipient_name)
        when 'status' then case when u.failed > 0 then '0' when u.statuses && '{ENQUEUED,DRAFT}' then '1'
            when u.by_hand > 0 then '3' else '2' end || array_to_string(u.statuses, ' ')
        when 'lastEvent' then coalesce(to_char(u.last_event_at, 'YYYYMMDDHH24MISSUS'), '')
        when 'nextAttempt' then coalesce(to_char(u.next_attempt_at, 'YYYYMMDDHH24MISSUS'), '')
        else u.number end) collate natural_order as key) k
    where u.tenant_id = current_tenant() and u.building_id = :building_id::uuid and u.year = :year::int
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = :building_id::uuid))
        and (:channel::text is null or :channel::text = any (u.channels))
        and (:status::text is null or :status::text = any (u.statuses))
        and (:search::text is null or u.search ~ (select word_pattern(:search::text)))
        and (:key::text is null
            or not :down::bool and (k.key, u.unit_id) > (:key::text collate natural_order, :unit_id::uuid)
            or :down::bool and (k.key, u.unit_id) < (:key::text collate natural_order, :unit_id::uuid))
) x
order by case when :down::bool then -place else place end limit 51;

-- name: view_unit
select u.id as "unitId", u.number, b.id as "buildingId", b.code, b.name, b.city, coalesce(:year::int,
    (select max(c.year) from communications c where c.tenant_id = u.tenant_id and c.unit_id = u.id)) as year,
    (select hold_told(h.id) from legal_holds h where h.tenant_id = u.tenant_id and h.lifted_at is null
        and (h.scope, h.value) in (('unit', u.id::text), ('building', b.id::text)) order by h.created_at, h.id limit 1) as hold
from units u
join buildings b on b.tenant_id = u.tenant_id and b.id = u.building_id
where u.tenant_id = current_tenant() and u.id = :unit_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = b.id));

-- name: view_communications
select c.id as "communicationId", c.channel, c.delivery_status as status,
    letter_paper(c) as paper, dry_run(c) as "dryRun", c.recipient_name as "recipientName", c.email,
    c.phone, nullif(concat_ws(', ', nullif(c.street, ''), nullif(concat_ws(' ', nullif(c.postal_code, ''),
    nullif(c.city, '')), ''), nullif(c.country, '')), '') as address, c.subject, c.amount_minor as "amountMinor",
    c.currency, nullif(c.reference, '') as reference, c.attempts, c.next_attempt_at as "nextAttemptAt", c.error, (
        select json_agg(json_build_object('fileName', a.file_name, 'size', a.size, 'contentType', a.content_type,
            'href', format('/api/track/communications/%s/attachments/%s', c.id, a.position)) order by a.position)
        from communication_attachments a where a.tenant_id = c.tenant_id and a.communication_id = c.id
            and c.content_removed_at is null) as attachments,
    coalesce(c.content_removed_at, c.person_removed_at) as "contentRemovedAt", c.removed_by as "removedBy",
    held_by(c) as "holdId", hold_told(held_by(c)) as hold
from communications c
where c.tenant_id = current_tenant() and c.unit_id = :unit_id::uuid
    and c.year = coalesce(:year::int, (select max(y.year) from communications y
        where y.tenant_id = current_tenant() and y.unit_id = :unit_id::uuid))
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by c.channel, c.id;

-- name: view_events
select e.communication_id as "_communicationId", e.id as "eventId", e.type, e.sentence, e.occurred_at as "occurredAt",
    e.source, e.actor_name as "actorName", event_grade(e) as grade,
    case when e.type = 'NOTE' then (select note_spans(n.id) from communication_audit_notes n
        where n.tenant_id = current_tenant() and n.communication_id = c.id and n.event_id = e.id) end as _spans
from communications c
join communication_events e on e.tenant_id = c.tenant_id and e.communication_id = c.id
where c.tenant_id = current_tenant() and c.unit_id = :unit_id::uuid
    and c.year = coalesce(:year::int, (select max(y.year) from communications y
        where y.tenant_id = current_tenant() and y.unit_id = :unit_id::uuid))
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
order by e.communication_id, e.seq desc;

-- name: view_attachment
select a.sha256, a.file_name as "fileName", a.content_type as "contentType"
from communication_attachments a
join communications c on c.tenant_id = a.tenant_id and c.id = a.communication_id
where a.tenant_id = current_tenant() and a.communication_id = :communication_id::uuid and a.position = :position::int
    and c.content_removed_at is null
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));

-- name: view_attached
select from communication_attachments a
join communications c on c.tenant_id = a.tenant_id and c.id = a.communication_id
where a.tenant_id = current_tenant() and a.communication_id = :communication_id::uuid and a.sha256 = :sha256::text
    and a.content_type = 'application/pdf' and c.content_removed_at is null
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
limit 1;
