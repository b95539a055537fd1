-- A reference is looked up as it is.
create index communications_reference on communications (tenant_id, reference);

-- As 0034 has it; each message is asked for the tags it may not have, by itself: what lies behind OFFSET is no join, for which
-- all that have such a tag would be read.
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
        and (filter -> 'to' is null or lower(concat_ws(' ', c.recipient_name, c.email, c.phone))
            like any (array(select '%' || regexp_replace(lower(t), '([%_\\])', '\\\1', 'g') || '%'
                            from unnest(filter_texts(filter, 'to')) t)))
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
        and (filter -> 'text' is null or lower(concat_ws(' ', (select u.number from units u where u.tenant_id = current_tenant()
                and u.id = c.unit_id), c.recipient_name, c.email, c.phone, c.reference, c.subject))
            like all (array(select '%' || regexp_replace(lower(t), '([%_\\])', '\\\1', 'g') || '%'
                            from unnest(filter_texts(filter, 'text')) t)))
        and (filter -> 'notText' is null or lower(concat_ws(' ', (select u.number from units u
                where u.tenant_id = current_tenant() and u.id = c.unit_id), c.recipient_name, c.email, c.phone, c.reference, c.subject))
            not like all (array(select '%' || regexp_replace(lower(t), '([%_\\])', '\\\1', 'g') || '%'
                            from unnest(filter_texts(filter, 'notText')) t)))
$$;

-- As 0035 has it; of one status that few have, the last `most` in it. Nothing is cut off that lies before the time after
-- which is asked for.
create or replace function communications_since(filter jsonb, most int) returns timestamptz language plpgsql stable as $$
declare
    till timestamptz = coalesce((filter ->> 'before')::timestamptz, 'infinity');
    past timestamptz = coalesce((filter ->> 'after')::timestamptz, '-infinity');
    status text = case when jsonb_array_length(filter -> 'status') = 1 then filter -> 'status' ->> 0 end;
    years smallint[] = case when filter ? 'year' then filter_years(filter, 'year') else array[null::smallint] end;
    y smallint;
    since timestamptz;
    earliest timestamptz;
begin
    foreach y in array years loop
        execute 'select c.moved_at from communications c where c.tenant_id = current_tenant() and c.moved_at < $1 and c.moved_at >= $3'
            || case when status in ('FAILED', 'BOUNCED', 'HELD', 'SKIPPED', 'CANCELLED', 'MANUAL', 'ENQUEUED')
                then format(' and c.delivery_status = %L', status) else '' end
            || case when y is null then '' else ' and c.year = ' || y end
            || ' order by c.moved_at desc, c.id desc offset $2 limit 1' into since using till, most, past;
        earliest = least(earliest, coalesce(since, '-infinity'));
    end loop;
    return earliest;
end $$;

-- Why a message stands where it does, in the words of the event that brought it there. A function, so that the lists, which
-- seldom ask, do not plan it each time over all months.
create function status_reason(message uuid, status text, since timestamptz) returns text language plpgsql stable parallel safe
    set plan_cache_mode = force_generic_plan as $$
begin
    return (select e.sentence from communication_events e
        where e.tenant_id = current_tenant() and e.communication_id = message and e.status_after = status
            and e.type <> 'NOTE' and e.received_at >= since
        order by e.seq desc limit 1);
end $$;
