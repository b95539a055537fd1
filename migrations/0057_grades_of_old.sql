-- What stands by 0053 in what stood before it.

-- The same of a status with what speaks against it: {sentence, type, source, grade, at, against: {status, grade}}.
create function contradiction_graded(c jsonb) returns jsonb language sql immutable as $$
    select case when c -> 'against' ->> 'grade' = 'A' and c -> 'against' ->> 'status' not in ('DELIVERED', 'OPENED')
        then jsonb_set(x, '{against,grade}', 'null') else x end
    from (select case when c ->> 'grade' = 'A' and c ->> 'source' <> 'recipient' and c ->> 'type' <> 'DELIVERED'
        then jsonb_set(c, '{grade}', 'null') else c end as x) as claim
$$;

-- No count and no summary goes by the grade, so no trigger has to look at these: writes of messages wait meanwhile. Of a
-- letter at the post the post vouches.
alter table communications disable trigger user;
alter table communication_attempts disable trigger append_only;
do $$
declare
    t uuid;
begin
    for t in select id from tenants loop
        perform set_config('track.tenant', t::text, true);
        update communications c set evidence_grade = (
            select min(e.grade) from communication_events e
            where e.tenant_id = t and e.communication_id = c.id and e.type = 'LODGED' and c.delivery_status = 'SENT'
                and e.seq > coalesce((select max(r.seq) from communication_events r
                    where r.tenant_id = t and r.communication_id = c.id and r.type = 'RESEND_REQUESTED'), 0))
        where tenant_id = t and evidence_grade = 'A' and delivery_status not in ('DELIVERED', 'OPENED');
        update communications set contradiction = contradiction_graded(contradiction)
        where tenant_id = t and contradiction is not null and contradiction <> contradiction_graded(contradiction);
        update communication_attempts set contradiction = contradiction_graded(contradiction),
            grade = case when grade <> 'A' or status in ('DELIVERED', 'OPENED') then grade end
        where tenant_id = t and (grade = 'A' and status not in ('DELIVERED', 'OPENED')
            or contradiction is not null and contradiction <> contradiction_graded(contradiction));
    end loop;
    perform set_config('track.tenant', '', true);
end $$;
alter table communications enable trigger user;
alter table communication_attempts enable trigger append_only;
drop function contradiction_graded;
