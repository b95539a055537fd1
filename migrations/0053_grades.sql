-- A grade says how well it is vouched for what happened to the thing sent. What is only our own record of what we did
-- ourselves (queued, held, refused, a letter's file made) has none.

alter table communication_events alter column grade drop not null;

-- The grade that an event is shown with. Before this our own records had an A, and an event is not changed: an A counts as
-- one only where it is an act of the recipient, what he answered or that he signed for what was delivered.
create function event_grade(e communication_events) returns char(1) language sql stable parallel safe as $$
    select case when e.grade <> 'A' or e.source = 'recipient' or e.type = 'DELIVERED' then e.grade end
$$;

-- As before; a grade counts as event_grade has it, whatever older programs still write; and what the post vouches for
-- counts for a letter that stands as sent by our own record.
create or replace function event_apply() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    if exists (select from added where type = 'RESEND_REQUESTED') then
        insert into communication_attempts
        select c.tenant_id, c.id, c.attempt_no, c.channel, case c.channel when 'EMAIL' then c.email when 'SMS' then c.phone
                else concat_ws(', ', nullif(c.street, ''), nullif(concat_ws(' ', c.postal_code, c.city), ' ')) end,
            c.delivery_status, c.evidence_grade, c.contradiction, c.error, c.attempts, c.provider, c.provider_message_id,
            c.conversation_id, c.message_id, c.queued_at, c.sent_at, c.delivered_at, c.opened_at, c.failed_at
        from added e
        join communications c on c.tenant_id = e.tenant_id and c.id = e.communication_id
        where e.type = 'RESEND_REQUESTED' and c.delivery_status <> e.status_after;
        update communications c set attempt_no = c.attempt_no + 1, attempts = 0, provider = null, provider_message_id = null,
            conversation_id = null, message_id = null, sent_at = null, delivered_at = null, opened_at = null, failed_at = null,
            evidence_grade = null, contradiction = null,
            origin_channel = case when e.detail ? 'channel' then coalesce(c.origin_channel, c.channel) else c.origin_channel end,
            channel = coalesce(e.detail ->> 'channel', c.channel)
        from added e
        where c.tenant_id = e.tenant_id and c.id = e.communication_id and e.type = 'RESEND_REQUESTED'
            and c.delivery_status <> e.status_after;
    end if;
    update communications c set event_seq = e.seq, event_head = e.hash, delivery_status = e.status_after,
        last_event_type = e.type, last_event_at = e.occurred_at,
        evidence_grade = case when e.status_after <> c.delivery_status then claim.grade
            when e.type = e.status_after or (e.type, e.status_after) in (('RETURNED', 'BOUNCED'), ('LODGED', 'SENT'))
                then least(c.evidence_grade, claim.grade)
            else c.evidence_grade end,
        contradiction = case when e.detail ? 'contradicts' then jsonb_build_object('sentence', e.sentence, 'type', e.type,
                'source', e.source, 'grade', e.grade, 'at', e.occurred_at, 'against', e.detail -> 'contradicts')
            else c.contradiction end,
        queued_at = case when e.type in ('ENQUEUED', 'RESEND_REQUESTED') then e.occurred_at else c.queued_at end,
        sent_at = case when e.type in ('SENT', 'READY_TO_PRINT') then e.occurred_at else c.sent_at end,
        delivered_at = case when e.type = 'DELIVERED' then coalesce(c.delivered_at, e.occurred_at) else c.delivered_at end,
        opened_at = case when e.type = 'OPENED' and e.status_after = 'OPENED' then coalesce(c.opened_at, e.occurred_at)
            else c.opened_at end,
        failed_at = case when e.type in ('FAILED', 'BOUNCED', 'RETURNED') then e.occurred_at else c.failed_at end,
        error = case
            when e.status_after in ('FAILED', 'BOUNCED') and e.type in ('FAILED', 'BOUNCED', 'RETURNED')
                or e.status_after = 'ENQUEUED' and e.type = 'DELAYED' or e.status_after in ('HELD', 'SKIPPED')
                then jsonb_strip_nulls(jsonb_build_object('sentence', e.sentence, 'code', e.detail -> 'code',
                    'raw', e.detail -> 'raw', 'badAddress', e.detail -> 'badAddress'))
            when e.status_after in ('FAILED', 'BOUNCED') or e.type in ('DELAYED', 'NOTE') then c.error
        end,
        next_attempt_at = case when e.status_after = 'ENQUEUED' then
            coalesce((e.detail ->> 'nextAttemptAt')::timestamptz, c.next_attempt_at) end,
        attempts = coalesce((e.detail ->> 'attempt')::int, c.attempts),
        provider = case when e.type = 'SENT' then coalesce(e.detail ->> 'provider', c.provider) else c.provider end,
        provider_message_id = case when e.type = 'SENT' then e.detail ->> 'providerMessageId' else c.provider_message_id end,
        conversation_id = case when e.type = 'SENT' then e.detail ->> 'conversationId' else c.conversation_id end,
        message_id = case when e.type = 'SENT' then e.detail ->> 'messageId' else c.message_id end
    from added e
    cross join lateral (
        select case when e.grade <> 'A' or e.source = 'recipient' or e.type = 'DELIVERED' then e.grade end as grade) claim
    where c.tenant_id = e.tenant_id and c.id = e.communication_id;
    return null;
end $$;
