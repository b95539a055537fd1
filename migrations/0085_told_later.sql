-- What was not told for want of something is told when it is there.

-- ---------------------------------------------------------------- customers

-- What waits for an account at Front is looked for by the clock.
create index customer_notifications_no_account on customer_notifications (tenant_id, settled_at) where reason = 'no_front_account';
