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
