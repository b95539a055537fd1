-- The third clock of messages: where a policy says so, their proof ends as well. The message and all that is kept of it go;
-- of its events the hashes stay, which the roots of their days are made of.

alter table retention_policies add column delete_proof boolean not null default false,
    add check ("delete" or not delete_proof),
    add check (not delete_proof or hint not in ('inbox', 'parcels'));

-- Leaves of daily roots whose events are gone, by the run that took them: neither who, nor what, nor where.
create table ended_events (
    tenant_id uuid not null references tenants,
    communication_id uuid not null,
    seq int not null,
    id uuid not null,
    received_at timestamptz not null,
    hash bytea not null,
    content_hash bytea,
    primary key (tenant_id, communication_id, seq)
);
create index ended_events_leaves on ended_events (tenant_id, received_at, id);
select tenant_table('ended_events'), append_only('ended_events');
grant select on ended_events to track_web, track_worker;

-- How many messages of a run are gone.
alter table communication_batches add column ended int not null default 0;

-- As 0027 has it, of those whose proof ended as well.
create or replace function event_seals(tenant uuid, communication uuid, upto int) returns bytea language sql stable as $$
    select sha256(coalesce(string_agg(hash || coalesce(content_hash, ''), ''::bytea order by seq), ''))
    from (select seq, hash, content_hash from communication_events
            where tenant_id = tenant and communication_id = communication and seq <= upto
        union all select seq, hash, content_hash from ended_events
            where tenant_id = tenant and communication_id = communication and seq <= upto) e
$$;

-- ---------------------------------------------------------------- what is due

create index communications_emptied on communications (tenant_id, moved_at)
    where content_removed_at is not null and person_removed_at is not null;

-- Communications of which only proof was left at that time, with the clock of it run out: `policy` as in retention_due,
-- {…, proofDays, deleteProof}.
create function proof_due(at timestamptz, policy jsonb) returns table (id uuid, batch_id uuid, building_id uuid, year smallint,
    hint text, deletes boolean, hold_id uuid) language sql stable as $$
    select c.id, c.batch_id, c.building_id, c.year, c.retention_hint, p.deletes, held_by(c)
    from communications c
    cross join lateral (
        select x.proof_days, x.deletes from (
            select case hint when 'default' then 1 else 0 end as place, proof_days, delete_proof as deletes from retention_policies
            where tenant_id = c.tenant_id and hint in (c.retention_hint, 'default') and hint is distinct from policy ->> 'hint'
            union all
            select case policy ->> 'hint' when 'default' then 1 else 0 end, (policy ->> 'proofDays')::int,
                (policy ->> 'deleteProof')::boolean
            where policy ->> 'hint' in (c.retention_hint, 'default')
            union all select 2, 3650, false) x
        order by x.place limit 1) p
    where c.tenant_id = current_tenant() and c.content_removed_at < at and c.person_removed_at < at
        and c.delivery_status not in ('ENQUEUED', 'HELD') and c.moved_at < at - make_interval(days => p.proof_days)
        -- the shortest clock of all, for the index
        and c.moved_at < at - make_interval(days => (select least(3650, (policy ->> 'proofDays')::int, min(proof_days))
            from retention_policies where tenant_id = current_tenant() and hint not in ('inbox', 'parcels')))
$$;

-- ---------------------------------------------------------------- where it is

create index suppressions_of on suppressions (tenant_id, communication_id) where communication_id is not null;
create index print_pieces_of on print_pieces (tenant_id, communication_id, attempt_no);
create index sink_messages_of on sink_messages (tenant_id, communication_id);
create index communication_export_items_of on communication_export_items (tenant_id, communication_id);

-- What goes with a message whose proof ends, in the order of `place`: $1 are the messages. What another row needs lets go of
-- it, by `sets`; all else is deleted.
create table proof_stores (
    name text primary key,
    place smallint not null,
    relation text not null,
    which text not null,
    sets jsonb not null default '{}'
);
grant select on proof_stores to track_web, track_worker;

insert into proof_stores (name, place, relation, which) values
('print_pieces', 1, 'print_pieces', 't.communication_id = any ($1)'),
('note_mentions, proof', 1, 'note_mentions', 't.communication_id = any ($1)'),
('communication_tags, proof', 1, 'communication_tags', 't.communication_id = any ($1)'),
('letters', 2, 'letters', 't.communication_id = any ($1)'),
('sink_messages, proof', 2, 'sink_messages', 't.communication_id = any ($1)'),
('communication_audit_notes, proof', 2, 'communication_audit_notes', 't.communication_id = any ($1)'),
('communication_attachments, proof', 2, 'communication_attachments', 't.communication_id = any ($1)'),
('communication_attempts, proof', 2, 'communication_attempts', 't.communication_id = any ($1)'),
('batch_omissions', 2, 'batch_omissions', 't.communication_id = any ($1)'),
('bulk_items', 2, 'bulk_items', 't.communication_id = any ($1)'),
('communication_export_items', 2, 'communication_export_items', 't.communication_id = any ($1)'),
('communication_events, proof', 3, 'communication_events', 't.communication_id = any ($1)'),
('communications, proof', 4, 'communications', 't.id = any ($1)'),
('archives', 5, 'archives', 't.removed_at is null and t.batch_id in (select unnest($3)) and not exists (select from communications c
    where c.tenant_id = t.tenant_id and c.batch_id = t.batch_id and c.id <> all ($1))');
-- A print run's files went with the content of the first of its letters: with the pieces goes what told so.
insert into proof_stores values
('print_runs', 0, 'print_runs', 'num_nonnulls(t.print_sha256, t.slip_sha256, t.labels_sha256) > 0 and t.id in (select p.run_id
    from print_pieces p where p.tenant_id = t.tenant_id and p.communication_id = any ($1))',
    '{"print_sha256": "null", "slip_sha256": "null", "labels_sha256": "null"}'),
-- The posting list that came back is proof of each of its letters: it goes with the last.
('print_runs, scan', 0, 'print_runs', 't.scan_sha256 is not null and t.id in (select p.run_id
    from print_pieces p where p.tenant_id = t.tenant_id and p.communication_id = any ($1)) and not exists (select from print_pieces p
    where p.tenant_id = t.tenant_id and p.run_id = t.id and p.communication_id <> all ($1))', '{"scan_sha256": "null", "scan_file_name": "null", "scan_content_type": "null"}'),
('suppressions', 1, 'suppressions', 't.communication_id = any ($1)', '{"communication_id": "null", "event_id": "null"}');
update proof_stores set sets = '{"removed_at": "now()"}' where name = 'archives';

-- ---------------------------------------------------------------- taking it

-- What the deleted were counted as, and the year of a unit that has none left.
create function count_deleted() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    perform count_changes(array_agg(building_id), array_agg(year), array_agg(channel), array_agg(delivery_status), array_agg(n))
    from (select building_id, year, channel, delivery_status, -count(*)::int as n from removed group by 1, 2, 3, 4) x
    having count(*) > 0;
    perform refresh_unit_years(array_agg(unit_id), array_agg(year)) from removed having count(*) > 0;
    delete from unit_years u
    using (select distinct r.building_id, r.unit_id, r.year from removed r) r
    where u.tenant_id = current_tenant() and u.building_id = r.building_id and u.year = r.year and u.unit_id = r.unit_id
        and not exists (select from communications c
            where c.tenant_id = u.tenant_id and c.unit_id = u.unit_id and c.year = u.year);
    update communication_batches b set ended = b.ended + r.n
    from (select batch_id, count(*)::int as n from removed group by 1) r
    where b.tenant_id = current_tenant() and b.id = r.batch_id;
    return null;
end $$;
create trigger count_deleted after delete on communications referencing old table as removed
    for each statement execute function count_deleted();

-- As 0080 has it; rows go only by proof_ends, from the tables it lists.
create or replace function refuse_change() returns trigger language plpgsql as $$
declare
    emptied text[];
begin
    if current_setting('track.purging', true) in ('on', 'proof')
            and current_user = (select pg_get_userbyid(relowner) from pg_class where oid = tg_relid) then
        if tg_op = 'DELETE' and current_setting('track.purging', true) = 'proof' and exists (select from proof_stores s
                where s.sets = '{}'
                    and s.relation = (select relname from pg_class where oid = coalesce(pg_partition_root(tg_relid), tg_relid))) then
            return old;
        end if;
        select array_agg(k) into emptied
        from (select relation, sets from retention_stores union all select relation, sets from parcel_stores) s
        cross join jsonb_object_keys(s.sets) k
        where s.relation = (select relname from pg_class where oid = coalesce(pg_partition_root(tg_relid), tg_relid));
        if tg_op = 'UPDATE' and to_jsonb(old) - emptied = to_jsonb(new) - emptied then
            return new;
        end if;
    end if;
    raise exception '% of % is refused: append-only', tg_op, tg_table_name using errcode = '42501';
end $$;

-- Ends the proof of messages: [{store, rows}]. Where one of them is not due any more, or held by now, nothing is done, and the
-- caller has to look again; his clock may go before ours.
create function proof_ends(run uuid, ids uuid[]) returns jsonb language plpgsql security definer
set search_path = public, pg_temp as $$
declare
    who uuid = current_tenant();
    s proof_stores;
    n bigint;
    done jsonb = '[]';
    batches uuid[];
begin
    perform from communications where tenant_id = who and id = any (ids) order by id for update;
    if who is null or (select count(*) from proof_due(now() + interval '1 hour', null) d where d.id = any (ids)
            and d.deletes and d.hold_id is null) is distinct from cardinality(ids)::bigint then
        raise exception 'not due any more, or held' using errcode = '40001';
    end if;
    batches = array(select distinct batch_id from communications where tenant_id = who and id = any (ids));
    insert into retention_items (tenant_id, run_id, communication_id, layers, upto, seal)
    select who, run, c.id, '{proof}', c.event_seq, event_seals(who, c.id, c.event_seq)
    from communications c where c.tenant_id = who and c.id = any (ids);
    insert into ended_events (tenant_id, communication_id, seq, id, received_at, hash, content_hash)
    select who, e.communication_id, e.seq, e.id, e.received_at, e.hash, e.content_hash
    from communication_events e where e.tenant_id = who and e.communication_id = any (ids);
    perform set_config('track.purging', 'proof', true);
    for s in select * from proof_stores p order by p.place, p.name loop
        if s.sets = '{}' then
            execute format('delete from %I t where t.tenant_id = $2 and (%s)', s.relation, s.which) using ids, who, batches;
        else
            execute format('update %I t set %s where t.tenant_id = $2 and (%s)', s.relation,
                (select string_agg(format('%I = %s', key, value), ', ') from jsonb_each_text(s.sets)), s.which)
                using ids, who, batches;
        end if;
        get diagnostics n = row_count;
        done = done || jsonb_build_object('store', s.name, 'rows', n);
    end loop;
    perform set_config('track.purging', '', true);
    return done;
end $$;

-- What of each table and partition would go, as retention_plan tells it.
create function proof_plan(at timestamptz, policy jsonb) returns table (store text, relation text, clock text, deletes boolean,
    "rows" bigint, bytes bigint) language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
    s proof_stores;
    flag boolean;
    ids uuid[];
    batches uuid[];
begin
    foreach flag in array array[true, false] loop
        select array_agg(d.id), array_agg(distinct d.batch_id) into ids, batches from proof_due(at, policy) d
        where d.deletes = flag and d.hold_id is null;
        continue when ids is null;
        for s in select * from proof_stores p order by p.name loop
            return query execute format('select %L, t.tableoid::regclass::text, ''proof'', $4, count(*), sum(pg_column_size(t))::bigint
                from %I t where t.tenant_id = $2 and (%s) group by t.tableoid order by 2', s.name, s.relation, s.which)
                using ids, current_tenant(), batches, flag;
        end loop;
    end loop;
end $$;

revoke execute on function proof_ends, proof_plan from public;
grant execute on function proof_ends to track_worker;
grant execute on function proof_plan to track_web, track_worker;
