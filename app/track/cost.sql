-- What is due of a batch, for what it costs.

-- name: cost_batch
select p.id from communication_batches p
where p.tenant_id = current_tenant() and p.id = :batch_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id));

-- Its letters, those of one kind and weight together.
-- name: cost_letters
select c.channel, c.language, c.template, f.pages, f.sheets, count(*) as n, min(c.id::text) as sample
from communications c
cross join lateral (
    select case when count(*) = count(k.pages) then coalesce(sum(k.pages), 0) end as pages,
        case when count(*) = count(k.pages) then coalesce(sum((k.pages + 1) / 2), 0) end as sheets
    from communication_attachments a
    left join file_checks k on k.tenant_id = a.tenant_id and k.sha256 = a.sha256
    where a.tenant_id = c.tenant_id and a.communication_id = c.id
) f
where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid and c.channel in ('LETTER', 'LETTER_WITH_RECEIPT')
    and c.delivery_status = 'DRAFT' and '' not in (c.street, c.postal_code, c.city)
    and not exists (select from batch_omissions o where o.tenant_id = c.tenant_id and o.communication_id = c.id)
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5;
