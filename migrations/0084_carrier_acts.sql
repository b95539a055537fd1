-- What carriers are asked once only: how often it was called and looked for, and an outcome that nobody knows. A delivery whose
-- shipment was cancelled before anybody picked it up is over. Whose credentials a carrier denied.

alter table shipment_acts
    add again_of uuid, -- one alike whose outcome is not known: this one is looked for under its reference before it is called
    add tries int not null default 0, -- calls that may have been carried out
    add looks int not null default 0, -- how often the one not known was looked for in vain
    drop constraint shipment_acts_state_check,
    add constraint shipment_acts_state_check check (state in ('waiting', 'done', 'failed', 'unknown')),
    add foreign key (tenant_id, again_of) references shipment_acts (tenant_id, id);

alter table delivery_reservations
    drop constraint delivery_reservations_check,
    add constraint delivery_reservations_check check (state = 'cancelled' or (state = 'saved') = (shipment_id is not null));

alter table carrier_tokens
    add denied_credentials text not null default ''; -- a tag as `credentials`, of those that were refused

-- What was there before, of each tenant, as row security has it.
do $$
declare
    one uuid;
begin
    for one in select tenant_ids() loop
        perform set_config('track.tenant', one::text, true);
        update shipment_acts set tries = 1 where state = 'waiting' and begun_at is not null;
        update delivery_reservations r set state = 'cancelled', fence = fence + 1
        from shipments s
        where s.tenant_id = r.tenant_id and s.id = r.shipment_id and s.status = 'cancelled' and r.state = 'saved'
            and not exists (select from shipment_events e where e.tenant_id = r.tenant_id and e.shipment_id = r.shipment_id
                and e.status_after not in ('pending', 'info_received', 'cancelled'));
        update carrier_tokens set denied_credentials = credentials where denied_until is not null;
    end loop;
    perform set_config('track.tenant', '', true);
end $$;
