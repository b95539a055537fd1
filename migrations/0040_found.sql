-- What failed or was held back in all years, newest first: communications_odd has them by year.
create index communications_odd_recent on communications (tenant_id, delivery_status, moved_at desc, id desc)
    where delivery_status in ('FAILED', 'BOUNCED', 'HELD', 'SKIPPED', 'CANCELLED', 'MANUAL');

-- Units by their number as it is: row security keeps lower() from being looked up.
drop index units_number;
create index units_number on units (tenant_id, number);
