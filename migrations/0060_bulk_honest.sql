-- What a bulk action leaves out: nobody marks by hand what is known to be delivered, and nothing goes again to an address that is
-- known not to be. `how`: the channel, the tag, or the kind of a mark; null: as each is.
create or replace function bulk_exclusion(action text, how text, c communications) returns text language sql stable as $$
    select case
        when action = 'export' then null
        when action = 'mark' then case when c.delivery_status = 'MANUAL' then 'manual'
            when how = 'MANUAL_MARKED' and c.delivery_status in ('DELIVERED', 'OPENED') then 'delivered' end
        when action = 'tag' then case
            when exists (select from communication_tags t where t.tenant_id = c.tenant_id and t.communication_id = c.id and t.tag = how)
                then 'tagged'
            when (select count(*) from communication_tags t where t.tenant_id = c.tenant_id and t.communication_id = c.id) >= 10
                then 'full' end
        when action = 'untag' then case when not exists (select from communication_tags t
            where t.tenant_id = c.tenant_id and t.communication_id = c.id and t.tag = how) then 'untagged' end
        when action = 'release' then case when c.delivery_status <> 'HELD' then 'not-held' end
        when action in ('hold', 'cancel') and c.delivery_status not in ('DRAFT', 'ENQUEUED', 'HELD') then 'gone-out'
        when action = 'hold' and c.delivery_status = 'HELD' then 'held'
        when action = 'resend' and c.delivery_status in ('DELIVERED', 'OPENED') then 'delivered'
        when action = 'resend' and c.delivery_status = 'MANUAL' then 'manual'
        when action = 'resend' and c.delivery_status = 'DRAFT' then 'draft'
        when action = 'resend' and c.delivery_status = 'ENQUEUED' then 'queued'
        when action = 'resend' and c.delivery_status = 'HELD' then 'held'
        when action = 'resend' and c.delivery_status = 'SKIPPED' then 'suppressed'
        when action = 'resend' and case coalesce(how, c.channel) when 'EMAIL' then coalesce(c.email, '') = ''
            when 'SMS' then coalesce(c.phone, '') = '' else c.street = '' or c.city = '' end then 'no-address'
        when action = 'resend' and exists (select from suppressions s
            where s.tenant_id = c.tenant_id and s.channel = coalesce(how, c.channel) and s.blocks and s.lifted_at is null
                and s.address = suppression_address(s.channel, case s.channel when 'EMAIL' then c.email else c.phone end)) then 'suppressed'
        when action = 'resend' and exists (select from suppressions s
            where s.tenant_id = c.tenant_id and s.channel = coalesce(how, c.channel) and s.reason = 'bad_address' and s.lifted_at is null
                and s.address = suppression_address(s.channel, case s.channel when 'EMAIL' then c.email else c.phone end)) then 'bad-address'
        when c.delivery_status = 'ENQUEUED' and exists (select from jobs j where j.kind = 'track.send_communication'
            and j.unique_key = c.id::text and j.state = 'running') then 'running'
    end
$$;
