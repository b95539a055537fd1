-- Orders that a conversation may be about.

-- By number, each word of the conversation looked up; by e-mail address, those that are open.
-- name: thread_candidates
with words as (
    select lower(w.text) as word, bool_or(w.alone) as alone
    from jsonb_to_recordset(:words::jsonb) as w (text text, alone bool) group by 1
), addressed as materialized (
    select customer_id from customers_addressed(array(select lower(e) from jsonb_array_elements_text(:emails::jsonb) e))
)
select o.id as order_id, true as by_number, w.alone, x.theirs, exists (select from addressed) and not x.theirs as strange, false as linked
from orders_numbered(array(select word from words)) n
join words w on w.word = n.word
join orders o on o.tenant_id = current_tenant() and o.id = n.order_id
cross join lateral (select o.customer_id in (select customer_id from addressed) as theirs) x
union all
select o.id, false, false, true, false, exists (select from orders k
    where k.tenant_id = current_tenant() and k.front_conversation_id = :conversation_id::text and k.thread_status <> 'unmatched')
from addressed a
join orders o on o.tenant_id = current_tenant() and o.customer_id = a.customer_id
where o.placed_at > now() - interval '60 days' and o.status in ('new', 'reserved', 'shipped', 'partly_delivered', 'exception')
order by 2 desc, 1
limit 100;

-- name: thread_suggest
insert into thread_suggestions (tenant_id, order_id, conversation_id, found_by, subject, email)
values (current_tenant(), :order_id::uuid, :conversation_id::text, :found_by::text, :subject::text, :email::text)
on conflict (tenant_id, order_id, conversation_id) do nothing
returning order_id;

-- Its orders, held until they have followed.
-- name: thread_merged
select id, front_conversation_id, thread_status from orders
where tenant_id = current_tenant() and front_conversation_id in (select jsonb_array_elements_text(:merged::jsonb))
order by id
for no key update;

-- name: thread_follow
update orders set front_conversation_id = :conversation_id::text
where tenant_id = current_tenant() and id = :order_id::uuid;

-- name: thread_suggestions_follow
update thread_suggestions s set conversation_id = :conversation_id::text
from (
    select distinct on (order_id) order_id, conversation_id from thread_suggestions
    where tenant_id = current_tenant() and conversation_id in (select jsonb_array_elements_text(:merged::jsonb))
    order by order_id, found_at
) f
where s.tenant_id = current_tenant() and s.order_id = f.order_id and s.conversation_id = f.conversation_id
    and not exists (select from thread_suggestions t
        where t.tenant_id = current_tenant() and t.order_id = s.order_id and t.conversation_id = :conversation_id::text);
