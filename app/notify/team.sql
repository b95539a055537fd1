-- Telling those who work here of parcels.

-- ---- rules

-- name: team_rule_list anew
select r.id as "ruleId", r.name, r.way, r.role, r.account_id as "accountId", a.name as "accountName", r.channel, r.shop,
    r.building_id as "buildingId", b.name as "buildingName", to_jsonb(r.statuses) as statuses, to_char(r.quiet_from, 'HH24:MI') as "quietFrom",
    to_char(r.quiet_until, 'HH24:MI') as "quietUntil", r.digest, r.enabled, r.disabled_why as "disabledWhy",
    r.created_at as "createdAt", nullif(r.created_by_name, '') as "createdByName", m.state as "lastState",
    m.created_at as "lastAt", m.error as "lastError",
    (select count(*) from team_notices n where n.tenant_id = r.tenant_id and n.rule_id = r.id and n.state = 'waiting') as waiting,
    (select count(*) from team_messages m where m.tenant_id = r.tenant_id and m.rule_id = r.id and m.state = 'sending'
        and m.id::text not in (select team_messages_live())) as stuck
from team_rules r
left join provider_accounts a on a.tenant_id = r.tenant_id and a.id = r.account_id
left join buildings b on b.tenant_id = r.tenant_id and b.id = r.building_id
left join lateral (select m.state, m.created_at, m.error from team_messages m
    where m.tenant_id = r.tenant_id and m.rule_id = r.id order by m.created_at desc, m.id desc limit 1) m on true
where r.tenant_id = current_tenant() and r.removed_at is null and (:id::uuid is null or r.id = :id::uuid)
order by lower(r.name);

-- name: team_rule_count
select count(*) as n from team_rules where tenant_id = current_tenant() and removed_at is null;

-- name: team_rule_lock
select r.id, r.enabled from team_rules r
where r.tenant_id = current_tenant() and r.id = :id::uuid and r.removed_at is null
for update;

-- Nothing where another rule has the name.
-- name: team_rule_add
insert into team_rules (tenant_id, id, name, way, role, account_id, channel, shop, building_id, statuses, quiet_from,
    quiet_until, digest, created_by_name)
values (current_tenant(), :id::uuid, :name::text, :way::text, :role::text, :account_id::uuid, :channel::text, :shop::text,
    :building_id::uuid, :statuses::text[], :quiet_from::time, :quiet_until::time, :digest::text, :actor_name::text)
on conflict (tenant_id, lower(name)) where removed_at is null do nothing
returning id;

-- name: team_rule_named
select r.id from team_rules r
where r.tenant_id = current_tenant() and lower(r.name) = lower(:name::text) and r.id <> :id::uuid and r.removed_at is null;

-- name: team_rule_set
update team_rules set name = :name::text, way = :way::text, role = :role::text, account_id = :account_id::uuid,
    channel = :channel::text, shop = :shop::text, building_id = :building_id::uuid, statuses = :statuses::text[],
    quiet_from = :quiet_from::time, quiet_until = :quiet_until::time, digest = :digest::text, enabled = :enabled::bool,
    disabled_why = null
where tenant_id = current_tenant() and id = :id::uuid;

-- name: team_rule_remove
update team_rules set removed_at = now(), enabled = false
where tenant_id = current_tenant() and id = :id::uuid;

-- name: team_notices_drop
update team_notices set state = 'dropped'
where tenant_id = current_tenant() and rule_id = :rule_id::uuid and state = 'waiting';

-- name: team_account
select a.provider, a.enabled from provider_accounts a
where a.tenant_id = current_tenant() and a.id = :id::uuid;

-- name: team_building
select b.id from buildings b where b.tenant_id = current_tenant() and b.id = :id::uuid;

-- name: team_accounts
select a.id, a.name, a.provider from provider_accounts a
where a.tenant_id = current_tenant() and a.provider in ('slack', 'webhook') and a.enabled
order by a.provider, lower(a.name), a.id;

-- name: team_buildings
select b.id, b.code, b.name from buildings b where b.tenant_id = current_tenant()
order by lower(b.name), b.id
limit 500;

-- name: team_messages_list
select m.id as "messageId", m.state, m.test, m.error, m.created_at as "createdAt", m.settled_at as "settledAt",
    (select count(*) from team_notices n where n.tenant_id = m.tenant_id and n.message_id = m.id) as changes,
    m.state = 'sending' and m.id::text not in (select team_messages_live()) as stuck
from team_messages m
where m.tenant_id = current_tenant() and m.rule_id = :rule_id::uuid
order by m.created_at desc, m.id desc
limit 50;

-- ---- a change

-- The rules that a change of a shipment matches, held: who takes what waits of one comes before or after.
-- name: team_rules_hold
select r.id
from team_rules r
join shipments s on s.tenant_id = r.tenant_id and s.id = :shipment_id::uuid
left join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
left join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
left join buildings b on b.tenant_id = r.tenant_id and b.id = r.building_id
where r.tenant_id = current_tenant() and r.enabled and r.removed_at is null
    and (r.statuses = '{}' or :status::text = any (r.statuses))
    and (r.shop is null or lower(o.shop) = lower(r.shop))
    and (r.building_id is null or lower(o.shop) = lower(b.code))
order by r.id
for share of r;

-- Those that did not have it, with the time that it is told at (null: now) and the rule's turn.
-- name: team_notices_add
with added as (
    insert into team_notices (tenant_id, rule_id, event_id, shipment_id, status, status_before, dry_run, occurred_at, due_at)
    select r.tenant_id, r.id, :event_id::uuid, :shipment_id::uuid, :status::text, :status_before::text, s.dry_run or :dry_run::bool,
        :occurred_at::timestamptz, team_due(x.at, t.time_zone, r.digest, r.quiet_from, r.quiet_until)
    from team_rules r
    join tenants t on t.id = r.tenant_id
    join shipments s on s.tenant_id = r.tenant_id and s.id = :shipment_id::uuid
    cross join (select clock_timestamp() as at) x
    where r.tenant_id = current_tenant() and r.id = any (:rules::uuid[])
    on conflict (tenant_id, rule_id, event_id) do nothing
    returning rule_id, due_at
)
select a.rule_id, r.turn, case when a.due_at > clock_timestamp()
    then to_char(a.due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end as due_at
from added a
join team_rules r on r.tenant_id = current_tenant() and r.id = a.rule_id;

-- ---- a message

-- The rule, counted up; nothing where it is switched off.
-- name: team_rule_take
update team_rules r set turn = r.turn + 1
where r.tenant_id = current_tenant() and r.id = :id::uuid and r.enabled and r.removed_at is null
returning r.id, r.turn, r.way;

-- quiet_until: of the hours that it is in.
-- name: team_message_get
select m.id, m.rule_id, m.state, m.test, m.told::text as told, m.got, m.refused, r.name as rule, r.way, r.role, r.account_id, r.channel,
    r.enabled and r.removed_at is null as wanted, t.name as tenant,
    to_char(m.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at,
    case when not m.test and q.until > clock_timestamp()
        then to_char(q.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end as quiet_until
from team_messages m
join team_rules r on r.tenant_id = m.tenant_id and r.id = m.rule_id
join tenants t on t.id = m.tenant_id
cross join lateral (select team_due(clock_timestamp(), t.time_zone, 'none', r.quiet_from, r.quiet_until) as until) q
where m.tenant_id = current_tenant() and m.id = :id::uuid;

-- name: team_message_add
insert into team_messages (tenant_id, id, rule_id, test)
values (current_tenant(), :id::uuid, :rule_id::uuid, :test::bool)
on conflict (tenant_id, id) do nothing;

-- name: team_notices_take
update team_notices n set state = 'taken', message_id = :message_id::uuid
where n.tenant_id = current_tenant() and n.id in (select w.id from team_notices w
    where w.tenant_id = current_tenant() and w.rule_id = :rule_id::uuid and w.state = 'waiting' and w.due_at <= clock_timestamp()
    order by w.due_at, w.id limit :rows::int)
returning n.id;

-- name: team_notices_left
select exists (select from team_notices w where w.tenant_id = current_tenant() and w.rule_id = :rule_id::uuid
    and w.state = 'waiting' and w.due_at <= clock_timestamp()) as yes;

-- In the order in which they occurred.
-- name: team_changes
select n.shipment_id as "shipmentId", o.number as "orderNumber", nullif(o.shop, '') as shop,
    coalesce(nullif(s.carrier_name, ''), s.carrier) as carrier, s.tracking_number as "trackingNumber", n.status,
    n.status_before as "statusBefore", n.occurred_at as "occurredAt", n.dry_run as "dryRun",
    to_char(n.occurred_at at time zone t.time_zone, 'FMDD Mon HH24:MI') as when
from team_notices n
join shipments s on s.tenant_id = n.tenant_id and s.id = n.shipment_id
join tenants t on t.id = n.tenant_id
left join purchase_orders p on p.tenant_id = s.tenant_id and p.id = s.purchase_order_id
left join orders o on o.tenant_id = p.tenant_id and o.id = p.order_id
where n.tenant_id = current_tenant() and n.message_id = :message_id::uuid
order by n.occurred_at, n.id;

-- Whom the message has not reached yet.
-- name: team_people_left
select p.id, p.name, p.email
from team_people(:role::text) p
where not (p.id = any (:told::uuid[]));

-- name: team_message_told
update team_messages set told = told || :user_id::uuid, got = got + case when :refused::text is null then 1 else 0 end,
    refused = left(nullif(concat_ws(' ', refused, :refused::text), ''), 1000)
where tenant_id = current_tenant() and id = :id::uuid;

-- name: team_message_tried
update team_messages set error = :error::text
where tenant_id = current_tenant() and id = :id::uuid and state = 'sending';

-- name: team_message_end
update team_messages set state = :state::text, error = :error::text, settled_at = now()
where tenant_id = current_tenant() and id = :id::uuid and state = 'sending'
returning id;

-- name: team_rule_disable
update team_rules set enabled = false, disabled_why = :why::text
where tenant_id = current_tenant() and id = :id::uuid and enabled and removed_at is null
returning id;

-- ---- what no job is at

-- name: team_tenants
select tenant_ids() as "tenantId";

-- Those under way that no job is at, for so long that it is none that is just about to be. parked: how many jobs of theirs ended
-- in vain.
-- name: team_messages_left
select m.id, m.rule_id, (select count(*) from jobs j where j.kind = 'notify.team' and j.state = 'parked'
    and j.args ->> 'messageId' = m.id::text) as parked
from team_messages m
where m.tenant_id = current_tenant() and m.state = 'sending' and m.created_at < clock_timestamp() - interval '10 minutes'
    and m.id::text not in (select team_messages_live())
order by m.created_at, m.id
limit 500
for no key update of m skip locked;

-- name: team_message_give_up
update team_messages set state = 'failed', error = coalesce(error, 'Its work ended without a result.'), settled_at = now()
where tenant_id = current_tenant() and id = :id::uuid and state = 'sending';

-- Rules of which something is due that no job is about to take.
-- name: team_waiting_left
select r.id, r.turn
from team_rules r
where r.tenant_id = current_tenant() and r.enabled and r.removed_at is null
    and exists (select from team_notices w where w.tenant_id = r.tenant_id and w.rule_id = r.id and w.state = 'waiting'
        and w.due_at < clock_timestamp() - interval '10 minutes')
    and not exists (select from jobs j where j.kind = 'notify.team' and j.unique_key is not null and j.state <> 'parked'
        and (j.state = 'running' or j.run_at <= clock_timestamp()) and j.args ->> 'ruleId' = r.id::text)
order by r.id
for share of r;

-- open: it may be tried again.
-- name: team_message_hold
select r.enabled and r.removed_at is null as wanted, m.state = 'failed'
    or m.state = 'sending' and m.id::text not in (select team_messages_live()) as open
from team_messages m
join team_rules r on r.tenant_id = m.tenant_id and r.id = m.rule_id
where m.tenant_id = current_tenant() and m.id = :id::uuid and m.rule_id = :rule_id::uuid
for no key update of m;

-- Whom an e-mail reached does not get it again.
-- name: team_message_again
update team_messages set state = 'sending', error = null, settled_at = null, refused = null,
    told = case when got = 0 then '{}' else told end
where tenant_id = current_tenant() and id = :id::uuid;

-- ---- old ones

-- name: team_forget
select forget_team_messages(90) as n;
