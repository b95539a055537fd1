-- What many units have is told by two thousand of them and not ten thousand: of a table larger than Postgres' memory those are
-- read from files each time.

-- As 0067 has it.
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
    execute format('select count(*) from %s where true', format(among, 2000)) || seen || holding into n using actor;
    if n * 25 >= most then
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
