-- Clocks that know every file and every attempt; what is handed in with a print run stays as it was.

-- What went to the post with a run, kept when it was handed in.
alter table print_runs add column slip_sha256 text, add column labels_sha256 text,
    add foreign key (tenant_id, slip_sha256) references blobs (tenant_id, sha256),
    add foreign key (tenant_id, labels_sha256) references blobs (tenant_id, sha256);

-- An address goes with the person's clock, an error with either.
delete from retention_stores where name = 'communication_attempts';
insert into retention_stores values
('communication_attempts', 'communication_attempts', 'both', 't.communication_id = any ($1)',
    't.error -> ''raw'' is not null or t.error ->> ''sentence'' <> ''Content removed.''
     or t.contradiction ->> ''sentence'' <> ''Content removed.''',
    '{"contradiction": "t.contradiction || jsonb_build_object(''sentence'', ''Content removed.'')",
      "error": "case when t.error is not null then jsonb_strip_nulls(jsonb_build_object(''sentence'', ''Content removed.'', ''code'', t.error -> ''code'')) end"}'),
('communication_attempts, person', 'communication_attempts', 'person', 't.communication_id = any ($1)', 't.address is not null',
    '{"address": "null"}');

-- Every column that holds the digest of a file, or of something else: a test asks the catalog for one that is missing. A
-- letter and a run's papers bear addresses: they go with either clock, a file over many with the first of them.
delete from retention_references where relation in ('letters', 'print_runs');
insert into retention_references
select r.relation, r.column_name, format('not exists (select from %s communications c on c.tenant_id = p.tenant_id
    and c.id = p.communication_id where p.tenant_id = t.tenant_id and %s
    and coalesce(c.content_removed_at, c.person_removed_at) is not null)', r.pieces, r.those)
from (values
    ('letters', 'sha256', 'letters p join', 'p.communication_id = t.communication_id'),
    ('letters', 'return_photo_sha256', 'letters p join', 'p.communication_id = t.communication_id'),
    ('print_runs', 'print_sha256', 'print_pieces p join', 'p.run_id = t.id'),
    ('print_runs', 'slip_sha256', 'print_pieces p join', 'p.run_id = t.id'),
    ('print_runs', 'labels_sha256', 'print_pieces p join', 'p.run_id = t.id')) r (relation, column_name, pieces, those);
insert into retention_references values
('print_runs', 'scan_sha256', 'true'), -- the stamp is proof
('unit_delivery_attachments', 'sha256', 'true'), -- so is what a person filed by hand
('file_checks', 'sha256', 'false'), -- only what was found out about a file
('inbox', 'body_sha256', 'false'); -- of a body in its row

-- " and not exists (…)" for each column that may name the file of the row b.
create function blob_unnamed_clause() returns text language sql stable as $$
    select coalesce(string_agg(format(' and not exists (select from %s t where t.tenant_id = b.tenant_id and t.%I = b.sha256 and (%s))',
        c.oid::regclass, a.attname, coalesce(x.live, 'true')), '' order by c.relname, a.attname), '')
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    join pg_attribute a on a.attrelid = c.oid and a.attname ~ 'sha256$' and a.atttypid = 'text'::regtype and a.attnum > 0
        and not a.attisdropped
    left join retention_references x on x.relation = c.relname and x.column_name = a.attname
    where c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'blobs' and coalesce(x.live, 'true') <> 'false'
        and exists (select from pg_attribute k where k.attrelid = c.oid and k.attname = 'tenant_id' and not k.attisdropped)
$$;

create or replace function blobs_unnamed(age interval) returns table (sha256 text, size bigint) language plpgsql stable
    security definer set search_path = public, pg_temp as $$
begin
    return query execute 'select b.sha256, b.size from blobs b where b.tenant_id = current_tenant() and b.removed_at is null
        and b.created_at < now() - $1' || blob_unnamed_clause() || ' and not exists (select from blobs o
        where o.sha256 = b.sha256 and o.tenant_id <> b.tenant_id and o.removed_at is null) order by 1' using age;
end $$;

create or replace function blob_forget(digest text) returns boolean language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    unnamed boolean;
begin
    perform blob_lock(digest);
    execute 'select not exists (select from blobs where tenant_id = current_tenant() and sha256 = $1) or exists (select from blobs b
        where b.tenant_id = current_tenant() and b.sha256 = $1' || blob_unnamed_clause() || ')' into unnamed using digest;
    if not unnamed then
        return false;
    end if;
    begin
        delete from blobs where tenant_id = current_tenant() and sha256 = digest;
    exception when foreign_key_violation then
        return false;
    end;
    return not exists (select from blobs where sha256 = digest);
end $$;

-- As before, with the letters among the files.
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
                (select string_agg(format('coalesce(pg_column_size(t.%I), 0)', key), ' + ') from jsonb_each_text(s.sets)),
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

-- ---------------------------------------------------------------- looking for units' years

drop function units_searched(text[], boolean, uuid, int);
drop function unit_years_found(text[], int);

-- The units' years in which all words are found, in buildings that the actor may see, at most `most`. Row security would
-- keep the index from being used, as LIKE is not leakproof: a function of the owner looks, within the tenant at hand.
create function unit_years_found(words text[], all_buildings boolean, actor uuid, most int)
    returns table (unit_id uuid, year smallint) language sql stable security definer set search_path = public, pg_temp as $$
    select u.unit_id, u.year from unit_years u
    where u.tenant_id = current_tenant() and cardinality(words) > 0
        and (all_buildings or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = actor and g.building_id = u.building_id))
        and u.search like all (array(select '%' || regexp_replace(lower(w), '([%_\\])', '\\\1', 'g') || '%' from unnest(words) w))
    limit most
$$;
revoke execute on function unit_years_found from public;
grant execute on function unit_years_found to track_web, track_worker;
