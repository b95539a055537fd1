-- Tries of logins, counted before they are made. An address that is over its limit makes no more rows of accounts.

-- name: throttle_count
with by_address as (
    insert into login_throttle as t (key, failures, window_start)
    values (:address::text, 1, now())
    on conflict (key) do update set
        failures = case when t.window_start < now() - interval '15 minutes' then 1 else t.failures + 1 end,
        window_start = case when t.window_start < now() - interval '15 minutes' then now() else t.window_start end
    returning failures, window_start
), by_account as (
    insert into login_throttle as t (key, failures, window_start)
    select lower(:account::text), 1, now() from by_address where failures <= 100
    on conflict (key) do update set
        failures = case when t.window_start < now() - interval '15 minutes' then 1 else t.failures + 1 end,
        window_start = case when t.window_start < now() - interval '15 minutes' then now() else t.window_start end
    returning failures, window_start
), over as (
    select window_start from by_address where failures > 100
    union all
    select window_start from by_account where failures > 10
)
select coalesce(max(ceil(extract(epoch from window_start + interval '15 minutes' - now())))::int, 0) as wait from over

-- name: throttle_forget
delete from login_throttle where key = lower(:account::text)

-- name: throttle_excuse
update login_throttle set failures = greatest(failures - 1, 0) where key = :address::text

-- name: throttle_sweep
delete from login_throttle where window_start < now() - interval '1 day'
