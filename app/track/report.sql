-- Which communications a report is about.

-- name: report_match
select c.id, c.email, c.message_id, c.delivery_status as status
from communications c
where c.tenant_id = current_tenant() and (
    c.message_id = :message_id::text
    or c.provider_message_id = any (array[:message_id::text, '<' || :message_id::text || '>']));

-- name: report_match_track
select c.id, c.email, c.message_id, c.delivery_status as status
from communications c
where c.tenant_id = current_tenant() and c.id = :track_id::uuid;
