-- name: migrate_table_exists
select to_regclass('public.schema_migrations') is not null as there;

-- name: migrate_list
select version, name, checksum, applied_at::text as applied_at from schema_migrations order by version;

-- name: migrate_record
insert into schema_migrations (version, name, checksum) values (:version::int, :name, :checksum);

-- Migrations take as long as they take, also waiting for another host's.
-- name: migrate_no_limits
select set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),
    set_config('idle_in_transaction_session_timeout', '0', false);

-- name: migrate_lock
select pg_try_advisory_lock(7235514106) as locked;

-- name: migrate_unlock
select pg_advisory_unlock(7235514106);
