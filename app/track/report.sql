-- Which communications a report is about, and whether it is about an attempt that another one followed.

-- Mail systems write the domain of a Message-ID in capitals or in small letters as they like; what is before it they keep.
-- name: report_match
select c.id, c.email, false as earlier
from communications c
where c.tenant_id = current_tenant() and (
    c.message_id = any (array[:message_id::text, :small_id::text])
    or c.provider_message_id = any (array[:message_id::text, '<' || :message_id::text || '>', :small_id::text,
        '<' || :small_id::text || '>', :capital_id::text, '<' || :capital_id::text || '>']))
union all
select c.id, a.address, true
from communication_attempts a
join communications c on c.tenant_id = a.tenant_id and c.id = a.communication_id
where a.tenant_id = current_tenant() and (
    a.message_id = any (array[:message_id::text, :small_id::text])
    or a.provider_message_id = any (array[:message_id::text, '<' || :message_id::text || '>', :small_id::text,
        '<' || :small_id::text || '>', :capital_id::text, '<' || :capital_id::text || '>']));

-- name: report_match_track
select c.id, c.email, false as earlier
from communications c
where c.tenant_id = current_tenant() and c.id = :track_id::uuid;
