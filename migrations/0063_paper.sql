-- How far a letter that was sent is on its way to the post: made and to be printed, printed, or handed in; null: it is none.
-- Mostly the last that happened says it; a note or the like has what was before it.
create function letter_paper(c communications) returns text
    language plpgsql stable parallel safe set plan_cache_mode = force_generic_plan as $$
begin
    if c.delivery_status <> 'SENT' or c.channel not like 'LETTER%' then
        return null;
    elsif c.last_event_type in ('READY_TO_PRINT', 'PRINTED', 'LODGED') then
        return c.last_event_type;
    end if;
    return (select e.type from communication_events e
        where e.tenant_id = current_tenant() and e.communication_id = c.id and e.received_at >= c.created_at
            and e.type in ('READY_TO_PRINT', 'PRINTED', 'LODGED')
        order by e.seq desc limit 1);
end $$;

-- The same of a unit's year: of several letters the one that is least far.
create function unit_paper(y unit_years) returns text
    language plpgsql stable parallel safe set plan_cache_mode = force_generic_plan as $$
begin
    if 'SENT' <> all (y.statuses) or not y.channels && '{LETTER,LETTER_WITH_RECEIPT}' then
        return null;
    end if;
    return (select p.paper
        from communications c
        cross join lateral (select letter_paper(c) as paper) p
        where c.tenant_id = current_tenant() and c.unit_id = y.unit_id and c.year = y.year and p.paper is not null
        order by array_position('{READY_TO_PRINT,PRINTED,LODGED}', p.paper) limit 1);
end $$;
