-- A building's names, lower case, to be looked through for any part of them.
alter table buildings add column search text not null
    generated always as (lower(name || ' ' || code || ' ' || street || ' ' || city)) stored;
create index buildings_search on buildings using gin (search gin_trgm_ops) with (gin_pending_list_limit = 1024);
create index buildings_code on buildings (tenant_id, lower(code));

-- Buildings in which a text stands: those with it for a code, and the first by name; at most `most` of each. Of the owner for
-- the reason unit_years_found is. What many have is found among the first by name; all else in the index.
create function buildings_found(words text, all_buildings boolean, actor uuid, most int) returns setof uuid language plpgsql stable
    security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    part text = '%' || regexp_replace(lower(words), '([%_\\])', '\\\1', 'g') || '%';
    found uuid[];
begin
    select array_agg(x.id) into found
    from (select n.id from (
            select b.id, b.name, b.search from buildings b
            where b.tenant_id = current_tenant()
                and (all_buildings or exists (select from building_grants g
                    where g.tenant_id = current_tenant() and g.actor_id = actor and g.building_id = b.id))
            order by b.name, b.id limit 200) n
        where n.search like part order by n.name, n.id limit most) x;
    if cardinality(found) is distinct from most then
        with f as materialized (
            select b.id, b.name from buildings b
            where b.tenant_id = current_tenant() and b.search like part
                and (all_buildings or exists (select from building_grants g
                    where g.tenant_id = current_tenant() and g.actor_id = actor and g.building_id = b.id)))
        select array_agg(x.id) into found from (select f.id from f order by f.name, f.id limit most) x;
    end if;
    return query select unnest(found)
        union all (select b.id from buildings b
            where b.tenant_id = current_tenant() and lower(b.code) = lower(words)
                and (all_buildings or exists (select from building_grants g
                    where g.tenant_id = current_tenant() and g.actor_id = actor and g.building_id = b.id))
            limit most);
end $$;
select owner_sees_all('buildings');
revoke execute on function buildings_found from public;
grant execute on function buildings_found to track_web, track_worker;

-- As 0037 has it; a reminder is no second one of its statement.
create or replace function run_faults(batch uuid, channels text[]) returns table (id uuid, number text, recipient_name text, channel text,
    left_out boolean, kind text, value text) language sql stable as $$
with due as materialized (
    select c.id, c.unit_id, c.channel, c.recipient_name, c.email, c.phone, c.street, c.postal_code, c.city, c.country, c.subject, c.template,
        c.amount_minor, c.currency, c.year, u.number, b.country as home, o.communication_id is not null as left_out,
        exists (select from communication_attachments a where a.tenant_id = c.tenant_id and a.communication_id = c.id) as has_file
    from communications c
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
    left join batch_omissions o on o.tenant_id = c.tenant_id and o.communication_id = c.id
    where c.tenant_id = current_tenant() and c.batch_id = batch and c.delivery_status = 'DRAFT'
        and c.channel = any (channels)
), files as materialized (
    select a.communication_id, a.sha256, a.file_name, a.content_type, d.unit_id, d.channel, k.fault, k.opens, k.pages, k.sizes
    from due d
    join communication_attachments a on a.tenant_id = current_tenant() and a.communication_id = d.id
    left join file_checks k on k.tenant_id = a.tenant_id and k.sha256 = a.sha256
), shared as materialized (
    select sha256 from files group by sha256
    having count(distinct unit_id) > 1 and count(distinct unit_id) < (select count(distinct unit_id) from files)
), rule as materialized (
    select count(*) filter (where has_file) * 2 > count(*) as files,
        coalesce(nullif(max(home), ''), mode() within group (order by nullif(country, ''))) as country
    from due d where d.channel <> 'SMS'
), paper as materialized (
    select case when coalesce(max(l.settings ->> 'form'), case when max(rule.country) in ('US', 'CA') then 'US10' end) = 'US10'
        then '{216,279}'::int[] else '{210,297}' end as size
    from rule left join letter_settings l on l.tenant_id = current_tenant()
), twins as materialized (
    select unit_id, channel, template, subject, coalesce(amount_minor, 0) as amount,
        lower(concat_ws('|', email, phone, street, recipient_name)) as at
    from due group by 1, 2, 3, 4, 5, 6 having count(*) > 1
), found as (
    select d.id, d.number, d.recipient_name, d.channel, d.left_out, f.kind, f.value
    from due d
    cross join rule
    cross join lateral (
        select 'no_email', null where d.channel = 'EMAIL' and coalesce(d.email, '') = ''
        union all select 'no_phone', null where d.channel = 'SMS' and coalesce(d.phone, '') = ''
        union all select 'no_postal_address', nullif(concat_ws(', ', nullif(d.street, ''), nullif(d.postal_code, ''),
                nullif(d.city, '')), '')
            where d.channel like 'LETTER%' and '' in (d.street, d.postal_code, d.city)
        union all (select case when s.blocks then 'suppressed' else 'bad_address' end, s.address || ': ' || s.sentence
            from suppressions s
            where s.tenant_id = current_tenant() and s.channel = d.channel and s.lifted_at is null
                and s.address = suppression_address(d.channel, case d.channel when 'EMAIL' then d.email when 'SMS' then d.phone end)
            order by s.blocks desc limit 1)
        union all select 'no_file', null where rule.files and d.channel <> 'SMS' and not d.has_file
        union all select 'twice', d.subject where (d.unit_id, d.channel, d.template, d.subject, coalesce(d.amount_minor, 0),
            lower(concat_ws('|', d.email, d.phone, d.street, d.recipient_name))) in (select * from twins)
        union all select 'no_currency', d.amount_minor::text where d.amount_minor is not null and coalesce(d.currency, '') = ''
        union all select 'abroad', d.country where d.country <> '' and d.country <> rule.country
        union all select 'lost_email', l.email from (
            select o.email from communications o
            where coalesce(d.email, '') = '' and o.tenant_id = current_tenant() and o.unit_id = d.unit_id
                and o.year = d.year - 1 and coalesce(o.email, '') <> ''
            limit 1) l
    ) f (kind, value)
    union all
    select d.id, d.number, d.recipient_name, d.channel, d.left_out,
        case when f.opens and d.channel = 'EMAIL' then 'faulty_file' else 'unreadable_file' end, f.file_name || ': ' || f.fault
    from due d
    join files f on f.communication_id = d.id and f.fault is not null
    union all
    select d.id, d.number, d.recipient_name, d.channel, d.left_out, 'unreadable_file',
        f.file_name || ': it is no PDF, and a letter prints nothing else'
    from due d
    join files f on f.communication_id = d.id and f.fault is null and f.content_type <> 'application/pdf'
    where d.channel like 'LETTER%'
    union all
    select d.id, d.number, d.recipient_name, d.channel, d.left_out, 'many_pages', string_agg(f.file_name || ': ' || f.pages
        || ' pages', ', ' order by f.file_name)
    from due d
    join files f on f.communication_id = d.id
    where d.channel like 'LETTER%'
    group by 1, 2, 3, 4, 5 having sum(f.pages) > 400
    union all
    select d.id, d.number, d.recipient_name, d.channel, d.left_out, 'page_size', f.file_name || ': page ' || (odd.s ->> 0)
        || ' is ' || (odd.s ->> 1) || ' × ' || (odd.s ->> 2) || ' mm, the paper ' || paper.size[1] || ' × ' || paper.size[2] || ' mm'
    from due d
    join files f on f.communication_id = d.id
    cross join paper
    cross join lateral (
        select s from jsonb_array_elements(f.sizes) s
        where abs((s ->> 1)::int - paper.size[1]) > 3 or abs((s ->> 2)::int - paper.size[2]) > 3
        order by (s ->> 0)::int limit 1
    ) odd
    where d.channel like 'LETTER%'
    union all
    select d.id, d.number, d.recipient_name, d.channel, d.left_out, 'shared_file', f.file_name
    from due d
    join files f on f.communication_id = d.id
    join shared s on s.sha256 = f.sha256
)
select id, number, recipient_name, channel, left_out, kind, value from found
$$;
