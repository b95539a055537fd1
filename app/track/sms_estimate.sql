-- The SMS of a batch that are due: not sent yet, and not left out.

-- name: sms_estimate_rows
select c.id, c.recipient_name, c.phone, c.language, c.template, c.subject, c.year, c.amount_minor, c.currency,
    to_char(c.due_on, 'YYYY-MM-DD') as due_on, c.reference, u.number, b.name as building, b.street as building_street,
    b.city as building_city, t.name as tenant,
    exists (select from suppressions s where s.tenant_id = c.tenant_id and s.channel = 'SMS' and s.address = suppression_address('SMS', c.phone)
        and s.blocks and s.lifted_at is null) as suppressed
from communications c
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
join tenants t on t.id = c.tenant_id
where c.tenant_id = current_tenant() and c.batch_id = :batch_id::uuid and c.channel = 'SMS' and c.delivery_status = 'DRAFT'
    and not exists (select from batch_omissions o where o.tenant_id = c.tenant_id and o.communication_id = c.id)
order by u.number, c.id;
