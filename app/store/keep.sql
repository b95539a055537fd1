-- Which blobs a tenant has.

-- The lock comes first: a row that is just being removed is gone by then, or stays.
-- name: blob_keep
insert into blobs (tenant_id, sha256, size, content_type)
select current_tenant(), :sha256::text, :size::bigint, :content_type::text from blobs_hold(array[:sha256::text])
on conflict do nothing;

-- name: blobs_note
insert into blobs (tenant_id, sha256, size, content_type)
select current_tenant(), b.sha256, b.size, b.type
from jsonb_to_recordset(:blobs::jsonb) as b (sha256 text, size bigint, type text)
on conflict do nothing;

-- name: blobs_hold
select blobs_hold(array(select b.sha256 from jsonb_to_recordset(:blobs::jsonb) as b (sha256 text)));

-- name: files_unnamed
select sha256 from files_unnamed(:digests::text[]) sha256;

-- Who waits to name it waits.
-- name: file_lock
select blob_lock(:sha256::text);
