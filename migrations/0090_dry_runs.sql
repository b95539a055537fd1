-- Where a message stands, its list tells a dry run from what was sent.

-- A message that was kept here instead of sent.
create function dry_run(c communications) returns boolean language sql stable parallel safe as $$
    select c.delivery_status = 'SENT' and c.provider is not null and c.provider = 'sink'
$$;

-- Counted by building and year, which a run is, too. Writes of communications wait while it is made.
create index communications_dry_runs on communications (tenant_id, building_id, year) where provider = 'sink' and delivery_status = 'SENT';
drop index communications_dry;

-- Whether one of a unit's year is.
create function unit_dry_run(y unit_years) returns boolean
    language plpgsql stable parallel safe set plan_cache_mode = force_generic_plan as $$
begin
    return 'SENT' = any (y.statuses) and exists (select from communications c
        where c.tenant_id = current_tenant() and c.unit_id = y.unit_id and c.year = y.year and dry_run(c));
end $$;
