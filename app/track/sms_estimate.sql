-- The SMS of a batch that were not sent yet.

-- name: sms_estimate_batch
select p.id from communication_batches p
where p.tenant_id = current_tenant() and p.id = :batch_id::uuid
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = p.building_id));

-- name: sms_estimate_rows
select c.recipient_name, c.phone, c.language, c.subject, c.year, c.amount_minor, c.currency,
    to_char(c.due_on, 'YYYY-MM-DD') as due_on, c.reference, u.number, b.name as building, b.street as building_street,
    b.city as building_city, t.name as tenant,
    exists (select from suppressions s where s.tenant_id = c.tenant_id and s.channel = 'SMS' and s.address = c.phone
        and s.blocks and s.lifted_at is null) as suppressed
from communications c
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
join tenants t on t.id = c.tenant_id
where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid and c.channel = 'SMS' and c.delivery_status = 'DRAFT'
order by c.id limit 20000;
