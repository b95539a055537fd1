-- name: migrate_table_exists
select to_regclass('public.schema_migrations') is not null as there;

-- name: migrate_list
select version, name, checksum, applied_at::text as applied_at from schema_migrations order by version;

-- name: migrate_record
insert into schema_migrations (version, name, checksum) values (:version::int, :name, :checksum);

-- name: migrate_lock
select pg_advisory_lock(7235514106);

-- name: migrate_unlock
select pg_advisory_unlock(7235514106);
