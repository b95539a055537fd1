-- A probe that was never heard of again is given up when its own half minute is over.
-- name: breaker_enter
with probe as (
    update circuit_breakers set state = 'half-open', open_until = now() + interval '30 seconds', changed_at = now()
    where provider = :provider::text and host = :host::text and account = :account::text and state in ('open', 'half-open') and open_until <= now()
    returning provider
)
select b.state <> 'closed' and not exists (select from probe) as "open",
    greatest(1, ceil(extract(epoch from b.open_until - now())))::int as "seconds",
    b.state = 'closed' and b.failures = 0 and b.opened = 0 and cardinality(b.recent) >= 20 and not true = any (b.recent) as "well"
from circuit_breakers b where b.provider = :provider::text and b.host = :host::text and b.account = :account::text;

-- name: breaker_note
insert into circuit_breakers as b (provider, host, account, failures, recent)
values (:provider::text, :host::text, :account::text, :failed::bool::int, array[:failed::bool])
on conflict (provider, host, account) do update set (state, failures, recent, opened, open_until, changed_at) = (
    select n.state, case when :failed::bool then b.failures + 1 else 0 end,
        case when n.state = 'closed' and b.state <> 'closed' then '{}' else n.recent end, n.opened,
        case when n.state = 'open' and b.state <> 'open'
            then now() + least(600, 30 * 2 ^ (n.opened - 1)) * interval '1 second' else b.open_until end,
        case when n.state <> b.state then now() else b.changed_at end
    from (
        select r.recent, s.state,
            case when s.state = 'closed' then case when :failed::bool then b.opened else 0 end
                when s.state = 'open' and b.state <> 'open' then least(b.opened + 1, 10) else b.opened end as opened
        from (select array_append(case when cardinality(b.recent) >= 20 then b.recent[2:] else b.recent end,
                                  :failed::bool) as recent) r,
        lateral (select case
            when b.state = 'open' then 'open'
            when b.state = 'half-open' then case when :failed::bool then 'open' else 'closed' end
            when :failed::bool and (b.failures >= 4 or (cardinality(r.recent) >= 20
                and cardinality(array_positions(r.recent, true)) >= 10)) then 'open'
            else 'closed' end as state) s
    ) n
);
