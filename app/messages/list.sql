-- A page of messages, newest first, and how many there are.

-- Units' years in which all words are found; null where there are too many to go by.
-- name: messages_units
select case when count(*) <= 2000 then coalesce(jsonb_agg(distinct unit_id), '[]') end as units
from (select unit_id from unit_years_found(filter_texts(jsonb_build_object('words', :words::jsonb), 'words'),
    :all_buildings::bool, :actor_id::uuid, 2001)) u;

-- Units of the numbers of a filter, in its buildings where it has some; null where there are too many to go by.
-- name: messages_numbered anew
select case when count(*) <= 2000 then coalesce(jsonb_agg(id), '[]') end as units
from (select u.id from units u
    where u.tenant_id = current_tenant() and u.number = any (filter_texts(:filter::jsonb, 'unit'))
        and (:filter::jsonb -> 'building' is null or u.building_id = any (filter_ids(:filter::jsonb, 'building')))
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = u.building_id))
    limit 2001) n;

-- Whether more than `most` messages have one of the tags, which stand with commas between.
-- name: messages_tagged
select count(*) > :most::int as often
from (select from communication_tags t
    where t.tenant_id = current_tenant() and t.tag = any (string_to_array(:tags::text, ',')) limit :most::int + 1) x;

-- Since when the last so many moved that are looked through, of one status where it is a rare one; null: those are all.
-- name: messages_since
select nullif(communications_since(:filter::jsonb, :most::int), '-infinity') as since;

-- `since`: only what moved then or later is looked through; null: all. Left, though every message has a unit and a building:
-- the newest messages are to be read, not all those of a tenant's few units.
-- name: messages_page anew
select c.id as "communicationId", c.delivery_status as status,
    letter_paper(c) as paper, dry_run(c) as "dryRun", c.evidence_grade as grade, c.channel,
    c.recipient_name as "recipientName", case c.channel when 'EMAIL' then c.email when 'SMS' then c.phone
        else nullif(concat_ws(', ', nullif(c.street, ''), nullif(concat_ws(' ', c.postal_code, c.city), ' ')), '') end as address,
    u.number as unit, c.unit_id as "unitId", b.code as "buildingCode", b.name as "buildingName", c.building_id as "buildingId",
    c.year, c.subject, c.template, coalesce((select json_agg(t.tag order by t.tag) from communication_tags t
        where t.tenant_id = current_tenant() and t.communication_id = c.id), '[]') as tags,
    c.attempts, c.attempt_no as "attemptNo", c.next_attempt_at as "nextAttemptAt",
    (select j.max_attempts from jobs j where j.kind = 'track.send_communication' and j.unique_key = c.id::text
        and j.state <> 'parked') as "maxAttempts",
    case when c.error is not null then c.error ->> 'sentence'
        when c.delivery_status in ('HELD', 'SKIPPED', 'CANCELLED', 'MANUAL')
            then status_reason(c.id, c.delivery_status, c.created_at) end as reason, c.error ->> 'code' as code, c.contradiction ->> 'sentence' as contradiction,
    c.provider, c.moved_at as "updatedAt",
    to_char(c.moved_at at time zone o.time_zone, 'YYYY-MM-DD') as "updatedDay",
    to_char(c.moved_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as _key
from communications_matching(:filter::jsonb, :all_buildings::bool, :actor_id::uuid) c
left join units u on u.tenant_id = current_tenant() and u.id = c.unit_id
left join buildings b on b.tenant_id = current_tenant() and b.id = c.building_id
join tenants o on o.id = current_tenant()
where (:since::timestamptz is null or c.moved_at >= :since::timestamptz)
    and (:at::timestamptz is null or (c.moved_at, c.id) < (:at::timestamptz, :id::uuid))
order by c.moved_at desc, c.id desc limit 51;

-- `most`: no more are counted; null: all.
-- name: messages_count anew
select count(*) as n
from (
    select from communications_matching(:filter::jsonb, :all_buildings::bool, :actor_id::uuid) c
    where :since::timestamptz is null or c.moved_at >= :since::timestamptz
    limit :most::bigint) x;

-- The messages above and below a place of the list, which one that has moved meanwhile keeps.
-- name: messages_beside anew
(select 'previous' as place, c.id, to_char(c.moved_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
from communications_matching(:filter::jsonb, :all_buildings::bool, :actor_id::uuid) c
where c.id <> :id::uuid and (c.moved_at, c.id) > (:at::timestamptz, :id::uuid)
    and (:since::timestamptz is null or c.moved_at >= :since::timestamptz)
order by c.moved_at, c.id limit 1)
union all
(select 'next', c.id, to_char(c.moved_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
from communications_matching(:filter::jsonb, :all_buildings::bool, :actor_id::uuid) c
where c.id <> :id::uuid and (c.moved_at, c.id) < (:at::timestamptz, :id::uuid)
    and (:since::timestamptz is null or c.moved_at >= :since::timestamptz)
order by c.moved_at desc, c.id desc limit 1);
