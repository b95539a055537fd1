-- name: web_ready
select not pg_is_in_recovery() as writable;

-- name: web_waiting
select waiting, oldest_seconds from jobs_waiting(:queue::text, :most::int)
