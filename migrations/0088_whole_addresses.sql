-- A phone number that is looked for is found however it is written. Bundles are written anew without those whose proof ended or who
-- are forgotten. What is due is found without reading what is kept.

-- As 0083 has it; a number (E.164) stands in any of its forms, +41 79 123 45 67, 0041…, 41…, 079/123.45.67, and not within more
-- digits; the form without its country only where it has seven digits or more. app/proof/address.c has the same rule.
create or replace function holds_address(text text, addresses text[]) returns boolean language plpgsql immutable parallel safe as $$
declare
    low text = lower(text);
    near text = replace(replace(replace(replace(low, '%40', '@'), '\u0040', '@'), '%2b', '+'), '\u002b', '+');
    plain text;
    a text;
    code text;
    rest text;
    between text = '[ ./()''-]*';
begin
    foreach a in array addresses loop
        continue when a not like '+%' and strpos(near, a) = 0;
        plain = coalesce(plain, regexp_replace(regexp_replace(regexp_replace(low, '(\\+u00|%)40', '@', 'g'), '(\\+u00|%)2b', '+', 'g'),
            '\\+(u[0-9a-f]{4}|[0-7]{3}|[a-z])|%[0-9a-f]{2}|[^\u0001-\u007f]', ' ', 'g'));
        if a not like '+%' then
            if plain ~ ('(?<![a-z0-9]|[a-z0-9][._+-])' || regexp_replace(a, '([][\\^$.|?*+(){}])', '\\\1', 'g')
                    || '(?![a-z0-9]|\.[a-z0-9]|-[a-z0-9-]*\.[a-z0-9])') then
                return true;
            end if;
            continue;
        end if;
        code = coalesce(substring(a from '^\+(1|7|2[078]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])'), substr(a, 2, 3));
        rest = substr(a, 2 + length(code));
        if rest <> '' and plain ~ ('(?<![0-9])((00' || between || ')?' || regexp_replace(code, '(\d)(?=\d)', '\1' || between, 'g')
                || between || ')' || case when length(rest) >= 7 then '?' else '' end || '(0' || between || ')?'
                || regexp_replace(rest, '(\d)(?=\d)', '\1' || between, 'g') || '(?!\d)') then
            return true;
        end if;
    end loop;
    return false;
end $$;

-- ---------------------------------------------------------------- bundles

-- How often messages of its run lost their proof since it was written.
alter table archives add column outdated int not null default 0, add column written_at timestamptz;
grant update (sha256, size, communications, files, outdated, written_at) on archives to track_worker;

insert into proof_stores values
('archives, anew', 5, 'archives', 't.removed_at is null and t.batch_id in (select unnest($3)) and exists (select from communications c
    where c.tenant_id = t.tenant_id and c.batch_id = t.batch_id and c.id <> all ($1))', '{"outdated": "t.outdated + 1"}');
-- Those that hold somebody already whose proof ended. Each tenant's rows are seen as its own.
do $$
declare
    who uuid;
begin
    for who in select id from tenants loop
        perform set_config('track.tenant', who::text, true);
        update archives a set outdated = 1 where a.tenant_id = who and a.removed_at is null and exists (select from communication_batches b
            where b.tenant_id = who and b.id = a.batch_id and b.ended > 0);
    end loop;
    perform set_config('track.tenant', '', true);
end $$;

-- ---------------------------------------------------------------- what is due

-- The hold that a communication is under, the oldest of several: none or one row. In a from clause it is made part of the query,
-- where held_by would be called for each row.
create function holds_of(c communications) returns table (hold_id uuid) language sql stable parallel safe as $$
    select h.id from legal_holds h
    where h.tenant_id = c.tenant_id and h.lifted_at is null and case h.scope
        when 'communication' then h.value = c.id::text
        when 'unit' then h.value = c.unit_id::text
        when 'batch' then h.value = c.batch_id::text
        when 'building' then h.value = c.building_id::text
        when 'person' then h.value in (lower(c.email), c.phone) or exists (select from communication_attempts a
            where a.tenant_id = c.tenant_id and a.communication_id = c.id and lower(a.address) = h.value)
        else false end
    order by h.created_at, h.id limit 1
$$;
create or replace function held_by(c communications) returns uuid language sql stable parallel safe as $$
    select hold_id from holds_of(c)
$$;

create index communications_proof on communications (tenant_id, retention_hint, moved_at)
    where content_removed_at is not null and person_removed_at is not null;
drop index communications_emptied;

-- For each hint of communications of which only proof is left: before which time that is over, by the policies that are set, but as if
-- `policy` were that of its hint. Few rows are expected of it: it is not made part of a query, as a setting is its own. Row security lets
-- an index be used for a time that is told, not for one to be reckoned.
create function proof_clocks(at timestamptz, policy jsonb) returns table (hint text, over timestamptz, deletes boolean) language sql stable rows 3
    set search_path = public, pg_temp as $$
    with recursive hints (hint) as (
        (select c.retention_hint from communications c where c.tenant_id = current_tenant() and c.content_removed_at is not null
            and c.person_removed_at is not null order by c.retention_hint limit 1)
        union all
        select (select c.retention_hint from communications c where c.tenant_id = current_tenant() and c.content_removed_at is not null
            and c.person_removed_at is not null and c.retention_hint > h.hint order by c.retention_hint limit 1)
        from hints h where h.hint is not null
    )
    select h.hint, at - make_interval(days => p.proof_days), p.deletes from hints h cross join lateral (
        select x.proof_days, x.deletes from (
            select case r.hint when 'default' then 1 else 0 end as place, r.proof_days, r.delete_proof as deletes from retention_policies r
            where r.tenant_id = current_tenant() and r.hint in (h.hint, 'default') and r.hint is distinct from policy ->> 'hint'
            union all
            select case policy ->> 'hint' when 'default' then 1 else 0 end, (policy ->> 'proofDays')::int,
                (policy ->> 'deleteProof')::boolean
            where policy ->> 'hint' in (h.hint, 'default')
            union all select 2, 3650, false) x
        order by x.place limit 1) p
    where h.hint is not null
$$;

-- As 0087 has it, hint by hint, each by its own clock: where one policy ends proof and another keeps it, what is kept is not read.
create or replace function proof_due(at timestamptz, policy jsonb) returns table (id uuid, batch_id uuid, building_id uuid, year smallint,
    hint text, deletes boolean, hold_id uuid) language sql stable as $$
    select c.id, c.batch_id, c.building_id, c.year, c.retention_hint, p.deletes, h.hold_id
    from proof_clocks(at, policy) p
    join communications c on c.tenant_id = current_tenant() and c.content_removed_at is not null and c.person_removed_at is not null
        and c.retention_hint = any (array[p.hint]) -- by "=" alone all are read, to be hashed
        and c.moved_at > '-infinity' and c.moved_at < p.over -- and without the first a third of all is expected
    left join lateral holds_of(c) h on true
    where c.content_removed_at < at and c.person_removed_at < at and c.delivery_status not in ('ENQUEUED', 'HELD')
$$;

-- As 0065 has it: policies are read once, and nothing more is asked of messages that are empty already, or younger than the shortest
-- clock.
create or replace function retention_due(at timestamptz, policy jsonb) returns table (id uuid, batch_id uuid, building_id uuid,
    year smallint, hint text, content boolean, person boolean, deletes boolean, hold_id uuid) language sql stable as $$
    with own as materialized (
        select r.hint, r.content_days, r.person_days, r."delete" from retention_policies r
        where r.tenant_id = current_tenant() and r.hint is distinct from policy ->> 'hint'
        union all
        select policy ->> 'hint', (policy ->> 'contentDays')::int, (policy ->> 'personDays')::int, (policy ->> 'delete')::boolean
        where policy ->> 'hint' is not null
    ), usual as materialized (
        select x.content_days, x.person_days, x."delete" from (
            select 0 as place, o.content_days, o.person_days, o."delete" from own o where o.hint = 'default'
            union all select 1, 730, 730, false) x
        order by x.place limit 1
    )
    select c.id, c.batch_id, c.building_id, c.year, c.retention_hint, d.content, d.person, coalesce(o."delete", u."delete"), h.hold_id
    from communications c
    left join lateral holds_of(c) h on true
    cross join usual u
    left join own o on o.hint = c.retention_hint
    cross join lateral (
        select c.content_removed_at is null
                and c.moved_at < at - make_interval(days => coalesce(o.content_days, u.content_days)) as content,
            c.person_removed_at is null
                and c.moved_at < at - make_interval(days => coalesce(o.person_days, u.person_days)) as person) d
    where c.tenant_id = current_tenant() and c.delivery_status not in ('ENQUEUED', 'HELD')
        and (c.content_removed_at is null or c.person_removed_at is null)
        and c.moved_at < at - make_interval(days => (select min(least(x.content_days, x.person_days))
            from (select content_days, person_days from own union all select content_days, person_days from usual) x))
        and (d.content or d.person)
$$;
