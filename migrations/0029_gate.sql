-- One message by itself is no way around the word of a second person: a yes names what it was said to, message by message.

alter table batch_approvals add column contents bytea[]; -- a digest of each message as it was then; null: not kept yet

-- All that would go out of a message.
create function run_content(c communications) returns text language sql stable as $$
    select jsonb_build_array(c.id, c.channel, c.recipient_name, c.email, c.phone, c.street, c.postal_code, c.city, c.country,
        c.language, c.subject, c.amount_minor, c.currency, c.due_on, c.reference,
        (select jsonb_agg(jsonb_build_array(a.position, a.sha256, a.file_name) order by a.position)
         from communication_attachments a where a.tenant_id = c.tenant_id and a.communication_id = c.id))::text
$$;

-- What of a batch never went out and may yet: with the run, or released where it is held.
create function run_due(batch uuid, channels text[]) returns setof communications language sql stable as $$
    select c.* from communications c
    where c.tenant_id = current_tenant() and c.batch_id = batch and c.delivery_status in ('DRAFT', 'HELD')
        and c.queued_at is null and c.channel = any (channels)
        and not exists (select from batch_omissions o where o.tenant_id = c.tenant_id and o.communication_id = c.id)
$$;

-- How many of a batch went, or are on their way, without having been sent with it: each by itself.
create function run_alone(batch uuid) returns bigint language sql stable as $$
    select count(*) from communications c
    where c.tenant_id = current_tenant() and c.batch_id = batch and case c.attempt_no
        when 1 then c.queued_at is null
            and c.delivery_status in ('ENQUEUED', 'SENT', 'DELIVERED', 'OPENED', 'FAILED', 'BOUNCED')
        else exists (select from communication_attempts a
            where a.tenant_id = c.tenant_id and a.communication_id = c.id and a.no = 1 and a.queued_at is null) end
$$;
