-- Tries of logins, counted before they are made.

-- name: throttle_count
with counted as (
    insert into login_throttle as t (key, failures, window_start)
    values (:account::text, 1, now()), (:address::text, 1, now())
    on conflict (key) do update set
        failures = case when t.window_start < now() - interval '15 minutes' then 1 else t.failures + 1 end,
        window_start = case when t.window_start < now() - interval '15 minutes' then now() else t.window_start end
    returning key, failures, window_start
)
select coalesce(max(ceil(extract(epoch from window_start + interval '15 minutes' - now())))::int, 0) as wait
from counted
where failures > case when key = :account::text then 10 else 100 end

-- name: throttle_forget
delete from login_throttle where key = :account::text

-- name: throttle_excuse
update login_throttle set failures = greatest(failures - 1, 0) where key = :address::text

-- name: throttle_sweep
delete from login_throttle where window_start < now() - interval '1 day'
