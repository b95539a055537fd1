-- Letters that are made and still to be printed are counted and found; runs that were dry, or came short at the post office.

-- Whether a letter's file is made and it is not on paper; asked for by no more than what the indexes below hold. Mostly the
-- last that happened says it, and letter_paper looks further where a note or the like came after.
create function letter_unprinted(c communications) returns boolean language sql stable parallel safe as $$
    select c.delivery_status = 'SENT' and c.channel in ('LETTER', 'LETTER_WITH_RECEIPT')
        and c.last_event_type not in ('PRINTED', 'LODGED') and letter_paper(c) = 'READY_TO_PRINT'
$$;

-- By building and year, to be counted; and all of them, newest first. Writes of communications wait while they are made.
create index communications_unprinted on communications (tenant_id, building_id, year)
    where delivery_status = 'SENT' and channel in ('LETTER', 'LETTER_WITH_RECEIPT') and last_event_type not in ('PRINTED', 'LODGED');
create index communications_unprinted_recent on communications (tenant_id, moved_at desc, id desc)
    where delivery_status = 'SENT' and channel in ('LETTER', 'LETTER_WITH_RECEIPT') and last_event_type not in ('PRINTED', 'LODGED');

-- What was a dry run is kept here and left with nobody: counted by run.
create index communications_dry on communications (tenant_id, batch_id) where provider = 'sink' and delivery_status = 'SENT';

-- Handed in with fewer letters than there are: which of them the post did not take, where that is known.
alter table print_pieces add column missing boolean not null default false;
alter table print_runs add column counts smallint not null default 0; -- how often was told what the post took

-- As 0067 has it; and those whose letter is still to be printed.
create or replace function communications_matching(filter jsonb, all_buildings boolean, actor uuid) returns setof communications
    language sql stable parallel safe as $$
    select c.*
    from communications c
    where c.tenant_id = current_tenant()
        and (all_buildings or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = actor and g.building_id = c.building_id))
        and (filter -> 'status' is null or jsonb_array_length(filter -> 'status') = 1 or c.delivery_status = any (filter_texts(filter, 'status')))
        and (jsonb_array_length(filter -> 'status') is distinct from 1 or c.delivery_status = (filter_texts(filter, 'status'))[1])
        and (filter -> 'notStatus' is null or c.delivery_status <> all (filter_texts(filter, 'notStatus')))
        and (filter -> 'channel' is null or c.channel = any (filter_texts(filter, 'channel')))
        and (filter -> 'notChannel' is null or c.channel <> all (filter_texts(filter, 'notChannel')))
        and (filter -> 'grade' is null or c.evidence_grade = any (filter_texts(filter, 'grade')))
        and (filter -> 'notGrade' is null or coalesce(c.evidence_grade, '') <> all (filter_texts(filter, 'notGrade')))
        and (filter -> 'provider' is null or c.provider = any (filter_texts(filter, 'provider')))
        and (filter -> 'notProvider' is null or coalesce(c.provider, '') <> all (filter_texts(filter, 'notProvider')))
        and (filter -> 'code' is null or c.error ->> 'code' = any (filter_texts(filter, 'code')))
        and (filter -> 'notCode' is null or coalesce(c.error ->> 'code', '') <> all (filter_texts(filter, 'notCode')))
        and (filter -> 'cause' is null or reason_of(c.error ->> 'sentence') = any (filter_texts(filter, 'cause')))
        and (filter -> 'notCause' is null
            or coalesce(reason_of(c.error ->> 'sentence'), '') <> all (filter_texts(filter, 'notCause')))
        and (filter -> 'building' is null or jsonb_array_length(filter -> 'building') = 1 or c.building_id = any (filter_ids(filter, 'building')))
        and (jsonb_array_length(filter -> 'building') is distinct from 1 or c.building_id = (filter_ids(filter, 'building'))[1])
        and (filter -> 'notBuilding' is null or c.building_id <> all (filter_ids(filter, 'notBuilding')))
        and (filter -> 'run' is null or jsonb_array_length(filter -> 'run') = 1 or c.batch_id = any (filter_ids(filter, 'run')))
        and (jsonb_array_length(filter -> 'run') is distinct from 1 or c.batch_id = (filter_ids(filter, 'run'))[1])
        and (filter -> 'notRun' is null or c.batch_id <> all (filter_ids(filter, 'notRun')))
        and (filter -> 'year' is null or jsonb_array_length(filter -> 'year') = 1 or c.year = any (filter_years(filter, 'year')))
        and (jsonb_array_length(filter -> 'year') is distinct from 1 or c.year = (filter_years(filter, 'year'))[1])
        and (filter -> 'notYear' is null or c.year <> all (filter_years(filter, 'notYear')))
        and (filter -> 'units' is null or c.unit_id = any (filter_ids(filter, 'units')))
        and (filter -> 'unit' is null or exists (select from units u
            where u.tenant_id = current_tenant() and u.id = c.unit_id and u.number = any (filter_texts(filter, 'unit'))))
        and (filter -> 'to' is null or folded(concat_ws(' ', c.recipient_name, c.email, c.phone))
            ~ any (array(select word_pattern(t) from unnest(filter_texts(filter, 'to')) t)))
        and (filter -> 'template' is null or jsonb_array_length(filter -> 'template') = 1 or c.template = any (filter_texts(filter, 'template')))
        and (jsonb_array_length(filter -> 'template') is distinct from 1 or c.template = (filter_texts(filter, 'template'))[1])
        and (filter -> 'notTemplate' is null or c.template <> all (filter_texts(filter, 'notTemplate')))
        and (filter -> 'tag' is null or filter -> 'tagOften' is not null or c.id = any (array(select t.communication_id
            from communication_tags t
            where t.tenant_id = current_tenant() and t.tag = any (string_to_array(filter -> 'tag' ->> 0, ',')))))
        and (filter -> 'tag' is null or not exists (select from unnest(filter_texts(filter, 'tag')) w (tags)
            where not exists (select from communication_tags t where t.tenant_id = current_tenant()
                and t.communication_id = c.id and t.tag = any (string_to_array(w.tags, ',')))))
        and (filter -> 'notTag' is null or not exists (select from communication_tags t where t.tenant_id = current_tenant()
            and t.communication_id = c.id
            and t.tag = any (string_to_array(array_to_string(filter_texts(filter, 'notTag'), ','), ',')) offset 0))
        and (filter -> 'mentions' is null or c.id = any (array(select m.communication_id from note_mentions m
            where m.tenant_id = current_tenant() and m.user_id = actor)))
        and (filter -> 'domain' is null or split_part(lower(c.email), '@', 2) = any (filter_texts(filter, 'domain')))
        and (filter -> 'notDomain' is null
            or coalesce(split_part(lower(c.email), '@', 2), '') <> all (filter_texts(filter, 'notDomain')))
        and (filter -> 'before' is null or c.moved_at < (filter ->> 'before')::timestamptz)
        and (filter -> 'after' is null or c.moved_at >= (filter ->> 'after')::timestamptz)
        and (not coalesce(filter -> 'is' ? 'held', false) or c.delivery_status = 'HELD')
        and (not coalesce(filter -> 'notIs' ? 'held', false) or c.delivery_status <> 'HELD')
        and (not coalesce(filter -> 'is' ? 'failed', false) or c.delivery_status in ('FAILED', 'BOUNCED'))
        and (not coalesce(filter -> 'notIs' ? 'failed', false) or c.delivery_status not in ('FAILED', 'BOUNCED'))
        and (not coalesce(filter -> 'is' ? 'waiting', false) or c.delivery_status in ('DRAFT', 'HELD', 'ENQUEUED'))
        and (not coalesce(filter -> 'notIs' ? 'waiting', false) or c.delivery_status not in ('DRAFT', 'HELD', 'ENQUEUED'))
        and (not coalesce(filter -> 'is' ? 'moving', false) or c.delivery_status in ('ENQUEUED', 'SENT'))
        and (not coalesce(filter -> 'notIs' ? 'moving', false) or c.delivery_status not in ('ENQUEUED', 'SENT'))
        and (not coalesce(filter -> 'is' ? 'unprinted', false) or letter_unprinted(c))
        and (not coalesce(filter -> 'notIs' ? 'unprinted', false) or letter_unprinted(c) is not true)
        and (not coalesce(filter -> 'is' ? 'contradicted', false) or c.contradiction is not null)
        and (not coalesce(filter -> 'notIs' ? 'contradicted', false) or c.contradiction is null)
        and (not coalesce(filter -> 'has' ? 'error', false) or c.error is not null)
        and (not coalesce(filter -> 'notHas' ? 'error', false) or c.error is null)
        and (not coalesce(filter -> 'has' ? 'attachment', false) or exists (select from communication_attachments a
            where a.tenant_id = current_tenant() and a.communication_id = c.id))
        and (not coalesce(filter -> 'notHas' ? 'attachment', false) or not exists (select from communication_attachments a
            where a.tenant_id = current_tenant() and a.communication_id = c.id))
        and (not coalesce(filter -> 'has' ? 'note', false) or exists (select from communication_audit_notes n
            where n.tenant_id = current_tenant() and n.communication_id = c.id))
        and (not coalesce(filter -> 'notHas' ? 'note', false) or not exists (select from communication_audit_notes n
            where n.tenant_id = current_tenant() and n.communication_id = c.id))
        and (filter -> 'text' is null or folded(concat_ws(' ', (select u.number from units u where u.tenant_id = current_tenant()
                and u.id = c.unit_id), c.recipient_name, c.email, c.phone, c.reference, c.subject))
            ~ all (array(select word_pattern(t) from unnest(filter_texts(filter, 'text')) t)))
        and (filter -> 'notText' is null or folded(concat_ws(' ', (select u.number from units u
                where u.tenant_id = current_tenant() and u.id = c.unit_id), c.recipient_name, c.email, c.phone, c.reference, c.subject))
            !~ all (array(select word_pattern(t) from unnest(filter_texts(filter, 'notText')) t)))
$$;
