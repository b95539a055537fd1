-- name: web_ready
select not pg_is_in_recovery() as writable
