-- Sending one communication.

-- name: send_load
select c.id, c.delivery_status as status, c.evidence_grade as grade, c.channel, c.attempt_no, c.attempts, c.recipient_name, c.email, c.phone,
    c.street, c.postal_code, c.city, c.country, c.language, c.template, c.subject, c.year, c.amount_minor, c.currency,
    to_char(c.due_on, 'YYYY-MM-DD') as due_on, c.reference, c.pixel_token, u.number, b.name as building,
    b.street as building_street, b.city as building_city, t.name as tenant, t.open_tracking,
    x.id as suppression_id, x.reason as suppression_reason, x.sentence as suppression_sentence,
    to_char(x.created_at at time zone t.time_zone, 'YYYY-MM-DD') as suppressed_on,
    p.paused_at is not null as paused,
    to_char(coalesce(c.content_removed_at, c.person_removed_at), 'FMDD Mon YYYY') as removed_on,
    c.removed_by
from communications c
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
join communication_batches p on p.tenant_id = c.tenant_id and p.id = c.batch_id
join tenants t on t.id = c.tenant_id
left join lateral (
    select s.id, s.reason, s.sentence, s.created_at from suppressions s
    where s.tenant_id = c.tenant_id and s.channel = c.channel and s.blocks and s.lifted_at is null
        and s.address = suppression_address(c.channel, case c.channel when 'EMAIL' then c.email when 'SMS' then c.phone end)
    order by s.created_at limit 1
) x on true
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid;

-- name: send_attachments
select a.sha256, a.file_name, a.content_type, a.position, a.size
from communication_attachments a
where a.tenant_id = current_tenant() and a.communication_id = :communication_id::uuid
order by a.position;

-- name: send_pixel
update communications set pixel_token = :token::text
where tenant_id = current_tenant() and id = :communication_id::uuid and pixel_token is null;

-- The tenant a pixel belongs to: found before any is known, and only where it has opens tracked.
-- name: pixel_find
select tenant_id, communication_id from pixel_owner(:token::text);

-- name: pixel_scope
select set_config('track.tenant', :tenant_id::text, true);
