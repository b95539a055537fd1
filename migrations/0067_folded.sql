-- What is looked for is found however its letters are written: Müller as muller and mueller, Straße as strasse. Writes to
-- units wait while the years with such letters are written anew.

create extension if not exists unaccent;

-- A text as it is looked through and looked for: lower case, without accents, "ß" as "ss".
create function folded(words text) returns text language plpgsql immutable strict parallel safe as $$
begin
    return lower(public.unaccent('public.unaccent'::regdictionary,
        case when words ~ '[\u0300-\u036f]' then normalize(words, nfc) else words end));
end $$;

-- As what a word may stand in such a text: "mueller" also as "muller", "müller" also as "mueller". Of a word with many
-- of these the first three are tried both ways.
create function word_forms(word text) returns text[] language plpgsql immutable strict parallel safe as $$
declare
    forms text[] = array[folded(word)];
    composed text = normalize(word, nfc);
begin
    for nth in reverse 3 .. 1 loop
        forms = forms || array(select regexp_replace(f, '([aou])e', '\1', 1, nth) from unnest(forms) f);
    end loop;
    if composed ~* '[äöü]' then
        forms = forms || folded(replace(replace(replace(lower(composed), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'));
    end if;
    return array(select distinct f from unnest(forms) f where f <> '' order by f);
end $$;

-- The same as a regular expression.
create function word_pattern(word text) returns text language sql immutable strict parallel safe as $$
    select coalesce(string_agg(regexp_replace(f, '([][\\^$.|?*+(){}])', '\\\1', 'g'), '|' order by f), '') from unnest(word_forms(word)) f
$$;

-- The conditions that a text holds all words, to be put into a statement, or, `indexed`, in words an index of trigrams serves.
-- Where a word has a year between other characters that index is asked for what stands around it only: that of a year goes
-- through most rows, to no avail.
create function words_in(col text, words text[], indexed boolean) returns text language sql immutable parallel safe as $$
    select string_agg(' and (' || w.one || ')', '')
    from (
        select string_agg('(' || case when indexed then p.likes else format('strpos(%s, %L) > 0', col, f) end || ')', ' or ' order by f) as one
        from unnest(words) with ordinality t (word, i)
        cross join lateral unnest(word_forms(word)) f
        cross join lateral (select array_agg(x) as parts from regexp_split_to_table(f, '\m(19|20)[0-9]{2}\M') x where x <> '') y
        cross join lateral (
            select string_agg(format('%s like %L', col, '%' || regexp_replace(part, '([%_\\])', '\\\1', 'g') || '%'), ' and ') as likes
            from unnest(case when array_to_string(parts, ' ') ~ '[[:alnum:]]{3}' then parts else array[f] end) part
        ) p
        group by t.i
    ) w
$$;

-- ---------------------------------------------------------------- buildings

alter table buildings drop column search;
alter table buildings add column search text not null
    generated always as (folded(name || ' ' || code || ' ' || street || ' ' || city)) stored;
create index buildings_search on buildings using gin (search gin_trgm_ops) with (gin_pending_list_limit = 1024);

-- Buildings in which words stand: those with them for a code, and the first by name in which they stand as they are, or, where
-- there is none, that hold each of them; at most `most` of each. Of the owner for the reason unit_years_found is. What many
-- have is found among the first by name; all else in the index.
create or replace function buildings_found(words text, all_buildings boolean, actor uuid, most int) returns setof uuid language plpgsql stable
    security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    ours text = format('b.tenant_id = %L', current_tenant()) || case when all_buildings then '' else ' and exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = $1 and g.building_id = b.id)' end;
    each text[] = array(select w from regexp_split_to_table(words, '\s+') w where w <> '');
    ways text[] = array[words_in('b.search', array[words], true) || words_in('b.search', array[words], false),
        words_in('b.search', each, true) || words_in('b.search', each, false)];
    found uuid[];
    held text;
begin
    foreach held in array case when ways[1] is distinct from ways[2] then ways else ways[:1] end loop
        exit when held is null or found is not null;
        execute format('select array_agg(x.id) from (select b.id from (select b.id, b.name, b.search from buildings b where %s
            order by b.name, b.id limit 200) b where true%s order by b.name, b.id limit $2) x', ours, held) into found using actor, most;
        if cardinality(found) is distinct from most then
            execute format('with f as materialized (select b.id, b.name from buildings b where %s%s)
                select array_agg(x.id) from (select f.id from f order by f.name, f.id limit $2) x', ours, held) into found using actor, most;
        end if;
        return query select unnest(found);
    end loop;
    return query select b.id from buildings b
        where b.tenant_id = current_tenant() and lower(b.code) = lower(words)
            and (all_buildings or exists (select from building_grants g
                where g.tenant_id = current_tenant() and g.actor_id = actor and g.building_id = b.id))
        limit most;
end $$;

-- ---------------------------------------------------------------- units' years

-- As 0052 has it, folded.
create or replace function refresh_unit_years(keys uuid[], years smallint[]) returns void language plpgsql
    set plan_cache_mode = force_generic_plan as $$
declare
    locked int;
    met int;
begin
    -- Who comes second waits here for the first one's commit, and the sum below sees it.
    select count(*) into locked
    from (select distinct * from unnest(keys, years) as k (unit_id, year) order by 1, 2) k
    cross join lateral (
        select n.building_id, n.number from units n where n.tenant_id = current_tenant() and n.id = k.unit_id offset 0
    ) n
    cross join lateral (
        select from unit_years u
        where u.tenant_id = current_tenant() and u.building_id = n.building_id and u.year = k.year and u.number = n.number
            and u.unit_id = k.unit_id
        offset 0 for update
    ) u;
    with kept as (
        insert into unit_years as u
        select c.tenant_id, c.building_id, c.year, c.unit_id, n.number,
            (array_agg(c.recipient_name order by c.created_at desc, c.id desc))[1],
            array_agg(c.channel order by c.channel, c.id), array_agg(c.delivery_status order by c.channel, c.id), count(*),
            count(*) filter (where c.delivery_status in ('FAILED', 'BOUNCED')), count(*) filter (where c.delivery_status = 'MANUAL'),
            (array_agg(c.error ->> 'sentence' order by c.failed_at desc, c.id)
                filter (where c.delivery_status in ('FAILED', 'BOUNCED')))[1],
            (array_agg(c.last_event_type order by c.last_event_at desc nulls last, c.id))[1], max(c.last_event_at),
            min(c.next_attempt_at),
            folded(n.number || ' ' || string_agg(distinct concat_ws(' ', c.recipient_name, c.email, c.phone, c.reference, c.subject), ' '))
        from (select distinct * from unnest(keys, years) as k (unit_id, year)) k
        cross join lateral (
            select n.number from units n where n.tenant_id = current_tenant() and n.id = k.unit_id offset 0
        ) n
        cross join lateral (
            select c.* from communications c where c.tenant_id = current_tenant() and c.unit_id = k.unit_id and c.year + 0 = k.year
            offset 0
        ) c
        group by c.tenant_id, c.building_id, c.year, c.unit_id, n.number
        order by c.unit_id, c.year
        on conflict (tenant_id, building_id, year, number, unit_id) do update set recipient_name = excluded.recipient_name,
            channels = excluded.channels, statuses = excluded.statuses, communications = excluded.communications,
            failed = excluded.failed, by_hand = excluded.by_hand, error = excluded.error,
            last_event_type = excluded.last_event_type, last_event_at = excluded.last_event_at,
            next_attempt_at = excluded.next_attempt_at, search = excluded.search
        returning xmax
    )
    select count(*) filter (where xmax <> 0) into met from kept;
    -- A row that nobody could lock before was made meanwhile: it is ours now, and is summed up again.
    if met > locked then
        perform refresh_unit_years(keys, years);
    end if;
end $$;

update unit_years set search = folded(search) where search <> folded(search);

-- As 0050 has it; each word in any of its forms.
create or replace function unit_years_found(words text[], all_buildings boolean, actor uuid, most int)
    returns table (unit_id uuid, year smallint) language plpgsql stable
    security definer set search_path = public, pg_temp set synchronize_seqscans = off as $$ -- the same ones each time
declare
    ours text = format('u.tenant_id = %L', current_tenant());
    seen text = case when all_buildings then '' else ' and exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = $1 and g.building_id = u.building_id)' end;
    holding text = words_in('u.search', words, false);
    among text = '(select * from unit_years u where ' || ours || ' limit %s) u';
    found uuid[];
    years smallint[];
    n int;
begin
    if holding is null then
        return;
    end if;
    execute format('select count(*) from %s where true', format(among, 10000)) || seen || holding into n using actor;
    if n >= most / 5 then
        execute format('select array_agg(x.unit_id), array_agg(x.year) from (select u.unit_id, u.year from %s where true%s limit $2) x',
            format(among, 50000), seen || holding) into found, years using actor, most;
    end if;
    if cardinality(found) = most then
        return query select * from unnest(found, years);
    else
        return query execute 'select u.unit_id, u.year from unit_years u where ' || ours || seen || words_in('u.search', words, true)
            || holding || ' limit $2' using actor, most;
    end if;
end $$;

-- ---------------------------------------------------------------- the list

-- As 0064 has it; texts and addressees folded.
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
