-- Runs: batches as they are looked at from their data to their closing.

-- Newest first: ids grow with the time. Messages leave by themselves, too, released or sent again before their run is.
-- name: runs_list
select p.id as "batchId", b.id as "buildingId", b.code as "buildingCode", b.name as "buildingName", p.year, s.phase,
    p.created_at as "createdAt", p.sent_at as "sentAt", p.completed_at as "completedAt", p.closed_at as "closedAt",
    i.created_by_name as "importedBy", w.actor_name as "sentBy", v.decision as approval,
    v.actor_name as "approvalBy", v.at as "approvalAt", k.*, (
        select count(*) from communications c
        where c.tenant_id = p.tenant_id and c.building_id = p.building_id and c.year = p.year and letter_unprinted(c)) as unprinted, (
        select count(*) from communications c
        where c.tenant_id = p.tenant_id and c.building_id = p.building_id and c.year = p.year and dry_run(c)) as "dryRun"
from communication_batches p
join buildings b on b.tenant_id = p.tenant_id and b.id = p.building_id
left join imports i on i.tenant_id = p.tenant_id and i.id = p.import_id
left join lateral (
    select actor_name from batch_sends w where w.tenant_id = p.tenant_id and w.batch_id = p.id order by w.at desc limit 1
) w on true
cross join lateral (
    select coalesce(sum(k.sent + delivered + opened), 0) as "left", coalesce(sum(delivered + opened), 0) as delivered,
        coalesce(sum(draft + enqueued), 0) as waiting, coalesce(sum(held), 0) as held,
        coalesce(sum(failed + bounced), 0) as failed, coalesce(sum(manual), 0) as "byHand",
        coalesce(sum(cancelled + skipped), 0) as stopped,
        coalesce(sum(draft + held + enqueued + k.sent + delivered + opened + failed + bounced + manual + cancelled + skipped), 0)
            as total
    from communication_counts k
    where k.tenant_id = current_tenant() and k.building_id = p.building_id and k.year = p.year
) k
cross join lateral (select run_phase(p, k."left" + k.failed > 0, k.waiting + k.held > 0) as phase) s
left join lateral (
    select a.decision, a.actor_name, a.at from batch_approvals a
    where a.tenant_id = p.tenant_id and a.batch_id = p.id and s.phase in ('DRAFT', 'PART')
        and not exists (select from batch_sends w where w.tenant_id = a.tenant_id and w.batch_id = a.batch_id and w.at > a.at)
    order by a.at desc limit 1
) v on v.decision <> 'withdrawn'
where p.tenant_id = current_tenant() and (:after::uuid is null or p.id < :after::uuid)
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id))
order by p.id desc limit 51;

-- name: runs_get
select p.id as "batchId", b.id as "buildingId", b.code as "buildingCode", b.name as "buildingName", b.city as "buildingCity",
    p.year, run_phase(p, k.gone, k.due) as phase, p.created_at as "createdAt", p.sent_at as "sentAt", p.completed_at as "completedAt",
    p.paused_at as "pausedAt", p.paused_by as "pausedBy", p.paused_why as "pausedWhy",
    cardinality(p.canary) as "canaryMessages", p.canary_until as "canaryUntil",
    p.closed_at as "closedAt", p.closed_by as "closedBy", p.close_note as "closeNote", p.ended,
    coalesce(s.approval_threshold, 500) as "approvalThreshold", coalesce(s.canary_over, 250) as "canaryOver",
    coalesce(s.canary_minutes, 10) as "canaryMinutes",
    (select hold_told(h.id) from legal_holds h where h.tenant_id = p.tenant_id and h.lifted_at is null
        and (h.scope, h.value) in (('batch', p.id::text), ('building', b.id::text)) order by h.created_at, h.id limit 1) as hold
from communication_batches p
join buildings b on b.tenant_id = p.tenant_id and b.id = p.building_id
left join run_settings s on s.tenant_id = p.tenant_id
cross join lateral (
    select coalesce(sum(k.sent + delivered + opened + failed + bounced), 0) > 0 as gone,
        coalesce(sum(draft + held + enqueued), 0) > 0 as due
    from communication_counts k
    where k.tenant_id = current_tenant() and k.building_id = p.building_id and k.year = p.year
) k
where p.tenant_id = current_tenant() and p.id = :batch_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id));

-- The files that brought messages to the batch; who imports sees them.
-- name: runs_imports
select i.id as "importId", i.file_name as "fileName", i.committed_at as "committedAt", i.created_by_name as "importedBy",
    (i.preview ->> 'rows')::int as rows, (x.batch ->> 'added')::int as added, '/import/' || i.id as href
from imports i
cross join lateral (
    select y.batch from jsonb_array_elements(i.preview -> 'result' -> 'batches') y (batch)
    where y.batch ->> 'batchId' = :batch_id::uuid::text limit 1
) x
where i.tenant_id = current_tenant() and i.state = 'COMMITTED'
order by i.committed_at desc limit 20;

-- name: runs_channels
select c.channel, count(*) as total, count(*) filter (where c.delivery_status = 'DRAFT') as draft,
    count(*) filter (where c.delivery_status = 'HELD') as held,
    count(*) filter (where c.delivery_status = 'ENQUEUED') as enqueued,
    count(*) filter (where c.delivery_status = 'SENT') as sent, count(*) filter (where letter_unprinted(c)) as unprinted,
    count(*) filter (where c.delivery_status = 'SENT' and c.channel like 'LETTER%' and letter_paper(c) = 'PRINTED') as printed,
    count(*) filter (where dry_run(c)) as "dryRun",
    count(*) filter (where c.delivery_status in ('DELIVERED', 'OPENED')) as delivered,
    count(*) filter (where c.delivery_status = 'FAILED') as failed,
    count(*) filter (where c.delivery_status = 'BOUNCED') as returned,
    count(*) filter (where c.delivery_status = 'MANUAL') as "byHand",
    count(*) filter (where c.delivery_status in ('CANCELLED', 'SKIPPED')) as stopped,
    count(o.communication_id) filter (where c.delivery_status = 'DRAFT') as "leftOut",
    count(*) filter (where c.sent_at >= now() - interval '5 minutes') as _recent,
    extract(epoch from now() - greatest(min(c.sent_at), now() - interval '5 minutes'))::int as _seconds,
    count(distinct c.unit_id) as units,
    count(*) filter (where exists (select from communication_attachments a
        where a.tenant_id = c.tenant_id and a.communication_id = c.id)) as "withFile"
from communications c
left join batch_omissions o on o.tenant_id = c.tenant_id and o.communication_id = c.id
where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid
group by c.channel order by c.channel;

-- What is due to be sent and what is wrong with it, the first `most` of each kind with the numbers of all; `kind`: of one.
-- Also what is only to be looked at; which is which says run_check.c.
-- name: runs_faults
select id as "communicationId", number as unit, recipient_name as "recipientName", channel, value, left_out as "leftOut",
    case when position is not null then format('/api/track/communications/%s/attachments/%s', id, position) end as href,
    '/messages/' || id || '/thumbnails/' || sha256 as thumbnail,
    kind as _kind, of_kind as _count, out_of_kind as _left_out
from (select *, count(*) over (partition by kind) as of_kind, count(*) filter (where left_out) over (partition by kind) as out_of_kind,
        row_number() over (partition by kind order by left_out, number, id) as place
    from run_faults(:batch_id::uuid, :channels::text[])
    where :kind::text is null or kind = :kind::text) f
where place <= :most::int
order by kind, place;

-- Files of what is due that nobody looked into yet, and how many messages the year before had.
-- name: runs_unchecked
select (select count(*) from communications c
        join communication_attachments a on a.tenant_id = c.tenant_id and a.communication_id = c.id
        where c.tenant_id = p.tenant_id and c.batch_id = p.id and c.delivery_status = 'DRAFT' and not exists (
            select from attachment_checks k
            where k.tenant_id = a.tenant_id and k.communication_id = a.communication_id and k.position = a.position)) as files,
    coalesce((select sum(draft + held + enqueued + sent + delivered + opened + failed + bounced + manual + cancelled + skipped)
        from communication_counts k
        where k.tenant_id = p.tenant_id and k.building_id = p.building_id and k.year = p.year - 1), 0) as "lastYear",
    coalesce((select sum(draft + held + enqueued + sent + delivered + opened + failed + bounced + manual + cancelled + skipped)
        from communication_counts k
        where k.tenant_id = p.tenant_id and k.building_id = p.building_id and k.year = p.year), 0) as "thisYear"
from communication_batches p
where p.tenant_id = current_tenant() and p.id = :batch_id::uuid;

-- name: runs_files_to_check
select distinct a.sha256, a.content_type
from communications c
join communication_attachments a on a.tenant_id = c.tenant_id and a.communication_id = c.id
where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid
    and not exists (select from file_checks k
        where k.tenant_id = a.tenant_id and k.sha256 = a.sha256
            and (k.words is not null or k.pages is null or c.delivery_status <> 'DRAFT'))
limit 25;

-- name: runs_file_checked
insert into file_checks (tenant_id, sha256, fault, opens, pages, sizes, words)
values (current_tenant(), :sha256::text, :fault::text, :opens::boolean, :pages::int, :sizes::jsonb, file_words(:text::text))
on conflict (tenant_id, sha256) do update set fault = excluded.fault, opens = excluded.opens, pages = excluded.pages,
    sizes = excluded.sizes, words = excluded.words, checked_at = excluded.checked_at;

-- name: runs_marks
select run_marks_make(:batch_id::uuid);

-- name: runs_files_judge
select run_files_judge(:after::uuid) as last;

-- name: runs_forget_checks
select attachment_checks_forget('90 days');

-- name: runs_unreadable_forget
delete from file_checks k
where k.tenant_id = current_tenant() and k.fault is not null and exists (
    select from communications c
    join communication_attachments a on a.tenant_id = c.tenant_id and a.communication_id = c.id
    where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid and a.sha256 = k.sha256);

-- Messages are left out with a word on the timeline, once each.
-- name: runs_leave_out
with wanted as (
    select c.id from communications c
    where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid and c.id = any (:ids::uuid[])
        and c.delivery_status = 'DRAFT'
), added as (
    insert into batch_omissions (tenant_id, communication_id, batch_id, kind, reason, actor_name)
    select current_tenant(), w.id, :batch_id::uuid, :kind::text, :reason::text, :actor_name::text from wanted w
    on conflict do nothing
    returning communication_id
)
insert into communication_events (tenant_id, communication_id, type, source, grade, status_after, occurred_at, actor_id,
    actor_name, sentence, seq, prev_hash, hash)
select current_tenant(), a.communication_id, 'NOTE', 'user', null, 'DRAFT', now(), :actor_id::uuid, :actor_name::text,
    'Left out of the run: ' || :reason::text, 0, '', ''
from added a order by a.communication_id
returning communication_id;

-- name: runs_take_in
with gone as (
    delete from batch_omissions o using communications c
    where o.tenant_id = current_tenant() and o.batch_id = :batch_id::uuid
        and (:kind::text is null or o.kind = :kind::text) and (:ids::uuid[] is null or o.communication_id = any (:ids::uuid[]))
        and c.tenant_id = o.tenant_id and c.id = o.communication_id
    returning o.communication_id, c.delivery_status
)
insert into communication_events (tenant_id, communication_id, type, source, grade, status_after, occurred_at, actor_id,
    actor_name, sentence, seq, prev_hash, hash)
select current_tenant(), g.communication_id, 'NOTE', 'user', null, g.delivery_status, now(), :actor_id::uuid, :actor_name::text,
    'Taken into the run again.', 0, '', ''
from gone g order by g.communication_id
returning communication_id;

-- ---------------------------------------------------------------- approval

-- What is due is held still: nobody changes it, adds to it or gives it another file until the end of the transaction.
-- name: runs_hold_still
select c.id from communications c
where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid and c.delivery_status in ('DRAFT', 'HELD')
order by c.id for update;

-- All that would be sent, as counts and one hash; what is held can be approved too, and is released later.
-- name: runs_snapshot
select count(*) filter (where status = 'DRAFT') as messages, count(*) filter (where status = 'HELD') as held,
    coalesce(jsonb_object_agg(channel, n) filter (where place = 1 and n > 0), '{}') as channels,
    encode(sha256(convert_to(coalesce(string_agg(content, '|' order by id), ''), 'UTF8')), 'hex') as hash
from (
    select d.id, d.channel, d.delivery_status as status,
        count(*) filter (where d.delivery_status = 'DRAFT') over (partition by d.channel) as n,
        row_number() over (partition by d.channel order by d.id) as place, run_content(d) as content
    from run_due(:batch_id::uuid, :channels::text[]) d
) x;

-- The threshold, and what of the batch went out without a second person's word, which counts with what is to go now.
-- name: runs_threshold
select coalesce((select approval_threshold from run_settings where tenant_id = current_tenant()), 500) as threshold,
    coalesce((select sum(messages) from batch_sends s where s.tenant_id = current_tenant() and s.batch_id = :batch_id::uuid
        and s.approval_id is null), 0) + run_alone(:batch_id::uuid) as unapproved;

-- Of a message that is to leave by itself: whether its run stands still, whether it never went, how many would be sent with it
-- had the run been sent, and whether the last word on it as it is now was a yes.
-- name: runs_alone
select p.id as "batchId", p.paused_at is not null as paused, c.attempt_no = 1 and c.queued_at is null as fresh,
    (select count(*) from run_due(p.id, :channels::text[]) d where d.id <> c.id) + 1 as due,
    coalesce((select a.decision = 'approved' from batch_approvals a
        where a.tenant_id = c.tenant_id and a.batch_id = p.id and a.decision in ('approved', 'refused')
            and sha256(convert_to(run_content(c), 'UTF8')) = any (a.contents)
        order by a.at desc limit 1), false) as approved
from communications c
join communication_batches p on p.tenant_id = c.tenant_id and p.id = c.batch_id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid;

-- The last word in the approval of what is due; one that was sent on is over.
-- name: runs_approval_last
select a.id, a.decision, a.actor_kind, a.actor_id, a.actor_name, a.note, a.messages, a.channels, a.content_hash, a.at,
    case when a.contents is not null then not exists (select from run_due(:batch_id::uuid, :channels::text[]) d
        where sha256(convert_to(run_content(d), 'UTF8')) not in (select unnest(a.contents))) end as unchanged,
    q.id as asked_id, q.actor_id as asked_by, q.actor_name as asked_by_name, q.note as asked_note, q.at as asked_at
from batch_approvals a
left join lateral (
    select * from batch_approvals q
    where q.tenant_id = a.tenant_id and q.batch_id = a.batch_id and q.decision = 'asked' and q.at <= a.at
    order by q.at desc limit 1
) q on true
where a.tenant_id = current_tenant() and a.batch_id = :batch_id::uuid
    and not exists (select from batch_sends s where s.tenant_id = a.tenant_id and s.batch_id = a.batch_id and s.at > a.at)
order by a.at desc limit 1;

-- name: runs_approval_add
insert into batch_approvals (tenant_id, batch_id, decision, actor_kind, actor_id, actor_name, note, messages, channels,
    content_hash, contents)
values (current_tenant(), :batch_id::uuid, :decision::text, :actor_kind::text, :actor_id::uuid, :actor_name::text, :note::text,
    :messages::int, :channels::jsonb, :content_hash::text,
    array(select sha256(convert_to(run_content(d), 'UTF8')) from run_due(:batch_id::uuid, :of_channels::text[]) d))
returning id;

-- name: runs_approvals
select a.decision, a.actor_name as "actorName", a.note, a.messages, a.content_hash as "contentHash", a.at
from batch_approvals a
where a.tenant_id = current_tenant() and a.batch_id = :batch_id::uuid
order by a.at desc limit 50;

-- ---------------------------------------------------------------- sending

-- The first of a large send: a fiftieth of those whose bounces come back soon, ten at least, of every domain.
-- name: runs_canary
with due as (
    select c.id, row_number() over (partition by case c.channel when 'SMS' then 'sms' else split_part(lower(c.email), '@', 2) end
        order by c.id) as turn
    from communications c
    where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid and c.delivery_status = 'DRAFT'
        and c.channel in ('EMAIL', 'SMS') and c.channel = any (:channels::text[])
        and not exists (select from batch_omissions o where o.tenant_id = c.tenant_id and o.communication_id = c.id)
), size as (
    select count(*) as all, greatest(10, ceil(count(*) * 0.02), least(500, count(*) filter (where turn = 1)))::int as first,
        coalesce((select canary_over from run_settings where tenant_id = current_tenant()), 250) as over
    from due
)
select case when "over" > 0 and "all" > "over" then (select array_agg(id) from (
    select id from due order by turn, id limit (select first from size)) f) end as ids
from size;

-- name: runs_canary_set
update communication_batches p set canary = :ids::uuid[], canary_until = null, watched_from = now(),
    watched_base = (select coalesce(sum(n.sent + n.delivered + n.opened + n.failed + n.bounced), 0) from communication_counts n
        where n.tenant_id = p.tenant_id and n.building_id = p.building_id and n.year = p.year)
where tenant_id = current_tenant() and id = :batch_id::uuid;

-- name: runs_sent
insert into batch_sends (tenant_id, batch_id, group_id, messages, approval_id, actor_kind, actor_id, actor_name)
values (current_tenant(), :batch_id::uuid, :group_id::uuid, :messages::int, :approval_id::uuid, :actor_kind::text,
    :actor_id::uuid, :actor_name::text);

-- name: runs_pause
update communication_batches set paused_at = now(), paused_by = :by::text, paused_why = :why::text
where tenant_id = current_tenant() and id = :batch_id::uuid and paused_at is null and state = 'SENDING'
returning id;

-- What is counted for the automatic pause begins anew; the ones that waited for the first ones need not any more.
-- name: runs_resume
with was as (
    select case when paused_at is null then cardinality(canary) end as skipped from communication_batches
    where tenant_id = current_tenant() and id = :batch_id::uuid
)
update communication_batches p set paused_at = null, paused_by = null, paused_why = null, watched_from = now(),
    watched_base = (select coalesce(sum(n.sent + n.delivered + n.opened + n.failed + n.bounced), 0) from communication_counts n
        where n.tenant_id = p.tenant_id and n.building_id = p.building_id and n.year = p.year),
    canary = case when paused_at is null then null else canary end,
    canary_until = case when paused_at is null then null else canary_until end
where tenant_id = current_tenant() and id = :batch_id::uuid and state = 'SENDING' and (paused_at is not null or canary is not null)
returning id, (select skipped from was) as skipped;

-- Whether the batch is paused, which it stays until the end of the transaction.
-- name: runs_paused_still
select p.id from communications c
join communication_batches p on p.tenant_id = c.tenant_id and p.id = c.batch_id
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid and p.paused_at is not null
for share of p;

-- name: runs_groups
select coalesce(array_agg(group_id), '{}') as ids from batch_sends where tenant_id = current_tenant() and batch_id = :batch_id::uuid;

-- Of what was ended since the counting began: hard bounces, complaints, and of the last 200 answers those of a provider
-- that took offence. Of a run that first sends a few, whether those are through. Looked at every few seconds: what ended comes
-- from the kept counts, what failed from its index, and of a tenant's events at most the last 5,000 are read.
-- name: runs_watch
select p.id as "batchId", greatest(w.ended - p.watched_base, h.hard) as ended, h.hard, k.complaints, l.answers, l.refused,
    p.canary is not null as canary, p.canary_until, coalesce(cardinality(p.canary), 0) as first,
    p.canary is not null and not exists (select from communications c where c.tenant_id = p.tenant_id and c.id = any (p.canary)
        and c.delivery_status = 'ENQUEUED') as through,
    p.canary_until is not null and p.canary_until <= now() as waited
from communication_batches p
cross join lateral (
    select coalesce(sum(n.sent + n.delivered + n.opened + n.failed + n.bounced), 0) as ended
    from communication_counts n
    where n.tenant_id = p.tenant_id and n.building_id = p.building_id and n.year = p.year
) w
cross join lateral (
    select count(*) as hard
    from communications c
    where c.tenant_id = p.tenant_id and c.batch_id = p.id and c.delivery_status in ('BOUNCED', 'FAILED')
        and c.failed_at >= p.watched_from and (c.delivery_status = 'BOUNCED' or c.error ->> 'badAddress' = 'true')
) h
cross join lateral (
    select count(distinct e.communication_id) as complaints
    from communication_events e
    join communications c on c.tenant_id = e.tenant_id and c.id = e.communication_id and c.batch_id = p.id
    where e.tenant_id = p.tenant_id and e.received_at >= p.watched_from and e.type = 'COMPLAINED'
) k
cross join lateral (
    select count(*) as answers, count(*) filter (where refused) as refused
    from (
        select e.type in ('DELAYED', 'FAILED') and e.detail ->> 'code' ~ '^4' as refused
        from (select * from communication_events e
            where e.tenant_id = p.tenant_id and e.received_at >= p.watched_from
            order by e.received_at desc limit 5000) e
        join communications c on c.tenant_id = e.tenant_id and c.id = e.communication_id and c.batch_id = p.id
        where e.source = 'worker' and e.type in ('SENT', 'FAILED', 'DELAYED')
        order by e.received_at desc limit 200
    ) x
) l
where p.tenant_id = current_tenant() and p.state = 'SENDING' and p.paused_at is null and p.watched_from is not null;

-- name: runs_canary_through
update communication_batches p set canary_until = now() + make_interval(mins => coalesce(
    (select canary_minutes from run_settings where tenant_id = current_tenant()), 10))
where p.tenant_id = current_tenant() and p.id = :batch_id::uuid and p.canary is not null and p.canary_until is null
    and p.paused_at is null;

-- name: runs_canary_over
update communication_batches set canary = null, canary_until = null
where tenant_id = current_tenant() and id = :batch_id::uuid and canary is not null and paused_at is null
returning id;

-- Runs that nothing stops but whose messages are still kept: what let them go was lost.
-- name: runs_forgotten
select p.id as "batchId" from communication_batches p
where p.tenant_id = current_tenant() and p.state = 'SENDING' and p.paused_at is null and p.canary is null
    and exists (select from batch_sends s join jobs j on j.group_id = s.group_id and j.state = 'held'
        where s.tenant_id = p.tenant_id and s.batch_id = p.id);

-- name: runs_sending_tenants
select sending_tenants() as "tenantId";

-- What waits has been in trouble since the first of its tries went wrong: asked is the one that waits longest.
-- name: runs_failures
select g.channel, g.sentence, g.code, g.count, coalesce(d.since, g.since) as since, g._delayed
from (
    select c.channel, coalesce(c.error ->> 'sentence', 'No reason was given.') as sentence, c.error ->> 'code' as code,
        count(*) as count, min(coalesce(c.failed_at, c.last_event_at)) as since, c.delivery_status = 'ENQUEUED' as _delayed,
        (array_agg(c.id order by c.queued_at, c.id) filter (where c.delivery_status = 'ENQUEUED'))[1] as waiting
    from communications c
    where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid
        and (c.delivery_status in ('FAILED', 'BOUNCED') or c.delivery_status = 'ENQUEUED' and c.error is not null)
    group by 1, 2, 3, c.delivery_status = 'ENQUEUED' order by count(*) desc, 2 limit 20
) g
left join lateral (
    select min(e.occurred_at) as since from communications c
    join communication_events e on e.tenant_id = c.tenant_id and e.communication_id = c.id and e.type = 'DELAYED'
        and e.occurred_at >= coalesce(c.queued_at, c.created_at)
    where c.tenant_id = current_tenant() and c.id = g.waiting and e.sentence = g.sentence
        and e.detail ->> 'code' is not distinct from g.code
) d on true
order by g.count desc, g.sentence;

-- name: runs_sends
select s.at, s.messages, s.actor_name as "actorName", s.approval_id is not null as approved, a.actor_name as "approvedBy"
from batch_sends s
left join batch_approvals a on a.tenant_id = s.tenant_id and a.id = s.approval_id
where s.tenant_id = current_tenant() and s.batch_id = :batch_id::uuid order by s.at desc limit 20;

-- What was done with the run, by whom: null is by itself.
-- name: runs_log
select *
from (
    select s.at, 'sent' as what, s.actor_name as "actorName", null as note, s.messages, s.approval_id is not null as _approved,
        a.actor_name as _by
    from batch_sends s
    left join batch_approvals a on a.tenant_id = s.tenant_id and a.id = s.approval_id
    where s.tenant_id = current_tenant() and s.batch_id = :batch_id::uuid
    union all
    select h.at, coalesce(h.after ->> 'decision', case when h.after ? 'firstSkipped' then 'firstSkipped' else w.what end),
        case when h.actor_kind in ('user', 'client') then h.actor_name end, h.after ->> 'note',
        coalesce(h.after ->> 'messages', h.after ->> 'firstSkipped', h.after ->> 'first')::int, false, null
    from audit_history h
    join (values ('run.approval', null), ('run.paused', 'paused'), ('run.resumed', 'resumed'),
        ('run.others_followed', 'othersFollowed'), ('run.closed', 'closed'), ('run.reopened', 'reopened')) w (action, what)
        on w.action = h.action
    where h.tenant_id = current_tenant() and h.entity_id = :batch_id::uuid::text and h.entity_type = 'batch'
) l
order by l.at desc limit 100;

-- ---------------------------------------------------------------- closing

-- Units of which something did not arrive: failed, returned, or not sent at all.
-- name: runs_open_units
select u.id as "unitId", u.number as unit, c.recipient_name as "recipientName", c.channel, c.delivery_status as status,
    coalesce(c.error ->> 'sentence', o.reason) as reason, count(*) over () as _all
from communications c
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
left join batch_omissions o on o.tenant_id = c.tenant_id and o.communication_id = c.id
where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid
    and c.delivery_status in ('DRAFT', 'HELD', 'FAILED', 'BOUNCED', 'CANCELLED', 'SKIPPED')
order by u.number, c.channel limit 200;

-- What left and of which no delivery was reported: letters by how far their paper is since they were last asked for, or were
-- not handed in after all, and the rest.
-- name: runs_unreported
select count(*) filter (where letter and not coalesce(printed or lodged, false)) as "lettersToPrint",
    count(*) filter (where letter and printed and not lodged) as "lettersToHandIn",
    count(*) filter (where lodged or not letter and provider is distinct from 'sink') as unreported
from (
    select c.channel like 'LETTER%' as letter, c.provider, e.printed, e.lodged
    from communications c
    left join lateral (
        select bool_or(e.type = 'PRINTED') as printed, bool_or(e.type = 'LODGED') as lodged
        from communication_events e
        where e.tenant_id = c.tenant_id and e.communication_id = c.id and e.type in ('PRINTED', 'LODGED')
            and e.seq >= coalesce((select max(r.seq) from communication_events r where r.tenant_id = c.tenant_id
                and r.communication_id = c.id and (r.type in ('READY_TO_PRINT', 'RESEND_REQUESTED')
                    or r.type = 'PRINTED' and r.dedupe_key like 'taken-back:%')), 0)
    ) e on c.channel like 'LETTER%'
    where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid and c.delivery_status = 'SENT'
) s;

-- name: runs_close
update communication_batches set closed_at = now(), closed_by = :by::text, close_note = :note::text
where tenant_id = current_tenant() and id = :batch_id::uuid and closed_at is null and state <> 'SENDING'
returning id;

-- name: runs_reopen
update communication_batches set closed_at = null, closed_by = null, close_note = null
where tenant_id = current_tenant() and id = :batch_id::uuid and closed_at is not null
returning id;

-- name: runs_settings_get
select coalesce(s.approval_threshold, 500) as "approvalThreshold", coalesce(s.canary_over, 250) as "canaryOver",
    coalesce(s.canary_minutes, 10) as "canaryMinutes"
from (select 1) one left join run_settings s on s.tenant_id = current_tenant();

-- name: runs_settings_set
insert into run_settings (tenant_id, approval_threshold, canary_over, canary_minutes)
values (current_tenant(), :approval_threshold::int, :canary_over::int, :canary_minutes::int)
on conflict (tenant_id) do update set approval_threshold = excluded.approval_threshold, canary_over = excluded.canary_over,
    canary_minutes = excluded.canary_minutes;

-- ---------------------------------------------------------------- preview and recipients

-- The messages of a run in the order of their units, one with its neighbours; the first where none is asked for.
-- name: runs_preview
with all_of as materialized (
    select c.id, row_number() over (order by u.number, c.channel, c.id) as place, count(*) over () as total
    from communications c
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid
)
select a.id, a.place, a.total, (select id from all_of b where b.place = a.place - 1) as previous,
    (select id from all_of b where b.place = a.place + 1) as next
from all_of a
where case when :communication_id::uuid is null then a.place = 1 else a.id = :communication_id::uuid end;

-- name: runs_odd
with c as materialized (
    select c.id, c.recipient_name, c.amount_minor, c.country, c.channel, c.email, u.number, b.country as home,
        (select count(*) from communication_attachments a where a.tenant_id = c.tenant_id and a.communication_id = c.id) as files,
        (select coalesce(sum(a.size), 0) from communication_attachments a
         where a.tenant_id = c.tenant_id and a.communication_id = c.id) as bytes
    from communications c
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
    where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid
)
select * from (
    (select 'Longest name' as odd, id as "communicationId", number as unit, 1 as _n from c order by length(recipient_name) desc, id limit 1)
    union all (select 'Most attached', id, number, 2 from c where files > 0 order by files desc, bytes desc, id limit 1)
    union all (select 'No e-mail', id, number, 3 from c where coalesce(email, '') = '' order by id limit 1)
    union all (select 'Address abroad', id, number, 4 from c where country <> '' and home <> '' and country <> home order by id limit 1)
    union all (select 'Highest amount', id, number, 5 from c where amount_minor > 0 order by amount_minor desc, id limit 1)
    union all (select 'Credit', id, number, 6 from c where amount_minor < 0 order by amount_minor, id limit 1)
) x order by _n;

-- name: recipient_find
select c.batch_id as "batchId" from communications c
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id));

-- name: recipient_lock
select c.delivery_status as "_status", c.channel as "_channel", c.email, c.phone, c.street, c.postal_code as "postalCode", c.city,
    c.country
from communications c
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid
for no key update;

-- name: recipient_set
update communications set email = :email::text, phone = :phone::text, street = :street::text, postal_code = :postal_code::text,
    city = :city::text, country = :country::text
where tenant_id = current_tenant() and id = :communication_id::uuid
returning id as "communicationId", email, phone, street, postal_code as "postalCode", city, country;

-- A message left out for what was mended comes in again by itself.
-- name: recipient_taken_in
delete from batch_omissions
where tenant_id = current_tenant() and communication_id = :communication_id::uuid and kind = any (:kinds::text[])
returning kind;

-- name: runs_check_files
insert into jobs (tenant_id, queue, kind, args, unique_key)
select current_tenant(), 'track', 'track.check_files', jsonb_build_object('batchId', b), b from unnest(:batch_ids::uuid[]) b
on conflict do nothing;

-- name: runs_tester
select u.email from users u
join communications c on c.tenant_id = u.tenant_id and c.id = :communication_id::uuid and c.channel = 'EMAIL'
where u.tenant_id = current_tenant() and u.id = :actor_id::uuid;

-- Messages a minute that the accounts take which real messages go through; none: there is no account.
-- name: runs_rates
select p.channel, min(case when a.settings ->> 'ratePerMinute' ~ '^[0-9]{1,6}$' then (a.settings ->> 'ratePerMinute')::int else p.rate end) as rate
from (values ('EMAIL', 'msgraph', 30), ('EMAIL', 'smtp', 0), ('SMS', 'acs', 200), ('SMS', 'twilio', 60)) p (channel, provider, rate)
join provider_accounts a on a.tenant_id = current_tenant() and a.provider = p.provider and a.enabled
group by p.channel;
