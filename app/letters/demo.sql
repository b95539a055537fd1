-- The demo's letters.

-- name: demo_letters
select c.id, c.year, c.year = min(c.year) over () as old
from communications c
where c.tenant_id = current_tenant() and c.channel like 'LETTER%' and c.delivery_status = 'SENT'
order by c.id;
