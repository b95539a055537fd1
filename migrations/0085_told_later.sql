-- What was not told for want of something is told when it is there; what shipments ask for is asked in one way everywhere.

-- ---------------------------------------------------------------- customers

-- What waits for an account at Front is looked for by the clock.
create index customer_notifications_no_account on customer_notifications (tenant_id, settled_at) where reason = 'no_front_account';

-- ---------------------------------------------------------------- teams

-- A message of a team is tried again where somebody asks for it.
create index team_messages_sending on team_messages (tenant_id, created_at) where state = 'sending';
grant update on team_messages to track_web;

-- The messages that a job is at, or will be.
create function team_messages_live() returns setof text language sql stable as $$
    select j.args ->> 'messageId' from jobs j
    where j.kind = 'notify.team' and j.unique_key is not null and j.state <> 'parked' and j.args ? 'messageId'
$$;

-- ---------------------------------------------------------------- the table

-- Late is what shipment_attention calls so: the table finds those of the board's column.
drop index shipments_promised;

-- ---------------------------------------------------------------- the board

-- What a longer term to ask for a proof brings back.
create index shipments_denied on shipments (tenant_id, delivered_at) where status = 'delivered' and contradiction is not null;
