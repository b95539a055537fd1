-- What is left of an event whose words were taken out: every hash and size that it named, not that of the words alone.

-- What may stay of an event's detail: `{"contentDigest": …, "mailSha256": …, "mailBytes": …, "photoSha256": …, …}`, null where
-- there is none.
create function event_hashes(detail jsonb) returns jsonb language sql immutable parallel safe as $$
    select jsonb_object_agg(key, value) from jsonb_each(detail) where key ~* '(digest|sha256|bytes)$'
$$;

comment on column retention_items.kept is '{number of an event: its hashes}, before these its contentDigest alone; null: of none';

create or replace function event_detail(e communication_events) returns jsonb language sql stable parallel safe as $$
    select case when e.detail = '{}' and e.salt is null then coalesce((
        select case jsonb_typeof(k.hashes) when 'object' then k.hashes else jsonb_build_object('contentDigest', k.hashes) end
        from retention_items i cross join lateral (select i.kept -> e.seq::text as hashes) k
        where i.tenant_id = e.tenant_id and i.communication_id = e.communication_id and i.kept ? e.seq::text limit 1), e.detail)
    else e.detail end
$$;

-- As before, with all hashes noted before they go.
create or replace function retention_purge(run uuid, ids uuid[], layers text[], reason text) returns jsonb language plpgsql
    security definer set search_path = public, pg_temp as $$
declare
    who uuid = current_tenant();
    s retention_stores;
    n bigint;
    done jsonb = '[]';
    hashes jsonb; -- by communication
begin
    perform from communications where tenant_id = who and id = any (ids) order by id for update;
    if who is null or exists (select from communications c
            where c.tenant_id = who and c.id = any (ids) and held_by(c) is not null) then
        raise exception 'held' using errcode = '42501';
    end if;
    select jsonb_object_agg(d.communication_id, d.kept) into hashes from (
        select e.communication_id, jsonb_object_agg(e.seq, h.hashes) as kept
        from communication_events e cross join lateral (select event_hashes(e.detail) as hashes) h
        where e.tenant_id = who and e.communication_id = any (ids) and h.hashes is not null group by e.communication_id) d;
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
    insert into retention_items (tenant_id, run_id, communication_id, layers, upto, seal, kept)
    select who, run, c.id, retention_purge.layers, c.event_seq, event_seals(who, c.id, c.event_seq), hashes -> c.id::text
    from communications c where c.tenant_id = who and c.id = any (ids);
    return done;
end $$;
