-- What a shipment asks of those who look after it: kept in its row, moved by its events and by the clock; revised estimates.

-- ---------------------------------------------------------------- terms and lanes

-- How long is left to answer a failed attempt, ask for a proof of delivery, dispute a return, claim a loss: by carrier, or ('') of
-- all. What stands nowhere is as claim_hours has it.
create table claim_terms (
    tenant_id uuid not null references tenants,
    carrier text not null default '',
    claim text not null check (claim in ('attempt', 'proof', 'dispute', 'loss')),
    hours int not null check (hours between 1 and 8760),
    primary key (tenant_id, carrier, claim)
);
select tenant_table('claim_terms');

create function claim_hours(tenant uuid, of_carrier text, of_claim text) returns int language sql stable as $$
    select coalesce((
        select t.hours from claim_terms t
        where t.tenant_id = tenant and t.claim = of_claim and t.carrier in ('', of_carrier)
        order by t.carrier desc limit 1), case of_claim when 'attempt' then 24 when 'proof' then 168 when 'dispute' then 72 else 720 end)
$$;

-- The time that usually lies between two scans of a parcel, of a lane and (`whole`) of all of a carrier's; ship.lanes writes it.
create table carrier_lanes (
    tenant_id uuid not null references tenants,
    carrier text not null,
    whole boolean not null,
    service text not null default '',
    origin text not null default '', -- ISO 3166; '': not known
    destination text not null default '',
    gap interval not null, -- the median
    samples int not null check (samples >= 20),
    made_at timestamptz not null default now(),
    primary key (tenant_id, carrier, whole, service, origin, destination)
);
select tenant_table('carrier_lanes');

create function lane_gap(tenant uuid, of_carrier text, of_service text, from_country text, to_country text) returns interval
    language sql stable as $$
    select coalesce((
        select l.gap from carrier_lanes l
        where l.tenant_id = tenant and l.carrier = of_carrier and not l.whole and l.service = of_service
            and l.origin = from_country and l.destination = to_country), (
        select l.gap from carrier_lanes l
        where l.tenant_id = tenant and l.carrier = of_carrier and l.whole and l.service = '' and l.origin = '' and l.destination = ''),
        interval '48 hours')
$$;

-- ---------------------------------------------------------------- estimates

-- What was told of the day of delivery: a row whenever it became another one.
create table shipment_estimates (
    tenant_id uuid not null,
    shipment_id uuid not null,
    seq int not null, -- of its event
    event_id uuid not null,
    expected_on date not null,
    expected_until date, -- the last day, where several are told
    told_at timestamptz not null,
    told_by text not null, -- who: the carrier's or the provider's code, 'user'
    received_at timestamptz not null default now(),
    primary key (tenant_id, shipment_id, seq),
    foreign key (tenant_id, shipment_id) references shipments (tenant_id, id)
);
create index shipment_estimates_told on shipment_estimates (tenant_id, shipment_id, told_at desc, seq desc);
select tenant_table('shipment_estimates'), append_only('shipment_estimates');

-- ---------------------------------------------------------------- shipments

alter table shipments
    add origin_country text not null default '' check (origin_country ~ '^([A-Z]{2})?$'),
    add destination_country text not null default '' check (destination_country ~ '^([A-Z]{2})?$'), -- '': that of its order
    add expected_on date, -- the estimate told last
    add expected_until date,
    add expected_told_at timestamptz,
    add open_failures int not null default 0, -- of its delivery
    add answered_at timestamptz, -- when somebody saw to what it asked for
    add attention text not null default 'on_the_way' check (attention in ('act_now', 'late', 'silent', 'pickup_point', 'on_the_way',
        'done')),
    add attention_reason text, -- of act_now
    add attention_at timestamptz not null default now(), -- since when
    add attention_rank timestamptz not null default 'infinity', -- its place among those that ask for the same
    add attention_due_at timestamptz default now(), -- when the clock may change it; null: it will not
    add claim_due_at timestamptz, -- until when what it asks for can be done; null: there is no such time
    add silent_after timestamptz, -- when it has been quiet for too long; null: nothing is expected
    add silent_since timestamptz; -- where it has
alter table shipments alter attention_due_at drop default;
create index shipments_attention on shipments (tenant_id, attention, attention_rank, id);
create index shipments_due on shipments (tenant_id, attention_due_at) where attention_due_at is not null;
create index shipments_silent on shipments (tenant_id, silent_since, id) where silent_since is not null;
create index shipments_lanes on shipments (tenant_id, carrier, id);

create type shipment_standing as (attention text, reason text, rank timestamptz, next_at timestamptz, claim_due_at timestamptz,
    silent_after timestamptz);

-- What a shipment asks for at a time: the first of these that holds.
--   act_now       a failure of its delivery is open;
--                 an attempt to deliver it failed, and nobody has answered since (time: attempt, from the attempt on);
--                 it is an exception, and nobody has seen to it since (time: loss, from the last scan on);
--                 it has been silent for so long that a week is left to claim its loss, and nobody has (time: loss, from the last
--                 scan on);
--                 it is delivered, somebody says otherwise, and a proof can still be asked for (time: proof, from delivery on);
--                 it came back, and that can still be disputed (time: dispute, from its return on)
--   done          it is delivered, returned or cancelled
--   pickup_point  it waits for its recipient there
--   late          the day promised is over, or the estimate is a later one; where none is promised, the estimate's last day is over
--   silent        the watch found it quiet for longer than twice its lane's usual gap, a day at least; what no carrier
--                 has seen yet, for four days at least
--   on_the_way    all else
-- Of a dry run nobody carries anything: it is neither late nor silent; nor is silent what has no tracking number.
create function shipment_attention(s shipments, at timestamptz) returns shipment_standing language plpgsql stable
    set plan_cache_mode = force_generic_plan as $$
declare
    r shipment_standing;
    seen timestamptz = coalesce(s.last_scan_at, s.status_at, s.created_at);
    heard timestamptz = greatest(s.created_at, s.last_scan_at, s.status_at, s.answered_at);
    over boolean = s.status in ('delivered', 'returned', 'cancelled');
    answered boolean = coalesce(s.answered_at >= greatest(s.status_at, (s.contradiction ->> 'at')::timestamptz), false);
    loss_due timestamptz;
    promised date;
    home text;
    zone text;
    due timestamptz; -- the end of the day by which it is to be there
    expected date = coalesce(s.expected_until, s.expected_on);
begin
    if s.open_failures > 0 then
        r.reason = 'failure';
    elsif answered then
        null;
    elsif s.status = 'failed_attempt' then
        r.reason = 'attempt';
        r.claim_due_at = s.status_at + claim_hours(s.tenant_id, s.carrier, 'attempt') * interval '1 hour';
    elsif s.status = 'exception' then
        r.reason = 'exception';
        r.claim_due_at = seen + claim_hours(s.tenant_id, s.carrier, 'loss') * interval '1 hour';
    elsif s.status = 'delivered' and s.contradiction is not null then
        r.claim_due_at = s.delivered_at + claim_hours(s.tenant_id, s.carrier, 'proof') * interval '1 hour';
        r.reason = case when r.claim_due_at > at then 'proof' end;
    elsif s.status = 'returned' then
        r.claim_due_at = s.status_at + claim_hours(s.tenant_id, s.carrier, 'dispute') * interval '1 hour';
        r.reason = case when r.claim_due_at > at then 'dispute' end;
    end if;
    if over then
        r.attention = case when r.reason is null then 'done' else 'act_now' end;
        r.rank = case when r.reason is null then coalesce(s.status_at, s.created_at) else coalesce(r.claim_due_at, seen) end;
        r.next_at = case when r.reason in ('proof', 'dispute') then r.claim_due_at end;
        r.claim_due_at = case when r.reason is not null then r.claim_due_at end;
        return r;
    end if;
    if r.reason is not null then
        r.attention = 'act_now';
        r.rank = coalesce(r.claim_due_at, seen);
        return r;
    end if;
    if s.status = 'available_for_pickup' or s.dry_run then
        r.attention = case when s.status = 'available_for_pickup' then 'pickup_point' else 'on_the_way' end;
        r.rank = coalesce(s.status_at, s.created_at);
        return r;
    end if;
    select t.time_zone, o.promised_on, o.country into zone, promised, home
    from tenants t
    left join purchase_orders po on po.tenant_id = t.id and po.id = s.purchase_order_id
    left join orders o on o.tenant_id = po.tenant_id and o.id = po.order_id
    where t.id = s.tenant_id;
    if s.tracking_number is not null then
        r.silent_after = heard + greatest(2 * lane_gap(s.tenant_id, s.carrier, s.service, s.origin_country,
                coalesce(nullif(s.destination_country, ''), home, '')),
            case when s.status in ('pending', 'info_received') then interval '96 hours' else interval '24 hours' end);
    end if;
    promised = coalesce(s.promised_on, promised, expected);
    due = (promised + 1)::timestamp at time zone coalesce(zone, 'UTC');
    if s.silent_since is not null and r.silent_after <= at then
        loss_due = seen + claim_hours(s.tenant_id, s.carrier, 'loss') * interval '1 hour';
        r.next_at = case when at < loss_due - interval '7 days' then loss_due - interval '7 days' when at < loss_due then loss_due end;
    end if;
    if at >= loss_due - interval '7 days' and at < loss_due and coalesce(s.answered_at < loss_due - interval '7 days', true) then
        r.attention = 'act_now';
        r.reason = 'loss';
        r.claim_due_at = loss_due;
        r.rank = loss_due;
    elsif due <= at or expected > promised then
        r.attention = 'late';
        r.rank = due;
    elsif r.next_at is not null or loss_due <= at then
        r.attention = 'silent';
        r.rank = heard;
    else
        r.attention = 'on_the_way';
        r.rank = coalesce(due, 'infinity');
    end if;
    r.next_at = least(r.next_at, case when s.silent_since is null or r.silent_after > at then r.silent_after end,
        case when due > at then due end);
    return r;
end $$;

create function shipment_attend() returns trigger language plpgsql as $$
declare
    at timestamptz = clock_timestamp();
    r shipment_standing = shipment_attention(new, at);
begin
    if tg_op = 'INSERT' or r.attention <> new.attention then
        new.attention_at = at;
    end if;
    new.attention = r.attention;
    new.attention_reason = r.reason;
    new.attention_rank = r.rank;
    new.attention_due_at = r.next_at;
    new.claim_due_at = r.claim_due_at;
    new.silent_after = r.silent_after;
    new.silent_since = case when r.silent_after <= at then new.silent_since end;
    return new;
end $$;

-- ---------------------------------------------------------------- how many ask for what

-- Writers spread over slots; readers sum.
create table shipment_counts (
    tenant_id uuid not null,
    attention text not null,
    slot smallint not null,
    shipments int not null,
    primary key (tenant_id, attention, slot)
) with (fillfactor = 50);
insert into shipment_counts select tenant_id, attention, 0, count(*) from shipments group by 1, 2;
select tenant_table('shipment_counts');

create trigger shipment_attend before insert or update on shipments for each row execute function shipment_attend();

create function count_shipments(tenants uuid[], kinds text[], changes int[]) returns void language sql as $$
    insert into shipment_counts as k
    select tenant, kind, pg_backend_pid() % 16, sum(n)
    from unnest(tenants, kinds, changes) as c (tenant, kind, n)
    group by tenant, kind having sum(n) <> 0 order by tenant, kind
    on conflict (tenant_id, attention, slot) do update set shipments = k.shipments + excluded.shipments
$$;

create function shipments_counted() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        perform count_shipments(array_agg(tenant_id), array_agg(attention), array_agg(1)) from added having count(*) > 0;
    elsif tg_op = 'DELETE' then
        perform count_shipments(array_agg(tenant_id), array_agg(attention), array_agg(-1)) from removed having count(*) > 0;
    else
        perform count_shipments(array_agg(tenant_id), array_agg(attention), array_agg(n))
        from (select tenant_id, attention, sum(change)::int as n
              from (select tenant_id, attention, 1 as change from added
                    union all
                    select tenant_id, attention, -1 from removed) c
              group by 1, 2 having sum(change) <> 0) x
        having count(*) > 0;
    end if;
    return null;
end $$;
create trigger count_inserted after insert on shipments referencing new table as added
    for each statement execute function shipments_counted();
create trigger count_updated after update on shipments referencing old table as removed new table as added
    for each statement execute function shipments_counted();
create trigger count_deleted after delete on shipments referencing old table as removed
    for each statement execute function shipments_counted();

-- ---------------------------------------------------------------- what moves it

-- Estimates, and what was seen to, beside what shipment_event_apply reads off events.
create function shipment_event_note() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    if not exists (select from added e where e.type = 'ESTIMATE' or e.detail ? 'answers') then
        return null;
    end if;
    insert into shipment_estimates (tenant_id, shipment_id, seq, event_id, expected_on, expected_until, told_at, told_by)
    select e.tenant_id, e.shipment_id, e.seq, e.id, (e.detail ->> 'expectedOn')::date, (e.detail ->> 'expectedUntil')::date,
        e.occurred_at, coalesce(e.detail ->> 'courier', split_part(e.mapper, '@', 1), e.source)
    from added e
    where e.type = 'ESTIMATE' and e.detail ? 'expectedOn';
    update shipments s set
        expected_on = case when e.tells then (e.detail ->> 'expectedOn')::date else s.expected_on end,
        expected_until = case when e.tells then (e.detail ->> 'expectedUntil')::date else s.expected_until end,
        expected_told_at = case when e.tells then e.occurred_at else s.expected_told_at end,
        answered_at = case when e.detail ? 'answers' then greatest(s.answered_at, e.occurred_at) else s.answered_at end
    from (select a.*, a.type = 'ESTIMATE' and a.detail ? 'expectedOn' and coalesce(a.occurred_at >= x.expected_told_at, true) as tells
          from added a join shipments x on x.tenant_id = a.tenant_id and x.id = a.shipment_id) e
    where s.tenant_id = e.tenant_id and s.id = e.shipment_id and (e.tells or e.detail ? 'answers');
    return null;
end $$;
create trigger shipment_event_note after insert on shipment_events referencing new table as added
    for each statement execute function shipment_event_note();

-- A failure of a delivery is one of its shipment, where it has one: held before they are counted, so that what another resolves
-- meanwhile is seen.
create function shipment_failures() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    perform from shipments s
    where s.tenant_id = new.tenant_id and s.id = (
        select d.shipment_id from delivery_reservations d where d.tenant_id = new.tenant_id and d.id = new.reservation_id)
    for no key update;
    update shipments s set open_failures = (
        select count(*) from delivery_failures f
        where f.tenant_id = new.tenant_id and f.reservation_id = new.reservation_id and f.resolved_at is null)
    from delivery_reservations d
    where d.tenant_id = new.tenant_id and d.id = new.reservation_id and s.tenant_id = d.tenant_id and s.id = d.shipment_id;
    return null;
end $$;
create trigger shipment_failures after insert or update of resolved_at on delivery_failures
    for each row execute function shipment_failures();

-- The day promised, and where it goes, are the order's.
create function shipment_of_other_order() returns trigger language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    update shipments s set attention_due_at = null
    where s.tenant_id = new.tenant_id and s.purchase_order_id = new.id;
    return null;
end $$;
create trigger shipment_of_other_order after update of order_id on purchase_orders
    for each row when (new.order_id is distinct from old.order_id) execute function shipment_of_other_order();

-- The tenants with shipments that the clock may have changed, for the worker's schedule; those that have any.
create function watched_tenants() returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
    select t.id from tenants t
    where exists (select from shipments s where s.tenant_id = t.id and s.attention_due_at <= clock_timestamp())
$$;
create function shipping_tenants() returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
    select t.id from tenants t where exists (select from shipments s where s.tenant_id = t.id)
$$;
revoke execute on function watched_tenants(), shipping_tenants() from public;
grant execute on function watched_tenants(), shipping_tenants() to track_worker;

-- ---------------------------------------------------------------- grants

grant select on claim_terms, carrier_lanes, shipment_estimates, shipment_counts to track_web, track_worker;
grant insert, update, delete on claim_terms to track_web;
grant insert, update, delete on carrier_lanes to track_worker;
grant insert on shipment_estimates to track_web, track_worker;
grant insert, update on shipment_counts to track_web, track_worker;
