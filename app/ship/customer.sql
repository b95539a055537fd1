-- Customers, as their newest order says of them.

-- name: customer_by_reference
insert into customers (tenant_id, reference, name, email, phone, language)
values (current_tenant(), :reference::text, :name::text, :email::text, :phone::text, coalesce(:language::text, ''))
on conflict (tenant_id, reference) where reference <> '' do update set name = excluded.name,
    email = coalesce(excluded.email, customers.email), phone = coalesce(excluded.phone, customers.phone),
    language = coalesce(nullif(excluded.language, ''), customers.language)
returning id;

-- name: customer_by_email
with known as (
    select id from customers
    where tenant_id = current_tenant() and lower(email) = lower(:email::text) and lower(name) = lower(:name::text)
    order by created_at, id
    limit 1
), told as (
    update customers c set phone = coalesce(:phone::text, c.phone), language = coalesce(:language::text, c.language)
    from known
    where c.tenant_id = current_tenant() and c.id = known.id and lower(c.email) = lower(:email::text)
    returning c.id
), made as (
    insert into customers (tenant_id, name, email, phone, language)
    select current_tenant(), :name::text, :email::text, :phone::text, coalesce(:language::text, '')
    where not exists (select from told)
    returning id
)
select id from told union all select id from made;
