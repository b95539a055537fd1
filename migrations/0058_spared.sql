-- What a dead worker had claimed and not begun has lost no try; and which files no row names.

alter table jobs add column spared smallint not null default 0; -- times that its worker died in another

-- Of files of the store, those that are nobody's, whatever the tenant; asked again of one under blob_lock.
create function files_unnamed(digests text[]) returns setof text language sql stable security definer
    set search_path = public, pg_temp as $$
    select d.sha256 from unnest(digests) d (sha256) where not exists (select from blobs b where b.sha256 = d.sha256)
$$;
revoke execute on function files_unnamed from public;
grant execute on function files_unnamed to track_worker;
