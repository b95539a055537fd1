-- The template that a message is written from, and tags that people put on messages.

alter table communications add column template text not null default 'statement' check (template ~ '^[a-z][a-z0-9_]{0,39}$');
create index communications_template on communications (tenant_id, template, moved_at desc, id desc) where template <> 'statement';

-- A reminder about what a statement said is a message of its own, with the same reference.
drop index communications_origin;
create unique index communications_origin on communications
    (tenant_id, unit_id, year, (coalesce(origin_channel, channel)), reference, template);

-- As 0029 has it; what is no statement says so.
create or replace function run_content(c communications) returns text language sql stable as $$
    select (jsonb_build_array(c.id, c.channel, c.recipient_name, c.email, c.phone, c.street, c.postal_code, c.city, c.country,
        c.language, c.subject, c.amount_minor, c.currency, c.due_on, c.reference,
        (select jsonb_agg(jsonb_build_array(a.position, a.sha256, a.file_name) order by a.position)
         from communication_attachments a where a.tenant_id = c.tenant_id and a.communication_id = c.id))
        || case when c.template = 'statement' then '[]'::jsonb else jsonb_build_array(c.template) end)::text
$$;

-- Words of people about a message, nothing of its timeline: they neither move it nor stand in its chain. They are checked
-- as track/tag.h says.
create table communication_tags (
    tenant_id uuid not null,
    communication_id uuid not null,
    tag text collate "C" not null check (tag ~ '^[^\s,":A-Z]{1,40}$'),
    building_id uuid not null, -- of the message
    created_at timestamptz not null default now(),
    primary key (tenant_id, communication_id, tag),
    foreign key (tenant_id, communication_id) references communications (tenant_id, id)
);
create index communication_tags_tag on communication_tags (tenant_id, tag, building_id, communication_id);
select tenant_table('communication_tags');
grant select, insert, delete on communication_tags to track_web, track_worker;

-- ---------------------------------------------------------------- they go with the words of the message

-- A store without columns is one whose rows go.
insert into retention_stores values
('communication_tags', 'communication_tags', 'both', 't.communication_id = any ($1)', 'true', '{}');

create or replace function retention_purge(run uuid, ids uuid[], layers text[], reason text) returns jsonb language plpgsql
    security definer set search_path = public, pg_temp as $$
declare
    who uuid = current_tenant();
    s retention_stores;
    n bigint;
    done jsonb = '[]';
begin
    perform from communications where tenant_id = who and id = any (ids) order by id for update;
    if who is null or exists (select from communications c
            where c.tenant_id = who and c.id = any (ids) and held_by(c) is not null) then
        raise exception 'held' using errcode = '42501';
    end if;
    perform set_config('track.purging', 'on', true);
    for s in select * from retention_stores where layer = 'both' or layer = any (layers) order by name loop
        continue when to_regclass(s.relation) is null;
        if s.sets = '{}' then
            execute format('delete from %I t where t.tenant_id = $2 and (%s) and (%s)', s.relation, s.which, s.todo)
                using ids, who;
        else
            execute format('update %I t set %s where t.tenant_id = $2 and (%s) and (%s)', s.relation,
                (select string_agg(format('%I = %s', key, value), ', ') from jsonb_each_text(s.sets)), s.which, s.todo)
                using ids, who;
        end if;
        get diagnostics n = row_count;
        done = done || jsonb_build_object('store', s.name, 'rows', n);
    end loop;
    perform set_config('track.purging', '', true);
    update communications set removed_by = reason,
        content_removed_at = case when 'content' = any (layers) then coalesce(content_removed_at, now()) else content_removed_at end,
        person_removed_at = case when 'person' = any (layers) then coalesce(person_removed_at, now()) else person_removed_at end
    where tenant_id = who and id = any (ids);
    insert into retention_items (tenant_id, run_id, communication_id, layers, upto, seal)
    select who, run, c.id, retention_purge.layers, c.event_seq, event_seals(who, c.id, c.event_seq)
    from communications c where c.tenant_id = who and c.id = any (ids);
    return done;
end $$;

create or replace function retention_plan(at timestamptz) returns table (store text, relation text, deletes boolean, "rows" bigint, bytes bigint)
    language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
    s retention_stores;
    flag boolean;
    due uuid[];
begin
    foreach flag in array array[true, false] loop
        select array_agg(d.id) into due from retention_due(at) d where d.deletes = flag and d.hold_id is null;
        continue when due is null;
        for s in select * from retention_stores r order by r.name loop
            continue when to_regclass(s.relation) is null;
            return query execute format('select %L, t.tableoid::regclass::text, $3, count(*), coalesce(sum(%s), 0)::bigint
                from %I t where t.tenant_id = $2 and (%s) and (%s) group by t.tableoid order by 2', s.name,
                coalesce((select string_agg(format('coalesce(pg_column_size(t.%I), 0)', key), ' + ')
                    from jsonb_each_text(s.sets)), 'pg_column_size(t)'),
                s.relation, s.which, s.todo) using due, current_tenant(), flag;
        end loop;
        return query select 'files', 'blobs', flag, count(*), coalesce(sum(b.size), 0)::bigint
            from blobs b where b.tenant_id = current_tenant() and b.removed_at is null and b.sha256 in (
                select a.sha256 from communication_attachments a where a.tenant_id = b.tenant_id and a.communication_id = any (due)
                union select m.sha256 from sink_messages m where m.tenant_id = b.tenant_id and m.communication_id = any (due)
                union select unnest(array[l.sha256, l.return_photo_sha256]) from letters l
                    where l.tenant_id = b.tenant_id and l.communication_id = any (due))
            having count(*) > 0;
    end loop;
end $$;

-- ---------------------------------------------------------------- many at once

alter table bulk_actions add column tag text; -- of actions tag and untag
alter table bulk_actions drop constraint bulk_actions_action_check;
alter table bulk_actions add constraint bulk_actions_action_check
    check (action in ('resend', 'release', 'hold', 'cancel', 'mark', 'tag', 'untag', 'export'));

-- Why an action leaves a communication out; null: it does not. `how`: the channel of a resend, null: its own; the tag.
drop function bulk_exclusion(text, text, communications);
create function bulk_exclusion(action text, how text, c communications) returns text language sql stable as $$
    select case
        when action = 'export' then null
        when action = 'mark' then case when c.delivery_status = 'MANUAL' then 'manual' end
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
                and s.address = case s.channel when 'EMAIL' then lower(c.email) else c.phone end) then 'suppressed'
        when c.delivery_status = 'ENQUEUED' and exists (select from jobs j where j.kind = 'track.send_communication'
            and j.unique_key = c.id::text and j.state = 'running') then 'running'
    end
$$;

-- ---------------------------------------------------------------- the filter

-- Each of the filter's tags is a text of alternatives with commas between, and all texts must be met. The messages of the
-- first are looked up by their ids, unless there are too many to go by, as `tagOften` says: then each is asked for its tags.
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
            and t.tag = any (string_to_array(array_to_string(filter_texts(filter, 'notTag'), ','), ','))))
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
