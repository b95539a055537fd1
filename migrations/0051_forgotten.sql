-- What a person asked to have forgotten is gone at once, and what is left tells what its words hashed to.

-- Whether nothing names that file any more, of this tenant or another. Asked while its lock is held.
create function blob_unnamed(digest text) returns boolean language plpgsql stable security definer
    set search_path = public, pg_temp as $$
declare
    yes boolean;
begin
    execute 'select exists (select from blobs b where b.tenant_id = current_tenant() and b.sha256 = $1 and b.removed_at is null'
        || blob_unnamed_clause() || ' and not exists (select from blobs o
        where o.sha256 = b.sha256 and o.tenant_id <> b.tenant_id and o.removed_at is null))' into yes using digest;
    return yes;
end $$;
revoke execute on function blob_unnamed from public;
grant execute on function blob_unnamed to track_worker;

-- ---------------------------------------------------------------- what the words hashed to

alter table retention_items add column kept jsonb; -- {number of an event: contentDigest of its detail}; null: of none

-- Two items do not differ in what they keep without differing in this; one that keeps nothing counts as before.
create or replace function retention_items_hash(tenant uuid, run uuid) returns bytea language sql stable as $$
    select sha256(coalesce(string_agg(uuid_send(communication_id) || int4send(upto) || seal
        || coalesce(sha256(convert_to(kept::text, 'UTF8')), ''::bytea), ''::bytea order by communication_id), ''))
    from retention_items where tenant_id = tenant and run_id = run
$$;

-- The detail of an event, or the digest that is left of one that was emptied.
create function event_detail(e communication_events) returns jsonb language sql stable parallel safe as $$
    select case when e.detail = '{}' and e.salt is null then coalesce((
        select jsonb_build_object('contentDigest', i.kept -> e.seq::text) from retention_items i
        where i.tenant_id = e.tenant_id and i.communication_id = e.communication_id and i.kept ? e.seq::text limit 1), e.detail)
    else e.detail end
$$;

-- As before, with the digests noted before they go.
create or replace function retention_purge(run uuid, ids uuid[], layers text[], reason text) returns jsonb language plpgsql
    security definer set search_path = public, pg_temp as $$
declare
    who uuid = current_tenant();
    s retention_stores;
    n bigint;
    done jsonb = '[]';
    digests jsonb; -- by communication
begin
    perform from communications where tenant_id = who and id = any (ids) order by id for update;
    if who is null or exists (select from communications c
            where c.tenant_id = who and c.id = any (ids) and held_by(c) is not null) then
        raise exception 'held' using errcode = '42501';
    end if;
    select jsonb_object_agg(d.communication_id, d.kept) into digests from (
        select e.communication_id, jsonb_object_agg(e.seq, e.detail -> 'contentDigest') as kept from communication_events e
        where e.tenant_id = who and e.communication_id = any (ids) and e.detail ? 'contentDigest' group by e.communication_id) d;
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
    select who, run, c.id, retention_purge.layers, c.event_seq, event_seals(who, c.id, c.event_seq), digests -> c.id::text
    from communications c where c.tenant_id = who and c.id = any (ids);
    return done;
end $$;
