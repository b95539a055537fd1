-- A filter that nothing leads to looks through the last `most` that moved: of each year it names, and before the time it
-- names. This is since when that is. It is asked for by itself: within the list's statement, wrapped in anything that row
-- security does not trust, it would be held against each row instead of ending the walk.
create function communications_since(filter jsonb, most int) returns timestamptz language plpgsql stable
    set plan_cache_mode = force_custom_plan as $$
declare
    till timestamptz = coalesce((filter ->> 'before')::timestamptz, 'infinity');
    since timestamptz;
begin
    if filter -> 'year' is null then
        select c.moved_at into since from communications c
        where c.tenant_id = current_tenant() and c.moved_at < till
        order by c.moved_at desc, c.id desc offset most limit 1;
    else
        select min(coalesce(n.moved_at, '-infinity')) into since
        from unnest(filter_years(filter, 'year')) y
        left join lateral (
            select c.moved_at from communications c
            where c.tenant_id = current_tenant() and c.year = y and c.moved_at < till
            order by c.moved_at desc, c.id desc offset most limit 1) n on true;
    end if;
    return coalesce(since, '-infinity');
end $$;

-- Each word is a condition of its own, as the index of words serves none that is asked for as one of an array. What many
-- units hold, going by the first ones, is found by reading on: to gather it from the index takes as long as there is much.
create or replace function unit_years_found(words text[], all_buildings boolean, actor uuid, most int)
    returns table (unit_id uuid, year smallint) language plpgsql stable
    security definer set search_path = public, pg_temp set synchronize_seqscans = off as $$ -- the same ones each time
declare
    wanted text = 'u.tenant_id = current_tenant()' || case when all_buildings then '' else ' and exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = $1 and g.building_id = u.building_id)' end
        || (select string_agg(format(' and u.search like %L', '%' || regexp_replace(lower(w), '([%_\\])', '\\\1', 'g') || '%'), '')
            from unnest(words) w);
    among text = '(select * from unit_years u where u.tenant_id = current_tenant() limit %s) u';
    found uuid[];
    years smallint[];
    n int;
begin
    if wanted is null then
        return;
    end if;
    execute format('select count(*) from %s where %s', format(among, 10000), wanted) into n using actor;
    if n >= most / 5 then
        execute format('select array_agg(x.unit_id), array_agg(x.year) from (select u.unit_id, u.year from %s where %s limit $2) x',
            format(among, 50000), wanted) into found, years using actor, most;
    end if;
    if cardinality(found) = most then
        return query select * from unnest(found, years);
    else
        return query execute format('select u.unit_id, u.year from unit_years u where %s limit $2', wanted) using actor, most;
    end if;
end $$;
alter table unit_years alter column search set statistics 500;
