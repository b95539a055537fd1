-- Exports: what was asked for, by whom with which buildings, how far it is, and the file it became.

create table communication_exports (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    state text not null default 'QUEUED' check (state in ('QUEUED', 'RUNNING', 'READY', 'FAILED', 'EXPIRED')),
    format text not null check (format in ('csv', 'jsonl')),
    filter jsonb not null default '{}', -- as communications_matching reads it
    words text not null, -- the filter as a sentence
    rows_written bigint not null default 0, -- of the try under way, or of the file
    scanned bigint not null default 0, -- communications looked at, of `scope`
    scope bigint not null default 0,
    sha256 text,
    size bigint,
    held_buildings uuid[] not null default '{}', -- those the file tells of
    error text, -- in plain words
    all_buildings boolean not null, -- of who asked, when asking; so for the next
    asked_buildings uuid[] not null default '{}',
    created_by uuid not null,
    created_by_kind text not null check (created_by_kind in ('user', 'client')),
    created_by_name text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ready_at timestamptz,
    expires_at timestamptz, -- of the file
    primary key (tenant_id, id),
    foreign key (tenant_id, sha256) references blobs (tenant_id, sha256),
    check (state <> 'READY' or sha256 is not null and expires_at is not null)
);
create index communication_exports_recent on communication_exports (tenant_id, created_at desc, id desc);
create index communication_exports_blob on communication_exports (tenant_id, sha256) where sha256 is not null;
create index communication_exports_expiring on communication_exports (tenant_id, expires_at) where state = 'READY';
create index communication_exports_moving on communication_exports (tenant_id) where state in ('QUEUED', 'RUNNING');
select tenant_table('communication_exports'), owner_sees_all('blobs'), owner_sees_all('imports'), owner_sees_all('sink_messages');
grant select, insert, update, delete on communication_exports to track_web, track_worker;

-- Forgets a blob of the tenant at hand that nothing of it refers to any more. Answers whether no tenant has it left: then
-- its file may go, while the lock is held, which whoever keeps a file of a digest it did not upload just now takes too.
create function blob_lock(digest text) returns void language sql as $$
    select pg_advisory_xact_lock(hashtextextended('blob ' || digest, 0))
$$;

create function blob_forget(digest text) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform blob_lock(digest);
    if exists (select from imports where digest in (file_sha256, attachments_sha256))
        or exists (select from sink_messages where sha256 = digest) then
        return false;
    end if;
    begin
        delete from blobs where tenant_id = current_tenant() and sha256 = digest;
    exception when foreign_key_violation then
        return false;
    end;
    return not exists (select from blobs where sha256 = digest);
end $$;
revoke execute on function blob_forget from public;
grant execute on function blob_forget to track_web, track_worker;

-- What refers to a blob is looked for before it goes.
create index communication_attachments_blob on communication_attachments (tenant_id, sha256);
create index communication_audit_notes_proof on communication_audit_notes (tenant_id, proof_sha256)
    where proof_sha256 is not null;

-- How a user or an API client of the tenant at hand stands now: nothing of one who may not any more. For work that is done
-- after it was asked for; the worker sees no accounts.
create function actor_standing(wanted uuid) returns table (kind text, name text, role text, all_buildings boolean)
    language sql stable security definer set search_path = public, pg_temp as $$
    select 'user', u.name, u.role, u.all_buildings
    from users u where u.tenant_id = current_tenant() and u.id = wanted and u.disabled_at is null
    union all
    select 'client', a.name, a.role, a.all_buildings
    from api_clients a
    where a.tenant_id = current_tenant() and a.id = wanted and a.revoked_at is null and a.expires_at > now()
$$;
revoke execute on function actor_standing from public;
grant execute on function actor_standing to track_web, track_worker;
grant select on building_grants to track_worker;
