-- Who names a file and who removes it meet at one lock; an import that names thousands must not fill the table of locks with
-- them, so that there are 256, by the first byte of the digest.

-- For who removes: taken before it is looked whether anything names the file, held until that is committed.
create or replace function blob_lock(digest text) returns void language sql as $$
    select pg_advisory_xact_lock(hashtextextended('blob ' || left(digest, 2), 0))
$$;

-- For who names: taken before it is looked whether the files are there. Those who name do not wait for each other.
create function blobs_hold(digests text[]) returns void language sql as $$
    select pg_advisory_xact_lock_shared(hashtextextended('blob ' || d.bucket, 0))
    from (select distinct left(x, 2) as bucket from unnest(digests) x order by 1) d
$$;
